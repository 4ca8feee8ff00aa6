//! What is bought after what, and after how long?
//!
//! Method: for each customer the first day of each item. Of those who bought one item, so many bought another for the first time
//! on a later day; the wait is the median of the days between. Beside it stands how often that other item came first in time
//! among those who have both on different days: where two items have nothing to do with each other in time, either comes first
//! in half of the cases (sign test; Benjamini and Hochberg over all pairs).
//!
//! Limits: an item that came on sale later than another comes later for that alone. Customers who are new have had less time.

use crate::chance::{false_discovery_rates, two_sided};
use std::collections::HashMap;

/// A pair of items in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follow {
    /// What was bought first.
    pub first: u32,
    /// What was bought later.
    pub then: u32,
    /// Customers who bought the first.
    pub customers: u64,
    /// Of those, customers who bought the other for the first time on a later day.
    pub followed: u64,
    /// Customers who bought them the other way round.
    pub reversed: u64,
    /// The median of the days between.
    pub median_days: f64,
    /// The least rate of false discoveries at which the order of the two would be called more than chance.
    pub false_discovery_rate: f64,
}

impl Follow {
    /// Of the customers with the first, the share who then bought the other.
    pub fn share(&self) -> f64 {
        self.followed as f64 / self.customers as f64
    }
}

/// The pairs that at least so many customers made, those with the most first. Customers are lists of (item, its first day).
pub fn follows(customers: &[Vec<(u32, i32)>], least: u64) -> Vec<Follow> {
    let mut buyers: HashMap<u32, u64> = HashMap::new();
    customers.iter().flatten().for_each(|(item, _)| *buyers.entry(*item).or_default() += 1);
    let mut pairs: HashMap<(u32, u32), Vec<i32>> = HashMap::new();
    for items in customers {
        // Items that too few ever bought make no pair, and most items are such.
        let kept: Vec<&(u32, i32)> = items.iter().filter(|(item, _)| buyers[item] >= least).collect();
        for (first, at) in &kept {
            for (then, later) in kept.iter().filter(|(_, later)| later > at) {
                pairs.entry((*first, *then)).or_default().push(later - at);
            }
        }
    }
    let mut found: Vec<Follow> = Vec::new();
    for ((first, then), waits) in &mut pairs {
        if (waits.len() as u64) < least.max(1) {
            continue;
        }
        waits.sort_unstable();
        let (upper, lower) = (waits[waits.len() / 2], waits[(waits.len() - 1) / 2]);
        found.push(Follow {
            first: *first,
            then: *then,
            customers: buyers[first],
            followed: waits.len() as u64,
            reversed: 0,
            median_days: f64::midpoint(f64::from(upper), f64::from(lower)),
            false_discovery_rate: 1.0,
        });
    }
    for follow in &mut found {
        follow.reversed = pairs.get(&(follow.then, follow.first)).map_or(0, |waits| waits.len() as u64);
    }
    found.sort_by(|a, b| b.followed.cmp(&a.followed).then(a.first.cmp(&b.first)).then(a.then.cmp(&b.then)));
    let rates = false_discovery_rates(&found.iter().map(sign).collect::<Vec<_>>());
    found.iter_mut().zip(rates).for_each(|(follow, rate)| follow.false_discovery_rate = rate);
    found
}

/// The probability that of so many pairs so unequal numbers go either way, by the normal approximation with continuity correction.
fn sign(follow: &Follow) -> f64 {
    let (one, other) = (follow.followed as f64, follow.reversed as f64);
    two_sided(((one - other).abs() - 1.0).max(0.0) / (one + other).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_and_after_how_long() {
        // A camera (0) first and then a lens (1), after 10 or 20 days; batteries (2) with either.
        let mut customers: Vec<Vec<(u32, i32)>> = Vec::new();
        for nth in 0..40 {
            customers.push(vec![(0, 5), (1, if nth % 2 == 0 { 15 } else { 25 }), (2, 5)]);
        }
        customers.extend(vec![vec![(1, 3), (0, 9)]; 4]);
        customers.extend(vec![vec![(0, 3)]; 6]);
        let found = follows(&customers, 10);
        let shown: Vec<_> =
            found.iter().map(|follow| (follow.first, follow.then, follow.customers, follow.followed, follow.reversed)).collect();
        assert_eq!(shown, [(0, 1, 50, 40, 4), (2, 1, 40, 40, 0)]);
        assert_eq!((found[0].share(), found[0].median_days), (0.8, 15.0));
        assert!(found[0].false_discovery_rate < 1e-6);
        assert_eq!(follows(&customers, 4).len(), 3);
        assert!(follows(&[], 1).is_empty());
    }

    #[test]
    fn either_way_alike_is_no_order() {
        let customers: Vec<Vec<(u32, i32)>> =
            (0..60).map(|nth| if nth % 2 == 0 { vec![(0, 1), (1, 2)] } else { vec![(1, 1), (0, 2)] }).collect();
        assert!(follows(&customers, 10).iter().all(|follow| follow.false_discovery_rate > 0.9));
    }
}
