//! `quintile segment import-klaviyo` and `export-klaviyo`: definitions of Klaviyo's API as own segments, and segments as such
//! definitions.

use crate::arguments::HELP;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::segment::{OwnSegment, klaviyo, new_form};
use std::path::PathBuf;
use std::process::ExitCode;

/// A segment of Klaviyo, from its API's JSON, as one of one's own; what it cannot say here is named
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment import-klaviyo engaged.json
  quintile segment import-klaviyo engaged.json --name engaged-90d",
    after_help = "The file is a definition, or a segment or list of segments as the API gives them."
)]
pub struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its name here [default: that in the file, else that of the file]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// A segment as a definition for Klaviyo's API, or what Klaviyo cannot say
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment export-klaviyo big-and-late -o definition.json
  quintile segment export-klaviyo --query \"amount_spent > 100\""
)]
pub struct ExportArgs {
    #[command(flatten)]
    which: super::Which,
}

pub fn import(arguments: ImportArgs, session: &Session) -> Result<ExitCode, Error> {
    let path = &arguments.file;
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { doing: "read", path: path.clone(), source })?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Error::Usage(format!("`{}` is no JSON: {error}", path.display())))?;
    let workspace = session.open()?;
    let found = definitions(&value);
    if found.len() > 1 && arguments.name.is_some() {
        return Err(Error::Usage(format!("`{}` holds {} segments, which cannot all be called the same", path.display(), found.len())));
    }
    let mut unread = 0;
    for (name, definition) in found {
        let file = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let title = name.map_or_else(file, str::to_owned);
        let id = arguments.name.clone().unwrap_or_else(|| id_of(&title));
        let read = match klaviyo::from_klaviyo(definition) {
            Ok(read) => read,
            Err(why) => {
                unread += 1;
                session.warn(&format!("`{title}` cannot be read:\n{}", listed(&why)));
                continue;
            }
        };
        let mut segment = OwnSegment::new(&id, &new_form(&read.tree).to_string());
        segment.name = title;
        let written = workspace.segment_new(&segment)?;
        session.say(&format!("`{}`: {}", written.display(), segment.text));
        read.notes.iter().for_each(|note| session.warn(note));
    }
    if unread > 0 {
        return Ok(ExitCode::from(super::INVALID));
    }
    session.say("they are in force once you `quintile apply`");
    Ok(ExitCode::SUCCESS)
}

pub fn export(arguments: ExportArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = arguments.which.ask(session)?;
    let tree = session.open()?.segment_tree(&ask)?;
    let value = klaviyo::to_klaviyo(&tree).map_err(|unsaid| Error::Usage(format!("Klaviyo cannot say this:\n{}", listed(&unsaid))))?;
    let text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string());
    to_output(session, |out| writeln!(out, "{text}").map_err(broken))?;
    Ok(ExitCode::SUCCESS)
}

/// The definitions of a file, each with the name it is given: a definition alone, a segment, or a list of segments.
fn definitions(value: &serde_json::Value) -> Vec<(Option<&str>, &serde_json::Value)> {
    match value.get("data") {
        Some(serde_json::Value::Array(list)) => list.iter().map(segment_of).collect(),
        Some(one) => vec![segment_of(one)],
        None => vec![segment_of(value)],
    }
}

fn segment_of(value: &serde_json::Value) -> (Option<&str>, &serde_json::Value) {
    let attributes = value.get("attributes").unwrap_or(value);
    let definition = attributes.get("definition").unwrap_or(attributes);
    (attributes.get("name").and_then(serde_json::Value::as_str), definition)
}

/// A name as a segment can have it.
fn id_of(title: &str) -> String {
    let clean: String = title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = clean.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-").chars().take(64).collect()
}

fn listed<T: std::fmt::Display>(what: &[T]) -> String {
    what.iter().map(|what| format!("  {what}")).collect::<Vec<_>>().join("\n")
}
