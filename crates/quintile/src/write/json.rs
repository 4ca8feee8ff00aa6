//! JSON: amounts as decimal strings, so that no reader makes floats of them; instants as ISO 8601; what is missing is null.

use super::written;
use crate::Error;
use crate::cell::{Cells, Value, plain_decimal};
use arrow::array::RecordBatch;
use rayon::prelude::*;
use std::io::{BufWriter, Write};

pub(super) struct JsonRows<W: Write> {
    out: BufWriter<W>,
    /// One object around all rows, rather than one a line.
    whole: bool,
    any: bool,
}

impl<W: Write + Send> JsonRows<W> {
    pub(super) fn whole(header: Option<&serde_json::Value>, out: W) -> Result<Self, Error> {
        let mut out = BufWriter::with_capacity(1 << 18, out);
        let header = header.map(|header| format!("\"header\":{header},\n")).unwrap_or_default();
        written(write!(out, "{{{header}\"rows\":["))?;
        Ok(JsonRows { out, whole: true, any: false })
    }

    pub(super) fn lines(out: W) -> Self {
        JsonRows { out: BufWriter::with_capacity(1 << 18, out), whole: false, any: false }
    }

    pub(super) fn write(&mut self, batches: &[RecordBatch]) -> Result<(), Error> {
        let texts = batches.par_iter().map(|batch| text_of(batch, self.whole)).collect::<Result<Vec<_>, _>>()?;
        for text in texts.iter().filter(|text| !text.is_empty()) {
            // Each row of a whole begins with a comma, but for the first of all.
            let text = if self.whole && !self.any { &text[1..] } else { text };
            self.any = true;
            written(self.out.write_all(text))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), Error> {
        if self.whole {
            written(self.out.write_all(if self.any { b"\n]}\n" } else { b"]}\n" }))?;
        }
        written(self.out.flush())
    }
}

fn text_of(batch: &RecordBatch, whole: bool) -> Result<Vec<u8>, Error> {
    let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<Vec<u8>> = batch.schema().fields().iter().map(|field| quoted(field.name())).collect();
    let mut text = Vec::with_capacity(batch.num_rows() * columns.len() * 24);
    for row in 0..batch.num_rows() {
        text.extend_from_slice(if whole { b",\n{" } else { b"{" });
        for (at, (name, column)) in names.iter().zip(&columns).enumerate() {
            if at > 0 {
                text.push(b',');
            }
            text.extend_from_slice(name);
            text.push(b':');
            match column.get(row) {
                Value::Missing => text.extend_from_slice(b"null"),
                Value::Text(value) => text.extend(quoted(&value)),
                Value::Count(value) => text.extend_from_slice(value.to_string().as_bytes()),
                Value::Number(value) => text.extend_from_slice(number(value).as_bytes()),
                Value::Amount(value, scale) => text.extend(quoted(&plain_decimal(value, scale))),
                Value::Instant(value) => text.extend(quoted(&quintile_model::Instant(value).to_iso())),
                Value::Flag(value) => text.extend_from_slice(if value { b"true" } else { b"false" }),
                Value::Texts(values) => {
                    text.push(b'[');
                    for (at, value) in values.iter().enumerate() {
                        if at > 0 {
                            text.push(b',');
                        }
                        text.extend(quoted(value));
                    }
                    text.push(b']');
                }
            }
        }
        text.extend_from_slice(if whole { b"}" } else { b"}\n" });
    }
    Ok(text)
}

fn quoted(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

fn number(value: f64) -> String {
    serde_json::Number::from_f64(value).map_or("null".to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Decimal64Array, Float64Array, Int64Array, StringArray};
    use quintile_model::records::amount_type;
    use std::sync::Arc;

    fn batch() -> RecordBatch {
        let columns: [(&str, ArrayRef); 4] = [
            ("id", Arc::new(StringArray::from(vec![Some("a\"\n"), None]))),
            ("n", Arc::new(Int64Array::from(vec![1, 2]))),
            ("spent", Arc::new(Decimal64Array::from(vec![Some(12_345_600), None]).with_data_type(amount_type()))),
            ("ratio", Arc::new(Float64Array::from(vec![0.5, 1e300]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    }

    #[test]
    fn a_whole_answer_is_one_object_and_amounts_are_strings() {
        let mut bytes = Vec::new();
        let mut rows = JsonRows::whole(Some(&serde_json::json!({"currency": "GBP"})), &mut bytes).unwrap();
        rows.write(&[batch().slice(0, 0), batch(), batch().slice(0, 1)]).unwrap();
        rows.finish().unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["header"]["currency"], "GBP");
        assert_eq!(value["rows"].as_array().unwrap().len(), 3);
        assert_eq!(value["rows"][0]["spent"], "1234.56");
        assert!(value["rows"][1]["spent"].is_null());
    }

    #[test]
    fn lines_are_an_object_each_and_no_rows_are_no_lines() {
        let mut bytes = Vec::new();
        let mut rows = JsonRows::lines(&mut bytes);
        rows.write(&[batch()]).unwrap();
        rows.finish().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap().lines().next().unwrap(), r#"{"id":"a\"\n","n":1,"spent":"1234.56","ratio":0.5}"#);
        let mut bytes = Vec::new();
        JsonRows::whole(None, &mut bytes).unwrap().finish().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "{\"rows\":[]}\n");
    }
}
