//! Merging: the rows of several runs become settled facts of whole customers.
//!
//! A customer in one settled run is handed on as it lies. Of any other, withdrawn facts are left out, the newest version
//! of each fact is taken, and lines follow their orders.

use crate::StoreError;
use crate::products::Products;
use arrow::array::{Array, ArrayRef, AsArray, MutableArrayData, RecordBatch, RecordBatchOptions, TimestampMicrosecondArray, make_array};
use arrow::datatypes::{Int64Type, Schema, SchemaRef, UInt32Type};
use quintile_model::batch::{FactColumns, NO_ORDER};
use quintile_model::{CustomerBatch, FactKind, Facts, columns};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// What one run has of the customers of a block.
pub(crate) struct RunRows {
    pub settled: bool,
    pub kinds: Vec<(FactKind, RecordBatch)>,
}

impl RunRows {
    fn of(&self, kind: FactKind) -> Option<&RecordBatch> {
        self.kinds.iter().find(|(other, _)| *other == kind).map(|(_, rows)| rows)
    }
}

/// The columns to read of a kind: those asked for, and those that merging and linking need. `None` for a kind that is
/// not asked for.
pub(crate) fn columns_to_read(kind: FactKind, wanted: &FactColumns, merging: bool, fill: bool) -> Option<Vec<&'static str>> {
    let asked: &[&'static str] = match kind {
        FactKind::Customers => &wanted.customers,
        FactKind::Orders => &wanted.orders,
        FactKind::Lines => wanted.lines.as_ref()?,
        // Whether a guest still has any facts shows in refunds too.
        FactKind::Refunds if merging => wanted.refunds.as_deref().unwrap_or_default(),
        FactKind::Refunds => wanted.refunds.as_ref()?,
        FactKind::Cancellations => &wanted.cancellations,
        FactKind::Withdrawals => return merging.then(|| vec!["customer_key", "fact_key", "commit"]),
        FactKind::Touchpoint(kind) => &wanted.touchpoints.iter().find(|(other, _)| *other == kind)?.1,
    };
    let mut names = asked.to_vec();
    names.push("customer_key");
    match kind {
        FactKind::Customers | FactKind::Withdrawals => {}
        FactKind::Orders => names.extend(["order_key", "at"]),
        FactKind::Lines => {
            names.push("order_key");
            if fill && names.iter().any(|name| matches!(*name, "category" | "brand")) {
                names.push("product");
            }
        }
        FactKind::Refunds | FactKind::Cancellations => names.extend(["order_key", "at"]),
        FactKind::Touchpoint(_) => {}
    }
    if merging {
        names.extend(["version", "commit"]);
        match kind {
            FactKind::Lines => names.extend(["line_key", "document", "at"]),
            FactKind::Refunds => names.extend(["refund_key", "dated"]),
            FactKind::Cancellations => names.extend(["document", "dated"]),
            FactKind::Orders => names.push("document"),
            FactKind::Customers => names.extend(["document", "touched"]),
            FactKind::Withdrawals => {}
            FactKind::Touchpoint(_) => names.extend(["fact_key", "at"]),
        }
    }
    names.sort_unstable();
    names.dedup();
    Some(names)
}

