//! Do groups come back when customers are resampled? (Hennig, "Cluster-wise assessment of cluster stability", 2007.)
//!
//! Customers are drawn with repetition and grouped anew. For each group the most alike of the new ones is found, by the
//! Jaccard index over the customers drawn: common ones over all of the two. The mean over resamplings says how stable the
//! group is: 0.75 and more is stable, 0.85 and more strongly so, below 0.6 the group should not be shown.

use crate::chance::Chance;
use crate::k_means::{self, Params};
use crate::{Error, Points};
use rayon::prelude::*;

/// How groups are resampled.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampling {
    /// How often.
    pub times: usize,
    /// Starts of each new grouping.
    pub starts: usize,
    /// Where chance begins.
    pub seed: u64,
}

/// How stable a group is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stability {
    /// The mean Jaccard index over resamplings, between 0 and 1.
    pub mean: f64,
    /// The standard error of that mean: few resamplings say little.
    pub error: f64,
}

/// The stability of each group.
pub fn stability(points: &Points, labels: &[u32], k: usize, resampling: &Resampling) -> Result<Vec<Stability>, Error> {
    let times = resampling.times.max(1);
    let found: Vec<Vec<f64>> =
        (0..times as u64).into_par_iter().map(|time| once(points, labels, k, resampling, time)).collect::<Result<_, Error>>()?;
    let of = |group: usize| {
        let indices: Vec<f64> = found.iter().map(|indices| indices[group]).filter(|index| index.is_finite()).collect();
        let count = indices.len() as f64;
        // A group of which nobody was ever drawn has not come back.
        if indices.is_empty() {
            return Stability { mean: 0.0, error: 0.0 };
        }
        let mean = indices.iter().sum::<f64>() / count;
        let variance = indices.iter().map(|index| (index - mean).powi(2)).sum::<f64>() / count;
        Stability { mean, error: (variance / count).sqrt() }
    };
    Ok((0..k).map(of).collect())
}

/// The index of each group in one resampling; not a number where nobody of the group was drawn.
fn once(points: &Points, labels: &[u32], k: usize, resampling: &Resampling, time: u64) -> Result<Vec<f64>, Error> {
    let mut chance = Chance::of_part(resampling.seed, time);
    let mut drawn = vec![0_u32; points.rows()];
    (0..points.rows()).for_each(|_| drawn[chance.below(points.rows())] += 1);
    // Each row as often as it was drawn, in their order.
    let rows: Vec<usize> = drawn.iter().enumerate().flat_map(|(row, times)| std::iter::repeat_n(row, *times as usize)).collect();
    let params = Params { starts: resampling.starts, exchange: 0, ..Params::new(k, chance.bits()) };
    let again = k_means::fit(&points.gather(&rows), &params)?;
    let mut common = vec![vec![0_u32; again.centres.len()]; k];
    let (mut of_before, mut of_again) = (vec![0_u32; k], vec![0_u32; again.centres.len()]);
    let mut last = usize::MAX;
    for (row, now) in rows.iter().zip(&again.labels) {
        // Who was drawn more than once counts once.
        if *row == last {
            continue;
        }
        last = *row;
        let (before, now) = (labels[*row] as usize, *now as usize);
        common[before][now] += 1;
        of_before[before] += 1;
        of_again[now] += 1;
    }
    let index = |before: usize, now: usize| {
        let common = f64::from(common[before][now]);
        common / (f64::from(of_before[before]) + f64::from(of_again[now]) - common)
    };
    let best = |before: usize| (0..of_again.len()).map(|now| index(before, now)).fold(0.0, f64::max);
    Ok((0..k).map(|before| if of_before[before] == 0 { f64::NAN } else { best(before) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_far_apart_always_come_back() {
        let mut chance = Chance::seeded(3);
        let values: Vec<f64> = (0..90).map(|row| f64::from(row % 3) * 100.0 + chance.normal()).collect();
        let points = Points::from_rows(&values, 1).unwrap();
        let fitted = k_means::fit(&points, &Params::new(3, 1)).unwrap();
        let found = stability(&points, &fitted.labels, 3, &Resampling { times: 20, starts: 5, seed: 1 }).unwrap();
        assert_eq!(found, [Stability { mean: 1.0, error: 0.0 }; 3]);
    }
}
