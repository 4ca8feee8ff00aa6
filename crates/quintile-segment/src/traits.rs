//! Traits of the user's own: a name for a number or a yes-or-no of each customer, which from then on is an attribute like any other.
//!
//! A trait says one of three things, and reading it decides which.
//!
//! | written | is |
//! | --- | --- |
//! | `amount_spent / number_of_orders` | a number, by arithmetic over attributes and figures of the store |
//! | `orders_placed(sum_amount, date >= -90d)` | a figure of facts |
//! | a condition of the segment language | yes or no; never missing |
//!
//! Traits may speak of each other. They are put in such an order that each comes after those it names, so that a circle cannot be asked.
//! One that is wrong takes nothing else with it: whoever asks for it is told why.
//!
//! An amount has four decimals, rounded half to even, as those of the profile have. Where all that goes in is counted in whole numbers,
//! and nothing is divided, the trait is a whole number; anything else is floating point.

use crate::check::typed::{Aggregate, NumberTerm};
use crate::check::{Checked, check_figure, check_value, check_with, near_name};
use crate::plan::Ready;
use crate::program::{needs, number};
use crate::reduce::core::{Leaf, Order};
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::{BinaryOp, Span};
use crate::syntax::{self, TokenKind};
use crate::vocabulary::functions::ParamKind;
use crate::vocabulary::{Attribute, Kind, Moves, Unit, Vocabulary};
use std::collections::BTreeMap;

/// What stands before the name of a trait.
pub const PREFIX: &str = "trait.";

/// A trait as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct TraitText {
    /// Its name, without [`PREFIX`].
    pub name: String,
    /// What it says.
    pub says: Says,
    /// What it means, as a noun. Empty where nothing is said.
    pub meaning: String,
}

/// What a trait says.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// A number.
    Value(String),
    /// Yes or no.
    Condition(String),
}

impl Says {
    /// The text, whatever it is.
    pub fn text(&self) -> &str {
        match self {
            Says::Value(text) | Says::Condition(text) => text,
        }
    }
}

/// A trait that was read and checked.
#[derive(Debug, Clone)]
pub(crate) enum OwnTrait {
    /// A number of each customer.
    Number(NumberTrait),
    /// A condition, which is asked as a segment of the trait's name.
    Condition(Ready),
}

/// A trait that is a number.
#[derive(Debug, Clone)]
pub struct NumberTrait {
    /// Its name, with [`PREFIX`].
    pub name: String,
    /// What the number is.
    pub kind: Kind,
    /// The condition that its value would be compared in: a number against the trait's term, or a figure of facts.
    pub(crate) leaf: Leaf,
}

impl NumberTrait {
    /// Is it a figure of facts?
    pub(crate) fn asks_facts(&self) -> bool {
        matches!(self.leaf, Leaf::FigureKnown { .. })
    }

    /// The attributes that it is made of, traits among them.
    pub(crate) fn made_of(&self) -> Vec<String> {
        needs::columns(std::slice::from_ref(&self.leaf)).into_iter().filter(|name| *name != self.name).collect()
    }
}

impl Vocabulary {
    /// Adds traits. Those that are wrong are kept with what is wrong with them; a name that an attribute has already is one.
    pub fn add_traits(&mut self, texts: Vec<TraitText>) {
        let mut left: BTreeMap<String, TraitText> = texts.into_iter().map(|text| (format!("{PREFIX}{}", text.name), text)).collect();
        let names: Vec<String> = left.keys().cloned().collect();
        let named: BTreeMap<String, Vec<String>> =
            left.iter().map(|(name, text)| (name.clone(), named_in(text.says.text(), &names))).collect();
        while !left.is_empty() {
            let is_ready = |name: &&String| named[*name].iter().all(|other| !left.contains_key(other));
            let Some(next) = left.keys().find(is_ready).cloned() else { break };
            if let Some(text) = left.remove(&next) {
                self.add_trait(next, &text);
            }
        }
        // What is left names itself, or another that does.
        for name in left.keys() {
            let why = match circle(name, &named) {
                Some(circle) => format!("traits name each other in a circle: {circle}"),
                None => "it names a trait that is in a circle".to_owned(),
            };
            self.broken_traits.insert(name.clone(), why);
        }
    }

