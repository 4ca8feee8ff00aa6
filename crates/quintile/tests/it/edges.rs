//! Shops that have next to nothing, or all of it in one place: the answers are right, and say what cannot be known.

use crate::project::{Project, Table, long};

/// Orders as `customer date total`, one a line.
fn shop(orders: impl IntoIterator<Item = (String, String, String)>) -> Project {
    let project = Project::new();
    let mut text = "order_id,customer_id,order_date,total,currency\n".to_owned();
    for (number, (customer, date, total)) in orders.into_iter().enumerate() {
        text.push_str(&format!("{number},{customer},{date},{total},EUR\n"));
    }
    project.import_text("orders.csv", text);
    project
}

fn order(customer: impl ToString, date: &str, total: impl ToString) -> (String, String, String) {
    (customer.to_string(), date.to_owned(), total.to_string())
}

fn threshold<'a>(table: &'a Table, name: &str) -> (&'a str, &'a str) {
    let threshold = table.header.thresholds.iter().find(|threshold| threshold.name == name).unwrap_or_else(|| panic!("no {name}"));
    (&threshold.value, &threshold.found)
}

#[test]
fn a_store_of_nothing_answers_and_says_so() {
    let project = Project::new();
    let profile = project.profile("");
    assert_eq!((profile.rows.len(), profile.header.as_of.as_str()), (0, "2026-01-01T00:00:00Z"));
    assert!(profile.warns("the store is empty"), "{:?}", profile.header.warnings);
    for partition in ["life_stage", "buying_group", "core_group", "retention_state"] {
        let stages = project.stages("", partition);
        assert!(!stages.rows.is_empty() && stages.sizes().is_empty(), "{:?}", stages.rows);
    }
    assert_eq!(project.rfm("").sizes(), []);
    let opportunities = project.opportunities("");
    assert!(!opportunities.rows.is_empty());
    assert_eq!(opportunities.sum("total_opportunity"), 0);
    let error = project.workspace.customer(&quintile::When::Latest, "7").unwrap_err();
    assert!(error.to_string().starts_with("no customer `7`"), "{error}");
}

#[test]
fn customers_without_orders_are_prospects_everywhere() {
    let project = Project::new();
    project.import_text("customers.csv", "customer_id,email,created_at\n1,a@x.example,2025-01-01\n2,b@x.example,2025-02-01\n");
    let profile = project.profile("2025-01-15");
    assert_eq!(profile.column("customer_id"), ["1"], "the other one comes later");
    let profile = project.profile("2025-03-01");
    for (column, expected) in [
        ("life_stage", "prospects"),
        ("buying_group", "prospects"),
        ("core_group", "prospects"),
        ("retention_state", "prospects"),
        ("rfm_group", "PROSPECTS"),
        ("rfm", "-"),
        ("number_of_orders", "0"),
        ("last_order_date", "-"),
        ("average_order_value", "-"),
        ("overdue_ratio", "-"),
        ("tenure_days", "59.0"),
    ] {
        assert_eq!(profile.get("1", column), expected, "{column}");
    }
    assert_eq!(project.stages("2025-03-01", "life_stage").sizes(), [("prospects", 2)]);
    assert_eq!(project.rfm("2025-03-01").sizes(), [("PROSPECTS", 2)]);
}

