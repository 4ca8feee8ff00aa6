//! Typed access to Arrow columns by name.
//!
//! The store checks schemas when it opens a file, so a missing column or another type here is a mistake of ours, and
//! the message says which column.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal64Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{Decimal64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow::record_batch::RecordBatch;

/// A repeated text column: a code a row into a list of values.
#[derive(Debug, Clone, Copy)]
pub struct RepeatedText<'a> {
    codes: &'a Int32Array,
    values: &'a StringArray,
}

impl<'a> RepeatedText<'a> {
    /// The code of a row; `None` when null.
    #[inline]
    pub fn code(&self, row: usize) -> Option<usize> {
        self.codes.is_valid(row).then(|| self.codes.value(row) as usize)
    }

    /// All codes, whatever their validity.
    pub fn codes(&self) -> &'a Int32Array {
        self.codes
    }

    /// The list of values. The same text can stand in it twice: compare texts, or [unify](RepeatedText::unified) first.
    pub fn values(&self) -> &'a StringArray {
        self.values
    }

    /// The text of a row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<&'a str> {
        self.code(row).filter(|code| self.values.is_valid(*code)).map(|code| self.values.value(code))
    }

    /// For each code the first code with the same text, so that equal texts have equal codes.
    pub fn unified(&self) -> Vec<u32> {
        let mut seen = std::collections::HashMap::with_capacity(self.values.len());
        (0..self.values.len()).map(|code| *seen.entry(self.values.value(code)).or_insert(code as u32)).collect()
    }
}

macro_rules! typed {
    ($(#[$doc:meta])* $name:ident, $array:ty, $cast:expr) => {
        $(#[$doc])*
        pub fn $name<'a>(batch: &'a RecordBatch, column: &str) -> &'a $array {
            let array = column_of(batch, column);
            let cast: fn(&ArrayRef) -> Option<&$array> = $cast;
            cast(array).unwrap_or_else(|| unreachable!("column `{column}` is {} and not {}", array.data_type(), stringify!($array)))
        }
    };
}

typed!(/// A column of keys.
    keys, UInt64Array, |a| a.as_primitive_opt::<UInt64Type>());
typed!(/// A column of instants.
    instants, TimestampMicrosecondArray, |a| a.as_primitive_opt::<TimestampMicrosecondType>());
typed!(/// A column of whole numbers.
    numbers, Int64Array, |a| a.as_primitive_opt::<Int64Type>());
typed!(/// A column of amounts.
    amounts, Decimal64Array, |a| a.as_primitive_opt::<Decimal64Type>());
typed!(/// A column of flags.
    flags, BooleanArray, |a| a.as_boolean_opt());
typed!(/// A column of texts.
    texts, StringArray, |a| a.as_string_opt::<i32>());

/// A column of repeated texts.
pub fn repeated<'a>(batch: &'a RecordBatch, column: &str) -> RepeatedText<'a> {
    repeated_of(column_of(batch, column)).unwrap_or_else(|| unreachable!("column `{column}` is not a repeated text"))
}

/// An array as repeated texts, if it is one.
pub fn repeated_of(array: &ArrayRef) -> Option<RepeatedText<'_>> {
    let dictionary = array.as_dictionary_opt::<Int32Type>()?;
    Some(RepeatedText { codes: dictionary.keys(), values: dictionary.values().as_string_opt::<i32>()? })
}

fn column_of<'a>(batch: &'a RecordBatch, column: &str) -> &'a ArrayRef {
    batch.column_by_name(column).unwrap_or_else(|| unreachable!("column `{column}` was not asked for"))
}
