//! Times the search for frequent item sets alone, on baskets that are in memory: `itemsets FILE LEAST ROUNDS [--all]`.
//!
//! The file has a basket a line, items as numbers with spaces between. Timed is what a caller pays who has lists of items: the
//! baskets made from them, and the search. Printed are the processor milliseconds of a round; with `--all` every set with its count
//! instead, by which other programs' answers can be held against it.

use quintile_insight::baskets::{Baskets, Limits, frequent};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, least, rounds, more @ ..] = words.as_slice() else { return Err("itemsets FILE LEAST ROUNDS [--all]".into()) };
    let text = std::fs::read_to_string(file)?;
    let lists: Vec<Vec<u32>> =
        text.lines().map(|line| line.split_whitespace().map(str::parse).collect::<Result<_, _>>()).collect::<Result<_, _>>()?;
    let limits = Limits { most_sets: 10_000_000, ..Limits::of(least.parse()?) };
    let search = || {
        let mut baskets = Baskets::default();
        lists.iter().for_each(|list| baskets.push(list.iter().copied()));
        frequent(&baskets, limits)
    };
    if more.iter().any(|word| word == "--all") {
        for (items, count) in search()?.iter() {
            println!("{} {count}", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
        }
        return Ok(());
    }
    let rounds = rounds.parse::<u32>()?.max(1);
    let began = processor_seconds()?;
    for _ in 0..rounds {
        search()?;
    }
    println!("{}", (processor_seconds()? - began) * 1000.0 / f64::from(rounds));
    Ok(())
}

/// What this thread, which is the only one, has used so far. Linux counts it from time to time alone, so that many rounds are timed at once.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(told.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9)
}
