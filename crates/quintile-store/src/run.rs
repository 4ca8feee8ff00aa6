//! Runs: the Parquet files of one commit, sorted by customer and time, cut between customers.

use crate::StoreError;
use crate::folder::sync_folder;
use arrow::array::{ArrayRef, Int64Array, UInt64Array, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowFilter};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnPath;
use quintile_model::{FactKind, columns};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A row group is closed between two customers once it has this many rows.
pub(crate) const ROW_GROUP_ROWS: usize = 64 * 1024;
/// Lines come several to an order: their row groups are closed together with those of the orders.
const LINE_ROW_GROUP_ROWS: usize = 160 * 1024;
/// A file is closed at about this many bytes.
const FILE_BYTES: usize = 128 << 20;

/// Facts of whole customers, one batch a kind, each sorted; what is written together.
#[derive(Debug, Default)]
pub(crate) struct SortedFacts {
    pub kinds: Vec<(FactKind, RecordBatch)>,
}

/// A file that was written and synced.
#[derive(Debug, Clone)]
pub(crate) struct WrittenFile {
    pub kind: FactKind,
    pub path: PathBuf,
    pub rows: u64,
}

/// Writes the facts of ascending ranges of customers into files of one run.
pub(crate) struct RunWriter {
    folder: PathBuf,
    /// Begins the names of its files.
    name: String,
    open: Vec<(FactKind, OpenFile)>,
    done: Vec<WrittenFile>,
    parts: u32,
}

struct OpenFile {
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: u64,
    rows_in_group: usize,
}

impl RunWriter {
    pub fn new(folder: &Path, name: String) -> RunWriter {
        RunWriter { folder: folder.to_owned(), name, open: Vec::new(), done: Vec::new(), parts: 0 }
    }

    /// Writes facts of whole customers, all after those written before.
    pub fn write(&mut self, facts: &SortedFacts) -> Result<(), StoreError> {
        let mut cursors: Vec<Cursor<'_>> = facts
            .kinds
            .iter()
            .filter(|(_, batch)| batch.num_rows() > 0)
            .map(|(kind, batch)| Cursor { kind: *kind, batch, keys: columns::keys(batch, "customer_key"), next: 0 })
            .collect();
        loop {
            // The block ends at the first customer boundary at which some kind has filled a row group.
            let end_key = cursors.iter().filter_map(|cursor| self.full_at(cursor)).min();
            let Some(end_key) = end_key else {
                for cursor in &mut cursors {
                    self.append(cursor, None)?;
                }
                return Ok(());
            };
            for cursor in &mut cursors {
                self.append(cursor, Some(end_key))?;
            }
            self.close_row_groups()?;
        }
    }

    /// The last customer of the row group that `cursor`'s rows would fill, if they fill one.
    fn full_at(&self, cursor: &Cursor<'_>) -> Option<u64> {
        let wanted = if cursor.kind == FactKind::Lines { LINE_ROW_GROUP_ROWS } else { ROW_GROUP_ROWS };
        let held = self.open.iter().find(|(kind, _)| *kind == cursor.kind).map_or(0, |(_, file)| file.rows_in_group);
        let full = cursor.next + wanted.saturating_sub(held).max(1) - 1;
        (full < cursor.keys.len()).then(|| cursor.keys.value(full))
    }

    /// Writes the cursor's rows up to and with the customer `end_key`; all that are left without one.
    fn append(&mut self, cursor: &mut Cursor<'_>, end_key: Option<u64>) -> Result<(), StoreError> {
        let end = match end_key {
            Some(key) => cursor.next + cursor.keys.values()[cursor.next..].partition_point(|k| *k <= key),
            None => cursor.keys.len(),
        };
        if end == cursor.next {
            return Ok(());
        }
        let rows = cursor.batch.slice(cursor.next, end - cursor.next);
        cursor.next = end;
        let file = self.file_of(cursor.kind, rows.schema())?;
        file.writer.write(&rows)?;
        file.rows += rows.num_rows() as u64;
        file.rows_in_group += rows.num_rows();
        Ok(())
    }

