//! The file of one trait: what it says, and what it means.

use crate::Error;
use quintile_segment::{Says, TraitText};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TraitFile {
    value: Option<String>,
    condition: Option<String>,
    #[serde(default)]
    meaning: String,
}

/// Names stand behind `trait.` in the segment language, where `-` is minus.
fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match name.chars().next().is_some_and(|c| c.is_ascii_lowercase()) && name.len() <= 64 && name.chars().all(fits) {
        true => Ok(()),
        false => {
            let clean: String = name.to_ascii_lowercase().chars().map(|c| if fits(c) { c } else { '_' }).take(64).collect();
            let clean = clean.trim_matches(|c: char| !c.is_ascii_lowercase());
            let hint = if clean.is_empty() { String::new() } else { format!(", such as `{clean}`") };
            Err(format!("`{name}` is no name of a trait; use up to 64 small letters, digits and `_`, and begin with a letter{hint}"))
        }
    }
}

/// Reads the file of a trait, which it is called after.
pub(super) fn parse(path: &Path, text: &str) -> Result<TraitText, Error> {
    let wrong = |line: Option<usize>, why: String| Error::Settings { file: path.to_owned(), line, why };
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    check_name(&name).map_err(|why| wrong(None, why))?;
    let read: TraitFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        wrong(line, error.message().to_owned())
    })?;
    let says = match (read.value, read.condition) {
        (Some(value), None) => Says::Value(value.trim().to_owned()),
        (None, Some(condition)) => Says::Condition(condition.trim().to_owned()),
        (None, None) => return Err(wrong(None, "a trait is a number, `value = \"...\"`, or yes or no, `condition = \"...\"`".to_owned())),
        (Some(_), Some(_)) => return Err(wrong(None, "a trait has a `value` or a `condition`, and not both".to_owned())),
    };
    Ok(TraitText { name, says, meaning: read.meaning })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_of_a_file_are_named() {
        let check = |file: &str, text: &str, expected: &str| {
            let error = parse(Path::new(file), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("traits/share.toml", "meaning = 'a share'\n", "`value = \"...\"`, or yes or no");
        check("traits/share.toml", "value = 'a'\ncondition = 'b'\n", "not both");
        check("traits/share.toml", "vlaue = 'a'\n", "line 1: unknown field `vlaue`");
        check("traits/share.toml", "value = 3\n", "line 1");
        check("traits/Big Share.toml", "value = 'a'\n", "such as `big_share`");
        check("traits/2nd.toml", "value = 'a'\n", "such as `nd`");
        let read = parse(Path::new("traits/share.toml"), "value = ' a / b '\nmeaning = 'a share'\n").unwrap();
        assert_eq!(read, TraitText { name: "share".to_owned(), says: Says::Value("a / b".to_owned()), meaning: "a share".to_owned() });
    }
}