/// Settles the customers of a block.
pub(crate) fn customers(runs: Vec<RunRows>, wanted: &FactColumns, merging: bool, products: &Products) -> Result<CustomerBatch, StoreError> {
    let runs: Vec<RunRows> = runs.into_iter().filter(|run| !run.kinds.is_empty()).collect();
    let single = runs.len() <= 1 && runs.iter().all(|run| run.settled);
    let mut kinds = vec![FactKind::Customers, FactKind::Orders, FactKind::Lines, FactKind::Refunds, FactKind::Cancellations];
    kinds.extend(wanted.touchpoints.iter().map(|(kind, _)| FactKind::Touchpoint(*kind)));
    let mut extents = if single { Vec::new() } else { settle(&runs) };
    let mut rows = Vec::with_capacity(kinds.len());
    for kind in &kinds {
        let found = if single {
            runs.first().and_then(|run| run.of(*kind).cloned())
        } else {
            let sources: Vec<Option<&RecordBatch>> = runs.iter().map(|run| run.of(*kind)).collect();
            gather(&sources, &std::mem::take(&mut extents[place(*kind)]))?
        };
        let found = match found {
            Some(rows) => rows,
            None => empty(*kind, wanted, merging)?,
        };
        rows.push(if *kind == FactKind::Lines { products.fill(found)? } else { found });
    }
    let (keys, offsets) = keys_and_offsets(&rows);
    let mut facts = rows.into_iter().zip(offsets).map(|(rows, offsets)| Facts { rows, offsets });
    let mut next =
        || facts.next().unwrap_or_else(|| Facts { rows: RecordBatch::new_empty(Arc::new(Schema::empty())), offsets: Vec::new() });
    let (customers, orders, lines, refunds, cancellations) = (next(), next(), next(), next(), next());
    let touchpoints = wanted.touchpoints.iter().map(|(kind, _)| *kind).zip(facts).collect();
    let links = Links::of(&keys, &orders);
    let line_order = links.of_lines(&lines);
    let (refund_order, cancellation_order) = (links.of_others(&refunds), links.of_others(&cancellations));
    let mut batch =
        CustomerBatch { keys, customers, orders, lines, refunds, cancellations, line_order, refund_order, cancellation_order, touchpoints };
    if !single {
        follow_orders(&mut batch)?;
    }
    Ok(batch)
}

fn empty(kind: FactKind, wanted: &FactColumns, merging: bool) -> Result<RecordBatch, StoreError> {
    let all = kind.schema();
    let names = columns_to_read(kind, wanted, merging, false).unwrap_or_else(|| vec!["customer_key", "order_key"]);
    let fields: Vec<_> = all.fields().iter().filter(|field| names.contains(&field.name().as_str())).cloned().collect();
    Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
}

fn keys_of(rows: &RecordBatch) -> &[u64] {
    columns::keys(rows, "customer_key").values()
}

/// All customers of a block, ascending, and where the rows of each begin in each kind.
fn keys_and_offsets(kinds: &[RecordBatch]) -> (Vec<u64>, Vec<Vec<u32>>) {
    let mut keys = kinds.first().map_or_else(Vec::new, |customers| keys_of(customers).to_vec());
    keys.dedup();
    let offsets: Vec<_> = kinds.iter().map(|rows| offsets(&keys, keys_of(rows))).collect();
    let whole = |(offsets, rows): (&Vec<u32>, &RecordBatch)| offsets.last().is_some_and(|last| *last as usize == rows.num_rows());
    if offsets.iter().zip(kinds).all(whole) {
        return (keys, offsets);
    }
    // Facts of a customer of whom nothing else is known: their keys join the others.
    for rows in kinds {
        keys.extend(keys_of(rows).chunk_by(|a, b| a == b).map(|run| run[0]));
    }
    keys.sort_unstable();
    keys.dedup();
    let offsets = kinds.iter().map(|rows| self::offsets(&keys, keys_of(rows))).collect();
    (keys, offsets)
}

/// Where each key's rows end; both ascend, and every row's key is one of `keys`.
fn offsets(keys: &[u64], rows: &[u64]) -> Vec<u32> {
    // How many rows a customer has cannot be guessed, so the sweep over rows does not branch on it.
    let mut ends = vec![0_u32; rows.len() + 1];
    let mut customers = 0;
    for (row, pair) in rows.windows(2).enumerate() {
        ends[customers] = row as u32 + 1;
        customers += usize::from(pair[0] != pair[1]);
    }
    ends[customers] = rows.len() as u32;
    let mut offsets = Vec::with_capacity(keys.len() + 1);
    let (mut at, mut next) = (0, 0);
    offsets.push(0);
    for key in keys {
        if rows.get(at as usize) == Some(key) {
            at = ends[next];
            next += 1;
        }
        offsets.push(at);
    }
    offsets
}

