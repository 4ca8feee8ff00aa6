//! Who costs more than is left of what they paid, and to whom discounts went. By class: nobody is named on a page that goes round.

use super::Lacking;
use super::figures::{Figures, notes_beside, numbers, shown, texts};
use crate::Error;
use crate::costly::{Costly, FoundCostly};
use crate::months::whole;
use crate::table::Answer;
use quintile_insight::costly::Verdict;
use quintile_model::Money;
use quintile_report::{Align, Chart, ChartKind, Column, Part, Row, Section, Series, Table};

pub(super) fn section(
    found: &FoundCostly,
    discounts: Option<&Answer>,
    figures: &Figures<'_>,
    lacking: &mut Vec<Lacking>,
) -> Result<Option<Section>, Error> {
    let lacks = |part: &str, why: &str| Lacking { part: part.to_owned(), why: why.to_owned() };
    let mut parts = Vec::new();
    if found.found.is_empty() {
        lacking
            .push(lacks("Customers who cost more than they leave", "there are none, as far as refunds, discounts and tickets are known"));
    } else {
        parts.push(Part::Table(table(found, figures)));
    }
    match discounts.map(|answer| discounted(answer, figures)).transpose()?.flatten() {
        Some(of_discounts) => parts.extend(of_discounts),
        None => lacking.push(lacks("To whom discounts went", "the store knows of no discounts in the last year")),
    }
    if parts.is_empty() {
        return Ok(None);
    }
    parts.push(Part::Notes(vec!["Nothing or less is left of what they paid after refunds and what goods, tickets and winning cost, as far as that is known. Half or more back: refunds and discounts are half of what the goods would have cost, or there are more tickets than orders. `quintile costly` names them.".to_owned()]));
    let given: i128 = found.found.iter().map(|one| one.account.given()).sum();
    let stop = found.found.iter().filter(|one| one.account.verdict() == Verdict::StopChasing).count();
    let mut lead = match found.found.len() as u64 {
        0 => "From everybody something is left, as far as costs are known.".to_owned(),
        many => format!(
            "{} of {} customers {}: they were given {} {} back or off.",
            whole(many),
            whole(found.customers),
            if many == 1 { "stands out" } else { "stand out" },
            figures.money(Money::from_sum(given)),
            figures.currency
        ),
    };
    if stop > 0 {
        lead += &format!(" From {} of them nothing or less is left; no campaign for them is worth its cost.", whole(stop as u64));
    }
    Ok(Some(Section { id: "costly".to_owned(), title: "Who costs more than they leave?".to_owned(), lead, parts }))
}

fn table(found: &FoundCostly, figures: &Figures<'_>) -> Table {
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    let row = |name: &str, of: &dyn Fn(&&Costly) -> bool| {
        let those: Vec<&Costly> = found.found.iter().filter(of).collect();
        let sum = |of: &dyn Fn(&Costly) -> i128| figures.money(Money::from_sum(those.iter().map(|one| of(one)).sum()));
        let active = those.iter().filter(|one| !one.stage.starts_with("inactive")).count();
        Row {
            cells: vec![
                name.to_owned(),
                whole(those.len() as u64),
                whole(active as u64),
                sum(&|one| one.account.gross.into()),
                sum(&|one| one.account.refunded.into()),
                sum(&|one| one.account.discounted.into()),
                sum(&|one| one.account.left()),
            ],
            ..Row::default()
        }
    };
    Table {
        id: "costly-classes".to_owned(),
        caption: "Customers whom it is worth looking at".to_owned(),
        columns: vec![
            column("Why", "what is said of them", Align::Start),
            column("Customers", "customers of whom it is said", Align::End),
            column("Not inactive", "of those, customers who still buy", Align::End),
            column("Gross", "what they ordered, before refunds", Align::End),
            column("Refunded", "given back", Align::End),
            column("Discounted", "taken off the price", Align::End),
            column("Left", "after costs, as far as they are known", Align::End),
        ],
        rows: vec![
            row("Nothing or less: stop chasing", &|one| one.account.verdict() == Verdict::StopChasing),
            row("Half or more back: look", &|one| one.account.verdict() != Verdict::StopChasing),
        ],
    }
}

/// Discounts by how late their customers were.
fn discounted(answer: &Answer, figures: &Figures<'_>) -> Result<Option<Vec<Part>>, Error> {
    let shares = numbers(answer, "of_discounts_share")?;
    if shares.iter().all(|share| share.is_none()) {
        return Ok(None);
    }
    let names: Vec<String> = texts(answer, "customers")?.iter().map(|name| sentence(name)).collect();
    let chart = Chart {
        id: "discounts".to_owned(),
        title: "To whom discounts went".to_owned(),
        summary: "Share of all discounts of the last year, by how late the customer was with the order.".to_owned(),
        kind: ChartKind::LyingBars,
        unit: "%".to_owned(),
        categories: names.clone(),
        series: vec![Series {
            name: "Of discounts".to_owned(),
            values: shares.iter().map(|share| share.map(|share| share * 100.0)).collect(),
        }],
        ..Chart::default()
    };
    let columns = [
        shown("customers", "Customers", "how late they were with the order"),
        shown("orders", "Orders", "orders of the last year"),
        shown("discounted_share", "With a discount", "share of the orders"),
        shown("discounts", "Discounts", "taken off the price"),
        shown("of_discounts_share", "Of discounts", "share of all discounts"),
    ];
    let mut table = figures.table(answer, "discounts-table", "Discounts by how late customers were", &columns, None)?;
    table.rows.iter_mut().zip(&names).for_each(|(row, name)| row.cells[0].clone_from(name));
    Ok(Some(vec![Part::Chart(chart), Part::Table(table), Part::Notes(notes_beside(answer))]))
}

fn sentence(id: &str) -> String {
    let words = id.replace('-', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
