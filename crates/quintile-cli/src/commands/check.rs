//! `quintile check`: orders and money by month, to hold against the books.

use crate::arguments::HELP;
use crate::output::{self, Shown, broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::{Error, LeaveOutReport};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Was the store read right? Orders and money by month, and all that is left out
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile check
  quintile check --as-of 2011-12-10
  quintile check -o months.csv
  quintile check --against analytics_orders.csv
  quintile check --leave-out channel:pos wholesale

Hold the months against what the shop reports. Orders lie in the month of their day in the store's zone, refunds in the
month in which the money went back. What names no customer stands in columns of its own. --against reads the shop's
own list of orders, imports nothing, and says for each difference why.

What looks like test or staff orders, a marketplace, a till or wholesale is proposed, with counts and money. --leave-out
takes proposals by their names, or `all`, into [leave-out] of quintile.toml; from then on they are in no answer."
)]
pub struct CheckArgs {
    /// A list of the same orders, in any layout that can be imported
    #[arg(long, value_name = "FILE", num_args = 1..)]
    against: Vec<PathBuf>,
    /// Proposals to leave out from now on, by name; `all` takes all
    #[arg(long, value_name = "PROPOSAL", num_args = 1.., conflicts_with = "against")]
    leave_out: Vec<String>,
}

pub fn run(arguments: CheckArgs, session: &Session) -> Result<ExitCode, Error> {
    if !arguments.against.is_empty() {
        let answer = session.open()?.check_against(&session.when(), &arguments.against)?;
        output::answer(session, &answer, &Shown { hide: &[], below: None, thresholds: false })?;
        return Ok(ExitCode::SUCCESS);
    }
    if !arguments.leave_out.is_empty() {
        let report = session.open()?.leave_out(&session.when(), &arguments.leave_out)?;
        return to_output(session, |out| tell(&report, out).map_err(broken)).map(|()| ExitCode::SUCCESS);
    }
    let answer = session.open()?.check(&session.when())?;
    let hide = &["not_counted", "without_rate", "nobodys_refunded"];
    output::answer(session, &answer, &Shown { hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}

fn tell(report: &LeaveOutReport, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    for taken in &report.taken {
        writeln!(out, "left out from now on, since it {taken}")?;
    }
    writeln!(out, "[leave-out] in `{}` says so; take a name off its list to have it back", report.file.display())
}
