//! What products, tickets and the winning of customers cost, in the reporting currency.

use quintile_model::Money;
use quintile_model::money::div_half_even;
use quintile_model::time::{DayNumber, Month};
use std::collections::{BTreeMap, HashMap};

/// Costs, as far as anybody knows them. Amounts below zero are not taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    products: HashMap<String, Money>,
    tickets: BTreeMap<DayNumber, Money>,
    winning: BTreeMap<(String, Month), Money>,
}

impl Costs {
    /// No costs.
    pub fn none() -> Self {
        Self::default()
    }

    /// One unit of a product costs so much; `product` is what lines call it.
    pub fn add_product(&mut self, product: &str, cost: Money) {
        if cost >= Money::ZERO {
            self.products.insert(product.to_owned(), cost);
        }
    }

    /// One request to the help desk costs so much, from `day` on.
    pub fn add_ticket(&mut self, day: DayNumber, cost: Money) {
        if cost >= Money::ZERO {
            self.tickets.insert(day, cost);
        }
    }

    /// A channel cost so much in a month and won so many buyers, by [`buyers_won`](crate::buyers_won): each bears an equal
    /// part, rounded half to even. Without a buyer there is nobody to bear it.
    pub fn add_winning(&mut self, channel: &str, month: Month, total: Money, buyers: u64) {
        if total >= Money::ZERO && buyers > 0 {
            let each = div_half_even(i128::from(total.0), i128::from(buyers));
            self.winning.insert((channel_name(channel), month), Money(each as i64));
        }
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.products.is_empty() && self.tickets.is_empty() && self.winning.is_empty()
    }

    pub(crate) fn product(&self, product: &str) -> Option<Money> {
        self.products.get(product).copied()
    }

    pub(crate) fn ticket(&self, day: DayNumber) -> Option<Money> {
        self.tickets.range(..=day).next_back().map(|(_, cost)| *cost)
    }

    pub(crate) fn winning(&self, channel: String, month: Month) -> Option<Money> {
        self.winning.get(&(channel, month)).copied()
    }
}

/// A channel as costs know it: `Google ` in one file is `google` in another.
pub fn channel_name(channel: &str) -> String {
    channel.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_cost_up_to_the_day_holds_and_buyers_share_a_month() {
        let mut costs = Costs::none();
        costs.add_ticket(10, Money(50_000));
        costs.add_ticket(20, Money(60_000));
        costs.add_ticket(30, Money(-1));
        assert_eq!([9, 10, 19, 400].map(|day| costs.ticket(day)), [None, Some(Money(50_000)), Some(Money(50_000)), Some(Money(60_000))]);
        costs.add_winning(" Ads", Month(24_300), Money(100_000), 3);
        costs.add_winning("news", Month(24_300), Money(100_000), 0);
        assert_eq!(costs.winning("ads".into(), Month(24_300)), Some(Money(33_333)));
        assert_eq!(costs.winning("ads".into(), Month(24_301)), None);
        assert_eq!(costs.winning("news".into(), Month(24_300)), None);
    }
}
