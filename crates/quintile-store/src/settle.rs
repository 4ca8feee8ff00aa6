//! Settling: the staged rows of one range of customers become facts.
//!
//! Orders of one key become one; lines get their keys, by id or by content and occurrence; everything is put in the
//! order of customer and time.

mod customers;
mod lines;
mod orders;

pub(crate) use lines::line_amount;

use crate::StoreError;
use crate::import::{FileSource, RefundRow};
use crate::intake::{NO_AMOUNT, NO_TIME, Who};
use crate::intern::TextCode;
use crate::owners::Owners;
use crate::run::SortedFacts;
use crate::touchpoints::settle_touchpoints;
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, Int64Array, StringArray, StringBuilder, TimestampMicrosecondArray,
    UInt32Array, UInt64Array, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use customers::{customers_batch, settle_customers};
use lines::settle_lines;
use orders::{OrderColumns, settle_orders};
use quintile_model::records::repeated_text_type;
use quintile_model::{FactKind, money};
use std::sync::Arc;

/// What settling needs to know of the import.
pub(crate) struct Settling<'a> {
    pub owners: &'a Owners,
    pub files: &'a [FileSource],
    pub texts: &'a [Arc<str>],
    pub sale: TextCode,
    pub counts: TextCode,
    /// Code of each file's source name.
    pub sources: &'a [TextCode],
    pub commit: u32,
}

/// Staged rows of one range, in chunks.
pub(crate) struct Range<'a> {
    pub ranks: (u32, u32),
    pub orders: &'a [Vec<u8>],
    pub lines: &'a [Vec<u8>],
    pub customers: &'a [Vec<u8>],
    /// Of this range, ascending by customer.
    pub refunds: &'a [RefundRow],
    pub cancellations: &'a [CancellationRow],
    pub touchpoints: &'a [Vec<u8>],
}

impl Range<'_> {
    fn is_empty(&self) -> bool {
        self.orders.is_empty()
            && self.lines.is_empty()
            && self.customers.is_empty()
            && self.refunds.is_empty()
            && self.cancellations.is_empty()
            && self.touchpoints.is_empty()
    }
}

/// A cancellation whose order is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CancellationRow {
    pub customer: u64,
    pub order_key: u64,
    pub at: i64,
    pub dated: bool,
    pub version: i64,
    pub document: bool,
}

/// The facts of a range.
#[derive(Debug, Default)]
pub(crate) struct RangeFacts {
    /// Of customers, each once.
    pub known: SortedFacts,
    /// Of nobody.
    pub nobody: SortedFacts,
    /// Of customers, beside newer ones of the same keys.
    pub others: SortedFacts,
}

/// Settles a range.
pub(crate) fn settle(settling: &Settling<'_>, range: &Range<'_>) -> Result<RangeFacts, StoreError> {
    if range.is_empty() {
        return Ok(RangeFacts::default());
    }
    let mut orders = OrderColumns::with_capacity((range.ranks.1 - range.ranks.0) as usize);
    let mut buyers = Vec::new();
    settle_orders(settling, range, |order, newest| {
        if newest {
            orders.push(settling, order);
        }
        customers::add_buyer(&mut buyers, order)
    })?;
    let touchpoints = settle_touchpoints(settling, range.touchpoints)?;
    let customers = settle_customers(range, buyers, &touchpoints.people)?;
    let mut refunds: Vec<RefundRow> = range.refunds.to_vec();
    let lines = settle_lines(settling, range, &mut refunds)?;
    refunds.sort_by(|a, b| (a.customer, a.at, a.refund_key).cmp(&(b.customer, b.at, b.refund_key)));
    let orderly = [
        (FactKind::Customers, customers_batch(settling, &customers)?),
        (FactKind::Orders, orders.finish(settling)?),
        (FactKind::Lines, lines),
        (FactKind::Refunds, refunds_batch(settling, &refunds)?),
        (FactKind::Cancellations, cancellations_batch(settling, range.cancellations)?),
    ];
    let (mut known, mut nobody) = (SortedFacts::default(), SortedFacts::default());
    for (kind, batch) in orderly.into_iter().chain(touchpoints.kinds) {
        let keys = quintile_model::columns::keys(&batch, "customer_key").values();
        let split = keys.partition_point(|key| *key == 0);
        if split > 0 {
            nobody.kinds.push((kind, batch.slice(0, split)));
        }
        if split < keys.len() {
            known.kinds.push((kind, batch.slice(split, keys.len() - split)));
        }
    }
    Ok(RangeFacts { known, nobody, others: SortedFacts { kinds: touchpoints.others } })
}

