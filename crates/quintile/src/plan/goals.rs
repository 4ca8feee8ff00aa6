//! Goals of life stages, as they are in force: tried without a file, or changed in it, where comments and everything else stay as they are.

use super::{FILE, file};
use crate::Error;
use crate::workspace::{Workspace, whole};
use quintile_model::nearest::nearest;
use std::collections::BTreeMap;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// Goals by stage: stages or unions of them by their ids. An empty list keeps the stage as it is; `None` takes the goal of the catalogue
/// again. Stages that are not named stay.
pub type Goals = BTreeMap<String, Option<Vec<String>>>;

/// What a stage can aim at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aimable {
    /// In plans.
    pub id: String,
    /// For people.
    pub name: String,
    /// Several stages together?
    pub is_union: bool,
}

/// The goal of a stage, as it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoalInForce {
    /// The stage.
    pub stage: String,
    /// Its name for people.
    pub stage_name: String,
    /// What it aims at: unions and stages by their ids; empty where it is kept.
    pub goal: Vec<String>,
    /// The goal's name for people.
    pub goal_name: String,
    /// The goal that the catalogue gives it.
    pub usual: Vec<String>,
    /// Does the plan say so, and not the catalogue?
    pub is_set: bool,
}

impl Workspace {
    /// The same project with other goals, which are in no file. What is asked of it is ended with what is asked of this one.
    pub fn trying(&self, goals: &Goals) -> Result<Workspace, Error> {
        let text = with_goals(&self.plan_text()?, goals).map_err(Error::Usage)?;
        self.checked(&text, goals)?;
        Ok(self.with_plan(text))
    }

    /// Writes goals into the plan of the project.
    pub fn change_goals(&self, goals: &Goals) -> Result<(), Error> {
        let text = with_goals(&self.plan_text()?, goals).map_err(Error::Usage)?;
        self.checked(&text, goals)?;
        whole(self.root(), FILE, &text)
    }

    /// The goals in force, in the order of the catalogue.
    pub fn goals(&self) -> Result<Vec<GoalInForce>, Error> {
        let (plan, partition) = (self.plan()?, self.catalog.partition(&self.catalog.guide.partition)?);
        let moves = &self.catalog.guide.moves;
        let shortest = |classes: &[String]| match partition.unions.iter().find(|union| union.classes == classes) {
            Some(union) => vec![union.id.clone()],
            None => classes.to_vec(),
        };
        let in_force = plan.moves(moves);
        let rows = moves.iter().zip(&in_force).map(|(usual, of)| GoalInForce {
            stage: of.stage.clone(),
            stage_name: partition.class(&of.stage).map_or_else(|| of.stage.clone(), |class| class.name.clone()),
            goal: shortest(&of.goal),
            goal_name: of.goal_name.clone(),
            usual: shortest(&usual.goal),
            is_set: plan.stage(&of.stage).is_some_and(|stage| stage.goal.is_some()),
        });
        Ok(rows.collect())
    }

    /// Everything that a stage can aim at.
    pub fn aims(&self) -> Result<Vec<Aimable>, Error> {
        let partition = self.catalog.partition(&self.catalog.guide.partition)?;
        let unions = partition.unions.iter().map(|union| Aimable { id: union.id.clone(), name: union.name.clone(), is_union: true });
        let classes = partition.classes.iter().map(|class| Aimable { id: class.id.clone(), name: class.name.clone(), is_union: false });
        Ok(unions.chain(classes).collect())
    }

    fn checked(&self, text: &str, goals: &Goals) -> Result<(), Error> {
        // A stage that is only taken back to its usual goal has no entry that the reader would look at.
        let moves = &self.catalog.guide.moves;
        if let Some(stage) = goals.keys().find(|stage| !moves.iter().any(|of| of.stage == **stage)) {
            let meant = nearest(stage, moves.iter().map(|of| of.stage.as_str())).map(|name| format!(", did you mean `{name}`?"));
            return Err(Error::Usage(format!("there is no stage `{stage}`{}", meant.unwrap_or_default())));
        }
        file::parse(&self.root().join(FILE), text, &self.catalog).map(drop).map_err(|error| match error {
            Error::Settings { why, .. } => Error::Usage(why),
            other => other,
        })
    }
}

/// The text of a plan with other goals.
fn with_goals(text: &str, goals: &Goals) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let stages = document.entry("stage").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let stages = stages.as_array_of_tables_mut().ok_or("`stage` is no list of sections; write each as `[[stage]]`")?;
    for (id, goal) in goals {
        let at = stages.iter().position(|stage| stage.get("id").and_then(Item::as_str) == Some(id));
        match (at.and_then(|at| stages.get_mut(at)), goal) {
            (Some(stage), Some(goal)) => set(stage, goal),
            (Some(stage), None) => {
                stage.remove("goal");
                stage.remove("goal_name");
            }
            (None, Some(goal)) => {
                let mut stage = Table::new();
                stage.insert("id", value(id));
                set(&mut stage, goal);
                stages.push(stage);
            }
            (None, None) => {}
        }
        // An entry that says nothing more is none.
        if let Some(at) = at.filter(|at| stages.get(*at).is_some_and(|stage| stage.len() == 1)) {
            stages.remove(at);
        }
    }
    Ok(document.to_string())
}

fn set(stage: &mut Table, goal: &[String]) {
    stage.remove("goal_name");
    stage.insert("goal", value(goal.iter().map(String::as_str).collect::<Array>()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goals(of: &[(&str, Option<&[&str]>)]) -> Goals {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        of.iter().map(|(stage, goal)| ((*stage).to_owned(), goal.map(list))).collect()
    }

    #[test]
    fn goals_change_and_all_else_in_the_file_stays() {
        let text = "# ours\ncurrency = 'EUR'\n\n[[stage]] # the first\nid = 'loyal'\nfixed_cost = 3 # a month\n\n[[stage]]\nid = 'prospects'\ngoal = ['repeat']\ngoal_name = 'Again'\n";
        let after =
            with_goals(text, &goals(&[("loyal", Some(&[])), ("prospects", Some(&["loyal"])), ("inactive-repeat", Some(&["loyal"]))]))
                .unwrap();
        assert!(
            after.starts_with("# ours\ncurrency = 'EUR'\n\n[[stage]] # the first\nid = 'loyal'\nfixed_cost = 3 # a month\ngoal = []\n"),
            "{after}"
        );
        assert!(after.contains("id = 'prospects'\ngoal = [\"loyal\"]\n") && !after.contains("Again"), "{after}");
        assert!(after.ends_with("[[stage]]\nid = \"inactive-repeat\"\ngoal = [\"loyal\"]\n"), "{after}");
        // Taken back, the entry that held nothing else is gone.
        let back = with_goals(&after, &goals(&[("loyal", None), ("prospects", None), ("inactive-repeat", None)])).unwrap();
        assert_eq!(back, "# ours\ncurrency = 'EUR'\n\n[[stage]] # the first\nid = 'loyal'\nfixed_cost = 3 # a month\n");
        assert_eq!(with_goals(text, &Goals::new()).unwrap(), text);
        assert!(with_goals("stage = 3\n", &goals(&[("loyal", None)])).is_err());
    }
}
