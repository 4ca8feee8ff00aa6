//! The Arrow IPC stream: what Python, R, DuckDB and polars read without a copy. The header is the key `quintile` of its schema.

use crate::Error;
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use std::io::{BufWriter, Write};
use std::sync::Arc;

pub(super) struct ArrowRows<W: Write> {
    writer: StreamWriter<BufWriter<W>>,
    schema: SchemaRef,
}

impl<W: Write> ArrowRows<W> {
    pub(super) fn new(schema: &SchemaRef, header: Option<&serde_json::Value>, out: W) -> Result<Self, Error> {
        let mut metadata = schema.metadata().clone();
        if let Some(header) = header {
            metadata.insert("quintile".to_owned(), header.to_string());
        }
        // Not every reader knows a decimal of 64 bits, and all know one of 128.
        let widened = |field: &Arc<Field>| match field.data_type() {
            DataType::Decimal64(digits, scale) => field.as_ref().clone().with_data_type(DataType::Decimal128(*digits, *scale)),
            _ => field.as_ref().clone(),
        };
        let schema = Arc::new(Schema::new_with_metadata(schema.fields().iter().map(widened).collect::<Vec<_>>(), metadata));
        let writer = StreamWriter::try_new(BufWriter::with_capacity(1 << 16, out), &schema)?;
        Ok(ArrowRows { writer, schema })
    }

    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        for batch in batches {
            let widened = |(array, field): (&ArrayRef, &Arc<Field>)| match array.data_type() == field.data_type() {
                true => Ok(array.clone()),
                false => cast(array, field.data_type()),
            };
            let columns = batch.columns().iter().zip(self.schema.fields()).map(widened).collect::<Result<Vec<_>, _>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            self.writer.write(&RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.writer.finish()?;
        super::written(self.writer.into_inner()?.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Decimal64Array, Decimal128Array, DictionaryArray, Int64Array};
    use arrow::datatypes::Int32Type;
    use arrow::ipc::reader::StreamReader;

    #[test]
    fn batches_read_back_with_their_header() {
        let batch = |start: i64, words: [&str; 3]| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(start..start + 3));
            let words: ArrayRef = Arc::new(words.into_iter().collect::<DictionaryArray<Int32Type>>());
            let amounts: ArrayRef =
                Arc::new(Decimal64Array::from(vec![Some(start), None, Some(-5)]).with_precision_and_scale(18, 4).unwrap());
            RecordBatch::try_from_iter([("n", numbers), ("w", words), ("a", amounts)]).unwrap()
        };
        let batches = [batch(0, ["a", "b", "a"]), batch(3, ["c", "a", "c"])];
        let mut bytes = Vec::new();
        let mut rows = ArrowRows::new(batches[0].schema_ref(), Some(&serde_json::json!({"version": 3})), &mut bytes).unwrap();
        rows.write(&batches).unwrap();
        rows.finish().unwrap();
        let reader = StreamReader::try_new(&bytes[..], None).unwrap();
        assert_eq!(reader.schema().metadata()["quintile"], "{\"version\":3}");
        let words: Vec<String> = reader
            .flat_map(|batch| {
                let batch = batch.unwrap();
                let amounts = batch.column(2).as_any().downcast_ref::<Decimal128Array>().unwrap();
                assert_eq!((amounts.is_null(1), amounts.value_as_string(2)), (true, "-0.0005".to_owned()));
                let words = batch.column(1).as_dictionary::<Int32Type>().downcast_dict::<arrow::array::StringArray>().unwrap();
                words.into_iter().map(|word| word.unwrap().to_owned()).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(words, ["a", "b", "a", "c", "a", "c"]);
    }
}
