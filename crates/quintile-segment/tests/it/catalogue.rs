//! Every ready segment: its text checks, prints to itself, has a sentence, and its example customers are inside and outside.

use crate::agreement::{asked, run};
use crate::words::vocabulary;
use quintile_catalog::{Catalog, Example};
use quintile_model::{StoreZone, Touchpoint};
use quintile_segment::vocabulary::NamedSegment;
use quintile_segment::{Ask, Plan, Severity, Vocabulary, parse, sentence, syntax};
use quintile_testkit::reference::{Settings, Value};
use quintile_testkit::segment::touches::{Touch, Touches};
use quintile_testkit::shop::{Line, Order, Person, Refund, Shop, amount, time};
use std::collections::BTreeMap;

const AS_OF: &str = "2026-01-01";

fn words(catalog: &Catalog) -> Vocabulary {
    let mut vocabulary = vocabulary();
    for segment in &catalog.segments {
        let value = |(name, parameter): (&String, &quintile_catalog::Parameter)| {
            (name.clone(), syntax::term(&parameter.default).unwrap_or_else(|why| panic!("{}: ${name}: {why:?}", segment.id)))
        };
        let parameters = segment.parameters.iter().map(value).collect();
        vocabulary.segments.insert(segment.id.clone(), NamedSegment { text: segment.segment.clone(), parameters });
    }
    vocabulary
}

/// A customer as an example describes one.
fn person(example: &Example) -> (Person, Vec<Touch>) {
    let at = |days: f64| time(AS_OF) - (days * 86_400_000_000.0) as i64;
    let mut person = Person::new("example");
    for (name, value) in &example.known {
        let value = Some(value.clone());
        person = person.know(|known| match name.as_str() {
            "country" => known.country = value,
            "city" => known.city = value,
            "tags" => known.tags = value,
            "email" => known.email = value,
            "email_consent" => known.email_consent = value,
            "language" => known.language = value,
            other => panic!("`{other}` cannot be known of an example"),
        });
    }
    for order in &example.orders {
        let discount = order.discount.as_deref().map_or(0, amount);
        let line = Line {
            kind: None,
            product: order.product.clone(),
            category: order.category.clone(),
            quantity: 10_000,
            discount,
            amount: amount(&order.amount),
        };
        let refunds =
            order.refund.iter().map(|money| Refund { at: at(order.days_ago - 1.0), amount: amount(money), currency: None }).collect();
        person =
            person.order(Order { at: at(order.days_ago), country: order.country.clone(), lines: vec![line], refunds, ..Order::default() });
    }
    let touches = example.touches.iter().map(|touch| {
        let kind = touch["kind"].as_str().unwrap();
        let kind = Touchpoint::ALL.into_iter().find(|known| known.name() == kind).unwrap_or_else(|| panic!("no kind `{kind}`"));
        let days = touch["days_ago"].as_float().or(touch["days_ago"].as_integer().map(|days| days as f64)).unwrap();
        let value = |column: &quintile_model::records::RecordColumn| {
            let value = match touch.get(column.name)? {
                toml::Value::Boolean(flag) => Value::Flag(*flag),
                toml::Value::Integer(whole) => Value::Int(*whole),
                toml::Value::String(text) if matches!(column.data_type, arrow::datatypes::DataType::Decimal64(..)) => {
                    Value::Amount(amount(text))
                }
                toml::Value::String(text) => Value::Text(text.clone()),
                other => panic!("{other} is no value of an example"),
            };
            Some((column.name, value))
        };
        let columns = kind.own_columns();
        let unknown =
            touch.keys().find(|key| !matches!(key.as_str(), "kind" | "days_ago") && !columns.iter().any(|column| column.name == *key));
        assert_eq!(unknown, None, "no such column of {}", kind.name());
        Touch { kind, at: at(days), values: columns.iter().filter_map(value).collect() }
    });
    (person, touches.collect())
}

fn is_member(plan: &Plan, example: &Example) -> bool {
    let (person, touches) = person(example);
    let zone = StoreZone::utc();
    let settings = Settings {
        as_of: time(AS_OF),
        zone: zone.zone().clone(),
        currency: None,
        rates: Vec::new(),
        first_source: None,
        launches: BTreeMap::new(),
        product_costs: BTreeMap::new(),
        ticket_costs: Vec::new(),
        winning_costs: BTreeMap::new(),
    };
    let key = Shop::key(&person);
    let shop = Shop::of([person]);
    let program = plan.program();
    let asked = asked(&shop, &Touches::from([(key, touches)]), &settings, &zone, usize::MAX, program.columns());
    !run(&program, &asked)[0].is_empty()
}

#[test]
fn examples_are_inside_and_outside() {
    let catalog = Catalog::built_in().unwrap();
    assert!(catalog.segments.len() >= 12);
    let vocabulary = words(&catalog);
    for segment in &catalog.segments {
        let plan = Plan::new(&[Ask::Name(&segment.id)], &vocabulary).unwrap_or_else(|refused| panic!("{}: {refused}", segment.id));
        let errors = plan.asked[0].problems.iter().filter(|problem| problem.severity == Severity::Old);
        assert_eq!(errors.count(), 0, "{}", segment.id);
        assert_eq!(parse(&segment.segment).tree.to_string(), segment.segment);
        assert!(sentence(&plan.asked[0].condition).starts_with("Customers "));
        for example in &segment.inside {
            assert!(is_member(&plan, example), "{}: {} is outside", segment.id, example.who);
        }
        for example in &segment.outside {
            assert!(!is_member(&plan, example), "{}: {} is inside", segment.id, example.who);
        }
    }
}

#[test]
fn sentences_are_plain_english() {
    let vocabulary = vocabulary();
    for (text, expected) in [
        (
            "amount_spent > average(amount_spent) AND last_order_date >= -90d",
            "Customers whose amount spent is more than the store's average amount spent and whose last order date is 90 days ago or later.",
        ),
        ("country != 'FR'", "Customers whose country is not \u{201c}FR\u{201d}, or is unknown."),
        (
            "orders_placed MATCHES (discounted = true, count >= 3) AND NOT segment('low-value')",
            "Customers who placed an order (whose discounted is yes) at least 3 times and of whom it is not so that they are customers who are in the segment \u{201c}low-value\u{201d}.",
        ),
        (
            "storefront.product_viewed MATCHES (date >= -14d) THEN NO orders_placed WITHIN 14d",
            "Customers who viewed a product (whose date is 14 days ago or later), and after that within 14 days never placed an order.",
        ),
        (
            "days_since_last_order > 3 * expected_gap_days",
            "Customers whose days since last order is more than 3 times their expected gap days.",
        ),
        (
            "(number_of_orders = 0 OR orders_placed NOT MATCHES (date >= -1y)) AND registered = true",
            "Customers (whose number of orders is 0 or who never placed an order (whose date is 1 year ago or later)) and whose registered is yes.",
        ),
    ] {
        let plan = Plan::new(&[Ask::Text(text)], &vocabulary).unwrap_or_else(|refused| panic!("{text}: {refused}"));
        assert_eq!(sentence(&plan.asked[0].condition), expected);
    }
}
