//! `quintile next`: what is bought after what.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::{Error, NextAsk};
use std::process::ExitCode;

/// What is bought after what, and after how long
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile next
  quintile next --by category --support 0.05
  quintile next --support 0.02 -o next.csv

Each row is two items: of the customers who bought the first, so many bought the second for the first time on a later day. What
lies in one order is told by `quintile rules`."
)]
pub struct NextArgs {
    /// What an item is
    #[arg(long, value_enum, default_value_t = By::Product)]
    by: By,
    /// The share of buyers who bought the one and later the other, at least
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    support: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Each product
    Product,
    /// Each category
    Category,
}

/// Rows of a table where nobody says how many.
const TABLE_ROWS: usize = 20;

pub fn run(arguments: NextArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = NextAsk { when: session.when(), by_category: arguments.by == By::Category, support: arguments.support };
    let mut answer = session.open()?.next_bought(&ask)?;
    if session.face() == Face::Table && session.given.limit.is_none() && answer.rows.num_rows() > TABLE_ROWS {
        answer.notes.insert(0, format!("{TABLE_ROWS} of {} rows; --limit 0 shows all", answer.rows.num_rows()));
        answer.rows = answer.rows.slice(0, TABLE_ROWS);
    }
    output::answer(session, &answer, &Shown { hide: &["false_discovery_rate"], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
