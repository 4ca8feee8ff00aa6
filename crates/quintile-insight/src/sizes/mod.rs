//! How many customers does each class have, and how much of the revenue did they bring?
//!
//! Method: counts and sums by class, over all customers of the store. Limits: revenue is what was spent so far, net of
//! refunds; a class with many returns can be below zero, and then shares of revenue do not add up to one in any useful
//! sense. Customers whose money is not known are counted as customers and left out of the averages.

use crate::{ClassMoney, mean};
use quintile_model::Money;

/// A class among the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Size {
    /// The class.
    pub id: String,
    /// Its customers.
    pub customers: u64,
    /// Of all customers; `None` of an empty store.
    pub customer_share: Option<f64>,
    /// What they have spent, net; `None` when no customer's money is known.
    pub revenue: Option<Money>,
    /// Of all revenue; `None` when there is none.
    pub revenue_share: Option<f64>,
    /// Revenue a customer, rounded once.
    pub average: Option<Money>,
    /// Customers whose money is not known.
    pub without_money: u64,
}

/// Sizes of classes, in the order given.
pub fn sizes(classes: &[ClassMoney]) -> Vec<Size> {
    let customers: u64 = classes.iter().map(|class| class.customers).sum();
    let revenue: i128 = classes.iter().map(|class| class.spent).sum();
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let size = |class: &ClassMoney| {
        let known = class.customers == 0 || class.with_money() > 0;
        Size {
            id: class.id.clone(),
            customers: class.customers,
            customer_share: share(class.customers as f64, customers as f64),
            revenue: if known { Money::from_sum(class.spent) } else { None },
            revenue_share: if known { share(class.spent as f64, revenue as f64) } else { None },
            average: mean(class.spent, class.with_money()),
            without_money: class.without_money,
        }
    };
    classes.iter().map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(id: &str, customers: u64, units: i128, without_money: u64) -> ClassMoney {
        ClassMoney { id: id.into(), customers, spent: units * 10_000, without_money }
    }

    #[test]
    fn shares_are_of_all_and_averages_of_those_whose_money_is_known() {
        let rows = sizes(&[class("a", 3, 75, 0), class("b", 1, 25, 0), class("c", 4, 0, 4)]);
        assert_eq!((rows[0].customer_share, rows[0].revenue_share, rows[0].average), (Some(0.375), Some(0.75), Some(Money(250_000))));
        assert_eq!((rows[1].revenue, rows[1].average), (Some(Money(250_000)), Some(Money(250_000))));
        assert_eq!((rows[2].customers, rows[2].revenue, rows[2].average), (4, None, None));
    }

    #[test]
    fn an_empty_store_has_no_shares() {
        let rows = sizes(&[class("a", 0, 0, 0)]);
        assert_eq!((rows[0].customer_share, rows[0].revenue, rows[0].average), (None, Some(Money(0)), None));
    }
}
