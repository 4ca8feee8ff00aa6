//! The orders list of WooCommerce Analytics: no e-mail, no currency, money as the site shows it.
//!
//! Its order numbers are those of the REST interface. It says less, so it comes in the oldest version there can be and
//! changes nothing where the order is known already.

use super::orders::standing_of;
use crate::amounts::{Decimals, formatted, plain};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::shopify::Names;
use crate::table::Table;
use crate::times::{self, TimeForm};
use quintile_model::{RecordKind, StoreZone};

/// Is it the orders list?
pub(crate) fn recognise(header: &[String]) -> bool {
    Names(header).has(&["Date", "Order #", "N. Revenue (formatted)", "Status"])
}

/// What a person should know of this file before it is imported.
pub(crate) const NOTE: &str = "WooCommerce Analytics lists orders without e-mail and without currency: the orders are of no customer, and count only \
     where the same order does not come from elsewhere; export the orders by the REST interface or a plugin to know who bought";

/// Reads the list.
pub(crate) fn read(table: &mut dyn Table, form: TimeForm, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let names = Names(table.header());
    let (date, number, revenue) = (names.find("Date"), names.find("Order #"), names.find("N. Revenue (formatted)"));
    let net_sales = names.find("Net Sales");
    let (status, coupons, channel) = (names.find("Status"), names.find("Coupon(s)"), names.find("Attribution"));
    let mut orders =
        Records::new(RecordKind::Orders, &["order_id", "at", "version", "standing", "status", "total", "channel", "discount_codes"]);
    let mut returned = 0u64;
    reading.each_row(table, |reading, row| {
        let order_id = row.cell(number).trim_start_matches('#');
        if order_id.is_empty() {
            return Ok(Err(Wrong::new("Order #", "no order number")));
        }
        let written = row.cell(date);
        let at = match times::parse(written, form) {
            Ok(written) => written.instant(zone),
            Err(why) => return Ok(Err(Wrong::time(written, "Date", why))),
        };
        if row.cell(net_sales).starts_with(['-', '\u{2212}']) {
            // A refund is listed as a row of its own under the number of its order.
            returned += 1;
            return Ok(Ok(()));
        }
        // After a refund the cell shows both: what the order was, and what is left of it.
        let shown = row.cell(revenue);
        let before = shown
            .find(char::is_whitespace)
            .filter(|end| plain(shown, Decimals::Point).or(plain(shown, Decimals::Comma)).is_none() && *end > 1);
        let total = match formatted(before.map_or(shown, |end| &shown[..end]), reading, "N. Revenue (formatted)") {
            Ok(total) => total,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let status = row.cell(status).to_lowercase();
        orders.push(
            &[
                Cell::Text(order_id),
                Cell::At(at),
                Cell::At(0),
                Cell::Text(standing_of(&status).0),
                Cell::Text(&status),
                Cell::amount(total),
                Cell::Text(row.cell(channel)),
                Cell::Text(row.cell(coupons)),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    if returned > 0 {
        reading.note(format!("{returned} refunds stand in the list without ids; they are left out, and the orders count in full"));
    }
    orders.flush(reading)
}
