//! Whether something is more than chance: Fisher's exact test, the normal distribution, intervals of shares, and a bound on
//! false discoveries among many tests.

/// Natural logarithms of factorials, 0! to n!.
pub(crate) struct LogFactorials(Vec<f64>);

impl LogFactorials {
    pub(crate) fn up_to(largest: usize) -> LogFactorials {
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
    pub(crate) fn fisher(&self, baskets: usize, one: usize, other: usize, both: usize) -> f64 {
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
pub(crate) fn false_discovery_rates(probabilities: &[f64]) -> Vec<f64> {
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

/// The two-sided 95 % point of the normal distribution.
pub(crate) const NORMAL_95: f64 = 1.959_963_984_540_054;

/// The probability that a normal variable lies at least so many standard deviations off, on either side.
pub(crate) fn two_sided(deviations: f64) -> f64 {
    libm::erfc(deviations.abs() / std::f64::consts::SQRT_2)
}

/// The 95 % interval of a share (Wilson 1927); `None` of nobody.
pub(crate) fn wilson(some: u64, of: u64) -> Option<(f64, f64)> {
    if of == 0 {
        return None;
    }
    let (n, p, z2) = (of as f64, some as f64 / of as f64, NORMAL_95 * NORMAL_95);
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let apart = NORMAL_95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Some(((middle - apart).max(0.0), (middle + apart).min(1.0)))
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

    #[test]
    fn intervals_of_shares_are_the_published_ones() {
        // Newcombe 1998, table I, Wilson without correction: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (some, of, low, high) in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)] {
            let (found_low, found_high) = wilson(some, of).unwrap();
            assert!((found_low - low).abs() < 5e-5 && (found_high - high).abs() < 5e-5, "{some} of {of}: {found_low} {found_high}");
        }
        assert_eq!(wilson(0, 0), None);
        assert!((two_sided(NORMAL_95) - 0.05).abs() < 1e-12);
    }
}
