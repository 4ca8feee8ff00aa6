//! How long grouping takes, in processor time of all threads; tabs between the figures.
//!
//! ```text
//! cargo run --release -p quintile-cluster --example cluster_speed              a million rows made here
//! cargo run --release -p quintile-cluster --example cluster_speed FILE 8       rows of eight numbers: 64-bit, little-endian
//! ```

use quintile_cluster::chance::Chance;
use quintile_cluster::choose_k::{Rule, choose};
use quintile_cluster::k_means::{self, Params};
use quintile_cluster::{Points, prototypes, separation};
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let points = match &arguments[..] {
        [] => made(1_000_000, 8),
        [file, columns] => read(file, columns.parse().expect("the number of columns")),
        _ => panic!("give nothing, or a file and the number of its columns"),
    };
    println!("what\tthreads\tprocessor_ms\trounds\tvalue");
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| measure(&points, threads));
    }
}

fn measure(points: &Points, threads: usize) {
    let say = |what: &str, before: f64, rounds: usize, value: f64| {
        println!("{what}\t{threads}\t{:.1}\t{rounds}\t{value}", processor_ms() - before);
    };
    let first: Vec<Vec<f64>> = (0..8).map(|row| points.row(row)).collect();
    let before = processor_ms();
    let found = k_means::fit_from(points, &first, 300).expect("groups");
    say("k-means from the first 8 rows", before, found.rounds, found.inertia);
    let before = processor_ms();
    let found = k_means::fit(points, &Params::new(8, 1)).expect("groups");
    say("k-means of ten starts, k = 8", before, found.rounds, found.inertia);
    let few = points.gather(&(0..points.rows().min(5000)).collect::<Vec<usize>>());
    let before = processor_ms();
    let silhouette = separation::silhouette(&few, &k_means::assign(&few, &first)).expect("more than one group");
    say("silhouette of the first 5,000 rows by the first 8", before, 1, silhouette);
    let before = processor_ms();
    let choice = choose(points, &Rule::new(1)).expect("a choice");
    say("k from 2 to 12", before, 1, choice.k.unwrap_or(0) as f64);
    let kinds: Vec<Vec<u32>> = (0..3).map(|kind| (0..few.rows()).map(|row| (row * 7 / (kind + 2) % 5) as u32).collect()).collect();
    let before = processor_ms();
    let found = prototypes::fit(&few, &kinds, &prototypes::Params { starts: 1, ..prototypes::Params::new(5, 1) }).expect("groups");
    say("k-prototypes of 5,000 rows and three kinds, k = 5", before, found.rounds, found.cost);
}

/// Eight groups that overlap.
fn made(rows: usize, columns: usize) -> Points {
    let mut chance = Chance::seeded(7);
    let centres: Vec<f64> = (0..8 * columns).map(|_| chance.share() * 8.0).collect();
    let mut bell = || (0..12).map(|_| chance.share()).sum::<f64>() - 6.0;
    let values: Vec<f64> = (0..rows * columns).map(|at| centres[at / columns * 5 % 8 * columns + at % columns] + 2.0 * bell()).collect();
    Points::from_rows(&values, columns).expect("numbers")
}

fn read(file: &str, columns: usize) -> Points {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number)).collect();
    Points::from_rows(&values, columns).unwrap_or_else(|error| panic!("{file}: {error}"))
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
