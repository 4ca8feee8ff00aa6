//! The NBD: everybody buys at a rate of their own (gamma), and nobody ever leaves.
//!
//! It is what the other models become where the data show no sign of leaving. Ehrenberg (1959), "The Pattern of Consumer Purchases".

mod errors;
mod fit;
mod params;
mod predict;

pub use fit::fit;
pub(crate) use fit::{fit_from, height};
pub use params::Params;
