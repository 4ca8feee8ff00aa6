//! The tables and grids of what customers will probably still buy.

use super::figures::Figures;
use super::value::{Foresight, PURCHASES, SINCE, TIERS, model_name, upto_days};
use crate::header::about;
use crate::months::whole;
use crate::value::{StoredBacktest, StoredPurchasing, StoredValueModel};
use quintile_model::Money;
use quintile_report::{Align, Column, Grid, GridCell, GridRow, Row, Table};

fn column(title: &str, definition: &str, align: Align) -> Column {
    Column { title: title.to_owned(), definition: definition.to_owned(), align }
}

/// Probabilities by purchases and by silence: of not having left, or of no purchase within the horizon.
pub(super) fn grid(foresight: &Foresight, alive: bool) -> Grid {
    let horizon = foresight.model.horizon.days;
    let classes = SINCE.len() + 1;
    let upto = |class: usize| upto_days(horizon, class);
    let title = |class: usize| match class {
        0 => format!("to {:.0}", upto(0)),
        class if class < SINCE.len() => format!("to {:.0}", upto(class)),
        class => format!("over {:.0}", upto(class - 1)),
    };
    let rows = PURCHASES.iter().enumerate().map(|(many, least)| GridRow {
        title: match PURCHASES.get(many + 1) {
            None => format!("{least} and more"),
            Some(next) if next - least == 1 => least.to_string(),
            Some(next) => format!("{least} to {}", next - 1),
        },
        cells: (0..classes)
            .map(|long| {
                let cell = foresight.cells[many][long];
                let share = if alive { cell.alive } else { cell.silent } / cell.customers as f64;
                (cell.customers > 0 && share.is_finite()).then(|| GridCell {
                    text: format!("{:.0} %", share * 100.0),
                    detail: whole(cell.customers),
                    shade: share,
                })
            })
            .collect(),
    });
    Grid {
        id: if alive { "value-alive" } else { "value-silent" }.to_owned(),
        caption: if alive {
            "The probability of not having left for good, with the number of customers: the more often and the more lately they bought, the likelier they are still there".to_owned()
        } else {
            format!("The probability of no purchase in the next {horizon} days, with the number of customers")
        },
        row_title: "Purchases so far".to_owned(),
        column_title: "Days since the last purchase".to_owned(),
        columns: (0..classes).map(title).collect(),
        rows: rows.collect(),
    }
}

pub(super) fn tiers_table(foresight: &Foresight, figures: &Figures<'_>) -> Table {
    let model = &foresight.model;
    let cuts = model.tiers.unwrap_or_default();
    let rows = TIERS.iter().zip(&foresight.tiers).enumerate().map(|(place, (name, tier))| {
        let each = |sum: f64| if tier.customers > 0 { sum / tier.customers as f64 } else { 0.0 };
        Row {
            cells: vec![
                (*name).to_owned(),
                whole(tier.customers),
                figures.money(Money::from_sum(tier.spent)),
                format!("{:.1}", each(tier.orders)),
                about(tier.value),
                about(each(tier.value)),
            ],
            remark: match place {
                0 => format!("{} and more to expect in 365 days", about(cuts[0])),
                1 => format!("{} to {}", about(cuts[1]), about(cuts[0])),
                _ => format!("less than {}", about(cuts[1])),
            },
            is_total: false,
        }
    });
    Table {
        id: "value-tiers".to_owned(),
        caption: format!("By predicted spend tier, in {}", figures.currency),
        columns: vec![
            column(
                "Tier",
                "by the value to expect in 365 days; the borders are those of the day the model was fitted, when the top fifth was HIGH and the next two fifths MEDIUM",
                Align::Start,
            ),
            column("Customers", "customers in the tier now", Align::End),
            column("Spent so far", "what they have spent, less refunds", Align::End),
            column("Orders each", "purchases to expect of one of them in 365 days, on the average", Align::End),
            column(
                "Still to come",
                &format!(
                    "what they will still spend in {} years, each year worth {:.0} % less; an estimate",
                    model.years,
                    model.discount * 100.0
                ),
                Align::End,
            ),
            column("Each", "the same by customer", Align::End),
        ],
        rows: rows.collect(),
    }
}

