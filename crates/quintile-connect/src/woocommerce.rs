//! WooCommerce: recorded pages of its REST interface, and the orders list of its Analytics.
//!
//! Orders are known by their numeric id, which is also what refunds name and, without a plugin, the order's number.

pub(crate) mod analytics;
pub(crate) mod customers;
pub(crate) mod orders;
pub(crate) mod products;
pub(crate) mod refunds;

use crate::emit::{Reading, Wrong};
use crate::error::ConnectError;
use crate::table::json::{Item, Items, text_of};
use crate::times::{self, TimeForm};
use quintile_model::StoreZone;
use serde_json::Value;
use std::borrow::Cow;
use std::io::Read;

/// What a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Orders,
    Refunds,
    Customers,
    Products,
    /// Coupons, categories and the like, which nothing is made of.
    Unused(&'static str),
}

/// Tells by the fields of its items what a page holds.
pub(crate) fn recognise(fields: &[String], first: &Value) -> Option<Page> {
    let has = |names: &[&str]| names.iter().all(|name| first.get(name).is_some() || fields.iter().any(|field| field == name));
    if has(&["id", "status", "line_items", "billing", "total"]) {
        Some(Page::Orders)
    } else if has(&["id", "parent_id", "amount", "line_items", "date_created"]) {
        Some(Page::Refunds)
    } else if has(&["id", "email", "role", "billing"]) {
        Some(Page::Customers)
    } else if has(&["id", "name", "categories", "sku", "type"]) {
        Some(Page::Products)
    } else if has(&["code", "discount_type", "usage_count"]) {
        Some(Page::Unused("coupons; the codes that were used come with the orders"))
    } else if has(&["id", "name", "slug", "count"]) {
        Some(Page::Unused("a list of terms such as categories; products name their own"))
    } else {
        None
    }
}

/// Reads items to the end; one that is refused costs itself alone.
pub(crate) fn each_item<R: Read>(
    items: &mut Items<R>,
    reading: &mut Reading<'_>,
    mut take: impl FnMut(&mut Reading<'_>, &Value) -> Result<Result<(), Wrong>, ConnectError>,
) -> Result<(), ConnectError> {
    loop {
        match items.next() {
            Ok(Item::Value(value)) => {
                if let Err(wrong) = take(reading, &value)? {
                    reading.refuse(items.number, Some(&wrong.column), wrong.reason, crate::table::cut(value.to_string()))?;
                }
            }
            Ok(Item::Refused { reason, row }) => reading.refuse(items.number, None, reason, row)?,
            Ok(Item::End) => return Ok(()),
            Err(error) => return reading.ended_early(items.number + 1, &error),
        }
        if !reading.counted(1)? {
            return Ok(());
        }
    }
}

/// A field as text; empty where there is none.
fn text<'a>(value: &'a Value, field: &str) -> Cow<'a, str> {
    value.get(field).map(text_of).unwrap_or_default()
}

/// A field of an object in the item, such as `billing`.
fn inner<'a>(value: &'a Value, outer: &str, field: &str) -> Cow<'a, str> {
    value.get(outer).map(|outer| text(outer, field)).unwrap_or_default()
}

/// A list in the item; empty where there is none.
fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// An id: zero stands for none.
fn id<'a>(value: &'a Value, field: &str) -> Cow<'a, str> {
    let id = text(value, field);
    if id == "0" { Cow::Borrowed("") } else { id }
}

/// A time by its twin in UTC, which is written without a zone, else by the site's own clock.
fn time(value: &Value, field: &str, zone: &StoreZone) -> Result<Option<i64>, Wrong> {
    let utc_field = format!("{field}_gmt");
    let utc = text(value, &utc_field);
    let (field, written) = if utc.is_empty() { (field, text(value, field)) } else { (utc_field.as_str(), utc.clone()) };
    if written.is_empty() || written.starts_with("0000-00-00") {
        return Ok(None);
    }
    let parsed = times::parse(&written, TimeForm::Plain).map_err(|why| Wrong::time(&written, field, why))?;
    Ok(Some(match parsed.offset {
        None if !utc.is_empty() => parsed.wall,
        _ => parsed.instant(zone),
    }))
}

fn amount(value: &Value, field: &str, reading: &mut Reading<'_>) -> Result<Option<i64>, Wrong> {
    reading.amount(text(value, field).trim(), field)
}
