//! Batches of whole customers: the unit of work of every question.

use crate::touchpoints::Touchpoint;
use arrow::record_batch::RecordBatch;
use std::ops::Range;

/// Some customers with all their settled facts: each fact once, in its newest version, in the order of customer and
/// time. A customer is never split between two batches.
///
/// A batch says nothing of `as_of`: facts of every time are in it.
#[derive(Debug, Clone)]
pub struct CustomerBatch {
    /// The customers, ascending.
    pub keys: Vec<u64>,
    /// What is known of each; at least one row a customer, oldest version first.
    pub customers: Facts,
    /// Orders, by time, then order key.
    pub orders: Facts,
    /// Lines, in the order of their orders.
    pub lines: Facts,
    /// Refunds, by time.
    pub refunds: Facts,
    /// Cancellations, by time.
    pub cancellations: Facts,
    /// For each line, the row of its order in `orders`, or [`NO_ORDER`].
    pub line_order: Vec<u32>,
    /// For each refund, the row of its order in `orders`, or [`NO_ORDER`].
    pub refund_order: Vec<u32>,
    /// For each cancellation, the row of its order in `orders`, or [`NO_ORDER`].
    pub cancellation_order: Vec<u32>,
    /// Touchpoints of the kinds that were asked for, each by time, then fact key.
    pub touchpoints: Vec<(Touchpoint, Facts)>,
}

impl CustomerBatch {
    /// Touchpoints of a kind; `None` when they were not asked for.
    pub fn touchpoints(&self, kind: Touchpoint) -> Option<&Facts> {
        self.touchpoints.iter().find(|(other, _)| *other == kind).map(|(_, facts)| facts)
    }
}

/// The order of a fact that belongs to none.
pub const NO_ORDER: u32 = u32::MAX;

/// Facts of one kind for the customers of a batch, with the columns that were asked for.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The rows. Asked columns only, by the names of [`crate::FactKind::schema`].
    pub rows: RecordBatch,
    /// Customer `i` has the rows `offsets[i]..offsets[i + 1]`; one longer than the customers.
    pub offsets: Vec<u32>,
}

impl Facts {
    /// The rows of one customer.
    #[inline]
    pub fn of(&self, customer: usize) -> Range<usize> {
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// No rows at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Which columns of which kinds a question reads; a kind with no columns still gives its offsets and links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactColumns {
    /// Of customers.
    pub customers: Vec<&'static str>,
    /// Of orders.
    pub orders: Vec<&'static str>,
    /// Of lines; `None` when lines are not read at all.
    pub lines: Option<Vec<&'static str>>,
    /// Of refunds; `None` when refunds are not read at all.
    pub refunds: Option<Vec<&'static str>>,
    /// Of cancellations, which every question about orders needs.
    pub cancellations: Vec<&'static str>,
    /// Of touchpoints, by kind; a kind that is not named is not read.
    pub touchpoints: Vec<(Touchpoint, Vec<&'static str>)>,
}
