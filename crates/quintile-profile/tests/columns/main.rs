//! What columns say of a few customers one can read.

mod touched;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use arrow::util::display::array_value_to_string;
use quintile_model::time::{AsOf, StoreZone};
use quintile_profile::{
    Found, ProfileError, ProfileQuestion, RfmMap, Statistics, Warning, columns, facts_needed, first_pass, second_pass, statistics,
};
use quintile_testkit::shop::{Known, Order, Person, Shop, amount, time};

fn question(as_of: &str, zone: &str) -> ProfileQuestion {
    let mut question = ProfileQuestion::new(AsOf::start_of(as_of.parse().unwrap(), &StoreZone::named(zone).unwrap()).unwrap());
    question.columns = columns::ALL.iter().collect();
    question
}

fn profile(shop: &Shop, question: &ProfileQuestion) -> (RecordBatch, Statistics) {
    let rows = first_pass(&shop.batch(), question).unwrap();
    let statistics = statistics(vec![rows.vectors], question);
    (second_pass(rows.batch, &statistics, question).unwrap(), statistics)
}

fn shown(array: &ArrayRef, row: usize) -> String {
    match array.as_primitive_opt::<TimestampMicrosecondType>() {
        _ if array.is_null(row) => "-".into(),
        Some(instants) => quintile_model::Instant(instants.value(row)).to_iso(),
        None => array_value_to_string(array, row).unwrap(),
    }
}

/// A customer alone in a store, asked on a day in UTC.
fn check(person: Person, as_of: &str, expected: &[(&str, &str)]) {
    check_by(person, &question(as_of, "UTC"), expected);
}

fn check_by(person: Person, question: &ProfileQuestion, expected: &[(&str, &str)]) {
    let (rows, _) = profile(&Shop::of([person]), question);
    let own: Vec<(&str, String)> = expected.iter().map(|(name, _)| (*name, shown(rows.column_by_name(name).unwrap(), 0))).collect();
    let expected: Vec<(&str, String)> = expected.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    assert_eq!(own, expected);
}

#[test]
fn value_is_net_of_refunds_at_their_own_time() {
    let person = || {
        Person::new("ada")
            .order(Order::on("2026-01-05").line("tea", "drinks", 2, "3.50").line("mug", "kitchen", 1, "8").refund("2026-02-01", "8"))
            .order(
                Order::on("2026-01-20")
                    .line("tea", "drinks", 1, "3.50")
                    .other_line("shipping", "4.9999")
                    .with(|order| order.discount = Some(amount("1"))),
            )
            .order(Order::on("2026-01-21").line("tea", "drinks", 9, "3.50").cancelled("2026-01-22").refund("2026-01-22", "31.50"))
            .order(Order::on("2026-01-22").line("tea", "drinks", 9, "3.50").with(|order| order.standing = Some("unpaid")))
    };
    check(
        person(),
        "2026-01-31",
        &[
            ("number_of_orders", "2"),
            ("amount_spent", "23.4999"),
            ("amount_spent_gross", "23.4999"),
            ("amount_refunded", "0.0000"),
            ("amount_discounted", "1.0000"),
            ("average_order_value", "11.7500"),
            ("median_net_order_value", "11.7500"),
            ("units", "4"),
            ("distinct_products", "2"),
            ("refund_rate", "0.0"),
            ("return_rate", "0.0"),
        ],
    );
    check(
        person(),
        "2026-02-02",
        &[
            ("amount_spent", "15.4999"),
            ("amount_refunded", "8.0000"),
            ("average_order_value", "11.7500"),
            ("median_net_order_value", "7.7500"),
            ("largest_order", "8.4999"),
            ("last_order_total", "8.4999"),
            ("return_rate", "0.5"),
        ],
    );
    // Before the cancellation the order counts.
    check(person(), "2026-01-22", &[("number_of_orders", "3"), ("units", "13"), ("amount_spent", "54.9999")]);
}

#[test]
fn a_stated_total_goes_before_the_lines() {
    let order = Order::on("2026-01-05").line("tea", "drinks", 2, "3.50").with(|order| order.total = Some(amount("12.34")));
    check(Person::new("ada").order(order), "2026-02-01", &[("amount_spent", "12.3400"), ("units", "2")]);
}

