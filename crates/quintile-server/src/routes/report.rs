//! All of it as one page that opens offline.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use axum::http::header;

/// What browsers may do with the report: show it.
const POLICY: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// `GET /api/v1/report`.
pub fn report(ask: &Ask) -> Result<Answered, Problem> {
    let report = ask.workspace()?.report(&ask.when()?).map_err(|error| ask.problem(&error))?;
    let answered = answered::bytes(quintile::page(&report), "text/html; charset=utf-8");
    Ok(answered::with(answered, header::CONTENT_SECURITY_POLICY, POLICY))
}
