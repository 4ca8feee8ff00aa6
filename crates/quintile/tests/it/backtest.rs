//! Looks back, held against golden figures; and what came later is never read.

use crate::project::{Project, Table, when};
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
    let ask = SuggestAsk { when: when(date), horizon_days: Some(horizon), cut: cut.map(str::to_owned), sure: 0.9 };
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
