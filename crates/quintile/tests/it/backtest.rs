//! Looks back, held against golden figures; and what came later is never read.

use crate::project::{Project, Table, when};
use quintile::value::ValueFitAsk;
use quintile::{Asked, BacktestAsk, SuggestAsk};
use std::fmt::Write;
use std::path::PathBuf;

fn backtest(project: &Project, date: &str, text: &str, silence: bool, cut: Option<&str>) -> Table {
    let ask = BacktestAsk {
        when: when(date),
        of: Asked::Text(text.to_owned()),
        parameters: Vec::new(),
        horizon_days: Some(30),
        cut: cut.map(str::to_owned),
        silence,
    };
    Table::of(project.workspace.backtest(&ask).unwrap_or_else(|error| panic!("{}", crate::project::whole(&error))))
}

fn suggest(project: &Project, date: &str, cut: Option<&str>, horizon: u16) -> Table {
    let ask = SuggestAsk { horizon_days: Some(horizon), cut: cut.map(str::to_owned), ..SuggestAsk::at(when(date)) };
    Table::of(project.workspace.suggest_thresholds(&ask).unwrap().answer)
}

#[test]
fn golden_figures_of_cdnow() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from) else { return };
    let golden: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shared.join("golden/churn_threshold_backtest.json")).unwrap()).unwrap();
    let project = Project::of("America/New_York", "USD");
    project.import(&[shared.join("data/cdnow/CDNOW_master.txt")]);
    for row in golden["rows"].as_array().unwrap().iter().filter(|row| row["dataset"] == "cdnow") {
        let found = suggest(&project, "1998-07-01", row["cut"].as_str(), row["H_days"].as_u64().unwrap() as u16);
        for (rule, name, tolerance) in [("smoothed-gaps", "shrunk gap", 5.1e-5), ("own-gaps", "own mean gap", 6e-4)] {
            for times in ["2", "3", "4"] {
                let expected = &row["operating_points_repeat"][format!("{times}x {name}")];
                let own = found.rows.iter().find(|row| row[0] == rule && row[1].parse::<f64>() == times.parse()).unwrap();
                for (column, name) in [("flagged_share", "flag"), ("silent_share", "precision"), ("recall_share", "recall")] {
                    let at = found.names.iter().position(|known| known == column).unwrap();
                    let (own, expected) = (own[at].parse::<f64>().unwrap(), expected[name].as_f64().unwrap());
                    // Who waited exactly so many times their own gap is on either side of the golden border.
                    assert!((own - expected).abs() <= tolerance, "{rule} {times} {name}: {own} and not {expected}");
                }
            }
        }
        assert_eq!(found.rows[0][3], row["n_repeat"].to_string());
    }
}

/// What the models know of who left, fitted at the cut, beside golden figures of another fit.
#[test]
fn golden_probabilities_of_cdnow() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from) else { return };
    let golden: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shared.join("golden/churn_threshold_backtest.json")).unwrap()).unwrap();
    let project = Project::of("America/New_York", "USD");
    project.import(&[shared.join("data/cdnow/CDNOW_master.txt")]);
    let row = golden["rows"].as_array().unwrap().iter().find(|row| row["dataset"] == "cdnow" && row["H_days"] == 91).unwrap();
    for (model, short) in [("bg-nbd", "bg"), ("pareto-nbd", "pnbd")] {
        let ask = ValueFitAsk { when: when("1998-07-01"), model: Some(model.to_owned()), ..ValueFitAsk::default() };
        project.workspace.value_fit(&ask).unwrap();
        let found = suggest(&project, "1998-07-01", row["cut"].as_str(), 91);
        for (rule, name) in [("p-left", format!("P(alive)<.5 {short}")), ("p-silent", format!("P(no purchase in H)>.5 {short}"))] {
            let wanted = format!("{rule} {model}");
            let own = found.rows.iter().find(|row| row[0] == wanted && row[1] == "0.5").unwrap_or_else(|| panic!("{wanted}: {found:?}"));
            for (column, figure) in [("flagged_share", "flag"), ("silent_share", "precision"), ("recall_share", "recall")] {
                let own = own[found.names.iter().position(|known| known == column).unwrap()].parse::<f64>().unwrap();
                let expected = row["operating_points_repeat"][&name][figure].as_f64().unwrap();
                assert!((own - expected).abs() <= 2e-3, "{name} {figure}: {own} and not {expected}");
            }
        }
    }
}

