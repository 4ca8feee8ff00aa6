//! The web page: built by npm from its lock file, where Node 20 or later is there.

use crate::shell;
use std::path::PathBuf;
use std::process::Command;

/// The oldest Node that builds it.
const NODE: u32 = 20;

/// Its folder in the repository.
pub(crate) fn folder() -> PathBuf {
    shell::root().join("web")
}

/// Builds the page into `web/dist`, from where the program takes it when it is built afterwards. False where Node is not there or
/// too old; then the program shows a placeholder that says how.
pub(crate) fn build() -> Result<bool, String> {
    if !has_node() {
        return Ok(false);
    }
    npm(&["ci", "--silent"])?;
    npm(&["run", "--silent", "build"])?;
    Ok(true)
}

/// Runs npm in the folder of the page.
pub(crate) fn npm(words: &[&str]) -> Result<(), String> {
    shell::must(Command::new("npm").current_dir(folder()).args(words))
}

fn has_node() -> bool {
    let said = Command::new("node").arg("--version").output();
    let version = said.ok().filter(|said| said.status.success()).and_then(|said| String::from_utf8(said.stdout).ok());
    version
        .and_then(|version| version.trim().trim_start_matches('v').split('.').next()?.parse().ok())
        .is_some_and(|major: u32| major >= NODE)
}
