//! `cargo xtask catalogue`: the list of ready segments that is compiled in, and the page about them, made anew from `catalog/segments/`.

use crate::shell;
use std::path::{Path, PathBuf};

/// Where the list lies, from the root.
const LIST: &str = "crates/quintile-catalog/src/ready.rs";

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if let Some(argument) = arguments.first() {
        return Err(format!("`catalogue` knows no `{argument}`"));
    }
    let path = shell::root().join(LIST);
    std::fs::write(&path, list()?).map_err(|error| format!("`{}` could not be written: {error}", path.display()))?;
    // The page is written by the test that says when it is stale: it knows the words of the segment language.
    shell::must(shell::cargo().args(["test", "--package", "quintile-segment", "--test", "it", "page"]).env("UPDATE_GOLDEN", "1"))
}

/// The list as Rust.
fn list() -> Result<String, String> {
    let mut text = String::from(
        "//! The ready segments that are compiled in: family, file, text. Made by `cargo xtask catalogue`; a test says when it is stale.\n\n\
         /// Family, file, text.\n\
         #[rustfmt::skip]\n\
         pub(crate) const SEGMENTS: &[(&str, &str, &str)] = &[\n",
    );
    for family in sorted(&shell::root().join("catalog/segments"))? {
        for file in sorted(&family)? {
            let (family, file) = (name(&family), name(&file));
            if file.ends_with(".toml") {
                let place = format!("segments/{family}/{file}");
                text.push_str(&format!("    (\"{family}\", \"{place}\", include_str!(\"../../../catalog/{place}\")),\n"));
            }
        }
    }
    text.push_str("];\n");
    Ok(text)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("`{}` could not be read: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_ready_segments_is_not_stale() {
        let there = std::fs::read_to_string(shell::root().join(LIST)).unwrap();
        assert!(there == list().unwrap(), "`{LIST}` is stale: run `cargo xtask catalogue`");
    }
}
