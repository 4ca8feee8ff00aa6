//! Predictions of the NBD.

use super::Params;
use crate::history::Seen;

impl Params {
    /// The log-likelihood of one customer, in the unit of the parameters.
    pub fn log_likelihood(&self, seen: &Seen) -> f64 {
        crate::special::ln_rising(self.r, seen.again)
            - seen.again * self.alpha.ln()
            - (self.r + seen.again) * (seen.age / self.alpha).ln_1p()
    }

    /// Expected purchases in the next `time`: the mean of the customer's own rate, times that time.
    pub fn expected_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        (self.r + again) / (self.alpha + age) * time.max(0.0)
    }

    /// The probability of no purchase in the next `time`.
    pub fn silent_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        (-(self.r + again) * (time.max(0.0) / (self.alpha + age)).ln_1p()).exp()
    }
}
