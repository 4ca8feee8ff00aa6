//! Lines: their keys, by id or by content and occurrence, and their place.

use super::{Range, Settling, amounts, instants};
use crate::StoreError;
use crate::import::RefundRow;
use crate::intake::{LineRow, NO_AMOUNT, Reading};
use crate::intern::TextCode;
use crate::owners::Owner;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, UInt64Array};
use arrow::record_batch::RecordBatch;
use quintile_model::ids::mix;
use quintile_model::{FactKind, Money};
use std::sync::Arc;

/// Where a staged line lies.
#[derive(Clone, Copy, Default)]
struct Place {
    chunk: u32,
    byte: u32,
}

/// Lines in the order of their orders; money given back for single lines joins `refunds`.
pub(super) fn settle_lines(settling: &Settling<'_>, range: &Range<'_>, refunds: &mut Vec<RefundRow>) -> Result<RecordBatch, StoreError> {
    let owners = settling.owners;
    let (first_rank, past_rank) = range.ranks;
    // A counting sort by rank of where each line lies: one pass to count, one to place.
    let mut starts = vec![0_u32; (past_rank - first_rank) as usize + 1];
    let documents = settling.files.iter().any(|file| file.document);
    // Lines that came inside an older document than the order's newest are gone with it.
    let stale = |rank: u32, file: u32| {
        let owner = owners.get(rank);
        owner.document && !(file == owner.file && settling.files[file as usize].document)
    };
    let mut found: Vec<(u32, Place)> = Vec::new();
    for (number, chunk) in range.lines.iter().enumerate() {
        let mut reading = Reading::of(chunk);
        while !reading.is_empty() {
            let place = Place { chunk: number as u32, byte: (chunk.len() - reading.left()) as u32 };
            let (rank, file) = LineRow::skip(&mut reading);
            if !documents || !stale(rank, file) {
                starts[(rank - first_rank) as usize + 1] += 1;
                found.push((rank - first_rank, place));
            }
        }
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![Place::default(); found.len()];
    for (rank, place) in found {
        let next = &mut next[rank as usize];
        sorted[*next as usize] = place;
        *next += 1;
    }
    let mut out = LineColumns::with_capacity(sorted.len());
    let mut lines: Vec<LineRow> = Vec::new();
    for (rank, bounds) in (first_rank..past_rank).zip(starts.windows(2)) {
        let places = &sorted[bounds[0] as usize..bounds[1] as usize];
        if places.is_empty() {
            continue;
        }
        lines.clear();
        lines.extend(places.iter().map(|place| LineRow::read(&mut Reading::of(&range.lines[place.chunk as usize][place.byte as usize..]))));
        let owner = owners.get(rank);
        if lines.len() > 1 {
            lines.sort_unstable_by_key(|line| (line.content, line.has_id, line.file));
        }
        for (line, occurrence) in Occurrences::of(&lines) {
            let key = mix(&[owner.order_key, line.content, occurrence]);
            out.push(settling, owner, line, key);
            if line.refund != NO_AMOUNT && line.refund != 0 {
                refunds.push(RefundRow {
                    customer: owner.customer,
                    who: owner.who,
                    order_key: owner.order_key,
                    refund_key: mix(&[key, 7]),
                    at: owner.at,
                    dated: false,
                    version: owner.import_version,
                    document: owner.document,
                    amount: line.refund,
                    product: line.product,
                    ..RefundRow::default()
                });
            }
        }
    }
    out.finish(settling)
}

/// Equal lines of one order, each as often as the file that has it most often; sorted by content, then file.
struct Occurrences<'a> {
    lines: &'a [LineRow],
    at: usize,
    /// Occurrence within the file, and the most seen of this content in files before.
    in_file: u64,
    most: u64,
}

