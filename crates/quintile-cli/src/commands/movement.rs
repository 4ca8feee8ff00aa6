//! `quintile movement`: who went from which class to which.

use super::history::EveryArg;
use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Error, MovementAsk, When};
use std::process::ExitCode;

/// Who went from which class to which, what is unusual about it, and one customer's path
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile movement
  quintile movement --from 2011-09-01 --to 2011-12-01
  quintile movement --balance --partition rfm_group
  quintile movement --flows
  quintile movement --flicker
  quintile movement --customer 17850

A customer has moved when they did something, or let time go by, and not when a threshold did: both dates are drawn by the
thresholds of the later one. --own-thresholds draws each by its own."
)]
pub struct MovementArgs {
    /// The earlier date [default: a month before the later one]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The later date [default: as --as-of]
    #[arg(long, value_name = "DATE", conflicts_with_all = ["as_of", "until"])]
    to: Option<String>,
    /// life_stage, retention_state, rfm_group, buying_group or core_group
    #[arg(long, value_name = "NAME", default_value = "life_stage")]
    partition: String,
    /// Each date by its own thresholds
    #[arg(long)]
    own_thresholds: bool,
    /// For each class who stayed, left, entered and is new
    #[arg(long, group = "what")]
    balance: bool,
    /// The last month's flows against those of the months before: what is unusual now
    #[arg(long, group = "what", conflicts_with_all = ["from", "own_thresholds"])]
    flows: bool,
    /// How many customers change their class a day
    #[arg(long, group = "what", conflicts_with_all = ["from", "own_thresholds"])]
    flicker: bool,
    /// Over so many days
    #[arg(long, value_name = "N", default_value_t = 30, requires = "flicker")]
    days: u16,
    /// The classes of one customer, by id or e-mail address, over their life
    #[arg(long, value_name = "ID", group = "what", conflicts_with_all = ["from", "own_thresholds"])]
    customer: Option<String>,
    /// With --customer: looked at every month, week or day
    #[arg(long, value_name = "STEP", default_value = "month", requires = "customer")]
    every: EveryArg,
}

pub fn run(arguments: MovementArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let when = arguments.to.clone().map_or_else(|| session.when(), When::AsOf);
    let answer = if let Some(customer) = &arguments.customer {
        workspace.path(&when, customer, arguments.every.into())?
    } else if arguments.flows {
        workspace.flows(&when, &arguments.partition)?
    } else if arguments.flicker {
        workspace.flicker(&when, arguments.days)?
    } else {
        let ask = MovementAsk { when, from: arguments.from, partition: arguments.partition, own_thresholds: arguments.own_thresholds };
        if arguments.balance { workspace.balance(&ask)? } else { workspace.movement(&ask)? }
    };
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
