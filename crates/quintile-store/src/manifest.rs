//! The manifest: which files make up the store, since which commit. SQLite, with `synchronous=FULL`.
//!
//! A commit is one transaction, made after its files are on disk. A file that no transaction names does not exist for
//! anybody, and the next writer removes it.

use crate::StoreError;
use crate::folder::Folder;
use quintile_model::{FactKind, Instant, RecordKind};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Version of the files and tables; raised when an older program could misread them. Since 2 a commit says what it is,
/// an import keeps its records, and one that was undone is marked.
const FORMAT: i64 = 2;

#[derive(Debug)]
pub(crate) struct Manifest {
    db: Connection,
}

/// A commit, as `quintile imports` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its number.
    pub id: u32,
    /// When it was made.
    pub at: Instant,
    /// The files it read.
    pub files: Vec<String>,
    /// Rows written, all kinds.
    pub rows: u64,
    /// When it was undone, if it was.
    pub undone: Option<Instant>,
}

/// An exchange rate: units of the reporting currency for one unit of `currency`, on and after `day`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRate {
    /// ISO 4217 code.
    pub currency: String,
    /// Days since 1970-01-01.
    pub day: i32,
    /// The rate in billionths.
    pub rate_e9: i64,
}

/// What a file of the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum FileKind {
    /// Facts by customer.
    Facts(FactKind),
    /// Facts of nobody.
    Nobody(FactKind),
    /// Facts of visitors who have not said who they are, by the visitor's key.
    Visitors(FactKind),
    /// Visitor key to the key of the person they said they are.
    Ties,
    /// Order key to customer key.
    OrderIndex,
    /// E-mail or phone to customer key.
    Identities,
    /// Products.
    Products,
    /// Records as an import was given them, see `journal`.
    Records(RecordKind),
    /// Costs.
    Costs,
}

/// A file of the store.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    pub commit: u32,
    pub kind: FileKind,
    /// Relative to the store's folder.
    pub path: PathBuf,
    pub rows: u64,
    /// Each fact is in it once, so that it needs no merging with itself.
    pub settled: bool,
}

/// What one commit adds and takes away.
#[derive(Debug, Default)]
pub(crate) struct Change {
    pub added: Vec<StoredFile>,
    /// Paths of files that this commit replaces.
    pub replaced: Vec<PathBuf>,
    pub imported: Vec<crate::ImportedFile>,
    pub sources: Vec<String>,
    /// The files whose records were kept, if any were to be.
    pub kept: Option<Vec<crate::FileSource>>,
    /// Nothing is imported; runs are folded.
    pub folds: bool,
}

/// What undoing an import changes.
#[derive(Debug)]
pub(crate) struct Undoing {
    /// The number of this commit.
    pub id: u32,
    /// The import that is undone.
    pub import: u32,
    pub at: Instant,
    /// Paths of files that hold something of it.
    pub replaced: Vec<PathBuf>,
    /// What is left of those that hold more than it.
    pub added: Vec<StoredFile>,
    /// Later imports, made again, by number.
    pub again: Vec<(u32, Change)>,
}

