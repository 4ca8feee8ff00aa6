//! `quintile segment fmt`: a segment in the form and face that is wanted.

use super::text_or_input;
use crate::arguments::HELP;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::Error;
use quintile::segment::{Tree, json, klaviyo, new_form, parse};
use std::process::ExitCode;

/// A segment in the new form, or as JSON
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment fmt --query \"shopify_email.opened() = true\"
  quintile segment fmt --to json < segment.txt
  quintile segment fmt --from klaviyo < definition.json
  quintile segment fmt --to klaviyo --query \"amount_spent > 100\""
)]
pub struct FmtArgs {
    /// The segment [default: from the standard input]
    #[arg(long, value_name = "TEXT")]
    query: Option<String>,
    /// What it is written in
    #[arg(long, value_name = "FACE", default_value = "text")]
    from: Written,
    /// What to write it in
    #[arg(long, value_name = "FACE", default_value = "text")]
    to: Written,
}

/// Faces of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Written {
    /// The segment language
    Text,
    /// The JSON of a visual builder
    Json,
    /// Klaviyo's JSON
    Klaviyo,
}

pub fn run(arguments: FmtArgs, session: &Session) -> Result<ExitCode, Error> {
    let text = text_or_input(arguments.query)?;
    let (tree, notes) = read(&text, arguments.from)?;
    notes.iter().for_each(|note| session.warn(note));
    let tree = new_form(&tree);
    let shown = match arguments.to {
        Written::Text => tree.to_string(),
        Written::Json => json::to_json(&tree).to_string(),
        Written::Klaviyo => match klaviyo::to_klaviyo(&tree) {
            Ok(value) => value.to_string(),
            Err(unsaid) => {
                return Err(Error::Usage(format!(
                    "Klaviyo cannot say this:\n{}",
                    unsaid.iter().map(|what| format!("  {what}")).collect::<Vec<_>>().join("\n")
                )));
            }
        },
    };
    to_output(session, |out| writeln!(out, "{shown}").map_err(broken))?;
    Ok(ExitCode::SUCCESS)
}

fn read(text: &str, from: Written) -> Result<(Tree, Vec<String>), Error> {
    let value = || serde_json::from_str(text).map_err(|error| Error::Usage(format!("the segment is no JSON: {error}")));
    match from {
        Written::Text => {
            let parsed = parse(text);
            match parsed.is_sound() {
                true => Ok((parsed.tree, Vec::new())),
                false => {
                    Err(Error::Usage(parsed.problems.iter().map(|problem| problem.shown(text).to_string()).collect::<Vec<_>>().join("\n")))
                }
            }
        }
        Written::Json => json::from_json(&value()?).map(|tree| (tree, Vec::new())).map_err(|error| Error::Usage(error.to_string())),
        Written::Klaviyo => {
            let read = klaviyo::from_klaviyo(&value()?);
            read.map(|read| (read.tree, read.notes)).map_err(|unread| {
                Error::Usage(format!(
                    "this cannot be read:\n{}",
                    unread.iter().map(|what| format!("  {what}")).collect::<Vec<_>>().join("\n")
                ))
            })
        }
    }
}
