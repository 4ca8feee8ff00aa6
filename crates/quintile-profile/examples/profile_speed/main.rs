//! How fast the passes are: synthetic batches in memory, processor time of this thread alone.
//!
//! `cargo run --release -p quintile-profile --example profile_speed -- [batches] [orders|touchpoints|all] [each]`

mod touched;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray,
    UInt64Array,
};
use arrow::datatypes::{Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;
use quintile_model::Touchpoint;
use quintile_model::batch::{CustomerBatch, Facts};
use quintile_model::time::{AsOf, StoreZone};
use quintile_profile::{ProfileQuestion, columns, first_pass, second_pass, statistics};
use std::sync::Arc;
use std::time::Duration;

const COLUMNS: [&str; 17] = [
    "customer_id",
    "number_of_orders",
    "first_order_date",
    "last_order_date",
    "median_days_between_purchases",
    "amount_spent",
    "amount_refunded",
    "average_order_value",
    "distinct_products",
    "distinct_categories",
    "full_price_unit_share",
    "favourite_category",
    "favourite_weekday",
    "recency_score",
    "frequency_score",
    "monetary_score",
    "rfm_group",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let batches: usize = arguments.first().and_then(|n| n.parse().ok()).unwrap_or(50);
    let zone = StoreZone::utc();
    let mut question = ProfileQuestion::new(AsOf::start_of("2026-01-01".parse().expect("a date"), &zone).expect("a day"));
    match arguments.get(1).map(String::as_str) {
        Some("all") => {}
        Some("touchpoints") => question.columns.retain(|column| {
            let of_touchpoints = |need: &&str| Touchpoint::ALL.iter().any(|kind| need.split('.').next() == Some(kind.name()));
            column.needs.iter().flat_map(|group| group.iter()).any(of_touchpoints)
        }),
        _ => question.columns = COLUMNS.iter().filter_map(|name| columns::find(name)).collect(),
    }
    let mut random = Random(7);
    let mut made: Vec<CustomerBatch> = (0..8).map(|_| batch(&mut random, 36_000)).collect();
    for batch in &mut made {
        batch.touchpoints = touched::touchpoints(&mut random, batch.keys.len());
    }
    let (mut lines, mut customers, mut touched) = (0, 0, 0);
    let mut rows = Vec::new();
    let start = processor();
    for batch in made.iter().cycle().take(batches) {
        lines += batch.lines.len();
        customers += batch.keys.len();
        touched += batch.touchpoints.iter().map(|(_, facts)| facts.len()).sum::<usize>();
        rows.push(first_pass(batch, &question).expect("a pass"));
    }
    let first = processor() - start;
    let start = processor();
    let vectors = rows.iter_mut().map(|rows| std::mem::take(&mut rows.vectors)).collect();
    let statistics = statistics(vectors, &question);
    let of_store = processor() - start;
    let start = processor();
    for rows in rows {
        std::hint::black_box(second_pass(rows.batch, &statistics, &question).expect("a pass"));
    }
    let second = processor() - start;
    println!("{} columns, {customers} customers, {lines} lines, {touched} touchpoints", question.columns.len());
    println!("first pass  {:8.1} ms, {:5.1} ns a line", first.as_secs_f64() * 1e3, first.as_nanos() as f64 / lines as f64);
    println!("statistics  {:8.1} ms, {:5.1} ns a customer", of_store.as_secs_f64() * 1e3, of_store.as_nanos() as f64 / customers as f64);
    println!("second pass {:8.1} ms, {:5.1} ns a customer", second.as_secs_f64() * 1e3, second.as_nanos() as f64 / customers as f64);
    for column in question.columns.iter().filter(|_| arguments.get(2).is_some()) {
        let mut one = question.clone();
        one.columns = vec![*column];
        let start = processor();
        let mut lines = 0;
        for batch in &made {
            lines += batch.lines.len();
            std::hint::black_box(first_pass(batch, &one).expect("a pass"));
        }
        println!("{:32} {:6.2} ns a line", column.name, (processor() - start).as_nanos() as f64 / lines as f64);
    }
}

/// Time this thread has had a processor, so that what else the machine does is not counted; wall time where the system
/// does not say.
fn processor() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0, 1, 2, ... each `rest` times as likely as the one before.
    fn geometric(&mut self, rest: f64) -> usize {
        (self.unit().max(1e-12).ln() / rest.ln()) as usize
    }
}

fn amounts(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Decimal64Array::from(values).with_data_type(quintile_model::records::amount_type()))
}

fn known_amounts(values: Vec<i64>) -> ArrayRef {
    Arc::new(Decimal64Array::from(values).with_data_type(quintile_model::records::amount_type()))
}

fn times(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone(quintile_model::records::UTC_OFFSET))
}

fn repeated(codes: Vec<i32>, texts: &ArrayRef) -> ArrayRef {
    Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(codes), texts.clone()))
}

fn list(texts: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

fn facts(columns: Vec<(&str, ArrayRef)>, offsets: Vec<u32>) -> Facts {
    let schema = Schema::new(columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect::<Vec<_>>());
    let rows = RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, array)| array).collect()).expect("a batch");
    Facts { rows, offsets }
}

