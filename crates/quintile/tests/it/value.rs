//! Value models through the front door: published figures, the rules of stored models, and what a shop too small is told.

use crate::project::Project;
use quintile::value::{BacktestAsk, ValueFitAsk};
use quintile::{Answer, Error, When};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join(path);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

fn golden(name: &str) -> Option<serde_json::Value> {
    Some(serde_json::from_str(&std::fs::read_to_string(shared(&format!("golden/{name}"))?).unwrap()).unwrap())
}

fn until(day: &str) -> ValueFitAsk {
    ValueFitAsk { when: When::Until(day.to_owned()), ..ValueFitAsk::default() }
}

/// The rows of an answer as JSON objects.
fn rows(answer: &Answer) -> Vec<serde_json::Value> {
    let mut text = Vec::new();
    answer.write(quintile::write::Format::Json, true, &mut text).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
    value["rows"].as_array().unwrap().clone()
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn near(found: f64, expected: &serde_json::Value, relative: f64, what: &str) {
    let expected = number(expected);
    assert!((found - expected).abs() <= relative * expected.abs(), "{what}: {found} is not {expected}");
}

/// The published sample of CDNOW: imported, fitted on its first 39 weeks, and held against the 39 that followed.
#[test]
fn the_published_figures_of_cdnow() {
    let (Some(file), Some(golden)) = (shared("data/cdnow/cdnow_sample_tidy.csv.gz"), golden("btyd_cdnow_sample.json")) else { return };
    let project = Project::of("UTC", "USD");
    project.import(&[file]);
    let fit = project.workspace.value_fit(&until("1997-09-30")).unwrap();
    assert_eq!((fit.stored.fitted_on.customers, fit.stored.fitted_on.repeat_customers), (2_357, 946));
    assert_eq!((fit.stored.fitted_on.purchases_after_first, fit.stored.fitted_on.distinct_histories), (2_457, 1_016));
    assert_eq!((fit.stored.unit.as_str(), fit.stored.days_per_unit, fit.stored.until.as_str()), ("week", 7.0, "1997-09-30"));
    let names = [("bg-nbd", "bgnbd"), ("mbg-nbd", "mbgnbd"), ("pareto-nbd", "pareto_nbd")];
    for (name, key) in names {
        let model = fit.stored.models.iter().find(|model| model.model == name).unwrap();
        near(model.log_likelihood, &golden[key]["log_likelihood"], 1e-10, name);
        for (parameter, value) in &model.parameters {
            near(*value, &golden[key]["params"][parameter], 1e-5, parameter);
            near(model.standard_errors[parameter].unwrap(), &golden[key]["std_err"][parameter], 1e-4, parameter);
        }
    }
    let spending = fit.stored.spending.as_ref().unwrap();
    near(spending.log_likelihood, &golden["gamma_gamma"]["log_likelihood"], 1e-8, "spending");
    for (parameter, value) in &spending.parameters {
        near(*value, &golden["gamma_gamma"]["params"][parameter], 1e-5, parameter);
    }
    let one = project.workspace.value_fit(&ValueFitAsk { model: Some("bg-nbd".into()), ..until("1997-09-30") }).unwrap().json().unwrap();
    near(number(&one["parameters"]["alpha"]), &golden["bgnbd"]["params"]["alpha"], 1e-5, "alpha");
    assert_eq!(one["unit"], "week");

    let ask = BacktestAsk { cut: Some("1997-09-30".into()), horizon_days: Some(273), ..BacktestAsk::default() };
    let found = rows(&project.workspace.value_backtest(&ask).unwrap());
    for (name, key) in names {
        let row = found.iter().find(|row| row["rule"] == name && row["customers_of"] == "all").unwrap();
        let holdout = &golden[key]["holdout"];
        near(number(&row["orders_forecast"]), &holdout["sum_expected"], 1e-6, "sum");
        near(number(&row["orders_came"]), &golden["actual_holdout_transactions"], 1e-12, "came");
        near(number(&row["mean_error"]), &holdout["mae"], 1e-6, "mean error");
        near(number(&row["root_mean_square"]), &holdout["rmse"], 1e-6, "root mean square");
        near(number(&row["correlation"]), &holdout["pearson"], 1e-6, "correlation");
    }
}

/// A store whose customers show no sign of leaving: said in the output, and P(alive) is not shown.
#[test]
fn the_boundary_of_online_retail_is_explained() {
    let (Some(file), Some(golden)) = (shared("data/online_retail/online_retail_I.csv.gz"), golden("btyd_boundary.json")) else { return };
    let golden = &golden["online_retail_I_cal_2011-06-12"]["nbd"];
    let project = Project::of("UTC", "GBP");
    project.import(&[file]);
    let fit = project.workspace.value_fit(&until("2011-06-12")).unwrap();
    assert_eq!(fit.stored.models.len(), 3);
    for model in &fit.stored.models {
        assert_eq!(model.limit.as_deref(), Some("nobody_leaves"), "{model:?}");
        near(model.parameters["r"], &golden["r"], 2e-2, "r");
        // Orders of value 0 count here, and did not there.
        assert_eq!((model.equals.as_deref(), model.parameters.len(), model.covariance.len()), (Some("nbd"), 2, 2));
    }
    // Where nobody leaves, lateness says nothing to the model, and states stay with gaps.
    assert_eq!((fit.stored.choice.rule.as_str(), fit.stored.at_risk), ("own-gaps", None));
    assert!(!fit.stored.draws.is_empty());
    let notes = fit.answer.notes.join("\n");
    assert!(notes.contains("no sign that customers ever leave for good"), "{notes}");
    let profile = project.profile("2011-06-13");
    assert!(profile.column("p_alive").iter().all(|alive| *alive == "-"));
    assert!(profile.column("expected_orders_90d").iter().any(|expected| *expected != "-"));
    let page = quintile::page(&project.workspace.report(&When::Until("2011-06-12".into())).unwrap());
    assert!(page.contains("no sign that customers ever leave for good") && page.contains("a bound from above"));
    assert!(page.contains("nobody leaves in it, so it cannot tell who is late: states stay with gaps"));
    assert!(!page.contains("id=\"value-alive\"") && page.contains("id=\"value-silent\""), "P(alive) says nothing here");
    let stages = project.workspace.stages(&When::Until("2011-06-12".into()), "life_stage").unwrap();
    let states = stages.header.unwrap().thresholds.into_iter().find(|threshold| threshold.name == "states").unwrap();
    assert!(states.value == "usual gaps" && states.found.contains("nobody leaves in it"), "{states:?}");
    let shown = rows(&project.workspace.value_show(&When::Until("2011-06-12".into())).unwrap());
    assert!(shown.iter().all(|row| row["expected"] != "customers who have not left"), "{shown:?}");
}

/// Three hundred customers over a year, by a rule: some come every month, some stop after a while, some buy once.
fn shop() -> Project {
    let project = Project::new();
    let mut text = String::from("customer,order,at,total\n");
    let mut order = 0;
    for customer in 0..600_u32 {
        let mixed = customer.wrapping_mul(2_654_435_761) >> 8;
        let (start, gap) = (mixed % 200, 9 + (mixed >> 7) % 50);
        let times = match customer % 4 {
            0 => 1,
            1 => 1 + (mixed >> 12) % 4,
            _ => 40,
        };
        let mut day = start;
        for turn in 0..times {
            if day >= 364 {
                break;
            }
            order += 1;
            let date = jiff_day(day);
            text.push_str(&format!("c{customer},o{order},{date},{}.50\n", 10 + (mixed + turn * 13) % 40));
            day += 1 + (gap * (40 + (mixed.wrapping_mul(turn + 7) % 120))) / 100;
        }
    }
    let file = project.file("orders.csv", text);
    project.mapping("orders", &[("customer", "customer_id"), ("order", "order_id"), ("at", "at"), ("total", "total")]);
    project.import(&[file]);
    project
}

/// A day of 2025, counted from 0.
fn jiff_day(day: u32) -> String {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut left, mut month) = (day, 0);
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    format!("2025-{:02}-{:02}", month + 1, left + 1)
}

