//! `quintile thresholds`: which thresholds the store's own past speaks for.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::{Error, SuggestAsk};
use std::process::ExitCode;

/// Which thresholds of stages the store's own past speaks for
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile thresholds suggest\n  quintile thresholds suggest --write")]
pub struct ThresholdsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Hold thresholds, and rules of thumb, against what customers did, and say which would have been best
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile thresholds suggest
  quintile thresholds suggest --horizon 60 --sure 0.8
  quintile thresholds suggest --cut 1997-09-30 --horizon 91 --format csv
  quintile thresholds suggest --false-alarm-cost 0.5 --miss-cost 4
  quintile thresholds suggest --curve --format csv
  quintile thresholds suggest --write

Customers are drawn at moments of the past by what was known then, and held against what they did after it. --write puts what
is suggested into quintile.toml."
    )]
    Suggest {
        /// The last day that was known [default: up to six cuts, a horizon apart]
        #[arg(long, value_name = "DATE")]
        cut: Option<String>,
        /// Days looked at after a cut [default: 90, of a short history a third of it]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
        horizon: Option<u16>,
        /// The share that has to stay away beyond the threshold of the inactive
        #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
        sure: f64,
        /// What it costs to flag a customer who then buys [default: as much as a miss]
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        false_alarm_cost: Option<f64>,
        /// What it costs not to flag a customer who then stays away; where a cost is given, risk is suggested by the least cost
        #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
        miss_cost: Option<f64>,
        /// Every cut that is tried, with what it costs
        #[arg(long)]
        curve: bool,
        /// Fix what is suggested in quintile.toml
        #[arg(long)]
        write: bool,
    },
}

pub fn run(arguments: ThresholdsArgs, session: &Session) -> Result<ExitCode, Error> {
    let What::Suggest { cut, horizon, sure, false_alarm_cost, miss_cost, curve, write } = arguments.what;
    let workspace = session.open()?;
    let ask = SuggestAsk { when: session.when(), horizon_days: horizon, cut, sure, false_alarm_cost, miss_cost, curve };
    let suggestion = workspace.suggest_thresholds(&ask)?;
    output::answer(
        session,
        &suggestion.answer,
        &Shown { hide: &["customers", "flagged", "cost_each_before"], below: None, thresholds: false },
    )?;
    if write {
        let kept = workspace.keep_thresholds(&suggestion)?;
        session.say(&match kept.as_slice() {
            [] => "nothing is suggested, and nothing was written".to_owned(),
            kept => format!("quintile.toml now has {}", kept.join(", ")),
        });
    }
    Ok(ExitCode::SUCCESS)
}
