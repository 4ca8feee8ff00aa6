//! Delimited text: commas, tabs, semicolons, bars; quotes as in RFC 4180; fields over several lines.

use super::{LONGEST_ROW, MOST_COLUMNS, Row, Step, Table, unique_names};
use crate::open::windows_1252;
use csv_core::ReadRecordResult;
use std::io::{self, Read};

/// Reads delimited text, a row at a time.
pub(crate) struct Delimited<R> {
    input: R,
    core: csv_core::Reader,
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    at_end: bool,
    header: Vec<String>,
    first: Option<Row>,
    mended: u64,
    /// The last row ended within its quotes.
    last_byte: u8,
}

impl<R: Read> Delimited<R> {
    /// Begins to read; takes the first row as the header, or numbers the columns when told that there is none.
    pub(crate) fn new(input: R, delimiter: u8, has_header: bool) -> io::Result<Self> {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let mut table = Delimited {
            input,
            core,
            buffer: vec![0; 256 * 1024],
            position: 0,
            filled: 0,
            at_end: false,
            header: Vec::new(),
            first: None,
            mended: 0,
            last_byte: b'\n',
        };
        let mut row = Row::default();
        loop {
            match table.read_row(&mut row)? {
                Step::Row if row.cells <= MOST_COLUMNS => break,
                Step::Row | Step::Refused(_) => {}
                Step::End => return Ok(table),
            }
        }
        if has_header {
            // Names of nothing at the end of a header come from a delimiter too many.
            let named = (0..row.cells).rev().find(|column| !row.cell(*column).is_empty()).map_or(0, |last| last + 1);
            table.header = unique_names((0..named).map(|column| row.cell(column).to_owned()));
        } else {
            table.header = unique_names((0..row.cells).map(|_| String::new()));
            table.first = Some(row);
        }
        Ok(table)
    }

