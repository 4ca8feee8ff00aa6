//! A request as a route sees it: who asks, what stood in the path, the query and the body.

use crate::app::App;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::rights::Right;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, header};
use quintile::{Error, When, Workspace};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A request.
pub struct Ask {
    /// What all share.
    pub app: Arc<App>,
    /// Who asks.
    pub caller: Caller,
    /// From where.
    pub address: IpAddr,
    /// What stands in the place holders of the path, by name.
    pub path: Vec<(String, String)>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The path that was asked.
    pub instance: String,
    /// Ends what it asks of the front door.
    pub stops: Stops,
}

/// Stop flags of what a request asks of the front door.
#[derive(Debug, Clone, Default)]
pub struct Stops(Arc<Mutex<(bool, Vec<Arc<AtomicBool>>)>>);

impl Stops {
    /// Ends all of it, and what is still to come.
    pub fn stop(&self) {
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stops.0 = true;
        stops.1.iter().for_each(|flag| flag.store(true, Ordering::Relaxed));
    }

    /// Ends what has this flag too.
    pub fn watch(&self, flag: Arc<AtomicBool>) {
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flag.store(stops.0, Ordering::Relaxed);
        stops.1.push(flag);
    }
}

impl Ask {
    /// The project, whose work ends with this request.
    pub fn workspace(&self) -> Result<Arc<Workspace>, Problem> {
        let workspace = self.app.workspace().map_err(|error| self.app.problem(&error))?;
        self.stops.watch(workspace.stop_flag());
        Ok(Arc::new(workspace))
    }

    /// An error of the front door.
    pub fn problem(&self, error: &Error) -> Problem {
        self.app.problem(error)
    }

    /// What stands in a place holder.
    pub fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A number in a place holder.
    pub fn number(&self, name: &str) -> Result<i64, Problem> {
        let text = self.part(name);
        text.parse().ok().filter(|number| *number > 0).ok_or_else(|| Problem::not_found(format!("`{text}` is no number of anything here")))
    }

    /// A parameter of the query, where it is given and not empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter that is one of some words.
    pub fn one_of(&self, name: &str, words: &[&'static str]) -> Result<&'static str, Problem> {
        let Some(text) = self.given(name) else { return Ok(words[0]) };
        words.iter().copied().find(|word| *word == text).ok_or_else(|| {
            let known = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            Problem::bad(format!("`{name}` is `{text}`; use one of {known}"))
        })
    }

    /// A parameter that is true or false.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.one_of(name, &["false", "true"])? == "true")
    }

    /// Rows of a page.
    pub fn limit(&self) -> Result<usize, Problem> {
        let Some(text) = self.given("limit") else { return Ok(100) };
        let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
        number.ok_or_else(|| Problem::bad(format!("`limit` is `{text}`; use 1 to 1000")))
    }

    /// A whole number of the query within bounds.
    pub fn number_within(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.given(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.map(Some).ok_or_else(|| Problem::bad(format!("`{name}` is `{text}`; use {least} to {most}")))
    }

    /// A share of the query, above 0 and up to 1.
    pub fn share(&self, name: &str) -> Result<Option<f64>, Problem> {
        let Some(text) = self.given(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|share| *share > 0.0 && *share <= 1.0);
        number.map(Some).ok_or_else(|| Problem::bad(format!("`{name}` is `{text}`; use a share above 0 and up to 1, such as 0.2")))
    }

    /// Names with commas between.
    pub fn names(&self, name: &str) -> Vec<String> {
        let list = self.given(name).unwrap_or_default();
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// The moment that is asked for.
    pub fn when(&self) -> Result<When, Problem> {
        match (self.given("as_of"), self.given("until")) {
            (Some(_), Some(_)) => Err(Problem::bad("`as_of` and `until` say the same in two ways; give one of them")),
            (Some(as_of), None) => Ok(When::AsOf(as_of.to_owned())),
            (None, Some(until)) => Ok(When::Until(until.to_owned())),
            (None, None) => Ok(When::Latest),
        }
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let media_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if media_type.split(';').next().unwrap_or_default().trim() != "application/json" {
            let detail = "the body is read as JSON; send it with `Content-Type: application/json`";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail));
        }
        serde_json::from_slice(&self.body).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Problem::invalid(format!("the body is not as it should be: {error}")),
            _ => Problem::bad(format!("the body is no JSON: {error}")),
        })
    }

    /// Refuses whoever lacks a right that only part of the route needs.
    pub fn must(&self, right: Right, what: &str) -> Result<(), Problem> {
        if self.caller.may(right) { Ok(()) } else { Err(Problem::forbidden(format!("{what} needs the right `{right}`"))) }
    }

    /// Writes down that it was done.
    pub fn audit(&self, action: &str, what: &str, note: &str) -> Result<(), Problem> {
        self.app.audit(&self.caller.name(), action, what, note)
    }
}

/// A text of a body: trimmed, not empty, not too long, without what nobody can see.
pub fn plain(pointer: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Problem::invalid_at(pointer, format!("it has 1 to {most} letters, and no control characters")));
    }
    Ok(text.to_owned())
}

/// An e-mail address, in lower case.
pub fn email(pointer: &str, text: &str) -> Result<String, Problem> {
    let text = plain(pointer, text, 254)?.to_lowercase();
    let parts = text.split_once('@');
    let is_one = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if is_one && !text.contains(char::is_whitespace) { Ok(text) } else { Err(Problem::invalid_at(pointer, "it is no e-mail address")) }
}
