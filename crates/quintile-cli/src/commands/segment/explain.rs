//! `quintile segment explain`: what each condition of a segment does, or why a customer is in it.

use super::{Which, say_lacks, say_problems};
use crate::arguments::{Face, HELP};
use crate::output::table::Table;
use crate::output::{broken, to_output};
use crate::session::Session;
use clap::Args;
use quintile::Error;
use quintile::header::grouped;
use quintile::segment::count_words;
use std::process::ExitCode;

/// What each condition of a segment does, or why a customer is in it
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile segment explain second-order-late
  quintile segment explain second-order-late --customer 17850
  quintile segment explain --query \"amount_spent > 100 AND last_order_date >= -90d\" --format json"
)]
pub struct ExplainArgs {
    #[command(flatten)]
    which: Which,
    /// The customer: an id, as answers show it, or an e-mail address
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
}

pub fn run(arguments: ExplainArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = arguments.which.ask(session)?;
    let json = match session.face() {
        Face::Table => false,
        Face::Json | Face::Jsonl => true,
        Face::Csv | Face::Parquet | Face::Arrow | Face::Xlsx => {
            return Err(Error::Usage("an explanation is shown as table or json".to_owned()));
        }
    };
    match &arguments.customer {
        Some(customer) => of_customer(session, &ask, customer, json),
        None => of_all(session, &ask, json),
    }
}

fn of_all(session: &Session, ask: &quintile::SegmentAsk, json: bool) -> Result<ExitCode, Error> {
    let found = session.open()?.segment_explain(ask)?;
    to_output(session, |out| {
        if json {
            let conditions: Vec<_> = found
                .conditions
                .iter()
                .map(|(depth, text, alone, removes)| serde_json::json!({"depth": depth, "condition": text, "alone": alone, "removes": removes}))
                .collect();
            let value = serde_json::json!({
                "sentence": found.sentence, "count": found.count, "customers": found.customers,
                "as_of": found.header.as_of, "manifest": found.header.version, "conditions": conditions,
                "lacks": found.lacks, "warnings": quintile::segment::warnings(&found.problems, &found.text),
            });
            return writeln!(out, "{value}").map_err(broken);
        }
        writeln!(out, "{}\n{}", found.sentence, count_words(found.count, found.customers)).map_err(broken)?;
        let mut table = Table::new(["condition", "alone", "removes"].map(str::to_owned).to_vec());
        for (depth, text, alone, removes) in &found.conditions {
            let removes = removes.map(|removes| grouped(&removes.to_string())).unwrap_or_default();
            table.words(vec![format!("{}{text}", "  ".repeat(*depth)), grouped(&alone.to_string()), removes]);
        }
        table.draw(session, true, out)
    })?;
    found.notice.iter().for_each(|notice| session.warn(notice));
    say_problems(session, &found.problems, &found.text);
    say_lacks(session, &found.lacks);
    session.say_header(&found.header, false);
    Ok(ExitCode::SUCCESS)
}

fn of_customer(session: &Session, ask: &quintile::SegmentAsk, customer: &str, json: bool) -> Result<ExitCode, Error> {
    let found = session.open()?.segment_explain_customer(ask, customer)?;
    let yes = |holds: bool| if holds { "yes" } else { "no" };
    to_output(session, |out| {
        if json {
            let conditions: Vec<_> = found
                .conditions
                .iter()
                .map(|condition| {
                    let values: Vec<_> = condition
                        .found
                        .iter()
                        .map(|found| serde_json::json!({"of": found.of, "value": found.value, "distance": found.distance}))
                        .collect();
                    serde_json::json!({
                        "depth": condition.depth, "condition": condition.text, "holds": condition.holds,
                        "found": values, "flips": condition.flips,
                    })
                })
                .collect();
            let value = serde_json::json!({
                "sentence": found.sentence, "is_member": found.is_member, "flips": found.flips,
                "as_of": found.header.as_of, "manifest": found.header.version, "conditions": conditions,
            });
            return writeln!(out, "{value}").map_err(broken);
        }
        let is = if found.is_member { "is in it" } else { "is not in it" };
        writeln!(out, "{}\n{customer} {is}; by time alone this changes: {}", found.sentence, found.flips).map_err(broken)?;
        let mut table = Table::new(["condition", "holds", "found", "from the edge", "changes"].map(str::to_owned).to_vec());
        for condition in &found.conditions {
            let joined = |of: &dyn Fn(&quintile::segment::FoundValue) -> String| {
                condition.found.iter().map(of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
            };
            let text = format!("{}{}", "  ".repeat(condition.depth), condition.text);
            let value = joined(&|found| format!("{} {}", found.of, found.value));
            table.words(vec![
                text,
                yes(condition.holds).to_owned(),
                value,
                joined(&|found| found.distance.clone()),
                condition.flips.clone(),
            ]);
        }
        table.draw(session, true, out)
    })?;
    session.say_header(&found.header, false);
    Ok(ExitCode::SUCCESS)
}
