//! `quintile init`: a new project.

use crate::arguments::HELP;
use crate::session::Session;
use clap::Args;
use quintile::{Error, Workspace};
use std::path::PathBuf;
use std::process::ExitCode;

/// Make a project: settings, a folder for mappings, an empty store
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile init shop
  quintile init shop --tz Europe/Berlin --currency EUR"
)]
pub struct InitArgs {
    /// The folder; made when it is not there
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub fn run(arguments: InitArgs, session: &Session) -> Result<ExitCode, Error> {
    let folder = arguments.folder.or_else(|| session.given.project.clone()).unwrap_or_else(|| PathBuf::from("."));
    let mut overrides = session.overrides()?;
    if session.may_ask() {
        if overrides.zone.is_none() {
            overrides.zone = session.ask("Time zone of the store, such as Europe/London [UTC]:");
        }
        if overrides.currency.is_none() {
            overrides.currency = session.ask("Reporting currency, such as GBP [as in the files]:");
        }
    }
    let workspace = Workspace::init(&folder, &overrides)?;
    session.say(&format!("project in `{}`", workspace.root().display()));
    if overrides.zone.is_none() || overrides.currency.is_none() {
        let zone = if overrides.zone.is_none() { "zone UTC" } else { "" };
        let currency = if overrides.currency.is_none() { "reporting currency as in the files" } else { "" };
        let taken = [zone, currency].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
        session.say(&format!("taken where nothing was said: {taken}; change them in quintile.toml before the first import"));
    }
    session.say("next: quintile import FILE...");
    Ok(ExitCode::SUCCESS)
}
