//! `quintile chart`: one picture of the report, as SVG or PNG.

use crate::arguments::HELP;
use crate::output;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// One picture of the report, as SVG, or as PNG by the suffix of --output
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile chart lorenz -o lorenz.svg
  quintile chart months-gross --dark -o months.svg
  quintile chart movement-bands -o moved.png

Pictures: months-gross, stages-customers, stages-revenue, stages-trend, movement-bands,
flow-control, funnel, beginnings-product, beginnings-channel, beginnings-country,
reactivation, discounts, lorenz, concentration-trend, gini-trend, league; with a value
model value-calibration and value-by-purchases. A picture is there where the report has
it: `stages-trend` wants two months, `discounts` an order with a discount"
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
    let suffix = session.given.output.as_deref().and_then(|file| file.extension());
    let picture = match suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("png")) {
        true => quintile::chart_png(&report, &arguments.name, arguments.dark)?,
        false => quintile::chart(&report, &arguments.name, arguments.dark)?.into_bytes(),
    };
    output::to_output(session, |out| out.write_all(&picture).map_err(output::broken))?;
    Ok(ExitCode::SUCCESS)
}
