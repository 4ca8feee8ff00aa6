//! Who went from which class to which between two moments, and what they spent meanwhile.
//!
//! Method: each customer known at the second moment stands on one arrow: from the class at the first moment, or from
//! nowhere, to the class at the second. Rows of the matrix add up to the classes before, columns to the classes after.
//!
//! Limits: only the two moments are compared; who left and came back between them has not moved. Customers known at a
//! moment stay known, so that nobody leaves the store, only a class.
//!
//! - [`control`]: is a flow of this month unusual, by the store's own past?

pub mod control;

/// Customers on one arrow, and their money in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arrow {
    /// How many.
    pub customers: u64,
    /// What they had spent, net, up to the second moment.
    pub spent: i128,
    /// What of it they spent between the two.
    pub between: i128,
}

impl Arrow {
    /// Of both together.
    pub fn and(self, other: Arrow) -> Arrow {
        Arrow { customers: self.customers + other.customers, spent: self.spent + other.spent, between: self.between + other.between }
    }
}

/// All arrows between the classes of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    classes: usize,
    /// By class before, the last one nowhere, then by class after.
    arrows: Vec<Arrow>,
}

/// What became of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// In the class at the first moment.
    pub before: Arrow,
    /// Of those, still in it.
    pub stayed: Arrow,
    /// Of those, in another class now.
    pub left: Arrow,
    /// In the class now, and in another before.
    pub entered: Arrow,
    /// In the class now, and not known before.
    pub new: Arrow,
    /// In the class now: who stayed, who entered and who is new.
    pub now: Arrow,
}

impl Matrix {
    /// Of so many classes, without anybody.
    pub fn new(classes: usize) -> Matrix {
        Matrix { classes, arrows: vec![Arrow::default(); (classes + 1) * classes] }
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Adds a customer: the class before, if known then, and the class now; what they had spent at both moments. A class
    /// that is none of the partition is left out.
    #[inline]
    pub fn add(&mut self, before: Option<usize>, now: usize, spent_before: i64, spent_now: i64) {
        if now >= self.classes || before.is_some_and(|before| before >= self.classes) {
            return;
        }
        let arrow = &mut self.arrows[before.unwrap_or(self.classes) * self.classes + now];
        arrow.customers += 1;
        arrow.spent += i128::from(spent_now);
        arrow.between += i128::from(spent_now) - i128::from(spent_before);
    }

    /// Adds those of other customers, between the same classes.
    pub fn merge(&mut self, other: &Matrix) {
        for (own, other) in self.arrows.iter_mut().zip(&other.arrows) {
            *own = own.and(*other);
        }
    }

    /// The arrow from a class, or from nowhere, to a class.
    pub fn arrow(&self, before: Option<usize>, now: usize) -> Arrow {
        self.arrows.get(before.unwrap_or(self.classes) * self.classes + now).copied().unwrap_or_default()
    }

    /// What became of a class.
    pub fn balance(&self, class: usize) -> Balance {
        let others = || (0..self.classes).filter(|other| *other != class);
        let sum = |arrows: &mut dyn Iterator<Item = Arrow>| arrows.fold(Arrow::default(), Arrow::and);
        let stayed = self.arrow(Some(class), class);
        let left = sum(&mut others().map(|other| self.arrow(Some(class), other)));
        let entered = sum(&mut others().map(|other| self.arrow(Some(other), class)));
        let new = self.arrow(None, class);
        Balance { before: stayed.and(left), stayed, left, entered, new, now: stayed.and(entered).and(new) }
    }

    /// Customers known at the first moment.
    pub fn known_before(&self) -> u64 {
        self.arrows[..self.classes * self.classes].iter().map(|arrow| arrow.customers).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(customers: u64, spent: i128, between: i128) -> Arrow {
        Arrow { customers, spent, between }
    }

    #[test]
    fn everybody_stands_on_one_arrow() {
        let mut matrix = Matrix::new(3);
        matrix.add(Some(0), 0, 10, 10);
        matrix.add(Some(0), 1, 10, 15);
        matrix.add(Some(1), 1, 5, 9);
        matrix.add(Some(2), 1, 7, 4);
        matrix.add(None, 1, 0, 30);
        let of_one = matrix.balance(1);
        assert_eq!((of_one.before, of_one.stayed, of_one.left), (arrow(1, 9, 4), arrow(1, 9, 4), arrow(0, 0, 0)));
        assert_eq!((of_one.entered, of_one.new, of_one.now), (arrow(2, 19, 2), arrow(1, 30, 30), arrow(4, 58, 36)));
        assert_eq!(matrix.balance(0).left, arrow(1, 15, 5));
        assert_eq!((matrix.known_before(), matrix.arrow(Some(2), 1)), (4, arrow(1, 4, -3)));
    }

    #[test]
    fn parts_add_up_and_strangers_are_left_out() {
        let (mut a, mut b) = (Matrix::new(2), Matrix::new(2));
        a.add(Some(0), 1, 0, 1);
        b.add(Some(0), 1, 0, 2);
        b.add(Some(0), 7, 0, 2);
        b.add(Some(255), 1, 0, 2);
        a.merge(&b);
        assert_eq!(a.arrow(Some(0), 1), arrow(2, 3, 3));
        assert_eq!(a.known_before(), 2);
    }

    proptest::proptest! {
        #[test]
        fn rows_and_columns_add_up(people in proptest::collection::vec((proptest::option::of(0_usize..4), 0_usize..4, 0_i64..100, 0_i64..100), 0..60)) {
            let mut matrix = Matrix::new(4);
            people.iter().for_each(|(before, now, then, spent)| matrix.add(*before, *now, *then, *spent));
            for class in 0..4 {
                let balance = matrix.balance(class);
                let count = |of: &dyn Fn(&(Option<usize>, usize, i64, i64)) -> bool| people.iter().filter(|person| of(person)).count() as u64;
                proptest::prop_assert_eq!(balance.before.customers, count(&|person| person.0 == Some(class)));
                proptest::prop_assert_eq!(balance.now.customers, count(&|person| person.1 == class));
                proptest::prop_assert_eq!(balance.now.customers + balance.left.customers, balance.before.customers + balance.entered.customers + balance.new.customers);
            }
        }
    }
}
