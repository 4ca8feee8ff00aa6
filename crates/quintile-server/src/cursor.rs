//! Cursors: where a page ended, of which question, at which state of the store. Nobody but the server can make one.

use crate::problem::Problem;
use crate::secrets;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// What was asked, as one text.
    pub question: String,
    /// The state of the store.
    pub version: u32,
    /// The moment.
    pub as_of: String,
    /// Rows before the page.
    pub position: usize,
}

impl Cursor {
    /// As it is handed out.
    pub fn shown(&self, key: &str) -> String {
        let text = format!("{}~{}~{}~{}", self.version, self.position, self.as_of, secrets::hash(&self.question));
        format!("{}~{}", text, secrets::mark(key, &text))
    }

    /// One that was handed out for a question.
    pub fn read(text: &str, question: &str, key: &str) -> Result<Cursor, Problem> {
        let wrong = || Problem::bad("the cursor is none of this server for this question; begin with the first page");
        let (text, mark) = text.rsplit_once('~').ok_or_else(wrong)?;
        if !secrets::equal(mark, &secrets::mark(key, text)) {
            return Err(wrong());
        }
        let [version, position, as_of, hash] = text.splitn(4, '~').collect::<Vec<_>>()[..] else { return Err(wrong()) };
        if hash != secrets::hash(question) {
            return Err(wrong());
        }
        Ok(Cursor {
            question: question.to_owned(),
            version: version.parse().map_err(|_| wrong())?,
            as_of: as_of.to_owned(),
            position: position.parse().map_err(|_| wrong())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_for_its_question_and_server_alone() {
        let cursor = Cursor { question: "a".to_owned(), version: 3, as_of: "2026-01-01T00:00:00Z".to_owned(), position: 200 };
        let shown = cursor.shown("key");
        assert_eq!(Cursor::read(&shown, "a", "key").unwrap(), cursor);
        for (text, question, key) in [
            (shown.as_str(), "b", "key"),
            (&shown, "a", "other"),
            (&shown.replacen("3~200", "3~900", 1), "a", "key"),
            ("", "a", "key"),
            ("~~~~", "a", "key"),
        ] {
            assert_eq!(Cursor::read(text, question, key).unwrap_err().status, 400);
        }
    }
}
