//! Which facts of a batch pass: each test of a column is worked out once a batch, whoever asks.

use super::columns::Values;
use super::moment::{Moment, Stretch, compares, instants, stretch};
use super::number::{Num, attributes_in, value, whole_range};
use super::statistics::Figures;
use super::world::{NOBODY, World};
use crate::check::typed::{DateBase, DateTerm, NumberTerm};
use crate::patterns::Matcher;
use crate::reduce::core::{Cell, CellTest, Logic, Order, Rows, TextTest};
use crate::vocabulary::functions::{FactTable, Field, Function, ParamKind};
use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::Decimal64Type;
use arrow::record_batch::RecordBatch;
use quintile_model::batch::{CustomerBatch, NO_ORDER};
use quintile_model::columns::instants as instants_of;
use quintile_model::money::div_half_even;
use quintile_model::records::line_kind;
use quintile_model::touchpoints::message;
use quintile_model::{Counted, Facts, Touchpoint};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The facts of a batch at work.
pub(crate) struct FactsAt<'a> {
    pub world: &'a World<'a>,
    pub moment: &'a Moment,
    figures: &'a Figures,
    batch: &'a CustomerBatch,
    counted: &'a Counted,
    masks: RefCell<HashMap<String, Rc<Vec<bool>>>>,
    nth: RefCell<Option<Rc<Vec<i64>>>>,
    line_times: RefCell<Option<Rc<Vec<i64>>>>,
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

/// Numbers of a field by row, and of what part of one they count.
pub(crate) struct Numbers {
    pub values: Vec<Option<i64>>,
    pub scale: i128,
}

const E4: i128 = 10_000;

impl<'a> FactsAt<'a> {
    pub(crate) fn new(
        world: &'a World<'a>,
        batch: &'a CustomerBatch,
        counted: &'a Counted,
        moment: &'a Moment,
        figures: &'a Figures,
    ) -> Self {
        FactsAt {
            world,
            moment,
            figures,
            batch,
            counted,
            masks: RefCell::default(),
            nth: RefCell::default(),
            line_times: RefCell::default(),
        }
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
        if let Some(known) = &*self.line_times.borrow() {
            return known.clone();
        }
        let times = Rc::new(line_times(self.batch));
        *self.line_times.borrow_mut() = Some(times.clone());
        times
    }

    fn remembered(&self, key: String, make: impl FnOnce() -> Vec<bool>) -> Rc<Vec<bool>> {
        if let Some(known) = self.masks.borrow().get(&key) {
            return known.clone();
        }
        let made = Rc::new(make());
        self.masks.borrow_mut().insert(key, made.clone());
        made
    }

