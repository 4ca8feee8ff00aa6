//! `quintile value`: what customers will probably still buy.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown, broken, to_output};
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::Error;
use quintile::value::{BacktestAsk, ValueFitAsk};
use std::process::ExitCode;

/// What customers will probably still buy, and how far that can be believed
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile value fit
  quintile value show
  quintile value backtest
  quintile value customer 17850"
)]
pub struct ValueArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Fit the models on all purchases, choose one by the store's own past, and keep it
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile value fit
  quintile value fit --until 1997-09-30 --format json
  quintile value fit --model bg-nbd

Times are weeks of seven days. What is kept lies in answers/value/, with the moment and what it was fitted on; profiles
and stages as of that moment or later use it."
    )]
    Fit {
        /// One model: bg-nbd, mbg-nbd, pareto-nbd or nbd, which is then used; or gamma-gamma, which is only shown [default: all, and the best by
        /// the store's past is used]
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// The days within which a customer should have bought again [default: found from the store's gaps]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        horizon: Option<u32>,
        /// Years over which the value still to come is counted
        #[arg(long, value_name = "N", default_value_t = 3.0)]
        years: f64,
        /// The share by which each year counts for less
        #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
        discount: f64,
    },
    /// Show what the whole store is expected to do
    #[command(help_template = HELP, before_help = "Examples:\n  quintile value show\n  quintile value show --as-of 2011-06-13")]
    Show,
    /// Show what each model and each plain rule would have said earlier, against what came
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile value backtest
  quintile value backtest --horizon 90
  quintile value backtest --cut 1997-09-30 --horizon 273 --format json"
    )]
    Backtest {
        /// The last day that was known [default: three cuts, a horizon apart]
        #[arg(long, value_name = "DATE")]
        cut: Option<String>,
        /// Days looked at after a cut [default: the store's horizon; with --cut, to the end]
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        horizon: Option<u32>,
    },
    /// Show what one customer will probably do
    #[command(help_template = HELP, before_help = "Examples:\n  quintile value customer 17850\n  quintile value customer ada@example.com")]
    Customer {
        /// The id, as answers show it, or an e-mail address
        #[arg(value_name = "ID")]
        id: String,
    },
}

const PLAIN: Shown<'_> = Shown { hide: &[], below: None, thresholds: false };

pub fn run(arguments: ValueArgs, session: &Session) -> Result<ExitCode, Error> {
    match arguments.what {
        What::Fit { model, horizon, years, discount } => {
            if !(years > 0.0 && years <= 50.0) {
                return Err(Error::Usage(format!("--years {years} is no number of years; give one above 0 and up to 50")));
            }
            if !(0.0..=1.0).contains(&discount) {
                return Err(Error::Usage(format!("--discount {discount} is no share; give one between 0 and 1, such as 0.1")));
            }
            let ask = ValueFitAsk { when: session.when(), model, horizon_days: horizon, years, discount };
            let fit = session.open()?.value_fit(&ask)?;
            if matches!(session.face(), Face::Json) {
                let value = fit.json()?;
                to_output(session, |out| writeln!(out, "{value:#}").map_err(broken))?;
                session.say_header(&fit.header, false);
            } else {
                output::answer(session, &fit.answer, &PLAIN)?;
            }
        }
        What::Show => output::answer(session, &session.open()?.value_show(&session.when())?, &PLAIN)?,
        What::Backtest { cut, horizon } => {
            let answer = session.open()?.value_backtest(&BacktestAsk { when: session.when(), cut, horizon_days: horizon })?;
            output::answer(session, &answer, &Shown { hide: &["horizon_days", "root_mean_square", "correlation"], ..PLAIN })?;
        }
        What::Customer { id } => output::answer(session, &session.open()?.value_customer(&session.when(), &id)?.figures, &PLAIN)?,
    }
    Ok(ExitCode::SUCCESS)
}