impl Manifest {
    pub fn create(folder: &Folder) -> Result<Manifest, StoreError> {
        let mut manifest = Manifest { db: Connection::open(folder.manifest())? };
        manifest.settings()?;
        let tables = manifest.db.transaction()?;
        tables.execute_batch(
            "CREATE TABLE IF NOT EXISTS about(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS commits(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, rows INTEGER NOT NULL,
                 what TEXT NOT NULL DEFAULT 'import', keeps INTEGER NOT NULL DEFAULT 0, undone_in INTEGER);
             CREATE TABLE IF NOT EXISTS files(path TEXT PRIMARY KEY, commit_id INTEGER NOT NULL, kind TEXT NOT NULL,
                 rows INTEGER NOT NULL, settled INTEGER NOT NULL, added_in INTEGER NOT NULL, replaced_in INTEGER) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS imported(fingerprint TEXT NOT NULL, commit_id INTEGER NOT NULL, path TEXT NOT NULL,
                 layout TEXT NOT NULL, rows INTEGER NOT NULL, refused INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS sources(name TEXT PRIMARY KEY, first_commit INTEGER NOT NULL, rank INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS kept(commit_id INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL,
                 document INTEGER NOT NULL, PRIMARY KEY(commit_id, number)) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS rates(currency TEXT NOT NULL, day INTEGER NOT NULL, rate_e9 INTEGER NOT NULL,
                 PRIMARY KEY(currency, day)) WITHOUT ROWID;",
        )?;
        tables.execute("INSERT OR IGNORE INTO about VALUES('format', ?1)", [FORMAT])?;
        tables.commit()?;
        Ok(manifest)
    }

    pub fn open(folder: &Folder) -> Result<Manifest, StoreError> {
        let mut manifest = Manifest { db: Connection::open(folder.manifest())? };
        manifest.settings()?;
        let found: Option<i64> = manifest.db.query_row("SELECT value FROM about WHERE name = 'format'", [], |row| row.get(0)).optional()?;
        match found {
            Some(found) if found > FORMAT => Err(StoreError::TooNew { found, known: FORMAT }),
            Some(1) => {
                manifest.upgrade()?;
                Ok(manifest)
            }
            Some(_) => Ok(manifest),
            None => Err(StoreError::Missing(folder.root().to_owned())),
        }
    }

    /// From format 1, which had no word for what a commit is: those without files folded runs.
    fn upgrade(&mut self) -> Result<(), StoreError> {
        let tables = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Somebody else may have done it meanwhile.
        let found: i64 = tables.query_row("SELECT value FROM about WHERE name = 'format'", [], |row| row.get(0))?;
        if found == 1 {
            tables.execute_batch(
                "ALTER TABLE commits ADD COLUMN what TEXT NOT NULL DEFAULT 'import';
                 ALTER TABLE commits ADD COLUMN keeps INTEGER NOT NULL DEFAULT 0;
                 ALTER TABLE commits ADD COLUMN undone_in INTEGER;
                 UPDATE commits SET what = 'fold' WHERE id NOT IN (SELECT commit_id FROM imported);
                 CREATE TABLE kept(commit_id INTEGER NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL,
                     document INTEGER NOT NULL, PRIMARY KEY(commit_id, number)) WITHOUT ROWID;",
            )?;
            tables.execute("UPDATE about SET value = ?1 WHERE name = 'format'", [FORMAT])?;
        }
        Ok(tables.commit()?)
    }

    fn settings(&self) -> Result<(), StoreError> {
        self.db.busy_timeout(std::time::Duration::from_secs(30))?;
        self.db.pragma_update(None, "journal_mode", "DELETE")?;
        self.db.pragma_update(None, "synchronous", "FULL")?;
        Ok(())
    }

    /// The number of the newest commit; zero for an empty store.
    pub fn version(&self) -> Result<u32, StoreError> {
        Ok(self.db.query_row("SELECT coalesce(max(id), 0) FROM commits", [], |row| row.get(0))?)
    }

    /// The import that read a file of this content, unless it was undone.
    pub fn known_file(&self, fingerprint: &str) -> Result<Option<CommitInfo>, StoreError> {
        let found = self.db.query_row(
            "SELECT min(commit_id) FROM imported JOIN commits ON commits.id = imported.commit_id
             WHERE fingerprint = ?1 AND undone_in IS NULL",
            [fingerprint],
            |row| row.get::<_, Option<u32>>(0),
        )?;
        Ok(self.commits()?.into_iter().find(|commit| Some(commit.id) == found))
    }

    /// Every file that was imported, in the order of imports, without those of undone ones.
    pub fn imported(&self) -> Result<Vec<crate::ImportedFile>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT fingerprint, path, layout, imported.rows, refused FROM imported JOIN commits ON commits.id = imported.commit_id
             WHERE undone_in IS NULL ORDER BY imported.rowid",
        )?;
        let files = query.query_map([], |row| {
            Ok(crate::ImportedFile {
                fingerprint: row.get(0)?,
                path: row.get(1)?,
                layout: row.get(2)?,
                rows: row.get::<_, i64>(3)? as u64,
                refused: row.get::<_, i64>(4)? as u64,
            })
        })?;
        Ok(files.collect::<Result<_, _>>()?)
    }

    /// The imports, undone ones too, oldest first.
    pub fn commits(&self) -> Result<Vec<CommitInfo>, StoreError> {
        let mut files: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let mut query = self.db.prepare("SELECT commit_id, path FROM imported ORDER BY rowid")?;
        for file in query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
            let (commit, path): (u32, String) = file?;
            files.entry(commit).or_default().push(path);
        }
        let mut query = self.db.prepare(
            "SELECT commits.id, commits.at, commits.rows, undoing.at FROM commits
             LEFT JOIN commits AS undoing ON undoing.id = commits.undone_in WHERE commits.what = 'import' ORDER BY commits.id",
        )?;
        let commits = query.query_map([], |row| {
            let id = row.get(0)?;
            Ok(CommitInfo {
                id,
                at: Instant(row.get(1)?),
                files: files.remove(&id).unwrap_or_default(),
                rows: row.get::<_, i64>(2)? as u64,
                undone: row.get::<_, Option<i64>>(3)?.map(Instant),
            })
        })?;
        Ok(commits.collect::<Result<_, _>>()?)
    }

    /// The files whose records an import kept; `None` where it kept none.
    pub fn kept(&self, import: u32) -> Result<Option<Vec<crate::FileSource>>, StoreError> {
        if !self.db.query_row("SELECT keeps FROM commits WHERE id = ?1", [import], |row| row.get::<_, bool>(0))? {
            return Ok(None);
        }
        let mut query = self.db.prepare("SELECT number, source, document FROM kept WHERE commit_id = ?1 ORDER BY number")?;
        let files =
            query.query_map([import], |row| Ok(crate::FileSource { number: row.get(0)?, source: row.get(1)?, document: row.get(2)? }))?;
        Ok(Some(files.collect::<Result<_, _>>()?))
    }

    /// The files in force now, in the order of commits.
    pub fn files(&self) -> Result<Vec<StoredFile>, StoreError> {
        let mut query = self
            .db
            .prepare("SELECT path, commit_id, kind, rows, settled FROM files WHERE replaced_in IS NULL ORDER BY commit_id, kind, path")?;
        let files = query.query_map([], stored_file)?.collect::<Result<Vec<_>, _>>()?;
        files.into_iter().collect()
    }

    /// Paths of files that are not in force any more.
    pub fn replaced(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut query = self.db.prepare("SELECT path FROM files WHERE replaced_in IS NOT NULL")?;
        let paths = query.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(paths.into_iter().map(PathBuf::from).collect())
    }

    pub fn forget(&mut self, paths: &[PathBuf]) -> Result<(), StoreError> {
        let change = self.db.transaction()?;
        for path in paths {
            change.execute("DELETE FROM files WHERE path = ?1", [path.to_string_lossy()])?;
        }
        Ok(change.commit()?)
    }

    /// Makes a commit: all of it or nothing.
    pub fn commit(&mut self, id: u32, at: Instant, change: &Change) -> Result<(), StoreError> {
        let tables = self.db.transaction()?;
        let what = if change.folds { "fold" } else { "import" };
        let keeps = change.kept.is_some();
        tables.execute("INSERT INTO commits(id, at, rows, what, keeps) VALUES(?1, ?2, 0, ?3, ?4)", params![id, at.0, what, keeps])?;
        for file in &change.imported {
            tables.execute(
                "INSERT INTO imported(fingerprint, commit_id, path, layout, rows, refused) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                params![file.fingerprint, id, file.path, file.layout, file.rows as i64, file.refused as i64],
            )?;
        }
        for file in change.kept.iter().flatten() {
            tables.execute(
                "INSERT INTO kept(commit_id, number, source, document) VALUES(?1, ?2, ?3, ?4)",
                params![id, file.number, file.source, file.document],
            )?;
        }
        put_change(&tables, id, id, change)?;
        Ok(tables.commit()?)
    }

    /// Undoes an import: all of it or nothing.
    pub fn undo(&mut self, undoing: &Undoing) -> Result<(), StoreError> {
        let tables = self.db.transaction()?;
        tables.execute("INSERT INTO commits(id, at, rows, what) VALUES(?1, ?2, 0, 'undo')", params![undoing.id, undoing.at.0])?;
        tables.execute("UPDATE commits SET undone_in = ?1 WHERE id = ?2", params![undoing.id, undoing.import])?;
        tables.execute("UPDATE commits SET keeps = 0 WHERE id = ?1", [undoing.import])?;
        tables.execute("DELETE FROM kept WHERE commit_id = ?1", [undoing.import])?;
        // Sources that were new since then are new again, to the imports that are made again.
        tables.execute("DELETE FROM sources WHERE first_commit >= ?1", [undoing.import])?;
        let left = Change { added: undoing.added.clone(), replaced: undoing.replaced.clone(), ..Change::default() };
        put_files(&tables, undoing.id, &left)?;
        for (import, change) in &undoing.again {
            put_change(&tables, undoing.id, *import, change)?;
        }
        Ok(tables.commit()?)
    }

    /// The source that was imported first, whose customer ids need no prefix.
    pub fn first_source(&self) -> Result<Option<String>, StoreError> {
        let name = self.db.query_row("SELECT name FROM sources ORDER BY first_commit, rank LIMIT 1", [], |row| row.get(0));
        Ok(name.optional()?)
    }

    pub fn rates(&self) -> Result<Vec<StoredRate>, StoreError> {
        let mut query = self.db.prepare("SELECT currency, day, rate_e9 FROM rates ORDER BY currency, day")?;
        let rates = query.query_map([], |row| Ok(StoredRate { currency: row.get(0)?, day: row.get(1)?, rate_e9: row.get(2)? }))?;
        Ok(rates.collect::<Result<_, _>>()?)
    }

    pub fn put_rates(&mut self, rates: &[StoredRate]) -> Result<(), StoreError> {
        let change = self.db.transaction()?;
        for rate in rates {
            change.execute("INSERT OR REPLACE INTO rates VALUES(?1, ?2, ?3)", params![rate.currency, rate.day, rate.rate_e9])?;
        }
        Ok(change.commit()?)
    }

    /// A text that is kept under a name.
    pub fn note(&self, name: &str) -> Result<Option<String>, StoreError> {
        let text = self.db.query_row("SELECT value FROM about WHERE name = ?1", [noted(name)], |row| row.get(0));
        Ok(text.optional()?)
    }

    /// Keeps a text under a name, if what is kept there is still what it is thought to be.
    pub fn put_note(&mut self, name: &str, before: Option<&str>, text: &str) -> Result<bool, StoreError> {
        let change = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let kept: Option<String> =
            change.query_row("SELECT value FROM about WHERE name = ?1", [noted(name)], |row| row.get(0)).optional()?;
        if kept.as_deref() != before {
            return Ok(false);
        }
        change.execute("INSERT OR REPLACE INTO about(name, value) VALUES(?1, ?2)", params![noted(name), text])?;
        change.commit()?;
        Ok(true)
    }
}

