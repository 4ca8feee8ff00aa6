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
  quintile opportunities --format json"
)]
pub struct OpportunitiesArgs {}

pub fn run(_: OpportunitiesArgs, session: &Session) -> Result<ExitCode, Error> {
    let answer = session.open()?.opportunities(&session.when())?;
    output::answer(session, &answer, &Shown { hide: &["name", "verdict"], below: Some("note"), thresholds: true })?;
    Ok(ExitCode::SUCCESS)
}
