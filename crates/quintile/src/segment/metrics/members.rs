//! Who is in which group at each moment, and what is read of each customer.

use super::moments::{AtMoments, PartAtMoments};
use crate::Error;
use crate::profile::named;
use crate::segment::keys_of;
use crate::workspace::Workspace;
use arrow::array::{Array, ArrayRef, AsArray, Decimal64Array, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::{Decimal64Type, Float64Type, Int64Type};
use quintile_insight::metrics::{Member, Sums};
use quintile_insight::quality::overlap::in_both;
use quintile_model::AsOf;
use quintile_model::columns::repeated;
use quintile_profile::columns::ColumnType;
use quintile_profile::{Column, columns};
use std::collections::HashMap;

/// What tells customers apart.
pub(super) enum Groups {
    /// A column in which each customer has one text at the most.
    Classes {
        column: &'static Column,
        /// Classes with their names, in order, where they are known beforehand.
        listed: Option<Vec<(String, String)>>,
    },
    Segments {
        /// Id and name of each.
        names: Vec<(String, String)>,
        /// By moment, then by segment: keys of the members, ascending.
        members: Vec<Vec<Vec<u64>>>,
        /// What the store lacks for each.
        lacks: Vec<Vec<String>>,
    },
}

/// Sums of the moments that were wanted.
#[derive(Default)]
pub(super) struct SumsOf {
    /// By moment, then by group.
    pub groups: Vec<HashMap<String, Sums>>,
    /// By moment, of all customers.
    pub everybody: Vec<Sums>,
}

/// What is read of each customer.
const READ: [&str; 17] = [
    "life_stage",
    "amount_spent",
    "amount_spent_gross",
    "amount_refunded",
    "number_of_orders",
    "orders_without_rate",
    "orders_in_365d",
    "orders_in_30d",
    "predicted_clv",
    "messages_received_90d",
    "messages_opened_90d",
    "messages_clicked_90d",
    "visits_30d",
    "tickets",
    "csat",
    "nps",
    "_winning_cost",
];

/// Customers who can still be lost: those who bought and are not inactive.
const ACTIVE: [&str; 4] = ["first-time-buyers", "active-repeat", "loyal", "at-risk-repeat"];
const INACTIVE: [&str; 2] = ["inactive-first-time", "inactive-repeat"];

impl Workspace {
    /// The classes of a partition of the catalogue, or of any other column of texts that repeat.
    pub(super) fn classes_of_column(&self, name: &str) -> Result<Groups, Error> {
        let name = name.replace('-', "_");
        if name == "rfm_group" || self.catalog.partition(&name).is_ok() {
            let partition = self.partition(&name)?;
            let listed = partition.classes.into_iter().zip(partition.names).collect();
            let column = named(&[partition.column])?;
            return match column.first() {
                Some(column) => Ok(Groups::Classes { column, listed: Some(listed) }),
                None => Err(Error::Usage(format!("`{name}` is no column"))),
            };
        }
        let column = named(std::slice::from_ref(&name))?;
        match column.first() {
            Some(column) if column.kind == ColumnType::RepeatedText => Ok(Groups::Classes { column, listed: None }),
            _ => Err(Error::Usage(format!(
                "`{name}` puts customers in no classes; ask for life_stage, retention_state, rfm_group, buying_group, core_group, or a column of words such as country or first_channel"
            ))),
        }
    }
}

impl Groups {
    /// What the first column of an answer is called.
    pub fn title(&self) -> &str {
        match self {
            Groups::Classes { column, .. } => column.name,
            Groups::Segments { .. } => "segment",
        }
    }

    /// Churn always rests on stages; whether what is shown does, is said of classes alone.
    pub fn rests_on_thresholds(&self) -> bool {
        matches!(self, Groups::Classes { column, .. } if column.second_pass())
    }

    /// Columns of the profile that are read.
    pub fn columns(&self) -> Result<Vec<&'static Column>, Error> {
        let shown: Vec<String> = READ.iter().filter(|name| !name.starts_with('_')).map(|name| (*name).to_owned()).collect();
        let mut all = named(&shown)?;
        all.extend([columns::winning_cost(), columns::customer_key()]);
        if let Groups::Classes { column, .. } = self
            && !all.iter().any(|known| known.name == column.name)
        {
            all.push(column);
        }
        Ok(all)
    }

    /// The sums of each group at each wanted moment. A moment a month earlier tells who was active before.
    pub fn sums(&self, read: &AtMoments, wanted: &[AsOf]) -> Result<SumsOf, Error> {
        let place = |as_of: &AsOf| read.moments.iter().position(|known| known.instant == as_of.instant);
        let places: Vec<usize> = wanted.iter().filter_map(place).collect();
        let before: Vec<Option<usize>> = wanted.iter().map(|as_of| super::month_before(as_of).and_then(|month| place(&month))).collect();
        let parts = read.each(|part| self.of_part(part, read.moments.len(), &places, &before))?;
        let mut all = SumsOf { groups: vec![HashMap::new(); places.len()], everybody: vec![Sums::default(); places.len()] };
        for part in parts {
            all.everybody.iter_mut().zip(&part.everybody).for_each(|(own, other)| own.merge(other));
            for (own, other) in all.groups.iter_mut().zip(part.groups) {
                other.into_iter().for_each(|(id, sums)| own.entry(id).or_default().merge(&sums));
            }
        }
        Ok(all)
    }

    fn of_part(&self, part: &PartAtMoments<'_>, moments: usize, places: &[usize], before: &[Option<usize>]) -> Result<SumsOf, Error> {
        let mut found = SumsOf { groups: vec![HashMap::new(); places.len()], everybody: vec![Sums::default(); places.len()] };
        // Of each moment that another looks back at: the keys of active members by group, under no name of all customers.
        let mut active: Vec<HashMap<Option<String>, Vec<u64>>> = vec![HashMap::new(); moments];
        for moment in 0..moments {
            let at = places.iter().position(|place| *place == moment);
            let is_looked_back_at = before.contains(&Some(moment));
            if at.is_none() && !is_looked_back_at {
                continue;
            }
            let rows = part.rows(moment)?;
            let keys = keys_of(&rows)?;
            let members = Members::of(&rows)?;
            let stages = Stages::of(&rows);
            let groups = self.groups_of(&rows, &keys, moment);
            if is_looked_back_at {
                let of_moment = &mut active[moment];
                for (row, key) in keys.iter().enumerate().filter(|(row, _)| stages.is_active(*row)) {
                    of_moment.entry(None).or_default().push(*key);
                    groups.each(row, |id| of_moment.entry(Some(id.to_owned())).or_default().push(*key));
                }
            }
            let Some(at) = at else { continue };
            let (everybody, of_groups) = (&mut found.everybody[at], &mut found.groups[at]);
            let mut sums: Vec<Sums> = vec![Sums::default(); groups.ids.len()];
            for row in 0..rows.num_rows() {
                let member = members.get(row);
                everybody.add(&member);
                groups.each_place(row, |place| sums[place].add(&member));
            }
            for (id, sums) in groups.ids.iter().zip(&sums).filter(|(_, sums)| sums.customers > 0) {
                of_groups.entry(id.clone()).or_default().merge(sums);
            }
            if let Some(before) = before.get(at).copied().flatten() {
                let inactive: Vec<u64> = (0..keys.len()).filter(|row| stages.is_inactive(*row)).map(|row| keys[row]).collect();
                for (id, active) in &active[before] {
                    let lost = in_both(active, &inactive);
                    match id {
                        None => everybody.add_churn(active.len() as u64, lost),
                        Some(id) => of_groups.entry(id.clone()).or_default().add_churn(active.len() as u64, lost),
                    }
                }
            }
        }
        Ok(found)
    }

    /// Which groups each row is of.
    fn groups_of(&self, rows: &RecordBatch, keys: &[u64], moment: usize) -> GroupsOfRows {
        match self {
            Groups::Classes { column, .. } => {
                let texts = repeated(rows, column.name);
                let mut ids: Vec<String> = texts.values().iter().map(|text| text.unwrap_or(UNSAID).to_owned()).collect();
                ids.push(UNSAID.to_owned());
                let unsaid = ids.len() - 1;
                let of_rows = (0..rows.num_rows()).map(|row| texts.code(row).unwrap_or(unsaid)).collect();
                GroupsOfRows { ids, of_rows: OfRows::One(of_rows) }
            }
            Groups::Segments { names, members, .. } => {
                let of_moment = &members[moment];
                let of = |key: &u64| (0..of_moment.len()).filter(|at| of_moment[*at].binary_search(key).is_ok()).collect();
                let of_rows = OfRows::Several(keys.iter().map(of).collect());
                GroupsOfRows { ids: names.iter().map(|(id, _)| id.clone()).collect(), of_rows }
            }
        }
    }
}

