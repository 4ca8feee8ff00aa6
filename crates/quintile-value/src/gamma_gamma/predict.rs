//! Predictions of the Gamma-Gamma model.

use super::Params;

impl Params {
    /// The mean purchase over all customers; `None` where the model's mean is infinite.
    pub fn mean_of_all(&self) -> Option<f64> {
        (self.q > 1.0).then(|| self.p * self.gamma / (self.q - 1.0))
    }

    /// The mean purchase to expect of a customer with so many purchases of that mean value: between theirs and everybody's, and nearer to
    /// theirs the more purchases there are. Fader & Hardie (2013), eq. 5. `None` where the model's mean is infinite.
    pub fn mean_of(&self, purchases: f64, mean: f64) -> Option<f64> {
        if purchases <= 0.0 || mean.is_nan() || mean <= 0.0 {
            return self.mean_of_all();
        }
        let below = self.p * purchases + self.q - 1.0;
        (below > 0.0).then(|| self.p * (self.gamma + mean * purchases) / below)
    }

    /// The log-likelihood of a customer's mean purchase.
    pub fn log_likelihood(&self, purchases: f64, mean: f64) -> f64 {
        use crate::special::ln_gamma;
        let Params { p, q, gamma } = *self;
        let shape = p * purchases;
        ln_gamma(shape + q) - ln_gamma(shape) - ln_gamma(q) + shape * (mean * purchases / gamma).ln()
            - mean.ln()
            - (shape + q) * (mean * purchases / gamma).ln_1p()
    }
}
