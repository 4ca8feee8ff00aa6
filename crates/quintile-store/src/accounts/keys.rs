//! Keys of programs: hashed, with what they may do and until when.

use super::{Accounts, instant, maybe_instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{OptionalExtension, Row, params};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// Its first letters.
    pub prefix: String,
    /// What it may do, with commas between.
    pub scopes: String,
    /// Since when.
    pub created: Instant,
    /// The e-mail of who made it.
    pub created_by: String,
    /// Until when, where it ends.
    pub expires: Option<Instant>,
    /// When it was last used, to the minute.
    pub used: Option<Instant>,
    /// When it was ended.
    pub revoked: Option<Instant>,
}

impl KeyRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<KeyRow> {
        Ok(KeyRow {
            id: row.get("id")?,
            name: row.get("name")?,
            prefix: row.get("prefix")?,
            scopes: row.get("scopes")?,
            created: instant(row, "created")?,
            created_by: row.get("created_by")?,
            expires: maybe_instant(row, "expires")?,
            used: maybe_instant(row, "used")?,
            revoked: maybe_instant(row, "revoked")?,
        })
    }
}

impl Accounts {
    /// All keys, the newest first.
    pub fn keys(&self) -> Result<Vec<KeyRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT * FROM keys ORDER BY id DESC")?;
        Ok(query.query_map([], KeyRow::of)?.collect::<Result<_, _>>()?)
    }

    /// Keeps a key by the hash of its secret; its number.
    pub fn add_key(&self, hash: &str, key: &KeyRow) -> Result<i64, StoreError> {
        let db = self.db();
        db.execute(
            "INSERT INTO keys(hash, name, prefix, scopes, created, created_by, expires) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![hash, key.name, key.prefix, key.scopes, key.created.0, key.created_by, key.expires.map(|at| at.0)],
        )?;
        Ok(db.last_insert_rowid())
    }

    /// The key of a secret; `None` when there is none, or it has ended.
    pub fn key(&self, hash: &str, now: Instant) -> Result<Option<KeyRow>, StoreError> {
        let db = self.db();
        let sql = "SELECT * FROM keys WHERE hash = ?1 AND revoked IS NULL AND (expires IS NULL OR expires > ?2)";
        let found = db.query_row(sql, params![hash, now.0], KeyRow::of).optional()?;
        if let Some(key) = found.as_ref().filter(|key| key.used.is_none_or(|used| now.0 - used.0 > 60_000_000)) {
            db.execute("UPDATE keys SET used = ?2 WHERE id = ?1", params![key.id, now.0])?;
        }
        Ok(found)
    }

    /// Ends a key; `false` when there is no such key that holds.
    pub fn revoke_key(&self, id: i64, now: Instant) -> Result<bool, StoreError> {
        Ok(self.db().execute("UPDATE keys SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL", params![id, now.0])? == 1)
    }
}
