//! `quintile rates import`: exchange rates.

use crate::arguments::HELP;
use crate::session::{PARTIAL, Session};
use clap::{Args, Subcommand};
use quintile::Error;
use quintile::header::counted;
use std::path::PathBuf;
use std::process::ExitCode;

/// Exchange rates, by which orders in other currencies get an amount
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile rates import rates.csv")]
pub struct RatesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Take in a CSV file with the columns date, currency and rate
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile rates import rates.csv

  date,currency,rate
  2024-01-02,USD,0.9134

A rate is what one unit of the currency is worth in the reporting currency, from its date on until the next."
    )]
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub fn run(arguments: RatesArgs, session: &Session) -> Result<ExitCode, Error> {
    let What::Import { file } = arguments.what;
    let workspace = session.open()?;
    let report = workspace.import_rates(&file)?;
    for (line, why) in report.refused.iter().take(20) {
        session.warn(&format!("{}, line {line}: {why}", file.display()));
    }
    session.say(&format!(
        "{} into {} taken, {} refused",
        counted(report.taken as u64, "rate", "rates"),
        report.currency,
        counted(report.refused.len() as u64, "row", "rows")
    ));
    Ok(if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
}
