//! What moves between life stages are worth, by the goals in force or by others that are tried; and these goals.

use super::tables::known;
use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::{Goals, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

/// `GET /api/v1/opportunities`.
pub fn opportunities(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    let kind = ask.one_of("kind", &["possible", "likely", "tactics"])?;
    let goals = tried(ask)?;
    let answer = known(ask, &format!("opportunities {kind} {goals:?}"), |workspace| {
        let other = if goals.is_empty() { None } else { Some(workspace.trying(&goals)?) };
        let workspace: &Workspace = other.as_ref().unwrap_or(workspace);
        match kind {
            "likely" => workspace.likely_opportunities(&when),
            "tactics" => workspace.tactics(&when),
            _ => workspace.opportunities(&when),
        }
    })?;
    rows::answer(ask, "opportunities", &answer)
}

/// Goals of the query, as `stage:goal` with commas between: a stage once for each of its goals, `stage:` to keep it.
fn tried(ask: &Ask) -> Result<Goals, Problem> {
    let mut goals = Goals::new();
    for part in ask.names("goals") {
        let (stage, goal) =
            part.split_once(':').ok_or_else(|| Problem::bad(format!("`{part}` of `goals` has no `:` between stage and goal")))?;
        let list = goals.entry(stage.to_owned()).or_insert_with(|| Some(Vec::new()));
        list.get_or_insert_default().extend(Some(goal.to_owned()).filter(|goal| !goal.is_empty()));
    }
    Ok(goals)
}

/// `GET /api/v1/goals`.
pub fn goals(ask: &Ask) -> Result<Answered, Problem> {
    let workspace = ask.workspace()?;
    Ok(answered::json(&shown(&workspace).map_err(|error| ask.problem(&error))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeGoals {
    goals: Goals,
}

/// `PUT /api/v1/goals`.
pub fn change_goals(ask: &Ask) -> Result<Answered, Problem> {
    let ChangeGoals { goals } = ask.json()?;
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    workspace.change_goals(&goals).map_err(fault)?;
    let words = |goal: &Option<Vec<String>>| match goal {
        Some(goal) if goal.is_empty() => "kept".to_owned(),
        Some(goal) => goal.join(" and "),
        None => "as usual".to_owned(),
    };
    let note = goals.iter().map(|(stage, goal)| format!("{stage}: {}", words(goal))).collect::<Vec<_>>().join(", ");
    ask.audit("goals.changed", quintile::PLAN_FILE, &note)?;
    Ok(answered::json(&shown(&workspace).map_err(fault)?))
}

fn shown(workspace: &Workspace) -> Result<Value, quintile::Error> {
    let goals = workspace.goals()?.into_iter().map(|of| {
        json!({
            "stage": of.stage, "stage_name": of.stage_name, "goal": of.goal, "goal_name": of.goal_name, "usual": of.usual,
            "is_set": of.is_set,
        })
    });
    let aims = workspace.aims()?.into_iter().map(|aim| json!({"id": aim.id, "name": aim.name, "is_union": aim.is_union}));
    Ok(json!({"data": goals.collect::<Vec<Value>>(), "aims": aims.collect::<Vec<Value>>()}))
}
