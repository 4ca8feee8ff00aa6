//! What customers spent, in the reporting currency.

use crate::days::LocalTime;
use crate::lines::Coded;
use crate::out;
use crate::question::ProfileError;
use crate::rates::{ONE, convert};
use crate::work::Work;
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{Decimal64Type, Float64Type, Int64Type};
use arrow::record_batch::RecordBatch;
use quintile_model::batch::NO_ORDER;
use quintile_model::columns::{amounts, instants, repeated};
use quintile_model::money::{self, UNIT, div_half_even};
use quintile_model::records::line_kind;
use quintile_model::time::DayNumber;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Result<Option<ArrayRef>, ProfileError> {
    let customers = work.customers();
    let count = |value: &dyn Fn(usize) -> usize| out::column::<Int64Type>(customers, |customer| Some(value(customer) as i64));
    Ok(Some(match name {
        "number_of_orders" => count(&|customer| work.orders.count(customer)),
        "number_of_purchases" => {
            let purchases = work.purchases();
            count(&|customer| purchases.of(customer).len())
        }
        "amount_spent" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            amount(work, "amount_spent", |customer| Some(values.sum(work, customer)? - refunds.sum(work, values, customer)?))?
        }
        "amount_spent_gross" => {
            let values = work.values()?;
            amount(work, "amount_spent_gross", |customer| values.sum(work, customer))?
        }
        "amount_refunded" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            amount(work, "amount_refunded", |customer| refunds.sum(work, values, customer))?
        }
        "amount_discounted" => {
            let (values, discounts) = (work.values()?, order_discounts(work));
            amount(work, "amount_discounted", |customer| {
                values.known(work, customer)?;
                Some(work.orders.of(customer).map(|slot| convert(discounts[slot], values.rate(slot))).sum())
            })?
        }
        "orders_without_rate" => {
            let rates = order_rates(work);
            count(&|customer| match &rates {
                None => 0,
                Some(rates) => rates[work.orders.of(customer)].iter().filter(|rate| **rate == NO_RATE).count(),
            })
        }
        "average_order_value" => {
            let values = work.values()?;
            amount(work, "average_order_value", |customer| {
                let orders = values.with_amount(work, customer);
                (orders > 0).then(|| values.total(work, customer)).map(|sum| mean(sum, orders as i128))
            })?
        }
        "median_net_order_value" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            let mut net = Vec::new();
            amount(work, "median_net_order_value", |customer| {
                net.clear();
                net.extend(work.orders.of(customer).filter_map(|slot| values.net(refunds, slot)));
                median(&mut net)
            })?
        }
        "largest_order" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            amount(work, "largest_order", |customer| {
                work.orders.of(customer).filter_map(|slot| values.net(refunds, slot)).max().map(i128::from)
            })?
        }
        "last_order_total" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            amount(work, "last_order_total", |customer| {
                work.orders.of(customer).next_back().and_then(|slot| values.net(refunds, slot)).map(i128::from)
            })?
        }
        "contribution" => crate::contribution::contribution(work)?,
        "_winning_cost" => crate::contribution::winning(work)?,
        "_mean_again" => crate::purchase_values::mean_again(work)?,
        "_purchase_values" => crate::purchase_values::lists(work)?,
        "units" => {
            let units = work.units();
            out::column::<Int64Type>(customers, |customer| Some(div_half_even(sum(&units[work.sales().of(customer)]), UNIT as i128) as i64))
        }
        "average_units_per_order" => {
            let units = work.units();
            out::column::<Float64Type>(customers, |customer| {
                let orders = work.orders.count(customer);
                (orders > 0).then(|| ratio(sum(&units[work.sales().of(customer)]), UNIT as i128 * orders as i128))
            })
        }
        _ => return Ok(None),
    }))
}

/// One amount a customer, refused beyond `decimal(18,4)`.
pub(crate) fn amount(
    work: &Work<'_>,
    column: &'static str,
    mut value: impl FnMut(usize) -> Option<i128>,
) -> Result<ArrayRef, ProfileError> {
    let mut values = out::Values::with_capacity(work.customers());
    for customer in 0..work.customers() {
        match value(customer) {
            None => values.push(None),
            Some(sum) if sum.unsigned_abs() <= money::MAX as u128 => values.push(Some(sum as i64)),
            Some(_) => return Err(ProfileError::TooLarge { column, customer: work.key(customer) }),
        }
    }
    Ok(out::amounts(values.array::<Decimal64Type>()))
}

