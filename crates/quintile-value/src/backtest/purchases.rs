//! Purchase days of many customers, and what of them was known on a day.

use super::Cut;
use crate::history::History;

/// Purchase days by customer, each day once, ascending.
#[derive(Debug, Clone, Copy)]
pub struct Purchases<'a> {
    /// Customer `i` has the days `offsets[i]..offsets[i + 1]`.
    pub offsets: &'a [u32],
    /// The days, as numbers.
    pub days: &'a [i32],
}

/// Customers who had bought by a day.
#[derive(Debug, Clone)]
pub struct Known {
    /// Their places among all.
    pub customers: Vec<usize>,
    /// Their histories up to that day, in days.
    pub histories: Vec<History>,
}

impl<'a> Purchases<'a> {
    /// How many customers.
    pub fn customers(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The days of a customer.
    pub fn of(&self, customer: usize) -> &'a [i32] {
        &self.days[self.offsets[customer] as usize..self.offsets[customer + 1] as usize]
    }

    /// Who had bought through a day, and how.
    pub fn known(&self, day: i32) -> Known {
        let mut known = Known { customers: Vec::new(), histories: Vec::new() };
        for customer in 0..self.customers() {
            let days = self.of(customer);
            let count = days.partition_point(|own| *own <= day);
            let [first, .., last] = &days[..count] else {
                if let [only] = &days[..count] {
                    known.customers.push(customer);
                    known.histories.push(History { again: 0, last: 0, age: day.abs_diff(*only) });
                }
                continue;
            };
            known.customers.push(customer);
            known.histories.push(History { again: count as u32 - 1, last: last.abs_diff(*first), age: day.abs_diff(*first) });
        }
        known
    }

    /// Purchases of known customers in the days after a cut.
    pub fn came(&self, known: &Known, cut: Cut) -> Vec<f64> {
        let end = cut.day.saturating_add_unsigned(cut.horizon);
        known.customers.iter().map(|customer| self.between(*customer, cut.day, end)).collect()
    }

    /// Purchases of a customer after one day and through another.
    pub(super) fn between(&self, customer: usize, after: i32, through: i32) -> f64 {
        let days = self.of(customer);
        (days.partition_point(|day| *day <= through) - days.partition_point(|day| *day <= after)) as f64
    }

    /// The first day of all, and the last; `None` of no purchases.
    pub fn span(&self) -> Option<(i32, i32)> {
        Some((*self.days.iter().min()?, *self.days.iter().max()?))
    }

    /// Gaps between purchases up to a day, those that ended and those still open on it.
    pub fn gaps(&self, day: i32) -> crate::gaps::Gaps {
        let (mut ended, mut open) = (Vec::new(), Vec::new());
        for customer in 0..self.customers() {
            let days = self.of(customer);
            let days = &days[..days.partition_point(|own| *own <= day)];
            ended.extend(days.windows(2).map(|pair| pair[1].abs_diff(pair[0])));
            open.extend(days.last().map(|last| day.abs_diff(*last)));
        }
        crate::gaps::Gaps::of(ended, open)
    }
}
