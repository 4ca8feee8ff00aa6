//! `quintile rfm`: the groups of recency, frequency and money.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Error, RfmAsk};
use std::process::ExitCode;

/// RFM groups: recency, frequency and money, or any three metrics
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile rfm
  quintile rfm --map klaviyo
  quintile rfm --map maps/ours.toml
  quintile rfm --metrics days_since_last_order,orders_in_365d,spent_in_365d
  quintile rfm --metrics last_order_date,number_of_orders,refund_rate:low

Maps: shopify (default), klaviyo, ten, putler, core, or a file of your own. The scores and the group of each
customer are columns of the profile: quintile profile --columns customer_id,rfm,rfm_group"
)]
pub struct RfmArgs {
    #[command(flatten)]
    ask: RfmChoice,
}

/// Which map over which metrics.
#[derive(Debug, Args)]
pub struct RfmChoice {
    /// The map: a name, or a file
    #[arg(long, value_name = "NAME|FILE")]
    map: Option<String>,
    /// Three columns in place of recency, frequency and money; `:low` behind one says that less is better
    #[arg(long, value_name = "R,F,M", value_delimiter = ',')]
    metrics: Vec<String>,
}

impl RfmChoice {
    pub fn ask(self) -> Result<RfmAsk, Error> {
        let metrics = match self.metrics.len() {
            0 => None,
            _ => {
                let three = <[String; 3]>::try_from(self.metrics);
                Some(three.map_err(|given| {
                    Error::Usage(format!("--metrics wants three columns, and has {}; write them as a,b,c", given.len()))
                })?)
            }
        };
        Ok(RfmAsk { map: self.map, metrics })
    }
}

pub fn run(arguments: RfmArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = arguments.ask.ask()?;
    let answer = session.open()?.rfm(&session.when(), &ask)?;
    output::answer(session, &answer, &Shown { hide: &["name"], below: Some("meaning"), thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
