//! Item sets and rules against published and recomputed counts: the groceries of arules, and Online Retail.
//!
//! The data lie in the folder that `QUINTILE_SHARED` names; without it there is nothing to compare.

use quintile_insight::baskets::rules::least_baskets;
use quintile_insight::baskets::{Baskets, Limits, Rule, RuleSettings, frequent, rules};
use serde_json::Value;
use std::collections::HashMap;
use std::path::PathBuf;

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("QUINTILE_SHARED is not set: no baskets to compare with");
    }
    folder
}

/// Baskets of named items, in the order they come.
#[derive(Default)]
struct Named {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    baskets: Baskets,
}

impl Named {
    fn push<'a>(&mut self, items: impl Iterator<Item = &'a str>) {
        let (names, numbers) = (&mut self.names, &mut self.numbers);
        self.baskets.push(items.map(|item| {
            *numbers.entry(item.to_owned()).or_insert_with(|| {
                names.push(item.to_owned());
                names.len() as u32 - 1
            })
        }));
    }

    fn golden(&self, rule: &Value) -> (Vec<String>, String) {
        let names =
            |side: &str| -> Vec<String> { rule[side].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect() };
        (names("antecedent"), names("consequent").remove(0))
    }

    fn of(&self, rule: &Rule) -> (Vec<String>, String) {
        let mut bought: Vec<String> = rule.bought.iter().map(|item| self.names[*item as usize].clone()).collect();
        bought.sort();
        (bought, self.names[rule.also as usize].clone())
    }
}

/// Every run of a golden file: counts of sets by size, and of rules.
fn check(baskets: &Named, golden: &Value) {
    assert_eq!(baskets.baskets.len() as u64, golden["n_baskets"].as_u64().unwrap());
    assert_eq!(baskets.names.len() as u64, golden["n_items"].as_u64().unwrap());
    for run in golden["runs"].as_array().unwrap() {
        let (support, least) = (run["min_support"].as_f64().unwrap(), run["min_count"].as_u64().unwrap() as u32);
        if run["rounding"] != "floor" {
            assert_eq!(least_baskets(baskets.baskets.len(), support), least, "{run}");
        }
        let sets = frequent(&baskets.baskets, Limits::of(least)).unwrap();
        assert_eq!(sets.len() as u64, run["itemsets"].as_u64().unwrap(), "{run}");
        for (size, count) in run["itemsets_by_size"].as_object().unwrap() {
            let found = sets.iter().filter(|(items, _)| items.len() == size.parse::<usize>().unwrap()).count();
            assert_eq!(found as u64, count.as_u64().unwrap(), "{size} of {run}");
        }
        let found = rules(&sets, baskets.baskets.len(), RuleSettings::of(run["min_confidence"].as_f64().unwrap()));
        assert_eq!(found.len() as u64, run["rules_single_consequent"].as_u64().unwrap(), "{run}");
    }
}

/// The best rules of a run, with their counts.
fn check_best(baskets: &Named, support: f64, confidence: f64, golden: &Value) {
    let sets = frequent(&baskets.baskets, Limits::of(least_baskets(baskets.baskets.len(), support))).unwrap();
    let found = rules(&sets, baskets.baskets.len(), RuleSettings::of(confidence));
    let by_name: HashMap<_, _> = found.iter().map(|rule| (baskets.of(rule), rule)).collect();
    for (place, expected) in golden.as_array().unwrap().iter().enumerate() {
        let rule = by_name[&baskets.golden(expected)];
        let count = |name: &str| expected[name].as_u64().unwrap() as u32;
        assert_eq!([rule.both, rule.with_bought, rule.with_also], ["count", "count_antecedent", "count_consequent"].map(count));
        for (ours, theirs) in [(rule.support(), "support"), (rule.confidence(), "confidence"), (rule.lift(), "lift")] {
            assert!((ours / expected[theirs].as_f64().unwrap() - 1.0).abs() < 1e-9, "{theirs} of {expected}");
        }
        assert!((found[place].lift() / expected["lift"].as_f64().unwrap() - 1.0).abs() < 1e-9, "rank {place}");
    }
}

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn groceries() {
    let Some(shared) = shared() else { return };
    let text = String::from_utf8(read(shared.join("data/groceries/groceries.csv"))).unwrap();
    let mut baskets = Named::default();
    text.lines().for_each(|line| baskets.push(line.split(',').map(str::trim).filter(|item| !item.is_empty())));
    let golden: Value = serde_json::from_slice(&read(shared.join("golden/basket_groceries.json"))).unwrap();
    check(&baskets, &golden);
    check_best(&baskets, 0.006, 0.25, &golden["top25_by_lift_supp.006_conf.25"]);
    check_best(&baskets, 0.001, 0.8, &golden["top25_by_lift_supp.001_conf.8"]);
}

#[test]
fn online_retail() {
    let Some(shared) = shared() else { return };
    let packed = read(shared.join("data/online_retail/online_retail_I.csv.gz"));
    let mut rows = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(&packed[..]));
    let header = rows.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|other| other == name).unwrap_or_else(|| panic!("no column {name}"));
    let [invoice, code, quantity, price] = ["InvoiceNo", "StockCode", "Quantity", "UnitPrice"].map(column);
    let (mut order, mut items): (Vec<String>, HashMap<String, Vec<String>>) = (Vec::new(), HashMap::new());
    for row in rows.records() {
        let row = row.unwrap();
        let number = |column: usize| row[column].parse::<f64>().unwrap();
        if row[invoice].starts_with('C') || number(quantity) <= 0.0 || number(price) <= 0.0 {
            continue;
        }
        let basket = items.entry(row[invoice].to_owned()).or_insert_with(|| {
            order.push(row[invoice].to_owned());
            Vec::new()
        });
        basket.push(row[code].trim().to_uppercase());
    }
    let mut baskets = Named::default();
    order.iter().for_each(|invoice| baskets.push(items[invoice].iter().map(String::as_str)));
    let golden: Value = serde_json::from_slice(&read(shared.join("golden/basket_online_retail.json"))).unwrap();
    check(&baskets, &golden);
    check_best(&baskets, 0.01, 0.5, &golden["top25_by_lift_supp.01_conf.5"]);
}
