//! `quintile config show`: the settings in force.

use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, Subcommand};
use quintile::Error;
use std::process::ExitCode;

/// Settings
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile config show\n  quintile config show --origin")]
pub struct ConfigArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the settings in force
    #[command(help_template = HELP, before_help = "Examples:\n  quintile config show\n  quintile config show --origin")]
    Show {
        /// Also where each came from
        #[arg(long)]
        origin: bool,
    },
}

pub fn run(arguments: ConfigArgs, session: &Session) -> Result<ExitCode, Error> {
    let What::Show { origin } = arguments.what;
    let workspace = session.open()?;
    output::answer(session, &workspace.config(origin)?, &Shown { hide: &[], below: None, thresholds: false })?;
    session.say(&format!("settings in `{}`", workspace.root().join(quintile::settings::FILE).display()));
    Ok(ExitCode::SUCCESS)
}
