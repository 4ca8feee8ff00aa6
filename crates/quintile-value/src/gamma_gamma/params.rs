//! The parameters of the Gamma-Gamma model.

/// A purchase is gamma distributed around the customer's own mean, whose inverse is gamma distributed over customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Params {
    /// The shape of a customer's purchases: large where they are alike.
    pub p: f64,
    /// The shape over customers: large where customers are alike; at 1 or below the mean over customers is infinite.
    pub q: f64,
    /// The scale over customers, in money.
    pub gamma: f64,
}

impl Params {
    /// Names and values, in order.
    pub fn named(&self) -> [(&'static str, f64); 3] {
        [("p", self.p), ("q", self.q), ("gamma", self.gamma)]
    }
}
