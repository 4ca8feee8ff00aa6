//! What would a segment, or a threshold, have foretold?
//!
//! Method: at a moment of the past customers are flagged by what was known then and by nothing else; what they did in a
//! horizon after it is the truth. Precision is the share of the flagged who did it, recall the share of those who did it who
//! were flagged, lift the precision over the share of all who did it.
//!
//! Limits: the past answers for the past. A figure that was chosen on the same moments it is judged by flatters itself; so
//! [`threshold`] chooses on the earlier moments and is judged at the last.
//!
//! - [`threshold`]: the best cut of a score.

pub mod threshold;

use crate::chance::wilson;

/// Flags against what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// Customers that were looked at.
    pub customers: u64,
    /// Of those, customers who were flagged.
    pub flagged: u64,
    /// Customers who did it.
    pub did: u64,
    /// Customers who were flagged and did it.
    pub hits: u64,
}

impl Judged {
    /// Of customers as (flagged, did it).
    pub fn of(customers: impl IntoIterator<Item = (bool, bool)>) -> Judged {
        let mut judged = Judged::default();
        customers.into_iter().for_each(|(flagged, did)| judged.add(flagged, did));
        judged
    }

    /// Adds a customer.
    #[inline]
    pub fn add(&mut self, flagged: bool, did: bool) {
        self.customers += 1;
        self.flagged += u64::from(flagged);
        self.did += u64::from(did);
        self.hits += u64::from(flagged && did);
    }

    /// Of both together.
    pub fn and(self, other: Judged) -> Judged {
        Judged {
            customers: self.customers + other.customers,
            flagged: self.flagged + other.flagged,
            did: self.did + other.did,
            hits: self.hits + other.hits,
        }
    }

    /// The share of all customers who did it.
    pub fn base(&self) -> Option<f64> {
        share(self.did, self.customers)
    }

    /// The share of all who were flagged.
    pub fn flagged_share(&self) -> Option<f64> {
        share(self.flagged, self.customers)
    }

    /// Of the flagged, the share who did it.
    pub fn precision(&self) -> Option<f64> {
        share(self.hits, self.flagged)
    }

    /// Its 95 % interval (Wilson 1927).
    pub fn precision_interval(&self) -> Option<(f64, f64)> {
        wilson(self.hits, self.flagged)
    }

    /// Of those not flagged, the share who did it.
    pub fn others(&self) -> Option<f64> {
        share(self.did - self.hits, self.customers - self.flagged)
    }

    /// Of those who did it, the share who were flagged.
    pub fn recall(&self) -> Option<f64> {
        share(self.hits, self.did)
    }

    /// How many times the share of all the flagged did it.
    pub fn lift(&self) -> Option<f64> {
        Some(self.precision()? / self.base().filter(|base| *base > 0.0)?)
    }

    /// Youden's J (1950): recall less the share flagged among those who did not do it. 0 where flags say nothing, 1 where they
    /// say all.
    pub fn youden(&self) -> Option<f64> {
        Some(self.recall()? - share(self.flagged - self.hits, self.customers - self.did)?)
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_table_of_four() {
        // 8 flagged of 20, 10 did it, 6 of them flagged.
        let people = (0..20).map(|at| (at < 8, at < 6 || (8..12).contains(&at)));
        let judged = Judged::of(people);
        assert_eq!(judged, Judged { customers: 20, flagged: 8, did: 10, hits: 6 });
        assert_eq!((judged.precision(), judged.recall(), judged.base(), judged.lift()), (Some(0.75), Some(0.6), Some(0.5), Some(1.5)));
        assert_eq!((judged.others(), judged.flagged_share()), (Some(4.0 / 12.0), Some(0.4)));
        assert!((judged.youden().unwrap() - (0.6 - 0.2)).abs() < 1e-12);
        assert_eq!(judged.and(judged).hits, 12);
    }

    #[test]
    fn nobody_flagged_and_nobody_who_did_it_have_no_figures() {
        let judged = Judged::of([(false, false), (false, false)]);
        assert_eq!((judged.precision(), judged.recall(), judged.lift(), judged.youden()), (None, None, None, None));
        assert_eq!((judged.base(), judged.precision_interval(), Judged::default().base()), (Some(0.0), None, None));
    }
}
