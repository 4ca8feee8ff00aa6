//! The sections of the page, in the order in which they are read.

use super::figures::{Figures, numbers, shown, texts};
use super::{
    Answers, Lacking, ReadAgain, actions, beginnings, clusters, cohorts, costly, funnel, league, metrics, movement, reactivation, reading,
    targets, together, value,
};
use crate::Error;
use crate::annotations::of_month;
use crate::concentration::sentences;
use crate::history::History;
use crate::months::whole;
use crate::profile::named;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, Int8Type};
use quintile_insight::opportunity::gain::Gain;
use quintile_insight::opportunity::likely::LikelyRow;
use quintile_model::Money;
use quintile_report::{Align, Chart, ChartKind, Column, Grid, GridCell, GridRow, Part, Row, Section, Series, Table, Tile};

pub(super) fn all(workspace: &Workspace, answers: &Answers, again: &ReadAgain, figures: &Figures<'_>) -> Result<Vec<Section>, Error> {
    let mut lacking = Vec::new();
    let mut all = vec![
        reconciliation(answers, figures)?,
        stages(answers, figures)?,
        metrics::section(&again.metrics, answers, figures, &mut lacking),
        movement::section(answers, figures),
    ];
    if let Some(ways) = &again.ways {
        all.push(funnel::section(&ways.funnel, &ways.funnel_by_channel, figures)?);
    }
    all.push(cohorts::section(answers, again.ways.as_ref(), figures));
    if let Some(ways) = &again.ways {
        all.extend(beginnings::section(ways, figures, &mut lacking));
        all.extend(together::section(ways, figures, &mut lacking)?);
        let returned = ways.reactivation.as_ref().map(|found| reactivation::section(found, figures)).transpose()?.flatten();
        if returned.is_none() {
            let why = "nobody was inactive in the last year, or the store is too young to tell".to_owned();
            lacking.push(Lacking { part: "Who came back after being inactive".to_owned(), why });
        }
        all.extend(returned);
        all.extend(costly::section(&again.costly, ways.discounts.as_ref(), figures, &mut lacking)?);
    }
    all.extend([
        rfm(answers, figures)?,
        groups(answers, figures)?,
        clusters::section(&answers.groups, figures)?,
        concentration(answers, figures),
    ]);
    all.extend(value::sections(answers.foresight.as_ref(), &answers.header.as_of_words, figures)?);
    match again.ways.as_ref().map(|ways| &ways.league) {
        Some(Ok(found)) => all.extend(league::section(found, figures)?),
        Some(Err(why)) => {
            lacking.push(Lacking { part: "Which way of telling customers apart says most".to_owned(), why: why.clone() });
        }
        None => lacking.push(Lacking {
            part: "Funnel, cohorts by channel, country and product, first purchases, what is bought together and after what, returns, costly customers, the league of ways".to_owned(),
            why: format!(
                "they read all facts once more, and the store has more than {} orders; `every_part = true` under `[report]` in quintile.toml asks for them, as do their own commands",
                whole(reading::MOST_ORDERS)
            ),
        }),
    }
    all.extend([opportunities(answers, figures)?, quality(answers)]);
    all.extend(not_here(&lacking));
    all.push(actions::section(workspace, answers));
    Ok(all)
}

/// What the store cannot answer, or was not asked.
fn not_here(lacking: &[Lacking]) -> Option<Section> {
    let row = |one: &Lacking| Row { cells: vec![one.part.clone(), one.why.clone()], ..Row::default() };
    let column = |title: &str| Column { title: title.to_owned(), definition: String::new(), align: Align::Start };
    let table = Table {
        id: "lacking".to_owned(),
        caption: "Left out, and why".to_owned(),
        columns: vec![column("Part"), column("Because")],
        rows: lacking.iter().map(row).collect(),
    };
    let lead = "Nothing is shown where the facts are missing; importing them brings the part back.";
    (!lacking.is_empty()).then(|| section("not-here", "What is not in this report", lead, vec![Part::Table(table)]))
}

fn section(id: &str, title: &str, lead: &str, parts: Vec<Part>) -> Section {
    Section { id: id.to_owned(), title: title.to_owned(), lead: lead.to_owned(), parts }
}

