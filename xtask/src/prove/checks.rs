//! The slow answers in `checks/`, held against the binary.

use super::{Finding, Tools};
use crate::shell;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python with what the scripts import, in `target/`.
pub(crate) fn python(requirements: &Path, name: &str) -> Result<PathBuf, String> {
    let venv = shell::target().join("python").join(name);
    let python = venv.join("bin/python");
    let installed = venv.join("requirements.txt");
    let wanted = std::fs::read_to_string(requirements).map_err(|error| error.to_string())?;
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    shell::must(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    shell::must(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    std::fs::write(&installed, wanted).map_err(|error| error.to_string())?;
    Ok(python)
}

/// Where recorded shops and real data lie.
pub(crate) fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from);
    named.or_else(|| Some(shell::root().join("../shared"))).filter(|folder| folder.is_dir())
}

/// What the scripts share, which checks nothing.
const SHARED: [&str; 2] = ["asked.py", "served.py"];

/// Runs every script, each of which exits with an error where the two answers differ.
pub(super) fn long(tools: &Tools) -> Result<Vec<Finding>, String> {
    let folder = shell::root().join("checks");
    let shared = shared().ok_or("the checks want real data: set QUINTILE_SHARED to its folder")?;
    let python = python(&folder.join("requirements.txt"), "checks")?;
    let mut scripts: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(|error| error.to_string())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "py") && !SHARED.iter().any(|name| path.ends_with(name)))
        .collect();
    scripts.sort();
    let mut findings = Vec::new();
    let mut failed = Vec::new();
    for script in scripts {
        let name = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut command = Command::new(&python);
        command.arg(&script).arg(&tools.quintile).env("QUINTILE_SHARED", &shared).env("PYTHONDONTWRITEBYTECODE", "1");
        match shell::output(&mut command) {
            Ok(said) => {
                let said = String::from_utf8_lossy(&said);
                let last = said.trim_end().lines().last().unwrap_or_default().to_owned();
                findings.push(Finding { what: format!("`checks/{name}`"), result: last });
            }
            Err(message) => {
                eprintln!("{message}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(findings) } else { Err(format!("these do not agree: {}", failed.join(", "))) }
}
