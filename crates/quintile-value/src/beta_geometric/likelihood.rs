//! The log-likelihood in scaled time, with its slope and curvature in the logarithms of `r`, `alpha`, `a` and `b`.
//!
//! BG/NBD: Fader, Hardie & Lee (2005), eq. 6. MBG/NBD: Batislam, Denizel & Filiztekin (2007), eq. 9. Both are, with `c` chances to leave at
//! the first purchase (0 or 1),
//!
//! ```text
//! L = Γ(r+x)/Γ(r) α^r (α+T)^-(r+x) (b)_(x+c) / (a+b)_(x+c) [1 + a/(b+x+c-1) ((α+T)/(α+t_x))^(r+x)]
//! ```
//!
//! and for the BG/NBD the bracket is 1 where `x = 0`.

use super::{First, Shape};
use crate::newton::Height;
use crate::statistics::{Run, Statistics, Ticks, rising};

pub(super) fn height(shape: &Shape, statistics: &Statistics<'_>) -> Height<4> {
    let ticks = Ticks::of(shape.alpha, statistics);
    let mut sum = statistics.over_runs(|run| brackets(shape, run, statistics, &ticks));
    purchases(shape, statistics, &ticks, &mut sum);
    chances(shape, statistics, &mut sum);
    sum.mirror();
    sum
}

/// The part of `r` and `alpha` before the bracket: that of an NBD.
fn purchases(shape: &Shape, statistics: &Statistics<'_>, ticks: &Ticks, sum: &mut Height<4>) {
    let part = crate::nbd::height(shape.r, shape.alpha, statistics, ticks);
    sum.value += part.value;
    for i in 0..2 {
        sum.gradient[i] += part.gradient[i];
        for j in i..2 {
            sum.hessian[i][j] += part.hessian[i][j];
        }
    }
}

/// The part of `a` and `b` before the bracket.
fn chances(shape: &Shape, statistics: &Statistics<'_>, sum: &mut Height<4>) {
    let Shape { a, b, .. } = *shape;
    let with_first;
    let more_than = match shape.first {
        First::Stays => &statistics.more_than,
        First::MayLeave => {
            with_first = [&[statistics.customers], &statistics.more_than[..]].concat();
            &with_first
        }
    };
    let (stay, stay_first, stay_second) = rising(more_than, b);
    let (all, all_first, all_second) = rising(more_than, a + b);
    sum.value += stay - all;
    sum.gradient[2] -= a * all_first;
    sum.gradient[3] += b * (stay_first - all_first);
    sum.hessian[2][2] -= a * all_first + a * a * all_second;
    sum.hessian[2][3] -= a * b * all_second;
    sum.hessian[3][3] += b * (stay_first - all_first) + b * b * (stay_second - all_second);
}

/// A product is taken apart before it grows beyond this; its factors are at most 2.
const LARGE: f64 = 1e100;

/// The logarithm of the bracket over a piece of rows with equally many purchases.
fn brackets(shape: &Shape, run: &Run, statistics: &Statistics<'_>, ticks: &Ticks) -> Height<4> {
    let mut height = Height::new();
    let chances = run.again + shape.first.chances();
    if chances == 0 {
        return height;
    }
    let Shape { r, alpha, a, b, .. } = *shape;
    let k = r + f64::from(run.again);
    let inverse = 1.0 / (b + f64::from(chances) - 1.0);
    let base = (a * inverse).ln();
    // With y the logarithm of the second part of the bracket: p = y's share, and sums of p and p (1 - p) times the derivatives of y.
    let (mut value, mut product) = (0.0, 1.0_f64);
    let (mut p_, mut pu, mut pv, mut pw) = (0.0, 0.0, 0.0, 0.0);
    let (mut q_, mut qu, mut qv, mut quu, mut quv, mut qvv) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (row, weight) in statistics.rows[run.start..run.end].iter().zip(&statistics.weights[run.start..run.end]) {
        let (age, last) = (row.age as usize, row.last as usize);
        let u = ticks.ln[age] - ticks.ln[last];
        let (of_age, of_last) = (ticks.inverse[age], ticks.inverse[last]);
        let v = of_age - of_last;
        let w = of_last * of_last - of_age * of_age;
        let y = base + k * u;
        let small = (-y.abs()).exp();
        let grown = 1.0 + small;
        let inside = 1.0 / grown;
        value += weight * y.max(0.0);
        // Most rows are one customer; some dozens of them share a logarithm.
        if *weight == 1.0 {
            product *= grown;
            if product > LARGE {
                value += product.ln();
                product = 1.0;
            }
        } else {
            value += weight * grown.ln();
        }
        let p = weight * if y >= 0.0 { inside } else { small * inside };
        let q = weight * small * inside * inside;
        p_ += p;
        pu += p * u;
        pv += p * v;
        pw += p * w;
        q_ += q;
        qu += q * u;
        qv += q * v;
        quu += q * u * u;
        quv += q * u * v;
        qvv += q * v * v;
    }
    let (of_r, of_alpha, of_b) = (r, alpha * k, -b * inverse);
    height.value = value + product.ln();
    height.gradient = [of_r * pu, of_alpha * pv, p_, of_b * p_];
    let hessian = &mut height.hessian;
    hessian[0][0] = of_r * pu + of_r * of_r * quu;
    hessian[0][1] = r * alpha * pv + of_r * of_alpha * quv;
    hessian[0][2] = of_r * qu;
    hessian[0][3] = of_r * of_b * qu;
    hessian[1][1] = of_alpha * pv + of_alpha * alpha * pw + of_alpha * of_alpha * qvv;
    hessian[1][2] = of_alpha * qv;
    hessian[1][3] = of_alpha * of_b * qv;
    hessian[2][2] = q_;
    hessian[2][3] = of_b * q_;
    hessian[3][3] = (of_b + of_b * of_b) * p_ + of_b * of_b * q_;
    height
}
