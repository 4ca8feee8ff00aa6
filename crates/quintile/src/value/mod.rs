//! What customers will probably still buy, by value models fitted on the store's own purchases.
//!
//! | file | what |
//! | --- | --- |
//! | `facts` | the purchases of every customer up to a moment |
//! | `fit` | fits, chooses by the store's past, keeps |
//! | `told` | a fit as a table, and in words |
//! | `stored` | what was kept, in `answers/value/` |
//! | `show` | what the whole store is expected to do |
//! | `backtest` | what each rule would have said earlier, against what came |
//! | `customer` | one customer, with intervals |
//!
//! The statistics are in `quintile-value`; here is only what joins them with a store.

mod backtest;
mod customer;
mod facts;
mod fit;
mod show;
mod stored;
mod told;

pub use backtest::BacktestAsk;
pub use customer::CustomerValue;
pub use stored::*;

use crate::settings::StatesBy;
use crate::table::Answer;
use crate::{Error, Header, When, Workspace};
use quintile_model::nearest::nearest;
use quintile_profile::Predictions;
use quintile_value::ModelName;
use std::sync::Arc;

/// Ticks of the models are days, and their parameters are told in weeks.
const DAYS_PER_WEEK: f64 = 7.0;

/// A fit that is asked for.
#[derive(Debug, Clone)]
pub struct ValueFitAsk {
    /// The moment.
    pub when: When,
    /// One model by name; all of them, and the best by the store's past, where none is named.
    pub model: Option<String>,
    /// The horizon, in days; found from the store's gaps where it is not given.
    pub horizon_days: Option<u32>,
    /// Years over which residual value is counted.
    pub years: f64,
    /// The share by which a year counts for less.
    pub discount: f64,
}

impl Default for ValueFitAsk {
    fn default() -> Self {
        ValueFitAsk { when: When::default(), model: None, horizon_days: None, years: 3.0, discount: 0.1 }
    }
}

/// A fit.
#[derive(Debug, Clone)]
pub struct ValueFit {
    /// What it holds for.
    pub header: Header,
    /// All that was found.
    pub stored: StoredValueModel,
    /// The one model that was asked for.
    pub asked: Option<String>,
    /// As a table of parameters.
    pub answer: Answer,
}

impl ValueFit {
    /// As one JSON object: of the one model that was asked for, else of all.
    pub fn json(&self) -> Result<serde_json::Value, Error> {
        let broken = |error: serde_json::Error| Error::Answer(error.to_string());
        let mut whole = serde_json::to_value(&self.stored).map_err(broken)?;
        let mut object = serde_json::Map::new();
        object.insert("header".into(), serde_json::to_value(&self.header).map_err(broken)?);
        if let Some(asked) = &self.asked {
            let model = match whole["models"].as_array().and_then(|models| models.iter().find(|model| model["model"] == asked.as_str())) {
                Some(model) => model.clone(),
                None => whole["spending"].take(),
            };
            if let serde_json::Value::Object(model) = model {
                object.extend(model);
            } else {
                let why = whole["not_fitted"][asked.as_str()].take();
                object.insert("model".into(), asked.as_str().into());
                object.insert("not_fitted".into(), why);
            }
            for key in ["unit", "days_per_unit", "until", "fitted_on", "horizon", "choice"] {
                object.insert(key.into(), whole[key].take());
            }
        } else if let serde_json::Value::Object(whole) = whole {
            object.extend(whole.into_iter().filter(|(key, _)| key != "draws"));
        }
        Ok(serde_json::Value::Object(object))
    }
}

/// A model of purchases by its name.
fn model_named(name: &str) -> Result<ModelName, Error> {
    ModelName::named(name).ok_or_else(|| {
        let known: Vec<&str> = ModelName::ALL.iter().map(|model| model.as_str()).chain([fit::SPENDING]).collect();
        let near = nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
        Error::Usage(format!("no value model `{name}`{near}; there are {}", known.join(", ")))
    })
}

/// A value model that a profile rests on.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub predictions: Arc<Predictions>,
    pub shown: String,
    /// Why states go by gaps although a model stands; `None` where it decides them.
    pub gaps_because: Option<String>,
}

impl Workspace {
    /// The model that answers as of a moment rest on; `None` where none was fitted for it.
    pub(crate) fn predictions(&self, at: quintile_model::Instant, currency: &str) -> Result<Option<InForce>, Error> {
        let Some(model) = self.value_model(at)? else { return Ok(None) };
        let Some(mut predictions) = model.predictions(currency) else { return Ok(None) };
        let gaps_because = match (self.settings.states, &predictions.lapse) {
            (StatesBy::Model, Some(_)) => None,
            (StatesBy::Model, None) => Some(model.choice.because.clone()),
            (StatesBy::Gaps, _) => Some("set in quintile.toml".to_owned()),
        };
        predictions.lapse = predictions.lapse.filter(|_| gaps_because.is_none());
        Ok(Some(InForce { predictions: Arc::new(predictions), shown: model.shown(), gaps_because }))
    }

    /// The model of a moment, or an error that says how to get one.
    fn fitted_model(&self, at: quintile_model::Instant, shown: &str) -> Result<StoredValueModel, Error> {
        self.value_model(at)?.ok_or_else(|| Error::NoValueModel { as_of: shown.to_owned() })
    }
}
