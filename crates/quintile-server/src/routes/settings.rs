//! Every setting and where it comes from; and the few that the page changes.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::SettingsChange;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    zone: Option<String>,
    currency: Option<String>,
    rfm_map: Option<String>,
}

/// `GET /api/v1/settings`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let config = ask.workspace()?.config(true).map_err(|error| ask.problem(&error))?;
    rows::answer(ask, "settings", &config)
}

/// `PUT /api/v1/settings`.
pub fn change(ask: &Ask) -> Result<Answered, Problem> {
    let ChangeSettings { zone, currency, rfm_map } = ask.json()?;
    let note = [("zone", &zone), ("currency", &currency), ("rfm.map", &rfm_map)]
        .into_iter()
        .filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} = {value}")))
        .collect::<Vec<_>>()
        .join(", ");
    ask.workspace()?.change_settings(&SettingsChange { zone, currency, rfm_map }).map_err(|error| ask.problem(&error))?;
    ask.audit("settings.changed", "quintile.toml", &note)?;
    let config = ask.workspace()?.config(true).map_err(|error| ask.problem(&error))?;
    Ok(answered::json(&rows::table(&config).map_err(|error| ask.problem(&error))?))
}
