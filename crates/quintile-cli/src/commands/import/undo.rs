//! `quintile import --undo`: an import is taken out again.

use super::count;
use crate::arguments::Face;
use crate::output::{broken, progress::Bar, to_output};
use crate::session::Session;
use quintile::header::counted;
use quintile::{Error, UndoReport, Workspace};
use std::io::Write;
use std::process::ExitCode;

pub fn run(workspace: &Workspace, import: u32, session: &Session) -> Result<ExitCode, Error> {
    let what = workspace.import_to_undo(import)?;
    if session.may_ask() {
        let question = format!("Undo import {import} of {} ({})? [y/N]", what.at, what.files.join(", "));
        if !session.ask(&question).is_some_and(|answer| answer.to_lowercase().starts_with('y')) {
            session.say("nothing was undone");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let bar = Bar::new(session);
    let report = workspace.undo(import, &|progress| bar.hear(progress));
    bar.end();
    let report = report?;
    match session.face() {
        Face::Table => to_output(session, |out| tell(&report, out).map_err(broken))?,
        Face::Json | Face::Jsonl => to_output(session, |out| writeln!(out, "{}", json(&report)).map_err(broken))?,
        other => return Err(Error::Usage(format!("what was undone is told as table or json, not as {other:?}").to_lowercase())),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(report: &UndoReport, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    writeln!(out, "import {} of {} is undone: {}", report.import, report.at, counted(report.rows, "row", "rows"))?;
    for file in &report.files {
        writeln!(out, "{file}: can be imported again")?;
    }
    match report.again.as_slice() {
        [] => Ok(()),
        [one] => writeln!(out, "import {one} was made again without it"),
        several => writeln!(out, "{} later imports were made again without it", count(several.len() as u64)),
    }
}

fn json(report: &UndoReport) -> serde_json::Value {
    serde_json::json!({
        "undone": report.import, "at": report.at, "files": report.files, "rows": report.rows, "again": report.again, "version": report.version,
    })
}
