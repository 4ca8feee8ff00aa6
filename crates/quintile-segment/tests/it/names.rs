//! Names that mean two things: a column of the profile and a function.

use crate::agreement::{asked, run};
use crate::words::vocabulary;
use quintile_model::{StoreZone, Touchpoint};
use quintile_segment::check::typed::Condition;
use quintile_segment::{Ask, Plan};
use quintile_testkit::reference::{Settings, Value};
use quintile_testkit::segment::touches::{Touch, Touches};
use quintile_testkit::shop::{Order, Person, Shop, time};
use std::collections::BTreeMap;

#[test]
fn compared_it_is_the_column_and_matched_it_is_the_function() {
    let vocabulary = vocabulary();
    for name in ["tickets", "reviews", "referrals"] {
        let is = |text: String| match &Plan::new(&[Ask::Text(&text)], &vocabulary).unwrap_or_else(|why| panic!("{text}: {why}")).asked[0]
            .condition
        {
            Condition::Attribute { .. } => "column",
            Condition::Did { .. } => "function",
            Condition::Sequence { .. } => "sequence",
            other => panic!("{text}: {other:?}"),
        };
        for test in ["> 3", "= 0", "BETWEEN 1 AND 2", "NOT IN (1, 2)", "> average(number_of_orders)"] {
            assert_eq!(is(format!("{name} {test}")), "column", "{name} {test}");
        }
        for test in ["MATCHES (count > 3)", "NOT MATCHES ()", "IS NULL", "IS NOT NULL"] {
            assert_eq!(is(format!("{name} {test}")), "function", "{name} {test}");
        }
        assert_eq!(is(format!("{name} THEN NO orders_placed")), "sequence");
        assert_eq!(is(format!("number_of_orders < {name} AND {name} > 0").split(" AND ").next().unwrap().to_owned()), "column");
    }
    // Without such a column the comparison is still told how to ask.
    let message = Plan::new(&[Ask::Text("orders_placed > 3")], &vocabulary).unwrap_err().to_string();
    assert!(message.contains("write `orders_placed MATCHES (count > 3)`"), "{message}");
}

/// Who began a checkout, and bought before, after, or never: members of a segment as of 2026-01-01.
fn members(text: &str) -> Vec<&'static str> {
    let checkout = |days: i64| Touch {
        kind: Touchpoint::Carts,
        at: time("2026-01-01") - days * 86_400_000_000,
        values: BTreeMap::from([("checkout", Value::Flag(true))]),
    };
    let people = [
        ("never", Person::new("never"), vec![checkout(7)]),
        ("before", Person::new("before").order(Order::on("2025-12-01 10:00").line("tea", "drinks", 1, "3")), vec![checkout(7)]),
        ("after", Person::new("after").order(Order::on("2025-12-28 10:00").line("tea", "drinks", 1, "3")), vec![checkout(7)]),
        ("long ago", Person::new("long ago"), vec![checkout(70)]),
        ("no checkout", Person::new("no checkout"), Vec::new()),
    ];
    let keys: BTreeMap<u64, &'static str> = people.iter().map(|(name, person, _)| (Shop::key(person), *name)).collect();
    let touches: Touches = people.iter().map(|(_, person, touches)| (Shop::key(person), touches.clone())).collect();
    let zone = StoreZone::utc();
    let settings = Settings {
        as_of: time("2026-01-01"),
        zone: zone.zone().clone(),
        currency: None,
        rates: Vec::new(),
        first_source: None,
        launches: BTreeMap::new(),
        product_costs: BTreeMap::new(),
        ticket_costs: Vec::new(),
        winning_costs: BTreeMap::new(),
    };
    let program = Plan::new(&[Ask::Text(text)], &vocabulary()).unwrap().program();
    let shop = Shop::of(people.into_iter().map(|(_, person, _)| person));
    let asked = asked(&shop, &touches, &settings, &zone, usize::MAX, program.columns());
    let mut found: Vec<&str> = run(&program, &asked)[0].iter().map(|key| keys[key]).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_checkout_without_an_order_after_it_is_found() {
    assert_eq!(members("checkouts_started MATCHES (date >= -30d)"), ["after", "before", "never"]);
    assert_eq!(members("checkouts_started MATCHES (date >= -30d) THEN NO orders_placed"), ["before", "never"]);
    assert_eq!(members("checkouts_started MATCHES (date >= -30d) THEN NO orders_placed WITHIN 2d"), ["after", "before", "never"]);
    assert_eq!(members("checkouts_started THEN orders_placed"), ["after"]);
}
