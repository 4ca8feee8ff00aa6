//! `quintile imports`: what was imported, and when.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// List the imports
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile imports\n  quintile imports --format json")]
pub struct ImportsArgs {}

pub fn run(_: ImportsArgs, session: &Session) -> Result<ExitCode, Error> {
    let answer = session.open()?.imports()?;
    // Mostly none was.
    let none_undone = answer.rows.column_by_name("undone").is_none_or(|undone| undone.null_count() == undone.len());
    let hide: &[&str] = if none_undone { &["undone"] } else { &[] };
    output::answer(session, &answer, &Shown { hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
