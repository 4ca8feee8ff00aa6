//! How much of the discounts went to customers who were about to buy anyway?
//!
//! Method: each order is put by how late its customer was on its day: days since the purchase before over the gap that was
//! expected of them then. Who buys within the expected gap was not late, and a discount was hardly needed to bring them.
//!
//! Limits: that they would have bought without the discount is likely and not known; a discount can make an order larger or bring
//! it forward. Only an experiment tells.

use quintile_model::Ledger;

/// How late a customer was when they ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// It was their first purchase.
    First,
    /// Within the gap that was expected.
    NotLate,
    /// Later, up to the limit of those at risk.
    Late,
    /// Later than that.
    AtRisk,
}

impl Lateness {
    /// All of them.
    pub const ALL: [Lateness; 4] = [Lateness::First, Lateness::NotLate, Lateness::Late, Lateness::AtRisk];

    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Lateness::First => "first-purchase",
            Lateness::NotLate => "not-late",
            Lateness::Late => "late",
            Lateness::AtRisk => "at-risk",
        }
    }
}

/// Orders of one lateness; amounts in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// Orders.
    pub orders: u64,
    /// Of those, orders with a discount.
    pub discounted: u64,
    /// Their discounts.
    pub discount: i128,
    /// What all these orders came to, before refunds.
    pub gross: i128,
}

/// What tells how late somebody is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// The usual gap, in days.
    pub usual_gap: f64,
    /// The gap expected after one purchase, in days.
    pub after_first: f64,
    /// Expected gaps after which somebody is at risk.
    pub risk: f64,
}

/// Orders on days from `from` on, by lateness, in the order of [`Lateness::ALL`].
pub fn given(ledger: &Ledger, pace: &Pace, from: i32) -> [Given; 4] {
    let mut found = [Given::default(); 4];
    for customer in 0..ledger.customers() {
        let orders = &ledger.orders[ledger.orders_of(customer)];
        let (mut first, mut before, mut purchases) = (None, None, 0_u32);
        for of_day in orders.chunk_by(|a, b| a.day == b.day) {
            let day = of_day[0].day;
            let lateness = match before {
                None => Lateness::First,
                Some(last) => {
                    let span = f64::from(last - first.unwrap_or(last));
                    let expected = match purchases {
                        1 => pace.after_first,
                        more => (2.0 * pace.usual_gap + span) / (2.0 + f64::from(more - 1)),
                    };
                    match f64::from(day - last) / expected {
                        late if late <= 1.0 => Lateness::NotLate,
                        late if late <= pace.risk => Lateness::Late,
                        _ => Lateness::AtRisk,
                    }
                }
            };
            first.get_or_insert(day);
            before = Some(day);
            purchases += 1;
            if day < from {
                continue;
            }
            let sum = &mut found[lateness as usize];
            for order in of_day {
                sum.orders += 1;
                sum.discounted += u64::from(order.discount > 0);
                sum.discount += i128::from(order.discount);
                sum.gross += i128::from(order.gross.unwrap_or(0));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_model::ledger::{LedgerOrder, NO_TEXT};

    #[test]
    fn each_order_by_hand() {
        // Expected after the first 30 days; after (0, 20): (2 * 10 + 20) / 3 = 13.3; after (0, 20, 30): (20 + 30) / 4 = 12.5.
        let order =
            |day, discount| LedgerOrder { day, gross: Some(10), discount, cost: 0, channel: NO_TEXT, country: NO_TEXT, coupon: NO_TEXT };
        let ledger = Ledger {
            keys: vec![1],
            order_ends: vec![6],
            orders: vec![order(0, 1), order(0, 0), order(20, 2), order(30, 3), order(50, 4), order(200, 5)],
            refund_ends: vec![0],
            ..Ledger::default()
        };
        let pace = Pace { usual_gap: 10.0, after_first: 30.0, risk: 2.0 };
        let found = given(&ledger, &pace, 0);
        assert_eq!(found.map(|given| given.discount), [1, 5, 4, 5]);
        assert_eq!(found.map(|given| (given.orders, given.discounted, given.gross)), [(2, 1, 20), (2, 2, 20), (1, 1, 10), (1, 1, 10)]);
        assert_eq!(given(&ledger, &pace, 31).map(|given| given.orders), [0, 0, 1, 1]);
    }
}
