//! The words a segment can use, handed in as a value: attributes of customers with their types, units and known values,
//! what lies in the store, and which segments have a name.
//!
//! - [`shopify`]: the attributes that Shopify's language has. A store that keeps nothing under one of them answers for it all
//!   the same: nobody has a value.
//! - [`functions`]: what customers do, with the columns each can be asked by.
//! - [`Population`]: of whom a figure of the store is.
//! - [`countries`]: codes and names, for whoever writes the one for the other.

pub mod countries;
pub mod functions;
pub mod shopify;

mod population;

pub use population::Population;

use crate::traits::OwnTrait;
use functions::FactTable;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The attribute that is a day written as text, with or without its year: `1990-05-31`, `--05-31`.
pub const BIRTHDAY: &str = "birthday";

/// What a segment can speak of.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    attributes: Vec<Attribute>,
    by_name: HashMap<String, usize>,
    /// The user's own traits, each after those it names.
    pub(crate) own_traits: Vec<(String, OwnTrait)>,
    /// What is wrong with traits that cannot be asked.
    pub(crate) broken_traits: BTreeMap<String, String>,
    /// Values of parameters that the store has, by `function.parameter`; what is not in here is not checked.
    pub values: BTreeMap<String, Vec<String>>,
    /// Facts of which the store has none.
    pub absent: BTreeSet<FactTable>,
    /// Texts of named segments.
    pub segments: BTreeMap<String, NamedSegment>,
    /// Values of `$parameters`, as terms of the language: `2`, `'FR'`, `-30d`.
    pub parameters: BTreeMap<String, crate::syntax::tree::Term>,
}

/// A segment with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSegment {
    /// In the segment language.
    pub text: String,
    /// Values of its own `$parameters`.
    pub parameters: BTreeMap<String, crate::syntax::tree::Term>,
}

/// Something known of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name, and that of its column.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// In what they are counted.
    pub unit: Unit,
    /// Which values there are.
    pub values: Values,
    /// How it changes when nothing happens.
    pub moves: Moves,
    /// What it means, as a noun: `order values less refunds`. Empty where the name says it.
    pub meaning: String,
    /// Does the store keep it?
    pub kept: bool,
}

/// Kinds of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One text.
    Text,
    /// Several texts, compared whole, and by case only where the flag says so.
    Texts {
        /// `vip` is not `VIP`.
        by_case: bool,
    },
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// An amount of money.
    Amount,
    /// An instant.
    Date,
    /// Yes or no.
    Flag,
    /// Whatever the store keeps under it: a trait of the shop's own.
    Any,
}

/// What a number counts, as far as it matters for what can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Anything that is only a number: counts, shares, ratios.
    Plain,
    /// Days.
    Days,
    /// The store's reporting currency.
    Money,
}

/// Which values an attribute has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Nobody knows.
    Open,
    /// These have been seen; another one matches nobody today.
    Seen(Vec<String>),
    /// These and no others.
    Closed(Vec<String>),
    /// ISO 3166-1 codes of two letters, as far as the sources write codes; those seen may be others.
    Countries(Vec<String>),
}

/// How a value changes while no fact comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moves {
    /// Not at all.
    Never,
    /// It counts elapsed days of 24 hours since an instant of the same customer.
    Since(String),
    /// By facts leaving a window of so many elapsed days.
    Window(u32),
    /// At the store's midnight.
    Daily,
}

impl Attribute {
    /// A plain attribute that the store keeps and that never moves.
    pub fn new(name: impl Into<String>, kind: Kind) -> Attribute {
        Attribute {
            name: name.into(),
            kind,
            unit: if kind == Kind::Amount { Unit::Money } else { Unit::Plain },
            values: Values::Open,
            moves: Moves::Never,
            meaning: String::new(),
            kept: true,
        }
    }
}

impl Vocabulary {
    /// The attributes of a store, and those of Shopify's language that it does not keep. Where both have one, its kind is the
    /// store's and its closed list of values Shopify's.
    pub fn new(attributes: impl IntoIterator<Item = Attribute>) -> Vocabulary {
        let mut vocabulary = Vocabulary {
            attributes: Vec::new(),
            by_name: HashMap::new(),
            own_traits: Vec::new(),
            broken_traits: BTreeMap::new(),
            values: BTreeMap::new(),
            absent: BTreeSet::new(),
            segments: BTreeMap::new(),
            parameters: BTreeMap::new(),
        };
        attributes.into_iter().for_each(|attribute| vocabulary.add(attribute));
        for theirs in shopify::attributes() {
            match vocabulary.by_name.get(&theirs.name) {
                Some(at) => {
                    let ours = &mut vocabulary.attributes[*at];
                    ours.kind = match (ours.kind, theirs.kind) {
                        (Kind::Texts { .. }, Kind::Texts { .. }) => theirs.kind,
                        (kind, _) => kind,
                    };
                    if let (Values::Seen(seen), Values::Countries(_)) = (&ours.values, &theirs.values) {
                        ours.values = Values::Countries(seen.clone());
                    } else if matches!(theirs.values, Values::Closed(_) | Values::Countries(_)) && !matches!(ours.values, Values::Closed(_))
                    {
                        ours.values = theirs.values;
                    }
                }
                None => vocabulary.add(theirs),
            }
        }
        vocabulary
    }

    /// Adds an attribute of the user's own.
    pub(crate) fn add_own(&mut self, attribute: Attribute) {
        self.add(attribute);
    }

    fn add(&mut self, attribute: Attribute) {
        self.by_name.insert(attribute.name.clone(), self.attributes.len());
        self.attributes.push(attribute);
    }

    /// An attribute by its name. Traits and metafields need not be known.
    pub fn attribute(&self, name: &str) -> Option<Attribute> {
        let found = self.by_name.get(name).or_else(|| self.by_name.get(name.strip_prefix("customer.")?));
        match found {
            Some(at) => Some(self.attributes[*at].clone()),
            None => is_trait(name).then(|| Attribute { kept: false, ..Attribute::new(name, Kind::Any) }),
        }
    }

    /// Says which values of an attribute have been seen.
    pub fn see(&mut self, name: &str, seen: Vec<String>) {
        if let Some(at) = self.by_name.get(name) {
            let attribute = &mut self.attributes[*at];
            attribute.values = match attribute.values {
                Values::Countries(_) => Values::Countries(seen),
                Values::Open | Values::Seen(_) => Values::Seen(seen),
                Values::Closed(_) => return,
            };
        }
    }

    /// All attributes.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

/// `trait.pet`, `metafields.facts.birth_date`: what a shop keeps of its own.
fn is_trait(name: &str) -> bool {
    let name = name.strip_prefix("customer.").unwrap_or(name);
    name.strip_prefix("trait.").or_else(|| name.strip_prefix("metafields.")).is_some_and(|rest| !rest.is_empty())
}
