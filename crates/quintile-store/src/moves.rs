//! Moves: facts that go to another customer.
//!
//! An order moves when its newest version names another customer, and a guest's facts move when the guest is joined to
//! a registered customer, or parted again. The same commit writes them under their new customer and a withdrawal under
//! the old one, so that the old files stay as they are.

use crate::StoreError;
use crate::folder::Folder;
use crate::identity::{Claim, Claims, guest_keys};
use crate::intake::Who;
use crate::manifest::{FileKind, StoredFile};
use crate::owners::{Owner, StoredOwner};
use crate::run::{self, RunWriter, SortedFacts, WrittenFile};
use crate::touchpoints::{Tie, Ties};
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, StringArray, UInt32Array, UInt64Array, new_null_array};
use arrow::compute::{SortColumn, cast, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch};
use arrow::record_batch::RecordBatch;
use quintile_model::{FactKind, columns};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What an import found out about identity.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// All claims that bear on this import.
    pub claims: Claims,
    /// Those of them that the store had before.
    pub claims_before: Claims,
    /// Those that the store does not have yet.
    pub new_claims: Vec<Claim>,
    /// Visitors who said who they are.
    pub ties: Ties,
    /// Those that the store had before.
    pub ties_before: Ties,
    /// Those that are new, or earlier than what the store had.
    pub new_ties: Vec<Tie>,
    /// Guests of this import's touchpoints who are somebody else.
    pub joined: HashMap<u64, u64>,
    /// Touchpoints that left a customer, as (customer, fact).
    pub withdrawn: Vec<(u64, u64)>,
    /// Guests whose customer is another now: guest key to (former, new).
    pub moved_guests: HashMap<u64, (u64, u64)>,
    /// Orders whose customer is another now.
    pub moved_orders: HashMap<u64, (u64, u64)>,
    pub orders_new: u64,
    pub orders_known: u64,
}

impl Plan {
    /// The customer of a stored order after the joins of this import.
    pub fn customer_now(&self, stored: &StoredOwner) -> u64 {
        if let Some((_, to)) = self.moved_orders.get(&stored.order_key) {
            return *to;
        }
        match self.moved_guests.get(&stored.claim) {
            Some((from, to)) if *from == stored.customer => *to,
            _ => stored.customer,
        }
    }
}

/// The newest row of an order under one customer.
#[derive(Debug, Clone)]
struct NewestOrder {
    version: i64,
    commit: u32,
    at: i64,
    claim: Option<String>,
}

/// What was moved.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    pub files: Vec<WrittenFile>,
    /// The orders, with their new customer, for the index.
    pub orders: Vec<Owner>,
}

