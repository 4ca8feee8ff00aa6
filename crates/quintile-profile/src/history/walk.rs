//! One customer's facts, from the first to the last.

use super::spans::{FROM, Spans, UNTIL};
use super::{Ended, HistoryRows, Moments, Place};
use crate::columns::Column;
use crate::question::ProfileError;
use crate::rhythm::regularity;
use crate::touches::Touches;
use crate::value::{OrderValues, RefundValues, median, refunds_too_large};
use crate::work::Work;
use crate::{out, who};
use arrow::array::{ArrayRef, RecordBatch, UInt16Array, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Decimal64Type, Field, Float64Type, Int32Type, Int64Type, Schema};
use quintile_model::batch::NO_ORDER;
use quintile_model::columns::instants;
use quintile_model::money;
use quintile_model::time::DayNumber;
use quintile_model::touchpoints::Touchpoint;
use std::sync::Arc;

/// Columns that change when something happens to the customer, and not by time alone.
const CHANGING: [&str; 15] = [
    "number_of_orders",
    "number_of_purchases",
    "amount_spent",
    "amount_spent_gross",
    "amount_refunded",
    "median_net_order_value",
    "purchase_regularity",
    "first_order_date",
    "second_order_date",
    "last_order_date",
    "_first_day",
    "_last_day",
    "_loyal_day",
    "returns_only",
    "referrals",
];

/// Columns that are the same at every moment at which the customer is known.
const LASTING: [&str; 10] = [
    "customer_id",
    "_customer_key",
    "customer_added_date",
    "registered",
    "language",
    "customer_account_status",
    "customer_tags",
    "customer_email_domain",
    "first_name",
    "last_name",
];

/// Columns that take the values of orders and refunds.
const OF_MONEY: [&str; 4] = ["amount_spent", "amount_spent_gross", "amount_refunded", "median_net_order_value"];

pub(super) fn spans(column: &Column) -> bool {
    CHANGING.contains(&column.name) || LASTING.contains(&column.name)
}

/// What a customer is while nothing happens.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    orders: i64,
    purchases: i64,
    first_at: Option<i64>,
    second_at: Option<i64>,
    last_at: Option<i64>,
    first_day: Option<DayNumber>,
    last_day: Option<DayNumber>,
    loyal_day: Option<DayNumber>,
    returns_only: bool,
    gross: Option<i64>,
    refunded: Option<i64>,
    spent: Option<i64>,
    median: Option<i64>,
    regularity: Option<f64>,
    referrals: i64,
}

/// A refund that counts from one moment until another, in which its order is cancelled.
#[derive(Debug, Clone, Copy)]
struct Refund {
    from: Place,
    until: Place,
    slot: u32,
    /// Missing without a rate.
    value: Option<i64>,
}

/// A walk over a batch.
pub(super) struct Walk<'w, 'a> {
    work: &'w Work<'a>,
    moments: &'w Moments,
    /// By slot: the moment from which the order counts, and from which it is cancelled.
    from: Vec<Place>,
    until: Option<Vec<Place>>,
    /// By slot.
    days: &'w [DayNumber],
    known: Vec<Place>,
    money: Option<(&'w OrderValues, RefundValues<'a>)>,
    with_median: bool,
    with_regularity: bool,
    refund_at: &'a [i64],
    /// Where they are asked for.
    referrals: Option<Touches<'w>>,
    spans: Vec<(u32, Place, Place, State)>,
    ended: Ended,
    own: Own,
}

/// Room for the facts of one customer, taken again for the next.
#[derive(Default)]
struct Own {
    refunds: Vec<Refund>,
    places: Vec<Place>,
    days: Vec<DayNumber>,
    days_before: Vec<DayNumber>,
    net: Vec<i64>,
    back: Vec<i64>,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(work: &'w Work<'a>, moments: &'w Moments) -> Result<Self, ProfileError> {
        let columns = work.question.first_columns();
        let asked = |names: &[&str]| columns.iter().any(|column| names.contains(&column.name));
        let money = if asked(&OF_MONEY) { Some((work.values()?, RefundValues::new(work))) } else { None };
        Ok(Walk {
            from: work.orders.at.iter().map(|at| moments.after(*at)).collect(),
            until: cancelled(work, moments),
            days: work.days(),
            known: who::known_since(work).into_iter().map(|at| moments.after(at)).collect(),
            money,
            with_median: asked(&["median_net_order_value"]),
            with_regularity: asked(&["purchase_regularity"]),
            refund_at: instants(&work.batch.refunds.rows, "at").values(),
            referrals: asked(&["referrals"]).then(|| work.touches(Touchpoint::Referrals)),
            spans: Vec::with_capacity(work.customers() * 2),
            ended: Ended::new(moments.all().len()),
            own: Own::default(),
            work,
            moments,
        })
    }

