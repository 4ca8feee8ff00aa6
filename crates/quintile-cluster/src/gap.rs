//! Is there more structure than in points thrown at random? (Tibshirani, Walther, Hastie, "Estimating the number of
//! clusters in a data set via the gap statistic", 2001.)
//!
//! The gap of k is how far the logarithm of the inertia lies below that of points spread evenly over the same box, whose
//! sides lie along the principal axes (their section 3, way b), so that columns that go together are no structure yet.

use crate::chance::Chance;
use crate::k_means::{self, Params};
use crate::{Error, Points};
use rayon::prelude::*;

/// How random points are thrown.
#[derive(Debug, Clone, PartialEq)]
pub struct References {
    /// How many tables of them.
    pub tables: usize,
    /// Starts of each grouping.
    pub starts: usize,
    /// Where chance begins.
    pub seed: u64,
    /// Sides of the box along the principal axes, or along the columns?
    pub along: Along,
}

/// Along what the sides of the box of random points lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The columns as they are.
    Columns,
    /// The directions of most spread, each at right angles to those before.
    PrincipalAxes,
}

/// The gap of one k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Groups.
    pub k: usize,
    /// Mean logarithm of the inertia of random points, less that of the points.
    pub gap: f64,
    /// Its standard error, with that of the simulation.
    pub error: f64,
    /// How much larger it is than the gap of the first k asked for.
    pub gain: f64,
    /// The standard error of that. Both gaps are of the same random points, so it is less than those of the two together.
    pub gain_error: f64,
}

/// The gap of each of these k.
pub fn gaps(points: &Points, ks: &[usize], references: &References) -> Result<Vec<Gap>, Error> {
    let inertias = |points: &Points, seed: u64| -> Result<Vec<f64>, Error> {
        let fit = |k: &usize| k_means::fit(points, &Params { starts: references.starts, exchange: 0, ..Params::new(*k, seed) });
        ks.iter().map(|k| Ok(fit(k)?.inertia)).collect()
    };
    let own = inertias(points, references.seed)?;
    let throw = Box::of(points, references.along);
    let tables = references.tables.max(2);
    let thrown: Vec<Vec<f64>> = (0..tables as u64)
        .into_par_iter()
        .map(|table| {
            let mut chance = Chance::of_part(references.seed, table + 1);
            inertias(&throw.points(points.rows(), &mut chance)?, chance.bits())
        })
        .collect::<Result<_, Error>>()?;
    // Points that lie on their means have no logarithm of an inertia; the smallest number stands for it.
    let logarithm = |inertia: f64| inertia.max(f64::MIN_POSITIVE).ln();
    let spread = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / tables as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / tables as f64;
        (mean, (variance * (1.0 + 1.0 / tables as f64)).sqrt())
    };
    let gap = |(place, k): (usize, &usize)| {
        let (mean, error) = spread(thrown.iter().map(|table| logarithm(table[place])).collect());
        let (apart, gain_error) = spread(thrown.iter().map(|table| logarithm(table[place]) - logarithm(table[0])).collect());
        Gap { k: *k, gap: mean - logarithm(own[place]), error, gain: apart - (logarithm(own[place]) - logarithm(own[0])), gain_error }
    };
    Ok(ks.iter().enumerate().map(gap).collect())
}

/// Where random points fall.
struct Box {
    means: Vec<f64>,
    /// Directions of the sides.
    axes: Vec<Vec<f64>>,
    /// From where to where along each.
    sides: Vec<(f64, f64)>,
}

impl Box {
    fn of(points: &Points, along: Along) -> Box {
        let columns = points.columns();
        let means = points.means();
        let axes = match along {
            Along::Columns => (0..columns).map(|axis| (0..columns).map(|column| f64::from(u8::from(column == axis))).collect()).collect(),
            Along::PrincipalAxes => principal_axes(points, &means),
        };
        let mut sides = vec![(f64::INFINITY, f64::NEG_INFINITY); columns];
        for row in 0..points.rows() {
            for (axis, (low, high)) in axes.iter().zip(&mut sides) {
                let along = axis.iter().enumerate().map(|(column, part)| part * (points.value(row, column) - means[column])).sum::<f64>();
                (*low, *high) = (low.min(along), high.max(along));
            }
        }
        Box { means, axes, sides }
    }

    fn points(&self, rows: usize, chance: &mut Chance) -> Result<Points, Error> {
        let mut values = Vec::with_capacity(rows * self.means.len());
        for _ in 0..rows {
            let along: Vec<f64> = self.sides.iter().map(|(low, high)| low + (high - low) * chance.share()).collect();
            let of = |column: usize| self.axes.iter().zip(&along).map(|(axis, along)| axis[column] * along).sum::<f64>();
            values.extend((0..self.means.len()).map(|column| self.means[column] + of(column)));
        }
        Points::from_rows(&values, self.means.len())
    }
}

/// The eigenvectors of the covariance, by Jacobi's rotations (1846): for a dozen columns the simplest that is exact.
fn principal_axes(points: &Points, means: &[f64]) -> Vec<Vec<f64>> {
    let columns = means.len();
    let mut matrix = vec![vec![0.0; columns]; columns];
    for row in 0..points.rows() {
        let apart: Vec<f64> = points.row(row).iter().zip(means).map(|(value, mean)| value - mean).collect();
        for one in 0..columns {
            for other in 0..columns {
                matrix[one][other] += apart[one] * apart[other] / points.rows() as f64;
            }
        }
    }
    // Row by row a direction; they begin as the columns and are turned with the matrix.
    let mut axes: Vec<Vec<f64>> =
        (0..columns).map(|axis| (0..columns).map(|column| f64::from(u8::from(column == axis))).collect()).collect();
    for _ in 0..60 {
        let beside: f64 =
            (0..columns).flat_map(|one| (0..one).map(move |other| (one, other))).map(|(one, other)| matrix[one][other].abs()).sum();
        let along: f64 = (0..columns).map(|one| matrix[one][one].abs()).sum();
        if beside <= 1e-14 * along {
            break;
        }
        for p in 0..columns {
            for q in p + 1..columns {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                // The angle that makes the entry vanish, in the stable form of Golub and Van Loan, 8.5.2.
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let c = 1.0 / t.hypot(1.0);
                let s = t * c;
                for row in &mut matrix {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                for column in 0..columns {
                    let (a, b) = (matrix[p][column], matrix[q][column]);
                    (matrix[p][column], matrix[q][column]) = (c * a - s * b, s * a + c * b);
                    let (a, b) = (axes[p][column], axes[q][column]);
                    (axes[p][column], axes[q][column]) = (c * a - s * b, s * a + c * b);
                }
            }
        }
    }
    axes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axes_are_at_right_angles_and_the_first_lies_along_a_line() {
        let mut chance = Chance::seeded(1);
        let values: Vec<f64> = (0..200)
            .flat_map(|_| {
                let along = chance.normal();
                [3.0 * along + 0.01 * chance.normal(), 4.0 * along + 0.01 * chance.normal(), 0.1 * chance.normal()]
            })
            .collect();
        let points = Points::from_rows(&values, 3).unwrap();
        let axes = principal_axes(&points, &points.means());
        for one in 0..3 {
            for other in 0..3 {
                let product: f64 = axes[one].iter().zip(&axes[other]).map(|(a, b)| a * b).sum();
                assert!((product - f64::from(u8::from(one == other))).abs() < 1e-12);
            }
        }
        assert!(axes.iter().any(|axis| (axis[0].abs() - 0.6).abs() < 0.01 && (axis[1].abs() - 0.8).abs() < 0.01), "{axes:?}");
    }
}
