//! All segments that are asked, as one program over batches of whole customers.
//!
//! Equal conditions of different segments are one leaf, and each leaf is worked out once a batch: columns of the profile by one
//! sweep, facts by a mask of rows that all figures of the same rows share, figures between the boundaries of customers.
//!
//! - `attributes`: leaves about profile rows.
//! - `facts`, `figures`, `sequences`: leaves about facts.
//! - `needs`: which columns and facts are read.
//! - [`begun`]: what can be told before the whole store is known.
//! - [`alone`]: each condition by itself, for whoever keeps who meets it.
//! - [`rests_on`]: what a segment looks at, for whoever knows what the store lacks.
//! - `traits`: numbers to which the user gave a name.
//! - [`number`], [`moment`], [`statistics`]: numbers, days, figures of the store.

pub mod alone;
pub mod begun;
pub mod moment;
pub mod number;
pub mod rests_on;
pub mod statistics;

mod attributes;
mod columns;
mod facts;
mod figures;
pub(crate) mod needs;
mod sequences;
mod traits;
mod vector;
mod world;

pub use alone::Alone;
pub use begun::{Begun, Early};
pub use moment::Moment;
pub use number::Num;
pub use rests_on::RestsOn;
pub use statistics::{Figures, Gathered};
pub use traits::{Told, data_type as trait_type};
pub use world::World;

pub(crate) use columns::Values;
pub(crate) use facts::{FactsAt, Times};
pub(crate) use needs::terms;

use crate::reduce::core::{Core, Leaf, Logic};
use crate::syntax::tree::StatisticKind;
use crate::traits::{NumberTrait, PREFIX};
use arrow::buffer::BooleanBuffer;
use arrow::record_batch::RecordBatch;
use quintile_model::CountedParts;
use quintile_model::batch::FactColumns;
use std::collections::HashMap;

/// A program. It holds no facts and no moment.
#[derive(Debug, Clone)]
pub struct Program {
    /// Each condition once.
    leaves: Vec<Leaf>,
    /// Segments, those that are asked for by others before them.
    segments: Vec<Node>,
    /// Which of the segments were asked.
    asked: Vec<usize>,
    /// Traits that are numbers which it rests on, each after those it is made of.
    traits: Vec<NumberTrait>,
    /// Traits that are conditions, by name, with their segment.
    conditions: Vec<(String, usize)>,
    columns: Vec<String>,
    statistics: Vec<(StatisticKind, String)>,
    facts: Option<(FactColumns, CountedParts)>,
}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Leaf(usize),
    Member(usize),
}

/// Customers of some profile rows that are in a segment: one bit a row.
pub type Members = BooleanBuffer;

impl Program {
    /// The program of segments in such an order that each comes after those it names; `asked` are places in it.
    /// `traits` are all there are, and of them those are kept that something rests on, or that are `wanted`.
    pub(crate) fn new(segments: &[(String, Core)], asked: Vec<usize>, traits: &[NumberTrait], wanted: &[String]) -> Program {
        let mut maker = Maker { leaves: Vec::new(), known: HashMap::new(), segments: HashMap::new() };
        let mut nodes = Vec::with_capacity(segments.len());
        for (place, (name, core)) in segments.iter().enumerate() {
            nodes.push(maker.node(core));
            maker.segments.insert(name.clone(), place);
        }
        let is_trait = |(place, (name, _)): (usize, &(String, Core))| name.starts_with(PREFIX).then(|| (name.clone(), place));
        let conditions = segments.iter().enumerate().filter_map(is_trait).collect();
        let traits = traits::used(traits, &maker.leaves.iter().collect::<Vec<_>>(), wanted);
        Program::of(maker.leaves, nodes, asked, traits, conditions)
    }

    fn of(
        leaves: Vec<Leaf>,
        segments: Vec<Node>,
        asked: Vec<usize>,
        traits: Vec<NumberTrait>,
        conditions: Vec<(String, usize)>,
    ) -> Program {
        let all: Vec<Leaf> = leaves.iter().cloned().chain(traits.iter().map(|own| own.leaf.clone())).collect();
        let is_trait = |name: &String| traits.iter().any(|own| own.name == *name);
        Program {
            columns: needs::columns(&all).into_iter().filter(|name| !is_trait(name)).collect(),
            statistics: needs::statistics(&all),
            facts: needs::facts(&all),
            leaves,
            segments,
            asked,
            traits,
            conditions,
        }
    }

    /// The columns of the profile that it reads.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The facts that it reads, and what of them must be [counted](quintile_model::counted); `None` where the profile rows are enough.
    pub fn facts(&self) -> Option<(&FactColumns, CountedParts)> {
        self.facts.as_ref().map(|(columns, parts)| (columns, *parts))
    }

    /// The figures of the store that it needs; with none of them [`Figures::default`] will do.
    pub fn statistics(&self) -> &[(StatisticKind, String)] {
        &self.statistics
    }

    /// The conditions that the segments asked rest on, themselves or by others that they name.
    pub(crate) fn leaves(&self) -> Vec<&Leaf> {
        self.leaves_of(&self.asked)
    }

