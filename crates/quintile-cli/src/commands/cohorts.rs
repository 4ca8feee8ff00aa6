//! `quintile cohorts`: whether those who began in one month come back.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::{CohortMeasure, CohortsAsk, Error, Split};
use std::process::ExitCode;

/// Whether customers who began in one month come back, and what they leave
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile cohorts
  quintile cohorts --measure revenue-each --cumulative
  quintile cohorts --by country --top 5 --measure customers
  quintile cohorts --by product --rows -o cohorts.csv

A row is the customers whose first order lies in one month; m0 is that month, m1 the one after. Without --measure the share
of them who ordered. --rows gives one row for each cohort and month, with everything that is counted."
)]
pub struct CohortsArgs {
    /// What is counted
    #[arg(long, value_enum, default_value_t = Measure::Share)]
    measure: Measure,
    /// Each month with those before it
    #[arg(long)]
    cumulative: bool,
    /// Split by what the first order was
    #[arg(long, value_enum)]
    by: Option<By>,
    /// With --by: so many, those with the most customers
    #[arg(long, value_name = "N", default_value_t = 10, requires = "by")]
    top: usize,
    /// A row for each cohort and month
    #[arg(long, conflicts_with = "measure")]
    rows: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Customers who ordered
    Customers,
    /// The share of the cohort that ordered
    Share,
    /// Their orders
    Orders,
    /// Their money, less what was given back
    Revenue,
    /// Revenue less what the goods cost
    Margin,
    /// Revenue a customer of the cohort
    RevenueEach,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Each product of the first order
    Product,
    /// Each category of the first order
    Category,
    /// Its channel
    Channel,
    /// Its country
    Country,
    /// Its coupon
    Coupon,
}

pub fn run(arguments: CohortsArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = CohortsAsk {
        when: session.when(),
        measure: match arguments.measure {
            Measure::Customers => CohortMeasure::Customers,
            Measure::Share => CohortMeasure::Share,
            Measure::Orders => CohortMeasure::Orders,
            Measure::Revenue => CohortMeasure::Revenue,
            Measure::Margin => CohortMeasure::Margin,
            Measure::RevenueEach => CohortMeasure::RevenueEach,
        },
        cumulative: arguments.cumulative,
        split: arguments.by.map(|by| match by {
            By::Product | By::Category => Split::Item,
            By::Channel => Split::Channel,
            By::Country => Split::Country,
            By::Coupon => Split::Coupon,
        }),
        by_category: arguments.by == Some(By::Category),
        most: arguments.top,
    };
    let workspace = session.open()?;
    let answer = if arguments.rows { workspace.cohort_rows(&ask)? } else { workspace.cohorts(&ask)? };
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
