//! Refunds with their dates, each of the order that is its parent.

use super::{amount, each_item, id, time};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::json::Items;
use quintile_model::{RecordKind, StoreZone};
use std::io::Read;

/// Reads refunds. Their ids are those that orders name, so that each counts once.
pub(crate) fn read<R: Read>(items: &mut Items<R>, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let mut refunds = Records::new(RecordKind::Refunds, &["refund_id", "order_id", "at", "version", "amount"]);
    each_item(items, reading, |reading, item| {
        let (refund_id, order_id) = (id(item, "id"), id(item, "parent_id"));
        if refund_id.is_empty() {
            return Ok(Err(Wrong::new("id", "the refund has no id")));
        }
        let read = time(item, "date_created", zone).and_then(|at| {
            let amount = amount(item, "amount", reading)?.ok_or_else(|| Wrong::new("amount", "the refund has no amount"))?;
            Ok((at, amount.abs()))
        });
        let (at, amount) = match read {
            Ok(read) => read,
            Err(wrong) => return Ok(Err(wrong)),
        };
        refunds.push(&[Cell::Text(&refund_id), Cell::Text(&order_id), Cell::at(at), Cell::at(at), Cell::Amount(amount)], reading)?;
        Ok(Ok(()))
    })?;
    refunds.flush(reading)
}
