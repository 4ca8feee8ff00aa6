//! `quintile segment list`: the segments that have a name.

use crate::arguments::{Face, HELP};
use crate::output::table::Table;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::segment::{ReadySegment, SegmentEntry};
use std::collections::BTreeSet;
use std::process::ExitCode;

/// The segments that have a name: one's own, then the ready ones by family
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile segment list\n  quintile segment list --format json\n  quintile segment list --search coupon")]
pub struct ListArgs {
    /// Those with a word in their name, question or search words: `churn`, `coupon`
    #[arg(long, value_name = "WORD")]
    search: Option<String>,
    /// Those of a family: `life-stages`, `taste`
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
}

pub fn run(arguments: &ListArgs, session: &Session) -> Result<ExitCode, Error> {
    let workspace = session.open()?;
    let entries = workspace.segments()?;
    let known: BTreeSet<String> = entries.iter().map(|entry| entry.family.clone()).collect();
    if let Some(family) = arguments.family.as_ref().filter(|family| !known.contains(*family)) {
        let known = known.into_iter().collect::<Vec<_>>().join("`, `");
        return Err(Error::Usage(format!("there is no family `{family}`; there is `{known}`")));
    }
    let entries: Vec<_> = entries.into_iter().filter(|entry| arguments.keeps(entry, workspace.ready_segment(&entry.id))).collect();
    if let (true, Some(word)) = (entries.is_empty(), &arguments.search) {
        session.say(&format!("no segment has `{word}` in its name, question or search words; try a shorter word"));
    }
    to_output(session, |out| {
        if matches!(session.face(), Face::Json | Face::Jsonl) {
            let list: Vec<_> = entries
                .iter()
                .map(|entry| serde_json::json!({"id": entry.id, "family": entry.family, "question": entry.question, "segment": entry.text, "review_on": entry.review_on}))
                .collect();
            return writeln!(out, "{}", serde_json::Value::from(list)).map_err(broken);
        }
        let mut table = Table::new(["segment", "family", "question"].map(str::to_owned).to_vec());
        entries.iter().for_each(|entry| table.words(vec![entry.id.clone(), entry.family.clone(), entry.question.clone()]));
        table.draw(session, true, out)
    })?;
    Ok(ExitCode::SUCCESS)
}

impl ListArgs {
    fn keeps(&self, entry: &SegmentEntry, ready: Option<&ReadySegment>) -> bool {
        let has = |word: &String| {
            let word = word.to_lowercase();
            let own = [&entry.id, &entry.name, &entry.question].iter().any(|text| text.to_lowercase().contains(&word));
            own || ready.is_some_and(|ready| ready.matches(&word))
        };
        self.search.as_ref().is_none_or(has) && self.family.as_ref().is_none_or(|family| entry.family == *family)
    }
}
