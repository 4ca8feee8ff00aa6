//! Which share of the revenue is left when the goods are paid, by the cost of products, where enough of them have one.
//!
//! Over the lines of goods in orders that count, of the twelve months before the moment, in the reporting currency: (their
//! amounts - units x cost of one unit) / their amounts. Products name no currency for their cost; it is taken to be the
//! reporting one. A margin that rests on less than half of the goods sold is no margin of the store, and is not used.

use crate::header::grouped;
use crate::workspace::Workspace;
use crate::{Error, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::batch::{CustomerBatch, NO_ORDER};
use quintile_model::records::{line_kind, standing};
use quintile_model::{Money, columns};
use quintile_profile::facts_needed;
use std::collections::HashMap;

/// A margin by product costs.
#[derive(Debug, Clone)]
pub(crate) struct KnownMargin {
    /// Of the revenue, what is left.
    pub share: f64,
    /// Of the goods sold, by amount, those whose cost is known.
    pub covered: f64,
    products: usize,
}

/// Goods whose cost is known must be this much of what was sold.
const LEAST_COVERED: f64 = 0.5;
const YEAR_MICROS: i64 = 365 * 86_400 * 1_000_000;

impl KnownMargin {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        format!(
            "the margin is {:.1} % where the plan gives none: by the cost of {} products, which make {:.0} % of the goods sold in the last 12 months",
            self.share * 100.0,
            grouped(&self.products.to_string()),
            self.covered * 100.0
        )
    }
}

/// Sums of goods sold, in ten-thousandths.
#[derive(Default)]
struct Sold {
    all: i128,
    with_cost: i128,
    cost: i128,
}

impl Workspace {
    /// The store's margin by product costs; `None` where products have no cost, or too few of them.
    pub(super) fn known_margin(&self, when: &When) -> Result<Option<KnownMargin>, Error> {
        let stand = self.stand(when)?;
        let mut costs: HashMap<String, Money> = HashMap::new();
        stand.snapshot.products(|batch| {
            let names = batch.column_by_name("product").and_then(|array| array.as_string_opt::<i32>());
            let cost = batch.column_by_name("cost").and_then(|array| array.as_primitive_opt::<Decimal64Type>());
            if let (Some(names), Some(cost)) = (names, cost) {
                costs.extend(
                    (0..batch.num_rows())
                        .filter(|row| cost.is_valid(*row))
                        .map(|row| (names.value(row).to_owned(), Money(cost.value(row)))),
                );
            }
            Ok(())
        })?;
        if costs.is_empty() {
            return Ok(None);
        }
        let question = self.money_question(&stand)?;
        let mut wanted = facts_needed(&question);
        wanted.lines = Some(vec!["kind", "product", "quantity", "amount"]);
        let end = stand.as_of.instant.0;
        let currency = stand.currency.as_deref();
        let of_batch = |batch: CustomerBatch| Ok::<Sold, Error>(sold(&batch, &costs, end - YEAR_MICROS..end, currency));
        let (parts, _) = self.scan(&stand.snapshot, &wanted, &stand.as_of, of_batch)?;
        let mut all = Sold::default();
        for part in parts {
            all.all += part.all;
            all.with_cost += part.with_cost;
            all.cost += part.cost;
        }
        let covered = if all.all > 0 { all.with_cost as f64 / all.all as f64 } else { 0.0 };
        let known = covered >= LEAST_COVERED && all.with_cost > 0;
        Ok(known.then(|| KnownMargin { share: (all.with_cost - all.cost) as f64 / all.with_cost as f64, covered, products: costs.len() }))
    }
}

fn sold(batch: &CustomerBatch, costs: &HashMap<String, Money>, span: std::ops::Range<i64>, currency: Option<&str>) -> Sold {
    let orders = &batch.orders.rows;
    let at = columns::instants(orders, "at").values();
    let standings = columns::repeated(orders, "standing");
    let currencies = orders.column_by_name("currency").map(|_| columns::repeated(orders, "currency"));
    let mut counts: Vec<bool> = (0..orders.num_rows())
        .map(|row| {
            let own = currencies.as_ref().and_then(|currencies| currencies.get(row));
            span.contains(&at[row]) && standings.get(row) == Some(standing::COUNTS) && (own.is_none() || own == currency)
        })
        .collect();
    let called_off = columns::instants(&batch.cancellations.rows, "at");
    for (row, order) in batch.cancellation_order.iter().enumerate().filter(|(_, order)| **order != NO_ORDER) {
        if called_off.is_null(row) || called_off.value(row) < span.end {
            counts[*order as usize] = false;
        }
    }
    let lines = &batch.lines.rows;
    let (kinds, products) = (columns::repeated(lines, "kind"), columns::repeated(lines, "product"));
    let (quantity, amount) = (columns::amounts(lines, "quantity"), columns::amounts(lines, "amount"));
    let cost_of: Vec<Option<Money>> = products.values().iter().map(|name| name.and_then(|name| costs.get(name).copied())).collect();
    let mut sums = Sold::default();
    for (row, order) in batch.line_order.iter().enumerate() {
        let counted = *order != NO_ORDER && counts[*order as usize] && kinds.get(row) == Some(line_kind::SALE);
        if !counted || amount.is_null(row) {
            continue;
        }
        sums.all += i128::from(amount.value(row));
        let cost = products.code(row).and_then(|code| cost_of[code]).and_then(|cost| cost.times_quantity(quantity.value(row)));
        if let Some(cost) = cost {
            sums.with_cost += i128::from(amount.value(row));
            sums.cost += i128::from(cost.0);
        }
    }
    sums
}
