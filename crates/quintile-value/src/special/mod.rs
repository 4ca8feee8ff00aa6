//! Functions the models need and the standard library has not.

mod gamma;
mod quadrature;

pub(crate) use gamma::{digamma, ln_gamma, ln_rising, trigamma};
pub(crate) use quadrature::{eight, sixteen};

/// `1 / (1 + e^-y)`, without overflow on either side.
pub(crate) fn logistic(y: f64) -> f64 {
    if y >= 0.0 {
        1.0 / (1.0 + (-y).exp())
    } else {
        let small = y.exp();
        small / (1.0 + small)
    }
}
