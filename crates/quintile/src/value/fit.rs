//! Fitting value models on all purchases up to a moment, choosing one by the store's own past, and keeping what was found.

use super::facts::{PurchaseFacts, SomePurchases, some_of};
use super::stored::*;
use super::told::{notes, table};
use super::{DAYS_PER_WEEK, ValueFit, ValueFitAsk};
use crate::header::counted;
use crate::months::whole;
use crate::table::Answer;
use crate::{Error, Workspace};
use quintile_model::time::StoreZone;
use quintile_value::backtest::{self, Choice, Cut, CutResult, Group, Known, Rule, Scored};
use quintile_value::fit::CUSTOMERS_NEEDED;
use quintile_value::gamma_gamma::{self, Spending};
use quintile_value::scores::{Calibrated, Counted};
use quintile_value::{Ahead, Fitted, Histories, Limit, ModelName, Purchasing, bootstrap};
use rayon::prelude::*;

/// Models that are fitted and compared; the NBD is what the others become where nobody leaves.
pub(super) const COMPARED: [ModelName; 3] = [ModelName::MbgNbd, ModelName::BgNbd, ModelName::ParetoNbd];
/// `r` and `alpha`.
const NBD_PARAMETERS: usize = 2;
/// The model of spending, by name.
pub(super) const SPENDING: &str = "gamma-gamma";
/// Cuts of a backtest, a horizon apart.
pub(super) const CUTS: i32 = 3;
/// Resampled populations behind an interval.
const DRAWS: usize = 100;
/// Customers of a backtest: of more, one in so many is looked at, and a Brier score is known to a thousandth all the same.
pub(super) const MOST_LOOKED_BACK_AT: usize = 100_000;
/// More different histories than this are not fitted a hundred times; draws are then normal by the errors of the fit.
const MOST_RESAMPLED: usize = 20_000;
/// Random numbers are the same at every fit of the same facts.
const SEED: u64 = 20_050_415;

impl Workspace {
    /// Fits, chooses and keeps.
    pub fn value_fit(&self, ask: &ValueFitAsk) -> Result<ValueFit, Error> {
        let by_hand = match ask.model.as_deref() {
            None | Some(SPENDING) => None,
            Some(name) => Some(super::model_named(name)?),
        };
        let stand = self.stand(&ask.when)?;
        let (as_of, settings, version) = (stand.as_of.clone(), stand.header.settings.clone(), stand.header.version);
        let facts = self.purchase_facts(stand)?;
        let known = facts.purchases().known(facts.last_day);
        let histories = histories(&known)?;
        let horizon = ask.horizon_days.map_or_else(|| horizon(&facts), |days| Horizon { days, found: "given by hand".to_owned() });
        self.go_on()?;
        let (spending, no_spending) = spending(&facts, &known);
        let mut stored = StoredValueModel {
            format: FORMAT,
            as_of: as_of.instant.to_iso(),
            until: StoreZone::date_of(facts.last_day).to_string(),
            zone: as_of.zone.name().to_owned(),
            currency: facts.header.currency.clone(),
            version,
            settings,
            unit: "week".to_owned(),
            days_per_unit: DAYS_PER_WEEK,
            fitted_on: fitted_on(&facts, &histories),
            horizon,
            models: Vec::new(),
            not_fitted: no_spending.map(|why| (SPENDING.to_owned(), why)).into_iter().collect(),
            spending,
            backtest: None,
            choice: StoredChoice { rule: "own-gaps".into(), model: None, by: "default".into(), because: String::new() },
            at_risk: None,
            tiers: None,
            years: ask.years,
            discount: ask.discount,
            intervals: String::new(),
            draws: Vec::new(),
        };
        let mut fits: Vec<Fitted> = Vec::new();
        let wanted: Vec<ModelName> = match by_hand {
            Some(name) if !COMPARED.contains(&name) => COMPARED.into_iter().chain([name]).collect(),
            Some(_) | None => COMPARED.to_vec(),
        };
        let pool = self.pool()?;
        let found: Vec<_> = pool.install(|| wanted.into_par_iter().map(|name| (name, Purchasing::fit(name, &histories))).collect());
        for (name, found) in found {
            match found {
                Ok(fitted) => fits.push(fitted),
                Err(missing) => {
                    stored.not_fitted.insert(name.as_str().to_owned(), missing.to_string());
                }
            }
        }
        self.go_on()?;
        stored.models = fits.iter().map(stored_purchasing).collect();
        let results = self.rolling(&facts, stored.horizon.days)?;
        let choice = backtest::choose(&results);
        stored.choice = chosen(by_hand, choice.as_ref(), &stored);
        stored.backtest = choice.as_ref().map(|choice| stored_backtest(choice, &results, &stored.choice));
        let used = fits.iter().find(|fitted| Some(fitted.model.name().as_str()) == stored.choice.model.as_deref());
        if let Some(fitted) = used {
            // Where nobody leaves, being late says nothing to the model, and it cannot tell who is at risk.
            if stored.choice.rule == fitted.model.name().as_str() && fitted.limit != Some(Limit::NobodyLeaves) {
                stored.at_risk = backtest::cuts(&results, fitted.model.name()).map(|backtest::Cuts { once, again }| AtRisk { once, again });
            }
            (stored.draws, stored.intervals) = pool.install(|| draws(fitted, &histories));
            stored.tiers = pool.install(|| tiers(&stored, &fitted.model, &histories, &known, &facts));
        }
        let keeps = ask.model.as_deref() != Some(SPENDING) && used.is_some();
        let kept = if keeps { Some(self.keep_value_model(&stored)?) } else { None };
        let mut header = facts.header;
        // It was read before this model stood, or under an older one.
        header.value_model = None;
        let answer = Answer::new(header.clone(), table(&stored, ask.model.as_deref()), notes(&stored, kept.is_some()))?;
        Ok(ValueFit { header, stored, asked: ask.model.clone(), answer })
    }

