//! Files into the store: survey, read, resolve, commit.
//!
//! Files that name orders or customers are read first, those of pure lines after: a line finds its customer through its
//! order. A file whose content is in the store already is passed over. Rows that cannot be read are kept with their
//! reason, and the others go in. Nothing is in the store before everything is.

use crate::rejects::{self, PartRejects};
use crate::workspace::Workspace;
use crate::{Error, settings};
use arrow::record_batch::RecordBatch;
use quintile_connect::{FilePart, Layout, Mapping, PartSummary, PlannedFile, SurveyOptions, survey};
use quintile_model::RecordKind;
use quintile_model::records::{RecordSink, Refusal, SinkError};
use quintile_store::{CommitSummary, FileSource, Import, ImportOptions, ImportSink, ImportedFile};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Files that are to be imported.
#[derive(Debug, Clone, Default)]
pub struct ImportAsk {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// A mapping file for them.
    pub mapping: Option<PathBuf>,
    /// What the rows are, where a file does not tell: `orders`, `lines`, `customers`…
    pub as_kind: Option<String>,
    /// The name of the source, part of every key.
    pub source: Option<String>,
    /// Read everything and change nothing.
    pub dry_run: bool,
}

/// What is heard while an import runs.
#[derive(Debug, Clone)]
pub enum Progress<'a> {
    /// The files were recognised; so many bytes are to be read.
    Planned {
        /// Files that will be read.
        files: usize,
        /// Their size.
        bytes: u64,
    },
    /// Read since the last call.
    Read {
        /// Bytes.
        bytes: u64,
        /// Rows.
        rows: u64,
    },
    /// Another stage begins.
    Stage(&'a str),
}

/// What came of an import.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    /// The files, as read.
    pub files: Vec<FileReport>,
    /// What the commit did; `None` of a dry run, and when there was nothing new.
    pub summary: Option<CommitSummary>,
    /// Records by kind, as read.
    pub records: BTreeMap<&'static str, u64>,
    /// Where the refused rows are.
    pub rejects: Option<PathBuf>,
    /// Mappings that were saved, for the next time and to be mended.
    pub mappings: Vec<PathBuf>,
    /// Settings that nobody gave, and what stands instead.
    pub assumed: Vec<String>,
}

/// A file of an import.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// Where it is.
    pub path: PathBuf,
    /// How it was read.
    pub layout: String,
    /// Its source.
    pub source: String,
    /// What it yields.
    pub produces: Vec<&'static str>,
    /// The import it is from, when its content was in the store already.
    pub known_since: Option<u32>,
    /// It was passed over; the notes say why.
    pub not_read: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
    /// The first refused rows.
    pub first_refusals: Vec<Refusal>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The mapping it was read by, as a file.
    pub mapping: Option<String>,
    /// The same with how sure each column is, and some of its values.
    pub guess: Option<Mapping>,
}

impl ImportReport {
    /// Rows refused in all.
    pub fn refused(&self) -> u64 {
        self.files.iter().map(|file| file.refused).sum()
    }
}

impl Workspace {
    /// Files whose columns were guessed and not agreed to before, as an import would read them.
    pub fn guessed(&self, ask: &ImportAsk) -> Result<Vec<FileReport>, Error> {
        if ask.mapping.is_some() {
            return Ok(Vec::new());
        }
        let known = self.saved_mappings()?;
        let planned = survey(&ask.paths, &self.survey_options(ask)?)?;
        let guessed =
            |file: &&PlannedFile| file.mapping.as_ref().is_some_and(|mapping| !known.iter().any(|other| other.header == mapping.header));
        Ok(planned.iter().filter(guessed).map(file_report).collect())
    }

    /// Files as an import would read them: recognised, and nothing more.
    pub fn survey(&self, ask: &ImportAsk) -> Result<Vec<FileReport>, Error> {
        Ok(survey(&ask.paths, &self.survey_options(ask)?)?.iter().map(file_report).collect())
    }

    /// Where the refused rows of an import are; `None` where none were refused.
    pub fn rejects(&self, import: u32) -> Option<PathBuf> {
        Some(self.store.rejects_folder().join(format!("{import}.csv"))).filter(|path| path.is_file())
    }

