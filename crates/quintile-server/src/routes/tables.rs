//! Answers that are one table each, as the command prints them.

use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::{Answer, Error, Every, HistoryAsk, MovementAsk, RfmAsk, Workspace};
use std::sync::Arc;

/// `GET /api/v1/stages`.
pub fn stages(ask: &Ask) -> Result<Answered, Problem> {
    let (when, partition) = (ask.when()?, ask.given("partition").unwrap_or("life_stage"));
    let answer = known(ask, &format!("stages {partition}"), |workspace| workspace.stages(&when, partition))?;
    rows::answer(ask, "stages", &answer)
}

/// `GET /api/v1/findings`.
pub fn findings(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    rows::answer(ask, "findings", &*known(ask, "findings", |workspace| workspace.three_findings(&when))?)
}

/// `GET /api/v1/rfm`.
pub fn rfm(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    // A map by its path would be a way to read any file.
    let map = ask.given("map").map(str::to_owned);
    if let Some(map) = &map {
        ask.workspace()?.catalog.rfm_map(map).map_err(|error| ask.problem(&error.into()))?;
    }
    let asked = RfmAsk { map, metrics: None };
    let view = ask.one_of("view", &["groups", "grid"])?;
    let answer = known(ask, &format!("rfm {view} {asked:?}"), |workspace| match view {
        "grid" => workspace.rfm_grid(&when, &asked),
        _ => workspace.rfm(&when, &asked),
    })?;
    rows::answer(ask, "rfm", &answer)
}

/// `GET /api/v1/movement`.
pub fn movement(ask: &Ask) -> Result<Answered, Problem> {
    let partition = ask.given("partition").unwrap_or("life_stage").to_owned();
    let view = ask.one_of("view", &["arrows", "balance", "flows"])?;
    let asked = MovementAsk { when: ask.when()?, from: ask.given("from").map(str::to_owned), partition, own_thresholds: false };
    let answer = known(ask, &format!("movement {view} {asked:?}"), |workspace| match view {
        "balance" => workspace.balance(&asked),
        "flows" => workspace.flows(&asked.when, &asked.partition),
        _ => workspace.movement(&asked),
    })?;
    rows::answer(ask, "movement", &answer)
}

/// `GET /api/v1/history`.
pub fn history(ask: &Ask) -> Result<Answered, Problem> {
    let every = match ask.one_of("every", &["month", "week", "day"])? {
        "week" => Every::Week,
        "day" => Every::Day,
        _ => Every::Month,
    };
    let partitions = [ask.given("partition").unwrap_or("life_stage").to_owned()];
    let asked = HistoryAsk { when: ask.when()?, every, from: ask.given("from").map(str::to_owned), by_last: false };
    let answer = known(ask, &format!("history {partitions:?} {asked:?}"), |workspace| workspace.history(&asked, &partitions))?;
    rows::answer(ask, "history", &answer)
}

/// `GET /api/v1/concentration`.
pub fn concentration(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    rows::answer(ask, "concentration", &*known(ask, "concentration", |workspace| workspace.concentration(&when))?)
}

/// `GET /api/v1/check`.
pub fn check(ask: &Ask) -> Result<Answered, Problem> {
    let when = ask.when()?;
    rows::answer(ask, "check", &*known(ask, "check", |workspace| workspace.check(&when))?)
}

/// An answer that was given before to the same question at the same state of store and settings, or is asked now.
pub fn known(ask: &Ask, question: &str, asked: impl FnOnce(&Arc<Workspace>) -> Result<Answer, Error>) -> Result<Arc<Answer>, Problem> {
    let fault = |error| ask.problem(&error);
    let workspace = ask.workspace()?;
    let version = workspace.version().map_err(fault)?;
    // The moment that nobody names is found by the clock, and is another one with the next day.
    let day = workspace.today();
    // So may the names that a segment names, and the goals of a plan.
    let own = workspace.own_segments_hash().map_err(fault)?;
    let plan = workspace.plan_mark().map_err(fault)?;
    let mark = workspace.mark_of_the_rest();
    let question = format!("{question} {:?} {version} {} {own} {plan} {day} {mark}", ask.when()?, workspace.settings.hash());
    if let Some(answer) = ask.app.kept.get(&question) {
        return Ok(answer);
    }
    let answer = Arc::new(asked(&workspace).map_err(fault)?);
    // Facts that came while it was asked belong to another state.
    if workspace.version().map_err(fault)? == version {
        ask.app.kept.keep(question, &answer);
    }
    Ok(answer)
}
