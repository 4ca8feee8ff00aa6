//! Answers standing questions about a customer base.
//!
//! - [`quality`]: whether a segment is worth having.
//! - [`reactivation`]: who came back after being inactive.
//! - [`sizes`]: how many customers each class has, and how much of the revenue.
//! - [`opportunity`]: what it would be worth if all customers of a stage moved to the next.
//! - [`opportunity::likely`]: what is likely if a move happened as often as in the store's own best months.
//! - [`concentration`]: how much of the revenue comes from how few.
//! - [`baskets`]: what is bought together.
//! - [`funnel`]: how far customers get, where they stop, and the commonest ways they go.
//! - [`metrics`]: what the customers of a segment bring, how they behave, what they say.
//! - [`movement`]: who went from which class to which, and which flows are unusual.
//! - [`backtest`]: what a segment or a threshold would have foretold.
//! - [`behaviour`]: how customers are attracted, cultivated and kept, against others.
//! - [`beginnings`]: what customers began with, and whether they came back.
//! - [`cohorts`]: whether customers who began in one month come back, and what they leave.
//! - [`costly`]: which customers cost more than they leave.
//! - [`flicker`]: how many change their class a day.
//!
//! An insight is handed counts and sums and gives a table; it fetches nothing and reads no file and no clock.

pub mod backtest;
pub mod baskets;
pub mod beginnings;
pub mod behaviour;
mod chance;
pub mod cohorts;
pub mod concentration;
pub mod costly;
pub mod flicker;
pub mod funnel;
pub mod metrics;
pub mod movement;
pub mod opportunity;
pub mod quality;
pub mod reactivation;
pub mod sizes;

use quintile_model::Money;
use quintile_model::money::div_half_even;

/// What one class of a partition has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassMoney {
    /// The class.
    pub id: String,
    /// Its customers.
    pub customers: u64,
    /// The net spending of those whose money is known, in ten-thousandths.
    pub spent: i128,
    /// Customers whose money is not known, for want of an exchange rate.
    pub without_money: u64,
}

impl ClassMoney {
    /// Customers whose money is known.
    pub fn with_money(&self) -> u64 {
        self.customers - self.without_money.min(self.customers)
    }
}

/// A mean, rounded once, half to even; `None` of nobody, or beyond what an amount holds.
fn mean(sum: i128, customers: u64) -> Option<Money> {
    if customers == 0 {
        return None;
    }
    Money::from_sum(div_half_even(sum, i128::from(customers)))
}