/// Names of notes lie apart from those of the manifest itself.
fn noted(name: &str) -> String {
    format!("note:{name}")
}

/// What an import adds, in the commit `id`, which is its own unless it is made again.
fn put_change(tables: &Transaction<'_>, id: u32, import: u32, change: &Change) -> Result<(), StoreError> {
    // Of facts; what an index holds again is no row of the import.
    let facts = change.added.iter().filter(|file| matches!(file.kind, FileKind::Facts(_) | FileKind::Nobody(_) | FileKind::Visitors(_)));
    let rows: u64 = facts.map(|file| file.rows).sum();
    tables.execute("UPDATE commits SET rows = ?1 WHERE id = ?2", params![rows as i64, import])?;
    put_files(tables, id, change)?;
    for (rank, source) in change.sources.iter().enumerate() {
        tables
            .execute("INSERT OR IGNORE INTO sources(name, first_commit, rank) VALUES(?1, ?2, ?3)", params![source, import, rank as i64])?;
    }
    Ok(())
}

fn put_files(tables: &Transaction<'_>, id: u32, change: &Change) -> Result<(), StoreError> {
    for file in &change.added {
        tables.execute(
            "INSERT INTO files(path, commit_id, kind, rows, settled, added_in) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            params![file.path.to_string_lossy(), file.commit, kind_name(file.kind), file.rows as i64, file.settled, id],
        )?;
    }
    for path in &change.replaced {
        tables.execute("UPDATE files SET replaced_in = ?1 WHERE path = ?2", params![id, path.to_string_lossy()])?;
    }
    Ok(())
}

