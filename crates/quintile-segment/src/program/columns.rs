//! Columns of the profile rows, whatever their Arrow type.

use super::number::Num;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, ListArray, StringArray};
use arrow::datatypes::{DataType, Decimal64Type, Float64Type, Int8Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use jiff::civil::Date;
use quintile_model::StoreZone;

/// `1990-05-31` or `--05-31` as a day.
pub(crate) fn day_of_text(text: &str) -> Option<Date> {
    let text = text.trim();
    match text.strip_prefix("--") {
        Some(day) => format!("2000-{day}").parse().ok(),
        None => text.parse().ok(),
    }
}

/// A column, by the way its values are held.
pub(crate) enum Column<'a> {
    /// Whole numbers.
    Long(&'a [i64]),
    /// Small whole numbers.
    Small(&'a [i8]),
    /// Numbers.
    Float(&'a [f64]),
    /// Ten-thousandths.
    Amount(&'a [i64]),
    /// Microseconds.
    Instant(&'a [i64]),
    /// Yes or no.
    Flag(&'a BooleanArray),
    /// Texts.
    Text(&'a StringArray),
    /// Texts that repeat.
    Coded(&'a DictionaryArray<Int32Type>, &'a StringArray),
    /// Lists of texts.
    List(&'a ListArray, &'a StringArray),
}

/// A column and which of its values are missing.
pub(crate) struct Values<'a> {
    pub column: Column<'a>,
    array: &'a ArrayRef,
}

/// Columns that a term names, found once.
pub(crate) struct Attributes<'a> {
    columns: Vec<(String, Option<Values<'a>>)>,
}

impl<'a> Attributes<'a> {
    pub(crate) fn of(rows: &'a RecordBatch, names: Vec<String>) -> Attributes<'a> {
        Attributes { columns: names.into_iter().map(|name| (name.clone(), Values::of(rows, &name))).collect() }
    }

    /// The number that one of them has in a row.
    pub(crate) fn number(&self, name: &str, row: usize) -> Option<Num> {
        self.columns.iter().find(|(known, _)| known == name)?.1.as_ref()?.number(row)
    }
}

impl<'a> Values<'a> {
    /// A column by name; `None` where the rows have none, or one of a type without meaning here.
    pub(crate) fn of(rows: &'a RecordBatch, name: &str) -> Option<Values<'a>> {
        let array = rows.column_by_name(name)?;
        let column = match array.data_type() {
            DataType::Int64 => Column::Long(array.as_primitive::<Int64Type>().values()),
            DataType::Int8 => Column::Small(array.as_primitive::<Int8Type>().values()),
            DataType::Float64 => Column::Float(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal64(..) => Column::Amount(array.as_primitive::<Decimal64Type>().values()),
            DataType::Timestamp(..) => Column::Instant(array.as_primitive_opt::<TimestampMicrosecondType>()?.values()),
            DataType::Boolean => Column::Flag(array.as_boolean()),
            DataType::Utf8 => Column::Text(array.as_string::<i32>()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_dictionary_opt::<Int32Type>()?;
                Column::Coded(dictionary, dictionary.values().as_string_opt::<i32>()?)
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Column::List(list, list.values().as_string_opt::<i32>()?)
            }
            _ => return None,
        };
        Some(Values { column, array })
    }

    pub(crate) fn len(&self) -> usize {
        self.array.len()
    }

    #[inline]
    pub(crate) fn is_known(&self, row: usize) -> bool {
        match &self.column {
            Column::List(list, _) => list.is_valid(row) && list.value_length(row) > 0,
            Column::Coded(dictionary, texts) => dictionary.is_valid(row) && texts.is_valid(dictionary.keys().value(row) as usize),
            _ => self.array.is_valid(row),
        }
    }

    /// For each row, whether there is a value; a whole sweep is quicker than asking for each.
    pub(crate) fn known(&self) -> Vec<bool> {
        match self.array.nulls() {
            _ if matches!(self.column, Column::List(..)) => (0..self.len()).map(|row| self.is_known(row)).collect(),
            _ if matches!(&self.column, Column::Coded(_, texts) if texts.null_count() > 0) => {
                (0..self.len()).map(|row| self.is_known(row)).collect()
            }
            None => vec![true; self.len()],
            Some(nulls) => nulls.iter().collect(),
        }
    }

    /// Takes away the rows without a value.
    pub(crate) fn only_known(&self, passes: &mut [bool]) {
        if let Some(nulls) = self.array.nulls() {
            passes.iter_mut().zip(nulls.iter()).for_each(|(passes, known)| *passes &= known);
        }
    }

    pub(crate) fn number(&self, row: usize) -> Option<Num> {
        if !self.is_known(row) {
            return None;
        }
        match &self.column {
            Column::Long(values) => Some(Num::whole(values[row])),
            Column::Small(values) => Some(Num::whole(i64::from(values[row]))),
            Column::Float(values) => Num::float(values[row]),
            Column::Amount(values) => Some(Num::amount(values[row])),
            Column::Instant(_) | Column::Flag(_) | Column::Text(_) | Column::Coded(..) | Column::List(..) => None,
        }
    }

    /// A value as people read it.
    pub(crate) fn shown(&self, row: usize) -> String {
        match &self.column {
            Column::Flag(flags) => if flags.value(row) { "yes" } else { "no" }.to_owned(),
            Column::List(list, texts) => {
                let ends = list.value_offsets();
                let own = ends[row] as usize..ends[row + 1] as usize;
                own.filter(|entry| texts.is_valid(*entry)).map(|entry| texts.value(entry)).collect::<Vec<_>>().join(", ")
            }
            _ => self.text(row).unwrap_or("-").to_owned(),
        }
    }

    /// Does it hold amounts?
    pub(crate) fn is_money(&self) -> bool {
        matches!(self.column, Column::Amount(_))
    }

    pub(crate) fn instant(&self, row: usize) -> Option<i64> {
        match &self.column {
            Column::Instant(values) if self.is_known(row) => Some(values[row]),
            _ => None,
        }
    }

    /// The day of an instant in the store's zone, or the day that a text is; one without a year is one of a leap year.
    pub(crate) fn day(&self, row: usize, zone: &StoreZone) -> Option<Date> {
        match self.instant(row) {
            Some(at) => Some(StoreZone::date_of(zone.day(at))),
            None => day_of_text(self.text(row)?),
        }
    }

    pub(crate) fn text(&self, row: usize) -> Option<&'a str> {
        match &self.column {
            Column::Text(texts) if self.is_known(row) => Some(texts.value(row)),
            Column::Coded(dictionary, texts) if self.is_known(row) => Some(texts.value(dictionary.keys().value(row) as usize)),
            _ => None,
        }
    }

    /// Rows in which a text, or an entry of a list, passes.
    pub(crate) fn texts_that(&self, passes: impl Fn(&str) -> bool) -> Vec<bool> {
        let each = |texts: &StringArray| -> Vec<bool> { texts.iter().map(|text| text.is_some_and(&passes)).collect() };
        match &self.column {
            Column::Text(texts) => each(texts),
            Column::Coded(dictionary, texts) => {
                let of_code = each(texts);
                if of_code.is_empty() {
                    return vec![false; self.len()];
                }
                let codes: &[i32] = dictionary.keys().values();
                // The code of a missing value is any number, as a rule 0.
                let mut rows: Vec<bool> = codes.iter().map(|code| of_code.get(*code as usize).copied().unwrap_or(false)).collect();
                self.only_known(&mut rows);
                rows
            }
            Column::List(list, texts) => {
                let of_entry = each(texts);
                let offsets = list.value_offsets();
                let mut rows: Vec<bool> =
                    offsets.windows(2).map(|ends| of_entry[ends[0] as usize..ends[1] as usize].contains(&true)).collect();
                self.only_known(&mut rows);
                rows
            }
            _ => vec![false; self.len()],
        }
    }
}
