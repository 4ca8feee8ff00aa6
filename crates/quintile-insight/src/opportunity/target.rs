//! Is a target on course? Held against a straight line from the day it was set to its last day.

/// A target of one move. Days are numbers of days on one calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The day at whose beginning it was set.
    pub set_on: i32,
    /// Its last day, which counts.
    pub until: i32,
    /// Customers who shall have moved by then.
    pub customers: u64,
}

/// How a target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Course {
    /// It was set for later.
    NotBegun,
    /// As many moved as the part of the time that has gone by asks for.
    OnCourse,
    /// Fewer moved than that.
    Behind,
    /// As many moved as were to.
    Reached,
    /// Its time is over and fewer moved.
    Missed,
}

impl Course {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Course::NotBegun => "not-begun",
            Course::OnCourse => "on-course",
            Course::Behind => "behind",
            Course::Reached => "reached",
            Course::Missed => "missed",
        }
    }
}

impl Target {
    /// A share of the customers who were in the stage when it was set, as a number: the next whole one.
    pub fn of_share(share: f64, stood: u64) -> u64 {
        // A product such as 0.07 x 100 lies a hair above 7 in floating point, and means 7.
        (share * stood as f64 - 1e-9).ceil().max(0.0) as u64
    }

    /// The share of its time that has gone by at the beginning of a day.
    pub fn gone(&self, today: i32) -> f64 {
        let days = f64::from((self.until + 1 - self.set_on).max(1));
        (f64::from(today - self.set_on) / days).clamp(0.0, 1.0)
    }

    /// Customers who should have moved at the beginning of a day.
    pub fn expected(&self, today: i32) -> f64 {
        self.customers as f64 * self.gone(today)
    }

    /// How it stands at the beginning of a day, when so many have moved.
    pub fn course(&self, today: i32, moved: u64) -> Course {
        if today < self.set_on {
            Course::NotBegun
        } else if moved >= self.customers {
            Course::Reached
        } else if today > self.until {
            Course::Missed
        } else if moved as f64 >= self.expected(today) {
            Course::OnCourse
        } else {
            Course::Behind
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_held_against_a_straight_line() {
        // Ten days, 100 customers.
        let target = Target { set_on: 100, until: 109, customers: 100 };
        let check = |today, moved, expected| assert_eq!(target.course(today, moved).id(), expected, "day {today}, {moved} moved");
        check(99, 0, "not-begun");
        check(100, 0, "on-course");
        check(101, 9, "behind");
        check(101, 10, "on-course");
        check(109, 89, "behind");
        check(109, 90, "on-course");
        check(109, 100, "reached");
        check(110, 99, "missed");
        check(500, 100, "reached");
        assert_eq!((target.expected(50), target.expected(105), target.expected(500)), (0.0, 50.0, 100.0));
    }

    #[test]
    fn shares_become_whole_customers() {
        assert_eq!([Target::of_share(0.07, 100), Target::of_share(0.1, 101), Target::of_share(0.0, 5)], [7, 11, 0]);
    }
}
