//! Lloyd's rounds: every row to its nearest mean, every mean into the middle of its rows, until no row moves.
//!
//! A piece of 4,096 rows is summed by one thread, and pieces are summed in their order: labels are the same for any number
//! of threads. Only rows that moved change the sums, which is most of the work where few do; the rounding that this leaves
//! behind is taken away by adding up anew now and then, and before it is said that nothing moves any more.

use super::KMeans;
use crate::Points;
use crate::points::{LANES, TILES_OF_PIECE, on_widest, squared_distance, squared_distances};
use rayon::prelude::*;

/// Rounds until all rows are added up anew.
const ANEW_AFTER: usize = 16;

/// Stands for the group of a row that has none yet.
const NO_GROUP: u32 = u32::MAX;

/// The nearest mean of each row.
pub(super) fn labels(points: &Points, centres: &[Vec<f64>]) -> Vec<u32> {
    let mut labels = vec![NO_GROUP; points.rows()];
    look(points, centres, &mut labels);
    labels
}

/// Runs until no row moves, or for so many rounds, of which each looks once at all rows; there is at least one.
pub(super) fn run(points: &Points, mut centres: Vec<Vec<f64>>, most_rounds: usize) -> KMeans {
    let mut labels = vec![NO_GROUP; points.rows()];
    let mut looked = look(points, &centres, &mut labels);
    let mut members = looked.members.clone();
    let (mut rounds, mut since_anew, mut settled) = (1, 0, false);
    while rounds < most_rounds {
        if since_anew == ANEW_AFTER {
            (members, since_anew) = (Members::of(points, &labels, centres.len()), 0);
        }
        members.fill_empty(points, &mut labels);
        centres = members.means(&centres);
        looked = look(points, &centres, &mut labels);
        members.add(&looked.members);
        rounds += 1;
        since_anew += 1;
        if looked.moved == 0 {
            // The means of sums added up anew; as good as always nothing moves then either.
            members = Members::of(points, &labels, centres.len());
            centres = members.means(&centres);
            looked = look(points, &centres, &mut labels);
            members.add(&looked.members);
            settled = looked.moved == 0 && !members.fill_empty(points, &mut labels);
            if settled {
                break;
            }
        }
    }
    finish(centres, labels, &members, looked.inertia, rounds, settled)
}

/// Groups without rows (there were fewer distinct rows than groups) are left out.
fn finish(centres: Vec<Vec<f64>>, mut labels: Vec<u32>, members: &Members, inertia: f64, rounds: usize, settled: bool) -> KMeans {
    let mut places = Vec::with_capacity(centres.len());
    let mut kept = 0;
    for size in &members.sizes {
        places.push(kept);
        kept += u32::from(*size > 0);
    }
    labels.iter_mut().for_each(|label| *label = places[*label as usize]);
    let centres = centres.into_iter().zip(&members.sizes).filter(|(_, size)| **size > 0).map(|(centre, _)| centre).collect();
    let sizes = members.sizes.iter().filter(|size| **size > 0).map(|size| *size as usize).collect();
    KMeans { centres, sizes, labels, inertia, rounds, settled }
}

/// The sums and sizes of groups, or what rows that moved change in them.
#[derive(Clone)]
struct Members {
    /// Group by group, in each column by column.
    sums: Vec<f64>,
    sizes: Vec<i64>,
    columns: usize,
}

/// What one look at all rows gives.
struct Looked {
    /// The change since the last one.
    members: Members,
    inertia: f64,
    moved: usize,
}

/// Gives each row to its nearest mean.
fn look(points: &Points, centres: &[Vec<f64>], labels: &mut [u32]) -> Looked {
    let pieces: Vec<Looked> = points
        .pieces()
        .zip(labels.chunks_mut(TILES_OF_PIECE * LANES))
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(piece, labels)| {
            on_widest(
                #[inline(always)]
                || look_at_piece(piece, points.tile_length(), centres, labels),
            )
        })
        .collect();
    let mut all = Looked { members: Members::none(centres.len(), points.columns()), inertia: 0.0, moved: 0 };
    for piece in pieces {
        all.members.add(&piece.members);
        all.inertia += piece.inertia;
        all.moved += piece.moved;
    }
    all
}

