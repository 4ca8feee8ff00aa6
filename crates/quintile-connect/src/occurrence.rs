//! Ids for rows that have none: customer, time, content, and the number among equal rows of the file.
//!
//! The same purchases give the same ids from another file or format, since only values go in, in one spelling each.

use quintile_model::money::Money;
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_128;

/// Counts equal rows of one file. Two hundred bits of content stand for a row, so memory grows by 24 bytes a row.
#[derive(Default)]
pub(crate) struct Occurrences {
    seen: HashMap<u128, u32>,
}

impl Occurrences {
    /// The id of a purchase: `1-19970101-11.77-1`, with what else tells it apart between date and amount.
    pub(crate) fn id(&mut self, customer: &str, wall: i64, content: &str, amount: Option<i64>) -> String {
        let mut id = format!("{customer}-{}", crate::times::wall_digits(wall));
        if !content.is_empty() {
            id.push('-');
            id.push_str(content);
        }
        if let Some(amount) = amount {
            id.push_str(&format!("-{}", Money(amount)));
        }
        let count = self.seen.entry(xxh3_128(id.as_bytes())).and_modify(|count| *count += 1).or_insert(1);
        id.push_str(&format!("-{count}"));
        id
    }
}
