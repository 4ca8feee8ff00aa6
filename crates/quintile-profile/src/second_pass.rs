//! The second pass: what depends on the rest of the store.

use crate::columns::{self, Column, Theme};
use crate::first_pass::Keys;
use crate::out;
use crate::partitions::{BUYING_GROUPS, CORE_GROUPS, LIFE_STAGES, RETENTION_STATES, RFM_PROSPECTS, class};
use crate::predicted::{self, Predicted};
use crate::question::{ProfileError, ProfileQuestion};
use crate::statistics::Statistics;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal64Array, Float64Array, Int32Array, Int64Array, StringArray, UInt64Array,
};
use arrow::datatypes::{Float64Type, Int8Type, Int32Type, Int64Type, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use quintile_model::Money;
use std::rc::Rc;
use std::sync::Arc;

/// Completes rows of the first pass and puts the asked columns in the asked order.
pub fn second_pass(rows: RecordBatch, statistics: &Statistics, question: &ProfileQuestion) -> Result<RecordBatch, ProfileError> {
    let mut later = Later { rows: &rows, statistics, question, scores: None, predicted: None, states: None };
    let arrays = question.columns.iter().map(|column| later.column(column)).collect::<Result<Vec<_>, _>>()?;
    let schema = Schema::new(question.columns.iter().map(|column| column.field()).collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).map_err(|error| ProfileError::Batch(error.to_string()))
}

struct Later<'a> {
    rows: &'a RecordBatch,
    statistics: &'a Statistics,
    question: &'a ProfileQuestion,
    scores: Option<[Vec<u8>; 3]>,
    predicted: Option<Rc<Predicted<'a>>>,
    /// Retention states, which stages and groups rest on.
    states: Option<Rc<[u8]>>,
}

/// Regularities that are the same by their formula can differ by the rounding of their roots.
const ROUNDING: f64 = 1e-12;

/// No score.
const UNSCORED: u8 = 0;

fn scored(score: u8) -> Option<u8> {
    (score != UNSCORED).then_some(score)
}

impl<'a> Later<'a> {
    fn column(&mut self, column: &Column) -> Result<ArrayRef, ProfileError> {
        if !column.second_pass() {
            return self.row_column(column.name).cloned();
        }
        let customers = self.rows.num_rows();
        Ok(match column.name {
            "recency_score" => self.score(0)?,
            "frequency_score" => self.score(1)?,
            "monetary_score" => self.score(2)?,
            "rfm" => {
                let [r, f, m] = self.scores()?;
                let rfm = |customer: usize| {
                    let scores = [r[customer], f[customer], m[customer]];
                    (!scores.contains(&UNSCORED)).then(|| scores.map(|score| char::from(b'0' + score)).iter().collect::<String>())
                };
                Arc::new((0..customers).map(rfm).collect::<StringArray>())
            }
            "rfm_group" => {
                let map = &self.question.rfm.map;
                let table = map.table()?;
                let groups = StringArray::from_iter_values(map.groups.iter().map(|group| group.id.as_str()).chain([RFM_PROSPECTS]));
                let prospects = map.groups.len() as i32;
                let orders = self.long("number_of_orders")?;
                let [r, f, m] = self.scores()?;
                out::coded(customers, &groups, |customer| {
                    Some(match orders.value(customer) {
                        0 => prospects,
                        _ => table.group([scored(r[customer]), scored(f[customer]), scored(m[customer])]),
                    })
                })
            }
            "expected_gap_days" => {
                let rhythm = self.rhythm()?;
                out::column::<Float64Type>(customers, |customer| rhythm.expected_gap(customer))
            }
            "overdue_ratio" => {
                let rhythm = self.rhythm()?;
                out::column::<Float64Type>(customers, |customer| rhythm.overdue(customer))
            }
            "referral_revenue" => self.referral_revenue()?,
            "lapses" => self.lapses()?,
            "life_stage" => {
                let (rhythm, states, stage) = (self.rhythm()?, self.states()?, self.stages()?);
                classes(&LIFE_STAGES, customers, |customer| stage.of(&rhythm, i32::from(states[customer]), customer))
            }
            "retention_state" => {
                let states = self.states()?;
                classes(&RETENTION_STATES, customers, |customer| i32::from(states[customer]))
            }
            "buying_group" | "core_group" => {
                let states = self.states()?;
                let groups = Groups {
                    purchases: self.long("number_of_purchases")?,
                    median: self.array::<Decimal64Array>("median_net_order_value")?.clone(),
                    regularity: self.array::<Float64Array>("purchase_regularity")?.clone(),
                    referrals: self.long("referrals")?,
                    statistics: self.statistics,
                    tops: [1, 2].map(|axis: usize| self.question.rfm.map.scoring[axis].levels() as u8),
                };
                let [_, f, m] = self.scores()?;
                let group = |customer: usize| groups.of(i32::from(states[customer]), customer, f[customer], m[customer]);
                match column.name {
                    "buying_group" => classes(&BUYING_GROUPS, customers, group),
                    _ => classes(&CORE_GROUPS, customers, |customer| core(group(customer))),
                }
            }
            "cluster" => match &self.question.clusters {
                Some(clusters) => clusters.column(self.rows, self.long("number_of_orders")?)?,
                None => out::coded(customers, &StringArray::from_iter_values([""; 0]), |_| None),
            },
            name if column.theme == Theme::Predicted => predicted::column(name, column, customers, self.predicted()?.as_deref())?,
            name => unreachable!("the second pass does not compute `{name}`"),
        })
    }

