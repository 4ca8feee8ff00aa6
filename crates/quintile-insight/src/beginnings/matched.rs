//! Two groups of customers compared within strata of customers who began alike.
//!
//! The difference of shares is that of Mantel and Haenszel: within each stratum, weighted by n1 n0 / n, with the variance of
//! Sato (1989, Biometrics 45, 1323), which holds for few large and for many small strata. The test is that of Mantel and
//! Haenszel (1959) with continuity correction, two-sided. Amounts are compared with the same weights, their variance within
//! each stratum taken as one.

use crate::chance::{NORMAL_95, two_sided};

/// Customers of one stratum, or those of them who are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// How many.
    pub customers: f64,
    /// How many of them came back.
    pub back: f64,
    /// What they spent later, and its squares.
    pub later: f64,
    /// The squares of it.
    pub squares: f64,
}

impl Tally {
    /// Adds a customer.
    pub fn add(&mut self, back: bool, later: f64) {
        self.customers += 1.0;
        self.back += f64::from(u8::from(back));
        self.later += later;
        self.squares += later * later;
    }

    fn without(&self, some: &Tally) -> Tally {
        Tally {
            customers: self.customers - some.customers,
            back: self.back - some.back,
            later: self.later - some.later,
            squares: self.squares - some.squares,
        }
    }
}

/// What became of those who are looked at, against others who began alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Matched {
    /// Those looked at for whom there is somebody to compare with.
    pub customers: u64,
    /// The share of them who came back, and the share of those they are compared with, both with the weights of the strata.
    pub back: f64,
    /// The same of those they are compared with.
    pub others_back: f64,
    /// The difference of the shares with its 95 % interval.
    pub difference: f64,
    /// Its interval.
    pub interval: (f64, f64),
    /// The probability of so large a difference by chance alone.
    pub probability: f64,
    /// The difference of what was spent later, a customer, in the unit of the tallies.
    pub later: f64,
    /// Its 95 % interval.
    pub later_interval: (f64, f64),
}

/// Compares those who are looked at with all others, stratum by stratum: (those looked at, all). `None` where no stratum has
/// both.
pub fn matched(strata: impl Iterator<Item = (Tally, Tally)>) -> Option<Matched> {
    let mut sums = Sums::default();
    for (some, all) in strata {
        sums.add(&some, &all);
    }
    sums.told()
}

#[derive(Default)]
struct Sums {
    customers: f64,
    weight: f64,
    back: f64,
    others_back: f64,
    /// P and Q of Sato.
    p: f64,
    q: f64,
    excess: f64,
    variance: f64,
    later: f64,
    later_variance: f64,
}

impl Sums {
    fn add(&mut self, some: &Tally, all: &Tally) {
        let others = all.without(some);
        let (n1, n0, n) = (some.customers, others.customers, all.customers);
        if n1 < 0.5 || n0 < 0.5 {
            return;
        }
        let (x1, x0) = (some.back, others.back);
        let weight = n1 * n0 / n;
        self.customers += n1;
        self.weight += weight;
        self.back += x1 * n0 / n;
        self.others_back += x0 * n1 / n;
        self.p += (n1 * n1 * x0 - n0 * n0 * x1 + n1 * n0 * (n0 - n1) / 2.0) / (n * n);
        self.q += (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2.0 * n);
        let came = all.back;
        self.excess += x1 - n1 * came / n;
        self.variance += n1 * n0 * came * (n - came) / (n * n * (n - 1.0));
        self.later += some.later * n0 / n - others.later * n1 / n;
        let spread = (all.squares - all.later * all.later / n).max(0.0) / (n - 1.0);
        self.later_variance += spread * weight;
    }

    fn told(&self) -> Option<Matched> {
        if self.weight <= 0.0 {
            return None;
        }
        let (back, others_back) = (self.back / self.weight, self.others_back / self.weight);
        let difference = back - others_back;
        let apart = NORMAL_95 * ((difference * self.p + self.q).max(0.0)).sqrt() / self.weight;
        let off = (self.excess.abs() - 0.5).max(0.0);
        let probability = if self.variance > 0.0 { two_sided(off / self.variance.sqrt()) } else { 1.0 };
        let later = self.later / self.weight;
        let later_apart = NORMAL_95 * self.later_variance.sqrt() / self.weight;
        Some(Matched {
            customers: self.customers as u64,
            back,
            others_back,
            difference,
            interval: ((difference - apart).max(-1.0), (difference + apart).min(1.0)),
            probability,
            later,
            later_interval: (later - later_apart, later + later_apart),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(customers: u32, back: u32) -> Tally {
        Tally { customers: f64::from(customers), back: f64::from(back), ..Tally::default() }
    }

    #[test]
    fn admissions_to_berkeley() {
        // Bickel, Hammel and O'Connell 1975: men and women admitted and refused in six departments. `mantelhaen.test` of R
        // gives 1.4269 on one degree of freedom, a probability of 0.2323.
        let departments =
            [(512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391), (138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317)];
        let strata = departments.map(|(men, men_refused, women, women_refused)| {
            (tally(men + men_refused, men), tally(men + men_refused + women + women_refused, men + women))
        });
        let found = matched(strata.into_iter()).unwrap();
        assert!((found.probability - 0.2323).abs() < 5e-5, "{found:?}");
        assert_eq!(found.customers, 2_691);
        // Together it looks as if men were preferred by 14 points; within departments there is nothing.
        assert!(found.difference.abs() < 0.03 && found.interval.0 < 0.0 && found.interval.1 > 0.0, "{found:?}");
    }

    #[test]
    fn one_large_stratum_is_the_plain_comparison() {
        let found = matched([(tally(400, 120), tally(1000, 420))].into_iter()).unwrap();
        assert!((found.difference - (0.3 - 0.5)).abs() < 1e-12 && (found.back - 0.3).abs() < 1e-12);
        let plain = 1.959_964 * (0.3_f64 * 0.7 / 400.0 + 0.5 * 0.5 / 600.0).sqrt();
        assert!((found.interval.1 - found.difference - plain).abs() < 1e-4, "{found:?}");
        assert!(matched([(tally(3, 1), tally(3, 1))].into_iter()).is_none());
    }

    #[test]
    fn amounts_are_compared_within_strata() {
        // Two strata of other levels, and no difference in either.
        let of = |values: &[(bool, f64)]| {
            let (mut some, mut all) = (Tally::default(), Tally::default());
            for (looked_at, value) in values {
                all.add(false, *value);
                if *looked_at {
                    some.add(false, *value);
                }
            }
            (some, all)
        };
        let rich = of(&[(true, 90.0), (true, 110.0), (true, 100.0), (false, 100.0)]);
        let poor = of(&[(true, 10.0), (false, 10.0), (false, 9.0), (false, 11.0)]);
        let found = matched([rich, poor].into_iter()).unwrap();
        assert!(found.later.abs() < 1e-9 && found.later_interval.0 < 0.0 && found.later_interval.1 > 0.0, "{found:?}");
    }
}
