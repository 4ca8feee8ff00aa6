//! What each life stage brings, how it behaves and what it says: metrics down, stages across.

use super::figures::Figures;
use super::{Answers, Lacking};
use crate::header::{self, grouped};
use crate::segment::metrics::{EVERYBODY, FoundMetrics, METRICS, MetricsRow, Value};
use quintile_insight::metrics::Sums;
use quintile_report::{Align, Chart, ChartKind, Column, Folded, Part, Row, Section, Series, Table};

pub(super) fn section(found: &FoundMetrics, answers: &Answers, figures: &Figures<'_>, lacking: &mut Vec<Lacking>) -> Section {
    let known: Vec<(&MetricsRow, &Sums)> = found.rows.iter().filter_map(|row| Some((row, row.sums.as_ref()?))).collect();
    let shown: Vec<(&MetricsRow, &Sums)> = known.into_iter().filter(|(row, sums)| sums.customers > 0 || row.id == EVERYBODY).collect();
    let mut parts = vec![Part::Table(table(found, &shown, figures, lacking))];
    parts.extend(trend(answers).map(Part::Chart));
    parts.push(Part::Folded(Folded { title: "How each figure is defined".to_owned(), parts: vec![Part::Table(definitions())] }));
    Section { id: "metrics".to_owned(), title: "What does each stage bring, and how does it behave?".to_owned(), lead: lead(&shown), parts }
}

/// The class that brings most, and the share lost in a month.
fn lead(shown: &[(&MetricsRow, &Sums)]) -> String {
    let Some((_, all)) = shown.iter().find(|(row, _)| row.id == EVERYBODY) else { return String::new() };
    let most = shown.iter().filter(|(row, _)| row.id != EVERYBODY).max_by_key(|(_, sums)| sums.spent());
    let share = |part: f64, of: f64| if of > 0.0 { 100.0 * part / of } else { 0.0 };
    let mut lead = match most {
        Some((row, sums)) if all.spent() > 0 => format!(
            "“{}” has brought {:.0} % of the revenue with {:.0} % of the customers.",
            row.name,
            share(sums.spent() as f64, all.spent() as f64),
            share(sums.customers as f64, all.customers as f64)
        ),
        _ => "Nobody has spent anything yet.".to_owned(),
    };
    if let Some(churn) = all.churn() {
        lead += &format!(" Of those who were active a month ago, {:.1} % are inactive now.", churn * 100.0);
    }
    lead
}

fn table(found: &FoundMetrics, shown: &[(&MetricsRow, &Sums)], figures: &Figures<'_>, lacking: &mut Vec<Lacking>) -> Table {
    let mut columns = vec![Column { title: "Figure".to_owned(), definition: String::new(), align: Align::Start }];
    columns.extend(shown.iter().map(|(row, _)| Column { title: row.name.clone(), definition: String::new(), align: Align::End }));
    let mut rows = Vec::new();
    for metric in METRICS.iter().filter(|metric| metric.name != "active_before") {
        if !metric.is_known(&found.heard, shown.iter().map(|(_, sums)| *sums)) {
            let why = match metric.lacks {
                "" => "there is nothing to divide it by".to_owned(),
                lacks => format!("the store lacks {lacks}"),
            };
            lacking.push(Lacking { part: format!("{} by life stage", metric.title), why });
            continue;
        }
        let cells = shown.iter().map(|(_, sums)| cell(&metric.value, sums, figures));
        rows.push(Row { cells: std::iter::once(metric.title.to_owned()).chain(cells).collect(), ..Row::default() });
    }
    Table { id: "stage-metrics".to_owned(), caption: format!("Figures by life stage; amounts in {}", figures.currency), columns, rows }
}

fn cell(value: &Value, sums: &Sums, figures: &Figures<'_>) -> String {
    let missing = || "–".to_owned();
    match value {
        Value::Count(of) => of(sums).map_or_else(missing, |count| grouped(&count.to_string())),
        Value::Amount(of) => of(sums).map_or_else(missing, |amount| header::money(amount, figures.currency)),
        Value::Share(of) => of(sums).map_or_else(missing, |share| format!("{:.1} %", share * 100.0)),
        Value::Number(of) => of(sums).map_or_else(missing, |number| format!("{number:.2}")),
    }
}

/// Customers of each stage a month apart, as the matrices of movement have them.
fn trend(answers: &Answers) -> Option<Chart> {
    let (months, partition) = (&answers.likely.months_of_moves, &answers.likely.partition);
    let last = months.last()?;
    if months.len() < 2 {
        return None;
    }
    let classes: Vec<usize> = (0..last.classes())
        .filter(|class| partition.classes[*class] != "prospects")
        .filter(|class| months.iter().any(|matrix| matrix.balance(*class).now.customers > 0))
        .collect();
    let series = |class: &usize| Series {
        name: partition.name(Some(*class)),
        values: months.iter().map(|matrix| Some(matrix.balance(*class).now.customers as f64)).collect(),
    };
    Some(Chart {
        id: "stages-trend".to_owned(),
        title: "Customers by life stage, month by month".to_owned(),
        summary: "How many stood in each stage a calendar month apart, by the thresholds of now; prospects are left out.".to_owned(),
        kind: ChartKind::StackedBars,
        unit: "customers".to_owned(),
        categories: answers.dates_of_months(),
        series: classes.iter().map(series).collect(),
        marks: answers.marks_of_months(),
    })
}

fn definitions() -> Table {
    let column = |title: &str| Column { title: title.to_owned(), definition: String::new(), align: Align::Start };
    let row = |metric: &crate::segment::metrics::Metric| Row {
        cells: vec![metric.title.to_owned(), metric.meaning.to_owned()],
        ..Row::default()
    };
    Table {
        id: "metric-definitions".to_owned(),
        caption: "Figures by life stage, defined".to_owned(),
        columns: vec![column("Figure"), column("What it is")],
        rows: METRICS.iter().map(row).collect(),
    }
}
