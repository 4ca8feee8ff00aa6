//! The report: kept beside the answers, and mailed to whom the schedule names.

use crate::app::App;
use crate::clock;
use crate::mail::{self, ReportMail};
use crate::problem::Problem;
use quintile::accounts::JobRow;
use quintile::model::StoreZone;
use quintile::{When, Workspace};
use serde_json::{Value, json};

/// Makes it; what was done, a sentence each. Where nobody could be written to it has failed, and the page is kept all the same.
pub fn done(app: &App, job: &JobRow, workspace: &Workspace) -> Result<Value, Problem> {
    let fault = |error| app.problem(&error);
    app.jobs.stage(job.id, "report");
    let report = workspace.report(&When::Latest).map_err(fault)?;
    let page = quintile::page(&report);
    let as_of = report.provenance.iter().find(|(name, _)| name == "As of").map(|(_, value)| value.as_str()).unwrap_or_default();
    let as_of = as_of.split_whitespace().next().and_then(quintile::instant).unwrap_or_else(clock::now);
    // Under the day it holds for, by the store's own clock.
    let day = StoreZone::date_of(workspace.settings.zone.day(as_of.0)).to_string();
    let kept = workspace.keep_report(&day, &page).map_err(fault)?;
    let mut lines = vec![format!("the report is kept as `{kept}`")];
    let to = &workspace.settings.schedule.mail_to;
    if !to.is_empty() {
        app.jobs.stage(job.id, "mail");
        let mail = ReportMail {
            title: &report.title,
            subtitle: &report.subtitle,
            findings: &report.findings,
            page: &page,
            day: &day,
            url: app.options.url.as_deref(),
        };
        let sent = mail::report(workspace, app.options.smtp.as_ref(), to, &mail)?;
        let (mut taken, mut failed) = (Vec::new(), 0);
        for (to, result) in &sent {
            match result {
                Ok(()) => taken.push(to.as_str()),
                Err(problem) => {
                    failed += 1;
                    app.audit(&job.who, "report.not-mailed", &day, &format!("{to}: {}", problem.detail))?;
                }
            }
        }
        // Whoever may see jobs need not see who gets reports.
        if taken.is_empty() {
            let detail = format!("the report is kept as `{kept}`, and none of {failed} mails could be sent; the audit log says why");
            return Err(mail::unsent(detail));
        }
        app.audit(&job.who, "report.mailed", &day, &taken.join(", "))?;
        lines.push(format!("mailed to {} of {}", taken.len(), sent.len()));
        if failed > 0 {
            lines.push(format!("{failed} could not be sent; the audit log says which, and why"));
        }
    }
    Ok(json!({"lines": lines}))
}
