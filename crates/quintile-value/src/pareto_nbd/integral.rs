//! The one integral of the Pareto/NBD.
//!
//! The papers reach it with two hypergeometric functions whose difference is taken. It is the probability of what was seen if the customer
//! left between two times,
//!
//! ```text
//! ∫ (1 + t/α)^-k (1 + t/β)^-(s+1) s/β dt
//! ```
//!
//! whose integrand is positive, so that a quadrature loses nothing, and all derivatives come from the same nodes. In `u = ln(m + t)` with
//! `m` the smaller of `α` and `β` it is nearly an exponential function, and a few Gauss-Legendre nodes give it to the last digits.

use crate::special::{eight, sixteen};

/// The exponents and scales of the integrand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kernel {
    /// `r + x`.
    pub k: f64,
    pub alpha: f64,
    pub s: f64,
    pub beta: f64,
}

/// An end of the integral: a time with its two logarithms.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// `ln(1 + t/α)`.
    pub a: f64,
    /// `ln(1 + t/β)`.
    pub b: f64,
}

/// A node: where it lies, and its share of the integral over the value of `(1 + t/α)^-k (1 + t/β)^-s` at the lower end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub a: f64,
    pub b: f64,
    /// `1 / (α + t)`.
    pub of_alpha: f64,
    /// `1 / (β + t)`.
    pub of_beta: f64,
    pub share: f64,
}

/// Beyond a fall to e^-45 of the lower end nothing is left.
const NOTHING: f64 = 45.0;

impl Kernel {
    /// An end at a time.
    pub fn end(&self, time: f64) -> End {
        End { a: (time / self.alpha).ln_1p(), b: (time / self.beta).ln_1p() }
    }

    /// How far the logarithm of the integrand falls between two ends.
    pub fn fall(&self, from: &End, to: &End) -> f64 {
        self.k * (to.a - from.a) + self.s * (to.b - from.b)
    }

    /// The integral over the value at its lower end.
    pub fn over(&self, lower: &End, upper: &End) -> f64 {
        let mut sum = 0.0;
        self.visit(lower, upper, |node| sum += node.share);
        sum
    }

    /// Hands every node of the integral to `visit`.
    #[inline]
    pub fn visit(&self, lower: &End, upper: &End, mut visit: impl FnMut(&Node)) {
        // Along `u` one of the two logarithms is a straight line, the other bends upwards.
        let straight = self.alpha <= self.beta;
        let along = |end: &End| if straight { end.a } else { end.b };
        let mut upper = *upper;
        if self.fall(lower, &upper) > NOTHING {
            upper = self.cut(lower, &upper, straight);
        }
        let mut from = *lower;
        loop {
            let (width, fall) = (along(&upper) - along(&from), self.fall(&from, &upper));
            if width <= 0.0 {
                return;
            }
            if width <= 1.0 && fall <= 3.0 {
                return self.panel(eight(), lower, along(&from), width, straight, &mut visit);
            }
            if width <= 3.0 && fall <= 12.0 {
                return self.panel(sixteen(), lower, along(&from), width, straight, &mut visit);
            }
            // The fall bends downwards, so the first part falls less than its share of the width.
            let part = (width * 8.0 / fall).min(2.5).min(width);
            self.panel(sixteen(), lower, along(&from), part, straight, &mut visit);
            from = self.at(along(&from) + part, straight);
        }
    }

    /// The end at which the straight logarithm has a value.
    fn at(&self, along: f64, straight: bool) -> End {
        if straight {
            End { a: along, b: (self.alpha * along.exp_m1() / self.beta).ln_1p() }
        } else {
            End { a: (self.beta * along.exp_m1() / self.alpha).ln_1p(), b: along }
        }
    }

    /// An upper end where the integrand has fallen to about nothing.
    fn cut(&self, lower: &End, upper: &End, straight: bool) -> End {
        let (mut low, mut high) = if straight { (lower.a, upper.a) } else { (lower.b, upper.b) };
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            let fall = self.fall(lower, &self.at(middle, straight));
            if fall > NOTHING {
                high = middle;
                if fall < NOTHING + 5.0 {
                    break;
                }
            } else {
                low = middle;
            }
        }
        self.at(high, straight)
    }

    #[inline]
    fn panel<const N: usize>(
        &self,
        nodes: &[(f64, f64); N],
        lower: &End,
        from: f64,
        width: f64,
        straight: bool,
        visit: &mut impl FnMut(&Node),
    ) {
        for (x, weight) in nodes {
            let along = from + 0.5 * width * (1.0 + x);
            let grown = along.exp();
            let (a, b, of_alpha, of_beta, slope) = if straight {
                let b = (self.alpha * (grown - 1.0) / self.beta).ln_1p();
                let (of_alpha, of_beta) = (1.0 / (self.alpha * grown), 1.0 / (self.beta + self.alpha * (grown - 1.0)));
                (along, b, of_alpha, of_beta, self.s * self.alpha * grown * of_beta)
            } else {
                let a = (self.beta * (grown - 1.0) / self.alpha).ln_1p();
                let (of_alpha, of_beta) = (1.0 / (self.alpha + self.beta * (grown - 1.0)), 1.0 / (self.beta * grown));
                (a, along, of_alpha, of_beta, self.s)
            };
            let fall = self.k * (a - lower.a) + self.s * (b - lower.b);
            let share = 0.5 * width * weight * slope * (-fall).exp();
            visit(&Node { a, b, of_alpha, of_beta, share });
        }
    }
}
