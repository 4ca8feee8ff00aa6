//! What can go wrong with a store.

use std::path::PathBuf;

/// A store could not do what was asked. Nothing is half done: a failed import leaves the store as it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no store in this folder.
    #[error("no store in `{0}`; make one with `quintile init`")]
    Missing(PathBuf),
    /// There is one already.
    #[error("`{0}` already holds a store")]
    Exists(PathBuf),
    /// Another process writes to the store.
    #[error("another import is writing to `{0}`; wait for it to end")]
    Locked(PathBuf),
    /// Made by a newer version.
    #[error("the store has format {found}, and this version reads up to {known}; use a newer Quintile")]
    TooNew {
        /// What the manifest says.
        found: i64,
        /// What this version knows.
        known: i64,
    },
    /// An import that never was.
    #[error("there is no import {id}; {}", there_are(known))]
    NoImport {
        /// As asked.
        id: u32,
        /// Those that could be undone, ascending.
        known: Vec<u32>,
    },
    /// It was undone already.
    #[error("import {id} was undone already; {}", there_are(known))]
    Undone {
        /// As asked.
        id: u32,
        /// Those that could be undone, ascending.
        known: Vec<u32>,
    },
    /// A later import has kept no records, so that nothing can be taken from under it.
    #[error(
        "import {id} cannot be undone while import {later} stands on it, which was made by an earlier version that kept no records of its files; undo import {later} first, or import the files again into a new project"
    )]
    NotKept {
        /// As asked.
        id: u32,
        /// The newest one that stands in the way.
        later: u32,
    },
    /// Reading or writing a file failed.
    #[error("cannot {doing} `{path}`")]
    File {
        /// `read`, `write`, `sync`.
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest failed.
    #[error("the manifest `quintile.db` failed")]
    Manifest(#[from] rusqlite::Error),
    /// A Parquet file failed.
    #[error("a file of facts failed")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// Columns did not fit.
    #[error("columns of facts failed")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Two ids fell on one key; the import is refused rather than two customers mixed.
    #[error("the ids `{first}` and `{second}` have the same 64-bit key; import them under different source names")]
    KeyCollision {
        /// One id.
        first: String,
        /// The other.
        second: String,
    },
    /// A file in the store is not what it should be.
    #[error("the store is damaged: {0}; restore it from a backup or import the files again into a new one")]
    Damaged(String),
    /// More than a store can hold in one import.
    #[error("too much for one import: {0}; import the files in several steps")]
    TooLarge(&'static str),
    /// The work on a batch failed.
    #[error("{0}")]
    Work(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::File { doing, path, source }
    }
}

/// The imports that can be named, the newest few of many.
fn there_are(known: &[u32]) -> String {
    const SHOWN: usize = 5;
    let listed = |known: &[u32]| known.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match known {
        [] => "there is none to undo".to_owned(),
        [one] => format!("the only one is {one}"),
        few if few.len() <= SHOWN => format!("there are {}", listed(few)),
        many => format!("the last are {}, and `quintile imports` lists all {}", listed(&many[many.len() - SHOWN..]), many.len()),
    }
}
