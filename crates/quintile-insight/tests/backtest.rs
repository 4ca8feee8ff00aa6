//! Rules of thumb on CDNOW against golden figures that were made by other means.

use quintile_insight::backtest::threshold::{Rule, Scored, mean_gap};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join(path);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

/// Days since 1970 of a date as CDNOW writes it (Howard Hinnant's days_from_civil).
fn day(text: &str) -> i32 {
    let (y, m, d): (i32, i32, i32) = (text[..4].parse().unwrap(), text[4..6].parse().unwrap(), text[6..8].parse().unwrap());
    let y = if m <= 2 { y - 1 } else { y };
    let (era, of_era) = (y / 400, y % 400);
    let of_year = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + d - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[test]
fn rules_of_thumb_on_cdnow() {
    let (Some(file), Some(golden)) = (shared("data/cdnow/CDNOW_master.txt"), shared("golden/churn_threshold_backtest.json")) else {
        return;
    };
    let mut customers: BTreeMap<String, Vec<i32>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.len() == 4 && words[1].len() == 8 && words[1].bytes().all(|digit| digit.is_ascii_digit()) {
            customers.entry(words[0].to_owned()).or_default().push(day(words[1]));
        }
    }
    customers.values_mut().for_each(|days| {
        days.sort_unstable();
        days.dedup();
    });
    let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    let rows: Vec<_> = golden["rows"].as_array().unwrap().iter().filter(|row| row["dataset"] == "cdnow").collect();
    assert_eq!(rows.len(), 2);
    for row in rows {
        let cut = day(&row["cut"].as_str().unwrap().replace('-', ""));
        let end = cut + row["H_days"].as_i64().unwrap() as i32;
        let mean = mean_gap(customers.values().map(|days| &days[..days.partition_point(|day| *day <= cut)])).unwrap();
        assert!((mean - row["mean_gap"].as_f64().unwrap()).abs() < 0.05, "{mean}");
        let scored = |rule: Rule| {
            let mut all = Scored::default();
            for days in customers.values() {
                let upto = days.partition_point(|day| *day <= cut);
                if let Some(ratio) = rule.ratio(&days[..upto], cut, mean) {
                    all.add(ratio, !days[upto..].iter().any(|day| *day <= end));
                }
            }
            all
        };
        for (rule, name, auc) in
            [(Rule::OwnGaps, "own mean gap", "recency/own_mean_gap"), (Rule::SmoothedGaps, "shrunk gap", "recency/shrunk_gap")]
        {
            let all = scored(rule);
            assert_eq!(all.len() as u64, row["n_repeat"].as_u64().unwrap());
            assert!((all.auc().unwrap() - row["repeat"][auc].as_f64().unwrap()).abs() < 5e-5, "{auc}");
            for times in [2.0, 3.0, 4.0] {
                // Who has waited exactly so many times their gap is flagged or not by a last digit in the golden file, which
                // counts in weeks; here such customers are not flagged.
                let (without, with) = (all.judged(times), all.judged(times - 1e-9));
                let expected = &row["operating_points_repeat"][format!("{times}x {name}")];
                let between = |one: Option<f64>, other: Option<f64>, name: &str| {
                    let (one, other, expected) = (one.unwrap(), other.unwrap(), expected[name].as_f64().unwrap());
                    let near = (one.min(other) - 6e-5..one.max(other) + 6e-5).contains(&expected);
                    assert!(near, "{rule:?} {times} {name}: {one} to {other} and not {expected}");
                };
                between(without.flagged_share(), with.flagged_share(), "flag");
                between(without.precision(), with.precision(), "precision");
                between(without.recall(), with.recall(), "recall");
                if rule == Rule::SmoothedGaps {
                    assert_eq!(without, with, "{times}: nobody lies on the border");
                }
            }
        }
    }
}
