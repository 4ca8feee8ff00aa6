//! Which way of segmenting parts customers best by what they do later?
//!
//! The correlation ratio (Pearson 1905, Fisher 1925): of the variance of what is looked at, the share that lies between the
//! classes. Of classes there can be many or few, and many part better by chance alone, so that the share is corrected for their
//! number (epsilon squared, Kelley 1935).

use std::collections::BTreeMap;

/// A way of segmenting, and what customers of its classes did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parted {
    classes: BTreeMap<String, (u64, f64)>,
    count: u64,
    sum: f64,
    squares: f64,
}

impl Parted {
    /// Adds a customer.
    pub fn add(&mut self, class: &str, number: f64) {
        let known = match self.classes.get_mut(class) {
            Some(known) => known,
            None => self.classes.entry(class.to_owned()).or_default(),
        };
        *known = (known.0 + 1, known.1 + number);
        self.count += 1;
        self.sum += number;
        self.squares += number * number;
    }

    /// How many classes have customers.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// How many customers.
    pub fn customers(&self) -> u64 {
        self.count
    }

    /// The share of the variance that lies between classes, corrected for their number, and not below nought; `None` where nothing
    /// varies, or there are no more customers than classes.
    pub fn between(&self) -> Option<f64> {
        let (n, classes) = (self.count as f64, self.classes.len() as f64);
        if n <= classes || classes < 1.0 {
            return None;
        }
        let mean = self.sum / n;
        let all = self.squares - n * mean * mean;
        let between: f64 = self.classes.values().map(|(count, sum)| *count as f64 * (sum / *count as f64 - mean).powi(2)).sum();
        (all > 1e-9 * self.squares.max(1e-12)).then(|| (1.0 - (all - between) / all * (n - 1.0) / (n - classes)).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_between_classes() {
        // Means 1 and 3 about 2, within each class 0 and 2, 2 and 4: of 8 in all 4 lie between; corrected 1 - 4/8 * 3/2.
        let mut parted = Parted::default();
        for (class, number) in [("a", 0.0), ("a", 2.0), ("b", 2.0), ("b", 4.0)] {
            parted.add(class, number);
        }
        assert!((parted.between().unwrap() - 0.25).abs() < 1e-12, "{parted:?}");
        assert_eq!((parted.classes(), parted.customers()), (2, 4));
        let mut sharp = Parted::default();
        (0..10).for_each(|nth| sharp.add(if nth < 5 { "low" } else { "high" }, if nth < 5 { 1.0 } else { 9.0 }));
        assert!((sharp.between().unwrap() - 1.0).abs() < 1e-12);
        let mut flat = Parted::default();
        (0..10).for_each(|nth| flat.add(if nth < 5 { "low" } else { "high" }, 3.0));
        assert_eq!((flat.between(), Parted::default().between()), (None, None));
    }
}
