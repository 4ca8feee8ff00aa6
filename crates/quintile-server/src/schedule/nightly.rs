//! The night: what `[run]` fits is fitted anew, and the answers that the page begins with are worked out, so that nobody waits for
//! them in the morning.

use crate::app::App;
use crate::ask::{Ask, Stops};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::routes::{Answers, ahead};
use axum::body::Bytes;
use axum::http::HeaderMap;
use quintile::accounts::JobRow;
use quintile::{Kind, When, Workspace};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Does it; what was done, a sentence each.
pub fn done(app: &Arc<App>, job: &JobRow, workspace: &Workspace, stops: &Stops) -> Result<Value, Problem> {
    let mut lines = Vec::new();
    for fitting in &workspace.settings.run.models {
        app.jobs.stage(job.id, &format!("fitting {}", fitting.name()));
        let what = match workspace.fit(*fitting, &When::Latest) {
            Err(error) if error.kind() == Kind::Stopped => return Err(app.problem(&error)),
            Err(error) => app.problem(&error).detail,
            Ok(what) => what,
        };
        lines.push(format!("{}: {what}", fitting.name()));
    }
    for (name, query, answer) in ahead() {
        if workspace.stop_flag().load(Ordering::Relaxed) {
            return Err(Problem::busy("it was stopped"));
        }
        app.jobs.stage(job.id, name);
        match answered(app, stops, query, answer) {
            Ok(()) => lines.push(format!("{name}: worked out")),
            // A shop may be too small for some of them, and has the others all the same.
            Err(problem) => lines.push(format!("{name}: {}", problem.detail)),
        }
    }
    app.audit(&job.who, "nightly.done", "", &lines.join("; "))?;
    Ok(json!({"lines": lines}))
}

/// Asks as a request would, which keeps the answer for whoever comes.
pub(super) fn answered(app: &Arc<App>, stops: &Stops, query: &[(&str, &str)], answer: Answers) -> Result<(), Problem> {
    let ask = Ask {
        app: app.clone(),
        caller: Caller::Nobody,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        path: Vec::new(),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        instance: String::new(),
        stops: stops.clone(),
    };
    answer(&ask).map(drop)
}
