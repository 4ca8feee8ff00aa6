//! The sheet of targets beside what was reached.

use super::possible::of_when;
use super::sheet::{FIRST, Field, Line, begin, field};
use crate::Error;
use crate::opportunities::{Possible, TargetRow};
use crate::write::xlsx::formats::Formats;
use jiff::civil::Date;
use quintile_insight::opportunity::target::Course;
use rust_xlsxwriter::Worksheet;

pub(super) const FIELDS: [Field; 9] = [
    field("Stage", 22, "The life stage whose customers shall move."),
    field("Goal", 24, "The stage or stages they shall move to."),
    field("Set on", 12, "The day from whose beginning on movers count."),
    field("Until", 12, "The last day that counts."),
    field("Target", 12, "Customers who shall have moved by then. Yours to edit."),
    field(
        "Moved so far",
        12,
        "Customers who were in the stage at one look and in the goal at the next, looks being a month apart; each counts once.",
    ),
    field("Time gone", 12, "Share of the time of the target that has gone by."),
    field("Expected by now", 12, "Target x time gone: a straight line."),
    field("Course", 14, "reached, missed, on-course or behind the straight line, or not-begun."),
];

pub(super) fn write(sheet: &mut Worksheet, formats: &Formats, possible: &Possible) -> Result<(), Error> {
    begin(sheet, formats, "Targets", "Targets beside what was reached", &of_when(possible), &FIELDS)?;
    for (at, row) in possible.targets.iter().enumerate() {
        fill(&mut Line { sheet, row: FIRST + at as u32 }, formats, row)?;
    }
    Ok(())
}

fn fill(line: &mut Line<'_>, formats: &Formats, row: &TargetRow) -> Result<(), Error> {
    line.text(0, &row.stage_name, &formats.text)?;
    line.text(1, &row.goal_name, &formats.text)?;
    line.number(2, Some(serial(row.set_on)), &formats.date)?;
    line.number(3, Some(serial(row.until)), &formats.date)?;
    line.number(4, row.target.map(|target| target as f64), &formats.input_count)?;
    line.number(5, row.moved.map(|moved| moved as f64), &formats.count)?;
    let begun = row.course.is_some_and(|course| course != Course::NotBegun);
    let gone = row.gone.filter(|_| begun);
    line.number(6, gone, &formats.share)?;
    let [target, moved, time, expected] = [4, 5, 6, 7].map(|column| line.cell(column));
    line.formula(7, &[4, 6], &format!("{target}*{time}"), row.expected.filter(|_| begun), &formats.number)?;
    let course = row.course.map_or("", Course::id);
    let open = format!("IF({time}>=1,\"missed\",IF({moved}>={expected},\"on-course\",\"behind\"))");
    let formula = format!("IF({moved}=\"\",\"\",IF({time}=\"\",\"not-begun\",IF({moved}>={target},\"reached\",{open})))");
    line.plain_formula(8, &formula, course.to_owned(), &formats.text)
}

/// A day as spreadsheets count.
fn serial(date: Date) -> f64 {
    let days = date.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days());
    f64::from(days + 25_569)
}
