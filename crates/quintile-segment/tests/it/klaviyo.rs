//! Klaviyo's documented definitions: there and back, or what is lost is named.

use proptest::prelude::*;
use quintile_segment::klaviyo::{from_klaviyo, to_klaviyo};
use quintile_segment::parse;
use serde_json::{Value, json};

fn group(conditions: Value) -> Value {
    json!({"condition_groups": [{"conditions": conditions}]})
}

/// A definition, the text it is read as, and whether it comes back as it was.
fn check(definition: &Value, text: &str, same: bool) {
    let read = from_klaviyo(definition).unwrap_or_else(|why| panic!("{definition}: {why:?}"));
    assert_eq!(read.tree.to_string(), text);
    let back = to_klaviyo(&read.tree).unwrap_or_else(|why| panic!("{text}: {why:?}"));
    assert_eq!(back == *definition, same, "{text}\n{back}\n{definition}");
    // What differs says the same: it is read as the same tree.
    assert_eq!(from_klaviyo(&back).unwrap().tree, read.tree);
    if !same {
        assert!(!read.notes.is_empty(), "{text}: nobody is told what differs");
    }
}

#[test]
fn the_documented_example_is_read() {
    let definition: Value = serde_json::from_str(
        r#"{"condition_groups":[
 {"conditions":[{"type":"profile-metric","metric_id":"PLACED","measurement":"count",
   "measurement_filter":{"type":"numeric","operator":"greater-than-or-equal","value":1},
   "timeframe_filter":{"type":"date","operator":"alltime"},
   "metric_filters":[{"property":"Items","filter":{"type":"list","operator":"contains-any","value":["Mug"]}}]}]},
 {"conditions":[{"type":"profile-metric","metric_id":"PLACED","measurement":"count",
   "measurement_filter":{"type":"numeric","operator":"equals","value":0},
   "timeframe_filter":{"type":"date","operator":"in-the-last","unit":"day","quantity":90}}]},
 {"conditions":[{"type":"profile-predictive-analytics","dimension":"predicted_clv",
   "filter":{"type":"numeric","operator":"greater-than","value":200}}]}]}"#,
    )
    .unwrap();
    let text = "orders_placed MATCHES (title IN ('Mug')) AND orders_placed NOT MATCHES (date >= -90d) AND predicted_clv > 200";
    check(&definition, text, true);
    let envelope = json!({"data": {"type": "segment", "attributes": {"name": "x", "definition": definition}}});
    assert_eq!(from_klaviyo(&envelope).unwrap().tree.to_string(), text);
}

#[test]
fn single_conditions_go_there_and_back() {
    let filter = |kind: &str, operator: &str, value: Value| json!({"type": kind, "operator": operator, "value": value});
    let property = |property: &str, filter: Value| json!({"type": "profile-property", "property": property, "filter": filter});
    let predictive =
        |dimension: &str, filter: Value| json!({"type": "profile-predictive-analytics", "dimension": dimension, "filter": filter});
    let consent = |can: bool, subscription: &str| json!({"type": "profile-marketing-consent", "consent": {"channel": "email", "can_receive_marketing": can, "consent_status": {"subscription": subscription}}});
    let cities = json!([
        property("location['city']", filter("string", "equals", json!("Boston"))),
        property("location['city']", filter("string", "equals", json!("Paris")))
    ]);
    check(&group(cities), "city = 'Boston' OR city = 'Paris'", true);
    check(
        &group(json!([predictive("average_order_value", filter("numeric", "greater-than-or-equal", json!(100)))])),
        "average_order_value >= 100",
        true,
    );
    check(
        &group(json!([property("email", filter("string", "ends-with", json!("@hotmail.com")))])),
        "customer_email_domain = 'hotmail.com'",
        true,
    );
    check(
        &group(json!([property("properties['pet']", filter("string", "not-contains", json!("cat")))])),
        "trait.pet NOT CONTAINS 'cat'",
        true,
    );
    check(
        &group(json!([property(
            "properties['born']",
            json!({"type": "date", "operator": "anniversary-next", "unit": "day", "quantity": 30})
        )])),
        "anniversary('trait.born') BETWEEN today AND +30d",
        true,
    );
    check(&group(json!([consent(true, "subscribed")])), "email_subscription_status = 'SUBSCRIBED'", true);
    check(&group(json!([consent(true, "any")])), "email_subscription_status = 'SUBSCRIBED'", false);
    check(&group(json!([{"type": "profile-group-membership", "is_member": false, "group_ids": ["VIP"]}])), "NOT segment('VIP')", true);
    check(&group(json!([{"type": "profile-region", "in_region": true, "region": "united_states"}])), "country IN ('US')", true);
    let funnel = json!({"type": "profile-metric-funnel", "timeframe_filter": {"type": "date", "operator": "in-the-last", "unit": "week", "quantity": 8},
        "completion_window_seconds": "DAYS_30",
        "steps": [{"metric_exists": true, "metric_id": "Viewed Product"}, {"metric_exists": false, "metric_id": "PLACED"}]});
    let text = "storefront.product_viewed MATCHES (date >= -8w) THEN NO orders_placed MATCHES () WITHIN 30d";
    check(&group(json!([funnel])), text, true);
    let metric = json!({"type": "profile-metric", "metric_id": "Tasted", "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "greater-than", "value": 2},
        "timeframe_filter": {"type": "date", "operator": "between", "start": 10, "end": 20, "unit": "day"}});
    check(&group(json!([metric])), "events MATCHES (name = 'Tasted', date BETWEEN -20d AND -10d, count > 2)", true);
}