/// Every rule that was compared, best first.
pub(super) fn backtest_table(model: &StoredValueModel, backtest: &StoredBacktest) -> Table {
    let digits = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
    let orders = |value: Option<f64>| value.map_or("–".to_owned(), |value| whole(value.max(0.0).round() as u64));
    let rows = backtest.rules.iter().map(|rule| {
        let mut used = Vec::new();
        if model.choice.model.as_deref() == Some(&rule.rule) {
            used.push("forecasts go by it");
        }
        if model.choice.rule == rule.rule {
            used.push("states go by it");
        }
        Row {
            cells: vec![
                model_name(&rule.rule).trim_start_matches("the ").to_owned(),
                rule.brier.map_or("–".to_owned(), |brier| format!("{brier:.4}")),
                digits(rule.auc),
                digits(rule.auc_again),
                digits(rule.calibration_error),
                orders(rule.orders_forecast),
                orders(rule.orders_came),
                digits(rule.mean_error),
            ],
            remark: used.join(", "),
            is_total: false,
        }
    });
    Table {
        id: "value-rules".to_owned(),
        caption: format!(
            "Who makes no purchase in {} days: each rule held against what came after {}",
            backtest.horizon_days,
            backtest.cuts.join(", ")
        ),
        columns: vec![
            column("Rule", "a model, or a plain rule of thumb, calibrated a horizon before each cut", Align::Start),
            column(
                "Brier",
                "the mean squared distance of its probabilities from what happened; 0 is perfect, and the smallest is chosen",
                Align::End,
            ),
            column("AUC", "how well it ranks customers by silence: 0.5 is chance, 1 is perfect", Align::End),
            column("AUC, 2+", "the same among customers of two purchases or more", Align::End),
            column("Off by", "the mean distance of forecast from truth in tenths of the customers", Align::End),
            column("Orders forecast", "the sum over all cuts", Align::End),
            column("Orders that came", "the sum over all cuts", Align::End),
            column("Error each", "the mean distance of a customer's orders from what was forecast", Align::End),
        ],
        rows: rows.collect(),
    }
}

pub(super) fn models_table(model: &StoredValueModel) -> Table {
    let parameters = |of: &StoredPurchasing| {
        let one = |name: &String| {
            let value = of.parameters.get(name).copied().unwrap_or(f64::NAN);
            match of.standard_errors.get(name).copied().flatten() {
                Some(error) => format!("{name} {value:.3} ± {error:.3}"),
                None => format!("{name} {value:.3}"),
            }
        };
        of.order.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let row = |of: &StoredPurchasing| Row {
        cells: vec![
            model_name(&of.model).trim_start_matches("the ").to_owned(),
            leaving(&of.model).to_owned(),
            parameters(of),
            format!("{:.1}", of.log_likelihood),
        ],
        remark: match (&of.equals, &of.limit) {
            (Some(equals), _) => format!("runs into {}, which is what is used", model_name(equals)),
            (None, Some(_)) => of.limit_meaning.clone().unwrap_or_default(),
            (None, None) => String::new(),
        },
        is_total: false,
    };
    Table {
        id: "value-models".to_owned(),
        caption: "The models that were fitted; times are weeks".to_owned(),
        columns: vec![
            column("Model", "all hold that each customer buys at random times at a rate of their own", Align::Start),
            column("How customers leave", "what the model takes for granted", Align::Start),
            column("Parameters", "with their standard errors", Align::Start),
            column("Log-likelihood", "the sum over customers; the larger, the better it fits", Align::End),
        ],
        rows: model.models.iter().map(row).collect(),
    }
}

fn leaving(model: &str) -> &'static str {
    match model {
        "mbg-nbd" => "after any purchase",
        "bg-nbd" => "after any purchase but the first",
        "pareto-nbd" => "at any moment",
        _ => "never",
    }
}
