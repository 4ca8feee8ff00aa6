//! A number found in the whole store: statistics, thresholds and arithmetic, and no customer. Suggested values of `$parameters` are such.

use crate::check::typed::NumberTerm;
use crate::program::number::{statistics_in, value};
use crate::program::{Figures, Num};
use crate::syntax;
use crate::syntax::tree::{StatisticKind, Term, TermKind};
use crate::vocabulary::{Kind, Population, Vocabulary};

/// Names of the store's thresholds, in days, that a formula may use.
pub const THRESHOLDS: [&str; 3] = ["usual_gap_days", "last_call_days", "loyal_window_days"];

/// A number of the whole store.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    term: NumberTerm,
}

impl Formula {
    /// Reads a term such as `percentile(buyers.amount_spent, 80)` or `last_call_days / 2`. `thresholds` are the names that stand alone.
    /// The error says what is wrong, in words.
    pub fn parse(text: &str, vocabulary: &Vocabulary, thresholds: &[&str]) -> Result<Formula, String> {
        let term = syntax::term(text).map_err(|problems| problems.first().map(|problem| problem.message.clone()).unwrap_or_default())?;
        Ok(Formula { term: typed(&term, vocabulary, thresholds)? })
    }

    /// The statistics it rests on.
    pub fn statistics(&self) -> Vec<(StatisticKind, String)> {
        let mut found = Vec::new();
        statistics_in(&self.term, &mut found);
        found
    }

    /// The columns of the profile that these are taken from.
    pub fn columns(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (_, of) in self.statistics() {
            let (population, attribute) = Population::split(&of);
            names.extend(population.column().into_iter().chain([attribute]).map(str::to_owned));
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Its value; `None` where something it rests on is not known.
    pub fn value(&self, figures: &Figures, threshold: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        let found = value(&self.term, &|name| Num::float(threshold(name)?), &|which, of| figures.get(which, of));
        found.map(Num::as_f64)
    }
}

fn typed(term: &Term, vocabulary: &Vocabulary, thresholds: &[&str]) -> Result<NumberTerm, String> {
    let inner = |term: &Term| typed(term, vocabulary, thresholds).map(Box::new);
    Ok(match &term.kind {
        TermKind::Number(number) => NumberTerm::Literal(*number),
        TermKind::Attribute(name) if thresholds.contains(&name.name.as_str()) => {
            NumberTerm::Attribute { name: name.name.clone(), kind: Kind::Number }
        }
        TermKind::Attribute(name) => return Err(format!("`{}` is no threshold; there is {}", name.name, thresholds.join(", "))),
        TermKind::Statistic { which, of } => {
            let (population, rest) = Population::split(&of.name);
            let attribute = vocabulary.attribute(rest).ok_or_else(|| format!("unknown attribute `{rest}`"))?;
            if !matches!(attribute.kind, Kind::Whole | Kind::Number | Kind::Amount) {
                return Err(format!("`{rest}` is no number"));
            }
            NumberTerm::Statistic { which: *which, of: population.join(&attribute.name), kind: attribute.kind }
        }
        TermKind::Negative(of) => NumberTerm::Negative(inner(of)?),
        TermKind::Binary { op, left, right } => NumberTerm::Binary { op: *op, left: inner(left)?, right: inner(right)? },
        _ => return Err(format!("`{term}` is no number of the store")),
    })
}
