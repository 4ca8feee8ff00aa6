//! A fit as a table of parameters, and in words.

use super::fit::SPENDING;
use super::stored::{AtRisk, StoredValueModel};
use crate::header::counted;
use crate::months::whole;
use crate::table::AnswerColumn;
use quintile_model::Money;
use quintile_model::money::UNIT;

/// Spending and frequency that go together more than this are not as the model of spending assumes.
const RELATED: f64 = 0.3;

pub(super) fn table(stored: &StoredValueModel, asked: Option<&str>) -> Vec<AnswerColumn> {
    struct Row<'a> {
        model: &'a str,
        parameter: &'a str,
        value: f64,
        error: Option<f64>,
        log_likelihood: f64,
        used: bool,
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    let shown = |model: &str| asked.is_none_or(|asked| asked == model);
    for model in stored.models.iter().filter(|model| shown(&model.model)) {
        rows.extend(model.order.iter().map(|name| Row {
            model: &model.model,
            parameter: name,
            value: model.parameters.get(name).copied().unwrap_or(f64::NAN),
            error: model.standard_errors.get(name).copied().flatten(),
            log_likelihood: model.log_likelihood,
            used: stored.choice.model.as_deref() == Some(&model.model),
        }));
    }
    if let Some(spending) = stored.spending.as_ref().filter(|spending| shown(&spending.model)) {
        rows.extend(["p", "q", "gamma"].into_iter().map(|name| Row {
            model: &spending.model,
            parameter: name,
            value: spending.parameters.get(name).copied().unwrap_or(f64::NAN),
            error: spending.standard_errors.get(name).copied().flatten(),
            log_likelihood: spending.log_likelihood,
            used: true,
        }));
    }
    vec![
        AnswerColumn::text("model", rows.iter().map(|row| Some(row.model.to_owned()))),
        AnswerColumn::text("parameter", rows.iter().map(|row| Some(row.parameter.to_owned()))),
        AnswerColumn::number("value", rows.iter().map(|row| Some(row.value))),
        AnswerColumn::number("standard_error", rows.iter().map(|row| row.error)),
        AnswerColumn::number("log_likelihood", rows.iter().map(|row| Some(row.log_likelihood))),
        AnswerColumn::text("used", rows.iter().map(|row| Some(if row.used { "yes" } else { "no" }.to_owned()))),
    ]
}

pub(super) fn notes(stored: &StoredValueModel, kept: bool) -> Vec<String> {
    let on = &stored.fitted_on;
    let mut notes = vec![format!(
        "fitted on {} of whom {} bought again, {} after the first, through {}; times are weeks of 7 days, a purchase is {}",
        counted(on.customers, "customer", "customers"),
        whole(on.repeat_customers),
        counted(on.purchases_after_first, "purchase", "purchases"),
        stored.until,
        on.purchase
    )];
    // Models that end at one limit, or lack the same, are named together.
    let mut said: Vec<(&str, Vec<&str>)> = Vec::new();
    let limits = stored.models.iter().filter_map(|model| Some((model.limit_meaning.as_deref()?, model.model.as_str())));
    let missing = stored.not_fitted.iter().map(|(model, why)| (why.as_str(), model.as_str()));
    for (why, model) in limits.chain(missing) {
        match said.iter_mut().find(|(known, _)| *known == why) {
            Some((_, models)) => models.push(model),
            None => said.push((why, vec![model])),
        }
    }
    notes.extend(said.iter().map(|(why, models)| format!("{}: {why}", models.join(", "))));
    if let Some(spending) = &stored.spending {
        notes.extend(spending.limit_meaning.as_ref().map(|meaning| format!("{SPENDING}: {meaning}")));
        if let Some(mean) = spending.mean_purchase {
            let mean = crate::header::money(Money((mean * UNIT as f64).round() as i64), &stored.currency);
            notes.push(format!(
                "{SPENDING}: the mean purchase is {mean} {}, by {}",
                stored.currency,
                counted(spending.customers, "customer", "customers")
            ));
        } else {
            notes.push(format!(
                "{SPENDING}: the mean purchase has no finite value (q is at most 1), so no value is predicted for customers of one purchase"
            ));
        }
        if let Some(correlation) = spending.correlation.filter(|correlation| correlation.abs() > RELATED) {
            notes.push(format!(
                "{SPENDING}: how much and how often go together here (correlation {correlation:.2}), which the model takes not to; trust sums less"
            ));
        }
    }
    notes.push(format!("the store's horizon is {} days: {}", stored.horizon.days, stored.horizon.found));
    if let Some(backtest) = stored.backtest.as_ref().filter(|backtest| backtest.customers < on.customers / 2) {
        notes.push(format!("the store's past is looked at with {} customers, in equal steps through all", whole(backtest.customers)));
    }
    if let Some(model) = &stored.choice.model {
        notes.push(format!("in use: {model}; states by {} ({})", stored.choice.rule, stored.choice.because));
    }
    if let Some(AtRisk { once, again }) = stored.at_risk {
        notes.push(format!(
            "at risk is a customer whose probability of no purchase in {} days is above {again:.3}, or {once:.3} after a single purchase",
            stored.horizon.days
        ));
    }
    if kept {
        notes.push("kept: profiles, stages and customers as of this moment and later use it".to_owned());
    }
    notes
}
