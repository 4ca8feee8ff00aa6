//! Keeps facts by customer and hands them out as whole-customer batches.
//!
//! The way in:
//! [`Store::begin_import`] -> one [`ImportSink`] a file (or part of one) -> [`Import::resolve`] when every file that
//! names orders or customers has been read -> the files of pure lines -> [`Import::commit`].
//!
//! | stage | module | what it decides |
//! | --- | --- | --- |
//! | staging | `intake` | rows as compact bytes in 256 ranges of customer keys, in memory or in a temporary file |
//! | staging | `touchpoints` | the same for facts beside orders, which name their person themselves |
//! | whose | `identity`, `owners` | which customer an order belongs to, and which orders have moved |
//! | settling | `settle` | one import's rows become facts: keys, occurrence numbers, order of time |
//! | writing | `run` | Parquet runs, synced, then the manifest row |
//!
//! The way out: [`Store::snapshot`] -> [`Snapshot::scan`], which merges the runs (`merge`) and never splits a customer.
//! `compact` folds many runs into few. [`accounts`] is beside all of it: who may ask a server. `undo` takes an import out again, with the help of what `journal` kept. What is where on disk, and since when, is the business of `manifest` alone.

pub mod accounts;

mod compact;
mod costs;
mod error;
mod folder;
mod identity;
mod import;
mod intake;
mod intern;
mod journal;
mod manifest;
mod merge;
mod moves;
mod owners;
mod products;
mod run;
mod scan;
mod settle;
#[cfg(test)]
mod tests;
mod touchpoints;
mod undo;

pub use error::StoreError;
pub use import::{CommitSummary, FileSource, Import, ImportOptions, ImportSink, ImportedFile};
pub use manifest::{CommitInfo, StoredRate};
pub use scan::Snapshot;
pub use undo::{UndoStep, Undone};

use folder::Folder;
use manifest::Manifest;
use std::path::Path;

/// A store in a folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: Folder,
}

impl Store {
    /// Makes an empty store; the folder may exist but must not hold one already.
    pub fn create(path: &Path) -> Result<Store, StoreError> {
        let folder = Folder::create(path)?;
        Manifest::create(&folder)?;
        Ok(Store { folder })
    }

    /// Opens a store, whatever state its last writer left it in.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let folder = Folder::open(path)?;
        Manifest::open(&folder)?;
        Ok(Store { folder })
    }

    /// Starts an import. Only one writer at a time: [`StoreError::Locked`] when there is another.
    pub fn begin_import(&self, options: ImportOptions) -> Result<Import, StoreError> {
        Import::begin(&self.folder, options)
    }

    /// Undoes an import: the store is what it would be if it had never been made. `hear` is told of each step and can
    /// end it, which leaves the store as it was. [`StoreError::Locked`] when there is another writer.
    pub fn undo<E>(&self, import: u32, options: ImportOptions, hear: impl FnMut(UndoStep) -> Result<(), E>) -> Result<Undone, StoreError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        undo::undo(&self.folder, import, options, hear)
    }

    /// The import of this number, if it can be undone.
    pub fn import_to_undo(&self, import: u32) -> Result<CommitInfo, StoreError> {
        undo::named(&self.commits()?, import).cloned()
    }

    /// The number of the newest commit, which is read sooner than a whole [`Snapshot`]; zero for an empty store.
    pub fn version(&self) -> Result<u32, StoreError> {
        manifest::Manifest::open(&self.folder)?.version()
    }

    /// The state of the store now; what is committed later does not show in it.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::take(&self.folder)
    }

    /// All imports, oldest first, those that were undone too.
    pub fn commits(&self) -> Result<Vec<CommitInfo>, StoreError> {
        Manifest::open(&self.folder)?.commits()
    }

    /// Every file that was imported, with the rows that were refused.
    pub fn imported(&self) -> Result<Vec<ImportedFile>, StoreError> {
        Manifest::open(&self.folder)?.imported()
    }

    /// The commit that imported a file of this fingerprint.
    pub fn known_file(&self, fingerprint: &str) -> Result<Option<CommitInfo>, StoreError> {
        Manifest::open(&self.folder)?.known_file(fingerprint)
    }

    /// Exchange rates, by currency and day.
    pub fn rates(&self) -> Result<Vec<StoredRate>, StoreError> {
        Manifest::open(&self.folder)?.rates()
    }

    /// Adds exchange rates; a rate of the same currency and day is replaced.
    pub fn put_rates(&self, rates: &[StoredRate]) -> Result<(), StoreError> {
        let _writer = self.folder.lock_writer()?;
        Manifest::open(&self.folder)?.put_rates(rates)
    }

    /// A text that somebody above keeps with the store, under a name: which segments are in force.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        Manifest::open(&self.folder)?.note(name)
    }

    /// Keeps a text under a name. `before` is what the caller read there; where it is another text by now nothing is changed, and the
    /// answer is false.
    pub fn put_note(&self, name: &str, before: Option<&str>, text: &str) -> Result<bool, StoreError> {
        Manifest::open(&self.folder)?.put_note(name, before, text)
    }

    /// The folder for files of refused rows.
    pub fn rejects_folder(&self) -> std::path::PathBuf {
        self.folder.rejects()
    }
}