#[test]
fn a_model_answers_for_its_moment_and_later() {
    let project = shop();
    let predicted = ["p_alive", "churn_risk", "expected_orders_90d", "expected_orders_365d", "predicted_clv", "predicted_spend_tier"];
    let before = project.profile("2025-12-31");
    for column in predicted {
        assert!(before.column(column).iter().all(|value| *value == "-"), "{column} before a model stands");
    }
    let missing = project.workspace.value_show(&When::Until("2025-12-30".into())).unwrap_err();
    assert!(matches!(missing, Error::NoValueModel { .. }), "{missing}");
    let fit = project.workspace.value_fit(&until("2025-10-31")).unwrap();
    assert_eq!(fit.stored.choice.by, "backtest");
    assert!(!fit.stored.draws.is_empty());
    // Not before: no answer knows its own future.
    assert!(project.profile("2025-10-31").column("churn_risk").iter().all(|risk| *risk == "-"));
    let after = project.profile("2025-12-31");
    for (purchases, risk) in after.column("number_of_purchases").iter().zip(after.column("churn_risk")) {
        assert_eq!(*purchases == "0", risk == "-");
        let risk: f64 = risk.parse().unwrap();
        assert!((0.0..=1.0).contains(&risk));
    }
    let tiers: BTreeMap<&str, usize> = after.column("predicted_spend_tier").iter().fold(BTreeMap::new(), |mut tiers, tier| {
        *tiers.entry(*tier).or_default() += 1;
        tiers
    });
    assert!(tiers["HIGH"] > 0 && tiers["MEDIUM"] > 0 && tiers["LOW"] > 0, "{tiers:?}");
    // The same facts fitted again are the same model, to the last digit.
    let again = project.workspace.value_fit(&until("2025-10-31")).unwrap();
    assert_eq!(serde_json::to_string(&fit.stored).unwrap(), serde_json::to_string(&again.stored).unwrap());
    let show = project.workspace.value_show(&When::Until("2025-12-30".into())).unwrap();
    for row in rows(&show) {
        let [low, value, high] = ["low", "value", "high"].map(|name| number(&row[name]));
        assert!(low <= value * 1.05 && value <= high * 1.05 && low < high, "{row}");
    }
}