    fn add_trait(&mut self, name: String, text: &TraitText) {
        let found = match &text.says {
            Says::Value(written) => self.number_trait(&name, written),
            Says::Condition(written) => self.condition_trait(written),
        };
        match found {
            Ok((own, mut attribute)) => {
                attribute.name.clone_from(&name);
                attribute.meaning.clone_from(&text.meaning);
                if attribute.meaning.is_empty() {
                    attribute.meaning = format!("`{}`", text.says.text().split_whitespace().collect::<Vec<_>>().join(" "));
                }
                self.add_own(attribute);
                self.own_traits.push((name, own));
            }
            Err(problems) => {
                let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
                let shown: Vec<String> = errors.map(|problem| problem.shown(text.says.text()).to_string()).collect();
                self.broken_traits.insert(name, shown.join("\n"));
            }
        }
    }

    fn number_trait(&self, name: &str, text: &str) -> Result<(OwnTrait, Attribute), Vec<Problem>> {
        let (kind, unit, leaf) = match syntax::figure(text) {
            Some(figure) => {
                let (call, figure) = figure?;
                let (rows, aggregate) = check_figure(&call, &figure, self)?;
                let (kind, unit) = match aggregate {
                    Aggregate::Count | Aggregate::CountDays | Aggregate::CountDistinct(_) => (Kind::Whole, Unit::Plain),
                    Aggregate::Average(param) if param.kind == ParamKind::Whole => (Kind::Number, Unit::Plain),
                    Aggregate::Sum(param) | Aggregate::Average(param) | Aggregate::Least(param) | Aggregate::Greatest(param) => {
                        match param.kind {
                            ParamKind::Amount => (Kind::Amount, Unit::Money),
                            ParamKind::Whole => (Kind::Whole, Unit::Plain),
                            _ => (Kind::Number, Unit::Plain),
                        }
                    }
                };
                (kind, unit, Leaf::FigureKnown { rows, aggregate })
            }
            None => {
                let (term, unit) = check_value(&syntax::term(text).map_err(|problems| self.of_a_value(text, problems))?, self)?;
                let unit = unit.unwrap_or(Unit::Plain);
                let kind = match unit {
                    Unit::Money => Kind::Amount,
                    Unit::Days => Kind::Number,
                    Unit::Plain if is_whole(&term) => Kind::Whole,
                    Unit::Plain => Kind::Number,
                };
                (kind, unit, Leaf::Number { attribute: name.to_owned(), order: Order::Equal, term })
            }
        };
        let own = NumberTrait { name: name.to_owned(), kind, leaf };
        let still = own.made_of().iter().all(|of| self.attribute(of).is_some_and(|of| of.moves == Moves::Never));
        let moves = if still && !own.asks_facts() { Moves::Never } else { Moves::Daily };
        Ok((OwnTrait::Number(own), Attribute { unit, moves, ..Attribute::new(name, kind) }))
    }

    /// Says of a condition, where a number is expected, what it is.
    fn of_a_value(&self, text: &str, problems: Vec<Problem>) -> Vec<Problem> {
        let whole = syntax::parse(text);
        let is_condition = whole.is_sound() && check_with(&whole.tree, self, &BTreeMap::new()).condition.is_some();
        if is_condition {
            let span = Span { start: 0, end: text.len() };
            return vec![Problem::error(span, "this is a condition, yes or no; write it behind `condition = ` and not behind `value = `")];
        }
        problems
    }

    fn condition_trait(&self, text: &str) -> Result<(OwnTrait, Attribute), Vec<Problem>> {
        let parsed = syntax::parse(text);
        let mut problems = parsed.problems;
        let Checked { condition, problems: more } = check_with(&parsed.tree, self, &BTreeMap::new());
        problems.extend(more);
        let sound = problems.iter().all(|problem| problem.severity != Severity::Error);
        let Some(condition) = condition.filter(|_| sound) else { return Err(problems) };
        let ready = Ready { text: text.to_owned(), tree: parsed.tree, condition, problems: Vec::new() };
        Ok((OwnTrait::Condition(ready), Attribute { moves: Moves::Daily, ..Attribute::new("", Kind::Flag) }))
    }

