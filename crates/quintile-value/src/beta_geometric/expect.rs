//! Expected purchases of a customer who has not left.
//!
//! The papers write this with the hypergeometric function 2F1, which overflows for frequent buyers, loses half its digits where `a` is
//! near 1, and has a pole where `a + b + x = 1`. None of this is in the quantity itself. The number `N` of purchases that would fall into
//! the time if nobody left is negative binomial, and purchase `j + 1` is made if `N > j` and the customer stayed after `j` chances to
//! leave:
//!
//! ```text
//! E = Σ_j P(N > j) (b)_j / (a + b)_j
//! ```
//!
//! Every term is positive, so nothing cancels. Where the sum would be long, the same quantity is an integral over the chance to leave,
//! `E[(1 - (1 + p τ)^-k) / p]`, by the trapezoidal rule in `ln(p / (1 - p))`, which converges geometrically.

/// `shape` is `r + x`, `relative_time` is `t / (alpha + T)`; the chance to leave is beta with `a` and `stayed`.
pub(super) fn purchases_if_alive(shape: f64, relative_time: f64, a: f64, stayed: f64) -> f64 {
    if relative_time <= 0.0 {
        return 0.0;
    }
    let mean = shape * relative_time;
    let terms = mean + 8.0 * (mean * (1.0 + relative_time)).sqrt() + 40.0 / (1.0 / relative_time).ln_1p();
    let ln_none = -shape * relative_time.ln_1p();
    if terms < MOST_TERMS && ln_none > LN_SMALLEST {
        by_sum(shape, relative_time, a, stayed, ln_none)
    } else {
        by_integral(shape, relative_time, a, stayed)
    }
}

/// Beyond this the integral is quicker.
const MOST_TERMS: f64 = 2000.0;
/// Near the smallest number that a double holds.
const LN_SMALLEST: f64 = -600.0;

fn by_sum(shape: f64, relative_time: f64, a: f64, stayed: f64, ln_none: f64) -> f64 {
    let ratio = relative_time / (1.0 + relative_time);
    let mut exactly = ln_none.exp();
    let mut more = -ln_none.exp_m1();
    let mut still = 1.0;
    let mut sum = 0.0;
    let mut j = 0.0;
    while j < MOST_TERMS {
        let term = more * still;
        sum += term;
        if term < 2e-16 * sum {
            break;
        }
        exactly *= ratio * (shape + j) / (j + 1.0);
        more -= exactly;
        still *= (stayed + j) / (a + stayed + j);
        j += 1.0;
    }
    sum
}

fn by_integral(shape: f64, relative_time: f64, a: f64, stayed: f64) -> f64 {
    // The density of the log odds is p^a (1 - p)^b up to a factor, which the same nodes give.
    let peak = (a / stayed).ln();
    let ln_density = |odds: f64| -a * softplus(-odds) - stayed * softplus(odds);
    let top = ln_density(peak);
    let weighed = |odds: f64| {
        let weight = (ln_density(odds) - top).exp();
        let p = crate::special::logistic(odds);
        let bought = -(-shape * (p * relative_time).ln_1p()).exp_m1();
        (weight, weight * if p > 0.0 { bought / p } else { shape * relative_time })
    };
    let deviation = (1.0 / a + 1.0 / stayed).sqrt();
    let step = (0.6 * deviation).min(0.25);
    let (mut weights, mut sum) = weighed(peak);
    for (direction, decay) in [(1.0, stayed), (-1.0, a)] {
        // Beyond 1 in e^45 both functions are at their limits, and the rest is a geometric series.
        let far = 45.0 + (1.0 + shape * relative_time).ln();
        let mut odds = peak;
        loop {
            odds += direction * step;
            let (weight, part) = weighed(odds);
            let rest = if odds * direction > far { 1.0 / -(-decay * step).exp_m1() } else { 1.0 };
            weights += weight * rest;
            sum += part * rest;
            if rest != 1.0 || (weight < 1e-18 * weights && part < 1e-18 * sum) {
                break;
            }
        }
    }
    sum / weights
}

/// `ln(1 + e^y)`.
pub(super) fn softplus(y: f64) -> f64 {
    if y > 0.0 { y + (-y).exp().ln_1p() } else { y.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_one_number() {
        for shape in [0.1, 0.24, 1.0, 3.2, 40.0, 900.0] {
            for relative_time in [1e-9, 0.01, 0.5, 2.0, 15.0] {
                for (a, stayed) in [(0.79, 2.4), (1.0, 1.0), (1e-5, 338.0), (65.0, 404.0), (0.02, 0.03), (3.0, 1000.0)] {
                    let ln_none = -shape * f64::ln_1p(relative_time);
                    if ln_none < LN_SMALLEST || shape * relative_time > 1000.0 {
                        continue;
                    }
                    let one = by_sum(shape, relative_time, a, stayed, ln_none);
                    let other = by_integral(shape, relative_time, a, stayed);
                    assert!((one - other).abs() <= 3e-13 * one, "{shape} {relative_time} {a} {stayed}: {one} {other}");
                }
            }
        }
    }
}
