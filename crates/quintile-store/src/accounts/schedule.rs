//! What a server does by itself: how far each task has come, and which files of a watched folder were taken up.

use super::jobs::insert;
use super::{Accounts, JobRow, NewJob};
use crate::StoreError;
use quintile_model::Instant;
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use std::collections::BTreeMap;

/// A task that is due.
#[derive(Debug, Clone, Copy)]
pub struct DueTask<'a> {
    /// Its name.
    pub name: &'a str,
    /// The rule by which it is due, as it is written: under another rule it begins anew.
    pub rule: &'a str,
    /// When it was due last.
    pub due: Instant,
    /// What was due until then is not done where the rule is new.
    pub begins: Instant,
}

/// A file as it was when it was taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedFile {
    /// Bytes.
    pub bytes: u64,
    /// When it was changed last.
    pub changed: Instant,
}

impl Accounts {
    /// Keeps a job for a task that is due, once; `None` where it was done already.
    pub fn add_due_job(&self, task: &DueTask<'_>, new: &NewJob<'_>, now: Instant) -> Result<Option<JobRow>, StoreError> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT done FROM schedule WHERE name = ?1 AND rule = ?2";
        let done: Option<i64> = change.query_row(sql, [task.name, task.rule], |row| row.get(0)).optional()?;
        let is_due = task.due.0 > done.unwrap_or(task.begins.0);
        if done.is_some() && !is_due {
            return Ok(None);
        }
        let done = if is_due { task.due } else { task.begins };
        let sql = "INSERT INTO schedule(name, rule, done) VALUES(?1, ?2, ?3)
                   ON CONFLICT(name) DO UPDATE SET rule = excluded.rule, done = excluded.done";
        change.execute(sql, params![task.name, task.rule, done.0])?;
        let job = if is_due { Some(insert(&change, new, now)?) } else { None };
        change.commit()?;
        Ok(job)
    }

    /// The files of the watched folder that were taken up, by path.
    pub fn watched(&self) -> Result<BTreeMap<String, WatchedFile>, StoreError> {
        let db = self.db();
        let mut query = db.prepare("SELECT path, bytes, changed FROM watched")?;
        let rows = query.query_map([], |row| {
            let bytes: i64 = row.get("bytes")?;
            Ok((row.get("path")?, WatchedFile { bytes: bytes.unsigned_abs(), changed: super::instant(row, "changed")? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Keeps a job for files of the watched folder, which are taken up with it.
    pub fn add_watched_job(&self, files: &[(String, WatchedFile)], new: &NewJob<'_>, now: Instant) -> Result<JobRow, StoreError> {
        let mut db = self.db();
        let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (path, file) in files {
            let sql = "INSERT INTO watched(path, bytes, changed) VALUES(?1, ?2, ?3)
                       ON CONFLICT(path) DO UPDATE SET bytes = excluded.bytes, changed = excluded.changed";
            change.execute(sql, params![path, i64::try_from(file.bytes).unwrap_or(i64::MAX), file.changed.0])?;
        }
        let job = insert(&change, new, now)?;
        change.commit()?;
        Ok(job)
    }
}
