//! `quintile segment overlap`: how many are in two segments at once.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Asked, Error};
use std::process::ExitCode;

/// How many are in two segments at once, for each pair; without names, which of all segments are nearly the same
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment overlap repeat spent-over cart-abandoners
  quintile segment overlap repeat --query \"amount_spent > 500\"
  quintile segment overlap",
    after_help = "in_other_share is the share of `segment` that is in `other` as well, of_other_share the share of `other` that is in `segment`,\nand alike_share what both share of all who are in either."
)]
pub struct OverlapArgs {
    /// The segments
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// One more, as text; may be given again
    #[arg(long, value_name = "TEXT")]
    query: Vec<String>,
}

pub fn run(arguments: OverlapArgs, session: &Session) -> Result<ExitCode, Error> {
    let asked: Vec<Asked> = arguments.names.into_iter().map(Asked::Name).chain(arguments.query.into_iter().map(Asked::Text)).collect();
    if asked.len() == 1 {
        return Err(Error::Usage("one segment overlaps with nothing; name two or more, or none for all".to_owned()));
    }
    let answer = session.open()?.segment_overlap(&session.when(), &asked)?;
    output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
