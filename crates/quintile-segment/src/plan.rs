//! Segments that name each other, put in such an order that each comes after those it names.

use crate::check::typed::Condition;
use crate::check::{Checked, check_with};
use crate::program::Program;
use crate::reduce::core::Core;
use crate::reduce::reduce;
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::{Span, Term, Tree};
use crate::syntax::{Parsed, parse};
use crate::traits::NumberTrait;
use crate::vocabulary::Vocabulary;
use std::collections::BTreeMap;

/// A segment that is asked.
#[derive(Debug, Clone)]
pub enum Ask<'a> {
    /// By its name.
    Name(&'a str),
    /// As text.
    Text(&'a str),
    /// As a tree.
    Tree(&'a Tree),
}

/// A segment that was read and checked.
#[derive(Debug, Clone)]
pub struct Ready {
    /// The text that problems speak of.
    pub text: String,
    /// As it was written.
    pub tree: Tree,
    /// As it was checked.
    pub condition: Condition,
    /// Warnings, lints and old forms.
    pub problems: Vec<Problem>,
}

/// Segments ready to be asked together.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Those that were asked, in that order.
    pub asked: Vec<Ready>,
    /// Those they name, by name.
    pub named: BTreeMap<String, Ready>,
    order: Vec<(String, Core)>,
    places: Vec<usize>,
    traits: Vec<NumberTrait>,
}

/// A segment cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", shown(text, name.as_deref(), problems))]
pub struct Refused {
    /// The name of the segment that is wrong; `None` for one without a name.
    pub name: Option<String>,
    /// Its text.
    pub text: String,
    /// What is wrong with it, and what else there is to say.
    pub problems: Vec<Problem>,
}

fn shown(text: &str, name: Option<&str>, problems: &[Problem]) -> String {
    let of = name.map(|name| format!("in the segment `{name}`: ")).unwrap_or_default();
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| format!("{of}{}", problem.shown(text))).collect::<Vec<_>>().join("\n")
}

/// Names may lead to names so often; a longer chain is surely a mistake.
const CHAIN: usize = 64;

impl Plan {
    /// Reads, checks and orders segments and all that they name.
    pub fn new(asks: &[Ask<'_>], vocabulary: &Vocabulary) -> Result<Plan, Refused> {
        let mut maker = Maker { vocabulary, named: BTreeMap::new(), order: Vec::new() };
        let (mut asked, mut places) = (Vec::new(), Vec::new());
        for ask in asks {
            match ask {
                Ask::Name(name) => {
                    maker.name(name, Span::default(), &mut Vec::new(), "")?;
                    places.extend(maker.order.iter().position(|(known, _)| known == name));
                    asked.extend(maker.named.get(*name).cloned());
                }
                Ask::Text(_) | Ask::Tree(_) => {
                    let ready = match ask {
                        Ask::Tree(tree) => {
                            of_tree((*tree).clone(), tree.to_string(), Vec::new(), None, vocabulary, &vocabulary.parameters)?
                        }
                        Ask::Text(text) => of_text(text, None, vocabulary, &vocabulary.parameters)?,
                        Ask::Name(name) => of_text(name, None, vocabulary, &vocabulary.parameters)?,
                    };
                    maker.names_in(&ready, &mut Vec::new())?;
                    places.push(maker.order.len());
                    // Nothing can name it: names of segments have no line break.
                    maker.order.push((format!("\n{}", asked.len()), reduce(&ready.condition)));
                    asked.push(ready);
                }
            }
        }
        Ok(Plan { asked, named: maker.named, order: maker.order, places, traits: vocabulary.number_traits() })
    }

    /// The program of all that were asked.
    pub fn program(&self) -> Program {
        self.program_with(&[])
    }

    /// The same with traits that nobody asks for but whoever shows them.
    pub fn program_with(&self, traits: &[String]) -> Program {
        Program::new(&self.order, self.places.clone(), &self.traits, traits)
    }

    /// The program of one condition of these segments, for whoever explains it.
    pub fn program_of(&self, condition: &Condition) -> Program {
        let mut order = self.order.clone();
        order.push(("\nexplained".to_owned(), reduce(condition)));
        let place = order.len() - 1;
        Program::new(&order, vec![place], &self.traits, &[])
    }

    /// The program of several conditions of these segments.
    pub fn program_of_all(&self, conditions: &[&Condition]) -> Program {
        let mut order = self.order.clone();
        let first = order.len();
        order.extend(conditions.iter().enumerate().map(|(at, condition)| (format!("\nexplained {at}"), reduce(condition))));
        let places = (first..order.len()).collect();
        Program::new(&order, places, &self.traits, &[])
    }
}

/// Reads and checks one text.
fn of_text(text: &str, name: Option<&str>, vocabulary: &Vocabulary, parameters: &BTreeMap<String, Term>) -> Result<Ready, Refused> {
    let Parsed { tree, problems, .. } = parse(text);
    of_tree(tree, text.to_owned(), problems, name, vocabulary, parameters)
}

fn of_tree(
    tree: Tree,
    text: String,
    mut problems: Vec<Problem>,
    name: Option<&str>,
    vocabulary: &Vocabulary,
    parameters: &BTreeMap<String, Term>,
) -> Result<Ready, Refused> {
    // What can be read is checked as well, so that all that is wrong is told at once.
    let Checked { condition, problems: more } = check_with(&tree, vocabulary, parameters);
    problems.extend(more);
    problems.sort_by_key(|problem| (problem.span.start, problem.severity));
    let sound = problems.iter().all(|problem| problem.severity != Severity::Error);
    match condition.filter(|_| sound) {
        Some(condition) => Ok(Ready { text, tree, condition, problems }),
        None => Err(Refused { name: name.map(str::to_owned), text, problems }),
    }
}

struct Maker<'a> {
    vocabulary: &'a Vocabulary,
    named: BTreeMap<String, Ready>,
    order: Vec<(String, Core)>,
}

