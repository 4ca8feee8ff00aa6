//! `quintile history`: the classes at every month end, week or day of the store's life.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::{Error, Every, HistoryAsk};
use std::process::ExitCode;

/// The classes at every month end, week or day of the store's life
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile history
  quintile history --every week --from 2011-06-01 --partition rfm_group
  quintile history --rows -o history.parquet
  quintile history --rows --columns customer_id,life_stage,amount_spent -o history.csv

The facts are read once for all dates. Each date is what the same question would have answered then; --by-last draws all
dates by the thresholds of the last, so that only customers move."
)]
pub struct HistoryArgs {
    #[command(flatten)]
    life: LifeArgs,
    /// One or more of life_stage, retention_state, rfm_group, buying_group and core_group
    #[arg(long, value_name = "A,B,...", default_value = "life_stage", value_delimiter = ',')]
    partition: Vec<String>,
    /// All dates by the thresholds of the last
    #[arg(long)]
    by_last: bool,
    /// One row a customer and date: classes and amount_spent, or the columns of --columns
    #[arg(long)]
    rows: bool,
}

/// Which dates.
#[derive(Debug, Clone, Args)]
pub struct LifeArgs {
    /// Every month end, Monday or day
    #[arg(long, value_name = "STEP", default_value = "month")]
    every: EveryArg,
    /// Not before this date [default: the first order]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
}

impl LifeArgs {
    pub fn ask(self, session: &Session, by_last: bool) -> HistoryAsk {
        HistoryAsk { when: session.when(), every: self.every.into(), from: self.from, by_last }
    }
}

/// As it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum EveryArg {
    Month,
    Week,
    Day,
}

impl From<EveryArg> for Every {
    fn from(every: EveryArg) -> Every {
        match every {
            EveryArg::Month => Every::Month,
            EveryArg::Week => Every::Week,
            EveryArg::Day => Every::Day,
        }
    }
}

/// What rows have where nobody names columns.
const COLUMNS: [&str; 7] = ["customer_id", "life_stage", "retention_state", "rfm_group", "buying_group", "core_group", "amount_spent"];

pub fn run(arguments: HistoryArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = arguments.life.ask(session, arguments.by_last);
    if !arguments.rows {
        let answer = session.open()?.history(&ask, &arguments.partition)?;
        output::answer(session, &answer, &Shown { hide: &["customer_share", "revenue_share"], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let face = if session.face() == Face::Table { Face::Csv } else { session.face() };
    let Some(format) = output::format(session, face)? else {
        return Err(Error::Usage("rows go to a file or a pipe; name one with -o history.parquet".to_owned()));
    };
    let named = &session.given.columns;
    let columns = if named.is_empty() { COLUMNS.map(str::to_owned).to_vec() } else { named.clone() };
    let workspace = session.open()?;
    let rows = workspace.history_rows(&ask, &columns)?;
    let header = rows.header.clone();
    let written = output::to_output(session, |out| rows.write(format, !session.given.no_header, out))?;
    if let Some(path) = &session.given.output {
        session.say(&format!("{} rows in `{}`", quintile::header::grouped(&written.to_string()), path.display()));
    }
    session.say_header(&header, false);
    Ok(ExitCode::SUCCESS)
}