fn reconciliation(answers: &Answers, figures: &Figures<'_>) -> Result<Section, Error> {
    let check = &answers.check;
    // Most shops name every buyer, and need no columns of nobody.
    let nobody = numbers(check, "nobodys_orders")?.iter().flatten().any(|orders| *orders > 0.0);
    let mut columns = vec![
        shown("month", "Month", "calendar month in the store's time zone"),
        shown(
            "orders",
            "Orders",
            "orders of known customers that count: not cancelled, not a test, not a draft, paid as far as the source says",
        ),
        shown("gross", "Gross", "value of these orders before refunds"),
        shown("refunded", "Refunded", "money given back in the month, whenever its order was placed"),
        shown("net", "Net", "gross less refunded"),
        shown("buyers", "Buyers", "customers with an order in the month"),
        shown("new_buyers", "New", "buyers whose first order it is"),
        shown("nobodys_orders", "No customer", "orders that name no customer"),
        shown("nobodys_gross", "Their gross", "value of orders that name no customer"),
    ];
    if !nobody {
        columns.truncate(columns.len() - 2);
    }
    let mut table = figures.table(check, "months", "Orders and money by month", &columns, None)?;
    let total = |name: &str| -> Result<String, Error> {
        let values = numbers(check, name)?;
        Ok(match name {
            "month" => "All".to_owned(),
            // Buyers of several months cannot be added up.
            "buyers" => "–".to_owned(),
            "orders" | "new_buyers" | "nobodys_orders" => whole(values.iter().flatten().sum::<f64>() as u64),
            _ => figures.money(crate::table::sum_of(check, name)?),
        })
    };
    let totals = columns.iter().map(|column| total(column.name)).collect::<Result<_, _>>()?;
    table.rows.push(Row { cells: totals, remark: String::new(), is_total: true });
    let mut series = vec![Series { name: "Known customers".to_owned(), values: numbers(check, "gross")? }];
    let mut summary = "Value of the orders of each month before refunds.";
    if nobody {
        series.push(Series { name: "Nobody".to_owned(), values: numbers(check, "nobodys_gross")? });
        summary = "Value of the orders of each month before refunds, of known customers and of nobody.";
    }
    let chart = Chart {
        id: "months-gross".to_owned(),
        title: "Order value by month".to_owned(),
        summary: summary.to_owned(),
        kind: ChartKind::StackedBars,
        unit: answers.header.currency.clone(),
        categories: texts(check, "month")?,
        series,
        marks: answers.annotations.marks(&answers.calendar.all_months().into_iter().map(of_month).collect::<Vec<_>>()),
    };
    let lead = "Hold these months against the books before believing anything below. What is left out is said with its reason.";
    Ok(section(
        "reconciliation",
        "Was the store read right?",
        lead,
        vec![Part::Notes(check.notes.clone()), Part::Chart(chart), Part::Table(table)],
    ))
}

const CLASS: [super::figures::Shown; 6] = [
    shown("name", "Class", "every customer is in exactly one"),
    shown("customers", "Customers", "customers in the class now"),
    shown("customer_share", "Of all", "share of all customers"),
    shown("revenue", "Revenue", "what they have spent so far, less refunds"),
    shown("revenue_share", "Of revenue", "share of the revenue of all customers"),
    shown("average", "Each", "revenue by customers: the average customer lifetime value so far"),
];

fn stages(answers: &Answers, figures: &Figures<'_>) -> Result<Section, Error> {
    let table = figures.table(&answers.stages, "life-stages", "Life stages", &CLASS, Some("meaning"))?;
    let names = texts(&answers.stages, "name")?;
    let chart = |id: &str, title: &str, unit: &str, column: &str| -> Result<Part, Error> {
        Ok(Part::Chart(Chart {
            id: id.to_owned(),
            title: title.to_owned(),
            summary: format!("{title}; the figures are in the table below."),
            kind: ChartKind::LyingBars,
            unit: unit.to_owned(),
            categories: names.clone(),
            series: vec![Series { name: title.to_owned(), values: numbers(&answers.stages, column)? }],
            ..Chart::default()
        }))
    };
    let parts = vec![
        chart("stages-customers", "Customers by life stage", "customers", "customers")?,
        chart("stages-revenue", "Revenue by life stage", &answers.header.currency, "revenue")?,
        Part::Table(table),
    ];
    Ok(section("stages", "Who the customers are", "Every customer stands in one life stage, from the first purchase to silence.", parts))
}

