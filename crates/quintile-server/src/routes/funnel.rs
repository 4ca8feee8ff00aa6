//! How far customers get, who came back, and who costs more than they leave.

use super::compare::segment_of;
use super::tables::known;
use crate::answered::Answered;
use crate::ask::Ask;
use crate::masked::masked;
use crate::problem::Problem;
use crate::rights::Right;
use crate::rows;
use quintile::{Answer, FunnelAsk, ReactivationAsk};

/// Ways, or channels, that are shown.
const MOST: usize = 10;

/// Touches of a way.
const TOUCHES: usize = 6;

/// Days that are looked at where nobody says how many.
const YEAR: u64 = 365;

/// `GET /api/v1/funnel`.
pub fn funnel(ask: &Ask) -> Result<Answered, Problem> {
    let view = ask.one_of("view", &["steps", "channels", "paths"])?;
    let segment = ask.given("segment").map(|text| segment_of(ask, text)).transpose()?;
    let asked = FunnelAsk { when: ask.when()?, segment, by_channel: view == "channels", most: MOST, touches: TOUCHES };
    let answer = known(ask, &format!("{view} {asked:?}"), |workspace| match view {
        "paths" => workspace.paths(&asked),
        _ => workspace.funnel(&asked),
    })?;
    rows::answer(ask, "funnel", &answer)
}

/// `GET /api/v1/reactivation`.
pub fn reactivation(ask: &Ask) -> Result<Answered, Problem> {
    let asked = ReactivationAsk { when: ask.when()?, days: days(ask)? };
    rows::answer(ask, "reactivation", &*known(ask, &format!("{asked:?}"), |workspace| workspace.reactivation(&asked))?)
}

/// `GET /api/v1/costly`. Ids that are addresses are masked for whoever may not see them.
pub fn costly(ask: &Ask) -> Result<Answered, Problem> {
    let (when, days) = (ask.when()?, days(ask)?);
    let view = ask.one_of("view", &["customers", "discounts"])?;
    let answer = known(ask, &format!("costly {view} {days}"), |workspace| match view {
        "discounts" => workspace.discounts_given(&when, days),
        _ => workspace.costly(&when),
    })?;
    if ask.caller.may(Right::Personal) {
        return rows::answer(ask, "costly", &answer);
    }
    let hidden = masked(&answer.rows).map_err(|error| ask.problem(&error))?;
    rows::answer(ask, "costly", &Answer { rows: hidden, ..Answer::clone(&answer) })
}

fn days(ask: &Ask) -> Result<u16, Problem> {
    Ok(ask.number_within("days", 1, 3650)?.unwrap_or(YEAR) as u16)
}
