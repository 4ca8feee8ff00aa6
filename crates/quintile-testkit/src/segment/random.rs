//! Random well-typed segments, and random doings of customers for them to be about.
//!
//! Values are few, so that ties, matches and near misses are common.

use super::touches::{Touch, Touches};
use crate::random::instants;
use crate::reference::Value;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use quintile_model::Touchpoint;

/// Segments as text. They may name the segments `low` and `late`.
pub fn segments() -> BoxedStrategy<String> {
    let leaf = prop_oneof![4 => attribute(), 4 => did(), 2 => sequence(), 1 => select(&["segment('low')", "segment('late')"][..]).prop_map(str::to_owned)];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} AND {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
    .boxed()
}

/// Doings of so many customers, by the place of each.
pub fn touches(customers: usize) -> BoxedStrategy<Vec<Vec<Touch>>> {
    vec(vec(touch(), 0..12), customers..=customers).boxed()
}

/// The doings under the keys of a random shop's customers.
pub fn by_key(touches: Vec<Vec<Touch>>) -> Touches {
    touches.into_iter().enumerate().map(|(at, touches)| ((at as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15), touches)).collect()
}

fn text(texts: &'static [&'static str]) -> BoxedStrategy<String> {
    select(texts).prop_map(str::to_owned).boxed()
}

// ----- Attributes.

const COMPARE: &[&str] = &["=", "!=", "<", "<=", ">", ">="];
const WHOLE: &[&str] = &["number_of_orders", "number_of_purchases", "units", "orders_in_90d", "distinct_products"];
/// Columns that have the name of a function.
const ALSO_DONE: &[&str] = &["tickets", "reviews", "referrals"];
const AMOUNTS: &[&str] = &["amount_spent", "average_order_value", "last_order_total", "largest_order", "amount_refunded", "spent_in_365d"];
const DAYS: &[&str] = &["days_since_last_order", "tenure_days", "mean_days_between_purchases"];
const SHARES: &[&str] = &["discounted_order_share", "category_concentration", "return_rate", "overdue_ratio"];
const DATES: &[&str] = &["first_order_date", "last_order_date", "second_order_date", "customer_added_date"];
const DAYS_OF_YEAR: &[&str] = &["first_order_date", "last_order_date", "customer_added_date", "birthday"];

fn attribute() -> BoxedStrategy<String> {
    prop_oneof![
        tested(text(WHOLE), whole().boxed()),
        tested(text(ALSO_DONE), whole().boxed()),
        tested(text(AMOUNTS), number(AMOUNTS, money().boxed()).boxed()),
        tested(text(DAYS), number(DAYS, text(&["0", "1", "30", "90.5", "365"]).boxed()).boxed()),
        tested(text(SHARES), number(SHARES, text(&["0", "0.5", "1", "0.3333", "2"]).boxed()).boxed()),
        dated(text(DATES).boxed()),
        (text(DAYS_OF_YEAR), select(&["=", "!="][..]), day()).prop_map(|(of, op, day)| format!("anniversary('{of}') {op} {day}")),
        (text(DAYS_OF_YEAR), any::<bool>(), offset(), 0_u32..400).prop_map(|(of, not, low, more)| {
            let not = if not { "NOT " } else { "" };
            format!("anniversary('{of}') {not}BETWEEN {low} AND {low} + {more}d")
        }),
        texts(text(&["country", "customer_email_domain"]), &["'DE'", "'FR'", "'example.com'", "'x'"]),
        texts(text(&["favourite_category", "first_category", "last_category"]), &["'drinks'", "'kitchen'", "'food'", "first_category"]),
        lists(text(&["customer_tags", "customer_countries"]), &["'vip'", "'VIP'", "'early'", "'DE'", "'de'", "'US'"]),
        (text(&["registered", "returns_only"]), select(&["=", "!="][..]), any::<bool>())
            .prop_map(|(of, op, flag)| format!("{of} {op} {flag}")),
        (
            prop_oneof![
                text(WHOLE),
                text(AMOUNTS),
                text(DAYS),
                text(DATES),
                text(&["country", "customer_tags", "favourite_category", "registered"])
            ],
            any::<bool>()
        )
            .prop_map(|(of, not)| format!("{of} IS {}NULL", if not { "NOT " } else { "" })),
    ]
    .boxed()
}

fn tested(name: impl Strategy<Value = String> + 'static, value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    (name, test(value)).prop_map(|(name, test)| format!("{name} {test}")).boxed()
}

