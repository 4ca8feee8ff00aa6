//! Estimates what a customer will still buy, and for how much.
//!
//! The stages of an estimate:
//!
//! 1. [`Histories`] groups what is known of customers: how often, when last, since when.
//! 2. A model is fitted: [`mbg_nbd`] (the one to begin with), [`bg_nbd`], [`pareto_nbd`], and [`nbd`], in which nobody ever leaves.
//!    [`Purchasing`] is any of them. [`gamma_gamma`] does the same for what a purchase is worth.
//! 3. A fitted model predicts for one customer or for all ([`Purchasing::forecast`]).
//! 4. [`bootstrap`] says how far that depends on who happened to be customers.
//! 5. [`backtest`] asks the store's own past which model, or which plain rule, to believe; [`gaps`] and [`scores`] are its measures.
//!
//! Plain arrays in, plain values out: nothing here reads a file, a clock or an environment, and every seed is an argument. Sums over many
//! customers are made in parts of fixed size and added in one order, so that the number of threads never changes a digit.

pub mod backtest;
mod beta_geometric;
pub mod bg_nbd;
pub mod bootstrap;
pub mod fit;
pub mod gamma_gamma;
pub mod gaps;
mod history;
pub mod mbg_nbd;
pub mod nbd;
mod newton;
pub mod pareto_nbd;
mod purchasing;
pub mod scores;
mod special;
mod statistics;

pub use fit::{Errors, Fit, Limit, TooLittle};
pub use history::{Histories, History, HistoryError, Seen};
pub use purchasing::{Ahead, Fitted, Forecast, ModelName, Purchasing};
