//! Texts that a spreadsheet would run as a formula, made into texts again.
//!
//! Programs that open delimited text take a cell for a formula that begins with `=`, `+`, `-`, `@`, a tab or a carriage return,
//! also where it is quoted. A `'` before it makes it a text, as OWASP advises. Numbers are left alone, and so are files that say
//! of themselves what is a text: Parquet, JSON and spreadsheets.

use crate::Error;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;

/// The rows with a `'` before each text that would be run. Texts that repeat become plain ones.
pub fn harmless(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let mut fields = Vec::with_capacity(rows.num_columns());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(rows.num_columns());
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        let texts = match column.data_type() {
            DataType::Utf8 => column.clone(),
            DataType::Dictionary(_, of) if **of == DataType::Utf8 => cast(column, &DataType::Utf8)?,
            // Several texts are written one behind the other, so that the first begins the cell.
            DataType::List(of) if *of.data_type() == DataType::Utf8 => {
                columns.push(Arc::new(joined(column)));
                fields.push(Field::new(field.name(), DataType::Utf8, true));
                continue;
            }
            _ => {
                columns.push(column.clone());
                fields.push(field.as_ref().clone());
                continue;
            }
        };
        columns.push(Arc::new(texts.as_string::<i32>().iter().map(|text| text.map(quoted)).collect::<StringArray>()));
        fields.push(Field::new(field.name(), DataType::Utf8, true));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn joined(column: &ArrayRef) -> StringArray {
    let lists = column.as_list::<i32>();
    let text = |list: ArrayRef| quoted(&list.as_string::<i32>().iter().flatten().collect::<Vec<_>>().join(", "));
    lists.iter().map(|list| list.map(text)).collect()
}

fn quoted(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, Int64Array, ListArray};
    use arrow::datatypes::Int32Type;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        let evil = ["=1+1", "+49 30", "-x", "@SUM(A1)", "\t=1", "\r=1", "fine", "a=b", ""];
        let plain: ArrayRef = Arc::new(StringArray::from(evil.to_vec()));
        let repeated: ArrayRef = Arc::new(evil.into_iter().collect::<DictionaryArray<Int32Type>>());
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(-4..5));
        let mut lists = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
        evil.iter().for_each(|text| lists.append_value([Some(*text), Some("b")]));
        let lists: ArrayRef = Arc::new(lists.finish() as ListArray);
        let rows = RecordBatch::try_from_iter([("a", plain), ("b", repeated), ("c", numbers.clone()), ("d", lists)]).unwrap();
        let safe = harmless(&rows).unwrap();
        let expected = ["'=1+1", "'+49 30", "'-x", "'@SUM(A1)", "'\t=1", "'\r=1", "fine", "a=b", ""];
        for column in ["a", "b"] {
            let found: Vec<&str> = safe.column_by_name(column).unwrap().as_string::<i32>().iter().flatten().collect();
            assert_eq!(found, expected);
        }
        assert_eq!(safe.column_by_name("c").unwrap(), &numbers);
        assert_eq!(safe.column_by_name("d").unwrap().as_string::<i32>().value(0), "'=1+1, b");
    }
}