#[test]
fn orders_without_a_rate_are_orders_without_money() {
    let foreign = |at: &str, money: &str| Order::on(at).line("tea", "drinks", 1, money).with(|order| order.currency = Some("USD".into()));
    let mut question = question("2026-03-01", "UTC");
    question.currency = Some("EUR".into());
    check_by(
        Person::new("ada").order(foreign("2026-01-05", "10")),
        &question,
        &[
            ("number_of_orders", "1"),
            ("orders_without_rate", "1"),
            ("amount_spent", "-"),
            ("average_order_value", "-"),
            ("monetary_score", "-"),
            ("rfm", "-"),
            ("rfm_group", "DORMANT"),
            ("life_stage", "first-time-buyers"),
        ],
    );
    question.rates.add("USD", StoreZone::utc().day(time("2026-02-01")), 905_000_000);
    let person = Person::new("ada")
        .order(foreign("2026-01-05", "10"))
        .order(foreign("2026-02-03", "10.0001"))
        .order(Order::on("2026-02-04").line("mug", "kitchen", 1, "1"));
    check_by(
        person,
        &question,
        &[("number_of_orders", "3"), ("orders_without_rate", "1"), ("amount_spent", "10.0501"), ("average_order_value", "5.0250")],
    );
}

#[test]
fn rhythm_is_in_days_of_the_store() {
    // 23:30 UTC is the next day in Berlin; two orders on one day are one purchase.
    let person = || Person::new("ada").orders(&["2026-01-01 10:00", "2026-01-10 23:30", "2026-01-11 12:00", "2026-01-31 12:00"]);
    check_by(
        person(),
        &question("2026-02-10", "Europe/Berlin"),
        &[
            ("number_of_orders", "4"),
            ("number_of_purchases", "3"),
            ("mean_days_between_purchases", "15.0"),
            ("median_days_between_purchases", "15.0"),
            ("purchase_regularity", "0.75"),
            ("second_order_date", "2026-01-10T23:30:00Z"),
            ("orders_in_30d", "3"),
            ("favourite_hour", "13"),
        ],
    );
    check(person(), "2026-02-10", &[("number_of_purchases", "4"), ("median_days_between_purchases", "9.0"), ("favourite_weekday", "6")]);
    check(
        person(),
        "2026-01-02",
        &[
            ("mean_days_between_purchases", "-"),
            ("purchase_regularity", "-"),
            ("days_since_last_order", "0.5833333333333334"),
            ("second_order_date", "-"),
        ],
    );
}

#[test]
fn taste_counts_units_then_the_latest_then_the_name() {
    let person = Person::new("ada")
        .order(Order::on("2026-01-05").line("tea", "drinks", 2, "3.50").line("jam", "food", 2, "3.50"))
        .order(Order::on("2026-01-20").discounted_line("mug", "kitchen", 2, "8", "1").line("jam", "", 0, "1"))
        .order(Order::on("2026-01-21").other_line("shipping", "5").line("pot", "kitchen", 0, "8").line("cup", "drinks", 0, "8"));
    check(
        person,
        "2026-02-01",
        &[
            ("favourite_category", "drinks"),
            ("favourite_product", "jam"),
            ("first_category", "drinks"),
            ("first_product", "jam"),
            ("last_category", "drinks"),
            ("distinct_products", "5"),
            ("distinct_categories", "4"),
            ("full_price_unit_share", "0.6666666666666666"),
        ],
    );
}

#[test]
fn a_customer_with_returns_only_bought_before_the_history_begins() {
    check(
        Person::new("ben").refund("2026-01-02", "12"),
        "2026-02-01",
        &[
            ("returns_only", "true"),
            ("amount_spent", "-12.0000"),
            ("average_order_value", "-"),
            ("life_stage", "inactive-first-time"),
            ("retention_state", "prospects"),
            ("buying_group", "prospects"),
            ("core_group", "prospects"),
            ("rfm_group", "PROSPECTS"),
            ("recency_score", "-"),
            ("overdue_ratio", "-"),
        ],
    );
}

