//! Single rows to another group where that still lowers the sum of squared distances (Hartigan, Clustering Algorithms, 1975).
//!
//! Lloyd's rounds end where each row is nearest to the mean of its own group. But a row that leaves also moves the mean it
//! leaves, and that of where it goes: of groups of n and m rows, the sum changes by m/(m+1) times the squared distance to
//! the other mean less n/(n-1) times that to its own.

use super::{KMeans, lloyd};
use crate::Points;
use crate::points::squared_distance;

/// The same groups or better ones.
pub(super) fn finer(points: &Points, mut found: KMeans, most_rounds: usize) -> KMeans {
    let rows: Vec<Vec<f64>> = (0..points.rows()).map(|row| points.row(row)).collect();
    for _ in 0..most_rounds {
        let mut exchanged = found.clone();
        if exchange(&rows, &mut exchanged) == 0 {
            break;
        }
        // Lloyd's rounds take exact means again, which also ends the drift of running ones.
        let again = lloyd::run(points, exchanged.centres, most_rounds);
        if again.inertia >= found.inertia {
            break;
        }
        found = again;
    }
    found
}

/// One look at every row; gives how many changed groups. Means follow at once; inertia stays that of before.
fn exchange(rows: &[Vec<f64>], found: &mut KMeans) -> usize {
    let mut changed = 0;
    for (row, label) in rows.iter().zip(&mut found.labels) {
        let own = *label as usize;
        if found.sizes[own] < 2 {
            continue;
        }
        let size = found.sizes[own] as f64;
        let saved = squared_distance(row, &found.centres[own]) * size / (size - 1.0);
        let (mut to, mut least) = (own, saved * (1.0 - 1e-12));
        for (other, centre) in found.centres.iter().enumerate().filter(|(other, _)| *other != own) {
            let size = found.sizes[other] as f64;
            let added = squared_distance(row, centre) * size / (size + 1.0);
            if added < least {
                (to, least) = (other, added);
            }
        }
        if to == own {
            continue;
        }
        let grown = found.sizes[to] as f64 + 1.0;
        found.centres[own].iter_mut().zip(row).for_each(|(mean, value)| *mean -= (value - *mean) / (size - 1.0));
        found.centres[to].iter_mut().zip(row).for_each(|(mean, value)| *mean += (value - *mean) / grown);
        found.sizes[own] -= 1;
        found.sizes[to] += 1;
        *label = to as u32;
        changed += 1;
    }
    changed
}
