//! What is bought after what, and after how long?
//!
//! Method: for each customer the first day of each item. Of those who bought one item, so many bought another for the first time
//! on a later day; the wait is the median of the days between. Beside it stands how often that other item came first in time
//! among those who have both on different days: where two items have nothing to do with each other in time, either comes first
//! in half of the cases (sign test; Benjamini and Hochberg over all pairs).
//!
//! Limits: an item that came on sale later than another comes later for that alone. Customers who are new have had less time.

use crate::chance::{false_discovery_rates, two_sided};
use std::collections::BTreeMap;

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

/// The pairs that at least so many customers made, those with the most first. Customers are lists of (item, its first day), each
/// item once.
///
/// Pairs are counted first, some items at a time so that memory stays small; only those that are kept are looked at again.
pub fn follows(customers: &[Vec<(u32, i32)>], least: u64) -> Vec<Follow> {
    let least = least.max(1);
    let mut owners: BTreeMap<u32, Vec<(u32, i32)>> = BTreeMap::new();
    for (customer, items) in customers.iter().enumerate() {
        items.iter().for_each(|(item, day)| owners.entry(*item).or_default().push((customer as u32, *day)));
    }
    // Items that too few ever bought make no pair, and most items are such.
    owners.retain(|_, owners| owners.len() as u64 >= least);
    let items: Vec<u32> = owners.keys().copied().collect();
    let owners: Vec<Vec<(u32, i32)>> = owners.into_values().collect();
    let mut found: Vec<Follow> = common(customers.len(), &owners, least)
        .into_iter()
        .map(|(first, then)| follow(items[first], items[then], &owners[first], &owners[then]))
        .collect();
    found.sort_by(|a, b| b.followed.cmp(&a.followed).then(a.first.cmp(&b.first)).then(a.then.cmp(&b.then)));
    let rates = false_discovery_rates(&found.iter().map(sign).collect::<Vec<_>>());
    found.iter_mut().zip(rates).for_each(|(follow, rate)| follow.false_discovery_rate = rate);
    found
}

/// Counts that are held at a time.
const COUNTS: usize = 1 << 22;

/// Pairs of items, by place, of which the second came later with so many customers.
fn common(customers: usize, owners: &[Vec<(u32, i32)>], least: u64) -> Vec<(usize, usize)> {
    let mut own: Vec<Vec<(u32, i32)>> = vec![Vec::new(); customers];
    for (item, owners) in owners.iter().enumerate() {
        owners.iter().for_each(|(customer, day)| own[*customer as usize].push((item as u32, *day)));
    }
    let items = owners.len();
    let at_a_time = (COUNTS / items.max(1)).max(1);
    let mut found = Vec::new();
    for start in (0..items).step_by(at_a_time) {
        let block = start..(start + at_a_time).min(items);
        let mut counts = vec![0_u32; block.len() * items];
        for own in &own {
            let from = own.partition_point(|(item, _)| (*item as usize) < block.start);
            for (first, at) in own[from..].iter().take_while(|(item, _)| (*item as usize) < block.end) {
                let row = &mut counts[(*first as usize - block.start) * items..][..items];
                own.iter().for_each(|(then, later)| row[*then as usize] += u32::from(later > at));
            }
        }
        let kept = counts.iter().enumerate().filter(|(_, count)| u64::from(**count) >= least);
        found.extend(kept.map(|(place, _)| (block.start + place / items, place % items)));
    }
    found
}

/// One pair, by the customers of both, each list in the order of customers.
fn follow(first: u32, then: u32, of_first: &[(u32, i32)], of_then: &[(u32, i32)]) -> Follow {
    let (mut waits, mut reversed, mut place) = (Vec::new(), 0, 0);
    for (customer, at) in of_first {
        while of_then.get(place).is_some_and(|(other, _)| other < customer) {
            place += 1;
        }
        match of_then.get(place) {
            Some((other, later)) if other == customer && later > at => waits.push(later - at),
            Some((other, later)) if other == customer && later < at => reversed += 1,
            _ => {}
        }
    }
    waits.sort_unstable();
    let middle = |place: usize| waits.get(place).copied().map_or(0.0, f64::from);
    Follow {
        first,
        then,
        customers: of_first.len() as u64,
        followed: waits.len() as u64,
        reversed,
        median_days: f64::midpoint(middle(waits.len() / 2), middle(waits.len().saturating_sub(1) / 2)),
        false_discovery_rate: 1.0,
    }
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

    proptest::proptest! {
        /// Against looking at every pair of every customer.
        #[test]
        fn every_pair_of_every_customer(people in proptest::collection::vec(proptest::collection::btree_map(0_u32..6, 0_i32..5, 0..6), 0..25), least in 1_u64..4) {
            let customers: Vec<Vec<(u32, i32)>> = people.iter().map(|own| own.iter().map(|(item, day)| (*item, *day)).collect()).collect();
            let found = follows(&customers, least);
            let count = |first: u32, then: u32| people.iter().filter(|own| matches!((own.get(&first), own.get(&then)), (Some(a), Some(b)) if a < b)).count() as u64;
            for first in 0..6 {
                for then in 0..6 {
                    let own = found.iter().find(|follow| (follow.first, follow.then) == (first, then));
                    let expected = Some((count(first, then), count(then, first))).filter(|(followed, _)| *followed >= least);
                    proptest::prop_assert_eq!(own.map(|follow| (follow.followed, follow.reversed)), expected, "{} then {}", first, then);
                }
            }
        }
    }
}
