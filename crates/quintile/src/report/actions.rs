//! What to do first: tactics for the stages that promise most, as a two-by-two, and what the stages cost and may bring.

use super::Answers;
use crate::opportunities::{Proposal, Quadrant, ROWS, first_rows};
use crate::workspace::Workspace;
use quintile_catalog::MainGoal;
use quintile_insight::opportunity::gain::{Gain, Terms};
use quintile_insight::opportunity::likely::LikelyRow;
use quintile_report::{Align, Column, Part, Row, Section, Table, TwoByTwo};

/// Tactics of one stage in one field; the rest is in `quintile opportunities --tactics`.
const OF_A_STAGE: usize = 3;

pub(super) fn section(workspace: &Workspace, answers: &Answers) -> Section {
    let proposals = first_rows(workspace, &answers.likely);
    Section {
        id: "actions".to_owned(),
        title: "What to do".to_owned(),
        lead: "For the stages that promise most: what brings orders within weeks, what prepares them, and what builds trust over months."
            .to_owned(),
        parts: vec![
            Part::Table(effort(answers)),
            Part::TwoByTwo(fields(&proposals)),
            Part::Notes(vec![
                "The main goal across, revenue before engagement; up what tells soon and by itself before what takes months or prepares. Short, direct revenue is to be done first.".to_owned(),
                "Tactics are proposals from the catalogue (`catalog/plays`), in the order of the likely gain of their stage; which of them work in this store only an experiment can tell.".to_owned(),
            ]),
        ],
    }
}

/// The first stages, with what they cost, take and may bring.
fn effort(answers: &Answers) -> Table {
    let likely = &answers.likely;
    let about = |amount: f64| crate::header::about(amount / 10_000.0);
    let rows = likely.rows.iter().zip(likely.gains.iter().zip(&likely.terms));
    let rows = rows
        .filter(|(row, (gain, _))| row.customers.is_none_or(|customers| customers > 0) && gain.gain.is_none_or(|gain| gain > 0.0))
        .take(ROWS)
        .enumerate();
    let row = |(at, (row, (gain, terms))): (usize, (&LikelyRow, (&Gain, &Terms)))| Row {
        cells: vec![
            row.stage_name.clone(),
            (at + 1).to_string(),
            gain.gain.map_or("–".to_owned(), about),
            gain.cost.map_or("–".to_owned(), about),
            terms.effort_days.map_or("–".to_owned(), |days| format!("{days:.1}")),
        ],
        ..Row::default()
    };
    let column = |title: &str, definition: &str, align| Column { title: title.to_owned(), definition: definition.to_owned(), align };
    Table {
        id: "actions-effort".to_owned(),
        caption: format!("Where to begin, in {}", answers.header.currency),
        columns: vec![
            column("Stage", "the life stage whose customers move", Align::Start),
            column("Rank", "by likely gain in a good month", Align::End),
            column(
                "Likely gain",
                "value times the share reached and the margin, less cost; by revenue where no margin is known",
                Align::End,
            ),
            column("Cost", "what it costs, as given in opportunities.toml", Align::End),
            column("Effort, days", "days of work, as given in opportunities.toml, else as the catalogue assumes", Align::End),
        ],
        rows: rows.map(row).collect(),
    }
}

/// The two-by-two.
fn fields(proposals: &[Proposal<'_>]) -> TwoByTwo {
    let of = |goal: MainGoal, soon: bool| -> Vec<String> {
        let mut texts = Vec::new();
        for rank in 1..=ROWS as u64 {
            let of_stage = proposals.iter().filter(|p| p.rank == rank && Quadrant::of(p.tactic) == Quadrant { goal, soon });
            texts.extend(of_stage.take(OF_A_STAGE).map(|p| format!("{}: {} ({})", p.stage_name, p.tactic.name, p.tactic.channel)));
        }
        texts
    };
    let row = |soon| [of(MainGoal::Revenue, soon), of(MainGoal::Engagement, soon)];
    TwoByTwo {
        id: "actions-fields".to_owned(),
        caption: "Tactics by main goal, and by how soon they tell".to_owned(),
        columns: ["Revenue: orders".to_owned(), "Engagement: attention and trust".to_owned()],
        rows: ["Short and direct".to_owned(), "Long or indirect".to_owned()],
        cells: [row(true), row(false)],
    }
}