    /// Rows of a function that pass; `None` where there is no such table.
    pub(crate) fn rows(&self, rows: &Rows) -> Option<Rc<Vec<bool>>> {
        let table = self.table(rows.function.table)?;
        Some(self.remembered(format!("{rows:?}"), || match rows.of_last {
            None => self.passing(rows, &table),
            Some(last) => self.passing_of_last(rows, &table, last),
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
        self.remembered(function.name.to_owned(), || {
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

    /// Rows whose value passes: worked out once for all functions of the same table.
    fn cell(&self, cell: &Cell, function: &Function, table: &Table<'_>) -> Rc<Vec<bool>> {
        let place = if matches!(cell.field, Field::AnyLine(_)) { FactTable::Sales } else { function.table };
        self.remembered(format!("{place:?} {cell:?}"), || {
            let mut mask = match &cell.test {
                CellTest::Text(test) => {
                    let matcher = matcher(test);
                    self.texts(cell, place, table, &|text| matcher.passes(text))
                }
                CellTest::Known => self.known(cell, place, table),
                CellTest::Flag(is) => self.flags(cell.field, place, table).into_iter().map(|flag| flag == Some(*is)).collect(),
                CellTest::Date(order, term) => self.dates(*order, term, table),
                CellTest::Number(order, term) => self.numbers_that(cell.field, place, *order, term, table),
            };
            mask.resize(table.at.len(), false);
            mask
        })
    }

    fn texts(&self, cell: &Cell, place: FactTable, table: &Table<'_>, passes: &dyn Fn(&str) -> bool) -> Vec<bool> {
        let one = |text: &str| match cell.kind {
            ParamKind::Texts => text.split(',').map(str::trim).any(|entry| !entry.is_empty() && passes(entry)),
            _ => passes(text),
        };
        let nobody = || vec![false; table.at.len()];
        match cell.field {
            Field::Own(name) | Field::AnyLine(name) => Values::of(table.rows(), name).map_or_else(nobody, |values| values.texts_that(one)),
            Field::Order(name) => {
                let Some(values) = Values::of(&self.batch.orders.rows, name) else { return nobody() };
                let of_order = values.texts_that(one);
                self.order_of(place).iter().map(|order| *order != NO_ORDER && of_order[*order as usize]).collect()
            }
            Field::Property => {
                match (&cell.property, table.rows().column_by_name("properties").and_then(|array| array.as_string_opt::<i32>())) {
                    (Some(name), Some(properties)) => {
                        (0..properties.len()).map(|row| property(properties, row, name).is_some_and(|text| one(&text))).collect()
                    }
                    _ => nobody(),
                }
            }
            _ => nobody(),
        }
    }

    fn known(&self, cell: &Cell, place: FactTable, table: &Table<'_>) -> Vec<bool> {
        match cell.kind {
            ParamKind::Date => vec![true; table.at.len()],
            ParamKind::Flag => self.flags(cell.field, place, table).iter().map(Option::is_some).collect(),
            ParamKind::Decimal | ParamKind::Amount | ParamKind::Whole => {
                self.numbers(cell.field, place, table).values.iter().map(Option::is_some).collect()
            }
            ParamKind::Id | ParamKind::Text | ParamKind::Texts | ParamKind::Country => self.texts(cell, place, table, &|_| true),
        }
    }

    /// The order of each row of lines or refunds.
    fn order_of(&self, place: FactTable) -> &[u32] {
        match place {
            FactTable::Sales | FactTable::Returns => &self.batch.line_order,
            FactTable::Refunds => &self.batch.refund_order,
            FactTable::Orders | FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => &[],
        }
    }

    fn flags(&self, field: Field, place: FactTable, table: &Table<'_>) -> Vec<Option<bool>> {
        let nobody = || vec![None; table.at.len()];
        match field {
            Field::Discounted if place == FactTable::Orders => self.counted.discounted.iter().map(|is| Some(*is)).collect(),
            Field::Discounted => {
                let of_order = |order: &u32| self.counted.discounted.get(*order as usize).copied();
                self.order_of(place).iter().map(of_order).collect()
            }
            Field::FullPrice => match table.rows().column_by_name("discount").and_then(|array| array.as_primitive_opt::<Decimal64Type>()) {
                Some(discounts) => discounts.iter().map(|discount| discount.map(|discount| discount == 0)).collect(),
                None => nobody(),
            },
            Field::Own(name) => match table.rows().column_by_name(name).and_then(|array| array.as_boolean_opt()) {
                Some(flags) => flags.iter().collect(),
                None => nobody(),
            },
            _ => nobody(),
        }
    }

    /// Numbers of a field, row by row.
    pub(crate) fn numbers(&self, field: Field, place: FactTable, table: &Table<'_>) -> Numbers {
        let nobody = || Numbers { values: vec![None; table.at.len()], scale: 1 };
        let amounts = |values: Vec<Option<i64>>| Numbers { values, scale: E4 };
        match field {
            Field::Value => match place {
                FactTable::Orders => amounts(self.counted.order_values.clone()),
                FactTable::Sales | FactTable::Returns => amounts(self.counted.line_values.clone()),
                FactTable::Refunds => amounts(self.counted.refund_values.clone()),
                FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => nobody(),
            },
            Field::Nth => {
                let nth = self.nth();
                let known = |nth: i64| (nth > 0).then_some(nth);
                match place {
                    FactTable::Orders => Numbers { values: nth.iter().map(|nth| known(*nth)).collect(), scale: 1 },
                    _ => {
                        let of_order = |order: &u32| nth.get(*order as usize).and_then(|nth| known(*nth));
                        Numbers { values: self.order_of(place).iter().map(of_order).collect(), scale: 1 }
                    }
                }
            }
            Field::Price => {
                let column = |name| table.rows().column_by_name(name).and_then(|array| array.as_primitive_opt::<Decimal64Type>());
                let (Some(amount), Some(quantity), Some(discount)) = (column("amount"), column("quantity"), column("discount")) else {
                    return nobody();
                };
                let stated = column("unit_price");
                let price = |row: usize| match stated.filter(|stated| stated.is_valid(row)) {
                    Some(stated) => Some(stated.value(row)),
                    None if quantity.value(row) == 0 => None,
                    None => {
                        let whole = i128::from(amount.value(row)) + i128::from(discount.value(row));
                        i64::try_from(div_half_even(whole * E4, i128::from(quantity.value(row)))).ok()
                    }
                };
                amounts((0..table.at.len()).map(price).collect())
            }
            Field::Own(name) => {
                let Some(array) = table.rows().column_by_name(name) else { return nobody() };
                if let Some(values) = array.as_primitive_opt::<Decimal64Type>() {
                    return amounts(values.iter().collect());
                }
                match array.as_primitive_opt::<arrow::datatypes::Int64Type>() {
                    Some(values) => Numbers { values: values.iter().collect(), scale: 1 },
                    None => nobody(),
                }
            }
            _ => nobody(),
        }
    }

    /// By row of orders, its number among those of the customer that count; 0 where it does not count.
    fn nth(&self) -> Rc<Vec<i64>> {
        if let Some(known) = &*self.nth.borrow() {
            return known.clone();
        }
        let mut nth = vec![0; self.counted.orders.len()];
        for customer in 0..self.batch.keys.len() {
            let counting = self.batch.orders.of(customer).filter(|row| self.counted.orders[*row]);
            counting.enumerate().for_each(|(before, row)| nth[row] = before as i64 + 1);
        }
        let nth = Rc::new(nth);
        *self.nth.borrow_mut() = Some(nth.clone());
        nth
    }

    /// For each customer of the batch the value of something that the profile row knows.
    fn by_customer<T: Clone>(&self, of_row: impl Fn(usize) -> Option<T>) -> Vec<Option<T>> {
        let mut values = vec![None; self.batch.keys.len()];
        for (row, customer) in self.world.customers.iter().enumerate().filter(|(_, customer)| **customer != NOBODY) {
            values[*customer as usize] = of_row(row);
        }
        values
    }

    fn each_customer(&self, table: &Table<'_>, mut passes: impl FnMut(usize, usize) -> bool) -> Vec<bool> {
        let mut mask = vec![false; table.at.len()];
        for customer in 0..self.batch.keys.len() {
            table.facts.of(customer).for_each(|row| mask[row] = passes(customer, row));
        }
        mask
    }

    fn dates(&self, order: Order, term: &DateTerm, table: &Table<'_>) -> Vec<bool> {
        if let DateBase::Attribute(name) = &term.base {
            let column = Values::of(self.world.rows, name);
            let stretches: Vec<Option<Stretch>> = self.by_customer(|row| {
                let at = column.as_ref().and_then(|column| column.instant(row));
                stretch(term, self.moment, &|_| at)
            });
            return self.each_customer(table, |customer, row| stretches[customer].is_some_and(|with| compares(table.at[row], order, with)));
        }
        let Some(with) = stretch(term, self.moment, &|_| None) else { return vec![false; table.at.len()] };
        let (first, last) = instants(order, with);
        table.at.iter().map(|at| first <= *at && *at <= last).collect()
    }

    fn numbers_that(&self, field: Field, place: FactTable, order: Order, term: &NumberTerm, table: &Table<'_>) -> Vec<bool> {
        let numbers = self.numbers(field, place, table);
        let statistic = |which, of: &str| self.figures.get(which, of);
        let mut attributes = Vec::new();
        attributes_in(term, &mut attributes);
        let num = |value: i64| Num::Exact(i128::from(value), numbers.scale);
        if attributes.is_empty() {
            let Some(bound) = value(term, &|_| None, &statistic) else { return vec![false; table.at.len()] };
            if let Num::Exact(top, bottom) = bound
                && let Some((low, high)) = whole_range(order, (top, bottom), numbers.scale)
            {
                return numbers.values.iter().map(|value| value.is_some_and(|value| low <= value && value <= high)).collect();
            }
            return numbers.values.iter().map(|value| value.is_some_and(|value| order.holds(num(value).compare(bound)))).collect();
        }
        let bounds = self.by_customer(|row| {
            let attribute = |name: &str| Values::of(self.world.rows, name).and_then(|column| column.number(row));
            value(term, &attribute, &statistic)
        });
        self.each_customer(table, |customer, row| match (numbers.values[row], bounds[customer]) {
            (Some(value), Some(bound)) => order.holds(num(value).compare(bound)),
            _ => false,
        })
    }

    pub(crate) fn batch(&self) -> &'a CustomerBatch {
        self.batch
    }

    pub(crate) fn counted(&self) -> &'a Counted {
        self.counted
    }
}

/// A property of an event, as text; a path goes into objects by dots.
pub(crate) fn property(properties: &StringArray, row: usize, name: &str) -> Option<String> {
    if !properties.is_valid(row) {
        return None;
    }
    let object: serde_json::Value = serde_json::from_str(properties.value(row)).ok()?;
    let found = object.get(name).or_else(|| name.split('.').try_fold(&object, |value, step| value.get(step)))?;
    match found {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
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
