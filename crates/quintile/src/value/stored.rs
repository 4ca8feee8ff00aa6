//! A fitted value model as a file: `answers/value/` of a project holds one for each moment it was fitted for.
//!
//! A question as of a moment uses the newest that was fitted for that moment or an earlier one, so that no answer knows its own future.

use crate::{Error, Workspace};
use quintile_model::Instant;
use quintile_profile::{Lapse, Predictions};
use quintile_value::{ModelName, Purchasing, gamma_gamma};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that was fitted for one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredValueModel {
    /// Of this file.
    pub format: u32,
    /// The moment, in UTC; purchases before it count.
    pub as_of: String,
    /// The last day that counts, in the store's zone.
    pub until: String,
    /// The store's zone.
    pub zone: String,
    /// The currency of spending.
    pub currency: String,
    /// The newest commit that was read.
    pub version: u32,
    /// The settings it was fitted under.
    pub settings: String,
    /// The unit of time of all parameters: weeks of seven days.
    pub unit: String,
    /// Days in a unit.
    pub days_per_unit: f64,
    /// On what.
    pub fitted_on: FittedOn,
    /// The store's horizon.
    pub horizon: Horizon,
    /// The models of purchases.
    pub models: Vec<StoredPurchasing>,
    /// Models that were not fitted, and why.
    pub not_fitted: BTreeMap<String, String>,
    /// The model of spending.
    pub spending: Option<StoredSpending>,
    /// What the store's past says.
    pub backtest: Option<StoredBacktest>,
    /// What is used.
    pub choice: StoredChoice,
    /// Probabilities of silence above which a customer is at risk.
    pub at_risk: Option<AtRisk>,
    /// Spending expected in 365 days from which a customer is HIGH, and MEDIUM.
    pub tiers: Option<[f64; 2]>,
    /// Years over which residual value is counted.
    pub years: f64,
    /// The share by which a year counts for less.
    pub discount: f64,
    /// How intervals were found.
    pub intervals: String,
    /// Parameters of the model in use, drawn as uncertain as they are.
    pub draws: Vec<Vec<f64>>,
}

/// What a model was fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedOn {
    /// Customers with a purchase.
    pub customers: u64,
    /// Those with two or more.
    pub repeat_customers: u64,
    /// Purchases after the first.
    pub purchases_after_first: u64,
    /// Different histories.
    pub distinct_histories: u64,
    /// The first purchase of all.
    pub first_purchase: Option<String>,
    /// What a purchase is.
    pub purchase: String,
}

/// The days within which a customer of this store should have bought again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Horizon {
    /// Days.
    pub days: u32,
    /// How they were found.
    pub found: String,
}

/// A model of purchases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredPurchasing {
    /// Which.
    pub model: String,
    /// Parameters by name.
    pub parameters: BTreeMap<String, f64>,
    /// Their standard errors; nothing where one was not estimated.
    pub standard_errors: BTreeMap<String, Option<f64>>,
    /// Their order in the two below.
    pub order: Vec<String>,
    /// Covariance of the parameters.
    pub covariance: Vec<Vec<f64>>,
    /// Covariance of their logarithms.
    pub covariance_of_logarithms: Vec<Vec<f64>>,
    /// The sum over customers.
    pub log_likelihood: f64,
    /// The model it is equal to, and whose parameters these are, where nobody leaves: `nbd`.
    pub equals: Option<String>,
    /// The simpler model it has run into.
    pub limit: Option<String>,
    /// The same in words.
    pub limit_meaning: Option<String>,
}

impl StoredPurchasing {
    /// The model whose parameters these are.
    fn name(&self) -> Option<ModelName> {
        ModelName::named(self.equals.as_deref().unwrap_or(&self.model))
    }
}

/// The model of spending.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredSpending {
    /// Which.
    pub model: String,
    /// Parameters by name; `gamma` is money.
    pub parameters: BTreeMap<String, f64>,
    /// Their standard errors.
    pub standard_errors: BTreeMap<String, Option<f64>>,
    /// Covariance of the logarithms of `p`, `q` and `gamma`.
    pub covariance_of_logarithms: Vec<Vec<f64>>,
    /// The sum over customers.
    pub log_likelihood: f64,
    /// Customers with a second purchase of more than nothing.
    pub customers: u64,
    /// Customers left out.
    pub left_out: u64,
    /// The mean purchase of all.
    pub mean_purchase: Option<f64>,
    /// Of the number of purchases with their mean value.
    pub correlation: Option<f64>,
    /// The simpler model it has run into.
    pub limit: Option<String>,
    /// The same in words.
    pub limit_meaning: Option<String>,
}

/// What the past says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredBacktest {
    /// The last days that were known.
    pub cuts: Vec<String>,
    /// Days looked at after each.
    pub horizon_days: u32,
    /// Customers looked at; of very many a part.
    pub customers: u64,
    /// Mean Brier scores over all customers, best first.
    pub brier: Vec<(String, f64)>,
    /// Every rule that was compared.
    pub rules: Vec<StoredRule>,
    /// How the model in use did at the latest cut.
    pub latest: Option<StoredForecast>,
}

/// How a rule did on all customers: means over the cuts, and sums of orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredRule {
    /// Which.
    pub rule: String,
    /// How well it ranks who stays away.
    pub auc: Option<f64>,
    /// The same among customers of two purchases or more.
    pub auc_again: Option<f64>,
    /// How far its probabilities lie from what happened.
    pub brier: Option<f64>,
    /// The same in tenths of the customers.
    pub calibration_error: Option<f64>,
    /// Orders forecast.
    pub orders_forecast: Option<f64>,
    /// Orders that came.
    pub orders_came: Option<f64>,
    /// The mean distance of a customer's orders from what was forecast.
    pub mean_error: Option<f64>,
}

