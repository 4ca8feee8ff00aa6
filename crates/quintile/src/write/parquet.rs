//! Parquet, its columns encoded side by side.

use crate::Error;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves};
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;
use std::io::{BufWriter, Write};

/// Rows of a row group, about.
const GROUP_ROWS: usize = 128 * 1024;

pub(super) struct ParquetRows<W: Write + Send> {
    file: SerializedFileWriter<BufWriter<W>>,
    groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    /// Writers of the open row group, by field.
    open: Option<Vec<Vec<ArrowColumnWriter>>>,
    rows: usize,
    written: usize,
}

impl<W: Write + Send> ParquetRows<W> {
    pub(super) fn new(schema: &SchemaRef, header: Option<&serde_json::Value>, out: W) -> Result<Self, Error> {
        let header = header.map(|header| vec![KeyValue::new("quintile".to_owned(), header.to_string())]);
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_dictionary_enabled(false)
            .set_created_by(concat!("quintile ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(header);
        for field in schema.fields() {
            let column = || ColumnPath::from(field.name().as_str());
            match Values::of(field.data_type()) {
                Values::Few => {
                    properties =
                        properties.set_column_dictionary_enabled(column(), true).set_column_compression(column(), Compression::UNCOMPRESSED)
                }
                Values::Noise => properties = properties.set_column_compression(column(), Compression::UNCOMPRESSED),
                Values::Many => {}
            }
        }
        let properties = properties.build();
        // Without the Arrow schema: not every reader knows a decimal of 64 bits by that name, and all know it by Parquet's.
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(BufWriter::with_capacity(1 << 20, out), schema.clone(), options)?;
        let (file, groups) = writer.into_serialized_writer()?;
        Ok(ParquetRows { file, groups, schema: schema.clone(), open: None, rows: 0, written: 0 })
    }

    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        let mut batches = batches.iter().filter(|batch| batch.num_rows() > 0).peekable();
        while batches.peek().is_some() {
            let mut some = Vec::new();
            while self.rows < GROUP_ROWS
                && let Some(batch) = batches.next()
            {
                self.rows += batch.num_rows();
                some.push(batch);
            }
            let mut writers = match self.open.take() {
                Some(writers) => writers,
                None => self.writers()?,
            };
            writers.par_iter_mut().zip(self.schema.fields().par_iter()).enumerate().try_for_each(|(column, (writers, field))| {
                for batch in &some {
                    let leaves = compute_leaves(field, batch.column(column))?;
                    leaves.iter().zip(writers.iter_mut()).try_for_each(|(leaf, writer)| writer.write(leaf))?;
                }
                Ok::<(), Error>(())
            })?;
            self.open = Some(writers);
            if self.rows >= GROUP_ROWS {
                self.close_group()?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.close_group()?;
        super::written(self.file.into_inner().map_err(Error::from)?.flush())
    }

    fn writers(&self) -> Result<Vec<Vec<ArrowColumnWriter>>, Error> {
        let mut writers = self.groups.create_column_writers(self.written)?.into_iter();
        Ok(self.schema.fields().iter().map(|field| writers.by_ref().take(leaves(field.data_type())).collect()).collect())
    }

    fn close_group(&mut self) -> Result<(), Error> {
        let Some(writers) = self.open.take() else { return Ok(()) };
        let chunks = writers
            .into_par_iter()
            .flat_map(|writers| writers.into_par_iter())
            .map(ArrowColumnWriter::close)
            .collect::<Result<Vec<_>, _>>()?;
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        (self.rows, self.written) = (0, self.written + 1);
        Ok(())
    }
}

/// What the values of a column are like, which decides how they are written.
enum Values {
    /// Counts, shares, scores, names of classes: few different ones. A dictionary's codes are packed as small as they get.
    Few,
    /// Ids: many, but alike in their bytes, which compression finds.
    Many,
    /// Amounts, moments, hashes: what compression finds in them costs more than it saves.
    Noise,
}

impl Values {
    fn of(data_type: &DataType) -> Values {
        match data_type {
            DataType::Dictionary(..)
            | DataType::List(_)
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float64 => Values::Few,
            DataType::Decimal64(..) | DataType::Timestamp(..) | DataType::UInt64 => Values::Noise,
            _ => Values::Many,
        }
    }
}

/// Parquet columns of an Arrow type.
fn leaves(data_type: &DataType) -> usize {
    match data_type {
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _)
        | DataType::ListView(field)
        | DataType::LargeListView(field) => leaves(field.data_type()),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, AsArray, DictionaryArray, Int64Array, ListBuilder, StringBuilder};
    use arrow::datatypes::{Int32Type, Int64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use std::sync::Arc;

    #[test]
    fn rows_of_several_groups_read_back() {
        let batch = |start: i64, rows: i64| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(start..start + rows));
            // Texts that repeat have another list in each batch.
            let words: Vec<String> = (start..start + rows).map(|n| format!("w{}", (n + start) % 7)).collect();
            let words: ArrayRef = Arc::new(words.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>());
            let mut lists = ListBuilder::new(StringBuilder::new());
            for n in start..start + rows {
                (0..n % 3).for_each(|k| lists.values().append_value(k.to_string()));
                lists.append(true);
            }
            let lists: ArrayRef = Arc::new(lists.finish());
            RecordBatch::try_from_iter([("n", numbers), ("w", words), ("l", lists)]).unwrap()
        };
        let batches = [batch(0, 100_000), batch(100_000, 100_000), batch(200_000, 5)];
        let mut bytes = Vec::new();
        let mut rows = ParquetRows::new(batches[0].schema_ref(), Some(&serde_json::json!({"version": 3})), &mut bytes).unwrap();
        rows.write(&batches[..1]).unwrap();
        rows.write(&batches[1..]).unwrap();
        rows.finish().unwrap();
        let bytes = bytes_of(bytes);
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
        assert_eq!(builder.metadata().num_row_groups(), 2);
        let kept = builder.metadata().file_metadata().key_value_metadata().unwrap();
        assert!(kept.iter().any(|pair| pair.key == "quintile" && pair.value.as_deref() == Some("{\"version\":3}")));
        let (mut next, mut lists) = (0, 0);
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            for (row, n) in batch.column(0).as_primitive::<Int64Type>().values().iter().enumerate() {
                assert_eq!(*n, next);
                let start = match next {
                    0..100_000 => 0,
                    100_000..200_000 => 100_000,
                    _ => 200_000,
                };
                assert_eq!(batch.column(1).as_string::<i32>().value(row), format!("w{}", (n + start) % 7));
                lists += batch.column(2).as_list::<i32>().value_length(row) as i64;
                next += 1;
            }
        }
        assert_eq!((next, lists), (200_005, (0..200_005).map(|n| n % 3).sum::<i64>()));
    }

    fn bytes_of(bytes: Vec<u8>) -> std::fs::File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }
}
