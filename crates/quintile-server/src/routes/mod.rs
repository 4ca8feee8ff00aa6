//! What there is, and who may: one table. A request that no entry is for reaches nothing.

mod about;
mod audit;
mod cohorts;
mod compare;
mod customers;
mod funnel;
mod health;
mod keys;
mod opportunities;
mod overview;
mod products;
mod report;
mod schedule;
mod segments;
mod session;
mod settings;
mod sql;
mod tables;
mod users;
mod value;

pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod uploads;

use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rights::Right;
use axum::http::Method;

/// An entry of the table.
pub struct Route {
    /// GET, POST, …
    pub method: &'static str,
    /// With place holders in braces.
    pub path: &'static str,
    /// Who may.
    pub may: May,
    /// Refused where the server is read-only.
    pub changes: bool,
    /// Makes something: asked again under one `Idempotency-Key`, it is made once.
    pub once: bool,
    /// What answers.
    pub does: Does,
}

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Whoever it is, however often: says nothing but that the server lives.
    Always,
    /// Whoever it is: what comes before a sign-in.
    Anybody,
    /// Programs on this machine, and whoever has the right `read`.
    ThisMachine,
    /// A person about themselves.
    SignedIn,
    /// Who has a right.
    With(Right),
}

/// A function that answers.
pub type Answers = fn(&Ask) -> Result<Answered, Problem>;

/// What answers.
#[derive(Clone, Copy)]
pub enum Does {
    /// Something short.
    Quick(Answers),
    /// A question to the front door, for which there must be room, and which may not take for ever.
    Work(Answers),
    /// A question while somebody writes, which shall not wait for long ones.
    Preview(Answers),
    /// Takes a file.
    Upload,
    /// Tells of a job as it goes on.
    Events,
}

const fn quick(method: &'static str, path: &'static str, may: May, answers: Answers) -> Route {
    Route { method, path, may, changes: false, once: false, does: Does::Quick(answers) }
}

const fn work(method: &'static str, path: &'static str, answers: Answers) -> Route {
    Route { method, path, may: May::With(Right::Read), changes: false, once: false, does: Does::Work(answers) }
}

const fn change(method: &'static str, path: &'static str, right: Right, answers: Answers) -> Route {
    Route { method, path, may: May::With(right), changes: true, once: false, does: Does::Quick(answers) }
}

const READ: May = May::With(Right::Read);
const IMPORT: May = May::With(Right::Import);
const MANAGE: May = May::With(Right::Manage);