/// Forecast and truth at one cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredForecast {
    /// The last day that was known.
    pub cut: String,
    /// By which rule.
    pub rule: String,
    /// Silence by tenths of the customers, the least likely first.
    pub tenths: Vec<StoredTenth>,
    /// Orders by the purchases that were known.
    pub by_purchases: Vec<StoredByPurchases>,
}

/// A tenth of the customers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoredTenth {
    /// How many they are.
    pub customers: u64,
    /// Their mean probability of silence.
    pub forecast: f64,
    /// The share of them who were silent.
    pub happened: f64,
}

/// Customers of equally many purchases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StoredByPurchases {
    /// Purchases known at the cut; the last class holds those of more as well.
    pub purchases: u32,
    /// How many customers.
    pub customers: u64,
    /// Mean orders forecast.
    pub forecast: f64,
    /// Mean orders that came.
    pub came: f64,
}

/// What is used, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredChoice {
    /// The rule that sorts customers into states.
    pub rule: String,
    /// The model behind the predicted columns.
    pub model: Option<String>,
    /// `backtest`, `hand` or `default`.
    pub by: String,
    /// In words.
    pub because: String,
}

/// Cuts of P(no purchase in the horizon).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AtRisk {
    /// With one purchase.
    pub once: f64,
    /// With two or more.
    pub again: f64,
}

/// Of the files.
pub(super) const FORMAT: u32 = 2;
const FOLDER: &str = "value";

impl StoredValueModel {
    /// The model behind the predicted columns.
    pub fn purchasing(&self) -> Option<Purchasing> {
        let stored = self.in_use()?;
        let values: Vec<f64> = stored.order.iter().filter_map(|name| stored.parameters.get(name).copied()).collect();
        Purchasing::with_parameters(stored.name()?, &values)
    }

    /// The same as it is stored.
    pub fn in_use(&self) -> Option<&StoredPurchasing> {
        let name = self.choice.model.as_deref()?;
        self.models.iter().find(|model| model.model == name)
    }

    /// The same with parameters as uncertain as they are.
    pub(super) fn drawn(&self) -> Vec<Purchasing> {
        let name = self.in_use().and_then(StoredPurchasing::name);
        self.draws.iter().filter_map(|values| Purchasing::with_parameters(name?, values)).collect()
    }

    /// The model of spending in a currency.
    pub(super) fn spending_in(&self, currency: &str) -> Option<gamma_gamma::Params> {
        let spending = self.spending.as_ref().filter(|_| self.currency == currency)?;
        let of = |name: &str| spending.parameters.get(name).copied();
        Some(gamma_gamma::Params { p: of("p")?, q: of("q")?, gamma: of("gamma")? })
    }

    /// What a profile needs of it.
    pub(super) fn predictions(&self, currency: &str) -> Option<Predictions> {
        let spending = self.spending_in(currency);
        Some(Predictions {
            purchasing: self.purchasing()?,
            spending,
            shows_alive: self.in_use()?.limit.as_deref() != Some(quintile_value::Limit::NobodyLeaves.name()),
            horizon_days: self.horizon.days,
            years: self.years,
            discount: self.discount,
            tiers: self.tiers.filter(|_| spending.is_some()),
            lapse: self.at_risk.map(|AtRisk { once, again }| Lapse { once, again }),
        })
    }

    /// In a few words, for what rests on it.
    pub(super) fn shown(&self) -> String {
        format!("{} fitted through {}", self.choice.model.as_deref().unwrap_or("no model"), self.until)
    }
}

impl Workspace {
    fn value_folder(&self) -> PathBuf {
        self.answers_folder().join(FOLDER)
    }

    /// Keeps a model; one of the same moment is replaced.
    pub(super) fn keep_value_model(&self, model: &StoredValueModel) -> Result<PathBuf, Error> {
        let folder = self.value_folder();
        std::fs::create_dir_all(&folder).map_err(Error::file("write", &folder))?;
        let name = format!("{}.json", model.as_of.replace(':', "-"));
        let text = serde_json::to_string_pretty(model).map_err(|error| Error::Answer(error.to_string()))?;
        self.keep_answer(&format!("{FOLDER}/{name}"), &format!("{text}\n"))?;
        Ok(folder.join(name))
    }

    /// The newest model fitted for a moment or an earlier one; `None` where none was.
    pub(crate) fn value_model(&self, at: Instant) -> Result<Option<StoredValueModel>, Error> {
        let folder = self.value_folder();
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::File { doing: "read", path: folder, source }),
        };
        let mut newest: Option<(Instant, StoredValueModel)> = None;
        for entry in entries {
            let path = entry.map_err(Error::file("read", &folder))?.path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
            let broken = |why: String| Error::Settings {
                file: path.clone(),
                line: None,
                why: format!("{why}; fit it again with `quintile value fit`, or delete the file"),
            };
            let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| broken(format!("is no value model ({error})")))?;
            if let Some(format) = value["format"].as_u64().filter(|format| *format != u64::from(FORMAT)) {
                return Err(broken(format!("is a value model of format {format}, and this version reads {FORMAT}")));
            }
            let model: StoredValueModel = serde_json::from_value(value).map_err(|error| broken(format!("is no value model ({error})")))?;
            let fitted = crate::instant(&model.as_of).ok_or_else(|| broken(format!("`{}` is no instant", model.as_of)))?;
            if fitted <= at && newest.as_ref().is_none_or(|(known, _)| *known < fitted) {
                newest = Some((fitted, model));
            }
        }
        Ok(newest.map(|(_, model)| model))
    }
}
