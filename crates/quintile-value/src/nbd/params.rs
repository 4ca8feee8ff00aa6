//! The parameters of the NBD.

/// Rates of purchase are gamma distributed over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// The shape: small where rates differ much.
    pub r: f64,
    /// The rate of the distribution, in units of time; the mean rate of purchase is `r / alpha`.
    pub alpha: f64,
}

impl Params {
    /// Names and values, in order.
    pub fn named(&self) -> [(&'static str, f64); 2] {
        [("r", self.r), ("alpha", self.alpha)]
    }
}
