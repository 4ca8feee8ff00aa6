//! Finding the top of a smooth hill: Newton's steps, damped where the hill is not yet round.
//!
//! Knows nothing of likelihoods. Every parameter may be held, and walks inside bounds: a hill without a top ends at a bound, and the
//! result says so.

/// A height with its slope and its curvature.
#[derive(Debug, Clone)]
pub(crate) struct Height<const N: usize> {
    pub value: f64,
    pub gradient: [f64; N],
    pub hessian: [[f64; N]; N],
}

impl<const N: usize> Height<N> {
    pub fn new() -> Self {
        Height { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] }
    }

    /// From derivatives by parameters to derivatives by their logarithms.
    pub fn in_logarithms(&mut self, values: &[f64; N]) {
        for i in 0..N {
            self.gradient[i] *= values[i];
            for j in 0..N {
                self.hessian[i][j] *= values[i] * values[j];
            }
            self.hessian[i][i] += self.gradient[i];
        }
    }

    /// Copies what was summed above the diagonal below it.
    pub fn mirror(&mut self) {
        for row in 1..N {
            for column in 0..row {
                self.hessian[row][column] = self.hessian[column][row];
            }
        }
    }
}

/// Where the climb ended.
#[derive(Debug, Clone)]
pub(crate) struct Top<const N: usize> {
    pub at: [f64; N],
    pub value: f64,
    /// The inverse of minus the curvature among the free parameters; zero elsewhere, and `None` where it is not positive.
    pub covariance: Option<[[f64; N]; N]>,
    /// A free parameter ended at a bound.
    pub at_bound: [bool; N],
    pub evaluations: usize,
}

/// How far a climb may go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Range<const N: usize> {
    pub low: [f64; N],
    pub high: [f64; N],
    /// Parameters that stay where they start.
    pub held: [bool; N],
}

/// A rise below this, in units of log-likelihood, is a millionth of a standard error.
const FLAT: f64 = 1e-11;
/// The longest step in a logarithm: a factor of seven and a half.
const LONGEST: f64 = 2.0;
const MOST_STEPS: usize = 200;

pub(crate) fn climb<const N: usize>(start: [f64; N], range: &Range<N>, mut height: impl FnMut(&[f64; N]) -> Height<N>) -> Top<N> {
    let mut at = start;
    let mut here = height(&at);
    let mut evaluations = 1;
    for _ in 0..MOST_STEPS {
        let free = free_here(&at, &here, range);
        let step = uphill(&here, &free);
        let rise: f64 = (0..N).map(|i| here.gradient[i] * step[i]).sum();
        if rise.is_nan() || rise < FLAT * (1.0 + here.value.abs() * 1e-6) {
            break;
        }
        let longest = step.iter().fold(0.0_f64, |most, part| most.max(part.abs()));
        let mut share = if longest > LONGEST { LONGEST / longest } else { 1.0 };
        let mut moved = false;
        for _ in 0..40 {
            let mut next = at;
            for i in 0..N {
                next[i] = (at[i] + share * step[i]).clamp(range.low[i], range.high[i]);
            }
            let there = height(&next);
            evaluations += 1;
            if there.value.is_finite() && there.value > here.value {
                (at, here, moved) = (next, there, true);
                break;
            }
            share *= 0.25;
        }
        if !moved {
            break;
        }
        // A step this small leaves an error of the square of it.
        if rise < 1e-7 && share == 1.0 {
            break;
        }
    }
    let mut free = [false; N];
    let mut at_bound = [false; N];
    for i in 0..N {
        free[i] = !range.held[i];
        at_bound[i] = free[i] && (at[i] <= range.low[i] + 1e-9 || at[i] >= range.high[i] - 1e-9);
        free[i] &= !at_bound[i];
    }
    Top { at, value: here.value, covariance: inverse_of_minus(&here.hessian, &free), at_bound, evaluations }
}

/// Parameters that may move: not held, and not pushed against a bound.
fn free_here<const N: usize>(at: &[f64; N], here: &Height<N>, range: &Range<N>) -> [bool; N] {
    let mut free = [false; N];
    for i in 0..N {
        let below = at[i] <= range.low[i] && here.gradient[i] < 0.0;
        let above = at[i] >= range.high[i] && here.gradient[i] > 0.0;
        free[i] = !range.held[i] && !below && !above;
    }
    free
}

/// Newton's step where the hill is round, and a damped one, which still goes up, where it is not.
fn uphill<const N: usize>(here: &Height<N>, free: &[bool; N]) -> [f64; N] {
    let most = here.hessian.iter().map(|row| row.iter().map(|part| part.abs()).sum()).fold(0.0_f64, f64::max);
    let mut damping = 0.0;
    for _ in 0..60 {
        let mut round = here.hessian.map(|row| row.map(|part| -part));
        for (place, row) in round.iter_mut().enumerate() {
            row[place] += damping;
        }
        if let Some(lower) = cholesky(&round, free) {
            return solve(&lower, &here.gradient, free);
        }
        damping = if damping == 0.0 { most.max(1e-12) * 1e-4 } else { damping * 4.0 };
    }
    [0.0; N]
}

/// The lower factor among the free rows; `None` unless clearly positive.
fn cholesky<const N: usize>(matrix: &[[f64; N]; N], free: &[bool; N]) -> Option<[[f64; N]; N]> {
    let mut lower = [[0.0; N]; N];
    for row in 0..N {
        if !free[row] {
            lower[row][row] = 1.0;
            continue;
        }
        for column in 0..=row {
            if !free[column] {
                continue;
            }
            let known: f64 = lower[row][..column].iter().zip(&lower[column]).map(|(one, other)| one * other).sum();
            let rest = matrix[row][column] - known;
            if row == column {
                if rest.is_nan() || rest <= 1e-13 * matrix[row][row].abs() {
                    return None;
                }
                lower[row][row] = rest.sqrt();
            } else {
                lower[row][column] = rest / lower[column][column];
            }
        }
    }
    Some(lower)
}

fn solve<const N: usize>(lower: &[[f64; N]; N], right: &[f64; N], free: &[bool; N]) -> [f64; N] {
    let mut forward = [0.0; N];
    for row in 0..N {
        if free[row] {
            let known: f64 = (0..row).map(|k| lower[row][k] * forward[k]).sum();
            forward[row] = (right[row] - known) / lower[row][row];
        }
    }
    let mut back = [0.0; N];
    for row in (0..N).rev() {
        if free[row] {
            let known: f64 = (row + 1..N).map(|k| lower[k][row] * back[k]).sum();
            back[row] = (forward[row] - known) / lower[row][row];
        }
    }
    back
}

fn inverse_of_minus<const N: usize>(hessian: &[[f64; N]; N], free: &[bool; N]) -> Option<[[f64; N]; N]> {
    let round = hessian.map(|row| row.map(|part| -part));
    let lower = cholesky(&round, free)?;
    let mut inverse = [[0.0; N]; N];
    for column in 0..N {
        if free[column] {
            let mut unit = [0.0; N];
            unit[column] = 1.0;
            let solved = solve(&lower, &unit, free);
            for row in 0..=column {
                inverse[row][column] = solved[row];
                inverse[column][row] = solved[row];
            }
        }
    }
    Some(inverse)
}
