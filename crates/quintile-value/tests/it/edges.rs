//! Hard inputs with values of sixty digits, and data whose best fit lies at infinity.

use crate::shared::{folder, json, near, number};
use quintile_value::{Histories, History, Limit, ModelName, Purchasing, Seen};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn forty_one_hard_inputs() {
    let Some(golden) = json("btyd_edge_cases.json") else { return };
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 41);
    for case in cases {
        let name = match case["model"].as_str().unwrap() {
            "bgnbd" => ModelName::BgNbd,
            "mbgnbd" => ModelName::MbgNbd,
            "pareto_nbd" => ModelName::ParetoNbd,
            other => panic!("{other}"),
        };
        let values: Vec<f64> = case["params"].as_array().unwrap().iter().map(number).collect();
        let model = Purchasing::with_parameters(name, &values).unwrap();
        let seen = Seen { again: number(&case["x"]), last: number(&case["t_x"]), age: number(&case["T"]) };
        let note = case["note"].as_str().unwrap();
        let check = |found: f64, expected: &serde_json::Value, what: &str| {
            let text = expected.as_str().unwrap();
            let exponent: i32 = text.split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap());
            if exponent < -300 {
                assert!((0.0..1e-300).contains(&found), "{note}: {what} is {found}");
            } else {
                near(found, text.parse().unwrap(), 1e-10, &format!("{name:?} {note}: {what}"));
            }
        };
        let likelihood = number(&case["log_likelihood"]);
        let found = model.log_likelihood(&seen);
        assert!((found - likelihood).abs() <= 1e-11 * likelihood.abs().max(1.0), "{note}: {found} is not {likelihood}");
        check(model.p_alive(&seen), &case["p_alive"], "p_alive");
        check(model.expected(&seen, number(&case["t"])), &case["expected"], "expected");
    }
}

/// Purchase days of Online Retail's customers, in days of the year 0 of a count.
fn online_retail() -> Option<BTreeMap<u32, BTreeSet<i64>>> {
    let file = std::fs::File::open(folder()?.join("data/online_retail/online_retail_I.csv.gz")).unwrap();
    let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file));
    let headers = reader.headers().unwrap().clone();
    let [invoice, quantity, date, price, customer] = ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"]
        .map(|name| headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("no {name}")));
    let mut days: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        let bought = row[quantity].parse::<f64>().unwrap() > 0.0 && row[price].parse::<f64>().unwrap() > 0.0;
        if !row[customer].is_empty() && !row[invoice].starts_with('C') && bought {
            let id = row[customer].parse::<f64>().unwrap() as u32;
            days.entry(id).or_default().insert(day(&row[date]));
        }
    }
    Some(days)
}

/// Days since 0000-03-01 of a text that begins with `YYYY-MM-DD`.
fn day(text: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day
}

#[test]
fn online_retail_shows_nobody_leaving() {
    let (Some(days), Some(golden)) = (online_retail(), json("btyd_boundary.json")) else { return };
    let (cut, end) = (day("2011-06-12"), day("2011-12-09"));
    let mut histories = Vec::new();
    let mut came = 0.0;
    for days in days.values() {
        let before: Vec<i64> = days.iter().copied().filter(|day| *day <= cut).collect();
        let (Some(first), Some(last)) = (before.first(), before.last()) else { continue };
        came += days.iter().filter(|day| **day > cut).count() as f64;
        histories.push(History { again: before.len() as u32 - 1, last: (last - first) as u32, age: (cut - first) as u32 });
    }
    assert_eq!(histories.len(), 2821);
    let expected = &golden["online_retail_I_cal_2011-06-12"];
    let histories = Histories::new(&histories, 7.0).unwrap();
    for name in ModelName::ALL {
        let fitted = Purchasing::fit(name, &histories).unwrap();
        let likelihood = number(&expected["nbd"]["log_likelihood"]);
        assert!((fitted.log_likelihood - likelihood).abs() < 1e-6, "{name:?}: {} is not {likelihood}", fitted.log_likelihood);
        assert_eq!(fitted.limit, (name != ModelName::Nbd).then_some(Limit::NobodyLeaves), "{name:?}");
        for (place, parameter) in ["r", "alpha"].into_iter().enumerate() {
            let (told, value) = fitted.model.parameters()[place];
            assert_eq!(told, parameter);
            near(value, number(&expected["nbd"][parameter]), 1e-6, parameter);
            near(fitted.standard_errors[place].unwrap(), number(&expected["nbd"]["std_err"][place]), 1e-5, parameter);
        }
        assert!(fitted.standard_errors.iter().skip(2).all(Option::is_none), "an error of a parameter at its boundary");
        let time = (end - cut) as f64 / 7.0;
        let sum: f64 = histories
            .rows()
            .iter()
            .zip(histories.weights())
            .map(|(row, weight)| weight * fitted.model.expected(&histories.seen(row), time))
            .sum();
        near(sum, number(&expected["nbd_holdout"]["expected"]), 1e-6, "expected");
        near(came, number(&expected["nbd_holdout"]["actual"]), 1e-12, "what came");
    }
}
