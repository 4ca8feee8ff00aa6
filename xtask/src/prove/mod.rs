//! `cargo xtask prove`: the long forms of what tests show in short, and the table of what they found.

mod bench;
mod checks;
mod fuzz;
mod harmful;
mod kill;
mod large;
mod page;
mod segments;

use crate::shell;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

/// What a proof found: what ran, and what came of it.
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) result: String,
}

/// A proof gives its findings, or why it failed.
type Proof = fn(&Tools) -> Result<Vec<Finding>, String>;

const PROOFS: [(&str, Proof); 8] = [
    ("kills", kill::long),
    ("large", large::long),
    ("fuzz", fuzz::long),
    ("segments", segments::long),
    ("harmful", harmful::long),
    ("checks", checks::long),
    ("page", page::long),
    ("bench", bench::long),
];

/// What proofs work with.
pub(crate) struct Tools {
    /// The optimised binary.
    pub(crate) quintile: PathBuf,
    /// A folder for what they write.
    pub(crate) work: PathBuf,
}

pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let known = || PROOFS.map(|(name, _)| name).join(", ");
    if let Some(unknown) = names.iter().find(|name| !PROOFS.iter().any(|(known, _)| known == name)) {
        return Err(format!("there is no proof `{unknown}`; there are {}", known()));
    }
    let tools = Tools { quintile: shell::release_binary()?, work: shell::target().join("prove") };
    let mut failed = Vec::new();
    for (name, proof) in PROOFS.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|asked| asked == name)) {
        println!("== {name}");
        let began = Instant::now();
        let outcome = proof(&tools);
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        let findings = match outcome {
            Ok(findings) => findings,
            Err(message) => {
                eprintln!("xtask: {name}: {message}");
                failed.push(*name);
                vec![Finding {
                    what: format!("{name} did not come to its end"),
                    result: format!("**failed**: {}", message.lines().next().unwrap_or_default()),
                }]
            }
        };
        for finding in &findings {
            println!("{}: {}", finding.what, finding.result);
        }
        record(name, minutes, &findings)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// Puts the rows of one proof into the table, in the place of its earlier rows.
fn record(name: &str, minutes: f64, findings: &[Finding]) -> Result<(), String> {
    let path = shell::root().join("docs/reference/proofs.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let own = |line: &&str| line.starts_with(&format!("| {name} |"));
    let others =
        before.lines().filter(|line| PROOFS.iter().any(|(name, _)| line.starts_with(&format!("| {name} |")))).filter(|line| !own(line));
    let mut rows: Vec<String> = others.map(str::to_owned).collect();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    for finding in findings {
        rows.push(format!("| {name} | {} | {} | {cores} | {minutes:.0} |", cell(&finding.what), cell(&finding.result)));
    }
    rows.sort_by_key(|row| PROOFS.iter().position(|(name, _)| row.starts_with(&format!("| {name} |"))));
    let mut text = String::from(
        "# Proofs\n\n\
         What the long forms of the tests found. `cargo xtask prove` runs them again and rewrites this table;\n\
         `cargo xtask prove kills` runs one.\n\n\
         | proof | what ran | result | cores | minutes |\n\
         | --- | --- | --- | --: | --: |\n",
    );
    for row in rows {
        let _ = writeln!(text, "{row}");
    }
    std::fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(|error| error.to_string())?;
    std::fs::write(&path, text).map_err(|error| format!("`{}` could not be written: {error}", path.display()))
}

fn cell(text: &str) -> String {
    text.replace('|', "/").replace('\n', " ")
}
