//! How long grouping takes, in processor seconds of one thread and of all.
//!
//! `cargo run --release -p quintile-cluster --example speed [ROWS]`

use quintile_cluster::chance::Chance;
use quintile_cluster::choose_k::{Rule, choose};
use quintile_cluster::k_means::{self, Params};
use quintile_cluster::{Points, separation};
use std::time::Instant;

fn main() {
    let rows: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let columns = 8;
    let mut chance = Chance::seeded(7);
    let centres: Vec<f64> = (0..8 * columns).map(|_| chance.share() * 8.0).collect();
    let bell = |chance: &mut Chance| (0..12).map(|_| chance.share()).sum::<f64>() - 6.0;
    let values: Vec<f64> = (0..rows)
        .flat_map(|_| {
            let group = chance.below(8);
            (0..columns).map(|column| centres[group * columns + column] + 2.0 * bell(&mut chance)).collect::<Vec<f64>>()
        })
        .collect();
    let points = Points::from_rows(&values, columns).unwrap();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        println!("{rows} rows x {columns}, {threads} thread(s), processor time of all of them");
        pool.install(|| {
            let before = processor_ms();
            let first: Vec<Vec<f64>> = (0..8).map(|row| points.row(row)).collect();
            let found = k_means::fit_from(&points, &first, 30).unwrap();
            let took = processor_ms() - before;
            println!("  k-means from given rows, k = 8: {took:.0} ms, {} rounds of {:.1} ms", found.rounds, took / found.rounds as f64);
            let before = processor_ms();
            let found = k_means::fit(&points, &Params::new(8, 1)).unwrap();
            println!("  k-means from ten starts, k = 8: {:.0} ms, inertia {:.2}", processor_ms() - before, found.inertia);
            let sample = points.gather(&(0..rows.min(5000)).collect::<Vec<usize>>());
            let before = processor_ms();
            let silhouette = separation::silhouette(&sample, &found.labels[..sample.rows()]).unwrap();
            println!("  silhouette of {} rows: {:.1} ms, {silhouette:.4}", sample.rows(), processor_ms() - before);
            let before = processor_ms();
            let choice = choose(&points, &Rule::new(1)).unwrap();
            println!("  k from 2 to 12: {:.0} ms, {:?}", processor_ms() - before, choice.k);
        });
    }
}

/// Milliseconds on a processor of all threads there are; of the clock where the system does not say.
fn processor_ms() -> f64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let of_thread = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    match std::fs::read_dir("/proc/self/task") {
        Ok(threads) => threads.flatten().filter_map(of_thread).sum::<f64>() / 1e6,
        Err(_) => START.elapsed().as_secs_f64() * 1e3,
    }
}