fn test(value: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![
        4 => (text(COMPARE), value.clone()).prop_map(|(op, value)| format!("{op} {value}")),
        1 => (any::<bool>(), value.clone(), value.clone()).prop_map(|(not, a, b)| format!("{}BETWEEN {a} AND {b}", if not { "NOT " } else { "" })),
        1 => (any::<bool>(), value.clone(), value).prop_map(|(not, a, b)| format!("{}IN ({a}, {b})", if not { "NOT " } else { "" })),
    ].boxed()
}

fn whole() -> BoxedStrategy<String> {
    prop_oneof![
        3 => (0..6_u32).prop_map(|n| n.to_string()),
        1 => number(WHOLE, (0..4_u32).prop_map(|n| n.to_string()).boxed()),
    ]
    .boxed()
}

fn money() -> BoxedStrategy<String> {
    prop_oneof![(0..200_u32).prop_map(|n| n.to_string()), (0..2_000_000_i64).prop_map(|e4| format!("{}.{:04}", e4 / 10_000, e4 % 10_000))]
        .boxed()
}

/// A value of the same unit as these attributes.
fn number(like: &'static [&'static str], plain: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let statistic = (
        select(
            &[
                "average({})",
                "median({})",
                "percentile({}, 80)",
                "percentile({}, 0)",
                "sum({})",
                "average(buyers.{})",
                "percentile(visitors.{}, 50)",
            ][..],
        ),
        text(like),
    )
        .prop_map(|(of, name)| of.replace("{}", &name))
        .boxed();
    prop_oneof![
        3 => plain.clone(),
        1 => text(like),
        1 => statistic.clone(),
        1 => (text(&["2", "0.5", "-1", "number_of_orders"]), text(like)).prop_map(|(times, name)| format!("{times} * {name}")),
        1 => (text(like), text(&["+", "-"]), plain.clone()).prop_map(|(name, sign, plain)| format!("{name} {sign} {plain}")),
        1 => (statistic, text(&["3", "number_of_orders", "0"])).prop_map(|(of, by)| format!("{of} / {by}")),
    ]
    .boxed()
}

fn offset() -> BoxedStrategy<String> {
    let length = prop_oneof![
        (0..500_u32).prop_map(|n| format!("{n}d")),
        (0..60_u32).prop_map(|n| format!("{n}w")),
        (0..20_u32).prop_map(|n| format!("{n}m")),
        (0..3_u32).prop_map(|n| format!("{n}y"))
    ];
    (select(&["-", "-", "-", "+"][..]), length).prop_map(|(sign, length)| format!("{sign}{length}")).boxed()
}

fn day() -> BoxedStrategy<String> {
    prop_oneof![
        (0..1_000_i32).prop_map(|n| jiff::civil::date(2023, 12, 1).checked_add(jiff::Span::new().days(n)).unwrap().to_string()),
        select(&["2024-02-29", "2024-03-31", "2024-10-27", "2024-11-03", "2024-12-31", "2025-03-30"][..]).prop_map(str::to_owned),
        offset(),
        text(&["today", "yesterday"]),
    ]
    .boxed()
}

fn date() -> BoxedStrategy<String> {
    prop_oneof![
        4 => day(),
        1 => (day(), 0..24_u8).prop_filter_map("a day as written", |(day, hour)| day.starts_with("20").then(|| format!("{day}T{hour:02}:00:00"))),
        1 => text(DATES),
        1 => (text(DATES), text(&["+", "-"]), text(&["1d", "30d", "1m", "2w", "1y", "0d"])).prop_map(|(of, sign, length)| format!("{of} {sign} {length}")),
        1 => (day(), text(&["+", "-"]), text(&["1d", "30d", "1m"])).prop_map(|(day, sign, length)| format!("{day} {sign} {length}")),
    ].boxed()
}

fn dated(name: BoxedStrategy<String>) -> BoxedStrategy<String> {
    prop_oneof![
        3 => (name.clone(), text(COMPARE), date()).prop_map(|(of, op, date)| format!("{of} {op} {date}")),
        1 => (name, any::<bool>(), date(), date()).prop_map(|(of, not, a, b)| format!("{of} {}BETWEEN {a} AND {b}", if not { "NOT " } else { "" })),
    ].boxed()
}