/// The table.
pub const ROUTES: &[Route] = &[
    quick("GET", "/healthz", May::Always, health::alive),
    quick("GET", "/readyz", May::Always, health::ready),
    quick("GET", "/metrics", May::ThisMachine, health::metrics),
    quick("GET", "/api/v1/about", May::Anybody, about::about),
    quick("GET", "/api/v1/openapi.json", May::Anybody, about::document),
    quick("POST", "/api/v1/invitations/accept", May::Anybody, invitations::accept),
    quick("GET", "/api/v1/session", May::SignedIn, session::me),
    quick("POST", "/api/v1/session", May::Anybody, session::sign_in),
    quick("DELETE", "/api/v1/session", May::SignedIn, session::sign_out),
    quick("PUT", "/api/v1/session/password", May::SignedIn, session::change_password),
    work("GET", "/api/v1/overview", overview::overview),
    work("GET", "/api/v1/findings", tables::findings),
    work("GET", "/api/v1/stages", tables::stages),
    work("GET", "/api/v1/rfm", tables::rfm),
    work("GET", "/api/v1/opportunities", opportunities::opportunities),
    quick("GET", "/api/v1/goals", READ, opportunities::goals),
    change("PUT", "/api/v1/goals", Right::Edit, opportunities::change_goals),
    work("GET", "/api/v1/movement", tables::movement),
    work("GET", "/api/v1/history", tables::history),
    work("GET", "/api/v1/cohorts", cohorts::cohorts),
    work("GET", "/api/v1/concentration", tables::concentration),
    work("GET", "/api/v1/check", tables::check),
    work("GET", "/api/v1/rules", products::rules),
    work("GET", "/api/v1/next", products::next),
    work("GET", "/api/v1/products", products::products),
    work("GET", "/api/v1/funnel", funnel::funnel),
    work("GET", "/api/v1/reactivation", funnel::reactivation),
    work("GET", "/api/v1/costly", funnel::costly),
    work("GET", "/api/v1/value", value::value),
    work("GET", "/api/v1/compare", compare::compare),
    work("GET", "/api/v1/overlap", compare::overlap),
    work("GET", "/api/v1/report", report::report),
    quick("GET", "/api/v1/columns", READ, customers::columns),
    work("GET", "/api/v1/columns/{name}/values", compare::values),
    work("GET", "/api/v1/customers", customers::page),
    work("GET", "/api/v1/customers/{id}", customers::one),
    work("GET", "/api/v1/words", segments::words),
    quick("GET", "/api/v1/segments", READ, segments::list),
    Route { does: Does::Preview(segments::preview), ..work("POST", "/api/v1/segments/preview", segments::preview) },
    work("GET", "/api/v1/segments/{id}", segments::get),
    Route { once: true, does: Does::Work(segments::put), ..change("PUT", "/api/v1/segments/{id}", Right::Edit, segments::put) },
    change("DELETE", "/api/v1/segments/{id}", Right::Edit, segments::delete),
    quick("GET", "/api/v1/segments/{id}/history", READ, segments::history),
    work("GET", "/api/v1/segments/{id}/count", segments::count),
    work("GET", "/api/v1/segments/{id}/explain", segments::explain),
    work("GET", "/api/v1/segments/{id}/quality", compare::quality),
    work("GET", "/api/v1/segments/{id}/moved", compare::moved),
    work("GET", "/api/v1/segments/{id}/why/{customer}", segments::why),
    Route { may: May::With(Right::Export), ..work("GET", "/api/v1/segments/{id}/export", segments::export) },
    Route { may: May::With(Right::Sql), ..work("POST", "/api/v1/sql", sql::query) },
    quick("GET", "/api/v1/uploads", IMPORT, uploads::list),
    Route { method: "POST", path: "/api/v1/uploads", may: IMPORT, changes: true, once: false, does: Does::Upload },
    change("DELETE", "/api/v1/uploads/{id}", Right::Import, uploads::delete),
    Route { may: IMPORT, ..work("POST", "/api/v1/imports/survey", imports::survey) },
    quick("GET", "/api/v1/imports", READ, imports::list),
    change("POST", "/api/v1/imports", Right::Import, imports::start),
    change("DELETE", "/api/v1/imports/{id}", Right::Import, imports::undo),
    quick("GET", "/api/v1/imports/{id}/rejects", IMPORT, imports::rejects),
    quick("GET", "/api/v1/jobs", READ, jobs::list),
    quick("GET", "/api/v1/jobs/{id}", READ, jobs::get),
    change("DELETE", "/api/v1/jobs/{id}", Right::Import, jobs::cancel),
    Route { method: "GET", path: "/api/v1/jobs/{id}/events", may: READ, changes: false, once: false, does: Does::Events },
    quick("GET", "/api/v1/settings", READ, settings::list),
    change("PUT", "/api/v1/settings", Right::Manage, settings::change),
    quick("GET", "/api/v1/schedule", MANAGE, schedule::get),
    change("PUT", "/api/v1/schedule", Right::Manage, schedule::change),
    change("POST", "/api/v1/schedule/run", Right::Manage, schedule::run),
    Route { does: Does::Work(schedule::test_mail), ..change("POST", "/api/v1/schedule/test-mail", Right::Manage, schedule::test_mail) },
    quick("GET", "/api/v1/users", MANAGE, users::list),
    Route { once: true, ..change("POST", "/api/v1/users", Right::Manage, users::add) },
    change("PUT", "/api/v1/users/{id}", Right::Manage, users::change),
    change("DELETE", "/api/v1/users/{id}", Right::Manage, users::remove),
    Route { once: true, ..change("POST", "/api/v1/users/{id}/invitation", Right::Manage, users::invite) },
    quick("GET", "/api/v1/keys", MANAGE, keys::list),
    Route { once: true, ..change("POST", "/api/v1/keys", Right::Manage, keys::add) },
    change("DELETE", "/api/v1/keys/{id}", Right::Manage, keys::revoke),
    quick("GET", "/api/v1/audit", May::With(Right::Audit), audit::list),
];

/// What is worth working out ahead, as the page asks for it: name, query, and what answers.
pub fn ahead() -> [(&'static str, &'static [(&'static str, &'static str)], Answers); 8] {
    [
        ("overview", &[], overview::overview),
        ("findings", &[], tables::findings),
        ("rfm", &[], tables::rfm),
        ("rfm grid", &[("view", "grid")], tables::rfm),
        ("opportunities", &[], opportunities::opportunities),
        ("likely opportunities", &[("kind", "likely")], opportunities::opportunities),
        ("tactics", &[("kind", "tactics")], opportunities::opportunities),
        ("movement", &[], tables::movement),
    ]
}

impl Route {
    /// The method as HTTP knows it.
    pub fn http_method(&self) -> Method {
        Method::from_bytes(self.method.as_bytes()).unwrap_or(Method::GET)
    }
}

/// An entry of the table, for whoever holds it against the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// GET, POST, …
    pub method: &'static str,
    /// With place holders in braces.
    pub path: &'static str,
    /// `anybody`, `signed-in`, or the right that is needed.
    pub right: &'static str,
}

/// The entries of the table, but for those that operators ask.
pub fn listed() -> Vec<Listed> {
    let right = |may: May| match may {
        May::Always | May::Anybody => "anybody",
        May::ThisMachine => "this-machine",
        May::SignedIn => "signed-in",
        May::With(right) => right.name(),
    };
    ROUTES.iter().map(|route| Listed { method: route.method, path: route.path, right: right(route.may) }).collect()
}
