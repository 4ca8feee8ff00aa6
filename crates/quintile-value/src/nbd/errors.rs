//! How sure the parameters of an NBD are.

use super::Params;
use crate::fit::Errors;
use crate::newton::Top;

pub(super) fn of(top: &Top<2>, params: &Params) -> Option<Errors<2>> {
    let estimated = top.at_bound.map(|at| !at);
    top.covariance.map(|covariance| Errors::of_logarithms(covariance, &[params.r, params.alpha], estimated))
}
