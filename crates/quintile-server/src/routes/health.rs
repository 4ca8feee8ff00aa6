//! What operators ask: does it live, is it ready, how is it doing.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;

/// `GET /healthz`: the process answers.
pub fn alive(_: &Ask) -> Result<Answered, Problem> {
    Ok(answered::bytes("ok\n", "text/plain; charset=utf-8"))
}

/// `GET /readyz`: the store and the accounts can be read, and it is not stopping.
pub fn ready(ask: &Ask) -> Result<Answered, Problem> {
    if ask.app.is_stopping() {
        return Err(Problem::busy("the server is stopping"));
    }
    let readable = ask.workspace().and_then(|workspace| workspace.version().map_err(|error| ask.problem(&error)));
    let accounts = ask.app.accounts.jobs(1).map_err(|error| ask.problem(&quintile::Error::from(error)));
    match readable.and(accounts) {
        Ok(_) => Ok(answered::bytes("ready\n", "text/plain; charset=utf-8")),
        Err(problem) => Err(Problem { secret: problem.secret.or(Some(problem.detail)), ..Problem::busy("the store cannot be read now") }),
    }
}

/// `GET /metrics`: the Prometheus text format.
pub fn metrics(ask: &Ask) -> Result<Answered, Problem> {
    let version = ask.workspace()?.version().map_err(|error| ask.problem(&error))?;
    let jobs = ask.app.accounts.jobs(1000).map_err(|error| ask.problem(&quintile::Error::from(error)))?;
    let open = jobs.iter().filter(|job| job.ended.is_none()).count();
    let room = ask.app.permits.available_permits();
    let text = ask.app.metrics.text(&[
        ("quintile_store_version", "The newest commit of the store.", i64::from(version)),
        ("quintile_jobs_open", "Jobs that wait or run.", i64::try_from(open).unwrap_or(i64::MAX)),
        ("quintile_question_permits_free", "Questions that could begin at once.", i64::try_from(room).unwrap_or(i64::MAX)),
    ]);
    Ok(answered::bytes(text, "text/plain; version=0.0.4; charset=utf-8"))
}
