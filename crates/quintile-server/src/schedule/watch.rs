//! Files that came into the watched folder.
//!
//! A file is taken up once it is whole, as far as that can be told from outside: its size and time were the same at two looks, and
//! nobody wrote it for half a minute. Hidden files, links, and those that end as downloads under way do are passed over. It stays where
//! it is; when it changes it is taken up again, and a content that is known changes nothing.

use super::WHO;
use crate::app::App;
use crate::jobs;
use crate::problem::Problem;
use crate::routes::imports;
use quintile::accounts::{JobRow, NewJob, WatchedFile};
use quintile::model::Instant;
use quintile::{Error, ImportAsk, ImportReport, Kind, Workspace};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// For so long nobody wrote a file that is whole, in microseconds.
const QUIET: i64 = 30_000_000;
/// Folders within folders.
const DEEPEST: usize = 8;
/// Files that are taken up at once; the others come with the next look.
const AT_ONCE: usize = 1000;
/// Between two tries to write the store.
const PAUSE: Duration = Duration::from_secs(1);
/// Ends of names under which programs write what is not whole yet.
const UNDER_WAY: [&str; 5] = ["part", "partial", "tmp", "crdownload", "filepart"];

/// What the folder held when it was looked at last.
#[derive(Default)]
pub struct Looks(Mutex<BTreeMap<String, WatchedFile>>);

/// Files to be imported, from the project's folder or as whole paths.
#[derive(Serialize, Deserialize)]
struct AskFiles {
    files: Vec<String>,
}

/// Makes a job of the files that are whole and were not taken up as they are.
pub fn look(app: &App, folder: &Path, now: Instant) -> Result<(), Error> {
    let found = files(folder, app.root())?;
    let before = std::mem::replace(&mut *app.looks.0.lock().unwrap_or_else(PoisonError::into_inner), found.clone());
    let known = app.accounts.watched()?;
    let is_whole = |path: &str, file: &WatchedFile| {
        // A clock that is ahead of ours says nothing of how long ago it was.
        let is_quiet = file.changed.0.saturating_add(QUIET) <= now.0 || file.changed > now;
        file.bytes > 0 && is_quiet && before.get(path) == Some(file)
    };
    let new = found.into_iter().filter(|(path, file)| known.get(path) != Some(file) && is_whole(path, file));
    let new: Vec<(String, WatchedFile)> = new.take(AT_ONCE).collect();
    if new.is_empty() {
        return Ok(());
    }
    begin(app, &new, now)
}

fn begin(app: &App, files: &[(String, WatchedFile)], now: Instant) -> Result<(), Error> {
    let ask = AskFiles { files: files.iter().map(|(path, _)| path.clone()).collect() };
    let ask = serde_json::to_string(&ask).map_err(|error| Error::Answer(error.to_string()))?;
    app.accounts.add_watched_job(files, &NewJob { kind: jobs::WATCH, ask: &ask, who: WHO, once: None, asked: "" }, now)?;
    app.jobs.wake();
    Ok(())
}

/// Imports the files of a job. Where one of several cannot be read, each is tried by itself.
pub fn done(app: &App, job: &JobRow, workspace: &Workspace, now: Instant) -> Result<Value, Problem> {
    let ask: AskFiles = serde_json::from_str(&job.ask).map_err(|error| Problem::fault(format!("job {}: {error}", job.id)))?;
    let (there, gone): (Vec<&String>, Vec<&String>) = ask.files.iter().partition(|path| app.root().join(path).is_file());
    if there.is_empty() {
        let gone = gone.into_iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        return Err(Problem::not_found(format!("{gone} is not there any more")));
    }
    let asked = ImportAsk { paths: there.iter().map(|path| app.root().join(path)).collect(), ..ImportAsk::default() };
    let report = match imported(app, job, workspace, &asked) {
        Ok(report) => report,
        Err(error) => {
            let is_stopped = matches!(error, Error::Stopped);
            if there.len() > 1 && !is_stopped {
                for path in &there {
                    let file = files_of(app, path).map_err(|error| app.problem(&error))?;
                    begin(app, &[((*path).clone(), file)], now).map_err(|error| app.problem(&error))?;
                }
            }
            return Err(app.problem(&error));
        }
    };
    if let Some(summary) = &report.summary {
        let names = there.iter().map(|path| path.as_str()).collect::<Vec<_>>().join(", ");
        app.audit(&job.who, "import.made", &summary.commit.to_string(), &names)?;
        super::begin_when_ready(app, workspace, now).map_err(|error| app.problem(&error))?;
    }
    Ok(imports::report_json(app, &report))
}

/// While somebody else writes the store it waits, and does not fail: nobody is there who would ask once more.
fn imported(app: &App, job: &JobRow, workspace: &Workspace, asked: &ImportAsk) -> Result<ImportReport, Error> {
    loop {
        match workspace.import(asked, &|progress| app.jobs.hear(job.id, &progress)) {
            Err(error) if error.kind() == Kind::Conflict && !workspace.stop_flag().load(Ordering::Relaxed) => {
                app.jobs.stage(job.id, "waiting for the store");
                std::thread::sleep(PAUSE);
            }
            result => return result,
        }
    }
}

fn files_of(app: &App, path: &str) -> Result<WatchedFile, Error> {
    let whole = app.root().join(path);
    let wrong = |source| Error::File { doing: "read", path: whole.clone(), source };
    Ok(seen(&std::fs::metadata(&whole).map_err(wrong)?))
}

fn seen(about: &std::fs::Metadata) -> WatchedFile {
    let since = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    WatchedFile { bytes: about.len(), changed: Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX)) }
}

/// The files of a folder and of the folders in it, by their path from the project's folder where they are in it. Links are not followed:
/// none leads round in a circle, and who may write here reads nothing elsewhere.
fn files(folder: &Path, root: &Path) -> Result<BTreeMap<String, WatchedFile>, Error> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<(PathBuf, usize)> = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let wrong = |source| Error::File { doing: "read", path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(wrong)? {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let Ok(kind) = entry.file_type() else { continue };
            if !kind.is_file() {
                if kind.is_dir() && depth < DEEPEST {
                    waiting.push((path, depth + 1));
                }
                continue;
            }
            let suffix = path.extension().map(|suffix| suffix.to_string_lossy().to_lowercase()).unwrap_or_default();
            // One that is gone by now is no matter.
            let Ok(about) = std::fs::metadata(&path) else { continue };
            if let (false, Some(name)) = (UNDER_WAY.contains(&suffix.as_str()), named(&path, root)) {
                found.insert(name, seen(&about));
            }
        }
    }
    Ok(found)
}

/// `None` of a name that is no text.
fn named(path: &Path, root: &Path) -> Option<String> {
    path.strip_prefix(root).unwrap_or(path).to_str().map(str::to_owned)
}
