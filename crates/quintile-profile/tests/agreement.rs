//! Two programs must agree: the profile, and the plain interpreter of the test kit, on random small shops.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::concat_batches;
use arrow::datatypes::*;
use arrow::record_batch::RecordBatch;
use proptest::prelude::*;
use quintile_model::Money;
use quintile_model::time::{AsOf, Instant, Month, StoreZone};
use quintile_profile::leave_out::{LeaveOut, LeftOut, Wholesale};
use quintile_profile::{
    CohortFigures, MonthFigures, Months, ProfileQuestion, Statistics, buyers_won, columns, facts_needed, first_pass, months, second_pass,
    statistics,
};
use quintile_testkit::leave_out::{Rules, without};
use quintile_testkit::random;
use quintile_testkit::reference::{Settings, Value, profile};
use quintile_testkit::shop::Shop;
use std::collections::BTreeMap;

/// All columns of a shop in batches of so many customers.
fn computed(shop: &Shop, question: &ProfileQuestion, customers: usize) -> (RecordBatch, Statistics) {
    let mut batches = shop.batches(customers);
    if batches.is_empty() {
        batches.push(shop.batch());
    }
    let needed = facts_needed(question);
    for batch in &mut batches {
        // Only what was asked for may be read.
        let only = |rows: &RecordBatch, names: &[&str]| {
            let places: Vec<usize> = names.iter().map(|name| rows.schema().index_of(name).unwrap()).collect();
            rows.project(&places).unwrap()
        };
        batch.customers.rows = only(&batch.customers.rows, &needed.customers);
        batch.orders.rows = only(&batch.orders.rows, &needed.orders);
        batch.lines.rows = only(&batch.lines.rows, needed.lines.as_deref().unwrap_or_default());
        batch.refunds.rows = only(&batch.refunds.rows, needed.refunds.as_deref().unwrap_or_default());
        batch.cancellations.rows = only(&batch.cancellations.rows, &needed.cancellations);
        batch.touchpoints.retain_mut(|(kind, facts)| match needed.touchpoints.iter().find(|(asked, _)| asked == kind) {
            Some((_, columns)) => {
                facts.rows = only(&facts.rows, columns);
                true
            }
            None => false,
        });
    }
    let rows: Vec<_> = batches.iter().map(|batch| first_pass(batch, question).unwrap()).collect();
    let statistics = statistics(rows.iter().map(|rows| rows.vectors.clone()).collect(), question);
    let done: Vec<_> = rows.into_iter().map(|rows| second_pass(rows.batch, &statistics, question).unwrap()).collect();
    let names: Vec<_> = done[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, question.columns.iter().map(|column| column.name).collect::<Vec<_>>());
    (concat_batches(&done[0].schema(), &done).unwrap(), statistics)
}

fn value(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Missing;
    }
    match array.data_type() {
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
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
            let list = array.as_list::<i32>().value(row);
            Value::Texts(list.as_string::<i32>().iter().flatten().map(str::to_owned).collect())
        }
        other => panic!("{other}"),
    }
}

