//! Whole numbers and amounts in as few bytes as their values take, and columns without a value in none, for rows that wait: most of
//! them are small, and memory that is touched for the first time costs more than the change there and back.

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{cast, max, min};
use arrow::datatypes::{DataType, Decimal64Type, Field, Int64Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;

/// Rows whose columns take less than their types say.
pub(crate) struct Narrow {
    rows: RecordBatch,
    /// What the columns were.
    schema: SchemaRef,
}

impl Narrow {
    pub fn of(rows: &RecordBatch) -> Result<Narrow, ArrowError> {
        let columns = rows.columns().iter().map(narrowed).collect::<Result<Vec<_>, _>>()?;
        let names = rows.schema_ref().fields().iter().map(|field| field.name().clone());
        let fields: Vec<Field> = names.zip(&columns).map(|(name, column)| Field::new(name, column.data_type().clone(), true)).collect();
        Ok(Narrow { rows: batch(fields, columns, rows.num_rows())?, schema: rows.schema() })
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.rows.get_array_memory_size()
    }

    /// The rows as they were, with the wanted columns.
    pub fn wide(&self, wanted: impl Fn(&str) -> bool) -> Result<RecordBatch, ArrowError> {
        let some = self.schema.fields().iter().zip(self.rows.columns()).filter(|(field, _)| wanted(field.name()));
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (field, column) in some {
            fields.push(Field::clone(field));
            columns.push(widened(column, field.data_type())?);
        }
        batch(fields, columns, self.rows.num_rows())
    }
}

fn batch(fields: Vec<Field>, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, ArrowError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
}

fn narrowed(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if column.data_type().is_primitive() && column.null_count() == column.len() {
        return Ok(new_null_array(&DataType::Null, column.len()));
    }
    let whole: Int64Array = match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().clone(),
        DataType::Decimal64(..) => column.as_primitive::<Decimal64Type>().reinterpret_cast(),
        _ => return Ok(column.clone()),
    };
    let (Some(least), Some(most)) = (min(&whole), max(&whole)) else { return Ok(column.clone()) };
    let all_are = |low: i64, high: i64| low <= least && most <= high;
    let narrow = match () {
        () if all_are(i8::MIN.into(), i8::MAX.into()) => DataType::Int8,
        () if all_are(i16::MIN.into(), i16::MAX.into()) => DataType::Int16,
        () if all_are(i32::MIN.into(), i32::MAX.into()) => DataType::Int32,
        () => return Ok(column.clone()),
    };
    cast(&whole, &narrow)
}

fn widened(column: &ArrayRef, wide: &DataType) -> Result<ArrayRef, ArrowError> {
    if column.data_type() == wide {
        return Ok(column.clone());
    }
    if *column.data_type() == DataType::Null {
        return Ok(new_null_array(wide, column.len()));
    }
    let whole = cast(column, &DataType::Int64)?;
    Ok(match wide {
        DataType::Decimal64(..) => {
            Arc::new(whole.as_primitive::<Int64Type>().reinterpret_cast::<Decimal64Type>().with_data_type(wide.clone()))
        }
        _ => whole,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Decimal64Array, Float64Array, StringArray};

    #[test]
    fn rows_come_back_as_they_were_and_take_less() {
        let amounts = |values: Vec<Option<i64>>| Decimal64Array::from(values).with_precision_and_scale(18, 4).unwrap();
        let columns: [(&str, ArrayRef); 6] = [
            ("few", Arc::new(Int64Array::from(vec![Some(3), None, Some(-128)]))),
            ("most", Arc::new(Int64Array::from(vec![i64::MIN, 0, i64::MAX]))),
            ("paid", Arc::new(amounts(vec![Some(i64::from(i32::MAX)), Some(0), None]))),
            ("paid_more", Arc::new(amounts(vec![Some(i64::from(i32::MAX) + 1), Some(0), None]))),
            ("unknown", Arc::new(Float64Array::from(vec![None, None, None]))),
            ("text", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
        ];
        let rows = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
        let narrow = Narrow::of(&rows).unwrap();
        let types: Vec<DataType> = narrow.rows.columns().iter().map(|column| column.data_type().clone()).collect();
        let wide = DataType::Decimal64(18, 4);
        assert_eq!(types, [DataType::Int8, DataType::Int64, DataType::Int32, wide, DataType::Null, DataType::Utf8]);
        assert_eq!(narrow.wide(|_| true).unwrap(), rows);
        assert_eq!(narrow.wide(|name| name == "paid").unwrap(), rows.project(&[2]).unwrap());
        assert_eq!(narrow.wide(|_| false).unwrap().num_rows(), 3);
        let none = rows.slice(0, 0);
        assert_eq!(Narrow::of(&none).unwrap().wide(|_| true).unwrap(), none);
    }
}
