//! Figures of the whole store: average, median, percentile and sum of an attribute, over the customers that have a value, or over
//! those of them that have ordered or been seen: `average(buyers.amount_spent)`.
//!
//! Exact for counts and amounts. Of floating-point numbers the sum is taken in the order of their size, so that it does not
//! depend on how customers were cut into batches.

use super::columns::{Column, Values};
use super::number::Num;
use crate::syntax::tree::StatisticKind;
use crate::vocabulary::Population;
use arrow::record_batch::RecordBatch;
use std::collections::BTreeMap;

/// Figures of the store, by what they are of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    found: BTreeMap<(String, String), Option<Num>>,
}

/// What one batch of profile rows tells of the store.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    columns: BTreeMap<String, Pile>,
}

#[derive(Debug, Clone)]
enum Pile {
    Whole(Vec<i64>, i128),
    Float(Vec<f64>),
}

fn key(which: StatisticKind, of: &str) -> (String, String) {
    (format!("{which:?}"), of.to_owned())
}

impl Figures {
    /// A figure; `None` of no customers with a value.
    pub fn get(&self, which: StatisticKind, of: &str) -> Option<Num> {
        self.found.get(&key(which, of)).copied().flatten()
    }

    /// With others that are of something else.
    pub fn join(&mut self, others: Figures) {
        self.found.extend(others.found);
    }

    /// Figures of all batches.
    pub fn of(wanted: &[(StatisticKind, String)], gathered: Vec<Gathered>) -> Figures {
        let mut piles: BTreeMap<String, Pile> = BTreeMap::new();
        for (name, pile) in gathered.into_iter().flat_map(|gathered| gathered.columns) {
            match (piles.get_mut(&name), pile) {
                (Some(Pile::Whole(all, _)), Pile::Whole(more, _)) => all.extend(more),
                (Some(Pile::Float(all)), Pile::Float(more)) => all.extend(more),
                (_, pile) => {
                    piles.insert(name, pile);
                }
            }
        }
        for pile in piles.values_mut() {
            match pile {
                Pile::Whole(values, _) => values.sort_unstable(),
                Pile::Float(values) => values.sort_unstable_by(f64::total_cmp),
            }
        }
        let found = wanted.iter().map(|(which, of)| (key(*which, of), piles.get(of).and_then(|pile| pile.figure(*which))));
        Figures { found: found.collect() }
    }
}

impl Gathered {
    /// What some profile rows tell.
    pub fn of(wanted: &[(StatisticKind, String)], rows: &RecordBatch) -> Gathered {
        let mut gathered = Gathered::default();
        for (_, name) in wanted {
            if gathered.columns.contains_key(name) {
                continue;
            }
            let (population, attribute) = Population::split(name);
            let Some(values) = Values::of(rows, attribute) else { continue };
            let known: Vec<bool> =
                values.known().into_iter().zip(rows_of(population, rows)).map(|(known, theirs)| known && theirs).collect();
            let of = |numbers: &[i64]| numbers.iter().zip(&known).filter(|(_, known)| **known).map(|(value, _)| *value).collect();
            let pile = match &values.column {
                Column::Long(numbers) => Pile::Whole(of(numbers), 1),
                Column::Amount(numbers) => Pile::Whole(of(numbers), 10_000),
                Column::Small(numbers) => {
                    Pile::Whole(numbers.iter().zip(&known).filter(|(_, known)| **known).map(|(value, _)| i64::from(*value)).collect(), 1)
                }
                Column::Float(numbers) => Pile::Float(
                    numbers.iter().zip(&known).filter(|(value, known)| **known && value.is_finite()).map(|(value, _)| *value).collect(),
                ),
                Column::Instant(_) | Column::Flag(_) | Column::Text(_) | Column::Coded(..) | Column::List(..) => continue,
            };
            gathered.columns.insert(name.clone(), pile);
        }
        gathered
    }
}

/// Which of some profile rows are of these customers. Nobody's, where the rows lack the column that says so.
fn rows_of(population: Population, rows: &RecordBatch) -> Vec<bool> {
    let Some(name) = population.column() else { return vec![true; rows.num_rows()] };
    let Some(values) = Values::of(rows, name) else { return vec![false; rows.num_rows()] };
    match &values.column {
        Column::Long(numbers) => numbers.iter().zip(values.known()).map(|(number, known)| known && *number > 0).collect(),
        _ => values.known(),
    }
}

impl Pile {
    /// Of values in ascending order.
    fn figure(&self, which: StatisticKind) -> Option<Num> {
        let len = match self {
            Pile::Whole(values, _) => values.len(),
            Pile::Float(values) => values.len(),
        };
        if len == 0 {
            return None;
        }
        // Nearest rank: the least value that so many hundredths do not exceed.
        let place = |percent: u8| ((len * usize::from(percent)).div_ceil(100).max(1) - 1).min(len - 1);
        match self {
            Pile::Whole(values, scale) => Some(match which {
                StatisticKind::Sum => Num::Exact(values.iter().map(|value| i128::from(*value)).sum(), *scale),
                StatisticKind::Average => Num::Exact(values.iter().map(|value| i128::from(*value)).sum(), scale * len as i128),
                StatisticKind::Median if len % 2 == 1 => Num::Exact(i128::from(values[len / 2]), *scale),
                StatisticKind::Median => Num::Exact(i128::from(values[len / 2 - 1]) + i128::from(values[len / 2]), 2 * scale),
                StatisticKind::Percentile(percent) => Num::Exact(i128::from(values[place(percent)]), *scale),
            }),
            Pile::Float(values) => Num::float(match which {
                StatisticKind::Sum => values.iter().sum(),
                StatisticKind::Average => values.iter().sum::<f64>() / len as f64,
                StatisticKind::Median if len % 2 == 1 => values[len / 2],
                StatisticKind::Median => (values[len / 2 - 1] + values[len / 2]) / 2.0,
                StatisticKind::Percentile(percent) => values[place(percent)],
            }),
        }
    }
}