#[test]
fn one_order_is_enough_for_an_answer_and_not_for_a_threshold() {
    let project = shop([order("a", "2025-03-10 10:00", "50")]);
    let profile = project.profile("2025-03-20");
    for (column, expected) in [
        ("number_of_orders", "1"),
        ("number_of_purchases", "1"),
        ("amount_spent", "50.0000"),
        ("average_order_value", "50.0000"),
        ("days_since_last_order", "9.583333333333334"),
        ("second_order_date", "-"),
        ("mean_days_between_purchases", "-"),
        ("expected_gap_days", "-"),
        // Ten days over a quarter of the least last call, 60.
        ("overdue_ratio", "0.6666666666666666"),
        ("rfm", "111"),
        ("rfm_group", "DORMANT"),
        ("life_stage", "first-time-buyers"),
        ("retention_state", "active"),
        // Not above the 25th percentile of order values, which is its own.
        ("buying_group", "low-value"),
        ("units", "0"),
        ("favourite_product", "-"),
    ] {
        assert_eq!(profile.get("a", column), expected, "{column}");
    }
    assert!(
        profile.warns("thresholds are weak: the history of 10 days is shorter than two usual gaps of 30"),
        "{:?}",
        profile.header.warnings
    );
    assert!(profile.warns("they rest on 0 repeat buyers"), "{:?}", profile.header.warnings);
    assert_eq!(threshold(&profile, "usual_gap_days"), ("30", "assumed: nothing in the store says"));
    assert_eq!(threshold(&profile, "last_call_days"), ("60", "assumed: nothing in the store says"));
    // Sixty days of silence are not longer than sixty.
    assert_eq!(project.stages("2025-05-09", "life_stage").sizes(), [("first-time-buyers", 1)]);
    assert_eq!(project.stages("2025-05-11", "life_stage").sizes(), [("inactive-first-time", 1)]);
    assert_eq!(project.opportunities("2025-03-20").sum("total_opportunity"), 0);
    // At the very moment of the order it has not happened.
    assert_eq!(project.profile("2025-03-10T10:00:00Z").rows.len(), 0);
    assert_eq!(project.profile("2025-03-10T10:00:01Z").rows.len(), 1);
}

#[test]
fn orders_of_one_instant_are_one_purchase() {
    let two = |customer: i32| [order(customer, "2025-03-10 10:00", customer * 10), order(customer, "2025-03-10 10:00", customer * 10)];
    let project = shop((1..=5).flat_map(two));
    let profile = project.profile("2025-03-11");
    for customer in 1..=5 {
        let get = |column: &str| profile.get(&customer.to_string(), column).to_owned();
        assert_eq!((get("number_of_orders"), get("number_of_purchases")), ("2".to_owned(), "1".to_owned()));
        assert_eq!(get("first_order_date"), get("second_order_date"));
        assert_eq!(get("mean_days_between_purchases"), "-");
        // Nobody is more recent or more frequent than another; money differs.
        assert_eq!(get("rfm"), format!("11{customer}"));
        assert_eq!(get("amount_spent"), format!("{}.0000", customer * 20));
        assert_eq!(get("life_stage"), "first-time-buyers");
    }
    assert!(profile.warns("thresholds are weak: the history of 1 days"), "{:?}", profile.header.warnings);
}

#[test]
fn customers_who_are_all_alike_are_all_in_one_place() {
    let days = ["2025-01-01", "2025-01-11", "2025-01-21"];
    let project = shop((0..10).flat_map(|customer| days.map(|day| order(customer, day, "10"))));
    let profile = project.profile("2025-01-26");
    let only = |column: &str| {
        let mut values = profile.column(column);
        values.dedup();
        values.join(" ")
    };
    for (column, expected) in [
        ("rfm", "111"),
        ("expected_gap_days", "10.0"),
        ("overdue_ratio", "0.5"),
        ("purchase_regularity", "1.0"),
        ("life_stage", "loyal"),
        ("retention_state", "active"),
        ("buying_group", "big-spenders"),
        ("core_group", "core"),
        ("lapses", "0"),
    ] {
        assert_eq!(only(column), expected, "{column}");
    }
    // Every gap from the second purchase on that has ended is of ten days.
    assert_eq!(threshold(&profile, "usual_gap_days").0, "10");
    assert!(profile.warns("they rest on 10 repeat buyers"), "{:?}", profile.header.warnings);
    assert_eq!(project.stages("2025-01-26", "life_stage").sizes(), [("loyal", 10)]);
    assert_eq!(project.stages("2025-01-26", "life_stage").get("loyal", "revenue"), "300.0000");
    assert_eq!(project.rfm("2025-01-26").sizes(), [("DORMANT", 10)]);
    assert_eq!(project.opportunities("2025-01-26").sum("total_opportunity"), 0);
}

