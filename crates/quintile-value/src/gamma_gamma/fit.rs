//! Fitting the Gamma-Gamma model.
//!
//! Gamma functions depend on the number of purchases alone and are taken once for each; what is left of a customer is one logarithm and
//! one inverse, and several customers share a logarithm.

use super::{Params, Spending};
use crate::fit::{Errors, Fit, Limit, SPENDERS_NEEDED, TooLittle};
use crate::newton::{Height, Range, climb};
use crate::special::{digamma, ln_gamma, trigamma};
use rayon::prelude::*;

/// The parameters under which the spending is most likely.
///
/// # Errors
/// Too few customers who bought again for more than nothing.
pub fn fit(spending: &Spending) -> Result<Fit<Params, 3>, TooLittle> {
    let customers = spending.customers();
    if customers < SPENDERS_NEEDED {
        return Err(TooLittle::Spenders { found: customers, needed: SPENDERS_NEEDED });
    }
    let range = Range { low: [-9.0, -9.0, -14.0], high: [11.5, 11.5, 16.0], held: [false; 3] };
    let start = [2.0_f64.ln(), 4.0_f64.ln(), 1.5_f64.ln()];
    let top = climb(start, &range, |at| height(at.map(f64::exp), spending));
    let [p, q, gamma] = top.at.map(f64::exp);
    let params = Params { p, q, gamma: gamma * spending.scale };
    let limit = if q > 1e4 {
        Some(Limit::SameSpend)
    } else if p > 1e4 {
        Some(Limit::SteadySpend)
    } else {
        None
    };
    let errors = match (limit, top.covariance) {
        (None, Some(covariance)) => {
            Some(Errors::of_logarithms(covariance, &[params.p, params.q, params.gamma], top.at_bound.map(|at| !at)))
        }
        (None, None) | (Some(_), _) => None,
    };
    // The density of a mean is told in money, not in mean purchases.
    let log_likelihood = top.value - customers as f64 * spending.scale.ln();
    Ok(Fit { params, log_likelihood, errors, limit, customers, evaluations: top.evaluations })
}

/// Customers in one piece of a sum, whatever the number of threads.
const PIECE: usize = 8192;

/// `Σ ln(1 + s/γ)`, `Σ 1/(γ+s)` and `Σ 1/(γ+s)²` over totals.
fn sums(totals: &[f64], gamma: f64) -> [f64; 3] {
    let parts: Vec<[f64; 3]> = totals
        .par_chunks(PIECE)
        .map(|piece| {
            let (mut ln, mut inverse, mut squared) = (0.0, 0.0, 0.0);
            let scale = 1.0 / gamma;
            let mut fours = piece.chunks_exact(4);
            for four in &mut fours {
                // Amounts are far below 1e75 times the mean, so that the product of four is a number.
                let grown = [1.0 + four[0] * scale, 1.0 + four[1] * scale, 1.0 + four[2] * scale, 1.0 + four[3] * scale];
                let product = grown[0] * grown[1] * grown[2] * grown[3];
                ln += if product.is_finite() { product.ln() } else { grown.iter().map(|one| one.ln()).sum() };
                for one in grown {
                    let part = scale / one;
                    inverse += part;
                    squared += part * part;
                }
            }
            for total in fours.remainder() {
                let part = 1.0 / (gamma + total);
                ln += (total * scale).ln_1p();
                inverse += part;
                squared += part * part;
            }
            [ln, inverse, squared]
        })
        .collect();
    parts.iter().fold([0.0; 3], |sum, part| [sum[0] + part[0], sum[1] + part[1], sum[2] + part[2]])
}

/// Fader & Hardie (2013), eq. 1a, with slope and curvature in the logarithms of `p`, `q` and `gamma`.
fn height([p, q, gamma]: [f64; 3], spending: &Spending) -> Height<3> {
    let mut sum = Height::new();
    let (of_q, first_of_q, second_of_q) = (ln_gamma(q), digamma(q), trigamma(q));
    sum.value = (p * spending.logarithms.1) - spending.logarithms.0;
    sum.gradient[0] = spending.logarithms.1;
    for (again, place) in &spending.groups {
        let (x, count) = (f64::from(*again), place.len() as f64);
        let shape = p * x;
        let [ln, inverse, squared] = sums(&spending.totals[place.clone()], gamma);
        let (all, first_all, second_all) = (ln_gamma(shape + q), digamma(shape + q), trigamma(shape + q));
        let own = x.ln() - gamma.ln();
        sum.value += count * (all - ln_gamma(shape) - of_q + shape * own) - (shape + q) * ln;
        sum.gradient[0] += count * x * (first_all - digamma(shape) + own) - x * ln;
        sum.gradient[1] += count * (first_all - first_of_q) - ln;
        sum.gradient[2] += q * count / gamma - (shape + q) * inverse;
        sum.hessian[0][0] += count * x * x * (second_all - trigamma(shape));
        sum.hessian[0][1] += count * x * second_all;
        sum.hessian[0][2] -= x * inverse;
        sum.hessian[1][1] += count * (second_all - second_of_q);
        sum.hessian[1][2] += count / gamma - inverse;
        sum.hessian[2][2] += (shape + q) * squared - q * count / (gamma * gamma);
    }
    sum.mirror();
    sum.in_logarithms(&[p, q, gamma]);
    sum
}
