//! Products, under the id by which order lines name them.

use super::{each_item, id, list, text, time};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::json::Items;
use quintile_model::{RecordKind, StoreZone};
use std::borrow::Cow;
use std::io::Read;

/// Reads products; of several categories or brands the first.
pub(crate) fn read<R: Read>(items: &mut Items<R>, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let mut products = Records::new(RecordKind::Products, &["product", "title", "category", "brand", "launched"]);
    each_item(items, reading, |reading, item| {
        let product = id(item, "id");
        if product.is_empty() {
            return Ok(Err(Wrong::new("id", "the product has no id")));
        }
        let launched = match time(item, "date_created", zone) {
            Ok(launched) => launched,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let first = |field: &str| list(item, field).first().map_or(Cow::Borrowed(""), |first| Cow::Owned(text(first, "name").into_owned()));
        products.push(
            &[
                Cell::Text(&product),
                Cell::Text(&text(item, "name")),
                Cell::Text(&first("categories")),
                Cell::Text(&first("brands")),
                Cell::at(launched),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    products.flush(reading)
}
