//! Carts and checkouts, and those that were left behind.
//!
//! A cart is abandoned one hour after it was last touched, unless its customer placed an order within that hour, or its
//! own order by then, or emptied it. An order that was called off later was placed all the same.

use crate::days::LocalTime;
use crate::out;
use crate::question::ProfileError;
use crate::rates::convert;
use crate::touches::Touches;
use crate::value::{self, amount};
use crate::work::Work;
use arrow::array::{Array, ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::Int64Type;
use quintile_model::Facts;
use quintile_model::columns::{amounts, flags, instants, keys, repeated};
use quintile_model::records::standing;
use quintile_model::touchpoints::Touchpoint;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Result<Option<ArrayRef>, ProfileError> {
    let customers = work.customers();
    let carts = work.touches(Touchpoint::Carts);
    Ok(Some(match name {
        "carts_90d" => out::column::<Int64Type>(customers, |customer| Some(carts.lately(customer, 90).len() as i64)),
        "carts_abandoned_90d" => {
            let left = Abandoned::of(work, &carts);
            let count = |customer| carts.lately(customer, 90).filter(|row| left.is(customer, *row)).count() as i64;
            out::column::<Int64Type>(customers, |customer| Some(count(customer)))
        }
        "abandoned_cart_date" => {
            let left = Abandoned::of(work, &carts);
            out::instants(customers, |customer| left.last(customer, |_| true).map(|row| carts.at[row]))
        }
        "abandoned_checkout_date" => {
            let left = Abandoned::of(work, &carts);
            let checkout = flags(carts.rows(), "checkout");
            out::instants(customers, |customer| left.last(customer, |row| is(checkout, row)).map(|row| carts.at[row]))
        }
        "abandoned_cart_value" => {
            let left = Abandoned::of(work, &carts);
            let values = amounts(carts.rows(), "value");
            let days = || LocalTime::new(&work.question.as_of.zone, carts.at).days(carts.at);
            let rates = value::rates_of(work, carts.rows(), &days, &|row| row, carts.len());
            amount(work, "abandoned_cart_value", |customer| {
                let row = left.last(customer, |_| true)?;
                let rate = rates.as_ref().map_or(crate::rates::ONE, |rates| rates[row]);
                (values.is_valid(row) && rate != value::NO_RATE).then(|| convert(i128::from(values.value(row)), rate))
            })?
        }
        _ => return Ok(None),
    }))
}

/// By cart: was it left behind? Of carts after the moment none was.
pub(crate) fn left(work: &Work<'_>) -> Vec<bool> {
    let carts = work.touches(Touchpoint::Carts);
    let abandoned = Abandoned::of(work, &carts);
    let mut left = vec![false; carts.len()];
    for customer in 0..work.customers() {
        carts.of(customer).for_each(|row| left[row] = abandoned.is(customer, row));
    }
    left
}

/// So long a cart waits for its order.
const WAITS: i64 = 60 * 60 * 1_000_000;

fn is(flags: &BooleanArray, row: usize) -> bool {
    flags.is_valid(row) && flags.value(row)
}

/// Tells which carts were left behind.
struct Abandoned<'a> {
    orders: &'a Facts,
    as_of: i64,
    carts: &'a Touches<'a>,
    emptied: &'a BooleanArray,
    own_order: &'a UInt64Array,
    order_keys: &'a UInt64Array,
    order_at: &'a [i64],
    placed: Vec<bool>,
}

impl<'a> Abandoned<'a> {
    fn of(work: &'a Work<'_>, carts: &'a Touches<'a>) -> Self {
        let orders = &work.batch.orders.rows;
        let standings = repeated(orders, "standing");
        let placed: Vec<bool> = standings.values().iter().map(|text| text == Some(standing::COUNTS)).collect();
        let placed = standings.codes().values().iter().map(|code| placed[*code as usize]).collect();
        Abandoned {
            orders: &work.batch.orders,
            as_of: work.question.as_of.instant.0,
            carts,
            emptied: flags(carts.rows(), "emptied"),
            own_order: keys(carts.rows(), "order_key"),
            order_keys: keys(orders, "order_key"),
            order_at: instants(orders, "at").values(),
            placed,
        }
    }

    fn is(&self, customer: usize, row: usize) -> bool {
        let touched = self.carts.at[row];
        let end = touched.saturating_add(WAITS);
        if end > self.as_of || is(self.emptied, row) {
            return false;
        }
        let orders = self.orders.of(customer);
        let until = |instant: i64| orders.start + self.order_at[orders.clone()].partition_point(|at| *at < instant);
        let by_then = orders.start..until(end);
        if (until(touched)..by_then.end).any(|order| self.placed[order]) {
            return false;
        }
        let own = self.own_order.is_valid(row).then(|| self.own_order.value(row));
        !own.is_some_and(|own| by_then.into_iter().any(|order| self.order_keys.value(order) == own && self.placed[order]))
    }

    /// The latest that was left behind, of a sort.
    fn last(&self, customer: usize, sort: impl Fn(usize) -> bool) -> Option<usize> {
        self.carts.of(customer).rev().find(|row| sort(*row) && self.is(customer, *row))
    }
}
