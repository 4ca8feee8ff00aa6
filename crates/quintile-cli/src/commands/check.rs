//! `quintile check`: orders and money by month, to hold against the books.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Was the store read right? Orders and money by month, and all that is left out
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile check
  quintile check --as-of 2011-12-10
  quintile check -o months.csv
  quintile check --against analytics_orders.csv

Hold the months against what the shop reports. Orders lie in the month of their day in the store's zone, refunds in the
month in which the money went back. What names no customer stands in columns of its own. --against reads the shop's
own list of orders, imports nothing, and says for each difference why."
)]
pub struct CheckArgs {
    /// A list of the same orders, in any layout that can be imported
    #[arg(long, value_name = "FILE", num_args = 1..)]
    against: Vec<PathBuf>,
}

pub fn run(arguments: CheckArgs, session: &Session) -> Result<ExitCode, Error> {
    if !arguments.against.is_empty() {
        let answer = session.open()?.check_against(&session.when(), &arguments.against)?;
        output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let answer = session.open()?.check(&session.when())?;
    let hide = &["not_counted", "without_rate", "nobodys_refunded"];
    output::answer(session, &answer, &Shown { hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
