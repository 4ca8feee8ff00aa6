//! Touchpoints of one kind, as far as they happened before the moment.

use arrow::record_batch::RecordBatch;
use quintile_model::batch::{CustomerBatch, Facts};
use quintile_model::columns::instants;
use quintile_model::time::{AsOf, DAY_MICROS};
use quintile_model::touchpoints::Touchpoint;
use std::cell::OnceCell;
use std::ops::Range;

/// Touchpoints of one kind.
pub(crate) struct Touches<'a> {
    facts: &'a Facts,
    /// Times, by row.
    pub(crate) at: &'a [i64],
    as_of: i64,
}

impl<'a> Touches<'a> {
    pub(crate) fn of_facts(facts: &'a Facts, as_of: &AsOf) -> Self {
        Touches { facts, at: instants(&facts.rows, "at").values(), as_of: as_of.instant.0 }
    }

    /// The columns.
    pub(crate) fn rows(&self) -> &'a RecordBatch {
        &self.facts.rows
    }

    /// How many rows there are of all customers, also of later than the moment.
    pub(crate) fn len(&self) -> usize {
        self.at.len()
    }

    /// The rows of a customer that happened before the moment, in the order of time.
    #[inline]
    pub(crate) fn of(&self, customer: usize) -> Range<usize> {
        let all = self.facts.of(customer);
        match self.at[all.clone()].last() {
            Some(last) if *last >= self.as_of => all.start..all.start + self.at[all].partition_point(|at| *at < self.as_of),
            _ => all,
        }
    }

    /// Those of the last so many days of 24 hours.
    #[inline]
    pub(crate) fn lately(&self, customer: usize, days: i64) -> Range<usize> {
        let from = self.as_of.saturating_sub(days * DAY_MICROS);
        let own = self.of(customer);
        own.start + self.at[own.clone()].partition_point(|at| *at < from)..own.end
    }
}

/// Stands in for the kinds of which the store gave nothing: no rows, and every column.
#[derive(Default)]
pub(crate) struct Nothing(OnceCell<Vec<Facts>>);

impl Nothing {
    pub(crate) fn of_kind(&self, kind: Touchpoint, batch: &CustomerBatch) -> &Facts {
        let all = self.0.get_or_init(|| {
            let nothing = |kind: Touchpoint| Facts { rows: RecordBatch::new_empty(kind.schema()), offsets: vec![0; batch.keys.len() + 1] };
            Touchpoint::ALL.into_iter().map(nothing).collect()
        });
        let at = Touchpoint::ALL.iter().position(|other| *other == kind);
        &all[at.unwrap_or_else(|| unreachable!("every kind is in the list of all"))]
    }
}
