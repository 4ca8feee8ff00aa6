//! By which columns customers are grouped, and what the two ends of each are called.

use crate::Error;
use crate::profile::named;
use quintile_cluster::naming::Words;
use quintile_profile::{ClusterModel, Column, columns::ColumnType};

/// Recency, frequency and money first, since of columns that say the same the earlier is kept.
pub(super) const DEFAULT: [&str; 6] =
    ["days_since_last_order", "number_of_orders", "amount_spent", "average_order_value", "mean_days_between_purchases", "return_rate"];

/// The columns by name, numbers and kinds; those that are neither are refused.
pub(super) fn grouped_by(names: &[String]) -> Result<Vec<&'static Column>, Error> {
    let columns = if names.is_empty() { named(&DEFAULT.map(str::to_owned))? } else { named(names)? };
    let all = |takes: fn(&Column) -> bool| -> String {
        quintile_profile::columns::ALL.iter().filter(|column| takes(column)).map(|of| of.name).collect::<Vec<_>>().join(", ")
    };
    for (at, column) in columns.iter().enumerate() {
        if !ClusterModel::takes(column) && !ClusterModel::takes_kind(column) {
            return Err(Error::Usage(format!(
                "`{}` is nothing to group by; there are the numbers {}; and the kinds {}",
                column.name,
                all(ClusterModel::takes),
                all(ClusterModel::takes_kind)
            )));
        }
        if columns[..at].iter().any(|other| other.name == column.name) {
            return Err(Error::Usage(format!("`{}` is named twice", column.name)));
        }
    }
    if columns.iter().all(|column| ClusterModel::takes_kind(column)) {
        return Err(Error::Usage(format!("kinds alone are groups already; add a number, such as {}", DEFAULT[..3].join(", "))));
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
        "days_since_last_order" => ("have stayed away for long", "bought lately"),
        "mean_days_between_purchases" | "median_days_between_purchases" => ("wait long between purchases", "buy in quick succession"),
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

/// What customers of a kind do.
pub(super) fn kind_words(column: &Column, kind: Option<&str>) -> Words {
    let Some(kind) = kind else {
        let words = format!("have no {}", column.name.replace('_', " "));
        return Words { much: words.clone(), little: words };
    };
    let words = match column.name {
        "country" | "region" | "city" => format!("live in {kind}"),
        "language" | "customer_language" => format!("speak {kind}"),
        "gender" => format!("are {kind}"),
        "acquisition_source" | "lead_source" => format!("came by {kind}"),
        "first_channel" => format!("first bought by {kind}"),
        "last_channel" => format!("buy by {kind}"),
        "favourite_category" | "favourite_product" => format!("like {kind} best"),
        "first_category" => format!("began with {kind}"),
        "last_category" => format!("bought {kind} last"),
        "main_device" => format!("come by {kind}"),
        name => format!("have {kind} as {}", name.replace('_', " ")),
    };
    Words { little: format!("seldom {words}"), much: words }
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
        let refused = ask(&["first_order_date"]).unwrap_err();
        assert!(
            refused.starts_with("`first_order_date` is nothing to group by; there are the numbers age, number_of_orders, "),
            "{refused}"
        );
        assert!(refused.contains("and the kinds ") && refused.contains("country"), "{refused}");
        assert!(ask(&["country"]).unwrap_err().starts_with("kinds alone are groups already; add a number"));
        assert_eq!(ask(&["country", "units"]).unwrap().len(), 2);
        assert_eq!(ask(&["units", "units"]).unwrap_err(), "`units` is named twice");
        assert!(ask(&["amount_spend"]).unwrap_err().contains("did you mean `amount_spent`?"));
        assert_eq!(ask(&[]).unwrap().len(), DEFAULT.len());
    }
}
