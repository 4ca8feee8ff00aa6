//! The history of many moments must equal separate runs at each of them, bit for bit.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use proptest::prelude::*;
use quintile_model::CustomerBatch;
use quintile_model::time::{AsOf, DAY_MICROS, Instant, StoreZone};
use quintile_profile::history::{Ended, Moments, Spans, has_spans, history_pass, vectors_at};
use quintile_profile::{
    Column, ProfileError, ProfileQuestion, Statistics, Vectors, columns, first_pass, second_pass, statistics, statistics_of,
};
use quintile_testkit::random;

/// Every column that a history can answer, alone.
fn answerable() -> Vec<&'static Column> {
    let alone = |column: &&Column| {
        let mut question = ProfileQuestion::new(AsOf { instant: Instant(0), zone: StoreZone::utc() });
        question.columns = vec![columns::find(column.name).unwrap()];
        has_spans(&question)
    };
    columns::ALL.iter().filter(alone).collect()
}

fn apart(batches: &[CustomerBatch], question: &ProfileQuestion) -> (RecordBatch, Statistics) {
    let rows: Vec<_> = batches.iter().map(|batch| first_pass(batch, question).unwrap()).collect();
    let statistics = statistics(rows.iter().map(|rows| rows.vectors.clone()).collect(), question);
    let done: Vec<_> = rows.into_iter().map(|rows| second_pass(rows.batch, &statistics, question).unwrap()).collect();
    (concat_batches(&done[0].schema(), &done).unwrap(), statistics)
}

fn together(batches: &[CustomerBatch], question: &ProfileQuestion, moments: &Moments) -> Vec<(RecordBatch, Statistics)> {
    let (mut ended, mut all) = (Ended::default(), Vec::new());
    for batch in batches {
        let rows = history_pass(batch, question, moments).unwrap();
        ended.merge(rows.ended);
        // As if put aside and taken up again.
        all.push(Spans::of_batch(rows.spans.batch()).unwrap());
    }
    // Vectors of one moment are filled again for the next.
    let mut again: Vec<Vectors> = all.iter().map(|_| Vectors::default()).collect();
    let of_moment = |(moment, (as_of, settled))| {
        let question = question.at(AsOf::clone(as_of));
        let fill = |(spans, again): (&Spans, Vectors)| vectors_at(spans, moment, &question, again).unwrap();
        let mut vectors: Vec<Vectors> = all.iter().zip(again.drain(..)).map(fill).collect();
        vectors.push(settled);
        let statistics = statistics_of(&vectors, &question);
        vectors.pop();
        again.append(&mut vectors);
        let done: Vec<_> =
            all.iter().map(|spans| second_pass(spans.at(moment, &question).unwrap(), &statistics, &question).unwrap()).collect();
        (concat_batches(&done[0].schema(), &done).unwrap(), statistics)
    };
    moments.all().iter().zip(ended.settled()).enumerate().map(of_moment).collect()
}

fn check(batches: &[CustomerBatch], question: &ProfileQuestion, moments: &Moments) -> Result<(), TestCaseError> {
    let found = together(batches, question, moments);
    prop_assert_eq!(found.len(), moments.all().len());
    for (at, (as_of, (rows, statistics))) in moments.all().iter().zip(found).enumerate() {
        let (expected, mut expected_statistics) = apart(batches, &question.at(as_of.clone()));
        if at + 1 < moments.all().len() {
            expected_statistics.loyal_suggestion = None;
        }
        prop_assert_eq!(statistics, expected_statistics, "statistics of moment {}", at);
        prop_assert_eq!(rows.num_rows(), expected.num_rows(), "rows of moment {}", at);
        for (name, (own, expected)) in question.columns.iter().zip(rows.columns().iter().zip(expected.columns())) {
            prop_assert_eq!(own, expected, "{} of moment {}", name.name, at);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200), ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_separate_runs_at_each_moment(
        shop in random::shops(20),
        zone in proptest::sample::select(&["UTC", "Europe/Berlin", "America/Sao_Paulo"][..]),
        mut at in proptest::collection::vec((random::instants(), 0_i64..400), 1..9),
        loyal_orders in 1_u32..5,
        currency in proptest::option::of(proptest::sample::select(&["EUR", "USD"][..])),
        rate in proptest::option::of((19_700_i32..20_400, 500_000_000_i64..2_000_000_000)),
        customers in 1_usize..25,
    ) {
        let zone = StoreZone::named(zone).unwrap();
        let mut instants: Vec<i64> = at.drain(..).map(|(at, days)| at + days * DAY_MICROS).collect();
        instants.sort_unstable();
        instants.dedup();
        let moments = Moments::new(instants.into_iter().map(|at| AsOf { instant: Instant(at), zone: zone.clone() }).collect()).unwrap();
        let mut question = ProfileQuestion::new(moments.last().clone());
        question.columns = answerable();
        question.currency = currency.map(str::to_owned);
        if let Some((day, rate)) = rate {
            question.rates.add("GBP", day, rate);
        }
        question.thresholds.loyal_orders = loyal_orders;
        let mut batches = shop.batches(customers);
        if batches.is_empty() {
            batches.push(shop.batch());
        }
        check(&batches, &question, &moments)?;
    }

    #[test]
    fn a_column_alone_has_the_same_history(
        shop in random::shops(10),
        mut instants in proptest::collection::vec(random::instants(), 1..5),
        pick in 0_usize..1000,
    ) {
        instants.sort_unstable();
        instants.dedup();
        let moments = Moments::new(instants.into_iter().map(|at| AsOf { instant: Instant(at), zone: StoreZone::utc() }).collect()).unwrap();
        let known = answerable();
        let mut question = ProfileQuestion::new(moments.last().clone());
        question.columns = vec![known[pick % known.len()]];
        check(&[shop.batch()], &question, &moments)?;
    }
}

#[test]
fn partitions_scores_and_money_have_a_history() {
    let names: Vec<_> = answerable().iter().map(|column| column.name).collect();
    for name in ["life_stage", "retention_state", "buying_group", "core_group", "rfm_group", "rfm", "amount_spent", "customer_id"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn what_changes_by_time_alone_is_refused_by_name() {
    let moments = Moments::new(vec![AsOf { instant: Instant(0), zone: StoreZone::utc() }]).unwrap();
    let mut question = ProfileQuestion::new(moments.last().clone());
    question.columns = vec![columns::find("orders_in_30d").unwrap()];
    let batch = quintile_testkit::shop::Shop::of([]).batch();
    assert_eq!(history_pass(&batch, &question, &moments).unwrap_err(), ProfileError::NoSpans("orders_in_30d"));
    assert_eq!(Moments::new(Vec::new()).unwrap_err(), ProfileError::Moments);
    let twice = vec![AsOf { instant: Instant(0), zone: StoreZone::utc() }; 2];
    assert_eq!(Moments::new(twice).unwrap_err(), ProfileError::Moments);
}
