//! Who came back after being inactive, and what was that worth?
//!
//! Method: a customer becomes inactive when silent for longer than the limit of the moment: after one purchase the last call for
//! a second, after more so many of the gaps expected of them then (twice the usual gap and their own gaps, over two more than
//! their number). Each stretch of inactivity that reaches into the days looked at counts once: it ended with a purchase, or has
//! not ended. What followed a return is followed to the moment that is asked for.
//!
//! Limits: nobody knows who would have come back without being asked, so a return is not the merit of a message; only an
//! experiment tells. A discount on the order of return may have gone to somebody who came anyway.

use quintile_model::Ledger;
use quintile_model::ledger::{LedgerOrder, NO_TEXT};

/// From when on customers are inactive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// After one purchase, in days.
    pub last_call: f64,
    /// The usual gap, in days.
    pub usual_gap: f64,
    /// After more purchases, in expected gaps.
    pub inactive: f64,
}

impl Limits {
    /// Days of silence after which a customer with these purchase days is inactive, by the last of them.
    fn days(&self, purchases: &[i32]) -> f64 {
        match purchases {
            [] | [_] => self.last_call,
            [first, .., last] => {
                let gaps = purchases.len() as f64 - 1.0;
                self.inactive * (2.0 * self.usual_gap + f64::from(last - first)) / (2.0 + gaps)
            }
        }
    }
}

/// How customers came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Either way.
    Any,
    /// On an order with a discount or a coupon.
    Discounted,
    /// On an order without.
    FullPrice,
}

/// Stretches of inactivity of some customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stretches {
    /// Those that reach into the days looked at, ended or not.
    pub all: u64,
    /// Those that have not ended: customers who are inactive now.
    pub open: u64,
    /// What these had spent before, gross, in ten-thousandths.
    pub open_spent: i128,
    returns: Vec<Return>,
}

/// One return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Return {
    silent_days: i32,
    discounted: bool,
    discount: i64,
    spent: i64,
    again: bool,
}

/// Returns taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Returns {
    /// How many.
    pub count: u64,
    /// The median number of silent days before them.
    pub silent_days: Option<f64>,
    /// What was ordered from the day of return on, gross, in ten-thousandths.
    pub spent: i128,
    /// What was taken off the orders of the day of return.
    pub discount: i128,
    /// Customers who bought again on a later day.
    pub again: u64,
}

/// After one purchase, and after more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reactivation {
    /// Inactive after one purchase.
    pub once: Stretches,
    /// Inactive after two or more.
    pub repeat: Stretches,
}

impl Reactivation {
    /// Of the customers of a ledger; looked at are the days from `from` up to `today`, which does not count itself.
    pub fn of(ledger: &Ledger, limits: &Limits, from: i32, today: i32) -> Reactivation {
        let mut found = Reactivation::default();
        let mut days: Vec<i32> = Vec::new();
        for customer in 0..ledger.customers() {
            let orders = &ledger.orders[ledger.orders_of(customer)];
            days.clear();
            days.extend(orders.iter().map(|order| order.day));
            days.dedup();
            found.add(orders, &days, limits, from, today);
        }
        found
    }

    fn add(&mut self, orders: &[LedgerOrder], days: &[i32], limits: &Limits, from: i32, today: i32) {
        for upto in 1..=days.len() {
            let stretches = if upto == 1 { &mut self.once } else { &mut self.repeat };
            let limit = limits.days(&days[..upto]);
            let silent_until = |day: i32| f64::from(day - days[upto - 1]) > limit;
            match days.get(upto) {
                Some(back) if *back >= from && silent_until(*back) => {
                    stretches.all += 1;
                    stretches.returns.push(Return::of(orders, days[upto - 1], *back, days.len() > upto + 1));
                }
                None if silent_until(today) => {
                    stretches.all += 1;
                    stretches.open += 1;
                    stretches.open_spent += orders.iter().map(|order| i128::from(order.gross.unwrap_or(0))).sum::<i128>();
                }
                _ => {}
            }
        }
    }

    /// Adds other customers.
    pub fn merge(&mut self, other: Reactivation) {
        for (own, other) in [(&mut self.once, other.once), (&mut self.repeat, other.repeat)] {
            own.all += other.all;
            own.open += other.open;
            own.open_spent += other.open_spent;
            own.returns.extend(other.returns);
        }
    }
}

