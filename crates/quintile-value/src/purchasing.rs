//! Any of the models of purchases, under one face.

use crate::bootstrap::Random;
use crate::fit::{Errors, Fit, Limit, TooLittle};
use crate::history::{Histories, History, Seen};
use crate::special::sixteen;
use crate::{bg_nbd, mbg_nbd, nbd, pareto_nbd};
use rayon::prelude::*;

/// Which model of purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelName {
    /// [`bg_nbd`].
    BgNbd,
    /// [`mbg_nbd`].
    MbgNbd,
    /// [`pareto_nbd`].
    ParetoNbd,
    /// [`nbd`].
    Nbd,
}

impl ModelName {
    /// All of them, the one to begin with first.
    pub const ALL: [ModelName; 4] = [ModelName::MbgNbd, ModelName::BgNbd, ModelName::ParetoNbd, ModelName::Nbd];

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            ModelName::BgNbd => "bg-nbd",
            ModelName::MbgNbd => "mbg-nbd",
            ModelName::ParetoNbd => "pareto-nbd",
            ModelName::Nbd => "nbd",
        }
    }

    /// The model of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.as_str() == name)
    }
}

/// A fitted model of purchases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Purchasing {
    /// BG/NBD.
    BgNbd(bg_nbd::Params),
    /// MBG/NBD.
    MbgNbd(mbg_nbd::Params),
    /// Pareto/NBD.
    ParetoNbd(pareto_nbd::Params),
    /// NBD.
    Nbd(nbd::Params),
}

/// A fit of any model, without the number of its parameters in the type.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The model with its parameters.
    pub model: Purchasing,
    /// The sum over customers of the log-likelihood.
    pub log_likelihood: f64,
    /// Standard errors in the order of the parameters; `None` for one that was not estimated.
    pub standard_errors: Vec<Option<f64>>,
    /// The covariance of the parameters, row by row; empty where it is not known.
    pub covariance: Vec<Vec<f64>>,
    /// The covariance of their logarithms.
    pub covariance_of_logarithms: Vec<Vec<f64>>,
    /// The simpler model the data are best described by, where there is one.
    pub limit: Option<Limit>,
    /// Customers fitted on.
    pub customers: usize,
    /// How often the likelihood was looked at.
    pub evaluations: usize,
}

/// What lies ahead, in units of the model's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ahead<const H: usize> {
    /// Expected purchases within each of these.
    pub horizons: [f64; H],
    /// The probability of none within this.
    pub silence: f64,
    /// Expected purchases within the first, each worth less by the second in a unit of time.
    pub discounted: Option<(f64, f64)>,
}

/// What to expect of customers with one history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast<const H: usize> {
    /// The probability of not having left for good.
    pub p_alive: f64,
    /// The probability of no purchase within [`Ahead::silence`].
    pub silent: f64,
    /// Expected purchases within each of [`Ahead::horizons`].
    pub expected: [f64; H],
    /// Discounted expected purchases; 0 where not asked for.
    pub discounted: f64,
}

impl Purchasing {
    /// Fits the model of a name.
    ///
    /// # Errors
    /// Too little data, and of what.
    pub fn fit(name: ModelName, histories: &Histories) -> Result<Fitted, TooLittle> {
        Ok(match name {
            ModelName::BgNbd => fitted(bg_nbd::fit(histories)?, Purchasing::BgNbd),
            ModelName::MbgNbd => fitted(mbg_nbd::fit(histories)?, Purchasing::MbgNbd),
            ModelName::ParetoNbd => fitted(pareto_nbd::fit(histories)?, Purchasing::ParetoNbd),
            ModelName::Nbd => fitted(nbd::fit(histories)?, Purchasing::Nbd),
        })
    }

    /// Fits the same model again near its parameters, for a resampled population.
    pub(crate) fn fit_again(&self, limit: Option<&Limit>, histories: &Histories) -> Self {
        let same_dropout = matches!(limit, Some(Limit::SameDropout { .. }));
        let same_rate = matches!(limit, Some(Limit::SameDropoutRate { .. }));
        if matches!(limit, Some(Limit::NobodyLeaves)) {
            return self.fit_again_without_leaving(histories);
        }
        match self {
            Purchasing::BgNbd(params) => Purchasing::BgNbd(bg_nbd::fit_from(histories, params, same_dropout)),
            Purchasing::MbgNbd(params) => Purchasing::MbgNbd(mbg_nbd::fit_from(histories, params, same_dropout)),
            Purchasing::ParetoNbd(params) => Purchasing::ParetoNbd(pareto_nbd::fit_from(histories, params, same_rate)),
            Purchasing::Nbd(params) => Purchasing::Nbd(nbd::fit_from(histories, params)),
        }
    }

