//! Tables as rows of text, whatever they are written in. What the columns mean is not known here.

pub(crate) mod delimited;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod parquet;
pub(crate) mod whitespace;

use std::io;

/// A row longer than this is refused and skipped without being held.
pub(crate) const LONGEST_ROW: usize = 16 << 20;
/// More columns than this are not a table.
pub(crate) const MOST_COLUMNS: usize = 100_000;
/// What a refusal shows of its row.
const SHOWN_OF_A_ROW: usize = 4096;

/// Rows of text with a header.
pub(crate) trait Table {
    /// The names of the columns, each once.
    fn header(&self) -> &[String];
    /// Reads the next row into `row`. An error ends the table: nothing more can be read.
    fn next(&mut self, row: &mut Row) -> io::Result<Step>;
    /// Cells that were no UTF-8 and were read as Windows-1252.
    fn mended_cells(&self) -> u64 {
        0
    }
}

/// What came of asking for a row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row with as many cells as the header.
    Row,
    /// Something that is no row, and why; `row` holds what there is of it.
    Refused(String),
    /// There are no more.
    End,
}

/// One row: all cells in one buffer, used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: usize,
    /// Where each cell ends.
    pub(crate) ends: Vec<usize>,
    pub(crate) cells: usize,
    /// 1-based line where it begins, or its number among the items.
    pub(crate) line: u64,
}

/// The index of a column that a table does not have: its cells are empty.
pub(crate) const NO_COLUMN: usize = usize::MAX;

impl Row {
    /// The text of a cell as written; empty where there is none.
    #[inline]
    pub(crate) fn raw(&self, column: usize) -> &str {
        if column >= self.cells {
            return "";
        }
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        std::str::from_utf8(&self.bytes[start..self.ends[column]]).unwrap_or("")
    }

    /// The text of a cell without spaces around it.
    #[inline]
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.raw(column).trim()
    }

    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.cells = 0;
    }

    pub(crate) fn push(&mut self, cell: &str) {
        self.bytes.truncate(self.length);
        self.bytes.extend_from_slice(cell.as_bytes());
        self.length = self.bytes.len();
        self.ends.truncate(self.cells);
        self.ends.push(self.length);
        self.cells += 1;
    }

    /// The row as a refusal shows it: comma-separated, cut to a few kilobytes.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        for column in 0..self.cells {
            if column > 0 {
                text.push(',');
            }
            let cell = self.raw(column);
            if cell.contains([',', '"', '\n', '\r']) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(cell);
            }
            if text.len() > SHOWN_OF_A_ROW {
                break;
            }
        }
        cut(text)
    }
}

/// Cuts a text to what a refusal shows, at a character.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > SHOWN_OF_A_ROW {
        let end = (0..=SHOWN_OF_A_ROW).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Header names made unique: blank ones get their number, repeated ones a count.
pub(crate) fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashMap::new();
    names
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let name = name.trim().to_owned();
            let name = if name.is_empty() { format!("column {}", index + 1) } else { name };
            let count = seen.entry(name.clone()).and_modify(|count| *count += 1).or_insert(1u32);
            if *count == 1 { name } else { format!("{name} ({count})") }
        })
        .collect()
}
