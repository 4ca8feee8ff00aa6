//! How often somebody may ask: a bucket of tokens for each caller, and a pause after each wrong password.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Buckets of tokens, by caller.
pub struct Buckets {
    a_second: f64,
    at_once: f64,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

/// More callers than this are not remembered one by one; those whose buckets are full go first.
const MOST: usize = 10_000;

impl Buckets {
    /// So many a second in the long run, and so many at once.
    pub fn new(a_second: u32, at_once: u32) -> Buckets {
        Buckets { a_second: f64::from(a_second), at_once: f64::from(at_once), buckets: Mutex::default() }
    }

    /// Takes a token; else how long to wait for one.
    pub fn take(&self, who: &str, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST && !buckets.contains_key(who) {
            let full = Duration::from_secs_f64(self.at_once / self.a_second);
            buckets.retain(|_, (_, since)| now.saturating_duration_since(*since) < full);
            if buckets.len() >= MOST {
                return Err(Duration::from_secs(1));
            }
        }
        let (tokens, since) = buckets.entry(who.to_owned()).or_insert((self.at_once, now));
        let gained = now.saturating_duration_since(*since).as_secs_f64() * self.a_second;
        *tokens = (*tokens + gained).min(self.at_once);
        *since = now;
        if *tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - *tokens) / self.a_second));
        }
        *tokens -= 1.0;
        Ok(())
    }

    /// What is promised, as the `RateLimit-Policy` header has it.
    pub fn policy(&self) -> String {
        format!("\"caller\";q={};w={}", self.at_once, (self.at_once / self.a_second).ceil())
    }
}

/// Wrong passwords, by e-mail and by address: after a few, each doubles the time in which no other is tried.
#[derive(Default)]
pub struct Guesses {
    wrong: Mutex<HashMap<String, (u32, Instant)>>,
}

/// Wrong ones that cost nothing.
const FREE: u32 = 5;
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(15 * 60);

impl Guesses {
    /// How long until a password of these may be tried.
    pub fn wait(&self, names: &[&str], now: Instant) -> Option<Duration> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let until = |name: &&str| wrong.get(*name).and_then(|(times, last)| (*last + pause(*times)).checked_duration_since(now));
        names.iter().filter_map(until).max().filter(|wait| !wait.is_zero())
    }

    /// A wrong one was tried.
    pub fn wrong(&self, names: &[&str], now: Instant) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        // What was long ago is forgotten.
        wrong.retain(|_, (_, last)| now.saturating_duration_since(*last) < 2 * LONGEST);
        for name in names {
            let (times, last) = wrong.entry((*name).to_owned()).or_insert((0, now));
            *times = times.saturating_add(1);
            *last = now;
        }
    }

    /// The right one was given.
    pub fn right(&self, name: &str) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

fn pause(times: u32) -> Duration {
    match times.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(10)).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let (buckets, start) = (Buckets::new(10, 3), Instant::now());
        let take = |who: &str, millis: u64| buckets.take(who, start + Duration::from_millis(millis)).is_ok();
        assert_eq!([take("a", 0), take("a", 0), take("a", 0), take("a", 0), take("b", 0)], [true, true, true, false, true]);
        assert!(!take("a", 50) && take("a", 150) && !take("a", 150));
    }

    #[test]
    fn guessing_slows_down_and_the_right_password_ends_it() {
        let (guesses, start) = (Guesses::default(), Instant::now());
        for _ in 0..FREE - 1 {
            guesses.wrong(&["ada", "10.0.0.1"], start);
            assert_eq!(guesses.wait(&["ada"], start), None);
        }
        let mut last = Duration::ZERO;
        for _ in 0..20 {
            guesses.wrong(&["ada", "10.0.0.1"], start);
            let wait = guesses.wait(&["ada"], start).unwrap();
            assert!(wait > last || wait == LONGEST);
            last = wait;
        }
        assert_eq!(last, LONGEST);
        assert!(guesses.wait(&["bob", "10.0.0.1"], start).is_some() && guesses.wait(&["bob"], start).is_none());
        assert_eq!(guesses.wait(&["ada"], start + LONGEST), None);
        guesses.right("ada");
        assert_eq!(guesses.wait(&["ada"], start), None);
    }
}
