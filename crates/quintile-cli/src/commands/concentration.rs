//! `quintile concentration`: how much of the revenue comes from how few.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// How much of the revenue comes from how few
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile concentration
  quintile concentration --as-of 2011-12-10 --format json"
)]
pub struct ConcentrationArgs {}

pub fn run(_: ConcentrationArgs, session: &Session) -> Result<ExitCode, Error> {
    let answer = session.open()?.concentration(&session.when())?;
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
