//! What must hold of any table.

use proptest::prelude::*;
use quintile_cluster::chance::Chance;
use quintile_cluster::choose_k::{Rule, choose};
use quintile_cluster::k_means::{self, Params};
use quintile_cluster::mixture::{self, Shape};
use quintile_cluster::prepare::{Column, Manner, prepare};
use quintile_cluster::{Points, prototypes, separation};

/// Roughly bell-shaped: the sum of twelve, less its mean.
fn bell(chance: &mut Chance) -> f64 {
    (0..12).map(|_| chance.share()).sum::<f64>() - 6.0
}

/// A table of groups `apart` deviations from one another.
fn grouped(rows: usize, columns: usize, groups: usize, apart: f64, seed: u64) -> Points {
    let mut chance = Chance::seeded(seed);
    let centres: Vec<f64> = (0..groups * columns).map(|_| bell(&mut chance) * apart).collect();
    let row = |row: usize| (0..columns).map(|column| centres[row % groups * columns + column] + bell(&mut chance)).collect::<Vec<f64>>();
    let values: Vec<f64> = (0..rows).flat_map(row).collect();
    Points::from_rows(&values, columns).unwrap()
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn labels_do_not_depend_on_threads_nor_on_the_run() {
    // More rows than one piece of work, and more than the starts see.
    let points = grouped(30_000, 4, 6, 1.0, 1);
    let params = Params { sample: 10_000, ..Params::new(6, 7) };
    let one = with_threads(1, || k_means::fit(&points, &params).unwrap());
    for run in 0..10 {
        assert_eq!(one, with_threads(1 + run % 2, || k_means::fit(&points, &params).unwrap()));
    }
    let mixture = mixture::Params { most_rounds: 20, starts: 1, ..mixture::Params::new(3, Shape::Full, 7) };
    let of_one = with_threads(1, || mixture::fit(&points, &mixture).unwrap());
    assert_eq!(of_one, with_threads(2, || mixture::fit(&points, &mixture).unwrap()));
    let few = grouped(600, 3, 3, 2.0, 1);
    let kinds: Vec<Vec<u32>> = (2..4).map(|codes| (0..600).map(|row| row * 7 % codes).collect()).collect();
    let mixed = || prototypes::fit(&few, &kinds, &prototypes::Params::new(4, 7)).unwrap();
    let of_one = with_threads(1, mixed);
    for run in 0..10 {
        assert_eq!(of_one, with_threads(1 + run % 2, mixed));
    }
    let chosen = with_threads(1, || choose(&few, &Rule { to: 5, ..Rule::new(1) }).unwrap());
    assert_eq!(chosen, with_threads(2, || choose(&few, &Rule { to: 5, ..Rule::new(1) }).unwrap()));
}

#[test]
fn groups_that_are_there_are_found() {
    for groups in [2, 3, 6] {
        let choice = choose(&grouped(1200, 4, groups, 6.0, groups as u64), &Rule { to: 8, ..Rule::new(1) }).unwrap();
        assert_eq!(choice.k, Some(groups), "{choice:#?}");
    }
}

#[test]
fn noise_has_no_clear_groups() {
    // Even, bell-shaped, a stretched bell whose columns go together, and amounts as shops have them.
    type Throw = fn(&mut Chance) -> Vec<f64>;
    let kinds: [(&str, Throw); 4] = [
        ("even", |chance| (0..3).map(|_| chance.share()).collect()),
        ("bell", |chance| (0..3).map(|_| bell(chance)).collect()),
        ("stretched", |chance| {
            let along = bell(chance) * 2.0;
            (0..3).map(|_| along + bell(chance)).collect()
        }),
        ("amounts", |chance| {
            let along = bell(chance);
            (0..3).map(|_| (50.0 * (along + bell(chance)).exp()).ln_1p()).collect()
        }),
    ];
    // Thrown twice, and twenty times where `QUINTILE_LONG` is set.
    let times = if std::env::var_os("QUINTILE_LONG").is_some() { 20 } else { 2 };
    for (kind, throw) in kinds {
        for seed in 0..times {
            let mut chance = Chance::seeded(seed);
            let values: Vec<f64> = (0..1500).flat_map(|_| throw(&mut chance)).collect();
            let choice = choose(&Points::from_rows(&values, 3).unwrap(), &Rule { to: 6, ..Rule::new(seed) }).unwrap();
            assert_eq!(choice.k, None, "{kind} {seed}: {choice:#?}");
        }
    }
}

#[test]
fn a_mixture_finds_widths_and_shares() {
    let mut chance = Chance::seeded(3);
    let values: Vec<f64> = (0..20_000)
        .flat_map(|row| {
            if row % 4 == 0 {
                [bell(&mut chance) * 0.5, 8.0 + bell(&mut chance)]
            } else {
                [3.0 + bell(&mut chance), 2.0 * bell(&mut chance)]
            }
        })
        .collect();
    let points = Points::from_rows(&values, 2).unwrap();
    for shape in [Shape::Diagonal, Shape::Full] {
        let found = mixture::fit(&points, &mixture::Params::new(2, shape, 1)).unwrap();
        let small = usize::from(found.shares[1] < found.shares[0]);
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 0.06, "{found} {expected}");
        near(found.shares[small], 0.25);
        near(found.means[small][1], 8.0);
        near(found.covariances[small][0], 0.25);
        near(found.covariances[1 - small][3].sqrt(), 2.0);
        assert!(found.bic < mixture::fit(&points, &mixture::Params::new(1, shape, 1)).unwrap().bic);
    }
}

