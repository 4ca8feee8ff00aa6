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
        for (pair, day) in classes.windows(2).zip(&mut self.days) {
            for (before, now) in pair[0].iter().zip(&pair[1]).filter(|(before, _)| **before != unknown) {
                day.known += 1;
                day.changed += u64::from(before != now);
            }
        }
        for (customer, class) in first.iter().enumerate().filter(|(_, class)| **class != unknown) {
            self.customers += 1;
            let moved = later.iter().any(|day| day[customer] != *class);
            self.changed += u64::from(moved);
            self.back += u64::from(moved && later.last().is_some_and(|day| day[customer] == *class));
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
