//! What one customer will probably do, and how far that can be believed.

use super::DAYS_PER_WEEK;
use super::show::LEVEL;
use crate::table::{Answer, AnswerColumn};
use crate::{Error, Header, When, Workspace};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use quintile_model::Instant;
use quintile_model::time::StoreZone;
use quintile_profile::columns;
use quintile_value::bootstrap::{self, Random};
use quintile_value::{Purchasing, Seen, gamma_gamma};

/// One customer.
#[derive(Debug, Clone)]
pub struct CustomerValue {
    /// What it holds for.
    pub header: Header,
    /// One figure a row, with its bounds.
    pub figures: Answer,
}

/// Random populations are the same at every question.
const SEED: u64 = 20_050_416;
/// Lives drawn of each model, for what may be seen and not only its mean.
const LIVES: usize = 40;

struct Figure {
    name: String,
    text: Option<String>,
    value: Option<f64>,
    bounds: Option<(f64, f64)>,
    unit: String,
    meaning: String,
}

impl Workspace {
    /// What one customer will probably do, by an id or an e-mail address.
    pub fn value_customer(&self, when: &When, asked: &str) -> Result<CustomerValue, Error> {
        let stand = self.stand(when)?;
        let last_day = stand.as_of.last_day();
        let zone = stand.as_of.zone.clone();
        let model = self.fitted_model(stand.as_of.instant, &stand.header.as_of_words)?;
        let wanted = ["number_of_purchases", "churn_risk", "predicted_spend_tier", "due_by_date", "next_order_date", "retention_state"];
        let mut wanted: Vec<_> = wanted.into_iter().filter_map(columns::find).collect();
        wanted.extend(columns::history_ends());
        let found = self.one_customer(when, asked, wanted)?;
        let row = &found.row;
        let header = found.header;
        let purchasing = model.purchasing().ok_or_else(|| Error::NoValueModel { as_of: header.as_of_words.clone() })?;
        let purchases = number::<Int64Type>(row, "number_of_purchases").unwrap_or(0);
        let (Some(first), Some(last)) = (number::<Int32Type>(row, "_first_day"), number::<Int32Type>(row, "_last_day")) else {
            return Err(Error::NoPurchase { asked: asked.to_owned() });
        };
        let weeks = |from: i32, to: i32| f64::from(to - from) / DAYS_PER_WEEK;
        let seen = Seen { again: (purchases - 1) as f64, last: weeks(first, last), age: weeks(first, last_day) };
        let mean = number::<Float64Type>(row, "_mean_again").unwrap_or(0.0);
        let spending = model.spending_in(&header.currency);
        let worth = spending.and_then(|spending| spending.mean_of(seen.again, mean));
        let drawn = model.drawn();
        let worths = worths(&model, spending, seen.again, mean, drawn.len());
        let between = |figure: &dyn Fn(&Purchasing) -> f64| bootstrap::interval(&drawn.iter().map(figure).collect::<Vec<_>>(), LEVEL);
        let shows_alive = model.predictions(&header.currency).is_some_and(|predictions| predictions.shows_alive);
        let day = |day: i32| StoreZone::date_of(day).to_string();
        let said = |name: &str, text: Option<String>, meaning: &str| Figure {
            name: name.to_owned(),
            text,
            value: None,
            bounds: None,
            unit: String::new(),
            meaning: meaning.to_owned(),
        };
        let date =
            |name: &str| number::<TimestampMicrosecondType>(row, name).map(|at| StoreZone::date_of(zone.day(Instant(at).0)).to_string());
        let text = |name: &str| {
            let column = quintile_model::columns::repeated(row, name);
            column.get(0).map(str::to_owned)
        };
        let mut figures = vec![
            said("purchases", Some(purchases.to_string()), "days with an order"),
            said("first_purchase", Some(day(first)), ""),
            said("last_purchase", Some(day(last)), ""),
        ];
        let share = |name: &str, value: f64, bounds: Option<(f64, f64)>, meaning: &str| Figure {
            name: name.to_owned(),
            text: None,
            value: Some(value),
            bounds,
            unit: "share".to_owned(),
            meaning: meaning.to_owned(),
        };
        if shows_alive {
            let alive = between(&|model| model.p_alive(&seen));
            figures.push(share("p_alive", purchasing.p_alive(&seen), alive, "the probability of not having left for good"));
        }
        let horizon = f64::from(model.horizon.days) / DAYS_PER_WEEK;
        let meaning = format!("the probability of no purchase in {} days", model.horizon.days);
        figures.push(share("churn_risk", purchasing.silent(&seen, horizon), between(&|model| model.silent(&seen, horizon)), &meaning));
        for days in [90, 365] {
            let time = f64::from(days) / DAYS_PER_WEEK;
            let expected = purchasing.expected(&seen, time);
            let range = lives(&drawn, &purchasing, &seen, time);
            figures.push(Figure {
                name: format!("expected_orders_{days}d"),
                text: None,
                value: Some(expected),
                bounds: between(&|model| model.expected(&seen, time)),
                unit: "orders".to_owned(),
                meaning: format!("on average; eight such customers of ten will place {} to {}", range.0, range.1),
            });
            if let Some(worth) = worth {
                let values: Vec<f64> = drawn.iter().zip(&worths).map(|(model, worth)| model.expected(&seen, time) * worth).collect();
                figures.push(Figure {
                    name: format!("expected_value_{days}d"),
                    text: None,
                    value: Some(expected * worth),
                    bounds: bootstrap::interval(&values, LEVEL),
                    unit: header.currency.clone(),
                    meaning: format!("at {worth:.2} a purchase"),
                });
            }
        }
        if let Some(worth) = worth {
            let year = 365.0 / DAYS_PER_WEEK;
            let of = |model: &Purchasing, years: f64, discount: f64| {
                model.p_alive(&seen) * model.discounted_if_alive(seen.again, seen.age, years * year, discount.ln_1p() / year)
            };
            let values: Vec<f64> = drawn.iter().zip(&worths).map(|(drawn, worth)| of(drawn, model.years, model.discount) * worth).collect();
            figures.push(Figure {
                name: "predicted_clv".to_owned(),
                text: None,
                value: Some(of(&purchasing, model.years, model.discount) * worth),
                bounds: bootstrap::interval(&values, LEVEL),
                unit: header.currency.clone(),
                meaning: format!("of {} years, each {:.0} % less", model.years, model.discount * 100.0),
            });
        }
        figures.push(said("predicted_spend_tier", text("predicted_spend_tier"), "by what to expect in 365 days"));
        figures.push(said(
            "due_by_date",
            date("due_by_date"),
            "by then four of five such customers, if they had not left, would have bought again",
        ));
        figures.push(said("next_order_date", date("next_order_date"), "by then as likely as not, if the customer has not left"));
        figures.push(said("retention_state", text("retention_state"), &format!("by {}", model.choice.rule)));
        Ok(CustomerValue { figures: answer(&header, figures, &model)?, header })
    }
}

