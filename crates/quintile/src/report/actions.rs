//! What to do first: tactics for the stages that promise most.

use super::Answers;
use crate::workspace::Workspace;
use quintile_catalog::{Frame, Impact, MainGoal, Tactic};
use quintile_report::{Align, Column, Part, Row, Section, Table};

/// Stages that are looked at.
const STAGES: usize = 3;

pub(super) fn section(workspace: &Workspace, answers: &Answers) -> Section {
    // By likely value; where the past says nothing, in the order of the guide.
    let mut stages: Vec<(&str, &str)> = Vec::new();
    for row in answers.likely.rows.iter().filter(|row| row.customers.is_none_or(|customers| customers > 0)) {
        stages.push((&row.stage, &row.stage_name));
    }
    stages.truncate(STAGES);
    let of = |wanted: fn(&Tactic) -> bool, at_most: usize| -> Vec<Row> {
        let mut rows = Vec::new();
        for (stage, name) in &stages {
            let play = workspace.catalog.plays.iter().find(|play| play.stage == *stage);
            for tactic in play.iter().flat_map(|play| &play.tactics).filter(|tactic| wanted(tactic)).take(at_most) {
                rows.push(Row { cells: vec![(*name).to_owned(), tactic.name.clone(), tactic.channel.clone()], ..Row::default() });
            }
        }
        rows
    };
    let table = |id: &str, caption: &str, rows: Vec<Row>| {
        let column =
            |title: &str, definition: &str| Column { title: title.to_owned(), definition: definition.to_owned(), align: Align::Start };
        let columns = vec![column("For", "the life stage it is for"), column("What", "the tactic"), column("By", "the channel")];
        Part::Table(Table { id: id.to_owned(), caption: caption.to_owned(), columns, rows })
    };
    Section {
        id: "actions".to_owned(),
        title: "What to do".to_owned(),
        lead: "For the stages that promise most: what brings orders within weeks, what prepares them, and what builds trust over months.".to_owned(),
        parts: vec![
            table("actions-short", "In the next weeks: revenue, directly", of(|t| (t.goal, t.frame, t.impact) == (MainGoal::Revenue, Frame::Short, Impact::Direct), 2)),
            table(
                "actions-medium",
                "In the next months: attention now, revenue later",
                of(|t| (t.goal == MainGoal::Engagement && t.frame == Frame::Short) || (t.goal == MainGoal::Revenue && t.frame == Frame::Long), 2),
            ),
            table("actions-long", "Over the year: trust", of(|t| t.goal == MainGoal::Engagement && t.frame == Frame::Long, 2)),
            Part::Notes(vec![
                "Tactics are proposals from the catalogue (`catalog/plays`), in the order of the likely value of their stage; which of them work in this store only an experiment can tell.".to_owned(),
            ]),
        ],
    }
}