    fn pool(&self) -> Result<rayon::ThreadPool, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.settings.threads).build();
        pool.map_err(|error| Error::Answer(error.to_string()))
    }

    /// Every rule at cuts a horizon apart, back from the last day on which a horizon was over; of very many customers on a part of them.
    pub(super) fn rolling(&self, facts: &PurchaseFacts, horizon: u32) -> Result<Vec<CutResult>, Error> {
        let Some((first, _)) = facts.purchases().span() else { return Ok(Vec::new()) };
        let some = some_of(&facts.purchases(), MOST_LOOKED_BACK_AT);
        let looked_at = some.as_ref().map_or_else(|| facts.purchases(), SomePurchases::purchases);
        let mut cuts = Vec::new();
        for back in 1..=CUTS {
            let day = facts.last_day - back * horizon as i32;
            // A naive rule is calibrated a horizon before the cut.
            if day - first < horizon as i32 || looked_at.known(day).customers.len() < CUSTOMERS_NEEDED {
                break;
            }
            cuts.push(Cut { day, horizon });
        }
        let at = |cut: Cut| {
            self.go_on()?;
            backtest::at(&looked_at, cut, &COMPARED).map_err(too_large)
        };
        let results = self.pool()?.install(|| cuts.into_par_iter().map(at).collect::<Result<Vec<_>, Error>>())?;
        Ok(results)
    }
}

pub(super) fn histories(known: &Known) -> Result<Histories, Error> {
    Histories::new(&known.histories, DAYS_PER_WEEK).map_err(too_large)
}

pub(super) fn too_large(error: quintile_value::HistoryError) -> Error {
    Error::Answer(error.to_string())
}

fn fitted_on(facts: &PurchaseFacts, histories: &Histories) -> FittedOn {
    let (repeat, purchases) = histories.again();
    FittedOn {
        customers: histories.customers() as u64,
        repeat_customers: repeat as u64,
        purchases_after_first: purchases as u64,
        distinct_histories: histories.distinct() as u64,
        first_purchase: facts.purchases().span().map(|(first, _)| StoreZone::date_of(first).to_string()),
        purchase: "a day with at least one order that counts".to_owned(),
    }
}

