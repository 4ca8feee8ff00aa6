//! Every ready segment: its text checks, prints to itself, has a sentence, and its example customers are inside and outside.

use crate::agreement::{asked, asked_with, run, settings, values};
use crate::words::{vocabulary, vocabulary_with};
use proptest::prelude::*;
use quintile_catalog::{Catalog, Example, ExampleShop, Rule, Segment};
use quintile_model::{Money, StoreZone, Touchpoint};
use quintile_profile::{Predictions, ProfileQuestion};
use quintile_segment::formula::{Formula, THRESHOLDS};
use quintile_segment::vocabulary::{NamedSegment, functions};
use quintile_segment::{Ask, Plan, Severity, Vocabulary, parse, sentence, syntax};
use quintile_testkit::reference::{Settings, Value};
use quintile_testkit::segment::touches::{Touch, Touches};
use quintile_testkit::segment::{members, random};
use quintile_testkit::shop::{Line, Order, Person, Refund, Shop, amount, time};
use quintile_value::{Purchasing, bg_nbd, gamma_gamma};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const AS_OF: &str = "2026-01-01";

pub fn words(catalog: &Catalog) -> Vocabulary {
    let mut vocabulary = vocabulary_with(|name| {
        let partition = catalog.partitions.iter().find(|partition| partition.id == name)?;
        Some(partition.classes.iter().map(|class| class.id.clone()).collect())
    });
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
fn person(id: &str, example: &Example) -> (Person, Vec<Touch>) {
    let at = |days: f64| time(AS_OF) - (days * 86_400_000_000.0) as i64;
    let mut person = Person::new(id).know(|known| {
        known.registered = !example.guest;
        known.at = example.known_for_days.map(at);
    });
    for (name, value) in &example.known {
        let value = Some(value.clone());
        person = person.know(|known| {
            let place = match name.as_str() {
                "country" => &mut known.country,
                "region" => &mut known.region,
                "city" => &mut known.city,
                "postcode" => &mut known.postcode,
                "company" => &mut known.company,
                "tags" => &mut known.tags,
                "email" => &mut known.email,
                "email_consent" => &mut known.email_consent,
                "sms_consent" => &mut known.sms_consent,
                "language" => &mut known.language,
                "gender" => &mut known.gender,
                "birthday" => &mut known.birthday,
                "organisation_type" => &mut known.organisation_type,
                "acquisition_source" => &mut known.acquisition_source,
                "acquisition_campaign" => &mut known.acquisition_campaign,
                "lead_source" => &mut known.lead_source,
                other => panic!("`{other}` cannot be known of an example"),
            };
            *place = value;
        });
    }
    for order in &example.orders {
        let discount = order.discount.as_deref().map_or(0, amount);
        let line = Line {
            kind: None,
            product: order.product.clone(),
            category: order.category.clone(),
            brand: order.brand.clone(),
            quantity: i64::from(order.units) * 10_000,
            discount,
            amount: amount(&order.amount),
        };
        let refunds =
            order.refund.iter().map(|money| Refund { at: at(order.days_ago - 1.0), amount: amount(money), currency: None }).collect();
        person = person.order(Order {
            at: at(order.days_ago),
            country: order.country.clone(),
            channel: order.channel.clone(),
            discount_codes: order.codes.clone(),
            lines: vec![line],
            refunds,
            ..Order::default()
        });
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

/// What the published parameters of CDNOW say: BG/NBD of Fader, Hardie and Lee (2005), gamma-gamma of Fader and Hardie (2013).
fn predictions() -> Predictions {
    Predictions {
        purchasing: Purchasing::BgNbd(bg_nbd::Params { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 }),
        spending: Some(gamma_gamma::Params { p: 6.25, q: 3.74, gamma: 15.44 }),
        shows_alive: true,
        horizon_days: 91,
        years: 3.0,
        discount: 0.1,
        tiers: Some([100.0, 20.0]),
        lapse: None,
    }
}

/// Is the customer of an example a member, in the shop that the segment gives them?
fn is_member(plan: &Plan, shop: &ExampleShop, example: &Example) -> bool {
    let (asked_for, touched) = person("example", example);
    let key = Shop::key(&asked_for);
    let mut people = vec![asked_for];
    let mut touches = Touches::from([(key, touched)]);
    for (place, other) in shop.others.iter().enumerate() {
        for number in 0..other.times {
            let (other, touched) = person(&format!("other {place}.{number}"), other);
            touches.insert(Shop::key(&other), touched);
            people.push(other);
        }
    }
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
    let program = plan.program();
    let change = |question: &mut ProfileQuestion| {
        question.predictions = Some(Arc::new(predictions()));
        let launched = |(product, days): (&String, &f64)| (product.clone(), time(AS_OF) - (days * 86_400_000_000.0) as i64);
        question.launches = Some(shop.launches.iter().map(launched).collect());
        if let Some(cost) = &shop.ticket_cost {
            question.costs.add_ticket(0, Money(amount(cost)));
        }
    };
    let asked = asked_with(&Shop::of(people), &touches, &settings, &zone, usize::MAX, program.columns(), change);
    run(&program, &asked)[0].contains(&key)
}

#[test]
fn examples_are_inside_and_outside() {
    let catalog = Catalog::built_in().unwrap();
    assert!(catalog.segments.len() > 120);
    let vocabulary = words(&catalog);
    let mut wrong = Vec::new();
    for segment in &catalog.segments {
        let plan = match Plan::new(&[Ask::Name(&segment.id)], &vocabulary) {
            Ok(plan) => plan,
            Err(refused) => {
                wrong.push(format!("{}: {refused}", segment.id));
                continue;
            }
        };
        let errors = plan.asked[0].problems.iter().filter(|problem| problem.severity == Severity::Old);
        assert_eq!(errors.count(), 0, "{}", segment.id);
        assert_eq!(parse(&segment.segment).tree.to_string(), segment.segment);
        assert!(sentence(&plan.asked[0].condition).starts_with("Customers "));
        let inside = segment.inside.iter().map(|example| (example, true));
        for (example, expected) in inside.chain(segment.outside.iter().map(|example| (example, false))) {
            if is_member(&plan, &segment.shop, example) != expected {
                wrong.push(format!("{}: {} is {}", segment.id, example.who, if expected { "outside" } else { "inside" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Columns that hold where a customer stands among the others.
const RANKED: [&str; 7] =
    ["recency_score", "frequency_score", "monetary_score", "rfm_group", "buying_group", "core_group", "predicted_spend_tier"];

#[test]
fn those_that_rank_customers_say_so() {
    let catalog = Catalog::built_in().unwrap();
    let vocabulary = words(&catalog);
    for segment in &catalog.segments {
        let program = Plan::new(&[Ask::Name(&segment.id)], &vocabulary).unwrap().program();
        let ranks = !program.statistics().is_empty() || program.columns().iter().any(|name| RANKED.contains(&name.as_str()));
        assert_eq!(segment.ranks.is_some(), ranks, "{}", segment.id);
    }
}

#[test]
fn suggestions_can_be_asked_of_a_store() {
    let catalog = Catalog::built_in().unwrap();
    let vocabulary = words(&catalog);
    let mut found = 0;
    for segment in &catalog.segments {
        for (name, parameter) in &segment.parameters {
            let of = format!("{}: ${name}", segment.id);
            match &parameter.suggest {
                None | Some(Rule::Pair(_)) => continue,
                Some(Rule::Number(text)) => {
                    let formula = Formula::parse(text, &vocabulary, &THRESHOLDS).unwrap_or_else(|why| panic!("{of}: {why}"));
                    assert!(formula.columns().iter().all(|name| quintile_profile::columns::find(name).is_some()), "{of}");
                }
                Some(Rule::MostCommon(place)) => match place.rsplit_once('.') {
                    Some((function, param)) => {
                        let function = functions::find(function).unwrap_or_else(|| panic!("{of}: no function `{function}`"));
                        assert!(function.param(param).is_some(), "{of}");
                    }
                    None => assert!(quintile_profile::columns::find(place).is_some(), "{of}"),
                },
            }
            found += 1;
        }
    }
    assert!(found > 40);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse::<u32>().ok()).map_or(4, |n| n.div_ceil(100)), ..ProptestConfig::default() })]

    /// On random shops each has the members that the plain interpreter finds, and its negation has all others.
    #[test]
    fn each_has_its_members_and_its_negation_the_others(
        shop in quintile_testkit::random::shops(10),
        touches in random::touches(10),
        (settings, zone) in settings(),
    ) {
        let catalog = Catalog::built_in().unwrap();
        let vocabulary = words(&catalog);
        let touches = random::by_key(touches);
        let texts: Vec<String> = catalog.segments.iter().map(with_defaults).collect();
        let negated: Vec<String> = texts.iter().map(|text| format!("NOT ({text})")).collect();
        let asks: Vec<Ask<'_>> = texts.iter().chain(&negated).map(|text| Ask::Text(text)).collect();
        let plan = Plan::new(&asks, &vocabulary).unwrap();
        let program = plan.program();
        let asked = asked(&shop, &touches, &settings, &zone, 3, program.columns());
        let found = run(&program, &asked);
        let rows = values(&asked);
        // One can be another name of another.
        let named: BTreeMap<String, _> = catalog.segments.iter().zip(&plan.asked).map(|(segment, ready)| (segment.id.clone(), ready.tree.clone())).collect();
        for (place, text) in texts.iter().enumerate() {
            let expected = members(&plan.asked[place].tree, &named, &rows, &shop, &touches, &settings);
            prop_assert_eq!(&found[place], &expected, "{}", text);
            let others: BTreeSet<u64> = rows.keys().copied().filter(|key| !expected.contains(key)).collect();
            prop_assert_eq!(&found[texts.len() + place], &others, "NOT ({})", text);
        }
    }
}

/// The text of a segment with the defaults of its parameters put in.
fn with_defaults(segment: &Segment) -> String {
    segment.parameters.iter().fold(segment.segment.clone(), |text, (name, parameter)| text.replace(&format!("${name}"), &parameter.default))
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
