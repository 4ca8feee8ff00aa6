//! Scanning: whole customers in key order, on several threads.

use crate::StoreError;
use crate::folder::{Folder, ReaderLock};
use crate::manifest::{FileKind, Manifest, StoredFile};
use crate::merge;
use crate::owners;
use crate::products::Products;
use crate::touchpoints::{Ties, stored_ties};
use crate::{costs, run};
use arrow::array::BooleanArray;
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::statistics::Statistics;
use quintile_model::batch::FactColumns;
use quintile_model::{CustomerBatch, CustomerKey, FactKind, Instant, columns};
use rayon::prelude::*;
use std::collections::HashSet;
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// The store as it was at one moment. While it lives, none of its files is deleted.
#[derive(Debug)]
pub struct Snapshot {
    folder: Folder,
    _reader: ReaderLock,
    version: u32,
    first_source: Option<String>,
    runs: Vec<Run>,
    /// Of visitors who have not said who they are.
    visitors: Vec<Run>,
    files: Vec<StoredFile>,
    products: Products,
}

/// The sorted files of one commit.
#[derive(Debug)]
pub(crate) struct Run {
    pub settled: bool,
    kinds: Vec<(FactKind, Vec<RowGroup>)>,
}

/// A row group and the customers in it.
#[derive(Debug, Clone)]
struct RowGroup {
    kind: FactKind,
    path: PathBuf,
    metadata: ArrowReaderMetadata,
    number: usize,
    first: u64,
    last: u64,
    rows: usize,
}

impl Snapshot {
    pub(crate) fn take(folder: &Folder) -> Result<Snapshot, StoreError> {
        let reader = folder.lock_reader()?;
        let manifest = Manifest::open(folder)?;
        let files = manifest.files()?;
        let runs = Run::all(folder, &files, |kind| match kind {
            FileKind::Facts(kind) => Some(kind),
            _ => None,
        })?;
        let visitors = Run::all(folder, &files, |kind| match kind {
            FileKind::Visitors(kind) => Some(kind),
            _ => None,
        })?;
        let product_files: Vec<_> =
            files.iter().filter(|file| file.kind == FileKind::Products).map(|file| folder.root().join(&file.path)).collect();
        Ok(Snapshot {
            folder: folder.clone(),
            version: manifest.version()?,
            first_source: manifest.first_source()?,
            runs,
            visitors,
            products: Products::read(&product_files)?,
            files,
            _reader: reader,
        })
    }

    /// The number of the newest commit; zero for an empty store.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The source imported first, whose customer ids need no prefix.
    pub fn first_source(&self) -> Option<&str> {
        self.first_source.as_deref()
    }

    /// How many runs are merged when reading.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Rows on disk of a kind, of all versions, of customers, of visitors and of nobody.
    pub fn rows(&self, kind: FactKind) -> u64 {
        let kinds = [FileKind::Facts(kind), FileKind::Nobody(kind), FileKind::Visitors(kind)];
        self.files.iter().filter(|file| kinds.contains(&file.kind)).map(|file| file.rows).sum()
    }

    /// Gives every customer to `work`, in batches of whole customers, on `threads` threads; the results in the order of
    /// customer keys.
    pub fn scan<T, E, F>(&self, wanted: &FactColumns, threads: usize, work: F) -> Result<Vec<T>, StoreError>
    where
        T: Send,
        E: std::error::Error + Send + Sync + 'static,
        F: Fn(CustomerBatch) -> Result<T, E> + Sync,
    {
        self.scan_runs(&self.runs, None, wanted, threads, work)
    }

    /// Gives the touchpoints of visitors who have not said who they are to `work`, as [`Snapshot::scan`] does those of
    /// customers; the keys are the visitors'.
    pub fn scan_visitors<T, E, F>(&self, wanted: &FactColumns, threads: usize, work: F) -> Result<Vec<T>, StoreError>
    where
        T: Send,
        E: std::error::Error + Send + Sync + 'static,
        F: Fn(CustomerBatch) -> Result<T, E> + Sync,
    {
        // What a visitor did before they said who they are was copied to their customer.
        let ties = stored_ties(&self.paths(FileKind::Ties))?;
        self.scan_runs(&self.visitors, Some(&ties), wanted, threads, work)
    }

