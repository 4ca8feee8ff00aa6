//! A planned file and its parts: what is read, by whom, and how far.

use crate::emit::{PartSummary, Reading};
use crate::error::ConnectError;
use crate::mapping::{self, Mapping};
use crate::open::open;
use crate::recognise::{Format, Layout, Reader};
use crate::table::json::{Items, JsonTable};
use crate::table::parquet::{BATCH_ROWS, ParquetTable, flat_columns, footer};
use crate::table::{Table, delimited::Delimited, whitespace::Whitespace};
use crate::{cdnow, online_retail, shopify, woocommerce};
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

    /// Parts that can be read side by side, about as many as wanted; text is one part, and a file that is not read none.
    pub fn parts(&self, wanted: usize, zone: &StoreZone) -> Result<Vec<FilePart>, ConnectError> {
        if self.layout == Layout::NotRead {
            return Ok(Vec::new());
        }
        let part = |row_groups: Option<Range<usize>>, first_row| FilePart {
            file: Arc::new(self.clone()),
            row_groups,
            first_row,
            zone: zone.clone(),
            limit: None,
        };
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

/// A part of a file, for one thread.
#[derive(Debug, Clone)]
pub struct FilePart {
    file: Arc<PlannedFile>,
    row_groups: Option<Range<usize>>,
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
        let mut reading = Reading::new(sink, self.limit);
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
                    (_, Some(mapping)) => mapping::rows::read(table, mapping, zone, reading),
                    (_, None) => Ok(()),
                }
            }
        }
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
        let opened = open(&self.file.path, reader.charset)?;
        reading.follow(opened.consumed);
        let input = opened.reader;
        fn boxed<T: Table + 'static>(table: T) -> Box<dyn Table> {
            Box::new(table)
        }
        Ok(match self.file.format {
            Format::Delimited { delimiter } => Delimited::new(input, u8::try_from(delimiter).unwrap_or(b','), reader.has_header).map(boxed),
            Format::Whitespace => Whitespace::new(input, reader.has_header).map(boxed),
            _ => Ok(boxed(JsonTable::new(input, reader.shape.clone(), reader.header.clone()))),
        })
    }
}
