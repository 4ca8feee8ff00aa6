//! A project in a folder that vanishes, and its answers as text.

use crate::demo_store;
use crate::demo_touches::{COSTS, FILES};
use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use quintile::{Answer, Error, Header, ImportAsk, ImportReport, Overrides, ProfileAsk, When, Workspace};
use std::path::{Path, PathBuf};

/// A project, and a folder beside it for files to import.
pub struct Project {
    folder: tempfile::TempDir,
    pub workspace: Workspace,
}

impl Project {
    /// In UTC and euros, on 2026-01-01.
    pub fn new() -> Project {
        Self::of("UTC", "EUR")
    }

    pub fn of(zone: &str, currency: &str) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides {
            zone: Some(zone.to_owned()),
            currency: Some(currency.to_owned()),
            threads: Some(2),
            now: quintile::instant("2026-01-01T12:00:00Z"),
        };
        std::fs::create_dir(folder.path().join("files")).unwrap();
        let workspace = Workspace::init(&folder.path().join("shop"), &overrides).unwrap();
        Project { folder, workspace }
    }

    /// The shop of `cargo xtask demo`, with facts of every kind.
    pub fn demo() -> Project {
        let project = Self::of("Europe/Berlin", "EUR");
        let folder = project.path("");
        demo_store::write(&folder, 1).unwrap();
        project.import(&[demo_store::ORDERS, demo_store::CUSTOMERS, demo_store::PRODUCTS].map(|name| folder.join(name)));
        for name in FILES.map(|(name, _)| name).into_iter().chain([COSTS]) {
            let kind = name.trim_end_matches(".csv").to_owned();
            let source = Some("shopify".to_owned());
            let ask = ImportAsk { paths: vec![folder.join(name)], as_kind: Some(kind), source, ..ImportAsk::default() };
            project.workspace.import(&ask, &|_| {}).unwrap_or_else(|error| panic!("{name}: {}", whole(&error)));
        }
        project
    }

    /// A path among the files to import.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    /// Writes a file to import.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Saves a mapping for files with these columns.
    pub fn mapping(&self, kind: &str, columns: &[(&str, &str)]) {
        let header: Vec<String> = columns.iter().map(|(from, _)| (*from).to_owned()).collect();
        let mut text = format!("name = '{kind}'\nkinds = ['{kind}']\nheader = '{}'\n", quintile_connect::header_fingerprint(&header));
        for (from, to) in columns {
            text.push_str(&format!("[[column]]\nfrom = '{from}'\nto = '{kind}.{to}'\n"));
        }
        std::fs::write(self.workspace.root().join("mappings").join(format!("{kind}.toml")), text).unwrap();
    }

    pub fn try_import(&self, paths: &[PathBuf]) -> Result<ImportReport, Error> {
        self.workspace.import(&ImportAsk { paths: paths.to_vec(), ..ImportAsk::default() }, &|_| {})
    }

    /// Imports files that have no fault.
    pub fn import(&self, paths: &[PathBuf]) -> ImportReport {
        let report = self.try_import(paths).unwrap_or_else(|error| panic!("{}", whole(&error)));
        let refused: Vec<_> = report.files.iter().flat_map(|file| &file.first_refusals).collect();
        assert!(refused.is_empty(), "{refused:?}");
        report
    }

    /// Writes a file and imports it.
    pub fn import_text(&self, name: &str, content: impl AsRef<[u8]>) -> ImportReport {
        let path = self.file(name, content);
        self.import(&[path])
    }

    /// The state of the store.
    pub fn version(&self) -> u32 {
        quintile_store::Store::open(self.workspace.root()).unwrap().snapshot().unwrap().version()
    }

    /// The files of the store with their sizes, without what is only kept to answer faster.
    pub fn stored(&self) -> Vec<(PathBuf, u64)> {
        let mut all = Vec::new();
        for folder in ["facts", "pending"] {
            list(&self.workspace.root().join(folder), &mut all);
        }
        all.sort();
        all
    }

    /// All columns that are shown without being asked for.
    pub fn profile(&self, as_of: &str) -> Table {
        self.columns(as_of, &[])
    }

    pub fn columns(&self, as_of: &str, columns: &[&str]) -> Table {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        let profile = self.workspace.profile(&ProfileAsk { when: when(as_of), columns, ..ProfileAsk::default() });
        let profile = profile.unwrap_or_else(|error| panic!("{}", whole(&error)));
        let names: Vec<String> = profile.schema.fields().iter().map(|field| field.name().clone()).collect();
        let mut rows = Vec::new();
        let header = profile
            .each(|batches| {
                batches.iter().for_each(|batch| rows.extend(cells(batch)));
                Ok(true)
            })
            .unwrap();
        rows.sort();
        Table { header, names, rows }
    }

    pub fn stages(&self, as_of: &str, partition: &str) -> Table {
        Table::of(self.workspace.stages(&when(as_of), partition).unwrap())
    }

    /// How many are in a segment.
    pub fn segment(&self, as_of: &str, text: &str) -> u64 {
        let ask = quintile::SegmentAsk { when: when(as_of), of: quintile::Asked::Text(text.to_owned()), parameters: Vec::new() };
        self.workspace.segment_count(&ask).unwrap_or_else(|error| panic!("{text}: {error}")).count
    }

    pub fn rfm(&self, as_of: &str) -> Table {
        Table::of(self.workspace.rfm(&when(as_of), &quintile::RfmAsk::default()).unwrap())
    }

    /// The months, and what is said of them.
    pub fn check(&self, as_of: &str) -> (Table, Vec<String>) {
        let answer = self.workspace.check(&when(as_of)).unwrap();
        let notes = answer.notes.clone();
        (Table::of(answer), notes)
    }

    pub fn opportunities(&self, as_of: &str) -> Table {
        Table::of(self.workspace.opportunities(&when(as_of)).unwrap())
    }
}