    /// Says of a trait that was not added that it cannot be asked, and why.
    pub fn break_trait(&mut self, name: String, why: String) {
        self.broken_traits.insert(name, why);
    }

    /// The names of the user's own traits that can be asked, with [`PREFIX`].
    pub fn trait_names(&self) -> Vec<String> {
        self.own_traits.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What is wrong with a trait; `None` where nothing is.
    pub fn broken_trait(&self, name: &str) -> Option<&str> {
        self.broken_traits.get(name).map(String::as_str)
    }

    pub(crate) fn own_trait(&self, name: &str) -> Option<&OwnTrait> {
        self.own_traits.iter().find(|(known, _)| known == name).map(|(_, own)| own)
    }

    pub(crate) fn condition_of(&self, name: &str) -> Option<&Ready> {
        match self.own_trait(name)? {
            OwnTrait::Condition(ready) => Some(ready),
            OwnTrait::Number(_) => None,
        }
    }

    /// The traits that are numbers, each after those it is made of.
    pub(crate) fn number_traits(&self) -> Vec<NumberTrait> {
        let numbers = self.own_traits.iter().filter_map(|(_, own)| match own {
            OwnTrait::Number(own) => Some(own.clone()),
            OwnTrait::Condition(_) => None,
        });
        numbers.collect()
    }

    /// The trait that was probably meant.
    pub(crate) fn near_trait(&self, name: &str) -> Option<String> {
        near_name(name, self.own_traits.iter().map(|(known, _)| known.as_str()).chain(self.broken_traits.keys().map(String::as_str)))
    }
}

/// Which of some traits a text names.
fn named_in(text: &str, names: &[String]) -> Vec<String> {
    let tokens = syntax::parse(text).tokens;
    let words = tokens.iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Text));
    let word = |token: &syntax::Token| {
        let word = text.get(token.span.start..token.span.end).unwrap_or_default().trim_matches('\'');
        let word = word.strip_prefix("customer.").unwrap_or(word);
        // `buyers.trait.x` is of those who ordered.
        let (_, word) = crate::vocabulary::Population::split(word);
        word.to_owned()
    };
    let mut found: Vec<String> = words.map(word).filter(|word| names.contains(word)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The circle that a trait lies in: `trait.a` -> `trait.b` -> `trait.a`.
fn circle(start: &str, named: &BTreeMap<String, Vec<String>>) -> Option<String> {
    // The way back to each name that was reached, by the one that came before it.
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = vec![start];
    while let Some(name) = waiting.pop() {
        for next in named.get(name).into_iter().flatten() {
            if next == start {
                let mut path = vec![name];
                while let Some(last) = path.last().filter(|last| **last != start) {
                    path.push(before.get(last).copied().unwrap_or(start));
                }
                path.reverse();
                path.push(start);
                return Some(path.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> "));
            }
            if !before.contains_key(next.as_str()) {
                before.insert(next, name);
                waiting.push(next);
            }
        }
    }
    None
}

/// Is a sum of whole numbers a whole number?
fn is_whole(term: &NumberTerm) -> bool {
    match term {
        NumberTerm::Literal(number) => number.as_whole().is_some(),
        NumberTerm::Attribute { kind, .. } => *kind == Kind::Whole,
        NumberTerm::Statistic { .. } => false,
        NumberTerm::Negative(inner) => is_whole(inner),
        NumberTerm::Binary { op: BinaryOp::Divide, .. } => false,
        NumberTerm::Binary { left, right, .. } => is_whole(left) && is_whole(right),
    }
}

/// The figures of the store that a trait rests on itself.
pub(crate) fn statistics_of(own: &NumberTrait) -> Vec<(crate::syntax::tree::StatisticKind, String)> {
    let mut found = Vec::new();
    if let Leaf::Number { term, .. } = &own.leaf {
        number::statistics_in(term, &mut found);
    }
    found
}