#[test]
fn memory_does_not_grow_with_the_square_of_rows() {
    // 60,000 rows squared would be 28 gigabytes of distances.
    let points = grouped(60_000, 2, 3, 6.0, 1);
    let labels: Vec<u32> = (0..60_000).map(|row| row % 3).collect();
    let all = separation::silhouette(&points, &labels).unwrap();
    let rows = Chance::seeded(1).sample(60_000, 5000);
    let sample: Vec<u32> = rows.iter().map(|row| labels[*row]).collect();
    assert!((all - separation::silhouette(&points.gather(&rows), &sample).unwrap()).abs() < 0.01);
}

/// Any finite number, often an odd one.
fn any_finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0_f64,
        1 => prop::sample::select(vec![0.0, -0.0, 1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1e100, -1e100, 1e-300, 1e16]),
        1 => any::<f64>().prop_map(|value| if value.is_finite() { value } else { 0.0 }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_finite_table_gives_a_finite_answer(
        table in (1..24_usize, 1..4_usize).prop_flat_map(|(rows, columns)| prop::collection::vec(prop::collection::vec(any_finite(), rows), columns)),
        logarithm in any::<bool>(),
        k in 1..6_usize,
    ) {
        let columns: Vec<Column> = table.iter().enumerate().map(|(at, values)| Column { name: at.to_string(), values: values.clone(), logarithm }).collect();
        // Where all rows are alike there is nothing to group, and it says so.
        if let Ok(prepared) = prepare(&columns, &Manner::default()) {
            let points = prepared.points;
            let k = k.min(points.rows());
            for row in 0..points.rows() {
                prop_assert!(points.row(row).iter().all(|value| value.abs() < 1e6));
                prop_assert!(prepared.preparation.back(&points.row(row)).iter().all(|value| value.is_finite()));
            }
            let found = k_means::fit(&points, &Params { starts: 3, ..Params::new(k, 1) }).unwrap();
            prop_assert!(found.inertia.is_finite() && found.centres.iter().flatten().all(|value| value.is_finite()));
            prop_assert_eq!(found.sizes.iter().sum::<usize>(), points.rows());
            prop_assert!(found.sizes.iter().all(|size| *size > 0));
            if let Some(silhouette) = separation::silhouette(&points, &found.labels) {
                prop_assert!((-1.0..=1.0).contains(&silhouette));
            }
            for shape in [Shape::Diagonal, Shape::Full] {
                let mixture = mixture::fit(&points, &mixture::Params { starts: 3, most_rounds: 30, ..mixture::Params::new(k, shape, 1) }).unwrap();
                prop_assert!(mixture.bic.is_finite() && mixture.means.iter().chain(&mixture.covariances).flatten().all(|value| value.is_finite()));
                prop_assert!((mixture.shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            }
            let kinds: Vec<u32> = (0..points.rows() as u32).map(|row| row % 3).collect();
            let prototypes = prototypes::fit(&points, &[kinds], &prototypes::Params::new(k, 1)).unwrap();
            prop_assert!(prototypes.cost.is_finite());
            let rule = Rule { to: 3, resamplings: 5, references: 3, ..Rule::new(1) };
            if let Ok(choice) = choose(&points, &rule) {
                prop_assert!(choice.tried.iter().all(|tried| tried.bic.is_finite() && tried.silhouette.is_finite() && tried.least_stability() <= 1.0));
            }
        }
    }

    #[test]
    fn large_raw_numbers_are_grouped_or_refused(values in prop::collection::vec(any_finite(), 2..20)) {
        match Points::from_rows(&values, 1) {
            Ok(points) => {
                let found = k_means::fit(&points, &Params::new(2, 1)).unwrap();
                prop_assert!(found.inertia.is_finite() && found.centres.iter().flatten().all(|value| value.is_finite()));
            }
            Err(error) => prop_assert!(values.iter().any(|value| value.abs() > 1e100), "{}", error),
        }
    }

    #[test]
    fn every_row_is_nearest_to_its_mean_and_every_mean_in_the_middle(
        values in prop::collection::vec(-100..100_i32, 4..120), k in 1..5_usize, seed in any::<u64>(),
    ) {
        let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        let points = Points::from_rows(&values[..values.len() / 2 * 2], 2).unwrap();
        let found = k_means::fit(&points, &Params { starts: 2, ..Params::new(k.min(points.rows()), seed) }).unwrap();
        let apart = |row: usize, centre: &[f64]| points.row(row).iter().zip(centre).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let mut inertia = 0.0;
        for row in 0..points.rows() {
            let own = apart(row, &found.centres[found.labels[row] as usize]);
            inertia += own;
            prop_assert!(found.centres.iter().all(|centre| own <= apart(row, centre) + 1e-9));
        }
        prop_assert!((inertia - found.inertia).abs() <= 1e-9 * inertia.max(1.0));
        for (group, centre) in found.centres.iter().enumerate() {
            let members: Vec<usize> = (0..points.rows()).filter(|row| found.labels[*row] as usize == group).collect();
            for (column, mean) in centre.iter().enumerate() {
                let middle = members.iter().map(|row| points.value(*row, column)).sum::<f64>() / members.len() as f64;
                prop_assert!((mean - middle).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_column_moved_or_all_stretched_changes_no_label(seed in any::<u64>(), shift in -1000..1000_i32, stretch in 0..6_u32) {
        let points = grouped(90, 2, 3, 4.0, seed);
        let factor = f64::from(1 << stretch);
        let columns: Vec<Vec<f64>> = (0..2).map(|column| (0..90).map(|row| points.value(row, column) * factor + f64::from(shift)).collect()).collect();
        let found = k_means::fit(&points, &Params::new(3, seed)).unwrap();
        let moved = k_means::fit(&Points::from_columns(&columns).unwrap(), &Params::new(3, seed)).unwrap();
        prop_assert!((moved.inertia / factor.powi(2) - found.inertia).abs() < 1e-6 * found.inertia);
    }
}
