//! Messages, held against a golden file. `UPDATE_GOLDEN=1 cargo test -p quintile-segment` writes it anew.

use crate::words::vocabulary;
use quintile_segment::{Ask, Plan};
use std::fmt::Write;
use std::path::Path;

const WRONG: &[&str] = &[
    "",
    "amount_spend > 3",
    "number_of_ordrs > 3 AND last_order_dat > -3d",
    "amount_spent > $100 AND number_of_orders = 1.5 OR customer_tags CONTAINS \"vip\"",
    "amount_spent >",
    "amount_spent 100",
    "(amount_spent > 1",
    "amount_spent > 1)",
    "amount_spent > 1 number_of_orders > 2",
    "5 < number_of_orders",
    "days_since_last_order > -30d",
    "days_since_last_order > 30d",
    "last_order_date > 30",
    "last_order_date > days_since_last_order",
    "amount_spent > days_since_last_order",
    "amount_spent > 2 * average(days_since_last_order)",
    "amount_spent > '100'",
    "amount_spent + 3 > 4",
    "customer_tags CONTAINS vip",
    "customer_tags CONTAINS 'vop'",
    "customer_countries CONTAINS 'Taiwan'",
    "customer_countries IN ('FR', 'Belgium')",
    "life_stage = 'at-risk'",
    "rfm_group = 'champions'",
    "orders_placed > 3",
    "amount_spent MATCHES (count > 1)",
    "orders_placd MATCHES (count > 1)",
    "orders_placed MATCHES (count > 1 AND date > -3d)",
    "orders_placed MATCHES (chanel = 'web', amont > 3)",
    "orders_placed MATCHES (date: -30d)",
    "orders_placed(date: >= -30d) = true",
    "orders_placed(date >= -30d) = true",
    "products_purchased MATCHES (category = 'Shoos')",
    "orders_placed MATCHES (of_last >= 3)",
    "orders_placed MATCHES (sum_channel > 3)",
    "orders_placed NOT MATCHES () THEN orders_placed",
    "orders_placed THEN orders_placed MATCHES (count > 3)",
    "orders_placed THEN NO refunds THEN orders_placed",
    "orders_placed THEN refunds WITHIN 3 days",
    "segment('low-valu')",
    "segment(low)",
    "number_of_orders > $patience",
    "amount_spent > average(amount)",
    "amount_spent > averag(amount_spent)",
    "amount_spent > percentile(amount_spent, 101)",
    "amount_spent = NULL",
    "customer_email_domain MATCHES REGEX '('",
    "customer_email_domain MATCHES REGEX '(a{1000}){1000}'",
    "customer_email_domain < 'a'",
    "last_order_date = 2021-02-30",
    "last_order_date = 2021-2-3",
    "last_order_date = 2020-05-30T16:00",
    "last_order_date = 2020-05-30T16:00:00Z",
    "last_order_date IN (2020-05-30)",
    "registered = 'yes'",
    "trait.pet = 'cat'",
    "tickets MATCHES (complaint = true)",
    "visits MATCHES (count <> 3)",
    "number_of_orders == 1 && amount_spent > 50%",
    "amount_spent BETWEEN 100 AND 10",
    "customer_within_distance MATCHES (coordinates = (100, 20), distance_km = 3)",
    "anniversary('amount_spent') = today",
];

#[test]
fn messages_say_what_where_and_what_to_try() {
    let mut vocabulary = vocabulary();
    vocabulary.absent.insert(quintile_segment::vocabulary::functions::FactTable::Of(quintile_model::Touchpoint::Tickets));
    let mut found = String::new();
    for text in WRONG {
        let problems = match Plan::new(&[Ask::Text(text)], &vocabulary) {
            Ok(plan) => plan.asked[0].problems.clone(),
            Err(refused) => refused.problems,
        };
        assert!(!problems.is_empty(), "{text}");
        let _ = writeln!(found, "{text}");
        problems.iter().for_each(|problem| {
            let _ = writeln!(found, "{}", problem.shown(text));
        });
        found.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(path).unwrap());
}

#[test]
fn circles_are_shown() {
    let mut vocabulary = vocabulary();
    for (name, of) in [
        ("a", "segment('b')"),
        ("b", "number_of_orders > 1 AND NOT segment('c')"),
        ("c", "segment('a') OR segment('low-value')"),
        ("self", "segment('self')"),
    ] {
        let segment = quintile_segment::vocabulary::NamedSegment { text: of.into(), parameters: Default::default() };
        vocabulary.segments.insert(name.into(), segment);
    }
    let message = |name: &str| Plan::new(&[Ask::Name(name)], &vocabulary).unwrap_err().to_string();
    assert!(message("a").contains("in a circle: `a` -> `b` -> `c` -> `a`"), "{}", message("a"));
    assert!(message("self").contains("`self` -> `self`"));
    assert!(Plan::new(&[Ask::Text("segment('low-value') AND segment('buyers')")], &vocabulary).is_ok());
}

#[test]
fn hostile_texts_have_an_answer_in_time() {
    let vocabulary = vocabulary();
    let clauses = (0..10_000).map(|n| format!("number_of_orders > {n}")).collect::<Vec<_>>();
    let nested = format!("{}number_of_orders > 1{}", "(".repeat(100_000), ")".repeat(100_000));
    let texts = [
        (clauses.join(" OR "), true),
        (clauses.join(" AND "), true),
        (nested, false),
        ("NOT ".repeat(100_000) + "number_of_orders > 1", false),
        (format!("number_of_orders > {}1{}", "(".repeat(100_000), ")".repeat(100_000)), false),
        (format!("number_of_orders > 1{}", " + 1".repeat(100_000)), false),
        (format!("number_of_orders > {}1", "-".repeat(99_999)), false),
        (format!("number_of_orders > {}1", "- ".repeat(99_999)), false),
        (format!("orders_placed MATCHES ({})", "a = 1, ".repeat(10_000)), false),
        (format!("{} = 1", "a".repeat(500_000)), false),
        (format!("{} = 1", "a.".repeat(250_000)), false),
        ("'".repeat(100_001), false),
        ("\\".repeat(100_000), false),
        ("/*".repeat(100_000), false),
        ("orders_placed THEN ".repeat(20_000), false),
        (format!("customer_email_domain MATCHES REGEX '{}'", "(a*)*".repeat(2_000)), true),
        (format!("customer_email_domain MATCHES REGEX '{}b'", "(".repeat(5_000)), false),
        ("x".repeat(2 << 20), false),
    ];
    for (text, sound) in texts {
        let started = std::time::Instant::now();
        let plan = Plan::new(&[Ask::Text(&text)], &vocabulary);
        assert_eq!(plan.is_ok(), sound, "{}", &text[..text.len().min(60)]);
        if let Err(refused) = plan {
            assert!(refused.to_string().len() < 40_000, "{}", &text[..60]);
        }
        let taken = started.elapsed();
        assert!(taken.as_secs() < 5, "{taken:?}: {}", &text[..text.len().min(60)]);
    }
}
