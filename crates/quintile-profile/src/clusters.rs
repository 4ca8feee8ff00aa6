//! `cluster`: which of the clusters that were once fitted a customer is in now.
//!
//! Finding clusters is the front door's; here they are given, and each customer goes to the nearest. A customer with a
//! single order has no rhythm that could be like another's, and is in a class of its own.

use crate::columns::{self, ColumnType};
use crate::out;
use crate::question::ProfileError;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Decimal64Type, Float64Type, Int8Type, Int64Type};
use quintile_cluster::grouping::Grouping;
use quintile_cluster::kinds::KindColumn;
use quintile_model::columns::repeated_of;
use quintile_model::money;

/// The class of customers with exactly one order.
pub const ONE_ORDER: &str = "one-order";

/// Clusters that were fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterModel {
    /// By which columns, how prepared, and around which means.
    pub grouping: Grouping,
    /// The id of each, in the order of the means.
    pub ids: Vec<String>,
}

impl ClusterModel {
    /// Can customers be grouped by this column as a number? Numbers of the first pass can be.
    pub fn takes(column: &columns::Column) -> bool {
        let number = matches!(column.kind, ColumnType::Count | ColumnType::Small | ColumnType::Number | ColumnType::Amount);
        number && !column.second_pass() && !column.hidden
    }

    /// Can customers be grouped by this column as a kind? What repeats between customers, and yes or no, can be.
    pub fn takes_kind(column: &columns::Column) -> bool {
        let kind = matches!(column.kind, ColumnType::RepeatedText | ColumnType::Flag);
        kind && !column.second_pass() && !column.hidden && !column.personal
    }

    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        let check = |name: &str, takes: &dyn Fn(&columns::Column) -> bool| {
            let column = columns::find(name).ok_or_else(|| ProfileError::UnknownMetric(name.to_owned()))?;
            if takes(column) { Ok(()) } else { Err(ProfileError::NoMetric(name.to_owned())) }
        };
        self.grouping.columns().try_for_each(|name| check(name, &Self::takes))?;
        self.grouping.kind_columns().try_for_each(|name| check(name, &Self::takes_kind))
    }

    /// The class of each customer; none without an order.
    pub(crate) fn column(&self, rows: &RecordBatch, orders: &Int64Array) -> Result<ArrayRef, ProfileError> {
        let ids = StringArray::from_iter_values(self.ids.iter().map(String::as_str).chain([ONE_ORDER]));
        let columns = self.grouping.columns().map(|name| numbers(rows, name)).collect::<Result<Vec<_>, _>>()?;
        let of_kinds = self.grouping.kinds.columns.iter();
        let codes = of_kinds.map(|column| codes(rows, column)).collect::<Result<Vec<_>, _>>()?;
        let (mut row, mut kinds) = (vec![0.0; columns.len()], vec![0; codes.len()]);
        Ok(out::coded(rows.num_rows(), &ids, |customer| match orders.value(customer) {
            ..=0 => None,
            1 => Some(self.ids.len() as i32),
            _ => {
                row.iter_mut().zip(&columns).for_each(|(value, column)| *value = column[customer]);
                kinds.iter_mut().zip(&codes).for_each(|(code, column)| *code = column[customer]);
                Some(self.grouping.of(&row, &kinds) as i32)
            }
        }))
    }
}

fn codes(rows: &RecordBatch, column: &KindColumn) -> Result<Vec<u32>, ProfileError> {
    let mut codes = Vec::with_capacity(rows.num_rows());
    kinds(rows, &column.name, |kind| codes.push(column.code(kind)))?;
    Ok(codes)
}

/// The kind of each customer in a column, one by one: its text, or `yes` and `no`; none where it is missing.
pub fn kinds(rows: &RecordBatch, name: &str, mut take: impl FnMut(Option<&str>)) -> Result<(), ProfileError> {
    let other = || ProfileError::OtherQuestion(name.to_owned());
    let array = rows.column_by_name(name).ok_or_else(other)?;
    if let Some(flags) = array.as_boolean_opt() {
        flags.iter().for_each(|flag| take(flag.map(|flag| if flag { "yes" } else { "no" })));
        return Ok(());
    }
    let texts = repeated_of(array).ok_or_else(other)?;
    (0..array.len()).for_each(|row| take(texts.get(row)));
    Ok(())
}

/// A column as numbers; a missing value is not a number. Amounts are in units of the currency.
pub fn numbers(rows: &RecordBatch, name: &str) -> Result<Vec<f64>, ProfileError> {
    let other = || ProfileError::OtherQuestion(name.to_owned());
    let array = rows.column_by_name(name).ok_or_else(other)?;
    let of = |value: &dyn Fn(usize) -> f64| (0..array.len()).map(|row| if array.is_valid(row) { value(row) } else { f64::NAN }).collect();
    match array.data_type() {
        DataType::Int64 => Ok(of(&|row| array.as_primitive::<Int64Type>().value(row) as f64)),
        DataType::Int8 => Ok(of(&|row| f64::from(array.as_primitive::<Int8Type>().value(row)))),
        DataType::Float64 => Ok(of(&|row| array.as_primitive::<Float64Type>().value(row))),
        DataType::Decimal64(..) => Ok(of(&|row| array.as_primitive::<Decimal64Type>().value(row) as f64 / money::UNIT as f64)),
        _ => Err(other()),
    }
}
