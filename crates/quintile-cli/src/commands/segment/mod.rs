//! `quintile segment`: who is in a segment, and why. One file a verb, named as it is typed.

mod check;
mod count;
mod diff;
mod edit;
mod explain;
mod fmt;
mod klaviyo;
mod list;
mod members;
mod metrics;
mod migrate;
mod new;
mod overlap;
mod quality;
mod show;
mod test;

use crate::arguments::HELP;
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::segment::Problem;
use quintile::{Asked, Error, SegmentAsk};
use std::process::ExitCode;

/// Segments: who is in one, why, what its text says, and your own as files
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment list
  quintile segment count --query \"amount_spent > average(amount_spent) AND last_order_date >= -90d\"
  quintile segment members second-order-late --set patience=45 -o late.csv
  quintile segment explain cart-abandoners --customer 17850
  quintile segment new big-and-late --query \"amount_spent > 500 AND last_order_date < -90d\"
  quintile plan"
)]
pub struct SegmentArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(new::NewArgs),
    Edit(edit::EditArgs),
    Test(test::TestArgs),
    Diff(diff::DiffArgs),
    Overlap(overlap::OverlapArgs),
    Quality(quality::QualityArgs),
    Metrics(metrics::MetricsArgs),
    Count(count::CountArgs),
    Members(members::MembersArgs),
    Explain(explain::ExplainArgs),
    Check(check::CheckArgs),
    Fmt(fmt::FmtArgs),
    Migrate(migrate::MigrateArgs),
    Show(show::ShowArgs),
    List(list::ListArgs),
    ImportKlaviyo(klaviyo::ImportArgs),
    ExportKlaviyo(klaviyo::ExportArgs),
}

pub fn run(arguments: SegmentArgs, session: &Session) -> Result<ExitCode, Error> {
    match arguments.what {
        What::New(arguments) => new::run(arguments, session),
        What::Edit(arguments) => edit::run(arguments, session),
        What::Test(arguments) => test::run(&arguments, session),
        What::Diff(arguments) => diff::run(arguments, session),
        What::Overlap(arguments) => overlap::run(arguments, session),
        What::Quality(arguments) => quality::run(arguments, session),
        What::Metrics(arguments) => metrics::run(arguments, session),
        What::ImportKlaviyo(arguments) => klaviyo::import(arguments, session),
        What::ExportKlaviyo(arguments) => klaviyo::export(arguments, session),
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
    /// A segment that has a name (`quintile segment list`)
    #[arg(value_name = "NAME", conflicts_with = "query")]
    name: Option<String>,
    /// As the file of the segment says, also where that is not in force
    #[arg(long, requires = "name")]
    draft: bool,
    /// A segment as text; `-` reads it from the standard input
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// A value of a `$parameter`
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// With the values that this store's data suggest for the parameters that are not set
    #[arg(long, conflicts_with = "query")]
    suggested: bool,
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
            (Some(name), _) if self.draft => Asked::Draft(name),
            (Some(name), _) => Asked::Name(name),
            (None, Some(text)) if text == "-" => Asked::Text(text_or_input(None)?),
            (None, Some(text)) => Asked::Text(text),
            (None, None) => {
                let message = "name a segment (`quintile segment list` shows them), or write one with --query TEXT";
                return Err(Error::Usage(message.to_owned()));
            }
        };
        let ask = SegmentAsk { when: session.when(), of, parameters: pairs(self.set)? };
        if !self.suggested {
            return Ok(ask);
        }
        let given = ask.parameters.len();
        let asked = session.open()?.with_suggestions(&ask)?;
        match &asked.parameters[given.min(asked.parameters.len())..] {
            [] => session.say("this store's data suggest no value for any of its parameters"),
            found => {
                let words: Vec<String> = found.iter().map(|(name, value)| format!("${name} = {value}")).collect();
                session.say(&format!("with {}, as this store's data suggest", words.join(", ")));
            }
        }
        Ok(asked)
    }
}

/// Values of `$parameters`, as they are typed.
fn pairs(set: Vec<String>) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: String| match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().trim_start_matches('$').to_owned(), value.trim().to_owned())),
        None => Err(Error::Usage(format!("`--set {text}` has no value; write `--set NAME=VALUE`"))),
    };
    set.into_iter().map(pair).collect()
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

/// The segment did not pass.
const INVALID: u8 = 4;

/// Says beside an answer what the store lacks for it.
fn say_lacks(session: &Session, lacks: &[String]) {
    if !lacks.is_empty() {
        let what = lacks.join(", ");
        session.warn(&format!("the store lacks {what}, on which this segment rests; who is in it cannot be told without"));
    }
}

/// Says beside a count what is to be said of its name, its text and its facts.
fn say_count(session: &Session, count: &quintile::segment::SegmentCount) {
    count.notice.iter().for_each(|notice| session.warn(notice));
    say_problems(session, &count.problems, &count.text);
    say_lacks(session, &count.lacks);
}

/// Says beside the answer what is to be said of the text.
fn say_problems(session: &Session, problems: &[Problem], text: &str) {
    problems.iter().for_each(|problem| session.say(&problem.shown(text).to_string()));
}
