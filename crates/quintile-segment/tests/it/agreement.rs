//! The program against the plain interpreter, on random small shops and random segments. `PROPTEST_CASES` sets how many.

use crate::words::vocabulary;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal64Type, Float64Type, Int8Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use proptest::prelude::*;
use quintile_model::{AsOf, CustomerBatch, Instant, StoreZone};
use quintile_profile::{Column, ProfileQuestion, columns, counted, facts_needed, first_pass, second_pass, statistics};
use quintile_segment::vocabulary::NamedSegment;
use quintile_segment::{Ask, Figures, Gathered, Moment, Plan, Program, World, parse};
use quintile_testkit::reference::{Settings, Value};
use quintile_testkit::segment::touches::{Touches, put};
use quintile_testkit::segment::{Rows, members, random};
use quintile_testkit::shop::Shop;
use std::collections::{BTreeMap, BTreeSet};

const NAMED: [(&str, &str); 2] =
    [("low", "number_of_orders < 2 OR amount_spent < median(amount_spent)"), ("late", "last_order_date < -60d")];

/// Profile rows of a shop in batches, with the keys of their customers.
pub struct Asked {
    pub batches: Vec<CustomerBatch>,
    pub rows: Vec<(RecordBatch, Vec<u64>)>,
    pub question: ProfileQuestion,
}

pub fn asked(shop: &Shop, touches: &Touches, settings: &Settings, zone: &StoreZone, customers: usize, names: &[String]) -> Asked {
    asked_with(shop, touches, settings, zone, customers, names, |_| {})
}

/// The same of a question that something was changed in.
pub fn asked_with(
    shop: &Shop,
    touches: &Touches,
    settings: &Settings,
    zone: &StoreZone,
    customers: usize,
    names: &[String],
    change: impl FnOnce(&mut ProfileQuestion),
) -> Asked {
    let mut question = ProfileQuestion::new(AsOf { instant: Instant(settings.as_of), zone: zone.clone() });
    let mut wanted: Vec<&'static Column> = vec![columns::customer_key()];
    wanted.extend(names.iter().filter_map(|name| columns::find(name)));
    question.columns = wanted;
    question.currency = settings.currency.clone();
    for (currency, day, rate) in &settings.rates {
        question.rates.add(currency, *day as i32, *rate);
    }
    change(&mut question);
    let mut batches = shop.batches(customers);
    batches.iter_mut().for_each(|batch| put(batch, touches));
    assert!(facts_needed(&question).orders.contains(&"at"));
    let first: Vec<_> = batches.iter().map(|batch| first_pass(batch, &question).unwrap()).collect();
    let store = statistics(first.iter().map(|rows| rows.vectors.clone()).collect(), &question);
    let rows = first.into_iter().map(|rows| {
        let rows = second_pass(rows.batch, &store, &question).unwrap();
        let keys = rows.column(0).as_primitive::<UInt64Type>().values().to_vec();
        (rows, keys)
    });
    Asked { rows: rows.collect(), batches, question }
}

pub fn run(program: &Program, asked: &Asked) -> Vec<BTreeSet<u64>> {
    let moment = Moment::of(asked.question.as_of.clone());
    let figures = Figures::of(program.statistics(), asked.rows.iter().map(|(rows, _)| Gathered::of(program.statistics(), rows)).collect());
    let mut found: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); program.segments()];
    for (batch, (rows, keys)) in asked.batches.iter().zip(&asked.rows) {
        let counts = program.facts().map(|(_, parts)| counted(batch, &parts, &asked.question).unwrap());
        let world = match &counts {
            None => World::of_rows(rows),
            Some(counts) => World::new(rows, keys, batch, counts),
        };
        let members = program.members(&world, &moment, &figures);
        // In two steps it is the same, for those segments that can be told so, and alone it is as well.
        let is_late = |name: &str| columns::find(name).is_some_and(Column::second_pass);
        let once: Vec<usize> = (0..program.segments()).filter(|asked| program.can_begin(*asked, is_late)).collect();
        let some = program.of_asked(&once);
        let early = some.early(is_late);
        let begun = some.begin(&early, &world, &moment);
        let schema = rows.schema();
        let places: Vec<usize> = (0..rows.num_columns()).filter(|at| early.columns().contains(schema.field(*at).name())).collect();
        let rest = rows.project(&places).unwrap();
        for (place, told) in once.into_iter().zip(some.finish(&begun, &rest, &moment, &figures)) {
            assert_eq!(told, members[place]);
        }
        for (found, members) in found.iter_mut().zip(members) {
            found.extend(members.iter().zip(keys).filter(|(is, _)| *is).map(|(_, key)| *key));
        }
    }
    found
}

