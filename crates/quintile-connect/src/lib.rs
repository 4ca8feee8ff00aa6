//! Reads a shop or a file into model records.
//!
//! | stage | module | takes | gives |
//! |---|---|---|---|
//! | survey | [`survey`](fn@survey) | files and folders | a [`PlannedFile`] each |
//! | open | `open` | a file | a stream of UTF-8 text, unpacked and decoded |
//! | recognise | `recognise` | the beginning of a file | its [`Format`] and [`Layout`] |
//! | table | `table` | a stream | rows of text, items of JSON, or Parquet columns |
//! | layout | `shopify`, `woocommerce`, `online_retail`, `cdnow`, `segment`, `services`, `mapping` | rows | records |
//! | emit | `emit` | records | batches and refusals for a [`RecordSink`](quintile_model::records::RecordSink) |
//!
//! A row that cannot be read is refused with its line, column and reason, and the next is read. Memory is bounded
//! whatever a file holds: a row longer than 16 MiB is passed over. A layout that is not known is read by a [`Mapping`].

mod amounts;
mod cdnow;
mod emit;
mod error;
mod fuzz;
mod mapping;
mod occurrence;
mod online_retail;
mod open;
mod plan;
mod recognise;
mod repeats;
mod segment;
mod services;
mod shopify;
mod survey;
mod table;
mod times;
mod woocommerce;

pub use amounts::Decimals;
pub use emit::PartSummary;
pub use error::ConnectError;
pub use fuzz::fuzz_read;
pub use mapping::{Always, MappedColumn, Mapping, Target, header_fingerprint};
pub use plan::{FilePart, PlannedFile, Preview};
pub use recognise::{Format, Layout};
pub use services::Sheet;
pub use survey::{SurveyOptions, survey};
pub use times::TimeForm;
