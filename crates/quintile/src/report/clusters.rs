//! Clusters as cards: what each is called, how large it is, what it brings and what is typical of it; or that there are none.

use super::figures::{Figures, numbers, texts};
use crate::cell::{Cells, Value};
use crate::clusters::{ClustersFound, LastFit};
use crate::header::counted;
use crate::months::whole;
use crate::{Error, When, Workspace};
use quintile_model::Money;
use quintile_report::{Align, Card, Column, Part, Row, Section, Table};

/// What there is to show of clusters.
pub(super) struct Groups {
    found: Option<ClustersFound>,
    last_fit: Option<LastFit>,
}

impl Workspace {
    pub(super) fn groups_for_report(&self, when: &When) -> Result<Groups, Error> {
        Ok(Groups { found: self.clusters_found(when)?, last_fit: self.last_cluster_fit()? })
    }
}

const TITLE: &str = "Groups nobody has named";

pub(super) fn section(groups: &Groups, figures: &Figures<'_>) -> Result<Section, Error> {
    let mut parts = Vec::new();
    match &groups.last_fit {
        Some(last) if last.found.is_none() => parts.push(Part::Text(none_found(last))),
        Some(_) => {}
        None if groups.found.is_none() => parts.push(Part::Text(
            "Clusters were never fitted here. `quintile clusters fit` looks for groups of customers who are alike, and says so where there are none.".to_owned(),
        )),
        None => {}
    }
    let mut lead = "Customers who are alike, found and not defined.".to_owned();
    if let Some(found) = &groups.found {
        lead = format!("Customers who are alike, found and not defined: fitted as of {}, with whoever is in them now.", found.fitted_as_of);
        parts.push(Part::Cards(cards(found, figures)?));
        parts.push(Part::Notes(found.answer.notes.clone()));
    }
    if let Some(last) = groups.last_fit.as_ref().filter(|last| !last.tried.is_empty()) {
        parts.push(Part::Table(every_k(last)));
    }
    Ok(Section { id: "clusters".to_owned(), title: TITLE.to_owned(), lead, parts })
}

fn none_found(last: &LastFit) -> String {
    format!(
        "No clear groups among {} with two orders or more, as of {}: no number of groups is stable, large enough, apart, and more than chance. That is an answer, and a common one: most shops are a cloud that thins out from small to large, and life stages or RFM cut it better.",
        counted(last.customers, "customer", "customers"),
        last.as_of
    )
}

/// A column of the answer as it is called on a card.
fn called(column: &str) -> String {
    let name = column.strip_prefix("median_").or_else(|| column.strip_prefix("commonest_")).unwrap_or(column);
    let short = match name {
        "days_since_last_order" => "Days since last order",
        "number_of_orders" => "Orders",
        "amount_spent" => "Spent",
        "average_order_value" => "Order value",
        "mean_days_between_purchases" | "days_between_purchases" => "Days between purchases",
        "refund_rate" => "Refunded",
        name => {
            return {
                let words = name.replace('_', " ");
                let mut letters = words.chars();
                letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
            };
        }
    };
    short.to_owned()
}

fn cards(found: &ClustersFound, figures: &Figures<'_>) -> Result<Vec<Card>, Error> {
    let answer = &found.answer;
    let (names, customers) = (texts(answer, "name")?, numbers(answer, "customers")?);
    let (of_all, of_revenue) = (numbers(answer, "customer_share")?, numbers(answer, "revenue_share")?);
    let revenue = Cells::of(answer.rows.column(answer.rows.schema().index_of("revenue")?))?;
    let schema = answer.rows.schema();
    let typical: Vec<(usize, &str)> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(place, field)| (place, field.name().as_str()))
        .filter(|(_, name)| name.starts_with("median_") || name.starts_with("commonest_"))
        // What is the same for all says nothing of any.
        .filter(|(place, _)| {
            Cells::of(answer.rows.column(*place)).is_ok_and(|cells| (1..names.len()).any(|row| cells.get(row) != cells.get(0)))
        })
        .collect();
    let mut cards = Vec::with_capacity(names.len());
    for (row, name) in names.iter().enumerate() {
        let percent = |share: Option<f64>| share.map_or("an unknown share".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let money = |value: &Value<'_>| match value {
            Value::Amount(amount, _) => figures.money(i64::try_from(*amount).ok().map(Money)),
            _ => "–".to_owned(),
        };
        let mut values = Vec::new();
        for (place, column) in &typical {
            let cell = Cells::of(answer.rows.column(*place))?;
            let text = match cell.get(row) {
                Value::Missing => continue,
                Value::Number(number) if column.ends_with("rate") || column.ends_with("share") => format!("{:.1} %", number * 100.0),
                Value::Number(number) if number.abs() < 100.0 => {
                    let text = format!("{number:.1}");
                    text.trim_end_matches(".0").to_owned()
                }
                Value::Number(number) => whole(number.max(0.0).round() as u64),
                Value::Text(text) => text.into_owned(),
                value => money(&value),
            };
            values.push((called(column), text));
        }
        cards.push(Card {
            title: name.clone(),
            lead: format!(
                "{}, {} of all; {} {}, {} of the revenue.",
                counted(customers[row].unwrap_or(0.0) as u64, "customer", "customers"),
                percent(of_all[row]),
                money(&revenue.get(row)),
                figures.currency,
                percent(of_revenue[row])
            ),
            figures: values,
        });
    }
    Ok(cards)
}

fn every_k(last: &LastFit) -> Table {
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    let row = |tried: &crate::clusters::StoredTry| Row {
        cells: vec![
            tried.k.to_string(),
            tried.verdict(last.found),
            format!("{:.2}", tried.silhouette),
            format!("{:.2}", tried.stability),
            format!("{:.1} %", tried.smallest_share * 100.0),
        ],
        ..Row::default()
    };
    Table {
        id: "clusters-choice".to_owned(),
        caption: "How many groups: the most that are stable, large enough, apart, and more than chance".to_owned(),
        columns: vec![
            column("Groups", "how many were tried", Align::End),
            column("Verdict", "what speaks against so many", Align::Start),
            column("Apart", "the silhouette: 1 is far apart, 0 is no border at all", Align::End),
            column(
                "Stable",
                "of the least stable group, how much of it comes back when customers are drawn anew (Jaccard index)",
                Align::End,
            ),
            column("Smallest", "share of the customers in the smallest group", Align::End),
        ],
        rows: last.tried.iter().map(row).collect(),
    }
}
