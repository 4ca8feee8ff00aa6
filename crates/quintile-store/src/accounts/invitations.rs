//! One-time links, with which a person sets a password. One that names nobody is for whoever comes first.

use super::Accounts;
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{OptionalExtension, params};

impl Accounts {
    /// Keeps a link by its hash. Earlier ones of the same person, or of nobody, hold no more.
    pub fn invite(&self, hash: &str, person: Option<i64>, expires: Instant) -> Result<(), StoreError> {
        let mut db = self.db();
        let change = db.transaction()?;
        change.execute("DELETE FROM invitations WHERE person IS ?1", params![person])?;
        change.execute("INSERT INTO invitations VALUES(?1, ?2, ?3)", params![hash, person, expires.0])?;
        Ok(change.commit()?)
    }

    /// Whom a link is for; `None` when there is no such link, or no more.
    pub fn invited(&self, hash: &str, now: Instant) -> Result<Option<Option<i64>>, StoreError> {
        let sql = "SELECT person FROM invitations WHERE hash = ?1 AND expires > ?2";
        Ok(self.db().query_row(sql, params![hash, now.0], |row| row.get(0)).optional()?)
    }

    /// Uses a link up; `false` when somebody else was first.
    pub fn use_invitation(&self, hash: &str) -> Result<bool, StoreError> {
        Ok(self.db().execute("DELETE FROM invitations WHERE hash = ?1", [hash])? == 1)
    }
}
