//! Targets on the page, beside what was reached.

use crate::months::whole;
use crate::opportunities::TargetRow;
use quintile_report::{Align, Column, Row, Table};

/// Targets of the plan beside what was reached.
pub(super) fn table(targets: &[TargetRow]) -> Table {
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    let count = |count: Option<u64>| count.map_or("–".to_owned(), whole);
    let row = |row: &TargetRow| Row {
        cells: vec![
            row.stage_name.clone(),
            row.goal_name.clone(),
            format!("{} through {}", row.set_on, row.until),
            count(row.target),
            count(row.moved),
            row.expected.map_or("–".to_owned(), |expected| whole(expected.round() as u64)),
            row.course.map_or("–".to_owned(), |course| course.id().replace('-', " ")),
        ],
        ..Row::default()
    };
    Table {
        id: "targets".to_owned(),
        caption: "Targets beside what was reached".to_owned(),
        columns: vec![
            column("Stage", "the life stage whose customers shall move", Align::Start),
            column("Goal", "the stage or stages they shall move to", Align::Start),
            column("Time", "from the beginning of the day it was set through its last day", Align::Start),
            column("Target", "customers who shall have moved by then", Align::End),
            column("Moved", "customers who have, looked at a month apart, each counted once", Align::End),
            column("Expected", "who should have by now, on a straight line", Align::End),
            column("Course", "held against that line", Align::Start),
        ],
        rows: targets.iter().map(row).collect(),
    }
}
