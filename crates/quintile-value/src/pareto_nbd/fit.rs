//! Fitting the Pareto/NBD, and seeing when it has run into a simpler model.

use super::{Params, likelihood};
use crate::fit::{Errors, Fit, Limit, TooLittle, enough};
use crate::history::Histories;
use crate::newton::{Range, Top, climb};
use crate::statistics::Statistics;

/// With a shape this large the rates of leaving no longer differ between customers.
const ALIKE: f64 = 1e5;
/// With a shape below this they do.
const FAR: f64 = 300.0;
/// A likelihood this near that of a simpler model has run into it.
const SAME: f64 = 1e-3;

/// The parameters under which the histories are most likely.
///
/// Where the likelihood has no top, the limit it rises to is fitted and named. Under [`Limit::NobodyLeaves`] the parameters hold `s = 0`,
/// and the model is the NBD.
///
/// # Errors
/// Too few customers, or too few who bought again.
pub fn fit(histories: &Histories) -> Result<Fit<Params, 4>, TooLittle> {
    enough(histories)?;
    let statistics = Statistics::of(histories);
    let top = rise(&statistics, nearly(histories, &statistics).unwrap_or_else(|| start(&statistics)), false);
    let full = told(&statistics, &top, None, false);
    let [_, _, s, beta] = top.at.map(f64::exp);
    let nobody = crate::nbd::fit(histories)?;
    if nobody.log_likelihood > full.log_likelihood - SAME {
        return Ok(Fit {
            params: Params { r: nobody.params.r, alpha: nobody.params.alpha, s: 0.0, beta: 1.0 },
            log_likelihood: nobody.log_likelihood,
            errors: nobody.errors.map(|errors| errors.beside_others()),
            limit: Some(Limit::NobodyLeaves),
            customers: full.customers,
            evaluations: full.evaluations + nobody.evaluations,
        });
    }
    if s < FAR && s > 1e-4 {
        return Ok(full);
    }
    let mut from = top.at;
    from[2] = ALIKE.ln();
    from[3] = (beta / s).ln() + from[2];
    let alike = rise(&statistics, from, true);
    if statistics.in_units(alike.value) > full.log_likelihood - SAME {
        let rate = (alike.at[2] - alike.at[3]).exp() * statistics.unit;
        return Ok(told(&statistics, &alike, Some(Limit::SameDropoutRate { rate }), true));
    }
    let limit = (s < 1e-4 && beta < 1e-2).then_some(Limit::AtOnceOrNever);
    Ok(Fit { limit, ..full })
}

/// Fits again near parameters that are known, for a resampled population.
pub(crate) fn fit_from(histories: &Histories, params: &Params, same_rate: bool) -> Params {
    let statistics = Statistics::of(histories);
    let from = [params.r, params.alpha * statistics.unit, params.s, params.beta * statistics.unit].map(f64::ln);
    told(&statistics, &rise(&statistics, from, same_rate), None, same_rate).params
}

/// More rows than this are first climbed with one in [`STEP`].
const MANY_ROWS: usize = 50_000;
const STEP: usize = 16;

/// Where the top of a part of the rows is; each look at all of them costs as much as sixteen at that. `None` of few rows, or where the part
/// has no top.
fn nearly(histories: &Histories, statistics: &Statistics<'_>) -> Option<[f64; 4]> {
    if histories.distinct() < MANY_ROWS {
        return None;
    }
    let some = histories.thinned(STEP);
    let part = Statistics::of(&some);
    let mut top = rise(&part, start(&part), false);
    let other_unit = (statistics.unit / part.unit).ln();
    top.at[1] += other_unit;
    top.at[3] += other_unit;
    (top.covariance.is_some() && !top.at_bound.contains(&true)).then_some(top.at)
}

fn start(statistics: &Statistics<'_>) -> [f64; 4] {
    let time: f64 = statistics.by_age.iter().map(|(age, customers, _)| customers * *age as f64 * statistics.scale).sum();
    let r: f64 = 0.6;
    [r.ln(), (r * (time + 1e-9) / statistics.purchases.max(1e-9)).ln().clamp(-8.0, 8.0), (0.6_f64).ln(), 5.0_f64.ln()]
}

fn rise(statistics: &Statistics<'_>, start: [f64; 4], same_rate: bool) -> Top<4> {
    let range = Range { low: [-14.0, -18.0, -14.0, -18.0], high: [11.5, 16.0, 11.6, 21.0], held: [false, false, same_rate, false] };
    climb(start, &range, |at| {
        let [r, alpha, s, beta] = at.map(f64::exp);
        likelihood::height(&Params { r, alpha, s, beta }, statistics)
    })
}

fn told(statistics: &Statistics<'_>, top: &Top<4>, limit: Option<Limit>, same_rate: bool) -> Fit<Params, 4> {
    let [r, alpha, s, beta] = top.at.map(f64::exp);
    let params = Params { r, alpha: alpha / statistics.unit, s, beta: beta / statistics.unit };
    let mut estimated = top.at_bound.map(|at| !at);
    estimated[2] &= !same_rate;
    let limit = limit.or((r > 1e4).then_some(Limit::SameRate { rate: params.r / params.alpha }));
    Fit {
        params,
        log_likelihood: statistics.in_units(top.value),
        errors: top
            .covariance
            .map(|covariance| Errors::of_logarithms(covariance, &[params.r, params.alpha, params.s, params.beta], estimated)),
        limit,
        customers: statistics.customers.round() as usize,
        evaluations: top.evaluations,
    }
}
