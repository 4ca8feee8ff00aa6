//! How far members and others lie apart, in standard deviations, with an interval.

use crate::chance::NORMAL_95;

/// A group of numbers, as far as means and variances need it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Group {
    count: u64,
    mean: f64,
    /// Squares of distances from the mean.
    squares: f64,
}

impl Group {
    /// Adds a number (Welford 1962).
    pub fn add(&mut self, number: f64) {
        self.count += 1;
        let before = number - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (number - self.mean);
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; `None` of nobody.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }
}

/// A difference in standard deviations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The difference.
    pub size: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
}

impl Effect {
    /// Is it more than chance?
    pub fn is_shown(&self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// Hedges' g of two groups (Hedges 1981): the difference of the means over the common standard deviation, corrected for small
/// groups, with the variance of Borenstein and others (2009, equations 4.18 to 4.24). `None` where either group has fewer than
/// two, or nothing varies.
pub fn standardised(members: &Group, others: &Group) -> Option<Effect> {
    if members.count < 2 || others.count < 2 {
        return None;
    }
    let (n1, n0) = (members.count as f64, others.count as f64);
    let freedom = n1 + n0 - 2.0;
    let within = ((members.squares + others.squares) / freedom).sqrt();
    if within <= 0.0 {
        return None;
    }
    let plain = (members.mean - others.mean) / within;
    let correction = 1.0 - 3.0 / (4.0 * freedom - 1.0);
    let variance = (n1 + n0) / (n1 * n0) + plain * plain / (2.0 * (n1 + n0));
    Some(around(correction * plain, correction * variance.sqrt()))
}

/// Cohen's h of two shares (Cohen 1988, 6.2.1), with the variance of the arcsine. `None` where either group is nobody.
pub fn of_shares(members: (u64, u64), others: (u64, u64)) -> Option<Effect> {
    let angle = |(some, of): (u64, u64)| (of > 0).then(|| 2.0 * (some as f64 / of as f64).sqrt().asin());
    let size = angle(members)? - angle(others)?;
    Some(around(size, (1.0 / members.1 as f64 + 1.0 / others.1 as f64).sqrt()))
}

fn around(size: f64, deviation: f64) -> Effect {
    Effect { size, interval: (size - NORMAL_95 * deviation, size + NORMAL_95 * deviation) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A group of a given size, mean and standard deviation.
    fn group(count: u64, mean: f64, deviation: f64) -> Group {
        Group { count, mean, squares: deviation * deviation * (count - 1) as f64 }
    }

    #[test]
    fn the_example_of_the_textbook() {
        // Borenstein, Hedges, Higgins and Rothstein 2009, page 27: d 0.5970, g 0.5924, its variance 0.0411.
        let found = standardised(&group(50, 103.0, 5.5), &group(50, 100.0, 4.5)).unwrap();
        assert!((found.size - 0.5924).abs() < 5e-5, "{found:?}");
        let deviation = (found.interval.1 - found.size) / NORMAL_95;
        assert!((deviation * deviation - 0.0411).abs() < 5e-5, "{found:?}");
        assert!(found.is_shown());
    }

    #[test]
    fn shares_by_the_tables_of_cohen() {
        // Cohen 1988, table 6.2.2: phi of 0.50 is 1.571, of 0.40 is 1.369.
        let found = of_shares((50, 100), (40, 100)).unwrap();
        assert!((found.size - 0.202).abs() < 1e-3 && !found.is_shown(), "{found:?}");
        assert_eq!(of_shares((0, 0), (1, 2)), None);
    }

    #[test]
    fn groups_are_added_one_by_one() {
        let mut all = Group::default();
        [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().for_each(|number| all.add(number));
        assert_eq!((all.count(), all.mean(), all.squares), (8, Some(5.0), 32.0));
        assert_eq!(standardised(&group(1, 1.0, 0.0), &all), None);
        assert_eq!(standardised(&group(9, 1.0, 0.0), &group(9, 1.0, 0.0)), None);
    }
}
