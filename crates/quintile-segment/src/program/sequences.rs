//! One thing after another.
//!
//! A step is followed from every fact before it that was reached: `A THEN B WITHIN 14d` holds when some B comes after some A, and
//! before 14 calendar days have passed since that A. `A THEN NO B WITHIN 14d` holds when some A has no B after it in that time, or
//! in what has passed of it. The same instant is not after.

use super::facts::{FactsAt, Happened, Table};
use super::figures::Material;
use super::moment::moved_instant;
use super::number::{Num, value};
use super::statistics::Figures;
use crate::reduce::core::{CoreStep, Logic, Reached, Rows};
use crate::syntax::tree::Length;
use quintile_model::time::DAY_MICROS;
use std::rc::Rc;

impl FactsAt<'_> {
    /// Customers of the batch of whom a sequence holds.
    pub(crate) fn sequence(&self, first: &Rows, reached: &Logic<Reached>, steps: &[CoreStep], figures: &Figures) -> Vec<bool> {
        let begun = self.begun(first, reached, figures);
        let later: Vec<Rc<Happened>> = steps.iter().map(|step| self.times(&step.rows)).collect();
        let holds = |customer: usize| {
            let begun = begun.of(customer);
            if begun.is_empty() {
                return false;
            }
            let mut times = Vec::new();
            for (place, (step, later)) in steps.iter().zip(&later).enumerate() {
                let (before, later) = (if place == 0 { begun } else { &times[..] }, later.of(customer));
                if step.negated {
                    return before.iter().any(|at| self.nothing_after(*at, later, step.within));
                }
                let mut followed = later.iter().copied().filter(|at| self.follows(*at, before, step.within));
                // Of the last step one is enough.
                if place + 1 == steps.len() {
                    return followed.next().is_some();
                }
                times = followed.collect();
            }
            true
        };
        (0..self.batch().keys.len()).map(holds).collect()
    }

    /// When the facts that pass happened.
    pub(crate) fn times(&self, rows: &Rows) -> Rc<Happened> {
        let (Some(table), Some(passing)) = (self.table(rows.function.table), self.rows(rows)) else {
            return Rc::new(Happened::never(self.batch().keys.len()));
        };
        passing.happened.get_or_init(|| Rc::new(self.happened(&table, |_, row| passing.mask[row]))).clone()
    }

    fn happened(&self, table: &Table<'_>, passes: impl Fn(usize, usize) -> bool) -> Happened {
        let mut happened = Happened::never(0);
        for customer in 0..self.batch().keys.len() {
            let start = happened.at.len();
            happened.at.extend(table.facts.of(customer).filter(|row| passes(customer, *row)).map(|row| table.at[row]));
            // Lines lie in the order of their orders, and those of no order before them.
            let own = &mut happened.at[start..];
            if !own.is_sorted() {
                own.sort_unstable();
            }
            happened.offsets.push(happened.at.len() as u32);
        }
        happened
    }

    /// Times of the first step: with figures, those facts at which the figures of all up to then hold.
    fn begun(&self, first: &Rows, reached: &Logic<Reached>, figures: &Figures) -> Rc<Happened> {
        if matches!(reached, Logic::All(list) if list.is_empty()) {
            return self.times(first);
        }
        let (Some(table), Some(passing)) = (self.table(first.function.table), self.rows(first)) else {
            return Rc::new(Happened::never(self.batch().keys.len()));
        };
        let mut materials: Vec<(Reached, Material)> = Vec::new();
        self.prepare(reached, first, &mut materials);
        Rc::new(self.happened(&table, |customer, row| {
            let own = table.facts.of(customer).start..row + 1;
            let figure =
                |reached: &Reached, material: &Material| self.figure_of(reached.aggregate, material, &table, &passing.mask, own.clone());
            passing.mask[row] && self.holds_so_far(reached, &materials, &figure, figures, customer)
        }))
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

    /// Is an instant before the end of what follows another?
    fn in_time(&self, at: i64, other: i64, within: Option<Length>) -> bool {
        let Some(length) = within else { return true };
        // As a rule the shortest and the longest that so many days, months or years can be are enough to say.
        let (least, most) = length.bounds();
        match () {
            () if other < at.saturating_add(least) => true,
            () if other >= at.saturating_add(most) => false,
            () => other < moved_instant(at, &[(false, length)], &self.moment.as_of.zone),
        }
    }

    fn follows(&self, at: i64, before: &[i64], within: Option<Length>) -> bool {
        // Where clocks are set back, an earlier instant can have the later end; never one that is earlier by days.
        const FAR: i64 = 3 * DAY_MICROS;
        let earlier = &before[..before.partition_point(|other| *other < at)];
        let Some(latest) = earlier.last() else { return false };
        earlier.iter().rev().take_while(|other| **other >= latest - FAR).any(|other| self.in_time(*other, at, within))
    }

    fn nothing_after(&self, at: i64, later: &[i64], within: Option<Length>) -> bool {
        match later.get(later.partition_point(|other| *other <= at)) {
            None => true,
            Some(next) => !self.in_time(at, *next, within),
        }
    }
}