pub fn values(asked: &Asked) -> Rows {
    let mut all = Rows::new();
    for (rows, keys) in &asked.rows {
        for (row, key) in keys.iter().enumerate() {
            let schema = rows.schema();
            let named = schema.fields().iter().zip(rows.columns()).map(|(field, array)| (field.name().clone(), value(array, row)));
            all.insert(*key, named.collect());
        }
    }
    all
}

fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Missing;
    }
    match array.data_type() {
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => Value::Missing,
        DataType::Int8 => Value::Int(array.as_primitive::<Int8Type>().value(row).into()),
        DataType::Float64 => Value::Number(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal64(..) => Value::Amount(array.as_primitive::<Decimal64Type>().value(row)),
        DataType::Timestamp(..) => Value::Instant(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Boolean => Value::Flag(array.as_boolean().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Dictionary(..) => {
            let dictionary = array.as_dictionary::<Int32Type>();
            Value::Text(dictionary.values().as_string::<i32>().value(dictionary.keys().value(row) as usize).to_owned())
        }
        DataType::List(_) => {
            let texts: Vec<String> = array.as_list::<i32>().value(row).as_string::<i32>().iter().flatten().map(str::to_owned).collect();
            if texts.is_empty() { Value::Missing } else { Value::Texts(texts) }
        }
        other => panic!("{other}"),
    }
}

pub fn settings() -> impl Strategy<Value = (Settings, StoreZone)> {
    // Those that change their clocks are drawn more often.
    const ZONES: &[&str] =
        &["UTC", "Europe/Berlin", "Europe/Berlin", "America/New_York", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"];
    let currency = proptest::option::of(proptest::sample::select(&["EUR", "USD"][..]));
    let rates = proptest::collection::vec(
        (proptest::sample::select(&["EUR", "USD", "GBP"][..]), 19_700_i64..20_400, 100_000_000_i64..3_000_000_000),
        0..5,
    );
    let as_of = prop_oneof![
        quintile_testkit::random::instants(),
        // Around the ends of months and the changes of clocks.
        proptest::sample::select(
            &[
                "2024-03-31",
                "2024-04-01",
                "2024-10-27",
                "2024-10-28",
                "2024-11-03",
                "2024-11-04",
                "2025-03-09",
                "2025-03-10",
                "2025-03-31",
                "2025-02-28",
                "2025-03-01",
                "2025-03-30",
                "2024-12-31"
            ][..]
        )
        .prop_map(quintile_testkit::shop::time)
    ];
    // Mostly on the day itself, and at times long after the last fact.
    let later = proptest::sample::select(&[0_i64, 0, 0, 1, 2][..]);
    (proptest::sample::select(ZONES), as_of, later, currency, rates).prop_map(|(zone, as_of, later, currency, rates)| {
        let unique: BTreeMap<(String, i64), i64> =
            rates.into_iter().map(|(currency, day, rate)| ((currency.to_owned(), day), rate)).collect();
        let zone = StoreZone::named(zone).unwrap();
        let settings = Settings {
            as_of: as_of + later * 120 * 86_400_000_000,
            zone: zone.zone().clone(),
            currency: currency.map(str::to_owned),
            rates: unique.into_iter().map(|((currency, day), rate)| (currency, day, rate)).collect(),
            first_source: None,
            launches: BTreeMap::new(),
            product_costs: BTreeMap::new(),
            ticket_costs: Vec::new(),
            winning_costs: BTreeMap::new(),
        };
        (settings, zone)
    })
}

/// Segments that are named, and the vocabulary with them.
pub fn words() -> (quintile_segment::Vocabulary, BTreeMap<String, quintile_segment::Tree>) {
    let mut vocabulary = vocabulary();
    for (name, text) in NAMED {
        vocabulary.segments.insert(name.into(), NamedSegment { text: text.into(), parameters: BTreeMap::new() });
    }
    (vocabulary, NAMED.into_iter().map(|(name, text)| (name.to_owned(), parse(text).tree)).collect())
}

/// Segments that are asked of each random shop, each of which is a check of its own.
const SEGMENTS: usize = 8;

fn check(
    texts: &[String],
    shop: &Shop,
    touches: &Touches,
    settings: &Settings,
    zone: &StoreZone,
    customers: usize,
) -> Result<(), TestCaseError> {
    let (vocabulary, named) = words();
    let asks: Vec<Ask<'_>> = texts.iter().map(|text| Ask::Text(text)).collect();
    let plan = Plan::new(&asks, &vocabulary).map_err(|refused| TestCaseError::fail(format!("{texts:?}\n{refused}")))?;
    let program = plan.program();
    let asked = asked(shop, touches, settings, zone, customers, program.columns());
    let found = run(&program, &asked);
    let rows = values(&asked);
    for ((text, ready), found) in texts.iter().zip(&plan.asked).zip(&found) {
        let expected = members(&ready.tree, &named, &rows, shop, touches, settings);
        prop_assert_eq!(found, &expected, "{}", text);
    }
    Ok(())
}

/// What the checks above and the long ones are made of must have in it what is easily got wrong.
#[test]
fn random_checks_have_refunds_ties_gaps_month_ends_and_changes_of_clocks() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (quintile_testkit::random::shops(10), settings());
    let [mut refunds, mut ties, mut missing, mut month_ends, mut clocks] = [0; 5];
    for _ in 0..400 {
        let (shop, (settings, zone)) = strategy.new_tree(&mut runner).unwrap().current();
        let orders = || shop.people.iter().flat_map(|person| &person.orders);
        refunds += usize::from(orders().any(|order| !order.refunds.is_empty()));
        missing += usize::from(orders().any(|order| order.country.is_none()) && orders().any(|order| order.lines.is_empty()));
        let times: Vec<i64> = orders().map(|order| order.at).collect();
        ties += usize::from(times.iter().collect::<BTreeSet<_>>().len() < times.len());
        let today = StoreZone::date_of(zone.day(settings.as_of));
        month_ends += usize::from(today.tomorrow().unwrap().day() == 1 || today.day() == 1);
        let offset = |days: i64| zone.offset(settings.as_of + days * 86_400_000_000);
        clocks += usize::from(offset(-2) != offset(2));
    }
    for (what, found) in [("refunds", refunds), ("ties", ties), ("missing", missing), ("month ends", month_ends), ("clocks", clocks)] {
        assert!(found >= 15, "{what}: in {found} of 400");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150), max_shrink_iters: 4000, ..ProptestConfig::default() })]

    #[test]
    fn the_program_finds_whom_the_plain_interpreter_finds(
        texts in proptest::collection::vec(random::segments(), SEGMENTS),
        shop in quintile_testkit::random::shops(10),
        touches in random::touches(10),
        (settings, zone) in settings(),
        customers in 1_usize..12,
    ) {
        check(&texts, &shop, &random::by_key(touches), &settings, &zone, customers)?;
    }

    #[test]
    fn segments_asked_together_are_those_asked_alone_and_a_negation_is_the_rest(
        texts in proptest::collection::vec(random::segments(), 1..5),
        shop in quintile_testkit::random::shops(8),
        touches in random::touches(8),
        (settings, zone) in settings(),
    ) {
        let (vocabulary, _) = words();
        let touches = random::by_key(touches);
        let negated: Vec<String> = texts.iter().map(|text| format!("NOT ({text})")).collect();
        let asks: Vec<Ask<'_>> = texts.iter().chain(&negated).map(|text| Ask::Text(text)).collect();
        let program = Plan::new(&asks, &vocabulary).unwrap().program();
        let asked_all = asked(&shop, &touches, &settings, &zone, 3, program.columns());
        let together = run(&program, &asked_all);
        let everybody: BTreeSet<u64> = asked_all.rows.iter().flat_map(|(_, keys)| keys.clone()).collect();
        for (at, text) in texts.iter().enumerate() {
            let one = Plan::new(&[Ask::Text(text)], &vocabulary).unwrap().program();
            let alone = run(&one, &asked(&shop, &touches, &settings, &zone, usize::MAX, one.columns()));
            prop_assert_eq!(&together[at], &alone[0], "{}", text);
            let rest: BTreeSet<u64> = everybody.difference(&together[at]).copied().collect();
            prop_assert_eq!(&together[texts.len() + at], &rest, "{}", text);
        }
    }
}
