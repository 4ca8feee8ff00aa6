//! Whether customers who began in one month come back.

use super::tables::known;
use crate::answered::Answered;
use crate::ask::Ask;
use crate::problem::Problem;
use crate::rows;
use quintile::{CohortMeasure, CohortsAsk, Split};

/// Ways of a split that are shown.
const MOST: usize = 10;

/// `GET /api/v1/cohorts`.
pub fn cohorts(ask: &Ask) -> Result<Answered, Problem> {
    let measure = match ask.one_of("measure", &["share", "customers", "orders", "revenue", "margin", "revenue_each"])? {
        "customers" => CohortMeasure::Customers,
        "orders" => CohortMeasure::Orders,
        "revenue" => CohortMeasure::Revenue,
        "margin" => CohortMeasure::Margin,
        "revenue_each" => CohortMeasure::RevenueEach,
        _ => CohortMeasure::Share,
    };
    let by = ask.one_of("by", &["month", "product", "category", "channel", "country", "coupon"])?;
    let split = match by {
        "product" | "category" => Some(Split::Item),
        "channel" => Some(Split::Channel),
        "country" => Some(Split::Country),
        "coupon" => Some(Split::Coupon),
        _ => None,
    };
    let view = ask.one_of("view", &["triangle", "rows"])?;
    let (when, cumulative) = (ask.when()?, ask.flag("cumulative")?);
    let asked = CohortsAsk { when, measure, cumulative, split, by_category: by == "category", most: MOST };
    let answer = known(ask, &format!("cohorts {view} {asked:?}"), |workspace| match view {
        "rows" => workspace.cohort_rows(&asked),
        _ => workspace.cohorts(&asked),
    })?;
    rows::answer(ask, "cohorts", &answer)
}
