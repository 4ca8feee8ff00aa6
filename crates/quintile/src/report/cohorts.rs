//! Do customers come back, month by month, and by what they came with?

use super::Answers;
use super::figures::Figures;
use super::reading::Ways;
use crate::cohorts::Split;
use crate::months::{cohorts, whole};
use quintile_insight::cohorts::{Cohort, at_age};
use quintile_report::{Folded, Grid, GridCell, GridRow, Part, Section};
use std::collections::HashMap;

/// Cohorts so near the beginning of the history are full of customers who are older than it.
const UNCERTAIN_MONTHS: i32 = 3;

/// Cohorts on the page.
const COHORTS: usize = 13;

/// Months since the first that a split shows.
const AGES: usize = 12;

/// A month says nothing of fewer customers.
const LEAST: u64 = 30;

pub(super) fn section(answers: &Answers, ways: Option<&Ways>, figures: &Figures<'_>) -> Section {
    let cohorts = cohorts(&answers.calendar, COHORTS);
    let ages = cohorts.first().map_or(0, |cohort| cohort.buyers.len());
    let share =
        |cohort: &crate::months::Cohort, buyers: u64| if cohort.customers > 0 { buyers as f64 / cohort.customers as f64 } else { 0.0 };
    let rows = cohorts.iter().map(|cohort| {
        let title = format!("{} ({})", cohort.month, whole(cohort.customers));
        (title, (1..ages).map(|age| cohort.buyers[age].map(|buyers| share(cohort, buyers))).collect())
    });
    let grid = Grid {
        id: "cohorts".to_owned(),
        caption: "Of the customers whose first order lies in a month, the share who ordered again in each month after".to_owned(),
        row_title: "First order (customers)".to_owned(),
        column_title: "Months after the first".to_owned(),
        columns: (1..ages).map(|age| age.to_string()).collect(),
        rows: shaded(rows),
    };
    let calendar = &answers.calendar;
    let mut notes = Vec::new();
    if calendar.today.day() > 1 {
        notes.push("The latest month is not over, so that the last cell of each row can still grow.".to_owned());
    }
    let history = calendar.all_months().first().copied();
    if let Some(first) = history.filter(|first| cohorts.first().is_some_and(|cohort| cohort.month.0 - first.0 < UNCERTAIN_MONTHS)) {
        notes.push(format!("Cohorts near {first} hold customers who bought before the history starts."));
    }
    let happened = cohorts.iter().flat_map(|cohort| answers.annotations.within(crate::annotations::of_month(cohort.month)));
    let mut happened: Vec<String> = happened.map(|one| format!("Happened {}.", one.words())).collect();
    happened.dedup();
    notes.extend(happened);
    let mut parts = if ages > 1 {
        vec![Part::Grid(grid), Part::Notes(notes)]
    } else {
        vec![Part::Text("There is only one month so far; cohorts show from the second month on.".to_owned())]
    };
    if let Some(ways) = ways {
        for (split, cohorts) in &ways.splits {
            parts.extend(by(*split, cohorts, &ways.titles, figures));
        }
    }
    Section { id: "cohorts".to_owned(), title: "Do they come back?".to_owned(), lead: lead(&cohorts), parts }
}

/// Of all that are old enough.
fn lead(cohorts: &[crate::months::Cohort]) -> String {
    let share = |age: usize| {
        // The last month that has begun is not over.
        let old = cohorts.iter().filter(|cohort| cohort.buyers.get(age + 1).is_some_and(Option::is_some));
        let (all, came) = old.fold((0, 0), |(all, came), cohort| (all + cohort.customers, came + cohort.buyers[age].unwrap_or(0)));
        (all > 0).then(|| 100.0 * came as f64 / all as f64)
    };
    let told: Vec<String> = [(1, "the month after"), (3, "the third"), (6, "the sixth"), (11, "the eleventh")]
        .into_iter()
        .filter_map(|(age, words)| Some(format!("{:.0} % in {words}", share(age)?)))
        .collect();
    match told.is_empty() {
        true => "Each row follows the customers of one month.".to_owned(),
        false => format!("Of the customers of a month who are old enough, {} ordered again.", told.join(", ")),
    }
}

