//! The benchmarks: value models and clusters beside their peers, and questions at one and at ten million orders.

use super::{Finding, Tools, checks};
use crate::shell;
use std::process::Command;

pub(super) fn long(tools: &Tools) -> Result<Vec<Finding>, String> {
    let folder = shell::root().join("benchmarks");
    let python = checks::python(&folder.join("requirements.txt"), "benchmarks")?;
    let mut findings = Vec::new();
    let said = String::from_utf8_lossy(&shell::output(Command::new(&python).arg(folder.join("models.py")))?).into_owned();
    println!("{said}");
    let rows = said.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| work") && !line.starts_with("| ---")).count();
    findings.push(Finding { what: "`benchmarks/models.py`: value models and clusters".to_owned(), result: format!("{rows} rows") });
    for orders in ["1000000", "10000000"] {
        // The second finds the shop that the first has made.
        for script in ["run.py", "history.py", "segments.py"] {
            let mut command = Command::new(&python);
            command.arg(folder.join(script)).args(["--orders", orders, "--quintile"]).arg(&tools.quintile);
            command.arg("--work").arg(tools.work.join("bench")).env("PYTHONDONTWRITEBYTECODE", "1");
            let said = String::from_utf8_lossy(&shell::output(&mut command)?).into_owned();
            println!("{said}");
            let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
            findings.push(Finding { what: format!("`benchmarks/{script} --orders {orders}`"), result: last });
        }
    }
    Ok(findings)
}
