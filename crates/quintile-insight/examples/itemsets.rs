//! Times the search for frequent item sets alone, on baskets that are in memory: `itemsets FILE LEAST [ROUNDS]`.
//!
//! The file has a basket a line, items as numbers with spaces between. Timed is what a caller pays who has lists of items: the
//! baskets made from them, and the search. The least of the rounds is printed, with how many sets there are and the sum of their
//! counts, by which other programs' answers can be held against it; `--all` prints the sets instead.

use quintile_insight::baskets::{Baskets, Limits, frequent};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let all = words.iter().any(|word| word == "--all");
    let mut words = words.iter().filter(|word| *word != "--all");
    let (Some(file), Some(least)) = (words.next(), words.next()) else { return Err("itemsets FILE LEAST [ROUNDS]".into()) };
    let rounds: u32 = words.next().map_or(Ok(5), |word| word.parse())?;
    let text = std::fs::read_to_string(file)?;
    let lists: Vec<Vec<u32>> =
        text.lines().map(|line| line.split_whitespace().map(str::parse).collect::<Result<_, _>>()).collect::<Result<_, _>>()?;
    let limits = Limits { most_sets: 10_000_000, ..Limits::of(least.parse()?) };
    let mut best = f64::INFINITY;
    for round in 0..rounds.max(1) {
        let began = Instant::now();
        let mut baskets = Baskets::default();
        lists.iter().for_each(|list| baskets.push(list.iter().copied()));
        let sets = frequent(&baskets, limits)?;
        best = best.min(began.elapsed().as_secs_f64());
        if round == 0 && all {
            for (items, count) in sets.iter() {
                println!("{} {count}", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
            }
            return Ok(());
        }
        if round + 1 == rounds.max(1) {
            println!("{} {} {}", best * 1000.0, sets.len(), sets.iter().map(|(_, count)| u64::from(count)).sum::<u64>());
        }
    }
    Ok(())
}
