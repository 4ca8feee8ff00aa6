//! Segments that are being written: whoever asks again for the same one wants no answer to what they asked before.

use crate::ask::Stops;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The newest question of each editor.
#[derive(Default)]
pub struct Edits(Mutex<HashMap<String, Edit>>);

#[derive(Clone)]
struct Edit {
    stops: Stops,
    over: Arc<AtomicBool>,
}

/// One question of an editor; the next one ends it.
pub struct Editing<'a> {
    edits: &'a Edits,
    editor: String,
    over: Arc<AtomicBool>,
}

impl Edits {
    /// Begins a question, and ends the one that the editor asked before.
    pub fn begin(&self, editor: String, stops: &Stops) -> Editing<'_> {
        let over = Arc::new(AtomicBool::new(false));
        let edit = Edit { stops: stops.clone(), over: over.clone() };
        let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(editor.clone(), edit);
        if let Some(before) = before {
            before.over.store(true, Ordering::Relaxed);
            before.stops.stop();
        }
        Editing { edits: self, editor, over }
    }
}

impl Editing<'_> {
    /// Has the editor asked something else since?
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

impl Drop for Editing<'_> {
    fn drop(&mut self) {
        let mut edits = self.edits.0.lock().unwrap_or_else(PoisonError::into_inner);
        if edits.get(&self.editor).is_some_and(|edit| Arc::ptr_eq(&edit.over, &self.over)) {
            edits.remove(&self.editor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_question_ends_the_one_before() {
        let edits = Edits::default();
        let [first, second, other] = [Stops::default(), Stops::default(), Stops::default()];
        let one = edits.begin("a".to_owned(), &first);
        let beside = edits.begin("b".to_owned(), &other);
        assert!(!one.is_over());
        let two = edits.begin("a".to_owned(), &second);
        assert_eq!([one.is_over(), two.is_over(), beside.is_over()], [true, false, false]);
        // What ended does not take the newer one along.
        drop(one);
        assert_eq!(edits.0.lock().unwrap().len(), 2);
        drop((two, beside));
        assert!(edits.0.lock().unwrap().is_empty());
    }
}