/// Customers and money by recency and frequency scores.
pub(crate) struct RfmGrid {
    /// By recency score from 5 down, then frequency score from 1 up: customers, spent.
    cells: [[(u64, i128); 5]; 5],
}

impl RfmGrid {
    pub(super) fn of(history: &History) -> Result<RfmGrid, Error> {
        let asked = named(&["recency_score", "frequency_score", "amount_spent"].map(str::to_owned))?;
        let mut cells = [[(0, 0); 5]; 5];
        history.profile(asked)?.each(|batches| {
            for batch in &batches {
                let score = |column: usize| batch.column(column).as_primitive::<Int8Type>();
                let (recency, frequency) = (score(0), score(1));
                let spent = batch.column(2).as_primitive::<Decimal64Type>();
                for row in (0..batch.num_rows()).filter(|row| recency.is_valid(*row) && frequency.is_valid(*row)) {
                    let (r, f) = (recency.value(row).clamp(1, 5), frequency.value(row).clamp(1, 5));
                    let cell = &mut cells[5 - r as usize][f as usize - 1];
                    cell.0 += 1;
                    cell.1 += if spent.is_valid(row) { i128::from(spent.value(row)) } else { 0 };
                }
            }
            Ok(true)
        })?;
        Ok(RfmGrid { cells })
    }
}

fn rfm(answers: &Answers, figures: &Figures<'_>) -> Result<Section, Error> {
    let cells = &answers.grid.cells;
    let most = cells.iter().flatten().map(|cell| cell.0).max().unwrap_or(0).max(1);
    let rows = cells.iter().enumerate().map(|(row, cells)| GridRow {
        title: format!("Recency {}", 5 - row),
        cells: cells
            .iter()
            .map(|(customers, spent)| {
                Some(GridCell {
                    text: whole(*customers),
                    detail: if *customers > 0 { figures.money(Money::from_sum(*spent)) } else { String::new() },
                    shade: (*customers as f64 / most as f64).sqrt(),
                })
            })
            .collect(),
    });
    let grid = Grid {
        id: "rfm-grid".to_owned(),
        caption: format!("Customers by recency and frequency score, with what they have spent in {}", answers.header.currency),
        row_title: "Last order, 5 is latest".to_owned(),
        column_title: "Orders, 5 is most".to_owned(),
        columns: (1..=5).map(|score| format!("Frequency {score}")).collect(),
        rows: rows.collect(),
    };
    let table = figures.table(&answers.rfm, "rfm-groups", "RFM groups", &CLASS, Some("meaning"))?;
    let lead = "Customers scored from 1 to 5 by how lately, how often and for how much they bought, and the groups the scores make.";
    Ok(section(
        "rfm",
        "Recency, frequency, money",
        lead,
        vec![Part::Grid(grid), Part::Table(table), Part::Notes(answers.rfm.notes.clone())],
    ))
}

fn groups(answers: &Answers, figures: &Figures<'_>) -> Result<Section, Error> {
    let buying = figures.table(&answers.buying, "buying-groups", "Buying groups", &CLASS, Some("meaning"))?;
    let retention =
        figures.table(&answers.retention, "retention-states", "Retention: how late the next order is", &CLASS, Some("meaning"))?;
    let lead = "The same customers by how they buy, and by how late they are.";
    Ok(section("groups", "How they buy, and who is drifting", lead, vec![Part::Table(buying), Part::Table(retention)]))
}

