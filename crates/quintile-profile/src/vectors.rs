//! What a batch tells of the store: small tables of counts, and one number a buyer where ranks are asked for.

use crate::care::Brought;
use std::collections::BTreeMap;

/// What statistics are made of. The order of merging changes nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    pub(crate) customers: u64,
    pub(crate) buyers: u64,
    pub(crate) repeat_buyers: u64,
    pub(crate) returns_only: u64,
    /// Gaps from the first purchase to the second.
    pub(crate) first_gaps: Gaps,
    /// Gaps from the second purchase on.
    pub(crate) later_gaps: Gaps,
    /// Ages of first purchases, in days before the last day that counts.
    pub(crate) first_ages: DayCounts,
    /// Ages of the last, the last but one, ... purchase, in days before the moment.
    pub(crate) ages: Vec<DayCounts>,
    /// What the three metrics were, as numbers in the order of their values; unsorted, in pieces.
    pub(crate) metrics: [Vec<Vec<i64>>; 3],
    /// Medians of net order values.
    pub(crate) medians: Vec<Vec<i64>>,
    /// Regularity of those who bought often enough to be loyalists.
    pub(crate) regularity: Vec<f64>,
    /// Who brought whom.
    pub(crate) brought: Vec<Brought>,
    /// (key of a guest with the address, key of the customer), in pieces.
    pub(crate) known_by_address: Vec<Vec<(u64, u64)>>,
    /// What customers spent, by key, in pieces; where it is asked what those who were brought spent.
    pub(crate) spent: Vec<Vec<(u64, i64)>>,
}

impl Vectors {
    /// Empty, with the memory of its vectors: a history fills them anew for each moment.
    pub(crate) fn cleared(mut self) -> Vectors {
        let emptied = |mut pieces: Vec<Vec<i64>>| {
            pieces.truncate(1);
            pieces.iter_mut().for_each(Vec::clear);
            pieces
        };
        let metrics = std::mem::take(&mut self.metrics).map(emptied);
        let medians = emptied(std::mem::take(&mut self.medians));
        self.regularity.clear();
        Vectors { metrics, medians, regularity: self.regularity, ..Vectors::default() }
    }

    /// Adds those of other batches.
    pub fn merge(&mut self, other: Vectors) {
        self.add_counts(&other);
        for (own, other) in self.metrics.iter_mut().zip(other.metrics) {
            own.extend(other);
        }
        self.medians.extend(other.medians);
        self.regularity.extend(other.regularity);
        self.brought.extend(other.brought);
        self.known_by_address.extend(other.known_by_address);
        self.spent.extend(other.spent);
    }

    /// Adds the counts of others, and leaves them what they have of each buyer.
    pub(crate) fn add_counts(&mut self, other: &Vectors) {
        self.customers += other.customers;
        self.buyers += other.buyers;
        self.repeat_buyers += other.repeat_buyers;
        self.returns_only += other.returns_only;
        self.first_gaps.merge(&other.first_gaps);
        self.later_gaps.merge(&other.later_gaps);
        self.first_ages.merge(&other.first_ages);
        if self.ages.len() < other.ages.len() {
            self.ages.resize_with(other.ages.len(), DayCounts::default);
        }
        self.ages.iter_mut().zip(&other.ages).for_each(|(own, other)| own.merge(other));
    }
}

/// How often each number of days occurred. Days are not negative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct DayCounts {
    /// By days, while they are few.
    short: Vec<u32>,
    /// The rest: thirty years and more are rare, and mostly mistakes.
    long: BTreeMap<u32, u32>,
}

const SHORT: usize = 12_000;

impl DayCounts {
    #[inline]
    pub(crate) fn add(&mut self, days: i32) {
        self.add_many(days.max(0) as u32, 1);
    }

    fn add_many(&mut self, days: u32, count: u32) {
        let at = days as usize;
        if at >= SHORT {
            *self.long.entry(days).or_default() += count;
            return;
        }
        if at >= self.short.len() {
            self.short.resize((at + 1).next_multiple_of(64), 0);
        }
        self.short[at] += count;
    }

    pub(crate) fn merge(&mut self, other: &DayCounts) {
        other.iter().for_each(|(days, count)| self.add_many(days, count as u32));
    }

    /// Takes away what was added before.
    pub(crate) fn take_away(&mut self, other: &DayCounts) {
        for (days, count) in other.iter() {
            let own = match self.short.get_mut(days as usize) {
                Some(own) => own,
                None => self.long.entry(days).or_default(),
            };
            *own = own.saturating_sub(count as u32);
        }
    }

    /// (days, how often), ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let short = self.short.iter().enumerate().filter(|(_, count)| **count > 0).map(|(days, count)| (days as u32, *count as u64));
        short.chain(self.long.iter().filter(|(_, count)| **count > 0).map(|(days, count)| (*days, *count as u64)))
    }

    pub(crate) fn total(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum()
    }

    pub(crate) fn largest(&self) -> Option<u32> {
        self.iter().map(|(days, _)| days).last()
    }

    /// How many were at most so long.
    pub(crate) fn up_to(&self, days: f64) -> u64 {
        self.iter().take_while(|(at, _)| f64::from(*at) <= days).map(|(_, count)| count).sum()
    }
}

/// Gaps that ended with a purchase, and those still open.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Gaps {
    pub(crate) finished: DayCounts,
    pub(crate) open: DayCounts,
}

impl Gaps {
    fn merge(&mut self, other: &Gaps) {
        self.finished.merge(&other.finished);
        self.open.merge(&other.open);
    }
}