fn texts(name: impl Strategy<Value = String> + 'static, values: &'static [&'static str]) -> BoxedStrategy<String> {
    let plain = values.iter().copied().filter(|value| value.starts_with('\'')).collect::<Vec<_>>();
    let test = prop_oneof![
        (select(&["=", "!="][..]), select(values)).prop_map(|(op, value)| format!("{op} {value}")),
        (any::<bool>(), select(plain.clone()), select(plain))
            .prop_map(|(not, a, b)| format!("{}IN ({a}, {b})", if not { "NOT " } else { "" })),
        (any::<bool>(), select(&["CONTAINS 'e'", "STARTS WITH 'D'", "ENDS WITH 's'", "MATCHES REGEX 'o'", "MATCHES REGEX 'n$'"][..]))
            .prop_map(|(not, part)| format!("{}{part}", if not { "NOT " } else { "" })),
    ];
    (name, test).prop_map(|(name, test)| format!("{name} {test}")).boxed()
}

fn lists(name: impl Strategy<Value = String> + 'static, values: &'static [&'static str]) -> BoxedStrategy<String> {
    let test = prop_oneof![
        (any::<bool>(), select(values)).prop_map(|(not, value)| format!("{}CONTAINS {value}", if not { "NOT " } else { "" })),
        (any::<bool>(), select(values), select(values)).prop_map(|(not, a, b)| format!("{}IN ({a}, {b})", if not { "NOT " } else { "" })),
        (any::<bool>(), select(&["STARTS WITH 'e'", "ENDS WITH 'E'", "MATCHES REGEX 'i'"][..]))
            .prop_map(|(not, part)| format!("{}{part}", if not { "NOT " } else { "" })),
    ];
    (name, test).prop_map(|(name, test)| format!("{name} {test}")).boxed()
}

// ----- Facts.

#[derive(Debug)]
struct Sort {
    name: &'static str,
    params: fn() -> BoxedStrategy<String>,
    figures: &'static [&'static str],
}

const SORTS: &[Sort] = &[
    Sort { name: "orders_placed", params: order_param, figures: &["sum_amount", "average_amount", "min_amount", "max_amount"] },
    Sort { name: "products_purchased", params: line_param, figures: &["sum_quantity", "average_amount", "max_price", "sum_amount"] },
    Sort { name: "products_returned", params: line_param, figures: &["sum_quantity", "sum_amount"] },
    Sort { name: "refunds", params: refund_param, figures: &["sum_amount", "average_amount"] },
    Sort { name: "storefront.product_viewed", params: event_param, figures: &["sum_seconds"] },
    Sort { name: "events", params: event_param, figures: &["average_seconds", "sum_value"] },
    Sort { name: "visits", params: event_param, figures: &[] },
    Sort { name: "carts_abandoned", params: cart_param, figures: &["max_value"] },
    Sort { name: "checkouts_started", params: cart_param, figures: &["sum_value"] },
    Sort { name: "messages.received", params: message_param, figures: &[] },
    Sort { name: "messages.opened", params: message_param, figures: &[] },
    Sort { name: "shopify_email.opened", params: message_param, figures: &[] },
    Sort { name: "messages.clicked", params: message_param, figures: &[] },
    Sort { name: "tickets", params: ticket_param, figures: &["average_score"] },
    Sort { name: "reviews", params: review_param, figures: &["average_rating"] },
];

fn order_param() -> BoxedStrategy<String> {
    prop_oneof![
        tested(Just("amount".to_owned()), number(AMOUNTS, money().boxed()).boxed()),
        texts(Just("channel".to_owned()), &["'web'", "'till'"]),
        texts(Just("country".to_owned()), &["'DE'", "'FR'", "'US'"]),
        texts(Just("category".to_owned()), &["'drinks'", "'kitchen'"]),
        texts(Just("id".to_owned()), &["'tea'", "'mug'"]),
        lists(Just("discount_code".to_owned()), &["'spring'", "'SPRING'", "'x'"]),
        (select(&["=", "!="][..]), any::<bool>()).prop_map(|(op, flag)| format!("discounted {op} {flag}")),
        tested(Just("nth".to_owned()), text(&["1", "2", "3"]).boxed()),
        text(&["channel IS NULL", "channel IS NOT NULL", "category IS NULL", "category IS NOT NULL", "discount_code IS NULL"]),
    ]
    .boxed()
}

fn line_param() -> BoxedStrategy<String> {
    prop_oneof![
        texts(Just("id".to_owned()), &["'tea'", "'mug'", "'pot'"]),
        texts(Just("category".to_owned()), &["'drinks'", "'kitchen'"]),
        tested(Just("quantity".to_owned()), text(&["1", "2", "1.5"]).boxed()),
        tested(Just("amount".to_owned()), money().boxed()),
        tested(Just("price".to_owned()), money().boxed()),
        texts(Just("channel".to_owned()), &["'web'", "'till'"]),
        (select(&["=", "!="][..]), any::<bool>()).prop_map(|(op, flag)| format!("full_price {op} {flag}")),
        tested(Just("nth".to_owned()), text(&["1", "2"]).boxed()),
    ]
    .boxed()
}

fn refund_param() -> BoxedStrategy<String> {
    prop_oneof![
        tested(Just("amount".to_owned()), money().boxed()),
        tested(Just("nth".to_owned()), text(&["1", "2"]).boxed()),
        text(&["amount IS NULL", "channel = 'web'", "channel != 'web'", "nth IS NULL"]),
    ]
    .boxed()
}

fn event_param() -> BoxedStrategy<String> {
    prop_oneof![
        texts(Just("id".to_owned()), &["'tea'", "'mug'"]),
        texts(Just("category".to_owned()), &["'drinks'", "'kitchen'"]),
        tested(Just("seconds".to_owned()), text(&["0", "10", "60"]).boxed()),
        texts(Just("device".to_owned()), &["'mobile'", "'desktop'"]),
    ]
    .boxed()
}

fn cart_param() -> BoxedStrategy<String> {
    prop_oneof![tested(Just("value".to_owned()), money().boxed()), text(&["checkout = true", "checkout != true", "value IS NULL"])].boxed()
}

fn message_param() -> BoxedStrategy<String> {
    prop_oneof![texts(Just("channel".to_owned()), &["'email'", "'sms'"]), texts(Just("campaign".to_owned()), &["'spring'", "'news'"])]
        .boxed()
}

fn ticket_param() -> BoxedStrategy<String> {
    prop_oneof![
        texts(Just("channel".to_owned()), &["'chat'", "'phone'"]),
        lists(Just("tag".to_owned()), &["'late'", "'Broken'"]),
        tested(Just("score".to_owned()), text(&["1", "3", "4.5"]).boxed()),
        text(&["complaint = true", "complaint != true", "complaint IS NULL"]),
    ]
    .boxed()
}

fn review_param() -> BoxedStrategy<String> {
    prop_oneof![tested(Just("rating".to_owned()), text(&["1", "3", "5"]).boxed()), texts(Just("id".to_owned()), &["'tea'", "'mug'"])]
        .boxed()
}

/// Parameters of one fact each, each name once.
fn filters(sort: &'static Sort) -> BoxedStrategy<Vec<String>> {
    let date = prop_oneof![2 => Just(None), 3 => dated(Just("date".to_owned()).boxed()).prop_map(Some)];
    (vec((sort.params)(), 0..3), date)
        .prop_map(|(mut params, date)| {
            params.extend(date);
            once(params)
        })
        .boxed()
}

fn once(params: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for param in params {
        let name = |param: &String| param.split(' ').next().unwrap_or_default().to_owned();
        if !kept.iter().any(|other| name(other) == name(&param)) {
            kept.push(param);
        }
    }
    kept
}

fn figures(sort: &'static Sort) -> BoxedStrategy<Vec<String>> {
    let count = tested(Just("count".to_owned()), whole().boxed()).boxed();
    let days = tested(Just("count_distinct_day".to_owned()), (0..4_u32).prop_map(|n| n.to_string()).boxed()).boxed();
    let other = match sort.figures.is_empty() {
        true => count.clone(),
        false => prop_oneof![
            (select(sort.figures), test(money().boxed())).prop_map(|(of, test)| format!("{of} {test}")),
            (select(sort.figures), select(&["IS NULL", "IS NOT NULL"][..])).prop_map(|(of, null)| format!("{of} {null}")),
        ]
        .boxed(),
    };
    vec(prop_oneof![2 => count, 1 => days, 2 => other], 0..3).prop_map(once).boxed()
}

fn sort() -> BoxedStrategy<&'static Sort> {
    select(SORTS.iter().collect::<Vec<_>>()).boxed()
}

