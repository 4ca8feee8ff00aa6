//! The whole history in one pass: what each customer was at many moments, from one reading of their facts.
//!
//! Between two facts nothing of a customer changes but the distance to the moment, and rows of the first pass hold days
//! and not distances. So the pass does not leave a row a moment: it leaves a row a *span*, the stretch of neighbouring
//! moments at which the row would have been the same. The rows of one moment are those whose span holds it, and go
//! through [`second_pass`](crate::second_pass) like any others.
//!
//! ```text
//! CustomerBatch --history_pass--> Spans, Ended                      once a batch, on any thread
//! Spans --at(moment)--> rows --vectors_at--> Vectors                for each moment
//! Vectors, Ended::settled() --statistics--> Statistics              for each moment
//! Spans --at(moment)--> rows --second_pass--> rows as asked         for each moment
//! ```
//!
//! The answers are those of [`first_pass`](crate::first_pass) at each moment, bit for bit; only the suggestion of another
//! number for loyal customers is made at the last moment alone.
//!
//! Columns that look back over a window from the moment, and what lines tell, change without a fact and have no spans:
//! [`has_spans`] tells which questions can be asked so.

mod ended;
mod spans;
mod walk;

pub use ended::Ended;
pub use spans::{Spans, vectors_at};

use crate::columns::Column;
use crate::orders::Orders;
use crate::question::{ProfileError, ProfileQuestion};
use crate::work::Work;
use quintile_model::batch::CustomerBatch;
use quintile_model::time::AsOf;

/// Moments, ascending, at least one.
#[derive(Debug, Clone)]
pub struct Moments {
    all: Vec<AsOf>,
    instants: Vec<i64>,
}

/// The place of a moment among the moments asked for; as many as there are stands for never.
pub(crate) type Place = u16;

impl Moments {
    /// Takes moments that ascend.
    pub fn new(all: Vec<AsOf>) -> Result<Moments, ProfileError> {
        let instants: Vec<i64> = all.iter().map(|as_of| as_of.instant.0).collect();
        if instants.is_empty() || instants.len() >= usize::from(Place::MAX) || instants.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(ProfileError::Moments);
        }
        Ok(Moments { all, instants })
    }

    /// All of them.
    pub fn all(&self) -> &[AsOf] {
        &self.all
    }

    /// The last one.
    pub fn last(&self) -> &AsOf {
        &self.all[self.all.len() - 1]
    }

    fn never(&self) -> Place {
        self.instants.len() as Place
    }

    /// The first moment at which a fact of this instant counts.
    #[inline]
    fn after(&self, at: i64) -> Place {
        self.instants.partition_point(|moment| *moment <= at) as Place
    }
}

/// The spans of one batch.
#[derive(Debug, Clone)]
pub struct HistoryRows {
    /// Spans of the customers known by the last moment, ascending by key, then by moment.
    pub spans: Spans,
    /// Gaps between purchases, by the moment from which they are seen.
    pub ended: Ended,
}

/// Can the question be answered by spans? Every column asked must stay the same while nothing happens to the customer.
pub fn has_spans(question: &ProfileQuestion) -> bool {
    without_spans(question).is_none()
}

/// A column that changes by time alone, or with what happens to somebody else.
fn without_spans(question: &ProfileQuestion) -> Option<&'static Column> {
    let of_others = |column: &&Column| column.second_pass() && !column.needs.is_empty();
    let first = question.first_columns();
    first.into_iter().find(|column| !walk::spans(column)).or_else(|| question.columns.iter().copied().find(of_others))
}

/// Walks once through the facts of each customer, read with [`facts_needed`](crate::facts_needed).
pub fn history_pass(batch: &CustomerBatch, question: &ProfileQuestion, moments: &Moments) -> Result<HistoryRows, ProfileError> {
    question.check()?;
    if let Some(column) = without_spans(question) {
        return Err(ProfileError::NoSpans(column.name));
    }
    let question = ProfileQuestion { as_of: moments.last().clone(), ..question.clone() };
    let work = Work::with_orders(batch, &question, Orders::ever_counted(batch, &question.as_of));
    let mut walk = walk::Walk::new(&work, moments)?;
    for customer in 0..work.customers() {
        walk.customer(customer)?;
    }
    walk.rows()
}
