//! What each rule says of the customers known at a cut.

use super::{Cut, Known, Purchases};
use crate::fit::TooLittle;
use crate::history::{Histories, HistoryError};
use crate::purchasing::{Ahead, Fitted, ModelName, Purchasing};

/// A rule that says who will be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The probability of no purchase, by a model.
    Model(ModelName),
    /// The longer ago the last purchase, the likelier.
    Recency,
    /// The more of the customer's own mean gaps have passed since the last purchase, the likelier; of one purchase, of the mean gap of all.
    OwnGaps,
    /// The fewer purchases in the last year, the likelier.
    LastYear,
}

impl Rule {
    /// Rules without a model.
    pub const NAIVE: [Rule; 3] = [Rule::Recency, Rule::OwnGaps, Rule::LastYear];

    /// The name in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Model(name) => name.as_str(),
            Rule::Recency => "recency",
            Rule::OwnGaps => "own-gaps",
            Rule::LastYear => "last-year",
        }
    }
}

/// What a rule said of each known customer.
pub(super) struct Said {
    /// Larger where silence is likelier.
    pub scores: Vec<f64>,
    /// Of silence through the horizon.
    pub probabilities: Option<Vec<f64>>,
    /// Purchases within the horizon.
    pub expected: Option<Vec<f64>>,
}

/// Ticks are days, and parameters are told in weeks.
pub const DAYS_PER_WEEK: f64 = 7.0;

pub(super) fn model(name: ModelName, known: &Known, cut: Cut) -> Result<Result<(Fitted, Said), TooLittle>, HistoryError> {
    let histories = Histories::new(&known.histories, DAYS_PER_WEEK)?;
    let fitted = match Purchasing::fit(name, &histories) {
        Ok(fitted) => fitted,
        Err(missing) => return Ok(Err(missing)),
    };
    let time = f64::from(cut.horizon) / DAYS_PER_WEEK;
    let rows = fitted.model.forecast(&histories, &Ahead { horizons: [time], silence: time, discounted: None });
    let silent: Vec<f64> = histories.row_of_customer().iter().map(|row| rows[*row as usize].silent).collect();
    let expected = histories.row_of_customer().iter().map(|row| rows[*row as usize].expected[0]).collect();
    Ok(Ok((fitted, Said { scores: silent.clone(), probabilities: Some(silent), expected: Some(expected) })))
}

pub(super) fn naive(rule: Rule, purchases: &Purchases<'_>, known: &Known, cut: Cut) -> Said {
    let scores = ranks(rule, purchases, known, cut.day);
    let horizon = f64::from(cut.horizon);
    let own_pace = match rule {
        Rule::Model(_) | Rule::Recency => None,
        Rule::OwnGaps => {
            Some(known.histories.iter().map(|history| f64::from(history.again) / f64::from(history.age.max(1)) * horizon).collect())
        }
        Rule::LastYear => {
            Some(known.customers.iter().map(|one| purchases.between(*one, cut.day - 365, cut.day) * horizon / 365.0).collect())
        }
    };
    let Some((silent, came)) = trained(rule, purchases, cut) else {
        return Said { scores, probabilities: None, expected: own_pace };
    };
    let probabilities = scores.iter().map(|score| silent.of(*score)).collect();
    let expected = own_pace.unwrap_or_else(|| scores.iter().map(|score| came.of(*score)).collect());
    Said { scores, probabilities: Some(probabilities), expected: Some(expected) }
}

fn ranks(rule: Rule, purchases: &Purchases<'_>, known: &Known, day: i32) -> Vec<f64> {
    let (gaps, span) =
        known.histories.iter().fold((0.0, 0.0), |(gaps, span), history| (gaps + f64::from(history.again), span + f64::from(history.last)));
    let mean_gap = if gaps > 0.0 { span / gaps } else { 1.0 };
    known
        .customers
        .iter()
        .zip(&known.histories)
        .map(|(customer, history)| {
            let since = f64::from(history.age - history.last);
            match rule {
                Rule::Model(_) | Rule::Recency => since,
                Rule::OwnGaps if history.again > 0 => since * f64::from(history.again) / f64::from(history.last.max(1)),
                Rule::OwnGaps => since / mean_gap,
                Rule::LastYear => -purchases.between(*customer, day - 365, day),
            }
        })
        .collect()
}

/// A step function of a score: the mean of something in tenths of the customers it was learnt on.
struct Steps {
    upto: Vec<f64>,
    means: Vec<f64>,
}

impl Steps {
    fn learn(scores: &[f64], values: &[f64]) -> Steps {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|one, other| scores[*one].total_cmp(&scores[*other]));
        let mut steps = Steps { upto: Vec::new(), means: Vec::new() };
        let mut start = 0;
        for tenth in 1..=super::TENTHS {
            let mut end = tenth * order.len() / super::TENTHS;
            // Equal scores stay together.
            while end > start && end < order.len() && scores[order[end]] == scores[order[end - 1]] {
                end += 1;
            }
            if end <= start {
                continue;
            }
            let mean = order[start..end].iter().map(|place| values[*place]).sum::<f64>() / (end - start) as f64;
            steps.upto.push(scores[order[end - 1]]);
            steps.means.push(mean);
            start = end;
        }
        steps
    }

    fn of(&self, score: f64) -> f64 {
        let place = self.upto.partition_point(|upto| *upto < score).min(self.means.len().saturating_sub(1));
        self.means.get(place).copied().unwrap_or(0.0)
    }
}

/// Customers that a calibration is learnt on, at least.
const ENOUGH_TO_LEARN: usize = 50;

/// What silence and purchases followed on each score a horizon before the cut, which was known at the cut.
fn trained(rule: Rule, purchases: &Purchases<'_>, cut: Cut) -> Option<(Steps, Steps)> {
    let before = Cut { day: cut.day.checked_sub_unsigned(cut.horizon)?, ..cut };
    let known = purchases.known(before.day);
    if known.customers.len() < ENOUGH_TO_LEARN {
        return None;
    }
    let scores = ranks(rule, purchases, &known, before.day);
    let came = purchases.came(&known, before);
    let silent: Vec<f64> = came.iter().map(|came| f64::from(u8::from(*came == 0.0))).collect();
    Some((Steps::learn(&scores, &silent), Steps::learn(&scores, &came)))
}
