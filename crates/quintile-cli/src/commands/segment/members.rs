//! `quintile segment members`: the customers in a segment.

use super::{Which, say_count};
use crate::arguments::{Face, HELP};
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::segment::send::layout::Layout;
use quintile::segment::send::{Channel, SendTo};
use quintile::{Error, SegmentAsk};
use std::process::ExitCode;

/// The customers in a segment, one row each
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment members cart-abandoners
  quintile segment members --query \"rfm_group = 'CHAMPIONS'\" --columns customer_id,email,amount_spent -o champions.csv
  quintile segment members winback --for email --layout klaviyo -o winback.csv"
)]
pub struct MembersArgs {
    #[command(flatten)]
    which: Which,
    /// They are to be written to on this way: whoever may not be is left out, and the header says how many and why
    #[arg(long = "for", value_name = "WAY", value_parser = Channel::ALL.map(Channel::name))]
    channel: Option<String>,
    /// The columns of a network; meta hashes by the network's rules
    #[arg(long, value_name = "NETWORK", value_parser = Layout::ALL.map(Layout::name))]
    layout: Option<String>,
}

/// What a table shows where nobody names columns.
const TABLE_COLUMNS: [&str; 6] = ["customer_id", "life_stage", "number_of_orders", "amount_spent", "first_order_date", "last_order_date"];

pub fn run(arguments: MembersArgs, session: &Session) -> Result<ExitCode, Error> {
    let to = SendTo::of(arguments.channel.as_deref(), arguments.layout.as_deref())?;
    if to.is_some_and(|to| to.layout.is_some()) && !session.given.columns.is_empty() {
        return Err(Error::Usage("a list for a network has its own columns; leave --columns out".to_owned()));
    }
    // Before any work: a terminal takes no Parquet.
    output::format(session, session.face())?;
    let mut columns = session.given.columns.clone();
    if columns.is_empty() && session.face() == Face::Table && to.is_none() {
        columns = TABLE_COLUMNS.map(str::to_owned).into();
    }
    if let Some(to) = to {
        return send_list(&arguments.which.ask(session)?, to, &columns, session);
    }
    let (profile, count) = session.open()?.segment_members(&arguments.which.ask(session)?, &columns)?;
    output::profile(session, profile)?;
    say_count(session, &count);
    Ok(ExitCode::SUCCESS)
}

/// A list of those who may be written to, which is written down as the server writes its exports down.
fn send_list(ask: &SegmentAsk, to: SendTo, columns: &[String], session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let list = workspace.segment_send_list(ask, to, columns)?;
    let left_out = list.sentence().unwrap_or_else(|| "nobody left out".to_owned());
    let note = format!("{} of {} members for {}; {left_out}", list.profile.customers(), list.count.count, to.channel.name());
    let (profile, count) = (list.profile, list.count);
    output::profile(session, profile)?;
    workspace.exported(&format!("segment {}", ask.of.words()), &note)?;
    say_count(session, &count);
    Ok(ExitCode::SUCCESS)
}
