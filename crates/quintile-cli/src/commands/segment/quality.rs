//! `quintile segment quality`: is a segment worth having?

use super::Which;
use crate::arguments::HELP;
use crate::output::{self, Shown};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use std::process::ExitCode;

/// Whether a segment is worth having: identifiable, substantial, accessible, stable, differentiable, operable
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment quality second-order-late
  quintile segment quality --query \"amount_spent > percentile(amount_spent, 80)\"

Each question has a figure, a grade and a sentence. Near twins among the other segments are named under the table."
)]
pub struct QualityArgs {
    #[command(flatten)]
    which: Which,
}

pub fn run(arguments: QualityArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = arguments.which.ask(session)?;
    let answer = session.open()?.segment_quality(&ask)?;
    output::answer(session, &answer, &Shown { hide: &[], below: Some("sentence"), thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
