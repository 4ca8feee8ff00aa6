//! Parquet: columns as they are for those who can use them, and as rows of text for those who cannot.

use super::{Row, Step, Table, unique_names};
use crate::error::ConnectError;
use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rows of a batch.
pub(crate) const BATCH_ROWS: usize = 64 * 1024;

/// What the footer of a file says.
pub(crate) struct Footer {
    pub schema: SchemaRef,
    /// Rows of each row group.
    pub row_groups: Vec<u64>,
}

impl Footer {
    pub(crate) fn rows(&self) -> u64 {
        self.row_groups.iter().sum()
    }
}

/// Reads the footer.
pub(crate) fn footer(path: &Path) -> Result<Footer, ConnectError> {
    guarded(path, || {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())?;
        let row_groups = metadata.metadata().row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect();
        Ok(Footer { schema: metadata.schema().clone(), row_groups })
    })
}

/// Batches of some columns of some row groups.
pub(crate) struct Batches {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
}

impl Batches {
    /// Opens a file for the columns of these names; `wanted` types are a wish that the reader follows where it can.
    pub(crate) fn open(
        path: &Path,
        columns: &[(String, Option<DataType>)],
        row_groups: Option<Vec<usize>>,
        batch_rows: usize,
    ) -> Result<Self, ConnectError> {
        guarded(path, || {
            let file = File::open(path).map_err(|error| error.to_string())?;
            // The Arrow schema in the footer decides less than the wish, so the wish is laid over it.
            let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())?;
            let wish = |field: &Arc<Field>| {
                let wished = columns.iter().find(|(name, _)| name == field.name()).and_then(|(_, wish)| wish.clone());
                match wished {
                    Some(data_type) => Arc::new(Field::new(field.name(), data_type, field.is_nullable())),
                    None => field.clone(),
                }
            };
            let wished = Arc::new(Schema::new(plain.schema().fields().iter().map(wish).collect::<Vec<_>>()));
            let metadata =
                ArrowReaderMetadata::try_new(plain.metadata().clone(), ArrowReaderOptions::new().with_schema(wished)).unwrap_or(plain);
            let roots: Vec<usize> = (0..metadata.schema().fields().len())
                .filter(|index| columns.iter().any(|(name, _)| name == metadata.schema().field(*index).name()))
                .collect();
            let mask = ProjectionMask::roots(metadata.parquet_schema(), roots);
            let mut builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_batch_size(batch_rows).with_projection(mask);
            if let Some(groups) = row_groups {
                builder = builder.with_row_groups(groups);
            }
            let reader = builder.build().map_err(|error| error.to_string())?;
            Ok(Batches { reader, path: path.to_owned() })
        })
    }

    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, ConnectError> {
        let (reader, path) = (&mut self.reader, &self.path);
        guarded(path, || reader.next().transpose().map_err(|error| error.to_string()))
    }
}

/// Damaged files make the Parquet reader panic in places; that is the file's fault and becomes an error.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, String>) -> Result<T, ConnectError> {
    let failed = |why: String| ConnectError::Parquet { path: path.to_owned(), why };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(failed),
        Err(_) => Err(failed("its inside contradicts itself".to_owned())),
    }
}

/// The columns whose values are single, of which alone anything is read.
pub(crate) fn flat_columns(schema: &Schema) -> Vec<String> {
    schema
        .fields()
        .iter()
        .filter(|field| !field.data_type().is_nested() || matches!(field.data_type(), DataType::Dictionary(_, _)))
        .map(|field| field.name().clone())
        .collect()
}

/// Parquet as rows of text.
pub(crate) struct ParquetTable {
    batches: Batches,
    names: Vec<String>,
    header: Vec<String>,
    columns: Vec<StringArray>,
    row: usize,
    rows: usize,
    number: u64,
}

impl ParquetTable {
    pub(crate) fn open(path: &Path, columns: Vec<String>, batch_rows: usize) -> Result<Self, ConnectError> {
        let wishes: Vec<_> = columns.iter().map(|name| (name.clone(), None)).collect();
        let batches = Batches::open(path, &wishes, None, batch_rows)?;
        Ok(ParquetTable {
            batches,
            header: unique_names(columns.iter().cloned()),
            names: columns,
            columns: Vec::new(),
            row: 0,
            rows: 0,
            number: 0,
        })
    }
}

impl Table for ParquetTable {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut Row) -> io::Result<Step> {
        while self.row == self.rows {
            let Some(batch) = self.batches.next().map_err(|error| io::Error::other(error.to_string()))? else { return Ok(Step::End) };
            self.columns.clear();
            for name in &self.names {
                let array = batch.column_by_name(name).ok_or_else(|| io::Error::other(format!("the column `{name}` is gone")))?;
                self.columns.push(
                    as_text(array).map_err(|error| io::Error::other(format!("the column `{name}` cannot be read as text: {error}")))?,
                );
            }
            self.row = 0;
            self.rows = batch.num_rows();
        }
        row.clear();
        self.number += 1;
        row.line = self.number;
        for column in &self.columns {
            row.push(if column.is_valid(self.row) { column.value(self.row) } else { "" });
        }
        self.row += 1;
        Ok(Step::Row)
    }
}

/// A column as a person would write it: floats by their shortest decimal form without `.0`, times in ISO 8601.
pub(crate) fn as_text(array: &ArrayRef) -> Result<StringArray, arrow::error::ArrowError> {
    let by_value = |text: Box<dyn Fn(usize) -> String + '_>| -> StringArray {
        (0..array.len()).map(|row| array.is_valid(row).then(|| text(row))).collect()
    };
    Ok(match array.data_type() {
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            by_value(Box::new(|row| shortest(values.value(row))))
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            by_value(Box::new(|row| {
                if values.value(row).abs() < 1e30 { values.value(row).to_string() } else { shortest(f64::from(values.value(row))) }
            }))
        }
        DataType::Timestamp(_, None) => {
            // Without a zone, so that the store's zone is taken: the wall clock as it stands.
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let values = micros.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            (0..values.len()).map(|row| values.is_valid(row).then(|| crate::times::wall_text(values.value(row)))).collect()
        }
        DataType::Timestamp(_, Some(_)) => {
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some(quintile_model::records::UTC_OFFSET.into())))?;
            let values = micros.as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
            (0..values.len()).map(|row| values.is_valid(row).then(|| crate::times::wall_text(values.value(row)) + "Z")).collect()
        }
        _ => cast(array, &DataType::Utf8)?.as_string::<i32>().clone(),
    })
}

/// A float by its shortest decimal form; what is no number stays a word that money refuses.
fn shortest(value: f64) -> String {
    // Beyond this, digits without an exponent would be hundreds long.
    if value.abs() < 1e30 { value.to_string() } else { format!("{value:e}") }
}
