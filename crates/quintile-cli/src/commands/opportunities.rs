//! `quintile opportunities`: what moves between stages would be worth, what is aimed at, and what to do first.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::{Answer, Asked, Error, ExtraAsk, Workbook, opportunities_from};
use std::path::PathBuf;
use std::process::ExitCode;

/// What it would be worth if all customers of a stage moved to the next
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile opportunities
  quintile opportunities --as-of 2011-12-10
  quintile opportunities --likely
  quintile opportunities --likely --keep
  quintile opportunities --likely --sensitivity
  quintile opportunities --likely --segment second-order-late vip-silent
  quintile opportunities --kept
  quintile opportunities --look-back 6
  quintile opportunities --extra 20000 --within 90d
  quintile opportunities --tactics
  quintile opportunities -o opportunities.xlsx
  quintile opportunities --from figures.toml
  quintile opportunities --plan

The table says what it would be worth if all customers of a stage moved to the next: a bound from above. --likely says
what is to be gained if each move happened as often as in the store's own best month of the season, less what it costs.
--extra says which moves bring an amount more within so many days, with the least work.
Goals, targets, margins, costs and figures of your own stand in `opportunities.toml` of the project."
)]
pub struct OpportunitiesArgs {
    /// What is likely, by the store's own past, instead of what is possible
    #[arg(long)]
    likely: bool,
    /// Keep the forecast, so that `--kept` can hold it against what comes
    #[arg(long, requires = "likely", conflicts_with_all = ["from", "segment", "sensitivity"])]
    keep: bool,
    /// How the ranking changes with the thresholds that draw the stages
    #[arg(long, requires = "likely", conflicts_with_all = ["from", "segment"])]
    sensitivity: bool,
    /// Of the members of these segments, each customer counted once
    #[arg(long, value_name = "NAME", num_args = 1.., requires = "likely", conflicts_with = "from")]
    segment: Vec<String>,
    /// Forecasts that were kept, beside what then happened
    #[arg(long, conflicts_with_all = ["likely", "tactics", "plan", "from", "extra"])]
    kept: bool,
    /// Forecasts of so many past months, each by what was known then, beside what then happened
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u8).range(1..=24), conflicts_with_all = ["likely", "tactics", "plan", "from", "extra", "kept"])]
    look_back: Option<u8>,
    /// Which moves bring this amount more, with the least work
    #[arg(long, value_name = "AMOUNT", requires = "within", allow_hyphen_values = true, conflicts_with_all = ["likely", "tactics", "plan", "from"])]
    extra: Option<String>,
    /// In how many days: 90d, or 12w
    #[arg(long, value_name = "DAYS", requires = "extra", allow_hyphen_values = true)]
    within: Option<String>,
    /// What to do first for the stages that promise most, as a two-by-two
    #[arg(long, conflicts_with = "likely")]
    tactics: bool,
    /// Goals, targets, costs and effort in force, and where each comes from
    #[arg(long, conflicts_with_all = ["likely", "tactics"])]
    plan: bool,
    /// The figures of this file alone, without any store
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tactics", "plan"])]
    from: Option<PathBuf>,
}

pub fn run(arguments: OpportunitiesArgs, session: &Session) -> Result<ExitCode, Error> {
    let when = session.when();
    if let Some(answer) = beside_the_tables(&arguments, session)? {
        let empty = answer.empty_columns();
        let hide: Vec<&str> = ["name", "windows", "months"].into_iter().chain(empty).collect();
        output::answer(session, &answer, &Shown { hide: &hide, below: Some("note"), thresholds: arguments.extra.is_some() })?;
        return Ok(ExitCode::SUCCESS);
    }
    // Before any work: a terminal takes no spreadsheet.
    let whole = output::format(session, session.face())?.is_some() && session.face() == Face::Xlsx;
    // Who names columns wants one table.
    if whole && !arguments.plan && !arguments.tactics && session.given.columns.is_empty() {
        let book = match &arguments.from {
            Some(file) => Workbook::of_file(file)?,
            None => session.open()?.opportunities_workbook(&when)?,
        };
        output::to_output(session, |out| book.write(out))?;
        if arguments.keep {
            session.say(&session.open()?.keep_forecast_of(&when, &book)?.sentence());
        }
        if let Some(header) = book.header() {
            session.say_header(header, false);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.plan {
        let answer = session.open()?.plan_in_force()?;
        output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.tactics {
        let answer = session.open()?.tactics(&when)?;
        if session.face() == Face::Table && session.given.columns.is_empty() {
            return super::tactics::two_by_two(session, &answer);
        }
        output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    let answer = match &arguments.from {
        None if arguments.keep => {
            let (answer, kept) = session.open()?.likely_opportunities_kept(&when)?;
            session.say(&kept.sentence());
            answer
        }
        Some(file) => opportunities_from(file, arguments.likely)?,
        None if arguments.likely => session.open()?.likely_opportunities(&when)?,
        None => session.open()?.opportunities(&when)?,
    };
    let hide = hidden(&answer, arguments.likely);
    output::answer(session, &answer, &Shown { hide: &hide, below: Some("note"), thresholds: true })?;
    if arguments.from.is_some() && !arguments.likely {
        say_sum(session, &answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked beside the two tables.
fn beside_the_tables(arguments: &OpportunitiesArgs, session: &Session) -> Result<Option<Answer>, Error> {
    let when = session.when();
    Ok(Some(if let (Some(extra), Some(within)) = (&arguments.extra, &arguments.within) {
        let ask = ExtraAsk::parse(when, extra, within)?;
        session.open()?.way_to_extra(&ask)?
    } else if arguments.kept {
        session.open()?.kept_forecasts(&when)?
    } else if let Some(months) = arguments.look_back {
        session.open()?.look_back_at_forecasts(&when, months)?
    } else if arguments.sensitivity {
        session.open()?.likely_sensitivity(&when)?
    } else if arguments.segment.is_empty() {
        return Ok(None);
    } else {
        let asked: Vec<Asked> = arguments.segment.iter().cloned().map(Asked::Name).collect();
        session.open()?.likely_of_segments(&when, &asked)?
    }))
}

/// Columns that a terminal has no room for, or nothing to show in.
fn hidden(answer: &Answer, likely: bool) -> Vec<&str> {
    let mut hide = if likely { vec!["name", "months"] } else { vec!["name", "verdict"] };
    if answer.header.is_none() {
        // Without a store everything is given.
        hide.push("given");
    }
    let empty = answer.empty_columns();
    let optional = [
        "predicted_clv",
        "goal_predicted_clv",
        "target",
        "moved",
        "expected_by_now",
        "course",
        "given",
        "margin_share",
        "cost",
        "effort_days",
    ];
    hide.extend(optional.into_iter().filter(|name| empty.contains(name)));
    if likely {
        // Without margin and cost the gain is the value.
        let plain = empty.contains(&"margin_share") && empty.contains(&"cost");
        hide.extend(if plain { vec!["reached", "gain", "gain_low", "gain_high"] } else { vec!["value_low", "value_high"] });
    }
    hide
}

/// The sum of a table that has no store to be held against.
fn say_sum(session: &Session, answer: &Answer) {
    if session.face() == Face::Table
        && let Some(sum) = answer.sum_above_nought("total_opportunity")
    {
        session.say(&format!("sum of the opportunities: {}", quintile::header::money(sum, "")));
    }
}