    fn scan_runs<T, E, F>(
        &self,
        runs: &[Run],
        tied: Option<&Ties>,
        wanted: &FactColumns,
        threads: usize,
        work: F,
    ) -> Result<Vec<T>, StoreError>
    where
        T: Send,
        E: std::error::Error + Send + Sync + 'static,
        F: Fn(CustomerBatch) -> Result<T, E> + Sync,
    {
        let blocks = blocks(runs, wanted);
        // Neighbouring blocks share row groups of the kinds with few rows, so a thread takes a stretch of them.
        let stretch = blocks.len().div_ceil(threads.max(1) * 4).max(1);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build().map_err(|e| StoreError::Work(Box::new(e)))?;
        let results: Vec<Result<Vec<T>, StoreError>> = pool.install(|| {
            blocks
                .par_chunks(stretch)
                .map(|blocks| {
                    let mut reader = BlockReader::new(runs, tied, &self.products, wanted, *blocks[0].start());
                    let mut results = Vec::with_capacity(blocks.len());
                    for block in blocks {
                        let batch = reader.next(*block.end())?;
                        if !batch.keys.is_empty() {
                            results.push(work(batch).map_err(|error| StoreError::Work(Box::new(error)))?);
                        }
                    }
                    Ok(results)
                })
                .collect()
        });
        let mut all = Vec::new();
        for result in results {
            all.extend(result?);
        }
        Ok(all)
    }

    /// One customer with all their facts; an empty batch for an unknown one.
    pub fn customer(&self, key: CustomerKey, wanted: &FactColumns) -> Result<CustomerBatch, StoreError> {
        BlockReader::new(&self.runs, None, &self.products, wanted, key.0).next(key.0)
    }

    /// The customers of a stretch of keys with all their facts, in one batch. Keys are hashes, so that a stretch of them is a fair sample.
    pub fn stretch(&self, keys: RangeInclusive<u64>, wanted: &FactColumns) -> Result<CustomerBatch, StoreError> {
        BlockReader::new(&self.runs, None, &self.products, wanted, *keys.start()).next(*keys.end())
    }

    /// Facts that name no customer, or whose order nobody has seen, settled as if they were one customer's, whose key is 0.
    pub fn nobody(&self, wanted: &FactColumns) -> Result<CustomerBatch, StoreError> {
        let mut found: Vec<(&StoredFile, FactKind, RecordBatch)> = Vec::new();
        for file in &self.files {
            let FileKind::Nobody(kind) = file.kind else { continue };
            let Some(names) = merge::columns_to_read(kind, wanted, true, !self.products.is_empty()) else { continue };
            let mut batches = Vec::new();
            run::read_plain(&self.folder.root().join(&file.path), |rows| {
                let mut places: Vec<usize> = names.iter().filter_map(|name| rows.schema().index_of(name).ok()).collect();
                places.sort_unstable();
                batches.push(run::completed(rows.project(&places)?, kind, Some(&names))?);
                Ok(())
            })?;
            if let Some(first) = batches.first() {
                found.push((file, kind, concat_batches(&first.schema(), &batches)?));
            }
        }
        let orderly = found.iter().filter(|(_, kind, _)| !matches!(kind, FactKind::Touchpoint(_)));
        let elsewhere = self.orders_of_somebody(orderly.map(|(.., rows)| rows))?;
        let mut runs: Vec<((u32, bool), merge::RunRows)> = Vec::new();
        for (file, kind, rows) in found {
            let rows = match kind {
                FactKind::Touchpoint(_) => rows,
                _ => {
                    let stays = |key: Option<u64>| key.is_none_or(|key| !elsewhere.contains(&key));
                    let stays: BooleanArray = columns::keys(&rows, "order_key").iter().map(|key| Some(stays(key))).collect();
                    filter_record_batch(&rows, &stays)?
                }
            };
            let name = (file.commit, file.settled);
            match runs.iter_mut().find(|(other, _)| *other == name) {
                Some((_, run)) => run.kinds.push((kind, rows)),
                None => runs.push((name, merge::RunRows { settled: file.settled, kinds: vec![(kind, rows)] })),
            }
        }
        merge::customers(runs.into_iter().map(|(_, run)| run).collect(), wanted, true, &self.products)
    }