    /// Only the rates of purchase are fitted; what says how customers leave stays as it is.
    fn fit_again_without_leaving(&self, histories: &Histories) -> Self {
        let again = |r: f64, alpha: f64| nbd::fit_from(histories, &nbd::Params { r, alpha });
        match *self {
            Purchasing::BgNbd(params) => {
                let nbd::Params { r, alpha } = again(params.r, params.alpha);
                Purchasing::BgNbd(bg_nbd::Params { r, alpha, ..params })
            }
            Purchasing::MbgNbd(params) => {
                let nbd::Params { r, alpha } = again(params.r, params.alpha);
                Purchasing::MbgNbd(mbg_nbd::Params { r, alpha, ..params })
            }
            Purchasing::ParetoNbd(params) => {
                let nbd::Params { r, alpha } = again(params.r, params.alpha);
                Purchasing::ParetoNbd(pareto_nbd::Params { r, alpha, ..params })
            }
            Purchasing::Nbd(params) => Purchasing::Nbd(again(params.r, params.alpha)),
        }
    }

    /// Which model it is.
    pub fn name(&self) -> ModelName {
        match self {
            Purchasing::BgNbd(_) => ModelName::BgNbd,
            Purchasing::MbgNbd(_) => ModelName::MbgNbd,
            Purchasing::ParetoNbd(_) => ModelName::ParetoNbd,
            Purchasing::Nbd(_) => ModelName::Nbd,
        }
    }

