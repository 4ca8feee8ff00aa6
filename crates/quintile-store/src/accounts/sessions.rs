//! Who is signed in. A session is known by the hash of its secret alone.

use super::{Accounts, PersonRow};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{OptionalExtension, params};

impl Accounts {
    /// Signs a person in. Sessions that are over are removed on the way.
    pub fn begin_session(&self, hash: &str, person: i64, now: Instant, expires: Instant) -> Result<(), StoreError> {
        let mut db = self.db();
        let change = db.transaction()?;
        change.execute("DELETE FROM sessions WHERE expires <= ?1", [now.0])?;
        change.execute("INSERT INTO sessions VALUES(?1, ?2, ?3, ?3, ?4)", params![hash, person, now.0, expires.0])?;
        change.execute("UPDATE people SET seen = ?2 WHERE id = ?1", params![person, now.0])?;
        Ok(change.commit()?)
    }

    /// Whose session it is and when it ends; `None` when it is over, was unused since `idle`, or never was.
    pub fn session(&self, hash: &str, now: Instant, idle: Instant) -> Result<Option<(PersonRow, Instant)>, StoreError> {
        let found: Option<(i64, i64, i64)> = {
            let db = self.db();
            let sql = "SELECT person, used, expires FROM sessions WHERE hash = ?1 AND expires > ?2 AND used > ?3";
            db.query_row(sql, params![hash, now.0, idle.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?
        };
        let Some((person, used, expires)) = found else { return Ok(None) };
        // A write a request would be much for what it says.
        if now.0 - used > 300_000_000 {
            self.db().execute("UPDATE sessions SET used = ?2 WHERE hash = ?1", params![hash, now.0])?;
        }
        Ok(self.person(person)?.filter(|person| !person.disabled).map(|person| (person, Instant(expires))))
    }

    /// Signs out.
    pub fn end_session(&self, hash: &str) -> Result<(), StoreError> {
        self.db().execute("DELETE FROM sessions WHERE hash = ?1", [hash])?;
        Ok(())
    }
}
