//! Batches of whole customers: the unit of work of every question.

use crate::columns;
use crate::time::Instant;
use crate::touchpoints::Touchpoint;
use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
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

impl FactColumns {
    /// With the columns of another question beside one's own.
    pub fn and(mut self, other: &FactColumns) -> FactColumns {
        let add = |to: &mut Vec<&'static str>, from: &[&'static str]| {
            for name in from {
                if !to.contains(name) {
                    to.push(name);
                }
            }
        };
        add(&mut self.customers, &other.customers);
        add(&mut self.orders, &other.orders);
        add(&mut self.cancellations, &other.cancellations);
        for (own, other) in [(&mut self.lines, &other.lines), (&mut self.refunds, &other.refunds)] {
            if let Some(other) = other {
                add(own.get_or_insert_default(), other);
            }
        }
        for (kind, names) in &other.touchpoints {
            match self.touchpoints.iter_mut().find(|(own, _)| own == kind) {
                Some((_, own)) => add(own, names),
                None => self.touchpoints.push((*kind, names.clone())),
            }
        }
        self
    }
}

impl CustomerBatch {
    /// The same customers with the facts before an instant alone: what was known then. What is known of each customer stays, since
    /// it says nothing of when it was learnt.
    pub fn before(&self, at: Instant) -> CustomerBatch {
        let (orders, order_places) = self.orders.before(at);
        // A line happens when its order does.
        let kept_order = |order: &u32| *order == NO_ORDER || order_places[*order as usize] != NO_ORDER;
        let (lines, line_rows) = self.lines.kept(|row| kept_order(&self.line_order[row]));
        let (refunds, refund_places) = self.refunds.before(at);
        let (cancellations, cancellation_places) = self.cancellations.before(at);
        let moved = |links: &[u32], kept: &[u32]| -> Vec<u32> {
            let kept = links.iter().zip(kept).filter(|(_, place)| **place != NO_ORDER).map(|(link, _)| *link);
            kept.map(|order| if order == NO_ORDER { NO_ORDER } else { order_places[order as usize] }).collect()
        };
        CustomerBatch {
            keys: self.keys.clone(),
            customers: self.customers.clone(),
            line_order: moved(&self.line_order, &line_rows),
            refund_order: moved(&self.refund_order, &refund_places),
            cancellation_order: moved(&self.cancellation_order, &cancellation_places),
            orders,
            lines,
            refunds,
            cancellations,
            touchpoints: self.touchpoints.iter().map(|(kind, facts)| (*kind, facts.before(at).0)).collect(),
        }
    }
}

impl Facts {
    /// The facts before an instant, and for each row its place among them. Facts without a column `at` are all kept.
    fn before(&self, at: Instant) -> (Facts, Vec<u32>) {
        match self.rows.column_by_name("at") {
            None => self.kept(|_| true),
            Some(_) => {
                let times: &[i64] = columns::instants(&self.rows, "at").values();
                self.kept(|row| times[row] < at.0)
            }
        }
    }

    /// Some of the facts, and for each row its place among them, or [`NO_ORDER`].
    fn kept(&self, keep: impl Fn(usize) -> bool) -> (Facts, Vec<u32>) {
        let kept: Vec<bool> = (0..self.len()).map(keep).collect();
        let mut places = Vec::with_capacity(kept.len());
        let mut before = 0_u32;
        for kept in &kept {
            places.push(if *kept { before } else { NO_ORDER });
            before += u32::from(*kept);
        }
        let mut up_to = Vec::with_capacity(kept.len() + 1);
        up_to.push(0);
        kept.iter().for_each(|kept| up_to.push(up_to[up_to.len() - 1] + u32::from(*kept)));
        let offsets = self.offsets.iter().map(|end| up_to[*end as usize]).collect();
        // A filter as long as its rows is always taken.
        let rows = filter_record_batch(&self.rows, &BooleanArray::from(kept.clone())).unwrap_or_else(|_| self.rows.clone());
        (Facts { rows, offsets }, places)
    }
}
