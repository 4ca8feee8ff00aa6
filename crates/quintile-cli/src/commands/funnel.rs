//! `quintile funnel`: how far customers get, where they stop, and which ways they go.

use super::segment::Which;
use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Error, FunnelAsk};
use std::process::ExitCode;

/// How far customers get, where they stop, and which ways they go
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile funnel
  quintile funnel --by-channel
  quintile funnel --segment \"country = 'Germany'\"
  quintile funnel --paths --touches 4

Steps that the store hears nothing of are left out. The column `segment` of files has those who came no further, in the segment
language."
)]
pub struct FunnelArgs {
    /// The members of a segment alone: its name, or its text
    #[arg(long, value_name = "SEGMENT")]
    segment: Option<String>,
    /// By the channel customers were won over
    #[arg(long, conflicts_with = "paths")]
    by_channel: bool,
    /// The commonest ways with their times instead
    #[arg(long)]
    paths: bool,
    /// So many ways, or channels
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Touches of a way
    #[arg(long, value_name = "N", default_value_t = 6, requires = "paths")]
    touches: usize,
}

pub fn run(arguments: FunnelArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let ask = FunnelAsk {
        when: session.when(),
        segment: arguments.segment.map(|text| Which::named_or_text(text, session)),
        by_channel: arguments.by_channel,
        most: arguments.top,
        touches: arguments.touches,
    };
    let answer = if arguments.paths { workspace.paths(&ask)? } else { workspace.funnel(&ask)? };
    output::answer(session, &answer, &Shown { hide: &["seen", "segment"], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
