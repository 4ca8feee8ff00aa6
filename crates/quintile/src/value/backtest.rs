//! What each rule would have said at an earlier moment, against what came.

use super::DAYS_PER_WEEK;
use super::facts::some_of;
use super::fit::{COMPARED, MOST_LOOKED_BACK_AT, horizon, too_large};
use crate::header::counted;
use crate::table::{Answer, AnswerColumn};
use crate::{Error, When, Workspace};
use quintile_model::time::StoreZone;
use quintile_value::backtest::{self, Cut, CutResult, Group, Rule, Scored};
use quintile_value::fit::CUSTOMERS_NEEDED;

/// A look back that is asked for.
#[derive(Debug, Clone, Default)]
pub struct BacktestAsk {
    /// The moment whose past is looked at.
    pub when: When,
    /// The last day that was known; cuts a horizon apart where none is given.
    pub cut: Option<String>,
    /// Days looked at after a cut; the store's horizon where none is given, and to the end with a cut.
    pub horizon_days: Option<u32>,
}

impl Workspace {
    /// Every rule at every cut, for all customers, for those of one purchase and for those of more.
    pub fn value_backtest(&self, ask: &BacktestAsk) -> Result<Answer, Error> {
        let facts = self.purchase_facts(self.stand(&ask.when)?)?;
        let purchases = facts.purchases();
        let mut notes = Vec::new();
        let results = match &ask.cut {
            Some(text) => {
                let date: jiff::civil::Date =
                    text.parse().map_err(|_| Error::Usage(format!("`{text}` is no date; use one such as 2011-06-12")))?;
                let day = StoreZone::day_of(date);
                let left = u32::try_from(i64::from(facts.last_day) - i64::from(day)).unwrap_or(0);
                let horizon = ask.horizon_days.unwrap_or(left);
                if left == 0 || horizon > left {
                    let last = StoreZone::date_of(facts.last_day);
                    return Err(Error::Usage(format!(
                        "nothing is known of {} after {date}: facts are read through {last}; give an earlier --cut, or a shorter --horizon",
                        counted(u64::from(horizon.max(1)), "day", "days")
                    )));
                }
                vec![backtest::at(&purchases, Cut { day, horizon }, &COMPARED).map_err(too_large)?]
            }
            None => {
                let horizon = match ask.horizon_days {
                    Some(days) => days,
                    None => {
                        let found = horizon(&facts);
                        notes.push(format!("the store's horizon is {} days: {}", found.days, found.found));
                        found.days
                    }
                };
                self.rolling(&facts, horizon)?
            }
        };
        if results.is_empty() {
            let days = purchases.span().map_or(0, |(first, _)| facts.last_day.abs_diff(first));
            return Err(Error::Usage(format!(
                "the history of {} bears no backtest: a cut needs {CUSTOMERS_NEEDED} customers and a horizon before it, and one after it; give a shorter --horizon",
                counted(u64::from(days), "day", "days")
            )));
        }
        if ask.cut.is_none() && some_of(&purchases, MOST_LOOKED_BACK_AT).is_some() {
            let looked_at = results.iter().flat_map(|result| &result.scores).map(|score| score.customers).max().unwrap_or(0);
            notes.push(format!("looked at with {looked_at} customers, in equal steps through all; --cut looks at all of them"));
        }
        notes.extend(sentences(&results));
        let rows: Vec<(&CutResult, &Scored)> =
            results.iter().flat_map(|result| result.scores.iter().map(move |score| (result, score))).collect();
        let date = |result: &CutResult| Some(StoreZone::date_of(result.cut.day).to_string());
        let purchases = |score: &Scored| score.purchases;
        let columns = vec![
            AnswerColumn::text("cut", rows.iter().map(|(result, _)| date(result))),
            AnswerColumn::count("horizon_days", rows.iter().map(|(result, _)| Some(u64::from(result.cut.horizon)))),
            AnswerColumn::text("customers_of", rows.iter().map(|(_, score)| Some(score.group.as_str().to_owned()))),
            AnswerColumn::text("rule", rows.iter().map(|(_, score)| Some(score.rule.as_str().to_owned()))),
            AnswerColumn::count("customers", rows.iter().map(|(_, score)| Some(score.customers as u64))),
            AnswerColumn::number("auc", rows.iter().map(|(_, score)| score.auc)),
            AnswerColumn::number("brier", rows.iter().map(|(_, score)| score.brier)),
            AnswerColumn::share("forecast_silent_share", rows.iter().map(|(_, score)| score.forecast)),
            AnswerColumn::share("silent_share", rows.iter().map(|(_, score)| Some(score.silent))),
            AnswerColumn::number("calibration_error", rows.iter().map(|(_, score)| calibration_error(score))),
            AnswerColumn::number("orders_forecast", rows.iter().map(|(_, score)| purchases(score).map(|found| found.forecast))),
            AnswerColumn::number("orders_came", rows.iter().map(|(_, score)| purchases(score).map(|found| found.came))),
            AnswerColumn::number("mean_error", rows.iter().map(|(_, score)| purchases(score).map(|found| found.mean_error))),
            AnswerColumn::number("root_mean_square", rows.iter().map(|(_, score)| purchases(score).map(|found| found.root_mean_square))),
            AnswerColumn::number("correlation", rows.iter().map(|(_, score)| purchases(score).and_then(|found| found.correlation))),
        ];
        let mut header = facts.header;
        header.value_model = None;
        Answer::new(header, columns, notes)
    }
}

