//! Compaction: at most eight runs over a range of customers, so that reading stays cheap.
//!
//! The smallest runs are folded into one, every version and commit id kept. Files that are no longer in force are
//! deleted when nobody reads.

use crate::StoreError;
use crate::folder::Folder;
use crate::import::ImportOptions;
use crate::manifest::{Change, FileKind, Manifest, StoredFile};
use crate::moves;
use crate::run::{RunWriter, SortedFacts};
use crate::scan::{Run, RunCursor};
use arrow::compute::concat_batches;
use quintile_model::FactKind;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Runs that may lie over one range of customers.
const MOST_RUNS: usize = 8;
/// Runs that are left after folding.
const FEW_RUNS: usize = 4;

/// Rows that are folded at once, about.
const ROWS_AT_ONCE: u64 = 1 << 20;

/// Folds the smallest runs into one when there are too many; of customers, and of visitors.
pub(crate) fn compact(folder: &Folder, manifest: &mut Manifest, options: &ImportOptions) -> Result<(), StoreError> {
    let of_customers = |kind| match kind {
        FileKind::Facts(kind) => Some(kind),
        _ => None,
    };
    let of_visitors = |kind| match kind {
        FileKind::Visitors(kind) => Some(kind),
        _ => None,
    };
    fold(folder, manifest, options, &folder.facts(), of_customers, FileKind::Facts)?;
    fold(folder, manifest, options, &folder.facts().join("visitors"), of_visitors, FileKind::Visitors)
}

fn fold(
    folder: &Folder,
    manifest: &mut Manifest,
    options: &ImportOptions,
    place: &Path,
    of: impl Fn(FileKind) -> Option<FactKind>,
    as_file: impl Fn(FactKind) -> FileKind,
) -> Result<(), StoreError> {
    let files = manifest.files()?;
    let mut runs: BTreeMap<(u32, bool), (u64, Vec<StoredFile>)> = BTreeMap::new();
    for file in files.iter().filter(|file| of(file.kind).is_some()) {
        let run = runs.entry((file.commit, file.settled)).or_default();
        run.0 += file.rows;
        run.1.push(file.clone());
    }
    if runs.len() <= MOST_RUNS {
        return Ok(());
    }
    let mut by_size: Vec<(u64, Vec<StoredFile>)> = runs.into_values().collect();
    by_size.sort_by_key(|(rows, _)| *rows);
    by_size.truncate(by_size.len() - FEW_RUNS + 1);
    let rows: u64 = by_size.iter().map(|(rows, _)| rows).sum();
    let folded: Vec<StoredFile> = by_size.into_iter().flat_map(|(_, files)| files).collect();

    let commit = manifest.version()? + 1;
    let runs = Run::all(folder, &folded, of)?;
    let mut cursors: Vec<RunCursor<'_>> = runs.iter().flat_map(Run::cursors).collect();
    let mut writer = RunWriter::new(place, format!("{commit:08}-folded"));
    // Keys are hashes, so equal ranges of them hold about as many rows each.
    let steps = (rows / ROWS_AT_ONCE + 1).min(1 << 16);
    for step in 1..=steps {
        let last_key = if step == steps { u64::MAX } else { (u64::MAX / steps).saturating_mul(step) };
        let mut facts = SortedFacts::default();
        for kind in FactKind::ALL {
            let mut parts = Vec::new();
            for cursor in cursors.iter_mut().filter(|cursor| cursor.kind == kind) {
                parts.extend(cursor.take(last_key)?);
            }
            if let Some(first) = parts.first() {
                facts.kinds.push((kind, moves::sorted(&concat_batches(&first.schema(), &parts)?)?));
            }
        }
        writer.write(&facts)?;
    }
    let mut change = Change { replaced: folded.into_iter().map(|file| file.path).collect(), folds: true, ..Change::default() };
    for file in writer.finish()? {
        let path = file.path.strip_prefix(folder.root()).unwrap_or(&file.path).to_owned();
        change.added.push(StoredFile { commit, kind: as_file(file.kind), path, rows: file.rows, settled: false });
    }
    manifest.commit(commit, options.now, &change)
}

/// Removes what an interrupted import left behind, and files that are no longer in force and that nobody reads.
pub(crate) fn sweep(folder: &Folder, manifest: &mut Manifest) -> Result<(), StoreError> {
    let in_force: HashSet<PathBuf> = manifest.files()?.into_iter().map(|file| file.path).collect();
    let replaced = manifest.replaced()?;
    let waiting: HashSet<&PathBuf> = replaced.iter().collect();
    let mut on_disk = Vec::new();
    list(&folder.facts(), &mut on_disk)?;
    for path in on_disk {
        let relative = path.strip_prefix(folder.root()).unwrap_or(&path).to_owned();
        if !in_force.contains(&relative) && !waiting.contains(&relative) {
            fs::remove_file(&path).map_err(StoreError::file("remove", &path))?;
        }
    }
    if replaced.is_empty() {
        return Ok(());
    }
    folder.without_readers(|| {
        for path in &replaced {
            let path = folder.root().join(path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(StoreError::file("remove", &path)(error)),
                _ => {}
            }
        }
        manifest.forget(&replaced)
    })
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(StoreError::file("read", folder))? {
        let entry = entry.map_err(StoreError::file("read", folder))?;
        let path = entry.path();
        if path.is_dir() {
            list(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
