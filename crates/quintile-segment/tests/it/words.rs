//! The words of a store for tests: the columns of the profile, and a few known values.

use quintile_profile::columns::{ALL, Column, ColumnType};
use quintile_segment::Vocabulary;
use quintile_segment::vocabulary::{Attribute, Kind, Moves, NamedSegment, Unit, Values};
use std::collections::BTreeMap;

pub fn vocabulary() -> Vocabulary {
    vocabulary_with(|name| {
        (name == "life_stage").then(|| ["prospects", "first-time-buyers", "loyal", "at-risk-repeat"].map(str::to_owned).to_vec())
    })
}

/// The words, with closed lists of values.
pub fn vocabulary_with(closed: impl Fn(&str) -> Option<Vec<String>>) -> Vocabulary {
    let mut vocabulary = Vocabulary::new(ALL.iter().map(|column| match closed(column.name) {
        Some(values) => Attribute { values: Values::Closed(values), ..attribute(column) },
        None => attribute(column),
    }));
    vocabulary
        .values
        .insert("products_purchased.category".into(), vec!["Shoes".into(), "Drinks".into(), "drinks".into(), "kitchen".into()]);
    for (name, text) in [
        ("low-value", "buying_group = 'low-value'"),
        ("at-risk-repeat", "life_stage = 'at-risk-repeat'"),
        ("buyers", "number_of_orders >= $least"),
    ] {
        let least = quintile_segment::syntax::tree::Term::new(quintile_segment::syntax::tree::TermKind::Number(
            quintile_segment::syntax::decimal::Decimal::whole(1),
        ));
        let parameters = BTreeMap::from([("least".to_owned(), least)]);
        vocabulary.segments.insert(name.into(), NamedSegment { text: text.into(), parameters });
    }
    vocabulary
}

fn attribute(column: &Column) -> Attribute {
    let kind = match column.kind {
        ColumnType::Text | ColumnType::RepeatedText => Kind::Text,
        ColumnType::Texts => Kind::Texts { by_case: true },
        ColumnType::Count | ColumnType::Small => Kind::Whole,
        ColumnType::Number => Kind::Number,
        ColumnType::Amount => Kind::Amount,
        ColumnType::Instant => Kind::Date,
        ColumnType::Flag => Kind::Flag,
        other => panic!("{} is {other:?}", column.name),
    };
    let moves = match column.name {
        "days_since_last_order" => Moves::Since("last_order_date".into()),
        "days_since_first_order" => Moves::Since("first_order_date".into()),
        "tenure_days" => Moves::Since("customer_added_date".into()),
        "orders_in_30d" => Moves::Window(30),
        "orders_in_90d" => Moves::Window(90),
        "orders_in_365d" | "spent_in_365d" => Moves::Window(365),
        _ if column.second_pass() => Moves::Daily,
        _ => Moves::Never,
    };
    let seen = |values: &[&str]| Values::Seen(values.iter().map(|value| (*value).to_owned()).collect());
    Attribute {
        unit: match column.unit {
            "days" => Unit::Days,
            "amount" => Unit::Money,
            _ => Unit::Plain,
        },
        values: match column.name {
            "customer_tags" => seen(&["vip", "early"]),
            "customer_countries" => seen(&["DE", "FR"]),
            _ => Values::Open,
        },
        moves,
        meaning: column.meaning.to_owned(),
        ..Attribute::new(column.name, kind)
    }
}