    /// Imports files, or says what an import would do.
    pub fn import(&self, ask: &ImportAsk, progress: &(dyn Fn(Progress<'_>) + Sync)) -> Result<ImportReport, Error> {
        let planned = survey(&ask.paths, &self.survey_options(ask)?)?;
        let mut report = ImportReport { assumed: self.assumed(), ..ImportReport::default() };
        let mut to_read = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for (number, file) in planned.iter().enumerate() {
            let mut told = file_report(file);
            told.known_since = match file.layout {
                Layout::NotRead => None,
                _ => self.store.known_file(&file.fingerprint)?.map(|commit| commit.id),
            };
            if !told.not_read && told.known_since.is_none() && !seen.insert(&file.fingerprint) {
                told.not_read = true;
                told.notes.push("another of these files has the same content, and is read in its place".to_owned());
            }
            if !told.not_read && told.known_since.is_none() {
                to_read.push(number);
            }
            report.files.push(told);
        }
        progress(Progress::Planned { files: to_read.len(), bytes: to_read.iter().map(|number| planned[*number].bytes).sum() });
        if to_read.is_empty() {
            return Ok(report);
        }
        if !ask.dry_run {
            self.save_mappings(&planned, &to_read, &mut report)?;
        }
        let (lines, rest): (Vec<usize>, Vec<usize>) = to_read.iter().partition(|number| planned[**number].only_lines());
        let (parts_of_rest, parts_of_lines) = (self.parts(&planned, &rest)?, self.parts(&planned, &lines)?);
        if ask.dry_run {
            let reading = Reading { workspace: self, import: None, planned: &planned, progress };
            let done = reading.read(parts_of_rest.into_iter().chain(parts_of_lines).collect())?;
            take_in(done, &mut report);
            return Ok(report);
        }
        let mut import = self.store.begin_import(self.import_options())?;
        progress(Progress::Stage("reading"));
        let mut done = Reading { workspace: self, import: Some(&import), planned: &planned, progress }.read(parts_of_rest)?;
        progress(Progress::Stage("finding whose each order is"));
        import.resolve()?;
        self.go_on()?;
        if !parts_of_lines.is_empty() {
            progress(Progress::Stage("reading lines"));
            done.extend(Reading { workspace: self, import: Some(&import), planned: &planned, progress }.read(parts_of_lines)?);
        }
        self.go_on()?;
        let part_rejects = take_in(done, &mut report);
        let taken: u64 = report.records.values().sum();
        if taken == 0 && report.refused() > 0 {
            drop(import);
            let number = self.store.snapshot()?.version() + 1;
            let rejects = rejects::write(&self.store.rejects_folder(), number, part_rejects)?.unwrap_or_default();
            return Err(Error::NothingImported { rejects });
        }
        progress(Progress::Stage("writing"));
        let imported = to_read.iter().map(|number| imported_file(&planned[*number], &report.files[*number])).collect();
        let summary = import.commit(imported)?;
        report.rejects = rejects::write(&self.store.rejects_folder(), summary.commit, part_rejects)?;
        report.summary = Some(summary);
        Ok(report)
    }

    /// Staged rows are one of several things that an import holds; the rest of the budget is for those.
    pub(crate) fn import_options(&self) -> ImportOptions {
        ImportOptions { now: self.now(), memory_bytes: self.settings.memory_bytes / 4, threads: self.settings.threads }
    }

    pub(crate) fn survey_options(&self, ask: &ImportAsk) -> Result<SurveyOptions, Error> {
        let mut options = SurveyOptions::new(self.settings.zone.clone());
        options.saved_mappings = self.saved_mappings()?;
        options.source = ask.source.clone();
        if let Some(path) = &ask.mapping {
            options.mapping = Some(read_mapping(path)?);
        }
        if let Some(name) = &ask.as_kind {
            let kind = RecordKind::ALL.into_iter().find(|kind| kind.name() == name);
            options.as_kind = Some(kind.ok_or_else(|| {
                let known = RecordKind::ALL.map(|kind| format!("`{}`", kind.name())).join(", ");
                Error::Usage(format!("`{name}` is nothing that rows can be; use one of {known}"))
            })?);
        }
        Ok(options)
    }

    fn saved_mappings(&self) -> Result<Vec<Mapping>, Error> {
        let folder = self.mappings_folder();
        let mut paths = Vec::new();
        if folder.is_dir() {
            for entry in std::fs::read_dir(&folder).map_err(Error::file("read", &folder))? {
                let path = entry.map_err(Error::file("read", &folder))?.path();
                if path.extension().is_some_and(|suffix| suffix == "toml") {
                    paths.push(path);
                }
            }
        }
        paths.sort();
        paths.iter().map(|path| read_mapping(path)).collect()
    }

    /// Keeps each mapping that is new, so that files with the same columns are read the same way from now on.
    fn save_mappings(&self, planned: &[PlannedFile], to_read: &[usize], report: &mut ImportReport) -> Result<(), Error> {
        let folder = self.mappings_folder();
        let mut known: Vec<Mapping> = self.saved_mappings()?;
        for number in to_read {
            let Some(mapping) = &planned[*number].mapping else { continue };
            if known.iter().any(|other| other.header == mapping.header && other.kinds == mapping.kinds) {
                continue;
            }
            std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
            let name = file_name(&mapping.name);
            let path = (1..)
                .map(|n| folder.join(if n == 1 { format!("{name}.toml") } else { format!("{name}-{n}.toml") }))
                .find(|path| !path.exists());
            let Some(path) = path else { continue };
            // Whole or not at all: one that is cut off would stop every import from now on.
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            crate::workspace::whole(&folder, &file, &mapping.to_toml())?;
            known.push(mapping.clone());
            report.mappings.push(path);
        }
        Ok(())
    }

    fn parts(&self, planned: &[PlannedFile], numbers: &[usize]) -> Result<Vec<(usize, FilePart)>, Error> {
        let mut parts = Vec::new();
        for number in numbers {
            let own = planned[*number].parts(self.settings.threads, &self.settings.zone)?;
            parts.extend(own.into_iter().map(|part| (*number, part)));
        }
        Ok(parts)
    }

    /// Settings that decide how files are read, and that nobody gave.
    fn assumed(&self) -> Vec<String> {
        let unsaid =
            |name: &str| self.settings.origins.iter().any(|(known, origin)| *known == name && *origin == settings::Origin::Default);
        let mut assumed = Vec::new();
        if unsaid("zone") {
            assumed.push("zone UTC, also for times without a zone".to_owned());
        }
        if unsaid("currency") {
            assumed.push(format!("reporting currency as in the files, else {}", settings::NO_CURRENCY));
        }
        if unsaid("returns") {
            assumed.push("returns lower money".to_owned());
        }
        assumed
    }
}

fn read_mapping(path: &Path) -> Result<Mapping, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    Mapping::from_toml(&text).map_err(|error| Error::Settings { file: path.to_owned(), line: None, why: error.to_string() })
}

/// A name that any file system takes.
fn file_name(name: &str) -> String {
    let clean: String = name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect();
    let clean = clean.trim_matches('-');
    if clean.is_empty() { "mapping".to_owned() } else { clean.chars().take(60).collect() }
}

fn file_report(file: &PlannedFile) -> FileReport {
    FileReport {
        path: file.path.clone(),
        layout: file.layout.to_string(),
        source: file.source.clone(),
        produces: file.produces.iter().map(|kind| kind.name()).collect(),
        not_read: file.layout == Layout::NotRead,
        notes: file.notes.clone(),
        mapping: file.mapping.as_ref().map(Mapping::to_toml),
        guess: file.mapping.clone(),
        ..FileReport::default()
    }
}

fn imported_file(file: &PlannedFile, told: &FileReport) -> ImportedFile {
    ImportedFile {
        fingerprint: file.fingerprint.clone(),
        path: file.path.display().to_string(),
        layout: told.layout.clone(),
        rows: told.rows,
        refused: told.refused,
    }
}

/// Reads parts of files, several at once.
struct Reading<'a> {
    workspace: &'a Workspace,
    /// `None` of a dry run.
    import: Option<&'a Import>,
    planned: &'a [PlannedFile],
    progress: &'a (dyn Fn(Progress<'_>) + Sync),
}

