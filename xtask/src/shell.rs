//! Running other programs, and where things lie.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// `cargo`, as it was called.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a command and waits; what it prints goes where ours goes.
pub(crate) fn must(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("`{}` could not be started: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(command))) }
}

/// Runs a command and gives what it wrote to stdout.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| format!("`{}` could not be started: {error}", shown(command)))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{}` ended with {}:\n{}", shown(command), output.status, said.trim_end()))
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let words = command.get_args().map(|word| {
        let word = word.to_string_lossy();
        if word.contains([' ', '*', '(']) { format!("\"{word}\"") } else { word.into_owned() }
    });
    std::iter::once(program).chain(words).collect::<Vec<_>>().join(" ")
}

/// Builds the binary as the tests do, which is quick to build and quick enough for a small shop.
pub(crate) fn quick_binary() -> Result<PathBuf, String> {
    // The whole workspace asks more features of outside crates than one package does: named so, the SQL engine that the
    // tests have built serves here, and the other way round.
    must(cargo().args(["build", "--workspace", "--bin", "quintile"]))?;
    Ok(target().join("debug").join("quintile"))
}

/// Builds the binary as it is meant to be measured; its SQL engine takes several minutes to build.
pub(crate) fn release_binary() -> Result<PathBuf, String> {
    must(cargo().args(["build", "--release", "--package", "quintile-cli"]))?;
    Ok(target().join("release").join("quintile"))
}

/// Builds an example of a crate as it is meant to be measured.
pub(crate) fn release_example(package: &str, name: &str) -> Result<PathBuf, String> {
    must(cargo().args(["build", "--release", "--package", package, "--example", name]))?;
    Ok(target().join("release/examples").join(name))
}

/// Makes a folder anew and empty, but only one that an earlier run made.
pub(crate) fn fresh_folder(path: &Path) -> Result<(), String> {
    let marker = path.join(".made-by-xtask");
    if path.exists() {
        let empty = std::fs::read_dir(path).map(|mut entries| entries.next().is_none()).unwrap_or(false);
        if !empty && !marker.exists() {
            return Err(format!("`{}` is not empty and was not made by a chore; choose another folder", path.display()));
        }
        std::fs::remove_dir_all(path).map_err(|error| format!("`{}` could not be emptied: {error}", path.display()))?;
    }
    std::fs::create_dir_all(path)
        .and_then(|()| std::fs::write(&marker, "made by cargo xtask, which may delete this folder\n"))
        .map_err(|error| format!("`{}` could not be made: {error}", path.display()))
}

/// The binary that the tests' own build made, or one that is named.
#[cfg(test)]
pub(crate) fn tested_binary() -> PathBuf {
    if let Some(named) = std::env::var_os("QUINTILE_BINARY") {
        return PathBuf::from(named);
    }
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("quintile");
    if !built.exists() {
        must(cargo().args(["build", "--quiet", "--workspace", "--bin", "quintile"])).unwrap();
    }
    built
}
