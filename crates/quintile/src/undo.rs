//! Undoing an import: afterwards every answer is what it would be if the import had never been made.
//!
//! Exchange rates and mappings are no part of an import and stay.

use crate::import::Progress;
use crate::workspace::Workspace;
use crate::{Error, rejects};
use quintile_store::{CommitInfo, UndoStep};

/// An import that was, or could be, undone.
#[derive(Debug, Clone, Default)]
pub struct UndoReport {
    /// Its number.
    pub import: u32,
    /// When it was made, in UTC.
    pub at: String,
    /// The files it read.
    pub files: Vec<String>,
    /// The rows it wrote.
    pub rows: u64,
    /// Later imports that were made again without it.
    pub again: Vec<u32>,
    /// The version of the store from now on; zero as long as nothing is undone.
    pub version: u32,
}

impl UndoReport {
    fn of(commit: CommitInfo) -> UndoReport {
        UndoReport { import: commit.id, at: commit.at.to_iso(), files: commit.files, rows: commit.rows, ..UndoReport::default() }
    }
}

impl Workspace {
    /// The import of this number, if it can be undone.
    pub fn import_to_undo(&self, import: u32) -> Result<UndoReport, Error> {
        Ok(UndoReport::of(self.store.import_to_undo(import)?))
    }

    /// Undoes an import, whole or not at all.
    pub fn undo(&self, import: u32, progress: &dyn Fn(Progress<'_>)) -> Result<UndoReport, Error> {
        let hear = |step: UndoStep| {
            let said = match step {
                UndoStep::TakingOut => format!("taking import {import} out"),
                UndoStep::MakingAgain { import, number, of } => format!("making import {import} again, {number} of {of}"),
            };
            progress(Progress::Stage(&said));
            self.go_on()
        };
        let undone = self.store.undo(import, self.import_options(), hear)?;
        rejects::forget(&self.store.rejects_folder(), import);
        Ok(UndoReport { again: undone.again, version: undone.version, ..UndoReport::of(undone.import) })
    }
}