fn concentration(answers: &Answers, figures: &Figures<'_>) -> Section {
    let found = &answers.concentration;
    let fifth = found.top.iter().find(|top| top.of_customers == 0.2);
    let percent = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0));
    let tiles = vec![
        Tile {
            label: "From the top fifth".to_owned(),
            value: percent(fifth.and_then(|fifth| fifth.of_revenue)),
            detail: fifth
                .map_or(String::new(), |fifth| format!("{} of {}", figures.money(Money::from_sum(fifth.spent)), answers.header.currency)),
            definition: "share of the revenue after refunds that the fifth of the buyers who spent most has brought".to_owned(),
        },
        Tile {
            label: "Bring four fifths".to_owned(),
            value: whole(found.bring_four_fifths),
            detail: percent((found.customers > 0).then(|| found.bring_four_fifths as f64 / found.customers as f64)),
            definition: "the fewest customers who together bring 80 % of the revenue".to_owned(),
        },
        Tile {
            label: "Gini coefficient".to_owned(),
            value: found.gini.map_or("–".to_owned(), |gini| format!("{gini:.3}")),
            detail: "0 equal, 1 one customer".to_owned(),
            definition: "twice the area between the Lorenz curve and the line of equality".to_owned(),
        },
    ];
    let steps = found.lorenz.len().saturating_sub(1).max(1);
    let lorenz = Chart {
        id: "lorenz".to_owned(),
        title: "Lorenz curve".to_owned(),
        summary: "The share of the revenue that each share of the customers brings, those who spent least first; the further below the line of equality, the more concentrated.".to_owned(),
        kind: ChartKind::Lines,
        unit: "%".to_owned(),
        categories: (0..=steps).map(|step| format!("{} %", step * 100 / steps)).collect(),
        series: vec![
            Series { name: "Revenue".to_owned(), values: found.lorenz.iter().map(|share| Some(share * 100.0)).collect() },
            Series { name: "Equality".to_owned(), values: (0..=steps).map(|step| Some(step as f64 * 100.0 / steps as f64)).collect() },
        ],
        ..Chart::default()
    };
    let past = &answers.concentration_of_past;
    let mut parts = vec![Part::Tiles(tiles), Part::Chart(lorenz)];
    if past.len() > 2 {
        parts.push(Part::Chart(Chart {
            id: "concentration-trend".to_owned(),
            title: "Share of the top fifth, month by month".to_owned(),
            summary: "The share of all revenue until then that the top fifth of the buyers had brought, a calendar month apart.".to_owned(),
            kind: ChartKind::Lines,
            unit: "%".to_owned(),
            categories: answers.dates_of_past(),
            series: vec![Series {
                name: "Top fifth".to_owned(),
                values: past
                    .iter()
                    .map(|past| {
                        past.top.iter().find(|top| top.of_customers == 0.2).and_then(|top| top.of_revenue).map(|share| share * 100.0)
                    })
                    .collect(),
            }],
            marks: answers.annotations.marks(&answers.stretches),
        }));
        parts.push(Part::Chart(Chart {
            id: "gini-trend".to_owned(),
            title: "Gini coefficient, month by month".to_owned(),
            summary: "How unequally the buyers had spent until then, from 0 for all alike to 1 for one alone, a calendar month apart."
                .to_owned(),
            kind: ChartKind::Lines,
            unit: String::new(),
            categories: answers.dates_of_past(),
            series: vec![Series { name: "Gini".to_owned(), values: past.iter().map(|past| past.gini).collect() }],
            marks: answers.annotations.marks(&answers.stretches),
        }));
    }
    parts.push(Part::Notes(sentences(found)));
    section("concentration", "On how few it rests", "How much of the revenue comes from how few customers.", parts)
}

fn opportunities(answers: &Answers, figures: &Figures<'_>) -> Result<Section, Error> {
    let guide = figures.table(
        &answers.guide,
        "guide",
        "What is possible: as if all customers of a stage became like those of the next",
        &[
            shown("name", "Stage", "the life stage that moves"),
            shown("customers", "Customers", "customers in it now"),
            shown("average_clv", "Each so far", "what they have spent by customer: the average customer lifetime value so far"),
            shown("goal", "Goal", "the stage or stages they would move to"),
            shown("goal_clv", "Goal's each", "the same average of the customers of the goal"),
            shown("difference", "Difference", "goal's average less their own"),
            shown("total_opportunity", "Total", "difference times customers, exact and rounded once"),
        ],
        Some("note"),
    )?;
    let why = "What is possible moves everybody, and takes the past of other people, with a longer history, for their future: a bound from above. What is likely counts only those whom this store has been seen to move, over one month, and values them by what movers then really spent; it is what a plan can be held to.";
    let notes = answers.guide.header.iter().flat_map(|header| &header.warnings).filter(|warning| warning.contains("add up")).cloned();
    let notes = likely_notes(answers).into_iter().chain(notes).collect();
    let mut parts = vec![Part::Table(likely(answers)), Part::Table(guide)];
    if !answers.likely.targets.is_empty() {
        parts.push(Part::Table(targets::table(&answers.likely.targets)));
    }
    parts.extend([Part::Text(why.to_owned()), Part::Notes(notes)]);
    Ok(section(
        "opportunities",
        "Where the money is",
        "What moves between stages would bring: first what is likely, then what is possible.",
        parts,
    ))
}

