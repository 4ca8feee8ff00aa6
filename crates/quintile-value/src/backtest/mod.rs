//! What each rule would have said at an earlier moment, against what came.
//!
//! At a cut, customers are known by their purchases up to that day; what they did in the days after it, up to a horizon, is the truth.
//! Models are fitted on what was known at the cut and on nothing else. Naive rules rank only; to give a probability they are calibrated
//! a horizon earlier, on an outcome that was known at the cut.

mod choice;
mod purchases;
mod rules;

pub use choice::{AGAIN_TO_CHOOSE, Choice, Cuts, choose, cuts};
pub use purchases::{Known, Purchases};
pub use rules::Rule;

use crate::bootstrap;
use crate::fit::TooLittle;
use crate::history::HistoryError;
use crate::purchasing::{Fitted, ModelName};
use crate::scores::{self, Calibrated, Counted};

/// A moment to look back at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The last day that is known.
    pub day: i32,
    /// Days after it that are looked at.
    pub horizon: u32,
}

/// Which customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Everybody with a purchase.
    All,
    /// With one purchase.
    Once,
    /// With two or more.
    Again,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 3] = [Group::All, Group::Once, Group::Again];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Group::All => "all",
            Group::Once => "one purchase",
            Group::Again => "two or more",
        }
    }

    fn holds(self, again: u32) -> bool {
        match self {
            Group::All => true,
            Group::Once => again == 0,
            Group::Again => again > 0,
        }
    }
}

/// How good a rule was at a cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The rule.
    pub rule: Rule,
    /// The customers it is scored on.
    pub group: Group,
    /// How many.
    pub customers: usize,
    /// How well it ranks those who did not come back; `None` where all did or none.
    pub auc: Option<f64>,
    /// How far its probabilities were from what happened; `None` where the rule has none.
    pub brier: Option<f64>,
    /// Its mean probability of silence.
    pub forecast: Option<f64>,
    /// The share that was silent.
    pub silent: f64,
    /// Forecast and truth by tenths of the customers.
    pub calibration: Vec<Calibrated>,
    /// Purchases forecast against purchases that came.
    pub purchases: Option<Counted>,
    /// The same by the purchases known at the cut; empty where the rule forecasts none.
    pub by_purchases: Vec<ByPurchases>,
}

/// What was forecast for customers who had bought equally often, and what came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ByPurchases {
    /// Purchases known at the cut; [`MOST_PURCHASES`] stands for as many and more.
    pub purchases: u32,
    /// How many customers.
    pub customers: usize,
    /// The mean number of purchases forecast for them.
    pub forecast: f64,
    /// The mean number that came.
    pub came: f64,
}

/// Customers of so many purchases and more are one class.
pub const MOST_PURCHASES: u32 = 8;

/// All rules at one cut.
#[derive(Debug, Clone)]
pub struct CutResult {
    /// The cut.
    pub cut: Cut,
    /// Each rule on each group.
    pub scores: Vec<Scored>,
    /// The models, as fitted at the cut.
    pub fitted: Vec<Fitted>,
    /// Models that could not be fitted, and why.
    pub missing: Vec<(ModelName, TooLittle)>,
    /// Probabilities of silence of each fitted model, beside whether there was silence and the purchases before: what cuts are chosen by.
    pub(crate) silence: Vec<(ModelName, Vec<f64>)>,
    pub(crate) outcomes: Vec<bool>,
    pub(crate) again: Vec<u32>,
}

/// Tenths of a calibration.
const TENTHS: usize = 10;

/// Scores every rule at one cut.
///
/// # Errors
/// Histories too large to hold.
pub fn at(purchases: &Purchases<'_>, cut: Cut, models: &[ModelName]) -> Result<CutResult, HistoryError> {
    let known = purchases.known(cut.day);
    let came = purchases.came(&known, cut);
    let outcomes: Vec<bool> = came.iter().map(|came| *came == 0.0).collect();
    let again: Vec<u32> = known.histories.iter().map(|history| history.again).collect();
    let mut result = CutResult { cut, scores: Vec::new(), fitted: Vec::new(), missing: Vec::new(), silence: Vec::new(), outcomes, again };
    for name in models {
        match rules::model(*name, &known, cut)? {
            Ok((fitted, said)) => {
                result.scores.extend(score(Rule::Model(*name), &said, &result.again, &result.outcomes, &came));
                result.silence.push((*name, said.probabilities.unwrap_or_default()));
                result.fitted.push(fitted);
            }
            Err(missing) => result.missing.push((*name, missing)),
        }
    }
    for rule in Rule::NAIVE {
        let said = rules::naive(rule, purchases, &known, cut);
        result.scores.extend(score(rule, &said, &result.again, &result.outcomes, &came));
    }
    Ok(result)
}

fn score(rule: Rule, said: &rules::Said, again: &[u32], silent: &[bool], came: &[f64]) -> Vec<Scored> {
    let of = |group: Group| {
        let places: Vec<usize> = (0..again.len()).filter(|place| group.holds(again[*place])).collect();
        let pick = |values: &[f64]| places.iter().map(|place| values[*place]).collect::<Vec<f64>>();
        let outcomes: Vec<bool> = places.iter().map(|place| silent[*place]).collect();
        let probabilities = said.probabilities.as_deref().map(pick);
        let customers = places.len();
        if customers == 0 {
            return None;
        }
        Some(Scored {
            rule,
            group,
            customers,
            auc: scores::auc(&pick(&said.scores), &outcomes),
            brier: probabilities.as_ref().and_then(|probabilities| scores::brier(probabilities, &outcomes)),
            forecast: probabilities.as_ref().map(|probabilities| probabilities.iter().sum::<f64>() / customers as f64),
            silent: outcomes.iter().filter(|silent| **silent).count() as f64 / customers as f64,
            calibration: probabilities.as_ref().map_or_else(Vec::new, |p| scores::calibration(p, &outcomes, TENTHS)),
            purchases: said.expected.as_deref().and_then(|expected| scores::counted(&pick(expected), &pick(came))),
            by_purchases: said.expected.as_deref().map_or_else(Vec::new, |expected| by_purchases(&places, again, expected, came)),
        })
    };
    Group::ALL.into_iter().filter_map(of).collect()
}

/// Means of the customers at some places, by the purchases known of them.
fn by_purchases(places: &[usize], again: &[u32], expected: &[f64], came: &[f64]) -> Vec<ByPurchases> {
    let mut classes = [(0_usize, 0.0, 0.0); MOST_PURCHASES as usize];
    for place in places {
        let class = &mut classes[(again[*place]).min(MOST_PURCHASES - 1) as usize];
        *class = (class.0 + 1, class.1 + expected[*place], class.2 + came[*place]);
    }
    (1..)
        .zip(classes)
        .filter(|(_, (customers, ..))| *customers > 0)
        .map(|(purchases, (customers, forecast, came))| ByPurchases {
            purchases,
            customers,
            forecast: forecast / customers as f64,
            came: came / customers as f64,
        })
        .collect()
}

/// Purchases of one customer in the next `time`, drawn from the model again and again: what one may see, and not only its mean.
pub fn simulated(model: &crate::Purchasing, seen: &crate::Seen, time: f64, draws: usize, seed: u64) -> Vec<u32> {
    let mut random = bootstrap::Random::of(seed, 1);
    (0..draws).map(|_| model.draw(seen, time, &mut random)).collect()
}
