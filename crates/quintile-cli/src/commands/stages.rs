//! `quintile stages`: the classes of a partition, with their customers and what they brought.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// Life stages: how many customers stand at each, and what they brought
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile stages
  quintile stages --until 2011-06-30
  quintile stages --partition buying_group
  quintile stages -o stages.csv"
)]
pub struct StagesArgs {
    /// Another partition: buying_group, core_group or retention_state
    #[arg(long, value_name = "NAME", default_value = "life_stage")]
    partition: String,
}

pub fn run(arguments: StagesArgs, session: &Session) -> Result<ExitCode, Error> {
    let answer = session.open()?.stages(&session.when(), &arguments.partition)?;
    output::answer(session, &answer, &Shown { hide: &["name"], below: Some("meaning"), thresholds: true })?;
    Ok(ExitCode::SUCCESS)
}