fn did() -> BoxedStrategy<String> {
    let last = prop_oneof![3 => Just(None), 1 => (1..5_u32).prop_map(|n| Some(format!("of_last = {n}")))];
    (sort(), any::<bool>(), last)
        .prop_flat_map(|(sort, not, last)| {
            (filters(sort), figures(sort)).prop_map(move |(filters, figures)| {
                let params: Vec<String> = filters.into_iter().chain(figures).chain(last.clone()).collect();
                format!("{} {}MATCHES ({})", sort.name, if not { "NOT " } else { "" }, params.join(", "))
            })
        })
        .boxed()
}

fn sequence() -> BoxedStrategy<String> {
    let first = sort().prop_flat_map(|sort| {
        (filters(sort), figures(sort))
            .prop_map(move |(a, b)| format!("{} MATCHES ({})", sort.name, a.into_iter().chain(b).collect::<Vec<_>>().join(", ")))
    });
    let step = || {
        (sort(), prop_oneof![Just(String::new()), text(&[" WITHIN 1d", " WITHIN 30d", " WITHIN 3m", " WITHIN 1y", " WITHIN 0d"])])
            .prop_flat_map(|(sort, within)| {
                filters(sort).prop_map(move |params| match params.is_empty() {
                    true => format!("{}{within}", sort.name),
                    false => format!("{} MATCHES ({}){within}", sort.name, params.join(", ")),
                })
            })
    };
    (first, proptest::option::of(step()), any::<bool>(), step())
        .prop_map(|(first, between, no, last)| {
            let between = between.map(|step| format!(" THEN {step}")).unwrap_or_default();
            format!("{first}{between} THEN {}{last}", if no { "NO " } else { "" })
        })
        .boxed()
}