impl Maker<'_> {
    /// Puts a named segment, and all that it names, into the order. `path` are the names that led here.
    fn name(&mut self, name: &str, span: Span, path: &mut Vec<String>, text: &str) -> Result<(), Refused> {
        let refuse =
            |message: String| Refused { name: path.last().cloned(), text: text.to_owned(), problems: vec![Problem::error(span, message)] };
        if let Some(start) = path.iter().position(|known| known == name) {
            let circle =
                path[start..].iter().map(String::as_str).chain([name]).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" -> ");
            return Err(refuse(format!("segments name each other in a circle: {circle}")));
        }
        if self.named.contains_key(name) {
            return Ok(());
        }
        if path.len() >= CHAIN {
            return Err(refuse(format!("segments name each other {CHAIN} times over; name fewer")));
        }
        if let Some(ready) = self.vocabulary.condition_of(name) {
            return self.put(name, ready.clone(), path);
        }
        let Some(segment) = self.vocabulary.segments.get(name) else {
            let meant = crate::check::near_segment(name, self.vocabulary);
            let shown: String = name.chars().take(60).collect();
            return Err(refuse(match meant {
                Some(meant) => format!("unknown segment `{shown}`, did you mean `{meant}`?"),
                None => format!("unknown segment `{shown}`; `quintile segment list` shows them"),
            }));
        };
        // A parameter of the question goes before the segment's own.
        let mut parameters = segment.parameters.clone();
        parameters.extend(self.vocabulary.parameters.iter().map(|(name, term)| (name.clone(), term.clone())));
        let ready = of_text(&segment.text, Some(name), self.vocabulary, &parameters)?;
        self.put(name, ready, path)
    }

    /// Puts what a name means behind all that it names.
    fn put(&mut self, name: &str, ready: Ready, path: &mut Vec<String>) -> Result<(), Refused> {
        path.push(name.to_owned());
        self.names_in(&ready, path)?;
        path.pop();
        self.order.push((name.to_owned(), reduce(&ready.condition)));
        self.named.insert(name.to_owned(), ready);
        Ok(())
    }

    fn names_in(&mut self, ready: &Ready, path: &mut Vec<String>) -> Result<(), Refused> {
        let mut names = Vec::new();
        named(&ready.condition, &mut names);
        // A trait that is a condition is asked as a segment is.
        names.retain(|(name, _, is_attribute)| !is_attribute || self.vocabulary.condition_of(name).is_some());
        names.into_iter().try_for_each(|(name, span, _)| self.name(&name, span, path, &ready.text))
    }
}

/// Names of segments and attributes in a condition; `true` for attributes.
fn named(condition: &Condition, names: &mut Vec<(String, Span, bool)>) {
    match condition {
        Condition::All(list) | Condition::Any(list) => list.iter().for_each(|part| named(part, names)),
        Condition::Not(inner) => named(inner, names),
        Condition::Segment { name, span } => names.push((name.clone(), *span, false)),
        Condition::Attribute { attribute, span, .. } => names.push((attribute.name.clone(), *span, true)),
        Condition::Anniversary { .. } | Condition::Did { .. } | Condition::Sequence { .. } | Condition::Near { .. } => {}
    }
}