fn same(own: &Value, expected: &Value) -> bool {
    match (own, expected) {
        (Value::Number(own), Value::Number(expected)) => (own - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        _ => own == expected,
    }
}

/// What the costs of winning customers come to for each of them, which takes a look at all batches.
fn with_winning_costs(question: &ProfileQuestion, shop: &Shop, settings: &Settings) -> ProfileQuestion {
    let mut won: BTreeMap<(String, Month), u64> = BTreeMap::new();
    for batch in shop.batches(3) {
        buyers_won(&batch, question).into_iter().for_each(|(of, buyers)| *won.entry(of).or_default() += buyers);
    }
    let mut question = question.clone();
    for ((channel, month), total) in &settings.winning_costs {
        let month = Month(*month as i32);
        let buyers = won.get(&(channel.clone(), month)).copied().unwrap_or_default();
        question.costs.add_winning(channel, month, Money(*total), buyers);
    }
    question
}

fn check(shop: &Shop, question: &ProfileQuestion, settings: &Settings, customers: usize) -> Result<(), TestCaseError> {
    let question = &with_winning_costs(question, shop, settings);
    let (rows, statistics) = computed(shop, question, customers);
    let expected = profile(shop, settings);
    prop_assert_eq!(rows.num_rows(), expected.len());
    prop_assert_eq!(statistics.customers as usize, expected.len());
    for (row, expected) in expected.values().enumerate() {
        for (name, expected) in expected {
            let own = value(rows.column_by_name(name).unwrap_or_else(|| panic!("no {name}")), row);
            prop_assert!(same(&own, expected), "row {row} {name}: {own:?} and not {expected:?}; {statistics:#?}");
        }
    }
    Ok(())
}

fn question(settings: &Settings, zone: &StoreZone) -> ProfileQuestion {
    let mut question = ProfileQuestion::new(AsOf { instant: Instant(settings.as_of), zone: zone.clone() });
    question.columns = columns::ALL.iter().collect();
    question.currency = settings.currency.clone();
    for (currency, day, rate) in &settings.rates {
        question.rates.add(currency, *day as i32, *rate);
    }
    question.first_source = settings.first_source.clone();
    question.launches = Some(settings.launches.clone().into_iter().collect());
    settings.product_costs.iter().for_each(|(product, cost)| question.costs.add_product(product, Money(*cost)));
    settings.ticket_costs.iter().for_each(|(day, cost)| question.costs.add_ticket(*day as i32, Money(*cost)));
    question
}

/// What to leave out of random shops, much of which is in them.
fn rules() -> impl Strategy<Value = Rules> {
    let some =
        |names: &'static [&'static str]| proptest::collection::btree_set(proptest::sample::select(names).prop_map(str::to_owned), 0..2);
    let parts = (
        some(&["web", "till"]),
        some(&["vip", "early", "staff"]),
        some(&["example.com", "example.org"]),
        proptest::collection::btree_set(0_u64..3, 0..2),
        proptest::option::of(proptest::sample::select(&[10_000_i64, 30_000, 60_000][..])),
    );
    parts.prop_map(|(channels, tags, email_domains, customers, wholesale_units)| Rules {
        channels,
        tags,
        email_domains,
        customers,
        wholesale_units,
    })
}

fn settings() -> impl Strategy<Value = (Settings, StoreZone)> {
    const ZONES: &[&str] = &["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo"];
    let currency = proptest::option::of(proptest::sample::select(&["EUR", "USD"][..]));
    let rates = proptest::collection::vec(
        (proptest::sample::select(&["EUR", "USD", "GBP"][..]), 19_700_i64..20_400, 100_000_000_i64..3_000_000_000),
        0..5,
    );
    let launches = proptest::collection::btree_map(proptest::sample::select(&["tea", "mug", "pot"][..]), random::instants(), 0..3);
    let as_of = prop_oneof![random::instants().prop_map(|at| at + 200 * 86_400_000_000), random::busy_instants()];
    let costs = (
        proptest::collection::btree_map(proptest::sample::select(&["tea", "mug", "pot"][..]), 0_i64..400_000, 0..3),
        proptest::collection::btree_map(19_700_i64..20_400, 0_i64..400_000, 0..3),
        proptest::collection::btree_map(
            (proptest::sample::select(&["ads", "web", "friends"][..]), 24_288_i64..24_312),
            0_i64..900_000,
            0..20,
        ),
    );
    let parts = (proptest::sample::select(ZONES), as_of, currency, rates, proptest::option::of(Just("shop")), launches, costs);
    parts.prop_map(|(zone, as_of, currency, rates, first_source, launches, (product_costs, ticket_costs, winning_costs))| {
        let mut unique = BTreeMap::new();
        rates.into_iter().for_each(|(currency, day, rate)| {
            unique.insert((currency.to_owned(), day), rate);
        });
        let zone = StoreZone::named(zone).unwrap();
        let settings = Settings {
            as_of,
            zone: zone.zone().clone(),
            currency: currency.map(str::to_owned),
            rates: unique.into_iter().map(|((currency, day), rate)| (currency, day, rate)).collect(),
            first_source: first_source.map(str::to_owned),
            launches: launches.into_iter().map(|(product, at)| (product.to_owned(), at)).collect(),
            product_costs: product_costs.into_iter().map(|(product, cost)| (product.to_owned(), cost)).collect(),
            ticket_costs: ticket_costs.into_iter().collect(),
            winning_costs: winning_costs.into_iter().map(|((channel, month), cost)| ((channel.to_owned(), month), cost)).collect(),
        };
        (settings, zone)
    })
}

