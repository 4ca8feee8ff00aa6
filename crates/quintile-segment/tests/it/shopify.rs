//! Every query that Shopify documents, or that was seen to work there.

use crate::words::vocabulary;
use quintile_segment::{Severity, check, parse};

/// As documented, all of them valid; what they print as where that differs.
const VALID: &[(&str, &str)] = &[
    ("email_subscription_status = 'SUBSCRIBED'", ""),
    ("customer_account_status = 'DISABLED'", ""),
    ("customer_account_status != 'DISABLED'", ""),
    ("last_order_date = 2020-05-30", ""),
    ("last_order_date != 2020-05-30", ""),
    ("last_order_date > 2020-05-30", ""),
    ("last_order_date >= 2020-05-30", ""),
    ("last_order_date < 2020-05-30", ""),
    ("last_order_date <= 2020-05-30", ""),
    ("last_order_date > -7d", ""),
    ("last_order_date >= -2w", ""),
    ("last_order_date = -1m", ""),
    ("last_order_date < -1y", ""),
    ("last_order_date BETWEEN 2021-01-01 AND today", ""),
    ("last_order_date BETWEEN 2020-01-01 AND -7d", ""),
    ("last_order_date = today", ""),
    ("last_order_date = yesterday", ""),
    ("last_order_date > 2020-05-30T16:00:00", ""),
    ("amount_spent = 10.99", ""),
    ("amount_spent != 10.99", ""),
    ("amount_spent > 10.99", ""),
    ("amount_spent >= 10.99", ""),
    ("amount_spent < 10.99", ""),
    ("amount_spent <= 10.99", ""),
    ("amount_spent BETWEEN 100 AND 1000.99", ""),
    ("number_of_orders = 10", ""),
    ("number_of_orders != 10", ""),
    ("number_of_orders > 10", ""),
    ("number_of_orders >= 10", ""),
    ("number_of_orders < 10", ""),
    ("number_of_orders <= 10", ""),
    ("number_of_orders BETWEEN 100 AND 1000", ""),
    ("customer_tags CONTAINS 'vip'", ""),
    ("customer_tags NOT CONTAINS 'vip'", ""),
    ("customer_cities CONTAINS 'US-CA-LosAngeles'", ""),
    ("customer_cities NOT CONTAINS 'US-CA-LosAngeles'", ""),
    ("customer_email_domain = 'example.com'", ""),
    ("customer_email_domain != 'example.com'", ""),
    ("products_purchased NOT MATCHES ()", ""),
    ("products_purchased MATCHES (id = 1234, count > 1)", ""),
    ("products_purchased MATCHES (id = 2012162031638)", ""),
    ("products_purchased MATCHES (tag = 'Sports wear')", ""),
    ("products_purchased MATCHES (id IN (2012162031638, 1012132033639))", ""),
    ("products_purchased MATCHES (id IN (1012132033639, 2012162031638, 32421429314657))", ""),
    ("products_purchased MATCHES (id NOT IN (1012132033639))", ""),
    ("products_purchased MATCHES (id = 1012132033639, date = 2022-01-01)", ""),
    ("products_purchased NOT MATCHES (date > -3m)", ""),
    ("products_purchased MATCHES (tag = 'Sports wear', date >= -12m)", ""),
    ("products_purchased MATCHES (id = 1012132033639, date BETWEEN -12m AND today)", ""),
    ("shopify_email.opened MATCHES ()", ""),
    ("shopify_email.opened MATCHES (activity_id = 5240029206)", ""),
    ("shopify_email.opened NOT MATCHES (activity_id = 5240029206)", ""),
    ("shopify_email.delivered MATCHES (activity_id = 5240029206)", ""),
    ("shopify_email.opened MATCHES (activity_id IN (5240029206, 1932881090, 3250045832))", ""),
    ("shopify_email.unsubscribed MATCHES (activity_id IN (5240029206))", ""),
    ("shopify_email.delivered MATCHES (activity_id = 5240029206, date = 2022-01-01)", ""),
    ("shopify_email.marked_as_spam MATCHES (activity_id = 5240029206, date > -3m)", ""),
    ("shopify_email.bounced NOT MATCHES (activity_id = 5240029206, date BETWEEN -12m AND today)", ""),
    ("orders_placed MATCHES (date > 2025-01-01)", ""),
    ("anniversary ('metafields.facts.birth_date') = today", "anniversary('metafields.facts.birth_date') = today"),
    ("email_subscription_status = 'SUBSCRIBED' AND customer_countries CONTAINS 'CA'", ""),
    ("email_subscription_status = 'SUBSCRIBED' OR customer_countries CONTAINS 'CA'", ""),
    ("email_subscription_status = 'SUBSCRIBED' AND customer_countries CONTAINS 'CA' OR amount_spent > 999.99", ""),
    (
        "(email_subscription_status = 'SUBSCRIBED' AND customer_countries CONTAINS 'CA') OR amount_spent > 999.99",
        "email_subscription_status = 'SUBSCRIBED' AND customer_countries CONTAINS 'CA' OR amount_spent > 999.99",
    ),
    ("email_subscription_status = 'SUBSCRIBED' AND (customer_countries CONTAINS 'CA' OR amount_spent > 999.99)", ""),
    // Help centre.
    ("abandoned_checkout_date >= 7_days_ago", "abandoned_checkout_date >= -7d"),
    ("abandoned_checkout_date > -8m", ""),
    (
        "anniversary(date: 'metafields.facts.birth_date') BETWEEN today AND +30d",
        "anniversary('metafields.facts.birth_date') BETWEEN today AND +30d",
    ),
    ("amount_spent BETWEEN 1 AND 999.99", ""),
    ("customer_cities CONTAINS 'US-NY-NewYorkCity'", ""),
    // Sample templates; the documented one has LAT and LNG where a place belongs.
    (
        "customer_within_distance(coordinates: (40.71, -74.00), distance_mi: 6.2) = true",
        "customer_within_distance MATCHES (coordinates = (40.71, -74.00), distance_mi = 6.2)",
    ),
    ("companies IS NOT NULL", ""),
    ("number_of_orders > 0", ""),
    // The five segments that every store begins with.
    ("number_of_orders >= 1", ""),
    ("abandoned_checkout_date >= -30d", ""),
    ("number_of_orders > 1", ""),
    ("number_of_orders = 0", ""),
    // Deprecated forms of the changelog, and spellings in which sources disagree.
    ("shopify_email.opened() = true", "shopify_email.opened MATCHES ()"),
    ("shopify_email.opened() = false", "shopify_email.opened NOT MATCHES ()"),
    ("shopify_email.opened() != true", "shopify_email.opened NOT MATCHES ()"),
    ("products_purchased(quantity: 5) = true", "products_purchased MATCHES (quantity = 5)"),
    ("products_purchased(id: '2012162031638') = true", "products_purchased MATCHES (id = 2012162031638)"),
    ("storefront.product_viewed(id: 8954690273503) = true", "storefront.product_viewed MATCHES (id = 8954690273503)"),
    ("storefront_event.product_viewed MATCHES ()", "storefront.product_viewed MATCHES ()"),
    ("products_purchased NOT_MATCHES (quantity > 5)", "products_purchased NOT MATCHES (quantity > 5)"),
    ("orders_placed() MATCHES (count > 1)", "orders_placed MATCHES (count > 1)"),
    ("orders_placed MATCHES (app_id = 129785, sum_amount >= 500)", ""),
    ("orders_placed IS NULL", ""),
    ("companies = 123", ""),
    ("customer_within_distance MATCHES (coordinates = '49.2827,-123.1207', distance_km = 25)", ""),
    ("FROM customers SHOW customer_name, note WHERE number_of_orders > 1 ORDER BY updated_at", "number_of_orders > 1"),
    ("last_order_date > '2025-01-01'", ""),
    // Parser vectors.
    ("email_subscription_status='SUBSCRIBED'", "email_subscription_status = 'SUBSCRIBED'"),
    ("products_purchased(id: '1', date: -30d) = true", "products_purchased MATCHES (id = 1, date = -30d)"),
    ("last_order_date >= 30_days_ago", "last_order_date >= -30d"),
    ("customer_tags CONTAINS '\\'VIP\\''", ""),
];

