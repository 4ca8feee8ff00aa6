//! The sheet of what is possible: (goal's average - average now) x customers, and the sum of what is above nought.

use super::sheet::{FIRST, Field, Line, begin, field};
use crate::Error;
use crate::opportunities::{Possible, given};
use crate::write::xlsx::formats::{Formats, cell_name};
use quintile_insight::opportunity::Row;
use quintile_model::Money;
use quintile_model::money::UNIT;
use rust_xlsxwriter::Worksheet;

pub(super) const FIELDS: [Field; 11] = [
    field("Stage", 27, "The life stage whose customers would move."),
    field("Customers", 12, "Customers in the stage now. Yours to edit."),
    field("Average CLV", 16, "What a customer of the stage has spent so far, after refunds, on the average. Yours to edit."),
    field("Goal", 24, "The stage or stages they would move to."),
    field("Goal's CLV", 16, "The same average of the customers of the goal. Yours to edit."),
    field("Difference", 16, "Goal's CLV - average CLV."),
    field("Total opportunity", 20, "Difference x customers, as if all of them moved: a bound from above to rank moves by, not a forecast."),
    field("Predicted CLV", 16, "What a customer of the stage is still expected to spend, by the value model; empty without one."),
    field("Goal's predicted", 16, "The same average of the customers of the goal."),
    field("Given", 18, "Figures that were typed into opportunities.toml and went before the store's own."),
    field("Note", 60, "What to know of the row."),
];

const CUSTOMERS: u16 = 1;
const AVERAGE: u16 = 2;
const GOAL: u16 = 4;
const DIFFERENCE: u16 = 5;
const TOTAL: u16 = 6;
const PREDICTED: u16 = 7;
const GOAL_PREDICTED: u16 = 8;
const GIVEN: u16 = 9;
const NOTE: u16 = 10;

/// An amount as the nearest number of units.
pub(super) fn units(money: Option<Money>) -> Option<f64> {
    money.and_then(|money| money.to_string().parse().ok())
}

pub(super) fn write(sheet: &mut Worksheet, formats: &Formats, possible: &Possible) -> Result<(), Error> {
    let title = "What is possible: as if all customers of a stage became like those of the next";
    begin(sheet, formats, "Possible", title, &of_when(possible), &FIELDS)?;
    let rows = &possible.table.rows;
    for (at, row) in rows.iter().enumerate() {
        let mut line = Line { sheet, row: FIRST + at as u32 };
        fill(&mut line, formats, row)?;
        line.number(PREDICTED, units(possible.predicted_of(row)), &formats.amount)?;
        line.number(GOAL_PREDICTED, units(possible.goal_predicted_of(row)), &formats.amount)?;
    }
    let end = FIRST + rows.len() as u32;
    let mut line = Line { sheet, row: end };
    for column in 0..FIELDS.len() as u16 {
        line.text(column, if column == 0 { "Sum of opportunities" } else { " " }, &formats.total_text)?;
    }
    let range = format!("{}:{}", cell_name(FIRST, TOTAL), cell_name(end.saturating_sub(1), TOTAL));
    let sum = units(possible.table.sum).map_or(String::new(), |sum| sum.to_string());
    line.plain_formula(TOTAL, &format!("SUMIF({range},\">0\")"), sum, &formats.total_amount)?;
    let warning = "Customers who moved twice would count twice: rank rows, do not plan with the sum.";
    line.text(NOTE, warning, &formats.quiet)
}

fn fill(line: &mut Line<'_>, formats: &Formats, row: &Row) -> Result<(), Error> {
    let keeps = row.goal.is_empty();
    line.text(0, &row.stage_name, &formats.text)?;
    line.number(CUSTOMERS, row.customers.map(|count| count as f64), &formats.input_count)?;
    // Prospects have brought nothing, whether they were counted or not.
    let average = row.average_exact.or((row.stage == "prospects").then_some(0.0));
    line.number(AVERAGE, average, &formats.input_amount)?;
    line.text(3, &row.goal_name, &formats.text)?;
    let (own, goal) = (line.cell(AVERAGE), line.cell(GOAL));
    if keeps {
        line.number(GOAL, None, &formats.text)?;
    } else {
        line.number(GOAL, row.goal_average_exact, &formats.input_amount)?;
        let difference = row.goal_average_exact.zip(average).map(|(goal, own)| goal - own);
        line.formula(DIFFERENCE, &[AVERAGE, GOAL], &format!("{goal}-{own}"), difference, &formats.amount)?;
        let product = format!("ROUND({}*{},{})", line.cell(DIFFERENCE), line.cell(CUSTOMERS), UNIT.ilog10());
        line.formula(TOTAL, &[CUSTOMERS, DIFFERENCE], &product, units(row.total), &formats.amount)?;
    }
    line.text(GIVEN, &given(&row.given).unwrap_or_default(), &formats.text)?;
    line.text(NOTE, row.verdict.sentence(), &formats.text)
}

/// As of when, in a line.
pub(super) fn of_when(possible: &Possible) -> String {
    let edit = "Yellow cells are yours to edit; the rest follows.";
    match &possible.header {
        Some(header) => format!("As of {} ({}), amounts in {}. {edit}", header.as_of_words, header.zone, header.currency),
        None => format!("Figures as given, without a store. {edit}"),
    }
}
