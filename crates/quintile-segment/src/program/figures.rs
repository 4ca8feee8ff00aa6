//! Figures of the facts of each customer: how many, how much.

use super::facts::{FactsAt, Numbers, Table};
use super::number::Num;
use crate::check::typed::Aggregate;
use crate::reduce::core::Rows;
use crate::vocabulary::functions::{FactTable, Field, Parameter};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What a figure is taken from, by row of its table.
pub(crate) enum Material {
    /// Nothing but the rows.
    Rows,
    /// Numbers.
    Numbers(Numbers),
    /// Equal values have equal codes.
    Codes(Vec<Option<u64>>),
    /// Codes of the lines of each order, by line; the rows are orders.
    LineCodes(Vec<Option<u64>>),
}

impl FactsAt<'_> {
    /// A figure for each customer of the batch; of no such table, the figure of no facts.
    pub(crate) fn figure(&self, rows: &Rows, aggregate: Aggregate) -> Vec<Option<Num>> {
        let customers = self.batch().keys.len();
        let (Some(table), Some(mask)) = (self.table(rows.function.table), self.rows(rows)) else {
            return vec![of_nothing(aggregate); customers];
        };
        let material = self.material(aggregate, rows, &table);
        (0..customers).map(|customer| self.figure_of(aggregate, &material, &table, &mask, table.facts.of(customer))).collect()
    }

    pub(crate) fn material(&self, aggregate: Aggregate, rows: &Rows, table: &Table<'_>) -> Material {
        match aggregate {
            Aggregate::Count => Material::Rows,
            Aggregate::CountDays => {
                let zone = &self.moment.as_of.zone;
                Material::Codes(table.at.iter().map(|at| Some(zone.day(*at) as u64)).collect())
            }
            Aggregate::CountDistinct(param) => self.codes(&param, rows.function.table, table),
            Aggregate::Sum(param) | Aggregate::Average(param) | Aggregate::Least(param) | Aggregate::Greatest(param) => {
                Material::Numbers(self.numbers(param.field, rows.function.table, table))
            }
        }
    }

    fn codes(&self, param: &Parameter, place: FactTable, table: &Table<'_>) -> Material {
        let nobody = || Material::Codes(vec![None; table.at.len()]);
        let text = |rows: &arrow::record_batch::RecordBatch, name: &str| -> Option<Vec<Option<u64>>> {
            let values = super::columns::Values::of(rows, name)?;
            let mut known: HashMap<&str, u64> = HashMap::new();
            let code = |row: usize| {
                let next = known.len() as u64;
                values.text(row).map(|text| *known.entry(text).or_insert(next))
            };
            Some((0..rows.num_rows()).map(code).collect())
        };
        match param.field {
            Field::Own(name) => {
                if let Some(codes) = text(&table.facts.rows, name).filter(|codes| codes.iter().any(Option::is_some)) {
                    return Material::Codes(codes);
                }
                let numbers = self.numbers(param.field, place, table);
                Material::Codes(numbers.values.into_iter().map(|value| value.map(|value| value as u64)).collect())
            }
            Field::Order(name) => match (text(&self.batch().orders.rows, name), place) {
                (Some(of_order), FactTable::Sales | FactTable::Returns) => {
                    Material::Codes(self.batch().line_order.iter().map(|order| of_order.get(*order as usize).copied().flatten()).collect())
                }
                (Some(of_order), FactTable::Refunds) => Material::Codes(
                    self.batch().refund_order.iter().map(|order| of_order.get(*order as usize).copied().flatten()).collect(),
                ),
                _ => nobody(),
            },
            Field::AnyLine(name) => match text(&self.batch().lines.rows, name) {
                Some(codes) => Material::LineCodes(codes),
                None => nobody(),
            },
            // Which property would have to be said; a count of different ones is not offered.
            Field::Property => nobody(),
            Field::Value | Field::Nth | Field::Price => {
                let numbers = self.numbers(param.field, place, table);
                Material::Codes(numbers.values.into_iter().map(|value| value.map(|value| value as u64)).collect())
            }
            Field::At | Field::Discounted | Field::FullPrice | Field::Abandoned | Field::Nowhere => nobody(),
        }
    }

    /// The figure of some rows of one customer.
    pub(crate) fn figure_of(
        &self,
        aggregate: Aggregate,
        material: &Material,
        table: &Table<'_>,
        mask: &Rc<Vec<bool>>,
        rows: std::ops::Range<usize>,
    ) -> Option<Num> {
        let passing = || rows.clone().filter(|row| mask[*row]);
        match (aggregate, material) {
            (Aggregate::Count, _) => Some(Num::whole(mask[rows.clone()].iter().filter(|passes| **passes).count() as i64)),
            (Aggregate::CountDays | Aggregate::CountDistinct(_), Material::Codes(codes)) => {
                let distinct: HashSet<u64> = passing().filter_map(|row| codes[row]).collect();
                Some(Num::whole(distinct.len() as i64))
            }
            (Aggregate::CountDistinct(_), Material::LineCodes(codes)) => {
                let orders: HashSet<u32> = passing().map(|row| row as u32).collect();
                let customer = table.facts.offsets.partition_point(|first| *first as usize <= rows.start).saturating_sub(1);
                let lines = if rows.is_empty() { 0..0 } else { self.batch().lines.of(customer) };
                let own = lines.filter(|line| self.counted().sales[*line] && orders.contains(&self.batch().line_order[*line]));
                let distinct: HashSet<u64> = own.filter_map(|line| codes[line]).collect();
                Some(Num::whole(distinct.len() as i64))
            }
            (Aggregate::Sum(_), Material::Numbers(numbers)) => {
                Some(Num::Exact(passing().filter_map(|row| numbers.values[row]).map(i128::from).sum(), numbers.scale))
            }
            (Aggregate::Average(_), Material::Numbers(numbers)) => {
                let (mut sum, mut count) = (0_i128, 0_i128);
                for value in passing().filter_map(|row| numbers.values[row]) {
                    sum += i128::from(value);
                    count += 1;
                }
                (count > 0).then(|| Num::Exact(sum, numbers.scale * count))
            }
            (Aggregate::Least(_), Material::Numbers(numbers)) => {
                passing().filter_map(|row| numbers.values[row]).min().map(|value| Num::Exact(i128::from(value), numbers.scale))
            }
            (Aggregate::Greatest(_), Material::Numbers(numbers)) => {
                passing().filter_map(|row| numbers.values[row]).max().map(|value| Num::Exact(i128::from(value), numbers.scale))
            }
            // Each figure was given its own material.
            _ => None,
        }
    }
}

/// The figure of no facts at all.
pub(crate) fn of_nothing(aggregate: Aggregate) -> Option<Num> {
    match aggregate {
        Aggregate::Count | Aggregate::CountDays | Aggregate::CountDistinct(_) => Some(Num::whole(0)),
        Aggregate::Sum(_) => Some(Num::whole(0)),
        Aggregate::Average(_) | Aggregate::Least(_) | Aggregate::Greatest(_) => None,
    }
}
