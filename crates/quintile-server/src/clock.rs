//! The clock of sessions, jobs and the log. Answers have none: they hold as of a moment, which the front door finds.

use quintile::model::Instant;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now.
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// So many seconds after an instant.
pub fn after(at: Instant, seconds: i64) -> Instant {
    Instant(at.0.saturating_add(seconds.saturating_mul(1_000_000)))
}
