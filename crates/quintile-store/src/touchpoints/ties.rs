//! Ties: which visitor is which person.
//!
//! Whatever carries a visitor's id and a person's name ties the two. A visitor is the person of the earliest tie, whatever
//! the order of imports; of two at the same moment, the one with the lower key.

use crate::StoreError;
use crate::run;
use arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use quintile_model::columns;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A visitor who said who they are. Ordered as the earliest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tie {
    pub visitor: u64,
    pub at: i64,
    /// The key that the row names: a registered customer, or a guest.
    pub person: u64,
    pub guest: bool,
}

/// The earliest tie of each visitor that a file speaks of.
#[derive(Debug, Default)]
pub(crate) struct TieSet {
    earliest: HashMap<u64, (i64, u64, bool)>,
    /// The tie met last, which most often comes again.
    last: Option<Tie>,
}

impl TieSet {
    #[inline]
    pub fn add(&mut self, tie: Tie) {
        if self.last.is_some_and(|last| last.visitor == tie.visitor && last <= tie) {
            return;
        }
        let new = (tie.at, tie.person, tie.guest);
        let known = self.earliest.entry(tie.visitor).or_insert(new);
        *known = (*known).min(new);
        self.last = Some(Tie { visitor: tie.visitor, at: known.0, person: known.1, guest: known.2 });
    }

    pub fn into_ties(self) -> impl Iterator<Item = Tie> {
        self.earliest.into_iter().map(|(visitor, (at, person, guest))| Tie { visitor, at, person, guest })
    }
}

/// One tie a visitor, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct Ties {
    by_visitor: Vec<Tie>,
}

impl Ties {
    /// Of each visitor the earliest.
    pub fn of(mut ties: Vec<Tie>) -> Ties {
        ties.sort_unstable();
        ties.dedup_by_key(|tie| tie.visitor);
        Ties { by_visitor: ties }
    }

    pub fn find(&self, visitor: u64) -> Option<&Tie> {
        self.by_visitor.binary_search_by_key(&visitor, |tie| tie.visitor).ok().map(|at| &self.by_visitor[at])
    }

    pub fn is_empty(&self) -> bool {
        self.by_visitor.is_empty()
    }

    /// Ascending by visitor.
    pub fn iter(&self) -> impl Iterator<Item = &Tie> {
        self.by_visitor.iter()
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("visitor_key", DataType::UInt64, false),
        Field::new("at", DataType::Int64, false),
        Field::new("customer_key", DataType::UInt64, false),
        Field::new("guest", DataType::Boolean, false),
    ]))
}

/// Ties as they are kept on disk.
pub(crate) fn tie_batches(ties: &[Tie]) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    ties.chunks(1 << 18).map(|ties| {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(ties.iter().map(|tie| tie.visitor))),
            Arc::new(Int64Array::from_iter_values(ties.iter().map(|tie| tie.at))),
            Arc::new(UInt64Array::from_iter_values(ties.iter().map(|tie| tie.person))),
            Arc::new(BooleanArray::from_iter(ties.iter().map(|tie| Some(tie.guest)))),
        ];
        Ok(RecordBatch::try_new(schema(), arrays)?)
    })
}

/// All stored ties.
pub(crate) fn stored_ties(files: &[PathBuf]) -> Result<Ties, StoreError> {
    let mut all = Vec::new();
    for path in files {
        run::read_plain(path, |batch| {
            let at = batch.column_by_name("at").map(|column| column.as_primitive::<Int64Type>());
            let at = at.ok_or_else(|| StoreError::Damaged(format!("`at` is missing in {}", path.display())))?;
            let (visitors, people) = (columns::keys(batch, "visitor_key"), columns::keys(batch, "customer_key"));
            let guests = columns::flags(batch, "guest");
            all.extend((0..batch.num_rows()).map(|row| Tie {
                visitor: visitors.value(row),
                at: at.value(row),
                person: people.value(row),
                guest: guests.value(row),
            }));
            Ok(())
        })?;
    }
    Ok(Ties::of(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_tie_of_a_visitor_holds_in_whatever_order() {
        let tie = |visitor, at, person| Tie { visitor, at, person, guest: false };
        let all = [tie(1, 20, 7), tie(1, 10, 9), tie(2, 5, 7), tie(1, 10, 8)];
        for turn in 0..all.len() {
            let mut turned = all;
            turned.rotate_left(turn);
            let mut set = TieSet::default();
            turned.into_iter().for_each(|tie| set.add(tie));
            let ties = Ties::of(set.into_ties().collect());
            assert_eq!(ties.iter().copied().collect::<Vec<_>>(), [tie(1, 10, 8), tie(2, 5, 7)]);
        }
    }
}
