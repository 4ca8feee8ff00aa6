//! Every change and every export, the newest first.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use serde_json::{Value, json};

/// `GET /api/v1/audit`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let limit = ask.limit()?;
    let wrong = || Problem::bad("the cursor is none of this list; begin with the first page");
    let before = ask.given("cursor").map(|text| text.parse::<i64>().map_err(|_| wrong())).transpose()?;
    // One more than is shown says whether there is another page.
    let most = u32::try_from(limit + 1).unwrap_or(u32::MAX);
    let mut rows = ask.app.accounts.audited(before, ask.given("action"), most).map_err(|error| ask.problem(&error.into()))?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
    let data: Vec<Value> = rows
        .iter()
        .map(|row| json!({"id": row.id, "at": row.at.to_iso(), "who": row.who, "action": row.action, "what": row.what, "note": row.note}))
        .collect();
    Ok(answered::json(&json!({"data": data, "next_cursor": next})))
}