/// As documented invalid, with the column of the error and a part of what is said.
const INVALID: &[(&str, usize, &str)] = &[
    ("amount_spent > $100", 16, "no currency sign"),
    ("number_of_orders = 1.5", 20, "whole number"),
    ("last_order_date > -7d12:00", 20, "an offset counts whole days"),
    ("email_subscription_status = 'subscribed'", 29, "did you mean `'SUBSCRIBED'`"),
    ("orders_placed MATCHES (date > 2025-01-01, date < 2025-06-01)", 43, "`date BETWEEN a AND b`"),
    ("last_order_date BETWEEN 1pm AND 3pm", 25, "a time of day alone is no value"),
    ("customer_countries = 'CA'", 1, "CONTAINS 'CA'"),
    ("storefront.product_viewed MATCHES (product_id = 1)", 36, "did you mean `id`"),
    ("customer_tags CONTAINS 'vip", 24, "the text has no end"),
];

#[test]
fn every_valid_example_checks_and_prints_in_the_new_form() {
    let vocabulary = vocabulary();
    for (text, printed) in VALID {
        let parsed = parse(text);
        assert!(parsed.is_sound(), "{text}: {:?}", parsed.problems);
        let printed = if printed.is_empty() { text } else { printed };
        let checked = check(&parsed.tree, &vocabulary);
        assert!(checked.condition.is_some(), "{text}: {:?}", checked.problems);
        assert_eq!(quintile_segment::new_form(&parsed.tree).to_string(), *printed);
        let again = parse(printed);
        assert!(again.problems.iter().all(|problem| problem.severity != Severity::Error), "{printed}");
        assert_eq!(quintile_segment::new_form(&again.tree).to_string(), *printed);
    }
}

