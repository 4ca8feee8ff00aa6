//! Association rules: of the baskets with these items, so many also have that one (Agrawal, Imielinski, Swami 1993).

use super::itemsets::ItemSets;
use crate::chance::{LogFactorials, false_discovery_rates};
use std::collections::HashMap;

/// A rule: whoever has all of `bought` also has `also`, so often.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The items it starts from, ascending.
    pub bought: Vec<u32>,
    /// The item it leads to.
    pub also: u32,
    /// Baskets with all of them.
    pub both: u32,
    /// Baskets with what it starts from.
    pub with_bought: u32,
    /// Baskets with what it leads to.
    pub with_also: u32,
    /// All baskets.
    pub baskets: u32,
    /// The rate of false discoveries, among all rules that could be made from the sets, at which this one would be called
    /// more than chance (Fisher's exact test, one-sided; Benjamini and Hochberg).
    pub false_discovery_rate: f64,
}

impl Rule {
    /// Share of all baskets that have all of its items.
    pub fn support(&self) -> f64 {
        f64::from(self.both) / f64::from(self.baskets)
    }

    /// Of the baskets with what it starts from, the share that has what it leads to.
    pub fn confidence(&self) -> f64 {
        f64::from(self.both) / f64::from(self.with_bought)
    }

    /// Confidence over the share of all baskets with what it leads to: 1 where the two have nothing to do with each other.
    pub fn lift(&self) -> f64 {
        self.confidence() * f64::from(self.baskets) / f64::from(self.with_also)
    }
}

/// Which rules are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RuleSettings {
    /// Confidence at least, in billionths: whole numbers, so that 0.8 of 10 baskets is 8 and not one more.
    pub least_confidence_e9: u64,
}

impl RuleSettings {
    /// From a share between 0 and 1; anything else is taken as the nearer of them, and no number as 0.
    pub fn of(confidence: f64) -> RuleSettings {
        RuleSettings { least_confidence_e9: (confidence.clamp(0.0, 1.0) * 1e9).round() as u64 }
    }
}

/// Every rule with one item on the right that the sets bear, by lift, then baskets, then items.
pub fn rules(sets: &ItemSets, baskets: usize, settings: RuleSettings) -> Vec<Rule> {
    let counts: HashMap<&[u32], u32> = sets.iter().collect();
    let logs = LogFactorials::up_to(baskets);
    let mut all = Vec::new();
    let mut probabilities = Vec::new();
    for (set, both) in sets.iter().filter(|(set, _)| set.len() > 1) {
        for also in set {
            let bought: Vec<u32> = set.iter().copied().filter(|item| item != also).collect();
            // INVARIANT: every part of a frequent set is frequent, and is in the list.
            let (Some(with_bought), Some(with_also)) = (counts.get(&bought[..]), counts.get(&[*also][..])) else { continue };
            let (with_bought, with_also) = (*with_bought, *with_also);
            probabilities.push(logs.fisher(baskets, with_bought as usize, with_also as usize, both as usize));
            all.push(Rule { bought, also: *also, both, with_bought, with_also, baskets: baskets as u32, false_discovery_rate: 1.0 });
        }
    }
    for (rule, rate) in all.iter_mut().zip(false_discovery_rates(&probabilities)) {
        rule.false_discovery_rate = rate;
    }
    let least = u128::from(settings.least_confidence_e9);
    all.retain(|rule| u128::from(rule.both) * 1_000_000_000 >= least * u128::from(rule.with_bought));
    all.sort_by(|a, b| {
        let lift = |rule: &Rule| u128::from(rule.both);
        // both_a / (bought_a also_a) against both_b / (bought_b also_b), in whole numbers.
        let left = lift(a) * u128::from(b.with_bought) * u128::from(b.with_also);
        let right = lift(b) * u128::from(a.with_bought) * u128::from(a.with_also);
        right.cmp(&left).then(b.both.cmp(&a.both)).then_with(|| a.bought.cmp(&b.bought)).then(a.also.cmp(&b.also))
    });
    all
}

/// The fewest baskets that are a share of all of them, rounded up exactly; one at least.
pub fn least_baskets(baskets: usize, support: f64) -> u32 {
    let share = (support.clamp(0.0, 1.0) * 1e9).round() as u128;
    (share * baskets as u128).div_ceil(1_000_000_000).clamp(1, u128::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::super::{Baskets, Limits, frequent};
    use super::*;

    #[test]
    fn confidence_is_compared_exactly() {
        let mut baskets = Baskets::default();
        (0..8).for_each(|_| baskets.push([0, 1]));
        (0..2).for_each(|_| baskets.push([0]));
        (0..10).for_each(|_| baskets.push([2]));
        let sets = frequent(&baskets, Limits::of(1)).unwrap();
        let found = rules(&sets, baskets.len(), RuleSettings::of(0.8));
        assert_eq!(found.iter().map(|rule| (rule.bought.clone(), rule.also)).collect::<Vec<_>>(), [(vec![0], 1), (vec![1], 0)]);
        assert_eq!((found[0].confidence(), found[0].support()), (0.8, 0.4));
        assert!((found[0].lift() - 2.0).abs() < 1e-12);
        assert!(found[0].false_discovery_rate < 0.01);
        assert_eq!(rules(&sets, baskets.len(), RuleSettings::of(0.81)).len(), 1);
    }

    #[test]
    fn support_is_rounded_up_exactly() {
        assert_eq!([(9835, 0.001), (9835, 0.006), (10, 0.3), (10, 0.0)].map(|(n, s)| least_baskets(n, s)), [10, 60, 3, 1]);
    }
}
