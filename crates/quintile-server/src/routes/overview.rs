//! The first page: answers that are asked by themselves elsewhere, together.

use super::tables;
use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use arrow::array::Array;
use serde_json::json;

/// `GET /api/v1/overview`.
pub fn overview(ask: &Ask) -> Result<Answered, Problem> {
    let fault = |error| ask.problem(&error);
    let when = ask.when()?;
    let stages = tables::known(ask, "stages life_stage", |workspace| workspace.stages(&when, "life_stage"))?;
    let months = tables::known(ask, "check", |workspace| workspace.check(&when))?;
    let concentration = tables::known(ask, "concentration", |workspace| workspace.concentration(&when))?;
    let imports = ask.workspace()?.imports().map_err(fault)?;
    let standing = imports.rows.column_by_name("undone").map_or(0, |undone| undone.null_count());
    let header = stages.header.as_ref().map(rows::header_json).transpose().map_err(fault)?;
    Ok(answered::json(&json!({
        "header": header,
        "stages": rows::table(&stages).map_err(fault)?,
        "months": rows::table(&months).map_err(fault)?,
        "concentration": rows::table(&concentration).map_err(fault)?,
        "imports": standing,
    })))
}
