//! A planned file and its parts: what is read, by whom, and how far.

use crate::emit::{PartSummary, Reading};
use crate::error::ConnectError;
use crate::mapping::{self, Mapping};
use crate::open::{open, open_at, packed};
use crate::recognise::{Format, Layout, Reader};
use crate::table::json::{Item, Items, JsonTable};
use crate::table::lines::{Line, Lines, LinesTable, shown};
use crate::table::parquet::{BATCH_ROWS, ParquetTable, flat_columns, footer};
use crate::table::{Table, delimited::Delimited, whitespace::Whitespace};
use crate::{cdnow, online_retail, segment, services, shopify, woocommerce};
use arrow::record_batch::RecordBatch;
use quintile_model::records::{RecordSink, Refusal, SinkError};
use quintile_model::{RecordKind, StoreZone};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A file that was recognised.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size as it lies there, packed or not.
    pub bytes: u64,
    /// XXH3-128 of its bytes in hexadecimal: the same content is the same file, whatever its name.
    pub fingerprint: String,
    /// How it writes its rows.
    pub format: Format,
    /// What its columns are.
    pub layout: Layout,
    /// The source it is of. Files of one source share orders and customers by their ids.
    pub source: String,
    /// It hands over whole orders, each with all its lines.
    pub document: bool,
    /// The kinds of records it yields.
    pub produces: Vec<RecordKind>,
    /// How it is read, where its layout is [`Layout::Mapped`].
    pub mapping: Option<Mapping>,
    /// What a person should know before it is imported.
    pub notes: Vec<String>,
    pub(crate) plan: Arc<Plan>,
}

/// What the survey learned about opening the file.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub reader: Option<Reader>,
    pub rows_hint: Option<u64>,
}

impl PlannedFile {
    /// Nothing but lines, which need their orders from elsewhere.
    pub fn only_lines(&self) -> bool {
        self.produces == [RecordKind::Lines]
    }

    /// How many rows it will have: exactly of Parquet, by a sample of text.
    pub fn rows_hint(&self) -> Option<u64> {
        self.plan.rows_hint
    }

    /// Reads the file by another mapping than the survey chose.
    pub fn set_mapping(&mut self, mapping: Mapping) {
        self.layout = Layout::Mapped;
        self.document = false;
        self.produces = mapping.kinds.clone();
        if mapping.source_of(RecordKind::Orders, "status").is_some() && !self.produces.contains(&RecordKind::Cancellations) {
            self.produces.push(RecordKind::Cancellations);
        }
        self.mapping = Some(mapping);
    }

    /// Parts that can be read side by side, about as many as wanted; of text only JSON Lines, and of a file that is not read
    /// none.
    pub fn parts(&self, wanted: usize, zone: &StoreZone) -> Result<Vec<FilePart>, ConnectError> {
        if self.layout == Layout::NotRead {
            return Ok(Vec::new());
        }
        let part = |row_groups: Option<Range<usize>>, first_row| FilePart {
            file: Arc::new(self.clone()),
            row_groups,
            share: None,
            first_row,
            zone: zone.clone(),
            limit: None,
        };
        if let Some(shares) = self.shares(wanted)? {
            let of_share = |share| FilePart { share: Some(share), ..part(None, 0) };
            return Ok(shares.into_iter().map(of_share).collect());
        }
        let (Format::Parquet, Some(mapping)) = (&self.format, &self.mapping) else { return Ok(vec![part(None, 0)]) };
        let footer = footer(&self.path)?;
        if !mapping::columns::possible(mapping, &footer.schema) || footer.row_groups.is_empty() {
            return Ok(vec![part(None, 0)]);
        }
        // Parts of about as many rows, cut between row groups.
        let share = footer.rows().div_ceil(wanted.max(1) as u64).max(1);
        let mut parts = Vec::new();
        let (mut start, mut first_row, mut rows) = (0, 0, 0);
        for (index, group) in footer.row_groups.iter().enumerate() {
            rows += group;
            let last = index + 1 == footer.row_groups.len();
            if rows - first_row >= share || last {
                parts.push(part(Some(start..index + 1), first_row));
                start = index + 1;
                first_row = rows;
            }
        }
        Ok(parts)
    }

    /// Shares of bytes of a file of lines, none of which is small; `None` where it is not read by shares.
    fn shares(&self, wanted: usize) -> Result<Option<Vec<Range<u64>>>, ConnectError> {
        const SMALLEST: u64 = 16 << 20;
        let by_line = self.plan.reader.as_ref().is_some_and(|reader| reader.line_wise);
        if !by_line || self.bytes < 2 * SMALLEST || packed(&self.path) {
            return Ok(None);
        }
        // A few for each thread, so that none waits long for the last.
        let count = (wanted.max(1) as u64 * 4).min(self.bytes / SMALLEST).max(1);
        let size = self.bytes.div_ceil(count);
        Ok(Some((0..count).map(|number| number * size..((number + 1) * size).min(self.bytes)).collect()))
    }

