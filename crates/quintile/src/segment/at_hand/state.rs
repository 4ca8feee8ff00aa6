//! What is kept of one state of the store.

use super::sample::Sample;
use crate::segment::lacks::Seen;
use crate::{Error, Header};
use arrow::array::ArrayRef;
use quintile_segment::vocabulary::functions::FactTable;
use quintile_segment::{Figures, Members};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is kept of one state of store, settings, models and moment.
pub(super) struct State {
    /// All that it rests on.
    pub name: String,
    kept: Mutex<Kept>,
    /// Columns are read by one at a time: whoever wants the same ones finds them afterwards.
    pub columns: Turns,
    /// So are facts.
    pub facts: Turns,
}

#[derive(Default)]
pub(super) struct Kept {
    /// The customers known at the moment, ascending.
    pub keys: Option<Arc<Vec<u64>>>,
    /// Which columns came of one pass, and what its answer said of itself.
    pub passes: Vec<(Vec<&'static str>, Header)>,
    /// Columns of which it was found that they are too large to be kept.
    pub too_large: BTreeSet<&'static str>,
    pub sample: Option<Arc<Sample>>,
    /// By condition, of the sampled customers alone.
    pub of_sample: HashMap<String, Members>,
    /// Figures of the store, by what was asked.
    pub figures: HashMap<String, Figures>,
    /// Which columns of facts have a value, and which were looked for.
    pub seen: Seen,
    pub looked: BTreeSet<(FactTable, &'static str)>,
    columns: HashMap<&'static str, Item<ArrayRef>>,
    told: HashMap<String, Item<Members>>,
    bytes: usize,
    clock: u64,
}

struct Item<T> {
    value: T,
    bytes: usize,
    used: u64,
}

impl State {
    pub fn new(name: String) -> State {
        State { name, kept: Mutex::default(), columns: Turns::default(), facts: Turns::default() }
    }

    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bytes(&self) -> usize {
        let kept = self.kept();
        let keys = kept.keys.as_ref().map_or(0, |keys| keys.len() * 8);
        kept.bytes + keys + kept.sample.as_ref().map_or(0, |sample| sample.bytes)
    }

    /// Lets go of what was not used longest.
    pub fn trim(&self, most: usize) {
        let mut kept = self.kept();
        while kept.bytes > most {
            let column = kept.columns.iter().map(|(name, item)| (item.used, *name)).min();
            let told = kept.told.iter().min_by_key(|(_, item)| item.used).map(|(name, item)| (item.used, name.clone()));
            let freed = match (column, told) {
                (Some((used, name)), Some((other, _))) if used <= other => kept.columns.remove(name).map(|item| item.bytes),
                (_, Some((_, name))) => kept.told.remove(&name).map(|item| item.bytes),
                (Some((_, name)), None) => kept.columns.remove(name).map(|item| item.bytes),
                (None, None) => None,
            };
            match freed {
                Some(bytes) => kept.bytes -= bytes,
                None => break,
            }
        }
    }
}

impl Kept {
    pub fn column(&mut self, name: &str) -> Option<ArrayRef> {
        self.clock += 1;
        let item = self.columns.get_mut(name)?;
        item.used = self.clock;
        Some(item.value.clone())
    }

    pub fn keep_column(&mut self, name: &'static str, value: ArrayRef) {
        self.clock += 1;
        let bytes = value.get_array_memory_size();
        self.bytes += bytes;
        if let Some(before) = self.columns.insert(name, Item { value, bytes, used: self.clock }) {
            self.bytes -= before.bytes;
        }
    }

    pub fn told(&mut self, name: &str) -> Option<Members> {
        self.clock += 1;
        let item = self.told.get_mut(name)?;
        item.used = self.clock;
        Some(item.value.clone())
    }

    pub fn keep_told(&mut self, name: String, value: Members) {
        self.clock += 1;
        let bytes = value.len().div_ceil(8) + name.len() * 2 + 64;
        self.bytes += bytes;
        if let Some(before) = self.told.insert(name, Item { value, bytes, used: self.clock }) {
            self.bytes -= before.bytes;
        }
    }
}

/// Something that is done by one at a time.
#[derive(Default)]
pub(super) struct Turns {
    taken: Mutex<bool>,
    free: Condvar,
}

/// It is one's turn until this is dropped.
pub(super) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for its turn, as long as it is still wanted.
    pub fn take(&self, go_on: impl Fn() -> Result<(), Error>) -> Result<Turn<'_>, Error> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken {
            go_on()?;
            taken = self.free.wait_timeout(taken, Duration::from_millis(20)).unwrap_or_else(PoisonError::into_inner).0;
        }
        *taken = true;
        Ok(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.free.notify_one();
    }
}