/// The class of customers of whom the column says nothing.
const UNSAID: &str = "(not said)";

struct GroupsOfRows {
    ids: Vec<String>,
    of_rows: OfRows,
}

/// By row, places of ids.
enum OfRows {
    One(Vec<usize>),
    Several(Vec<Vec<usize>>),
}

impl GroupsOfRows {
    fn each_place(&self, row: usize, mut take: impl FnMut(usize)) {
        match &self.of_rows {
            OfRows::One(of_rows) => take(of_rows[row]),
            OfRows::Several(of_rows) => of_rows[row].iter().for_each(|place| take(*place)),
        }
    }

    fn each(&self, row: usize, mut take: impl FnMut(&str)) {
        self.each_place(row, |place| take(&self.ids[place]));
    }
}

/// Whether the stage of each row is one of the active, or one of the inactive.
struct Stages(Vec<(bool, bool)>);

impl Stages {
    fn of(rows: &RecordBatch) -> Stages {
        let stages = repeated(rows, "life_stage");
        let kinds: Vec<(bool, bool)> = stages
            .values()
            .iter()
            .map(|text| text.map_or((false, false), |stage| (ACTIVE.contains(&stage), INACTIVE.contains(&stage))))
            .collect();
        Stages((0..rows.num_rows()).map(|row| stages.code(row).map_or((false, false), |code| kinds[code])).collect())
    }

