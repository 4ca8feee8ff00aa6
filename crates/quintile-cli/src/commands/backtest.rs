//! `quintile backtest`: what a segment would have foretold.

use super::segment::Which;
use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{BacktestAsk, Error};
use std::process::ExitCode;

/// What a segment would have foretold: whether its members then bought, or stayed away
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile backtest second-order-late --horizon 60
  quintile backtest --query \"overdue_ratio > 2\" --silence
  quintile backtest --league
  quintile backtest --query \"life_stage = 'loyal'\" --cut 2011-06-30 --horizon 90

The members are drawn at moments of the past by what was known then, and held against what they did after it. Of thresholds
see `quintile thresholds suggest`, of value models `quintile value backtest`."
)]
pub struct BacktestArgs {
    #[command(flatten)]
    which: Which,
    /// Instead of a segment the ways of segmenting, by how well they part what customers do later
    #[arg(long, conflicts_with_all = ["name", "query", "silence"])]
    league: bool,
    /// Staying away is foretold, and not a purchase
    #[arg(long)]
    silence: bool,
    /// The last day that was known [default: up to six cuts, a horizon apart]
    #[arg(long, value_name = "DATE")]
    cut: Option<String>,
    /// Days looked at after a cut [default: 90, of a short history a third of it]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    horizon: Option<u16>,
}

pub fn run(arguments: BacktestArgs, session: &Session) -> Result<ExitCode, Error> {
    if arguments.league {
        let answer = session.open()?.league(&session.when(), arguments.cut.as_deref(), arguments.horizon)?;
        output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let segment = arguments.which.ask(session)?;
    let ask = BacktestAsk {
        when: segment.when,
        of: segment.of,
        parameters: segment.parameters,
        horizon_days: arguments.horizon,
        cut: arguments.cut,
        silence: arguments.silence,
    };
    let answer = session.open()?.backtest(&ask)?;
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