#[test]
fn what_cannot_be_read_is_named() {
    let distance = json!({"type": "profile-postal-code-distance", "country_code": "USA", "postal_code": "43004", "unit": "miles", "filter": {"type": "numeric", "operator": "less-than", "value": 20}});
    let hours = json!({"type": "profile-metric", "metric_id": "PLACED", "measurement": "count",
        "measurement_filter": {"type": "numeric", "operator": "equals", "value": 0},
        "timeframe_filter": {"type": "date", "operator": "in-the-last", "unit": "hour", "quantity": 6}});
    let why = from_klaviyo(&group(json!([distance, hours]))).unwrap_err();
    assert!(why[0].contains("conditions[0]") && why[0].contains("postal code"), "{why:?}");
    assert!(why[1].contains("conditions[1]") && why[1].contains("units of `hour`"), "{why:?}");
    for broken in
        [json!(null), json!({}), json!({"condition_groups": []}), group(json!([])), group(json!([{"type": 3}])), group(json!(["x"]))]
    {
        assert!(from_klaviyo(&broken).is_err(), "{broken}");
    }
}

#[test]
fn what_cannot_be_said_is_named() {
    let lost = |text: &str| to_klaviyo(&parse(text).tree).unwrap_err();
    assert!(lost("amount_spent > average(amount_spent)")[0].contains("as written"));
    assert!(lost("last_order_date >= -90d")[0].contains("knows no `last_order_date`"));
    assert!(lost("city = 'a' OR (city = 'b' AND city = 'c')")[0].contains("nested deeper"));
    assert!(lost("NOT city = 'a'")[0].contains("no NOT"));
    assert!(lost("orders_placed MATCHES (date >= -3m)")[0].contains("days and weeks"));
    let two = lost("orders_placed MATCHES (nth = 1) AND overdue_ratio > 2");
    assert_eq!(two.len(), 2, "{two:?}");
}

/// Any JSON, with the keys of definitions among others.
fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: &[&str] = &[
        "profile-metric",
        "profile-property",
        "profile-metric-funnel",
        "numeric",
        "date",
        "equals",
        "in-the-last",
        "day",
        "PLACED",
        "count",
        "x' OR 1",
        "",
        "email",
        "alltime",
        "2024-01-01T00:00:00Z",
        "properties['a']",
    ];
    const KEYS: &[&str] = &[
        "condition_groups",
        "conditions",
        "type",
        "metric_id",
        "measurement",
        "measurement_filter",
        "timeframe_filter",
        "operator",
        "value",
        "unit",
        "quantity",
        "property",
        "filter",
        "steps",
        "start",
        "end",
        "date",
        "metric_filters",
        "condition",
        "version",
        "attribute",
        "function",
        "parameters",
    ];
    let leaf = prop_oneof![
        proptest::sample::select(WORDS).prop_map(|word| json!(word)),
        any::<i32>().prop_map(|number| json!(number)),
        any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|flag| json!(flag)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        let object = proptest::collection::vec((proptest::sample::select(KEYS), inner.clone()), 0..7);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300), ..ProptestConfig::default() })]

    #[test]
    fn any_json_has_an_answer(value in any_json(), condition in any_json()) {
        for value in [value.clone(), group(json!([condition])), json!({"version": 1, "condition": value})] {
            if let Ok(read) = from_klaviyo(&value) {
                prop_assert_eq!(parse(&read.tree.to_string()).tree, read.tree);
            }
            if let Ok(tree) = quintile_segment::syntax::json::from_json(&value) {
                prop_assert_eq!(parse(&tree.to_string()).tree, tree);
            }
        }
    }
}
