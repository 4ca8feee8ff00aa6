//! Who may sign in, by e-mail.

use super::{Accounts, instant, maybe_instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{OptionalExtension, Row, params};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Their number.
    pub id: i64,
    /// In lower case; two people never share one.
    pub email: String,
    /// For others to read.
    pub name: String,
    /// As the server calls it.
    pub role: String,
    /// The hash; none before the first sign-in.
    pub password: Option<String>,
    /// May not sign in for now.
    pub disabled: bool,
    /// Since when.
    pub created: Instant,
    /// When they last signed in.
    pub seen: Option<Instant>,
}

impl PersonRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
        Ok(PersonRow {
            id: row.get("id")?,
            email: row.get("email")?,
            name: row.get("name")?,
            role: row.get("role")?,
            password: row.get("password")?,
            disabled: row.get("disabled")?,
            created: instant(row, "created")?,
            seen: maybe_instant(row, "seen")?,
        })
    }
}

impl Accounts {
    /// Everybody, in the order they came.
    pub fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT * FROM people ORDER BY id")?;
        Ok(query.query_map([], PersonRow::of)?.collect::<Result<_, _>>()?)
    }

    /// One of them.
    pub fn person(&self, id: i64) -> Result<Option<PersonRow>, StoreError> {
        Ok(self.db().query_row("SELECT * FROM people WHERE id = ?1", [id], PersonRow::of).optional()?)
    }

    /// By e-mail, in lower case.
    pub fn person_of(&self, email: &str) -> Result<Option<PersonRow>, StoreError> {
        Ok(self.db().query_row("SELECT * FROM people WHERE email = ?1", [email], PersonRow::of).optional()?)
    }

    /// Adds a person; `None` when the e-mail is taken.
    pub fn add_person(
        &self,
        email: &str,
        name: &str,
        role: &str,
        password: Option<&str>,
        now: Instant,
    ) -> Result<Option<PersonRow>, StoreError> {
        let db = self.db();
        let added = db.execute(
            "INSERT OR IGNORE INTO people(email, name, role, password, created) VALUES(?1, ?2, ?3, ?4, ?5)",
            params![email, name, role, password, now.0],
        )?;
        if added == 0 {
            return Ok(None);
        }
        Ok(db.query_row("SELECT * FROM people WHERE id = ?1", [db.last_insert_rowid()], PersonRow::of).optional()?)
    }

    /// Changes name, role and whether they may sign in, unless nobody of the role `kept` who may sign in would be left: then
    /// `false`. Who may not sign in any more is signed out.
    pub fn change_person(&self, person: &PersonRow, kept: &str) -> Result<bool, StoreError> {
        let mut db = self.db();
        let change = db.transaction()?;
        change.execute(
            "UPDATE people SET name = ?2, role = ?3, disabled = ?4 WHERE id = ?1",
            params![person.id, person.name, person.role, person.disabled],
        )?;
        if person.disabled {
            change.execute("DELETE FROM sessions WHERE person = ?1", [person.id])?;
        }
        if !somebody_left(&change, kept)? {
            return Ok(false);
        }
        change.commit()?;
        Ok(true)
    }

    /// Removes a person with their sessions, unless nobody of the role `kept` would be left: then `false`.
    pub fn remove_person(&self, id: i64, kept: &str) -> Result<bool, StoreError> {
        let mut db = self.db();
        let change = db.transaction()?;
        change.execute("DELETE FROM people WHERE id = ?1", [id])?;
        if !somebody_left(&change, kept)? {
            return Ok(false);
        }
        change.commit()?;
        Ok(true)
    }

    /// Sets the hash of a password and ends the person's sessions, but for one.
    pub fn set_password(&self, id: i64, password: &str, but: Option<&str>) -> Result<(), StoreError> {
        let mut db = self.db();
        let change = db.transaction()?;
        change.execute("UPDATE people SET password = ?2 WHERE id = ?1", params![id, password])?;
        change.execute("DELETE FROM sessions WHERE person = ?1 AND hash IS NOT ?2", params![id, but])?;
        Ok(change.commit()?)
    }
}

fn somebody_left(change: &rusqlite::Transaction<'_>, role: &str) -> Result<bool, StoreError> {
    Ok(change.query_row("SELECT count(*) > 0 FROM people WHERE role = ?1 AND NOT disabled", [role], |row| row.get(0))?)
}
