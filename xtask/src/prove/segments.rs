//! Random segments on random small shops at random moments: the program against the plain interpreter, and the next flip against
//! asking again and again; then texts and bytes of no sense.

use super::{Finding, Tools};
use crate::shell;
use std::time::{Duration, Instant};

/// How many checks against the interpreter, instead of a million.
const CASES: &str = "QUINTILE_SEGMENT_CASES";
/// How many flips, instead of a tenth of that.
const FLIPS: &str = "QUINTILE_FLIP_CASES";
/// Segments that the test asks of each of its shops.
const SEGMENTS: u64 = 8;
/// How long nonsense is read, instead of an hour.
const SECONDS: &str = "QUINTILE_FUZZ_SECONDS";

pub(super) fn long(_tools: &Tools) -> Result<Vec<Finding>, String> {
    let set = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let cases = set(CASES, 1_000_000);
    let flips = set(FLIPS, cases / 10);
    let seconds = set(SECONDS, 3600);
    let agreed = spread("agreement::the_program_finds_whom", cases.div_ceil(SEGMENTS))? * SEGMENTS;
    let flipped = spread("flips::nothing_changes_before", flips)?;
    let (began, mut rounds) = (Instant::now(), 0);
    while rounds == 0 || began.elapsed() < Duration::from_secs(seconds) {
        spread("has_an_answer", 20_000)?;
        rounds += 1;
    }
    Ok(vec![
        Finding {
            what: "random segments on random shops at random moments, the program against the plain interpreter".to_owned(),
            result: format!(
                "the same members in {agreed} checks; refunds, ties, missing values, month ends and changes of clocks among them"
            ),
        },
        Finding {
            what: "the next flip of random segments, against asking just before it, at it, and on the way".to_owned(),
            result: format!("no flip missed and none too many in {flipped} checks"),
        },
        Finding {
            what: format!("the language on random bytes, texts, JSON and spoilt segments, {seconds} seconds"),
            result: format!("an answer each time, in {rounds} rounds of 20000 of each"),
        },
    ])
}

/// Runs so many cases of some tests, spread over all cores, each with shops of its own; how many ran.
fn spread(tests: &str, cases: u64) -> Result<u64, String> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let share = cases.div_ceil(cores);
    let run = || -> Result<(), String> {
        let mut command = shell::cargo();
        command.args(["test", "--release", "--package", "quintile-segment", "--test", "it", "--", tests]);
        command.env("PROPTEST_CASES", share.to_string()).env_remove("PROPTEST_RNG_SEED");
        let said = String::from_utf8_lossy(&shell::output(&mut command)?).into_owned();
        let passed = said.lines().find_map(|line| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok());
        match passed {
            Some(1..) => Ok(()),
            _ => Err(format!("there are no tests `{tests}`")),
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        running.into_iter().try_for_each(|one| one.join().map_err(|_| "a run broke off".to_owned())?)
    })?;
    Ok(share * cores)
}
