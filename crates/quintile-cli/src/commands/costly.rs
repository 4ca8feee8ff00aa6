//! `quintile costly`: which customers cost more than they leave.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// Which customers cost more than they leave, and who was given discounts that were hardly needed
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile costly
  quintile costly -o costly.csv
  quintile costly --discounts --days 90"
)]
pub struct CostlyArgs {
    /// Instead of customers the discounts, by how late those were to whom they went
    #[arg(long)]
    discounts: bool,
    /// With --discounts: days that are looked at
    #[arg(long, value_name = "DAYS", default_value_t = 365, requires = "discounts", value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

/// Rows of a table where nobody says how many.
const TABLE_ROWS: usize = 20;

pub fn run(arguments: CostlyArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let mut answer = match arguments.discounts {
        true => workspace.discounts_given(&session.when(), arguments.days)?,
        false => workspace.costly(&session.when())?,
    };
    if session.face() == Face::Table && session.given.limit.is_none() && answer.rows.num_rows() > TABLE_ROWS {
        answer.notes.insert(0, format!("{TABLE_ROWS} of {} customers; --limit 0 shows all", answer.rows.num_rows()));
        answer.rows = answer.rows.slice(0, TABLE_ROWS);
    }
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