// ----- Doings.

fn touch() -> BoxedStrategy<Touch> {
    let some = |texts: &'static [&'static str]| {
        proptest::option::weighted(0.7, text(texts)).prop_map(|text| text.map_or(Value::Missing, Value::Text))
    };
    let flag = || proptest::option::of(any::<bool>()).prop_map(|flag| flag.map_or(Value::Missing, Value::Flag));
    let amount = || proptest::option::weighted(0.7, 0_i64..2_000_000).prop_map(|e4| e4.map_or(Value::Missing, Value::Amount));
    let score = || {
        proptest::option::weighted(0.7, select(&[10_000_i64, 30_000, 45_000, 50_000][..]))
            .prop_map(|e4| e4.map_or(Value::Missing, Value::Amount))
    };
    let seconds = proptest::option::of(select(&[0_i64, 10, 60][..])).prop_map(|n| n.map_or(Value::Missing, Value::Int));
    let name = text(&["product_viewed", "page_viewed", "searched", "waved"]).prop_map(Value::Text);
    let kinds = prop_oneof![
        3 => (name, some(&["v1", "v2"]), some(&["tea", "mug"]), some(&["drinks", "kitchen"]), seconds, some(&["mobile", "desktop"]), amount()).prop_map(|(name, visit, product, category, seconds, device, value)| {
            (Touchpoint::Events, vec![("name", name), ("visit", visit), ("product", product), ("category", category), ("seconds", seconds), ("device", device), ("value", value)])
        }),
        1 => (flag(), flag(), amount()).prop_map(|(checkout, emptied, value)| (Touchpoint::Carts, vec![("checkout", checkout), ("emptied", emptied), ("value", value)])),
        3 => (text(&["email", "sms"]).prop_map(Value::Text), text(&["sent", "sent", "opened", "clicked", "bounced"]).prop_map(Value::Text), some(&["m1", "m2", "m3"]), some(&["spring", "news"]), flag())
            .prop_map(|(channel, action, message, campaign, machine)| (Touchpoint::Messages, vec![("channel", channel), ("action", action), ("message", message), ("campaign", campaign), ("machine", machine)])),
        1 => (some(&["chat", "phone"]), flag(), score(), some(&["late, broken", "Late", ""])).prop_map(|(channel, complaint, score, tags)| (Touchpoint::Tickets, vec![("channel", channel), ("complaint", complaint), ("score", score), ("tags", tags)])),
        1 => (some(&["tea", "mug"]), score()).prop_map(|(product, rating)| (Touchpoint::Reviews, vec![("product", product), ("rating", rating)])),
    ];
    (kinds, instants()).prop_map(|((kind, values), at)| Touch { kind, at, values: values.into_iter().collect() }).boxed()
}
