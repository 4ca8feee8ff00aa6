//! `quintile profile`: one row per customer.

use super::rfm::RfmChoice;
use crate::arguments::{Face, HELP};
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::{Error, ProfileAsk, columns};
use std::fmt::Write;
use std::process::ExitCode;

/// One row per customer, as of any date
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile profile -o customers.parquet
  quintile profile --columns customer_id,life_stage,amount_spent --format csv
  quintile profile --as-of 2011-06-01 --limit 50

--help lists the columns.",
    after_long_help = column_list()
)]
pub struct ProfileArgs {
    #[command(flatten)]
    rfm: RfmChoice,
}

/// What a table shows where nobody names columns; a file has all but the personal ones.
const TABLE_COLUMNS: [&str; 8] = [
    "customer_id",
    "life_stage",
    "rfm_group",
    "number_of_orders",
    "amount_spent",
    "average_order_value",
    "first_order_date",
    "last_order_date",
];

pub fn run(arguments: ProfileArgs, session: &Session) -> Result<ExitCode, Error> {
    let rfm = arguments.rfm.ask()?;
    // Before any work: a terminal takes no Parquet.
    output::format(session, session.face())?;
    let mut columns = session.given.columns.clone();
    if columns.is_empty() && session.face() == Face::Table {
        columns = TABLE_COLUMNS.map(str::to_owned).into();
    }
    let workspace = session.open()?;
    let profile = workspace.profile(&ProfileAsk { when: session.when(), columns, rfm })?;
    output::profile(session, profile)?;
    Ok(ExitCode::SUCCESS)
}

fn column_list() -> String {
    let mut text = String::from("Columns (those marked * say who a person is, and come only when they are named):");
    for theme in columns::Theme::ALL {
        let _ = write!(text, "\n\n  {}", theme.title());
        for column in columns::ALL.iter().filter(|column| column.theme == theme) {
            let mark = if column.personal { "*" } else { "" };
            let _ = write!(text, "\n    {:<30} {}", format!("{}{mark}", column.name), column.meaning);
        }
    }
    text
}