    fn referral_revenue(&self) -> Result<ArrayRef, ProfileError> {
        let (keys, referrals) = (self.array::<UInt64Array>(columns::CUSTOMER_KEY)?, self.long("referrals")?);
        let mut amounts = out::Values::with_capacity(keys.len());
        for (customer, key) in keys.values().iter().enumerate() {
            let too_large = || ProfileError::TooLarge { column: "referral_revenue", customer: format!("{key:016x}") };
            amounts.push(match self.statistics.referral_revenue.get(key) {
                Some(sum) => Some(Money::from_sum(*sum).ok_or_else(too_large)?.0),
                None if referrals.value(customer) > 0 => None,
                None => Some(0),
            });
        }
        Ok(out::amounts(amounts.array()))
    }

    fn row_column(&self, name: &str) -> Result<&'a ArrayRef, ProfileError> {
        self.rows.column_by_name(name).ok_or_else(|| ProfileError::OtherQuestion(name.to_owned()))
    }

    fn array<A: Array + 'static>(&self, name: &str) -> Result<&'a A, ProfileError> {
        self.row_column(name)?.as_any().downcast_ref::<A>().ok_or_else(|| ProfileError::OtherQuestion(name.to_owned()))
    }

    fn long(&self, name: &str) -> Result<&'a Int64Array, ProfileError> {
        self.array(name)
    }

    fn scores(&mut self) -> Result<&[Vec<u8>; 3], ProfileError> {
        if self.scores.is_none() {
            let orders = self.long("number_of_orders")?;
            let missing = || ProfileError::OtherQuestion("scores".into());
            let cuts = self.statistics.scores.as_ref().ok_or_else(missing)?;
            let mut scores = [Vec::new(), Vec::new(), Vec::new()];
            for (score, cuts) in scores.iter_mut().zip(cuts) {
                self.row_column(&cuts.column)?;
                let keys = Keys::of(self.rows, &cuts.column, cuts.better);
                let of = |customer: usize| match keys.get(customer) {
                    Some(key) if orders.value(customer) > 0 => cuts.score(key),
                    _ => UNSCORED,
                };
                *score = (0..self.rows.num_rows()).map(of).collect();
            }
            self.scores = Some(scores);
        }
        self.scores.as_ref().ok_or_else(|| ProfileError::OtherQuestion("scores".into()))
    }

    fn score(&mut self, axis: usize) -> Result<ArrayRef, ProfileError> {
        let customers = self.rows.num_rows();
        let scores = &self.scores()?[axis];
        Ok(out::column::<Int8Type>(customers, |customer| scored(scores[customer]).map(|score| score as i8)))
    }

    /// What the value model says of the rows; `None` without one.
    fn predicted(&mut self) -> Result<Option<Rc<Predicted<'a>>>, ProfileError> {
        let Some(predictions) = self.question.predictions.as_deref() else { return Ok(None) };
        if self.predicted.is_none() {
            let means = match self.rows.column_by_name("_mean_again") {
                Some(_) => Some(self.array::<Float64Array>("_mean_again")?),
                None => None,
            };
            let purchases = predicted::Purchases {
                counts: self.long("number_of_purchases")?,
                first: self.array("_first_day")?,
                last: self.array("_last_day")?,
                means,
            };
            self.predicted = Some(Rc::new(Predicted::of(predictions, purchases, &self.question.as_of)?));
        }
        Ok(self.predicted.clone())
    }

    fn rhythm(&mut self) -> Result<RhythmOf<'a>, ProfileError> {
        let missing = || ProfileError::OtherQuestion("thresholds".into());
        Ok(RhythmOf {
            purchases: self.long("number_of_purchases")?,
            first: self.array("_first_day")?,
            last: self.array("_last_day")?,
            today: self.question.as_of.day(),
            usual_gap: self.statistics.usual_gap.ok_or_else(missing)?.value,
            last_call: self.statistics.last_call.ok_or_else(missing)?.value,
            statistics: self.statistics,
            predicted: self.predicted()?.filter(|predicted| predicted.decides()),
        })
    }

    fn states(&mut self) -> Result<Rc<[u8]>, ProfileError> {
        if let Some(states) = &self.states {
            return Ok(states.clone());
        }
        let rhythm = self.rhythm()?;
        let states: Rc<[u8]> = (0..self.rows.num_rows()).map(|customer| rhythm.state(customer) as u8).collect();
        self.states = Some(states.clone());
        Ok(states)
    }

    fn stages(&self) -> Result<Stages<'a>, ProfileError> {
        let missing = || ProfileError::OtherQuestion("thresholds".into());
        Ok(Stages {
            loyal: self.array("_loyal_day")?,
            returns_only: self.array("returns_only")?,
            window: self.statistics.loyal_window.ok_or_else(missing)?.value,
        })
    }

    fn lapses(&self) -> Result<ArrayRef, ProfileError> {
        let missing = || ProfileError::OtherQuestion("thresholds".into());
        let usual_gap = self.statistics.usual_gap.ok_or_else(missing)?.value;
        let last_call = self.statistics.last_call.ok_or_else(missing)?.value;
        let lists = self.row_column("_gaps")?.as_list_opt::<i32>().ok_or_else(|| ProfileError::OtherQuestion("_gaps".into()))?;
        let gaps = lists.values().as_primitive::<Int32Type>();
        Ok(out::column::<Int64Type>(self.rows.num_rows(), |customer| {
            let own = &gaps.values()[lists.value_offsets()[customer] as usize..lists.value_offsets()[customer + 1] as usize];
            let (mut lapses, mut sum) = (0, 0_i64);
            for (number, gap) in own.iter().enumerate() {
                let inactive = match number {
                    0 => f64::from(*gap) > last_call,
                    _ => f64::from(*gap) / expected(usual_gap, sum as f64, number as f64) > self.statistics.inactive,
                };
                lapses += i64::from(inactive);
                sum += i64::from(*gap);
            }
            Some(lapses)
        }))
    }
}