/// A part that was read.
struct Done {
    file: usize,
    summary: PartSummary,
    records: BTreeMap<&'static str, u64>,
    rejects: PartRejects,
}

impl Reading<'_> {
    fn read(&self, parts: Vec<(usize, FilePart)>) -> Result<Vec<Done>, Error> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let results: Mutex<Vec<(usize, Result<Done, Error>)>> = Mutex::default();
        let threads = self.workspace.settings.threads.min(parts.len()).max(1);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !failed.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some((file, part)) = parts.get(at) else { break };
                        let result = self.read_part(*file, part, &failed);
                        failed.fetch_or(result.is_err(), Ordering::Relaxed);
                        results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                    }
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(at, _)| *at);
        // Parts that were told to stop because another failed are not the reason.
        if let Some(at) = results.iter().position(|(_, result)| matches!(result, Err(error) if !matches!(error, Error::Stopped))) {
            return Err(results.swap_remove(at).1.err().unwrap_or(Error::Stopped));
        }
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn read_part(&self, number: usize, part: &FilePart, failed: &AtomicBool) -> Result<Done, Error> {
        let file = &self.planned[number];
        let source = FileSource { number: number as u32, source: file.source.clone(), document: file.document };
        let mut sink = Sink {
            store: self.import.map(|import| import.sink(source)),
            name: file.path.display().to_string(),
            records: BTreeMap::new(),
            rejects: PartRejects::default(),
            reading: self,
            failed,
        };
        let summary = part.read(&mut sink)?;
        if let Some(store) = sink.store.take() {
            store.finish()?;
        }
        Ok(Done { file: number, summary, records: sink.records, rejects: sink.rejects })
    }
}

