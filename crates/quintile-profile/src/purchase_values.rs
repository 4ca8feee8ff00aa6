//! What was bought on each day of a purchase: the values of its orders, less their refunds.

use crate::out;
use crate::question::ProfileError;
use crate::work::Work;
use arrow::array::{ArrayRef, ListBuilder, PrimitiveBuilder};
use arrow::datatypes::{Decimal64Type, Float64Type};
use quintile_model::money::UNIT;
use quintile_model::records::amount_type;
use std::sync::Arc;

/// One list a customer, in the order of the days; no value where no order of the day has an amount.
pub(crate) fn lists(work: &Work<'_>) -> Result<ArrayRef, ProfileError> {
    let mut lists = ListBuilder::new(PrimitiveBuilder::<Decimal64Type>::new().with_data_type(amount_type()));
    let mut values = Vec::new();
    for customer in 0..work.customers() {
        of(work, customer, &mut values)?;
        lists.append_value(values.iter().map(|value| value.and_then(|value| i64::try_from(value).ok())));
    }
    Ok(Arc::new(lists.finish()))
}

/// The mean over the purchases after the first that have an amount.
pub(crate) fn mean_again(work: &Work<'_>) -> Result<ArrayRef, ProfileError> {
    let mut values = Vec::new();
    let mut means = Vec::with_capacity(work.customers());
    for customer in 0..work.customers() {
        of(work, customer, &mut values)?;
        let again: Vec<i128> = values.iter().skip(1).filter_map(|value| *value).collect();
        let sum: i128 = again.iter().sum();
        means.push((!again.is_empty()).then(|| sum as f64 / (UNIT as f64 * again.len() as f64)));
    }
    Ok(out::column::<Float64Type>(means.len(), |customer| means[customer]))
}

fn of(work: &Work<'_>, customer: usize, values: &mut Vec<Option<i128>>) -> Result<(), ProfileError> {
    let (amounts, refunds) = (work.values()?, work.refunds()?);
    let days = work.purchases().of(customer);
    values.clear();
    values.resize(days.len(), None);
    for slot in work.orders.of(customer) {
        if let (Ok(place), Some(net)) = (days.binary_search(&work.days()[slot]), amounts.net(refunds, slot)) {
            *values[place].get_or_insert(0) += i128::from(net);
        }
    }
    Ok(())
}