    /// The conditions that some of the segments rest on, and what the traits in them are made of.
    fn leaves_of(&self, places: &[usize]) -> Vec<&Leaf> {
        let (used, _) = self.reached(places);
        let mut leaves: Vec<&Leaf> = self.leaves.iter().zip(used).filter(|(_, used)| *used).map(|(leaf, _)| leaf).collect();
        if !self.traits.is_empty() {
            let traits = traits::used(&self.traits, &leaves, &[]);
            leaves.extend(self.traits.iter().filter(|own| traits.iter().any(|used| used.name == own.name)).map(|own| &own.leaf));
        }
        leaves
    }

    /// By leaf and by segment: do some of the segments rest on it?
    fn reached(&self, places: &[usize]) -> (Vec<bool>, Vec<bool>) {
        let mut used = vec![false; self.leaves.len()];
        let mut seen = vec![false; self.segments.len()];
        places.iter().for_each(|place| seen[*place] = true);
        let mut waiting: Vec<&Node> = places.iter().map(|place| &self.segments[*place]).collect();
        while let Some(node) = waiting.pop() {
            match node {
                Node::All(list) | Node::Any(list) => waiting.extend(list),
                Node::Not(inner) => waiting.push(inner),
                Node::Leaf(place) => used[*place] = true,
                Node::Member(place) => {
                    if !std::mem::replace(&mut seen[*place], true) {
                        waiting.push(&self.segments[*place]);
                    }
                }
            }
        }
        (used, seen)
    }

    /// The program of some of the segments that were asked, by their places among them.
    pub fn of_asked(&self, which: &[usize]) -> Program {
        let asked: Vec<usize> = which.iter().filter_map(|at| self.asked.get(*at).copied()).collect();
        let (used, seen) = self.reached(&asked);
        let mut leaves = Vec::new();
        let mut places = Vec::with_capacity(self.leaves.len());
        for (leaf, used) in self.leaves.iter().zip(used) {
            places.push(leaves.len());
            leaves.extend(used.then(|| leaf.clone()));
        }
        // Of a segment that nobody asks for nobody is a member; its place stays.
        let segments = self.segments.iter().zip(seen).map(|(node, seen)| if seen { node.moved(&places) } else { Node::Any(Vec::new()) });
        let traits = traits::used(&self.traits, &leaves.iter().collect::<Vec<_>>(), &[]);
        Program::of(leaves, segments.collect(), asked, traits, self.conditions.clone())
    }

    /// The columns that its conditions read of each customer: [those](Self::columns) without what its figures are of.
    pub fn row_columns(&self) -> Vec<String> {
        self.profile_columns(needs::row_columns(&self.leaves))
    }

    /// The columns that some of its [figures](Self::statistics) are of.
    pub fn columns_of(&self, figures: &[(StatisticKind, String)]) -> Vec<String> {
        self.profile_columns(needs::columns_of(figures))
    }

