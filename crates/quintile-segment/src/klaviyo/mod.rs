//! Klaviyo's segment definitions (API revision 2026-07-15), read into the same tree and printed back where they can say it.
//!
//! A definition is a list of groups that must all hold, each a list of conditions of which one must. There is no NOT and no deeper
//! nesting. What one side cannot say is listed, and never dropped in silence.
//!
//! - `read`: definition to tree.
//! - `write`: tree to definition.

mod read;
mod write;

pub use read::{Read, from_klaviyo};
pub use write::to_klaviyo;

/// Names of metrics, as their ids stand in definitions, and the functions they are read as.
///
/// Real ids are letters and digits of each account's own; whoever knows them puts these names in their place.
const METRICS: [(&str, &str); 15] = [
    ("PLACED", "orders_placed"),
    ("Placed Order", "orders_placed"),
    ("Ordered Product", "products_purchased"),
    ("Refunded Order", "refunds"),
    ("Checkout Started", "checkouts_started"),
    ("Started Checkout", "checkouts_started"),
    ("Viewed Product", "storefront.product_viewed"),
    ("Viewed Collection", "storefront.collection_viewed"),
    ("Active on Site", "visits"),
    ("Added to Cart", "added_to_cart"),
    ("Received Email", "shopify_email.delivered"),
    ("Opened Email", "shopify_email.opened"),
    ("Clicked Email", "shopify_email.clicked"),
    ("Bounced Email", "shopify_email.bounced"),
    ("Unsubscribed from Email", "shopify_email.unsubscribed"),
];

/// Dimensions of predictive analytics and profile properties, and the attributes they are read as.
const ATTRIBUTES: [(&str, &str); 11] = [
    ("average_order_value", "average_order_value"),
    ("historic_number_of_orders", "number_of_orders"),
    ("historic_clv", "amount_spent"),
    ("average_days_between_orders", "mean_days_between_purchases"),
    ("predicted_clv", "predicted_clv"),
    ("churn_probability", "churn_risk"),
    ("predicted_number_of_orders", "expected_orders_365d"),
    ("expected_date_of_next_purchase", "next_order_date"),
    ("location['city']", "city"),
    ("location['region']", "region"),
    ("location['country']", "country"),
];

/// Filters of metrics, and the parameters they are read as.
const FILTERS: [(&str, &str); 6] = [
    ("Items", "title"),
    ("Collections", "category"),
    ("Categories", "category"),
    ("Brands", "brand"),
    ("$value", "amount"),
    ("ProductID", "id"),
];

/// Klaviyo's units of time end at weeks.
const UNITS: [(&str, char); 2] = [("day", 'd'), ("week", 'w')];