/// Copies the facts of all moves under their new customers, into files whose names begin with `stem`. Touchpoints that moved
/// are staged again elsewhere; here they are withdrawn.
pub(crate) fn write(folder: &Folder, stored: &[StoredFile], commit: u32, stem: &str, plan: &Plan) -> Result<Moved, StoreError> {
    if plan.moved_guests.is_empty() && plan.moved_orders.is_empty() && plan.withdrawn.is_empty() {
        return Ok(Moved::default());
    }
    let leaving: HashSet<u64> = plan.moved_guests.values().chain(plan.moved_orders.values()).map(|(from, _)| *from).collect();
    let rows_of = |kind: FactKind| rows_of(folder, stored, kind, &leaving);
    let mut hidden: HashMap<(u64, u64), u32> = HashMap::new();
    for rows in rows_of(FactKind::Withdrawals)? {
        let (keys, facts) = (columns::keys(&rows, "customer_key"), columns::keys(&rows, "fact_key"));
        let commits = commits(&rows);
        for row in 0..rows.num_rows() {
            let until = hidden.entry((keys.value(row), facts.value(row))).or_default();
            *until = (*until).max(commits[row]);
        }
    }
    let visible = |customer: u64, fact: u64, commit: u32| hidden.get(&(customer, fact)).is_none_or(|until| *until <= commit);

    let mut moved = Moved::default();
    let mut withdrawals: Vec<(u64, u64)> = plan.withdrawn.clone();
    // Where each order that moves goes, from whom.
    let mut orders: HashMap<(u64, u64), u64> = HashMap::new();
    let mut facts = SortedFacts::default();
    // Guests that facts come to: they may never have had any before.
    let mut guests: BTreeMap<u64, String> = BTreeMap::new();
    // The newest version of an order says whose it is; the older ones go with it.
    let mut newest: HashMap<(u64, u64), NewestOrder> = HashMap::new();
    for rows in rows_of(FactKind::Orders)? {
        let (customers, keys, claims) =
            (columns::keys(&rows, "customer_key"), columns::keys(&rows, "order_key"), columns::texts(&rows, "claim"));
        let (at, commits, versions) = (columns::instants(&rows, "at"), commits(&rows), versions(&rows));
        for row in (0..rows.num_rows()).filter(|row| visible(customers.value(*row), keys.value(*row), commits[*row])) {
            let claim = claims.is_valid(row).then(|| claims.value(row).to_owned());
            let order = NewestOrder { version: versions[row], commit: commits[row], at: at.value(row), claim };
            let known = newest.entry((customers.value(row), keys.value(row))).or_insert_with(|| order.clone());
            if (order.version, order.commit) > (known.version, known.commit) {
                *known = order;
            }
        }
    }
    for ((from, order), row) in newest {
        let claim = row.claim.as_deref();
        let Some(to) = plan.target(from, order, claim) else { continue };
        orders.insert((from, order), to);
        withdrawals.push((from, order));
        Plan::note_guest(to, claim, &mut guests);
        let (who, claim) = match claim.map(|claim| (claim.contains('@'), guest_keys(claim))) {
            Some((true, [email, _])) => (Who::Email, email),
            Some((false, [_, phone])) => (Who::Phone, phone),
            None => (Who::Registered, 0),
        };
        moved.orders.push(Owner {
            order_key: order,
            customer: to,
            who,
            claim,
            at: row.at,
            version: row.version,
            import_version: row.version,
            file: 0,
            document: false,
            only_lines: false,
        });
    }
    // Lines and refunds can wait with nobody for an order that only now has come.
    for (order, (from, to)) in plan.moved_orders.iter().filter(|(_, (from, _))| *from == 0) {
        if orders.insert((*from, *order), *to).is_none() {
            withdrawals.push((*from, *order));
        }
    }
    moved.orders.sort_by_key(|owner| (owner.order_key, std::cmp::Reverse(owner.version)));
    moved.orders.dedup_by_key(|owner| owner.order_key);
    for kind in [FactKind::Orders, FactKind::Lines, FactKind::Refunds, FactKind::Cancellations] {
        // The rows that move, and the commits that wrote them.
        let (mut parts, mut written) = (Vec::new(), Vec::new());
        for rows in rows_of(kind)? {
            let (customers, keys) = (columns::keys(&rows, "customer_key"), columns::keys(&rows, "order_key"));
            let refunds = (kind == FactKind::Refunds).then(|| (columns::keys(&rows, "refund_key"), columns::texts(&rows, "claim")));
            let commits = commits(&rows);
            let mut target = |row: usize| -> Option<u64> {
                let from = customers.value(row);
                if keys.is_valid(row) {
                    return orders.get(&(from, keys.value(row))).copied().filter(|_| visible(from, keys.value(row), commits[row]));
                }
                // A refund of no order goes where its guest goes.
                let (refund_keys, claims) = refunds?;
                let claim = claims.is_valid(row).then(|| claims.value(row));
                let to = plan.target(from, 0, claim).filter(|_| visible(from, refund_keys.value(row), commits[row]))?;
                withdrawals.push((from, refund_keys.value(row)));
                Plan::note_guest(to, claim, &mut guests);
                Some(to)
            };
            let targets: Vec<Option<u64>> = (0..rows.num_rows()).map(&mut target).collect();
            if targets.iter().any(Option::is_some) {
                written.extend(targets.iter().zip(&commits).filter(|(target, _)| target.is_some()).map(|(_, commit)| *commit));
                parts.push(readdressed(&rows, &targets, commit)?);
            }
        }
        if let Some(first) = parts.first() {
            let all = last_words(&concat_batches(&first.schema(), &parts)?, kind, &written)?;
            facts.kinds.push((kind, sorted(&all)?));
        }
    }
    if !guests.is_empty() {
        facts.kinds.push((FactKind::Customers, guest_batch(&guests, commit)?));
    }
    // Nobody is no customer: what leaves nobody is hidden by the index alone, see `merge`; withdrawals lie by customer.
    withdrawals.retain(|(from, _)| *from != 0);
    withdrawals.sort_unstable();
    withdrawals.dedup();
    if !withdrawals.is_empty() {
        facts.kinds.push((FactKind::Withdrawals, withdrawal_batch(&withdrawals, commit)?));
    }
    if facts.kinds.is_empty() {
        return Ok(moved);
    }
    let mut writer = RunWriter::new(&folder.facts(), format!("{stem}-moved"));
    writer.write(&facts)?;
    moved.files = writer.finish()?;
    Ok(moved)
}

