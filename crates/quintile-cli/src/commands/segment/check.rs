//! `quintile segment check`: what is wrong with a segment.

use super::Which;
use crate::arguments::{Face, HELP};
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// What is wrong with a segment, or what it says where nothing is
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment check --query \"customer_countries CONTAINS 'Taiwan'\""
)]
pub struct CheckArgs {
    #[command(flatten)]
    which: Which,
}

pub fn run(arguments: CheckArgs, session: &Session) -> Result<ExitCode, Error> {
    let reading = session.open()?.segment_check(&arguments.which.ask(session)?)?;
    to_output(session, |out| {
        if matches!(session.face(), Face::Json | Face::Jsonl) {
            let problems: Vec<_> = reading
                .problems
                .iter()
                .map(|problem| {
                    let (line, column) = problem.place(&reading.text);
                    serde_json::json!({
                        "severity": problem.severity.name(), "message": problem.message, "line": line, "column": column,
                        "start": problem.span.start, "end": problem.span.end, "instead": problem.instead,
                    })
                })
                .collect();
            let value = serde_json::json!({"valid": reading.is_sound(), "sentence": reading.sentence, "problems": problems});
            return writeln!(out, "{value}").map_err(broken);
        }
        for problem in &reading.problems {
            writeln!(out, "{}", problem.shown(&reading.text)).map_err(broken)?;
        }
        match &reading.sentence {
            Some(sentence) => writeln!(out, "{sentence}").map_err(broken),
            None => Ok(()),
        }
    })?;
    Ok(if reading.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(super::INVALID) })
}
