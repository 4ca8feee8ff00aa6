//! What was worked out of a batch, each once, whoever asks.

use super::fields::Numbers;
use super::{Happened, Passing};
use crate::program::figures::Codes;
use crate::reduce::core::{Cell, Rows};
use crate::vocabulary::functions::{FactTable, Field};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;

/// By what was asked.
#[derive(Default)]
pub(crate) struct Worked {
    /// Rows that are a function's at all.
    pub functions: Once<&'static str, Vec<bool>>,
    /// Rows whose value passes.
    pub cells: Once<(FactTable, Cell), Vec<bool>>,
    /// Rows that pass all that is asked of a fact.
    pub rows: Once<Rows, Passing>,
    /// Values of fields that are numbers.
    pub numbers: Once<(Field, FactTable), Numbers>,
    /// Values of fields by codes.
    pub codes: Once<(Field, FactTable), Codes>,
    /// By row of orders, its number among those of the customer that count; 0 where it does not count.
    pub nth: OnceCell<Rc<Vec<i64>>>,
    /// When lines happened.
    pub line_times: OnceCell<Rc<Vec<i64>>>,
}

/// Values that are made when they are first asked for.
pub(crate) struct Once<K, V> {
    known: RefCell<HashMap<K, Rc<V>>>,
}

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Once { known: RefCell::default() }
    }
}

impl<K: Clone + Eq + Hash, V> Once<K, V> {
    /// A value; while it is made, others may be asked for.
    pub(crate) fn once(&self, key: &K, make: impl FnOnce() -> V) -> Rc<V> {
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone();
        }
        let made = Rc::new(make());
        self.known.borrow_mut().insert(key.clone(), made.clone());
        made
    }
}

impl Passing {
    pub(crate) fn of(mask: Vec<bool>) -> Passing {
        Passing { mask, counts: OnceCell::new(), happened: OnceCell::new() }
    }
}

impl Happened {
    /// Of customers without any such fact.
    pub(crate) fn never(customers: usize) -> Happened {
        Happened { at: Vec::new(), offsets: vec![0; customers + 1] }
    }

    /// Of one customer, ascending.
    pub(crate) fn of(&self, customer: usize) -> &[i64] {
        &self.at[self.offsets[customer] as usize..self.offsets[customer + 1] as usize]
    }
}