    /// Of the orders these rows name, those that have found a customer since: what leaves nobody is not withdrawn, but the
    /// index knows.
    fn orders_of_somebody<'a>(&self, rows: impl Iterator<Item = &'a RecordBatch>) -> Result<HashSet<u64>, StoreError> {
        let mut asked: Vec<u64> = rows.flat_map(|rows| columns::keys(rows, "order_key").iter().flatten()).collect();
        asked.sort_unstable();
        asked.dedup();
        let index = self.files.iter().filter(|file| file.kind == FileKind::OrderIndex).map(|file| self.folder.root().join(&file.path));
        let found = owners::find_stored(&index.collect::<Vec<_>>(), &asked)?;
        Ok(found.iter().filter(|owner| owner.customer != 0).map(|owner| owner.order_key).collect())
    }

    /// Products, newest word last, batch by batch.
    pub fn products(&self, mut work: impl FnMut(&RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
        for file in self.files.iter().filter(|file| file.kind == FileKind::Products) {
            run::read_plain(&self.folder.root().join(&file.path), &mut work)?;
        }
        Ok(())
    }

    /// Costs, each once, by period.
    pub fn costs(&self) -> Result<RecordBatch, StoreError> {
        costs::read(&self.paths(FileKind::Costs))
    }

    /// The time of the last touchpoint, of customers, visitors and nobody, that is before `limit`: clocks of browsers can be
    /// wrong, and what has not happened yet says nothing of how far the facts reach.
    pub fn last_touchpoint(&self, limit: Instant) -> Result<Option<Instant>, StoreError> {
        let mut last: Option<i64> = None;
        for file in &self.files {
            let (FileKind::Facts(kind) | FileKind::Visitors(kind) | FileKind::Nobody(kind)) = file.kind else { continue };
            if !matches!(kind, FactKind::Touchpoint(_)) {
                continue;
            }
            for group in row_groups(&self.folder.root().join(&file.path), kind)? {
                match group.last_at() {
                    Some(at) if at < limit.0 => last = last.max(Some(at)),
                    _ => {
                        let rows = group.read(&["at"])?;
                        last = last.max(columns::instants(&rows, "at").values().iter().copied().filter(|at| *at < limit.0).max());
                    }
                }
            }
        }
        Ok(last.map(Instant))
    }

    fn paths(&self, kind: FileKind) -> Vec<PathBuf> {
        self.files.iter().filter(|file| file.kind == kind).map(|file| self.folder.root().join(&file.path)).collect()
    }
}

/// Ranges of customer keys that are worked on as one batch: the row groups of the largest run's largest kind, among the
/// kinds that are read.
fn blocks(runs: &[Run], wanted: &FactColumns) -> Vec<RangeInclusive<u64>> {
    let rows = |groups: &[RowGroup]| groups.iter().map(|group| group.rows).sum::<usize>();
    let read = |kind: FactKind| merge::columns_to_read(kind, wanted, false, false).is_some();
    let kinds = runs.iter().flat_map(|run| run.kinds.iter().filter(|(kind, _)| read(*kind)).map(|(_, groups)| groups));
    let Some(groups) = kinds.max_by_key(|groups| rows(groups)) else { return Vec::new() };
    let mut blocks = Vec::with_capacity(groups.len());
    let mut first = 1;
    for group in &groups[..groups.len() - 1] {
        if group.last >= first {
            blocks.push(first..=group.last);
            first = group.last + 1;
        }
    }
    blocks.push(first..=u64::MAX);
    blocks
}

