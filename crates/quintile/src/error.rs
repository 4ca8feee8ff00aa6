//! What can go wrong when a question is asked, in the user's words.

use quintile_catalog::CatalogError;
use quintile_connect::ConnectError;
use quintile_profile::ProfileError;
use quintile_store::StoreError;
use std::path::{Path, PathBuf};

/// A question could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not in a project.
    #[error("no project in `{}` or above it; make one with `quintile init`, or name its folder with -C", folder.display())]
    NoProject {
        /// Where we looked.
        folder: PathBuf,
    },
    /// There is a project already.
    #[error("`{}` already holds a project; use it, or choose another folder", folder.display())]
    ProjectExists {
        /// Where.
        folder: PathBuf,
    },
    /// `quintile.toml` cannot be used.
    #[error("`{}`{at}: {why}", file.display(), at = line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Settings {
        /// The file.
        file: PathBuf,
        /// 1-based, where known.
        line: Option<usize>,
        /// What, and what to do.
        why: String,
    },
    /// Something that was typed cannot be used.
    #[error("{0}")]
    Usage(String),
    /// A column that is not there.
    #[error("unknown column `{name}`{} `quintile profile --help` lists them", nearest.as_ref().map_or_else(|| ";".to_owned(), |n| format!("; did you mean `{n}`?")))]
    UnknownColumn {
        /// As asked.
        name: String,
        /// A known one that resembles it.
        nearest: Option<String>,
    },
    /// A segment that is not there.
    #[error("there is no segment `{name}`{} `quintile segment list` shows them", nearest.as_ref().map_or_else(|| ";".to_owned(), |n| format!("; did you mean `{n}`?")))]
    UnknownSegment {
        /// As asked.
        name: String,
        /// A known one that resembles it.
        nearest: Option<String>,
    },
    /// What was planned for the segments does not hold any more.
    #[error("{what} since the plan was made, and nothing was applied; make the plan again with `quintile plan`")]
    PlanIsOld {
        /// What moved, with the rest of the sentence left open.
        what: String,
    },
    /// A segment that may not be removed.
    #[error("`{0}` is protected; take `protected` out of its file and apply that before you remove it")]
    Protected(String),
    /// A file of a segment that says something that is not in force.
    #[error(
        "the file of `{0}` says something that is not in force; apply it (`quintile plan`), or take it back, before the segment is changed here"
    )]
    DraftInTheWay(String),
    /// A segment that another one names.
    #[error("`{name}` is named by `{by}`; change that one first")]
    SegmentNamed {
        /// Which.
        name: String,
        /// By which.
        by: String,
    },
    /// A customer that is not there.
    #[error("no customer `{0}`; give the id as `quintile profile --columns customer_id` shows it, or an e-mail address")]
    UnknownCustomer(String),
    /// Several customers answer to it.
    #[error("`{asked}` is {}; give one of these ids", ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" and "))]
    ManyCustomers {
        /// As asked.
        asked: String,
        /// The ids it could be.
        ids: Vec<String>,
    },
    /// Clusters that were never fitted.
    #[error("clusters were never fitted here; fit them with `quintile clusters fit`")]
    NoClusters,
    /// No value model was fitted for this moment or an earlier one.
    #[error("no value model stands as of {as_of}; fit one with `quintile value fit`, for that moment or an earlier one")]
    NoValueModel {
        /// The moment, in words.
        as_of: String,
    },
    /// A value model says nothing of who never bought.
    #[error("`{asked}` has not bought anything yet; value models say nothing of prospects")]
    NoPurchase {
        /// As asked.
        asked: String,
    },
    /// No row of the files could be taken.
    #[error("no row could be imported, and the store is as it was; the reasons are in `{}`", rejects.display())]
    NothingImported {
        /// Where the refused rows are.
        rejects: PathBuf,
    },
    /// The user asked to stop.
    #[error("stopped; the store is as it was")]
    Stopped,
    /// A file could not be read or written.
    #[error("cannot {doing} `{}`", path.display())]
    File {
        /// `read`, `write`.
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Whoever reads the output has gone; nobody needs to be told.
    #[error("the reader of the output has gone")]
    BrokenPipe,
    /// Rows could not be put together or written.
    #[error("the answer could not be written: {0}")]
    Answer(String),
    /// Of the store.
    #[error(transparent)]
    Store(StoreError),
    /// Of the files to import.
    #[error(transparent)]
    Connect(ConnectError),
    /// Of the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Of what is grouped.
    #[error(transparent)]
    Clusters(#[from] quintile_cluster::Error),
    /// Of the text of a segment.
    #[error("the segment cannot be asked\n{0}")]
    Segment(Box<quintile_segment::Refused>),
    /// Of the catalogue.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Of the query.
    #[cfg(feature = "sql")]
    #[error(transparent)]
    Sql(#[from] quintile_sql::SqlError),
}

/// What sort of error it is; surfaces turn it into an exit code or a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was typed cannot be used.
    Usage,
    /// Something named is not there.
    NotFound,
    /// Data or settings do not hold together.
    Invalid,
    /// Somebody else is at work.
    Conflict,
    /// The user asked to stop.
    Stopped,
    /// The reader of the output has gone.
    BrokenPipe,
    /// The machine, or we, failed.
    Failed,
}

impl Error {
    /// Of what sort it is.
    pub fn kind(&self) -> Kind {
        match self {
            Error::NoProject { .. }
            | Error::UnknownColumn { .. }
            | Error::UnknownSegment { .. }
            | Error::UnknownCustomer(_)
            | Error::NoClusters
            | Error::NoValueModel { .. } => Kind::NotFound,
            Error::ProjectExists { .. } | Error::PlanIsOld { .. } | Error::DraftInTheWay(_) | Error::SegmentNamed { .. } => Kind::Conflict,
            Error::Settings { .. } | Error::Protected(_) | Error::NothingImported { .. } | Error::NoPurchase { .. } => Kind::Invalid,
            Error::Usage(_) | Error::ManyCustomers { .. } => Kind::Usage,
            Error::Stopped => Kind::Stopped,
            Error::BrokenPipe => Kind::BrokenPipe,
            Error::File { doing: "read", source, .. } if source.kind() == std::io::ErrorKind::NotFound => Kind::NotFound,
            Error::File { .. } | Error::Answer(_) => Kind::Failed,
            Error::Store(error) => match error {
                StoreError::Missing(_) | StoreError::NoImport { .. } | StoreError::Undone { .. } => Kind::NotFound,
                StoreError::Exists(_) | StoreError::Locked(_) => Kind::Conflict,
                StoreError::KeyCollision { .. } | StoreError::TooLarge(_) | StoreError::NotKept { .. } => Kind::Invalid,
                _ => Kind::Failed,
            },
            Error::Connect(error) => match error {
                ConnectError::Missing { .. } => Kind::NotFound,
                ConnectError::Unreadable { .. } | ConnectError::Sink(_) => Kind::Failed,
                _ => Kind::Invalid,
            },
            Error::Profile(error) => match error {
                ProfileError::UnknownMetric(_) => Kind::NotFound,
                ProfileError::OtherQuestion(_) | ProfileError::Batch(_) => Kind::Failed,
                _ => Kind::Invalid,
            },
            Error::Clusters(_) => Kind::Invalid,
            Error::Segment(_) => Kind::Invalid,
            Error::Catalog(error) => match error {
                CatalogError::Unknown { .. } | CatalogError::Unreadable { .. } => Kind::NotFound,
                _ => Kind::Invalid,
            },
            #[cfg(feature = "sql")]
            Error::Sql(error) => match error {
                quintile_sql::SqlError::UnknownTable { .. } | quintile_sql::SqlError::UnknownColumn { .. } => Kind::NotFound,
                error if error.is_of_the_user() => Kind::Invalid,
                _ => Kind::Failed,
            },
        }
    }

    pub(crate) fn file(doing: &'static str, path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.as_ref().to_owned();
        move |source| Error::File { doing, path, source }
    }
}

/// An error of a scan is ours again where our own work on a batch failed.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Work(inner) => match inner.downcast::<Error>() {
                Ok(own) => *own,
                Err(inner) => Error::Store(StoreError::Work(inner)),
            },
            error => Error::Store(error),
        }
    }
}

/// A reader that was told to stop stopped; one whose taker failed shows why.
impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        use quintile_model::records::SinkError;
        match error {
            ConnectError::Sink(SinkError::Stopped) => Error::Stopped,
            ConnectError::Sink(SinkError::Failed(inner)) => match inner.downcast::<Error>() {
                Ok(own) => *own,
                Err(inner) => match inner.downcast::<StoreError>() {
                    Ok(store) => Error::from(*store),
                    Err(inner) => Error::Connect(ConnectError::Sink(SinkError::Failed(inner))),
                },
            },
            error => Error::Connect(error),
        }
    }
}

impl From<arrow::error::ArrowError> for Error {
    fn from(error: arrow::error::ArrowError) -> Self {
        Error::Answer(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for Error {
    fn from(error: parquet::errors::ParquetError) -> Self {
        if let parquet::errors::ParquetError::External(inner) = &error
            && inner.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        {
            return Error::BrokenPipe;
        }
        Error::Answer(error.to_string())
    }
}
