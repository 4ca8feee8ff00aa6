//! A program in two steps: what can be told of each customer while the facts are at hand, and the rest when figures and classes of the
//! whole store are known. So the facts are read once, and of the rows only those columns are kept that the rest asks for.

use super::attributes::{self, asks_facts};
use super::{FactsAt, Figures, Members, Moment, Program, Told, World, combine, needs, packed};
use crate::reduce::core::Leaf;
use arrow::record_batch::RecordBatch;

/// Which parts of a program can be told before anything is known of the whole store.
#[derive(Debug, Clone)]
pub struct Early {
    /// By leaf.
    leaves: Vec<bool>,
    /// By segment: all that it rests on.
    segments: Vec<bool>,
    /// By leaf: is it told early and asked for late?
    kept: Vec<bool>,
    columns: Vec<String>,
}

impl Early {
    /// The columns of the profile that the rest asks for: those of its conditions, and those its figures are of.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// What was told early of some customers.
#[derive(Debug, Clone)]
pub struct Begun {
    /// By leaf; `None` of one that is late or that nobody asks for any more.
    leaves: Vec<Option<Members>>,
    /// By segment; `None` of one that is late.
    segments: Vec<Option<Members>>,
    /// What facts say of traits.
    told: Told,
}

impl Begun {
    /// What facts say of traits.
    pub fn told(&self) -> &Told {
        &self.told
    }
}

impl Program {
    /// Can what one of the asked segments asks of facts be told without figures of the store and without the columns that are late?
    pub fn can_begin(&self, asked: usize, is_late: impl Fn(&str) -> bool) -> bool {
        let Some(place) = self.asked.get(asked) else { return true };
        self.leaves_of(&[*place]).into_iter().filter(|leaf| asks_facts(leaf)).all(|leaf| self.is_early(leaf, &is_late))
    }

    /// What can be told early, where these columns are late.
    pub fn early(&self, is_late: impl Fn(&str) -> bool) -> Early {
        let leaves: Vec<bool> = self.leaves.iter().map(|leaf| self.is_early(leaf, &is_late)).collect();
        let mut segments: Vec<bool> = Vec::with_capacity(self.segments.len());
        for node in &self.segments {
            segments.push(node.rests_only_on(&leaves, &segments));
        }
        let late: Vec<usize> = (0..self.segments.len()).filter(|place| !segments[*place]).collect();
        let mut kept = vec![false; leaves.len()];
        late.iter().for_each(|place| self.segments[*place].leaves(&mut |leaf| kept[leaf] |= leaves[leaf]));
        let rest: Vec<_> = self.leaves.iter().zip(&leaves).filter(|(_, early)| !**early).map(|(leaf, _)| leaf.clone()).collect();
        Early { columns: self.profile_columns(needs::columns(&rest)), leaves, segments, kept }
    }

    /// Traits are late: they are worked out when the rows are whole.
    fn is_early(&self, leaf: &Leaf, is_late: &impl Fn(&str) -> bool) -> bool {
        let leaf = std::slice::from_ref(leaf);
        let is_trait = |name: &String| self.traits.iter().any(|own| own.name == *name);
        needs::statistics(leaf).is_empty() && !needs::columns(leaf).iter().any(|name| is_late(name) || is_trait(name))
    }

    /// What can be told of some customers.
    pub fn begin(&self, early: &Early, world: &World<'_>, moment: &Moment) -> Begun {
        let figures = Figures::default();
        let facts = world.facts.map(|(batch, counted)| FactsAt::new(world, batch, counted, moment, &figures));
        let of = |(leaf, early): (_, &bool)| match early {
            true => attributes::leaf(leaf, world, facts.as_ref(), moment, &figures),
            false => Vec::new(),
        };
        let leaves: Vec<Vec<bool>> = self.leaves.iter().zip(&early.leaves).map(of).collect();
        let mut done: Vec<Vec<bool>> = Vec::with_capacity(self.segments.len());
        for (node, early) in self.segments.iter().zip(&early.segments) {
            let mask = if *early { combine(node, &leaves, &done, world.len()) } else { Vec::new() };
            done.push(mask);
        }
        let told = |masks: &[Vec<bool>], which: &[bool]| -> Vec<Option<Members>> {
            masks.iter().zip(which).map(|(mask, told)| told.then(|| packed(mask))).collect()
        };
        Begun { leaves: told(&leaves, &early.kept), segments: told(&done, &early.segments), told: self.tell(world, moment) }
    }

    /// Who of them is in each segment that was asked, by their rows, which are as many as when it was begun.
    pub fn finish(&self, begun: &Begun, rows: &RecordBatch, moment: &Moment, figures: &Figures) -> Vec<Members> {
        let whole = self.with_traits(rows, &begun.told, figures);
        let world = World::of_rows(&whole);
        let mut leaves: Vec<Option<Vec<bool>>> = begun.leaves.iter().map(|told| told.as_ref().map(|told| told.iter().collect())).collect();
        for (node, _) in self.segments.iter().zip(&begun.segments).filter(|(_, told)| told.is_none()) {
            node.leaves(&mut |leaf| {
                leaves[leaf].get_or_insert_with(|| attributes::leaf(&self.leaves[leaf], &world, None, moment, figures));
            });
        }
        let leaves: Vec<Vec<bool>> = leaves.into_iter().map(Option::unwrap_or_default).collect();
        let mut done: Vec<Vec<bool>> = Vec::with_capacity(self.segments.len());
        for (node, told) in self.segments.iter().zip(&begun.segments) {
            let mask = match told {
                Some(told) => told.iter().collect(),
                None => combine(node, &leaves, &done, world.len()),
            };
            done.push(mask);
        }
        let of = |place: &usize| begun.segments[*place].clone().unwrap_or_else(|| packed(&done[*place]));
        self.asked.iter().map(of).collect()
    }
}