impl Plan {
    fn note_guest(to: u64, claim: Option<&str>, guests: &mut BTreeMap<u64, String>) {
        if let Some(claim) = claim.filter(|claim| guest_keys(claim).contains(&to)) {
            guests.entry(to).or_insert_with(|| claim.to_owned());
        }
    }

    /// Where a fact of `from` goes, if it goes anywhere.
    pub fn target(&self, from: u64, order: u64, claim: Option<&str>) -> Option<u64> {
        let by_order = self.moved_orders.get(&order).filter(|(former, _)| *former == from).map(|(_, to)| *to);
        by_order.or_else(|| {
            guest_keys(claim?).iter().filter_map(|key| self.moved_guests.get(key)).find(|(former, _)| *former == from).map(|(_, to)| *to)
        })
    }
}

/// All stored rows of a kind that belong to one of `customers`, batch by batch.
fn rows_of(folder: &Folder, stored: &[StoredFile], kind: FactKind, customers: &HashSet<u64>) -> Result<Vec<RecordBatch>, StoreError> {
    let mut all = Vec::new();
    for file in stored {
        let wanted = match file.kind {
            FileKind::Facts(other) => other == kind,
            FileKind::Nobody(other) => other == kind && customers.contains(&0),
            _ => false,
        };
        if !wanted {
            continue;
        }
        run::read_plain(&folder.root().join(&file.path), |batch| {
            let keep: BooleanArray =
                columns::keys(batch, "customer_key").values().iter().map(|key| Some(customers.contains(key))).collect();
            if keep.true_count() > 0 {
                all.push(run::completed(filter_record_batch(batch, &keep)?, kind, None)?);
            }
            Ok(())
        })?;
    }
    Ok(all)
}

/// The rows that have a target, under it, as facts of this commit.
fn readdressed(rows: &RecordBatch, targets: &[Option<u64>], commit: u32) -> Result<RecordBatch, StoreError> {
    let keep: BooleanArray = targets.iter().map(|target| Some(target.is_some())).collect();
    let rows = filter_record_batch(rows, &keep)?;
    let mut arrays = rows.columns().to_vec();
    arrays[0] = Arc::new(UInt64Array::from_iter_values(targets.iter().flatten().copied()));
    arrays[rows.schema().index_of("commit")?] = Arc::new(UInt32Array::from(vec![commit; rows.num_rows()]));
    Ok(RecordBatch::try_new(rows.schema(), arrays)?)
}

