//! What the store lacks for a segment: facts of a kind, a column of facts that no fact has, an attribute that nobody has.
//!
//! A segment that rests on such is not empty; nobody knows who is in it. What is looked at is what was known at the moment that is
//! asked for: a segment over messages says nothing of the years before the first of them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal64Type, Float64Type, Int64Type, TimestampMicrosecondType};
use quintile_model::batch::{Facts, NO_ORDER};
use quintile_model::{CustomerBatch, FactKind, Instant, Touchpoint};
use quintile_profile::columns;
use quintile_segment::RestsOn;
use quintile_segment::vocabulary::functions::FactTable;
use quintile_store::Snapshot;
use std::collections::BTreeSet;

/// What says something of discounts. Where the source states none these are not missing but nought, or one.
const OF_DISCOUNTS: [&str; 4] = ["amount_discounted", "discounted_order_share", "coupon_order_share", "full_price_unit_share"];

/// Columns in which somebody, or some fact, has a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    attributes: BTreeSet<String>,
    fields: BTreeSet<(FactTable, &'static str)>,
    /// Kinds of facts of which there are some, and those that were looked for.
    kinds: BTreeSet<FactKind>,
    looked: BTreeSet<FactKind>,
    discounts: bool,
}

impl Seen {
    /// What of it profile rows have.
    pub fn rows(&mut self, wanted: &RestsOn, rows: &RecordBatch) {
        for name in &wanted.attributes {
            self.discounts |=
                OF_DISCOUNTS.contains(&name.as_str()) && rows.column_by_name(name).is_some_and(|array| is_discounted(name, array));
            // Of texts that no fact has, nobody has two different ones, nor one.
            let known = |array: &ArrayRef| if name.starts_with("distinct_") { any_count(array) } else { has_value(array) };
            if !self.attributes.contains(name) && rows.column_by_name(name).is_some_and(known) {
                self.attributes.insert(name.clone());
            }
        }
    }

    /// What of it the facts of a batch have that happened before a moment.
    pub fn facts(&mut self, wanted: &RestsOn, batch: &CustomerBatch, before: Instant) {
        let had = Had { batch, before };
        for kind in kinds_in(wanted) {
            if let Some(some) = had.any(kind) {
                self.looked.insert(kind);
                if some {
                    self.kinds.insert(kind);
                }
            }
        }
        for (table, name) in &wanted.fields {
            if *name == "discount" && !self.discounts {
                self.discounts = had.one(FactTable::Orders, "discount", &is_money)
                    || had.one(FactTable::Sales, "discount", &is_money)
                    || had.one(FactTable::Orders, "discount_codes", &is_value);
            }
            if !self.fields.contains(&(*table, *name)) && had.one(*table, name, &is_value) {
                self.fields.insert((*table, *name));
            }
        }
    }

    pub fn join(&mut self, other: Seen) {
        self.attributes.extend(other.attributes);
        self.fields.extend(other.fields);
        self.kinds.extend(other.kinds);
        self.looked.extend(other.looked);
        self.discounts |= other.discounts;
    }
}

/// The facts of a batch that happened before a moment.
struct Had<'a> {
    batch: &'a CustomerBatch,
    before: Instant,
}

