//! What of a batch counts, row by row, for questions about single orders, lines and refunds.

use crate::question::{ProfileError, ProfileQuestion};
use crate::value::order_discounts;
use crate::work::Work;
use crate::{carts, visits};
use quintile_model::batch::{CustomerBatch, FactColumns, NO_ORDER};
use quintile_model::columns::{amounts, instants};
use quintile_model::{Counted, CountedParts, Touchpoint};

/// Which facts [`counted()`] reads.
pub fn counted_needed(parts: &CountedParts, question: &ProfileQuestion) -> FactColumns {
    let currency = question.currency.is_some();
    let mut columns = FactColumns {
        customers: Vec::new(),
        orders: vec!["at", "standing"],
        lines: None,
        refunds: Some(vec!["at"]),
        cancellations: vec!["at"],
        touchpoints: Vec::new(),
    };
    let mut lines: Vec<&'static str> = Vec::new();
    if (parts.order_values || parts.line_values || parts.refunds) && currency {
        columns.orders.push("currency");
    }
    if parts.order_values {
        columns.orders.push("total");
        lines.push("amount");
    }
    if parts.discounted {
        columns.orders.push("discount");
        lines.extend(["kind", "discount", "amount"]);
    }
    if parts.sales || parts.line_values {
        lines.push("kind");
    }
    if parts.line_values {
        lines.push("amount");
    }
    if parts.refunds {
        columns.refunds = Some(if currency { vec!["at", "amount", "currency"] } else { vec!["at", "amount"] });
    }
    if parts.visit_starts {
        columns.touchpoints.push((Touchpoint::Events, vec!["at", "visit"]));
    }
    if parts.carts_left {
        columns.orders.push("order_key");
        columns.touchpoints.push((Touchpoint::Carts, vec!["at", "emptied", "order_key"]));
    }
    columns.lines = (!lines.is_empty()).then_some(Vec::new());
    let lines = (!lines.is_empty()).then_some(lines);
    columns.and(&FactColumns { lines, ..FactColumns::default() })
}

/// What counts of a batch, read with [`counted_needed`], by the rules of the profile.
pub fn counted(batch: &CustomerBatch, parts: &CountedParts, question: &ProfileQuestion) -> Result<Counted, ProfileError> {
    let work = Work::new(batch, question);
    let orders = &work.orders;
    let mut counted = Counted { orders: vec![false; batch.orders.len()], ..Counted::default() };
    (0..orders.len()).for_each(|slot| counted.orders[orders.row(slot)] = true);
    if parts.order_values {
        let values = work.values()?;
        counted.order_values = vec![None; batch.orders.len()];
        (0..orders.len()).for_each(|slot| counted.order_values[orders.row(slot)] = values.gross(slot));
    }
    if parts.discounted {
        counted.discounted = vec![false; batch.orders.len()];
        for (slot, discount) in order_discounts(&work).into_iter().enumerate() {
            counted.discounted[orders.row(slot)] = discount > 0;
        }
    }
    if parts.sales || parts.line_values {
        counted.sales = vec![false; batch.lines.len()];
        work.sales().rows_of_batch().for_each(|row| counted.sales[row] = true);
    }
    if parts.line_values {
        counted.line_values = line_values(&work);
    }
    if parts.refunds {
        refunds(&work, &mut counted)?;
    }
    if parts.visit_starts {
        counted.visit_starts = visits::starts(&work.touches(Touchpoint::Events), work.customers());
    }
    if parts.carts_left {
        counted.carts_left = carts::left(&work);
    }
    Ok(counted)
}

fn line_values(work: &Work<'_>) -> Vec<Option<i64>> {
    let batch = work.batch;
    let amounts: &[i64] = amounts(&batch.lines.rows, "amount").values();
    let rates = crate::value::order_rates(work);
    let rate = |slot: u32| rates.as_ref().map_or(crate::rates::ONE, |rates| rates[slot as usize]);
    let value = |(row, amount): (usize, &i64)| match work.orders.slot(batch.line_order[row]) {
        // Lines of no order have no currency but the store's; those of an order that does not count are worth nothing.
        NO_ORDER if batch.line_order[row] == NO_ORDER => Some(*amount),
        NO_ORDER => None,
        slot if rate(slot) == crate::value::NO_RATE => None,
        slot => i64::try_from(crate::rates::convert(i128::from(*amount), rate(slot))).ok(),
    };
    amounts.iter().enumerate().map(value).collect()
}

fn refunds(work: &Work<'_>, counted: &mut Counted) -> Result<(), ProfileError> {
    let batch = work.batch;
    counted.refunds = vec![false; batch.refunds.len()];
    counted.refund_values = vec![None; batch.refunds.len()];
    if batch.refunds.is_empty() {
        return Ok(());
    }
    let at: &[i64] = instants(&batch.refunds.rows, "at").values();
    for (row, at) in at.iter().enumerate() {
        let order = batch.refund_order[row];
        let counts = order == NO_ORDER || work.orders.slot(order) != NO_ORDER;
        counted.refunds[row] = counts && work.question.as_of.counts(*at);
    }
    for (row, value) in &work.refunds()?.counted {
        counted.refund_values[*row as usize] = Some(*value);
    }
    Ok(())
}
