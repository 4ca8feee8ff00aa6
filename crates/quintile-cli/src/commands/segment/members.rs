//! `quintile segment members`: the customers in a segment.

use super::{Which, say_count};
use crate::arguments::{Face, HELP};
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// The customers in a segment, one row each
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment members cart-abandoners
  quintile segment members --query \"rfm_group = 'CHAMPIONS'\" --columns customer_id,email,amount_spent -o champions.csv"
)]
pub struct MembersArgs {
    #[command(flatten)]
    which: Which,
}

/// What a table shows where nobody names columns.
const TABLE_COLUMNS: [&str; 6] = ["customer_id", "life_stage", "number_of_orders", "amount_spent", "first_order_date", "last_order_date"];

pub fn run(arguments: MembersArgs, session: &Session) -> Result<ExitCode, Error> {
    // Before any work: a terminal takes no Parquet.
    output::format(session, session.face())?;
    let mut columns = session.given.columns.clone();
    if columns.is_empty() && session.face() == Face::Table {
        columns = TABLE_COLUMNS.map(str::to_owned).into();
    }
    let (profile, count) = session.open()?.segment_members(&arguments.which.ask(session)?, &columns)?;
    output::profile(session, profile)?;
    say_count(session, &count);
    Ok(ExitCode::SUCCESS)
}
