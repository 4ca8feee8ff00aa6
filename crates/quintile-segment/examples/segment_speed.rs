//! How fast segments are read and checked, and how fast one is answered over a million customers whose profile is at hand.
//!
//! `cargo run --release -p quintile-segment --example segment_speed`

use arrow::array::{ArrayRef, Decimal64Array, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Int32Type;
use quintile_model::records::{UTC_OFFSET, amount_type};
use quintile_model::{AsOf, StoreZone};
use quintile_segment::vocabulary::{Attribute, Kind, Unit};
use quintile_segment::{Ask, Figures, Gathered, Moment, Plan, Vocabulary, World, check, parse};
use std::sync::Arc;
use std::time::Instant;

const CUSTOMERS: usize = 1_000_000;
const QUERIES: [&str; 4] = [
    "amount_spent > 100 AND last_order_date >= -90d",
    "number_of_orders >= 3 AND days_since_last_order > 60 AND country IN ('FR', 'BE') AND NOT amount_spent < 20",
    "amount_spent > average(amount_spent) AND last_order_date BETWEEN -1y AND -30d",
    "days_since_last_order > 3 * expected_gap_days",
];

fn main() {
    let days = |name: &str| Attribute { unit: Unit::Days, ..Attribute::new(name, Kind::Number) };
    let vocabulary = Vocabulary::new([
        Attribute::new("amount_spent", Kind::Amount),
        Attribute::new("number_of_orders", Kind::Whole),
        Attribute::new("last_order_date", Kind::Date),
        Attribute::new("country", Kind::Text),
        days("days_since_last_order"),
        days("expected_gap_days"),
    ]);
    let started = Instant::now();
    let rounds = 5_000;
    for _ in 0..rounds {
        for query in QUERIES {
            assert!(check(&parse(query).tree, &vocabulary).condition.is_some());
        }
    }
    let each = started.elapsed().as_secs_f64() / (rounds * QUERIES.len()) as f64;
    println!("read and checked: {:.0} segments a second", 1.0 / each);

    let rows = rows();
    let moment = Moment::of(AsOf::start_of(jiff::civil::date(2026, 1, 1), &StoreZone::utc()).expect("a day"));
    for query in QUERIES {
        let program = Plan::new(&[Ask::Text(query)], &vocabulary).unwrap_or_else(|refused| panic!("{refused}")).program();
        let figures = Figures::of(program.statistics(), vec![Gathered::of(program.statistics(), &rows)]);
        let world = World::of_rows(&rows);
        let mut best = f64::MAX;
        let mut members = 0;
        for _ in 0..10 {
            let started = Instant::now();
            members = program.members(&world, &moment, &figures)[0].count_set_bits();
            best = best.min(started.elapsed().as_secs_f64());
        }
        println!("{:6.1} ms  {members:>7} members  {query}", best * 1e3);
    }
}

/// Rows that look like a shop's.
fn rows() -> RecordBatch {
    let mut state = 1_u64;
    let mut next = move |most: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as i64) % most
    };
    const DAY: i64 = 86_400_000_000;
    let end = 1_767_225_600_000_000;
    let amounts: Decimal64Array = (0..CUSTOMERS).map(|_| Some(next(5_000_000))).collect();
    let orders: Int64Array = (0..CUSTOMERS).map(|_| Some(1 + next(12) * next(3))).collect();
    let last: Vec<i64> = (0..CUSTOMERS).map(|_| end - next(900) * DAY - next(DAY)).collect();
    let since: Float64Array = last.iter().map(|at| Some((end - at) as f64 / DAY as f64)).collect();
    let gaps: Float64Array = (0..CUSTOMERS).map(|_| (next(3) > 0).then_some(next(90))).map(|gap| gap.map(|gap| gap as f64)).collect();
    let countries = ["DE", "FR", "BE", "US", "GB"];
    let country: DictionaryArray<Int32Type> = (0..CUSTOMERS).map(|_| Some(countries[next(5) as usize])).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("amount_spent", Arc::new(amounts.with_data_type(amount_type()))),
        ("number_of_orders", Arc::new(orders)),
        ("last_order_date", Arc::new(TimestampMicrosecondArray::from(last).with_timezone(UTC_OFFSET))),
        ("days_since_last_order", Arc::new(since)),
        ("expected_gap_days", Arc::new(gaps)),
        ("country", Arc::new(country)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).expect("columns of one length")
}
