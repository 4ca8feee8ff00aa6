//! `quintile clusters`: groups nobody has named before.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::{ClustersAsk, Error};
use std::process::ExitCode;

/// Groups of customers who are alike: fit them, show them
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile clusters fit\n  quintile clusters show")]
pub struct ClustersArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Find groups among customers with two orders or more, name them and keep them
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile clusters fit
  quintile clusters fit --k 5
  quintile clusters fit --columns days_since_last_order,number_of_orders,refund_rate
  quintile clusters fit --as-of 2011-06-01 --seed 7

How many groups there are is found and justified, or there are no clear ones; --k takes as many as it says. --columns names
what to group by. A cluster that goes on since the last fit keeps its number and name. Afterwards the column `cluster` of
the profile says who is in which."
    )]
    Fit {
        /// As many groups as this, instead of as many as the rule finds
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=50))]
        k: Option<u8>,
        /// Where chance begins: the same seed gives the same groups
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
    /// Show the clusters that were last fitted, with the customers who are in them now
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile clusters show
  quintile clusters show --as-of 2011-06-01
  quintile clusters show --choice"
    )]
    Show {
        /// How each number of groups did when they were fitted, instead of the groups
        #[arg(long)]
        choice: bool,
    },
}

pub fn run(arguments: ClustersArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let shown = Shown { hide: &["number"], below: Some("name"), thresholds: false };
    match arguments.what {
        What::Fit { k, seed } => {
            let ask = ClustersAsk { when: session.when(), k: k.map(usize::from), columns: session.given.columns.clone(), seed };
            let answer = workspace.fit_clusters(&ask)?;
            // Here columns are what to group by, and the answer has all of its own.
            let mut given = session.given.clone();
            given.columns.clear();
            output::answer(&Session::new(given), &answer, &shown)?;
        }
        What::Show { choice: false } => output::answer(session, &workspace.clusters(&session.when())?, &shown)?,
        What::Show { choice: true } => output::answer(session, &workspace.clusters_choice()?, &shown)?,
    }
    Ok(ExitCode::SUCCESS)
}
