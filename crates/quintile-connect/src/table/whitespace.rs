//! Tables whose cells are apart by spaces, as statisticians write them.

use super::{LONGEST_ROW, Row, Step, Table, unique_names};
use std::io::{self, BufRead, BufReader, Read};

/// Reads lines of cells with spaces between.
pub(crate) struct Whitespace<R> {
    input: BufReader<R>,
    line: u64,
    text: Vec<u8>,
    header: Vec<String>,
    first: Option<Row>,
}

impl<R: Read> Whitespace<R> {
    /// Begins to read; the first line is the header, or gives the number of columns when told that there is none.
    pub(crate) fn new(input: R, has_header: bool) -> io::Result<Self> {
        let mut table =
            Whitespace { input: BufReader::with_capacity(128 * 1024, input), line: 0, text: Vec::new(), header: Vec::new(), first: None };
        let mut row = Row::default();
        while !matches!(table.read_row(&mut row)?, Step::Row | Step::End) {}
        if has_header {
            table.header = unique_names((0..row.cells).map(|column| row.raw(column).to_owned()));
        } else {
            table.header = unique_names((0..row.cells).map(|_| String::new()));
            table.first = Some(row);
        }
        Ok(table)
    }

    fn read_row(&mut self, row: &mut Row) -> io::Result<Step> {
        loop {
            row.clear();
            self.text.clear();
            let mut too_long = false;
            let mut any = false;
            loop {
                let chunk = match self.input.fill_buf() {
                    Ok(chunk) => chunk,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(error),
                };
                if chunk.is_empty() {
                    break;
                }
                any = true;
                let end = chunk.iter().position(|byte| *byte == b'\n');
                let part = &chunk[..end.unwrap_or(chunk.len())];
                too_long |= self.text.len() + part.len() > LONGEST_ROW;
                if !too_long {
                    self.text.extend_from_slice(part);
                }
                let taken = part.len() + usize::from(end.is_some());
                self.input.consume(taken);
                if end.is_some() {
                    break;
                }
            }
            if !any {
                return Ok(Step::End);
            }
            self.line += 1;
            row.line = self.line;
            if too_long {
                self.text = Vec::new();
                return Ok(Step::Refused(format!("the line is longer than {} MiB; it is passed over", LONGEST_ROW >> 20)));
            }
            for cell in String::from_utf8_lossy(&self.text).split_ascii_whitespace() {
                row.push(cell);
            }
            if self.text.contains(&0) {
                return Ok(Step::Refused("the line holds a zero byte, which no text has".to_owned()));
            }
            if row.cells > 0 {
                return Ok(Step::Row);
            }
        }
    }
}

impl<R: Read> Table for Whitespace<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut Row) -> io::Result<Step> {
        if let Some(first) = self.first.take() {
            *row = first;
            return Ok(Step::Row);
        }
        match self.read_row(row)? {
            Step::Row if row.cells != self.header.len() => {
                Ok(Step::Refused(format!("the line has {} cells where the first has {}", row.cells, self.header.len())))
            }
            step => Ok(step),
        }
    }
}
