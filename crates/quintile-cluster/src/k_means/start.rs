//! Means to begin with: rows far from one another are likely (k-means++; Arthur and Vassilvitskii 2007).
//!
//! In every second start, of a few rows that are drawn each time, the one that lowers the squared distances most is taken,
//! as the authors propose at the end of their section 7: such starts are better, but more like one another.

use crate::Points;
use crate::chance::Chance;
use crate::points::{LANES, on_widest, squared_distances};

/// How many rows are drawn each time in the start of this number.
pub(super) fn candidates(k: usize, start: u64) -> usize {
    if start.is_multiple_of(2) { 2 + (k as f64).ln() as usize } else { 1 }
}

/// `k` rows as means. Where there are fewer distinct rows, the rest repeat.
pub(super) fn plus_plus(points: &Points, k: usize, candidates: usize, chance: &mut Chance) -> Vec<Vec<f64>> {
    let first = points.row(chance.below(points.rows()));
    let mut nearest = vec![f64::INFINITY; points.rows()];
    let mut total = lower(points, &first, &mut nearest);
    let mut centres = vec![first];
    let mut attempt = nearest.clone();
    let mut best = nearest.clone();
    while centres.len() < k {
        let mut best_total = f64::INFINITY;
        let mut best_row = 0;
        for _ in 0..candidates {
            let row = drawn(&nearest, total * chance.share());
            attempt.copy_from_slice(&nearest);
            let found = lower(points, &points.row(row), &mut attempt);
            if found < best_total {
                (best_total, best_row) = (found, row);
                std::mem::swap(&mut best, &mut attempt);
            }
        }
        std::mem::swap(&mut nearest, &mut best);
        total = best_total;
        centres.push(points.row(best_row));
    }
    centres
}

/// The row at which the running sum of weights passes a sum.
fn drawn(weights: &[f64], mut sum: f64) -> usize {
    for (row, weight) in weights.iter().enumerate() {
        sum -= weight;
        if sum < 0.0 {
            return row;
        }
    }
    // Rounding can leave a crumb: the last row with any weight, or the first of rows that are all covered.
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}

/// Lowers the squared distance of each row to that from one more point; gives their sum.
fn lower(points: &Points, centre: &[f64], nearest: &mut [f64]) -> f64 {
    on_widest(
        #[inline(always)]
        || {
            // Eight sums side by side: one after the other each would wait for the last.
            let mut totals = [0.0; LANES];
            for (tile, nearest) in points.tiles().zip(nearest.chunks_mut(LANES)) {
                let found = squared_distances(tile, centre);
                for ((nearest, found), total) in nearest.iter_mut().zip(found).zip(&mut totals) {
                    *nearest = if found < *nearest { found } else { *nearest };
                    *total += *nearest;
                }
            }
            totals.iter().sum()
        },
    )
}
