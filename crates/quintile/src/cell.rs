//! The values of an Arrow column one by one, for whoever shows or writes them.

use crate::Error;
use arrow::array::{Array, ArrayRef, AsArray, Decimal64Array, Decimal128Array, Float64Array, Int64Array, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal64Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use quintile_model::columns::{RepeatedText, repeated_of};
use std::borrow::Cow;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// There is none.
    Missing,
    /// Words.
    Text(Cow<'a, str>),
    /// A whole number.
    Count(i64),
    /// A number.
    Number(f64),
    /// A decimal: digits and how many of them are behind the point.
    Amount(i128, u32),
    /// Microseconds since 1970 in UTC.
    Instant(i64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
}

/// A column that can be asked for its values.
pub struct Cells {
    array: ArrayRef,
    kind: CellKind,
}

enum CellKind {
    Text,
    Repeated,
    Count(Int64Array),
    Number(Float64Array),
    Amount64(Decimal64Array, u32),
    Amount128(Decimal128Array, u32),
    Instant(TimestampMicrosecondArray),
    Flag,
    Texts,
    Other,
}

impl Cells {
    /// Of a column of any type.
    pub fn of(array: &ArrayRef) -> Result<Cells, Error> {
        let kind = match array.data_type() {
            DataType::Utf8 => CellKind::Text,
            DataType::Dictionary(..) if repeated_of(array).is_some() => CellKind::Repeated,
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => CellKind::Count(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                CellKind::Number(cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone())
            }
            DataType::Decimal64(_, scale) if *scale >= 0 => {
                CellKind::Amount64(array.as_primitive::<Decimal64Type>().clone(), *scale as u32)
            }
            DataType::Decimal128(_, scale) if *scale >= 0 => {
                CellKind::Amount128(array.as_primitive::<Decimal128Type>().clone(), *scale as u32)
            }
            DataType::Timestamp(_, Some(_)) => {
                let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
                CellKind::Instant(micros.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Boolean => CellKind::Flag,
            DataType::List(field) if *field.data_type() == DataType::Utf8 => CellKind::Texts,
            _ => CellKind::Other,
        };
        Ok(Cells { array: array.clone(), kind })
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Value<'_> {
        if self.array.is_null(row) {
            return Value::Missing;
        }
        match &self.kind {
            CellKind::Text => Value::Text(Cow::Borrowed(self.array.as_string::<i32>().value(row))),
            CellKind::Repeated => repeated_of(&self.array)
                .and_then(|texts: RepeatedText<'_>| texts.get(row))
                .map_or(Value::Missing, |text| Value::Text(Cow::Borrowed(text))),
            CellKind::Count(array) => Value::Count(array.value(row)),
            CellKind::Number(array) if array.value(row).is_finite() => Value::Number(array.value(row)),
            CellKind::Number(_) => Value::Missing,
            CellKind::Amount64(array, scale) => Value::Amount(i128::from(array.value(row)), *scale),
            CellKind::Amount128(array, scale) => Value::Amount(array.value(row), *scale),
            CellKind::Instant(array) => Value::Instant(array.value(row)),
            CellKind::Flag => Value::Flag(self.array.as_boolean().value(row)),
            CellKind::Texts => {
                let list = self.array.as_list::<i32>().value(row);
                Value::Texts(list.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
            }
            CellKind::Other => {
                let options = FormatOptions::default();
                match ArrayFormatter::try_new(&self.array, &options) {
                    Ok(formatter) => Value::Text(Cow::Owned(formatter.value(row).to_string())),
                    Err(error) => Value::Text(Cow::Owned(error.to_string())),
                }
            }
        }
    }
}

/// A decimal as plain text, with at least two decimals where it has them and no more than it needs.
pub fn plain_decimal(value: i128, scale: u32) -> String {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale as usize + 1);
    let (whole, part) = digits.split_at(digits.len() - scale as usize);
    let keep = part.trim_end_matches('0').len().max(2.min(part.len()));
    format!("{sign}{whole}.{}", &part[..keep])
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, ListArray, StringArray};
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;

    #[test]
    fn decimals_are_plain() {
        let shown =
            [(25_500, 4), (-1_234, 4), (0, 4), (12_345_600, 4), (7, 0), (5, 1), (-5, 2)].map(|(value, scale)| plain_decimal(value, scale));
        assert_eq!(shown, ["2.55", "-0.1234", "0.00", "1234.56", "7", "0.5", "-0.05"]);
    }

    #[test]
    fn values_come_out_as_they_went_in() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
        let cells = Cells::of(&texts).unwrap();
        assert_eq!((cells.get(0), cells.get(1)), (Value::Text("a".into()), Value::Missing));
        let repeated: ArrayRef = Arc::new(["x", "y"].into_iter().collect::<DictionaryArray<Int32Type>>());
        assert_eq!(Cells::of(&repeated).unwrap().get(1), Value::Text("y".into()));
        let small: ArrayRef = Arc::new(arrow::array::Int8Array::from(vec![5]));
        assert_eq!(Cells::of(&small).unwrap().get(0), Value::Count(5));
        let numbers: ArrayRef = Arc::new(Float64Array::from(vec![0.5, f64::NAN]));
        let cells = Cells::of(&numbers).unwrap();
        assert_eq!((cells.get(0), cells.get(1)), (Value::Number(0.5), Value::Missing));
        let mut lists = arrow::array::ListBuilder::new(arrow::array::StringBuilder::new());
        lists.values().append_value("p");
        lists.values().append_value("q");
        lists.append(true);
        let lists: ListArray = lists.finish();
        let lists: ArrayRef = Arc::new(lists);
        assert_eq!(Cells::of(&lists).unwrap().get(0), Value::Texts(vec!["p".into(), "q".into()]));
    }
}
