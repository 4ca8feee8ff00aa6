//! One row per customer as of a moment, computed from batches of whole customers.
//!
//! ```text
//! CustomerBatch --first_pass--> ProfileRows { batch, vectors }      once a batch, on any thread
//!                  vectors ----statistics----> Statistics           once, over all batches
//!                  batch  -----second_pass---> rows as asked        once a batch, on any thread
//! ```
//!
//! - [`columns`]: every column with its meaning, in one table; help, docs and the facts to read come from it.
//! - [`question`]: what is asked, with its settings.
//! - [`rfm`]: how scores become groups.
//! - [`partitions`]: the classes each customer is in exactly one of.
//! - [`history`]: the rows of many moments, from one reading of the facts.
//! - [`months()`]: the store month by month, and its cohorts, by the same rules.
//! - [`sold()`]: what was sold together.
//! - [`journeys()`]: what each customer did, touch by touch.
//! - [`ledger()`]: orders and refunds that count, one by one, for questions about the way customers go.
//! - [`leave_out`]: what is left out of a batch before anything else, and [`suspects`]: what looks as if it should be.
//! - [`statistics()`]: thresholds of the store, each with how it was found.
//!
//! Nothing here reads a file, a clock or a setting; the same facts and question give the same rows, bit for bit.

pub mod columns;
pub mod costs;
pub mod history;
pub mod leave_out;
pub mod partitions;
pub mod question;
pub mod rates;
pub mod rfm;
pub mod suspects;

mod baskets;
mod care;
mod carts;
mod clusters;
mod consent;
mod contribution;
mod counted;
mod days;
mod engagement;
mod first_pass;
mod habits;
mod journeys;
mod ledger;
mod lines;
mod months;
mod orders;
mod origin;
mod out;
mod predicted;
mod purchase_values;
mod rhythm;
mod second_pass;
mod select;
mod statistics;
mod taste;
mod touches;
mod traits;
mod value;
mod vectors;
mod visits;
mod who;
mod windows;
mod work;

pub use baskets::{Item, Sold, sold};
pub use clusters::{ClusterModel, ONE_ORDER, kinds, numbers};
pub use columns::Column;
pub use costs::Costs;
pub use counted::{counted, counted_needed};
pub use first_pass::{ProfileRows, first_pass};
pub use journeys::{Journey, Touch, journeys, journeys_needed};
pub use ledger::{LedgerItems, PlaceLevel, ledger, ledger_needed};
pub use months::{CohortFigures, MonthFigures, Months, OrderFigures, months, order_figures};
pub use origin::buyers_won;
pub use predicted::{Lapse, Predictions};
pub use question::{Launches, ProfileError, ProfileQuestion, ThresholdSettings, facts_needed, first_sales};
pub use rates::Rates;
pub use rfm::{RfmMap, RfmSettings};
pub use second_pass::second_pass;
pub use statistics::{Amount, Found, Statistics, Suggestion, Threshold, Warning, statistics, statistics_of};
pub use vectors::Vectors;
