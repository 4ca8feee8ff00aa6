//! `quintile segment diff`: who is in the one and not in the other.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Asked, Error, SegmentAsk};
use std::process::ExitCode;

/// A segment's file against what is in force, against another segment, or against itself at an earlier date
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment diff big-and-late
  quintile segment diff repeat two-or-more
  quintile segment diff repeat --query \"number_of_orders >= 2\"
  quintile segment diff at-risk --from 2025-09-01"
)]
pub struct DiffArgs {
    /// The segment
    #[arg(value_name = "NAME")]
    name: String,
    /// Another one
    #[arg(value_name = "OTHER", conflicts_with_all = ["query", "from"])]
    other: Option<String>,
    /// Another one, as text
    #[arg(long, value_name = "TEXT", conflicts_with = "from")]
    query: Option<String>,
    /// The same one, at this earlier date
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
}

pub fn run(arguments: DiffArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let ask = |of: Asked| SegmentAsk { when: session.when(), of, parameters: Vec::new() };
    let shown = Shown { hide: &[], below: None, thresholds: false };
    let named = ask(Asked::Name(arguments.name.clone()));
    let answer = match (arguments.other, arguments.query, arguments.from) {
        (_, _, Some(from)) => workspace.segment_moved(&named, &from)?,
        (Some(other), _, _) => workspace.segment_diff(&named, &ask(Asked::Name(other)))?,
        (None, Some(text), _) => workspace.segment_diff(&named, &ask(Asked::Text(text)))?,
        (None, None, None) => {
            let name = &arguments.name;
            let (in_force, file) = workspace.segment_versions(name)?;
            let (Some(before), Some(after)) = (&in_force, &file) else {
                // Says so where there is none of that name at all.
                workspace.segment(name)?;
                let why = match (in_force, file) {
                    (None, Some(_)) => "was never in force",
                    (Some(_), None) => "has no file any more",
                    _ => "is a ready segment",
                };
                return Err(Error::Usage(format!("`{name}` {why}, so that there is nothing to compare it with; name another segment")));
            };
            if session.face() == Face::Table {
                lines(session, before, after);
            }
            workspace.segment_diff(&named, &ask(Asked::Draft(name.clone())))?
        }
    };
    output::answer(session, &answer, &shown)?;
    Ok(ExitCode::SUCCESS)
}

/// The lines of two texts, those of the first with a minus and those of the second with a plus.
fn lines(session: &Session, before: &str, after: &str) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    old.iter().filter(|line| !new.contains(line)).for_each(|line| session.say(&format!("- {line}")));
    new.iter().filter(|line| !old.contains(line)).for_each(|line| session.say(&format!("+ {line}")));
}
