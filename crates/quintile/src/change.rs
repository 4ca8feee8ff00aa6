//! Settings, changed in their file: comments and everything else in it stay as they are.

use crate::settings::{self, Settings};
use crate::workspace::Workspace;
use crate::{Error, Overrides};
use quintile_model::nearest::nearest;
use std::collections::BTreeMap;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

/// What is to be changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingsChange {
    /// The store's time zone.
    pub zone: Option<String>,
    /// The reporting currency.
    pub currency: Option<String>,
    /// The RFM map, by its id in the catalogue.
    pub rfm_map: Option<String>,
    /// Thresholds by their names in `[thresholds]`; `None` takes one out, so that it comes from the data again, or is the usual one.
    pub thresholds: BTreeMap<String, Option<f64>>,
}

/// When what is done by itself is to be done, and whom reports are mailed to. What is `None` is not done any more. The watched folder
/// and the mail server are for whoever has the file at hand: by them files of the machine could be read, and a password sent elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScheduleChange {
    /// When the day's answers are computed.
    pub nightly: Option<String>,
    /// When the report is made.
    pub report: Option<String>,
    /// Is it made when the watched folder brought something new?
    pub report_when_ready: bool,
    /// Who gets it.
    pub mail_to: Vec<String>,
}

/// Thresholds that are numbers, by their names in `[thresholds]`.
pub const THRESHOLDS: [&str; 11] = [
    "usual_gap_days",
    "last_call_days",
    "drifting",
    "risk",
    "inactive",
    "loyal_orders",
    "loyal_window_days",
    "promising",
    "loyalist_orders",
    "big_spender_percentile",
    "new_percentile",
];

impl Workspace {
    /// Writes another schedule into `quintile.toml`.
    pub fn change_schedule(&self, change: &ScheduleChange) -> Result<(), Error> {
        self.rewrite_settings(|text| rescheduled(text, change))
    }

    /// Writes changes into `quintile.toml`. They hold for whoever opens the project from now on.
    pub fn change_settings(&self, change: &SettingsChange) -> Result<(), Error> {
        let currency = change.currency.as_deref().map(|code| settings::currency_code(code).map_err(Error::Usage)).transpose()?;
        if let Some(map) = &change.rfm_map {
            self.catalog.rfm_map(map).map_err(|error| Error::Usage(error.to_string()))?;
        }
        if let Some(name) = change.thresholds.keys().find(|name| !THRESHOLDS.contains(&name.as_str())) {
            let meant = nearest(name, THRESHOLDS.into_iter()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            return Err(Error::Usage(format!("there is no threshold `{name}`{meant}")));
        }
        if let Some((name, value)) =
            change.thresholds.iter().find(|(_, value)| value.is_some_and(|value| !value.is_finite() || value <= 0.0))
        {
            return Err(Error::Usage(format!("`{name}` is {}; a threshold is above nought", value.unwrap_or_default())));
        }
        let change = SettingsChange { currency, ..change.clone() };
        self.rewrite_settings(|text| changed(text, &change))
    }

    fn rewrite_settings(&self, change: impl FnOnce(&str) -> Result<String, String>) -> Result<(), Error> {
        let file = self.root().join(settings::FILE);
        let text = std::fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let changed = change(&text).map_err(|why| Error::Settings { file: file.clone(), line: None, why })?;
        // What could not be read again is not written.
        Settings::of_text(&changed, &file, &Overrides::default()).map_err(|error| match error {
            Error::Settings { why, .. } => Error::Usage(why),
            other => other,
        })?;
        self.write_settings(&changed)
    }
}

fn changed(text: &str, change: &SettingsChange) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    set(document.as_table_mut(), "zone", change.zone.as_deref());
    set(document.as_table_mut(), "currency", change.currency.as_deref());
    if let Some(map) = &change.rfm_map {
        set(section(&mut document, "rfm")?, "map", Some(map.as_str()));
    }
    for (name, number) in &change.thresholds {
        match number {
            // Counts and percentiles are whole, and days may be.
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
                set(section(&mut document, "thresholds")?, name, Some(*number as i64))
            }
            Some(number) => set(section(&mut document, "thresholds")?, name, Some(*number)),
            None => drop(document.get_mut("thresholds").and_then(Item::as_table_like_mut).and_then(|section| section.remove(name))),
        }
    }
    Ok(document.to_string())
}

