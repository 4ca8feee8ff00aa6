//! Fitting the MBG/NBD.

use super::Params;
use crate::beta_geometric::{self, First, Held};
use crate::fit::{Fit, TooLittle};
use crate::history::Histories;

/// The parameters under which the histories are most likely.
///
/// Where the likelihood has no top, the limit it rises to is fitted and named. Under [`crate::Limit::NobodyLeaves`] the parameters hold
/// `a = 0`, and the model is the NBD.
///
/// # Errors
/// Too few customers, or too few who bought again.
pub fn fit(histories: &Histories) -> Result<Fit<Params, 4>, TooLittle> {
    let found = beta_geometric::fit(histories, First::MayLeave)?;
    Ok(Fit {
        params: Params::of(&found.params),
        log_likelihood: found.log_likelihood,
        errors: found.errors,
        limit: found.limit,
        customers: found.customers,
        evaluations: found.evaluations,
    })
}

/// Fits again near parameters that are known, for a resampled population.
pub(crate) fn fit_from(histories: &Histories, params: &Params, same_dropout: bool) -> Params {
    let held = if same_dropout { Held::B } else { Held::Nothing };
    Params::of(&beta_geometric::fit_from(histories, &params.shape(), held))
}
