//! What a program is asked of: profile rows, and the facts behind them.

use arrow::record_batch::RecordBatch;
use quintile_model::{Counted, CustomerBatch};

/// A customer of the profile rows that the batch of facts does not have.
pub(crate) const NOBODY: u32 = u32::MAX;

/// Some customers, as of one moment.
#[derive(Debug)]
pub struct World<'a> {
    /// Their profile rows, with the columns the program [needs](super::Program::columns).
    pub rows: &'a RecordBatch,
    /// Their facts, and which count; `None` where the program asks for none.
    pub facts: Option<(&'a CustomerBatch, &'a Counted)>,
    /// For each profile row its customer in the batch.
    pub(crate) customers: Vec<u32>,
    /// Has each customer of the batch a profile row?
    whole: bool,
}

impl<'a> World<'a> {
    /// Customers of whom only the profile is asked.
    pub fn of_rows(rows: &'a RecordBatch) -> World<'a> {
        World { rows, facts: None, customers: Vec::new(), whole: false }
    }

    /// Customers with their facts. `keys` are the customers of the profile rows, ascending.
    pub fn new(rows: &'a RecordBatch, keys: &[u64], batch: &'a CustomerBatch, counted: &'a Counted) -> World<'a> {
        let mut at = 0;
        let place = |key: &u64| {
            while batch.keys.get(at).is_some_and(|own| own < key) {
                at += 1;
            }
            if batch.keys.get(at) == Some(key) { at as u32 } else { NOBODY }
        };
        let customers: Vec<u32> = keys.iter().map(place).collect();
        let whole = rows.num_rows() == batch.keys.len() && keys == batch.keys;
        World { rows, facts: Some((batch, counted)), customers, whole }
    }

    /// The same customers with other columns of theirs.
    pub(crate) fn with_rows<'b>(&self, rows: &'b RecordBatch) -> World<'b>
    where
        'a: 'b,
    {
        World { rows, facts: self.facts, customers: self.customers.clone(), whole: self.whole }
    }

    /// How many customers.
    pub fn len(&self) -> usize {
        self.rows.num_rows()
    }

    /// What holds of customers of the batch, by profile row; `of_nobody` of a row whose customer the batch does not have.
    pub(crate) fn by_row(&self, of_customer: Vec<bool>, of_nobody: bool) -> Vec<bool> {
        if self.whole {
            return of_customer;
        }
        let holds = |customer: &u32| of_customer.get(*customer as usize).copied().unwrap_or(of_nobody);
        let told = self.customers.iter().map(holds);
        told.chain(std::iter::repeat(of_nobody)).take(self.len()).collect()
    }

    /// Nobody at all?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
