//! Whether a rule is more than chance: Fisher's exact test, and a bound on false discoveries among many rules.

/// Natural logarithms of factorials, 0! to n!.
pub(super) struct LogFactorials(Vec<f64>);

impl LogFactorials {
    pub(super) fn up_to(largest: usize) -> LogFactorials {
        let mut logs = Vec::with_capacity(largest + 1);
        let mut sum = 0.0_f64;
        logs.push(sum);
        for number in 1..=largest {
            sum += (number as f64).ln();
            logs.push(sum);
        }
        LogFactorials(logs)
    }

    fn choose(&self, of: usize, some: usize) -> f64 {
        self.0[of] - self.0[some] - self.0[of - some]
    }

    /// The probability that at least `both` of `baskets` have both things when `one` have the one and `other` the other and
    /// the two have nothing to do with each other (Fisher 1935, one-sided; the upper tail of the hypergeometric
    /// distribution).
    pub(super) fn fisher(&self, baskets: usize, one: usize, other: usize, both: usize) -> f64 {
        let most = one.min(other);
        let least = (one + other).saturating_sub(baskets);
        if both <= least {
            return 1.0;
        }
        let first = self.choose(one, both) + self.choose(baskets - one, other - both) - self.choose(baskets, other);
        let (mut term, mut sum) = (1.0_f64, 1.0_f64);
        for have in both..most {
            // The ratio of neighbouring terms; they fall from the expected number on.
            let up = (one - have) as f64 * (other - have) as f64;
            let down = (have + 1) as f64 * (baskets + have + 1 - one - other) as f64;
            term *= up / down;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        (first + sum.ln()).exp().min(1.0)
    }
}

/// For each test the least rate of false discoveries at which it would be called one (Benjamini and Hochberg 1995).
pub(super) fn false_discovery_rates(probabilities: &[f64]) -> Vec<f64> {
    let tests = probabilities.len();
    let mut order: Vec<usize> = (0..tests).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut rates = vec![0.0; tests];
    let mut least = 1.0_f64;
    for (rank, test) in order.into_iter().enumerate().rev() {
        least = least.min(probabilities[test] * tests as f64 / (rank + 1) as f64);
        rates[test] = least;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fisher_agrees_with_the_lady_tasting_tea() {
        // Fisher 1935: four cups of eight had milk first; all four told right by chance: 1 in 70; three: 17 in 70.
        let logs = LogFactorials::up_to(8);
        assert!((logs.fisher(8, 4, 4, 4) - 1.0 / 70.0).abs() < 1e-12);
        assert!((logs.fisher(8, 4, 4, 3) - 17.0 / 70.0).abs() < 1e-12);
        assert_eq!(logs.fisher(8, 4, 4, 0), 1.0);
        assert_eq!(logs.fisher(8, 8, 8, 8), 1.0);
    }

    #[test]
    fn rates_follow_the_published_example() {
        // Benjamini and Hochberg 1995, section 4: 15 tests, of which four pass at 0.05.
        let published =
            [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];
        let rates = false_discovery_rates(&published);
        assert_eq!(rates.iter().filter(|rate| **rate <= 0.05).count(), 4);
        assert!((rates[0] - 0.0015).abs() < 1e-12);
    }
}
