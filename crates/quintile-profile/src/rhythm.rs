//! When customers buy.

use crate::out;
use crate::work::Work;
use arrow::array::{ArrayRef, ListBuilder, PrimitiveBuilder};
use arrow::datatypes::{Float64Type, Int32Type};
use quintile_model::time::{DAY_MICROS, DayNumber};
use std::sync::Arc;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    let at = |customer: usize, nth: usize| work.orders.at.get(work.orders.of(customer)).and_then(|own| own.get(nth)).copied();
    let last = |customer: usize| at(customer, work.orders.count(customer).wrapping_sub(1));
    let since = |at: i64| elapsed_days(at, work.question.as_of.instant.0);
    Some(match name {
        "first_order_date" => out::instants(customers, |customer| at(customer, 0)),
        "second_order_date" => out::instants(customers, |customer| at(customer, 1)),
        "last_order_date" => out::instants(customers, last),
        "tenure_days" => {
            let added = crate::who::added(work);
            out::column::<Float64Type>(customers, |customer| added[customer].map(since))
        }
        "days_since_first_order" => out::column::<Float64Type>(customers, |customer| at(customer, 0).map(since)),
        "days_since_last_order" => out::column::<Float64Type>(customers, |customer| last(customer).map(since)),
        "mean_days_between_purchases" => by_days(work, |days| (days.len() >= 2).then(|| f64::from(span(days)) / (days.len() - 1) as f64)),
        "median_days_between_purchases" => {
            let mut gaps = Vec::new();
            by_days(work, |days| median_gap(days, &mut gaps))
        }
        "purchase_regularity" => by_days(work, regularity),
        "_first_day" => out::column::<Int32Type>(customers, |customer| work.purchases().of(customer).first().copied()),
        "_last_day" => out::column::<Int32Type>(customers, |customer| work.purchases().of(customer).last().copied()),
        "_loyal_day" => {
            let number = work.question.thresholds.loyal_orders as usize;
            out::column::<Int32Type>(customers, |customer| {
                let days = work.purchases().of(customer);
                days.len().checked_sub(number).map(|at| days[at])
            })
        }
        "_gaps" => {
            let mut lists = ListBuilder::new(PrimitiveBuilder::<Int32Type>::new());
            for customer in 0..customers {
                let days = work.purchases().of(customer);
                lists.append_value(days.windows(2).map(|pair| Some(pair[1] - pair[0])));
            }
            Arc::new(lists.finish())
        }
        _ => return None,
    })
}

/// Elapsed days of 24 hours.
pub(crate) fn elapsed_days(from: i64, to: i64) -> f64 {
    to.saturating_sub(from) as f64 / DAY_MICROS as f64
}

fn by_days(work: &Work<'_>, mut value: impl FnMut(&[DayNumber]) -> Option<f64>) -> ArrayRef {
    let purchases = work.purchases();
    out::column::<Float64Type>(work.customers(), |customer| value(purchases.of(customer)))
}

/// From the first purchase to the last.
fn span(days: &[DayNumber]) -> DayNumber {
    days[days.len() - 1] - days[0]
}

fn median_gap(days: &[DayNumber], gaps: &mut Vec<DayNumber>) -> Option<f64> {
    match days {
        [] | [_] => None,
        [a, b] => Some(f64::from(b - a)),
        [a, .., b] if days.len() == 3 => Some(f64::from(b - a) / 2.0),
        _ => {
            gaps.clear();
            gaps.extend(days.windows(2).map(|pair| pair[1] - pair[0]));
            let middle = gaps.len() / 2;
            let odd = gaps.len() % 2 == 1;
            let (below, upper, _) = gaps.select_nth_unstable(middle);
            let upper = f64::from(*upper);
            match below.iter().max() {
                Some(lower) if !odd => Some((f64::from(*lower) + upper) / 2.0),
                _ => Some(upper),
            }
        }
    }
}

/// 1 / (1 + cv), with the population's standard deviation: cv = sqrt(n * sum of squares - square of sum) / sum.
pub(crate) fn regularity(days: &[DayNumber]) -> Option<f64> {
    if days.len() < 3 {
        return None;
    }
    let count = (days.len() - 1) as i128;
    let squares: i128 = days.windows(2).map(|pair| i128::from(pair[1] - pair[0]).pow(2)).sum();
    let sum = i128::from(span(days));
    // Exact up to the root, so that equal gaps in another order are equally regular.
    let variation = ((count * squares - sum * sum) as f64).sqrt() / sum as f64;
    Some(1.0 / (1.0 + variation))
}
