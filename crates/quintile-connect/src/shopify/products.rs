//! The products export: variants and images on further rows of one handle, the product's own fields on the first.

use super::{Names, unquoted};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::Table;
use quintile_model::RecordKind;

/// Is it a products export?
pub(crate) fn recognise(header: &[String]) -> bool {
    Names(header).has(&["Handle", "Title", "Variant SKU"])
}

/// Reads a product for each variant with a SKU, and one by its title where no variant has one.
pub(crate) fn read(table: &mut dyn Table, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let names = Names(table.header());
    let (handle, title, vendor) = (names.find("Handle"), names.find("Title"), names.find("Vendor"));
    let (category, product_type) = (names.find("Product Category"), names.find("Type"));
    let (sku, cost) = (names.find("Variant SKU"), names.find("Cost per item"));
    let mut products = Records::new(RecordKind::Products, &["product", "title", "category", "brand", "product_type", "cost"]);
    let mut parent = Parent::default();
    reading.each_row(table, |reading, row| {
        let own_title = row.cell(title);
        if row.cell(handle) != parent.handle || !own_title.is_empty() {
            parent = Parent {
                handle: row.cell(handle).to_owned(),
                title: own_title.to_owned(),
                vendor: row.cell(vendor).to_owned(),
                category: row.cell(category).to_owned(),
                product_type: row.cell(product_type).to_owned(),
            };
        }
        let cost = match reading.amount(row.cell(cost), "Cost per item") {
            Ok(cost) => cost,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let own_sku = unquoted(row.cell(sku));
        let product = match (own_sku, own_title) {
            // A row of an image alone.
            ("", "") => return Ok(Ok(())),
            ("", title) => title,
            (sku, _) => sku,
        };
        if parent.title.is_empty() {
            return Ok(Err(Wrong::new("Handle", "the row continues a product whose first row was not read")));
        }
        let category = if parent.category.is_empty() { &parent.product_type } else { &parent.category };
        products.push(
            &[
                Cell::Text(product),
                Cell::Text(&parent.title),
                Cell::Text(category),
                Cell::Text(&parent.vendor),
                Cell::Text(&parent.product_type),
                Cell::amount(cost),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    products.flush(reading)
}

/// What further rows of a handle take from its first.
#[derive(Default)]
struct Parent {
    handle: String,
    title: String,
    vendor: String,
    category: String,
    product_type: String,
}