/// Hands records to the store, keeps refusals, tells of progress.
struct Sink<'a> {
    store: Option<ImportSink>,
    name: String,
    records: BTreeMap<&'static str, u64>,
    rejects: PartRejects,
    reading: &'a Reading<'a>,
    failed: &'a AtomicBool,
}

impl RecordSink for Sink<'_> {
    fn records(&mut self, kind: RecordKind, batch: RecordBatch) -> Result<(), SinkError> {
        let refusals = match &mut self.store {
            Some(store) => store.take(kind, &batch).map_err(|error| SinkError::Failed(Box::new(error)))?,
            None => Vec::new(),
        };
        *self.records.entry(kind.name()).or_default() += batch.num_rows() as u64 - refusals.len() as u64;
        refusals.into_iter().try_for_each(|refusal| self.refuse(refusal))
    }

    fn refuse(&mut self, refusal: Refusal) -> Result<(), SinkError> {
        let failed = |source| Error::File { doing: "write", path: std::env::temp_dir(), source };
        self.rejects.add(&self.name, refusal).map_err(|error| SinkError::Failed(Box::new(failed(error))))
    }

    fn progress(&mut self, bytes: u64, rows: u64) -> Result<(), SinkError> {
        (self.reading.progress)(Progress::Read { bytes, rows });
        if self.failed.load(Ordering::Relaxed) || self.reading.workspace.go_on().is_err() {
            return Err(SinkError::Stopped);
        }
        Ok(())
    }
}

fn take_in(done: Vec<Done>, report: &mut ImportReport) -> Vec<PartRejects> {
    let mut rejects = Vec::with_capacity(done.len());
    for part in done {
        let file = &mut report.files[part.file];
        file.rows += part.summary.rows_read;
        file.refused += part.rejects.count;
        let room = 5_usize.saturating_sub(file.first_refusals.len());
        file.first_refusals.extend(part.rejects.first.iter().take(room).cloned());
        if part.summary.rounded_amounts > 0 {
            file.notes.push(format!("{} amounts had more than four decimals and were rounded", part.summary.rounded_amounts));
        }
        for note in part.summary.notes {
            if !file.notes.contains(&note) {
                file.notes.push(note);
            }
        }
        for (kind, rows) in part.records {
            *report.records.entry(kind).or_default() += rows;
        }
        rejects.push(part.rejects);
    }
    rejects
}
