//! Registered customers. Other users of the platform, such as its administrators, are none.

use super::{each_item, id, inner, text, time};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::json::Items;
use quintile_model::{RecordKind, StoreZone};
use std::io::Read;

/// Reads customers and subscribers.
pub(crate) fn read<R: Read>(items: &mut Items<R>, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let mut customers = Records::new(
        RecordKind::Customers,
        &["customer_id", "email", "phone", "at", "version", "first_name", "last_name", "country", "region", "city", "postcode", "company"],
    );
    let mut others = 0u64;
    each_item(items, reading, |reading, item| {
        if !matches!(text(item, "role").as_ref(), "customer" | "subscriber" | "") {
            others += 1;
            return Ok(Ok(()));
        }
        let customer_id = id(item, "id");
        if customer_id.is_empty() {
            return Ok(Err(Wrong::new("id", "the customer has no id")));
        }
        let (at, version) = match time(item, "date_created", zone).and_then(|at| Ok((at, time(item, "date_modified", zone)?))) {
            Ok(times) => times,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let billing = |field: &str| inner(item, "billing", field);
        let named = |field: &str| {
            let own = text(item, field);
            if own.is_empty() { billing(field) } else { own }
        };
        customers.push(
            &[
                Cell::Text(&customer_id),
                Cell::Text(&text(item, "email")),
                Cell::Text(&billing("phone")),
                Cell::at(at),
                Cell::at(version),
                Cell::Text(&named("first_name")),
                Cell::Text(&named("last_name")),
                Cell::Text(&billing("country")),
                Cell::Text(&billing("state")),
                Cell::Text(&billing("city")),
                Cell::Text(&billing("postcode")),
                Cell::Text(&billing("company")),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    if others > 0 {
        reading.note(format!("{others} users of the platform are not customers and are left out"));
    }
    customers.flush(reading)
}