    fn fill(&mut self) -> io::Result<()> {
        self.position = 0;
        self.filled = 0;
        loop {
            match self.input.read(&mut self.buffer) {
                Ok(read) => {
                    self.filled = read;
                    self.at_end = read == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One row of any number of cells; blank lines are passed over.
    fn read_row(&mut self, row: &mut Row) -> io::Result<Step> {
        row.clear();
        let begun = self.core.line();
        row.line = begun;
        if row.bytes.len() < 1024 {
            row.bytes.resize(1024, 0);
        }
        if row.ends.len() < 64 {
            row.ends.resize(64, 0);
        }
        loop {
            if self.position == self.filled && !self.at_end {
                self.fill()?;
            }
            let input = &self.buffer[self.position..self.filled];
            let (result, read, written, ended) = self.core.read_record(input, &mut row.bytes[row.length..], &mut row.ends[row.cells..]);
            if read > 0 {
                self.last_byte = input[read - 1];
            }
            self.position += read;
            row.length += written;
            row.cells += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if row.bytes.len() >= LONGEST_ROW => {
                    return self.skip_line(row, begun, format!("the row is longer than {} MiB", LONGEST_ROW >> 20));
                }
                ReadRecordResult::OutputFull => {
                    let grown = (row.bytes.len() * 2).min(LONGEST_ROW);
                    row.bytes.resize(grown, 0);
                }
                ReadRecordResult::OutputEndsFull if row.ends.len() > MOST_COLUMNS => {
                    return self.skip_line(row, begun, format!("the row has more than {MOST_COLUMNS} cells"));
                }
                ReadRecordResult::OutputEndsFull => {
                    let grown = row.ends.len() * 2;
                    row.ends.resize(grown, 0);
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(Step::End),
            }
        }
        // The state machine counts a line when it passes `\n`, which it may have left for the next row.
        let text = &row.bytes[..row.length];
        let within = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        row.line = (self.core.line() - u64::from(self.last_byte == b'\n' && !self.at_end)).saturating_sub(within).max(begun);
        if text.contains(&0) {
            return Ok(Step::Refused("the row holds a zero byte, which no text has".to_owned()));
        }
        if !text.is_ascii() {
            self.mend(row);
        }
        Ok(Step::Row)
    }

    /// Gives a row up: passes over the rest of its line, whatever quotes are open.
    fn skip_line(&mut self, row: &mut Row, begun: u64, reason: String) -> io::Result<Step> {
        let line = self.core.line();
        row.clear();
        row.bytes.truncate(LONGEST_ROW.min(1 << 20));
        loop {
            if let Some(found) = self.buffer[self.position..self.filled].iter().position(|byte| *byte == b'\n') {
                self.position += found + 1;
                break;
            }
            self.fill()?;
            if self.at_end {
                break;
            }
        }
        self.core.reset();
        self.core.set_line(line + 1);
        row.line = begun;
        let quote = if line > begun { format!("; a quote that opens on line {begun} or after is not closed") } else { String::new() };
        Ok(Step::Refused(format!("{reason}{quote}; it is passed over up to line {line}")))
    }

    /// Reads cells that are no UTF-8 as Windows-1252.
    fn mend(&mut self, row: &mut Row) {
        let mut start = 0;
        let broken = row.ends[..row.cells].iter().any(|end| {
            let cell = &row.bytes[start..*end];
            start = *end;
            std::str::from_utf8(cell).is_err()
        });
        if !broken {
            return;
        }
        let mut mended = Row { line: row.line, ..Row::default() };
        let mut start = 0;
        for end in &row.ends[..row.cells] {
            match std::str::from_utf8(&row.bytes[start..*end]) {
                Ok(cell) => mended.push(cell),
                Err(_) => {
                    mended.push(&windows_1252(&row.bytes[start..*end]));
                    self.mended += 1;
                }
            }
            start = *end;
        }
        *row = mended;
    }
}

impl<R: Read> Table for Delimited<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut Row) -> io::Result<Step> {
        if let Some(first) = self.first.take() {
            *row = first;
            return Ok(Step::Row);
        }
        loop {
            let step = self.read_row(row)?;
            if step != Step::Row {
                return Ok(step);
            }
            let columns = self.header.len();
            if row.cells == columns {
                if columns > 1 && row.length == 0 {
                    continue;
                }
                return Ok(Step::Row);
            }
            if (0..row.cells).all(|column| row.cell(column).is_empty()) {
                continue;
            }
            if row.cells > columns && (columns..row.cells).all(|column| row.cell(column).is_empty()) {
                row.cells = columns;
                return Ok(Step::Row);
            }
            let lines = self.core.line().saturating_sub(row.line);
            let hint = if self.at_end && lines > 1 {
                format!("; a quote that opens here is not closed, and {lines} lines were read as one row")
            } else if row.cells > columns {
                "; perhaps a delimiter stands in a cell without quotes".to_owned()
            } else {
                String::new()
            };
            return Ok(Step::Refused(format!("the row has {} cells where the header has {columns}{hint}", row.cells)));
        }
    }

    fn mended_cells(&self) -> u64 {
        self.mended
    }
}

/// The delimiter that splits a sample into the most even rows, and how many cells they have; `None` if none does.
pub(crate) fn sniff(sample: &[u8]) -> Option<(u8, usize)> {
    let mut best: Option<(f64, u8, usize)> = None;
    for delimiter in [b',', b'\t', b';', b'|'] {
        let counts = cells_of_rows(sample, delimiter, 200);
        let Some(first) = counts.first().copied().filter(|count| *count > 1) else { continue };
        let even = counts.iter().filter(|count| **count == first).count() as f64 / counts.len() as f64;
        // Evenness decides; among even ones, more columns win.
        let score = even * 100.0 + (first as f64).ln();
        if best.is_none_or(|(known, ..)| score > known) {
            best = Some((score, delimiter, first));
        }
    }
    best.map(|(_, delimiter, cells)| (delimiter, cells))
}

fn cells_of_rows(sample: &[u8], delimiter: u8, most: usize) -> Vec<usize> {
    let mut core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut position, mut cells, mut counts) = (0, 0, Vec::new());
    let mut output = vec![0; 64 * 1024];
    let mut ends = vec![0; 1024];
    while counts.len() < most {
        // An empty input would tell the machine that the text ends; the last row of a sample may be cut, so it stays out.
        if position >= sample.len() {
            break;
        }
        let (result, read, _, ended) = core.read_record(&sample[position..], &mut output, &mut ends);
        position += read;
        cells += ended;
        match result {
            ReadRecordResult::Record => {
                counts.push(cells);
                cells = 0;
            }
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            ReadRecordResult::InputEmpty | ReadRecordResult::End => break,
        }
    }
    if counts.is_empty() && cells > 0 {
        counts.push(cells + 1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, Result<Vec<String>, String>)> {
        let (delimiter, _) = sniff(text).unwrap_or((b',', 1));
        let mut table = Delimited::new(text, delimiter, true).unwrap();
        let (mut rows, mut row) = (Vec::new(), Row::default());
        loop {
            match table.next(&mut row).unwrap() {
                Step::Row => rows.push((row.line, Ok((0..row.cells).map(|column| row.raw(column).to_owned()).collect()))),
                Step::Refused(reason) => rows.push((row.line, Err(reason))),
                Step::End => return rows,
            }
        }
    }

    fn check(text: &str, expected: &[(u64, &[&str])]) {
        let read: Vec<_> = rows(text.as_bytes()).into_iter().map(|(line, row)| (line, row.unwrap())).collect();
        let expected: Vec<_> =
            expected.iter().map(|(line, row)| (*line, row.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn lines_are_counted_through_quotes_and_blank_lines() {
        check("a,b\n1,2\n\n3,\"x\ny\"\n5,6", &[(2, &["1", "2"]), (4, &["3", "x\ny"]), (6, &["5", "6"])]);
        check("a,b\r\n1,2\r\n3,\"x\r\ny\"\r\n5,6\r\n", &[(2, &["1", "2"]), (3, &["3", "x\r\ny"]), (5, &["5", "6"])]);
    }

    #[test]
    fn delimiters_are_found() {
        check("a;b\n1,5;2\n", &[(2, &["1,5", "2"])]);
        check("a\tb\n1,5\t2\n", &[(2, &["1,5", "2"])]);
        check("a|b|c\n1|2|3\n", &[(2, &["1", "2", "3"])]);
    }

    #[test]
    fn a_row_of_another_width_is_refused_and_the_next_is_read() {
        let read = rows(b"a,b\n1,2,3\n4\n5,6\n7,8,,\n");
        assert!(read[0].1.as_ref().unwrap_err().contains("3 cells where the header has 2"));
        assert!(read[1].1.is_err());
        assert_eq!(read[2], (4, Ok(vec!["5".into(), "6".into()])));
        assert_eq!(read[3], (5, Ok(vec!["7".into(), "8".into()])));
    }

    #[test]
    fn an_endless_line_is_passed_over() {
        let mut text = b"a,b\n1,2\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 40 << 20));
        text.extend(b"\n3,4\n");
        let read = rows(&text);
        assert_eq!(read.len(), 3);
        assert!(read[1].1.as_ref().unwrap_err().contains("longer than 16 MiB"));
        assert_eq!(read[2], (4, Ok(vec!["3".into(), "4".into()])));
    }

    #[test]
    fn stray_bytes_are_read_as_windows_1252() {
        assert_eq!(rows(b"a,b\nJos\xE9,\xC3\xA9\n")[0].1, Ok(vec!["José".into(), "é".into()]));
    }

    #[test]
    fn a_zero_byte_refuses_its_row_alone() {
        let read = rows(b"a,b\n1,\x00\n3,4\n");
        assert!(read[0].1.is_err() && read[1].1.is_ok());
    }
}