/// Estimates are shown by three digits, with the interval that they lie in.
fn likely(answers: &Answers) -> Table {
    let months = answers.likely.past.horizon_months;
    let column = |title: &str, definition: String, align| Column { title: title.to_owned(), definition, align };
    let mut columns = vec![
        column("Stage", "the life stage that moves".to_owned(), Align::Start),
        column("Goal", "the stage or stages they would move to".to_owned(), Align::Start),
        column("Customers", "customers in the stage now".to_owned(), Align::End),
        column("Usual month", "share that moves in the median month; that happens anyway".to_owned(), Align::End),
        column("Best month", "share that moved in the best month of the same season".to_owned(), Align::End),
        column(
            "Extra",
            "customers more in a month as good as the best: the difference of the shares times customers".to_owned(),
            Align::End,
        ),
        column(
            "Each worth",
            format!("what movers spent in the {months} months from the beginning of the month of their move, more than those who stayed"),
            Align::End,
        ),
        column("Value", "extra times worth, before costs".to_owned(), Align::End),
        column("95 % interval", "where the value lies, given the store's own past".to_owned(), Align::End),
    ];
    if answers.likely.has_terms {
        columns.extend([
            column("Cost", "what it costs, as given in opportunities.toml".to_owned(), Align::End),
            column("Gain", "value times the share reached and the margin, less cost; the figure that ranks".to_owned(), Align::End),
        ]);
    }
    let percent = |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0));
    let about = |amount: f64| crate::header::about(amount / 10_000.0);
    let known = |amount: Option<f64>| amount.map_or("–".to_owned(), about);
    let row = |(row, gain): (&LikelyRow, &Gain)| Row {
        cells: [
            row.stage_name.clone(),
            row.goal_name.clone(),
            row.customers.map_or("–".to_owned(), whole),
            percent(row.usual_rate),
            percent(row.best_rate),
            row.extra.map_or("–".to_owned(), |extra| whole(extra.round() as u64)),
            known(row.worth),
            known(row.value),
            row.interval.map_or("–".to_owned(), |(low, high)| format!("{} to {}", about(low), about(high))),
        ]
        .into_iter()
        .chain(answers.likely.has_terms.then(|| [known(gain.cost), known(gain.gain)]).into_iter().flatten())
        .collect(),
        remark: answers.likely.remark(row).unwrap_or_default(),
        is_total: false,
    };
    Table {
        id: "likely".to_owned(),
        caption: format!("What is likely, in {}: a month as good as the best of the same season", answers.header.currency),
        columns,
        rows: answers.likely.rows.iter().zip(&answers.likely.gains).map(row).collect(),
    }
}

fn likely_notes(answers: &Answers) -> Vec<String> {
    let likely = &answers.likely;
    vec![
        format!("Rates come from the last {} months, spending is followed for {} months. The season is the coming calendar month with its two neighbours.", likely.months, likely.past.horizon_months),
        "Who moved is not a random choice of who could: movers would have spent more in any case. What moving somebody else brings is less, and only an experiment tells how much.".to_owned(),
        likely.terms_note(),
    ]
}

fn quality(answers: &Answers) -> Section {
    let head = &answers.header;
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    let table = Table {
        id: "thresholds".to_owned(),
        caption: "Thresholds in force".to_owned(),
        columns: vec![
            column("Threshold", "its name in quintile.toml, where it can be fixed", Align::Start),
            column("Value", "in days where it is a length of time", Align::End),
            column("Found", "how it was found", Align::Start),
        ],
        rows: head
            .thresholds
            .iter()
            .map(|threshold| Row {
                cells: vec![threshold.name.to_owned(), threshold.value.clone(), threshold.found.clone()],
                ..Row::default()
            })
            .collect(),
    };
    let mut parts = Vec::new();
    if !head.warnings.is_empty() {
        parts.push(Part::Notes(head.warnings.clone()));
    }
    parts.push(Part::Table(table));
    section("quality", "What the figures rest on", "Thresholds come from the store's own data unless they are fixed by hand.", parts)
}