/// A mean, rounded half to even; small sums take the short way.
#[inline]
fn mean(sum: i128, count: i128) -> i128 {
    match (i64::try_from(sum), i64::try_from(count)) {
        (Ok(sum), Ok(count)) if sum.abs() < i64::MAX / 4 => {
            let (quotient, twice) = (sum.div_euclid(count), 2 * sum.rem_euclid(count));
            (quotient + i64::from(twice > count || (twice == count && quotient & 1 == 1))) as i128
        }
        _ => div_half_even(sum, count),
    }
}

/// The middle one, or the mean of the two middle ones rounded half to even.
pub(crate) fn median(values: &mut [i64]) -> Option<i128> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable(middle);
    let upper = *upper as i128;
    match below.iter().max() {
        Some(lower) if !odd => Some(div_half_even(upper + *lower as i128, 2)),
        _ => Some(upper),
    }
}

/// Do all sums of some of these fit 64 bits? Where they do, and they nearly always do, adding up is much quicker.
pub(crate) fn sums_fit(values: &[i64]) -> bool {
    // At least as large as the largest, and found without a branch.
    let bound = values.iter().fold(0, |bound, value| bound | (value ^ (value >> 63))) as u64;
    (bound as u128 + 1) * (values.len() as u128 + 1) < i64::MAX as u128
}

pub(crate) fn sum(values: &[i64]) -> i128 {
    values.iter().map(|value| *value as i128).sum()
}

/// A quotient of exact integers as a number.
#[inline]
pub(crate) fn ratio(part: i128, whole: i128) -> f64 {
    match (i64::try_from(part), i64::try_from(whole)) {
        (Ok(part), Ok(whole)) => part as f64 / whole as f64,
        _ => part as f64 / whole as f64,
    }
}

/// Marks an order in a currency without a rate.
pub(crate) const NO_RATE: i64 = 0;

/// The value of each counted order, before refunds.
pub(crate) struct OrderValues {
    /// By slot; zero without a rate.
    gross: Vec<i64>,
    /// By slot; `None` when all orders are in the reporting currency.
    rates: Option<Vec<i64>>,
    /// Sums of values fit 64 bits.
    fits: bool,
}

impl OrderValues {
    pub(crate) fn new(work: &Work<'_>) -> Result<Self, ProfileError> {
        let (orders, batch) = (&work.orders, work.batch);
        let totals = amounts(&batch.orders.rows, "total");
        let rates = order_rates(work);
        if rates.is_none() && totals.null_count() == totals.len() {
            let of_lines: &[i64] = amounts(&batch.lines.rows, "amount").values();
            if sums_fit(of_lines) {
                return Self::of_lines(work, of_lines);
            }
        }
        let mut sums: Vec<i128> = vec![0; orders.len()];
        if totals.null_count() > 0 {
            let of_lines: &[i64] = amounts(&batch.lines.rows, "amount").values();
            let slots = orders.slots_of(&batch.line_order);
            for (slot, amount) in slots.iter().zip(of_lines) {
                // No order is beyond all slots.
                if let Some(sum) = sums.get_mut(*slot as usize) {
                    *sum += *amount as i128;
                }
            }
        }
        if totals.null_count() < totals.len() {
            for (slot, sum) in sums.iter_mut().enumerate() {
                let row = orders.row(slot);
                if totals.is_valid(row) {
                    *sum = totals.value(row) as i128;
                }
            }
        }
        if let Some(rates) = &rates {
            sums.iter_mut().zip(rates).for_each(|(sum, rate)| *sum = convert(*sum, *rate));
        }
        Self::checked(work, sums.iter().map(|sum| i64::try_from(*sum).unwrap_or(i64::MAX)).collect(), rates)
    }

    /// The common way: no totals, one currency, nothing huge.
    fn of_lines(work: &Work<'_>, of_lines: &[i64]) -> Result<Self, ProfileError> {
        let mut gross: Vec<i64> = vec![0; work.orders.len()];
        for (slot, amount) in work.orders.slots_of(&work.batch.line_order).iter().zip(of_lines) {
            if let Some(sum) = gross.get_mut(*slot as usize) {
                *sum += amount;
            }
        }
        Self::checked(work, gross, None)
    }

    fn checked(work: &Work<'_>, gross: Vec<i64>, rates: Option<Vec<i64>>) -> Result<Self, ProfileError> {
        let fits = sums_fit(&gross);
        if !fits && let Some(slot) = gross.iter().position(|sum| sum.unsigned_abs() > money::MAX as u64) {
            let customer = work.orders.offsets.partition_point(|first| *first as usize <= slot) - 1;
            return Err(ProfileError::TooLarge { column: "amount_spent_gross", customer: work.key(customer) });
        }
        Ok(OrderValues { gross, rates, fits })
    }

