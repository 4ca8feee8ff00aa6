//! `quintile segment show`: a segment of the catalogue, or the words there are.

use crate::arguments::{Face, HELP};
use crate::output::table::Table;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::segment::Suggestion;
use std::process::ExitCode;

/// A segment of the catalogue; without a name, the attributes and functions a segment can speak of
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile segment show second-order-late\n  quintile segment show")]
pub struct ShowArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub fn run(arguments: &ShowArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let json = matches!(session.face(), Face::Json | Face::Jsonl);
    let Some(name) = &arguments.name else {
        let words = workspace.segment_words()?;
        to_output(session, |out| {
            if json {
                let list: Vec<_> =
                    words.iter().map(|(name, kind, meaning)| serde_json::json!({"name": name, "kind": kind, "meaning": meaning})).collect();
                return writeln!(out, "{}", serde_json::Value::from(list)).map_err(broken);
            }
            let mut table = Table::new(["name", "kind", "meaning"].map(str::to_owned).to_vec());
            words.iter().for_each(|(name, kind, meaning)| table.words(vec![name.clone(), kind.clone(), meaning.clone()]));
            table.draw(session, true, out)
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let entry = workspace.segment(name)?;
    let ready = workspace.ready_segment(name);
    let suggestions = workspace.segment_suggestions(name, &session.when())?;
    let suggested = |parameter: &str| suggestions.iter().find(|suggestion| suggestion.parameter == parameter);
    to_output(session, |out| {
        if json {
            let parameters: Vec<_> = entry
                .parameters
                .iter()
                .map(
                    |(name, value, range, meaning)| serde_json::json!({
                        "name": name, "default": value, "range": range, "meaning": meaning,
                        "rule": suggested(name).map(|suggestion| &suggestion.rule), "suggested": suggested(name).map(|suggestion| &suggestion.value),
                    }),
                )
                .collect();
            let value = serde_json::json!({
                "id": entry.id, "family": entry.family, "name": entry.name, "question": entry.question, "segment": entry.text,
                "goal": entry.goal, "plays": entry.plays, "parameters": parameters,
                "ranks": ready.and_then(|ready| ready.ranks.as_ref()), "search": ready.map(|ready| &ready.search),
            });
            return writeln!(out, "{value}").map_err(broken);
        }
        writeln!(out, "{}", session.bold(&entry.name)).map_err(broken)?;
        if !entry.question.is_empty() {
            writeln!(out, "{}", entry.question).map_err(broken)?;
        }
        writeln!(out, "\n{}\n", entry.text).map_err(broken)?;
        if !entry.goal.is_empty() {
            writeln!(out, "Goal: {}", entry.goal).map_err(broken)?;
        }
        if let Some(date) = &entry.review_on {
            writeln!(out, "Look at it again on {date}").map_err(broken)?;
        }
        for (name, value, range, meaning) in &entry.parameters {
            let range = if range.is_empty() { String::new() } else { format!(", {range}") };
            writeln!(out, "${name} = {value}{range}: {meaning}").map_err(broken)?;
            if let Some(Suggestion { rule, value, .. }) = suggested(name) {
                match value {
                    Some(value) => writeln!(out, "    this store's data suggest {value}: {rule}"),
                    None => writeln!(out, "    this store's data suggest nothing: {rule} is not known"),
                }
                .map_err(broken)?;
            }
        }
        if let Some(by) = ready.and_then(|ready| ready.ranks.as_ref()) {
            writeln!(out, "Ranks customers by {by}: who is in it depends on the others").map_err(broken)?;
        }
        if !entry.plays.is_empty() {
            writeln!(out, "Plays: {}", entry.plays.join(", ")).map_err(broken)?;
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
