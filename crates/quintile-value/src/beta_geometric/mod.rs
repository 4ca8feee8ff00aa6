//! What the BG/NBD and the MBG/NBD share: purchases at a rate that differs between customers (gamma), and a chance to leave after each
//! purchase that differs too (beta). They part in one point: whether a customer may leave right after the first purchase.

mod expect;
mod fit;
mod likelihood;

pub(crate) use fit::{Held, fit, fit_from};

use crate::history::Seen;
use crate::special::ln_rising;

/// Whether a customer may leave right after the first purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    /// BG/NBD: not before the second.
    Stays,
    /// MBG/NBD: as after any other.
    MayLeave,
}

impl First {
    /// How many chances to leave the first purchase is.
    fn chances(self) -> u32 {
        match self {
            First::Stays => 0,
            First::MayLeave => 1,
        }
    }
}

/// The letters of the papers: rates are gamma with shape `r` and rate `alpha`, chances to leave are beta with `a` and `b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    pub r: f64,
    pub alpha: f64,
    pub a: f64,
    pub b: f64,
    pub first: First,
}

impl Shape {
    /// The probability of not having left.
    ///
    /// BG/NBD: Fader, Hardie & Lee (2008), "Computing P(alive) using the BG/NBD model"; MBG/NBD: Batislam, Denizel & Filiztekin (2007), eq.
    /// 11. The odds of having left grow beyond every number for a frequent buyer long silent, and the probability is then 0.
    pub fn p_alive(&self, seen: &Seen) -> f64 {
        let chances = seen.again + f64::from(self.first.chances());
        if chances < 1.0 {
            return 1.0;
        }
        let silent = ((self.alpha + seen.age) / (self.alpha + seen.last)).ln();
        1.0 / (1.0 + self.a / (self.b + chances - 1.0) * ((self.r + seen.again) * silent).exp())
    }

    /// The log-likelihood of one customer, in the unit of the parameters.
    pub fn log_likelihood(&self, seen: &Seen) -> f64 {
        let chances = seen.again + f64::from(self.first.chances());
        let bracket = if chances < 1.0 { 0.0 } else { expect::softplus(self.ln_odds_left(chances, seen)) };
        ln_rising(self.r, seen.again) - seen.again * self.alpha.ln() - (self.r + seen.again) * (seen.age / self.alpha).ln_1p()
            + ln_rising(self.b, chances)
            - ln_rising(self.a + self.b, chances)
            + bracket
    }

    fn ln_odds_left(&self, chances: f64, seen: &Seen) -> f64 {
        let silent = ((seen.age - seen.last) / (self.alpha + seen.last)).ln_1p();
        self.a.ln() - (self.b + chances - 1.0).ln() + (self.r + seen.again) * silent
    }

    /// Expected purchases in the next `time` of a customer who has not left.
    pub fn expected_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        let stayed = self.b + again + f64::from(self.first.chances());
        expect::purchases_if_alive(self.r + again, time / (self.alpha + age), self.a, stayed)
    }

    /// The probability of no purchase in the next `time` of a customer who has not left: one leaves only after buying.
    pub fn silent_if_alive(&self, again: f64, age: f64, time: f64) -> f64 {
        (-(self.r + again) * (time / (self.alpha + age)).ln_1p()).exp()
    }
}
