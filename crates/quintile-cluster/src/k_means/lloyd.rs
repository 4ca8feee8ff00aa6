//! Lloyd's rounds: every row to its nearest mean, every mean into the middle of its rows, until no row moves.
//!
//! A piece of 4,096 rows is summed by one thread, and pieces are summed in their order: labels are the same for any number
//! of threads.

use super::KMeans;
use crate::Points;
use crate::points::{LANES, TILES_OF_PIECE, on_widest, squared_distances};
use rayon::prelude::*;

/// The nearest mean of each row.
pub(super) fn labels(points: &Points, centres: &[Vec<f64>]) -> Vec<u32> {
    let mut labels = vec![u32::MAX; points.rows()];
    Round::of(points, centres, &mut labels);
    labels
}

/// Runs until no row moves, or for so many rounds, of which each looks once at all rows; there is at least one.
pub(super) fn run(points: &Points, mut centres: Vec<Vec<f64>>, most_rounds: usize) -> KMeans {
    let mut labels = vec![u32::MAX; points.rows()];
    let mut round = Round::of(points, &centres, &mut labels);
    let mut rounds = 1;
    let mut settled = false;
    while rounds < most_rounds {
        let moved = round.fill_empty(points, &labels);
        let means = round.means(&centres);
        // Means that stay where they were would give the same labels again.
        if !moved && means == centres {
            settled = true;
            break;
        }
        centres = means;
        round = Round::of(points, &centres, &mut labels);
        rounds += 1;
        if round.moved == 0 {
            settled = true;
            break;
        }
    }
    finish(centres, labels, round, rounds, settled)
}

/// Groups without rows (there were fewer distinct rows than groups) are left out.
fn finish(centres: Vec<Vec<f64>>, mut labels: Vec<u32>, round: Round, rounds: usize, settled: bool) -> KMeans {
    if round.sizes.iter().all(|size| *size > 0) {
        return KMeans { centres, sizes: round.sizes, labels, inertia: round.inertia, rounds, settled };
    }
    let mut places = Vec::with_capacity(centres.len());
    let mut kept = 0;
    for size in &round.sizes {
        places.push(kept);
        kept += u32::from(*size > 0);
    }
    labels.iter_mut().for_each(|label| *label = places[*label as usize]);
    let there = |index: &usize| round.sizes[*index] > 0;
    let centres = centres.into_iter().enumerate().filter(|(index, _)| there(index)).map(|(_, centre)| centre).collect();
    let sizes = round.sizes.iter().copied().filter(|size| *size > 0).collect();
    KMeans { centres, sizes, labels, inertia: round.inertia, rounds, settled }
}

/// What one look at all rows gives.
struct Round {
    /// Sums of the rows of each group, group by group.
    sums: Vec<f64>,
    sizes: Vec<usize>,
    inertia: f64,
    moved: usize,
    columns: usize,
}

impl Round {
    fn of(points: &Points, centres: &[Vec<f64>], labels: &mut [u32]) -> Round {
        let (columns, k) = (points.columns(), centres.len());
        let pieces: Vec<Round> = points
            .pieces()
            .zip(labels.chunks_mut(TILES_OF_PIECE * LANES))
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(piece, labels)| {
                on_widest(
                    #[inline(always)]
                    || Round::of_piece(piece, points.tile_length(), centres, labels),
                )
            })
            .collect();
        let mut all = Round { sums: vec![0.0; k * columns], sizes: vec![0; k], inertia: 0.0, moved: 0, columns };
        for piece in pieces {
            all.sums.iter_mut().zip(&piece.sums).for_each(|(sum, of_piece)| *sum += of_piece);
            all.sizes.iter_mut().zip(&piece.sizes).for_each(|(size, of_piece)| *size += of_piece);
            all.inertia += piece.inertia;
            all.moved += piece.moved;
        }
        all
    }

    #[inline(always)]
    fn of_piece(piece: &[f64], tile_length: usize, centres: &[Vec<f64>], labels: &mut [u32]) -> Round {
        let columns = tile_length / LANES;
        let mut round = Round { sums: vec![0.0; centres.len() * columns], sizes: vec![0; centres.len()], inertia: 0.0, moved: 0, columns };
        for (tile, labels) in piece.chunks_exact(tile_length).zip(labels.chunks_mut(LANES)) {
            let (nearest, least) = nearest(tile, centres);
            for (lane, label) in labels.iter_mut().enumerate() {
                let group = nearest[lane];
                round.moved += usize::from(*label != group);
                *label = group;
                round.inertia += least[lane];
                let group = group as usize;
                round.sizes[group] += 1;
                for (sum, lanes) in round.sums[group * columns..][..columns].iter_mut().zip(tile.as_chunks::<LANES>().0) {
                    *sum += lanes[lane];
                }
            }
        }
        round
    }

    fn means(&self, before: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mean = |(group, before): (usize, &Vec<f64>)| match self.sizes[group] {
            0 => before.clone(),
            size => self.sums[group * self.columns..][..self.columns].iter().map(|sum| sum / size as f64).collect(),
        };
        before.iter().enumerate().map(mean).collect()
    }

    /// A group without rows takes the row farthest from its mean, of groups that have more than one; says whether any did.
    fn fill_empty(&mut self, points: &Points, labels: &[u32]) -> bool {
        let empty: Vec<usize> = (0..self.sizes.len()).filter(|group| self.sizes[*group] == 0).collect();
        if empty.is_empty() {
            return false;
        }
        let means: Vec<Vec<f64>> = self.means(&vec![vec![0.0; self.columns]; self.sizes.len()]);
        let mut far: Vec<(f64, usize)> = (0..points.rows())
            .map(|row| (crate::points::squared_distance(&points.row(row), &means[labels[row] as usize]), row))
            .filter(|(apart, _)| *apart > 0.0)
            .collect();
        far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut far = far.into_iter();
        let mut any = false;
        for group in empty {
            let taken = far.by_ref().find(|(_, row)| self.sizes[labels[*row] as usize] > 1);
            let Some((_, row)) = taken else { break };
            let from = labels[row] as usize;
            for (column, value) in points.row(row).into_iter().enumerate() {
                self.sums[from * self.columns + column] -= value;
                self.sums[group * self.columns + column] = value;
            }
            self.sizes[from] -= 1;
            self.sizes[group] = 1;
            any = true;
        }
        any
    }
}

/// For eight rows the nearest mean, of equals the first, and the squared distance to it.
#[inline(always)]
fn nearest(tile: &[f64], centres: &[Vec<f64>]) -> ([u32; LANES], [f64; LANES]) {
    let mut nearest = [0.0_f64; LANES];
    let mut least = [f64::INFINITY; LANES];
    for (group, centre) in centres.iter().enumerate() {
        let found = squared_distances(tile, centre);
        let group = group as f64;
        for lane in 0..LANES {
            let closer = found[lane] < least[lane];
            least[lane] = if closer { found[lane] } else { least[lane] };
            nearest[lane] = if closer { group } else { nearest[lane] };
        }
    }
    (nearest.map(|group| group as u32), least)
}