    /// Columns with what the traits among them are made of instead of them.
    fn profile_columns(&self, mut names: Vec<String>) -> Vec<String> {
        for own in self.traits.iter().rev() {
            if let Some(place) = names.iter().position(|name| *name == own.name) {
                names.remove(place);
                names.retain(|name| *name != own.name);
                names.extend(needs::row_columns(std::slice::from_ref(&own.leaf)).into_iter().filter(|name| *name != own.name));
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many segments were asked.
    pub fn segments(&self) -> usize {
        self.asked.len()
    }

    /// How many different conditions it has.
    pub fn conditions(&self) -> usize {
        self.leaves.len()
    }

    /// Who of some customers is in each segment that was asked, in the order asked.
    pub fn members(&self, world: &World<'_>, moment: &Moment, figures: &Figures) -> Vec<Members> {
        let masks = self.masks(world, moment, figures);
        self.asked.iter().map(|place| packed(&masks[*place])).collect()
    }

    /// The rows of a world with every trait beside them, those that are conditions too.
    pub fn rows_with_traits(&self, world: &World<'_>, moment: &Moment, figures: &Figures) -> RecordBatch {
        let mut whole = self.with_traits(world.rows, &self.tell(world, moment), figures);
        if !self.conditions.is_empty() {
            let masks = self.masks(world, moment, figures);
            for (name, place) in &self.conditions {
                let column = arrow::array::BooleanArray::from(masks[*place].clone());
                whole = traits::beside(&whole, name, std::sync::Arc::new(column));
            }
        }
        whole
    }

    fn masks(&self, world: &World<'_>, moment: &Moment, figures: &Figures) -> Vec<Vec<bool>> {
        let whole;
        let world = match self.traits.is_empty() {
            true => world,
            false => {
                whole = self.with_traits(world.rows, &self.tell(world, moment), figures);
                &world.with_rows(&whole)
            }
        };
        let facts = world.facts.map(|(batch, counted)| FactsAt::new(world, batch, counted, moment, figures));
        let leaves: Vec<Vec<bool>> =
            self.leaves.iter().map(|leaf| attributes::leaf(leaf, world, facts.as_ref(), moment, figures)).collect();
        self.combined(&leaves, world.len())
    }

    /// Who of so many customers is in each segment, by who meets each condition.
    fn combined(&self, leaves: &[Vec<bool>], customers: usize) -> Vec<Vec<bool>> {
        let mut done: Vec<Vec<bool>> = Vec::with_capacity(self.segments.len());
        for node in &self.segments {
            let mask = combine(node, leaves, &done, customers);
            done.push(mask);
        }
        done
    }
}

/// A mask with a bit for each row.
fn packed(mask: &[bool]) -> Members {
    let byte = |eight: &[bool]| eight.iter().rev().fold(0_u8, |byte, passes| byte << 1 | u8::from(*passes));
    BooleanBuffer::new(mask.chunks(8).map(byte).collect::<Vec<u8>>().into(), 0, mask.len())
}

impl Node {
    /// Does it rest on nothing but these leaves and segments?
    fn rests_only_on(&self, leaves: &[bool], segments: &[bool]) -> bool {
        match self {
            Node::All(list) | Node::Any(list) => list.iter().all(|part| part.rests_only_on(leaves, segments)),
            Node::Not(inner) => inner.rests_only_on(leaves, segments),
            Node::Leaf(place) => leaves[*place],
            Node::Member(place) => segments[*place],
        }
    }

    /// Its own leaves; those of segments that it names are not.
    fn leaves(&self, take: &mut impl FnMut(usize)) {
        match self {
            Node::All(list) | Node::Any(list) => list.iter().for_each(|part| part.leaves(take)),
            Node::Not(inner) => inner.leaves(take),
            Node::Leaf(place) => take(*place),
            Node::Member(_) => {}
        }
    }

    /// With its leaves at other places.
    fn moved(&self, places: &[usize]) -> Node {
        match self {
            Node::All(list) => Node::All(list.iter().map(|part| part.moved(places)).collect()),
            Node::Any(list) => Node::Any(list.iter().map(|part| part.moved(places)).collect()),
            Node::Not(inner) => Node::Not(Box::new(inner.moved(places))),
            Node::Leaf(place) => Node::Leaf(places[*place]),
            Node::Member(place) => Node::Member(*place),
        }
    }
}

fn combine(node: &Node, leaves: &[Vec<bool>], done: &[Vec<bool>], len: usize) -> Vec<bool> {
    let onto = |list: &[Node], all: bool| {
        let mut mask: Option<Vec<bool>> = None;
        for part in list {
            match &mut mask {
                None => mask = Some(combine(part, leaves, done, len)),
                Some(mask) => {
                    let owned;
                    let part: &[bool] = match part {
                        Node::Leaf(place) => &leaves[*place],
                        Node::Member(place) => &done[*place],
                        part => {
                            owned = combine(part, leaves, done, len);
                            &owned
                        }
                    };
                    match all {
                        true => mask.iter_mut().zip(part).for_each(|(mask, part)| *mask &= part),
                        false => mask.iter_mut().zip(part).for_each(|(mask, part)| *mask |= part),
                    }
                }
            }
        }
        mask.unwrap_or_else(|| vec![all; len])
    };
    match node {
        Node::All(list) => onto(list, true),
        Node::Any(list) => onto(list, false),
        Node::Not(inner) => {
            let mut mask = combine(inner, leaves, done, len);
            mask.iter_mut().for_each(|passes| *passes = !*passes);
            mask
        }
        Node::Leaf(place) => leaves[*place].clone(),
        Node::Member(place) => done[*place].clone(),
    }
}

struct Maker {
    leaves: Vec<Leaf>,
    known: HashMap<String, usize>,
    segments: HashMap<String, usize>,
}

impl Maker {
    fn node(&mut self, core: &Core) -> Node {
        match core {
            Logic::All(list) => Node::All(list.iter().map(|part| self.node(part)).collect()),
            Logic::Any(list) => Node::Any(list.iter().map(|part| self.node(part)).collect()),
            Logic::Not(inner) => Node::Not(Box::new(self.node(inner))),
            Logic::Leaf(Leaf::Member(name)) => match self.segments.get(name) {
                Some(place) => Node::Member(*place),
                // The order of the segments was found before.
                None => Node::Any(Vec::new()),
            },
            // A trait that is a condition is a segment of its name, and nobody is without a yes or no.
            Logic::Leaf(Leaf::Flag { attribute, is }) if self.segments.contains_key(attribute) => {
                let member = Node::Member(self.segments[attribute]);
                if *is { member } else { Node::Not(Box::new(member)) }
            }
            Logic::Leaf(Leaf::Known { attribute }) if self.segments.contains_key(attribute) => Node::All(Vec::new()),
            Logic::Leaf(leaf) => {
                let leaves = &mut self.leaves;
                let place = *self.known.entry(format!("{leaf:?}")).or_insert_with(|| {
                    leaves.push(leaf.clone());
                    leaves.len() - 1
                });
                Node::Leaf(place)
            }
        }
    }
}
