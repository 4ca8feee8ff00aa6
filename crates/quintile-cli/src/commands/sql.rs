//! `quintile sql`: a query over facts and profiles.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Error, SqlAsk};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Ask in SQL; nothing can be changed by it
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile sql \"SELECT country, count(*) AS customers, sum(amount_spent) AS spent FROM profiles GROUP BY country ORDER BY spent DESC\"
  quintile sql \"SELECT product, sum(quantity) FROM lines WHERE kind = 'sale' GROUP BY product ORDER BY 2 DESC LIMIT 10\"
  quintile sql -f report.sql -o report.csv
  quintile sql \"SHOW TABLES\"

Tables: orders, lines, refunds, cancellations, customers (facts of every time), and profiles (one row per customer, as
of --as-of)."
)]
pub struct SqlArgs {
    /// The query; `-` reads it from stdin
    #[arg(value_name = "QUERY", required_unless_present = "file")]
    query: Option<String>,
    /// Read the query from a file
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    file: Option<PathBuf>,
}

/// Rows of a table where nobody says how many.
const TABLE_ROWS: usize = 1000;

pub fn run(arguments: SqlArgs, session: &Session) -> Result<ExitCode, Error> {
    let failed = |path: PathBuf| move |source| Error::File { doing: "read", path, source };
    let query = match (arguments.file, arguments.query) {
        (Some(path), _) => std::fs::read_to_string(&path).map_err(failed(path))?,
        (None, Some(query)) if query == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map_err(failed(PathBuf::from("-")))?;
            text
        }
        (None, query) => query.unwrap_or_default(),
    };
    let rows = match session.given.limit {
        Some(0) => None,
        Some(limit) => Some(limit as usize),
        None => (session.face() == Face::Table).then_some(TABLE_ROWS),
    };
    output::format(session, session.face())?;
    let workspace = Arc::new(session.open()?);
    let answer = workspace.sql(&SqlAsk { when: session.when(), query, rows, time: None, personal: true })?;
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
