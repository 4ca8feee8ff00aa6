//! An import: records in, one commit out, or nothing at all.

mod place;
mod sink;
mod touches;

pub use sink::ImportSink;

use crate::StoreError;
use crate::folder::{Folder, WriterLock};
use crate::identity::{self, Claim, Claims};
use crate::intake::{Budget, LineRow, NO_TIME, OrderRow, RANGES, RangedSpool, Reading, Scatter, Spool, Who, range_of};
use crate::intern::{TextCode, Texts};
use crate::journal::Journal;
use crate::manifest::{Change, FileKind, Manifest, StoredFile};
use crate::owners::{self, NO_RANK, Owner, Owners, StoredOwner};
use crate::run::{self, RunWriter, WrittenFile};
use crate::settle::{self, CancellationRow, Range, Settling};
use crate::touchpoints::{Staged, Tie, tie_batches};
use crate::{compact, moves};
use arrow::record_batch::RecordBatch;
use place::{place_cancellations, place_line, place_refunds};
use quintile_model::Instant;
use quintile_model::records::{line_kind, standing};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use touches::{AllTies, guest_claims};

/// How an import runs.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The time of the import: the version of facts whose source states none.
    pub now: Instant,
    /// Bytes of staged rows kept in memory; the rest waits in temporary files.
    pub memory_bytes: usize,
    /// Threads for settling and writing.
    pub threads: usize,
}

/// A file that is being read.
#[derive(Debug, Clone)]
pub struct FileSource {
    /// Its place in the list of files, from zero.
    pub number: u32,
    /// The name of the source, part of every key.
    pub source: String,
    /// Whether it hands over whole orders with all their lines, to replace older versions whole.
    pub document: bool,
}

/// A file that was read, for the list of imports.
#[derive(Debug, Clone, Default)]
pub struct ImportedFile {
    /// Hash of its content.
    pub fingerprint: String,
    /// As the user named it.
    pub path: String,
    /// How it was read.
    pub layout: String,
    /// Rows read.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// What a commit did.
#[derive(Debug, Clone, Default)]
pub struct CommitSummary {
    /// Its number; the version of the store from now on.
    pub commit: u32,
    /// Rows written of each kind, of customers and of nobody.
    pub rows: BTreeMap<&'static str, u64>,
    /// Rows written of each kind that belong to nobody.
    pub rows_of_nobody: BTreeMap<&'static str, u64>,
    /// Rows written of each kind that belong to visitors who have not said who they are.
    pub rows_of_visitors: BTreeMap<&'static str, u64>,
    /// Orders that the store did not know.
    pub orders_new: u64,
    /// Orders that it knew.
    pub orders_known: u64,
    /// Orders that went to another customer, for a new version or a new join.
    pub orders_moved: u64,
    /// Lines, refunds and cancellations whose order nobody has seen yet; they lie with the facts of nobody until it comes.
    pub waiting: u64,
    /// Refunds without a date, which count from their order's moment.
    pub refunds_undated: u64,
}

/// An import under way; dropped, it leaves the store as it was.
pub struct Import {
    folder: Folder,
    /// `None` of an import that is made again while another is undone.
    _lock: Option<WriterLock>,
    options: ImportOptions,
    commit: u32,
    /// What the names of its files begin with.
    stem: String,
    stored: Vec<StoredFile>,
    shared: Arc<Shared>,
    /// Known once [`Import::resolve`] has run.
    plan: Option<moves::Plan>,
    pool: rayon::ThreadPool,
}

/// What sinks share.
struct Shared {
    texts: Texts,
    staged_orders: Spool,
    staged_lines: Spool,
    orders: RangedSpool,
    lines: RangedSpool,
    customers: RangedSpool,
    unplaced: Spool,
    touchpoints: Staged,
    gathered: Mutex<Gathered>,
    /// Known once [`Import::resolve`] has run; lines that come later go straight to their range.
    owners: RwLock<Option<Arc<Owners>>>,
    /// Takes down the records, where there is an import before that may be undone.
    journal: Option<Journal>,
    now: i64,
}

/// Small things, kept in memory.
#[derive(Default)]
struct Gathered {
    files: BTreeMap<u32, FileSource>,
    /// Lists of some orders each.
    owners: Vec<Vec<Owner>>,
    claims: Vec<Claim>,
    refunds: Vec<RefundRow>,
    cancellations: Vec<NamedCancellation>,
    products: Vec<RecordBatch>,
    costs: Vec<RecordBatch>,
    /// Guests that touchpoints name.
    guests: HashSet<u64>,
    ties: Vec<Tie>,
}

/// A refund, placed or not.
#[derive(Debug, Clone, Default)]
pub(crate) struct RefundRow {
    pub customer: u64,
    pub who: Who,
    /// Zero when it names no order.
    pub order_key: u64,
    pub refund_key: u64,
    /// Hash of its content, where it has no id.
    pub content: u64,
    pub at: i64,
    pub dated: bool,
    pub version: i64,
    pub document: bool,
    pub file: u32,
    pub amount: i64,
    pub currency: TextCode,
    pub product: TextCode,
    pub country: TextCode,
    /// The customer's id, e-mail or phone, whichever `who` says.
    pub names: Box<str>,
}

/// Files of facts that an import wrote.
#[derive(Default)]
struct Written {
    known: Vec<WrittenFile>,
    nobody: Vec<WrittenFile>,
    others: Vec<WrittenFile>,
}

#[derive(Debug, Clone, Copy)]
struct NamedCancellation {
    order_key: u64,
    at: i64,
    version: i64,
    file: u32,
    document: bool,
}

impl Import {
    pub(crate) fn begin(folder: &Folder, options: ImportOptions) -> Result<Import, StoreError> {
        let lock = folder.lock_writer()?;
        let mut manifest = Manifest::open(folder)?;
        compact::sweep(folder, &mut manifest)?;
        let commit = manifest.version()? + 1;
        // The first import stands on nothing that could be taken from under it.
        let first = manifest.commits()?.iter().all(|import| import.undone.is_some());
        let stem = format!("{commit:08}");
        let journal = (!first).then(|| Journal::begin(folder, &stem));
        Import::on(folder, Some(lock), options, (commit, stem), manifest.files()?, journal)
    }

