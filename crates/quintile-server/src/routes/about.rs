//! What this is, before anybody signs in.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::document;
use crate::problem::Problem;
use serde_json::json;

/// `GET /api/v1/about`.
pub fn about(ask: &Ask) -> Result<Answered, Problem> {
    let people = ask.app.accounts.people().map_err(|error| ask.problem(&error.into()))?;
    Ok(answered::json(&json!({
        "name": "Quintile",
        "version": env!("CARGO_PKG_VERSION"),
        "has_owner": !people.is_empty(),
        "read_only": ask.app.options.read_only,
        "sql": cfg!(feature = "sql"),
    })))
}

/// `GET /api/v1/openapi.json`.
pub fn document(_: &Ask) -> Result<Answered, Problem> {
    Ok(answered::bytes(document::TEXT, "application/json"))
}
