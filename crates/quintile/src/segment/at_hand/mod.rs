//! What is kept in memory while segments are being written: columns of the profile, and who meets which condition.
//!
//! Whoever writes a segment asks for it again with every change, and each change is one condition. So the columns that conditions
//! read are kept as they came of one pass over the facts, and who meets a condition is kept as one bit a customer. All of it holds
//! for one state of store, settings, models and moment; with another state it is begun anew.
//!
//! - `state`: what is kept of one state, and how much of it.
//! - `columns`: columns of the profile, whole.
//! - `told`: who meets each condition.
//! - [`sample`]: some customers instead of all, and how far their share can be believed.

pub mod sample;

mod columns;
mod state;
mod told;

use state::State;
use std::sync::{Arc, Mutex, PoisonError};

/// States that are kept side by side: people look at the same store as of several days.
const STATES: usize = 4;

/// Columns and answered conditions, up to a number of bytes; what was not asked for longest goes first.
pub struct AtHand {
    most: usize,
    pool: rayon::ThreadPool,
    /// The one used last comes first.
    states: Mutex<Vec<Arc<State>>>,
}

impl AtHand {
    /// So many bytes at most, evaluated on so many threads.
    pub fn new(most: usize, threads: usize) -> Result<AtHand, crate::Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
        let pool = pool.map_err(|error| crate::Error::Answer(error.to_string()))?;
        Ok(AtHand { most, pool, states: Mutex::default() })
    }

    /// Bytes in use.
    pub fn bytes(&self) -> usize {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|state| state.bytes()).sum()
    }

    /// What is kept of a state, by a name that says all it rests on.
    fn of(&self, name: &str) -> Arc<State> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let state = match states.iter().position(|state| state.name == name) {
            Some(at) => states.remove(at),
            None => Arc::new(State::new(name.to_owned())),
        };
        states.insert(0, state.clone());
        states.truncate(STATES);
        state
    }

    /// Makes room: whole states first, then what of the first was not used longest.
    fn trim(&self) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        while states.len() > 1 && states.iter().map(|state| state.bytes()).sum::<usize>() > self.most {
            states.pop();
        }
        if let Some(first) = states.first() {
            first.trim(self.most);
        }
    }
}
