//! What customers will probably do, by a value model that was fitted elsewhere.
//!
//! The model is handed in with the question; without one every column here is empty. Nothing is fitted here.

use crate::columns::{Column, ColumnType};
use crate::out;
use crate::partitions::class;
use crate::question::ProfileError;
use arrow::array::{Array, ArrayRef, Float64Array, Int32Array, Int64Array, StringArray, new_null_array};
use arrow::datatypes::{Decimal64Type, Float64Type};
use quintile_model::money::{self, UNIT};
use quintile_model::time::{AsOf, StoreZone};
use quintile_value::{Ahead, Forecast, Histories, History, Purchasing, gamma_gamma};

/// A fitted value model, and how its answers are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The model of purchases, in weeks.
    pub purchasing: Purchasing,
    /// The model of spending, in the reporting currency; `None` where there is none in it.
    pub spending: Option<gamma_gamma::Params>,
    /// Somebody may leave: P(alive) says something.
    pub shows_alive: bool,
    /// The store's horizon.
    pub horizon_days: u32,
    /// Residual value is counted over so many years.
    pub years: f64,
    /// And each year counts for less by this share.
    pub discount: f64,
    /// Spending expected in 365 days from which a customer is HIGH, and MEDIUM.
    pub tiers: Option<[f64; 2]>,
    /// Probabilities of silence that decide states; gaps do where there are none.
    pub lapse: Option<Lapse>,
}

/// Probabilities of no purchase within the horizon above which a customer is at risk.
///
/// Half the odds of it is where a customer begins to drift, twice the odds where one is lost: as one, two and four usual gaps are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lapse {
    /// Of customers with one purchase.
    pub once: f64,
    /// Of customers with two or more.
    pub again: f64,
}

impl Lapse {
    /// The three cuts of a customer: above the first drifting, above the second at risk, above the third lost.
    pub fn cuts(&self, again: bool) -> [f64; 3] {
        let cut = (if again { self.again } else { self.once }).clamp(1e-6, 1.0 - 1e-6);
        let odds = cut / (1.0 - cut);
        [0.5, 1.0, 2.0].map(|times| times * odds / (1.0 + times * odds))
    }
}

/// The purchases of rows.
pub(crate) struct Purchases<'a> {
    pub counts: &'a Int64Array,
    pub first: &'a Int32Array,
    pub last: &'a Int32Array,
    /// Mean values of purchases after the first; not there where no amount is asked.
    pub means: Option<&'a Float64Array>,
}

/// What the model says of the rows of a batch.
pub(crate) struct Predicted<'a> {
    model: &'a Predictions,
    purchases: Purchases<'a>,
    histories: Histories,
    /// By distinct history.
    forecasts: Vec<Forecast<2>>,
    /// The distinct history of a row; none without a purchase.
    places: Vec<Option<u32>>,
    as_of: &'a AsOf,
}

/// Ticks of the models are days; their parameters are in weeks.
const DAYS_PER_WEEK: f64 = 7.0;
const WEEKS_PER_YEAR: f64 = 365.0 / DAYS_PER_WEEK;
/// Dates further away than this are no dates.
const FURTHEST: f64 = 5.0 * WEEKS_PER_YEAR;
/// By then so large a share of customers would have bought again.
const DUE: f64 = 0.8;

/// The three tiers, in the order of their codes.
const TIERS: [&str; 3] = ["HIGH", "MEDIUM", "LOW"];

impl<'a> Predicted<'a> {
    pub(crate) fn of(model: &'a Predictions, purchases: Purchases<'a>, as_of: &'a AsOf) -> Result<Self, ProfileError> {
        let today = as_of.last_day();
        let mut known = Vec::new();
        let mut places = Vec::with_capacity(purchases.counts.len());
        for row in 0..purchases.counts.len() {
            let count = purchases.counts.value(row);
            if count < 1 || purchases.first.is_null(row) || purchases.last.is_null(row) {
                places.push(None);
                continue;
            }
            let first = purchases.first.value(row);
            places.push(Some(known.len() as u32));
            known.push(History {
                again: (count - 1).min(1 << 20) as u32,
                last: purchases.last.value(row).abs_diff(first),
                age: today.max(purchases.last.value(row)).abs_diff(first),
            });
        }
        let broken = |error: quintile_value::HistoryError| ProfileError::Batch(error.to_string());
        let histories = Histories::new(&known, DAYS_PER_WEEK).map_err(broken)?;
        for place in places.iter_mut().flatten() {
            *place = histories.row_of_customer()[*place as usize];
        }
        let ahead = Ahead {
            horizons: [90.0 / DAYS_PER_WEEK, 365.0 / DAYS_PER_WEEK],
            silence: f64::from(model.horizon_days) / DAYS_PER_WEEK,
            discounted: purchases.means.map(|_| (model.years * WEEKS_PER_YEAR, model.discount.ln_1p() / WEEKS_PER_YEAR)),
        };
        let forecasts = model.purchasing.forecast(&histories, &ahead);
        Ok(Predicted { model, purchases, histories, forecasts, places, as_of })
    }

