//! What brings customers of a stage to the next: tactics, and where each stands in the matrix of tactics.

use crate::load::{self, CatalogError};
use crate::partition::Partition;
use serde::Deserialize;

/// Tactics for one stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Play {
    /// Its name in questions.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// The life stage it is for.
    pub stage: String,
    /// The tactics, those to do first in front.
    pub tactics: Vec<Tactic>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tactic {
    /// What.
    pub name: String,
    /// By which channel.
    pub channel: String,
    /// What for.
    pub goal: MainGoal,
    /// When it tells.
    pub frame: Frame,
    /// How it tells.
    pub impact: Impact,
}

/// What a tactic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MainGoal {
    /// Orders.
    Revenue,
    /// Attention and trust.
    Engagement,
}

/// When a tactic tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    /// Within weeks.
    Short,
    /// Within months.
    Long,
}

/// How a tactic tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// By itself.
    Direct,
    /// By what it prepares.
    Indirect,
}

impl Play {
    /// Reads and checks a play.
    pub fn parse(file: &str, text: &str, partitions: &[Partition]) -> Result<Play, CatalogError> {
        let read: PlayFile = load::read_toml(file, text)?;
        let wrong = |message: String| CatalogError::Wrong { file: file.to_owned(), message };
        let stages = partitions.iter().find(|partition| partition.id == "life_stage");
        if stages.is_none_or(|stages| stages.class(&read.stage).is_none()) {
            return Err(wrong(format!("there is no life stage `{}`", read.stage)));
        }
        if read.tactic.is_empty() {
            return Err(wrong("there is no `[[tactic]]`".to_owned()));
        }
        Ok(Play { id: read.id, name: read.name, stage: read.stage, tactics: read.tactic })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlayFile {
    id: String,
    name: String,
    stage: String,
    tactic: Vec<Tactic>,
}

#[cfg(test)]
mod tests {
    use crate::{Catalog, CatalogError, Frame, Impact, MainGoal, Play};

    #[test]
    fn every_move_of_the_guide_has_a_play() {
        let catalog = Catalog::built_in().unwrap();
        for of in catalog.guide.moves.iter().filter(|of| !of.goal.is_empty()) {
            let play = catalog.plays.iter().find(|play| play.stage == of.stage).unwrap_or_else(|| panic!("none for `{}`", of.stage));
            // What brings orders soon and by itself comes first in the report.
            let soon =
                |tactic: &crate::Tactic| (tactic.goal, tactic.frame, tactic.impact) == (MainGoal::Revenue, Frame::Short, Impact::Direct);
            assert!(play.tactics.iter().any(soon), "{}", play.id);
        }
    }

    #[test]
    fn a_play_for_no_stage_is_refused() {
        let text = "id = 'x'\nname = 'X'\nstage = 'sleepers'\n[[tactic]]\nname = 'a'\nchannel = 'b'\ngoal = 'revenue'\nframe = 'short'\nimpact = 'direct'";
        let partitions = Catalog::built_in().unwrap().partitions;
        assert!(
            matches!(Play::parse("x.toml", text, &partitions), Err(CatalogError::Wrong { message, .. }) if message.contains("`sleepers`"))
        );
        assert!(matches!(Play::parse("x.toml", &text.replace("short", "brief"), &partitions), Err(CatalogError::Syntax { .. })));
    }
}
