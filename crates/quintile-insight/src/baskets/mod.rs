//! What is bought together: sets of items that lie in many baskets, and the rules between them.
//!
//! A basket is a set of items: the products of an order, or all that a customer ever bought; what an item is, the caller
//! decides. All counts are exact.
//!
//! - [`itemsets`]: every set of items that lies in enough baskets.
//! - [`next`]: what is bought after what, and after how long.
//! - [`rules`]: of those who have these, so many also have that, and whether that is more than chance.

pub mod itemsets;
pub mod next;
pub mod rules;

pub use itemsets::{ItemSets, Limits, TooMany, frequent};
pub use rules::{Rule, RuleSettings, rules};

/// Baskets of items, each item as a number of the caller's.
#[derive(Debug, Clone, Default)]
pub struct Baskets {
    items: Vec<u32>,
    /// Where each basket ends in `items`.
    ends: Vec<u32>,
}

impl Baskets {
    /// Adds a basket. What is in it twice counts once; an empty basket counts as a basket.
    pub fn push(&mut self, items: impl IntoIterator<Item = u32>) {
        let start = self.items.len();
        self.items.extend(items);
        self.items[start..].sort_unstable();
        let mut kept = start;
        for at in start..self.items.len() {
            if at == start || self.items[at] != self.items[kept - 1] {
                self.items[kept] = self.items[at];
                kept += 1;
            }
        }
        self.items.truncate(kept);
        self.ends.push(kept as u32);
    }

    /// How many baskets.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// No baskets at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The baskets, each with its items ascending.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.ends.len()).map(|basket| {
            let start = basket.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.items[start as usize..self.ends[basket] as usize]
        })
    }

    /// One more than the largest item; zero where there is none.
    fn items(&self) -> usize {
        self.items.iter().max().map_or(0, |largest| *largest as usize + 1)
    }
}
