//! `quintile segment list`: the segments that have a name.

use crate::arguments::{Face, HELP};
use crate::output::table::Table;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// The segments that have a name: one's own, then the ready ones by family
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile segment list\n  quintile segment list --format json")]
pub struct ListArgs {}

pub fn run(_: &ListArgs, session: &Session) -> Result<ExitCode, Error> {
    let entries = session.open()?.segments()?;
    to_output(session, |out| {
        if matches!(session.face(), Face::Json | Face::Jsonl) {
            let list: Vec<_> = entries
                .iter()
                .map(|entry| serde_json::json!({"id": entry.id, "family": entry.family, "question": entry.question, "segment": entry.text, "review_on": entry.review_on}))
                .collect();
            return writeln!(out, "{}", serde_json::Value::from(list)).map_err(broken);
        }
        let mut table = Table::new(["segment", "family", "question"].map(str::to_owned).to_vec());
        entries.iter().for_each(|entry| table.words(vec![entry.id.clone(), entry.family.clone(), entry.question.clone()]));
        table.draw(session, true, out)
    })?;
    Ok(ExitCode::SUCCESS)
}
