//! k normal distributions that together make the points likely, by expectation and maximisation (Dempster, Laird, Rubin
//! 1977), and what Schwarz's BIC (1978) says of k.
//!
//! Unlike k-means a group has a width of its own in each column, and a row belongs to each group with a probability. Assumes
//! that groups are bell-shaped; counts and amounts are not, before [`crate::prepare`].

use crate::chance::Chance;
use crate::k_means::{self, Params as Start};
use crate::points::{LANES, TILES_OF_PIECE, on_widest};
use crate::{Error, Points};
use rayon::prelude::*;

/// What is free in the width of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A width in each column; columns do not go together within a group.
    Diagonal,
    /// Any ellipsoid.
    Full,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// How many groups.
    pub k: usize,
    /// What is free in their widths.
    pub shape: Shape,
    /// How often to begin anew; the most likely wins.
    pub starts: usize,
    /// Where chance begins.
    pub seed: u64,
    /// After so many rounds it is enough.
    pub most_rounds: usize,
    /// It ends when a round adds less than this to the mean log-likelihood of a row.
    pub tolerance: f64,
}

impl Params {
    /// `k` groups, five starts.
    pub fn new(k: usize, shape: Shape, seed: u64) -> Params {
        Params { k, shape, starts: 5, seed, most_rounds: 500, tolerance: 1e-7 }
    }
}

/// A mixture that was fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    /// The share of each group.
    pub shares: Vec<f64>,
    /// The mean of each.
    pub means: Vec<Vec<f64>>,
    /// The covariance of each, row by row; off the diagonal 0 where the shape is diagonal.
    pub covariances: Vec<Vec<f64>>,
    /// The most likely group of each row.
    pub labels: Vec<u32>,
    /// How likely that group is.
    pub certainty: Vec<f64>,
    /// The natural logarithm of the likelihood of all rows.
    pub log_likelihood: f64,
    /// -2 log-likelihood + free parameters x ln rows; the smaller the better.
    pub bic: f64,
    /// Rounds of the best run.
    pub rounds: usize,
}

