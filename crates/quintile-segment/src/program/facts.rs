//! Which facts of a batch pass: each test of a column is worked out once a batch, whoever asks.

mod fields;
mod worked;

pub(crate) use fields::Numbers;

use super::columns::Values;
use super::moment::Moment;
use super::statistics::Figures;
use super::world::World;
use crate::patterns::Matcher;
use crate::reduce::core::{Cell, Logic, Rows, TextTest};
use crate::vocabulary::functions::{FactTable, Field, Function};
use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use quintile_model::batch::{CustomerBatch, NO_ORDER};
use quintile_model::columns::instants as instants_of;
use quintile_model::records::line_kind;
use quintile_model::touchpoints::message;
use quintile_model::{Counted, Facts, Touchpoint};
use std::cell::OnceCell;
use std::rc::Rc;
use worked::Worked;

/// The facts of a batch at work.
pub(crate) struct FactsAt<'a> {
    pub world: &'a World<'a>,
    pub moment: &'a Moment,
    figures: &'a Figures,
    batch: &'a CustomerBatch,
    counted: &'a Counted,
    pub(super) worked: Worked,
}

/// Rows that pass.
pub(crate) struct Passing {
    /// By row of the table.
    pub mask: Vec<bool>,
    /// How many of each customer.
    pub counts: OnceCell<Rc<Vec<i64>>>,
    /// When they happened.
    pub happened: OnceCell<Rc<Happened>>,
}

/// When some facts of each customer happened.
pub(crate) struct Happened {
    /// One customer after the other, ascending.
    pub at: Vec<i64>,
    /// Where each customer's begin; one longer than the customers.
    pub offsets: Vec<u32>,
}

/// Rows of one table of facts.
pub(crate) struct Table<'a> {
    pub facts: &'a Facts,
    /// When each happened.
    pub at: Times<'a>,
}

/// Times of facts: as they are kept, or those of their orders.
pub(crate) enum Times<'a> {
    Kept(&'a [i64]),
    Found(Rc<Vec<i64>>),
}

impl<'a> Times<'a> {
    /// Times of a table; of one that was not read, none.
    pub(crate) fn of(batch: &'a CustomerBatch, table: FactTable) -> Times<'a> {
        let kept = |facts: &'a Facts| match facts.rows.column_by_name("at") {
            Some(_) => Times::Kept(instants_of(&facts.rows, "at").values()),
            None => Times::Kept(&[]),
        };
        match table {
            FactTable::Orders => kept(&batch.orders),
            FactTable::Sales | FactTable::Returns => Times::Found(Rc::new(line_times(batch))),
            FactTable::Refunds => kept(&batch.refunds),
            FactTable::Of(kind) => batch.touchpoints(kind).map_or(Times::Kept(&[]), kept),
            FactTable::Visits => batch.touchpoints(Touchpoint::Events).map_or(Times::Kept(&[]), kept),
            FactTable::Nothing => Times::Kept(&[]),
        }
    }
}

/// A line happens when its order does; one of no order when it says.
fn line_times(batch: &CustomerBatch) -> Vec<i64> {
    let of_orders: &[i64] = match batch.orders.rows.column_by_name("at") {
        Some(_) => instants_of(&batch.orders.rows, "at").values(),
        None => &[],
    };
    let own = batch.lines.rows.column_by_name("at").map(|_| instants_of(&batch.lines.rows, "at").values());
    let time = |(row, order): (usize, &u32)| match of_orders.get(*order as usize) {
        Some(at) => *at,
        None => own.map_or(i64::MAX, |own| own[row]),
    };
    batch.line_order.iter().enumerate().map(time).collect()
}

impl std::ops::Deref for Times<'_> {
    type Target = [i64];

    fn deref(&self) -> &[i64] {
        match self {
            Times::Kept(times) => times,
            Times::Found(times) => times,
        }
    }
}

impl Table<'_> {
    fn rows(&self) -> &RecordBatch {
        &self.facts.rows
    }
}

impl<'a> FactsAt<'a> {
    pub(crate) fn new(
        world: &'a World<'a>,
        batch: &'a CustomerBatch,
        counted: &'a Counted,
        moment: &'a Moment,
        figures: &'a Figures,
    ) -> Self {
        FactsAt { world, moment, figures, batch, counted, worked: Worked::default() }
    }