    /// The parameters by name, in order.
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match self {
            Purchasing::BgNbd(params) => params.named().to_vec(),
            Purchasing::MbgNbd(params) => params.named().to_vec(),
            Purchasing::ParetoNbd(params) => params.named().to_vec(),
            Purchasing::Nbd(params) => params.named().to_vec(),
        }
    }

    /// The model with parameters given in the order of [`Purchasing::parameters`]; `None` unless there are as many and all are finite.
    pub fn with_parameters(name: ModelName, values: &[f64]) -> Option<Self> {
        if values.iter().any(|value| !value.is_finite() || *value < 0.0) {
            return None;
        }
        match (name, values) {
            (ModelName::BgNbd, [r, alpha, a, b]) => Some(Purchasing::BgNbd(bg_nbd::Params { r: *r, alpha: *alpha, a: *a, b: *b })),
            (ModelName::MbgNbd, [r, alpha, a, b]) => Some(Purchasing::MbgNbd(mbg_nbd::Params { r: *r, alpha: *alpha, a: *a, b: *b })),
            (ModelName::ParetoNbd, [r, alpha, s, beta]) => {
                Some(Purchasing::ParetoNbd(pareto_nbd::Params { r: *r, alpha: *alpha, s: *s, beta: *beta }))
            }
            (ModelName::Nbd, [r, alpha]) => Some(Purchasing::Nbd(nbd::Params { r: *r, alpha: *alpha })),
            (ModelName::BgNbd | ModelName::MbgNbd | ModelName::ParetoNbd | ModelName::Nbd, _) => None,
        }
    }

    /// The log-likelihood of one customer, in the unit of the parameters.
    pub fn log_likelihood(&self, seen: &Seen) -> f64 {
        match self {
            Purchasing::BgNbd(params) => params.log_likelihood(seen),
            Purchasing::MbgNbd(params) => params.log_likelihood(seen),
            Purchasing::ParetoNbd(params) => params.log_likelihood(seen),
            Purchasing::Nbd(params) => params.log_likelihood(seen),
        }
    }

    /// The probability that the customer has not left for good.
    pub fn p_alive(&self, seen: &Seen) -> f64 {
        match self {
            Purchasing::BgNbd(params) => params.p_alive(seen),
            Purchasing::MbgNbd(params) => params.p_alive(seen),
            Purchasing::ParetoNbd(params) => params.p_alive(seen),
            Purchasing::Nbd(_) => 1.0,
        }
    }

    /// Expected purchases in the next `time` of a customer who has not left.
    pub fn expected_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        match self {
            Purchasing::BgNbd(params) => params.expected_if_alive(again, age, time),
            Purchasing::MbgNbd(params) => params.expected_if_alive(again, age, time),
            Purchasing::ParetoNbd(params) => params.expected_if_alive(again, age, time),
            Purchasing::Nbd(params) => params.expected_if_alive(again, age, time),
        }
    }

    /// The probability of no purchase in the next `time` of a customer who has not left.
    pub fn silent_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        match self {
            Purchasing::BgNbd(params) => params.silent_if_alive(again, age, time),
            Purchasing::MbgNbd(params) => params.silent_if_alive(again, age, time),
            Purchasing::ParetoNbd(params) => params.silent_if_alive(again, age, time),
            Purchasing::Nbd(params) => params.silent_if_alive(again, age, time),
        }
    }

    /// Expected purchases in the next `time`.
    pub fn expected(&self, seen: &Seen, time: f64) -> f64 {
        self.p_alive(seen) * self.expected_if_alive(seen.again, seen.age, time)
    }

    /// Expected purchases in the first `time` after a customer's first purchase.
    pub fn expected_of_new(&self, time: f64) -> f64 {
        self.expected(&Seen { again: 0.0, last: 0.0, age: 0.0 }, time)
    }

    /// The probability of no purchase in the next `time`: left already, or silent.
    pub fn silent(&self, seen: &Seen, time: f64) -> f64 {
        let p_alive = self.p_alive(seen);
        (1.0 - p_alive) + p_alive * self.silent_if_alive(seen.again, seen.age, time)
    }

    /// Expected purchases in the next `time`, each worth less by `rate` in a unit of time (continuously), of a customer who has not left.
    ///
    /// By parts: `∫ e^-ρt dE = e^-ρH E(H) + ρ ∫ e^-ρt E(t) dt`, with the last integral in `ln(1 + t)`.
    pub fn discounted_if_alive(&self, again: f64, age: f64, time: f64, rate: f64) -> f64 {
        let end = (-rate * time).exp() * self.expected_if_alive(again, age, time);
        let width = time.max(0.0).ln_1p();
        let inner: f64 = sixteen()
            .iter()
            .map(|(x, weight)| {
                let along = 0.5 * width * (1.0 + x);
                let at = along.exp_m1();
                0.5 * width * weight * (-rate * at).exp() * self.expected_if_alive(again, age, at) * (1.0 + at)
            })
            .sum();
        end + rate * inner
    }

    /// The time from a moment at which the customer had not left, by which so large a share of customers like this would have bought again
    /// if none left first; `None` where more than `most` passes.
    pub fn wait_if_alive(&self, again: f64, age: f64, share: f64, most: f64) -> Option<f64> {
        let (r, alpha) = self.rates();
        quiet_time(r + again, alpha + age, 1.0 - share).filter(|time| *time <= most)
    }

    /// The time by which the customer has bought again with the probability `chance`, leaving considered; `None` where it is longer than
    /// `most`, or where that chance is never reached.
    pub fn next_purchase(&self, seen: &Seen, chance: f64, most: f64) -> Option<f64> {
        let p_alive = self.p_alive(seen);
        match self {
            // Nobody leaves between purchases, so silence has a closed form: one who left, or who is silent though alive.
            Purchasing::BgNbd(_) | Purchasing::MbgNbd(_) | Purchasing::Nbd(_) => {
                let (r, alpha) = self.rates();
                quiet_time(r + seen.again, alpha + seen.age, 1.0 - chance / p_alive).filter(|time| *time <= most)
            }
            Purchasing::ParetoNbd(_) => within(most, |time| p_alive * (1.0 - self.silent_if_alive(seen.again, seen.age, time)) >= chance),
        }
    }

    /// The shape of the rates of purchase and the rate of their distribution.
    fn rates(&self) -> (f64, f64) {
        match self {
            Purchasing::BgNbd(bg_nbd::Params { r, alpha, .. })
            | Purchasing::MbgNbd(mbg_nbd::Params { r, alpha, .. })
            | Purchasing::ParetoNbd(pareto_nbd::Params { r, alpha, .. })
            | Purchasing::Nbd(nbd::Params { r, alpha }) => (*r, *alpha),
        }
    }

    /// Purchases in the next `time`, drawn once: the customer's own rate and readiness to leave first, then the purchases.
    pub fn draw(&self, seen: &Seen, time: f64, random: &mut Random) -> u32 {
        if random.uniform() >= self.p_alive(seen) {
            return 0;
        }
        let (r, alpha) = self.rates();
        let rate = random.gamma(r + seen.again) / (alpha + seen.age);
        let (mut leave, mut end) = (0.0, time);
        match self {
            Purchasing::BgNbd(params) if params.a > 0.0 => leave = random.beta(params.a, params.b + seen.again),
            Purchasing::MbgNbd(params) if params.a > 0.0 => leave = random.beta(params.a, params.b + seen.again + 1.0),
            Purchasing::ParetoNbd(params) if params.s > 0.0 => {
                end = end.min(random.exponential() / (random.gamma(params.s) / (params.beta + seen.age)));
            }
            Purchasing::BgNbd(_) | Purchasing::MbgNbd(_) | Purchasing::ParetoNbd(_) | Purchasing::Nbd(_) => {}
        }
        let (mut at, mut count) = (random.exponential() / rate, 0);
        while at <= end && count < MOST_DRAWN {
            count += 1;
            if random.uniform() < leave {
                break;
            }
            at += random.exponential() / rate;
        }
        count
    }

    /// What to expect of every distinct history, in the order of [`Histories::rows`].
    pub fn forecast<const H: usize>(&self, histories: &Histories, ahead: &Ahead<H>) -> Vec<Forecast<H>> {
        histories
            .rows()
            .par_chunks(PIECE)
            .flat_map_iter(|rows| {
                let mut before: Option<(History, f64, [f64; H], f64)> = None;
                rows.iter().map(move |row| {
                    let seen = histories.seen(row);
                    let (silent, expected, discounted) = match before {
                        Some((last, silent, expected, discounted)) if (last.again, last.age) == (row.again, row.age) => {
                            (silent, expected, discounted)
                        }
                        Some(_) | None => {
                            let silent = self.silent_if_alive(seen.again, seen.age, ahead.silence);
                            let expected = ahead.horizons.map(|time| self.expected_if_alive(seen.again, seen.age, time));
                            let discounted =
                                ahead.discounted.map_or(0.0, |(time, rate)| self.discounted_if_alive(seen.again, seen.age, time, rate));
                            before = Some((*row, silent, expected, discounted));
                            (silent, expected, discounted)
                        }
                    };
                    let p_alive = self.p_alive(&seen);
                    Forecast {
                        p_alive,
                        silent: (1.0 - p_alive) + p_alive * silent,
                        expected: expected.map(|expected| p_alive * expected),
                        discounted: p_alive * discounted,
                    }
                })
            })
            .collect()
    }
}

