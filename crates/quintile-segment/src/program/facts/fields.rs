//! Values of single facts: where each comes from, and which of them pass a test.

use super::{FactsAt, Table, matcher};
use crate::check::typed::{DateBase, DateTerm, NumberTerm};
use crate::program::columns::{Attributes, Values};
use crate::program::moment::{Stretch, compares, instants, stretch};
use crate::program::number::{Num, attributes_in, value, whole_range};
use crate::program::world::NOBODY;
use crate::reduce::core::{Cell, CellTest, Order};
use crate::vocabulary::functions::{FactTable, Field, Function, ParamKind};
use arrow::array::{Array, AsArray, StringArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::batch::NO_ORDER;
use quintile_model::money::div_half_even;
use std::rc::Rc;

/// Numbers of a field by row.
pub(crate) struct Numbers {
    /// 0 where there is none.
    pub values: Vec<i64>,
    /// Is there one?
    pub known: Vec<bool>,
    /// How many make one.
    pub scale: i128,
    /// No sum of them leaves 64 bits.
    adds_up: bool,
}

impl Numbers {
    fn of(values: impl Iterator<Item = Option<i64>>, rows: usize, scale: i128) -> Numbers {
        let (mut numbers, mut known) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for value in values.chain(std::iter::repeat(None)).take(rows) {
            numbers.push(value.unwrap_or(0));
            known.push(value.is_some());
        }
        let largest = numbers.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
        let adds_up = u128::from(largest) * (rows as u128) < i64::MAX as u128;
        Numbers { values: numbers, known, scale, adds_up }
    }

    /// Of one row.
    #[inline]
    pub(crate) fn at(&self, row: usize) -> Option<i64> {
        self.known[row].then(|| self.values[row])
    }

    /// Can they be added up in 64 bits, whichever are added?
    pub(crate) fn add_up(&self) -> bool {
        self.adds_up
    }
}

const E4: i128 = 10_000;

impl FactsAt<'_> {
    /// Rows whose value passes: worked out once for all functions of the same table.
    pub(super) fn cell(&self, cell: &Cell, function: &Function, table: &Table<'_>) -> Rc<Vec<bool>> {
        let place = if matches!(cell.field, Field::AnyLine(_)) { FactTable::Sales } else { function.table };
        self.worked.cells.once(&(place, cell.clone()), || {
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
            ParamKind::Decimal | ParamKind::Amount | ParamKind::Whole => self.numbers(cell.field, place, table).known.clone(),
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
                Some(discounts) => discounts.iter().map(|discount| discount.map(|discount| discount <= 0)).collect(),
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
    pub(crate) fn numbers(&self, field: Field, place: FactTable, table: &Table<'_>) -> Rc<Numbers> {
        self.worked.numbers.once(&(field, place), || self.numbers_of(field, place, table))
    }

    fn numbers_of(&self, field: Field, place: FactTable, table: &Table<'_>) -> Numbers {
        let rows = table.at.len();
        let nobody = || Numbers::of(std::iter::empty(), rows, 1);
        match field {
            Field::Value => {
                let values = match place {
                    FactTable::Orders => &self.counted.order_values,
                    FactTable::Sales | FactTable::Returns => &self.counted.line_values,
                    FactTable::Refunds => &self.counted.refund_values,
                    FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => return nobody(),
                };
                Numbers::of(values.iter().copied(), rows, E4)
            }
            Field::Nth => {
                let nth = self.nth();
                let known = |nth: i64| (nth > 0).then_some(nth);
                match place {
                    FactTable::Orders => Numbers::of(nth.iter().map(|nth| known(*nth)), rows, 1),
                    _ => {
                        let of_order = |order: &u32| nth.get(*order as usize).and_then(|nth| known(*nth));
                        Numbers::of(self.order_of(place).iter().map(of_order), rows, 1)
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
                Numbers::of((0..rows).map(price), rows, E4)
            }
            Field::Own(name) => {
                let Some(array) = table.rows().column_by_name(name) else { return nobody() };
                if let Some(values) = array.as_primitive_opt::<Decimal64Type>() {
                    return Numbers::of(values.iter(), rows, E4);
                }
                match array.as_primitive_opt::<arrow::datatypes::Int64Type>() {
                    Some(values) => Numbers::of(values.iter(), rows, 1),
                    None => nobody(),
                }
            }
            _ => nobody(),
        }
    }

    /// By row of orders, its number among those of the customer that count; 0 where it does not count.
    fn nth(&self) -> Rc<Vec<i64>> {
        let made = || {
            let mut nth = vec![0; self.counted.orders.len()];
            for customer in 0..self.batch.keys.len() {
                let counting = self.batch.orders.of(customer).filter(|row| self.counted.orders[*row]);
                counting.enumerate().for_each(|(before, row)| nth[row] = before as i64 + 1);
            }
            Rc::new(nth)
        };
        self.worked.nth.get_or_init(made).clone()
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
        table.at.iter().map(|at| (first <= *at) & (*at <= last)).collect()
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
                let rows = numbers.values.iter().zip(&numbers.known);
                return rows.map(|(value, known)| known & (low <= *value) & (*value <= high)).collect();
            }
            return (0..table.at.len()).map(|row| numbers.at(row).is_some_and(|value| order.holds(num(value).compare(bound)))).collect();
        }
        let attributes = Attributes::of(self.world.rows, attributes);
        let bounds = self.by_customer(|row| value(term, &|name| attributes.number(name, row), &statistic));
        self.each_customer(table, |customer, row| match (numbers.at(row), bounds[customer]) {
            (Some(value), Some(bound)) => order.holds(num(value).compare(bound)),
            _ => false,
        })
    }
}

/// A property of an event, as text; a path goes into objects by dots.
fn property(properties: &StringArray, row: usize, name: &str) -> Option<String> {
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
