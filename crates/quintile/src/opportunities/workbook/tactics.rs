//! The sheet of what to do first: the two-by-two, and all tactics in a list below it.

use super::sheet::{FIRST, Field, Line, begin, field};
use crate::Error;
use crate::opportunities::tactics::{Proposal, Quadrant, goal_id, quadrants};
use crate::write::xlsx::formats::Formats;
use quintile_catalog::MainGoal;
use rust_xlsxwriter::Worksheet;

pub(super) const FIELDS: [Field; 4] = [
    field("When it tells", 30, "Short and direct: within weeks and by itself. Long or indirect: over months, or by what it prepares."),
    field("Revenue", 62, "Tactics whose main goal is orders. Those that are short and direct come first."),
    field("Engagement", 62, "Tactics whose main goal is attention and trust."),
    field("Channel", 20, "By which channel, in the list below the two-by-two."),
];

/// A tactic as it is shown.
pub(super) struct Entry {
    quadrant: Quadrant,
    stage: String,
    tactic: String,
    channel: String,
}

impl Entry {
    pub fn of(proposal: &Proposal<'_>) -> Entry {
        Entry {
            quadrant: Quadrant::of(proposal.tactic),
            stage: proposal.stage_name.to_owned(),
            tactic: proposal.tactic.name.clone(),
            channel: proposal.tactic.channel.clone(),
        }
    }
}

pub(super) fn write(sheet: &mut Worksheet, formats: &Formats, entries: &[Entry]) -> Result<(), Error> {
    let quiet = "Proposals of the catalogue for the stages that promise most; which of them work only an experiment can tell.";
    begin(sheet, formats, "Tactics", "What to do first", quiet, &FIELDS)?;
    sheet.write_blank(FIRST - 1, 3, &formats.text)?;
    for (at, soon) in [true, false].into_iter().enumerate() {
        let mut line = Line { sheet, row: FIRST + at as u32 };
        line.text(0, Quadrant { goal: MainGoal::Revenue, soon }.row(), &formats.label)?;
        let mut lines = 1;
        for (column, goal) in [(1, MainGoal::Revenue), (2, MainGoal::Engagement)] {
            let of_field: Vec<String> = entries
                .iter()
                .filter(|entry| entry.quadrant == Quadrant { goal, soon })
                .map(|entry| format!("{}: {} ({})", entry.stage, entry.tactic, entry.channel))
                .collect();
            // A text longer than the column is wide takes another line.
            lines = lines.max(of_field.iter().map(|text| 1 + text.chars().count() / 66).sum());
            line.text(column, &of_field.join("\n"), &formats.wrapped)?;
        }
        line.sheet.set_row_height(line.row, 15.0 * lines as f64)?;
    }
    let names = FIRST + 3;
    for (column, name) in ["Field", "Tactic", "For the stage", "Channel"].into_iter().enumerate() {
        sheet.write_string_with_format(names, column as u16, name, &formats.names)?;
    }
    let ordered = quadrants().into_iter().flat_map(|quadrant| entries.iter().filter(move |entry| entry.quadrant == quadrant));
    for (at, entry) in ordered.enumerate() {
        let mut line = Line { sheet, row: names + 1 + at as u32 };
        line.text(0, &format!("{}, {}", goal_id(entry.quadrant.goal), entry.quadrant.row()), &formats.text)?;
        line.text(1, &entry.tactic, &formats.text)?;
        line.text(2, &entry.stage, &formats.text)?;
        line.text(3, &entry.channel, &formats.text)?;
    }
    Ok(())
}
