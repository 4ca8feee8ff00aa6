//! One thing after another.
//!
//! A step is followed from every fact before it that was reached: `A THEN B WITHIN 14d` holds when some B comes after some A, and
//! before 14 calendar days have passed since that A. `A THEN NO B WITHIN 14d` holds when some A has no B after it in that time, or
//! in what has passed of it. The same instant is not after.

use super::facts::FactsAt;
use super::figures::Material;
use super::moment::moved_instant;
use super::number::{Num, value};
use super::statistics::Figures;
use crate::reduce::core::{CoreStep, Logic, Reached, Rows};
use crate::syntax::tree::Length;
use quintile_model::time::DAY_MICROS;

impl FactsAt<'_> {
    /// Customers of the batch of whom a sequence holds.
    pub(crate) fn sequence(&self, first: &Rows, reached: &Logic<Reached>, steps: &[CoreStep], figures: &Figures) -> Vec<bool> {
        let customers = self.batch().keys.len();
        let begun = self.begun(first, reached, figures);
        let later: Vec<Vec<Vec<i64>>> = steps.iter().map(|step| self.times(&step.rows)).collect();
        let holds = |customer: usize| {
            let mut times = begun[customer].clone();
            for (step, later) in steps.iter().zip(&later) {
                if step.negated {
                    return times.iter().any(|at| self.nothing_after(*at, &later[customer], step.within));
                }
                times = later[customer].iter().copied().filter(|at| self.follows(*at, &times, step.within)).collect();
            }
            !times.is_empty()
        };
        (0..customers).map(holds).collect()
    }

    /// By customer, when the facts that pass happened, in their order.
    pub(crate) fn times(&self, rows: &Rows) -> Vec<Vec<i64>> {
        let customers = self.batch().keys.len();
        let (Some(table), Some(mask)) = (self.table(rows.function.table), self.rows(rows)) else { return vec![Vec::new(); customers] };
        let of = |customer| {
            let mut times: Vec<i64> = table.facts.of(customer).filter(|row| mask[*row]).map(|row| table.at[row]).collect();
            // Lines lie in the order of their orders, and those of no order before them.
            times.sort_unstable();
            times
        };
        (0..customers).map(of).collect()
    }

    /// Times of the first step: with figures, those facts at which the figures of all up to then hold.
    fn begun(&self, first: &Rows, reached: &Logic<Reached>, figures: &Figures) -> Vec<Vec<i64>> {
        if matches!(reached, Logic::All(list) if list.is_empty()) {
            return self.times(first);
        }
        let customers = self.batch().keys.len();
        let (Some(table), Some(mask)) = (self.table(first.function.table), self.rows(first)) else { return vec![Vec::new(); customers] };
        let mut materials: Vec<(Reached, Material)> = Vec::new();
        self.prepare(reached, first, &mut materials);
        let of = |customer: usize| {
            let own = table.facts.of(customer);
            let mut times: Vec<i64> = own
                .clone()
                .filter(|row| mask[*row])
                .filter(|row| {
                    self.holds_so_far(
                        reached,
                        &materials,
                        &|reached, material| self.figure_of(reached.aggregate, material, &table, &mask, own.start..row + 1),
                        figures,
                        customer,
                    )
                })
                .map(|row| table.at[row])
                .collect();
            times.sort_unstable();
            times
        };
        (0..customers).map(of).collect()
    }

    fn prepare(&self, logic: &Logic<Reached>, first: &Rows, materials: &mut Vec<(Reached, Material)>) {
        match logic {
            Logic::All(list) | Logic::Any(list) => list.iter().for_each(|part| self.prepare(part, first, materials)),
            Logic::Not(inner) => self.prepare(inner, first, materials),
            Logic::Leaf(reached) => {
                if let Some(table) = self.table(first.function.table) {
                    materials.push((reached.clone(), self.material(reached.aggregate, first, &table)));
                }
            }
        }
    }

    fn holds_so_far(
        &self,
        logic: &Logic<Reached>,
        materials: &[(Reached, Material)],
        figure: &dyn Fn(&Reached, &Material) -> Option<Num>,
        figures: &Figures,
        customer: usize,
    ) -> bool {
        let holds = |logic: &Logic<Reached>| self.holds_so_far(logic, materials, figure, figures, customer);
        match logic {
            Logic::All(list) => list.iter().all(holds),
            Logic::Any(list) => list.iter().any(holds),
            Logic::Not(inner) => !holds(inner),
            Logic::Leaf(reached) => {
                let Some((_, material)) = materials.iter().find(|(other, _)| other == reached) else { return false };
                let Some(found) = figure(reached, material) else { return false };
                let Some((order, term)) = &reached.test else { return true };
                let attribute = |name: &str| {
                    let row = self.world.customers.iter().position(|known| *known as usize == customer)?;
                    super::columns::Values::of(self.world.rows, name)?.number(row)
                };
                value(term, &attribute, &|which, of| figures.get(which, of)).is_some_and(|bound| order.holds(found.compare(bound)))
            }
        }
    }

    /// The end of what follows an instant.
    fn end(&self, at: i64, within: Option<Length>) -> i64 {
        within.map_or(i64::MAX, |length| moved_instant(at, &[(false, length)], &self.moment.as_of.zone))
    }

    fn follows(&self, at: i64, before: &[i64], within: Option<Length>) -> bool {
        // Where clocks are set back, an earlier instant can have the later end; never one that is earlier by days.
        const FAR: i64 = 3 * DAY_MICROS;
        let earlier = &before[..before.partition_point(|other| *other < at)];
        let Some(latest) = earlier.last() else { return false };
        earlier.iter().rev().take_while(|other| **other >= latest - FAR).any(|other| at < self.end(*other, within))
    }

    fn nothing_after(&self, at: i64, later: &[i64], within: Option<Length>) -> bool {
        match later.get(later.partition_point(|other| *other <= at)) {
            None => true,
            Some(next) => *next >= self.end(at, within),
        }
    }
}
