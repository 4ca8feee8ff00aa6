//! `quintile chart`: one picture of the report.

use crate::arguments::HELP;
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// One picture of the report, as SVG
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile chart lorenz -o lorenz.svg
  quintile chart months-gross --dark -o months.svg

Pictures: months-gross, stages-customers, stages-revenue, lorenz, concentration-trend,
gini-trend, flow-control"
)]
pub struct ChartArgs {
    /// The picture
    name: String,
    /// For a dark background
    #[arg(long)]
    dark: bool,
}

pub fn run(arguments: ChartArgs, session: &Session) -> Result<ExitCode, Error> {
    let report = session.open()?.report(&session.when())?;
    let svg = quintile::chart(&report, &arguments.name, arguments.dark)?;
    output::to_output(session, |out| out.write_all(svg.as_bytes()).map_err(output::broken))?;
    Ok(ExitCode::SUCCESS)
}
