//! Names, types and units: a tree to a segment that can be asked, or to errors that say what to write instead.
//!
//! - `subject`: what is tested, and which tests it takes.
//! - `tests`, `terms`: tests and their values.
//! - `facts`: functions with their parameters.
//! - `lints`: what Shopify would refuse.
//! - [`typed`]: what comes out.

pub mod typed;

mod facts;
mod lints;
mod subject;
mod terms;
mod tests;

use crate::reduce::core::Rows;
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::{Call, Expr, ExprKind, Named, Span, Subject as Tested, Term, Test, Tree};
use crate::vocabulary::functions::{self, Function};
use crate::vocabulary::{Attribute, BIRTHDAY, Kind, Unit, Vocabulary};
use quintile_model::nearest::nearest;
use std::collections::BTreeMap;
use subject::Subject;
use typed::Condition;

/// A segment that was checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What it says; `None` where it is wrong.
    pub condition: Option<Condition>,
    /// What is to be said of it, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Checks a tree. Its `$parameters` are those of the vocabulary.
pub fn check(tree: &Tree, vocabulary: &Vocabulary) -> Checked {
    check_with(tree, vocabulary, &vocabulary.parameters)
}

/// Checks a tree whose `$parameters` are these.
pub fn check_with(tree: &Tree, vocabulary: &Vocabulary, parameters: &BTreeMap<String, Term>) -> Checked {
    let mut checker = Checker { vocabulary, parameters, problems: Vec::new() };
    let condition = checker.expr(&tree.root);
    lints::lints(&tree.root, &mut checker.problems);
    let mut problems = checker.problems;
    problems.sort_by_key(|problem| (problem.span.start, problem.severity));
    problems.dedup();
    let sound = problems.iter().all(|problem| problem.severity != Severity::Error);
    Checked { condition: condition.filter(|_| sound), problems }
}

/// Checks a number of each customer: what a trait says. A number as written counts anything.
pub(crate) fn check_value(term: &Term, vocabulary: &Vocabulary) -> Result<(typed::NumberTerm, Option<Unit>), Vec<Problem>> {
    let parameters = BTreeMap::new();
    let mut checker = Checker { vocabulary, parameters: &parameters, problems: Vec::new() };
    let found = checker.put_in(term).and_then(|term| checker.number_term(&term));
    found.ok_or(checker.problems)
}

/// Checks a figure of facts: what a trait says. It is told while facts are at hand, so that what needs the whole store cannot be in it.
pub(crate) fn check_figure(call: &Call, figure: &Named, vocabulary: &Vocabulary) -> Result<(Rows, typed::Aggregate), Vec<Problem>> {
    let parameters = BTreeMap::new();
    let mut checker = Checker { vocabulary, parameters: &parameters, problems: Vec::new() };
    let found = checker.figure(call, figure);
    let sound = checker.problems.iter().all(|problem| problem.severity != Severity::Error);
    found.filter(|_| sound).ok_or(checker.problems)
}