impl Had<'_> {
    /// Is there one of a kind? `None` where none of the kind were read.
    fn any(&self, kind: FactKind) -> Option<bool> {
        let table = match kind {
            FactKind::Orders => FactTable::Orders,
            FactKind::Lines => FactTable::Sales,
            FactKind::Refunds => FactTable::Refunds,
            FactKind::Touchpoint(kind) => FactTable::Of(kind),
            FactKind::Customers | FactKind::Cancellations | FactKind::Withdrawals => return None,
        };
        let facts = self.of(table)?;
        (facts.rows.num_columns() > 0).then(|| (0..facts.len()).any(|row| self.happened(table, row)))
    }

    /// Is there one with such a value in a column?
    fn one(&self, table: FactTable, name: &str, is: &dyn Fn(&ArrayRef, usize) -> bool) -> bool {
        let Some(array) = super::words::column_of(self.batch, table, name) else { return false };
        array.null_count() < array.len() && (0..array.len()).any(|row| is(array, row) && self.happened(table, row))
    }

    fn of(&self, table: FactTable) -> Option<&Facts> {
        match table {
            FactTable::Orders => Some(&self.batch.orders),
            FactTable::Sales | FactTable::Returns => Some(&self.batch.lines),
            FactTable::Refunds => Some(&self.batch.refunds),
            FactTable::Of(kind) => self.batch.touchpoints(kind),
            FactTable::Visits => self.batch.touchpoints(Touchpoint::Events),
            FactTable::Nothing => None,
        }
    }

    /// A line happens when its order does. What has no time that was read is taken to have happened.
    fn happened(&self, table: FactTable, row: usize) -> bool {
        let (facts, row) = match table {
            FactTable::Sales | FactTable::Returns => match self.batch.line_order.get(row) {
                Some(order) if *order != NO_ORDER => (Some(&self.batch.orders), *order as usize),
                _ => (Some(&self.batch.lines), row),
            },
            _ => (self.of(table), row),
        };
        let at = facts.and_then(|facts| facts.rows.column_by_name("at")).and_then(|at| at.as_primitive_opt::<TimestampMicrosecondType>());
        at.is_none_or(|at| at.is_null(row) || at.value(row) < self.before.0)
    }
}

/// All that several segments look at.
pub(super) fn together(all: &[RestsOn]) -> RestsOn {
    let mut joined = RestsOn::default();
    for one in all {
        joined.attributes.extend(one.attributes.iter().cloned());
        joined.tables.extend(&one.tables);
        joined.fields.extend(&one.fields);
    }
    joined
}

/// What the store lacks for a segment, each in words: `events`, `category of lines`, `gender of customers`.
pub(super) fn lacks(rests: &RestsOn, seen: &Seen, snapshot: &Snapshot) -> Vec<String> {
    let has = |kind: FactKind| snapshot.rows(kind) > 0 && (!seen.looked.contains(&kind) || seen.kinds.contains(&kind));
    let mut lacks: BTreeSet<String> = BTreeSet::new();
    let mut kinds: BTreeSet<&'static str> = BTreeSet::new();
    for table in &rests.tables {
        if let Some(kind) = kind_of(*table).filter(|kind| !has(*kind)) {
            kinds.insert(kind.name());
        }
        if *table == FactTable::Nothing {
            lacks.insert("facts that no source brings yet".to_owned());
        }
    }
    let of_discounts = rests.attributes.iter().any(|name| OF_DISCOUNTS.contains(&name.as_str()));
    if !seen.discounts && (of_discounts || rests.fields.iter().any(|(_, name)| *name == "discount")) {
        lacks.insert("discounts".to_owned());
    }
    for (table, name) in rests.fields.iter().filter(|field| !seen.fields.contains(field) && field.1 != "discount") {
        match kind_of(*table) {
            Some(kind) if !has(kind) => kinds.insert(kind.name()),
            Some(kind) => lacks.insert(format!("{name} of {}", kind.name())),
            None => continue,
        };
    }
    for name in &rests.attributes {
        let needed = columns::find(name).map(|column| kinds_of(column.needs)).unwrap_or_default();
        let missing: Vec<FactKind> = needed.iter().copied().filter(|kind| !has(*kind)).collect();
        match () {
            // A column over several kinds says something as long as there are some of one.
            () if !needed.is_empty() && missing.len() == needed.len() && !is_said_elsewhere(name) => {
                kinds.extend(missing.iter().map(|kind| kind.name()));
            }
            () if !seen.attributes.contains(name) => {
                lacks.insert(match columns::find(name).map(|column| column.missing) {
                    Some(why) if why.contains("value model") => "a value model (`quintile value fit`)".to_owned(),
                    Some(why) if why.contains("clusters") => "clusters (`quintile clusters fit`)".to_owned(),
                    _ => format!("{name} of customers"),
                });
            }
            () => {}
        }
    }
    kinds.into_iter().map(str::to_owned).chain(lacks).collect()
}

