//! `quintile version`: which one this is.

use crate::arguments::HELP;
use crate::output::broken;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::io::Write;
use std::process::ExitCode;

/// The version, and what is built in
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile version")]
pub struct VersionArgs {}

pub fn run(_: VersionArgs, _: &Session) -> Result<ExitCode, Error> {
    let sql = if cfg!(feature = "sql") { "with SQL" } else { "without SQL" };
    let png = if cfg!(feature = "png") { "with PNG" } else { "without PNG" };
    writeln!(
        std::io::stdout(),
        "quintile {} ({sql}, {png}, {} {})",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS
    )
    .map_err(broken)?;
    Ok(ExitCode::SUCCESS)
}
