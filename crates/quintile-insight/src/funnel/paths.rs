//! The commonest ways customers went, with their times.
//!
//! Method: each customer's touches in the order of time, the first few of them; equal ways are counted together. The time of
//! a way is the median from its first touch to its last.
//!
//! Limits: a way is as fine as what the store records. Customers whose touches are few are often on the same way, those with
//! many hardly ever, so common ways are short ones.

use super::median_days;
use std::collections::HashMap;

/// Ways of some customers; a touch is a number that the asker knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    ways: HashMap<Vec<u8>, Vec<i64>>,
    customers: u64,
}

/// One way.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its touches.
    pub touches: Vec<u8>,
    /// Customers who went it.
    pub customers: u64,
    /// Their share of all who went any way.
    pub share: f64,
    /// The median time from the first touch to the last, in days of 24 hours.
    pub days: Option<f64>,
}

impl Paths {
    /// Adds a customer by touches with their instants in microseconds, in the order of time; the first `most` count. Nobody
    /// goes a way without a touch.
    pub fn add(&mut self, touches: impl Iterator<Item = (u8, i64)>, most: usize) {
        let (mut way, mut first, mut last) = (Vec::new(), None, 0);
        for (touch, at) in touches.take(most) {
            way.push(touch);
            first.get_or_insert(at);
            last = at;
        }
        if let Some(first) = first {
            self.customers += 1;
            self.ways.entry(way).or_default().push(last.saturating_sub(first));
        }
    }

    /// Adds other customers.
    pub fn merge(&mut self, other: Paths) {
        self.customers += other.customers;
        for (way, times) in other.ways {
            self.ways.entry(way).or_default().extend(times);
        }
    }

    /// Customers who went any way.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// How many ways there are.
    pub fn ways(&self) -> usize {
        self.ways.len()
    }

    /// The commonest.
    pub fn commonest(&self, most: usize) -> Vec<Path> {
        let mut all: Vec<(&Vec<u8>, &Vec<i64>)> = self.ways.iter().collect();
        all.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(b.0)));
        let path = |(way, times): (&Vec<u8>, &Vec<i64>)| Path {
            touches: way.clone(),
            customers: times.len() as u64,
            share: times.len() as f64 / self.customers as f64,
            days: median_days(times),
        };
        all.into_iter().take(most).map(path).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_model::time::DAY_MICROS;

    #[test]
    fn equal_ways_are_counted_together() {
        let mut paths = Paths::default();
        let mut add = |way: &[(u8, i64)]| paths.add(way.iter().map(|(touch, day)| (*touch, day * DAY_MICROS)), 3);
        add(&[(1, 0), (2, 4)]);
        add(&[(1, 3), (2, 5)]);
        add(&[(1, 0), (2, 1), (3, 2), (3, 9)]);
        add(&[(1, 0), (2, 1), (3, 8), (4, 9)]);
        add(&[(2, 7)]);
        add(&[]);
        let mut other = Paths::default();
        other.add([(1, 0), (2, DAY_MICROS)].into_iter(), 3);
        paths.merge(other);
        let shown: Vec<_> = paths.commonest(2).into_iter().map(|path| (path.touches, path.customers, path.days)).collect();
        assert_eq!(shown, [(vec![1, 2], 3, Some(2.0)), (vec![1, 2, 3], 2, Some(5.0))]);
        assert_eq!((paths.customers(), paths.ways(), paths.commonest(9)[0].share), (6, 3, 0.5));
    }
}