    /// An import on top of the files `stored`, which need not be those in force.
    pub(crate) fn on(
        folder: &Folder,
        lock: Option<WriterLock>,
        options: ImportOptions,
        (commit, stem): (u32, String),
        stored: Vec<StoredFile>,
        journal: Option<Journal>,
    ) -> Result<Import, StoreError> {
        let budget = Budget::new(options.memory_bytes, folder.root());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.max(1)).build();
        let pool = pool.map_err(|error| StoreError::Work(Box::new(error)))?;
        let shared = Shared {
            texts: Texts::default(),
            staged_orders: Spool::new(&budget),
            staged_lines: Spool::new(&budget),
            orders: RangedSpool::new(&budget),
            lines: RangedSpool::new(&budget),
            customers: RangedSpool::new(&budget),
            unplaced: Spool::new(&budget),
            touchpoints: Staged::new(&budget),
            gathered: Mutex::default(),
            owners: RwLock::new(None),
            journal,
            now: options.now.0,
        };
        let import =
            Import { folder: folder.clone(), _lock: lock, options, commit, stem, stored, shared: Arc::new(shared), plan: None, pool };
        Ok(import)
    }

    /// A sink for one file, or one part of it, on one thread.
    pub fn sink(&self, file: FileSource) -> ImportSink {
        self.shared.gather(|gathered| {
            gathered.files.insert(file.number, file.clone());
        });
        ImportSink::new(file, self.shared.clone())
    }

