//! What to do first: tactics from the catalogue for the rows that promise most, in a two-by-two.
//!
//! Across stands the main goal, revenue or engagement; up stand time frame and impact. A tactic that is short and direct
//! tells soon and by itself; one that is long or indirect prepares. Short, direct revenue comes first.

use super::Likely;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When};
use quintile_catalog::{Frame, Impact, MainGoal, Play, Tactic};

/// Rows whose tactics are shown.
pub(crate) const ROWS: usize = 3;

/// A field of the two-by-two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quadrant {
    pub goal: MainGoal,
    /// Short and direct, rather than long or indirect.
    pub soon: bool,
}

/// The fields, those to do first in front.
pub(crate) fn quadrants() -> [Quadrant; 4] {
    [
        Quadrant { goal: MainGoal::Revenue, soon: true },
        Quadrant { goal: MainGoal::Engagement, soon: true },
        Quadrant { goal: MainGoal::Revenue, soon: false },
        Quadrant { goal: MainGoal::Engagement, soon: false },
    ]
}

impl Quadrant {
    pub fn of(tactic: &Tactic) -> Quadrant {
        Quadrant { goal: tactic.goal, soon: tactic.frame == Frame::Short && tactic.impact == Impact::Direct }
    }

    /// Its row in the two-by-two.
    pub fn row(self) -> &'static str {
        if self.soon { "short and direct" } else { "long or indirect" }
    }

    /// Its place among the four, from 1.
    fn place(self) -> u64 {
        quadrants().iter().position(|other| *other == self).map_or(0, |place| place as u64 + 1)
    }
}

/// A tactic for a row of the likely table.
pub(crate) struct Proposal<'a> {
    /// The rank of the row, from 1.
    pub rank: u64,
    pub stage: &'a str,
    pub stage_name: &'a str,
    pub play: &'a Play,
    pub tactic: &'a Tactic,
    /// What the row may gain, in ten-thousandths.
    pub gain: Option<f64>,
    pub effort_days: Option<f64>,
}

/// The tactics for the rows that promise most: by gain; where the past says nothing, in the order of the guide.
pub(crate) fn first_rows<'a>(workspace: &'a Workspace, likely: &'a Likely) -> Vec<Proposal<'a>> {
    let rows = likely.rows.iter().zip(likely.gains.iter().zip(&likely.terms));
    // Where nothing is to be gained nothing is to be done, as far as anybody knows.
    let promising =
        rows.filter(|(row, (gain, _))| row.customers.is_none_or(|customers| customers > 0) && gain.gain.is_none_or(|gain| gain > 0.0));
    let mut proposals = Vec::new();
    for (rank, (row, (gain, terms))) in promising.take(ROWS).enumerate() {
        for play in workspace.catalog.plays.iter().filter(|play| play.stage == row.stage) {
            let proposal = |tactic| Proposal {
                rank: rank as u64 + 1,
                stage: &row.stage,
                stage_name: &row.stage_name,
                play,
                tactic,
                gain: gain.gain,
                effort_days: terms.effort_days,
            };
            proposals.extend(play.tactics.iter().map(proposal));
        }
    }
    // Of a field the better row first; of a row the order of its play.
    proposals.sort_by_key(|proposal| (Quadrant::of(proposal.tactic).place(), proposal.rank));
    proposals
}

impl Workspace {
    /// The first tactics for the likeliest gains, with their place in the two-by-two.
    pub fn tactics(&self, when: &When) -> Result<Answer, Error> {
        let likely = self.likely(when)?;
        let proposals = first_rows(self, &likely);
        let all = || proposals.iter();
        let columns = vec![
            AnswerColumn::count("quadrant", all().map(|proposal| Some(Quadrant::of(proposal.tactic).place()))),
            AnswerColumn::count("rank", all().map(|proposal| Some(proposal.rank))),
            AnswerColumn::text("life_stage", all().map(|proposal| Some(proposal.stage.to_owned()))),
            AnswerColumn::text("play", all().map(|proposal| Some(proposal.play.id.clone()))),
            AnswerColumn::text("tactic", all().map(|proposal| Some(proposal.tactic.name.clone()))),
            AnswerColumn::text("channel", all().map(|proposal| Some(proposal.tactic.channel.clone()))),
            AnswerColumn::text("goal", all().map(|proposal| Some(goal_id(proposal.tactic.goal).to_owned()))),
            AnswerColumn::text("frame", all().map(|proposal| Some(frame_id(proposal.tactic.frame).to_owned()))),
            AnswerColumn::text("impact", all().map(|proposal| Some(impact_id(proposal.tactic.impact).to_owned()))),
            AnswerColumn::amount("gain", all().map(|proposal| proposal.gain.and_then(super::likely::money))),
            AnswerColumn::number("effort_days", all().map(|proposal| proposal.effort_days)),
        ];
        let notes = vec![
            "quadrant 1: revenue, short and direct, to do first; 2: engagement, short and direct; 3: revenue, long or indirect; 4: engagement, long or indirect"
                .to_owned(),
            format!("rank: the place of the stage by its likely gain, of which the first {ROWS} are looked at; gain and effort are of the stage as a whole, not of one tactic"),
            "tactics are proposals of the catalogue (`catalog/plays`); which of them work in this store only an experiment can tell".to_owned(),
        ];
        Answer::of(likely.header, columns, notes)
    }
}

/// A goal as files name it.
pub(crate) fn goal_id(goal: MainGoal) -> &'static str {
    match goal {
        MainGoal::Revenue => "revenue",
        MainGoal::Engagement => "engagement",
    }
}

fn frame_id(frame: Frame) -> &'static str {
    match frame {
        Frame::Short => "short",
        Frame::Long => "long",
    }
}

fn impact_id(impact: Impact) -> &'static str {
    match impact {
        Impact::Direct => "direct",
        Impact::Indirect => "indirect",
    }
}
