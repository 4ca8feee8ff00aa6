//! The parameters of the BG/NBD.

use crate::beta_geometric::{First, Shape};

/// Rates of purchase are gamma distributed over customers, chances to leave after a purchase beta distributed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// The shape of the rates of purchase: small where they differ much.
    pub r: f64,
    /// The rate of their distribution, in units of time; the mean rate of purchase is `r / alpha`.
    pub alpha: f64,
    /// With `b`: the mean chance to leave is `a / (a + b)`; small sums mean that customers differ much.
    pub a: f64,
    /// See `a`.
    pub b: f64,
}

impl Params {
    /// Names and values, in order.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        [("r", self.r), ("alpha", self.alpha), ("a", self.a), ("b", self.b)]
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape { r: self.r, alpha: self.alpha, a: self.a, b: self.b, first: First::Stays }
    }

    pub(super) fn of(shape: &Shape) -> Self {
        Params { r: shape.r, alpha: shape.alpha, a: shape.a, b: shape.b }
    }
}
