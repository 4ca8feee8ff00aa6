//! `quintile reactivation`: who came back after being inactive.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Error, ReactivationAsk};
use std::process::ExitCode;

/// Who came back after being inactive, with a discount or without, and what they spent since
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile reactivation
  quintile reactivation --days 90 --format csv"
)]
pub struct ReactivationArgs {
    /// Days that are looked at
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

pub fn run(arguments: ReactivationArgs, session: &Session) -> Result<ExitCode, Error> {
    let answer = session.open()?.reactivation(&ReactivationAsk { when: session.when(), days: arguments.days })?;
    output::answer(session, &answer, &Shown { hide: &["spent_since"], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
