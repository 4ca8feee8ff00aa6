//! What every fit hands back: parameters, how likely they make the data, how sure they are, and what was wrong with the question.

use crate::history::Histories;

/// A model with the parameters under which the data are most likely.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<P, const N: usize> {
    /// The parameters, in the unit of time of the histories.
    pub params: P,
    /// The sum over customers of the log-likelihood, in that unit.
    pub log_likelihood: f64,
    /// How sure the parameters are; `None` where the curvature at the top does not say.
    pub errors: Option<Errors<N>>,
    /// The model that the data are best described by, where that is not the one asked for.
    pub limit: Option<Limit>,
    /// Customers fitted on.
    pub customers: usize,
    /// How often the likelihood was looked at.
    pub evaluations: usize,
}

/// The covariance of estimated parameters, from the curvature of the log-likelihood at its top.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors<const N: usize> {
    /// Whether a parameter was estimated; one that a limit fixes was not, and has no error.
    pub estimated: [bool; N],
    /// Of the parameters themselves; zero beside one that was not estimated.
    pub covariance: [[f64; N]; N],
    /// Of their logarithms, in which they are nearer to normal.
    pub covariance_of_logarithms: [[f64; N]; N],
}

impl<const N: usize> Errors<N> {
    /// The standard error of a parameter.
    pub fn standard_error(&self, parameter: usize) -> Option<f64> {
        (parameter < N && self.estimated[parameter]).then(|| self.covariance[parameter][parameter].sqrt())
    }

    /// Bounds within which a parameter lies with the given number of standard errors (1.96 for 95%), symmetric in its logarithm.
    pub fn bounds(&self, parameter: usize, value: f64, deviations: f64) -> Option<(f64, f64)> {
        if parameter >= N || !self.estimated[parameter] {
            return None;
        }
        let wide = (deviations * self.covariance_of_logarithms[parameter][parameter].sqrt()).exp();
        Some((value / wide, value * wide))
    }

    /// From the covariance of logarithms: the error of a parameter is its value times that of its logarithm, and the same on both sides of
    /// a covariance, which makes it symmetric.
    pub(crate) fn of_logarithms(logarithms: [[f64; N]; N], values: &[f64; N], estimated: [bool; N]) -> Self {
        let mut covariance = [[0.0; N]; N];
        for row in 0..N {
            for column in 0..N {
                covariance[row][column] = values[row] * values[column] * logarithms[row][column];
            }
        }
        Errors { estimated, covariance, covariance_of_logarithms: logarithms }
    }
}

impl Errors<2> {
    /// The errors of two parameters, beside two that were not estimated.
    pub(crate) fn beside_others(&self) -> Errors<4> {
        let square = |small: &[[f64; 2]; 2]| {
            let mut large = [[0.0; 4]; 4];
            for i in 0..2 {
                large[i][..2].copy_from_slice(&small[i]);
            }
            large
        };
        Errors {
            estimated: [self.estimated[0], self.estimated[1], false, false],
            covariance: square(&self.covariance),
            covariance_of_logarithms: square(&self.covariance_of_logarithms),
        }
    }
}

/// A simpler model into which the one asked for has run: its likelihood rises without end towards this one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// Nobody ever leaves. P(alive) is 1 for everybody and says nothing.
    NobodyLeaves,
    /// After each purchase everybody leaves with the same probability.
    SameDropout {
        /// That probability.
        probability: f64,
    },
    /// Everybody leaves at the same rate.
    SameDropoutRate {
        /// That rate, in one unit of time.
        rate: f64,
    },
    /// Everybody buys at the same rate while alive.
    SameRate {
        /// That rate, in one unit of time.
        rate: f64,
    },
    /// Whatever makes people leave either takes them at the first chance or never.
    AtOnceOrNever,
    /// Everybody's purchases are worth the same in the long run.
    SameSpend,
    /// Each customer spends the same at every purchase.
    SteadySpend,
}

impl Limit {
    /// Whether P(alive) tells customers apart.
    pub fn alive_says_nothing(&self) -> bool {
        matches!(self, Limit::NobodyLeaves)
    }

    /// A short name for files.
    pub fn name(&self) -> &'static str {
        match self {
            Limit::NobodyLeaves => "nobody_leaves",
            Limit::SameDropout { .. } => "same_dropout",
            Limit::SameDropoutRate { .. } => "same_dropout_rate",
            Limit::SameRate { .. } => "same_rate",
            Limit::AtOnceOrNever => "at_once_or_never",
            Limit::SameSpend => "same_spend",
            Limit::SteadySpend => "steady_spend",
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Limit::NobodyLeaves => f.write_str(
                "the data show no sign that customers ever leave for good: the best fit is the NBD, in which everybody stays and only buys \
                 more or less often. P(alive) would be 1 for everybody and is not shown",
            ),
            Limit::SameDropout { probability } => write!(
                f,
                "the data do not tell customers apart in how readily they leave: the best fit is one probability of leaving after a \
                 purchase, {probability:.4}, for everybody"
            ),
            Limit::SameDropoutRate { rate } => write!(
                f,
                "the data do not tell customers apart in how readily they leave: the best fit is one rate of leaving, {rate:.6} in a unit \
                 of time, for everybody"
            ),
            Limit::SameRate { rate } => write!(
                f,
                "the data do not tell customers apart in how often they buy: the best fit is one rate, {rate:.6} in a unit of time, for \
                 everybody who has not left"
            ),
            Limit::AtOnceOrNever => f.write_str(
                "customers either leave at the first chance or, as far as the data show, never: the odds between are not determined",
            ),
            Limit::SameSpend => {
                f.write_str("the data do not tell customers apart in what they spend: everybody's purchases are worth the same")
            }
            Limit::SteadySpend => f.write_str("each customer spends the same at every purchase: what differs is the customer alone"),
        }
    }
}

/// Why nothing was fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TooLittle {
    /// Not enough customers.
    #[error("{found} customers are too few to fit a value model: at least {needed} are needed")]
    Customers {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Not enough customers who bought again.
    #[error("{found} customers bought a second time, which is too few to fit a value model: at least {needed} are needed")]
    Again {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Not enough customers with a second purchase of some value.
    #[error(
        "{found} customers made a second purchase of more than nothing, which is too few to fit what a purchase is worth: at least {needed} are needed"
    )]
    Spenders {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },
    /// Nobody has been looked at for any time.
    #[error("all customers bought first at the very moment asked about: nothing has had time to happen")]
    NoTime,
}

/// Fewer customers than this tell nothing of the spread among them.
pub const CUSTOMERS_NEEDED: usize = 50;
/// Fewer customers who bought again than this tell nothing of how they go on.
pub const AGAIN_NEEDED: usize = 20;
/// Fewer customers who bought again, for more than nothing, than this tell nothing of the spread of spending.
pub const SPENDERS_NEEDED: usize = 20;

/// Refuses data that cannot bear a model of purchases.
pub(crate) fn enough(histories: &Histories) -> Result<(), TooLittle> {
    let customers = histories.weights.iter().sum::<f64>().round() as usize;
    if customers < CUSTOMERS_NEEDED {
        return Err(TooLittle::Customers { found: customers, needed: CUSTOMERS_NEEDED });
    }
    let again = histories.again().0.round() as usize;
    if again < AGAIN_NEEDED {
        return Err(TooLittle::Again { found: again, needed: AGAIN_NEEDED });
    }
    if histories.rows.iter().all(|row| row.age == 0) {
        return Err(TooLittle::NoTime);
    }
    Ok(())
}
