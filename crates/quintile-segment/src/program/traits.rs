//! Traits that are numbers, as columns beside those of the profile.
//!
//! Figures of facts are told while facts are at hand, and need nothing of the store. The rest is worked out when the rows are whole,
//! in an order in which each trait comes after those it is made of.

use super::attributes::figure_by_row;
use super::columns::Values;
use super::number::{Num, attributes_in, value};
use super::vector::floats;
use super::{Figures, Gathered, Moment, Program, World, needs};
use crate::check::typed::NumberTerm;
use crate::program::FactsAt;
use crate::reduce::core::Leaf;
use crate::syntax::tree::StatisticKind;
use crate::traits::{NumberTrait, statistics_of};
use crate::vocabulary::{Kind, Population};
use arrow::array::{ArrayRef, Decimal64Array, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

/// What facts said of the traits of some customers, by name.
#[derive(Debug, Clone, Default)]
pub struct Told {
    columns: Vec<(String, ArrayRef)>,
}

/// Digits of an amount, and those of them behind the point.
const AMOUNT: DataType = DataType::Decimal64(18, 4);

/// The type of the column of a trait of a kind.
pub fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Whole => DataType::Int64,
        Kind::Amount => AMOUNT,
        Kind::Flag => DataType::Boolean,
        Kind::Text | Kind::Texts { .. } | Kind::Number | Kind::Date | Kind::Any => DataType::Float64,
    }
}

/// Those of some traits that leaves rest on, in themselves or by others; in the order of the traits.
pub(super) fn used(traits: &[NumberTrait], leaves: &[&Leaf], wanted: &[String]) -> Vec<NumberTrait> {
    let mut names: Vec<String> = wanted.to_vec();
    leaves.iter().for_each(|leaf| names.extend(needs::columns(std::slice::from_ref(*leaf))));
    let mut found: Vec<NumberTrait> = Vec::new();
    for own in traits.iter().rev() {
        if names.contains(&own.name) {
            names.extend(own.made_of());
            found.push(own.clone());
        }
    }
    found.reverse();
    found
}

impl Program {
    /// The traits that are numbers which it rests on.
    pub fn traits(&self) -> &[NumberTrait] {
        &self.traits
    }

    /// Is a trait among them that facts must tell?
    pub fn traits_ask_facts(&self) -> bool {
        self.traits.iter().any(NumberTrait::asks_facts)
    }

    /// What facts say of the traits of some customers.
    pub fn tell(&self, world: &World<'_>, moment: &Moment) -> Told {
        let figures = Figures::default();
        let facts = world.facts.map(|(batch, counted)| FactsAt::new(world, batch, counted, moment, &figures));
        let figure = |own: &NumberTrait| match &own.leaf {
            Leaf::FigureKnown { rows, aggregate } => {
                let found = figure_by_row(rows, *aggregate, world, facts.as_ref());
                Some((own.name.clone(), array(own.kind, (0..world.len()).map(found).collect())))
            }
            _ => None,
        };
        Told { columns: self.traits.iter().filter_map(figure).collect() }
    }

    /// Rows with the traits beside them.
    pub fn with_traits(&self, rows: &RecordBatch, told: &Told, figures: &Figures) -> RecordBatch {
        let mut whole = rows.clone();
        for own in &self.traits {
            let column = match &own.leaf {
                Leaf::Number { term, .. } => of_term(own.kind, term, &whole, figures),
                // Of facts that nobody told of, nobody knows.
                _ => told
                    .columns
                    .iter()
                    .find(|(name, _)| *name == own.name)
                    .map_or_else(|| array(own.kind, vec![None; rows.num_rows()]), |(_, column)| column.clone()),
            };
            whole = beside(&whole, &own.name, column);
        }
        whole
    }

