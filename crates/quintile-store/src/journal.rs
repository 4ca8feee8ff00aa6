//! The journal: the records of an import, as it was given them.
//!
//! What an import writes depends on the imports before it: whose an order is, which guests are joined, what moves. When
//! one of those is undone, the later imports are made again from their records. The first import of a store stands on
//! nothing and keeps none.

use crate::StoreError;
use crate::folder::{Folder, sync_folder};
use crate::run::{self, sealed};
use arrow::array::{ArrayRef, AsArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use quintile_model::RecordKind;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The column that says which file of the import a record is from; no record has one of this name.
const FILE: &str = "#file";
/// Rows that are held before they are written out.
const ROW_GROUP_ROWS: usize = 64 * 1024;

/// Takes records down, from several sinks at once.
pub(crate) struct Journal {
    folder: PathBuf,
    /// What the names of its files begin with.
    stem: String,
    open: Mutex<Vec<Part>>,
}

/// Records of one kind with the same columns.
struct Part {
    kind: RecordKind,
    columns: SchemaRef,
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: u64,
}

/// A file of records that was written and synced.
#[derive(Debug)]
pub(crate) struct KeptRecords {
    pub kind: RecordKind,
    pub path: PathBuf,
    pub rows: u64,
}

impl Journal {
    pub fn begin(folder: &Folder, stem: &str) -> Journal {
        Journal { folder: folder.facts().join("records"), stem: stem.to_owned(), open: Mutex::default() }
    }

    /// Takes down a batch of one file.
    pub fn keep(&self, file: u32, kind: RecordKind, records: &RecordBatch) -> Result<(), StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match open.iter().position(|part| part.kind == kind && part.columns == records.schema()) {
            Some(at) => at,
            None => {
                let path = self.folder.join(format!("{}-{}-{:02}.parquet", self.stem, kind.name(), open.len()));
                open.push(Part::create(kind, records.schema(), path)?);
                open.len() - 1
            }
        };
        let part = &mut open[at];
        let mut arrays = records.columns().to_vec();
        arrays.push(Arc::new(UInt32Array::from(vec![file; records.num_rows()])) as ArrayRef);
        part.writer.write(&RecordBatch::try_new(with_file(&part.columns), arrays)?)?;
        part.rows += records.num_rows() as u64;
        Ok(())
    }

    /// Closes and syncs everything.
    pub fn finish(&self) -> Result<Vec<KeptRecords>, StoreError> {
        let open = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        let mut kept = Vec::with_capacity(open.len());
        for part in open {
            sealed(part.writer, &part.path)?;
            kept.push(KeptRecords { kind: part.kind, path: part.path, rows: part.rows });
        }
        // The folder of records may be new.
        self.folder.parent().filter(|_| !kept.is_empty()).map_or(Ok(()), sync_folder)?;
        Ok(kept)
    }
}

impl Drop for Journal {
    /// An import that was given up leaves nothing. What could not be removed, the next one removes.
    fn drop(&mut self) {
        for part in self.open.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(part.writer);
            let _ = fs::remove_file(&part.path);
        }
    }
}

impl Part {
    fn create(kind: RecordKind, columns: SchemaRef, path: PathBuf) -> Result<Part, StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(StoreError::file("write", folder))?;
        }
        // Read seldom if ever: as small as it gets at little cost.
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .build();
        let file = File::create(&path).map_err(StoreError::file("write", &path))?;
        let writer = ArrowWriter::try_new(file, with_file(&columns), Some(properties))?;
        Ok(Part { kind, columns, path, writer, rows: 0 })
    }
}

fn with_file(columns: &SchemaRef) -> SchemaRef {
    let fields = columns.fields().iter().cloned().chain([Arc::new(Field::new(FILE, DataType::UInt32, false))]);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Gives the records of a file of the journal to `take`, with the number of the file each batch is from.
pub(crate) fn replay(path: &Path, mut take: impl FnMut(u32, &RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
    run::read_plain(path, |batch| {
        let at = batch.schema().index_of(FILE)?;
        let mut records = batch.clone();
        let files = records.remove_column(at);
        let mut from = 0;
        for rows in files.as_primitive::<UInt32Type>().values().chunk_by(|a, b| a == b) {
            take(rows[0], &records.slice(from, rows.len()))?;
            from += rows.len();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, StringArray};
    use arrow::datatypes::Int32Type;

    #[test]
    fn records_come_back_as_they_were_given_each_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::create(folder.path()).unwrap();
        let journal = Journal::begin(&folder, "7");
        let products = |names: &[&str], category: Option<&str>| {
            let schema = RecordKind::Products.schema_of(&["product", "category"]);
            let known = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
            let column = |name: &str, values: Vec<Option<&str>>| -> ArrayRef {
                match known(name) {
                    DataType::Utf8 => Arc::new(StringArray::from(values)),
                    _ => Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>()),
                }
            };
            let names: Vec<_> = names.iter().map(|name| Some(*name)).collect();
            let categories = vec![category; names.len()];
            RecordBatch::try_new(schema.clone(), vec![column("product", names), column("category", categories)]).unwrap()
        };
        let given =
            [(3, products(&["tea", "mug"], Some("drinks"))), (0, products(&["jam"], None)), (0, products(&["pot"], Some("kitchen")))];
        for (file, batch) in &given {
            journal.keep(*file, RecordKind::Products, batch).unwrap();
        }
        let kept = journal.finish().unwrap();
        assert_eq!((kept.len(), kept[0].rows), (1, 4));
        let mut found = Vec::new();
        replay(&kept[0].path, |file, batch| {
            assert_eq!(batch.schema(), given[0].1.schema());
            found.push((file, batch.num_rows()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [(3, 2), (0, 2)]);
    }
}
