//! Texts that repeat, kept once per import and named by a number.

use quintile_model::columns::RepeatedText;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The number of a text; zero is no text.
pub(crate) type TextCode = u32;

/// All repeated texts of an import, whatever their column.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    codes: HashMap<Arc<str>, TextCode>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    /// The codes of a dictionary's values, in their order.
    pub fn codes_of(&self, column: RepeatedText<'_>) -> Vec<TextCode> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        column.values().iter().map(|text| text.map_or(0, |text| known.code(text))).collect()
    }

    pub fn code(&self, text: &str) -> TextCode {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).code(text)
    }

    /// All texts; the text of code `n` is at `n - 1`.
    pub fn list(&self) -> Vec<Arc<str>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).texts.clone()
    }
}

impl Known {
    fn code(&mut self, text: &str) -> TextCode {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        let code = self.texts.len() as TextCode;
        self.codes.insert(text, code);
        code
    }
}
