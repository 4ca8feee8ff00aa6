//! Shopify's exports: orders, customers and products, as an administrator downloads them.
//!
//! Columns are found by name, since exports of different years have different ones and merchants add their own.

pub(crate) mod customers;
pub(crate) mod orders;
pub(crate) mod products;

use crate::table::NO_COLUMN;

/// The columns of one table by name.
pub(crate) struct Names<'a>(pub &'a [String]);

impl Names<'_> {
    /// The column of that name, in any case; [`NO_COLUMN`] where there is none.
    pub(crate) fn find(&self, name: &str) -> usize {
        self.0.iter().position(|column| column.eq_ignore_ascii_case(name)).unwrap_or(NO_COLUMN)
    }

    /// The first of several that is there.
    pub(crate) fn first(&self, names: &[&str]) -> usize {
        names.iter().map(|name| self.find(name)).find(|column| *column != NO_COLUMN).unwrap_or(NO_COLUMN)
    }

    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.find(name) != NO_COLUMN)
    }
}

/// A value without the apostrophe that keeps spreadsheets from reading it as a number.
pub(crate) fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').unwrap_or(text)
}

/// `yes` and `no` as consent.
pub(crate) fn consent(text: &str) -> &'static str {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "subscribed" => "SUBSCRIBED",
        "no" | "false" | "not_subscribed" => "NOT_SUBSCRIBED",
        _ => "",
    }
}
