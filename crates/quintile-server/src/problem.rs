//! What went wrong, as RFC 9457 has it: `application/problem+json`.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use quintile::segment::Problem as Remark;
use quintile::{Error, Kind};
use serde_json::{Value, json};
use std::path::Path;

/// A request could not be answered.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// The kind of problem, as its `type` ends.
    pub kind: &'static str,
    /// What is wrong, where, and what to try.
    pub detail: String,
    /// Each thing that is wrong, where there are several or a place is known.
    pub errors: Vec<Value>,
    /// Seconds to wait.
    pub wait: Option<u64>,
    /// For the log alone: what a stranger need not know.
    pub secret: Option<String>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, kind, detail: detail.into(), errors: Vec::new(), wait: None, secret: None }
    }

    /// The request is not as it should be.
    pub fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// It was understood, and is wrong.
    pub fn invalid(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// A member of the body is wrong.
    pub fn invalid_at(pointer: &str, message: impl Into<String>) -> Problem {
        let message = message.into();
        let mut problem = Problem::invalid(message.clone());
        problem.errors.push(json!({"pointer": pointer, "code": "invalid", "message": message}));
        problem
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// It conflicts with what is there.
    pub fn conflict(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// Nobody is signed in.
    pub fn unknown(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "not-signed-in", detail)
    }

    /// Not allowed.
    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// Our fault; what happened goes to the log alone.
    pub fn fault(secret: impl Into<String>) -> Problem {
        let detail = "something went wrong here; the server's log has more under the request id";
        let mut problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail);
        problem.secret = Some(secret.into());
        problem
    }

    /// Busy, or it took too long.
    pub fn busy(detail: impl Into<String>) -> Problem {
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        problem.wait = Some(5);
        problem
    }

    /// An error of the front door. Paths are told from the folder of the project on.
    pub fn of(error: &Error, root: &Path) -> Problem {
        let text = within(&whole_text(error), root);
        let mut problem = match error.kind() {
            // What a question names is no place of the API.
            // It may be removed once it is not protected any more.
            Kind::Invalid if matches!(error, Error::Protected(_)) => Problem::conflict(text),
            Kind::NotFound if names_nothing(error) => Problem::invalid(text),
            Kind::Usage | Kind::Invalid => Problem::invalid(text),
            Kind::NotFound => Problem::not_found(text),
            Kind::Conflict => Problem::conflict(text),
            Kind::Stopped => Problem::busy("it was stopped, because it took too long or the server is stopping; ask for less, or later"),
            Kind::Failed | Kind::BrokenPipe => Problem::fault(text),
        };
        if let Error::Segment(refused) = error {
            problem.kind = "segment";
            problem.errors = refused.problems.iter().map(|remark| remark_json(remark, &refused.text)).collect();
        }
        problem
    }

    /// The same without the place of the project on this machine.
    pub fn within(mut self, root: &Path) -> Problem {
        self.detail = within(&self.detail, root);
        for error in &mut self.errors {
            for name in ["message", "hint"] {
                if let Some(text) = error[name].as_str() {
                    error[name] = Value::from(within(text, root));
                }
            }
        }
        self
    }

    /// The problem as a member of something else.
    pub fn json(&self, instance: &str, request_id: &str) -> Value {
        let mut value = json!({
            "type": format!("/problems/{}", self.kind),
            "title": title(self.kind),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
        });
        if !self.errors.is_empty() {
            value["errors"] = Value::from(self.errors.clone());
        }
        value
    }

    /// The problem as an answer.
    pub fn response(&self, instance: &str, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.json(instance, request_id).to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Is it a column or table that the question names?
fn names_nothing(error: &Error) -> bool {
    match error {
        Error::UnknownColumn { .. } => true,
        #[cfg(feature = "sql")]
        Error::Sql(_) => true,
        _ => false,
    }
}

fn title(kind: &str) -> &'static str {
    match kind {
        "bad-request" => "The request is not as it should be",
        "invalid" => "What was asked is wrong",
        "segment" => "The segment cannot be asked",
        "not-found" => "There is no such thing",
        "method" => "The method is not known here",
        "form" => "The form that is asked for is not known",
        "conflict" => "It conflicts with what is there",
        "superseded" => "Something else was asked since",
        "changed" => "It has changed since",
        "version-wanted" => "Say which version is changed",
        "not-signed-in" => "Nobody is signed in",
        "forbidden" => "Not allowed",
        "csrf" => "The request does not come from the page",
        "read-only" => "The server is read-only",
        "mail" => "The mail could not be sent",
        "too-large" => "Too large",
        "media-type" => "Not the media type that is read here",
        "too-many" => "Too many requests",
        "busy" => "Not now",
        _ => "Something went wrong",
    }
}

/// An error with its causes, as the command prints it.
pub fn whole_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// A text without the place of the project on this machine, by whichever of its names.
pub fn within(text: &str, root: &Path) -> String {
    let mut text = text.to_owned();
    for root in [root.to_owned(), root.canonicalize().unwrap_or_else(|_| root.to_owned())] {
        let root = root.display().to_string();
        if root.len() > 1 {
            text = text.replace(&format!("{root}/"), "").replace(&root, ".");
        }
    }
    text
}

/// What is to be said of a segment's text.
pub fn remark_json(remark: &Remark, text: &str) -> Value {
    let (line, column) = remark.place(text);
    json!({
        "offset": remark.span.start, "end": remark.span.end, "line": line, "column": column,
        "code": remark.severity.name(), "message": remark.message, "hint": remark.instead,
    })
}

/// Errors of the accounts are ours.
impl From<quintile::Error> for Problem {
    fn from(error: quintile::Error) -> Self {
        Problem::of(&error, Path::new("/nowhere"))
    }
}
