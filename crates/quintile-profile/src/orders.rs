//! Which orders count.

use quintile_model::batch::{CustomerBatch, NO_ORDER};
use quintile_model::columns::{instants, repeated};
use quintile_model::records::standing;
use quintile_model::time::AsOf;
use std::borrow::Cow;

/// The orders of a batch that count as of a moment, closed up: in the order of customer and time, nothing between.
///
/// A position in here is called a slot, one in the batch a row. Mostly every order counts, and nothing is copied.
pub(crate) struct Orders<'a> {
    /// Customer `i` has the slots `offsets[i]..offsets[i + 1]`.
    pub(crate) offsets: Cow<'a, [u32]>,
    /// Times.
    pub(crate) at: Cow<'a, [i64]>,
    rows: Option<Vec<u32>>,
    slots: Option<Vec<u32>>,
}

impl<'a> Orders<'a> {
    pub(crate) fn counted(batch: &'a CustomerBatch, as_of: &AsOf) -> Self {
        Self::of_batch(batch, as_of, cancelled_orders(batch, as_of))
    }

    /// The orders that count at the moment or counted before it, until they were cancelled.
    pub(crate) fn ever_counted(batch: &'a CustomerBatch, as_of: &AsOf) -> Self {
        Self::of_batch(batch, as_of, None)
    }

    fn of_batch(batch: &'a CustomerBatch, as_of: &AsOf, cancelled: Option<Vec<bool>>) -> Self {
        let at: &[i64] = instants(&batch.orders.rows, "at").values();
        let standings = repeated(&batch.orders.rows, "standing");
        let counting: Vec<bool> = standings.values().iter().map(|text| text == Some(standing::COUNTS)).collect();
        let every_standing = counting.iter().all(|counts| *counts);
        let codes: &[i32] = standings.codes().values();
        let counts = |row: usize| {
            at[row] < as_of.instant.0
                && (every_standing || counting[codes[row] as usize])
                && cancelled.as_ref().is_none_or(|cancelled| !cancelled[row])
        };
        if (0..at.len()).all(counts) {
            return Orders { offsets: Cow::Borrowed(&batch.orders.offsets), at: Cow::Borrowed(at), rows: None, slots: None };
        }
        let mut orders = (Vec::with_capacity(batch.keys.len() + 1), Vec::new(), Vec::new(), vec![NO_ORDER; at.len()]);
        let (offsets, times, rows, slots) = (&mut orders.0, &mut orders.1, &mut orders.2, &mut orders.3);
        offsets.push(0);
        for customer in 0..batch.keys.len() {
            for row in batch.orders.of(customer).filter(|row| counts(*row)) {
                slots[row] = rows.len() as u32;
                rows.push(row as u32);
                times.push(at[row]);
            }
            offsets.push(rows.len() as u32);
        }
        Orders { offsets: Cow::Owned(orders.0), at: Cow::Owned(orders.1), rows: Some(orders.2), slots: Some(orders.3) }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// The slots of a customer.
    #[inline]
    pub(crate) fn of(&self, customer: usize) -> std::ops::Range<usize> {
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// How many a customer has.
    #[inline]
    pub(crate) fn count(&self, customer: usize) -> usize {
        self.of(customer).len()
    }

    /// The row of a slot in the batch.
    #[inline]
    pub(crate) fn row(&self, slot: usize) -> usize {
        self.rows.as_ref().map_or(slot, |rows| rows[slot] as usize)
    }

    /// The slot of a row of the batch; [`NO_ORDER`] for one that does not count, or for none.
    #[inline]
    pub(crate) fn slot(&self, row: u32) -> u32 {
        match &self.slots {
            Some(slots) if row != NO_ORDER => slots[row as usize],
            _ => row,
        }
    }

    /// The slots of many rows.
    pub(crate) fn slots_of<'b>(&self, rows: &'b [u32]) -> Cow<'b, [u32]> {
        match &self.slots {
            None => Cow::Borrowed(rows),
            Some(_) => rows.iter().map(|row| self.slot(*row)).collect(),
        }
    }
}

fn cancelled_orders(batch: &CustomerBatch, as_of: &AsOf) -> Option<Vec<bool>> {
    if batch.cancellations.is_empty() {
        return None;
    }
    let at: &[i64] = instants(&batch.cancellations.rows, "at").values();
    let mut cancelled = vec![false; batch.orders.len()];
    for (at, order) in at.iter().zip(&batch.cancellation_order) {
        if as_of.counts(*at) && *order != NO_ORDER {
            cancelled[*order as usize] = true;
        }
    }
    Some(cancelled)
}
