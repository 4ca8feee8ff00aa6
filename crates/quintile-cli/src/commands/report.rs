//! `quintile report`: all answers as one page.

use crate::arguments::HELP;
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::io::IsTerminal;
use std::process::ExitCode;

/// All answers as one page that needs no network: what a merchant reads first
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile report -o report.html
  quintile report -o report.html --as-of 2011-12-10

The page opens in any browser, prints well, and sends nothing anywhere."
)]
pub struct ReportArgs {}

pub fn run(_: ReportArgs, session: &Session) -> Result<ExitCode, Error> {
    if session.given.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Error::Usage("a page is nothing to read in a terminal; name a file with -o report.html".to_owned()));
    }
    let report = session.open()?.report(&session.when())?;
    let page = quintile::page(&report);
    output::to_output(session, |out| out.write_all(page.as_bytes()).map_err(output::broken))?;
    if let Some(path) = &session.given.output {
        session.say(&format!("the report is in `{}`; open it in a browser", path.display()));
        report.findings.iter().for_each(|finding| session.say(&format!("- {}", finding.headline)));
    }
    Ok(ExitCode::SUCCESS)
}
