//! Placing: lines, refunds and cancellations go where their order goes.

use super::{FileSource, NamedCancellation, RefundRow, Shared};
use crate::StoreError;
use crate::intake::{LineRow, NO_TIME, Scatter};
use crate::owners::Owners;
use crate::settle::CancellationRow;
use quintile_model::ids::mix;

#[inline]
pub(super) fn place_line(
    mut line: LineRow,
    owners: &Owners,
    scatter: &mut Scatter,
    unplaced: &mut Vec<u8>,
    shared: &Shared,
) -> Result<(), StoreError> {
    match owners.find(line.order_key) {
        Some(rank) => {
            (line.rank, line.order_key) = (rank, 0);
            scatter.row(owners.range_of(rank), &shared.lines, |out| line.write(out))
        }
        None => {
            line.write(unplaced);
            Ok(())
        }
    }
}

/// Gives refunds their customer, time and key.
pub(super) fn place_refunds(owners: &Owners, refunds: &mut Vec<RefundRow>) {
    for refund in refunds.iter_mut().filter(|refund| refund.order_key != 0) {
        // INVARIANT: orders that nobody knew were adopted before.
        let Some(owner) = owners.find(refund.order_key) else { continue };
        let owner = owners.get(owner);
        (refund.customer, refund.who) = (owner.customer, owner.who);
        if !refund.dated {
            refund.at = owner.at;
        }
    }
    refunds.sort_by_key(|r| (r.customer, r.order_key, r.at, r.content, r.file));
    let mut occurrence = 0;
    let mut before: Option<(u64, u64, i64, u64, u32)> = None;
    for refund in refunds.iter_mut() {
        let this = (refund.customer, refund.order_key, refund.at, refund.content, refund.file);
        occurrence = if before == Some(this) { occurrence + 1 } else { 1 };
        before = Some(this);
        if refund.refund_key == 0 {
            let whose = if refund.order_key == 0 { mix(&[refund.customer, refund.at as u64]) } else { refund.order_key };
            refund.refund_key = mix(&[whose, refund.content, occurrence]);
        }
    }
    // The same refund from two files: the newer, then the dated one.
    refunds.sort_by_key(|r| (r.customer, r.refund_key, std::cmp::Reverse((r.version, r.dated))));
    refunds.dedup_by_key(|r| (r.customer, r.refund_key));
    refunds.sort_by_key(|r| (r.customer, r.at, r.refund_key));
}

pub(super) fn place_cancellations(owners: &Owners, files: &[FileSource], named: &[NamedCancellation]) -> Vec<CancellationRow> {
    let mut rows: Vec<CancellationRow> = named
        .iter()
        .filter_map(|row| {
            let owner = owners.get(owners.find(row.order_key)?);
            let stale = row.document && owner.document && (row.file != owner.file || !files[row.file as usize].document);
            let (at, dated) = if row.at == NO_TIME { (owner.at, false) } else { (row.at, true) };
            let version = if row.document { owner.import_version } else { row.version };
            (!stale).then_some(CancellationRow {
                customer: owner.customer,
                order_key: row.order_key,
                at,
                dated,
                version,
                document: row.document,
            })
        })
        .collect();
    rows.sort_by_key(|r| (r.customer, r.order_key, std::cmp::Reverse((r.version, r.dated)), r.at));
    rows.dedup_by_key(|r| (r.customer, r.order_key));
    rows.sort_by_key(|r| (r.customer, r.at, r.order_key));
    rows
}
