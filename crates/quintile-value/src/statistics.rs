//! What the likelihoods need of the histories: counts by purchases, counts by age, and runs of rows with equally many purchases.
//!
//! Terms that depend on purchases alone, or on age alone, are summed over these counts and never over customers. Since purchases are whole
//! numbers, `Γ(r + x) / Γ(r)` is a product over `r, r + 1, ...`, and its logarithm and derivatives are sums over "customers with more than
//! i purchases": no gamma function is called, and nothing cancels where parameters are large.

use crate::history::{Histories, History};
use crate::newton::Height;
use rayon::prelude::*;

/// Counts over the histories, and time scaled so that the longest age is ten.
pub(crate) struct Statistics<'a> {
    pub rows: &'a [History],
    pub weights: &'a [f64],
    pub customers: f64,
    pub purchases: f64,
    /// Customers with more than `i` purchases after the first.
    pub more_than: Vec<f64>,
    /// Customers of every age, in ticks, and their purchases.
    pub by_age: Vec<(usize, f64, f64)>,
    /// Pieces of rows with equally many purchases, none long: what one thread takes at once.
    pub runs: Vec<Run>,
    pub longest_age: u32,
    /// Scaled time in one tick.
    pub scale: f64,
    /// Scaled time in one unit of the parameters.
    pub unit: f64,
}

/// A piece of rows with equally many purchases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub again: u32,
    pub start: usize,
    pub end: usize,
}

/// Rows in one piece: fixed, so that sums do not depend on the number of threads.
const PIECE: usize = 4096;
/// The longest age after scaling, for which the parameters of most shops lie between a hundredth and a hundred.
const LONGEST: f64 = 10.0;

impl<'a> Statistics<'a> {
    pub fn of(histories: &'a Histories) -> Self {
        let (rows, weights) = (&histories.rows[..], &histories.weights[..]);
        let longest_age = rows.iter().map(|row| row.age).max().unwrap_or(0);
        let most = rows.last().map_or(0, |row| row.again as usize);
        let mut exactly = vec![0.0; most + 1];
        let mut ages = vec![(0.0, 0.0); longest_age as usize + 1];
        for (row, weight) in rows.iter().zip(weights) {
            exactly[row.again as usize] += weight;
            let age = &mut ages[row.age as usize];
            age.0 += weight;
            age.1 += weight * f64::from(row.again);
        }
        let customers = exactly.iter().sum();
        let purchases = ages.iter().map(|age| age.1).sum();
        let mut more_than = vec![0.0; most];
        let mut above = 0.0;
        for again in (0..most).rev() {
            above += exactly[again + 1];
            more_than[again] = above;
        }
        let by_age = ages.iter().enumerate().filter(|(_, age)| age.0 > 0.0).map(|(ticks, age)| (ticks, age.0, age.1)).collect();
        let scale = LONGEST / f64::from(longest_age.max(1));
        Statistics {
            rows,
            weights,
            customers,
            purchases,
            more_than,
            by_age,
            runs: runs(rows),
            longest_age,
            scale,
            unit: scale * histories.ticks_per_unit,
        }
    }

    /// The log-likelihood in the unit of the parameters from that in scaled time: each purchase is a density over time.
    pub fn in_units(&self, log_likelihood: f64) -> f64 {
        log_likelihood + self.purchases * self.unit.ln()
    }

    /// `Σ ln Γ(r + x) - ln Γ(r)`, with its first two derivatives by `r`.
    pub fn rising(&self, r: f64) -> (f64, f64, f64) {
        rising(&self.more_than, r)
    }

    /// Adds up what `one` says of every piece, in the order of the pieces.
    pub fn over_runs<const N: usize>(&self, one: impl Fn(&Run) -> Height<N> + Send + Sync) -> Height<N> {
        let parts: Vec<Height<N>> = self.runs.par_iter().map(one).collect();
        let mut sum = Height::new();
        for part in parts {
            sum.value += part.value;
            for i in 0..N {
                sum.gradient[i] += part.gradient[i];
                for j in 0..N {
                    sum.hessian[i][j] += part.hessian[i][j];
                }
            }
        }
        sum
    }
}

/// `Σ_i count_i ln(p + i)`, with its first two derivatives by `p`.
pub(crate) fn rising(more_than: &[f64], p: f64) -> (f64, f64, f64) {
    let (mut value, mut first, mut second) = (0.0, 0.0, 0.0);
    for (i, count) in more_than.iter().enumerate() {
        let term = p + i as f64;
        let inverse = 1.0 / term;
        value += count * term.ln();
        first += count * inverse;
        second -= count * inverse * inverse;
    }
    (value, first, second)
}

/// `ln(1 + time / parameter)` and `1 / (parameter + time)` for every tick.
///
/// Relative to the parameter, so that nothing cancels where it is large.
pub(crate) struct Ticks {
    pub ln: Vec<f64>,
    pub inverse: Vec<f64>,
}

impl Ticks {
    pub fn of(parameter: f64, statistics: &Statistics<'_>) -> Self {
        let count = statistics.longest_age as usize + 1;
        let (mut ln, mut inverse) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for tick in 0..count {
            let time = tick as f64 * statistics.scale;
            ln.push((time / parameter).ln_1p());
            inverse.push(1.0 / (parameter + time));
        }
        Ticks { ln, inverse }
    }
}

fn runs(rows: &[History]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    for end in 1..=rows.len() {
        let done = end == rows.len() || rows[end].again != rows[start].again || end - start == PIECE;
        if done {
            runs.push(Run { again: rows[start].again, start, end });
            start = end;
        }
    }
    runs
}