/// The likeliest of many starts.
pub fn fit(points: &Points, params: &Params) -> Result<Mixture, Error> {
    if params.k == 0 || params.k > points.rows() {
        return Err(Error::Groups { k: params.k, rows: points.rows(), hint: k_means::AT_LEAST_ONE });
    }
    let runs = (0..params.starts.max(1) as u64)
        .map(|start| {
            let mut chance = Chance::of_part(params.seed, start);
            // From the groups of k-means, which are often near; then from rougher ones, then from any, which lead elsewhere.
            let labels = match start % 3 {
                0 => k_means::fit(points, &Start { starts: 1, ..Start::new(params.k, chance.bits()) })?.labels,
                1 => k_means::rough(points, params.k, &mut chance),
                _ => (0..points.rows()).map(|_| chance.below(params.k) as u32).collect(),
            };
            Ok(run(points, &labels, params.k, params))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let best = runs.into_iter().reduce(|best, run| if run.log_likelihood > best.log_likelihood { run } else { best });
    best.ok_or(Error::NoRows)
}

fn run(points: &Points, labels: &[u32], k: usize, params: &Params) -> Mixture {
    let (rows, columns) = (points.rows(), points.columns());
    // A group of equal rows has no width, and its density no bound. A millionth of the mean variance is added to each.
    let floor = (points.variances().iter().sum::<f64>() / columns as f64 * 1e-6).max(1e-200);
    let middle = vec![points.means(); k];
    let mut groups = Sums::of_labels(points, labels, &middle).groups(&middle, params.shape, floor);
    let mut before = f64::NEG_INFINITY;
    let mut rounds = 0;
    let mut sums = Sums::of(points, &groups, params.shape);
    while rounds < params.most_rounds && sums.log_likelihood - before > params.tolerance * rows as f64 {
        before = sums.log_likelihood;
        rounds += 1;
        let means: Vec<Vec<f64>> = groups.iter().map(|group| group.mean.clone()).collect();
        let next = sums.groups(&means, params.shape, floor);
        let found = Sums::of(points, &next, params.shape);
        // Rounding, and what is added to the widths, can lower it at the very end.
        if found.log_likelihood < before {
            break;
        }
        (groups, sums) = (next, found);
    }
    let free = match params.shape {
        Shape::Diagonal => k * columns * 2 + k - 1,
        Shape::Full => k * columns + k * columns * (columns + 1) / 2 + k - 1,
    };
    Mixture {
        shares: groups.iter().map(|group| group.share).collect(),
        means: groups.iter().map(|group| group.mean.clone()).collect(),
        covariances: groups.iter().map(|group| group.covariance(columns)).collect(),
        labels: sums.labels,
        certainty: sums.certainty,
        log_likelihood: sums.log_likelihood,
        bic: free as f64 * (rows as f64).ln() - 2.0 * sums.log_likelihood,
        rounds,
    }
}

/// A normal distribution and its share.
struct Group {
    share: f64,
    mean: Vec<f64>,
    /// The lower factor of the covariance (Cholesky), row by row; of a diagonal one the deviations alone.
    factor: Vec<f64>,
    /// ln share - ln of the factor's determinant - columns / 2 x ln 2 pi.
    height: f64,
    shape: Shape,
}

impl Group {
    /// For eight rows the logarithm of share times density.
    #[inline(always)]
    fn log_density(&self, tile: &[f64], apart: &mut [[f64; LANES]]) -> [f64; LANES] {
        let mut squares = [0.0; LANES];
        for (column, lanes) in tile.as_chunks::<LANES>().0.iter().enumerate() {
            let mut solved = lanes.map(|value| value - self.mean[column]);
            let scale = match self.shape {
                Shape::Diagonal => self.factor[column],
                Shape::Full => {
                    let row = &self.factor[column * apart.len()..];
                    for (earlier, factor) in apart[..column].iter().zip(row) {
                        for lane in 0..LANES {
                            solved[lane] -= factor * earlier[lane];
                        }
                    }
                    row[column]
                }
            };
            for lane in 0..LANES {
                solved[lane] /= scale;
                squares[lane] += solved[lane] * solved[lane];
            }
            apart[column] = solved;
        }
        squares.map(|square| self.height - 0.5 * square)
    }

    fn covariance(&self, columns: usize) -> Vec<f64> {
        let mut covariance = vec![0.0; columns * columns];
        for one in 0..columns {
            for other in 0..columns {
                covariance[one * columns + other] = match self.shape {
                    Shape::Diagonal if one == other => self.factor[one] * self.factor[one],
                    Shape::Diagonal => 0.0,
                    Shape::Full => (0..=one.min(other)).map(|at| self.factor[one * columns + at] * self.factor[other * columns + at]).sum(),
                };
            }
        }
        covariance
    }
}

/// What one look at all rows gives: for each group the weight of its rows, and their first and second moments around the
/// mean it had.
struct Sums {
    weights: Vec<f64>,
    first: Vec<Vec<f64>>,
    second: Vec<Vec<f64>>,
    labels: Vec<u32>,
    certainty: Vec<f64>,
    log_likelihood: f64,
}

impl Sums {
    fn empty(k: usize, columns: usize, rows: usize) -> Sums {
        Sums {
            weights: vec![0.0; k],
            first: vec![vec![0.0; columns]; k],
            second: vec![vec![0.0; columns * columns]; k],
            labels: vec![0; rows],
            certainty: vec![1.0; rows],
            log_likelihood: 0.0,
        }
    }

    /// Each row wholly in its group.
    fn of_labels(points: &Points, labels: &[u32], means: &[Vec<f64>]) -> Sums {
        let mut sums = Sums::empty(means.len(), points.columns(), 0);
        for (row, label) in labels.iter().enumerate() {
            let group = *label as usize;
            let apart: Vec<f64> = points.row(row).iter().zip(&means[group]).map(|(value, mean)| value - mean).collect();
            sums.add(group, 1.0, &apart, Shape::Full);
        }
        sums
    }

    /// Each row in each group as likely as it is under the groups so far.
    fn of(points: &Points, groups: &[Group], shape: Shape) -> Sums {
        let pieces: Vec<Sums> = points
            .pieces()
            .enumerate()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(|(index, piece)| {
                let rows = (points.rows() - index * TILES_OF_PIECE * LANES).min(TILES_OF_PIECE * LANES);
                on_widest(
                    #[inline(always)]
                    || Sums::of_piece(piece, points.tile_length(), rows, groups, shape),
                )
            })
            .collect();
        let mut all = Sums::empty(groups.len(), points.columns(), 0);
        for piece in pieces {
            let add = |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            add(&mut all.weights, &piece.weights);
            all.first.iter_mut().zip(&piece.first).for_each(|(to, from)| add(to, from));
            all.second.iter_mut().zip(&piece.second).for_each(|(to, from)| add(to, from));
            all.labels.extend(piece.labels);
            all.certainty.extend(piece.certainty);
            all.log_likelihood += piece.log_likelihood;
        }
        all
    }

    #[inline(always)]
    fn of_piece(piece: &[f64], tile_length: usize, rows: usize, groups: &[Group], shape: Shape) -> Sums {
        let columns = tile_length / LANES;
        let mut sums = Sums::empty(groups.len(), columns, rows);
        let mut scratch = vec![[0.0; LANES]; columns];
        let mut densities = vec![[0.0; LANES]; groups.len()];
        let mut apart = vec![0.0; columns];
        for (index, tile) in piece.chunks_exact(tile_length).enumerate() {
            for (density, group) in densities.iter_mut().zip(groups) {
                *density = group.log_density(tile, &mut scratch);
            }
            for lane in 0..LANES.min(rows - index * LANES) {
                let mut best = 0;
                for group in 1..groups.len() {
                    if densities[group][lane] > densities[best][lane] {
                        best = group;
                    }
                }
                let top = densities[best][lane];
                let mut total = 0.0;
                for density in &mut densities {
                    // Of a group this far off, less than a rounding error would be added.
                    density[lane] = if density[lane] > top - 42.0 { (density[lane] - top).exp() } else { 0.0 };
                    total += density[lane];
                }
                sums.log_likelihood += top + total.ln();
                sums.labels[index * LANES + lane] = best as u32;
                sums.certainty[index * LANES + lane] = 1.0 / total;
                for (place, group) in groups.iter().enumerate() {
                    let weight = densities[place][lane] / total;
                    if weight > 0.0 {
                        for (column, lanes) in tile.as_chunks::<LANES>().0.iter().enumerate() {
                            apart[column] = lanes[lane] - group.mean[column];
                        }
                        sums.add(place, weight, &apart, shape);
                    }
                }
            }
        }
        sums
    }

    fn add(&mut self, group: usize, weight: f64, apart: &[f64], shape: Shape) {
        let columns = apart.len();
        self.weights[group] += weight;
        let (first, second) = (&mut self.first[group], &mut self.second[group]);
        for (one, value) in apart.iter().enumerate() {
            let weighted = weight * value;
            first[one] += weighted;
            match shape {
                Shape::Diagonal => second[one * columns + one] += weighted * value,
                Shape::Full => (0..=one).for_each(|other| second[one * columns + other] += weighted * apart[other]),
            }
        }
    }

    /// The likeliest groups of these weights; moments were taken around `means`.
    fn groups(&self, means: &[Vec<f64>], shape: Shape, floor: f64) -> Vec<Group> {
        let rows: f64 = self.weights.iter().sum();
        let columns = means.first().map_or(0, Vec::len);
        let of = |(place, before): (usize, &Vec<f64>)| {
            // A group that lost all rows keeps a breath of weight, so that its logarithm is finite.
            let weight = self.weights[place].max(1e-10);
            let shift: Vec<f64> = self.first[place].iter().map(|sum| sum / weight).collect();
            let entry = |one: usize, other: usize| {
                let diagonal = if one == other { floor } else { 0.0 };
                self.second[place][one * columns + other] / weight - shift[one] * shift[other] + diagonal
            };
            let factor = match shape {
                Shape::Diagonal => (0..columns).map(|column| entry(column, column).max(floor).sqrt()).collect(),
                Shape::Full => cholesky(columns, entry, floor),
            };
            let deviation = |column: usize| match shape {
                Shape::Diagonal => factor[column],
                Shape::Full => factor[column * columns + column],
            };
            let logs: f64 = (0..columns).map(|column| deviation(column).ln()).sum();
            let share = weight / rows;
            let height = share.ln() - logs - 0.5 * columns as f64 * std::f64::consts::TAU.ln();
            Group { share, mean: before.iter().zip(&shift).map(|(mean, shift)| mean + shift).collect(), factor, height, shape }
        };
        means.iter().enumerate().map(of).collect()
    }
}

/// The lower triangular factor of a symmetric matrix; a pivot that rounding brought below the floor is set to it.
fn cholesky(columns: usize, entry: impl Fn(usize, usize) -> f64, floor: f64) -> Vec<f64> {
    let mut factor = vec![0.0; columns * columns];
    for one in 0..columns {
        for other in 0..=one {
            let before: f64 = (0..other).map(|at| factor[one * columns + at] * factor[other * columns + at]).sum();
            let rest = entry(one, other) - before;
            factor[one * columns + other] = if one == other { rest.max(floor).sqrt() } else { rest / factor[other * columns + other] };
        }
    }
    factor
}