#[test]
fn the_registered_id_names_the_customer() {
    let row = |id: &str, source: &str, registered| Known {
        id: id.into(),
        source: source.into(),
        registered,
        email: Some(format!("{id}@Example.com")),
        ..Known::default()
    };
    let mut question = question("2026-02-01", "UTC");
    question.first_source = Some("shop".into());
    let person = |known| Person { known, key: 7, ..Person::default() }.orders(&["2026-01-05"]);
    check_by(
        person(vec![row("g1", "shop", false), row("7", "shop", true), row("g2", "till", false)]),
        &question,
        &[("customer_id", "7"), ("registered", "true"), ("customer_email_domain", "example.com"), ("email", "7@Example.com")],
    );
    check_by(
        person(vec![row("g1", "till", false), row("g2", "shop", false)]),
        &question,
        &[("customer_id", "g1"), ("registered", "false")],
    );
}

#[test]
fn nobody_is_known_before_the_first_fact() {
    let shop = Shop::of([Person::new("later").orders(&["2026-05-01"]), Person::new("undated"), Person::new("ada").orders(&["2026-01-05"])]);
    let (rows, statistics) = profile(&shop, &question("2026-02-01", "UTC"));
    assert_eq!((rows.num_rows(), statistics.customers, statistics.buyers), (2, 2, 1));
}

#[test]
fn lapses_are_returns_after_being_inactive() {
    let mut question = question("2024-09-05", "UTC");
    question.thresholds.usual_gap_days = Some(10.0);
    question.thresholds.last_call_days = Some(60.0);
    // 64 days are beyond the last call, 20 are no more than 28 expected, 160 are over four times 26.
    check_by(
        Person::new("ada").orders(&["2024-01-01", "2024-03-05", "2024-03-25", "2024-09-01"]),
        &question,
        &[("lapses", "2"), ("expected_gap_days", "52.8"), ("life_stage", "active-repeat"), ("retention_state", "active")],
    );
}

#[test]
fn edge_stores_are_answered_calmly() {
    let question = question("2026-02-01", "Europe/Berlin");
    for shop in [
        Shop::of([]),
        Shop::of([Person::new("ada")]),
        Shop::of([Person::new("ada").orders(&["2026-01-05"])]),
        Shop::of((0..50).map(|at| Person::new(&at.to_string()).orders(&["2026-01-05", "2026-01-05"]))),
    ] {
        let (rows, statistics) = profile(&shop, &question);
        assert_eq!(rows.num_rows(), shop.people.len());
        let usual = statistics.usual_gap.unwrap();
        assert_eq!((usual.value, usual.found), (30.0, Found::Assumed));
        assert_eq!(statistics.last_call.unwrap().value, 60.0);
        // Equal customers are equal in everything.
        for (column, array) in question.columns.iter().zip(rows.columns()).filter(|(column, _)| column.name != "customer_id") {
            assert!((1..rows.num_rows()).all(|row| shown(array, row) == shown(array, 0)), "{}", column.name);
        }
    }
}

#[test]
fn nearly_all_buying_once_still_ranks_ties_alike() {
    let people = (0..1_000).map(|at| {
        let person = Person::new(&at.to_string()).orders(&["2026-01-05"]);
        if at % 100 == 0 { person.orders(&["2026-01-15", "2026-01-20"]) } else { person }
    });
    let (rows, statistics) = profile(&Shop::of(people), &question("2026-02-01", "UTC"));
    let frequency = rows.column_by_name("frequency_score").unwrap();
    let orders = rows.column_by_name("number_of_orders").unwrap();
    for row in 0..rows.num_rows() {
        assert_eq!(shown(frequency, row), if shown(orders, row) == "1" { "1" } else { "5" });
    }
    assert_eq!(statistics.warnings, [Warning::FewRepeatBuyers { repeat_buyers: 10 }]);
}

#[test]
fn one_customer_may_have_a_million_lines() {
    let order = (0..1_000_000)
        .fold(Order::on("2026-01-05"), |order, at| order.line(if at % 3 == 0 { "tea" } else { "mug" }, "things", 1, "99999.9999"));
    check(
        Person::new("ada").order(order),
        "2026-02-01",
        &[("units", "1000000"), ("amount_spent", "99999999900.0000"), ("favourite_product", "mug")],
    );
}