/// Customers with 2.7 orders each, of 2.5 lines, three years, a refund on one line in twenty.
fn batch(random: &mut Random, customers: usize) -> CustomerBatch {
    const START: i64 = 1_672_531_200_000_000;
    const SPAN: i64 = 1096 * 86_400_000_000;
    let (mut of_orders, mut of_lines, mut of_refunds) = (vec![0], vec![0], vec![0]);
    let (mut order_at, mut line_order, mut refund_at, mut refund_order, mut refunded) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut product, mut category, mut quantity, mut discount, mut amount) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..customers {
        // Most buy once, some very often.
        let orders = if random.unit() < 0.55 { 1 } else { 2 + random.geometric(0.72) };
        let mut at: Vec<i64> = (0..orders).map(|_| START + (random.unit() * SPAN as f64) as i64).collect();
        at.sort_unstable();
        for at in at {
            let row = order_at.len() as u32;
            order_at.push(at);
            for _ in 0..(1 + random.geometric(0.6)).min(8) {
                let item = (20_000.0 * random.unit().powi(3)) as i32;
                let (units, price) = (1 + random.geometric(0.3).min(8) as i64, 10_000 + i64::from(item % 997) * 1_700);
                let off = if random.unit() < 0.22 { units * price / 5 } else { 0 };
                line_order.push(row);
                product.push(item);
                category.push(item * 40 / 20_000);
                quantity.push(units * 10_000);
                discount.push(off);
                amount.push(units * price - off);
                if random.unit() < 0.05 {
                    refund_at.push(at);
                    refund_order.push(row);
                    refunded.push(units * price - off);
                }
            }
        }
        of_orders.push(order_at.len() as u32);
        of_lines.push(line_order.len() as u32);
        of_refunds.push(refund_at.len() as u32);
    }
    let one = |text: &str| list(std::iter::once(text.to_owned()));
    let (orders, lines) = (order_at.len(), line_order.len());
    CustomerBatch {
        keys: (0..customers as u64).collect(),
        customers: facts(
            vec![
                ("at", Arc::new(TimestampMicrosecondArray::from(vec![None; customers]).with_timezone(quintile_model::records::UTC_OFFSET))),
                ("customer_id", list((0..customers).map(|_| (random.next() % 4_000_000_000).to_string()))),
                ("registered", Arc::new(BooleanArray::from(vec![true; customers]))),
                ("source", repeated(vec![0; customers], &one("shop"))),
                ("email", Arc::new(StringArray::from(vec![None::<&str>; customers]))),
                ("language", repeated(vec![0; customers], &one("en"))),
                ("tags", repeated(vec![0; customers], &one("vip"))),
                ("account_status", repeated(vec![0; customers], &one("enabled"))),
                ("email_consent", repeated(vec![0; customers], &one("SUBSCRIBED"))),
                ("sms_consent", repeated(vec![0; customers], &one("SUBSCRIBED"))),
                ("country", repeated(vec![0; customers], &one("DE"))),
                ("region", repeated(vec![0; customers], &one("BW"))),
                ("city", repeated(vec![0; customers], &one("Ulm"))),
                ("postcode", repeated(vec![0; customers], &one("89073"))),
                ("company", repeated(vec![0; customers], &one("none"))),
                ("version", Arc::new(Int64Array::from(vec![0; customers]))),
                ("gender", repeated(vec![0; customers], &one("x"))),
                ("birthday", list((0..customers).map(|at| format!("{}-05-{:02}", 1950 + at % 50, 1 + at % 28)))),
                ("organisation_type", repeated(vec![0; customers], &one("person"))),
                ("acquisition_source", repeated(vec![0; customers], &one("ads"))),
                ("acquisition_campaign", repeated(vec![0; customers], &one("spring"))),
                ("lead_source", repeated(vec![0; customers], &one("form"))),
            ],
            (0..=customers as u32).collect(),
        ),
        orders: facts(
            vec![
                ("order_key", Arc::new(UInt64Array::from_iter_values(1..=orders as u64)) as ArrayRef),
                ("at", times(order_at)),
                ("standing", repeated(vec![0; orders], &one("counts"))),
                ("currency", repeated(vec![0; orders], &one("EUR"))),
                ("total", amounts(vec![None; orders])),
                ("discount", amounts(vec![None; orders])),
                ("channel", repeated(vec![0; orders], &one("web"))),
                ("discount_codes", repeated(vec![0; orders], &one("SPRING"))),
                ("country", repeated(vec![0; orders], &one("DE"))),
                ("region", repeated(vec![0; orders], &one("BW"))),
                ("city", repeated(vec![0; orders], &one("Ulm"))),
                ("postcode", repeated(vec![0; orders], &one("89073"))),
                ("company", repeated(vec![0; orders], &one("none"))),
            ],
            of_orders,
        ),
        lines: facts(
            vec![
                ("kind", repeated(vec![0; lines], &one("sale"))),
                ("product", repeated(product, &list((0..20_000).map(|at| (at + 1).to_string())))),
                ("category", repeated(category, &list((0..40).map(|at| format!("category-{at:02}"))))),
                ("quantity", known_amounts(quantity)),
                ("discount", known_amounts(discount)),
                ("amount", known_amounts(amount)),
            ],
            of_lines,
        ),
        refunds: facts(vec![("at", times(refund_at)), ("amount", known_amounts(refunded))], of_refunds),
        cancellations: facts(vec![("at", times(Vec::new()))], vec![0; customers + 1]),
        line_order,
        refund_order,
        cancellation_order: Vec::new(),
        touchpoints: Vec::new(),
    }
}