#[test]
fn states_say_which_rule_made_them() {
    let project = shop();
    let by_gaps = project.stages("2025-12-31", "retention_state");
    let gaps: Vec<(String, u64)> = by_gaps.sizes().iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    let fit = project.workspace.value_fit(&until("2025-12-30")).unwrap();
    let answer = project.workspace.stages(&When::Until("2025-12-30".into()), "retention_state").unwrap();
    let header = answer.header.clone().unwrap();
    assert!(header.value_model.unwrap().ends_with("fitted through 2025-12-30"));
    let meanings: Vec<String> = rows(&answer).iter().map(|row| row["meaning"].as_str().unwrap_or_default().to_owned()).collect();
    let rule = header.thresholds.iter().find(|threshold| threshold.name == "states");
    if fit.stored.at_risk.is_some() {
        assert!(rule.unwrap().found.contains("probability of no purchase"), "{rule:?}");
        assert!(meanings.iter().any(|meaning| meaning.contains(&format!("{} days", fit.stored.horizon.days))), "{meanings:?}");
    } else {
        assert!(rule.unwrap().found.contains("states go by usual gaps although a value model stands: no model beat"), "{rule:?}");
        let now: Vec<(String, u64)> =
            project.stages("2025-12-31", "retention_state").sizes().iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
        assert_eq!(now, gaps);
    }
    // Everybody is in exactly one class, whatever the rule.
    let customers: u64 = rows(&answer).iter().map(|row| row["customers"].as_u64().unwrap()).sum();
    assert_eq!(customers, gaps.iter().map(|(_, count)| count).sum::<u64>());
}

#[test]
fn states_by_gaps_can_be_had_although_a_model_stands() {
    let mut project = shop();
    let sizes = |project: &Project| -> Vec<(String, u64)> {
        project.stages("2025-12-31", "retention_state").sizes().iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
    };
    let by_gaps = sizes(&project);
    let fit = project.workspace.value_fit(&ValueFitAsk { model: Some("mbg-nbd".into()), ..until("2025-12-30") }).unwrap();
    assert!(fit.stored.at_risk.is_some(), "{:?}", fit.stored.choice);
    assert_ne!(sizes(&project), by_gaps);
    project.workspace.settings.states = quintile::settings::StatesBy::Gaps;
    assert_eq!(sizes(&project), by_gaps);
    let header = project.stages("2025-12-31", "retention_state").header;
    let states = header.thresholds.iter().find(|threshold| threshold.name == "states").unwrap();
    assert!(states.found.ends_with("set in quintile.toml"), "{states:?}");
    // What is predicted stays.
    assert!(project.profile("2025-12-31").column("churn_risk").iter().any(|risk| *risk != "-"));
}

