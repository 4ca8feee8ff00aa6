//! The Gamma-Gamma model of spending: what a purchase is worth differs between customers, and around each customer's own mean.
//!
//! Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value". It assumes that how much is spent has nothing to do with how often;
//! [`correlation`] says how true that is of the data.

mod fit;
mod params;
mod predict;
mod spending;

pub use fit::fit;
pub use params::Params;
pub use spending::{Spending, correlation};