    pub(super) fn customer(&mut self, customer: usize) -> Result<(), ProfileError> {
        let never = self.moments.never();
        let known = self.known[customer];
        if known >= never {
            return Ok(());
        }
        let mut own = std::mem::take(&mut self.own);
        self.refunds(customer, &mut own.refunds)?;
        own.places.clear();
        own.places.push(known);
        let slots = self.work.orders.of(customer);
        own.places.extend_from_slice(&self.from[slots.clone()]);
        if let Some(until) = &self.until {
            own.places.extend_from_slice(&until[slots]);
        }
        own.places.extend(own.refunds.iter().flat_map(|refund| [refund.from, refund.until]));
        if let Some(referrals) = &self.referrals {
            own.places.extend(referrals.of(customer).map(|row| self.moments.after(referrals.at[row])));
        }
        // An order can be said to have been cancelled before it was placed.
        own.places.retain(|place| (known..never).contains(place));
        own.places.sort_unstable();
        own.places.dedup();
        own.days_before.clear();
        for at in 0..own.places.len() {
            let (from, until) = (own.places[at], own.places.get(at + 1).copied().unwrap_or(never));
            let state = self.state(customer, from, &mut own)?;
            self.ended.change(from as usize, &own.days_before, &own.days);
            std::mem::swap(&mut own.days_before, &mut own.days);
            self.spans.push((customer as u32, from, until, state));
        }
        let loyal = self.work.question.thresholds.loyal_orders as usize;
        self.ended.last(self.work.question.as_of.day(), &own.days_before, loyal);
        self.own = own;
        Ok(())
    }

    fn refunds(&self, customer: usize, refunds: &mut Vec<Refund>) -> Result<(), ProfileError> {
        refunds.clear();
        let never = self.moments.never();
        for row in self.work.batch.refunds.of(customer) {
            let order = self.work.batch.refund_order[row];
            let slot = self.work.orders.slot(order);
            let mut from = self.moments.after(self.refund_at[row]);
            let mut until = never;
            if slot != NO_ORDER {
                // Nothing is given back of an order that does not count yet, or any more.
                from = from.max(self.from[slot as usize]);
                until = self.until.as_ref().map_or(never, |until| until[slot as usize]);
            }
            if from >= until || (order != NO_ORDER && slot == NO_ORDER) {
                continue;
            }
            let value = match &self.money {
                None => None,
                Some((_, values)) => values.of(self.work, customer, row, slot)?,
            };
            refunds.push(Refund { from, until, slot, value });
        }
        Ok(())
    }

    /// The customer at a moment; leaves their purchases behind in `own.days`.
    fn state(&self, customer: usize, place: Place, own: &mut Own) -> Result<State, ProfileError> {
        let slots = self.work.orders.of(customer);
        let at = &self.work.orders.at;
        let counts = |slot: &usize| self.from[*slot] <= place && self.until.as_ref().is_none_or(|until| place < until[*slot]);
        let mut state = State::default();
        own.days.clear();
        let mut ascending = true;
        for slot in slots.clone().filter(counts) {
            match state.orders {
                0 => state.first_at = Some(at[slot]),
                1 => state.second_at = Some(at[slot]),
                _ => {}
            }
            state.orders += 1;
            state.last_at = Some(at[slot]);
            let day = self.days[slot];
            match own.days.last() {
                Some(last) if *last == day => {}
                last => {
                    ascending &= last.is_none_or(|last| *last < day);
                    own.days.push(day);
                }
            }
        }
        if !ascending {
            // Where clocks go back over midnight, the day of a later instant can be the earlier one.
            own.days.sort_unstable();
            own.days.dedup();
        }
        state.purchases = own.days.len() as i64;
        state.first_day = own.days.first().copied();
        state.last_day = own.days.last().copied();
        state.loyal_day = own.days.len().checked_sub(self.work.question.thresholds.loyal_orders as usize).map(|at| own.days[at]);
        if self.with_regularity {
            state.regularity = regularity(&own.days);
        }
        let refunds = own.refunds.iter().filter(|refund| refund.from <= place && place < refund.until);
        state.returns_only = state.orders == 0 && refunds.clone().next().is_some();
        if let Some(referrals) = &self.referrals {
            state.referrals = referrals.of(customer).filter(|row| self.moments.after(referrals.at[*row]) <= place).count() as i64;
        }
        let Some((values, _)) = &self.money else { return Ok(state) };
        let (mut gross, mut with_amount) = (0_i128, 0);
        for slot in slots.clone().filter(counts) {
            if let Some(value) = values.gross(slot) {
                gross += i128::from(value);
                with_amount += 1;
            }
        }
        let (mut refunded, mut rated, mut unrated) = (0_i128, false, false);
        for refund in refunds.clone() {
            match refund.value {
                Some(value) => (refunded, rated) = (refunded + i128::from(value), true),
                None => unrated = true,
            }
        }
        if state.orders == 0 || with_amount > 0 {
            state.gross = Some(self.amount("amount_spent_gross", customer, gross)?);
            if state.orders > 0 || rated || !unrated {
                state.refunded = Some(self.amount("amount_refunded", customer, refunded)?);
                state.spent = Some(self.amount("amount_spent", customer, gross - refunded)?);
            }
        }
        if self.with_median && with_amount > 0 {
            own.back.clear();
            if own.refunds.iter().any(|refund| refund.slot != NO_ORDER) {
                own.back.resize(slots.len(), 0);
                for refund in refunds.filter(|refund| refund.slot != NO_ORDER) {
                    let back = &mut own.back[refund.slot as usize - slots.start];
                    *back = back.checked_add(refund.value.unwrap_or(0)).ok_or_else(|| refunds_too_large(self.work, customer))?;
                }
            }
            own.net.clear();
            for slot in slots.clone().filter(counts) {
                let back = own.back.get(slot - slots.start).copied().unwrap_or(0);
                own.net.extend(values.gross(slot).map(|gross| gross.saturating_sub(back)));
            }
            state.median = median(&mut own.net).map(|value| self.amount("median_net_order_value", customer, value)).transpose()?;
        }
        Ok(state)
    }

