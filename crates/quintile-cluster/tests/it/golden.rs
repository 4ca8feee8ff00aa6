//! The golden numbers of `clustering.json`, made by scikit-learn from 60 starts.

use quintile_cluster::Points;
use quintile_cluster::choose_k::{Rule, choose};
use quintile_cluster::gap::{Along, References, gaps};
use quintile_cluster::k_means::{self, Params};
use quintile_cluster::mixture::{self, Shape};
use quintile_cluster::separation::{calinski_harabasz, davies_bouldin, silhouette};
use quintile_cluster::stability::{Resampling, stability};
use serde_json::Value;
use std::path::PathBuf;

/// The folder of shared numbers, or nothing where none was named.
fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("QUINTILE_SHARED").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("QUINTILE_SHARED names no folder: nothing was compared");
    }
    folder
}

fn golden(part: &str) -> Option<(Points, Value)> {
    let folder = shared()?;
    let text = std::fs::read_to_string(folder.join("golden/clustering.json")).expect("golden/clustering.json is there");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let points = match part {
        "mall_income_score_raw" => mall(&folder),
        "cdnow_sample_rfm" => cdnow(&folder),
        other => panic!("no data for {other}"),
    };
    Some((points, value[part].clone()))
}

fn table(path: &std::path::Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn mall(folder: &std::path::Path) -> Points {
    let rows = table(&folder.join("data/mall_customers/Mall_Customers.csv"));
    let column = |at: usize| rows.iter().map(|row| row[at].parse().unwrap()).collect::<Vec<f64>>();
    Points::from_columns(&[column(3), column(4)]).unwrap()
}

/// Weeks since the last order, ln(1 + repeat orders), ln(1 + mean amount), each less its mean over its deviation.
fn cdnow(folder: &std::path::Path) -> Points {
    let rows = table(&folder.join("golden/btyd_cdnow_sample_customers.csv"));
    let number = |row: &Vec<String>, at: usize| row[at].parse::<f64>().unwrap();
    let columns: [Vec<f64>; 3] = [
        rows.iter().map(|row| number(row, 3) - number(row, 2)).collect(),
        rows.iter().map(|row| number(row, 1).ln_1p()).collect(),
        rows.iter().map(|row| number(row, 4).ln_1p()).collect(),
    ];
    let standard = columns.map(|values| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        values.iter().map(|value| (value - mean) / deviation).collect::<Vec<f64>>()
    });
    Points::from_columns(&standard).unwrap()
}

const PARTS: [&str; 2] = ["mall_income_score_raw", "cdnow_sample_rfm"];

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

#[track_caller]
fn near(found: f64, expected: f64, relative: f64) {
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} and not {expected}");
}

#[test]
fn sixty_starts_find_the_best_inertia() {
    for part in PARTS {
        let Some((points, golden)) = golden(part) else { return };
        for row in golden["kmeans"].as_array().unwrap() {
            let k = row["k"].as_u64().unwrap() as usize;
            let found = k_means::fit(&points, &Params { starts: 60, ..Params::new(k, 1) }).unwrap();
            let inertia = number(&row["inertia_best_of_60"]);
            // Never worse than the best that was published; at 7 groups of the mall ours is better by 0.05 %.
            assert!(found.inertia <= inertia * (1.0 + 1e-9), "{part} k={k}: {} against {inertia}", found.inertia);
        }
    }
}

#[test]
fn the_published_groups_have_the_published_figures() {
    for part in PARTS {
        let Some((points, golden)) = golden(part) else { return };
        for row in golden["kmeans"].as_array().unwrap() {
            let centres: Vec<Vec<f64>> = row["centers_sorted_lexicographic"].as_array().unwrap().iter().map(numbers).collect();
            let found = k_means::fit_from(&points, &centres, 300).unwrap();
            near(found.inertia, number(&row["inertia_best_of_60"]), 1e-9);
            let mut sizes: Vec<f64> = found.sizes.iter().map(|size| *size as f64).collect();
            sizes.sort_unstable_by(|a, b| b.total_cmp(a));
            assert_eq!(sizes, numbers(&row["sizes"]), "{part}");
            near(silhouette(&points, &found.labels).unwrap(), number(&row["silhouette"]), 1e-9);
            near(calinski_harabasz(&points, &found.labels).unwrap(), number(&row["calinski_harabasz"]), 1e-9);
            near(davies_bouldin(&points, &found.labels).unwrap(), number(&row["davies_bouldin"]), 1e-9);
        }
    }
}