/// Four fifths of the gaps have ended by then; where so many have never been seen to end, of those that end within what was seen.
pub(super) fn horizon(facts: &PurchaseFacts) -> Horizon {
    let gaps = facts.purchases().gaps(facts.last_day);
    let of = whole(gaps.completed() + gaps.open());
    let seen = gaps.most_seen();
    let (days, how) = match gaps.percentile(0.8) {
        Some(days) => (days, format!("the day by which four fifths of customers have bought again (Kaplan-Meier, of {of} gaps)")),
        None => match gaps.percentile(0.8 * seen) {
            Some(days) if seen > 0.0 => (
                days,
                format!(
                    "the day by which four fifths of those ever seen to buy again have (Kaplan-Meier, of {of} gaps; {:.0} % are seen to)",
                    seen * 100.0
                ),
            ),
            Some(_) | None => (90, "assumed: nobody has bought twice".to_owned()),
        },
    };
    let history = facts.purchases().span().map_or(0, |(first, _)| facts.last_day.abs_diff(first));
    let weeks = days.div_ceil(7) * 7;
    // Two horizons must fit into the past for a backtest, and beyond a year no forecast is checked soon enough to be of use.
    let most = (history / 3 / 7 * 7).clamp(28, 364);
    let (days, bound) = match weeks {
        0..28 => (28, ", raised to four weeks"),
        _ if weeks > most => (most, ", held to a third of the history and to a year"),
        _ => (weeks, ", in whole weeks"),
    };
    Horizon { days, found: format!("{how}{bound}") }
}

fn spending(facts: &PurchaseFacts, known: &Known) -> (Option<StoredSpending>, Option<String>) {
    let again: Vec<u32> = known.histories.iter().map(|history| history.again).collect();
    let means = facts.means_again();
    let spending = Spending::new(&again, &means);
    match gamma_gamma::fit(&spending) {
        Err(missing) => (None, Some(missing.to_string())),
        Ok(fit) => {
            let names = fit.params.named();
            let error = |place: usize| fit.errors.as_ref().and_then(|errors| errors.standard_error(place));
            let stored = StoredSpending {
                model: SPENDING.to_owned(),
                parameters: names.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
                standard_errors: names.iter().enumerate().map(|(place, (name, _))| ((*name).to_owned(), error(place))).collect(),
                covariance_of_logarithms: fit
                    .errors
                    .as_ref()
                    .map_or_else(Vec::new, |errors| errors.covariance_of_logarithms.iter().map(|row| row.to_vec()).collect()),
                log_likelihood: fit.log_likelihood,
                customers: spending.customers() as u64,
                left_out: spending.left_out() as u64,
                mean_purchase: fit.params.mean_of_all(),
                correlation: gamma_gamma::correlation(&again, &means),
                limit: fit.limit.map(|limit| limit.name().to_owned()),
                limit_meaning: fit.limit.map(|limit| limit.to_string()),
            };
            (Some(stored), None)
        }
    }
}

fn stored_purchasing(fitted: &Fitted) -> StoredPurchasing {
    let mut parameters = fitted.model.parameters();
    let nobody_leaves = fitted.limit == Some(Limit::NobodyLeaves);
    if nobody_leaves {
        // What says how customers leave was not estimated; the model is the NBD.
        parameters.truncate(NBD_PARAMETERS);
    }
    let corner = |matrix: &[Vec<f64>]| matrix.iter().take(parameters.len()).map(|row| row[..parameters.len()].to_vec()).collect();
    StoredPurchasing {
        model: fitted.model.name().as_str().to_owned(),
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        standard_errors: parameters
            .iter()
            .zip(&fitted.standard_errors)
            .map(|((name, _), error)| ((*name).to_owned(), error.filter(|error| error.is_finite())))
            .collect(),
        order: parameters.iter().map(|(name, _)| (*name).to_owned()).collect(),
        covariance: corner(&fitted.covariance),
        covariance_of_logarithms: corner(&fitted.covariance_of_logarithms),
        log_likelihood: fitted.log_likelihood,
        equals: nobody_leaves.then(|| ModelName::Nbd.as_str().to_owned()),
        limit: fitted.limit.map(|limit| limit.name().to_owned()),
        limit_meaning: fitted.limit.map(|limit| limit.to_string()),
    }
}