#[test]
fn a_shop_that_hardly_anybody_comes_back_to() {
    let once = (0..1000).map(|customer| order(customer, "2025-01-01", "10"));
    let again = (0..10).map(|customer| order(customer, "2025-01-31", "20"));
    let project = shop(once.chain(again));
    // On 1 March the first orders are 59 days past and the second ones 29.
    let profile = project.profile("2025-03-01");
    assert_eq!(
        threshold(&profile, "usual_gap_days"),
        ("30", "the median gap from the first purchase to the second, of 10: nobody has bought three times yet")
    );
    assert_eq!(threshold(&profile, "last_call_days"), ("60", "the least it may be"));
    assert!(profile.warns("they rest on 10 repeat buyers"), "{:?}", profile.header.warnings);
    assert_eq!(profile.get("5", "expected_gap_days"), "30.0");
    assert_eq!((profile.get("5", "frequency_score"), profile.get("500", "frequency_score")), ("5", "1"));
    assert_eq!(project.stages("2025-03-01", "life_stage").sizes(), [("first-time-buyers", 990), ("active-repeat", 10)]);
    assert_eq!(project.stages("2025-03-02", "life_stage").sizes(), [("first-time-buyers", 990), ("active-repeat", 10)]);
    assert_eq!(project.stages("2025-03-03", "life_stage").sizes(), [("active-repeat", 10), ("inactive-first-time", 990)]);
    // A history whose buyers all come on its first day began before it.
    assert!(project.profile("2025-03-04").warns("history starts on 2025-01-01; first-time buyers may be older"));
    // 990 who spent 10 against 10 who spent 30.
    let opportunities = project.opportunities("2025-03-01");
    assert_eq!(opportunities.get("first-time-buyers", "average_clv"), "10.0000");
    assert_eq!(opportunities.get("first-time-buyers", "difference"), "20.0000");
    assert_eq!(opportunities.get("first-time-buyers", "total_opportunity"), "19800.0000");
    assert!(opportunities.warns("more than the 10,200.00 of all revenue so far"), "{:?}", opportunities.header.warnings);
}

#[test]
fn a_customer_with_very_many_lines_is_a_customer() {
    let lines: usize = if long() { 1_000_000 } else { 100_000 };
    let project = Project::new();
    let mut text = "order_id,customer_id,order_date,product,category,quantity,unit_price\n".to_owned();
    let start: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let orders = lines / 100;
    for order in 0..orders {
        let at = start + jiff::SignedDuration::from_hours(order as i64);
        for line in 0..100 {
            text.push_str(&format!("{order},all,{at},p{},c{},2,1.25\n", line % 7, line % 2));
        }
    }
    text.push_str("last,one,2024-01-01T00:00:00Z,p0,c0,1,1.25\n");
    let report = project.import_text("lines.csv", text);
    assert_eq!(report.summary.unwrap().rows["lines"], lines as u64 + 1);
    let profile = project.profile("2025-12-31");
    for (column, expected) in [
        ("number_of_orders", orders.to_string()),
        ("number_of_purchases", orders.div_ceil(24).to_string()),
        ("units", (2 * lines).to_string()),
        ("average_units_per_order", "200.0".to_owned()),
        ("amount_spent", format!("{}.0000", lines * 5 / 2)),
        ("average_order_value", "250.0000".to_owned()),
        ("distinct_products", "7".to_owned()),
        ("distinct_categories", "2".to_owned()),
        // Of a hundred lines p0 and p1 have fifteen each; the categories halve them.
        ("favourite_product", "p0".to_owned()),
        ("favourite_category", "c0".to_owned()),
        ("category_concentration", "0.5".to_owned()),
        ("mean_days_between_purchases", "1.0".to_owned()),
        ("purchase_regularity", "1.0".to_owned()),
        ("favourite_hour", "0".to_owned()),
    ] {
        assert_eq!(profile.get("all", column), expected, "{column}");
    }
    assert_eq!(profile.get("one", "amount_spent"), "1.2500");
    let customer = project.workspace.customer(&quintile::When::AsOf("2025-12-31".into()), "all").unwrap();
    assert_eq!(customer.orders.rows.num_rows(), orders);
    assert_eq!(project.stages("2025-12-31", "life_stage").sum("customers"), 20_000);
    assert_eq!(project.rfm("2025-12-31").sum("customers"), 20_000);
    assert!(!project.opportunities("2025-12-31").rows.is_empty());
}
