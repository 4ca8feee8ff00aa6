//! Stages and groups of a real store, against numbers worked out by another program.

use arrow::array::AsArray;
use arrow::datatypes::Int32Type;
use quintile_model::time::{AsOf, StoreZone};
use quintile_profile::{ProfileQuestion, columns, first_pass, second_pass, statistics};
use quintile_testkit::shop::{Line, Order, Person, Shop, amount, time};
use std::collections::BTreeMap;

#[test]
fn stages_and_groups_of_online_retail() {
    let Ok(shared) = std::env::var("QUINTILE_SHARED") else { return };
    let file = std::fs::File::open(format!("{shared}/data/online_retail/online_retail_I.csv.gz")).unwrap();
    let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(file));
    let headers = reader.headers().unwrap().clone();
    let place = |name: &str| headers.iter().position(|header| header == name).unwrap_or_else(|| panic!("no {name} in {headers:?}"));
    let [invoice, stock, quantity, date, price, customer] =
        ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"].map(place);
    // (customer, invoice) -> order; a cancellation is a refund of no order.
    let mut orders: BTreeMap<(String, String), Order> = BTreeMap::new();
    for row in reader.records() {
        let row = row.unwrap();
        if row[customer].is_empty() {
            continue;
        }
        let units = row[quantity].parse::<f64>().unwrap() as i64;
        let at = time(&row[date]);
        let order = orders.entry((row[customer].to_owned(), row[invoice].to_owned())).or_insert(Order { at, ..Order::default() });
        order.at = order.at.min(at);
        order.lines.push(Line {
            product: Some(row[stock].to_owned()),
            quantity: units * 10_000,
            amount: units * amount(&row[price]),
            ..Line::default()
        });
    }
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    for ((customer, invoice), order) in orders {
        let person = people.entry(customer.clone()).or_insert_with(|| Person::new(&customer));
        if invoice.starts_with('C') {
            let back = -order.lines.iter().map(|line| line.amount).sum::<i64>();
            person.refunds.push(quintile_testkit::shop::Refund { at: order.at, amount: back, currency: None });
        } else {
            person.orders.push(order);
        }
    }
    let shop = Shop::of(people.into_values());
    let mut question = ProfileQuestion::new(AsOf::start_of("2011-12-10".parse().unwrap(), &StoreZone::utc()).unwrap());
    question.columns = ["life_stage", "buying_group", "amount_spent"].iter().map(|name| columns::find(name).unwrap()).collect();
    let rows: Vec<_> = shop.batches(500).iter().map(|batch| first_pass(batch, &question).unwrap()).collect();
    let statistics = statistics(rows.iter().map(|rows| rows.vectors.clone()).collect(), &question);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut net = 0;
    for rows in rows {
        let done = second_pass(rows.batch, &statistics, &question).unwrap();
        for column in &done.columns()[..2] {
            let dictionary = column.as_dictionary::<Int32Type>();
            for code in dictionary.keys().values() {
                *counts.entry(dictionary.values().as_string::<i32>().value(*code as usize).to_owned()).or_default() += 1;
            }
        }
        net += done.column(2).as_primitive::<arrow::datatypes::Decimal64Type>().iter().flatten().map(i128::from).sum::<i128>();
    }
    assert_eq!(net, 83_000_658_140);
    assert_eq!((statistics.customers, statistics.buyers, statistics.returns_only), (4_372, 4_339, 33));
    assert_eq!(statistics.last_call.unwrap().value, 195.0);
    println!("{statistics:#?}");
    let expected = [
        ("first-time-buyers", 950),
        ("inactive-first-time", 599 + 33),
        ("loyal", 818),
        ("active-repeat", 1_438),
        ("at-risk-repeat", 286),
        ("inactive-repeat", 248),
        ("lapsed-core", 534),
        ("champions", 534),
        ("big-spenders", 322),
        ("loyalists", 386),
        ("promising", 1_014),
        ("new", 506),
        ("low-value", 1_043),
        ("prospects", 33),
    ];
    for (class, expected) in expected {
        assert_eq!(counts.get(class), Some(&expected), "{class} in {counts:?}");
    }
}
