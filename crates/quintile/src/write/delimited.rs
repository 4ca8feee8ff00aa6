//! Comma-separated values: RFC 4180, UTF-8, no sign for thousands; a value that is missing is empty.

use super::written;
use crate::Error;
use crate::cell::{Cells, Value, plain_decimal};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use rayon::prelude::*;
use std::io::{BufWriter, Write};

pub(super) struct DelimitedRows<W: Write> {
    out: BufWriter<W>,
}

impl<W: Write + Send> DelimitedRows<W> {
    pub(super) fn new(with_names: bool, schema: &SchemaRef, out: W) -> Result<Self, Error> {
        let mut rows = DelimitedRows { out: BufWriter::with_capacity(1 << 18, out) };
        if with_names {
            let mut line = Vec::new();
            for (at, field) in schema.fields().iter().enumerate() {
                if at > 0 {
                    line.push(b',');
                }
                put_text(field.name(), &mut line);
            }
            line.push(b'\n');
            written(rows.out.write_all(&line))?;
        }
        Ok(rows)
    }

    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        // Encoded side by side, written in order.
        let texts = batches.par_iter().map(text_of).collect::<Result<Vec<_>, _>>()?;
        texts.iter().try_for_each(|text| written(self.out.write_all(text)))
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        written(self.out.flush())
    }
}

fn text_of(batch: &RecordBatch) -> Result<Vec<u8>, Error> {
    let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
    let mut text = Vec::with_capacity(batch.num_rows() * columns.len() * 8);
    for row in 0..batch.num_rows() {
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                text.push(b',');
            }
            match column.get(row) {
                Value::Missing => {
                    // A line of one empty value would be no line at all.
                    if columns.len() == 1 {
                        text.extend_from_slice(b"\"\"");
                    }
                }
                Value::Text(value) => put_text(&value, &mut text),
                Value::Count(value) => put(value, &mut text),
                Value::Number(value) => put(value, &mut text),
                Value::Amount(value, scale) => text.extend_from_slice(plain_decimal(value, scale).as_bytes()),
                Value::Instant(value) => text.extend_from_slice(quintile_model::Instant(value).to_iso().as_bytes()),
                Value::Flag(value) => put(value, &mut text),
                Value::Texts(values) => put_text(&values.join(", "), &mut text),
            }
        }
        text.push(b'\n');
    }
    Ok(text)
}

fn put(value: impl std::fmt::Display, text: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = write!(text, "{value}");
}

fn put_text(value: &str, text: &mut Vec<u8>) {
    if !value.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(value.as_bytes());
        return;
    }
    text.push(b'"');
    for byte in value.bytes() {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, BooleanArray, Decimal64Array, Float64Array, StringArray, TimestampMicrosecondArray};
    use quintile_model::records::amount_type;
    use std::sync::Arc;

    #[test]
    fn values_are_plain_and_quoted_where_they_must_be() {
        let columns: [(&str, ArrayRef); 5] = [
            ("id", Arc::new(StringArray::from(vec![Some("a,b"), Some("say \"hi\""), None]))),
            ("spent", Arc::new(Decimal64Array::from(vec![Some(12_345_600), Some(-1), None]).with_data_type(amount_type()))),
            ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(0), None, None]).with_timezone("UTC"))),
            ("ratio", Arc::new(Float64Array::from(vec![Some(0.1), Some(2.0), Some(f64::NAN)]))),
            ("app", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut rows = DelimitedRows::new(true, &batch.schema(), &mut bytes).unwrap();
        rows.write(&[batch]).unwrap();
        rows.finish().unwrap();
        let expected = "id,spent,at,ratio,app\n\"a,b\",1234.56,1970-01-01T00:00:00Z,0.1,true\n\"say \"\"hi\"\"\",-0.0001,,2,false\n,,,,\n";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
