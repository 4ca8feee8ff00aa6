//! `quintile segment`: who is in a segment, and why. One file a verb, named as it is typed.

mod check;
mod count;
mod explain;
mod fmt;
mod list;
mod members;
mod migrate;
mod show;

use crate::arguments::HELP;
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::segment::Problem;
use quintile::{Asked, Error, SegmentAsk};
use std::process::ExitCode;

/// Segments: who is in one, why, and what its text says
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment list
  quintile segment count --query \"amount_spent > average(amount_spent) AND last_order_date >= -90d\"
  quintile segment members second-order-late --set patience=45 -o late.csv
  quintile segment explain cart-abandoners --customer 17850"
)]
pub struct SegmentArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Count(count::CountArgs),
    Members(members::MembersArgs),
    Explain(explain::ExplainArgs),
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Migrate(migrate::MigrateArgs),
    Show(show::ShowArgs),
    List(list::ListArgs),
}

pub fn run(arguments: SegmentArgs, session: &Session) -> Result<ExitCode, Error> {
    match arguments.what {
        What::Count(arguments) => count::run(arguments, session),
        What::Members(arguments) => members::run(arguments, session),
        What::Explain(arguments) => explain::run(arguments, session),
        What::Check(arguments) => check::run(arguments, session),
        What::Fmt(arguments) => fmt::run(arguments, session),
        What::Migrate(arguments) => migrate::run(arguments, session),
        What::Show(arguments) => show::run(&arguments, session),
        What::List(arguments) => list::run(&arguments, session),
    }
}

/// Which segment.
#[derive(Debug, Args)]
pub struct Which {
    /// A segment of the catalogue (`quintile segment list`)
    #[arg(value_name = "NAME", required_unless_present = "query", conflicts_with = "query")]
    name: Option<String>,
    /// A segment as text
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// A value of a `$parameter`
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
}

impl Which {
    /// One word is a name, anything else a text.
    pub fn named_or_text(text: String, session: &Session) -> SegmentAsk {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let of = if text.chars().all(word) { Asked::Name(text) } else { Asked::Text(text) };
        SegmentAsk { when: session.when(), of, parameters: Vec::new() }
    }

    pub fn ask(self, session: &Session) -> Result<SegmentAsk, Error> {
        let of = match (self.name, self.query) {
            (Some(name), _) => Asked::Name(name),
            (None, text) => Asked::Text(text.unwrap_or_default()),
        };
        let pair = |text: String| match text.split_once('=') {
            Some((name, value)) => Ok((name.trim().trim_start_matches('$').to_owned(), value.trim().to_owned())),
            None => Err(Error::Usage(format!("`--set {text}` has no value; write `--set NAME=VALUE`"))),
        };
        let parameters = self.set.into_iter().map(pair).collect::<Result<_, _>>()?;
        Ok(SegmentAsk { when: session.when(), of, parameters })
    }
}

/// The text of a segment: as it was given, or from the standard input.
fn text_or_input(query: Option<String>) -> Result<String, Error> {
    match query {
        Some(text) => Ok(text),
        None => {
            let mut text = String::new();
            let read = std::io::Read::read_to_string(&mut std::io::stdin(), &mut text);
            read.map_err(|_| Error::Usage("the segment on the standard input is no text".to_owned()))?;
            Ok(text.trim_end_matches(['\n', '\r']).to_owned())
        }
    }
}

/// Says beside the answer what is to be said of the text.
fn say_problems(session: &Session, problems: &[Problem], text: &str) {
    problems.iter().for_each(|problem| session.say(&problem.shown(text).to_string()));
}
