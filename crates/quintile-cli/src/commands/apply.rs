//! `quintile apply`: puts the files of own segments in force.

use super::plan;
use crate::arguments::HELP;
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::header::counted;
use quintile::segment::changes::SegmentPlan;
use std::path::PathBuf;
use std::process::ExitCode;

/// Puts own segments in force as their files say; from then on every question means them by their names
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile apply
  quintile apply plan.json
  quintile apply --yes"
)]
pub struct ApplyArgs {
    /// A plan that `quintile plan -o` kept; refused when the store, the settings or the files moved since
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
}

pub fn run(arguments: &ApplyArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let made = match &arguments.plan {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|source| Error::File { doing: "read", path: path.clone(), source })?;
            SegmentPlan::from_json(&text)?
        }
        None => {
            let made = plan::fresh(&workspace, session)?;
            if !made.changes.is_empty() && !session.given.yes {
                if !session.may_ask() {
                    let message = "nobody is there to ask; say --yes to apply these changes, or apply a plan that was kept";
                    return Err(Error::Usage(message.to_owned()));
                }
                let agreed = session.ask("apply these changes? [y/N]");
                if !agreed.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes")) {
                    session.say("nothing was applied");
                    return Ok(ExitCode::SUCCESS);
                }
            }
            made
        }
    };
    if made.changes.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    workspace.apply_segments(&made)?;
    session.say(&format!("{} in force", counted(made.changes.len() as u64, "change is", "changes are")));
    Ok(ExitCode::SUCCESS)
}