/// Orders by key, within each customer.
struct Links<'a> {
    orders: &'a Facts,
    order_keys: &'a [u64],
    customers: usize,
}

/// Customers with more orders than this are searched by a table.
const FEW_ORDERS: usize = 16;

impl<'a> Links<'a> {
    fn of(keys: &[u64], orders: &'a Facts) -> Links<'a> {
        Links { orders, order_keys: columns::keys(&orders.rows, "order_key").values(), customers: keys.len() }
    }

    /// Lines lie in the order of their orders: walk both.
    fn of_lines(&self, lines: &Facts) -> Vec<u32> {
        let keys = columns::keys(&lines.rows, "order_key").values();
        let mut found = Vec::with_capacity(keys.len());
        for customer in 0..self.customers {
            let orders = self.orders.of(customer);
            let mut at = orders.start;
            let mut table: Option<HashMap<u64, usize>> = None;
            for key in &keys[lines.of(customer)] {
                if at < orders.end && self.order_keys[at] == *key {
                    found.push(at as u32);
                    continue;
                }
                if at + 1 < orders.end && self.order_keys[at + 1] == *key {
                    at += 1;
                    found.push(at as u32);
                    continue;
                }
                match self.search(&orders, *key, &mut table) {
                    Some(order) => {
                        at = order;
                        found.push(order as u32);
                    }
                    None => found.push(NO_ORDER),
                }
            }
        }
        found
    }

    fn of_others(&self, others: &Facts) -> Vec<u32> {
        let keys = columns::keys(&others.rows, "order_key");
        let mut found = Vec::with_capacity(keys.len());
        for customer in 0..self.customers {
            let orders = self.orders.of(customer);
            let mut table = None;
            for row in others.of(customer) {
                let order = if keys.is_valid(row) { self.search(&orders, keys.value(row), &mut table) } else { None };
                found.push(order.map_or(NO_ORDER, |order| order as u32));
            }
        }
        found
    }

    fn search(&self, orders: &Range<usize>, key: u64, table: &mut Option<HashMap<u64, usize>>) -> Option<usize> {
        if orders.len() <= FEW_ORDERS {
            return orders.clone().find(|order| self.order_keys[*order] == key);
        }
        table.get_or_insert_with(|| orders.clone().map(|order| (self.order_keys[order], order)).collect()).get(&key).copied()
    }
}

/// Rows `from..to` of a run.
type Extent = (usize, usize, usize);

/// Which rows of which runs are the settled facts, for each kind; of withdrawals none.
fn settle(runs: &[RunRows]) -> Vec<Vec<Extent>> {
    let main = (0..runs.len())
        .filter(|run| runs[*run].settled)
        .max_by_key(|run| runs[*run].kinds.iter().map(|(_, rows)| rows.num_rows()).sum::<usize>());
    // Customers that some other run knows something of.
    let mut touched: Vec<u64> = Vec::new();
    for (_, run) in runs.iter().enumerate().filter(|(number, _)| Some(*number) != main) {
        for (_, rows) in &run.kinds {
            touched.extend_from_slice(keys_of(rows));
        }
    }
    touched.sort_unstable();
    touched.dedup();
    let mut out: Vec<Vec<Extent>> = vec![Vec::new(); KINDS];
    // How far each run and kind has been walked.
    let mut at: Vec<[usize; KINDS]> = vec![[0; KINDS]; runs.len()];
    let views: Vec<RunView<'_>> = runs.iter().map(RunView::of).collect();
    for key in &touched {
        if let Some(main) = main {
            for (kind, extents) in out.iter_mut().enumerate() {
                let rows = views[main].keys[kind];
                if rows.is_empty() {
                    continue;
                }
                let from = at[main][kind];
                let to = from + rows[from..].partition_point(|other| other < key);
                push(extents, (main, from, to));
                at[main][kind] = to;
            }
        }
        // The rows of this customer in each run and kind.
        let mut own: Vec<[Range<usize>; KINDS]> = Vec::with_capacity(runs.len());
        for (run, view) in views.iter().enumerate() {
            own.push(std::array::from_fn(|kind| {
                let rows = view.keys[kind];
                let from = at[run][kind];
                let to = from + rows[from..].iter().take_while(|other| *other == key).count();
                at[run][kind] = to;
                from..to
            }));
        }
        settle_customer(*key, &views, &own, &mut out);
    }
    if let Some(main) = main {
        for (kind, extents) in out.iter_mut().enumerate() {
            push(extents, (main, at[main][kind], views[main].keys[kind].len()));
        }
    }
    out
}

fn push(extents: &mut Vec<Extent>, extent: Extent) {
    if extent.1 == extent.2 {
        return;
    }
    match extents.last_mut() {
        Some(last) if last.0 == extent.0 && last.2 == extent.1 => last.2 = extent.2,
        _ => extents.push(extent),
    }
}

/// Kinds by their place in [`FactKind::ALL`].
const KINDS: usize = FactKind::ALL.len();
const CUSTOMERS: usize = 0;
const ORDERS: usize = 1;
const LINES: usize = 2;
const REFUNDS: usize = 3;
const CANCELLATIONS: usize = 4;
const WITHDRAWALS: usize = 5;
/// This one and all after it.
const TOUCHPOINTS: usize = 6;

fn place(kind: FactKind) -> usize {
    FactKind::ALL.iter().position(|other| *other == kind).unwrap_or_default()
}

/// Slices of the columns that merging looks at; empty where a run lacks the kind.
struct RunView<'a> {
    keys: [&'a [u64]; KINDS],
    versions: [&'a [i64]; KINDS],
    commits: [&'a [u32]; KINDS],
    order_keys: [Option<&'a arrow::array::UInt64Array>; KINDS],
    fact_keys: [&'a [u64]; KINDS],
    at: [&'a [i64]; KINDS],
    documents: [Option<&'a arrow::array::BooleanArray>; KINDS],
    dated: [Option<&'a arrow::array::BooleanArray>; KINDS],
    /// Of customers.
    touched: Option<&'a arrow::array::BooleanArray>,
}

impl<'a> RunView<'a> {
    fn of(run: &'a RunRows) -> RunView<'a> {
        let rows: [Option<&RecordBatch>; KINDS] = FactKind::ALL.map(|kind| run.of(kind));
        let of = |kind: usize, name: &str| rows[kind].and_then(|rows| rows.column_by_name(name));
        RunView {
            keys: std::array::from_fn(|kind| rows[kind].map_or(&[][..], keys_of)),
            versions: std::array::from_fn(|kind| of(kind, "version").map_or(&[][..], |c| c.as_primitive::<Int64Type>().values())),
            commits: std::array::from_fn(|kind| of(kind, "commit").map_or(&[][..], |c| c.as_primitive::<UInt32Type>().values())),
            order_keys: std::array::from_fn(|kind| {
                // A cart may know its order, and lies by itself all the same.
                rows[kind].filter(|_| kind < TOUCHPOINTS && of(kind, "order_key").is_some()).map(|rows| columns::keys(rows, "order_key"))
            }),
            fact_keys: std::array::from_fn(|kind| {
                let name = match kind {
                    LINES => "line_key",
                    REFUNDS => "refund_key",
                    WITHDRAWALS | TOUCHPOINTS.. => "fact_key",
                    _ => "order_key",
                };
                rows[kind].filter(|_| of(kind, name).is_some()).map_or(&[][..], |rows| columns::keys(rows, name).values())
            }),
            at: std::array::from_fn(|kind| {
                rows[kind].filter(|_| of(kind, "at").is_some()).map_or(&[][..], |rows| columns::instants(rows, "at").values())
            }),
            documents: std::array::from_fn(|kind| {
                rows[kind].filter(|_| of(kind, "document").is_some()).map(|rows| columns::flags(rows, "document"))
            }),
            dated: std::array::from_fn(|kind| rows[kind].filter(|_| of(kind, "dated").is_some()).map(|rows| columns::flags(rows, "dated"))),
            touched: rows[CUSTOMERS].filter(|_| of(CUSTOMERS, "touched").is_some()).map(|rows| columns::flags(rows, "touched")),
        }
    }
}

/// A row of one kind, with what decides about it.
#[derive(Clone, Copy)]
struct Candidate {
    run: usize,
    row: usize,
    fact: u64,
    order: u64,
    version: i64,
    commit: u32,
    at: i64,
    document: bool,
    dated: bool,
    touched: bool,
}

fn settle_customer(key: u64, views: &[RunView<'_>], own: &[[Range<usize>; KINDS]], out: &mut [Vec<Extent>]) {
    // Facts that went to another customer: hidden where an earlier commit wrote them.
    let mut withdrawn: HashMap<u64, u32> = HashMap::new();
    for (view, own) in views.iter().zip(own) {
        for row in own[WITHDRAWALS].clone() {
            let until = withdrawn.entry(view.fact_keys[WITHDRAWALS][row]).or_default();
            *until = (*until).max(view.commits[WITHDRAWALS][row]);
        }
    }
    let candidates = |kind: usize| -> Vec<Candidate> {
        let mut all = Vec::new();
        for (run, (view, own)) in views.iter().zip(own).enumerate() {
            for row in own[kind].clone() {
                let order = view.order_keys[kind].filter(|keys| keys.is_valid(row)).map_or(0, |keys| keys.value(row));
                let candidate = Candidate {
                    run,
                    row,
                    fact: view.fact_keys[kind].get(row).copied().unwrap_or_default(),
                    order,
                    version: view.versions[kind][row],
                    commit: view.commits[kind][row],
                    at: view.at[kind].get(row).copied().unwrap_or_default(),
                    document: view.documents[kind].is_some_and(|flags| flags.value(row)),
                    dated: view.dated[kind].is_none_or(|flags| flags.value(row)),
                    touched: kind == CUSTOMERS && view.touched.is_some_and(|flags| flags.is_valid(row) && flags.value(row)),
                };
                let hidden = |key: u64| key != 0 && withdrawn.get(&key).is_some_and(|until| *until > candidate.commit);
                // What touchpoints said of a guest is gone when all of them are.
                if if kind == CUSTOMERS { !(candidate.touched && hidden(key)) } else { !(hidden(candidate.fact) || hidden(order)) } {
                    all.push(candidate);
                }
            }
        }
        all
    };
    let mut customers = candidates(CUSTOMERS);
    // What orders say of their buyer, and then what the source states, of which only the newest holds.
    customers.sort_by_key(|c| (c.document, c.version, c.commit, c.run, c.row));
    let stated = customers.partition_point(|c| !c.document);
    if customers.len() > stated + 1 {
        customers.drain(stated..customers.len() - 1);
    }

    let mut orders = candidates(ORDERS);
    orders.sort_by_key(|c| (c.order, Reverse(c.version), c.at, Reverse(c.commit)));
    orders.dedup_by_key(|c| c.order);
    let winners: HashMap<u64, (i64, i64, bool)> = orders.iter().map(|c| (c.order, (c.at, c.version, c.document))).collect();
    orders.sort_by_key(|c| (c.at, c.order));

    // What came inside an older document than the order's newest is gone with it.
    let stale =
        |c: &Candidate| winners.get(&c.order).is_some_and(|(_, version, document)| *document && c.document && c.version != *version);
    let mut lines = candidates(LINES);
    lines.retain(|c| !stale(c));
    lines.sort_by_key(|c| (c.fact, Reverse((c.version, c.commit, c.document))));
    lines.dedup_by_key(|c| c.fact);
    // A line happens when its order does; looked up once a line, and not at each comparison.
    for line in &mut lines {
        line.at = winners.get(&line.order).map_or(line.at, |(at, ..)| *at);
    }
    lines.sort_by_key(|c| (c.at, c.order, c.fact));

    let mut refunds = candidates(REFUNDS);
    refunds.sort_by_key(|c| (c.fact, Reverse((c.version, c.dated, c.commit))));
    refunds.dedup_by_key(|c| c.fact);
    let moment = |c: &Candidate| if c.dated { c.at } else { winners.get(&c.order).map_or(c.at, |(at, ..)| *at) };
    refunds.sort_by_key(|c| (moment(c), c.fact));

    let mut cancellations = candidates(CANCELLATIONS);
    cancellations.retain(|c| !stale(c));
    cancellations.sort_by_key(|c| (c.order, Reverse((c.version, c.dated, c.commit, c.document))));
    cancellations.dedup_by_key(|c| c.order);
    cancellations.sort_by_key(|c| (moment(c), c.order));

    // Whom no source states and who has no facts left is nobody any more: the facts went to somebody else.
    if orders.is_empty() && refunds.is_empty() && customers.iter().all(|c| !c.document && !c.touched) {
        customers.clear();
    }
    for (extents, settled) in out.iter_mut().zip([customers, orders, lines, refunds, cancellations]) {
        for candidate in settled {
            push(extents, (candidate.run, candidate.row, candidate.row + 1));
        }
    }
    for (kind, extents) in out.iter_mut().enumerate().skip(TOUCHPOINTS) {
        if own.iter().all(|own| own[kind].is_empty()) {
            continue;
        }
        let mut facts = candidates(kind);
        facts.sort_by_key(|c| (c.fact, Reverse((c.version, c.at, c.commit))));
        facts.dedup_by_key(|c| c.fact);
        facts.sort_by_key(|c| (c.at, c.fact));
        for fact in facts {
            push(extents, (fact.run, fact.row, fact.row + 1));
        }
    }
}

/// The rows of the extents, in their order.
fn gather(sources: &[Option<&RecordBatch>], extents: &[Extent]) -> Result<Option<RecordBatch>, StoreError> {
    let present: Vec<usize> = (0..sources.len()).filter(|source| sources[*source].is_some()).collect();
    let Some(first) = present.first().and_then(|source| sources[*source]) else { return Ok(None) };
    let schema: SchemaRef = first.schema();
    let rows: usize = extents.iter().map(|(_, from, to)| to - from).sum();
    let place: Vec<usize> = (0..sources.len()).map(|source| present.iter().position(|p| *p == source).unwrap_or(0)).collect();
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for column in 0..schema.fields().len() {
        let data: Vec<_> = present.iter().filter_map(|source| sources[*source]).map(|rows| rows.column(column).to_data()).collect();
        let mut out = MutableArrayData::new(data.iter().collect(), false, rows);
        for (source, from, to) in extents {
            out.try_extend(place[*source], *from, *to)?;
        }
        arrays.push(make_array(out.freeze()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(Some(RecordBatch::try_new_with_options(schema, arrays, &options)?))
}

/// Lines, undated refunds and undated cancellations happen when their order does, also when its time was corrected.
fn follow_orders(batch: &mut CustomerBatch) -> Result<(), StoreError> {
    let order_at = columns::instants(&batch.orders.rows, "at").values().clone();
    for (facts, links) in [
        (&mut batch.lines, &batch.line_order),
        (&mut batch.refunds, &batch.refund_order),
        (&mut batch.cancellations, &batch.cancellation_order),
    ] {
        let rows = &facts.rows;
        if rows.num_rows() == 0 || rows.column_by_name("at").is_none() {
            continue;
        }
        let own = columns::instants(rows, "at").values();
        let dated = rows.column_by_name("dated").map(|column| column.as_boolean());
        let follows = |row: usize| links[row] != NO_ORDER && dated.is_none_or(|dated| !dated.value(row));
        let at = (0..rows.num_rows()).map(|row| if follows(row) { order_at[links[row] as usize] } else { own[row] });
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from_iter_values(at).with_timezone(quintile_model::records::UTC_OFFSET));
        let mut arrays = rows.columns().to_vec();
        arrays[rows.schema().index_of("at")?] = at;
        facts.rows = RecordBatch::try_new(rows.schema(), arrays)?;
    }
    Ok(())
}
