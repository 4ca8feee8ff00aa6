//! Orders: of all that the import says of one key, one.

use super::{Range, Settling, amounts, instants};
use crate::StoreError;
use crate::intake::{NO_AMOUNT, OrderRow, Reading, Who};
use crate::intern::TextCode;
use crate::owners::Owner;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringBuilder, UInt64Array};
use arrow::record_batch::RecordBatch;
use quintile_model::FactKind;
use std::sync::Arc;

/// An order of the range, settled.
pub(super) struct Order<'a> {
    pub owner: &'a Owner,
    pub row: OrderRow<'a>,
}

/// The newest version of each order, in the order of ranks, handed to `take` one by one; before it, to `name`, older
/// versions that name the order's customer, since the newest may name nobody.
pub(super) fn settle_orders<'a>(
    settling: &Settling<'a>,
    range: &Range<'a>,
    mut take: impl FnMut(&Order<'a>, bool) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut rows: Vec<(u32, bool, u32, &'a [u8])> = Vec::new();
    for row in range.orders.iter().flat_map(|chunk| OrderRow::split(chunk)) {
        // INVARIANT: placed rows carry their rank, which is 32 bits.
        let rank = row.order as u32;
        let winner = settling.owners.get(rank);
        let document = settling.files[row.file as usize].document;
        let newest = row.version == winner.import_version && document == winner.document && (!document || row.file == winner.file);
        rows.push((rank, newest, row.file, row.bytes));
    }
    // By rank, then by file, so that the first known of each column does not depend on threads.
    rows.sort_by_key(|(rank, newest, file, _)| (*rank, *newest, *file));
    for rows in rows.chunk_by(|a, b| a.0 == b.0) {
        let owner = settling.owners.get(rows[0].0);
        let (older, newest) = rows.split_at(rows.partition_point(|row| !row.1));
        for (.., bytes) in older {
            let order = Order { owner, row: OrderRow::read(&mut Reading::of(bytes)) };
            if order.row.named == owner.customer {
                take(&order, false)?;
            }
        }
        let Some((first, more)) = newest.split_first() else { continue };
        let mut order = Order { owner, row: OrderRow::read(&mut Reading::of(first.3)) };
        for (.., bytes) in more {
            fill(&mut order.row, &OrderRow::read(&mut Reading::of(bytes)));
        }
        take(&order, true)?;
    }
    Ok(())
}

/// The first known of each column; of times the earliest.
fn fill<'a>(order: &mut OrderRow<'a>, more: &OrderRow<'a>) {
    order.at = order.at.min(more.at);
    for (amount, other) in order.amounts.iter_mut().zip(more.amounts) {
        if *amount == NO_AMOUNT {
            *amount = other;
        }
    }
    for (code, other) in order.codes.iter_mut().zip(more.codes) {
        if *code == 0 {
            *code = other;
        }
    }
    if more.who > order.who {
        (order.who, order.named, order.customer_id) = (more.who, more.named, more.customer_id);
    }
    for (text, other) in [
        (&mut order.email, more.email),
        (&mut order.phone, more.phone),
        (&mut order.first_name, more.first_name),
        (&mut order.last_name, more.last_name),
    ] {
        if text.is_empty() {
            *text = other;
        }
    }
}

/// The columns of a batch of orders under way.
pub(super) struct OrderColumns {
    customer_key: Vec<u64>,
    order_key: Vec<u64>,
    at: Vec<i64>,
    order_id: StringBuilder,
    claim: StringBuilder,
    source: Vec<TextCode>,
    /// standing, status, currency, channel, discount_codes, tags, country, region, city, postcode, company.
    codes: [Vec<TextCode>; 11],
    /// total, subtotal, shipping, tax, discount.
    amounts: [Vec<i64>; 5],
    version: Vec<i64>,
    document: Vec<bool>,
}

impl OrderColumns {
    pub fn with_capacity(rows: usize) -> OrderColumns {
        OrderColumns {
            customer_key: Vec::with_capacity(rows),
            order_key: Vec::with_capacity(rows),
            at: Vec::with_capacity(rows),
            order_id: StringBuilder::with_capacity(rows, rows * 8),
            claim: StringBuilder::new(),
            source: Vec::with_capacity(rows),
            codes: std::array::from_fn(|_| Vec::with_capacity(rows)),
            amounts: std::array::from_fn(|_| Vec::with_capacity(rows)),
            version: Vec::with_capacity(rows),
            document: Vec::with_capacity(rows),
        }
    }

    pub fn push(&mut self, settling: &Settling<'_>, order: &Order<'_>) {
        let (owner, row) = (order.owner, &order.row);
        self.customer_key.push(owner.customer);
        self.order_key.push(owner.order_key);
        self.at.push(if owner.document { row.at } else { row.at.min(owner.at) });
        self.order_id.append_value(row.order_id);
        self.claim.append_option(match row.who {
            Who::Email => Some(row.email),
            Who::Phone => Some(row.phone),
            Who::Registered | Who::Nobody => None,
        });
        self.source.push(settling.sources[row.file as usize]);
        for (column, code) in self.codes.iter_mut().zip(row.codes) {
            column.push(code);
        }
        if let Some(standing) = self.codes[0].last_mut().filter(|standing| **standing == 0) {
            *standing = settling.counts;
        }
        for (column, amount) in self.amounts.iter_mut().zip(row.amounts) {
            column.push(amount);
        }
        self.version.push(row.version);
        self.document.push(owner.document);
    }

    pub fn finish(mut self, settling: &Settling<'_>) -> Result<RecordBatch, StoreError> {
        let rows = self.customer_key.len();
        let [standing, status, currency, channel, discount_codes, tags, country, region, city, postcode, company] =
            self.codes.map(|codes| settling.texts_column(&codes));
        let [total, subtotal, shipping, tax, discount] = self.amounts;
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(self.customer_key)),
            Arc::new(UInt64Array::from(self.order_key)),
            instants(self.at),
            Arc::new(self.order_id.finish()),
            Arc::new(self.claim.finish()),
            settling.texts_column(&self.source),
            standing,
            status,
            currency,
            amounts(total)?,
            amounts(subtotal)?,
            amounts(shipping)?,
            amounts(tax)?,
            amounts(discount)?,
            channel,
            discount_codes,
            tags,
            country,
            region,
            city,
            postcode,
            company,
            Arc::new(Int64Array::from(self.version)),
            settling.commits(rows),
            Arc::new(BooleanArray::from(self.document)),
        ];
        Ok(RecordBatch::try_new(FactKind::Orders.schema(), arrays)?)
    }
}
