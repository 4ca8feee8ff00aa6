//! What do members buy more than others?

use crate::chance::{LogFactorials, false_discovery_rates};

/// A thing that members buy more than others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Liked {
    /// Its place among the things.
    pub item: usize,
    /// Members who bought it.
    pub members: u64,
    /// The share of members who bought it over the share of all customers who did.
    pub lift: f64,
    /// The least rate of false discoveries at which it would be called one (Fisher's exact test, one-sided; Benjamini and
    /// Hochberg).
    pub false_discovery_rate: f64,
}

/// Things that at least so many members bought, and more of them than of the others by more than chance at a rate of false
/// discoveries of 5 %; the largest lift first. Counts are of (members, all customers) who bought each thing.
pub fn liked(items: &[(u64, u64)], members: u64, customers: u64, least: u64) -> Vec<Liked> {
    if members == 0 || members >= customers {
        return Vec::new();
    }
    let logs = LogFactorials::up_to(customers as usize);
    let tested: Vec<usize> = (0..items.len()).filter(|item| items[*item].0 >= least.max(1)).collect();
    let probability = |item: &usize| logs.fisher(customers as usize, members as usize, items[*item].1 as usize, items[*item].0 as usize);
    let rates = false_discovery_rates(&tested.iter().map(probability).collect::<Vec<_>>());
    let one = |(item, rate): (usize, f64)| {
        let (own, all) = items[item];
        let lift = (own as f64 / members as f64) / (all as f64 / customers as f64);
        Liked { item, members: own, lift, false_discovery_rate: rate }
    };
    let mut found: Vec<Liked> =
        tested.into_iter().zip(rates).map(one).filter(|liked| liked.false_discovery_rate <= 0.05 && liked.lift > 1.0).collect();
    found.sort_by(|a, b| b.lift.total_cmp(&a.lift).then(a.item.cmp(&b.item)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_members_like_is_more_than_chance() {
        // 100 members of 1,000. Of the first 40 of 100 buyers are members, where 10 are expected; of the second 12 of 100.
        let found = liked(&[(40, 100), (12, 100), (0, 300)], 100, 1_000, 5);
        assert_eq!(found.iter().map(|liked| (liked.item, liked.members)).collect::<Vec<_>>(), [(0, 40)]);
        assert!((found[0].lift - 4.0).abs() < 1e-12 && found[0].false_discovery_rate < 1e-9);
        assert!(liked(&[(5, 5)], 10, 10, 1).is_empty());
    }
}
