//! The BG/NBD of Fader, Hardie and Lee: customers buy at a rate of their own, and after each purchase but the first may leave for good.
//!
//! "Counting Your Customers" the Easy Way, Marketing Science 24 (2005). It holds every customer with a single purchase to be alive, so that
//! ranking all customers by P(alive) is worse than chance; the MBG/NBD does not.

mod fit;
mod params;
mod predict;

pub use fit::fit;
pub(crate) use fit::fit_from;
pub use params::Params;