pub(crate) struct Checker<'a> {
    vocabulary: &'a Vocabulary,
    parameters: &'a BTreeMap<String, Term>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn error<T>(&mut self, span: Span, message: impl Into<String>) -> Option<T> {
        self.problems.push(Problem::error(span, message));
        None
    }

    fn warn(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::warning(span, message));
    }

    fn expr(&mut self, expr: &Expr) -> Option<Condition> {
        match &expr.kind {
            // All are looked at, so that all that is wrong is told.
            ExprKind::And(list) => self.list(list).map(Condition::All),
            ExprKind::Or(list) => self.list(list).map(Condition::Any),
            ExprKind::Not(inner) => Some(Condition::Not(Box::new(self.expr(inner)?))),
            ExprKind::Test { subject, test } => self.test_of(subject, test, expr.span),
            ExprKind::Did { call, negated } if call.name.name == functions::WITHIN_DISTANCE => self.near(call, *negated, expr.span),
            ExprKind::Did { call, negated } => {
                Some(Condition::Did { facts: self.call(call, facts::Within::Alone)?, negated: *negated, span: expr.span })
            }
            ExprKind::Sequence { first, steps } => self.sequence(first, steps, expr.span),
            ExprKind::Segment(name) => self.segment(name),
            // The parser has told.
            ExprKind::Broken => None,
        }
    }

    fn list(&mut self, list: &[Expr]) -> Option<Vec<Condition>> {
        let checked: Vec<Option<Condition>> = list.iter().map(|expr| self.expr(expr)).collect();
        checked.into_iter().collect()
    }

    fn segment(&mut self, name: &Named) -> Option<Condition> {
        if self.vocabulary.segments.contains_key(&name.name) {
            return Some(Condition::Segment { name: name.name.clone(), span: name.span });
        }
        let meant = near_segment(&name.name, self.vocabulary);
        self.unknown(name, "segment", meant, "`quintile segment list` shows them")
    }

    fn unknown<T>(&mut self, name: &Named, what: &str, meant: Option<String>, where_listed: &str) -> Option<T> {
        let shown: String = name.name.chars().take(60).collect();
        let problem = match &meant {
            Some(meant) => Problem::error(name.span, format!("unknown {what} `{shown}`, did you mean `{meant}`?")).instead(meant.clone()),
            None => Problem::error(name.span, format!("unknown {what} `{shown}`; {where_listed}")),
        };
        self.problems.push(problem);
        None
    }

    fn test_of(&mut self, subject: &Tested, test: &Test, span: Span) -> Option<Condition> {
        let name = match subject {
            Tested::Attribute(name) => name,
            Tested::Anniversary(name) => return self.anniversary(name, test, span),
        };
        if let Some(function) = functions::find(&name.name)
            && !self.is_column(name, test)
        {
            return self.function_tested(function, name, test, span);
        }
        let attribute = self.attribute(name)?;
        let subject = Subject::of_attribute(&attribute);
        let test = self.test(&subject, test, span)?;
        Some(Condition::Attribute { attribute, test, span })
    }

    /// `tickets`, `reviews` and `referrals` are columns of the profile as well as functions. Compared with a value the name is the
    /// column; with `MATCHES`, in a sequence, or asked whether it was ever done (`IS NULL`), it is the function.
    fn is_column(&self, name: &Named, test: &Test) -> bool {
        !matches!(test, Test::Null { .. }) && self.vocabulary.attribute(&name.name).is_some()
    }

    /// An attribute that must be there.
    fn attribute(&mut self, name: &Named) -> Option<Attribute> {
        if let Some(why) = self.vocabulary.broken_trait(&name.name) {
            let why = why.lines().next().unwrap_or_default();
            return self.error(name.span, format!("`{}` cannot be asked: {why}", name.name));
        }
        if let Some(attribute) = self.vocabulary.attribute(&name.name)
            && !attribute.kept
            && let Some(meant) = self.vocabulary.near_trait(&attribute.name)
        {
            return self.unknown(name, "trait", Some(meant), "");
        }
        if let Some(attribute) = self.vocabulary.attribute(&name.name) {
            if !attribute.kept {
                self.warn(name.span, format!("this store keeps nothing under `{}`, so nobody has a value", attribute.name));
            }
            return Some(attribute);
        }
        if functions::find(&name.name).is_some() {
            return self.error(name.span, format!("`{0}` is something customers do, not a value; ask `{0} MATCHES (...)`", name.name));
        }
        let known = self.vocabulary.attributes().iter().map(|attribute| attribute.name.as_str());
        let meant = near_name(&name.name, known.chain(functions::ALL.iter().map(|function| function.name)));
        self.unknown(name, "attribute", meant, "`quintile segment show` lists the attributes and functions")
    }

    fn anniversary(&mut self, name: &Named, test: &Test, span: Span) -> Option<Condition> {
        let attribute = self.attribute(name)?;
        if !matches!(attribute.kind, Kind::Date | Kind::Any) && attribute.name != BIRTHDAY {
            return self.error(name.span, format!("`{}` is no date, and has no anniversary", attribute.name));
        }
        let fits = match test {
            Test::Compare(op, _) => matches!(op.sign(), "=" | "!="),
            Test::Between { .. } | Test::Null { .. } => true,
            Test::In { .. } | Test::Text { .. } => false,
        };
        if !fits {
            return self.error(span, "an anniversary comes every year; ask with `=`, `!=` or `BETWEEN today AND +30d`");
        }
        let subject = Subject { kind: subject::ValueKind::Date, ..Subject::of_attribute(&attribute) };
        let test = self.test(&subject, test, span)?;
        Some(Condition::Anniversary { attribute, test, span })
    }

    /// `orders_placed > 3`, `orders_placed IS NULL`.
    fn function_tested(&mut self, function: &'static Function, name: &Named, test: &Test, span: Span) -> Option<Condition> {
        match test {
            Test::Null { negated } => {
                self.note_absent(function, name.span);
                let facts = typed::Facts { function, filters: Vec::new(), of_last: None, figures: Vec::new() };
                Some(Condition::Did { facts, negated: !negated, span })
            }
            Test::Compare(op, term) => {
                self.error(span, format!("`{0}` is something customers do; write `{0} MATCHES (count {1} {term})`", name.name, op.sign()))
            }
            Test::Between { .. } | Test::In { .. } | Test::Text { .. } => {
                self.error(span, format!("`{0}` is something customers do; write `{0} MATCHES (...)`", name.name))
            }
        }
    }
}

/// The nearest known name. A name longer than any that could be meant is not looked up.
pub(crate) fn near_name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    (name.len() <= 64).then(|| nearest(name, known)).flatten()
}

/// The segment that was probably meant: one of a name that is nearly the same, or the shortest that has it in its own.
pub(crate) fn near_segment(name: &str, vocabulary: &Vocabulary) -> Option<String> {
    let known = || vocabulary.segments.keys().map(String::as_str);
    let has_it =
        || known().filter(|known| name.len() > 2 && known.contains(name)).min_by_key(|known| (known.len(), *known)).map(str::to_owned);
    near_name(name, known()).or_else(has_it)
}
