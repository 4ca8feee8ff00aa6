//! Work that was asked for and takes its time, so that it outlives a restart.

use super::{Accounts, instant, maybe_instant};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its number.
    pub id: i64,
    /// What sort of work.
    pub kind: String,
    /// What exactly, as the server writes it.
    pub ask: String,
    /// How it stands.
    pub state: String,
    /// When it was asked for.
    pub created: Instant,
    /// When it began.
    pub started: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// By whom.
    pub who: String,
    /// What came of it.
    pub report: Option<String>,
    /// What went wrong.
    pub problem: Option<String>,
    /// A hash of what was asked, where it was to be asked once.
    pub asked: String,
}

/// A job that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewJob<'a> {
    /// What sort of work.
    pub kind: &'a str,
    /// What exactly.
    pub ask: &'a str,
    /// By whom.
    pub who: &'a str,
    /// Of one name by one person there is one job.
    pub once: Option<&'a str>,
    /// A hash of what is asked.
    pub asked: &'a str,
}

impl JobRow {
    fn of(row: &Row<'_>) -> rusqlite::Result<JobRow> {
        Ok(JobRow {
            id: row.get("id")?,
            kind: row.get("kind")?,
            ask: row.get("ask")?,
            state: row.get("state")?,
            created: instant(row, "created")?,
            started: maybe_instant(row, "started")?,
            ended: maybe_instant(row, "ended")?,
            who: row.get("who")?,
            report: row.get("report")?,
            problem: row.get("problem")?,
            asked: row.get("asked")?,
        })
    }
}

/// For how long a name is remembered.
const REMEMBERED: i64 = 24 * 3600 * 1_000_000;

impl Accounts {
    /// Keeps a job in the state `waiting`; the one that was asked before under the same name, and whether it was.
    pub fn add_job(&self, new: &NewJob<'_>, now: Instant) -> Result<(JobRow, bool), StoreError> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change.execute("UPDATE jobs SET once = NULL WHERE once IS NOT NULL AND created < ?1", [now.0 - REMEMBERED])?;
        if let Some(once) = new.once {
            let sql = "SELECT * FROM jobs WHERE who = ?1 AND once = ?2";
            if let Some(job) = change.query_row(sql, params![new.who, once], JobRow::of).optional()? {
                return Ok((job, true));
            }
        }
        let job = insert(&change, new, now)?;
        change.commit()?;
        Ok((job, false))
    }

    /// The newest jobs first, at most so many.
    pub fn jobs(&self, most: u32) -> Result<Vec<JobRow>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT * FROM jobs ORDER BY id DESC LIMIT ?1")?;
        Ok(query.query_map([most], JobRow::of)?.collect::<Result<_, _>>()?)
    }

    /// The newest job of a kind.
    pub fn newest_job(&self, kind: &str) -> Result<Option<JobRow>, StoreError> {
        Ok(self.db().query_row("SELECT * FROM jobs WHERE kind = ?1 ORDER BY id DESC LIMIT 1", [kind], JobRow::of).optional()?)
    }

    /// One of them.
    pub fn job(&self, id: i64) -> Result<Option<JobRow>, StoreError> {
        Ok(self.db().query_row("SELECT * FROM jobs WHERE id = ?1", [id], JobRow::of).optional()?)
    }

    /// The oldest job that waits, which runs from now on.
    pub fn next_job(&self, now: Instant) -> Result<Option<JobRow>, StoreError> {
        let db = self.db();
        let sql = "UPDATE jobs SET state = 'running', started = ?1
                   WHERE id = (SELECT min(id) FROM jobs WHERE state = 'waiting') RETURNING *";
        Ok(db.query_row(sql, [now.0], JobRow::of).optional()?)
    }

    /// A job has ended; nothing happens to one that had ended before, and then it is `false`.
    pub fn end_job(&self, id: i64, state: &str, report: Option<&str>, problem: Option<&str>, now: Instant) -> Result<bool, StoreError> {
        let sql = "UPDATE jobs SET state = ?2, report = ?3, problem = ?4, ended = ?5 WHERE id = ?1 AND ended IS NULL";
        Ok(self.db().execute(sql, params![id, state, report, problem, now.0])? == 1)
    }

    /// Jobs that ran when the server ended wait again; how many.
    pub fn jobs_wait_again(&self) -> Result<usize, StoreError> {
        Ok(self.db().execute("UPDATE jobs SET state = 'waiting', started = NULL WHERE state = 'running'", [])?)
    }
}

/// Writes a job that waits.
pub(super) fn insert(db: &Connection, new: &NewJob<'_>, now: Instant) -> Result<JobRow, StoreError> {
    let sql = "INSERT INTO jobs(kind, ask, state, created, who, once, asked) VALUES(?1, ?2, 'waiting', ?3, ?4, ?5, ?6) RETURNING *";
    Ok(db.query_row(sql, params![new.kind, new.ask, now.0, new.who, new.once, new.asked], JobRow::of)?)
}
