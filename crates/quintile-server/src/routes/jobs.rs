//! Jobs as they stand, and as they go on.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::jobs::job_json;
use crate::problem::Problem;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use quintile::accounts::JobRow;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// Jobs that are listed.
const MOST: u32 = 100;
/// At most so often is somebody told of a change.
const BETWEEN: Duration = Duration::from_millis(100);

/// `GET /api/v1/jobs`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let jobs = ask.app.accounts.jobs(MOST).map_err(|error| ask.problem(&error.into()))?;
    let data = jobs.iter().map(|job| job_json(&ask.app, job)).collect::<Result<Vec<_>, _>>().map_err(|error| ask.problem(&error))?;
    Ok(answered::json(&json!({"data": data})))
}

/// `GET /api/v1/jobs/{id}`.
pub fn get(ask: &Ask) -> Result<Answered, Problem> {
    Ok(answered::json(&job_json(&ask.app, &find(ask)?).map_err(|error| ask.problem(&error))?))
}

/// `DELETE /api/v1/jobs/{id}`.
pub fn cancel(ask: &Ask) -> Result<Answered, Problem> {
    let job = find(ask)?;
    let over = || Problem::conflict("the job has ended already");
    if !ask.app.jobs.cancel(job.id) {
        // One that waits ends at once.
        let waits = job.state == "waiting";
        let now = crate::clock::now();
        if !waits || !ask.app.accounts.end_job(job.id, "cancelled", None, None, now).map_err(|error| ask.problem(&error.into()))? {
            return Err(over());
        }
        ask.app.jobs.wake();
    }
    ask.audit("job.cancelled", &job.id.to_string(), &job.kind)?;
    Ok(answered::nothing(StatusCode::ACCEPTED))
}

/// `GET /api/v1/jobs/{id}/events`: the job now and at each change, until it has ended.
pub async fn events(ask: Ask) -> Result<Answered, Problem> {
    let job = find(&ask)?;
    let (mut changes, stopping) = (ask.app.jobs.changes(), ask.app.stopping.subscribe());
    changes.mark_changed();
    let app = ask.app.clone();
    let events = futures::stream::unfold(Some((changes, Value::Null)), move |state| {
        let app = app.clone();
        let mut stopping = stopping.clone();
        async move {
            let (mut changes, mut last) = state?;
            loop {
                tokio::select! {
                    changed = changes.changed() => changed.ok()?,
                    _ = stopping.wait_for(|stopping| *stopping) => return None,
                }
                let job = app.accounts.job(job.id).ok()??;
                let shown = job_json(&app, &job).ok()?;
                if shown != last {
                    last = shown;
                    let event = Event::default().event("job").data(last.to_string());
                    let next = job.ended.is_none().then_some((changes, last));
                    if next.is_some() {
                        tokio::time::sleep(BETWEEN).await;
                    }
                    return Some((Ok::<_, Infallible>(event), next));
                }
            }
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))).into_response())
}

/// A job that was taken on.
pub fn accepted(ask: &Ask, job: &JobRow) -> Result<Answered, Problem> {
    let answered = answered::json_as(StatusCode::ACCEPTED, &job_json(&ask.app, job).map_err(|error| ask.problem(&error))?);
    Ok(answered::with(answered, header::LOCATION, &format!("/api/v1/jobs/{}", job.id)))
}

fn find(ask: &Ask) -> Result<JobRow, Problem> {
    let job = ask.app.accounts.job(ask.number("id")?).map_err(|error| ask.problem(&error.into()))?;
    job.ok_or_else(|| Problem::not_found("there is no such job"))
}
