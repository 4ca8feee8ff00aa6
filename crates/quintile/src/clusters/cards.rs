//! Clusters on cards: name, size, money, and the medians of what they were found by.

use super::people::{Circle, People};
use super::stored::{Stored, StoredTry};
use crate::Error;
use crate::header::{counted, grouped};
use crate::median::median;
use crate::table::{Answer, AnswerColumn};
use quintile_model::{Money, money::UNIT};
use quintile_profile::{ONE_ORDER, columns::ColumnType};

/// A row for each cluster, by its number, and one for customers with a single order.
pub(super) fn cards(people: People, stored: &Stored, mut notes: Vec<String>) -> Result<Answer, Error> {
    let labels = people.labels(&stored.grouping());
    let mut circles = vec![Circle::default(); stored.clusters.len()];
    labels.iter().zip(&people.spent).for_each(|(label, spent)| circles[*label].add(*spent));
    let mut order: Vec<usize> = (0..stored.clusters.len()).collect();
    order.sort_by_key(|place| stored.clusters[*place].number);
    let all = people.count() as u64 + people.one_order.customers;
    let revenue = circles.iter().map(|circle| circle.spent).sum::<i128>() + people.one_order.spent;
    let one = (people.one_order.customers > 0).then_some(&people.one_order);
    let rows: Vec<&Circle> = order.iter().map(|place| &circles[*place]).chain(one).collect();
    let of = |text: &dyn Fn(usize) -> String, last: &str| -> Vec<Option<String>> {
        order.iter().map(|place| Some(text(*place))).chain(one.map(|_| Some(last.to_owned()))).collect()
    };
    let share = |part: f64, whole: f64| (whole > 0.0).then_some(part / whole);
    let numbers = order.iter().map(|place| Some(u64::from(stored.clusters[*place].number))).chain(one.map(|_| None));
    let mut table = vec![
        AnswerColumn::text("cluster", of(&|place| stored.clusters[place].id.clone(), ONE_ORDER).into_iter()),
        AnswerColumn::count("number", numbers),
        AnswerColumn::text("name", of(&|place| stored.clusters[place].name.clone(), "Ordered once").into_iter()),
        AnswerColumn::count("customers", rows.iter().map(|circle| Some(circle.customers))),
        AnswerColumn::share("customer_share", rows.iter().map(|circle| share(circle.customers as f64, all as f64))),
        AnswerColumn::amount("revenue", rows.iter().map(|circle| circle.revenue())),
        AnswerColumn::share("revenue_share", rows.iter().map(|circle| share(circle.spent as f64, revenue as f64))),
    ];
    for (at, column) in people.columns.iter().enumerate() {
        let of_cluster = |place: usize| {
            let members = labels.iter().zip(&people.values[at]).filter(|(label, _)| **label == place);
            median(members.map(|(_, value)| *value).collect())
        };
        let medians: Vec<Option<f64>> =
            order.iter().map(|place| of_cluster(*place)).chain(one.map(|_| median(people.of_one_order[at].clone()))).collect();
        let name = if column.name.starts_with("median_") { column.name.to_owned() } else { format!("median_{}", column.name) };
        table.push(match column.kind {
            // Halves of the smallest unit are rounded away.
            ColumnType::Amount => {
                AnswerColumn::amount(&name, medians.iter().map(|of| of.map(|of| Money((of * UNIT as f64).round() as i64))))
            }
            _ => AnswerColumn::number(&name, medians.into_iter()),
        });
    }
    for kinds in &people.kinds {
        let of_clusters = order.iter().map(|place| kinds.commonest(kinds.of_group(&labels, *place)));
        let of_one = one.map(|_| kinds.commonest(kinds.of_one_order()));
        table.push(AnswerColumn::text(&format!("commonest_{}", kinds.column.name), of_clusters.chain(of_one)));
    }
    notes.extend(prepared(stored));
    Answer::new(people.header, table, notes)
}

/// How each k did.
pub(super) fn every_k(tried: &[StoredTry], chosen: Option<usize>) -> Vec<AnswerColumn> {
    vec![
        AnswerColumn::count("k", tried.iter().map(|of| Some(of.k as u64))),
        AnswerColumn::number("silhouette", tried.iter().map(|of| Some(of.silhouette))),
        AnswerColumn::number("stability", tried.iter().map(|of| Some(of.stability))),
        AnswerColumn::share("smallest_share", tried.iter().map(|of| Some(of.smallest_share))),
        AnswerColumn::number("bic", tried.iter().map(|of| Some(of.bic))),
        AnswerColumn::text("verdict", tried.iter().map(|of| Some(of.verdict(chosen)))),
    ]
}

/// What was done to the columns, in words.
fn prepared(stored: &Stored) -> Vec<String> {
    let of = |logarithm: bool| -> Vec<&str> {
        stored.columns.iter().filter(|column| column.logarithm == logarithm).map(|column| column.name.as_str()).collect()
    };
    let mut by = Vec::new();
    if !of(true).is_empty() {
        by.push(format!("{} by logarithm", of(true).join(", ")));
    }
    if !of(false).is_empty() {
        by.push(of(false).join(", "));
    }
    if !stored.kinds.is_empty() {
        let names: Vec<&str> = stored.kinds.iter().map(|of| of.name.as_str()).collect();
        by.push(format!("{} as kinds, of which one that differs weighs {:.2} (k-prototypes)", names.join(", "), stored.gamma));
    }
    let mut notes =
        vec![format!("grouped by {}; numbers cut at the 1st and 99th percentile, scaled by median and quartiles", by.join("; "))];
    for left in &stored.left_out {
        notes.push(match &left.like {
            None => format!("`{}` is left out: in it all customers are alike, or nobody has a value", left.name),
            Some((column, correlation)) => {
                format!("`{}` is left out: it says the same as `{column}` (correlation {correlation:.2})", left.name)
            }
        });
    }
    for column in stored.columns.iter().filter(|column| column.missing > 0) {
        notes.push(format!(
            "{} no `{}` and take the median",
            counted(column.missing as u64, "customer has", "customers have"),
            column.name
        ));
    }
    notes.push(format!(
        "fitted as of {} to {} customers with two orders or more, seed {}; who ordered once is a class of its own",
        stored.as_of,
        grouped(&stored.customers.to_string()),
        stored.seed
    ));
    notes
}
