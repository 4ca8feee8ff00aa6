//! Versions of own segments: who saved what, when and why. What is in force is not decided here.

use super::{Accounts, instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{Row, TransactionBehavior, params};

/// A version of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRow {
    /// Its name in questions.
    pub id: String,
    /// From 1.
    pub version: i64,
    /// Name, text, note.
    pub saved: SavedText,
    /// When it was saved.
    pub at: Instant,
    /// By whom.
    pub who: String,
    /// This version removed it.
    pub deleted: bool,
}

/// What is saved of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedText {
    /// For people.
    pub name: String,
    /// In the segment language.
    pub text: String,
    /// Why it was changed.
    pub note: String,
}

impl SavedRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<SavedRow> {
        Ok(SavedRow {
            id: row.get("id")?,
            version: row.get("version")?,
            saved: SavedText { name: row.get("name")?, text: row.get("text")?, note: row.get("note")? },
            at: instant(row, "at")?,
            who: row.get("who")?,
            deleted: row.get("deleted")?,
        })
    }
}

impl Accounts {
    /// The newest version of every segment that was ever saved, by id.
    pub fn newest_versions(&self) -> Result<Vec<SavedRow>, StoreError> {
        let db = self.db();
        let mut query =
            db.prepare("SELECT * FROM segments AS own WHERE version = (SELECT max(version) FROM segments WHERE id = own.id) ORDER BY id")?;
        Ok(query.query_map([], SavedRow::of)?.collect::<Result<_, _>>()?)
    }

    /// Every version of one, the newest first, also of one that was removed.
    pub fn segment_versions(&self, id: &str) -> Result<Vec<SavedRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT * FROM segments WHERE id = ?1 ORDER BY version DESC")?;
        Ok(query.query_map([id], SavedRow::of)?.collect::<Result<_, _>>()?)
    }

    /// Writes a version down; its number.
    pub fn add_version(&self, id: &str, saved: &SavedText, deleted: bool, who: &str, now: Instant) -> Result<i64, StoreError> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let last: i64 = change.query_row("SELECT coalesce(max(version), 0) FROM segments WHERE id = ?1", [id], |row| row.get(0))?;
        let SavedText { name, text, note } = saved;
        change.execute(
            "INSERT INTO segments VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![id, last + 1, name, text, note, now.0, who, deleted],
        )?;
        change.commit()?;
        Ok(last + 1)
    }
}
