//! Touchpoints: facts beside orders, each whole in one row.
//!
//! They take the same way as orders with one difference: a touchpoint names its person itself, so no index is asked
//! whose it is.
//!
//! | stage | module | what it does |
//! | --- | --- | --- |
//! | staging | `row`, `log` | rows as compact bytes, in ranges of the key that they name |
//! | whose | `ties`, `home` | visitors who said who they are, guests who are registered customers |
//! | settling | `settle` | the newest version of each fact, by customer, time and fact key |
//! | moves | `restage` | stored facts of visitors and guests who turn out to be somebody are staged again under them |
//!
//! Visitors are no customers: what nobody has claimed lies apart, by the visitor's key.

mod columns;
mod home;
mod log;
mod restage;
mod row;
mod settle;
#[cfg(test)]
mod tests;
mod ties;

pub(crate) use columns::Columns;
pub(crate) use home::{place_guests, place_visitors};
pub(crate) use log::{Log, LogScatter};
pub(crate) use restage::restage;
pub(crate) use row::{Named, Touch};
pub(crate) use settle::{Person, settle_touchpoints};
pub(crate) use ties::{Tie, TieSet, Ties, stored_ties, tie_batches};

use crate::intake::Budget;
use std::sync::Arc;

/// Staged touchpoints of an import, by how they name their person.
#[derive(Debug)]
pub(crate) struct Staged {
    /// Of registered customers, of whoever is found to be one, and of nobody.
    pub known: Log,
    /// Of guests, until it is known whether they are registered customers.
    pub guests: Log,
    /// Of visitors, until it is known who said who they are.
    pub visitors: Log,
}

impl Staged {
    pub fn new(budget: &Arc<Budget>) -> Staged {
        Staged { known: Log::new(budget), guests: Log::new(budget), visitors: Log::new(budget) }
    }

    /// Rows staged so far.
    pub fn rows(&self) -> u64 {
        self.known.rows() + self.guests.rows() + self.visitors.rows()
    }
}
