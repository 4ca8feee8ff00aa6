//! What there is to import: files and folders become a list of planned files, each recognised.

use crate::error::ConnectError;
use crate::mapping::{Mapping, guess, header_fingerprint};
use crate::open;
use crate::plan::{Plan, PlannedFile};
use crate::recognise::{Format, Layout, Reader, Recognised, recognise};
use quintile_model::{RecordKind, StoreZone};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to survey.
#[derive(Debug, Clone)]
pub struct SurveyOptions {
    /// The store's zone, in which times without a zone are.
    pub zone: StoreZone,
    /// A mapping that was given for these files. It goes before every known layout.
    pub mapping: Option<Mapping>,
    /// Mappings from before, used for files with the same columns.
    pub saved_mappings: Vec<Mapping>,
    /// The source the files are of, whatever their layout says.
    pub source: Option<String>,
    /// What the rows are, where a file does not tell by itself.
    pub as_kind: Option<RecordKind>,
}

impl SurveyOptions {
    /// Nothing but a zone.
    pub fn new(zone: StoreZone) -> Self {
        SurveyOptions { zone, mapping: None, saved_mappings: Vec::new(), source: None, as_kind: None }
    }
}

/// Looks at files, and at folders with all that is in them, hidden ones apart.
///
/// A file that was named and is not recognised is an error. One that merely lies in a folder is planned as
/// [`Layout::NotRead`], with the reason in its notes. The list is in the order given, and sorted within folders.
pub fn survey(paths: &[PathBuf], options: &SurveyOptions) -> Result<Vec<PlannedFile>, ConnectError> {
    let mut found = Vec::new();
    for path in paths {
        collect(path, true, 0, &mut found)?;
    }
    let mut seen = HashSet::new();
    found.retain(|(path, _)| seen.insert(path.clone()));
    let mut planned = Vec::new();
    let mut ids = Vec::new();
    let mut unfit = None;
    for (path, named) in &found {
        let (file, order_ids) = plan(path, *named, options, &mut unfit)?;
        planned.push(file);
        ids.push(order_ids);
    }
    if let (Some(error), true) = (unfit, options.mapping.is_some() && !planned.iter().any(|file| file.mapping == options.mapping)) {
        return Err(error);
    }
    part_lines_from_orders(&mut planned, &ids, options);
    if planned.iter().all(|file| file.layout == Layout::NotRead) {
        let why = match planned.first() {
            None => "there are no files in it".to_owned(),
            Some(first) => format!("`{}`: {}", first.path.display(), first.notes.first().map_or("it is not recognised", String::as_str)),
        };
        return Err(ConnectError::NothingToRead { paths: paths.to_vec(), why });
    }
    Ok(planned)
}

/// Folders within folders beyond this are not looked into.
const DEEPEST: usize = 32;

fn collect(path: &Path, named: bool, depth: usize, found: &mut Vec<(PathBuf, bool)>) -> Result<(), ConnectError> {
    let unreadable = |source| ConnectError::Unreadable { path: path.to_owned(), source };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named => return Err(ConnectError::Missing { path: path.to_owned() }),
        // A link that leads nowhere.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    if metadata.is_file() {
        found.push((path.to_owned(), named));
        return Ok(());
    }
    if !metadata.is_dir() {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is neither a file nor a folder");
        return if named { Err(unreadable(source)) } else { Ok(()) };
    }
    if depth > DEEPEST {
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, false, depth + 1, found))
}

/// The order ids of a sample, and whether they repeat.
type OrderIds = (HashSet<String>, bool);

fn plan(
    path: &Path,
    named: bool,
    options: &SurveyOptions,
    unfit: &mut Option<ConnectError>,
) -> Result<(PlannedFile, OrderIds), ConnectError> {
    let (fingerprint, bytes) = open::fingerprint(path)?;
    let not_read = |why: String| {
        let planned = PlannedFile {
            path: path.to_owned(),
            bytes,
            fingerprint: fingerprint.clone(),
            format: Format::Unknown,
            layout: Layout::NotRead,
            source: String::new(),
            document: false,
            produces: Vec::new(),
            mapping: None,
            notes: vec![why],
            plan: Arc::new(Plan::default()),
        };
        (planned, OrderIds::default())
    };
    let not_recognised =
        |why: String| if named { Err(ConnectError::NotRecognised { path: path.to_owned(), why }) } else { Ok(not_read(why)) };
    let recognised = match recognise(path, bytes) {
        Ok(Ok(recognised)) => recognised,
        Ok(Err(why)) => return not_recognised(why),
        Err(error) if named => return Err(error),
        // In a folder, one damaged file does not keep the others from being read.
        Err(error) => return Ok(not_read(error.to_string())),
    };
    let Recognised { format, layout, reader, rows, rows_hint, mut notes } = recognised;
    let stem = stem(path);
    let (layout, mapping) = match choose(path, &stem, layout, &reader, &rows, options, &mut notes, unfit) {
        Ok(chosen) => chosen,
        Err(why) => return not_recognised(why),
    };
    let order_ids = mapping.as_ref().map(|mapping| guess::order_ids(mapping, &reader.header, &rows)).unwrap_or_default();
    let produces = match &mapping {
        Some(mapping) => produces_of(mapping),
        None => layout.produces().to_vec(),
    };
    let planned = PlannedFile {
        path: path.to_owned(),
        bytes,
        fingerprint,
        format,
        layout,
        source: options.source.clone().unwrap_or_else(|| layout.default_source().to_owned()),
        document: layout.document(),
        produces,
        mapping,
        notes,
        plan: Arc::new(Plan { reader: Some(reader), rows_hint }),
    };
    Ok((planned, order_ids))
}

