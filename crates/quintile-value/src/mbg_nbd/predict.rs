//! Predictions of the MBG/NBD.

use super::Params;
use crate::history::Seen;

impl Params {
    /// The log-likelihood of one customer, in the unit of the parameters.
    pub fn log_likelihood(&self, seen: &Seen) -> f64 {
        if self.a == 0.0 {
            crate::nbd::Params { r: self.r, alpha: self.alpha }.log_likelihood(seen)
        } else {
            self.shape().log_likelihood(seen)
        }
    }

    /// The probability that the customer has not left for good.
    pub fn p_alive(&self, seen: &Seen) -> f64 {
        if self.a == 0.0 { 1.0 } else { self.shape().p_alive(seen) }
    }

    /// Expected purchases in the next `time` of a customer who has not left.
    pub fn expected_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        if self.a == 0.0 { (self.r + again) / (self.alpha + age) * time.max(0.0) } else { self.shape().expected_if_alive(again, age, time) }
    }

    /// The probability of no purchase in the next `time` of a customer who has not left.
    pub fn silent_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        self.shape().silent_if_alive(again, age, time.max(0.0))
    }
}
