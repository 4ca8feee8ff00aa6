//! Cohorts held against triangles that were made by other means, and the ledger against the profile.

use crate::project::{Project, Table};
use quintile::{CohortMeasure, CohortsAsk, Split, When};
use std::io::Read;
use std::path::PathBuf;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join(path);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

fn ask(date: &str, measure: CohortMeasure) -> CohortsAsk {
    CohortsAsk { when: When::AsOf(date.to_owned()), measure, most: usize::MAX, ..CohortsAsk::default() }
}

/// The golden triangle of a data set is the one we find, cell by cell.
fn check(project: &Project, date: &str, golden: &str) {
    let Some(file) = shared("golden/cohort_retention.json") else { return };
    let golden_file: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let expected = golden_file[golden]["rows"].as_object().unwrap();
    let found = Table::of(project.workspace.cohorts(&ask(date, CohortMeasure::Customers)).unwrap());
    assert_eq!(found.rows.len(), expected.len());
    for (cohort, cells) in expected {
        for (age, cell) in cells.as_array().unwrap().iter().enumerate() {
            let own = found.get(cohort, &format!("m{age}"));
            // Golden files leave a month without a buyer empty, as they do the future.
            let own = own.parse::<u64>().ok().filter(|buyers| *buyers > 0);
            assert_eq!(own, cell.as_u64(), "{golden} {cohort} m{age}");
        }
    }
}

/// Online Retail without the lines that cost nothing, as the golden triangle has it.
fn cleaned() -> Option<Project> {
    let file = shared("data/online_retail/online_retail_I.csv.gz")?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut bytes).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = reader.byte_headers().unwrap().clone();
    let price = names.iter().position(|name| name == b"UnitPrice").unwrap();
    writer.write_byte_record(&names).unwrap();
    for row in reader.byte_records().map(Result::unwrap) {
        if row[price].iter().any(|digit| (b'1'..=b'9').contains(digit)) {
            writer.write_byte_record(&row).unwrap();
        }
    }
    let project = Project::of("Europe/London", "GBP");
    project.import_text("cleaned.csv", writer.into_inner().unwrap());
    Some(project)
}

#[test]
fn the_golden_triangles() {
    let Some(project) = cleaned() else { return };
    check(&project, "2011-12-10", "online_retail_I_monthly");
    let found = Table::of(project.workspace.cohorts(&ask("2011-12-10", CohortMeasure::Customers)).unwrap());
    let first: Vec<&str> = ["m0", "m1", "m2", "m3"].map(|age| found.get("2010-12", age)).to_vec();
    assert_eq!(first, ["885", "324", "286", "340"]);
    let cdnow = Project::of("America/New_York", "USD");
    cdnow.import(&[shared("data/cdnow/CDNOW_master.txt").unwrap()]);
    check(&cdnow, "1998-07-01", "cdnow_full_monthly");
}

#[test]
fn cohorts_add_up_to_the_profile() {
    let Some(file) = shared("data/online_retail/online_retail_I.csv.gz") else { return };
    let project = Project::of("Europe/London", "GBP");
    project.import(&[file]);
    for date in ["2011-12-10", "2011-06-15"] {
        let profile = project.columns(date, &["customer_id", "number_of_orders", "amount_spent"]);
        let of = |customers: &dyn Fn(f64) -> bool| {
            let orders = profile.column("number_of_orders").into_iter().map(|orders| orders.parse::<f64>().unwrap());
            let spent = profile.column("amount_spent").into_iter().map(|spent| (spent.parse::<f64>().unwrap() * 1e4).round() as i128);
            orders
                .zip(spent)
                .filter(|(orders, _)| customers(*orders))
                .fold((0, 0_i128), |(all, sum), (orders, spent)| (all + orders as u64, sum + spent))
        };
        let buyers = of(&|orders| orders > 0.0);
        for split in [None, Some(Split::Country), Some(Split::Channel), Some(Split::Coupon)] {
            let rows = Table::of(project.workspace.cohort_rows(&CohortsAsk { split, ..ask(date, CohortMeasure::Share) }).unwrap());
            assert_eq!((rows.sum("orders") / 10_000, rows.sum("revenue")), (i128::from(buyers.0), buyers.1), "{date} {split:?}");
        }
    }
    // One country counted by hand, from the raw file.
    let rows = Table::of(
        project.workspace.cohort_rows(&CohortsAsk { split: Some(Split::Country), ..ask("2011-12-10", CohortMeasure::Share) }).unwrap(),
    );
    let german: u64 = rows.rows.iter().filter(|row| row[0] == "Germany" && row[4] == "0").map(|row| row[5].parse::<u64>().unwrap()).sum();
    assert_eq!(german, 94);
}

#[test]
fn cumulative_customers_came_back_at_least_once() {
    let project = Project::new();
    project.import_text(
        "orders.csv",
        "Order ID,Order Date,Customer ID,Total,Currency\n1,2024-01-05,a,10,EUR\n2,2024-02-05,a,20,EUR\n3,2024-03-05,a,30,EUR\n4,2024-01-20,b,5,EUR\n5,2024-03-20,b,5,EUR\n6,2024-01-30,c,1,EUR\n",
    );
    let found = |measure| Table::of(project.workspace.cohorts(&CohortsAsk { cumulative: true, ..ask("2024-04-01", measure) }).unwrap());
    assert_eq!(found(CohortMeasure::Customers).rows, [["2024-01", "3", "3", "1", "2"]]);
    assert_eq!(found(CohortMeasure::Orders).rows, [["2024-01", "3", "3", "4", "6"]]);
    assert_eq!(found(CohortMeasure::RevenueEach).rows, [["2024-01", "3", "5.3333", "12.0000", "23.6667"]]);
    let refused = project.workspace.cohorts(&ask("2024-04-01", CohortMeasure::Margin)).unwrap_err().to_string();
    assert!(refused.contains("needs what products cost"), "{refused}");
}
