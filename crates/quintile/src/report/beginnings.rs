//! After which first purchases do customers stay, and after which do they not? By product, channel and country.

use super::Lacking;
use super::figures::Figures;
use super::reading::Ways;
use crate::header::counted;
use crate::months::whole;
use quintile_insight::beginnings::{Beginning, By, Verdict};
use quintile_model::Money;
use quintile_model::money::div_half_even;
use quintile_report::{Align, Chart, ChartKind, Column, Folded, Part, Row, Section, Series, Table};

/// Things in a picture, the ones with a verdict first.
const SHOWN: usize = 14;

/// Things of fewer customers are not told of.
const LEAST: u64 = 20;

pub(super) fn section(ways: &Ways, figures: &Figures<'_>, lacking: &mut Vec<Lacking>) -> Option<Section> {
    let mut parts = Vec::new();
    let mut leads = Vec::new();
    for (by, name, what) in
        [(By::Item, "product", "first products"), (By::Channel, "channel", "channels"), (By::Country, "country", "countries")]
    {
        let mut told = ways.beginnings.told(by);
        told.retain(|one| one.customers >= LEAST && one.name.is_some());
        let compared = told.iter().filter(|one| one.matched.is_some()).count();
        if compared < 2 {
            let why = format!("fewer than two {what} have {LEAST} customers who began long enough ago, and others who began alike");
            lacking.push(Lacking { part: format!("Who stays, by {name}"), why });
            continue;
        }
        if by == By::Item {
            leads.push(lead(&told, ways));
        }
        parts.push(Part::Chart(forest(&told, name)));
        let title = format!("By {name}, as a table");
        parts.push(Part::Folded(Folded { title, parts: vec![Part::Table(table(&told, name, ways, figures))] }));
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(Part::Notes(vec![
        format!(
            "Came back: made another purchase on a later day within {}. Alike: began in the same month, on the same channel, in the same country, with an order of like value, and with or without a coupon.",
            counted(ways.within as u64, "day", "days")
        ),
        "What is coloured lies beyond chance at a false discovery rate of 10 %; it is a reason to look, and no proof.".to_owned(),
    ]));
    Some(Section {
        id: "beginnings".to_owned(),
        title: "What do the customers who stay begin with?".to_owned(),
        lead: leads.pop().unwrap_or_else(|| {
            format!(
                "{:.0} % of {} came back within {}.",
                share(ways.beginnings.back(), ways.beginnings.customers()),
                counted(ways.beginnings.customers(), "customer", "customers"),
                counted(ways.within as u64, "day", "days")
            )
        }),
        parts,
    })
}

fn share(part: u64, of: u64) -> f64 {
    if of > 0 { 100.0 * part as f64 / of as f64 } else { 0.0 }
}

fn name(one: &Beginning) -> String {
    match one.title.as_str() {
        "" => one.name.clone().unwrap_or_default(),
        title => title.to_owned(),
    }
}

fn lead(told: &[Beginning], ways: &Ways) -> String {
    let of = |verdict: Verdict| -> Vec<String> {
        told.iter()
            .filter(|one| one.verdict == verdict)
            .take(3)
            .filter_map(|one| Some(format!("“{}” ({:+.0} points)", name(one), one.matched?.difference * 100.0)))
            .collect()
    };
    let (fewer, more) = (of(Verdict::Fewer), of(Verdict::More));
    let all = format!(
        "{:.0} % of all came back within {}.",
        share(ways.beginnings.back(), ways.beginnings.customers()),
        counted(ways.within as u64, "day", "days")
    );
    match (fewer.is_empty(), more.is_empty()) {
        (true, true) => format!("No first product is shown to keep customers or to lose them. {all}"),
        (false, true) => format!("Fewer come back than of those who began alike after {}. {all}", fewer.join(", ")),
        (true, false) => format!("More come back than of those who began alike after {}. {all}", more.join(", ")),
        (false, false) => {
            format!("Fewer come back than of those who began alike after {}, more after {}. {all}", fewer.join(", "), more.join(", "))
        }
    }
}

fn forest(told: &[Beginning], by: &str) -> Chart {
    let mut shown: Vec<&Beginning> = told.iter().filter(|one| one.matched.is_some()).take(SHOWN).collect();
    let difference = |one: &Beginning| one.matched.map_or(0.0, |matched| matched.difference);
    shown.sort_by(|a, b| difference(a).total_cmp(&difference(b)));
    let values =
        |of: &dyn Fn(&Beginning) -> Option<f64>| shown.iter().map(|one| of(one).map(|value| (value * 1000.0).round() / 10.0)).collect();
    Chart {
        id: format!("beginnings-{by}"),
        title: format!("How many more came back than of those who began alike, by first {by}"),
        summary: "In points of a hundred, with 95 % intervals; left of the line fewer came back, right of it more. Those with a verdict are there, else those of most customers.".to_owned(),
        kind: ChartKind::Intervals,
        unit: "%".to_owned(),
        categories: shown.iter().map(|one| name(one)).collect(),
        series: vec![
            Series { name: "Difference".to_owned(), values: values(&|one| one.matched.map(|matched| matched.difference)) },
            Series { name: "Lower".to_owned(), values: values(&|one| one.matched.map(|matched| matched.interval.0)) },
            Series { name: "Upper".to_owned(), values: values(&|one| one.matched.map(|matched| matched.interval.1)) },
        ],
        ..Chart::default()
    }
}

/// Rows of a table; the rest is in `quintile products`.
const ROWS: usize = 25;

fn table(told: &[Beginning], by: &str, ways: &Ways, figures: &Figures<'_>) -> Table {
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    let mut columns = vec![
        column(&format!("First {by}"), "what customers began with", Align::Start),
        column("Customers", "customers who began with it long enough ago to have come back", Align::End),
        column("Came back", "share who made another purchase on a later day", Align::End),
        column("Alike", "the same share among those who began alike without it", Align::End),
        column(
            "Difference",
            "share less that of those alike, weighed by how many there are to compare, with its 95 % interval",
            Align::End,
        ),
        column("Later, each", "what a customer spent on later days", Align::End),
    ];
    if ways.knows_costs {
        columns.push(column(
            "May cost",
            "what winning such a customer may cost without loss: first and later purchases less their goods",
            Align::End,
        ));
    }
    columns.push(column("Verdict", "whether fewer or more come back than chance allows", Align::Start));
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let each = |sum: i128, one: &Beginning| figures.money(Money::from_sum(div_half_even(sum, i128::from(one.customers.max(1)))));
    let row = |one: &Beginning| {
        let mut cells = vec![
            name(one),
            whole(one.customers),
            percent(one.back as f64 / one.customers as f64),
            one.matched.map_or("–".to_owned(), |matched| percent(matched.others_back)),
            one.matched.map_or("–".to_owned(), |matched| {
                format!("{:+.1} ({:+.1} to {:+.1})", matched.difference * 100.0, matched.interval.0 * 100.0, matched.interval.1 * 100.0)
            }),
            each(one.later, one),
        ];
        if ways.knows_costs {
            cells.push(each(one.first + one.later - one.cost, one));
        }
        cells.push(
            match one.verdict {
                Verdict::Fewer => "fewer come back",
                Verdict::More => "more come back",
                _ => "no difference shown",
            }
            .to_owned(),
        );
        Row { cells, ..Row::default() }
    };
    Table {
        id: format!("beginnings-{by}-table"),
        caption: format!("What customers began with, by {by}; those with a verdict first"),
        columns,
        rows: told.iter().take(ROWS).map(row).collect(),
    }
}