#[test]
fn lloyd_from_given_rows_takes_the_same_way() {
    for part in PARTS {
        let Some((points, golden)) = golden(part) else { return };
        for run in ["deterministic_lloyd_k3", "deterministic_lloyd_k5"] {
            let run = &golden[run];
            let start: Vec<Vec<f64>> = numbers(&run["init_rows"]).iter().map(|row| points.row(*row as usize)).collect();
            let found = k_means::fit_from(&points, &start, 300).unwrap();
            near(found.inertia, number(&run["inertia"]), 1e-9);
            assert_eq!(found.rounds as u64, run["n_iter"].as_u64().unwrap(), "{part}");
            assert_eq!(found.sizes.iter().map(|size| *size as f64).collect::<Vec<_>>(), numbers(&run["sizes_by_label"]));
            for (centre, expected) in found.centres.iter().zip(run["centers"].as_array().unwrap()) {
                centre.iter().zip(numbers(expected)).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-9));
            }
        }
    }
}

#[test]
fn the_bic_of_full_mixtures_is_the_published_one() {
    let Some((points, golden)) = golden("mall_income_score_raw") else { return };
    for row in golden["gmm_full"].as_array().unwrap() {
        let k = row["k"].as_u64().unwrap() as usize;
        let found = mixture::fit(&points, &mixture::Params { starts: 60, ..mixture::Params::new(k, Shape::Full, 1) }).unwrap();
        let (log_likelihood, bic) = (number(&row["log_likelihood"]), number(&row["bic"]));
        assert!(found.log_likelihood >= log_likelihood - 0.01, "k={k}: {} against {log_likelihood}", found.log_likelihood);
        assert!(found.bic <= bic + 0.02, "k={k}: {} against {bic}", found.bic);
    }
}

#[test]
fn resampling_finds_the_published_stability() {
    for part in PARTS {
        let Some((points, golden)) = golden(part) else { return };
        for (k, expected) in golden["bootstrap_jaccard_mean_per_cluster_B40_approx"].as_object().unwrap() {
            let k: usize = k.parse().unwrap();
            let fitted = k_means::fit(&points, &Params { starts: 60, ..Params::new(k, 1) }).unwrap();
            let found = stability(&points, &fitted.labels, k, &Resampling { times: 100, starts: 10, seed: 1 }).unwrap();
            let mut found: Vec<f64> = found.iter().map(|of| of.mean).collect();
            found.sort_unstable_by(f64::total_cmp);
            // Theirs are of 40 resamplings and fewer starts: unstable groups differ more than stable ones.
            for (found, expected) in found.iter().zip(numbers(expected)) {
                let within = if expected >= 0.75 && k <= 5 { 0.05 } else { 0.2 };
                assert!((found - expected).abs() <= within, "{part} k={k}: {found} and not {expected}");
            }
        }
    }
}

#[test]
fn the_gap_is_the_published_one() {
    for part in PARTS {
        let Some((points, golden)) = golden(part) else { return };
        let rows = golden["gap_statistic_B10_approx"].as_array().unwrap();
        let ks: Vec<usize> = rows.iter().map(|row| row["k"].as_u64().unwrap() as usize).collect();
        let references = References { tables: 40, starts: 10, seed: 1, along: Along::Columns };
        for (found, row) in gaps(&points, &ks, &references).unwrap().iter().zip(rows) {
            assert!((found.gap - number(&row["gap"])).abs() <= 0.03, "{part}: {found:?} and not {row}");
            assert!((found.error - number(&row["s_k"])).abs() <= 0.03, "{part}: {found:?} and not {row}");
        }
    }
}

#[test]
fn five_groups_at_the_mall_and_four_of_the_music_shop() {
    for (part, k) in PARTS.into_iter().zip([5, 4]) {
        let Some((points, _)) = golden(part) else { return };
        for seed in 0..3 {
            let choice = choose(&points, &Rule::new(seed)).unwrap();
            assert_eq!(choice.k, Some(k), "{part} seed {seed}: {choice:#?}");
        }
    }
}
