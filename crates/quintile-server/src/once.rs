//! What shall be made once, however often it is asked for: a request with an `Idempotency-Key` that was answered before gets the
//! same answer again.
//!
//! Answers are kept in memory alone, for a day or until the server ends: some of them hold a secret that is shown once, and no secret
//! is written down. Imports and undoings are kept with their [jobs](crate::jobs), and outlive a restart.

use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::routes::Answers;
use crate::secrets;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest that a key may be.
const KEY_LETTERS: usize = 255;
/// For how long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Answers that are kept at most; the oldest goes first.
const MOST: usize = 10_000;

/// Answers by who asked and under which key.
#[derive(Default)]
pub struct Once(Mutex<HashMap<(String, String), Entry>>);

struct Entry {
    asked: String,
    at: Instant,
    /// `None` while it is being answered.
    answer: Option<(StatusCode, HeaderMap, Bytes)>,
}

/// The key of a request, where it has one.
pub fn key(ask: &Ask) -> Result<Option<&str>, Problem> {
    let Some(value) = ask.headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > KEY_LETTERS {
        return Err(Problem::bad(format!("`Idempotency-Key` has 1 to {KEY_LETTERS} letters")));
    }
    Ok(Some(key))
}

/// The same key came with something else.
pub fn other() -> Problem {
    Problem::invalid("this `Idempotency-Key` was used for something else; use a new one")
}

/// Answers a request, or gives the answer again that it got before.
pub fn answered(ask: &Ask, method: &str, answer: Answers) -> Result<Answered, Problem> {
    let Some(key) = key(ask)? else { return answer(ask) };
    let name = (ask.caller.number(), key.to_owned());
    let text = |name: header::HeaderName| ask.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = secrets::hash(&format!(
        "{method} {} {} {} {}",
        ask.instance,
        text(header::IF_MATCH),
        text(header::IF_NONE_MATCH),
        String::from_utf8_lossy(&ask.body)
    ));
    let once = &ask.app.once;
    if let Some(before) = once.begin(&name, &asked)? {
        return Ok(before);
    }
    // Whatever happens, the key does not stay as one that is being answered.
    let mut under_way = UnderWay { once, name: Some(name) };
    let made = answer(ask)?;
    let (parts, body) = made.into_parts();
    let bytes = tokio::runtime::Handle::current().block_on(to_bytes(body, usize::MAX));
    let bytes = bytes.map_err(|error| Problem::fault(format!("an answer: {error}")))?;
    if parts.status.is_success()
        && let Some(name) = under_way.name.take()
    {
        once.keep(name, (parts.status, parts.headers.clone(), bytes.clone()));
    }
    Ok(Answered::from_parts(parts, Body::from(bytes)))
}

struct UnderWay<'a> {
    once: &'a Once,
    name: Option<(String, String)>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            self.once.entries().remove(&name);
        }
    }
}

impl Once {
    fn entries(&self) -> MutexGuard<'_, HashMap<(String, String), Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, name: &(String, String), asked: &str) -> Result<Option<Answered>, Problem> {
        let mut entries = self.entries();
        entries.retain(|_, entry| entry.at.elapsed() < KEPT);
        if let Some(entry) = entries.get(name) {
            if entry.asked != asked {
                return Err(other());
            }
            let Some((status, headers, bytes)) = &entry.answer else {
                return Err(Problem::conflict("a request with this `Idempotency-Key` is being answered; ask again in a moment"));
            };
            let mut again = Answered::new(Body::from(bytes.clone()));
            *again.status_mut() = *status;
            *again.headers_mut() = headers.clone();
            return Ok(Some(again));
        }
        if entries.len() >= MOST {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.at).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| entries.remove(&oldest));
        }
        entries.insert(name.clone(), Entry { asked: asked.to_owned(), at: Instant::now(), answer: None });
        Ok(None)
    }

    fn keep(&self, name: (String, String), answer: (StatusCode, HeaderMap, Bytes)) {
        if let Some(entry) = self.entries().get_mut(&name) {
            entry.answer = Some(answer);
        }
    }
}
