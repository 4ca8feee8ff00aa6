//! What is bought: together, one after the other, first, and what that says of who comes back.

use super::tables::known;
use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::{Began, NextAsk, ProductsAsk, RulesAsk};

/// Beginnings of fewer customers say nothing.
const LEAST: u64 = 30;

/// `GET /api/v1/products`.
pub fn products(ask: &Ask) -> Result<Answered, Problem> {
    let by = ask.one_of("by", &["product", "category", "channel", "country", "coupon"])?;
    let asked = ProductsAsk {
        when: ask.when()?,
        by: match by {
            "channel" => Began::Channel,
            "country" => Began::Country,
            "coupon" => Began::Coupon,
            "category" => Began::Category,
            _ => Began::Product,
        },
        within_days: ask.number_within("within", 1, 3650)?.map(|days| days as u16),
        least: ask.number_within("least", 1, 1_000_000)?.unwrap_or(LEAST),
        margin_share: ask.share("margin")?,
    };
    rows::answer(ask, "products", &*known(ask, &format!("{asked:?}"), |workspace| workspace.products(&asked))?)
}

/// `GET /api/v1/rules`.
pub fn rules(ask: &Ask) -> Result<Answered, Problem> {
    let usual = RulesAsk::usual(ask.when()?);
    let asked = RulesAsk {
        by_category: ask.one_of("by", &["product", "category"])? == "category",
        over_customers: ask.one_of("over", &["orders", "customers"])? == "customers",
        support: ask.share("support")?.unwrap_or(usual.support),
        confidence: ask.share("confidence")?.unwrap_or(usual.confidence),
        ..usual
    };
    rows::answer(ask, "rules", &*known(ask, &format!("{asked:?}"), |workspace| workspace.rules(&asked))?)
}

/// `GET /api/v1/next`.
pub fn next(ask: &Ask) -> Result<Answered, Problem> {
    let asked = NextAsk {
        when: ask.when()?,
        by_category: ask.one_of("by", &["product", "category"])? == "category",
        support: ask.share("support")?.unwrap_or(0.01),
    };
    rows::answer(ask, "next", &*known(ask, &format!("{asked:?}"), |workspace| workspace.next_bought(&asked))?)
}
