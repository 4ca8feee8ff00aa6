//! Every change and every export: who, when, what.

use super::{Accounts, instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::params;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// By whom: an e-mail address, or the name of a key.
    pub who: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub what: String,
    /// What else is to be known.
    pub note: String,
}

impl Accounts {
    /// Writes down what was done.
    pub fn audit(&self, at: Instant, who: &str, action: &str, what: &str, note: &str) -> Result<(), StoreError> {
        self.db()
            .execute("INSERT INTO audit(at, who, action, what, note) VALUES(?1, ?2, ?3, ?4, ?5)", params![at.0, who, action, what, note])?;
        Ok(())
    }

    /// At most so many, the newest first, those before a number where one is given, of one action alone where one is named.
    pub fn audited(&self, before: Option<i64>, action: Option<&str>, most: u32) -> Result<Vec<AuditRow>, StoreError> {
        let db = self.db();
        let mut query =
            db.prepare("SELECT * FROM audit WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR action = ?2) ORDER BY id DESC LIMIT ?3")?;
        let rows = query.query_map(params![before, action, most], |row| {
            Ok(AuditRow {
                id: row.get("id")?,
                at: instant(row, "at")?,
                who: row.get("who")?,
                action: row.get("action")?,
                what: row.get("what")?,
                note: row.get("note")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