fn refunds_batch(settling: &Settling<'_>, refunds: &[RefundRow]) -> Result<RecordBatch, StoreError> {
    let code = |get: fn(&RefundRow) -> TextCode| settling.texts_column(&refunds.iter().map(get).collect::<Vec<_>>());
    let claims = refunds.iter().map(|r| (matches!(r.who, Who::Email | Who::Phone) && r.order_key == 0).then_some(&*r.names));
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(refunds.iter().map(|r| r.customer))),
        Arc::new(UInt64Array::from_iter(refunds.iter().map(|r| (r.order_key != 0).then_some(r.order_key)))),
        Arc::new(UInt64Array::from_iter_values(refunds.iter().map(|r| r.refund_key))),
        instants(refunds.iter().map(|r| r.at).collect()),
        Arc::new(BooleanArray::from_iter(refunds.iter().map(|r| Some(r.dated)))),
        Arc::new(StringArray::from_iter(claims)),
        amounts(refunds.iter().map(|r| r.amount).collect())?,
        code(|r| r.currency),
        code(|r| r.product),
        Arc::new(Int64Array::from_iter_values(refunds.iter().map(|r| r.version))),
        settling.commits(refunds.len()),
        Arc::new(BooleanArray::from_iter(refunds.iter().map(|r| Some(r.document)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Refunds.schema(), arrays)?)
}

fn cancellations_batch(settling: &Settling<'_>, cancellations: &[CancellationRow]) -> Result<RecordBatch, StoreError> {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(cancellations.iter().map(|c| c.customer))),
        Arc::new(UInt64Array::from_iter_values(cancellations.iter().map(|c| c.order_key))),
        instants(cancellations.iter().map(|c| c.at).collect()),
        Arc::new(BooleanArray::from_iter(cancellations.iter().map(|c| Some(c.dated)))),
        Arc::new(Int64Array::from_iter_values(cancellations.iter().map(|c| c.version))),
        settling.commits(cancellations.len()),
        Arc::new(BooleanArray::from_iter(cancellations.iter().map(|c| Some(c.document)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Cancellations.schema(), arrays)?)
}

impl Settling<'_> {
    /// The column that says which commit some rows are of.
    pub fn commits(&self, rows: usize) -> ArrayRef {
        Arc::new(UInt32Array::from(vec![self.commit; rows]))
    }

    /// Codes of the import as a column of its own dictionary, values in the order of first use.
    pub fn texts_column(&self, codes: &[TextCode]) -> ArrayRef {
        if codes.iter().all(|code| *code == 0) {
            return new_null_array(&repeated_text_type(), codes.len());
        }
        const UNUSED: i32 = -1;
        let mut own = vec![UNUSED; self.texts.len() + 1];
        let mut values = StringBuilder::new();
        let mut count = 0;
        let mut used = |code: TextCode| {
            let own = &mut own[code as usize];
            if *own == UNUSED {
                *own = count;
                count += 1;
                // A null row points anywhere.
                values.append_value(code.checked_sub(1).map_or("", |text| &*self.texts[text as usize]));
            }
            *own
        };
        let keys: Vec<i32> = codes.iter().map(|code| used(*code)).collect();
        let nulls = codes.contains(&0).then(|| codes.iter().map(|code| *code != 0).collect::<NullBuffer>());
        let keys = Int32Array::new(keys.into(), nulls);
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values.finish())))
    }
}

pub(crate) fn instants(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone(quintile_model::records::UTC_OFFSET))
}

pub(crate) fn maybe_instants(values: impl Iterator<Item = i64>) -> ArrayRef {
    let values = values.map(|at| (at != NO_TIME).then_some(at));
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone(quintile_model::records::UTC_OFFSET))
}

pub(crate) fn amounts(values: Vec<i64>) -> Result<ArrayRef, StoreError> {
    let array: Decimal64Array = if values.contains(&NO_AMOUNT) {
        values.into_iter().map(|amount| (amount != NO_AMOUNT).then_some(amount)).collect()
    } else {
        values.into()
    };
    Ok(Arc::new(array.with_precision_and_scale(money::PRECISION, money::SCALE as i8)?))
}