fn stored_file(row: &Row<'_>) -> rusqlite::Result<Result<StoredFile, StoreError>> {
    let name: String = row.get(2)?;
    let Some(kind) = kind_of(&name) else {
        return Ok(Err(StoreError::Damaged(format!("unknown kind of file `{name}`"))));
    };
    Ok(Ok(StoredFile {
        path: PathBuf::from(row.get::<_, String>(0)?),
        commit: row.get(1)?,
        kind,
        rows: row.get::<_, i64>(3)? as u64,
        settled: row.get(4)?,
    }))
}

pub(crate) fn kind_name(kind: FileKind) -> String {
    match kind {
        FileKind::Facts(kind) => kind.name().to_owned(),
        FileKind::Nobody(kind) => format!("nobody-{}", kind.name()),
        FileKind::Visitors(kind) => format!("visitors-{}", kind.name()),
        FileKind::Ties => "ties".to_owned(),
        FileKind::OrderIndex => "order-index".to_owned(),
        FileKind::Identities => "identities".to_owned(),
        FileKind::Products => "products".to_owned(),
        FileKind::Records(kind) => format!("records-{}", kind.name()),
        FileKind::Costs => "costs".to_owned(),
    }
}

fn kind_of(name: &str) -> Option<FileKind> {
    let fact = |name: &str| FactKind::ALL.into_iter().find(|kind| kind.name() == name);
    match name {
        "order-index" => Some(FileKind::OrderIndex),
        "identities" => Some(FileKind::Identities),
        "products" => Some(FileKind::Products),
        "costs" => Some(FileKind::Costs),
        "ties" => Some(FileKind::Ties),
        _ => match (name.strip_prefix("nobody-"), name.strip_prefix("visitors-"), name.strip_prefix("records-")) {
            (Some(rest), _, _) => fact(rest).map(FileKind::Nobody),
            (_, Some(rest), _) => fact(rest).map(FileKind::Visitors),
            (_, _, Some(rest)) => RecordKind::ALL.into_iter().find(|kind| kind.name() == rest).map(FileKind::Records),
            (None, None, None) => fact(name).map(FileKind::Facts),
        },
    }
}
