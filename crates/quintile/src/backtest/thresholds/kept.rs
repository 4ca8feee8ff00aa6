//! Thresholds that are suggested, fixed in the settings file.

use super::Suggestion;
use crate::settings::{self, Settings};
use crate::workspace::Workspace;
use crate::{Error, Overrides};
use toml_edit::{DocumentMut, Item, Table, value};

impl Workspace {
    /// Writes what is suggested into the settings file; comments and everything else in it stay. What was written.
    pub fn keep_thresholds(&self, suggestion: &Suggestion) -> Result<Vec<String>, Error> {
        let file = self.root().join(settings::FILE);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let kept = [("risk", suggestion.risk), ("inactive", suggestion.inactive)];
        let kept: Vec<(&str, f64)> = kept.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let changed = with_thresholds(&text, &kept).map_err(|why| Error::Settings { file: file.clone(), line: None, why })?;
        // What could not be read again is not written.
        Settings::of_text(&changed, &file, &Overrides::default())?;
        self.write_settings(&changed)?;
        Ok(kept.into_iter().map(|(name, value)| format!("{name} = {value}")).collect())
    }
}

/// The settings with some thresholds fixed.
fn with_thresholds(text: &str, kept: &[(&str, f64)]) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let section = document.entry("thresholds").or_insert_with(|| Item::Table(Table::new()));
    let section = section.as_table_like_mut().ok_or("`thresholds` is no section")?;
    for (name, number) in kept {
        section.insert(name, value(*number));
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_go_into_the_file_and_everything_else_stays() {
        let text = "# ours\nzone = 'UTC' # always\n\n[thresholds] # by hand\n# risk = 2.0\ndrifting = 1.25 # ours\n";
        let changed = with_thresholds(text, &[("risk", 2.5), ("inactive", 6.0)]).unwrap();
        for kept in ["# ours\n", "zone = 'UTC' # always\n", "[thresholds] # by hand\n", "# risk = 2.0\n", "drifting = 1.25 # ours\n"] {
            assert!(changed.contains(kept), "{changed}");
        }
        let settings = Settings::of_text(&changed, std::path::Path::new("quintile.toml"), &Overrides::default()).unwrap();
        assert_eq!((settings.thresholds.risk, settings.thresholds.inactive, settings.thresholds.drifting), (2.5, 6.0, 1.25));
        assert!(with_thresholds("thresholds = 3", &[("risk", 1.0)]).is_err());
    }
}
