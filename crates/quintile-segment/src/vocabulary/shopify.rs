//! The attributes of Shopify's segment language, with its values, upper case.

use super::{Attribute, Kind, Values};

/// All of them.
pub fn attributes() -> Vec<Attribute> {
    let of = |name: &str, kind| Attribute { kept: false, ..Attribute::new(name, kind) };
    let closed = |name: &str, values: &[&str]| Attribute {
        values: Values::Closed(values.iter().map(|value| (*value).to_owned()).collect()),
        ..of(name, Kind::Text)
    };
    let codes = Kind::Texts { by_case: true };
    vec![
        of("abandoned_checkout_date", Kind::Date),
        of("amount_spent", Kind::Amount),
        of("number_of_orders", Kind::Whole),
        of("first_order_date", Kind::Date),
        of("last_order_date", Kind::Date),
        of("customer_added_date", Kind::Date),
        of("customer_tags", Kind::Texts { by_case: false }),
        of("customer_cities", codes),
        Attribute { values: Values::Countries(Vec::new()), ..of("customer_countries", codes) },
        of("customer_regions", codes),
        of("customer_email_domain", Kind::Text),
        of("customer_language", Kind::Text),
        closed("customer_account_status", &["DECLINED", "DISABLED", "ENABLED", "INVITED"]),
        closed("email_subscription_status", &["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "INVALID", "UNSUBSCRIBED", "REDACTED"]),
        closed("sms_subscription_status", &["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "UNSUBSCRIBED", "REDACTED", "INVALID"]),
        // Sources disagree on the spelling; all are read.
        closed(
            "product_subscription_status",
            &["SUBSCRIBED", "CANCELED", "EXPIRED", "FAILED", "NEVER_SUBSCRIBED", "PAUSED", "ACTIVE", "CANCELLED", "SUBSCRIBER"],
        ),
        closed("predicted_spend_tier", &["HIGH", "MEDIUM", "LOW"]),
        closed(
            "rfm_group",
            &[
                "CHAMPIONS",
                "LOYAL",
                "ACTIVE",
                "NEW",
                "PROMISING",
                "NEEDS_ATTENTION",
                "AT_RISK",
                "ALMOST_LOST",
                "PREVIOUSLY_LOYAL",
                "DORMANT",
                "PROSPECTS",
            ],
        ),
        of("companies", codes),
        of("created_by_app_id", Kind::Whole),
    ]
}
