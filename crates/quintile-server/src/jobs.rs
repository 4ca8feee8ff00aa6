//! Imports, undoings, and what is done by itself, one after the other, on a thread of their own.
//!
//! A job is kept in the accounts before anybody is told of it. When the server ends while one runs, it waits again at the next
//! start: an import is whole or not there, and files that were taken in already are passed over.

use crate::app::App;
use crate::ask::Stops;
use crate::clock;
use crate::problem::Problem;
use crate::routes::imports::{self, AskImport, AskUndo};
use crate::schedule;
use quintile::accounts::JobRow;
use quintile::{Error, Progress};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// The kinds of jobs.
pub const IMPORT: &str = "import";
/// An import that changes nothing.
pub const DRY_RUN: &str = "dry-run";
/// An import that is taken out again.
pub const UNDO: &str = "undo";
/// Files of the watched folder, imported.
pub const WATCH: &str = "watch";
/// Models, and the answers of the day.
pub const NIGHTLY: &str = "nightly";
/// The report, made and mailed.
pub const REPORT: &str = "report";

/// Jobs under way.
pub struct Jobs {
    live: Mutex<HashMap<i64, Live>>,
    work: Condvar,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Clone, Default)]
struct Live {
    stage: String,
    bytes: u64,
    bytes_in_all: u64,
    rows: u64,
    stops: Stops,
    cancelled: bool,
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs { live: Mutex::default(), work: Condvar::new(), changed: watch::Sender::new(0) }
    }
}

impl Jobs {
    fn live(&self) -> MutexGuard<'_, HashMap<i64, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something to do.
    pub fn wake(&self) {
        self.work.notify_all();
        self.tell();
    }

    /// Is told of every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Ends the job that runs, which waits again at the next start.
    pub fn stop(&self) {
        self.live().values().for_each(|live| live.stops.stop());
        self.work.notify_all();
    }

    /// Ends a job that runs, for good; `false` when it does not run.
    pub fn cancel(&self, id: i64) -> bool {
        let mut live = self.live();
        let Some(live) = live.get_mut(&id) else { return false };
        live.cancelled = true;
        live.stops.stop();
        true
    }

    /// Is told of what is done now.
    pub fn stage(&self, id: i64, stage: &str) {
        self.update(id, |live| live.stage = stage.to_owned());
    }

    /// Is told how an import goes on.
    pub fn hear(&self, id: i64, progress: &Progress<'_>) {
        self.update(id, |live| match progress {
            Progress::Planned { bytes, .. } => live.bytes_in_all = *bytes,
            Progress::Read { bytes, rows } => {
                live.bytes += bytes;
                live.rows += rows;
            }
            Progress::Stage(stage) => live.stage = (*stage).to_owned(),
        });
    }

    fn stops(&self, id: i64) -> Stops {
        self.live().get(&id).map(|live| live.stops.clone()).unwrap_or_default()
    }

    fn tell(&self) {
        self.changed.send_modify(|times| *times += 1);
    }

    fn update(&self, id: i64, change: impl FnOnce(&mut Live)) {
        if let Some(live) = self.live().get_mut(&id) {
            change(live);
        }
        self.tell();
    }
}

/// Starts the thread that works on jobs until the server stops.
pub fn worker(app: Arc<App>) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name("quintile-jobs".to_owned()).spawn(move || {
        if app.options.read_only {
            return;
        }
        if let Err(error) = app.accounts.jobs_wait_again() {
            app.options.log.event("error", &format!("jobs: {error}"));
        }
        // The server may have ended just before they were removed.
        let jobs = app.accounts.jobs(1000).unwrap_or_default();
        jobs.iter().filter(|job| job.state == "done").for_each(|job| forget(&app, job));
        while !app.is_stopping() {
            match app.accounts.next_job(clock::now()) {
                Ok(Some(job)) => work_on(&app, &job),
                Ok(None) => {
                    let live = app.jobs.live();
                    // Whoever adds a job wakes us; the time is for one that was added in between.
                    drop(app.jobs.work.wait_timeout(live, Duration::from_millis(500)));
                }
                Err(error) => {
                    app.options.log.event("error", &format!("jobs: {error}"));
                    std::thread::sleep(Duration::from_secs(1));
                }
            }
        }
    })
}

