//! The folder of reference data, where there is one.

use quintile_value::{Histories, History};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The folder named by `QUINTILE_SHARED`; says so and gives nothing where there is none.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("no reference data: QUINTILE_SHARED is not set");
    }
    folder
}

pub fn json(name: &str) -> Option<Value> {
    let path = folder()?.join("golden").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(serde_json::from_str(&text).unwrap())
}

/// A number, also where it is written as a text.
pub fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap_or_else(|| panic!("{other} is no number")),
    }
}

pub fn near(found: f64, expected: f64, relative: f64, what: &str) {
    let off = (found - expected).abs();
    assert!(off <= relative * expected.abs().max(1e-300), "{what}: {found} is not {expected} (off by {:.1e})", off / expected.abs());
}

/// A customer of the CDNOW sample with what the golden table says of it.
pub struct Customer {
    pub history: History,
    pub spent: f64,
    pub row: BTreeMap<String, f64>,
}

pub fn cdnow() -> Option<Vec<Customer>> {
    let path = folder()?.join("golden/btyd_cdnow_sample_customers.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    Some(
        reader
            .records()
            .map(|record| {
                let record = record.unwrap();
                let row: BTreeMap<String, f64> =
                    headers.iter().zip(&record).map(|(name, cell)| (name.to_owned(), cell.parse().unwrap())).collect();
                let days = |name: &str| (row[name] * 7.0).round() as u32;
                Customer { history: History { again: row["x"] as u32, last: days("tx"), age: days("T") }, spent: row["m"], row }
            })
            .collect(),
    )
}

pub fn cdnow_histories(customers: &[Customer]) -> Histories {
    let histories: Vec<History> = customers.iter().map(|customer| customer.history).collect();
    Histories::new(&histories, 7.0).unwrap()
}
