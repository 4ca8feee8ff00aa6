//! The benchmarks: value models, clusters and item sets beside their peers, and questions at one and at ten million orders.

use super::{Finding, Tools, checks};
use crate::shell;
use std::path::Path;
use std::process::Command;

pub(super) fn long(tools: &Tools) -> Result<Vec<Finding>, String> {
    let folder = shell::root().join("benchmarks");
    let python = checks::python(&folder.join("requirements.txt"), "benchmarks")?;
    let mut findings = Vec::new();
    let said = String::from_utf8_lossy(&shell::output(Command::new(&python).arg(folder.join("models.py")))?).into_owned();
    println!("{said}");
    let rows = said.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| work") && !line.starts_with("| ---")).count();
    findings.push(Finding { what: "`benchmarks/models.py`: value models and clusters".to_owned(), result: format!("{rows} rows") });
    findings.push(item_sets(tools, &folder)?);
    for orders in ["1000000", "10000000"] {
        // The second finds the shop that the first has made.
        for script in ["run.py", "history.py", "segments.py"] {
            let mut command = Command::new(&python);
            command.arg(folder.join(script)).args(["--orders", orders, "--quintile"]).arg(&tools.quintile);
            command.arg("--work").arg(tools.work.join("bench")).env("PYTHONDONTWRITEBYTECODE", "1");
            findings.push(Finding { what: format!("`benchmarks/{script} --orders {orders}`"), result: last_line(&mut command)? });
        }
    }
    Ok(findings)
}

/// Frequent item sets, on real data and so only where there is some.
fn item_sets(tools: &Tools, folder: &Path) -> Result<Finding, String> {
    let shared = checks::shared().ok_or("item sets want real data: set QUINTILE_SHARED to its folder")?;
    let example = shell::release_example("quintile-insight", "itemsets")?;
    let python = checks::python(&folder.join("requirements-itemsets.txt"), "itemsets")?;
    let mut command = Command::new(&python);
    command.arg(folder.join("itemsets.py")).arg("--data").arg(shared.join("data")).arg("--example").arg(example);
    command.arg("--work").arg(tools.work.join("bench")).env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(Finding { what: "`benchmarks/itemsets.py`".to_owned(), result: last_line(&mut command)? })
}

/// Shows what a script prints; its last line is what it found.
fn last_line(command: &mut Command) -> Result<String, String> {
    let said = String::from_utf8_lossy(&shell::output(command)?).into_owned();
    println!("{said}");
    Ok(said.trim_end().lines().last().unwrap_or_default().to_owned())
}