    /// The figures of the store that it needs. `gather` is asked for those of one column at a time, with the ones that are known: never
    /// are the values of two columns held beside each other, and figures of traits that rest on figures come after these.
    pub fn figures<E>(
        &self,
        mut gather: impl FnMut(&[(StatisticKind, String)], &Figures) -> Result<Vec<Gathered>, E>,
    ) -> Result<Figures, E> {
        let mut figures = Figures::default();
        let mut depths: Vec<(&str, usize)> = Vec::new();
        let depth_of =
            |depths: &[(&str, usize)], name: &str| depths.iter().find(|(known, _)| *known == name).map_or(0, |(_, depth)| *depth);
        for own in &self.traits {
            let of_parts = own.made_of().iter().map(|name| depth_of(&depths, name)).max().unwrap_or(0);
            let of_figures = statistics_of(own).iter().map(|(_, of)| 1 + depth_of(&depths, Population::split(of).1)).max().unwrap_or(0);
            depths.push((&own.name, of_parts.max(of_figures)));
        }
        let level = |of: &str| depth_of(&depths, Population::split(of).1);
        let last = self.statistics.iter().map(|(_, of)| level(of)).max().unwrap_or(0);
        for now in 0..=last {
            let mut columns: Vec<&str> = self.statistics.iter().map(|(_, of)| of.as_str()).filter(|of| level(of) == now).collect();
            columns.sort_unstable();
            columns.dedup();
            for column in columns {
                let wanted: Vec<(StatisticKind, String)> = self.statistics.iter().filter(|(_, of)| of == column).cloned().collect();
                let gathered = gather(&wanted, &figures)?;
                figures.join(Figures::of(&wanted, gathered));
            }
        }
        Ok(figures)
    }
}

fn of_term(kind: Kind, term: &NumberTerm, rows: &RecordBatch, figures: &Figures) -> ArrayRef {
    if let Some(values) = floats(term, rows, figures).filter(|_| kind == Kind::Number) {
        return Arc::new(values.into_iter().map(|value| value.is_finite().then_some(value)).collect::<Float64Array>());
    }
    let mut names = Vec::new();
    attributes_in(term, &mut names);
    let columns: Vec<(String, Option<Values<'_>>)> = names.into_iter().map(|name| (name.clone(), Values::of(rows, &name))).collect();
    let of_row = |row: usize| {
        let attribute = |name: &str| columns.iter().find(|(other, _)| other == name)?.1.as_ref()?.number(row);
        value(term, &attribute, &|which, of| figures.get(which, of))
    };
    array(kind, (0..rows.num_rows()).map(of_row).collect())
}

fn array(kind: Kind, values: Vec<Option<Num>>) -> ArrayRef {
    match kind {
        Kind::Whole => Arc::new(values.into_iter().map(|value| whole(value?, 1)).collect::<Int64Array>()),
        Kind::Amount => {
            let amounts: Decimal64Array = values.into_iter().map(|value| whole(value?, 10_000)).collect();
            Arc::new(amounts.with_data_type(AMOUNT))
        }
        _ => Arc::new(values.into_iter().map(|value| value.map(Num::as_f64)).collect::<Float64Array>()),
    }
}

/// So many parts of a unit, rounded half to even; `None` of more than there can be.
fn whole(number: Num, parts: i128) -> Option<i64> {
    match number {
        Num::Exact(top, bottom) => {
            let (down, rest) = (top.checked_mul(parts)?.div_euclid(bottom), top.checked_mul(parts)?.rem_euclid(bottom));
            let up = match (rest.checked_mul(2)?).cmp(&bottom) {
                std::cmp::Ordering::Less => false,
                std::cmp::Ordering::Equal => down % 2 != 0,
                std::cmp::Ordering::Greater => true,
            };
            i64::try_from(down + i128::from(up)).ok()
        }
        Num::Float(number) => {
            let rounded = (number * parts as f64).round_ties_even();
            // Beyond this floating point skips whole numbers.
            (rounded.abs() < 9e15).then_some(rounded as i64)
        }
    }
}

/// Rows with one more column; one that is not as long as they are is left out.
pub(super) fn beside(rows: &RecordBatch, name: &str, column: ArrayRef) -> RecordBatch {
    let mut fields: Vec<Arc<Field>> = rows.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(name, column.data_type().clone(), true)));
    let columns = rows.columns().iter().cloned().chain([column]).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or_else(|_| rows.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_half_to_even() {
        let check = |number: Num, expected: Option<i64>| assert_eq!(whole(number, 10_000), expected);
        check(Num::Exact(1, 3), Some(3_333));
        check(Num::Exact(2, 3), Some(6_667));
        check(Num::Exact(1, 20_000), Some(0));
        check(Num::Exact(3, 20_000), Some(2));
        check(Num::Exact(-1, 20_000), Some(0));
        check(Num::Exact(-3, 20_000), Some(-2));
        check(Num::Float(0.333_333), Some(3_333));
        check(Num::Exact(i128::from(i64::MAX), 1), None);
        check(Num::Float(1e300), None);
    }
}