/// A moment; nothing is the latest.
pub fn when(as_of: &str) -> When {
    if as_of.is_empty() { When::Latest } else { When::AsOf(as_of.to_owned()) }
}

fn list(folder: &Path, all: &mut Vec<(PathBuf, u64)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        match entry.metadata().unwrap() {
            inner if inner.is_dir() => list(&entry.path(), all),
            file => all.push((entry.path(), file.len())),
        }
    }
}

/// An answer as text; what is missing is `-`.
#[derive(Debug, Clone)]
pub struct Table {
    pub header: Header,
    pub names: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn of(answer: Answer) -> Table {
        let names = answer.rows.schema().fields().iter().map(|field| field.name().clone()).collect();
        Table { header: answer.header.unwrap(), names, rows: cells(&answer.rows) }
    }

    /// A column of a row.
    pub fn cell<'a>(&self, row: &'a [String], name: &str) -> &'a str {
        &row[self.place(name)]
    }

    fn place(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name} in {:?}", self.names))
    }

    /// A column of the row that begins with this.
    pub fn get(&self, id: &str, name: &str) -> &str {
        let row = self.rows.iter().find(|row| row[0] == id).unwrap_or_else(|| panic!("no row {id} among {}", self.rows.len()));
        &row[self.place(name)]
    }

    pub fn column(&self, name: &str) -> Vec<&str> {
        let place = self.place(name);
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }

    /// The sum of a column, in ten-thousandths.
    pub fn sum(&self, name: &str) -> i128 {
        self.column(name)
            .into_iter()
            .filter(|text| *text != "-")
            .map(|text| i128::from(quintile::model::Money::parse(text).unwrap().money.0))
            .sum()
    }

    /// The classes that somebody is in.
    pub fn sizes(&self) -> Vec<(&str, u64)> {
        let counts = self.column("customers").into_iter().map(|count| count.parse().unwrap());
        self.rows.iter().map(|row| row[0].as_str()).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    pub fn warns(&self, words: &str) -> bool {
        self.header.warnings.iter().any(|warning| warning.contains(words))
    }

    /// Panics with what differs first.
    pub fn same_as(&self, other: &Table, why: &str) {
        if let Some(difference) = self.differs(other) {
            panic!("{why}: {difference}");
        }
    }

    pub fn differs(&self, other: &Table) -> Option<String> {
        assert_eq!(self.names, other.names);
        let ids = |table: &Table| table.rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
        let (own, others) = (ids(self), ids(other));
        if own != others {
            let only =
                |ids: &[String], beside: &[String]| ids.iter().filter(|id| !beside.contains(id)).take(20).cloned().collect::<Vec<_>>();
            return Some(format!(
                "only here {:?}, only there {:?}, {} / {} in all",
                only(&own, &others),
                only(&others, &own),
                own.len(),
                others.len()
            ));
        }
        let (row, twin) = self.rows.iter().zip(&other.rows).find(|(row, twin)| row != twin)?;
        let differ = (0..row.len()).filter(|at| row[*at] != twin[*at]).map(|at| format!("{}: {} / {}", self.names[at], row[at], twin[at]));
        Some(format!("{} {}: {}", self.names[0], row[0], differ.collect::<Vec<_>>().join("; ")))
    }
}

pub fn cells(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("-");
    let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..batch.num_rows())
        .map(|row| {
            columns
                .iter()
                .zip(batch.columns())
                .map(|(shown, column)| if column.is_null(row) { "-".to_owned() } else { shown.value(row).to_string() })
                .collect()
        })
        .collect()
}

/// An error with its sources.
pub fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    text
}

/// Are the large cases wanted?
pub fn long() -> bool {
    std::env::var_os("QUINTILE_LONG").is_some()
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(content).unwrap();
    packed.finish().unwrap()
}
