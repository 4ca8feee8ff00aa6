//! Segments that were saved. A change is a version more, and so is a removal, so that nothing that was once saved is lost.

use super::{Accounts, instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A version of a saved segment.
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

/// Somebody else was first: the version that stands, `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale(pub Option<i64>);

const NEWEST: &str = "SELECT * FROM segments WHERE id = ?1 ORDER BY version DESC LIMIT 1";

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
    /// The saved segments as they stand, by id.
    pub fn saved_segments(&self) -> Result<Vec<SavedRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare(
            "SELECT * FROM segments AS own WHERE NOT deleted AND version = (SELECT max(version) FROM segments WHERE id = own.id) ORDER BY id",
        )?;
        Ok(query.query_map([], SavedRow::of)?.collect::<Result<_, _>>()?)
    }

    /// One of them as it stands.
    pub fn saved_segment(&self, id: &str) -> Result<Option<SavedRow>, StoreError> {
        Ok(standing(&self.db(), id)?)
    }

    /// Every version of one, the newest first, also of one that was removed.
    pub fn segment_versions(&self, id: &str) -> Result<Vec<SavedRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT * FROM segments WHERE id = ?1 ORDER BY version DESC")?;
        Ok(query.query_map([id], SavedRow::of)?.collect::<Result<_, _>>()?)
    }

    /// Saves a version where `known` is the one that stands, `None` for a new segment; `saved` of `None` removes it.
    pub fn save_segment(
        &self,
        id: &str,
        known: Option<i64>,
        saved: Option<&SavedText>,
        who: &str,
        now: Instant,
    ) -> Result<Result<SavedRow, Stale>, StoreError> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let stands = standing(&change, id)?;
        let found = stands.as_ref().map(|row| row.version);
        if found != known {
            return Ok(Err(Stale(found)));
        }
        let deleted = saved.is_none();
        let Some(text) = saved.or(stands.as_ref().map(|row| &row.saved)) else { return Ok(Err(Stale(None))) };
        let last: i64 = change.query_row("SELECT coalesce(max(version), 0) FROM segments WHERE id = ?1", [id], |row| row.get(0))?;
        change.execute(
            "INSERT INTO segments VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![id, last + 1, text.name, text.text, text.note, now.0, who, deleted],
        )?;
        let row = change.query_row(NEWEST, [id], SavedRow::of)?;
        change.commit()?;
        Ok(Ok(row))
    }
}

fn standing(db: &Connection, id: &str) -> rusqlite::Result<Option<SavedRow>> {
    Ok(db.query_row(NEWEST, [id], SavedRow::of).optional()?.filter(|row| !row.deleted))
}