fn stored_backtest(choice: &Choice, results: &[CutResult], used: &StoredChoice) -> StoredBacktest {
    let mut rules: Vec<Rule> = choice.brier.iter().map(|(rule, _)| *rule).collect();
    for score in results.iter().flat_map(|result| &result.scores) {
        if !rules.contains(&score.rule) {
            rules.push(score.rule);
        }
    }
    StoredBacktest {
        cuts: results.iter().map(|result| StoreZone::date_of(result.cut.day).to_string()).collect(),
        horizon_days: results.first().map_or(0, |result| result.cut.horizon),
        brier: choice.brier.iter().map(|(rule, brier)| (rule.as_str().to_owned(), *brier)).collect(),
        rules: rules.into_iter().map(|rule| stored_rule(rule, results)).collect(),
        customers: results.iter().flat_map(|result| &result.scores).map(|score| score.customers as u64).max().unwrap_or(0),
        latest: results.first().and_then(|result| stored_forecast(result, used.model.as_deref().unwrap_or(&used.rule))),
    }
}

fn stored_rule(rule: Rule, results: &[CutResult]) -> StoredRule {
    let of = |group: Group| results.iter().filter_map(move |result| result.scores.iter().find(|s| s.rule == rule && s.group == group));
    let mean = |group: Group, figure: &dyn Fn(&Scored) -> Option<f64>| {
        let found: Vec<f64> = of(group).filter_map(figure).collect();
        (found.len() == results.len()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let total = |figure: &dyn Fn(&Counted) -> f64| {
        let found: Vec<f64> = of(Group::All).filter_map(|score| score.purchases.as_ref().map(figure)).collect();
        (found.len() == results.len()).then(|| found.iter().sum::<f64>())
    };
    StoredRule {
        rule: rule.as_str().to_owned(),
        auc: mean(Group::All, &|score| score.auc),
        auc_again: mean(Group::Again, &|score| score.auc),
        brier: mean(Group::All, &|score| score.brier),
        calibration_error: mean(Group::All, &super::backtest::calibration_error),
        orders_forecast: total(&|orders| orders.forecast),
        orders_came: total(&|orders| orders.came),
        mean_error: mean(Group::All, &|score| score.purchases.map(|orders| orders.mean_error)),
    }
}

fn stored_forecast(result: &CutResult, rule: &str) -> Option<StoredForecast> {
    let score = result.scores.iter().find(|score| score.rule.as_str() == rule && score.group == Group::All)?;
    let tenth = |tenth: &Calibrated| StoredTenth { customers: tenth.customers as u64, forecast: tenth.forecast, happened: tenth.happened };
    let class = |class: &backtest::ByPurchases| StoredByPurchases {
        purchases: class.purchases,
        customers: class.customers as u64,
        forecast: class.forecast,
        came: class.came,
    };
    Some(StoredForecast {
        cut: StoreZone::date_of(result.cut.day).to_string(),
        rule: rule.to_owned(),
        tenths: score.calibration.iter().map(tenth).collect(),
        by_purchases: score.by_purchases.iter().map(class).collect(),
    })
}

fn chosen(by_hand: Option<ModelName>, choice: Option<&Choice>, stored: &StoredValueModel) -> StoredChoice {
    let first = stored.models.first().map(|model| model.model.clone());
    let fitted = |name: ModelName| stored.models.iter().any(|model| model.model == name.as_str());
    if let Some(name) = by_hand.filter(|name| fitted(*name)) {
        let name = name.as_str().to_owned();
        return StoredChoice { rule: name.clone(), model: Some(name), by: "hand".into(), because: "named with --model".into() };
    }
    let Some(choice) = choice else {
        let because = "its history bears no backtest: a cut needs 50 customers and a horizon before it, and one after it".to_owned();
        return StoredChoice { rule: "own-gaps".into(), model: first, by: "default".into(), because };
    };
    let brier = |rule: Rule| choice.brier.iter().find(|(known, _)| *known == rule).map(|(_, brier)| *brier);
    let said = |rule: Rule| brier(rule).map_or_else(String::new, |brier| format!("{} {brier:.4}", rule.as_str()));
    let model = choice.model.filter(|name| fitted(*name));
    let nobody_leaves = |name: ModelName| {
        let limit = Some(Limit::NobodyLeaves.name());
        stored.models.iter().any(|model| model.model == name.as_str() && model.limit.as_deref() == limit)
    };
    let over = format!("over {}", counted(choice.cuts as u64, "cut of the store's past", "cuts of the store's past"));
    let against = choice.naive.map_or_else(|| "no plain rule could be calibrated".to_owned(), |naive| format!("against {}", said(naive)));
    match choice.rule {
        Rule::Model(name) if nobody_leaves(name) => StoredChoice {
            rule: "own-gaps".to_owned(),
            model: Some(name.as_str().to_owned()),
            by: "backtest".into(),
            because: format!(
                "{}, {against}, {over}; but nobody leaves in it, so it cannot tell who is late: states stay with gaps",
                said(Rule::Model(name))
            ),
        },
        Rule::Model(name) if fitted(name) => StoredChoice {
            rule: name.as_str().to_owned(),
            model: Some(name.as_str().to_owned()),
            by: "backtest".into(),
            because: format!("the smallest mean Brier score {over}: {}, {against}", said(Rule::Model(name))),
        },
        Rule::Model(_) | Rule::Recency | Rule::OwnGaps | Rule::LastYear => StoredChoice {
            rule: choice.naive.unwrap_or(Rule::OwnGaps).as_str().to_owned(),
            model: model.map(|name| name.as_str().to_owned()).or(first),
            by: "backtest".into(),
            because: format!(
                "no model beat the plain rules {over}, or fewer than {} customers had bought again: {}{}. States stay with gaps",
                backtest::AGAIN_TO_CHOOSE,
                choice.naive.map_or_else(String::new, said),
                model.map_or_else(String::new, |name| format!(", {}", said(Rule::Model(name)))),
            ),
        },
    }
}

fn draws(fitted: &Fitted, histories: &Histories) -> (Vec<Vec<f64>>, String) {
    let kept = if fitted.limit == Some(Limit::NobodyLeaves) { NBD_PARAMETERS } else { usize::MAX };
    let values = |model: &Purchasing| model.parameters().into_iter().take(kept).map(|(_, value)| value).collect::<Vec<f64>>();
    if histories.distinct() <= MOST_RESAMPLED {
        let models = bootstrap::refits(&fitted.model, fitted.limit.as_ref(), histories, DRAWS, SEED);
        return (models.iter().map(values).collect(), format!("{DRAWS} resampled populations (Bayesian bootstrap)"));
    }
    let covariance: Vec<Vec<f64>> =
        fitted.covariance_of_logarithms.iter().take(kept).map(|row| row.iter().copied().take(kept).collect()).collect();
    let mut drawn = bootstrap::around(&values(&fitted.model), &covariance, DRAWS, SEED);
    // A parameter that the data hardly determine can be drawn beyond every number, which no file holds.
    drawn.retain(|values| values.iter().all(|value| value.is_finite()));
    (drawn, "the errors of the parameters, normal in their logarithms".to_owned())
}

/// The top fifth of what buyers are expected to spend in 365 days, and the top three fifths.
fn tiers(stored: &StoredValueModel, model: &Purchasing, histories: &Histories, known: &Known, facts: &PurchaseFacts) -> Option<[f64; 2]> {
    let spending = stored.spending_in(&stored.currency)?;
    let year = 365.0 / DAYS_PER_WEEK;
    let rows = model.forecast(histories, &Ahead { horizons: [year], silence: year, discounted: None });
    let mut expected: Vec<f64> = known
        .histories
        .iter()
        .zip(facts.means_again())
        .zip(histories.row_of_customer())
        .filter_map(|((history, mean), row)| Some(rows[*row as usize].expected[0] * spending.mean_of(f64::from(history.again), mean)?))
        .collect();
    expected.par_sort_unstable_by(f64::total_cmp);
    let at = |share: f64| expected.get(((expected.len() as f64 * share).ceil() as usize).max(1) - 1).copied();
    Some([at(0.8)?, at(0.4)?])
}
