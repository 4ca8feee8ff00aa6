//! What the whole store is expected to do.

use super::fit::histories;
use super::{DAYS_PER_WEEK, StoredValueModel};
use crate::table::{Answer, AnswerColumn};
use crate::{Error, When, Workspace};
use quintile_value::{Ahead, Forecast, Histories, Purchasing, bootstrap};

/// The bounds of every interval hold the truth nine times of ten, as far as the model is right.
pub(super) const LEVEL: f64 = 0.9;

impl Workspace {
    /// Sums over all customers as of a moment, with intervals.
    pub fn value_show(&self, when: &When) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let model = self.fitted_model(stand.as_of.instant, &stand.header.as_of_words)?;
        let facts = self.purchase_facts(stand)?;
        let purchasing = model.purchasing().ok_or_else(|| Error::NoValueModel { as_of: facts.header.as_of_words.clone() })?;
        let known = facts.purchases().known(facts.last_day);
        let histories = histories(&known)?;
        let spending = model.spending_in(&facts.header.currency);
        // What a purchase of the customers of each history is worth together; the rest of a sum is theirs alone.
        let mut worth = vec![0.0; histories.distinct()];
        if let Some(spending) = spending {
            for ((history, mean), row) in known.histories.iter().zip(facts.means_again()).zip(histories.row_of_customer()) {
                worth[*row as usize] += spending.mean_of(f64::from(history.again), mean).unwrap_or(0.0);
            }
        }
        let now = sums(&purchasing, &histories, &model, &worth);
        let drawn: Vec<[f64; SUMS]> = model.drawn().iter().map(|drawn| sums(drawn, &histories, &model, &worth)).collect();
        let shows_alive = model.predictions(&facts.header.currency).is_some_and(|predictions| predictions.shows_alive);
        let rows: Vec<usize> =
            (0..SUMS).filter(|place| (*place != ALIVE || shows_alive) && (spending.is_some() || !VALUES.contains(place))).collect();
        let bounds = |place: usize| bootstrap::interval(&drawn.iter().map(|sums| sums[place]).collect::<Vec<f64>>(), LEVEL);
        let unit = |place: usize| match place {
            ALIVE | SILENT => "customers".to_owned(),
            place if VALUES.contains(&place) => facts.header.currency.clone(),
            _ => "orders".to_owned(),
        };
        let columns = vec![
            AnswerColumn::text("expected", rows.iter().map(|place| Some(name(*place, &model)))),
            AnswerColumn::number("value", rows.iter().map(|place| Some(now[*place]))),
            AnswerColumn::number("low", rows.iter().map(|place| bounds(*place).map(|bounds| bounds.0))),
            AnswerColumn::number("high", rows.iter().map(|place| bounds(*place).map(|bounds| bounds.1))),
            AnswerColumn::text("unit", rows.iter().map(|place| Some(unit(*place)))),
        ];
        let mut notes = vec![
            format!("by {}; {}", model.shown(), model.choice.because),
            format!("low and high hold the truth nine times of ten as far as the model is right: {}", model.intervals),
        ];
        notes.extend(model.in_use().and_then(|used| used.limit_meaning.clone()));
        if !shows_alive {
            notes.push("sums far ahead are a bound from above: where customers do leave after all, less will come".to_owned());
        }
        if spending.is_none() {
            notes.push(match (&model.spending, model.not_fitted.get(super::fit::SPENDING)) {
                (Some(_), _) => format!("no values: the model of spending is in {}", model.currency),
                (None, Some(why)) => format!("no values: {why}"),
                (None, None) => "no values: no model of spending was fitted".to_owned(),
            });
        }
        let mut header = facts.header;
        header.value_model = Some(model.shown());
        Answer::new(header, columns, notes)
    }
}

const SUMS: usize = 7;
const ALIVE: usize = 0;
const SILENT: usize = 1;
/// Places of sums that are money.
const VALUES: [usize; 3] = [4, 5, 6];

fn name(place: usize, model: &StoredValueModel) -> String {
    match place {
        ALIVE => "customers who have not left".to_owned(),
        SILENT => format!("customers without a purchase in {} days", model.horizon.days),
        2 => "orders in 90 days".to_owned(),
        3 => "orders in 365 days".to_owned(),
        4 => "value in 90 days".to_owned(),
        5 => "value in 365 days".to_owned(),
        _ => format!("value in {} years, {:.0} % less each", model.years, model.discount * 100.0),
    }
}

pub(super) fn ahead(model: &StoredValueModel) -> Ahead<2> {
    let year = 365.0 / DAYS_PER_WEEK;
    Ahead {
        horizons: [90.0 / DAYS_PER_WEEK, year],
        silence: f64::from(model.horizon.days) / DAYS_PER_WEEK,
        discounted: Some((model.years * year, model.discount.ln_1p() / year)),
    }
}

fn sums(purchasing: &Purchasing, histories: &Histories, model: &StoredValueModel, worth: &[f64]) -> [f64; SUMS] {
    let rows = purchasing.forecast(histories, &ahead(model));
    let mut sums = [0.0; SUMS];
    for ((Forecast { p_alive, silent, expected, discounted }, customers), worth) in rows.iter().zip(histories.weights()).zip(worth) {
        let [soon, year] = expected;
        for (sum, part) in sums.iter_mut().zip([
            customers * p_alive,
            customers * silent,
            customers * soon,
            customers * year,
            worth * soon,
            worth * year,
            worth * discounted,
        ]) {
            *sum += part;
        }
    }
    sums
}
