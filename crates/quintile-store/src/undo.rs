//! Undoing an import: the store becomes what it would be if that import had never been made.
//!
//! What is there of imports before it stays as it lies, since everything says which commit it is from. What came later
//! is made again, one import after the other, from the records that the journal kept: so it is not worked out what the
//! undone import has joined, moved or corrected, and nothing of it can be left. The newest imports are undone in no time,
//! the oldest takes as long as all after it. All of it is one change of the manifest.

use crate::folder::Folder;
use crate::import::{Import, ImportOptions};
use crate::manifest::{CommitInfo, FileKind, Manifest, StoredFile, Undoing};
use crate::run::{self, RunWriter, SortedFacts};
use crate::{FileSource, StoreError, compact, journal};
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::UInt32Type;
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::PathBuf;

/// What is done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoStep {
    /// The import is taken out.
    TakingOut,
    /// A later one is made again.
    MakingAgain {
        /// Which.
        import: u32,
        /// The how many-eth of them, from one.
        number: usize,
        /// All that are made again.
        of: usize,
    },
}

/// What was undone.
#[derive(Debug, Clone)]
pub struct Undone {
    /// The version of the store from now on.
    pub version: u32,
    /// The import.
    pub import: CommitInfo,
    /// Later imports that were made again, by number.
    pub again: Vec<u32>,
}

/// Undoes an import.
pub(crate) fn undo<E: Error + Send + Sync + 'static>(
    folder: &Folder,
    import: u32,
    options: ImportOptions,
    mut hear: impl FnMut(UndoStep) -> Result<(), E>,
) -> Result<Undone, StoreError> {
    let _lock = folder.lock_writer()?;
    let mut manifest = Manifest::open(folder)?;
    compact::sweep(folder, &mut manifest)?;
    let mut hear = move |step| hear(step).map_err(|error| StoreError::Work(Box::new(error)));
    let commits = manifest.commits()?;
    let import = named(&commits, import)?.clone();
    let later = later(&manifest, &commits, import.id)?;

    hear(UndoStep::TakingOut)?;
    let id = manifest.version()? + 1;
    let files = manifest.files()?;
    let imports: HashSet<u32> = commits.iter().map(|commit| commit.id).collect();
    let mut before = Before::of(folder, &files, import.id, &imports, id)?;
    let of = later.len();
    let mut again = Vec::with_capacity(of);
    for (number, later) in later.iter().enumerate() {
        hear(UndoStep::MakingAgain { import: later.commit.id, number: number + 1, of })?;
        let options = ImportOptions { now: later.commit.at, ..options.clone() };
        let stem = format!("{:08}-{id:08}", later.commit.id);
        let mut import = Import::on(folder, None, options, (later.commit.id, stem), before.stored.clone(), None)?;
        later.give(folder, &files, &import)?;
        import.resolve()?;
        let (change, _) = import.write()?;
        before.stored.extend(change.added.iter().cloned());
        again.push((later.commit.id, change));
    }
    let undoing = Undoing { id, import: import.id, at: options.now, replaced: before.replaced, added: before.added, again };
    manifest.undo(&undoing)?;
    let version = id;
    compact::compact(folder, &mut manifest, &options)?;
    Ok(Undone { version, import, again: undoing.again.into_iter().map(|(import, _)| import).collect() })
}

/// The import of this number, if it can be undone.
pub(crate) fn named(commits: &[CommitInfo], id: u32) -> Result<&CommitInfo, StoreError> {
    let known = || commits.iter().filter(|commit| commit.undone.is_none()).map(|commit| commit.id).collect();
    match commits.iter().find(|commit| commit.id == id) {
        Some(commit) if commit.undone.is_none() => Ok(commit),
        Some(_) => Err(StoreError::Undone { id, known: known() }),
        None => Err(StoreError::NoImport { id, known: known() }),
    }
}

/// An import that is made again.
struct Later {
    commit: CommitInfo,
    files: BTreeMap<u32, FileSource>,
}

/// Imports after this one, oldest first, with the files whose records they kept.
fn later(manifest: &Manifest, commits: &[CommitInfo], id: u32) -> Result<Vec<Later>, StoreError> {
    let mut all = Vec::new();
    for commit in commits.iter().rev().filter(|commit| commit.id > id && commit.undone.is_none()) {
        let kept = manifest.kept(commit.id)?.ok_or(StoreError::NotKept { id, later: commit.id })?;
        all.push(Later { commit: commit.clone(), files: kept.into_iter().map(|file| (file.number, file)).collect() });
    }
    all.reverse();
    Ok(all)
}

