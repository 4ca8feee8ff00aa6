//! What is done by itself: when its time has come it becomes a job, and waits its turn among the others.
//!
//! A time that passed while no server ran is made up for once, at the next start; what was due before its rule was written is not.
//!
//! - `watch`: files that came into the watched folder, once nobody writes them any more.
//! - `nightly`: models, and the answers of the day.
//! - `report`: the page, kept and mailed.
//!
//! The clock is an argument of [`look`], and [`keep_looking`] alone reads one.

pub mod nightly;
pub mod report;
pub mod watch;

use crate::app::App;
use crate::{clock, jobs};
use quintile::accounts::{DueTask, NewJob};
use quintile::model::{Instant, StoreZone};
use quintile::schedule::Due;
use quintile::{Error, Workspace};
use std::sync::Arc;
use std::time::Duration;

/// How often the clock and the folder are looked at.
const EVERY: Duration = Duration::from_secs(10);
/// Who asks for what is done by itself.
pub const WHO: &str = "the schedule";

/// Looks at the clock until the server stops.
pub async fn keep_looking(app: Arc<App>) {
    if app.options.read_only {
        return;
    }
    let mut stopping = app.stopping.subscribe();
    let mut last = String::new();
    loop {
        let looking = app.clone();
        let looked = tokio::task::spawn_blocking(move || look(&looking, clock::now())).await;
        let told = match looked {
            Ok(Ok(())) => String::new(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        // Said once, and not every time.
        if !told.is_empty() && told != last {
            app.options.log.event("error", &format!("schedule: {told}"));
        }
        last = told;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Makes jobs of what is due at `now`. What goes wrong with one of them keeps no other from being done.
pub fn look(app: &App, now: Instant) -> Result<(), Error> {
    let workspace = app.workspace()?;
    let schedule = &workspace.settings.schedule;
    // Files first, so that what is worked out rests on them.
    let watched = schedule.watch.as_ref().map_or(Ok(()), |folder| watch::look(app, &workspace.root().join(folder), now));
    let due = [(jobs::NIGHTLY, schedule.nightly), (jobs::REPORT, schedule.report)].map(|(kind, due)| match due {
        Some(due) => begin_due(app, kind, &due, &workspace.settings.zone, now),
        None => Ok(()),
    });
    due.into_iter().fold(watched, Result::and)
}

fn begin_due(app: &App, kind: &str, due: &Due, zone: &StoreZone, now: Instant) -> Result<(), Error> {
    let Some(last) = due.last(now, zone) else { return Ok(()) };
    let rule = format!("{due} {}", zone.name());
    begin(app, &DueTask { name: kind, rule: &rule, due: last, begins: now }, kind, now)
}

/// The report, where it is to be made when something new is there: once a day of the store.
pub fn begin_when_ready(app: &App, workspace: &Workspace, now: Instant) -> Result<(), Error> {
    if !workspace.settings.schedule.report_when_ready {
        return Ok(());
    }
    let zone = &workspace.settings.zone;
    let Some(today) = zone.start_of(StoreZone::date_of(zone.day(now.0))) else { return Ok(()) };
    let task = DueTask { name: "report when ready", rule: zone.name(), due: today, begins: Instant(i64::MIN) };
    begin(app, &task, jobs::REPORT, now)
}

fn begin(app: &App, task: &DueTask<'_>, kind: &str, now: Instant) -> Result<(), Error> {
    let new = NewJob { kind, ask: "{}", who: WHO, once: None, asked: "" };
    if app.accounts.add_due_job(task, &new, now)?.is_some() {
        app.jobs.wake();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
