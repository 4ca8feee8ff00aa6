//! A forecast as a file: `answers/forecasts/` of a project holds one for each moment it was made for.
//!
//! It holds what was said and all that is needed to see what came of it: the thresholds by which stages were drawn, the moves,
//! and the days its time ends on. What was said once stays: a forecast that could be made anew afterwards would be none.

use crate::Error;
use crate::workspace::Workspace;
use quintile_profile::ThresholdSettings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const FOLDER: &str = "forecasts";
/// Another shape has another number.
pub(super) const FORMAT: u32 = 1;

/// What was said of one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredForecast {
    /// Of this file.
    pub format: u32,
    /// The moment, in UTC; facts before it counted.
    pub as_of: String,
    /// The day of the moment, in the store's zone.
    pub on: String,
    /// When it was kept, in UTC; nothing of one that was not.
    pub kept: Option<String>,
    /// Did the store hold later facts already? Then it is a look back and no forecast, whatever it did not read.
    pub looks_back: bool,
    /// The store's zone.
    pub zone: String,
    /// The currency of money.
    pub currency: String,
    /// The newest commit that was read.
    pub version: u32,
    /// The settings it was made under.
    pub settings: String,
    /// The value model, where one stood.
    pub value_model: Option<String>,
    /// Did stages go by it?
    pub states_by_model: bool,
    /// By which thresholds stages were drawn.
    pub thresholds: StoredThresholds,
    /// Months over which spending is followed; 0 where the past was too short.
    pub horizon_months: u32,
    /// The moves.
    pub moves: Vec<StoredMove>,
}

/// Thresholds of stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredThresholds {
    pub usual_gap_days: Option<f64>,
    pub last_call_days: Option<f64>,
    pub loyal_window_days: Option<f64>,
    pub drifting: f64,
    pub risk: f64,
    pub inactive: f64,
    pub loyal_orders: u32,
}

/// What was said of one move. Money is in units of the currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredMove {
    pub stage: String,
    pub stage_name: String,
    /// The classes of the goal.
    pub goal: Vec<String>,
    pub goal_name: String,
    /// Customers in the stage.
    pub customers: u64,
    /// The share of the median month, and that of the best one of the season.
    pub usual_share: Option<f64>,
    pub best_share: Option<f64>,
    /// Customers who move within a calendar month if nothing is done.
    pub moves: f64,
    pub moves_low: f64,
    pub moves_high: f64,
    /// Customers who move in a month as good as the best.
    pub moves_best: Option<f64>,
    /// What a mover spends within the horizon more than a stayer.
    pub worth: Option<f64>,
    /// What those expected to move spend within the horizon more than as many who stay.
    pub money: Option<f64>,
    pub money_low: Option<f64>,
    pub money_high: Option<f64>,
    /// What the likely table promised of a month as good as the best.
    pub value: Option<f64>,
    pub value_low: Option<f64>,
    pub value_high: Option<f64>,
}

impl StoredThresholds {
    pub fn of(found: &ThresholdSettings) -> StoredThresholds {
        StoredThresholds {
            usual_gap_days: found.usual_gap_days,
            last_call_days: found.last_call_days,
            loyal_window_days: found.loyal_window_days,
            drifting: found.drifting,
            risk: found.risk,
            inactive: found.inactive,
            loyal_orders: found.loyal_orders,
        }
    }

    /// The same as settings; what decides no life stage stays.
    pub fn over(&self, settings: &ThresholdSettings) -> ThresholdSettings {
        ThresholdSettings {
            usual_gap_days: self.usual_gap_days,
            last_call_days: self.last_call_days,
            loyal_window_days: self.loyal_window_days,
            drifting: self.drifting,
            risk: self.risk,
            inactive: self.inactive,
            loyal_orders: self.loyal_orders,
            ..settings.clone()
        }
    }
}

impl Workspace {
    /// Keeps a forecast, unless one of that moment was kept before: that one stays. Which of them it is.
    pub(super) fn keep_stored_forecast(&self, forecast: &StoredForecast) -> Result<(PathBuf, bool), Error> {
        let folder = self.answers_folder().join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
        let name = format!("{}.json", forecast.as_of.replace(':', "-"));
        let path = folder.join(&name);
        if path.exists() {
            return Ok((path, false));
        }
        let text = serde_json::to_string_pretty(forecast).map_err(|error| Error::Answer(error.to_string()))?;
        self.keep_answer(&format!("{FOLDER}/{name}"), &format!("{text}\n"))?;
        Ok((path, true))
    }

    /// All that were kept, oldest moment first.
    pub(super) fn stored_forecasts(&self) -> Result<Vec<StoredForecast>, Error> {
        let folder = self.answers_folder().join(FOLDER);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(Error::File { doing: "read", path: folder, source }),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(Error::file("read", &folder))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            let broken = |why: String| Error::Settings { file: path.clone(), line: None, why: format!("{why}; delete the file") };
            let forecast: StoredForecast = serde_json::from_str(&text).map_err(|error| broken(format!("is no forecast ({error})")))?;
            if forecast.format != FORMAT {
                return Err(broken(format!("is a forecast of format {}, and this version reads {FORMAT}", forecast.format)));
            }
            if crate::instant(&forecast.as_of).is_none() {
                return Err(broken(format!("`{}` is no instant", forecast.as_of)));
            }
            all.push(forecast);
        }
        all.sort_by_key(|forecast| crate::instant(&forecast.as_of));
        Ok(all)
    }
}
