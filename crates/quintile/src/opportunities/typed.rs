//! The tables of figures that were typed in: no store, no data, one file.

use super::likely::Likely;
use super::{Possible, targets};
use crate::Error;
use crate::plan::{Plan, StagePlan};
use crate::table::Answer;
use quintile_catalog::{Catalog, Guide, Move};
use quintile_insight::ClassMoney;
use quintile_insight::opportunity::likely;
use quintile_model::Money;
use std::path::Path;

/// The guide's table of a file alone, or the likely one. The stages are those of the catalogue that comes with the program.
pub fn opportunities_from(file: &Path, likely: bool) -> Result<Answer, Error> {
    let (possible, by_rates) = tables_of(file)?;
    if likely { by_rates.answer() } else { possible.answer() }
}

/// Both tables of a file alone.
pub(super) fn tables_of(file: &Path) -> Result<(Possible, Likely), Error> {
    let catalog = Catalog::built_in()?;
    let plan = Plan::read(file, &catalog)?;
    let guide = Guide {
        moves: plan.moves(&catalog.guide.moves).into_iter().filter(|of| plan.stage(&of.stage).is_some()).collect(),
        ..catalog.guide.clone()
    };
    let classes = classes(&plan);
    let lacking: Vec<String> = guide.moves.iter().filter_map(|of| lacking(of, &plan, &classes)).collect();
    if guide.moves.is_empty() || !lacking.is_empty() {
        let why = match lacking.is_empty() {
            true => "there is no `[[stage]]` in it; give each stage an `id`, `customers`, `current_clv` and `goal_clv`".to_owned(),
            false => format!("a table without a store needs every figure; {}", lacking.join("; ")),
        };
        return Err(Error::Settings { file: file.to_owned(), line: None, why });
    }
    let aims = targets::unmeasured(&plan, &guide.moves);
    let by_rates = Likely::of_figures(aims.clone(), &plan);
    let by_rates = by_rates.ranked(likely::of_given(&guide.moves, &plan.given()), &plan, &guide);
    let currency = plan.currency.clone().unwrap_or_default();
    Ok((Possible::new(&guide, None, currency, &classes, true, &plan, aims), by_rates))
}

/// Stages of known number and average, as if a store had counted them: they can be the goal of another.
fn classes(plan: &Plan) -> Vec<ClassMoney> {
    let class = |stage: &StagePlan| {
        let customers = stage.given.customers?;
        let average = stage.given.average.or((stage.id == "prospects").then_some(Money::ZERO))?;
        let spent = i128::from(average.0).checked_mul(i128::from(customers))?;
        Some(ClassMoney { id: stage.id.clone(), customers, spent, without_money: 0 })
    };
    plan.stages.iter().filter_map(class).collect()
}

/// What a move lacks to be priced, and how to give it.
fn lacking(of: &Move, plan: &Plan, classes: &[ClassMoney]) -> Option<String> {
    let given = &plan.stage(&of.stage)?.given;
    if of.goal.is_empty() {
        return None;
    }
    let mut lacking = Vec::new();
    if given.customers.is_none() {
        lacking.push("`customers`".to_owned());
    }
    if given.average.is_none() && of.stage != "prospects" {
        lacking.push("`current_clv`".to_owned());
    }
    // The average of a goal is that of all of its stages, or it is none.
    let unknown: Vec<String> =
        of.goal.iter().filter(|goal| !classes.iter().any(|class| class.id == **goal)).map(|goal| format!("`{goal}`")).collect();
    if given.goal_average.is_none() && !unknown.is_empty() {
        lacking.push(format!("`goal_clv` (or the figures of {})", unknown.join(", ")));
    }
    (!lacking.is_empty()).then(|| format!("`{}` lacks {}", of.stage, lacking.join(" and ")))
}
