//! Real shops, with totals that are published of them or were counted by other means. The files are not part of the
//! project: `QUINTILE_SHARED` names the folder they are in, and without it these tests pass.

use crate::project::Project;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn shared(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("QUINTILE_SHARED")?).join("data").join(path);
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    Some(path)
}

fn money(ten_thousandths: i128) -> String {
    quintile::model::Money(i64::try_from(ten_thousandths).unwrap()).to_string()
}

#[test]
fn online_retail_is_the_same_from_csv_and_from_parquet() {
    let (Some(csv), Some(parquet)) = (shared("online_retail/online_retail_I.csv.gz"), shared("online_retail/online_retail_I.parquet"))
    else {
        return;
    };
    let project = Project::of("Europe/London", "GBP");
    let report = project.import(std::slice::from_ref(&csv));
    let summary = report.summary.unwrap();
    assert_eq!((summary.rows["lines"], summary.rows_of_nobody["lines"]), (541_909, 135_080));
    assert_eq!((summary.rows["orders"], summary.orders_new, summary.rows["refunds"]), (22_064, 22_064, 3_836));
    assert_eq!(summary.waiting, 0);
    let profile = project.profile("2011-12-10");
    assert_eq!(profile.rows.len(), 4_372);
    assert_eq!(money(profile.sum("amount_spent")), "8300065.814");
    assert_eq!(money(profile.sum("amount_spent_gross")), "8911407.904");
    assert_eq!(money(profile.sum("amount_refunded")), "611342.09");
    assert_eq!(profile.column("number_of_orders").iter().filter(|orders| **orders != "0").count(), 4_339);
    assert_eq!(profile.column("returns_only").iter().filter(|only| **only == "true").count(), 33);
    profile.same_as(&project.profile(""), "the latest moment is the day after the last fact");

    let stages: BTreeMap<_, _> =
        project.stages("2011-12-10", "life_stage").sizes().iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    let expected = [
        ("active-repeat", 1_438),
        ("at-risk-repeat", 286),
        ("first-time-buyers", 950),
        ("inactive-first-time", 599 + 33),
        ("inactive-repeat", 248),
        ("loyal", 818),
    ];
    assert_eq!(stages, expected.map(|(id, count)| (id.to_owned(), count)).into());
    let groups: BTreeMap<_, _> =
        project.stages("2011-12-10", "buying_group").sizes().iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
    let expected = [
        ("big-spenders", 322),
        ("champions", 534),
        ("lapsed-core", 534),
        ("loyalists", 386),
        ("low-value", 1_043),
        ("new", 506),
        ("promising", 1_014),
    ];
    for (id, count) in expected {
        // The 33 who only returned have no purchase here, and are in whichever group says so.
        assert!(groups[id] == count || groups[id] == count + 33, "{id}: {groups:?}");
    }
    assert_eq!(groups.values().sum::<u64>(), 4_372);
    assert_eq!(project.rfm("2011-12-10").sum("customers"), 43_720_000);
    // Classes as segments, and segments over facts as `checks/segments.py` counts them from the raw file.
    for (text, count) in [
        ("life_stage = 'loyal'", 818),
        ("life_stage != 'loyal'", 4_372 - 818),
        ("buying_group = 'champions'", 534),
        ("number_of_orders >= 3", 2_010),
        ("orders_placed MATCHES (count >= 3)", 2_010),
        ("orders_placed MATCHES (date >= -90d, count >= 3)", 751),
        ("products_purchased MATCHES (id = '22423', date BETWEEN 2011-06-01 AND 2011-06-30)", 110),
        ("orders_placed MATCHES (nth = 1) THEN NO orders_placed WITHIN 90d", 2_417),
        ("orders_placed MATCHES (sum_amount > 1000) AND refunds NOT MATCHES ()", 646),
        ("orders_placed MATCHES (average_amount > 500, count >= 2)", 533),
        ("products_purchased MATCHES (id = '22423') THEN products_purchased MATCHES (id = '22423') WITHIN 30d", 104),
        // 5 % of 4,372, by nearest rank.
        ("amount_spent > percentile(amount_spent, 95)", 218),
    ] {
        assert_eq!(project.segment("2011-12-10", text), count, "{text}");
    }
    assert!(profile.warns("history starts on 2010-12-01"), "{:?}", profile.header.warnings);

    let again = project.import(std::slice::from_ref(&csv));
    assert!(again.summary.is_none() && again.files[0].known_since == Some(1));
    let on_top = project.import(std::slice::from_ref(&parquet)).summary.unwrap();
    assert_eq!((on_top.orders_new, on_top.orders_known, on_top.orders_moved), (0, 22_064, 0));
    profile.same_as(&project.profile("2011-12-10"), "the Parquet file on top");
    let alone = Project::of("Europe/London", "GBP");
    alone.import(&[parquet]);
    profile.same_as(&alone.profile("2011-12-10"), "the Parquet file alone");
}