    fn close_row_groups(&mut self) -> Result<(), StoreError> {
        for (_, file) in &mut self.open {
            if file.rows_in_group >= ROW_GROUP_ROWS {
                file.writer.flush()?;
                file.rows_in_group = 0;
            }
        }
        let (full, open) =
            std::mem::take(&mut self.open).into_iter().partition(|(_, f)| f.rows_in_group == 0 && f.writer.bytes_written() >= FILE_BYTES);
        self.open = open;
        self.close(full)
    }

    fn file_of(&mut self, kind: FactKind, schema: SchemaRef) -> Result<&mut OpenFile, StoreError> {
        if let Some(at) = self.open.iter().position(|(open, _)| *open == kind) {
            return Ok(&mut self.open[at].1);
        }
        let folder = self.folder.join(kind.name());
        fs::create_dir_all(&folder).map_err(StoreError::file("write", &folder))?;
        let path = folder.join(format!("{}-{:04}.parquet", self.name, self.parts));
        self.parts += 1;
        let file = File::create(&path).map_err(StoreError::file("write", &path))?;
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties(&schema)))?;
        self.open.push((kind, OpenFile { path, writer, rows: 0, rows_in_group: 0 }));
        let last = self.open.len() - 1;
        Ok(&mut self.open[last].1)
    }

    fn close(&mut self, files: Vec<(FactKind, OpenFile)>) -> Result<(), StoreError> {
        for (kind, open) in files {
            finish(open.writer, &open.path)?;
            self.done.push(WrittenFile { kind, path: open.path, rows: open.rows });
        }
        Ok(())
    }

    /// Closes and syncs everything.
    pub fn finish(mut self) -> Result<Vec<WrittenFile>, StoreError> {
        let open = std::mem::take(&mut self.open);
        self.close(open)?;
        let mut kinds: Vec<FactKind> = self.done.iter().map(|file| file.kind).collect();
        kinds.dedup();
        for kind in &kinds {
            sync_folder(&self.folder.join(kind.name()))?;
        }
        if !kinds.is_empty() {
            sync_folder(&self.folder)?;
        }
        Ok(self.done)
    }
}

struct Cursor<'a> {
    kind: FactKind,
    batch: &'a RecordBatch,
    keys: &'a UInt64Array,
    next: usize,
}

/// Records as a file of them is kept: the columns of its schema, null where a source lacks one, and the version.
pub(crate) fn as_kept(records: &[RecordBatch], schema: SchemaRef, version: i64) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    records.iter().map(move |records| {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for field in schema.fields() {
            arrays.push(match (field.name().as_str(), records.column_by_name(field.name())) {
                ("version", _) => Arc::new(Int64Array::from(vec![version; records.num_rows()])),
                (_, Some(column)) => cast(column, field.data_type())?,
                (_, None) => new_null_array(field.data_type(), records.num_rows()),
            });
        }
        Ok(RecordBatch::try_new(schema.clone(), arrays)?)
    })
}

/// Writes one file of something that is not sorted by customer, and syncs it and its folder.
pub(crate) fn write_plain(path: &Path, batches: impl Iterator<Item = Result<RecordBatch, StoreError>>) -> Result<u64, StoreError> {
    let mut rows = 0;
    let mut writer: Option<ArrowWriter<File>> = None;
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        let open = match &mut writer {
            Some(open) => open,
            None => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(StoreError::file("write", folder))?;
                }
                let file = File::create(path).map_err(StoreError::file("write", path))?;
                writer.insert(ArrowWriter::try_new(file, batch.schema(), Some(properties(&batch.schema())))?)
            }
        };
        open.write(&batch)?;
    }
    if let Some(writer) = writer {
        sealed(writer, path)?;
    }
    Ok(rows)
}