/// Of rows that state one fact with one version, what was written last: as facts of this commit they would be alike. Where that is part
/// of a document, what was written last outside of documents stays beside it, since what is part of an older document can go.
fn last_words(rows: &RecordBatch, kind: FactKind, written: &[u32]) -> Result<RecordBatch, StoreError> {
    let fact = match kind {
        FactKind::Lines => "line_key",
        FactKind::Refunds => "refund_key",
        _ => "order_key",
    };
    let (customers, facts, versions) = (columns::keys(rows, "customer_key"), columns::keys(rows, fact), versions(rows));
    let can_go = matches!(kind, FactKind::Lines | FactKind::Cancellations);
    let documents = columns::flags(rows, "document");
    // What else is looked at before the commit.
    let dated = matches!(kind, FactKind::Refunds | FactKind::Cancellations).then(|| columns::flags(rows, "dated"));
    let at = (kind == FactKind::Orders).then(|| columns::instants(rows, "at"));
    let name = |row: usize| {
        let before = dated.map(|dated| i64::from(dated.value(row))).or(at.map(|at| at.value(row)));
        (customers.value(row), facts.value(row), versions[row], before)
    };
    let is_document = |row: usize| can_go && documents.value(row);
    let mut last: HashMap<_, (Option<u32>, Option<u32>)> = HashMap::new();
    for (row, commit) in written.iter().enumerate() {
        let (outside, inside) = last.entry(name(row)).or_default();
        let newest = if is_document(row) { inside } else { outside };
        *newest = (*newest).max(Some(*commit));
    }
    let stays = |(row, commit): (usize, &u32)| {
        let (outside, inside) = last[&name(row)];
        match is_document(row) {
            true => inside == Some(*commit) && inside >= outside,
            false => outside == Some(*commit),
        }
    };
    let stays: BooleanArray = written.iter().enumerate().map(stays).map(Some).collect();
    Ok(filter_record_batch(rows, &stays)?)
}

/// By customer and time.
pub(crate) fn sorted(rows: &RecordBatch) -> Result<RecordBatch, StoreError> {
    let by = ["customer_key", "at", "fact_key", "order_key"].iter().filter_map(|name| rows.column_by_name(name));
    let by: Vec<SortColumn> = by.map(|column| SortColumn { values: column.clone(), options: None }).collect();
    Ok(take_record_batch(rows, &lexsort_to_indices(&by, None)?)?)
}

/// Guests by what they are known by; nothing else is known of them here.
fn guest_batch(guests: &BTreeMap<u64, String>, commit: u32) -> Result<RecordBatch, StoreError> {
    let schema = FactKind::Customers.schema();
    let rows = guests.len();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let emails = || guests.values().map(|claim| claim.contains('@').then_some(claim.as_str()));
        arrays.push(match field.name().as_str() {
            "customer_key" => Arc::new(UInt64Array::from_iter_values(guests.keys().copied())),
            "customer_id" => Arc::new(StringArray::from_iter_values(guests.values())),
            "email" => Arc::new(StringArray::from_iter(emails())),
            "registered" | "document" | "touched" => Arc::new(BooleanArray::from(vec![false; rows])),
            // Older than anything a source says.
            "version" => Arc::new(Int64Array::from(vec![i64::MIN; rows])),
            "commit" => Arc::new(UInt32Array::from(vec![commit; rows])),
            "source" => cast(&StringArray::from(vec![""; rows]), field.data_type())?,
            _ => new_null_array(field.data_type(), rows),
        });
    }
    Ok(RecordBatch::try_new(schema, arrays)?)
}

fn withdrawal_batch(withdrawals: &[(u64, u64)], commit: u32) -> Result<RecordBatch, StoreError> {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(withdrawals.iter().map(|(from, _)| *from))),
        Arc::new(UInt64Array::from_iter_values(withdrawals.iter().map(|(_, fact)| *fact))),
        Arc::new(Int64Array::from(vec![0; withdrawals.len()])),
        Arc::new(UInt32Array::from(vec![commit; withdrawals.len()])),
        Arc::new(BooleanArray::from(vec![false; withdrawals.len()])),
    ];
    Ok(RecordBatch::try_new(FactKind::Withdrawals.schema(), arrays)?)
}

fn commits(rows: &RecordBatch) -> Vec<u32> {
    use arrow::array::AsArray;
    rows.column_by_name("commit").map_or_else(Vec::new, |c| c.as_primitive::<arrow::datatypes::UInt32Type>().values().to_vec())
}

fn versions(rows: &RecordBatch) -> Vec<i64> {
    use arrow::array::AsArray;
    rows.column_by_name("version").map_or_else(Vec::new, |c| c.as_primitive::<arrow::datatypes::Int64Type>().values().to_vec())
}
