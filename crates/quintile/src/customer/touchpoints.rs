//! The latest of what a customer did beside ordering.

use crate::table::{Answer, AnswerColumn};
use crate::{Error, Header};
use arrow::array::Array;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use quintile_model::columns::instants;
use quintile_model::{CustomerBatch, Instant, Touchpoint};

/// More are not shown.
const LATEST: usize = 20;

/// What is told of each kind: first what happened, then what it was about.
fn told(kind: Touchpoint) -> (&'static [&'static str], &'static [&'static str]) {
    match kind {
        Touchpoint::Events => (&["name"], &["product", "category", "term", "page", "value"]),
        Touchpoint::Carts => (&[], &["product", "units", "value", "currency"]),
        Touchpoint::Messages => (&["channel", "action"], &["campaign", "link"]),
        Touchpoint::Tickets => (&["status"], &["channel", "product", "score"]),
        Touchpoint::Reviews => (&["status"], &["rating", "product"]),
        Touchpoint::Surveys => (&["question"], &["answer", "score"]),
        Touchpoint::Referrals => (&[], &["code"]),
        Touchpoint::Consents => (&["channel", "state"], &["method"]),
    }
}

/// The columns that are read.
pub(super) fn columns() -> Vec<(Touchpoint, Vec<&'static str>)> {
    Touchpoint::ALL
        .into_iter()
        .map(|kind| {
            let (what, about) = told(kind);
            (kind, ["at"].iter().chain(what).chain(about).copied().collect())
        })
        .collect()
}

/// The latest before the moment, oldest first.
pub(super) fn latest(facts: &CustomerBatch, as_of: Instant, header: &Header) -> Result<Answer, Error> {
    let mut rows: Vec<(i64, Touchpoint, String, String)> = Vec::new();
    for (kind, facts) in &facts.touchpoints {
        let at = instants(&facts.rows, "at");
        let before = (0..facts.len()).filter(|row| at.value(*row) < as_of.0);
        let own: Vec<usize> = before.collect();
        for row in &own[own.len().saturating_sub(LATEST)..] {
            let text = |names: &[&str]| -> Result<String, Error> {
                let mut words = Vec::new();
                for column in names.iter().filter_map(|name| facts.rows.column_by_name(name)).filter(|column| column.is_valid(*row)) {
                    words.push(ArrayFormatter::try_new(column, &FormatOptions::default())?.value(*row).to_string());
                }
                Ok(words.join(" "))
            };
            let (what, about) = told(*kind);
            rows.push((at.value(*row), *kind, text(what)?, text(about)?));
        }
    }
    rows.sort();
    let rows = &rows[rows.len().saturating_sub(LATEST)..];
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let columns = vec![
        AnswerColumn::instant("at", rows.iter().map(|row| Some(Instant(row.0)))),
        AnswerColumn::text("kind", rows.iter().map(|row| Some(row.1.name().to_owned()))),
        AnswerColumn::text("what", rows.iter().map(|row| given(&row.2))),
        AnswerColumn::text("about", rows.iter().map(|row| given(&row.3))),
    ];
    Answer::new(header.clone(), columns, Vec::new())
}
