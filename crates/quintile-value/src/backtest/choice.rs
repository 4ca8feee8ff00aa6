//! Which rule to use, by the store's own past.

use super::{CutResult, Group, Rule};
use crate::purchasing::ModelName;

/// Repeat customers without whom a model is not used to sort customers into states.
pub const AGAIN_TO_CHOOSE: usize = 200;

/// Means over cuts closer than this are one.
const SAME: f64 = 1e-4;

/// What the backtest says to use.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The rule with the smallest mean Brier score over all customers.
    pub rule: Rule,
    /// The best of the models, whether or not it won.
    pub model: Option<ModelName>,
    /// The best of the naive rules.
    pub naive: Option<Rule>,
    /// Mean Brier scores of every rule that had one at every cut, best first.
    pub brier: Vec<(Rule, f64)>,
    /// Cuts looked at.
    pub cuts: usize,
}

/// The best rule over all cuts; `None` where nothing was scored at every cut.
pub fn choose(results: &[CutResult]) -> Option<Choice> {
    if results.is_empty() {
        return None;
    }
    let mut rules: Vec<Rule> = Vec::new();
    for score in results.iter().flat_map(|result| &result.scores) {
        if !rules.contains(&score.rule) {
            rules.push(score.rule);
        }
    }
    let mean = |rule: Rule| {
        let found: Vec<f64> =
            results.iter().filter_map(|result| scored(result, rule, Group::All)).filter_map(|score| score.brier).collect();
        (found.len() == results.len()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let mut brier: Vec<(Rule, f64)> = rules.into_iter().filter_map(|rule| Some((rule, mean(rule)?))).collect();
    brier.sort_by(|one, other| one.1.total_cmp(&other.1));
    let enough = results.iter().all(|result| scored_any(result, Group::Again).is_some_and(|customers| customers >= AGAIN_TO_CHOOSE));
    let models: Vec<(ModelName, f64)> = brier
        .iter()
        .filter_map(|(rule, brier)| match rule {
            Rule::Model(name) => Some((*name, *brier)),
            Rule::Recency | Rule::OwnGaps | Rule::LastYear => None,
        })
        .collect();
    let least = models.first().map(|(_, brier)| *brier);
    // Among models that are equally good, the one to begin with.
    let model = ModelName::ALL
        .into_iter()
        .find(|name| models.iter().any(|(known, brier)| known == name && least.is_some_and(|least| *brier < least + SAME)));
    let naive = brier.iter().map(|(rule, _)| *rule).find(|rule| !matches!(rule, Rule::Model(_)));
    let of = |rule: Rule| brier.iter().find(|(known, _)| *known == rule).map(|(_, brier)| *brier);
    let model_wins = enough && model.is_some_and(|name| naive.is_none_or(|naive| of(Rule::Model(name)) < of(naive)));
    let rule = match (model, naive) {
        (Some(name), _) if model_wins => Rule::Model(name),
        (_, Some(naive)) => naive,
        (Some(_), None) => Rule::Recency,
        (None, None) => return None,
    };
    Some(Choice { rule, model, naive, brier, cuts: results.len() })
}

pub(super) fn scored(result: &CutResult, rule: Rule, group: Group) -> Option<&super::Scored> {
    result.scores.iter().find(|score| score.rule == rule && score.group == group)
}

fn scored_any(result: &CutResult, group: Group) -> Option<usize> {
    result.scores.iter().find(|score| score.group == group).map(|score| score.customers)
}

/// Probabilities of silence above which a customer is held to be at risk, by group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cuts {
    /// With one purchase.
    pub once: f64,
    /// With two or more.
    pub again: f64,
}

/// The cuts that told best who would not come back: the largest share of the silent above the cut, less the share of the others (Youden
/// 1950), over all cuts of the backtest. `None` where a group has no outcomes of both kinds.
pub fn cuts(results: &[CutResult], model: ModelName) -> Option<Cuts> {
    let best = |group: Group| {
        let mut pairs: Vec<(f64, bool)> = Vec::new();
        for result in results {
            let (_, silence) = result.silence.iter().find(|(name, _)| *name == model)?;
            pairs.extend(
                silence
                    .iter()
                    .zip(&result.outcomes)
                    .zip(&result.again)
                    .filter(|(_, again)| group.holds(**again))
                    .map(|((probability, silent), _)| (*probability, *silent)),
            );
        }
        youden(pairs)
    };
    Some(Cuts { once: best(Group::Once)?, again: best(Group::Again)? })
}

fn youden(mut pairs: Vec<(f64, bool)>) -> Option<f64> {
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let silent = pairs.iter().filter(|(_, silent)| *silent).count() as f64;
    let others = pairs.len() as f64 - silent;
    if silent == 0.0 || others == 0.0 {
        return None;
    }
    let (mut below_silent, mut below_others) = (0.0, 0.0);
    let (mut best, mut found) = (f64::NEG_INFINITY, 0.5);
    for place in 0..pairs.len() - 1 {
        let (probability, is_silent) = pairs[place];
        if is_silent {
            below_silent += 1.0;
        } else {
            below_others += 1.0;
        }
        let next = pairs[place + 1].0;
        let gain = below_others / others - below_silent / silent;
        if next > probability && gain > best {
            (best, found) = (gain, 0.5 * (probability + next));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_lies_where_it_tells_most() {
        let found = youden(vec![(0.1, false), (0.2, false), (0.4, true), (0.9, true)]).unwrap();
        assert!((found - 0.3).abs() < 1e-12, "{found}");
        let found = youden(vec![(0.1, false), (0.5, true), (0.6, false), (0.7, true), (0.8, true)]).unwrap();
        assert!((found - 0.65).abs() < 1e-12, "{found}");
        assert_eq!(youden(vec![(0.1, true)]), None);
    }
}
