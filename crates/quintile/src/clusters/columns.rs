//! By which columns customers are grouped, and what the two ends of each are called.

use crate::Error;
use crate::profile::named;
use quintile_cluster::naming::Words;
use quintile_profile::{ClusterModel, Column, columns::ColumnType};

/// Recency, frequency and money first, since of columns that say the same the earlier is kept.
pub(super) const DEFAULT: [&str; 6] =
    ["days_since_last_order", "number_of_orders", "amount_spent", "average_order_value", "mean_days_between_purchases", "return_rate"];

/// The columns by name; those that are no numbers to group by are refused.
pub(super) fn grouped_by(names: &[String]) -> Result<Vec<&'static Column>, Error> {
    let columns = if names.is_empty() { named(&DEFAULT.map(str::to_owned))? } else { named(names)? };
    for (at, column) in columns.iter().enumerate() {
        if !ClusterModel::takes(column) {
            let known: Vec<&str> =
                quintile_profile::columns::ALL.iter().filter(|column| ClusterModel::takes(column)).map(|of| of.name).collect();
            return Err(Error::Usage(format!("`{}` is no number to group by; there are {}", column.name, known.join(", "))));
        }
        if columns[..at].iter().any(|other| other.name == column.name) {
            return Err(Error::Usage(format!("`{}` is named twice", column.name)));
        }
    }
    Ok(columns)
}

/// Counts, amounts and days differ by ratios; shares and what lies between 0 and 1 by differences.
pub(super) fn takes_logarithm(column: &Column) -> bool {
    let amount = matches!(column.kind, ColumnType::Count | ColumnType::Amount);
    amount || matches!(column.unit, "days" | "units")
}

/// What customers at the two ends of a column do.
pub(super) fn words(column: &Column) -> Words {
    let (much, little) = match column.name {
        "number_of_orders" | "number_of_purchases" => ("order often", "order seldom"),
        "amount_spent" | "amount_spent_gross" => ("spend much", "spend little"),
        "amount_refunded" => ("send much back", "keep what they buy"),
        "amount_discounted" => ("get much off", "get little off"),
        "average_order_value" | "median_net_order_value" | "last_order_total" => ("place large orders", "place small orders"),
        "largest_order" => ("once bought big", "never bought big"),
        "units" => ("buy many pieces", "buy few pieces"),
        "average_units_per_order" => ("fill large baskets", "fill small baskets"),
        "tenure_days" | "days_since_first_order" => ("came long ago", "came lately"),
        "days_since_last_order" => ("have not been seen for long", "bought lately"),
        "mean_days_between_purchases" | "median_days_between_purchases" => ("wait long between purchases", "come back soon"),
        "purchase_regularity" => ("buy like clockwork", "buy at odd times"),
        "orders_in_30d" | "orders_in_90d" | "orders_in_365d" => ("ordered much lately", "ordered little lately"),
        "spent_in_365d" => ("spent much lately", "spent little lately"),
        "distinct_products" => ("buy many products", "buy few products"),
        "distinct_categories" => ("buy from many categories", "buy from few categories"),
        "category_concentration" => ("stay with one category", "buy across categories"),
        "full_price_unit_share" => ("pay the full price", "buy at a discount"),
        "new_arrival_share" => ("buy what is new", "buy what is established"),
        "discounted_order_share" => ("wait for discounts", "buy without discounts"),
        "coupon_order_share" => ("use coupons", "use no coupons"),
        "refund_rate" | "return_rate" => ("send much back", "keep what they buy"),
        "favourite_hour" => ("buy late in the day", "buy early in the day"),
        "favourite_weekday" => ("buy late in the week", "buy early in the week"),
        "age" => ("are older", "are younger"),
        "contribution" => ("leave much after costs", "leave little after costs"),
        "visits_30d" => ("visit often", "visit seldom"),
        "minutes_on_site_30d" => ("stay long on the page", "stay shortly on the page"),
        "product_views_30d" => ("look at many products", "look at few products"),
        "views_per_order" => ("look long before they order", "order what they look at"),
        "carts_90d" => ("fill many carts", "fill few carts"),
        "carts_abandoned_90d" => ("leave many carts", "leave few carts"),
        "abandoned_cart_value" => ("leave large carts", "leave small carts"),
        "messages_received_90d" => ("are written to often", "are written to seldom"),
        "messages_opened_90d" | "opened_of_last_6" => ("open what they are sent", "open little of what they are sent"),
        "messages_clicked_90d" => ("follow links", "follow no links"),
        "engagement_rate_90d" => ("react to messages", "do not react to messages"),
        "tickets" | "ticket_rate" => ("ask for help often", "ask for help seldom"),
        "complaints" => ("complain", "do not complain"),
        "csat" => ("are satisfied", "are dissatisfied"),
        "nps" => ("would recommend the shop", "would not recommend the shop"),
        "reviews" => ("write reviews", "write no reviews"),
        "review_mean" => ("give many stars", "give few stars"),
        "referrals" => ("bring others", "bring nobody"),
        name => return Words { much: format!("have a high {name}"), little: format!("have a low {name}") },
    };
    Words { much: much.to_owned(), little: little.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_that_can_be_grouped_by_has_words_of_its_own() {
        let without: Vec<&str> = quintile_profile::columns::ALL
            .iter()
            .filter(|column| ClusterModel::takes(column) && words(column).much.starts_with("have a high"))
            .map(|column| column.name)
            .collect();
        // What is left has no good word.
        assert_eq!(without, ["orders_without_rate"]);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let ask = |names: &[&str]| {
            grouped_by(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).map_err(|error| error.to_string())
        };
        assert!(ask(&["country"]).unwrap_err().starts_with("`country` is no number to group by; there are age, number_of_orders, "));
        assert_eq!(ask(&["units", "units"]).unwrap_err(), "`units` is named twice");
        assert!(ask(&["amount_spend"]).unwrap_err().contains("did you mean `amount_spent`?"));
        assert_eq!(ask(&[]).unwrap().len(), DEFAULT.len());
    }
}
