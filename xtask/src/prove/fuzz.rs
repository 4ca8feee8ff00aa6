//! An hour of random and spoilt files for the readers, none of which may end in a panic.

use super::{Finding, Tools};
use crate::shell;
use std::time::{Duration, Instant};

/// How long, instead of an hour.
const SECONDS: &str = "QUINTILE_FUZZ_SECONDS";

/// The readers' own tests make new random files each time they run, so they are run again and again.
pub(super) fn long(_tools: &Tools) -> Result<Vec<Finding>, String> {
    let seconds = std::env::var(SECONDS).ok().and_then(|text| text.parse().ok()).unwrap_or(3600);
    let (began, mut rounds, mut tests) = (Instant::now(), 0, 0);
    while rounds == 0 || began.elapsed() < Duration::from_secs(seconds) {
        let mut command = shell::cargo();
        command.args(["test", "--quiet", "--release", "--package", "quintile-connect", "--test", "it", "panic"]);
        let said = String::from_utf8_lossy(&shell::output(&mut command)?).into_owned();
        let passed = said.lines().filter_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok());
        tests = passed.sum();
        if tests == 0 {
            return Err("the readers have no tests against panics".to_owned());
        }
        rounds += 1;
    }
    Ok(vec![Finding {
        what: format!("the readers on random, damaged and odd files, {seconds} seconds"),
        result: format!("no panic and no error of ours in {rounds} rounds of {tests} tests with new files"),
    }])
}
