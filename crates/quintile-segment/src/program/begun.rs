//! A program in two steps: what facts say of each customer while they are at hand, and the rest when figures and classes of the whole
//! store are known. So the facts are read once.

use super::attributes::{self, asks_facts};
use super::{FactsAt, Figures, Members, Moment, Program, Told, World, needs};
use arrow::buffer::BooleanBuffer;
use arrow::record_batch::RecordBatch;

/// Who of some customers meets each condition about facts.
#[derive(Debug, Clone)]
pub struct Begun {
    /// By leaf; `None` of one about profile rows.
    leaves: Vec<Option<BooleanBuffer>>,
    /// What facts say of traits.
    pub(crate) told: Told,
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
        self.leaves_of(&[*place]).into_iter().filter(|leaf| asks_facts(leaf)).all(|leaf| {
            let leaf = std::slice::from_ref(leaf);
            needs::statistics(leaf).is_empty()
                && !needs::columns(leaf).iter().any(|name| is_late(name) || self.traits.iter().any(|own| own.name == *name))
        })
    }

    /// What the facts of some customers say.
    pub fn begin(&self, world: &World<'_>, moment: &Moment) -> Begun {
        let figures = Figures::default();
        let facts = world.facts.map(|(batch, counted)| FactsAt::new(world, batch, counted, moment, &figures));
        let of = |leaf| {
            asks_facts(leaf).then(|| BooleanBuffer::from(attributes::leaf(leaf, world, facts.as_ref(), moment, &figures).as_slice()))
        };
        Begun { leaves: self.leaves.iter().map(of).collect(), told: self.tell(world, moment) }
    }

    /// Who of them is in each segment that was asked, by their rows, which are as many as when it was begun.
    pub fn finish(&self, begun: &Begun, rows: &RecordBatch, moment: &Moment, figures: &Figures) -> Vec<Members> {
        let whole = self.with_traits(rows, &begun.told, figures);
        let world = World::of_rows(&whole);
        let leaves: Vec<Vec<bool>> = self
            .leaves
            .iter()
            .zip(&begun.leaves)
            .map(|(leaf, told)| match told {
                Some(told) => told.iter().collect(),
                None => attributes::leaf(leaf, &world, None, moment, figures),
            })
            .collect();
        let masks = self.combined(&leaves, world.len());
        self.asked.iter().map(|place| BooleanBuffer::from(masks[*place].as_slice())).collect()
    }
}