impl Later {
    /// Gives the kept records to the import.
    fn give(&self, folder: &Folder, files: &[StoredFile], import: &Import) -> Result<(), StoreError> {
        let mut sink: Option<(u32, crate::ImportSink)> = None;
        for file in files.iter().filter(|file| file.commit == self.commit.id) {
            let FileKind::Records(kind) = file.kind else { continue };
            journal::replay(&folder.root().join(&file.path), |number, records| {
                if sink.as_ref().is_none_or(|(open, _)| *open != number) {
                    let of = self.files.get(&number).cloned();
                    let of = of.ok_or_else(|| StoreError::Damaged(format!("`{}` is of a file that nobody knows", file.path.display())))?;
                    if let Some((_, full)) = sink.replace((number, import.sink(of))) {
                        full.finish()?;
                    }
                }
                // What was refused then is refused again.
                sink.as_mut().map_or(Ok(()), |(_, sink)| sink.take(kind, records).map(drop))
            })?;
        }
        sink.map_or(Ok(()), |(_, sink)| sink.finish())
    }
}

/// The store as it was before an import.
struct Before {
    stored: Vec<StoredFile>,
    /// Of the files in force, those that are in it no more.
    replaced: Vec<PathBuf>,
    /// What is left of those that hold older facts too.
    added: Vec<StoredFile>,
}

impl Before {
    fn of(folder: &Folder, files: &[StoredFile], import: u32, imports: &HashSet<u32>, undoing: u32) -> Result<Before, StoreError> {
        let mut before = Before { stored: Vec::new(), replaced: Vec::new(), added: Vec::new() };
        for file in files {
            let of_an_import = imports.contains(&file.commit);
            match file.kind {
                // Records of later imports are what those are made of again.
                FileKind::Records(_) if file.commit != import => {}
                _ if file.commit < import => before.stored.push(file.clone()),
                FileKind::Facts(_) | FileKind::Nobody(_) | FileKind::Visitors(_) if !of_an_import => {
                    before.take_older(folder, file, import, undoing)?
                }
                FileKind::Facts(_)
                | FileKind::Nobody(_)
                | FileKind::Visitors(_)
                | FileKind::Ties
                | FileKind::Costs
                | FileKind::OrderIndex
                | FileKind::Identities
                | FileKind::Products
                | FileKind::Records(_) => before.replaced.push(file.path.clone()),
            }
        }
        Ok(before)
    }

    /// Of runs that were folded, the facts of commits before the import.
    fn take_older(&mut self, folder: &Folder, file: &StoredFile, import: u32, undoing: u32) -> Result<(), StoreError> {
        let (FileKind::Facts(kind) | FileKind::Nobody(kind) | FileKind::Visitors(kind)) = file.kind else { return Ok(()) };
        let mut parts: Vec<RecordBatch> = Vec::new();
        run::read_plain(&folder.root().join(&file.path), |rows| {
            let commits = rows.column_by_name("commit").and_then(|column| column.as_primitive_opt::<UInt32Type>());
            let commits = commits.ok_or_else(|| StoreError::Damaged(format!("`{}` names no commits", file.path.display())))?;
            let older: BooleanArray = commits.values().iter().map(|commit| Some(*commit < import)).collect();
            parts.push(filter_record_batch(rows, &older)?);
            Ok(())
        })?;
        if parts.iter().map(|rows| rows.num_rows() as u64).sum::<u64>() == file.rows {
            self.stored.push(file.clone());
            return Ok(());
        }
        self.replaced.push(file.path.clone());
        let Some(first) = parts.first() else { return Ok(()) };
        let rows = concat_batches(&first.schema(), &parts)?;
        let facts = folder.facts();
        let place = match file.kind {
            FileKind::Nobody(_) => facts.join("nobody"),
            FileKind::Visitors(_) => facts.join("visitors"),
            _ => facts,
        };
        let mut writer = RunWriter::new(&place, format!("{undoing:08}-before-{:03}", self.replaced.len()));
        writer.write(&SortedFacts { kinds: vec![(kind, rows)] })?;
        for written in writer.finish()? {
            let path = written.path.strip_prefix(folder.root()).unwrap_or(&written.path).to_owned();
            let left = StoredFile { path, rows: written.rows, ..file.clone() };
            self.stored.push(left.clone());
            self.added.push(left);
        }
        Ok(())
    }
}
