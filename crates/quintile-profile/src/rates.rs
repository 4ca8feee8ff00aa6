//! Dated exchange rates, exact.

use quintile_model::money::div_half_even;
use quintile_model::time::DayNumber;
use std::collections::BTreeMap;

/// Rates into the reporting currency, by currency and day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rates {
    by_currency: BTreeMap<String, BTreeMap<DayNumber, i64>>,
}

/// One, as a rate.
pub const ONE: i64 = 1_000_000_000;

impl Rates {
    /// No rates: only orders in the reporting currency have an amount.
    pub fn none() -> Self {
        Self::default()
    }

    /// One unit of `currency` is worth `rate_e9` billionths of a unit of the reporting currency, from `day` on. Rates
    /// that are not above zero are not taken.
    pub fn add(&mut self, currency: &str, day: DayNumber, rate_e9: i64) {
        if rate_e9 > 0 {
            self.by_currency.entry(currency.to_owned()).or_default().insert(day, rate_e9);
        }
    }

    /// The latest rate on or before a day.
    pub fn on(&self, currency: &str, day: DayNumber) -> Option<i64> {
        self.by_currency.get(currency)?.range(..=day).next_back().map(|(_, rate)| *rate)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.by_currency.is_empty()
    }
}

/// An amount at a rate, rounded half to even.
pub(crate) fn convert(amount: i128, rate_e9: i64) -> i128 {
    if rate_e9 == ONE {
        return amount;
    }
    div_half_even(amount.saturating_mul(rate_e9 as i128), ONE as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_rate_up_to_the_day_holds() {
        let mut rates = Rates::none();
        rates.add("USD", 10, 900_000_000);
        rates.add("USD", 20, 800_000_000);
        rates.add("GBP", 20, 0);
        assert_eq!(rates.on("USD", 9), None);
        assert_eq!(rates.on("USD", 10), Some(900_000_000));
        assert_eq!(rates.on("USD", 19), Some(900_000_000));
        assert_eq!(rates.on("USD", 400), Some(800_000_000));
        assert_eq!(rates.on("GBP", 400), None);
    }

    #[test]
    fn conversion_rounds_half_to_even() {
        assert_eq!(convert(5, 500_000_000), 2);
        assert_eq!(convert(15, 500_000_000), 8);
        assert_eq!(convert(-5, 500_000_000), -2);
        assert_eq!(convert(1_234, ONE), 1_234);
    }
}
