//! `quintile segment test`: the examples of own segments, asked.

use crate::arguments::{Face, HELP};
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::header::counted;
use std::process::ExitCode;

/// Asks the customers that own segments give as examples: are those inside in it, and those outside not?
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment test
  quintile segment test big-and-late",
    after_help = "In the file of a segment:

  [[inside]]
  who    = \"spent 600, the last of it in summer\"
  orders = [{ days_ago = 200, amount = \"350\" }, { days_ago = 150, amount = \"250\" }]

  [[outside]]
  who     = \"opened a message and never bought\"
  known   = { country = \"DE\", tags = \"vip\" }
  touches = [{ kind = \"messages\", days_ago = 3, channel = \"email\", action = \"opened\" }]

Each example is in a shop of its own, with what [[shop.others]] names, as of 2026-01-01 in UTC. Exit code 4 where one is not where it is given."
)]
pub struct TestArgs {
    /// The segment [default: all of one's own]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub fn run(arguments: &TestArgs, session: &Session) -> Result<ExitCode, Error> {
    let tested = session.open()?.segment_test(arguments.name.as_deref())?;
    let failed = tested.iter().filter(|test| !test.passed).count() as u64;
    to_output(session, |out| {
        if matches!(session.face(), Face::Json | Face::Jsonl) {
            let list: Vec<_> = tested
                .iter()
                .map(|test| serde_json::json!({"segment": test.segment, "who": test.who, "inside": test.inside, "passed": test.passed, "without": test.without}))
                .collect();
            return writeln!(out, "{}", serde_json::Value::from(list)).map_err(broken);
        }
        for test in &tested {
            let (mark, place) = (if test.passed { "ok   " } else { "WRONG" }, if test.inside { "inside" } else { "outside" });
            let found = match (test.passed, test.inside) {
                (true, _) => "",
                (false, true) => ", and is not in it",
                (false, false) => ", and is in it",
            };
            writeln!(out, "{mark} {}: {} ({place}{found})", test.segment, test.who).map_err(broken)?;
        }
        Ok(())
    })?;
    let mut told: Vec<&str> = Vec::new();
    for test in tested.iter().filter(|test| !test.without.is_empty()) {
        if !told.contains(&test.segment.as_str()) {
            told.push(&test.segment);
            session.warn(&format!(
                "`{}` rests on {}, which no example has: nobody has a value there, and its examples show the rest of the segment alone",
                test.segment,
                test.without.join(" and ")
            ));
        }
    }
    match (tested.len() as u64, failed) {
        (0, _) => session.say("no segment of your own has examples; `quintile segment test --help` shows how they are written"),
        (all, 0) => session.say(&format!("{} as given", counted(all, "example", "examples"))),
        (all, failed) => session.say(&format!("{failed} of {} not as given", counted(all, "example", "examples"))),
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(super::INVALID) })
}