    #[inline]
    pub(crate) fn rate(&self, slot: usize) -> i64 {
        self.rates.as_ref().map_or(ONE, |rates| rates[slot])
    }

    /// Order value, where there is a rate.
    #[inline]
    pub(crate) fn gross(&self, slot: usize) -> Option<i64> {
        (self.rate(slot) != NO_RATE).then(|| self.gross[slot])
    }

    /// Order value less its refunds, where there is a rate.
    #[inline]
    pub(crate) fn net(&self, refunds: &Refunds, slot: usize) -> Option<i64> {
        (self.rate(slot) != NO_RATE).then(|| self.gross[slot].saturating_sub(refunds.of_order(slot)))
    }

    #[inline]
    fn with_amount(&self, work: &Work<'_>, customer: usize) -> usize {
        match &self.rates {
            None => work.orders.count(customer),
            Some(rates) => rates[work.orders.of(customer)].iter().filter(|rate| **rate != NO_RATE).count(),
        }
    }

    /// All a customer's order values.
    #[inline]
    pub(crate) fn total(&self, work: &Work<'_>, customer: usize) -> i128 {
        let gross = &self.gross[work.orders.of(customer)];
        if self.fits { gross.iter().sum::<i64>() as i128 } else { sum(gross) }
    }

    /// The values of the orders from an instant on.
    pub(crate) fn since(&self, work: &Work<'_>, customer: usize, from: i64) -> i128 {
        let slots = work.orders.of(customer);
        slots.filter(|slot| work.orders.at[*slot] >= from).map(|slot| self.gross[slot] as i128).sum()
    }

    /// Are the customer's amounts known? Not when there are orders and none has a rate.
    #[inline]
    pub(crate) fn known(&self, work: &Work<'_>, customer: usize) -> Option<()> {
        (self.rates.is_none() || work.orders.count(customer) == 0 || self.with_amount(work, customer) > 0).then_some(())
    }

    #[inline]
    pub(crate) fn sum(&self, work: &Work<'_>, customer: usize) -> Option<i128> {
        self.known(work, customer).map(|()| self.total(work, customer))
    }
}

/// Refunds that count, each at its own time: of an order that counts, or of none.
pub(crate) struct Refunds {
    /// Sum, by customer.
    sums: Vec<i128>,
    /// Sum, by slot; empty when no order has refunds.
    by_order: Vec<i64>,
    /// Those counted, as (row, amount); refunds without a rate are not in it.
    pub(crate) counted: Vec<(u32, i64)>,
    /// Customers with refunds of which none has a rate.
    without_rate: Vec<bool>,
}

impl Refunds {
    pub(crate) fn new(work: &Work<'_>) -> Result<Self, ProfileError> {
        let batch = work.batch;
        let mut refunds = Refunds { sums: vec![0; work.customers()], by_order: Vec::new(), counted: Vec::new(), without_rate: Vec::new() };
        if batch.refunds.is_empty() {
            return Ok(refunds);
        }
        let at: &[i64] = instants(&batch.refunds.rows, "at").values();
        let values = RefundValues::new(work);
        refunds.by_order = vec![0; work.orders.len()];
        for customer in 0..work.customers() {
            let (mut rated, mut unrated) = (false, false);
            for row in batch.refunds.of(customer).filter(|row| work.question.as_of.counts(at[*row])) {
                let order = batch.refund_order[row];
                let slot = work.orders.slot(order);
                if order != NO_ORDER && slot == NO_ORDER {
                    continue;
                }
                let Some(value) = values.of(work, customer, row, slot)? else {
                    unrated = true;
                    continue;
                };
                rated = true;
                refunds.sums[customer] += value as i128;
                if slot != NO_ORDER {
                    let of_order = &mut refunds.by_order[slot as usize];
                    *of_order = of_order.checked_add(value).ok_or_else(|| refunds_too_large(work, customer))?;
                }
                refunds.counted.push((row as u32, value));
            }
            if unrated && !rated {
                if refunds.without_rate.is_empty() {
                    refunds.without_rate = vec![false; work.customers()];
                }
                refunds.without_rate[customer] = true;
            }
        }
        Ok(refunds)
    }

    #[inline]
    fn of_order(&self, slot: usize) -> i64 {
        self.by_order.get(slot).copied().unwrap_or(0)
    }