    /// The first rows as they would be handed over.
    pub fn preview(&self, rows: u64, zone: &StoreZone) -> Result<Preview, ConnectError> {
        let mut preview = Preview::default();
        if let Some(mut part) = self.parts(1, zone)?.into_iter().next() {
            part.limit = Some(rows.max(1));
            preview.summary = part.read(&mut Gathering(&mut preview.records, &mut preview.refusals))?;
        }
        Ok(preview)
    }
}

/// The first rows of a file.
#[derive(Debug, Default)]
pub struct Preview {
    /// What they would become.
    pub records: Vec<(RecordKind, RecordBatch)>,
    /// Rows that would be refused.
    pub refusals: Vec<Refusal>,
    /// The counts.
    pub summary: PartSummary,
}

struct Gathering<'a>(&'a mut Vec<(RecordKind, RecordBatch)>, &'a mut Vec<Refusal>);

impl RecordSink for Gathering<'_> {
    fn records(&mut self, kind: RecordKind, batch: RecordBatch) -> Result<(), SinkError> {
        self.0.push((kind, batch));
        Ok(())
    }

    fn refuse(&mut self, refusal: Refusal) -> Result<(), SinkError> {
        self.1.push(refusal);
        Ok(())
    }

    fn progress(&mut self, _bytes: u64, _rows: u64) -> Result<(), SinkError> {
        Ok(())
    }
}

/// A sink that hears of refusals by the line of the file, not of its part.
struct Numbered<'a> {
    sink: &'a mut dyn RecordSink,
    part: &'a FilePart,
    before: Option<u64>,
}

impl RecordSink for Numbered<'_> {
    fn records(&mut self, kind: RecordKind, batch: RecordBatch) -> Result<(), SinkError> {
        self.sink.records(kind, batch)
    }

    fn refuse(&mut self, refusal: Refusal) -> Result<(), SinkError> {
        let before = *self.before.get_or_insert_with(|| self.part.lines_before());
        self.sink.refuse(Refusal { line: refusal.line + before, ..refusal })
    }

    fn progress(&mut self, bytes: u64, rows: u64) -> Result<(), SinkError> {
        self.sink.progress(bytes, rows)
    }
}

/// A part of a file, for one thread.
#[derive(Debug, Clone)]
pub struct FilePart {
    file: Arc<PlannedFile>,
    row_groups: Option<Range<usize>>,
    /// Of the bytes of a file of lines.
    share: Option<Range<u64>>,
    first_row: u64,
    zone: StoreZone,
    limit: Option<u64>,
}

impl FilePart {
    /// The file it is of.
    pub fn file(&self) -> &PlannedFile {
        &self.file
    }

    /// Reads the part. Rows that cannot be read go to the sink as refusals; an error is of the file as a whole.
    pub fn read(&self, sink: &mut dyn RecordSink) -> Result<PartSummary, ConnectError> {
        let mut numbered = Numbered { sink, part: self, before: None };
        let mut reading = Reading::new(&mut numbered, self.limit);
        match &self.file.plan.reader {
            Some(reader) => self.read_with(reader, &mut reading)?,
            None => return reading.finish(),
        }
        reading.finish()
    }

    fn read_with(&self, reader: &Reader, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        let (file, zone) = (&self.file, &self.zone);
        if let (Layout::Mapped, Some(mapping), Format::Parquet) = (file.layout, &file.mapping, &file.format) {
            let footer = footer(&file.path)?;
            if mapping::columns::possible(mapping, &footer.schema) {
                let groups = self.row_groups.clone().map(Iterator::collect);
                return mapping::columns::read(&file.path, mapping, groups, zone, self.limit, self.first_row, reading);
            }
        }
        match file.layout {
            Layout::WooOrders => woocommerce::orders::read(&mut self.items(reader, reading)?, zone, reading),
            Layout::WooRefunds => woocommerce::refunds::read(&mut self.items(reader, reading)?, zone, reading),
            Layout::WooCustomers => woocommerce::customers::read(&mut self.items(reader, reading)?, zone, reading),
            Layout::WooProducts => woocommerce::products::read(&mut self.items(reader, reading)?, zone, reading),
            Layout::Segment if reader.line_wise => self.calls(reading),
            Layout::Segment => self.calls_of_items(reader, reading),
            _ => {
                let mut table = match self.table(reader, reading)? {
                    Ok(table) => table,
                    Err(error) => return reading.ended_early(1, &error),
                };
                let table = table.as_mut();
                match (file.layout, &file.mapping) {
                    (Layout::ShopifyOrders, _) => shopify::orders::read(table, reader.times, zone, reading),
                    (Layout::ShopifyCustomers, _) => shopify::customers::read(table, reading),
                    (Layout::ShopifyProducts, _) => shopify::products::read(table, reading),
                    (Layout::WooAnalyticsOrders, _) => woocommerce::analytics::read(table, reader.times, zone, reading),
                    (Layout::OnlineRetail, _) => online_retail::read(table, reader.times, zone, reading),
                    (Layout::Cdnow, _) => cdnow::read(table, zone, reading),
                    (Layout::Service(sheet), _) => services::read(sheet, table, reader.times, zone, reading),
                    (_, Some(mapping)) => mapping::rows::read(table, mapping, zone, reading),
                    (_, None) => Ok(()),
                }
            }
        }
    }

