//! A column of texts that repeat, under way: each text once, and a code a row.

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringBuilder, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Int32Type;
use std::collections::HashMap;
use std::sync::Arc;

/// Texts met lately are found by a few of their bytes, without hashing them.
const LATELY: usize = 512;

pub(crate) struct Repeats {
    codes: Vec<i32>,
    valid: Vec<bool>,
    texts: Vec<Arc<str>>,
    known: HashMap<Arc<str>, i32>,
    lately: Vec<i32>,
}

impl Default for Repeats {
    fn default() -> Self {
        Repeats { codes: Vec::new(), valid: Vec::new(), texts: Vec::new(), known: HashMap::new(), lately: vec![NONE; LATELY] }
    }
}

const NONE: i32 = -1;

impl Repeats {
    pub(crate) fn push_null(&mut self) {
        self.codes.push(0);
        self.valid.push(false);
    }

    #[inline]
    pub(crate) fn push(&mut self, text: &str) {
        let place = place_of(text.as_bytes());
        let lately = self.lately[place];
        let code = match self.texts.get(lately as usize) {
            Some(known) if **known == *text => lately,
            _ => self.code(text),
        };
        self.lately[place] = code;
        self.codes.push(code);
        self.valid.push(true);
    }

    fn code(&mut self, text: &str) -> i32 {
        if let Some(code) = self.known.get(text) {
            return *code;
        }
        let code = self.texts.len() as i32;
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.known.insert(text, code);
        code
    }

    /// The column; what follows begins anew.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        let done = std::mem::take(self);
        let mut values = StringBuilder::with_capacity(done.texts.len(), done.texts.iter().map(|text| text.len()).sum());
        done.texts.iter().for_each(|text| values.append_value(text));
        let rows = done.codes.len();
        let nulls = done.valid.contains(&false).then(|| NullBuffer::from(done.valid));
        let codes = Int32Array::new(done.codes.into(), nulls);
        if done.texts.is_empty() {
            return new_null_array(&quintile_model::records::repeated_text_type(), rows);
        }
        Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(values.finish())))
    }
}

/// A place by length, first and last bytes.
#[inline]
fn place_of(text: &[u8]) -> usize {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let (first, last) = match text.first_chunk::<8>() {
        Some(first) => (word(Some(first)), word(text.last_chunk::<8>())),
        None => (text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0),
    };
    let mixed = (first ^ last.rotate_left(29) ^ text.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - LATELY.trailing_zeros())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;
    use quintile_model::columns::repeated_of;

    #[test]
    fn texts_come_back_in_their_rows() {
        let mut repeats = Repeats::default();
        let text = |row: usize| (row % 7 != 3).then(|| format!("{}{}", "x".repeat(row % 13), row * row % 1009));
        for _ in 0..2 {
            for row in 0..3000 {
                match text(row) {
                    Some(text) => repeats.push(&text),
                    None => repeats.push_null(),
                }
            }
            let column = repeats.finish();
            let back = repeated_of(&column).unwrap();
            assert!((0..3000).all(|row| back.get(row) == text(row).as_deref()));
            assert!(back.values().len() < 3000);
        }
        repeats.push_null();
        assert_eq!(repeats.finish().null_count(), 1);
    }
}