    fn amount(&self, column: &'static str, customer: usize, sum: i128) -> Result<i64, ProfileError> {
        match sum.unsigned_abs() <= money::MAX as u128 {
            true => Ok(sum as i64),
            false => Err(ProfileError::TooLarge { column, customer: self.work.key(customer) }),
        }
    }

    pub(super) fn rows(self) -> Result<HistoryRows, ProfileError> {
        let columns = self.work.question.first_columns();
        let mut fields = vec![Field::new(FROM, DataType::UInt16, false), Field::new(UNTIL, DataType::UInt16, false)];
        let places = |of: fn(&(u32, Place, Place, State)) -> Place| -> ArrayRef {
            Arc::new(self.spans.iter().map(of).collect::<Vec<_>>().into_iter().collect::<UInt16Array>())
        };
        let mut arrays = vec![places(|span| span.1), places(|span| span.2)];
        // Every question of a history counts orders and purchases, for buyers and for gaps.
        let names = columns.iter().map(|column| column.name);
        let always = ["number_of_orders", "number_of_purchases"].into_iter().filter(|name| !names.clone().any(|other| other == *name));
        for name in names.clone().chain(always) {
            let array = self.column(name)?;
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|error| ProfileError::Batch(error.to_string()))?;
        Ok(HistoryRows { spans: Spans::new(batch), ended: self.ended })
    }

    fn column(&self, name: &str) -> Result<ArrayRef, ProfileError> {
        let (spans, rows) = (&self.spans, self.spans.len());
        let count = |of: fn(&State) -> i64| out::column::<Int64Type>(rows, |row| Some(of(&spans[row].3)));
        let instant = |of: fn(&State) -> Option<i64>| out::instants(rows, |row| of(&spans[row].3));
        let day = |of: fn(&State) -> Option<DayNumber>| out::column::<Int32Type>(rows, |row| of(&spans[row].3));
        let amount = |of: fn(&State) -> Option<i64>| out::amounts(out::primitive::<Decimal64Type>(rows, |row| of(&spans[row].3)));
        Ok(match name {
            "number_of_orders" => count(|state| state.orders),
            "number_of_purchases" => count(|state| state.purchases),
            "first_order_date" => instant(|state| state.first_at),
            "second_order_date" => instant(|state| state.second_at),
            "last_order_date" => instant(|state| state.last_at),
            "_first_day" => day(|state| state.first_day),
            "_last_day" => day(|state| state.last_day),
            "_loyal_day" => day(|state| state.loyal_day),
            "returns_only" => {
                let only = spans.iter().map(|span| Some(span.3.returns_only));
                Arc::new(only.collect::<arrow::array::BooleanArray>())
            }
            "amount_spent" => amount(|state| state.spent),
            "amount_spent_gross" => amount(|state| state.gross),
            "amount_refunded" => amount(|state| state.refunded),
            "median_net_order_value" => amount(|state| state.median),
            "referrals" => count(|state| state.referrals),
            "purchase_regularity" => out::column::<Float64Type>(rows, |row| spans[row].3.regularity),
            name => {
                let lasting = who::column(name, self.work).unwrap_or_else(|| unreachable!("a history does not compute `{name}`"));
                let of = UInt32Array::from_iter_values(spans.iter().map(|span| span.0));
                take(&lasting, &of, None).map_err(|error| ProfileError::Batch(error.to_string()))?
            }
        })
    }
}

/// The moment from which each order is cancelled; `None` when none ever was.
fn cancelled(work: &Work<'_>, moments: &Moments) -> Option<Vec<Place>> {
    let batch = work.batch;
    if batch.cancellations.is_empty() {
        return None;
    }
    let at: &[i64] = instants(&batch.cancellations.rows, "at").values();
    let mut until = vec![moments.never(); work.orders.len()];
    for (at, order) in at.iter().zip(&batch.cancellation_order) {
        let slot = work.orders.slot(*order);
        if let Some(until) = until.get_mut(slot as usize) {
            *until = (*until).min(moments.after(*at));
        }
    }
    Some(until)
}
