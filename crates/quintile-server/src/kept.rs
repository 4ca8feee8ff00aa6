//! Answers that were given before, as long as the facts and settings they rest on are the same.

use quintile::Answer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers by what was asked, up to a number of bytes; what was not asked for longest goes first.
pub struct Kept {
    most: usize,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    by_question: HashMap<String, (Arc<Answer>, usize, u64)>,
    bytes: usize,
    clock: u64,
}

impl Kept {
    /// So many bytes at most.
    pub fn new(most: usize) -> Kept {
        Kept { most, answers: Mutex::default() }
    }

    /// How many are kept.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).by_question.len()
    }

    /// What is known.
    pub fn get(&self, question: &str) -> Option<Arc<Answer>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clock += 1;
        let now = answers.clock;
        let (answer, _, used) = answers.by_question.get_mut(question)?;
        *used = now;
        Some(answer.clone())
    }

    /// Keeps an answer, if it is not larger than all that may be kept.
    pub fn keep(&self, question: String, answer: &Arc<Answer>) {
        let bytes = answer.rows.get_array_memory_size() + question.len() + 1024;
        if bytes > self.most {
            return;
        }
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clock += 1;
        let now = answers.clock;
        if let Some((_, before, _)) = answers.by_question.insert(question, (answer.clone(), bytes, now)) {
            answers.bytes -= before;
        }
        answers.bytes += bytes;
        while answers.bytes > self.most {
            let oldest = answers.by_question.iter().min_by_key(|(_, (_, _, used))| *used).map(|(question, _)| question.clone());
            let Some((_, bytes, _)) = oldest.and_then(|question| answers.by_question.remove(&question)) else { break };
            answers.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
        let rows = RecordBatch::try_from_iter([("n", numbers)]).unwrap();
        let answer = Arc::new(Answer { header: None, rows, notes: Vec::new() });
        let one = answer.rows.get_array_memory_size() + 1 + 1024;
        let kept = Kept::new(one * 2);
        for question in ["a", "b"] {
            kept.keep(question.to_owned(), &answer);
        }
        assert!(kept.get("a").is_some());
        kept.keep("c".to_owned(), &answer);
        assert_eq!(["a", "b", "c"].map(|question| kept.get(question).is_some()), [true, false, true]);
        Kept::new(one - 1).keep("a".to_owned(), &answer);
    }
}
