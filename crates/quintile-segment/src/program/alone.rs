//! Each condition of a program by itself, for whoever keeps who meets it; and the segments put together of what was kept.

use super::{Members, Program, packed, traits};
use crate::reduce::core::Leaf;
use crate::vocabulary::Population;

/// One condition of a program.
#[derive(Debug, Clone)]
pub struct Alone {
    /// Equal for conditions of any program that mean the same: what the traits mean that they rest on is part of it.
    pub name: String,
    /// Does it, or a trait that it rests on, ask for more than profile rows?
    pub asks_facts: bool,
}

impl Program {
    /// Its conditions, each once.
    pub fn alone(&self) -> Vec<Alone> {
        let of = |leaf: &Leaf| {
            let traits = traits::used(&self.traits, &[leaf], &[]);
            let means = traits.iter().map(|own| format!("\n{own:?}")).collect::<String>();
            let asks_facts = super::attributes::asks_facts(leaf) || traits.iter().any(|own| own.asks_facts());
            Alone { name: format!("{leaf:?}{means}"), asks_facts }
        };
        self.leaves.iter().map(of).collect()
    }

    /// The program that asks some of its conditions, each by itself; `which` are places in [`Program::alone`].
    pub fn of_conditions(&self, which: &[usize]) -> Program {
        let leaves: Vec<Leaf> = which.iter().filter_map(|place| self.leaves.get(*place).cloned()).collect();
        let traits = traits::used(&self.traits, &leaves.iter().collect::<Vec<_>>(), &[]);
        let segments = (0..leaves.len()).map(super::Node::Leaf).collect();
        let asked = (0..leaves.len()).collect();
        Program::of(leaves, segments, asked, traits, Vec::new())
    }

    /// Who of some customers is in each segment that was asked, by who meets each condition, in the order of [`Program::alone`].
    pub fn put_together(&self, told: &[Members], customers: usize) -> Vec<Members> {
        let leaves: Vec<Vec<bool>> = told.iter().map(|members| members.iter().collect()).collect();
        let masks = self.combined(&leaves, customers);
        self.asked.iter().map(|place| packed(&masks[*place])).collect()
    }

    /// Is one of its figures of the store a figure of a trait that facts must tell? Then it takes the facts of all customers.
    pub fn figures_ask_facts(&self) -> bool {
        let wanted: Vec<String> = self.statistics.iter().map(|(_, of)| Population::split(of).1.to_owned()).collect();
        traits::used(&self.traits, &[], &wanted).iter().any(|own| own.asks_facts())
    }

    /// What its traits mean, so that figures of programs whose traits differ are told apart.
    pub fn traits_mean(&self) -> String {
        self.traits.iter().map(|own| format!("{own:?}\n")).collect()
    }
}
