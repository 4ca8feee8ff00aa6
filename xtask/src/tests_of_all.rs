//! `cargo xtask test`: everything a change has to pass.

use crate::shell;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut command = shell::cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).args(arguments).stdout(Stdio::piped());
    // Recorded answers and real data of other shops lie beside a checkout, where there are any.
    if std::env::var_os("QUINTILE_SHARED").is_none() {
        match shell::root().join("../shared").canonicalize() {
            Ok(shared) => drop(command.env("QUINTILE_SHARED", shared)),
            Err(_) => eprintln!("xtask: no ../shared and no QUINTILE_SHARED, so tests on real data say that they had none"),
        }
    }
    // The short form draws the same random shops every time; whoever wants others sets the seed, and the proofs do.
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        command.env("PROPTEST_RNG_SEED", "1");
    }
    let mut running = command.spawn().map_err(|error| format!("cargo could not be started: {error}"))?;
    let mut closing = Vec::new();
    for line in running.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines().map_while(Result::ok)) {
        println!("{line}");
        if line.starts_with("test result: ") {
            closing.push(line);
        }
    }
    let status = running.wait().map_err(|error| error.to_string())?;
    // Many binaries close one after the other, with failures anywhere between: their closing lines once more, and in one.
    println!("\nThe {} test binaries closed with:", closing.len());
    for line in &closing {
        println!("{line}");
    }
    let sum = |word: &str| -> u64 { closing.iter().filter_map(|line| count(line, word)).sum() };
    let verdict = if status.success() { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {} passed; {} failed; {} ignored in all", sum("passed"), sum("failed"), sum("ignored"));
    if status.success() { Ok(()) } else { Err(format!("`cargo test` ended with {status}")) }
}

/// The number before a word: 3 of `3 passed`.
fn count(line: &str, word: &str) -> Option<u64> {
    let words: Vec<&str> = line.split([' ', ';']).filter(|part| !part.is_empty()).collect();
    let place = words.iter().position(|part| *part == word)?;
    words.get(place.checked_sub(1)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn closing_lines_are_added_up() {
        let line = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s";
        assert_eq!(
            [count(line, "passed"), count(line, "failed"), count(line, "ignored"), count(line, "missing")],
            [Some(12), Some(0), Some(1), None]
        );
    }
}