fn answer(header: &Header, figures: Vec<Figure>, model: &super::StoredValueModel) -> Result<Answer, Error> {
    let known: Vec<&Figure> = figures.iter().filter(|figure| figure.value.is_some() || figure.text.is_some()).collect();
    let columns = vec![
        AnswerColumn::text("figure", known.iter().map(|figure| Some(figure.name.clone()))),
        AnswerColumn::number("value", known.iter().map(|figure| figure.value)),
        AnswerColumn::number("low", known.iter().map(|figure| figure.bounds.map(|bounds| bounds.0))),
        AnswerColumn::number("high", known.iter().map(|figure| figure.bounds.map(|bounds| bounds.1))),
        AnswerColumn::text("unit", known.iter().map(|figure| Some(figure.unit.clone()).filter(|unit| !unit.is_empty()))),
        AnswerColumn::text("words", known.iter().map(|figure| figure.text.clone())),
        AnswerColumn::text("meaning", known.iter().map(|figure| Some(figure.meaning.clone()).filter(|meaning| !meaning.is_empty()))),
    ];
    let mut notes =
        vec![format!("by {}; {}", model.shown(), model.choice.because), format!("low and high: nine of ten, by {}", model.intervals)];
    notes.extend(model.in_use().and_then(|used| used.limit_meaning.clone()));
    Answer::new(header.clone(), columns, notes)
}

/// What a purchase is worth, once for each drawn model.
fn worths(model: &super::StoredValueModel, spending: Option<gamma_gamma::Params>, again: f64, mean: f64, draws: usize) -> Vec<f64> {
    let Some(params) = spending else { return vec![0.0; draws] };
    let covariance = model.spending.as_ref().map_or(&[][..], |spending| &spending.covariance_of_logarithms);
    let own = params.mean_of(again, mean).unwrap_or(0.0);
    let drawn = bootstrap::around(&[params.p, params.q, params.gamma], covariance, draws, SEED);
    if drawn.len() < draws {
        return vec![own; draws];
    }
    let of = |values: &Vec<f64>| gamma_gamma::Params { p: values[0], q: values[1], gamma: values[2] }.mean_of(again, mean);
    drawn.iter().map(|values| of(values).unwrap_or(own)).collect()
}

/// Between which numbers the purchases of eight such customers of ten will lie.
fn lives(drawn: &[Purchasing], model: &Purchasing, seen: &Seen, time: f64) -> (u64, u64) {
    let mut random = Random::of(SEED, 3);
    let models = if drawn.is_empty() { std::slice::from_ref(model) } else { drawn };
    let counts: Vec<f64> =
        models.iter().flat_map(|model| [model; LIVES]).map(|model| f64::from(model.draw(seen, time, &mut random))).collect();
    bootstrap::interval(&counts, 0.8).map_or((0, 0), |(low, high)| (low.floor() as u64, high.ceil() as u64))
}

fn number<T: ArrowPrimitiveType>(row: &RecordBatch, name: &str) -> Option<T::Native> {
    let column = row.column_by_name(name)?.as_primitive_opt::<T>()?;
    column.is_valid(0).then(|| column.value(0))
}