    /// Decides whose every order is. Called once, when all files that name orders or customers have been read; files
    /// of pure lines come after.
    pub fn resolve(&mut self) -> Result<(), StoreError> {
        let (mut rows, claims, mut guests, ties) = self.shared.gather(|gathered| {
            let refunds = gathered.refunds.iter().filter(|r| matches!(r.who, Who::Email | Who::Phone)).map(|r| r.customer);
            let mut guests: HashSet<u64> = refunds.collect();
            guests.extend(&gathered.guests);
            let lists = std::mem::take(&mut gathered.owners);
            let mut rows = Vec::with_capacity(lists.iter().map(Vec::len).sum());
            lists.into_iter().for_each(|list| rows.extend(list));
            (rows, std::mem::take(&mut gathered.claims), guests, std::mem::take(&mut gathered.ties))
        });
        guests.extend(rows.iter().filter(|r| matches!(r.who, Who::Email | Who::Phone)).map(|r| r.customer));
        let ties = AllTies::of(&self.paths(FileKind::Ties), ties)?;
        let mut plan = self.join(&mut rows, claims, &guests, ties)?;
        let mut owners = owners::settle_owners(rows)?;
        let keys: Vec<u64> = owners.iter().map(|owner| owner.order_key).collect();
        let known = owners::find_stored(&self.paths(FileKind::OrderIndex), &keys)?;
        let mut known = known.iter().peekable();
        for owner in &mut owners {
            let is_order = !owner.only_lines;
            match known.next_if(|stored| stored.order_key == owner.order_key) {
                Some(stored) => {
                    plan.orders_known += is_order as u64;
                    // A guest of the store may be joined by this very import: that is where its orders are now.
                    let joined = StoredOwner { customer: plan.customer_now(stored), ..*stored };
                    if owner.meet(&joined) {
                        plan.moved_orders.insert(owner.order_key, (stored.customer, owner.customer));
                    }
                }
                None => plan.orders_new += is_order as u64,
            }
        }
        drop(keys);
        let owners = Arc::new(self.pool.install(|| Owners::rank(owners)));
        self.place_orders(&owners)?;
        self.place_lines(&owners, &self.shared.staged_lines)?;
        self.shared.gather(|gathered| {
            for refund in gathered.refunds.iter_mut().filter(|r| matches!(r.who, Who::Email | Who::Phone)) {
                refund.customer = plan.claims.customer_of(refund.customer);
            }
        });
        *self.shared.owners.write().unwrap_or_else(PoisonError::into_inner) = Some(owners);
        self.plan = Some(plan);
        Ok(())
    }

    /// Joins guests to registered customers, in this import's rows and, by moves, in the store.
    fn join(&self, rows: &mut [Owner], mut new: Vec<Claim>, guests: &HashSet<u64>, ties: AllTies) -> Result<moves::Plan, StoreError> {
        new.extend(guest_claims(guests));
        new.sort_unstable();
        new.dedup();
        let mut interesting: HashSet<u64> = new.iter().flat_map(|claim| [claim.key, claim.customer]).collect();
        interesting.extend(ties.guests());
        let stored = identity::stored_claims(&self.paths(FileKind::Identities), &interesting)?;
        let mut before = Claims::default();
        before.add(stored.iter().copied());
        let mut after = Claims::default();
        after.add(stored.iter().copied());
        after.add(new.iter().copied());
        for row in rows.iter_mut() {
            if matches!(row.who, Who::Email | Who::Phone) {
                row.customer = after.customer_of(row.customer);
            }
        }
        let moved_guests = after
            .keys()
            .filter(|guest| before.has_guest(*guest))
            .map(|guest| (guest, (before.customer_of(guest), after.customer_of(guest))))
            .filter(|(_, (from, to))| from != to)
            .collect();
        let known: HashSet<Claim> = stored.into_iter().collect();
        new.retain(|claim| !known.contains(claim));
        let joined = guests.iter().map(|guest| (*guest, after.customer_of(*guest))).filter(|(guest, customer)| guest != customer);
        Ok(moves::Plan {
            joined: joined.collect(),
            claims: after,
            claims_before: before,
            new_claims: new,
            ties: ties.after,
            ties_before: ties.before,
            new_ties: ties.new,
            moved_guests,
            ..moves::Plan::default()
        })
    }

    fn place_orders(&self, owners: &Owners) -> Result<(), StoreError> {
        let mut scatter = Scatter::new();
        let (mut keys, mut ranks) = (Vec::new(), Vec::new());
        self.shared.staged_orders.drain(|chunk| {
            keys.clear();
            keys.extend(OrderRow::split(chunk).map(|row| row.order));
            owners.find_all(&keys, &mut ranks);
            for (row, rank) in OrderRow::split(chunk).zip(&ranks).filter(|(_, rank)| **rank != NO_RANK) {
                scatter.row(owners.range_of(*rank), &self.shared.orders, |out| row.rename(u64::from(*rank), out))?;
            }
            Ok(())
        })?;
        scatter.flush(&self.shared.orders)
    }

    fn place_lines(&self, owners: &Owners, staged: &Spool) -> Result<(), StoreError> {
        let mut scatter = Scatter::new();
        let mut unplaced = Vec::new();
        staged.drain(|chunk| {
            let mut reading = Reading::of(chunk);
            while !reading.is_empty() {
                let line = LineRow::read(&mut reading);
                place_line(line, owners, &mut scatter, &mut unplaced, &self.shared)?;
            }
            Ok(())
        })?;
        scatter.flush(&self.shared.lines)?;
        self.shared.unplaced.push(unplaced)
    }

