//! How many customers change their class a day, and how many come back to where they were.
//!
//! Method: the classes of neighbouring days are compared, over customers known on both. A customer who ends a stretch of
//! days in the class in which they began it, and was elsewhere between, has been there and back.
//!
//! A plan made for a class holds as long as its members stay; where many go there and back, a class says more of a
//! threshold than of its customers.

/// What some customers, or all of them, did over a stretch of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flicker {
    /// By day, the first compared with the day before it.
    pub days: Vec<Day>,
    /// Customers known on the first day.
    pub customers: u64,
    /// Of those, customers whose class changed at least once.
    pub changed: u64,
    /// Of those, customers who are back in their first class.
    pub back: u64,
}

/// One day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Customers known on it and on the day before.
    pub known: u64,
    /// Of those, in another class than the day before.
    pub changed: u64,
}

impl Flicker {
    /// Adds customers by their classes: by day, oldest first, then by customer; `unknown` marks one who is not known yet.
    pub fn add(&mut self, classes: &[Vec<u8>], unknown: u8) {
        let [first, later @ ..] = classes else { return };
        self.days.resize(self.days.len().max(later.len()), Day::default());
        // Day by day without a branch, which a processor does for many customers at once.
        for (pair, day) in classes.windows(2).zip(&mut self.days) {
            let both = || pair[0].iter().zip(&pair[1]);
            day.known += count(pair[0].iter().map(|before| *before != unknown));
            day.changed += count(both().map(|(before, now)| (*before != unknown) & (before != now)));
        }
        let mut moved = vec![false; first.len()];
        for day in later {
            for ((moved, class), now) in moved.iter_mut().zip(first).zip(day) {
                *moved |= (class != now) & (*class != unknown);
            }
        }
        self.customers += count(first.iter().map(|class| *class != unknown));
        self.changed += count(moved.iter().copied());
        if let Some(last) = later.last() {
            self.back += count(moved.iter().zip(first).zip(last).map(|((moved, class), now)| *moved & (class == now)));
        }
    }

    /// Adds what others did over the same days.
    pub fn merge(&mut self, other: &Flicker) {
        self.days.resize(self.days.len().max(other.days.len()), Day::default());
        for (own, other) in self.days.iter_mut().zip(&other.days) {
            own.known += other.known;
            own.changed += other.changed;
        }
        self.customers += other.customers;
        self.changed += other.changed;
        self.back += other.back;
    }

    /// Customers who change a day, on the average of the days.
    pub fn a_day(&self) -> Option<f64> {
        let changed: u64 = self.days.iter().map(|day| day.changed).sum();
        (!self.days.is_empty()).then(|| changed as f64 / self.days.len() as f64)
    }

    /// The same as a share of the customers.
    pub fn share_a_day(&self) -> Option<f64> {
        let (known, changed) = self.days.iter().fold((0, 0), |(known, changed), day| (known + day.known, changed + day.changed));
        (known > 0).then(|| changed as f64 / known as f64)
    }

    /// The largest of the days.
    pub fn most(&self) -> Option<u64> {
        self.days.iter().map(|day| day.changed).max()
    }
}

fn count(marks: impl Iterator<Item = bool>) -> u64 {
    marks.map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOT_YET: u8 = 255;

    #[test]
    fn changes_are_counted_by_day_and_by_customer() {
        // Four customers over four days: stays, there and back, moves once, comes on the third day and moves.
        let days = vec![vec![1, 1, 1, NOT_YET], vec![1, 2, 1, NOT_YET], vec![1, 2, 3, 0], vec![1, 1, 3, 1]];
        let mut found = Flicker::default();
        found.add(&days, NOT_YET);
        let day = |known, changed| Day { known, changed };
        assert_eq!(found.days, [day(3, 1), day(3, 1), day(4, 2)]);
        assert_eq!((found.customers, found.changed, found.back), (3, 2, 1));
        assert_eq!((found.a_day(), found.share_a_day(), found.most()), (Some(4.0 / 3.0), Some(0.4), Some(2)));
        let mut twice = found.clone();
        twice.merge(&found);
        assert_eq!((twice.days[2], twice.back), (day(8, 4), 2));
    }

    #[test]
    fn nobody_and_one_day_change_nothing() {
        let mut found = Flicker::default();
        found.add(&[], NOT_YET);
        found.add(&[vec![1, 2]], NOT_YET);
        assert_eq!((found.a_day(), found.share_a_day(), found.most(), found.changed), (None, None, None, 0));
    }
}
