//! Who may ask a server, what they did, and what they keep there: `accounts.db`, a file of its own beside the manifest.
//!
//! | file | the rows |
//! | --- | --- |
//! | `people` | who may sign in, by e-mail |
//! | `invitations` | one-time links with which a person sets a password |
//! | `sessions` | who is signed in |
//! | `keys` | keys of programs |
//! | `audit` | every change and every export |
//! | `saved` | who saved which version of a segment, when and why |
//! | `jobs` | imports, reports and what else was asked for, so that they outlive a restart |
//! | `schedule` | how far the server has come with what it does by itself |
//!
//! It keeps and finds. What a role may do, how a password is hashed and how long a session lives is for the server to say;
//! no secret ever reaches this file but as a hash.

mod audit;
mod invitations;
mod jobs;
mod keys;
mod people;
mod saved;
mod schedule;
mod sessions;
#[cfg(test)]
mod tests;

pub use audit::AuditRow;
pub use jobs::{JobRow, NewJob};
pub use keys::KeyRow;
pub use people::PersonRow;
pub use saved::{SavedRow, SavedText};
pub use schedule::{DueTask, WatchedFile};

use crate::{Store, StoreError};
use quintile_model::Instant;
use rusqlite::{Connection, Row};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of the file, in the folder of the store.
pub const FILE: &str = "accounts.db";

/// Version of the tables; raised when an older program could misread them.
const FORMAT: i64 = 1;

/// The accounts of a store. Calls are short, and one at a time.
#[derive(Debug)]
pub struct Accounts {
    db: Mutex<Connection>,
}

impl Store {
    /// Opens the accounts, and makes them where there are none.
    pub fn accounts(&self) -> Result<Accounts, StoreError> {
        let path = self.folder.root().join(FILE);
        let db = Connection::open(&path)?;
        private(&path)?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.execute_batch(TABLES)?;
        db.execute("INSERT OR IGNORE INTO about VALUES('format', ?1)", [FORMAT])?;
        let found: i64 = db.query_row("SELECT value FROM about WHERE name = 'format'", [], |row| row.get(0))?;
        if found > FORMAT {
            return Err(StoreError::TooNew { found, known: FORMAT });
        }
        Ok(Accounts { db: Mutex::new(db) })
    }
}

/// Hashes of secrets are nobody else's business on this machine.
#[cfg(unix)]
fn private(path: &std::path::Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(StoreError::file("write", path))
}

#[cfg(not(unix))]
fn private(_: &std::path::Path) -> Result<(), StoreError> {
    Ok(())
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS about(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS people(id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
        role TEXT NOT NULL, password TEXT, disabled INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, seen INTEGER);
    CREATE TABLE IF NOT EXISTS invitations(hash TEXT PRIMARY KEY, person INTEGER REFERENCES people(id) ON DELETE CASCADE,
        expires INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS sessions(hash TEXT PRIMARY KEY, person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
        created INTEGER NOT NULL, used INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS keys(id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
        prefix TEXT NOT NULL, scopes TEXT NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL, expires INTEGER,
        used INTEGER, revoked INTEGER);
    CREATE TABLE IF NOT EXISTS audit(id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL,
        action TEXT NOT NULL, what TEXT NOT NULL, note TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS segments(id TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
        note TEXT NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY(id, version)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS jobs(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ask TEXT NOT NULL,
        state TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER, ended INTEGER, who TEXT NOT NULL, report TEXT,
        problem TEXT, once TEXT, asked TEXT NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS jobs_once ON jobs(who, once) WHERE once IS NOT NULL;
    CREATE TABLE IF NOT EXISTS schedule(name TEXT PRIMARY KEY, rule TEXT NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS watched(path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, changed INTEGER NOT NULL) WITHOUT ROWID;
";

impl Accounts {
    fn db(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked left no half-done change: those are transactions.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Instant> {
    row.get(column).map(Instant)
}

fn maybe_instant(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Instant>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Instant))
}