    /// Writes everything and makes the commit; the store has it whole, or not at all.
    pub fn commit(mut self, imported: Vec<ImportedFile>) -> Result<CommitSummary, StoreError> {
        let (mut change, summary) = self.write()?;
        change.imported = imported;
        let mut manifest = Manifest::open(&self.folder)?;
        manifest.commit(self.commit, self.options.now, &change)?;
        compact::compact(&self.folder, &mut manifest, &self.options)?;
        Ok(summary)
    }

    /// Writes and syncs everything, and names it in no manifest yet.
    pub(crate) fn write(&mut self) -> Result<(Change, CommitSummary), StoreError> {
        if self.plan.is_none() {
            self.resolve()?;
        }
        let mut plan = self.plan.take().unwrap_or_default();
        let waiting = self.adopt_orders(&plan)?;
        self.restage(&mut plan)?;
        let owners = self.shared.owners()?;
        let mut gathered = self.shared.gather(std::mem::take);
        let files: Vec<FileSource> = file_table(&gathered.files);
        let sale = self.shared.texts.code(line_kind::SALE);
        let counts = self.shared.texts.code(standing::COUNTS);
        let sources: Vec<TextCode> = files.iter().map(|file| self.shared.texts.code(&file.source)).collect();
        let texts = self.shared.texts.list();
        let settling = Settling { owners: &owners, files: &files, texts: &texts, sale, counts, sources: &sources, commit: self.commit };

        let mut summary = CommitSummary {
            commit: self.commit,
            orders_new: plan.orders_new,
            orders_known: plan.orders_known,
            waiting,
            ..CommitSummary::default()
        };
        place_refunds(&owners, &mut gathered.refunds);
        let cancellations = place_cancellations(&owners, &files, &gathered.cancellations);
        summary.refunds_undated = gathered.refunds.iter().filter(|refund| !refund.dated).count() as u64;
        let of_visitors = self.place_touchpoints(&plan, &settling)?;
        let written = self.write_ranges(&settling, &gathered.refunds, &cancellations)?;
        let mut change = Change::default();
        self.add(&mut change, &mut summary, written);
        self.add_visitors(&mut change, &mut summary, of_visitors);
        let moved = moves::write(&self.folder, &self.stored, self.commit, &self.stem, &plan)?;
        summary.orders_moved = moved.orders.len() as u64;
        self.write_indexes(&owners, &plan, &moved.orders, &gathered, &mut change)?;
        for file in moved.files {
            change.added.push(stored_file(&self.folder, self.commit, FileKind::Facts(file.kind), &file.path, file.rows, false));
        }
        change.sources = files.iter().map(|file| file.source.clone()).collect();
        if let Some(journal) = &self.shared.journal {
            for part in journal.finish()? {
                change.added.push(stored_file(&self.folder, self.commit, FileKind::Records(part.kind), &part.path, part.rows, false));
            }
            change.kept = Some(gathered.files.into_values().collect());
        }
        Ok((change, summary))
    }

