//! The meaning of segments, worked out plainly: one customer after the other, one fact after the other.
//!
//! Written from the page of the language alone. It shares with what it checks the tree, and nothing else.
//!
//! - [`random`]: segments nobody would think of.
//! - [`touches`]: what customers do beside ordering, as rows and as a batch.
//! - `facts`: all facts of a customer by the names that segments use.
//! - `meaning`: whether a condition holds.
//! - `amount`: numbers.

pub mod random;
pub mod touches;

mod amount;
mod facts;
mod meaning;

use crate::reference::{Settings, Value};
use crate::shop::Shop;
use quintile_segment::Tree;
use std::collections::{BTreeMap, BTreeSet};
use touches::Touches;

/// What is known of each customer: the profile row, by name.
pub type Rows = BTreeMap<u64, BTreeMap<String, Value>>;

/// The customers of some profile rows who are in a segment. `named` are the segments it may name.
pub fn members(
    tree: &Tree,
    named: &BTreeMap<String, Tree>,
    rows: &Rows,
    shop: &Shop,
    touches: &Touches,
    settings: &Settings,
) -> BTreeSet<u64> {
    let of_person = |key: u64| shop.people.iter().find(|person| Shop::key(person) == key);
    let known = |key: &u64| {
        let facts =
            of_person(*key).map(|person| facts::facts(person, touches.get(key).map_or(&[], Vec::as_slice), settings)).unwrap_or_default();
        let customer = meaning::Customer { row: &rows[key], facts: &facts, rows, named, settings };
        customer.holds(&tree.root)
    };
    rows.keys().copied().filter(|key| known(key)).collect()
}
