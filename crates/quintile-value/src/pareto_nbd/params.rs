//! The parameters of the Pareto/NBD.

/// Rates of purchase and rates of leaving are gamma distributed over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// The shape of the rates of purchase.
    pub r: f64,
    /// The rate of their distribution, in units of time; the mean rate of purchase is `r / alpha`.
    pub alpha: f64,
    /// The shape of the rates of leaving.
    pub s: f64,
    /// The rate of their distribution, in units of time; the mean rate of leaving is `s / beta`.
    pub beta: f64,
}

impl Params {
    /// Names and values, in order.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        [("r", self.r), ("alpha", self.alpha), ("s", self.s), ("beta", self.beta)]
    }
}