/// Agreement means little where both always say the same: random shops must bring forth several values of each column.
#[test]
fn random_shops_reach_every_column() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&str, std::collections::BTreeSet<String>> = BTreeMap::new();
    for _ in 0..60 {
        let (shop, (settings, _)) = (random::shops(24), settings()).new_tree(&mut runner).unwrap().current();
        for (name, value) in profile(&shop, &settings).into_values().flatten() {
            seen.entry(name).or_default().insert(format!("{value:?}"));
        }
    }
    let few: Vec<_> = seen.iter().filter(|(_, values)| values.len() < 3).collect();
    // These have two values by their nature.
    assert!(
        few.iter().all(|(name, values)| ["registered", "returns_only", "customer_account_status", "city", "lapses"].contains(name)
            && values.len() == 2),
        "{few:?}"
    );
    // No column is left out of the plain interpreter but places, which are all alike, names, and what models say.
    let of_models = |column: &&columns::Column| column.theme == columns::Theme::Predicted || column.name == "cluster";
    let plain = columns::ALL.iter().filter(|column| !of_models(column));
    let unseen: Vec<_> = plain.map(|column| column.name).filter(|name| !seen.contains_key(name)).collect();
    assert_eq!(unseen, ["region", "postcode", "company", "first_name", "last_name"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300), ..ProptestConfig::default() })]

    #[test]
    fn the_profile_is_what_the_plain_interpreter_says(shop in random::shops(24), (settings, zone) in settings(), customers in 1_usize..30) {
        check(&shop, &question(&settings, &zone), &settings, customers)?;
    }

    #[test]
    fn what_is_left_out_had_never_been(shop in random::shops(16), (settings, zone) in settings(), rules in rules(), customers in 1_usize..9) {
        let question = question(&settings, &zone);
        let mut rules = rules;
        // A customer that is there.
        if rules.customers.contains(&1) && let Some(person) = shop.people.first() {
            rules.customers.insert(Shop::key(person));
        }
        let own = LeaveOut {
            channels: rules.channels.clone(),
            tags: rules.tags.clone(),
            email_domains: rules.email_domains.clone(),
            customers: rules.customers.clone(),
            wholesale: rules.wholesale_units.map(|units| Wholesale { units: Some(units) }),
            ..LeaveOut::default()
        };
        let plain = without(&shop, &rules, settings.as_of);
        let expected = profile(&plain, &settings);
        let question = with_winning_costs(&question, &plain, &settings);
        let mut left = LeftOut::default();
        let mut batches = shop.batches(customers);
        if batches.is_empty() {
            batches.push(shop.batch());
        }
        let mut found = Vec::new();
        for batch in batches {
            let (batch, more) = own.apply(batch, &question.as_of).unwrap();
            left.merge(more);
            found.push(first_pass(&batch, &question).unwrap());
        }
        let statistics = statistics(found.iter().map(|rows| rows.vectors.clone()).collect(), &question);
        let done: Vec<_> = found.into_iter().map(|rows| second_pass(rows.batch, &statistics, &question).unwrap()).collect();
        let rows = concat_batches(&done[0].schema(), &done).unwrap();
        prop_assert_eq!(rows.num_rows(), expected.len());
        for (row, expected) in expected.values().enumerate() {
            for (name, expected) in expected {
                let own = value(rows.column_by_name(name).unwrap(), row);
                prop_assert!(same(&own, expected), "row {row} {name}: {own:?} and not {expected:?}");
            }
        }
        let orders = |shop: &Shop| shop.people.iter().flat_map(|person| &person.orders).filter(|order| order.at < settings.as_of).count() as u64;
        prop_assert_eq!(left.all().orders, orders(&shop) - orders(&plain));
    }

    #[test]
    fn batches_and_the_order_of_customers_change_nothing(shop in random::shops(16), (settings, zone) in settings(), customers in 1_usize..9) {
        let question = question(&settings, &zone);
        let (whole, _) = computed(&shop, &question, usize::MAX);
        let mut turned = shop.clone();
        turned.people.reverse();
        let (parts, _) = computed(&turned, &question, customers);
        prop_assert_eq!(whole.num_rows(), parts.num_rows());
        for (a, b) in whole.columns().iter().zip(parts.columns()) {
            for row in 0..whole.num_rows() {
                prop_assert_eq!(value(a, row), value(b, row));
            }
        }
    }

    #[test]
    fn months_and_cohorts_add_up_to_the_profile(shop in random::shops(16), (settings, zone) in settings(), customers in 1_usize..9) {
        let question = ProfileQuestion { currency: None, rates: Default::default(), ..question(&settings, &zone) };
        let settings = Settings { currency: None, rates: Vec::new(), ..settings };
        let mut found = Months::default();
        shop.batches(customers).iter().for_each(|batch| found.merge(months(batch, &question).unwrap()));
        let rows = profile(&shop, &settings);
        let total = |name: &str| -> i128 {
            rows.values()
                .map(|row| match &row[name] {
                    Value::Int(value) | Value::Amount(value) => i128::from(*value),
                    _ => 0,
                })
                .sum()
        };
        let all: Vec<MonthFigures> = found.months.values().copied().collect();
        prop_assert_eq!(all.iter().map(|month| i128::from(month.orders)).sum::<i128>(), total("number_of_orders"));
        prop_assert_eq!(all.iter().map(|month| month.gross).sum::<i128>(), total("amount_spent_gross"));
        prop_assert_eq!(all.iter().map(|month| month.refunded).sum::<i128>(), total("amount_refunded"));
        let buyers = rows.values().filter(|row| !matches!(row["number_of_orders"], Value::Int(0))).count() as u64;
        prop_assert_eq!(all.iter().map(|month| month.new_buyers).sum::<u64>(), buyers);
        for (month, figures) in &found.months {
            let of_month = |cohort: &BTreeMap<Month, CohortFigures>| cohort.get(month).copied().unwrap_or_default();
            prop_assert_eq!(found.cohorts.values().map(|cohort| of_month(cohort).buyers).sum::<u64>(), figures.buyers);
            let first = found.cohorts.get(month).map(of_month).unwrap_or_default();
            prop_assert_eq!(first.buyers, figures.new_buyers);
        }
    }

    #[test]
    fn a_column_alone_is_the_same_column(shop in random::shops(8), (settings, zone) in settings(), pick in 0..columns::ALL.len()) {
        let all = question(&settings, &zone);
        let (whole, _) = computed(&shop, &all, usize::MAX);
        let mut one = all.clone();
        one.columns = vec![&columns::ALL[pick]];
        let (alone, _) = computed(&shop, &one, usize::MAX);
        prop_assert_eq!(whole.num_rows(), alone.num_rows());
        for row in 0..whole.num_rows() {
            prop_assert_eq!(value(whole.column(pick), row), value(alone.column(0), row), "{}", columns::ALL[pick].name);
        }
    }

    #[test]
    fn what_happens_later_changes_nothing(shop in random::shops(8), (settings, zone) in settings()) {
        let question = question(&settings, &zone);
        let mut shop = shop;
        for order in shop.people.iter_mut().flat_map(|person| &mut person.orders) {
            // Nothing is given back before it was bought.
            order.refunds.iter_mut().for_each(|refund| refund.at = refund.at.max(order.at));
        }
        let mut earlier = shop.clone();
        for person in &mut earlier.people {
            let before = |at: i64| at < settings.as_of;
            // Who has no other fact is dated by the later ones.
            let dated = person.known.iter().any(|known| known.at.is_some_and(before)) || person.orders.iter().any(|order| before(order.at)) || person.refunds.iter().any(|refund| before(refund.at));
            if dated {
                person.orders.retain(|order| before(order.at));
                person.refunds.retain(|refund| before(refund.at));
                for order in &mut person.orders {
                    order.refunds.retain(|refund| before(refund.at));
                    order.cancelled = order.cancelled.filter(|at| before(*at));
                }
            }
            let touched = &mut person.touched;
            touched.events.retain(|event| before(event.at));
            touched.carts.retain(|cart| before(cart.at));
            touched.messages.retain(|message| before(message.at));
            touched.tickets.retain(|ticket| before(ticket.at));
            touched.reviews.retain(|review| before(review.at));
            touched.surveys.retain(|survey| before(survey.at));
            touched.referrals.retain(|referral| before(referral.at));
            touched.consents.retain(|consent| before(consent.at));
        }
        let ((a, _), (b, _)) = (computed(&shop, &question, usize::MAX), computed(&earlier, &question, usize::MAX));
        prop_assert_eq!(a.num_rows(), b.num_rows());
        for (name, (a, b)) in question.columns.iter().zip(a.columns().iter().zip(b.columns())) {
            for row in 0..a.len() {
                prop_assert_eq!(value(a, row), value(b, row), "{}", name.name);
            }
        }
    }
}