#[test]
fn every_invalid_example_is_told_where_and_why() {
    let vocabulary = vocabulary();
    for (text, column, part) in INVALID {
        let parsed = parse(text);
        let mut problems = parsed.problems.clone();
        problems.extend(check(&parsed.tree, &vocabulary).problems);
        let errors: Vec<_> = problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
        let found = errors.iter().find(|problem| problem.message.contains(part));
        let found = found.unwrap_or_else(|| panic!("{text}: {errors:?}"));
        assert_eq!(found.place(text).1, *column, "{text}: {found:?}");
    }
}

#[test]
fn limits_of_shopify_are_lints() {
    let codes = ["CA", "FR", "MX", "AU", "AX", "AZ", "FI", "BE", "TH", "ES", "BR"];
    let eleven = codes.map(|code| format!("customer_countries CONTAINS '{code}'")).join(" OR ");
    let ids = (1..=501).map(|id| id.to_string()).collect::<Vec<_>>().join(", ");
    for (text, part) in [(eleven, "at most 10 conditions"), (format!("products_purchased MATCHES (id IN ({ids}))"), "at most 500 values")] {
        let parsed = parse(&text);
        let checked = check(&parsed.tree, &vocabulary());
        assert!(checked.condition.is_some());
        let lint = checked.problems.iter().find(|problem| problem.severity == Severity::Lint).unwrap();
        assert!(lint.message.contains(part), "{lint:?}");
    }
}

#[test]
fn and_binds_more_tightly_than_or() {
    let same = |a: &str, b: &str| assert_eq!(parse(a).tree, parse(b).tree);
    same(
        "number_of_orders > 1 OR number_of_orders > 2 AND amount_spent > 3",
        "number_of_orders > 1 OR (number_of_orders > 2 AND amount_spent > 3)",
    );
}

#[test]
fn what_shopify_answers_with_nobody_is_warned_of() {
    let parsed = parse("customer_countries CONTAINS 'Taiwan'");
    let checked = check(&parsed.tree, &vocabulary());
    assert!(checked.condition.is_some());
    assert_eq!(checked.problems[0].severity, Severity::Warning);
    assert_eq!(checked.problems[0].instead.as_deref(), Some("'TW'"));
}
