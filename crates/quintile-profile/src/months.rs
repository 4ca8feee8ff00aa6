//! The store month by month, and its cohorts: who first bought in a month, and what they did in each month after.
//!
//! Orders count by the rules of the profile and lie in the month of their day in the store's zone; refunds lie in their
//! own month. A cohort is the month of the first counted order.

use crate::question::{ProfileError, ProfileQuestion};
use crate::work::Work;
use quintile_model::CustomerBatch;
use quintile_model::columns::{instants, repeated};
use quintile_model::records::standing;
use quintile_model::time::{DayNumber, Month};
use std::collections::BTreeMap;

/// What a batch, or all of them together, tell of each month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Months {
    /// By month; a month without facts is not in it.
    pub months: BTreeMap<Month, MonthFigures>,
    /// By month of the first order, then by month.
    pub cohorts: BTreeMap<Month, BTreeMap<Month, CohortFigures>>,
}

/// One month. Amounts are in ten-thousandths of the reporting currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MonthFigures {
    /// Orders that count.
    pub orders: u64,
    /// Of those, orders without an exchange rate, which are in no amount.
    pub orders_without_rate: u64,
    /// Orders that do not count because they were cancelled.
    pub cancelled: u64,
    /// Orders that do not count for another reason: unpaid, failed, a draft, a test.
    pub not_counted: u64,
    /// Value of the orders, before refunds.
    pub gross: i128,
    /// Money given back in this month, whenever its order was placed.
    pub refunded: i128,
    /// Customers with an order that counts.
    pub buyers: u64,
    /// Of those, customers whose first order it is.
    pub new_buyers: u64,
    /// Value of the orders of customers whose first order lies in this month.
    pub gross_of_new: i128,
}

/// What the customers of one cohort did in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CohortFigures {
    /// Customers who ordered.
    pub buyers: u64,
    /// Value of their orders less what was given back to them in this month.
    pub net: i128,
}

impl Months {
    /// Adds another batch's.
    pub fn merge(&mut self, other: Months) {
        for (month, more) in other.months {
            let month = self.months.entry(month).or_default();
            month.orders += more.orders;
            month.orders_without_rate += more.orders_without_rate;
            month.cancelled += more.cancelled;
            month.not_counted += more.not_counted;
            month.gross += more.gross;
            month.refunded += more.refunded;
            month.buyers += more.buyers;
            month.new_buyers += more.new_buyers;
            month.gross_of_new += more.gross_of_new;
        }
        for (cohort, months) in other.cohorts {
            let cohort = self.cohorts.entry(cohort).or_default();
            for (month, more) in months {
                let month = cohort.entry(month).or_default();
                month.buyers += more.buyers;
                month.net += more.net;
            }
        }
    }
}