    /// All a customer's refunds; missing where amounts are not known.
    #[inline]
    pub(crate) fn sum(&self, work: &Work<'_>, values: &OrderValues, customer: usize) -> Option<i128> {
        values.known(work, customer)?;
        let unknown = work.orders.count(customer) == 0 && self.without_rate.get(customer).copied().unwrap_or(false);
        (!unknown).then(|| self.sums[customer])
    }
}

/// What refunds are worth in the reporting currency.
pub(crate) struct RefundValues<'a> {
    amount: &'a [i64],
    /// By row; `None` when all are in the reporting currency.
    rates: Option<Vec<i64>>,
    /// Of orders, by slot.
    order_rates: Option<Vec<i64>>,
}

impl<'a> RefundValues<'a> {
    pub(crate) fn new(work: &Work<'a>) -> Self {
        let rows = &work.batch.refunds.rows;
        let at: &[i64] = instants(rows, "at").values();
        let days = || LocalTime::new(&work.question.as_of.zone, at).days(at);
        RefundValues {
            amount: amounts(rows, "amount").values(),
            rates: rates_of(work, rows, &days, &|row| row, at.len()),
            order_rates: order_rates(work),
        }
    }

    /// Of one refund of the order in a slot, or of none; missing where it or its order has no rate.
    #[inline]
    pub(crate) fn of(&self, work: &Work<'_>, customer: usize, row: usize, slot: u32) -> Result<Option<i64>, ProfileError> {
        let order_rate = self.order_rates.as_ref().filter(|_| slot != NO_ORDER).map_or(ONE, |rates| rates[slot as usize]);
        let rate = self.rates.as_ref().map_or(ONE, |rates| rates[row]);
        if rate == NO_RATE || order_rate == NO_RATE {
            return Ok(None);
        }
        let value = convert(self.amount[row] as i128, rate);
        i64::try_from(value).map(Some).map_err(|_| refunds_too_large(work, customer))
    }
}

pub(crate) fn refunds_too_large(work: &Work<'_>, customer: usize) -> ProfileError {
    ProfileError::TooLarge { column: "amount_refunded", customer: work.key(customer) }
}

/// Discounts of each counted order in its own currency: as the source states them, else those of its lines.
pub(crate) fn order_discounts(work: &Work<'_>) -> Vec<i128> {
    let (orders, batch) = (&work.orders, work.batch);
    let mut discounts: Vec<i128> = vec![0; orders.len()];
    let lines = &batch.lines.rows;
    let (of_lines, values) = (amounts(lines, "discount").values(), amounts(lines, "amount").values());
    let kinds = Coded::of(repeated(lines, "kind"));
    let discount_line: Vec<bool> = kinds.texts.iter().map(|kind| kind == Some(line_kind::DISCOUNT)).collect();
    for (row, slot) in orders.slots_of(&batch.line_order).iter().enumerate() {
        if let Some(discount) = discounts.get_mut(*slot as usize) {
            *discount += of_lines[row] as i128;
            if kinds.codes[row] >= 0 && discount_line[kinds.codes[row] as usize] {
                *discount -= values[row] as i128;
            }
        }
    }
    let stated = amounts(&batch.orders.rows, "discount");
    for (slot, discount) in discounts.iter_mut().enumerate() {
        let row = orders.row(slot);
        if stated.is_valid(row) {
            *discount = stated.value(row) as i128;
        }
    }
    discounts
}

/// The rate of each counted order, or `None` when all are in the reporting currency.
pub(crate) fn order_rates(work: &Work<'_>) -> Option<Vec<i64>> {
    rates_of(work, &work.batch.orders.rows, &|| work.days().to_vec(), &|slot| work.orders.row(slot), work.orders.len())
}

pub(crate) fn rates_of(
    work: &Work<'_>,
    rows: &RecordBatch,
    days: &dyn Fn() -> Vec<DayNumber>,
    row: &dyn Fn(usize) -> usize,
    len: usize,
) -> Option<Vec<i64>> {
    let reporting = work.question.currency.as_deref()?;
    let currencies = Coded::of(repeated(rows, "currency"));
    let foreign: Vec<bool> = currencies.texts.iter().map(|text| text.is_some_and(|text| text != reporting)).collect();
    let is_foreign = |at: usize| Some(currencies.codes[row(at)]).filter(|code| *code >= 0 && foreign[*code as usize]);
    if !foreign.contains(&true) || (0..len).all(|at| is_foreign(at).is_none()) {
        return None;
    }
    let days = days();
    let rate = |at: usize| match is_foreign(at) {
        None => ONE,
        Some(code) => work.question.rates.on(currencies.text(code), days[at]).unwrap_or(NO_RATE),
    };
    Some((0..len).map(rate).collect())
}