    /// Lines, refunds and cancellations may name orders of earlier imports, whose customers the store's index knows, or
    /// orders that nobody has seen: those lie with nobody's facts and move when their order comes. How many wait.
    fn adopt_orders(&self, plan: &moves::Plan) -> Result<u64, StoreError> {
        let owners = self.shared.owners()?;
        let unplaced = self.shared.unplaced.take()?;
        let mut wanted: Vec<u64> = Vec::new();
        for chunk in &unplaced {
            let mut reading = Reading::of(chunk);
            while !reading.is_empty() {
                wanted.push(LineRow::read(&mut reading).order_key);
            }
        }
        self.shared.gather(|gathered| {
            let named = gathered.refunds.iter().map(|r| r.order_key).chain(gathered.cancellations.iter().map(|c| c.order_key));
            wanted.extend(named.filter(|key| *key != 0 && owners.find(*key).is_none()));
        });
        if wanted.is_empty() {
            return Ok(0);
        }
        wanted.sort_unstable();
        let mut distinct = wanted.clone();
        distinct.dedup();
        let stored = owners::find_stored(&self.paths(FileKind::OrderIndex), &distinct)?;
        let mut known = stored.iter().peekable();
        let mut rows = owners.all().to_vec();
        let mut waiting = 0;
        for order_key in distinct {
            let mut owner = Owner {
                order_key,
                customer: 0,
                who: Who::Nobody,
                claim: 0,
                at: NO_TIME,
                version: i64::MIN,
                import_version: self.shared.now,
                file: u32::MAX,
                document: false,
                only_lines: true,
            };
            match known.next_if(|stored| stored.order_key == order_key) {
                Some(stored) => {
                    owner.meet(stored);
                    (owner.customer, owner.only_lines) = (plan.customer_now(stored), stored.only_lines);
                }
                None => {
                    owner.at = self.shared.now;
                    waiting += wanted.partition_point(|key| *key <= order_key) - wanted.partition_point(|key| *key < order_key);
                }
            }
            rows.push(owner);
        }
        // Ranks change with the new owners, so what was placed is placed again.
        let grown = Owners::rank(owners::settle_owners(rows)?);
        for range in 0..RANGES {
            self.shared.orders.range(range).drain(|placed| {
                let mut named = Vec::with_capacity(placed.len());
                OrderRow::split(placed).for_each(|row| row.rename(owners.get(row.order as u32).order_key, &mut named));
                self.shared.staged_orders.push(named)
            })?;
            self.shared.lines.range(range).drain(|placed| {
                let mut reading = Reading::of(placed);
                let mut named = Vec::with_capacity(placed.len() * 5 / 4);
                while !reading.is_empty() {
                    let line = LineRow::read(&mut reading);
                    LineRow { order_key: owners.get(line.rank).order_key, ..line }.write(&mut named);
                }
                self.shared.staged_lines.push(named)
            })?;
        }
        unplaced.into_iter().try_for_each(|chunk| self.shared.staged_lines.push(chunk))?;
        self.place_orders(&grown)?;
        self.place_lines(&grown, &self.shared.staged_lines)?;
        *self.shared.owners.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(grown));
        Ok(waiting as u64)
    }

    /// Settles and writes the ranges, several at once; each thread writes files of its own.
    fn write_ranges(
        &self,
        settling: &Settling<'_>,
        refunds: &[RefundRow],
        cancellations: &[CancellationRow],
    ) -> Result<Written, StoreError> {
        // A small import is written by one thread into one file a kind.
        let groups = self.groups();
        let size = RANGES.div_ceil(groups);
        let facts = self.folder.facts();
        let results: Vec<Result<Written, StoreError>> = self.pool.install(|| {
            (0..groups)
                .into_par_iter()
                .map(|group| {
                    let name = format!("{}-{group:02}", self.stem);
                    let mut known = RunWriter::new(&facts, name.clone());
                    let mut others = RunWriter::new(&facts, format!("{name}-others"));
                    let mut nobody = RunWriter::new(&self.folder.facts().join("nobody"), name);
                    for range in group * size..((group + 1) * size).min(RANGES) {
                        let of_range = |customer: u64| range_of(customer) < range;
                        let refunds_from = refunds.partition_point(|r| of_range(r.customer));
                        let refunds_to = refunds.partition_point(|r| range_of(r.customer) <= range);
                        let cancelled_from = cancellations.partition_point(|c| of_range(c.customer));
                        let cancelled_to = cancellations.partition_point(|c| range_of(c.customer) <= range);
                        let orders = self.shared.orders.range(range).take()?;
                        let lines = self.shared.lines.range(range).take()?;
                        let customers = self.shared.customers.range(range).take()?;
                        let mut touchpoints = self.shared.touchpoints.known.take(range)?;
                        touchpoints.extend(self.shared.touchpoints.guests.take(range)?);
                        let staged = Range {
                            ranks: settling.owners.ranks_of_range(range),
                            orders: &orders,
                            lines: &lines,
                            customers: &customers,
                            refunds: &refunds[refunds_from..refunds_to],
                            cancellations: &cancellations[cancelled_from..cancelled_to],
                            touchpoints: &touchpoints,
                        };
                        let settled = settle::settle(settling, &staged)?;
                        drop((orders, lines, customers, touchpoints));
                        known.write(&settled.known)?;
                        nobody.write(&settled.nobody)?;
                        others.write(&settled.others)?;
                    }
                    Ok(Written { known: known.finish()?, nobody: nobody.finish()?, others: others.finish()? })
                })
                .collect()
        });
        let mut all = Written::default();
        for result in results {
            let written = result?;
            all.known.extend(written.known);
            all.nobody.extend(written.nobody);
            all.others.extend(written.others);
        }
        Ok(all)
    }

    fn add(&self, change: &mut Change, summary: &mut CommitSummary, written: Written) {
        for file in written.others {
            change.added.push(stored_file(&self.folder, self.commit, FileKind::Facts(file.kind), &file.path, file.rows, false));
        }
        for (nobody, files) in [(false, written.known), (true, written.nobody)] {
            for file in files {
                *summary.rows.entry(file.kind.name()).or_default() += file.rows;
                if nobody {
                    *summary.rows_of_nobody.entry(file.kind.name()).or_default() += file.rows;
                }
                let kind = if nobody { FileKind::Nobody(file.kind) } else { FileKind::Facts(file.kind) };
                change.added.push(stored_file(&self.folder, self.commit, kind, &file.path, file.rows, true));
            }
        }
    }

    fn add_visitors(&self, change: &mut Change, summary: &mut CommitSummary, written: Vec<WrittenFile>) {
        for file in written {
            *summary.rows.entry(file.kind.name()).or_default() += file.rows;
            *summary.rows_of_visitors.entry(file.kind.name()).or_default() += file.rows;
            change.added.push(stored_file(&self.folder, self.commit, FileKind::Visitors(file.kind), &file.path, file.rows, true));
        }
    }

    fn write_indexes(
        &self,
        owners: &Owners,
        plan: &moves::Plan,
        moved: &[Owner],
        gathered: &Gathered,
        change: &mut Change,
    ) -> Result<(), StoreError> {
        let name = format!("{}.parquet", self.stem);
        let mut add = |kind: FileKind, path: PathBuf, rows: u64| {
            if rows > 0 {
                change.added.push(stored_file(&self.folder, self.commit, kind, &path, rows, false));
            }
        };
        let path = self.folder.facts().join("order-index").join(&name);
        let rows = if moved.is_empty() {
            run::write_plain(&path, owners::index_batches(owners.by_key()))?
        } else {
            let mut all: Vec<Owner> = owners.by_key().copied().collect();
            all.extend(moved);
            // What this import says of an order stands before what moving it says.
            all.sort_by_key(|owner| owner.order_key);
            all.dedup_by_key(|owner| owner.order_key);
            run::write_plain(&path, owners::index_batches(all.iter()))?
        };
        add(FileKind::OrderIndex, path, rows);
        let path = self.folder.facts().join("identities").join(&name);
        let rows = run::write_plain(&path, identity::claim_batches(&plan.new_claims))?;
        add(FileKind::Identities, path, rows);
        let path = self.folder.facts().join("ties").join(&name);
        let rows = run::write_plain(&path, tie_batches(&plan.new_ties))?;
        add(FileKind::Ties, path, rows);
        let path = self.folder.facts().join("costs").join(&name);
        let rows = run::write_plain(&path, crate::costs::stored_batches(&gathered.costs, self.shared.now))?;
        add(FileKind::Costs, path, rows);
        let path = self.folder.facts().join("products").join(&name);
        let rows = run::write_plain(&path, crate::products::stored_batches(&gathered.products, self.shared.now))?;
        add(FileKind::Products, path, rows);
        Ok(())
    }

    fn paths(&self, kind: FileKind) -> Vec<PathBuf> {
        self.stored.iter().filter(|file| file.kind == kind).map(|file| self.folder.root().join(&file.path)).collect()
    }
}

fn stored_file(folder: &Folder, commit: u32, kind: FileKind, path: &Path, rows: u64, settled: bool) -> StoredFile {
    let path = path.strip_prefix(folder.root()).unwrap_or(path).to_owned();
    StoredFile { commit, kind, path, rows, settled }
}

fn file_table(files: &BTreeMap<u32, FileSource>) -> Vec<FileSource> {
    let count = files.keys().last().map_or(0, |last| *last as usize + 1);
    let blank = |number: usize| FileSource { number: number as u32, source: String::new(), document: false };
    (0..count).map(|number| files.get(&(number as u32)).cloned().unwrap_or_else(|| blank(number))).collect()
}

impl Shared {
    fn gather<T>(&self, work: impl FnOnce(&mut Gathered) -> T) -> T {
        work(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn owners(&self) -> Result<Arc<Owners>, StoreError> {
        let owners = self.owners.read().unwrap_or_else(PoisonError::into_inner).clone();
        owners.ok_or(StoreError::Damaged("orders were not resolved".to_owned()))
    }
}