    fn is_active(&self, row: usize) -> bool {
        self.0[row].0
    }

    fn is_inactive(&self, row: usize) -> bool {
        self.0[row].1
    }
}

/// The figures of each row.
struct Members<'a> {
    counts: [&'a Int64Array; 9],
    amounts: [&'a Decimal64Array; 5],
    scores: [&'a Float64Array; 2],
}

impl Members<'_> {
    fn of(rows: &RecordBatch) -> Result<Members<'_>, Error> {
        let counts = |name: &str| column(rows, name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| lacking(name));
        let amounts = |name: &str| column(rows, name)?.as_primitive_opt::<Decimal64Type>().ok_or_else(|| lacking(name));
        let scores = |name: &str| column(rows, name)?.as_primitive_opt::<Float64Type>().ok_or_else(|| lacking(name));
        Ok(Members {
            counts: [
                counts("number_of_orders")?,
                counts("orders_without_rate")?,
                counts("orders_in_365d")?,
                counts("orders_in_30d")?,
                counts("messages_received_90d")?,
                counts("messages_opened_90d")?,
                counts("messages_clicked_90d")?,
                counts("visits_30d")?,
                counts("tickets")?,
            ],
            amounts: [
                amounts("amount_spent")?,
                amounts("amount_spent_gross")?,
                amounts("amount_refunded")?,
                amounts("predicted_clv")?,
                amounts("_winning_cost")?,
            ],
            scores: [scores("csat")?, scores("nps")?],
        })
    }

    fn get(&self, row: usize) -> Member {
        let count = |array: &Int64Array| if array.is_valid(row) { array.value(row).max(0) as u64 } else { 0 };
        let amount = |array: &Decimal64Array| array.is_valid(row).then(|| array.value(row));
        let score = |array: &Float64Array| array.is_valid(row).then(|| array.value(row));
        let [orders, orders_without_rate, orders_in_365d, orders_in_30d, received, opened, clicked, visits, tickets] =
            self.counts.map(count);
        let [spent, gross, refunded, predicted, winning_cost] = self.amounts.map(amount);
        let [csat, nps] = self.scores.map(score);
        Member {
            spent,
            gross,
            refunded,
            orders,
            orders_without_rate,
            orders_in_365d,
            predicted,
            received,
            opened,
            clicked,
            visited: visits > 0,
            ordered: orders_in_30d > 0,
            winning_cost,
            tickets,
            csat,
            nps,
        }
    }
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, Error> {
    rows.column_by_name(name).ok_or_else(|| lacking(name))
}

fn lacking(name: &str) -> Error {
    Error::Answer(format!("the profile lacks `{name}`"))
}