/// One row a way: the customers of all its cohorts together, as far as they are old enough.
fn by(split: Split, cohorts: &[Cohort], titles: &HashMap<String, String>, figures: &Figures<'_>) -> Option<Part> {
    let (title, row_title) = match split {
        Split::Channel => ("By the channel of the first order", "Channel (customers)"),
        Split::Country => ("By the country of the first order", "Country (customers)"),
        Split::Item => ("By what the first order held", "Product (customers)"),
        Split::Coupon => ("By the coupon of the first order", "Coupon (customers)"),
    };
    let called = |name| if split == Split::Item { titles.get(name).map_or(name, String::as_str) } else { name };
    let ways: Vec<(&str, Vec<Cohort>)> =
        cohorts.chunk_by(|a, b| a.of == b.of).filter_map(|of_way| Some((called(of_way[0].of.as_deref()?), of_way.to_vec()))).collect();
    // What all have alike, or nobody says, tells nothing.
    if ways.len() < 2 {
        return None;
    }
    let ages = ways.iter().flat_map(|(_, cohorts)| cohorts).map(|cohort| cohort.cells.len()).max().unwrap_or(0);
    let ages = ages.saturating_sub(1).min(AGES + 1);
    let row = |(name, cohorts): &(&str, Vec<Cohort>)| {
        let customers: u64 = cohorts.iter().map(|cohort| cohort.customers).sum();
        let share = |age| {
            let (all, came) = at_age(cohorts, age);
            (all >= LEAST).then(|| came as f64 / all as f64)
        };
        (format!("{name} ({})", whole(customers)), (1..ages).map(share).collect())
    };
    let id = match split {
        Split::Channel => "cohorts-channel",
        Split::Country => "cohorts-country",
        Split::Item => "cohorts-product",
        Split::Coupon => "cohorts-coupon",
    };
    let grid = Grid {
        id: id.to_owned(),
        caption: format!("{title}: the share who ordered in each month after, of those old enough, {LEAST} or more"),
        row_title: row_title.to_owned(),
        column_title: "Months after the first".to_owned(),
        columns: (1..ages).map(|age| age.to_string()).collect(),
        rows: shaded(ways.iter().map(row)),
    };
    let worth = |(name, cohorts): &(&str, Vec<Cohort>)| {
        let old: Vec<&Cohort> = cohorts.iter().filter(|cohort| cohort.cells.len() > AGES).collect();
        let customers: u64 = old.iter().map(|cohort| cohort.customers).sum();
        let revenue: i128 = old.iter().flat_map(|cohort| &cohort.cells[..AGES]).map(|cell| cell.revenue).sum();
        (customers >= LEAST).then(|| {
            let each = quintile_model::money::div_half_even(revenue, i128::from(customers));
            format!("{name}: {} each in the first {AGES} months", figures.money(quintile_model::Money::from_sum(each)))
        })
    };
    let mut parts = vec![Part::Grid(grid)];
    let worths: Vec<String> = ways.iter().filter_map(worth).collect();
    if !worths.is_empty() {
        parts.push(Part::Notes(worths));
    }
    Some(Part::Folded(Folded { title: title.to_owned(), parts }))
}

/// Rows with their shares, shaded up to the greatest of them, or to a half where none is as much: a shop to which few come back
/// is pale.
fn shaded(rows: impl Iterator<Item = (String, Vec<Option<f64>>)>) -> Vec<GridRow> {
    let rows: Vec<(String, Vec<Option<f64>>)> = rows.collect();
    let greatest = rows.iter().flat_map(|(_, shares)| shares).flatten().fold(0.5_f64, |greatest, share| greatest.max(*share));
    let cell = |share: f64| GridCell { text: format!("{:.0} %", share * 100.0), detail: String::new(), shade: share / greatest };
    rows.into_iter().map(|(title, shares)| GridRow { title, cells: shares.into_iter().map(|share| share.map(cell)).collect() }).collect()
}