/// Counts the months of a batch, read with [`facts_needed`](crate::facts_needed) for `amount_spent`.
pub fn months(batch: &CustomerBatch, question: &ProfileQuestion) -> Result<Months, ProfileError> {
    let work = Work::new(batch, question);
    let (values, refunds) = (work.values()?, work.refunds()?);
    let mut all = Months::default();
    let mut calendar = Calendar::default();
    let months: Vec<Month> = work.days().iter().map(|day| calendar.month(*day)).collect();
    let refund_at: &[i64] = instants(&batch.refunds.rows, "at").values();
    let mut counted_refunds = refunds.counted.iter().peekable();
    for customer in 0..work.customers() {
        let slots = work.orders.of(customer);
        let first = months[slots.clone()].iter().min().copied();
        let cohort = first.map(|first| all.cohorts.entry(first).or_default());
        let mut of_cohort: BTreeMap<Month, CohortFigures> = BTreeMap::new();
        for of_month in slots.collect::<Vec<_>>().chunk_by(|a, b| months[*a] == months[*b]) {
            let month = months[of_month[0]];
            let figures = all.months.entry(month).or_default();
            // Clocks that go back over midnight can part the orders of one month, never so that it counts twice.
            let again = of_cohort.contains_key(&month);
            let gross: i128 = of_month.iter().filter_map(|slot| values.gross(*slot)).map(i128::from).sum();
            figures.orders += of_month.len() as u64;
            figures.orders_without_rate += of_month.iter().filter(|slot| values.gross(**slot).is_none()).count() as u64;
            figures.gross += gross;
            figures.buyers += u64::from(!again);
            if first == Some(month) {
                figures.new_buyers += u64::from(!again);
                figures.gross_of_new += gross;
            }
            let cohort = of_cohort.entry(month).or_default();
            cohort.buyers = 1;
            cohort.net += gross;
        }
        let own_refunds = batch.refunds.of(customer);
        while let Some((row, amount)) = counted_refunds.next_if(|(row, _)| own_refunds.contains(&(*row as usize))) {
            let month = calendar.month(question.as_of.zone.day(refund_at[*row as usize]));
            all.months.entry(month).or_default().refunded += i128::from(*amount);
            of_cohort.entry(month).or_default().net -= i128::from(*amount);
        }
        if let Some(cohort) = cohort {
            for (month, figures) in of_cohort {
                let month = cohort.entry(month).or_default();
                month.buyers += figures.buyers;
                month.net += figures.net;
            }
        }
    }
    not_counted(&work, &mut all, &mut calendar);
    Ok(all)
}

/// One order, for whoever holds single orders against another list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderFigures {
    /// Its key.
    pub order_key: u64,
    /// The month of its day.
    pub month: Month,
    /// Its value, where it counts and has a rate; in ten-thousandths.
    pub gross: Option<i64>,
    /// Does it count?
    pub counts: bool,
}

/// The orders of a batch that were placed before the moment, read as for [`months()`].
pub fn order_figures(batch: &CustomerBatch, question: &ProfileQuestion) -> Result<Vec<OrderFigures>, ProfileError> {
    let work = Work::new(batch, question);
    let values = work.values()?;
    let mut calendar = Calendar::default();
    let at: &[i64] = instants(&batch.orders.rows, "at").values();
    let keys: &[u64] = quintile_model::columns::keys(&batch.orders.rows, "order_key").values();
    let placed = (0..at.len()).filter(|row| question.as_of.counts(at[*row]));
    let figures = placed.map(|row| {
        let slot = work.orders.slot(row as u32);
        let counts = slot != quintile_model::batch::NO_ORDER;
        OrderFigures {
            order_key: keys[row],
            month: calendar.month(question.as_of.zone.day(at[row])),
            gross: if counts { values.gross(slot as usize) } else { None },
            counts,
        }
    });
    Ok(figures.collect())
}

/// Orders that were placed before the moment and do not count.
fn not_counted(work: &Work<'_>, all: &mut Months, calendar: &mut Calendar) {
    let (batch, as_of) = (work.batch, &work.question.as_of);
    let at: &[i64] = instants(&batch.orders.rows, "at").values();
    let standings = repeated(&batch.orders.rows, "standing");
    for row in 0..at.len() {
        if !as_of.counts(at[row]) || work.orders.slot(row as u32) != quintile_model::batch::NO_ORDER {
            continue;
        }
        let month = all.months.entry(calendar.month(as_of.zone.day(at[row]))).or_default();
        // What was never valid is not called cancelled as well.
        if standings.get(row) == Some(standing::COUNTS) { month.cancelled += 1 } else { month.not_counted += 1 }
    }
}

/// Months of days; a day is asked for many times.
#[derive(Default)]
struct Calendar {
    known: BTreeMap<DayNumber, Month>,
    last: Option<(DayNumber, Month)>,
}

impl Calendar {
    #[inline]
    fn month(&mut self, day: DayNumber) -> Month {
        match self.last {
            Some((last, month)) if last == day => month,
            _ => {
                let month = *self.known.entry(day).or_insert_with(|| Month::of_day(day));
                self.last = Some((day, month));
                month
            }
        }
    }
}
