//! The log-likelihood in scaled time, with its slope and curvature in the logarithms of `r`, `alpha`, `s` and `beta`.
//!
//! Fader & Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions", as a sum of what was seen with the customer
//! alive at the end, and the integral over the time of leaving:
//!
//! ```text
//! L = Γ(r+x)/Γ(r) α^-x [ (1+T/α)^-(r+x) (1+T/β)^-s + ∫_tx^T (1+t/α)^-(r+x) (1+t/β)^-(s+1) s/β dt ]
//! ```

use super::Params;
use super::integral::{End, Kernel, Node};
use crate::newton::Height;
use crate::statistics::{Run, Statistics, Ticks};

pub(super) fn height(params: &Params, statistics: &Statistics<'_>) -> Height<4> {
    let of_alpha = Ticks::of(params.alpha, statistics);
    let of_beta = Ticks::of(params.beta, statistics);
    let mut sum = statistics.over_runs(|run| brackets(params, run, statistics, &of_alpha, &of_beta));
    let (rising, first, second) = statistics.rising(params.r);
    sum.value += rising - statistics.purchases * params.alpha.ln();
    sum.gradient[0] += first;
    sum.hessian[0][0] += second;
    sum.mirror();
    sum.in_logarithms(&[params.r, params.alpha, params.s, params.beta]);
    sum
}

/// Sums over the nodes of one row, weighed by their shares: of the slopes of the logarithm, of their products, and of second derivatives.
#[derive(Default)]
struct Moments {
    whole: f64,
    slope: [f64; 4],
    product: [f64; 10],
    second: [f64; 5],
}

impl Moments {
    /// `leaving` is 1 for a node of the integral and 0 for the customer who stayed.
    #[inline]
    fn add(&mut self, params: &Params, kernel: &Kernel, node: &Node, leaving: f64) {
        let Params { r, alpha, s, beta } = *params;
        let hazard = s + leaving;
        let slope = [-node.a, r / alpha - kernel.k * node.of_alpha, leaving / s - node.b, s / beta - hazard * node.of_beta];
        let second = [
            1.0 / alpha - node.of_alpha,
            kernel.k * node.of_alpha * node.of_alpha - r / (alpha * alpha),
            -leaving / (s * s),
            1.0 / beta - node.of_beta,
            hazard * node.of_beta * node.of_beta - s / (beta * beta),
        ];
        let share = node.share;
        self.whole += share;
        let weighed = slope.map(|part| part * share);
        for (sum, part) in self.slope.iter_mut().zip(weighed) {
            *sum += part;
        }
        let mut place = 0;
        for i in 0..4 {
            for other in &slope[i..] {
                self.product[place] += weighed[i] * other;
                place += 1;
            }
        }
        for (sum, part) in self.second.iter_mut().zip(second) {
            *sum += share * part;
        }
    }

    /// Adds the row to the sum over rows: the mean of slopes, and the mean of curvatures plus the covariance of slopes.
    fn settle(&self, weight: f64, height: &mut Height<4>) {
        let share = weight / self.whole;
        for i in 0..4 {
            height.gradient[i] += share * self.slope[i];
        }
        let mut place = 0;
        for i in 0..4 {
            for j in i..4 {
                height.hessian[i][j] += share * (self.product[place] - self.slope[i] * self.slope[j] / self.whole);
                place += 1;
            }
        }
        height.hessian[0][1] += share * self.second[0];
        height.hessian[1][1] += share * self.second[1];
        height.hessian[2][2] += share * self.second[2];
        height.hessian[2][3] += share * self.second[3];
        height.hessian[3][3] += share * self.second[4];
    }
}

fn brackets(params: &Params, run: &Run, statistics: &Statistics<'_>, of_alpha: &Ticks, of_beta: &Ticks) -> Height<4> {
    let mut height = Height::new();
    let kernel = Kernel { k: params.r + f64::from(run.again), alpha: params.alpha, s: params.s, beta: params.beta };
    for (row, weight) in statistics.rows[run.start..run.end].iter().zip(&statistics.weights[run.start..run.end]) {
        let (age, last) = (row.age as usize, row.last as usize);
        let lower = End { a: of_alpha.ln[last], b: of_beta.ln[last] };
        let upper = End { a: of_alpha.ln[age], b: of_beta.ln[age] };
        let stayed = Node {
            a: upper.a,
            b: upper.b,
            of_alpha: of_alpha.inverse[age],
            of_beta: of_beta.inverse[age],
            share: (-kernel.fall(&lower, &upper)).exp(),
        };
        let mut moments = Moments::default();
        moments.add(params, &kernel, &stayed, 0.0);
        kernel.visit(&lower, &upper, |node| moments.add(params, &kernel, node, 1.0));
        height.value += weight * (moments.whole.ln() - kernel.k * lower.a - kernel.s * lower.b);
        moments.settle(*weight, &mut height);
    }
    height
}