#[test]
fn the_report_shows_forecasts_and_what_came() {
    let project = shop();
    let ask = When::Until("2025-12-30".into());
    let page = quintile::page(&project.workspace.report(&ask).unwrap());
    assert!(page.contains("No value model stands for this moment"));
    let fit = project.workspace.value_fit(&until("2025-12-30")).unwrap();
    let backtest = fit.stored.backtest.as_ref().unwrap();
    let latest = backtest.latest.as_ref().unwrap();
    assert_eq!((latest.tenths.len(), backtest.rules.len()), (10, 6));
    // The chart and the table say the same of who was known: in tenths, and by their purchases.
    let known: u64 = latest.tenths.iter().map(|tenth| tenth.customers).sum();
    assert_eq!(latest.by_purchases.iter().map(|class| class.customers).sum::<u64>(), known);
    let report = project.workspace.report(&ask).unwrap();
    let page = quintile::page(&report);
    assert!(!page.contains("NaN") && !page.contains("No value model stands"));
    for picture in ["value-calibration", "value-by-purchases"] {
        assert!(quintile::chart(&report, picture, false).unwrap().starts_with("<svg"), "{picture}");
    }
    for part in ["value-silent", "value-tiers", "value-rules", "value-models"] {
        assert!(page.contains(&format!("id=\"{part}\"")), "{part}");
    }
    // Every buyer is in one cell of the grid.
    let grid = report.sections.iter().flat_map(|section| &section.parts).find_map(|part| match part {
        quintile::report_model::Part::Grid(grid) if grid.id == "value-silent" => Some(grid),
        _ => None,
    });
    let cells = grid.unwrap().rows.iter().flat_map(|row| &row.cells).flatten();
    let customers: u64 = cells.map(|cell| cell.detail.replace(',', "").parse::<u64>().unwrap()).sum();
    assert_eq!(customers, fit.stored.fitted_on.customers);
}

#[test]
fn a_model_of_another_version_is_replaced_by_a_fit() {
    let project = shop();
    let fit = project.workspace.value_fit(&until("2025-12-30")).unwrap();
    let folder = project.workspace.root().join("answers/value");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, "{ \"format\": 1 }").unwrap();
    let error = project.workspace.value_show(&When::Until("2025-12-30".into())).unwrap_err().to_string();
    assert!(error.contains("is a value model of format 1, and this version reads 2; fit it again"), "{error}");
    assert_eq!(project.workspace.value_fit(&until("2025-12-30")).unwrap().stored.choice, fit.stored.choice);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn one_customer_with_intervals() {
    let project = shop();
    project.workspace.value_fit(&until("2025-12-30")).unwrap();
    let found = rows(&project.workspace.value_customer(&When::Until("2025-12-30".into()), "c2").unwrap().figures);
    let of = |name: &str| found.iter().find(|row| row["figure"] == name).unwrap_or_else(|| panic!("no {name} in {found:?}"));
    let [soon, year] = ["expected_orders_90d", "expected_orders_365d"].map(|name| number(&of(name)["value"]));
    assert!(soon > 0.0 && year > soon);
    assert!(of("expected_orders_90d")["meaning"].as_str().unwrap().contains("of ten will place"));
    assert!(number(&of("churn_risk")["low"]) <= number(&of("churn_risk")["high"]));
    let unknown = project.workspace.value_customer(&When::Until("2025-12-30".into()), "nobody").unwrap_err();
    assert!(matches!(unknown, Error::UnknownCustomer(_)), "{unknown}");
}