impl Run {
    /// The runs of all files that `of` takes, each with the kind it says.
    pub fn all(folder: &Folder, files: &[StoredFile], of: impl Fn(FileKind) -> Option<FactKind>) -> Result<Vec<Run>, StoreError> {
        let mut runs: Vec<((u32, bool), Run)> = Vec::new();
        for file in files {
            let Some(kind) = of(file.kind) else { continue };
            let name = (file.commit, file.settled);
            let at = match runs.iter().position(|(other, _)| *other == name) {
                Some(at) => at,
                None => {
                    runs.push((name, Run { settled: file.settled, kinds: Vec::new() }));
                    runs.len() - 1
                }
            };
            let run = &mut runs[at].1;
            let groups = row_groups(&folder.root().join(&file.path), kind)?;
            match run.kinds.iter_mut().find(|(other, _)| *other == kind) {
                Some((_, all)) => all.extend(groups),
                None => run.kinds.push((kind, groups)),
            }
        }
        for (_, groups) in runs.iter_mut().flat_map(|(_, run)| &mut run.kinds) {
            groups.sort_by_key(|group| group.first);
        }
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// All columns of all kinds, for [`RunCursor::take`].
    pub fn cursors(&self) -> Vec<RunCursor<'_>> {
        let all = |kind: FactKind| kind.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        self.kinds
            .iter()
            .map(|(kind, groups)| RunCursor { kind: *kind, names: all(*kind), cursor: Cursor::new(groups, Vec::new(), 0) })
            .collect()
    }
}

/// A place in one kind of a run, read with all its columns.
pub(crate) struct RunCursor<'a> {
    pub kind: FactKind,
    names: Vec<String>,
    cursor: Cursor<'a>,
}

impl RunCursor<'_> {
    /// The rows up to and with `last_key` that were not taken yet.
    pub fn take(&mut self, last_key: u64) -> Result<Option<RecordBatch>, StoreError> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        self.cursor.take_columns(last_key, &names)
    }
}

fn row_groups(path: &std::path::Path, kind: FactKind) -> Result<Vec<RowGroup>, StoreError> {
    let file = File::open(path).map_err(StoreError::file("read", path))?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    let damaged = || StoreError::Damaged(format!("`{}` says nothing of its customers", path.display()));
    let bounds: Vec<(u64, u64, usize)> = metadata
        .metadata()
        .row_groups()
        .iter()
        .map(|group| match group.column(0).statistics() {
            Some(Statistics::Int64(statistics)) => match (statistics.min_opt(), statistics.max_opt()) {
                (Some(min), Some(max)) => Ok((*min as u64, *max as u64, group.num_rows() as usize)),
                _ => Err(damaged()),
            },
            _ => Err(damaged()),
        })
        .collect::<Result<_, _>>()?;
    let groups = bounds.into_iter().enumerate().map(|(number, (first, last, rows))| RowGroup {
        kind,
        path: path.to_owned(),
        metadata: metadata.clone(),
        number,
        first,
        last,
        rows,
    });
    Ok(groups.collect())
}

/// Reads block after block, each row group once.
struct BlockReader<'a> {
    runs: &'a [Run],
    /// Whose rows are left out.
    tied: Option<&'a Ties>,
    products: &'a Products,
    merging: bool,
    /// Of each run and kind.
    cursors: Vec<Vec<(FactKind, Cursor<'a>)>>,
    wanted: &'a FactColumns,
}

impl<'a> BlockReader<'a> {
    fn new(runs: &'a [Run], tied: Option<&'a Ties>, products: &'a Products, wanted: &'a FactColumns, first_key: u64) -> BlockReader<'a> {
        let merging = runs.len() > 1 || runs.iter().any(|run| !run.settled);
        let fill = !products.is_empty();
        let cursors = runs
            .iter()
            .map(|run| {
                let kinds = run.kinds.iter().filter_map(|(kind, groups)| {
                    let names = merge::columns_to_read(*kind, wanted, merging, fill)?;
                    Some((*kind, Cursor::new(groups, names, first_key)))
                });
                kinds.collect()
            })
            .collect();
        BlockReader { runs, tied: tied.filter(|ties| !ties.is_empty()), products, merging, cursors, wanted }
    }

    /// All customers up to and with `last_key` that were not handed out yet.
    fn next(&mut self, last_key: u64) -> Result<CustomerBatch, StoreError> {
        let mut runs = Vec::with_capacity(self.cursors.len());
        for (run, cursors) in self.runs.iter().zip(&mut self.cursors) {
            let mut kinds = Vec::with_capacity(cursors.len());
            for (kind, cursor) in cursors {
                if let Some(rows) = cursor.take(last_key)? {
                    kinds.push((*kind, without(rows, self.tied)?));
                }
            }
            runs.push(merge::RunRows { settled: run.settled, kinds });
        }
        merge::customers(runs, self.wanted, self.merging, self.products)
    }
}

