//! The Pareto/NBD of Schmittlein, Morrison and Colombo: customers buy at a rate of their own, and leave for good at a rate of their own,
//! whether they buy or not.
//!
//! Counting Your Customers: Who Are They and What Will They Do Next?, Management Science 33 (1987).

mod fit;
mod integral;
mod likelihood;
mod params;
mod predict;

pub use fit::fit;
pub(crate) use fit::fit_from;
pub use params::Params;
