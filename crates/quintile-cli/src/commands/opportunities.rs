//! `quintile opportunities`: what moves between stages would be worth.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// What it would be worth if all customers of a stage moved to the next
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile opportunities
  quintile opportunities --as-of 2011-12-10
  quintile opportunities --likely
  quintile opportunities --format json

The table says what it would be worth if all customers of a stage moved to the next: a bound from above. --likely says
what is to be gained if each move happened as often as in the store's own best month of the season."
)]
pub struct OpportunitiesArgs {
    /// What is likely, by the store's own past, instead of what is possible
    #[arg(long)]
    likely: bool,
}

pub fn run(arguments: OpportunitiesArgs, session: &Session) -> Result<ExitCode, Error> {
    if arguments.likely {
        let answer = session.open()?.likely_opportunities(&session.when())?;
        output::answer(session, &answer, &Shown { hide: &["name", "months"], below: Some("note"), thresholds: true })?;
        return Ok(ExitCode::SUCCESS);
    }
    let answer = session.open()?.opportunities(&session.when())?;
    output::answer(session, &answer, &Shown { hide: &["name", "verdict"], below: Some("note"), thresholds: true })?;
    Ok(ExitCode::SUCCESS)
}