/// How far forecasts of silence lie from the truth, in tenths of the customers.
pub(super) fn calibration_error(score: &Scored) -> Option<f64> {
    let customers: usize = score.calibration.iter().map(|part| part.customers).sum();
    let off: f64 = score.calibration.iter().map(|part| part.customers as f64 * (part.forecast - part.happened).abs()).sum();
    (customers > 0).then(|| off / customers as f64)
}

fn sentences(results: &[CutResult]) -> Vec<String> {
    let mut notes = vec![
        "silent is who made no purchase in the days after the cut; auc: how well those are ranked (0.5 is chance); brier and calibration_error: \
         how far probabilities lie from what happened (0 is perfect); recency, own-gaps and last-year are calibrated a horizon before the cut"
            .to_owned(),
    ];
    for result in results {
        for fitted in &result.fitted {
            if let Some(limit) = &fitted.limit {
                notes.push(format!("{} at {}: {limit}", fitted.model.name().as_str(), StoreZone::date_of(result.cut.day)));
            }
        }
        for (name, missing) in &result.missing {
            notes.push(format!("{} at {}: {missing}", name.as_str(), StoreZone::date_of(result.cut.day)));
        }
    }
    if let Some(choice) = backtest::choose(results) {
        let list: Vec<String> = choice.brier.iter().map(|(rule, brier)| format!("{} {brier:.4}", rule.as_str())).collect();
        let what = match choice.rule {
            Rule::Model(name) => format!("{} forecasts silence best", name.as_str()),
            naive => format!("no model beats the plain rules here; best is {}", naive.as_str()),
        };
        notes.push(format!(
            "{what}, by the mean Brier score of all customers over {}: {}",
            counted(choice.cuts as u64, "cut", "cuts"),
            list.join(", ")
        ));
        if let Some(model) = choice.model
            && let Some(cuts) = backtest::cuts(results, model)
        {
            let horizon = results.first().map_or(0, |result| result.cut.horizon);
            notes.push(format!(
                "the probability of no purchase in {horizon} days by {} tells best who stays away above {:.3} for customers of two purchases or more, above {:.3} for those of one",
                model.as_str(),
                cuts.again,
                cuts.once
            ));
        }
    }
    for result in results {
        notes.extend(flagged(result));
    }
    notes
}

/// The rule of thumb beside the model, as flags on repeat customers.
fn flagged(result: &CutResult) -> Option<String> {
    let of = |rule: Rule| result.scores.iter().find(|score| score.rule == rule && score.group == Group::Again);
    let own = of(Rule::OwnGaps)?.auc?;
    let (name, best) = result
        .fitted
        .iter()
        .filter_map(|fitted| Some((fitted.model.name(), of(Rule::Model(fitted.model.name()))?.auc?)))
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(format!(
        "at {}, among customers of two purchases or more over {:.1} weeks: own gaps rank with an auc of {own:.3}, {} with {best:.3}",
        StoreZone::date_of(result.cut.day),
        f64::from(result.cut.horizon) / DAYS_PER_WEEK,
        name.as_str()
    ))
}
