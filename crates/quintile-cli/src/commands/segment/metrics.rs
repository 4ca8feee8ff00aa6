//! `quintile segment metrics`: what the members of segments bring, how they behave, and the trend of it.

use crate::arguments::HELP;
use crate::commands::history::EveryArg;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Asked, Error, MetricsAsk, MetricsOf};
use std::process::ExitCode;

/// What members bring, how they behave and what they say, of segments or classes: sixteen metrics, and the trend of each
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment metrics
  quintile segment metrics second-order-late coupon-lovers
  quintile segment metrics --query \"amount_spent > 500\" --trend --from 2025-01-01
  quintile segment metrics --partition country --top 10
  quintile segment metrics --partition life_stage --trend -o trend.csv
  quintile segment metrics --definitions

A trend says for each date what the same question would have answered then."
)]
pub struct MetricsArgs {
    /// Segments that have a name (`quintile segment list`)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// A segment as text; may be given several times
    #[arg(long, value_name = "TEXT")]
    query: Vec<String>,
    /// A value of a `$parameter` of one segment
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// The classes of a partition, or of a column of words such as country [default: life_stage where no segment is named]
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["names", "query"])]
    partition: Option<String>,
    /// Classes of a column of words, those with the most customers
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// At every month end, Monday or day of the store's life as well
    #[arg(long)]
    trend: bool,
    /// How far apart the dates of a trend lie
    #[arg(long, value_name = "STEP", default_value = "month", requires = "trend")]
    every: EveryArg,
    /// A trend not before this date [default: the first order]
    #[arg(long, value_name = "DATE", requires = "trend")]
    from: Option<String>,
    /// What each metric is, and which facts it needs
    #[arg(long)]
    definitions: bool,
}

pub fn run(arguments: MetricsArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    if arguments.definitions {
        let answer = workspace.metric_definitions()?;
        output::answer(session, &answer, &Shown { hide: &[], below: Some("meaning"), thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let names = arguments.names.into_iter().map(Asked::Name);
    let segments: Vec<Asked> = names.chain(arguments.query.into_iter().map(Asked::Text)).collect();
    let parameters = super::pairs(arguments.set)?;
    if !parameters.is_empty() && segments.len() != 1 {
        return Err(Error::Usage("--set gives a value to one segment; name one".to_owned()));
    }
    let of = match segments.is_empty() {
        true => MetricsOf::Classes(arguments.partition.unwrap_or_else(|| "life_stage".to_owned())),
        false => MetricsOf::Segments(segments.into_iter().map(|segment| (segment, parameters.clone())).collect()),
    };
    let ask = MetricsAsk {
        when: session.when(),
        of,
        trend: arguments.trend.then(|| arguments.every.into()),
        from: arguments.from,
        most: arguments.top.max(1),
    };
    let answer = workspace.segment_metrics(&ask)?;
    // What nobody knows is named below the table, and what churn is divided by is in files.
    let mut hide = answer.empty_columns();
    hide.push("active_before");
    output::answer(session, &answer, &Shown { hide: &hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
