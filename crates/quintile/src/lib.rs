//! The front door: one [`Workspace`] on which every question is asked.
//!
//! | file | the question |
//! | --- | --- |
//! | `import` | take these files in |
//! | `rates` | take these exchange rates in |
//! | `profile` | one row per customer, as of a moment |
//! | `stages` | how many customers each class has, and what they brought |
//! | `rfm` | the groups of recency, frequency and money |
//! | `opportunities` | what a move between stages would be worth |
//! | `months` | orders and money by month, and what is left out |
//! | `against` | the same held against another list of the orders |
//! | `concentration` | how much comes from how few |
//! | `report` | all of it as one page |
//! | `segment` | who is in a segment, and why |
//! | `customer` | everything about one customer |
//! | `sql` | a query over facts and profiles (feature `sql`) |
//!
//! It alone joins the layers, reads the clock and knows the settings. Answers are Arrow rows under a [`Header`] that says
//! as of when, from which state of the store and under which settings they hold; [`write`](mod@write) puts them into files.

pub mod cell;
pub mod header;
pub mod segment;
pub mod settings;
pub mod write;

mod against;
mod ask;
mod concentration;
mod customer;
mod error;
mod held;
mod import;
mod months;
mod opportunities;
mod overview;
mod past;
mod profile;
mod rates;
mod rejects;
mod report;
mod rfm;
#[cfg(feature = "sql")]
mod sql;
mod stages;
mod table;
mod workspace;

pub use ask::When;
pub use customer::CustomerAnswer;
pub use error::{Error, Kind};
pub use header::Header;
pub use import::{FileReport, ImportAsk, ImportReport, Progress};
pub use profile::{Profile, ProfileAsk};
pub use rates::RatesReport;
pub use rfm::RfmAsk;
pub use segment::{Asked, SegmentAsk};
pub use settings::{Origin, Settings};
#[cfg(feature = "sql")]
pub use sql::SqlAsk;
pub use table::Answer;
pub use workspace::{Overrides, Workspace};

pub use quintile_model as model;
pub use quintile_profile::columns;
pub use quintile_report::{Report, page};
pub use report::chart;

/// An instant such as `2011-12-10T08:00:00Z`, as people write it.
pub fn instant(text: &str) -> Option<quintile_model::Instant> {
    text.parse::<jiff::Timestamp>().ok().map(|at| quintile_model::Instant(at.as_microsecond()))
}