pub(crate) fn work_on(app: &Arc<App>, job: &JobRow) {
    app.jobs.live().insert(job.id, Live { stage: "reading".to_owned(), ..Live::default() });
    app.jobs.tell();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| done(app, job)));
    let result = result.unwrap_or_else(|_| Err(Problem::fault("the job's thread ended early")));
    let cancelled = app.jobs.live().get(&job.id).is_some_and(|live| live.cancelled);
    if result.is_err() && app.is_stopping() && !cancelled {
        return;
    }
    let (state, report, problem) = match result {
        Ok(report) => ("done", Some(report.to_string()), None),
        Err(_) if cancelled => ("cancelled", None, None),
        Err(problem) => {
            if let Some(secret) = &problem.secret {
                app.options.log.event("error", &format!("job {}: {secret}", job.id));
            }
            ("failed", None, Some(problem.json(&format!("/api/v1/jobs/{}", job.id), "").to_string()))
        }
    };
    if let Err(error) = app.accounts.end_job(job.id, state, report.as_deref(), problem.as_deref(), clock::now()) {
        app.options.log.event("error", &format!("job {}: {error}", job.id));
    }
    if state == "done" {
        forget(app, job);
    }
    app.jobs.live().remove(&job.id);
    app.jobs.tell();
}

/// Removes the uploads of an import that is done: only once it is kept that it is, for until then they may be needed again.
fn forget(app: &App, job: &JobRow) {
    if let (IMPORT, Ok(ask)) = (job.kind.as_str(), serde_json::from_str::<AskImport>(&job.ask)) {
        imports::forget_uploads(app, &ask);
    }
}

fn done(app: &Arc<App>, job: &JobRow) -> Result<Value, Problem> {
    let workspace = app.workspace().map_err(|error| app.problem(&error))?;
    // It may have been cancelled before it could hear of it.
    let stops = app.jobs.stops(job.id);
    stops.watch(workspace.stop_flag());
    if app.is_stopping() {
        stops.stop();
    }
    let hear = |progress: Progress<'_>| app.jobs.hear(job.id, &progress);
    let unread = |error: serde_json::Error| Problem::fault(format!("job {} cannot be read: {error}", job.id));
    match job.kind.as_str() {
        UNDO => {
            let ask: AskUndo = serde_json::from_str(&job.ask).map_err(unread)?;
            let report = workspace.undo(ask.import, &hear).map_err(|error| app.problem(&error))?;
            app.audit(&job.who, "import.undone", &ask.import.to_string(), "")?;
            Ok(imports::undo_json(&report))
        }
        WATCH => schedule::watch::done(app, job, &workspace, clock::now()),
        NIGHTLY => schedule::nightly::done(app, job, &workspace, &stops),
        REPORT => schedule::report::done(app, job, &workspace),
        kind => {
            let ask: AskImport = serde_json::from_str(&job.ask).map_err(unread)?;
            let (asked, _mapping) = imports::asked(app, &ask)?;
            let report = workspace.import(&asked, &hear).map_err(|error| app.problem(&error))?;
            if kind == IMPORT {
                let number = report.summary.as_ref().map_or("nothing new".to_owned(), |summary| summary.commit.to_string());
                let files = report.files.iter().map(|file| imports::shown_name(&file.path)).collect::<Vec<_>>().join(", ");
                app.audit(&job.who, "import.made", &number, &files)?;
            }
            Ok(imports::report_json(app, &report))
        }
    }
}

/// A job as the API shows it.
pub fn job_json(app: &App, job: &JobRow) -> Result<Value, Error> {
    let live = app.jobs.live().get(&job.id).cloned().unwrap_or_default();
    let read = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default();
    Ok(json!({
        "id": job.id, "kind": job.kind, "state": job.state, "stage": live.stage,
        "bytes": live.bytes, "bytes_in_all": live.bytes_in_all, "rows": live.rows,
        "created_at": job.created.to_iso(), "started_at": job.started.map(|at| at.to_iso()), "ended_at": job.ended.map(|at| at.to_iso()),
        "by": job.who, "report": read(&job.report), "problem": read(&job.problem),
    }))
}
