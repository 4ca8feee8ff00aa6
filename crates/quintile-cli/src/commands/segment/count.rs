//! `quintile segment count`: how many are in a segment.

use super::{Which, say_count};
use crate::arguments::{Face, HELP};
use crate::output::{self, Shown, broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::segment::{count_words, warnings};
use std::process::ExitCode;

/// How many customers are in a segment
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment count --query \"number_of_orders >= 3 AND last_order_date < -90d\"
  quintile segment count spent-over --set amount=500 --as-of 2025-01-01 --format json
  quintile segment count local --suggested
  quintile segment count --all --suggested
  quintile segment count --all --family own"
)]
pub struct CountArgs {
    #[command(flatten)]
    which: Which,
    /// All segments that have a name, in one question; of those whose facts the store lacks, what it lacks
    #[arg(long, conflicts_with_all = ["name", "query", "set"])]
    all: bool,
    /// Of all, those of one family: `own`, or one that `quintile segment list` shows
    #[arg(long, value_name = "FAMILY", requires = "all")]
    family: Option<String>,
}

pub fn run(arguments: CountArgs, session: &Session) -> Result<ExitCode, Error> {
    if arguments.all {
        let answer = session.open()?.segment_count_all(&session.when(), arguments.family.as_deref(), arguments.which.suggested)?;
        output::answer(session, &answer, &Shown { hide: &["members_hash"], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = session.open()?.segment_count(&arguments.which.ask(session)?)?;
    let text = match session.face() {
        Face::Json | Face::Jsonl => serde_json::json!({
            "count": count.count,
            "customers": count.customers,
            "as_of": count.header.as_of,
            "manifest": count.header.version,
            "members_hash": count.members_hash,
            "lacks": count.lacks,
            "warnings": warnings(&count.problems, &count.text),
        })
        .to_string(),
        Face::Table => count_words(count.count, count.customers),
        Face::Csv | Face::Parquet | Face::Arrow | Face::Xlsx => {
            return Err(Error::Usage("a count is shown as table or json; `segment members` writes rows".to_owned()));
        }
    };
    to_output(session, |out| writeln!(out, "{text}").map_err(broken))?;
    say_count(session, &count);
    session.say_header(&count.header, false);
    Ok(ExitCode::SUCCESS)
}