/// Closes and syncs a file, and its folder.
pub(crate) fn sealed(writer: ArrowWriter<File>, path: &Path) -> Result<(), StoreError> {
    finish(writer, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn finish(writer: ArrowWriter<File>, path: &Path) -> Result<(), StoreError> {
    let file = writer.into_inner()?;
    file.sync_all().map_err(StoreError::file("sync", path))
}

/// Reads a whole file, batch by batch.
pub(crate) fn read_plain(path: &Path, mut work: impl FnMut(&RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let file = File::open(path).map_err(StoreError::file("read", path))?;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.with_batch_size(1 << 16).build()? {
        work(&batch?)?;
    }
    Ok(())
}

/// The rows of a file of facts that belong to some customers (ascending), with all columns of their kind, batch by batch.
/// Only the row groups and rows that can be theirs are read.
pub(crate) fn read_of(
    path: &Path,
    kind: FactKind,
    customers: &Arc<[u64]>,
    mut work: impl FnMut(&RecordBatch) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let file = File::open(path).map_err(StoreError::file("read", path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let any_in = |first: u64, last: u64| customers.get(customers.partition_point(|key| *key < first)).is_some_and(|key| *key <= last);
    let groups = builder.metadata().row_groups().iter().enumerate().filter(|(_, group)| match group.column(0).statistics() {
        Some(Statistics::Int64(bounds)) => match (bounds.min_opt(), bounds.max_opt()) {
            (Some(first), Some(last)) => any_in(*first as u64, *last as u64),
            _ => true,
        },
        _ => true,
    });
    let groups: Vec<usize> = groups.map(|(number, _)| number).collect();
    if groups.is_empty() {
        return Ok(());
    }
    let wanted = customers.clone();
    let theirs = ArrowPredicateFn::new(ProjectionMask::roots(builder.parquet_schema(), [0]), move |keys| {
        Ok(columns::keys(&keys, "customer_key").values().iter().map(|key| Some(wanted.binary_search(key).is_ok())).collect())
    });
    let reader =
        builder.with_row_groups(groups).with_row_filter(RowFilter::new(vec![Box::new(theirs)])).with_batch_size(1 << 14).build()?;
    for batch in reader {
        let batch = batch?;
        if batch.num_rows() > 0 {
            work(&completed(batch, kind, None)?)?;
        }
    }
    Ok(())
}

/// Facts with the columns that their kind has gained since they were written, empty; with `names`, only those.
pub(crate) fn completed(rows: RecordBatch, kind: FactKind, names: Option<&[&str]>) -> Result<RecordBatch, StoreError> {
    let all = kind.schema();
    let wanted = |name: &str| names.is_none_or(|names| names.contains(&name));
    let fields: Vec<_> = all.fields().iter().filter(|field| wanted(field.name())).cloned().collect();
    if rows.num_columns() == fields.len() {
        return Ok(rows);
    }
    let column = |field: &Arc<Field>| {
        rows.column_by_name(field.name()).cloned().unwrap_or_else(|| new_null_array(field.data_type(), rows.num_rows()))
    };
    let arrays = fields.iter().map(column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// How columns are encoded. What has few values goes by dictionary, whose codes are packed as small as they get; keys and
/// times have many and do not compress; the rest is compressed by LZ4, which is read at several times the speed of Zstandard.
fn properties(schema: &SchemaRef) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(false)
        .set_max_row_group_row_count(Some(1 << 24))
        .set_column_statistics_enabled(ColumnPath::from("customer_key"), EnabledStatistics::Chunk)
        .set_column_statistics_enabled(ColumnPath::from("at"), EnabledStatistics::Chunk);
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        let few_values = matches!(field.data_type(), DataType::Dictionary(..) | DataType::Decimal64(..));
        properties = properties.set_column_dictionary_enabled(column.clone(), few_values);
        if few_values || matches!(field.name().as_str(), "line_key" | "order_key" | "refund_key" | "fact_key" | "at") {
            properties = properties.set_column_compression(column, Compression::UNCOMPRESSED);
        }
    }
    properties.build()
}
