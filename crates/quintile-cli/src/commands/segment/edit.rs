//! `quintile segment edit`: the file of an own segment in an editor, and what the change does.

use crate::arguments::HELP;
use crate::session::Session;
use clap::Args;
use quintile::{Asked, Error, SegmentAsk};
use std::process::{Command, ExitCode};

/// Opens the file of a segment in $VISUAL or $EDITOR; then what the change does to its members
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment edit big-and-late
  quintile segment edit big-and-late --query \"amount_spent > 400 AND last_order_date < -90d\""
)]
pub struct EditArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Its new text, without an editor
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
}

pub fn run(arguments: EditArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let name = &arguments.name;
    let Some(path) = workspace.segment_file(name)? else {
        // Says so where there is none of that name at all.
        let entry = workspace.segment(name)?;
        return Err(Error::Usage(format!(
            "`{}` is a ready segment; make one of your own of it with `quintile segment new my-{} --from {}`",
            entry.id, entry.id, entry.id
        )));
    };
    match &arguments.query {
        Some(text) => workspace.segment_rewrite(name, text)?,
        None => {
            let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            let editor = set("VISUAL").or_else(|| set("EDITOR")).ok_or_else(|| {
                Error::Usage(format!("neither $VISUAL nor $EDITOR is set; set one, or edit `{}` as you like", path.display()))
            })?;
            let mut words = editor.split_whitespace();
            let mut command = Command::new(words.next().unwrap_or_default());
            let status = command.args(words).arg(&path).status();
            let ended = status.map_err(|error| Error::Usage(format!("`{editor}` could not be started: {error}")))?;
            if !ended.success() {
                return Err(Error::Usage(format!("`{editor}` ended with {ended}; the file is as it left it")));
            }
        }
    }
    let ask = SegmentAsk { when: session.when(), of: Asked::Draft(name.clone()), parameters: Vec::new() };
    // A file with mistakes stays as it is and is told of.
    let count = workspace.segment_count(&ask)?;
    session.say(&format!("`{}`: {}", path.display(), quintile::segment::count_words(count.count, count.customers)));
    super::say_count(session, &count);
    let (in_force, file) = workspace.segment_versions(name)?;
    match in_force {
        Some(before) if Some(&before) == file.as_ref() => session.say("that is what is in force"),
        Some(_) => session.say(&format!("see what changes with `quintile segment diff {name}`, and put it in force with `quintile apply`")),
        None => session.say("it is in force once you `quintile apply`"),
    }
    session.say_header(&count.header, false);
    Ok(ExitCode::SUCCESS)
}