#[test]
fn a_shop_too_small_is_told_what_is_missing() {
    let project = Project::new();
    let file = project.file("orders.csv", "customer,order,at,total\na,1,2025-01-01,5\na,2,2025-02-01,6\nb,3,2025-03-01,7\n");
    project.mapping("orders", &[("customer", "customer_id"), ("order", "order_id"), ("at", "at"), ("total", "total")]);
    project.import(&[file]);
    let fit = project.workspace.value_fit(&until("2025-06-30")).unwrap();
    assert!(fit.stored.models.is_empty());
    assert_eq!(fit.stored.not_fitted["mbg-nbd"], "2 customers are too few to fit a value model: at least 50 are needed");
    assert!(fit.answer.notes.iter().any(|note| note.contains("at least 50 are needed")), "{:?}", fit.answer.notes);
    // Nothing is kept that says nothing.
    let missing = project.workspace.value_show(&When::Until("2025-06-30".into())).unwrap_err().to_string();
    assert_eq!(missing, "no value model stands as of 2025-07-01; fit one with `quintile value fit`, for that moment or an earlier one");
    let unknown = project.workspace.value_fit(&ValueFitAsk { model: Some("bgnbd".into()), ..until("2025-06-30") }).unwrap_err().to_string();
    assert!(unknown.starts_with("no value model `bgnbd`, did you mean `bg-nbd`?; there are "), "{unknown}");
    let backtest = project.workspace.value_backtest(&BacktestAsk::default()).unwrap_err().to_string();
    assert!(backtest.contains("bears no backtest"), "{backtest}");
}

/// Rules of lapse on a grocer's households, against numbers worked out by another program.
#[test]
fn rules_of_lapse_on_a_grocer() {
    use quintile_value::backtest::{Cut, Group, Purchases, Rule, at};
    use quintile_value::{Limit, ModelName};
    let (Some(file), Some(golden)) = (shared("data/completejourney/transactions.parquet"), golden("churn_threshold_backtest.json")) else {
        return;
    };
    let mut of: BTreeMap<String, std::collections::BTreeSet<i32>> = BTreeMap::new();
    let file = std::fs::File::open(file).unwrap();
    for batch in parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let options = arrow::util::display::FormatOptions::default();
        let [households, times] = ["household_id", "transaction_timestamp"]
            .map(|name| arrow::util::display::ArrayFormatter::try_new(batch.column_by_name(name).unwrap(), &options).unwrap());
        for row in 0..batch.num_rows() {
            let date: jiff::civil::Date = times.value(row).to_string()[..10].parse().unwrap();
            of.entry(households.value(row).to_string()).or_default().insert(quintile::model::StoreZone::day_of(date));
        }
    }
    let (mut offsets, mut days) = (vec![0], Vec::new());
    for own in of.values() {
        days.extend(own);
        offsets.push(days.len() as u32);
    }
    let purchases = Purchases { offsets: &offsets, days: &days };
    let day = quintile::model::StoreZone::day_of(jiff::civil::date(2017, 9, 30));
    let mut looked_at = 0;
    for row in golden["rows"].as_array().unwrap().iter().filter(|row| row["dataset"] == "completejourney") {
        looked_at += 1;
        let cut = Cut { day, horizon: row["H_days"].as_u64().unwrap() as u32 };
        let result = at(&purchases, cut, &[ModelName::BgNbd, ModelName::MbgNbd, ModelName::ParetoNbd]).unwrap();
        for (group, key, customers) in [(Group::All, "all", "n"), (Group::Again, "repeat", "n_repeat")] {
            for (model, short) in [(ModelName::BgNbd, "bg"), (ModelName::MbgNbd, "mbg"), (ModelName::ParetoNbd, "pnbd")] {
                let score = result.scores.iter().find(|score| score.rule == Rule::Model(model) && score.group == group).unwrap();
                assert_eq!(score.customers as u64, row[customers].as_u64().unwrap());
                let close = |found: Option<f64>, name: String| {
                    let (found, expected) = (found.unwrap(), number(&row[key][&name]));
                    assert!((found - expected).abs() < 4e-4, "{name} of {key} at {}: {found} is not {expected}", cut.horizon);
                };
                close(score.auc, format!("P(no purchase in H)_{short}"));
                close(score.brier, format!("brier_{short}"));
                close(score.forecast, format!("meanpred_{short}"));
            }
            let recency = result.scores.iter().find(|score| score.rule == Rule::Recency && score.group == group).unwrap();
            assert!((recency.auc.unwrap() - number(&row[key]["recency"])).abs() < 4e-4);
        }
        // Rates of leaving do not differ here: the other program stopped at arbitrary, huge numbers.
        let pareto = result.fitted.iter().find(|fitted| fitted.model.name() == ModelName::ParetoNbd).unwrap();
        assert!(matches!(pareto.limit, Some(Limit::SameDropoutRate { .. })), "{:?}", pareto.limit);
    }
    assert_eq!(looked_at, 2);
}
