//! Every setting and where it comes from; and the few that the page changes.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::SettingsChange;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    zone: Option<String>,
    currency: Option<String>,
    rfm_map: Option<String>,
    /// `null` takes a threshold out of the file.
    #[serde(default)]
    thresholds: BTreeMap<String, Option<f64>>,
}

/// `GET /api/v1/settings`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let config = ask.workspace()?.config(true).map_err(|error| ask.problem(&error))?;
    rows::answer(ask, "settings", &config)
}

/// `PUT /api/v1/settings`.
pub fn change(ask: &Ask) -> Result<Answered, Problem> {
    let ChangeSettings { zone, currency, rfm_map, thresholds } = ask.json()?;
    let texts = [("zone", &zone), ("currency", &currency), ("rfm.map", &rfm_map)];
    let numbers = thresholds.iter().map(|(name, value)| match value {
        Some(value) => format!("thresholds.{name} = {value}"),
        None => format!("thresholds.{name} taken out"),
    });
    let note = texts
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} = {value}")))
        .chain(numbers)
        .collect::<Vec<_>>()
        .join(", ");
    ask.workspace()?.change_settings(&SettingsChange { zone, currency, rfm_map, thresholds }).map_err(|error| ask.problem(&error))?;
    ask.audit("settings.changed", "quintile.toml", &note)?;
    let config = ask.workspace()?.config(true).map_err(|error| ask.problem(&error))?;
    Ok(answered::json(&rows::table(&config).map_err(|error| ask.problem(&error))?))
}
