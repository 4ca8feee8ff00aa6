//! `quintile annotate`: what happened in the shop, to be read beside figures over time.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::annotations::{KINDS, date};
use quintile::{Annotation, Error};
use std::process::ExitCode;

/// What happened in the shop: marked in charts and tables over time
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile annotate 2011-11-25 \"Black Friday\" --kind sale
  quintile annotate 2011-12-01 \"no cake stands\" --to 2011-12-09 --kind stock-out
  quintile annotate

Without a date it lists what `annotations.toml` says. No figure changes by it."
)]
pub struct AnnotateArgs {
    /// The day, or the first of several
    #[arg(value_name = "DATE", requires = "text")]
    date: Option<String>,
    /// What happened
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// The last day
    #[arg(long, value_name = "DATE", requires = "date")]
    to: Option<String>,
    /// sale, campaign, stock-out, holiday, price, site or other
    #[arg(long, value_name = "KIND", default_value = "other", value_parser = KINDS)]
    kind: String,
}

pub fn run(arguments: AnnotateArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let (Some(day), Some(text)) = (&arguments.date, arguments.text) else {
        output::answer(session, &workspace.annotations()?, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    };
    let from = date(day)?;
    let to = arguments.to.as_deref().map_or(Ok(from), date)?;
    let annotation = Annotation { from, to, text, kind: arguments.kind };
    let path = workspace.annotate(&annotation)?;
    session.say(&format!("{}, in `{}`", annotation.words(), path.display()));
    Ok(ExitCode::SUCCESS)
}
