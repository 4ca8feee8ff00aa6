//! `quintile plan`: what putting the files of own segments in force would change.

use crate::arguments::{Everywhere, Face, HELP};
use crate::output::{self, Shown, broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::segment::changes::{Change, Fate, SegmentPlan};
use quintile::{Error, Workspace};
use std::process::ExitCode;

/// What `apply` would change: own segments added, changed, renamed, removed, with who enters and who leaves
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile plan
  quintile plan -o plan.json && quintile apply plan.json
  quintile plan --markdown > comment.md
  quintile plan --detailed-exitcode",
    after_help = "A plan kept with -o FILE.json is refused by `apply` when the store, the settings or the files moved since.\nThe files lie in `segments/` of the project, one a segment. What they say is in force once it is applied."
)]
pub struct PlanArgs {
    /// As Markdown, for a comment in review
    #[arg(long)]
    markdown: bool,
    /// Exit code 2 where there are changes, 0 where there are none, 1 for an error
    #[arg(long)]
    detailed_exitcode: bool,
}

pub fn run(arguments: PlanArgs, session: &Session) -> Result<ExitCode, Error> {
    let detailed = arguments.detailed_exitcode;
    match of(arguments, session) {
        Ok(plan) if detailed && !plan.changes.is_empty() => Ok(ExitCode::from(2)),
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error) if detailed => {
            session.fail(&error);
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error),
    }
}

fn of(arguments: PlanArgs, session: &Session) -> Result<SegmentPlan, Error> {
    let workspace = session.open()?;
    let plan = workspace.segment_changes(&session.when())?;
    for (name, date) in workspace.segments_due()? {
        session.warn(&format!("`{name}` was to be looked at again on {date}; do so, and set another `review_on` in its file"));
    }
    if arguments.markdown {
        to_output(session, |out| write!(out, "{}", plan.markdown()).map_err(broken))?;
        return Ok(plan);
    }
    if !matches!(session.face(), Face::Json | Face::Jsonl) {
        show(session, &plan)?;
        return Ok(plan);
    }
    let text = plan.to_json()?;
    to_output(session, |out| out.write_all(text.as_bytes()).map_err(broken))?;
    if let Some(path) = &session.given.output {
        // Who keeps a plan wants to see it as well.
        show(&Session::new(Everywhere { output: None, format: Some(Face::Table), ..session.given.clone() }), &plan)?;
        session.say(&format!("kept in `{0}`; put it in force with `quintile apply {0}`", path.display()));
    }
    Ok(plan)
}

/// Shows the changes, and what to keep in mind of them.
pub(super) fn show(session: &Session, plan: &SegmentPlan) -> Result<(), Error> {
    if plan.changes.is_empty() && session.face() == Face::Table {
        return to_output(session, |out| writeln!(out, "nothing changes: what the files say is in force").map_err(broken));
    }
    let answer = plan.answer()?;
    let renamed = plan.changes.iter().any(|change| change.fate == Fate::Renamed);
    let hide: &[&str] = if renamed { &["warnings"] } else { &["warnings", "was"] };
    output::answer(session, &answer, &Shown { hide, below: None, thresholds: false })?;
    if session.face() == Face::Table {
        let warnings =
            |change: &Change| change.warnings.iter().for_each(|warning| session.warn(&format!("`{}`: {warning}", change.segment)));
        plan.changes.iter().for_each(warnings);
    }
    Ok(())
}

/// Makes the plan that `apply` without a file works by.
pub(super) fn fresh(workspace: &Workspace, session: &Session) -> Result<SegmentPlan, Error> {
    let plan = workspace.segment_changes(&session.when())?;
    show(session, &plan)?;
    Ok(plan)
}
