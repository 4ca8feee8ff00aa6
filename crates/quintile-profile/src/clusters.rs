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
    /// Can customers be grouped by this column? Numbers of the first pass can be.
    pub fn takes(column: &columns::Column) -> bool {
        let number = matches!(column.kind, ColumnType::Count | ColumnType::Small | ColumnType::Number | ColumnType::Amount);
        number && !column.second_pass() && !column.hidden
    }

    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        for name in self.grouping.columns() {
            let column = columns::find(name).ok_or_else(|| ProfileError::UnknownMetric(name.to_owned()))?;
            if !Self::takes(column) {
                return Err(ProfileError::NoMetric(name.to_owned()));
            }
        }
        Ok(())
    }

    /// The class of each customer; none without an order.
    pub(crate) fn column(&self, rows: &RecordBatch, orders: &Int64Array) -> Result<ArrayRef, ProfileError> {
        let ids = StringArray::from_iter_values(self.ids.iter().map(String::as_str).chain([ONE_ORDER]));
        let columns = self.grouping.columns().map(|name| numbers(rows, name)).collect::<Result<Vec<_>, _>>()?;
        let mut row = vec![0.0; columns.len()];
        Ok(out::coded(rows.num_rows(), &ids, |customer| match orders.value(customer) {
            ..=0 => None,
            1 => Some(self.ids.len() as i32),
            _ => {
                row.iter_mut().zip(&columns).for_each(|(value, column)| *value = column[customer]);
                Some(self.grouping.of(&row) as i32)
            }
        }))
    }
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