#[inline(always)]
fn look_at_piece(piece: &[f64], tile_length: usize, centres: &[Vec<f64>], labels: &mut [u32]) -> Looked {
    let mut members = Members::none(centres.len(), tile_length / LANES);
    let mut moved = 0;
    let mut inertia = [0.0; LANES];
    for (tile, labels) in piece.chunks_exact(tile_length).zip(labels.chunks_mut(LANES)) {
        let (nearest, mut least) = nearest(tile, centres);
        // Past the last row there is nothing.
        least[labels.len()..].fill(0.0);
        for lane in 0..LANES {
            inertia[lane] += least[lane];
        }
        for (lane, label) in labels.iter_mut().enumerate() {
            if *label != nearest[lane] {
                moved += 1;
                members.join(tile, lane, nearest[lane] as usize, 1.0);
                if *label != NO_GROUP {
                    members.join(tile, lane, *label as usize, -1.0);
                }
                *label = nearest[lane];
            }
        }
    }
    Looked { members, inertia: inertia.iter().sum(), moved }
}

impl Members {
    fn none(groups: usize, columns: usize) -> Members {
        Members { sums: vec![0.0; groups * columns], sizes: vec![0; groups], columns }
    }

    /// Added up anew.
    fn of(points: &Points, labels: &[u32], groups: usize) -> Members {
        let pieces: Vec<Members> = points
            .pieces()
            .zip(labels.chunks(TILES_OF_PIECE * LANES))
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(piece, labels)| {
                let mut members = Members::none(groups, points.columns());
                for (tile, labels) in piece.chunks_exact(points.tile_length()).zip(labels.chunks(LANES)) {
                    labels.iter().enumerate().for_each(|(lane, label)| members.join(tile, lane, *label as usize, 1.0));
                }
                members
            })
            .collect();
        let mut all = Members::none(groups, points.columns());
        pieces.iter().for_each(|piece| all.add(piece));
        all
    }

    fn add(&mut self, other: &Members) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| *sum += other);
        self.sizes.iter_mut().zip(&other.sizes).for_each(|(size, other)| *size += other);
    }

    /// One row joins a group, or with a sign of -1 leaves it.
    #[inline(always)]
    fn join(&mut self, tile: &[f64], lane: usize, group: usize, sign: f64) {
        self.sizes[group] += sign as i64;
        for (sum, lanes) in self.sums[group * self.columns..][..self.columns].iter_mut().zip(tile.as_chunks::<LANES>().0) {
            *sum += sign * lanes[lane];
        }
    }

    fn means(&self, before: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let mean = |(group, before): (usize, &Vec<f64>)| match self.sizes[group] {
            0 => before.clone(),
            size => self.sums[group * self.columns..][..self.columns].iter().map(|sum| sum / size as f64).collect(),
        };
        before.iter().enumerate().map(mean).collect()
    }

    /// A group without rows takes the row farthest from its mean, of groups that have more than one; says whether any did.
    fn fill_empty(&mut self, points: &Points, labels: &mut [u32]) -> bool {
        let empty: Vec<usize> = (0..self.sizes.len()).filter(|group| self.sizes[*group] == 0).collect();
        if empty.is_empty() {
            return false;
        }
        let means: Vec<Vec<f64>> = self.means(&vec![vec![0.0; self.columns]; self.sizes.len()]);
        // Rows that lie on their mean, but for its rounding, have no better group.
        let apart = |row: usize| {
            let (values, mean) = (points.row(row), &means[labels[row] as usize]);
            let rounding = values.iter().map(|value| value * value).sum::<f64>() * 1e-28;
            (squared_distance(&values, mean), row, rounding)
        };
        let mut far: Vec<_> = (0..points.rows()).map(apart).filter(|(apart, _, rounding)| apart > rounding).collect();
        far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut far = far.into_iter();
        let mut any = false;
        for group in empty {
            let taken = far.by_ref().find(|(_, row, _)| self.sizes[labels[*row] as usize] > 1);
            let Some((_, row, _)) = taken else { break };
            let from = labels[row] as usize;
            for (column, value) in points.row(row).into_iter().enumerate() {
                self.sums[from * self.columns + column] -= value;
                self.sums[group * self.columns + column] = value;
            }
            self.sizes[from] -= 1;
            self.sizes[group] = 1;
            labels[row] = group as u32;
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
