//! `quintile behaviour`: how customers are attracted, cultivated and kept.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Against, BehaviourAsk, Error};
use std::path::PathBuf;
use std::process::ExitCode;

/// How the shop attracts, cultivates and keeps its customers, against its own year before, another store, or published figures
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile behaviour
  quintile behaviour --period 180 --within 60
  quintile behaviour --against ../other-shop
  quintile behaviour --reference trade-body-2024.toml -o behaviour.xlsx

Each row is a figure with its interval, beside its reference, with a verdict where the difference is more than chance. A file of
references names its source and date:

  source = \"Statistics of a trade body, table 3\"
  date = \"2024-05\"
  within_days = 90
  [figures]
  second_share = { value = 0.25, of = 800 }"
)]
pub struct BehaviourArgs {
    /// Days of the period; the one before has as many [default: 365, of a history of less than two years half of it]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    period: Option<u16>,
    /// Days within which a second purchase is looked for [default: 90]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    within: Option<u16>,
    /// Another store, instead of the period before
    #[arg(long, value_name = "DIR", conflicts_with = "reference")]
    against: Option<PathBuf>,
    /// A file of published figures, instead of the period before
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
}

pub fn run(arguments: BehaviourArgs, session: &Session) -> Result<ExitCode, Error> {
    let against = match (arguments.against, arguments.reference) {
        (Some(folder), _) => Against::Store(folder),
        (None, Some(file)) => Against::Published(file),
        (None, None) => Against::PeriodBefore,
    };
    let ask = BehaviourAsk { when: session.when(), period_days: arguments.period, within_days: arguments.within, against };
    let answer = session.open()?.behaviour(&ask)?;
    let hide = [
        "unit",
        "value",
        "value_lower",
        "value_upper",
        "value_of",
        "reference_value",
        "reference_of",
        "difference_value",
        "difference_lower",
        "difference_upper",
        "false_discovery_rate",
    ];
    output::answer(session, &answer, &Shown { hide: &hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