impl Return {
    fn of(orders: &[LedgerOrder], before: i32, back: i32, again: bool) -> Return {
        let of_day = || orders.iter().filter(|order| order.day == back);
        let since = orders.iter().filter(|order| order.day >= back);
        Return {
            silent_days: back - before,
            discounted: of_day().any(|order| order.discount > 0 || order.coupon != NO_TEXT),
            discount: of_day().map(|order| order.discount).fold(0, i64::saturating_add),
            spent: since.map(|order| order.gross.unwrap_or(0)).fold(0, i64::saturating_add),
            again,
        }
    }
}

impl Stretches {
    /// The returns that happened so.
    pub fn returns(&self, how: How) -> Returns {
        let own = || {
            self.returns.iter().filter(|back| match how {
                How::Any => true,
                How::Discounted => back.discounted,
                How::FullPrice => !back.discounted,
            })
        };
        let mut silent: Vec<i32> = own().map(|back| back.silent_days).collect();
        silent.sort_unstable();
        let middle = |at: usize| silent.get(at).copied().map(f64::from);
        let count = silent.len();
        Returns {
            count: count as u64,
            silent_days: middle(count / 2).zip(middle(count.saturating_sub(1) / 2)).map(|(upper, lower)| f64::midpoint(upper, lower)),
            spent: own().map(|back| i128::from(back.spent)).sum(),
            discount: own().map(|back| i128::from(back.discount)).sum(),
            again: own().filter(|back| back.again).count() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { last_call: 100.0, usual_gap: 20.0, inactive: 4.0 };

    /// Customers as lists of (day, value, discount).
    fn shop(customers: &[&[(i32, i64, i64)]]) -> Ledger {
        let mut ledger = Ledger::default();
        for (key, orders) in customers.iter().enumerate() {
            ledger.keys.push(key as u64);
            ledger.orders.extend(orders.iter().map(|(day, gross, discount)| LedgerOrder {
                day: *day,
                gross: Some(*gross),
                discount: *discount,
                cost: 0,
                channel: NO_TEXT,
                country: NO_TEXT,
                coupon: NO_TEXT,
            }));
            ledger.order_ends.push(ledger.orders.len() as u32);
            ledger.refund_ends.push(0);
        }
        ledger
    }

    #[test]
    fn each_stretch_by_hand() {
        let ledger = shop(&[
            // Silent for 101 days after one purchase, came back with a discount and again.
            &[(0, 10, 0), (101, 20, 5), (101, 1, 0), (120, 7, 0)],
            // Exactly a hundred days is not longer than a hundred.
            &[(0, 10, 0), (100, 20, 0)],
            // Two purchases 20 days apart: expected (40 + 20) / 3 = 20, inactive after 80; came back at full price.
            &[(0, 10, 0), (20, 10, 0), (101, 30, 0)],
            // Inactive now after one purchase, and after two.
            &[(50, 9, 0)],
            &[(10, 4, 0), (30, 4, 0)],
            // Not yet.
            &[(150, 4, 0)],
        ]);
        let found = Reactivation::of(&ledger, &LIMITS, 0, 160);
        assert_eq!((found.once.all, found.once.open, found.once.open_spent), (2, 1, 9));
        let once = found.once.returns(How::Any);
        assert_eq!((once.count, once.silent_days, once.spent, once.discount, once.again), (1, Some(101.0), 28, 5, 1));
        assert_eq!(found.once.returns(How::FullPrice).count, 0);
        assert_eq!((found.repeat.all, found.repeat.open, found.repeat.open_spent), (2, 1, 8));
        let repeat = found.repeat.returns(How::FullPrice);
        assert_eq!((repeat.count, repeat.silent_days, repeat.spent, repeat.again), (1, Some(81.0), 30, 0));
        // Returns before the days looked at are not counted.
        assert_eq!(Reactivation::of(&ledger, &LIMITS, 102, 160).once.returns(How::Any).count, 0);
        let mut twice = found.clone();
        twice.merge(found);
        assert_eq!((twice.once.all, twice.repeat.returns(How::Any).count), (4, 2));
    }
}