/// A mapped status can say that an order is cancelled.
fn produces_of(mapping: &Mapping) -> Vec<RecordKind> {
    let mut kinds = mapping.kinds.clone();
    if mapping.source_of(RecordKind::Orders, "status").is_some() && !kinds.contains(&RecordKind::Cancellations) {
        kinds.push(RecordKind::Cancellations);
    }
    kinds
}

#[allow(clippy::too_many_arguments, reason = "one decision, in one place, from all that is known of a file")]
fn choose(
    path: &Path,
    stem: &str,
    layout: Option<Layout>,
    reader: &Reader,
    rows: &[Vec<String>],
    options: &SurveyOptions,
    notes: &mut Vec<String>,
    unfit: &mut Option<ConnectError>,
) -> Result<(Layout, Option<Mapping>), String> {
    if let Some(mapping) = &options.mapping {
        let missing = mapping.missing_in(&reader.header);
        if missing.is_empty() {
            return Ok((Layout::Mapped, Some(mapping.clone())));
        }
        let missing: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
        let there: Vec<_> = reader.header.iter().take(20).map(|name| format!("`{name}`")).collect();
        unfit.get_or_insert(ConnectError::MappingDoesNotFit {
            mapping: mapping.name.clone(),
            path: path.to_owned(),
            why: format!("the file has no column {}; it has {}", missing.join(", "), there.join(", ")),
        });
    }
    if let Some(layout) = layout.filter(|layout| options.as_kind.is_none_or(|kind| layout.produces().contains(&kind))) {
        return Ok((layout, None));
    }
    let fingerprint = header_fingerprint(&reader.header);
    if let Some(saved) =
        options.saved_mappings.iter().find(|saved| saved.header == fingerprint && saved.missing_in(&reader.header).is_empty())
    {
        notes.push(format!("read by the saved mapping `{}`", saved.name));
        return Ok((Layout::Mapped, Some(saved.clone())));
    }
    if rows.is_empty() {
        return Err("it has a header and no rows".to_owned());
    }
    let guess = guess::guess(stem, &reader.header, rows, options.as_kind)?;
    notes.extend(guess.notes);
    Ok((Layout::Mapped, Some(guess.mapping)))
}

/// A file's name without what tells its format.
fn stem(path: &Path) -> String {
    let mut name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for ending in [".gz", ".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".ndjson"] {
        if let Some(stem) = name.to_lowercase().strip_suffix(ending).map(str::len) {
            name.truncate(name.char_indices().map(|(at, _)| at).chain([name.len()]).rfind(|at| *at <= stem).unwrap_or(0));
        }
    }
    name
}

/// Lines beside a file of their orders are lines only: the orders come whole from their own file.
fn part_lines_from_orders(planned: &mut [PlannedFile], ids: &[OrderIds], options: &SurveyOptions) {
    if options.mapping.is_some() || options.as_kind.is_some() {
        return;
    }
    let order_column = |file: &PlannedFile| {
        file.mapping.as_ref().and_then(|mapping| mapping.source_of(RecordKind::Orders, "order_id")).map(|column| column.from.to_lowercase())
    };
    let orders: Vec<(Option<String>, usize)> = planned
        .iter()
        .enumerate()
        .filter(|(_, file)| file.mapping.as_ref().is_some_and(|mapping| mapping.kinds == [RecordKind::Orders] && mapping.has_order_ids()))
        .map(|(index, file)| (order_column(file), index))
        .collect();
    for index in 0..planned.len() {
        let flat = planned[index].mapping.as_ref().is_some_and(|mapping| {
            mapping.kinds.contains(&RecordKind::Orders) && mapping.kinds.contains(&RecordKind::Lines) && mapping.has_order_ids()
        });
        let saved = planned[index].mapping.as_ref().is_some_and(|mapping| options.saved_mappings.contains(mapping));
        if !flat || saved || !ids[index].1 {
            continue;
        }
        let own = order_column(&planned[index]);
        let partner =
            orders.iter().find(|(name, other)| *name == own || ids[*other].0.intersection(&ids[index].0).count() * 2 > ids[index].0.len());
        let Some((_, partner)) = partner else { continue };
        let note = format!("read as lines only: their orders are in `{}`", planned[*partner].path.display());
        let file = &mut planned[index];
        if let Some(mapping) = &mut file.mapping {
            mapping.only(RecordKind::Lines);
            file.produces = mapping.kinds.clone();
            file.notes.push(note);
        }
    }
}
