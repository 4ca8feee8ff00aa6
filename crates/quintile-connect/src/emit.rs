//! From single records to batches, and from rows that fail to refusals. Every reader ends here.

use crate::error::ConnectError;
use crate::repeats::Repeats;
use crate::table::{Row, Step, Table};
use crate::times;
use arrow::array::{ArrayRef, BooleanBuilder, Decimal64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use quintile_model::RecordKind;
use quintile_model::money::{Money, NotMoney};
use quintile_model::records::{RecordSink, Refusal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What came of reading a part of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartSummary {
    /// Rows (of a table) or items (of JSON) that were read, refused ones included.
    pub rows_read: u64,
    /// Rows that were refused, each with its reason in the sink.
    pub rows_refused: u64,
    /// Amounts with more than four decimals, rounded half to even.
    pub rounded_amounts: u64,
    /// The file could not be read to its end; what came before was handed over.
    pub ended_early: bool,
    /// What a person should know, each said once.
    pub notes: Vec<String>,
}

/// A value for one column of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    /// A text; empty is null.
    Text(&'a str),
    /// Ten-thousandths.
    Amount(i64),
    /// Microseconds since 1970 in UTC.
    At(i64),
    /// A number without decimals.
    Whole(i64),
    Flag(bool),
    /// A day, as microseconds of a wall clock; written as `1990-05-31`.
    Day(i64),
}

impl<'a> Cell<'a> {
    pub(crate) fn amount(value: Option<i64>) -> Cell<'a> {
        value.map_or(Cell::Null, Cell::Amount)
    }

    pub(crate) fn at(value: Option<i64>) -> Cell<'a> {
        value.map_or(Cell::Null, Cell::At)
    }
}

/// The reading of one part: its sink, its counts, and how far it may go.
pub(crate) struct Reading<'a> {
    pub(crate) sink: &'a mut dyn RecordSink,
    pub(crate) summary: PartSummary,
    consumed: Arc<AtomicU64>,
    told: (u64, u64),
    /// Rows after which to stop, for a preview.
    limit: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(sink: &'a mut dyn RecordSink, limit: Option<u64>) -> Self {
        Reading { sink, summary: PartSummary::default(), consumed: Arc::default(), told: (0, 0), limit: limit.unwrap_or(u64::MAX) }
    }

    /// Progress is told by this count of bytes.
    pub(crate) fn follow(&mut self, consumed: Arc<AtomicU64>) {
        self.consumed = consumed;
    }

    /// Counts rows; false when no more are wanted.
    #[inline]
    pub(crate) fn counted(&mut self, rows: u64) -> Result<bool, ConnectError> {
        self.summary.rows_read += rows;
        if self.summary.rows_read - self.told.1 >= 16_384 {
            self.tell()?;
        }
        Ok(self.summary.rows_read < self.limit)
    }

    fn tell(&mut self) -> Result<(), ConnectError> {
        let now = (self.consumed.load(Ordering::Relaxed), self.summary.rows_read);
        self.sink.progress(now.0.saturating_sub(self.told.0), now.1 - self.told.1)?;
        self.told = now;
        Ok(())
    }

    pub(crate) fn refuse(&mut self, line: u64, column: Option<&str>, reason: impl Into<String>, row: String) -> Result<(), ConnectError> {
        self.summary.rows_refused += 1;
        let column = column.filter(|column| !column.is_empty()).map(str::to_owned);
        Ok(self.sink.refuse(Refusal { line, column, reason: reason.into(), row })?)
    }

    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.summary.notes.contains(&note) {
            self.summary.notes.push(note);
        }
    }

    /// Reports that the file ends before its end.
    pub(crate) fn ended_early(&mut self, line: u64, error: &std::io::Error) -> Result<(), ConnectError> {
        self.summary.ended_early = true;
        self.note(format!("the file could not be read to its end: {error}"));
        self.refuse(line, None, format!("reading stopped here: {error}"), String::new())
    }

    /// Reads a table to its end, a row at a time. A row that `take` refuses costs itself alone.
    pub(crate) fn each_row(
        &mut self,
        table: &mut dyn Table,
        mut take: impl FnMut(&mut Reading<'_>, &Row) -> Result<Result<(), Wrong>, ConnectError>,
    ) -> Result<(), ConnectError> {
        let mut row = Row::default();
        loop {
            match table.next(&mut row) {
                Ok(Step::Row) => {
                    if let Err(wrong) = take(self, &row)? {
                        self.refuse(row.line, Some(&wrong.column), wrong.reason, row.shown())?;
                    }
                }
                Ok(Step::Refused(reason)) => self.refuse(row.line, None, reason, row.shown())?,
                Ok(Step::End) => break,
                Err(error) => {
                    self.ended_early(row.line + 1, &error)?;
                    break;
                }
            }
            if !self.counted(1)? {
                break;
            }
        }
        if table.mended_cells() > 0 {
            self.note(format!("{} cells are not UTF-8 as the rest of the file; they are read as Windows-1252", table.mended_cells()));
        }
        Ok(())
    }

    /// The counts, once the last progress is told.
    pub(crate) fn finish(mut self) -> Result<PartSummary, ConnectError> {
        self.tell()?;
        Ok(self.summary)
    }

    /// Reads an amount of a column; empty is `None`.
    pub(crate) fn amount(&mut self, text: &str, column: &str) -> Result<Option<i64>, Wrong> {
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = Money::parse(text).map_err(|why| Wrong::amount(text, column, why))?;
        self.summary.rounded_amounts += u64::from(parsed.rounded);
        Ok(Some(parsed.money.0))
    }
}

