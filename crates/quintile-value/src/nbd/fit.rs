//! Fitting the NBD.

use super::{Params, errors};
use crate::fit::{Fit, Limit, TooLittle, enough};
use crate::history::Histories;
use crate::newton::{Height, Range, Top, climb};
use crate::statistics::{Statistics, Ticks};

/// The parameters under which the histories are most likely, if nobody ever leaves.
///
/// # Errors
/// Too few customers, or too few who bought again.
pub fn fit(histories: &Histories) -> Result<Fit<Params, 2>, TooLittle> {
    enough(histories)?;
    let statistics = Statistics::of(histories);
    let r: f64 = 0.5;
    let time: f64 = statistics.by_age.iter().map(|(age, customers, _)| customers * *age as f64 * statistics.scale).sum();
    let start = [r.ln(), (r * (time + 1e-9) / statistics.purchases.max(1e-9)).ln().clamp(-8.0, 8.0)];
    let (top, params) = rise(&statistics, start);
    let limit = (params.r > 1e4).then_some(Limit::SameRate { rate: params.r / params.alpha });
    Ok(Fit {
        params,
        log_likelihood: statistics.in_units(top.value),
        errors: errors::of(&top, &params),
        limit,
        customers: statistics.customers.round() as usize,
        evaluations: top.evaluations,
    })
}

/// Fits again near parameters that are known, for a resampled population.
pub(crate) fn fit_from(histories: &Histories, params: &Params) -> Params {
    let statistics = Statistics::of(histories);
    rise(&statistics, [params.r.ln(), (params.alpha * statistics.unit).ln()]).1
}

fn rise(statistics: &Statistics<'_>, start: [f64; 2]) -> (Top<2>, Params) {
    let range = Range { low: [-14.0, -18.0], high: [11.5, 16.0], held: [false; 2] };
    let top = climb(start, &range, |at| {
        let [r, alpha] = at.map(f64::exp);
        let mut sum = height(r, alpha, statistics, &Ticks::of(alpha, statistics));
        sum.mirror();
        sum
    });
    let [r, alpha] = top.at.map(f64::exp);
    (top, Params { r, alpha: alpha / statistics.unit })
}

/// `Σ ln [Γ(r+x)/Γ(r) α^r (α+T)^-(r+x)]` in scaled time, with slope and upper half of the curvature in logarithms.
pub(crate) fn height(r: f64, alpha: f64, statistics: &Statistics<'_>, ticks: &Ticks) -> Height<2> {
    let mut sum = Height::new();
    let (rising, first, second) = statistics.rising(r);
    let (mut ln, mut inverse, mut weighed, mut squared, mut value) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (age, customers, purchases) in &statistics.by_age {
        let (of_ln, of_inverse) = (ticks.ln[*age], ticks.inverse[*age]);
        let k = r * customers + purchases;
        value += k * of_ln;
        ln += customers * of_ln;
        inverse += customers * of_inverse;
        weighed += k * of_inverse;
        squared += k * of_inverse * of_inverse;
    }
    let all = statistics.customers;
    sum.value = rising - statistics.purchases * alpha.ln() - value;
    sum.gradient[0] = r * (first - ln);
    sum.gradient[1] = all * r - alpha * weighed;
    sum.hessian[0][0] = sum.gradient[0] + r * r * second;
    sum.hessian[0][1] = r * all - r * alpha * inverse;
    sum.hessian[1][1] = -alpha * weighed + alpha * alpha * squared;
    sum
}