fn rescheduled(text: &str, change: &ScheduleChange) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let schedule = document.entry("schedule").or_insert_with(|| Item::Table(Table::new()));
    let schedule = schedule.as_table_like_mut().ok_or("`schedule` is no section")?;
    let mut set = |name: &str, new: Option<Item>| match new {
        Some(new) => drop(schedule.insert(name, new)),
        None => drop(schedule.remove(name)),
    };
    set("nightly", change.nightly.as_deref().map(value));
    set("report", change.report.as_deref().map(value));
    set("report-when-ready", change.report_when_ready.then(|| value(true)));
    set("mail-to", (!change.mail_to.is_empty()).then(|| value(change.mail_to.iter().collect::<Array>())));
    Ok(document.to_string())
}

fn section<'a>(document: &'a mut DocumentMut, name: &str) -> Result<&'a mut dyn TableLike, String> {
    let section = document.entry(name).or_insert_with(|| Item::Table(Table::new()));
    section.as_table_like_mut().ok_or_else(|| format!("`{name}` is no section"))
}

fn set(table: &mut dyn TableLike, name: &str, new: Option<impl Into<Value>>) {
    let Some(new) = new else { return };
    match table.get_mut(name) {
        // The comment behind a value stays where it is.
        Some(Item::Value(old)) => {
            let decor = old.decor().clone();
            *old = new.into();
            *old.decor_mut() = decor;
        }
        _ => drop(table.insert(name, value(new))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_all_else_in_the_file() {
        let some = |text: &str| Some(text.to_owned());
        let text = "# ours\nzone = 'UTC' # always\n\n[thresholds]\nrisk = 2.5\n";
        let change =
            SettingsChange { zone: some("Europe/Berlin"), currency: some("EUR"), rfm_map: some("ten"), ..SettingsChange::default() };
        let after = changed(text, &change).unwrap();
        assert!(after.starts_with("# ours\nzone = \"Europe/Berlin\" # always\ncurrency = \"EUR\"\n"), "{after}");
        assert!(after.contains("[thresholds]\nrisk = 2.5\n") && after.contains("[rfm]\nmap = \"ten\"\n"), "{after}");
        assert_eq!(changed(text, &SettingsChange::default()).unwrap(), text);
        assert!(changed("rfm = 3\n", &change).is_err());
    }

    #[test]
    fn a_schedule_replaces_the_one_before_and_nothing_else() {
        let text = "zone = 'UTC'\n\n[schedule] # ours\nwatch = 'incoming' # by the exporter\nnightly = '02:00'\n\n[mail]\nserver = 'x'\n";
        let some = |text: &str| Some(text.to_owned());
        let change = ScheduleChange { report: some("monday 07:00"), mail_to: vec!["a@b.example".to_owned()], ..ScheduleChange::default() };
        let after = rescheduled(text, &change).unwrap();
        let schedule = "[schedule] # ours\nwatch = 'incoming' # by the exporter\nreport = \"monday 07:00\"\nmail-to = [\"a@b.example\"]\n";
        assert_eq!(after, format!("zone = 'UTC'\n\n{schedule}\n[mail]\nserver = 'x'\n"));
        let none = rescheduled(&after, &ScheduleChange::default()).unwrap();
        assert!(none.contains("[schedule] # ours\nwatch = 'incoming' # by the exporter\n\n[mail]"), "{none}");
        assert!(rescheduled("schedule = 3\n", &change).is_err());
    }

    #[test]
    fn thresholds_are_set_and_taken_out_again() {
        let change = |thresholds: &[(&str, Option<f64>)]| SettingsChange {
            thresholds: thresholds.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            ..SettingsChange::default()
        };
        let text = "zone = 'UTC'\n\n[thresholds]\nrisk = 2.5 # by hand\n";
        let after = changed(text, &change(&[("risk", Some(3.0)), ("inactive", Some(4.5)), ("usual_gap_days", None)])).unwrap();
        assert_eq!(after, "zone = 'UTC'\n\n[thresholds]\nrisk = 3 # by hand\ninactive = 4.5\n");
        assert_eq!(changed("zone = 'UTC'\n", &change(&[("risk", None)])).unwrap(), "zone = 'UTC'\n");
        assert_eq!(changed(&after, &change(&[("risk", None), ("inactive", None)])).unwrap(), "zone = 'UTC'\n\n[thresholds]\n");
        let settings = |text: &str| Settings::of_text(text, std::path::Path::new("quintile.toml"), &Overrides::default());
        for name in THRESHOLDS {
            let text = changed(text, &change(&[(name, Some(3.0))])).unwrap();
            let listed = settings(&text).unwrap().listed();
            let value = listed.iter().find(|(known, ..)| *known == format!("thresholds.{name}")).map(|(_, value, _)| value.clone());
            assert_eq!(value.as_deref(), Some("3"), "{name}");
        }
    }
}
