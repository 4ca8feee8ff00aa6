//! What all requests share.

use crate::document::Document;
use crate::edits::Edits;
use crate::jobs::Jobs;
use crate::kept::Kept;
use crate::limits::{Buckets, Guesses};
use crate::metrics::Metrics;
use crate::once::Once;
use crate::options::Options;
use crate::problem::Problem;
use crate::schedule::watch::Looks;
use crate::secrets;
use quintile::accounts::Accounts;
use quintile::segment::at_hand::AtHand;
use quintile::{Error, Overrides, Workspace};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};
use tokio::sync::{Semaphore, watch};

/// Previews side by side, for each other question.
const PREVIEWS: usize = 4;

/// What all requests share.
pub struct App {
    /// How it was started.
    pub options: Options,
    /// Who may ask.
    pub accounts: Accounts,
    /// Answers that were given before.
    pub kept: Kept,
    /// Columns and conditions of segments that are being written.
    pub at_hand: AtHand,
    /// Segments that are being written.
    pub edits: Edits,
    /// What was made under an `Idempotency-Key`.
    pub once: Once,
    /// Jobs under way.
    pub jobs: Jobs,
    /// What the watched folder held.
    pub looks: Looks,
    /// Requests by caller.
    pub buckets: Buckets,
    /// Wrong passwords.
    pub guesses: Guesses,
    /// Counters.
    pub metrics: Metrics,
    /// The API document.
    pub document: Document,
    /// Signs cursors. Those of before a restart hold no more.
    pub cursor_key: String,
    /// Questions that may be worked on side by side.
    pub permits: Arc<Semaphore>,
    /// Previews that may be worked on side by side: most of them are short, and none shall wait for a long question.
    pub previews: Arc<Semaphore>,
    /// True once the server is to stop.
    pub stopping: watch::Sender<bool>,
    project: RwLock<Project>,
    overrides: Overrides,
    root: PathBuf,
}

struct Project {
    workspace: Workspace,
    settings_of: Option<SystemTime>,
}

impl App {
    /// Everything for a project.
    pub fn new(workspace: Workspace, overrides: Overrides, options: Options) -> Result<App, Error> {
        let fault = |error: &dyn std::fmt::Display| Error::Answer(error.to_string());
        let root = workspace.root().to_owned();
        let accounts = workspace.accounts()?;
        let side_by_side = workspace.settings.threads.max(2);
        let kept = Kept::new(workspace.settings.memory_bytes / 4);
        let at_hand = AtHand::new(workspace.settings.memory_bytes / 2, workspace.settings.threads)?;
        let settings_of = changed(&root);
        Ok(App {
            accounts,
            kept,
            at_hand,
            edits: Edits::default(),
            once: Once::default(),
            jobs: Jobs::default(),
            looks: Looks::default(),
            buckets: Buckets::new(options.requests_a_second, options.requests_a_second.saturating_mul(4)),
            guesses: Guesses::default(),
            metrics: Metrics::default(),
            document: Document::read().map_err(|error| fault(&error))?,
            cursor_key: secrets::random(32).map_err(|error| fault(&error))?,
            permits: Arc::new(Semaphore::new(side_by_side)),
            previews: Arc::new(Semaphore::new(side_by_side * PREVIEWS)),
            stopping: watch::Sender::new(false),
            project: RwLock::new(Project { workspace, settings_of }),
            overrides,
            root,
            options,
        })
    }

    /// The project, under the settings as they now stand in their file.
    pub fn workspace(&self) -> Result<Workspace, Error> {
        let now = changed(&self.root);
        {
            let project = self.project.read().unwrap_or_else(PoisonError::into_inner);
            if project.settings_of == now {
                return Ok(project.workspace.once_more());
            }
        }
        let workspace = Workspace::open(&self.root, &self.overrides)?;
        let beside = workspace.once_more();
        *self.project.write().unwrap_or_else(PoisonError::into_inner) = Project { workspace, settings_of: now };
        Ok(beside)
    }

    /// The folder of the project.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where uploads wait.
    pub fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    /// How long a question may take.
    pub fn time_limit(&self) -> Duration {
        Duration::from_secs(self.options.seconds_a_question)
    }

    /// Writes down what was done.
    pub fn audit(&self, who: &str, action: &str, what: &str, note: &str) -> Result<(), Problem> {
        let written = self.accounts.audit(crate::clock::now(), who, action, what, note);
        written.map_err(|error| self.problem(&Error::from(error)))
    }

    /// An error as a problem, without the place of the project.
    pub fn problem(&self, error: &Error) -> Problem {
        Problem::of(error, &self.root)
    }

    /// Is it to stop?
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

fn changed(root: &Path) -> Option<SystemTime> {
    std::fs::metadata(root.join("quintile.toml")).and_then(|about| about.modified()).ok()
}