#[test]
fn what_mistakes_cost_moves_the_suggestion() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from) else { return };
    let project = Project::of("America/New_York", "USD");
    project.import(&[shared.join("data/cdnow/CDNOW_master.txt")]);
    let with = |false_alarm: f64, miss: f64, curve| SuggestAsk {
        false_alarm_cost: Some(false_alarm),
        miss_cost: Some(miss),
        curve,
        ..SuggestAsk::at(when("1998-07-01"))
    };
    let suggest = |ask: &SuggestAsk| project.workspace.suggest_thresholds(ask).unwrap();
    let (cheap_alarms, dear_alarms) = (suggest(&with(1.0, 5.0, false)), suggest(&with(5.0, 1.0, false)));
    assert!(cheap_alarms.risk.unwrap() <= dear_alarms.risk.unwrap(), "{:?} {:?}", cheap_alarms.risk, dear_alarms.risk);
    assert!(dear_alarms.answer.notes.iter().any(|note| note.contains("as given; risk is suggested by them")));
    // On the curve no cut of the rule of the stages was cheaper on the earlier cuts, of those with a hundred flagged.
    let curve = Table::of(suggest(&with(5.0, 1.0, true)).answer);
    let at = |name: &str| curve.names.iter().position(|own| own == name).unwrap();
    let number = |row: &[String], name: &str| row[at(name)].parse::<f64>().ok();
    let of_stages: Vec<&Vec<String>> = curve.rows.iter().filter(|row| row[0] == "overdue-ratio").collect();
    let least = of_stages.iter().find(|row| row[at("what")] == "least cost").unwrap();
    assert!(of_stages.len() > 60);
    for row in of_stages.iter().filter(|row| number(row, "flagged").unwrap() >= 1000.0) {
        assert!(number(row, "cost_each_before") >= number(least, "cost_each_before"), "{row:?} {least:?}");
        // False alarms and misses by hand, from the columns.
        let customers = number(row, "customers").unwrap();
        let (flagged, precision) = (number(row, "flagged").unwrap(), number(row, "silent_share").unwrap());
        let (hits, others) = (flagged * precision, number(row, "others_silent_share").unwrap_or(0.0));
        let cost = (5.0 * (flagged - hits) + others * (customers - flagged)) / customers;
        assert!((cost - number(row, "cost_each").unwrap()).abs() < 1e-9, "{row:?}");
    }
    for wrong in [with(-1.0, 1.0, false), with(0.0, 0.0, false), with(f64::NAN, 1.0, false)] {
        let error = project.workspace.suggest_thresholds(&wrong).unwrap_err().to_string();
        assert!(error.contains("--false-alarm-cost and --miss-cost are amounts"), "{error}");
    }
}

#[test]
fn members_of_the_past_by_hand() {
    let project = Project::new();
    project.import_text(
        "orders.csv",
        "Order ID,Order Date,Customer ID,Total,Currency\n1,2024-01-05,a,10,EUR\n2,2024-02-05,a,20,EUR\n3,2024-03-20,a,30,EUR\n4,2024-01-20,b,5,EUR\n5,2024-03-25,b,5,EUR\n6,2024-01-30,c,1,EUR\n7,2024-03-05,d,7,EUR\n",
    );
    // Known through March 10: a with two orders, b, c and d with one. In the 30 days after: a and b.
    let found = backtest(&project, "2024-05-01", "number_of_orders >= 2", false, Some("2024-03-10"));
    assert_eq!(found.rows[0][..4], ["2024-03-10", "30", "4", "1"]);
    let get = |found: &Table, name: &str| found.get("2024-03-10", name).to_owned();
    assert_eq!(["precision_share", "recall_share", "lift", "spent_each"].map(|name| get(&found, name)), ["1.0", "0.5", "2.0", "30.0000"]);
    let silent = backtest(&project, "2024-05-01", "number_of_orders = 1", true, Some("2024-03-10"));
    assert_eq!(["members", "others_share", "recall_share"].map(|name| get(&silent, name)), ["3", "0.0", "1.0"]);
    assert_eq!(get(&silent, "precision_share").parse::<f64>().unwrap(), 2.0 / 3.0);
    // A stretch of days that is not over is not looked at.
    let ask = BacktestAsk {
        when: when("2024-04-01"),
        of: Asked::Text("number_of_orders = 1".to_owned()),
        parameters: Vec::new(),
        horizon_days: Some(30),
        cut: Some("2024-03-10".to_owned()),
        silence: false,
    };
    let refused = project.workspace.backtest(&ask).unwrap_err().to_string();
    assert!(refused.contains("through 2024-03-31"), "{refused}");
}

/// Orders of a shop: those of the days before `until` are the same whatever the seed, later ones are not.
fn orders(until: u32, seed: u64) -> String {
    let mut text = "Order ID,Order Date,Customer ID,Total,Currency\n".to_owned();
    let mut state = 1_u64;
    let mut draw = |below: u64, mixed: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407 ^ mixed);
        (state >> 33) % below
    };
    for day in 0..300_u32 {
        let mixed = if day < until { 0 } else { seed };
        for nth in 0..4 {
            let (customer, total) = (draw(120, mixed), 1 + draw(90, mixed));
            let date = quintile::model::StoreZone::date_of(19_723 + day as i32);
            writeln!(text, "{day}-{nth},{date},c{customer},{total},EUR").unwrap();
        }
    }
    text
}

#[test]
fn what_came_later_changes_nothing() {
    let shops: Vec<Project> = [1, 2, 3]
        .iter()
        .map(|seed| {
            let project = Project::new();
            project.import_text("orders.csv", orders(200, *seed));
            project
        })
        .collect();
    // Day 200 is 2024-07-19: an answer as of it is the same, whatever came from that day on.
    let segment = "overdue_ratio > 1.5 AND amount_spent > average(amount_spent)";
    let date = "2024-07-19";
    let (first, thresholds) = (backtest(&shops[0], date, segment, true, None), suggest(&shops[0], date, None, 40));
    assert!(first.rows.len() >= 3 && first.column("members").iter().any(|members| *members != "0"), "{first:?}");
    for other in &shops[1..] {
        first.same_as(&backtest(other, date, segment, true, None), "a backtest");
        thresholds.same_as(&suggest(other, date, None, 40), "thresholds");
    }
    // Asked for later, the truth differs, and who was a member does not.
    let later: Vec<Table> = shops.iter().map(|shop| backtest(shop, "2024-09-01", segment, true, Some("2024-07-18"))).collect();
    assert!(later.iter().all(|table| table.rows[0][2..4] == later[0].rows[0][2..4]), "{later:?}");
    assert!(later.iter().any(|table| table.rows[0][4..] != later[0].rows[0][4..]), "{later:?}");
}
