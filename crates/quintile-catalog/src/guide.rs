//! The moves between life stages that are worth pricing.

use crate::load::{self, CatalogError};
use crate::partition::Partition;
use serde::Deserialize;

/// A table of moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guide {
    /// Its name in questions.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it answers.
    pub question: String,
    /// The partition whose classes it moves between.
    pub partition: String,
    /// The moves, in the order they are shown.
    pub moves: Vec<Move>,
}

/// From one stage to a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The class that moves.
    pub stage: String,
    /// Its name for people.
    pub stage_name: String,
    /// The classes of the goal, priced as one, unions resolved; empty for a stage to keep.
    pub goal: Vec<String>,
    /// The name of the goal for people.
    pub goal_name: String,
    /// Hours of work that setting up the first tactics is assumed to take; `None` for a stage to keep.
    pub effort_hours: Option<u32>,
}

impl Guide {
    /// Reads and checks a table of moves against the partitions.
    pub fn parse(file: &str, text: &str, partitions: &[Partition]) -> Result<Guide, CatalogError> {
        let wrong = |message: String| CatalogError::Wrong { file: file.to_owned(), message };
        let read: GuideFile = load::read_toml(file, text)?;
        let partition = partitions.iter().find(|partition| partition.id == read.partition);
        let partition = partition.ok_or_else(|| load::unknown("partition", &read.partition, partitions.iter().map(|p| p.id.as_str())))?;
        let mut moves: Vec<Move> = Vec::with_capacity(read.row.len());
        for row in read.row {
            let class = partition.class(&row.stage).ok_or_else(|| wrong(format!("there is no class `{}` to move from", row.stage)))?;
            if moves.iter().any(|other| other.stage == row.stage) {
                return Err(wrong(format!("`{}` has two rows; a stage moves once", row.stage)));
            }
            let mut goal: Vec<String> = Vec::new();
            for name in &row.goal {
                let classes = partition.classes_of(name).ok_or_else(|| wrong(format!("`{}`: there is no goal `{name}`", row.stage)))?;
                for class in classes {
                    if !goal.iter().any(|known| known == class) {
                        goal.push(class.to_owned());
                    }
                }
            }
            moves.push(Move {
                stage: row.stage,
                stage_name: class.name.clone(),
                goal,
                goal_name: row.goal_name,
                effort_hours: row.effort_hours,
            });
        }
        Ok(Guide { id: read.id, name: read.name, question: read.question, partition: read.partition, moves })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GuideFile {
    id: String,
    name: String,
    question: String,
    partition: String,
    row: Vec<RowFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowFile {
    stage: String,
    #[serde(default)]
    goal: Vec<String>,
    goal_name: String,
    effort_hours: Option<u32>,
}

#[cfg(test)]
mod tests {
    use crate::Catalog;

    #[test]
    fn goals_are_classes() {
        let guide = Catalog::built_in().unwrap().guide;
        let goal = |stage: &str| guide.moves.iter().find(|m| m.stage == stage).unwrap().goal.join(" ");
        assert_eq!(goal("first-time-buyers"), "active-repeat loyal at-risk-repeat inactive-repeat");
        assert_eq!(goal("at-risk-repeat"), "active-repeat loyal");
        assert_eq!(goal("loyal"), "");
    }
}