/// Why a row is refused.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub column: String,
    pub reason: String,
}

impl Wrong {
    pub(crate) fn new(column: &str, reason: impl Into<String>) -> Self {
        Wrong { column: column.to_owned(), reason: reason.into() }
    }

    pub(crate) fn amount(text: &str, column: &str, why: NotMoney) -> Self {
        let hint = if matches!(why, NotMoney::NotANumber) && text.contains(',') { "; is the comma its decimal point?" } else { "" };
        Wrong::new(column, format!("`{}` is not an amount: {why}{hint}", brief(text)))
    }

    pub(crate) fn time(text: &str, column: &str, why: &str) -> Self {
        Wrong::new(column, format!("`{}` is {why}", brief(text)))
    }
}

/// The beginning of a value, for a message.
pub(crate) fn brief(text: &str) -> &str {
    text.char_indices().nth(60).map_or(text, |(end, _)| &text[..end])
}

/// Rows of a batch.
const BATCH_ROWS: usize = 64 * 1024;

/// Gathers records of one kind into batches.
pub(crate) struct Records {
    kind: RecordKind,
    schema: SchemaRef,
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    Text(StringBuilder),
    Repeated(Repeats),
    Amount(Decimal64Builder),
    At(TimestampMicrosecondBuilder),
    Whole(Int64Builder),
    Flag(BooleanBuilder),
}

impl Records {
    /// Records of these columns, which [`push`](Records::push) takes in the same order: the kind's own.
    pub(crate) fn new(kind: RecordKind, names: &[&str]) -> Self {
        let schema = kind.schema_of(names);
        debug_assert!(
            schema.fields().iter().map(|field| field.name().as_str()).eq(names.iter().copied()),
            "{names:?} stand in the order of {}",
            kind.name()
        );
        let columns = schema.fields().iter().map(|field| Column::of(field.data_type())).collect();
        Records { kind, schema, columns, rows: 0 }
    }

    /// Adds a record. Required columns must not be null: whoever calls has refused such rows.
    pub(crate) fn push(&mut self, cells: &[Cell<'_>], reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        debug_assert_eq!(cells.len(), self.columns.len());
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.append(*cell);
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS { self.flush(reading) } else { Ok(()) }
    }

    /// Hands over what is gathered.
    pub(crate) fn flush(&mut self, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let arrays: Vec<ArrayRef> = self.columns.iter_mut().map(Column::finish).collect();
        let batch = RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(|error| ConnectError::Sink(quintile_model::records::SinkError::Failed(Box::new(error))))?;
        Ok(reading.sink.records(self.kind, batch)?)
    }
}

impl Column {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Dictionary(..) => Column::Repeated(Repeats::default()),
            DataType::Decimal64(..) => Column::Amount(Decimal64Builder::new().with_data_type(data_type.clone())),
            DataType::Timestamp(..) => Column::At(TimestampMicrosecondBuilder::new().with_data_type(data_type.clone())),
            DataType::Int64 => Column::Whole(Int64Builder::new()),
            DataType::Boolean => Column::Flag(BooleanBuilder::new()),
            _ => Column::Text(StringBuilder::new()),
        }
    }

    fn append(&mut self, cell: Cell<'_>) {
        match (self, cell) {
            (Column::Text(builder), Cell::Text(text)) if !text.is_empty() => builder.append_value(text),
            (Column::Repeated(repeats), Cell::Text(text)) if !text.is_empty() => repeats.push(text),
            (Column::Amount(builder), Cell::Amount(amount)) => builder.append_value(amount),
            (Column::At(builder), Cell::At(at)) => builder.append_value(at),
            (Column::Whole(builder), Cell::Whole(number)) => builder.append_value(number),
            (Column::Flag(builder), Cell::Flag(flag)) => builder.append_value(flag),
            (Column::Text(builder), Cell::Day(wall)) => builder.append_value(&times::wall_text(wall)[..10]),
            (Column::Text(builder), _) => builder.append_null(),
            (Column::Repeated(repeats), _) => repeats.push_null(),
            (Column::Amount(builder), _) => builder.append_null(),
            (Column::At(builder), _) => builder.append_null(),
            (Column::Whole(builder), _) => builder.append_null(),
            (Column::Flag(builder), _) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Text(builder) => Arc::new(builder.finish()),
            Column::Repeated(repeats) => repeats.finish(),
            Column::Amount(builder) => Arc::new(builder.finish()),
            Column::At(builder) => Arc::new(builder.finish()),
            Column::Whole(builder) => Arc::new(builder.finish()),
            Column::Flag(builder) => Arc::new(builder.finish()),
        }
    }
}