    /// The lines of this part's share, and how many stand before it.
    fn lines(&self, reading: &mut Reading<'_>) -> Result<Lines<Box<dyn std::io::Read + Send>>, ConnectError> {
        let Some(share) = &self.share else {
            let opened = open(&self.file.path, crate::open::Charset::Utf8)?;
            reading.follow(opened.consumed);
            return Ok(Lines::new(opened.reader, u64::MAX));
        };
        let unreadable = |source| ConnectError::Unreadable { path: self.file.path.clone(), source };
        // One byte earlier, to see whether a line begins here.
        let (reader, consumed) = open_at(&self.file.path, share.start.saturating_sub(1))?;
        reading.follow(consumed);
        let before = u64::from(share.start > 0);
        let mut lines = Lines::new(reader, share.end - share.start + before);
        if before > 0 {
            lines.skip_first().map_err(unreadable)?;
        }
        Ok(lines)
    }

    /// Lines of the file before this part's share: counted only when a refusal needs its number.
    fn lines_before(&self) -> u64 {
        let Some(share) = self.share.as_ref().filter(|share| share.start > 0) else { return 0 };
        let Ok((reader, _)) = open_at(&self.file.path, 0) else { return 0 };
        let mut lines = Lines::new(reader, share.start);
        while matches!(lines.next(), Ok(Line::Text(_) | Line::TooLong)) {}
        lines.number
    }

    fn calls(&self, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        let mut segment = segment::Segment::new(&self.zone);
        let mut lines = self.lines(reading)?;
        loop {
            let number = lines.number + 1;
            match lines.next() {
                Ok(Line::Text(line)) => {
                    if let Err(wrong) = segment.call(line, reading)? {
                        reading.refuse(number, Some(&wrong.column), wrong.reason, shown(line))?;
                    }
                }
                Ok(Line::TooLong) => reading.refuse(number, None, "the line is too long", String::new())?,
                Ok(Line::End) => break,
                Err(error) => {
                    reading.ended_early(number, &error)?;
                    break;
                }
            }
            if !reading.counted(1)? {
                break;
            }
        }
        segment.finish(reading)
    }

    fn calls_of_items(&self, reader: &Reader, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        let mut segment = segment::Segment::new(&self.zone);
        let mut items = self.items(reader, reading)?;
        loop {
            match items.next() {
                Ok(Item::Value(value)) => {
                    let line = value.to_string();
                    if let Err(wrong) = segment.call(line.as_bytes(), reading)? {
                        reading.refuse(items.number, Some(&wrong.column), wrong.reason, shown(line.as_bytes()))?;
                    }
                }
                Ok(Item::Refused { reason, row }) => reading.refuse(items.number, None, reason, row)?,
                Ok(Item::End) => break,
                Err(error) => {
                    reading.ended_early(items.number + 1, &error)?;
                    break;
                }
            }
            if !reading.counted(1)? {
                break;
            }
        }
        segment.finish(reading)
    }

    fn items(&self, reader: &Reader, reading: &mut Reading<'_>) -> Result<Items<Box<dyn std::io::Read + Send>>, ConnectError> {
        let opened = open(&self.file.path, reader.charset)?;
        reading.follow(opened.consumed);
        Ok(Items::new(opened.reader, reader.shape.clone()))
    }

    /// The table of the file; the inner error is of a file that ends before its first row does.
    fn table(&self, reader: &Reader, reading: &mut Reading<'_>) -> Result<std::io::Result<Box<dyn Table>>, ConnectError> {
        if self.file.format == Format::Parquet {
            let schema = footer(&self.file.path)?.schema;
            let all = flat_columns(&schema);
            let columns = match (&self.file.mapping, self.file.layout) {
                (Some(mapping), _) => all
                    .into_iter()
                    .filter(|name| mapping.columns.iter().any(|column| column.from == *name && !column.to.is_empty()))
                    .collect(),
                (None, Layout::OnlineRetail) => online_retail::columns_read(&all),
                (None, _) => all,
            };
            let table = ParquetTable::open(
                &self.file.path,
                columns,
                self.limit.map_or(BATCH_ROWS / 8, |limit| usize::try_from(limit).unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS / 8)),
            )?;
            return Ok(Ok(Box::new(table)));
        }
        fn boxed<T: Table + 'static>(table: T) -> Box<dyn Table> {
            Box::new(table)
        }
        if reader.line_wise {
            let lines = self.lines(reading)?;
            return Ok(Ok(boxed(LinesTable::new(lines, reader.header.clone()))));
        }
        let opened = open(&self.file.path, reader.charset)?;
        reading.follow(opened.consumed);
        let input = opened.reader;
        Ok(match self.file.format {
            Format::Delimited { delimiter } => Delimited::new(input, u8::try_from(delimiter).unwrap_or(b','), reader.has_header).map(boxed),
            Format::Whitespace => Whitespace::new(input, reader.has_header).map(boxed),
            _ => Ok(boxed(JsonTable::new(input, reader.shape.clone(), reader.header.clone()))),
        })
    }
}