fn classes(names: &[&str], customers: usize, class: impl Fn(usize) -> i32) -> ArrayRef {
    out::coded(customers, &StringArray::from_iter_values(names), |customer| Some(class(customer)))
}

/// A customer's own gaps drawn toward the store's usual one.
fn expected(usual_gap: f64, sum: f64, gaps: f64) -> f64 {
    (2.0 * usual_gap + sum) / (2.0 + gaps)
}

struct RhythmOf<'a> {
    purchases: &'a Int64Array,
    first: &'a Int32Array,
    last: &'a Int32Array,
    today: i32,
    usual_gap: f64,
    last_call: f64,
    statistics: &'a Statistics,
    /// A value model that decides states; gaps do without one.
    predicted: Option<Rc<Predicted<'a>>>,
}

impl RhythmOf<'_> {
    fn purchases(&self, customer: usize) -> i64 {
        self.purchases.value(customer)
    }

    /// Whole days since the last purchase.
    fn since(&self, customer: usize) -> f64 {
        f64::from(self.today - self.last.value(customer))
    }

    fn expected_gap(&self, customer: usize) -> Option<f64> {
        let gaps = self.purchases(customer) - 1;
        let span = || f64::from(self.last.value(customer) - self.first.value(customer));
        (gaps >= 1).then(|| expected(self.usual_gap, span(), gaps as f64))
    }

    fn overdue(&self, customer: usize) -> Option<f64> {
        match self.purchases(customer) {
            0 => None,
            _ => Some(self.since(customer) / self.expected_gap(customer).unwrap_or(self.last_call / 4.0)),
        }
    }

    fn state(&self, customer: usize) -> i32 {
        use class::state::*;
        if let Some(predicted) = &self.predicted {
            return predicted.state(customer);
        }
        match self.overdue(customer) {
            None => class::PROSPECTS,
            Some(overdue) if overdue <= self.statistics.drifting => ACTIVE,
            Some(overdue) if overdue <= self.statistics.risk => DRIFTING,
            Some(overdue) if overdue <= self.statistics.inactive => CHURN_RISK,
            Some(_) => LOST,
        }
    }
}