    /// Does the model decide states?
    pub(crate) fn decides(&self) -> bool {
        self.model.lapse.is_some()
    }

    fn forecast(&self, row: usize) -> Option<&Forecast<2>> {
        self.forecasts.get(self.places[row]? as usize)
    }

    /// The retention state of a row.
    pub(crate) fn state(&self, row: usize) -> i32 {
        use class::state::*;
        let (Some(forecast), Some(lapse)) = (self.forecast(row), self.model.lapse) else { return class::PROSPECTS };
        let [drifting, risk, lost] = lapse.cuts(self.purchases.counts.value(row) > 1);
        match forecast.silent {
            silent if silent <= drifting => ACTIVE,
            silent if silent <= risk => DRIFTING,
            silent if silent <= lost => CHURN_RISK,
            _ => LOST,
        }
    }

    /// The mean purchase to expect.
    fn mean(&self, row: usize) -> Option<f64> {
        let means = self.purchases.means?;
        let again = (self.purchases.counts.value(row) - 1) as f64;
        let own = if means.is_valid(row) { means.value(row) } else { 0.0 };
        self.model.spending?.mean_of(again, own)
    }

    /// One value of each distinct history.
    fn by_history<T: Copy>(&self, value: impl Fn(&History) -> Option<T>) -> Vec<Option<T>> {
        self.histories.rows().iter().map(value).collect()
    }

    /// A day, some time after another, as the instant it begins.
    fn instant(&self, day: i32, weeks: f64) -> Option<i64> {
        let day = day.checked_add((weeks * DAYS_PER_WEEK).ceil() as i32)?;
        self.as_of.zone.start_of(StoreZone::date_of(day)).map(|instant| instant.0)
    }
}

/// A column; empty without a model.
pub(crate) fn column(name: &str, column: &Column, rows: usize, predicted: Option<&Predicted<'_>>) -> Result<ArrayRef, ProfileError> {
    let Some(predicted) = predicted else { return Ok(nothing(column, rows)) };
    let number = |value: &dyn Fn(&Forecast<2>) -> f64| out::column::<Float64Type>(rows, |row| predicted.forecast(row).map(value));
    let model = predicted.model;
    Ok(match name {
        "p_alive" if !model.shows_alive => nothing(column, rows),
        "p_alive" => number(&|forecast| forecast.p_alive),
        "churn_risk" => number(&|forecast| forecast.silent.clamp(0.0, 1.0)),
        "expected_orders_90d" => number(&|forecast| forecast.expected[0]),
        "expected_orders_365d" => number(&|forecast| forecast.expected[1]),
        "predicted_clv" => out::amounts(out::primitive::<Decimal64Type>(rows, |row| {
            let value = predicted.forecast(row)?.discounted * predicted.mean(row)? * UNIT as f64;
            (value.abs() <= money::MAX as f64).then(|| value.round() as i64)
        })),
        "predicted_spend_tier" => {
            let Some([high, medium]) = model.tiers else { return Ok(nothing(column, rows)) };
            out::coded(rows, &StringArray::from_iter_values(TIERS), |row| {
                Some(match predicted.forecast(row)?.expected[1] * predicted.mean(row)? {
                    spending if spending >= high => 0,
                    spending if spending >= medium => 1,
                    _ => 2,
                })
            })
        }
        "due_by_date" => {
            let waits = predicted.by_history(|history| {
                let seen = predicted.histories.seen(history);
                model.purchasing.wait_if_alive(seen.again, seen.last, DUE, FURTHEST)
            });
            out::instants(rows, |row| {
                let wait = waits[predicted.places[row]? as usize]?;
                predicted.instant(predicted.purchases.last.value(row), wait)
            })
        }
        "next_order_date" => {
            let waits = predicted.by_history(|history| model.purchasing.next_purchase(&predicted.histories.seen(history), 0.5, FURTHEST));
            out::instants(rows, |row| {
                let wait = waits[predicted.places[row]? as usize]?;
                predicted.instant(predicted.as_of.last_day(), wait)
            })
        }
        name => unreachable!("no model predicts `{name}`"),
    })
}

fn nothing(column: &Column, rows: usize) -> ArrayRef {
    match column.kind {
        // Every batch of repeated texts has a list of them, which the same writer can read.
        ColumnType::RepeatedText => out::coded(rows, &StringArray::from_iter_values(TIERS), |_| None),
        _ => new_null_array(&column.kind.data_type(), rows),
    }
}
