//! The words of commerce as types, shared by every other crate.
//!
//! - [`money`]: exact amounts, four decimals in 64 bits, summed in 128.
//! - [`ids`]: customer, order and fact keys, each its own type.
//! - [`time`]: instants, the store's zone, `as_of`, whole calendar days.
//! - [`records`]: what a connector hands over, before anybody knows whose it is.
//! - [`facts`]: what the store keeps, by customer and time.
//! - [`touchpoints`]: what customers do beside ordering: visits, messages, tickets ...
//! - [`batch`]: whole customers in Arrow columns, what every question is computed from.
//! - [`nearest`]: the known name that a misspelt one resembles.
//! - [`counted`]: what of a batch counts, and what it is worth.
//! - [`ledger`]: what customers ordered and were given back, in order of time.
//! - [`columns`]: typed access to Arrow columns by name.
//!
//! Nothing here reads a file, a clock or a setting.

pub mod batch;
pub mod columns;
pub mod counted;
pub mod facts;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod nearest;
pub mod records;
pub mod time;
pub mod touchpoints;

pub use batch::{CustomerBatch, Facts};
pub use counted::{Counted, CountedParts};
pub use facts::FactKind;
pub use ids::{CustomerKey, FactKey, KeyMaker, OrderKey};
pub use ledger::Ledger;
pub use money::Money;
pub use records::RecordKind;
pub use time::{AsOf, Instant, StoreZone};
pub use touchpoints::Touchpoint;