impl<'a> Occurrences<'a> {
    fn of(lines: &'a [LineRow]) -> Occurrences<'a> {
        Occurrences { lines, at: 0, in_file: 0, most: 0 }
    }
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = (&'a LineRow, u64);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.get(self.at)?;
            let before = self.at.checked_sub(1).map(|at| &self.lines[at]);
            let same_content = before.is_some_and(|b| (b.content, b.has_id) == (line.content, line.has_id));
            if !same_content {
                (self.in_file, self.most) = (1, 0);
            } else if before.is_some_and(|b| b.file == line.file) {
                self.in_file += 1;
            } else {
                self.in_file = 1;
            }
            self.at += 1;
            // A line with an id is one line, however often it is read.
            let already = self.in_file <= self.most || (line.has_id && same_content);
            if !already {
                self.most = self.in_file;
                return Some((line, if line.has_id { 0 } else { self.in_file }));
            }
        }
    }
}

#[derive(Default)]
struct LineColumns {
    customer_key: Vec<u64>,
    order_key: Vec<u64>,
    line_key: Vec<u64>,
    at: Vec<i64>,
    kind: Vec<TextCode>,
    product: Vec<TextCode>,
    title: Vec<TextCode>,
    category: Vec<TextCode>,
    brand: Vec<TextCode>,
    quantity: Vec<i64>,
    unit_price: Vec<i64>,
    discount: Vec<i64>,
    amount: Vec<i64>,
    version: Vec<i64>,
    document: Vec<bool>,
}

impl LineColumns {
    fn with_capacity(n: usize) -> LineColumns {
        LineColumns {
            customer_key: Vec::with_capacity(n),
            order_key: Vec::with_capacity(n),
            line_key: Vec::with_capacity(n),
            at: Vec::with_capacity(n),
            kind: Vec::with_capacity(n),
            product: Vec::with_capacity(n),
            title: Vec::with_capacity(n),
            category: Vec::with_capacity(n),
            brand: Vec::with_capacity(n),
            quantity: Vec::with_capacity(n),
            unit_price: Vec::with_capacity(n),
            discount: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            version: Vec::with_capacity(n),
            document: Vec::with_capacity(n),
        }
    }

    #[inline]
    fn push(&mut self, settling: &Settling<'_>, owner: &Owner, line: &LineRow, key: u64) {
        self.customer_key.push(owner.customer);
        self.order_key.push(owner.order_key);
        self.line_key.push(key);
        self.at.push(owner.at);
        self.kind.push(if line.kind == 0 { settling.sale } else { line.kind });
        self.product.push(line.product);
        self.title.push(line.title);
        self.category.push(line.category);
        self.brand.push(line.brand);
        self.quantity.push(line.quantity);
        self.unit_price.push(line.unit_price);
        self.discount.push(if line.discount == NO_AMOUNT { 0 } else { line.discount });
        // INVARIANT: the intake refused lines whose amount does not fit.
        self.amount.push(line_amount(line.quantity, line.unit_price, line.discount).unwrap_or_default());
        self.version.push(owner.import_version);
        self.document.push(owner.document);
    }

    fn finish(self, settling: &Settling<'_>) -> Result<RecordBatch, StoreError> {
        let rows = self.customer_key.len();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(self.customer_key)),
            Arc::new(UInt64Array::from(self.order_key)),
            Arc::new(UInt64Array::from(self.line_key)),
            instants(self.at),
            settling.texts_column(&self.kind),
            settling.texts_column(&self.product),
            settling.texts_column(&self.title),
            settling.texts_column(&self.category),
            settling.texts_column(&self.brand),
            amounts(self.quantity)?,
            amounts(self.unit_price)?,
            amounts(self.discount)?,
            amounts(self.amount)?,
            Arc::new(Int64Array::from(self.version)),
            settling.commits(rows),
            Arc::new(BooleanArray::from(self.document)),
        ];
        Ok(RecordBatch::try_new(FactKind::Lines.schema(), arrays)?)
    }
}

/// Quantity times price less discount; `None` when it does not fit.
pub(crate) fn line_amount(quantity: i64, unit_price: i64, discount: i64) -> Option<i64> {
    if unit_price == NO_AMOUNT {
        return Some(0);
    }
    let gross = Money(unit_price).times_quantity(quantity)?;
    let discount = if discount == NO_AMOUNT { 0 } else { discount };
    Money::from_sum(gross.0 as i128 - discount as i128).map(|money| money.0)
}