#[test]
fn sums_beyond_what_an_amount_holds_are_refused_with_a_reason() {
    let huge = || Order::on("2026-01-05").with(|order| order.total = Some(999_999_999_999_999_999));
    let shop = Shop::of([Person { key: 255, ..Person::new("ada") }.order(huge()).order(huge())]);
    let error = first_pass(&shop.batch(), &question("2026-02-01", "UTC")).unwrap_err();
    assert_eq!(error, ProfileError::TooLarge { column: "amount_spent", customer: "00000000000000ff".into() });
    assert!(error.to_string().contains("look for a wrong amount"));
}

#[test]
fn breaks_in_days_score_as_klaviyo_does() {
    use quintile_profile::rfm::{Better, Cells, Metric, RfmGroup, Scoring};
    let mut question = question("2026-12-31", "UTC");
    question.rfm.metrics[0] = Metric { column: "days_since_last_order".into(), better: Better::Smaller };
    question.rfm.map = RfmMap {
        name: "by days".into(),
        scoring: [Scoring::Breaks(vec![365.0, 180.0]), Scoring::Quantiles(3), Scoring::Quantiles(3)],
        groups: vec![
            RfmGroup { id: "fresh".into(), cells: vec![Cells { recency: (2, 3), ..Cells::ANY }] },
            RfmGroup { id: "old".into(), cells: vec![Cells { recency: (1, 1), ..Cells::ANY }] },
        ],
    };
    let shop = Shop::of([
        Person { key: 1, ..Person::new("a") }.orders(&["2026-07-04"]),
        Person { key: 2, ..Person::new("b") }.orders(&["2025-12-31"]),
        Person { key: 3, ..Person::new("c") }.orders(&["2025-12-30 23:59"]),
    ]);
    let (rows, _) = profile(&shop, &question);
    let all = |name: &str| (0..3).map(|row| shown(rows.column_by_name(name).unwrap(), row)).collect::<Vec<_>>();
    assert_eq!(all("recency_score"), ["3", "2", "1"]);
    assert_eq!(all("rfm_group"), ["fresh", "fresh", "old"]);
}

#[test]
fn only_the_facts_that_are_needed_are_read() {
    let mut question = question("2026-02-01", "UTC");
    question.columns = vec![columns::find("number_of_orders").unwrap()];
    let needed = facts_needed(&question);
    assert_eq!((needed.orders, needed.lines), (vec!["at", "standing"], None));
    question.columns = vec![columns::find("rfm_group").unwrap()];
    let needed = facts_needed(&question);
    assert_eq!((needed.orders, needed.lines), (vec!["at", "standing", "total"], Some(vec!["amount"])));
    assert_eq!(needed.refunds, Some(vec!["at", "amount"]));
}

#[test]
fn metrics_and_thresholds_are_checked() {
    let mut asked = question("2026-02-01", "UTC");
    asked.rfm.metrics[0].column = "overdue_ratio".into();
    assert_eq!(asked.check().unwrap_err(), ProfileError::NoMetric("overdue_ratio".into()));
    asked.rfm.metrics[0].column = "recency".into();
    assert_eq!(asked.check().unwrap_err(), ProfileError::UnknownMetric("recency".into()));
    let mut asked = question("2026-02-01", "UTC");
    asked.thresholds.risk = 5.0;
    assert_eq!(asked.check().unwrap_err(), ProfileError::ThresholdOrder);
}

#[test]
fn the_table_of_columns_is_sound() {
    for (at, column) in columns::ALL.iter().enumerate() {
        assert!(columns::ALL[..at].iter().all(|other| other.name != column.name), "{} stands twice", column.name);
        assert!(!column.meaning.is_empty() && !column.missing.is_empty(), "{}", column.name);
        for need in column.needs.iter().flat_map(|group| group.iter()) {
            let (kind, name) = need.split_once('.').unwrap();
            let facts = quintile_model::FactKind::ALL.into_iter().find(|known| known.name() == kind).map(|kind| kind.schema());
            let touched = quintile_model::Touchpoint::ALL.into_iter().find(|known| known.name() == kind).map(|kind| kind.schema());
            assert!(facts.or(touched).unwrap().field_with_name(name).is_ok(), "{} needs {need}", column.name);
        }
    }
    assert!(columns::default_columns().iter().all(|column| !["email", "first_name", "last_name", "birthday"].contains(&column.name)));
}
