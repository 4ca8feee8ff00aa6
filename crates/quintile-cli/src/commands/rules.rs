//! `quintile rules`: what is bought together.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::{Error, RulesAsk};
use std::process::ExitCode;

/// What is bought together, and who has the one and not yet the other
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile rules
  quintile rules --by category --over customers
  quintile rules --by category --level 1
  quintile rules --support 0.01 --confidence 0.5 --items 3 -o rules.csv

Each row is a rule: of the orders with `bought`, so many have `also` too. Rules that may be chance are left out. The
column `segment` of files has the customers who bought the one and not the other, in the segment language."
)]
pub struct RulesArgs {
    /// What an item is
    #[arg(long, value_enum, default_value_t = By::Product)]
    by: By,
    /// Only so many steps of a category that is a path, such as 1 of `Grocery > Bread > White`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    level: Option<u8>,
    /// What a basket is
    #[arg(long, value_enum, default_value_t = Over::Orders)]
    over: Over,
    /// The share of baskets that has all items of a rule, at least
    #[arg(long, value_name = "SHARE", default_value_t = 0.005)]
    support: f64,
    /// Of the baskets with `bought`, the share that has `also` too, at least
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    confidence: f64,
    /// Items in a rule, both sides together
    #[arg(long, value_name = "N", default_value_t = 2)]
    items: usize,
    /// Postage, fees and the like are items too
    #[arg(long)]
    every_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Each product
    Product,
    /// Each category
    Category,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Over {
    /// What one order holds
    Orders,
    /// What one customer ever bought
    Customers,
}

/// Rows of a table where nobody says how many.
const TABLE_ROWS: usize = 20;

pub fn run(arguments: RulesArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = RulesAsk {
        when: session.when(),
        by_category: arguments.by == By::Category,
        level: arguments.level.map(usize::from),
        over_customers: arguments.over == Over::Customers,
        support: arguments.support,
        confidence: arguments.confidence,
        largest: arguments.items,
        every_line: arguments.every_line,
    };
    let mut answer = session.open()?.rules(&ask)?;
    if session.face() == Face::Table && session.given.limit.is_none() && answer.rows.num_rows() > TABLE_ROWS {
        answer.notes.insert(0, format!("{TABLE_ROWS} of {} rules; --limit 0 shows all", answer.rows.num_rows()));
        answer.rows = answer.rows.slice(0, TABLE_ROWS);
    }
    output::answer(session, &answer, &Shown { hide: &["segment", "false_discovery_rate"], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
