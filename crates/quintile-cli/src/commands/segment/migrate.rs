//! `quintile segment migrate`: an old segment in the new form, with what was changed.

use super::{say_problems, text_or_input};
use crate::arguments::HELP;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::segment::{new_form, parse};
use std::process::ExitCode;

/// An old segment in the new form, with what was changed; the members are the same
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment migrate --query \"products_purchased(id: '1', date: -30d) = true\""
)]
pub struct MigrateArgs {
    /// The segment [default: from the standard input]
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
}

pub fn run(arguments: MigrateArgs, session: &Session) -> Result<ExitCode, Error> {
    let text = text_or_input(arguments.query)?;
    let parsed = parse(&text);
    if !parsed.is_sound() {
        return Err(Error::Usage(parsed.problems.iter().map(|problem| problem.shown(&text).to_string()).collect::<Vec<_>>().join("\n")));
    }
    to_output(session, |out| writeln!(out, "{}", new_form(&parsed.tree)).map_err(broken))?;
    say_problems(session, &parsed.problems, &text);
    Ok(ExitCode::SUCCESS)
}
