//! Fitting either model, and seeing when it has run into a simpler one.

use super::{First, Shape, likelihood};
use crate::fit::{Errors, Fit, Limit, TooLittle, enough};
use crate::history::Histories;
use crate::newton::{Range, Top, climb};
use crate::statistics::Statistics;

/// Which parameters a fit leaves where they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// None.
    Nothing,
    /// `b`, so large that everybody leaves with one probability.
    B,
}

/// With `a + b` this large the chances to leave no longer differ between customers.
const ALIKE: f64 = 1e6;
/// With `a + b` below this they do.
const FAR: f64 = 1e3;
/// A likelihood this near that of a simpler model has run into it.
const SAME: f64 = 1e-3;

pub(crate) fn fit(histories: &Histories, first: First) -> Result<Fit<Shape, 4>, TooLittle> {
    enough(histories)?;
    let statistics = Statistics::of(histories);
    let top = rise(&statistics, first, start(&statistics), Held::Nothing);
    let full = told(&statistics, first, &top, None, Held::Nothing);
    let [_, _, a, b] = top.at.map(f64::exp);
    let nobody = crate::nbd::fit(histories)?;
    if nobody.log_likelihood > full.log_likelihood - SAME {
        let params = Shape { r: nobody.params.r, alpha: nobody.params.alpha, a: 0.0, b: 1.0, first };
        let errors = nobody.errors.map(|errors| errors.beside_others());
        return Ok(Fit {
            params,
            log_likelihood: nobody.log_likelihood,
            errors,
            limit: Some(Limit::NobodyLeaves),
            customers: full.customers,
            evaluations: full.evaluations + nobody.evaluations,
        });
    }
    if a + b < FAR && a > 1e-4 {
        return Ok(full);
    }
    let mut from = top.at;
    from[3] = ALIKE.ln();
    from[2] = (a / b).ln() + from[3];
    let alike = rise(&statistics, first, from, Held::B);
    let probability = {
        let [_, _, a, b] = alike.at.map(f64::exp);
        a / (a + b)
    };
    if statistics.in_units(alike.value) > full.log_likelihood - SAME {
        return Ok(told(&statistics, first, &alike, Some(Limit::SameDropout { probability }), Held::B));
    }
    let limit = (a < 1e-4 && b < 1e-2).then_some(Limit::AtOnceOrNever);
    Ok(Fit { limit, ..full })
}

/// Fits again near parameters that are known, for a resampled population.
pub(crate) fn fit_from(histories: &Histories, shape: &Shape, held: Held) -> Shape {
    let statistics = Statistics::of(histories);
    let from = [shape.r, shape.alpha * statistics.unit, shape.a, shape.b].map(f64::ln);
    let top = rise(&statistics, shape.first, from, held);
    told(&statistics, shape.first, &top, None, held).params
}

/// Somewhere in the middle: the rate is the observed one, and one customer in four leaves.
fn start(statistics: &Statistics<'_>) -> [f64; 4] {
    let time: f64 = statistics.by_age.iter().map(|(age, customers, _)| customers * *age as f64 * statistics.scale).sum();
    let r: f64 = 0.5;
    [r.ln(), (r * (time + 1e-9) / statistics.purchases.max(1e-9)).ln().clamp(-8.0, 8.0), 0.0, 3.0_f64.ln()]
}

fn rise(statistics: &Statistics<'_>, first: First, start: [f64; 4], held: Held) -> Top<4> {
    let range = Range {
        low: [-14.0, -18.0, -14.0, -14.0],
        high: [11.5, 16.0, 14.5, 14.5],
        held: match held {
            Held::Nothing => [false; 4],
            Held::B => [false, false, false, true],
        },
    };
    climb(start, &range, |at| likelihood::height(&shape_at(at, first), statistics))
}

fn shape_at(at: &[f64; 4], first: First) -> Shape {
    let [r, alpha, a, b] = at.map(f64::exp);
    Shape { r, alpha, a, b, first }
}

fn told(statistics: &Statistics<'_>, first: First, top: &Top<4>, limit: Option<Limit>, held: Held) -> Fit<Shape, 4> {
    let mut params = shape_at(&top.at, first);
    params.alpha /= statistics.unit;
    let values = [params.r, params.alpha, params.a, params.b];
    let estimated = match held {
        Held::Nothing => top.at_bound.map(|at| !at),
        Held::B => [!top.at_bound[0], !top.at_bound[1], !top.at_bound[2], false],
    };
    let limit = limit.or((params.r > 1e4).then_some(Limit::SameRate { rate: params.r / params.alpha }));
    Fit {
        params,
        log_likelihood: statistics.in_units(top.value),
        errors: top.covariance.map(|covariance| Errors::of_logarithms(covariance, &values, estimated)),
        limit,
        customers: statistics.customers.round() as usize,
        evaluations: top.evaluations,
    }
}
