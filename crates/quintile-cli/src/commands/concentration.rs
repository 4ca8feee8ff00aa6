//! `quintile concentration`: how much of the revenue comes from how few.

use super::history::LifeArgs;
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
  quintile concentration --as-of 2011-12-10 --format json
  quintile concentration --trend
  quintile concentration --trend --every week --from 2011-06-01"
)]
pub struct ConcentrationArgs {
    /// At every month end of the store's life, or as --every says
    #[arg(long)]
    trend: bool,
    #[command(flatten)]
    life: LifeArgs,
}

pub fn run(arguments: ConcentrationArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let answer = match arguments.trend {
        true => workspace.concentration_trend(&arguments.life.ask(session, false))?,
        false => workspace.concentration(&session.when())?,
    };
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
