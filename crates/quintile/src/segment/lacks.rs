//! What the store lacks for a segment: facts of a kind, a column of facts that no fact has, an attribute that nobody has.
//!
//! A segment that rests on such is not empty; nobody knows who is in it. Whether facts were there at the moment that is asked for
//! is not looked at, but whether there are any at all.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal64Type, Float64Type, Int64Type};
use quintile_model::{CustomerBatch, FactKind, Touchpoint};
use quintile_profile::columns;
use quintile_segment::RestsOn;
use quintile_segment::vocabulary::functions::FactTable;
use quintile_store::Snapshot;
use std::collections::BTreeSet;

/// What says something of discounts. Where the source states none these are not missing but nought, or one.
const OF_DISCOUNTS: [&str; 4] = ["amount_discounted", "discounted_order_share", "coupon_order_share", "full_price_unit_share"];

/// Columns in which somebody, or some fact, has a value.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    attributes: BTreeSet<String>,
    fields: BTreeSet<(FactTable, &'static str)>,
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

    /// What of it the facts of a batch have.
    pub fn facts(&mut self, wanted: &RestsOn, batch: &CustomerBatch) {
        for (table, name) in &wanted.fields {
            if *name == "discount" && !self.discounts {
                let found = |table, name| super::words::column_of(batch, table, name);
                self.discounts = found(FactTable::Orders, "discount").is_some_and(any_money)
                    || found(FactTable::Sales, "discount").is_some_and(any_money)
                    || found(FactTable::Orders, "discount_codes").is_some_and(has_value);
            }
            if !self.fields.contains(&(*table, *name)) && super::words::column_of(batch, *table, name).is_some_and(has_value) {
                self.fields.insert((*table, *name));
            }
        }
    }

    pub fn join(&mut self, other: Seen) {
        self.attributes.extend(other.attributes);
        self.fields.extend(other.fields);
        self.discounts |= other.discounts;
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
    let has = |kind: FactKind| snapshot.rows(kind) > 0;
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

fn any_money(array: &ArrayRef) -> bool {
    array.as_primitive_opt::<Decimal64Type>().is_some_and(|amounts| amounts.iter().flatten().any(|amount| amount != 0))
}

fn has_value(array: &ArrayRef) -> bool {
    match array.data_type() {
        DataType::List(_) => array.as_list_opt::<i32>().is_some_and(|list| !list.values().is_empty()),
        _ => array.null_count() < array.len(),
    }
}