/// The rows of those who are tied to nobody.
fn without(rows: RecordBatch, tied: Option<&Ties>) -> Result<RecordBatch, StoreError> {
    let Some(tied) = tied else { return Ok(rows) };
    let keys = columns::keys(&rows, "customer_key").values();
    let free: BooleanArray = keys.iter().map(|key| Some(tied.find(*key).is_none())).collect();
    Ok(filter_record_batch(&rows, &free)?)
}

/// A place in the row groups of one run and kind.
struct Cursor<'a> {
    groups: &'a [RowGroup],
    names: Vec<&'static str>,
    next_group: usize,
    first_key: u64,
    /// Rows of the row group read last that were not handed out.
    rest: Option<RecordBatch>,
}

impl<'a> Cursor<'a> {
    fn new(groups: &'a [RowGroup], names: Vec<&'static str>, first_key: u64) -> Cursor<'a> {
        let next_group = groups.partition_point(|group| group.last < first_key);
        Cursor { groups, names, next_group, first_key, rest: None }
    }

    fn take(&mut self, last_key: u64) -> Result<Option<RecordBatch>, StoreError> {
        let names = std::mem::take(&mut self.names);
        let taken = self.take_columns(last_key, &names);
        self.names = names;
        taken
    }

    fn take_columns(&mut self, last_key: u64, names: &[&str]) -> Result<Option<RecordBatch>, StoreError> {
        let mut taken: Vec<RecordBatch> = Vec::new();
        loop {
            let rows = match self.rest.take() {
                Some(rows) => rows,
                None => match self.groups.get(self.next_group).filter(|group| group.first <= last_key) {
                    Some(group) => {
                        self.next_group += 1;
                        let rows = group.read(names)?;
                        let keys = columns::keys(&rows, "customer_key").values();
                        let skip = keys.partition_point(|key| *key < self.first_key);
                        rows.slice(skip, rows.num_rows() - skip)
                    }
                    None => break,
                },
            };
            let end = columns::keys(&rows, "customer_key").values().partition_point(|key| *key <= last_key);
            if end > 0 {
                taken.push(rows.slice(0, end));
            }
            if end < rows.num_rows() {
                self.rest = Some(rows.slice(end, rows.num_rows() - end));
                break;
            }
        }
        match taken.len() {
            0 => Ok(None),
            1 => Ok(taken.pop()),
            _ => Ok(Some(concat_batches(&taken[0].schema(), &taken)?)),
        }
    }
}

impl RowGroup {
    /// The latest time in it, where the file says.
    fn last_at(&self) -> Option<i64> {
        let at = self.metadata.schema().index_of("at").ok()?;
        match self.metadata.metadata().row_group(self.number).column(at).statistics() {
            Some(Statistics::Int64(bounds)) => bounds.max_opt().copied(),
            _ => None,
        }
    }

    /// Some columns of the whole row group in one batch.
    fn read(&self, names: &[&str]) -> Result<RecordBatch, StoreError> {
        let file = File::open(&self.path).map_err(StoreError::file("read", &self.path))?;
        let schema = self.metadata.schema();
        let roots = names.iter().filter_map(|name| schema.index_of(name).ok());
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), roots);
        let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![self.number])
            .with_projection(mask)
            .with_batch_size(self.rows.max(1))
            .build()?;
        match reader.next() {
            Some(batch) => run::completed(batch?, self.kind, Some(names)),
            None => Err(StoreError::Damaged(format!("row group {} of `{}` is empty", self.number, self.path.display()))),
        }
    }
}
