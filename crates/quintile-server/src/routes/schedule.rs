//! What is done by itself: when, what came of it last, whom it is mailed to; and whether mail arrives.

use super::imports;
use crate::answered::{self, Answered};
use crate::ask::{Ask, email};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::{clock, jobs, mail};
use quintile::schedule::{Due, MailSettings};
use quintile::{ScheduleChange, Workspace};
use serde::Deserialize;
use serde_json::{Value, json};

/// Addresses that reports are mailed to, at most.
const MOST: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSchedule {
    nightly: Option<String>,
    report: Option<String>,
    #[serde(default)]
    report_when_ready: bool,
    #[serde(default)]
    mail_to: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunTask {
    task: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestMail {
    to: Option<String>,
}

/// `GET /api/v1/schedule`.
pub fn get(ask: &Ask) -> Result<Answered, Problem> {
    shown(ask)
}

/// `PUT /api/v1/schedule`.
pub fn change(ask: &Ask) -> Result<Answered, Problem> {
    let ChangeSchedule { nightly, report, report_when_ready, mail_to } = ask.json()?;
    let rule = |pointer: &str, text: Option<String>| -> Result<Option<String>, Problem> {
        let Some(text) = text else { return Ok(None) };
        let due = Due::of(&text).map_err(|why| Problem::invalid_at(pointer, format!("`{text}` is no time; {why}")))?;
        Ok(Some(due.to_string()))
    };
    if mail_to.len() > MOST {
        return Err(Problem::invalid_at("/mail_to", format!("a report is mailed to {MOST} addresses at most")));
    }
    let address = |(place, text): (usize, &String)| email(&format!("/mail_to/{place}"), text);
    let change = ScheduleChange {
        nightly: rule("/nightly", nightly)?,
        report: rule("/report", report)?,
        report_when_ready,
        mail_to: mail_to.iter().enumerate().map(address).collect::<Result<_, _>>()?,
    };
    ask.workspace()?.change_schedule(&change).map_err(|error| ask.problem(&error))?;
    let ScheduleChange { nightly, report, report_when_ready, mail_to } = change;
    let never = || "never".to_owned();
    let (nightly, report) = (nightly.unwrap_or_else(never), report.unwrap_or_else(never));
    let note = format!("nightly {nightly}, report {report}, when ready {report_when_ready}, mailed to {}", mail_to.join(", "));
    ask.audit("schedule.changed", "quintile.toml", &note)?;
    shown(ask)
}

/// `POST /api/v1/schedule/run`: what is done by itself, now.
pub fn run(ask: &Ask) -> Result<Answered, Problem> {
    let RunTask { task } = ask.json()?;
    let kind = match task.as_str() {
        "nightly" => jobs::NIGHTLY,
        "report" => jobs::REPORT,
        other => {
            let shown: String = other.chars().take(40).collect();
            return Err(Problem::invalid_at("/task", format!("`{shown}` is nothing that is done by itself; use `nightly` or `report`")));
        }
    };
    imports::begin(ask, kind, "{}")
}

/// `POST /api/v1/schedule/test-mail`: to whoever asks, or to an address.
pub fn test_mail(ask: &Ask) -> Result<Answered, Problem> {
    let TestMail { to } = ask.json()?;
    let to = match (to, &ask.caller) {
        (Some(to), _) => email("/to", &to)?,
        (None, Caller::Person { person, .. }) => person.email.clone(),
        (None, Caller::Key { .. } | Caller::Nobody) => {
            return Err(Problem::invalid_at("/to", "a key has no address of its own; say in `to` where the mail shall go"));
        }
    };
    mail::test(&*ask.workspace()?, ask.app.options.smtp.as_ref(), &to)?;
    ask.audit("mail.tested", &to, "")?;
    Ok(answered::json(&json!({"to": to})))
}

fn shown(ask: &Ask) -> Result<Answered, Problem> {
    let workspace = ask.workspace()?;
    let schedule = &workspace.settings.schedule;
    let task = |kind: &str, due: &Option<Due>| -> Result<Value, Problem> {
        let last = ask.app.accounts.newest_job(kind).map_err(|error| ask.problem(&error.into()))?;
        let next = due.as_ref().and_then(|due| due.next(clock::now(), &workspace.settings.zone));
        Ok(json!({
            "rule": due.as_ref().map(ToString::to_string), "next": next.map(|at| at.to_iso()), "last_job": last.map(|job| job.id),
        }))
    };
    Ok(answered::json(&json!({
        "zone": workspace.settings.zone.name(),
        "watch": schedule.watch.as_ref().map(|folder| crate::problem::within(&folder.display().to_string(), ask.app.root())),
        "nightly": task(jobs::NIGHTLY, &schedule.nightly)?,
        "report": task(jobs::REPORT, &schedule.report)?,
        "report_when_ready": schedule.report_when_ready,
        "mail_to": schedule.mail_to,
        "mail": mail_json(ask, &workspace),
    })))
}

/// Where mail goes out; `null` where nobody said.
fn mail_json(ask: &Ask, workspace: &Workspace) -> Value {
    let shown = |mail: &MailSettings| {
        json!({
            "host": mail.host, "port": mail.port, "encryption": mail.encryption.name(), "from": mail.from,
            "signs_in": ask.app.options.smtp.is_some(),
        })
    };
    workspace.settings.mail.as_ref().map(shown).unwrap_or_default()
}