struct Stages<'a> {
    loyal: &'a Int32Array,
    returns_only: &'a BooleanArray,
    window: f64,
}

impl Stages<'_> {
    fn of(&self, rhythm: &RhythmOf<'_>, state: i32, customer: usize) -> i32 {
        use class::stage::*;
        use class::state::{CHURN_RISK, LOST};
        let by_gaps = rhythm.predicted.is_none();
        match (rhythm.purchases(customer), state) {
            (0, _) if self.returns_only.value(customer) => INACTIVE_FIRST,
            (0, _) | (_, class::PROSPECTS) => class::PROSPECTS,
            // By gaps, a customer of one purchase is waited for until the last call.
            (1, _) if by_gaps && rhythm.since(customer) > rhythm.last_call => INACTIVE_FIRST,
            (1, LOST) if !by_gaps => INACTIVE_FIRST,
            (1, _) => FIRST_TIME,
            (_, LOST) => INACTIVE_REPEAT,
            (_, CHURN_RISK) => AT_RISK_REPEAT,
            _ if self.loyal.is_valid(customer) && f64::from(rhythm.today - self.loyal.value(customer)) <= self.window => LOYAL,
            _ => ACTIVE_REPEAT,
        }
    }
}

struct Groups<'a> {
    purchases: &'a Int64Array,
    median: Decimal64Array,
    regularity: Float64Array,
    referrals: &'a Int64Array,
    statistics: &'a Statistics,
    /// The highest scores of frequency and value.
    tops: [u8; 2],
}

impl Groups<'_> {
    fn of(&self, state: i32, customer: usize, frequency: u8, monetary: u8) -> i32 {
        use class::group::*;
        let statistics = self.statistics;
        let purchases = self.purchases.value(customer);
        let live = match state {
            class::PROSPECTS => return class::PROSPECTS,
            state => [class::state::ACTIVE, class::state::DRIFTING].contains(&state),
        };
        let [often, much] = [frequency == self.tops[0], monetary == self.tops[1]];
        let median = self.median.is_valid(customer).then(|| self.median.value(customer));
        let big = || median.zip(statistics.big_spender).is_some_and(|(median, big)| median >= big.value.0);
        let steady = || {
            let regularity = self.regularity.is_valid(customer).then(|| self.regularity.value(customer));
            regularity.zip(statistics.steady).is_some_and(|(regularity, (steady, _))| regularity >= steady - ROUNDING)
        };
        let above = || median.zip(statistics.new_above).is_some_and(|(median, new)| median > new.value.0);
        match live {
            false if purchases >= 2 => LAPSED_CORE,
            false => LOW_VALUE,
            true if often && much => CHAMPIONS,
            true if purchases >= 2 && big() => BIG_SPENDERS,
            true if purchases >= i64::from(statistics.loyalist_orders) && (often || steady()) => LOYALISTS,
            true if purchases >= i64::from(statistics.promising) || self.referrals.value(customer) > 0 => PROMISING,
            true if purchases == 1 && above() => NEW,
            true => LOW_VALUE,
        }
    }
}

fn core(group: i32) -> i32 {
    use class::{core::*, group::*};
    match group {
        CHAMPIONS | BIG_SPENDERS | LOYALISTS => CORE,
        PROMISING | NEW => POTENTIAL,
        LOW_VALUE | LAPSED_CORE => NON_CORE,
        _ => class::PROSPECTS,
    }
}