/// Purchases drawn for one customer, at most.
const MOST_DRAWN: u32 = 100_000;

/// Rows in one piece of work.
const PIECE: usize = 8192;

/// The time after which a customer whose rate is gamma distributed has been silent with a probability; `None` where that is never.
fn quiet_time(shape: f64, scale: f64, silent: f64) -> Option<f64> {
    (silent > 0.0).then(|| scale * (-silent.ln() / shape).exp_m1()).filter(|time| time.is_finite() && *time >= 0.0)
}

/// The first time at which something holds that goes on to hold, to a hundred thousandth of the longest: half an hour of five years.
fn within(most: f64, holds: impl Fn(f64) -> bool) -> Option<f64> {
    if !most.is_finite() || most <= 0.0 || !holds(most) {
        return None;
    }
    let (mut low, mut high) = (0.0, most);
    while high - low > 1e-5 * most {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn fitted<P, const N: usize>(fit: Fit<P, N>, model: impl Fn(P) -> Purchasing) -> Fitted {
    let rows = |matrix: &[[f64; N]; N]| matrix.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let errors: Option<&Errors<N>> = fit.errors.as_ref();
    Fitted {
        log_likelihood: fit.log_likelihood,
        standard_errors: (0..N).map(|parameter| errors.and_then(|errors| errors.standard_error(parameter))).collect(),
        covariance: errors.map_or_else(Vec::new, |errors| rows(&errors.covariance)),
        covariance_of_logarithms: errors.map_or_else(Vec::new, |errors| rows(&errors.covariance_of_logarithms)),
        limit: fit.limit,
        customers: fit.customers,
        evaluations: fit.evaluations,
        model: model(fit.params),
    }
}
