//! The log: a line a request, on stderr. It names routes and numbers, and no customer, no address, no query and no secret.

use std::io::Write;
use std::time::Duration;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
    /// Nothing.
    Silent,
}

/// A request that was answered.
pub struct Line<'a> {
    /// Its id, also in the answer.
    pub request_id: &'a str,
    /// GET, POST, …
    pub method: &'a str,
    /// The route as it is documented, without what stood in its place holders.
    pub route: &'a str,
    /// The status.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// `person 3`, `key 7`, `nobody`.
    pub who: &'a str,
    /// What went wrong with us.
    pub error: Option<&'a str>,
}

impl LogFormat {
    /// Writes a line.
    pub fn request(self, line: &Line<'_>) {
        let at = crate::clock::now().to_iso();
        let millis = line.took.as_secs_f64() * 1e3;
        let level = if line.status >= 500 { "error" } else { "info" };
        let Line { request_id, method, route, status, who, error, .. } = line;
        match self {
            LogFormat::Silent => {}
            LogFormat::Text => {
                let error = error.map(|error| format!(" {}", error.replace('\n', " "))).unwrap_or_default();
                say(&format!("{at} {level} {method} {route} {status} {millis:.1} ms {who} {request_id}{error}"));
            }
            LogFormat::Json => {
                let mut value = serde_json::json!({
                    "at": at, "level": level, "request_id": request_id, "method": method, "route": route, "status": status,
                    "ms": (millis * 10.0).round() / 10.0, "who": who,
                });
                if let Some(error) = error {
                    value["error"] = serde_json::Value::from(*error);
                }
                say(&value.to_string());
            }
        }
    }

    /// Writes something that happened.
    pub fn event(self, level: &str, what: &str) {
        let at = crate::clock::now().to_iso();
        match self {
            LogFormat::Silent => {}
            LogFormat::Text => say(&format!("{at} {level} {what}")),
            LogFormat::Json => say(&serde_json::json!({"at": at, "level": level, "event": what}).to_string()),
        }
    }
}

fn say(line: &str) {
    // A log that nobody reads is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
