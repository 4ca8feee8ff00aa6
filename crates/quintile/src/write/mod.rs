//! Rows into files: Parquet, CSV, JSON, JSON lines, spreadsheets and Arrow streams. Tables for people are drawn by whoever shows them.

mod arrow_stream;
mod delimited;
mod json;
mod parquet;
mod spreadsheet;
pub(crate) mod xlsx;

pub use spreadsheet::harmless;

use crate::{Error, Header};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::io::Write;
use std::path::Path;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Apache Parquet, zstd level 1, with the header as key `quintile` of its metadata.
    Parquet,
    /// Comma-separated, RFC 4180, a line of names first.
    Csv,
    /// One object: `header` and `rows`.
    Json,
    /// One object a line.
    JsonLines,
    /// The Arrow IPC stream, with the header as key `quintile` of its schema.
    Arrow,
    /// A spreadsheet, with what the rows hold for on a second sheet.
    Xlsx,
}

impl Format {
    /// By a name, as `--format` has it.
    pub fn named(name: &str) -> Option<Format> {
        match name {
            "parquet" => Some(Format::Parquet),
            "csv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "arrows" => Some(Format::Arrow),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }

    /// By the suffix of a file.
    pub fn of_file(path: &Path) -> Option<Format> {
        Format::named(&path.extension()?.to_string_lossy().to_lowercase())
    }
}

/// Writes batches of rows, one after the other. Inside a rayon pool it uses the pool's threads.
pub struct RowWriter<W: Write + Send> {
    rows: u64,
    face: Face<W>,
}

enum Face<W: Write + Send> {
    Parquet(Box<parquet::ParquetRows<W>>),
    Delimited(delimited::DelimitedRows<W>),
    Json(json::JsonRows<W>),
    Arrow(Box<arrow_stream::ArrowRows<W>>),
    Xlsx(Box<xlsx::XlsxRows<W>>),
}

impl<W: Write + Send> RowWriter<W> {
    /// Begins an answer. `with_names` is for CSV, whose line of names can be left out.
    pub fn new(format: Format, with_names: bool, schema: &SchemaRef, header: &Header, out: W) -> Result<Self, Error> {
        Self::of(format, with_names, schema, Some(header), &[], out)
    }

    /// `notes` are said in a spreadsheet alone, which is read by people.
    pub(crate) fn of(
        format: Format,
        with_names: bool,
        schema: &SchemaRef,
        header: Option<&Header>,
        notes: &[String],
        out: W,
    ) -> Result<Self, Error> {
        let stated = header.map(|header| serde_json::to_value(header).map_err(|error| Error::Answer(error.to_string()))).transpose()?;
        let face = match format {
            Format::Parquet => Face::Parquet(Box::new(parquet::ParquetRows::new(schema, stated.as_ref(), out)?)),
            Format::Csv => Face::Delimited(delimited::DelimitedRows::new(with_names, schema, out)?),
            Format::Json => Face::Json(json::JsonRows::whole(stated.as_ref(), out)?),
            Format::JsonLines => Face::Json(json::JsonRows::lines(out)),
            Format::Arrow => Face::Arrow(Box::new(arrow_stream::ArrowRows::new(schema, stated.as_ref(), out)?)),
            Format::Xlsx => Face::Xlsx(Box::new(xlsx::XlsxRows::new(with_names, schema, header, notes, out)?)),
        };
        Ok(RowWriter { rows: 0, face })
    }

    /// Writes some batches, in order.
    pub fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        self.rows += batches.iter().map(|batch| batch.num_rows() as u64).sum::<u64>();
        match &mut self.face {
            Face::Parquet(rows) => rows.write(batches),
            Face::Delimited(rows) => rows.write(batches),
            Face::Json(rows) => rows.write(batches),
            Face::Arrow(rows) => rows.write(batches),
            Face::Xlsx(rows) => rows.write(batches),
        }
    }

    /// Ends the answer; how many rows there were.
    pub fn finish(self) -> Result<u64, Error> {
        match self.face {
            Face::Parquet(rows) => rows.finish()?,
            Face::Delimited(rows) => rows.finish()?,
            Face::Json(rows) => rows.finish()?,
            Face::Arrow(rows) => rows.finish()?,
            Face::Xlsx(rows) => rows.finish()?,
        }
        Ok(self.rows)
    }
}

/// An error of the output: a reader that has gone is a kind of its own.
fn written(result: std::io::Result<()>) -> Result<(), Error> {
    result.map_err(|error| match error.kind() {
        std::io::ErrorKind::BrokenPipe => Error::BrokenPipe,
        _ => Error::Answer(error.to_string()),
    })
}