/// The kinds of facts that a segment looks at, itself or by attributes that are made of them.
fn kinds_in(rests: &RestsOn) -> BTreeSet<FactKind> {
    let of_tables = rests.tables.iter().chain(rests.fields.iter().map(|(table, _)| table)).filter_map(|table| kind_of(*table));
    let of_attributes = rests.attributes.iter().filter_map(|name| columns::find(name)).flat_map(|column| kinds_of(column.needs));
    of_tables.chain(of_attributes).collect()
}

/// Is there another source of the same? The totals of orders go before their lines, and what is known of customers before what they did.
fn is_said_elsewhere(name: &str) -> bool {
    let needs = columns::find(name).map(|column| column.needs).unwrap_or_default();
    let all = || needs.iter().flat_map(|group| group.iter());
    let by_lines = all().any(|need| need.starts_with("lines."));
    all().any(|need| match by_lines {
        true => *need == "orders.total",
        false => need.starts_with("customers.") && *need != "customers.registered",
    })
}

/// The kinds of facts beside orders and refunds that a column is made of.
fn kinds_of(needs: &[&[&str]]) -> Vec<FactKind> {
    let beside = || Touchpoint::ALL.into_iter().map(FactKind::Touchpoint).chain([FactKind::Lines]);
    let mut kinds: Vec<FactKind> = Vec::new();
    for need in needs.iter().flat_map(|group| group.iter()) {
        let kind = need.split_once('.').and_then(|(kind, _)| beside().find(|known| known.name() == kind));
        kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
    }
    kinds
}

fn kind_of(table: FactTable) -> Option<FactKind> {
    match table {
        FactTable::Orders => Some(FactKind::Orders),
        FactTable::Sales | FactTable::Returns => Some(FactKind::Lines),
        FactTable::Refunds => Some(FactKind::Refunds),
        FactTable::Of(kind) => Some(FactKind::Touchpoint(kind)),
        FactTable::Visits => Some(FactKind::Touchpoint(Touchpoint::Events)),
        FactTable::Nothing => None,
    }
}

/// Does a column of discounts say that there was one?
fn is_discounted(name: &str, array: &ArrayRef) -> bool {
    let shares = array.as_primitive_opt::<Float64Type>();
    match name {
        "full_price_unit_share" => shares.is_some_and(|shares| shares.iter().flatten().any(|share| share < 1.0)),
        _ => any_money(array) || shares.is_some_and(|shares| shares.iter().flatten().any(|share| share > 0.0)),
    }
}

fn any_count(array: &ArrayRef) -> bool {
    array.as_primitive_opt::<Int64Type>().is_some_and(|counts| counts.iter().flatten().any(|count| count > 0))
}

fn is_money(array: &ArrayRef, row: usize) -> bool {
    array.as_primitive_opt::<Decimal64Type>().is_some_and(|amounts| amounts.is_valid(row) && amounts.value(row) != 0)
}

fn is_value(array: &ArrayRef, row: usize) -> bool {
    match array.data_type() {
        DataType::List(_) => array.as_list_opt::<i32>().is_some_and(|list| list.is_valid(row) && list.value_length(row) > 0),
        _ => array.is_valid(row),
    }
}

fn any_money(array: &ArrayRef) -> bool {
    array.as_primitive_opt::<Decimal64Type>().is_some_and(|amounts| amounts.iter().flatten().any(|amount| amount != 0))
}

fn has_value(array: &ArrayRef) -> bool {
    match array.data_type() {
        DataType::List(_) => array.as_list_opt::<i32>().is_some_and(|list| !list.values().is_empty()),
        _ => array.null_count() < array.len(),
    }
}
