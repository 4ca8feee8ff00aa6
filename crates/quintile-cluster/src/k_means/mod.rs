//! k groups, each around its mean, so that the squared distances to the means are small (Lloyd 1957, published 1982).
//!
//! | file | step |
//! | --- | --- |
//! | `start` | means to begin with: k-means++ |
//! | `lloyd` | every row to its nearest mean, every mean into the middle of its rows, until no row moves |
//! | `exchange` | single rows to another group where that still lowers the sum |
//!
//! Many starts, of which the best stays. Where there are many rows, the starts are tried on a sample and the best of them
//! goes on with all rows. Assumes round groups of like width in columns of like scale: see [`crate::prepare`].

mod exchange;
mod lloyd;
mod start;

use crate::chance::Chance;
use crate::{Error, Points};
use rayon::prelude::*;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// How many groups.
    pub k: usize,
    /// How often to begin anew; the least inertia wins, of equals the earlier.
    pub starts: usize,
    /// Where chance begins.
    pub seed: u64,
    /// After so many rounds it is enough, even if rows still move.
    pub most_rounds: usize,
    /// Of more rows than this the starts see a sample of so many.
    pub sample: usize,
    /// Of at most this many rows single ones are exchanged when Lloyd's rounds have ended, which finds better groups where
    /// there are few rows and many groups.
    pub exchange: usize,
}

impl Params {
    /// `k` groups, ten starts.
    pub fn new(k: usize, seed: u64) -> Params {
        Params { k, starts: 10, seed, most_rounds: 300, sample: 50_000, exchange: 10_000 }
    }
}

/// What to ask for instead of another number of groups.
pub(crate) const AT_LEAST_ONE: &str = "ask for at least one, and no more than there are rows";

/// Groups that were found.
#[derive(Debug, Clone, PartialEq)]
pub struct KMeans {
    /// The mean of each group. Fewer than were asked for where there are fewer distinct rows.
    pub centres: Vec<Vec<f64>>,
    /// Rows of each group.
    pub sizes: Vec<usize>,
    /// The group of each row.
    pub labels: Vec<u32>,
    /// The sum over rows of the squared distance to their mean.
    pub inertia: f64,
    /// Rounds of the last run.
    pub rounds: usize,
    /// Did it end because no row moved?
    pub settled: bool,
}

/// The best of many starts.
pub fn fit(points: &Points, params: &Params) -> Result<KMeans, Error> {
    if params.k == 0 || params.k > points.rows() {
        return Err(Error::Groups { k: params.k, rows: points.rows(), hint: AT_LEAST_ONE });
    }
    let sampled = points.rows() > params.sample.max(params.k);
    let sample;
    let tried = if sampled {
        // The last part of a seed is no start's.
        let rows = Chance::of_part(params.seed, u64::MAX).sample(points.rows(), params.sample.max(params.k));
        sample = points.gather(&rows);
        &sample
    } else {
        points
    };
    let starts = params.starts.max(1) as u64;
    let best = (0..starts)
        .into_par_iter()
        .map(|index| {
            let mut chance = Chance::of_part(params.seed, index);
            let centres = start::plus_plus(tried, params.k, start::candidates(params.k, index), &mut chance);
            let found = lloyd::run(tried, centres, params.most_rounds);
            let finer = tried.rows() <= params.exchange;
            (index, if finer { exchange::finer(tried, found, params.most_rounds) } else { found })
        })
        // The order of a reduction is not fixed, so equals are told apart by their number.
        .min_by(|(a, one), (b, other)| one.inertia.total_cmp(&other.inertia).then(a.cmp(b)));
    let Some((_, best)) = best else { return Err(Error::NoRows) };
    Ok(if sampled { lloyd::run(points, best.centres, params.most_rounds) } else { best })
}

/// The nearest of `k` rows that are far from one another: groups before any round.
pub(crate) fn rough(points: &Points, k: usize, chance: &mut Chance) -> Vec<u32> {
    lloyd::labels(points, &start::plus_plus(points, k, 1, chance))
}

/// From given means: no chance in it.
pub fn fit_from(points: &Points, centres: &[Vec<f64>], most_rounds: usize) -> Result<KMeans, Error> {
    if centres.is_empty() || centres.len() > points.rows() {
        return Err(Error::Groups { k: centres.len(), rows: points.rows(), hint: AT_LEAST_ONE });
    }
    if let Some(column) = centres.iter().position(|centre| centre.len() != points.columns()) {
        return Err(Error::Ragged { column, found: centres[column].len(), expected: points.columns() });
    }
    Ok(lloyd::run(points, centres.to_vec(), most_rounds))
}

/// The group of each row, by the nearest of given means; of equals the first.
pub fn assign(points: &Points, centres: &[Vec<f64>]) -> Vec<u32> {
    lloyd::labels(points, centres)
}
