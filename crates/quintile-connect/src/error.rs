//! What can go wrong before or while a file is read. A single bad row is never an error: it is a refusal.

use quintile_model::records::SinkError;
use std::path::PathBuf;

/// Why files could not be surveyed or read.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The path leads nowhere.
    #[error("there is no file or folder `{}`; check the spelling", path.display())]
    Missing {
        /// As given.
        path: PathBuf,
    },
    /// The file or folder exists and cannot be read.
    #[error("cannot read `{}`; check that you may read it and that it is a file or a folder", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("`{}` is empty; export it again, or leave it out", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The file is nothing that can be read.
    #[error("`{}` is not recognised: {why}", path.display())]
    NotRecognised {
        /// Which.
        path: PathBuf,
        /// What it looks like, and what to try.
        why: String,
    },
    /// Folders without a single readable file.
    #[error("nothing to import in {}: {why}", shown(paths))]
    NothingToRead {
        /// As given.
        paths: Vec<PathBuf>,
        /// What was there instead.
        why: String,
    },
    /// The mapping file is not a mapping.
    #[error("the mapping is not usable: {why}")]
    BadMapping {
        /// Where and what, and what to try.
        why: String,
    },
    /// The mapping names columns that the file does not have.
    #[error("the mapping `{mapping}` does not fit `{}`: {why}", path.display())]
    MappingDoesNotFit {
        /// Its name.
        mapping: String,
        /// The file.
        path: PathBuf,
        /// What is missing, and what the file has.
        why: String,
    },
    /// A Parquet file whose inside is damaged.
    #[error("the Parquet file `{}` cannot be read: {why}; write it again with the tool that made it", path.display())]
    Parquet {
        /// Which.
        path: PathBuf,
        /// What its reader says.
        why: String,
    },
    /// The taker of records stopped or failed.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

fn shown(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}