#[test]
fn cdnow_has_its_customers_and_money() {
    let Some(master) = shared("cdnow/CDNOW_master.txt") else { return };
    let project = Project::of("America/New_York", "USD");
    let summary = project.import(&[master]).summary.unwrap();
    assert_eq!(summary.orders_new, 69_659);
    let profile = project.columns("", &["customer_id", "number_of_orders", "amount_spent", "units", "life_stage"]);
    assert_eq!(profile.header.as_of, "1998-07-01T04:00:00Z");
    assert_eq!((profile.rows.len(), profile.sum("number_of_orders"), profile.sum("units")), (23_570, 696_590_000, 1_678_810_000));
    assert_eq!(money(profile.sum("amount_spent")), "2500315.63");
    assert_eq!(project.stages("", "life_stage").sum("customers"), 235_700_000);
}

#[test]
fn the_examples_of_the_rfm_package() {
    let Some(orders) = shared("rfm_package/rfm_data_orders.csv.gz") else { return };
    let project = Project::of("UTC", "USD");
    project.import(&[orders]);
    let profile = project.columns("2006-12-31", &["customer_id", "days_since_last_order", "number_of_orders", "amount_spent"]);
    assert_eq!((profile.rows.len(), profile.sum("number_of_orders")), (995, 49_060_000));
    assert_eq!(money(profile.sum("amount_spent")), "464158.00");
    for (customer, recency, orders, amount) in [
        ("Abbey O'Reilly", 205, 6, 472),
        ("Add Senger", 140, 3, 340),
        ("Aden Lesch", 194, 4, 405),
        ("Admiral Senger", 132, 5, 448),
        ("Aden Murphy", 98, 7, 596),
    ] {
        let found = ["days_since_last_order", "number_of_orders", "amount_spent"]
            .map(|column| profile.get(customer, column).parse::<f64>().unwrap());
        assert_eq!(found, [f64::from(recency), f64::from(orders), f64::from(amount)], "{customer}");
    }
}

#[test]
fn a_shop_read_over_its_interface_is_the_shop_in_its_export() {
    let (Some(pages), Some(orders), Some(customers)) = (
        shared("woocommerce_store/wc_rest"),
        shared("woocommerce_store/orders_export.csv"),
        shared("woocommerce_store/customers_export.csv"),
    ) else {
        return;
    };
    let by_email = |paths: &[PathBuf]| {
        let project = Project::of("America/New_York", "USD");
        project.import(paths);
        let profile = project.columns("2030-01-01", &["customer_id", "email", "registered", "number_of_orders"]);
        assert_eq!(profile.sum("number_of_orders"), 14_310_000, "{paths:?}");
        let registered = profile.column("registered").iter().filter(|registered| **registered == "true").count();
        let guests = profile.rows.iter().filter(|row| row[2] == "false").count();
        let buyers: BTreeMap<String, String> =
            profile.rows.iter().filter(|row| row[3] != "0").map(|row| (row[1].trim().to_lowercase(), row[3].clone())).collect();
        assert_eq!(
            buyers.values().map(|orders| orders.parse::<u64>().unwrap()).sum::<u64>(),
            1_431,
            "each buyer has an address of its own"
        );
        (registered, guests, buyers)
    };
    let (registered, guests, from_pages) = by_email(&[pages]);
    assert_eq!((registered, guests), (334, 51));
    let (registered, guests, from_export) = by_email(&[orders, customers]);
    assert_eq!((registered, guests), (334, 51));
    assert_eq!(from_pages, from_export);
}