    /// The table of a function; `None` where no such facts were read.
    pub(crate) fn table(&self, table: FactTable) -> Option<Table<'a>> {
        let facts = match table {
            FactTable::Orders => &self.batch.orders,
            FactTable::Sales | FactTable::Returns => &self.batch.lines,
            FactTable::Refunds => &self.batch.refunds,
            FactTable::Of(kind) => self.batch.touchpoints(kind)?,
            FactTable::Visits => self.batch.touchpoints(Touchpoint::Events)?,
            FactTable::Nothing => return None,
        };
        let at = match table {
            FactTable::Sales | FactTable::Returns => Times::Found(self.line_times()),
            _ => {
                facts.rows.column_by_name("at")?;
                Times::Kept(instants_of(&facts.rows, "at").values())
            }
        };
        Some(Table { facts, at })
    }

    fn line_times(&self) -> Rc<Vec<i64>> {
        self.worked.line_times.get_or_init(|| Rc::new(line_times(self.batch))).clone()
    }

    /// Rows of a function that pass; `None` where there is no such table.
    pub(crate) fn rows(&self, rows: &Rows) -> Option<Rc<Passing>> {
        let table = self.table(rows.function.table)?;
        Some(self.worked.rows.once(rows, || {
            Passing::of(match rows.of_last {
                None => self.passing(rows, &table),
                Some(last) => self.passing_of_last(rows, &table, last),
            })
        }))
    }

    fn passing(&self, rows: &Rows, table: &Table<'_>) -> Vec<bool> {
        let mut mask = self.of_function(rows.function, table).to_vec();
        for cell in &rows.cells {
            and(&mut mask, &self.logic(cell, rows.function, table));
        }
        if rows.line_cells.is_empty() && rows.no_line_cells.is_empty() {
            return mask;
        }
        let lines = self.table(FactTable::Sales);
        let Some(lines) = lines else {
            // Without lines no order has one.
            if !rows.line_cells.is_empty() {
                mask.fill(false);
            }
            return mask;
        };
        let with_line = |cells: &[Logic<Cell>]| -> Vec<bool> {
            let mut passing = self.counted.sales.clone();
            cells.iter().for_each(|cell| and(&mut passing, &self.logic(cell, rows.function, &lines)));
            let mut orders = vec![false; mask.len()];
            for (line, _) in passing.iter().enumerate().filter(|(_, passes)| **passes) {
                if let Some(order) = orders.get_mut(self.batch.line_order[line] as usize) {
                    *order = true;
                }
            }
            orders
        };
        let mut found: Vec<Vec<bool>> = rows.no_line_cells.iter().map(|cell| with_line(std::slice::from_ref(cell))).collect();
        found.iter_mut().for_each(|orders| orders.iter_mut().for_each(|order| *order = !*order));
        if !rows.line_cells.is_empty() {
            found.push(with_line(&rows.line_cells));
        }
        found.iter().for_each(|orders| and(&mut mask, orders));
        mask
    }

    /// Of each customer's last facts those that pass. Of messages the last received are looked at, and whether the function's
    /// deed was done to them.
    fn passing_of_last(&self, rows: &Rows, table: &Table<'_>, last: u32) -> Vec<bool> {
        if rows.function.table == FactTable::Of(Touchpoint::Messages) {
            return self.of_last_received(rows, table, last);
        }
        let base = self.of_function(rows.function, table);
        let mut mask = self.passing(&Rows { of_last: None, ..rows.clone() }, table);
        for customer in 0..self.batch.keys.len() {
            let own = table.facts.of(customer);
            own.rev().filter(|row| base[*row]).skip(last as usize).for_each(|row| mask[row] = false);
        }
        mask
    }

    fn of_last_received(&self, rows: &Rows, table: &Table<'_>, last: u32) -> Vec<bool> {
        let action = Values::of(table.rows(), "action");
        let ids = Values::of(table.rows(), "message");
        let mut received: Vec<bool> = table.at.iter().map(|at| *at < self.moment.facts_before.0).collect();
        let sent = action.as_ref().map_or_else(|| vec![false; received.len()], |action| action.texts_that(|text| text == message::SENT));
        and(&mut received, &sent);
        for (field, text) in rows.function.only.iter().filter(|(field, _)| *field != Field::Own("action")) {
            and(&mut received, &self.only(*field, text, table));
        }
        for cell in &rows.cells {
            and(&mut received, &self.logic(cell, rows.function, table));
        }
        // The deed to whichever message, whatever else was asked: what was asked is asked of the message received.
        let deed = self.of_function(rows.function, table);
        let mut mask = vec![false; received.len()];
        for customer in 0..self.batch.keys.len() {
            let own = table.facts.of(customer);
            let id = |row: usize| ids.as_ref().and_then(|ids| ids.text(row));
            let done: std::collections::HashSet<&str> = own.clone().filter(|row| deed[*row]).filter_map(id).collect();
            for row in own.rev().filter(|row| received[*row]).take(last as usize) {
                mask[row] = id(row).is_some_and(|id| done.contains(id));
            }
        }
        mask
    }

    /// Rows that are the function's at all: they count, have happened, and are of its sort.
    fn of_function(&self, function: &Function, table: &Table<'_>) -> Rc<Vec<bool>> {
        self.worked.functions.once(&function.name, || {
            let happened = || table.at.iter().map(|at| *at < self.moment.facts_before.0).collect::<Vec<bool>>();
            let mut mask = match function.table {
                FactTable::Orders => self.counted.orders.clone(),
                FactTable::Sales => self.counted.sales.clone(),
                FactTable::Refunds => self.counted.refunds.clone(),
                FactTable::Returns => {
                    let mut mask = happened();
                    let kind = Values::of(table.rows(), "kind");
                    and(
                        &mut mask,
                        &kind.map_or_else(|| vec![false; table.at.len()], |kind| kind.texts_that(|text| text == line_kind::RETURN)),
                    );
                    for (mask, order) in mask.iter_mut().zip(&self.batch.line_order) {
                        *mask &= *order == NO_ORDER || self.counted.orders[*order as usize];
                    }
                    mask
                }
                FactTable::Of(_) => happened(),
                FactTable::Visits => {
                    let mut mask = happened();
                    and(&mut mask, &self.counted.visit_starts);
                    mask
                }
                FactTable::Nothing => vec![false; table.at.len()],
            };
            mask.resize(table.at.len(), false);
            for (field, text) in function.only {
                and(&mut mask, &self.only(*field, text, table));
            }
            if function.people_only
                && let Some(machine) = table.rows().column_by_name("machine").and_then(|array| array.as_boolean_opt())
            {
                mask.iter_mut().enumerate().for_each(|(row, mask)| *mask &= !(machine.is_valid(row) && machine.value(row)));
            }
            mask
        })
    }

    fn only(&self, field: Field, text: &str, table: &Table<'_>) -> Vec<bool> {
        let nobody = || vec![false; table.at.len()];
        match field {
            Field::Abandoned => {
                let mut left = self.counted.carts_left.clone();
                left.resize(table.at.len(), false);
                left
            }
            Field::Own(name) => {
                let Some(array) = table.rows().column_by_name(name) else { return nobody() };
                match array.as_boolean_opt() {
                    Some(flags) => flags.iter().map(|flag| flag == Some(true)).collect(),
                    None => Values::of(table.rows(), name).map_or_else(nobody, |values| values.texts_that(|value| value == text)),
                }
            }
            _ => nobody(),
        }
    }

    fn logic(&self, logic: &Logic<Cell>, function: &Function, table: &Table<'_>) -> Vec<bool> {
        match logic {
            Logic::All(list) => {
                let mut mask = vec![true; table.at.len()];
                list.iter().for_each(|part| and(&mut mask, &self.logic(part, function, table)));
                mask
            }
            Logic::Any(list) => {
                let mut mask = vec![false; table.at.len()];
                for part in list {
                    mask.iter_mut().zip(&self.logic(part, function, table)).for_each(|(mask, part)| *mask |= part);
                }
                mask
            }
            Logic::Not(inner) => self.logic(inner, function, table).into_iter().map(|passes| !passes).collect(),
            Logic::Leaf(cell) => self.cell(cell, function, table).to_vec(),
        }
    }

    /// How many customers the batch has.
    pub(crate) fn customers(&self) -> usize {
        self.batch.keys.len()
    }

    pub(crate) fn batch(&self) -> &'a CustomerBatch {
        self.batch
    }

    pub(crate) fn counted(&self) -> &'a Counted {
        self.counted
    }
}

pub(crate) fn matcher(test: &TextTest) -> Matcher {
    match test {
        TextTest::OneOf { values, any_case } => Matcher::one_of(values, *any_case),
        TextTest::Part { how, pattern, any_case } => Matcher::part(*how, pattern, *any_case),
    }
}

pub(crate) fn and(mask: &mut [bool], other: &[bool]) {
    if other.len() < mask.len() {
        mask[other.len()..].fill(false);
    }
    mask.iter_mut().zip(other).for_each(|(mask, other)| *mask &= other);
}
