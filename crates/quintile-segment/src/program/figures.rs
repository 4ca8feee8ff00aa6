//! Figures of the facts of each customer: how many, how much.
//!
//! Counts and sums of all customers come from one running total over the rows and its differences at the boundaries of customers, so
//! that nothing branches at each customer. Whatever else is asked looks at one customer's rows after the other.

use super::facts::{FactsAt, Numbers, Passing, Table};
use super::number::{Num, whole_range};
use crate::check::typed::Aggregate;
use crate::reduce::core::{Order, Rows};
use crate::vocabulary::functions::{FactTable, Field, Parameter};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// A figure of each customer of a batch.
pub(crate) enum Figure {
    /// The same for all: that of no facts.
    Same(Option<Num>),
    /// So many of which `scale` make one.
    Whole {
        /// By customer.
        values: Rc<Vec<i64>>,
        /// How many make one.
        scale: i128,
    },
    /// Means; of no facts missing.
    Mean {
        /// By customer.
        sums: Vec<i64>,
        /// Of how many.
        counts: Vec<i64>,
        /// How many of the sums make one.
        scale: i128,
    },
    /// Where there is one.
    Each(Vec<Option<Num>>),
}

impl Figure {
    /// Of one customer.
    pub(crate) fn number(&self, customer: usize) -> Option<Num> {
        match self {
            Figure::Same(number) => *number,
            Figure::Whole { values, scale } => Some(Num::Exact(i128::from(values[customer]), *scale)),
            Figure::Mean { sums, counts, scale } => {
                (counts[customer] > 0).then(|| Num::Exact(i128::from(sums[customer]), scale * i128::from(counts[customer])))
            }
            Figure::Each(values) => values[customer],
        }
    }

    /// Customers whose figure passes.
    pub(crate) fn that(&self, order: Order, bound: Num, customers: usize) -> Vec<bool> {
        let passes = |number: Option<Num>| number.is_some_and(|own| order.holds(own.compare(bound)));
        if let (Figure::Whole { values, scale }, Num::Exact(top, bottom)) = (self, bound)
            && let Some((low, high)) = whole_range(order, (top, bottom), *scale)
        {
            return values.iter().map(|value| (low <= *value) & (*value <= high)).collect();
        }
        match self {
            Figure::Same(number) => vec![passes(*number); customers],
            _ => (0..customers).map(|customer| passes(self.number(customer))).collect(),
        }
    }

    /// Customers that have one.
    pub(crate) fn known(&self, customers: usize) -> Vec<bool> {
        match self {
            Figure::Same(number) => vec![number.is_some(); customers],
            Figure::Whole { .. } => vec![true; customers],
            Figure::Mean { counts, .. } => counts.iter().map(|count| *count > 0).collect(),
            Figure::Each(values) => values.iter().map(Option::is_some).collect(),
        }
    }
}

/// What a figure is taken from, by row of its table.
#[derive(Clone)]
pub(crate) enum Material {
    /// Nothing but the rows.
    Rows,
    /// Numbers.
    Numbers(Rc<Numbers>),
    /// Equal values have equal codes.
    Codes(Rc<Codes>),
    /// Codes of the lines of each order, by line; the rows are orders.
    LineCodes(Rc<Codes>),
}

/// Codes by row; `None` where there is no value.
pub(crate) type Codes = Vec<Option<u64>>;

impl FactsAt<'_> {
    /// A figure for each customer of the batch; of no such table, the figure of no facts.
    pub(crate) fn figure(&self, rows: &Rows, aggregate: Aggregate) -> Figure {
        let (Some(table), Some(passing)) = (self.table(rows.function.table), self.rows(rows)) else {
            return Figure::Same(of_nothing(aggregate));
        };
        let offsets = &table.facts.offsets;
        let material = self.material(aggregate, rows, &table);
        match (aggregate, &material) {
            (Aggregate::Count, _) => Figure::Whole { values: passing.counts(offsets), scale: 1 },
            (Aggregate::Sum(_), Material::Numbers(numbers)) if numbers.add_up() => {
                let values = sums(offsets, passing.mask.iter().zip(&numbers.values).map(|(passes, value)| value * i64::from(*passes)));
                Figure::Whole { values: Rc::new(values), scale: numbers.scale }
            }
            (Aggregate::Average(_), Material::Numbers(numbers)) if numbers.add_up() => {
                let rows = || passing.mask.iter().zip(numbers.values.iter().zip(&numbers.known));
                Figure::Mean {
                    sums: sums(offsets, rows().map(|(passes, (value, _))| value * i64::from(*passes))),
                    counts: sums(offsets, rows().map(|(passes, (_, known))| i64::from(passes & known))),
                    scale: numbers.scale,
                }
            }
            (Aggregate::CountDays | Aggregate::CountDistinct(_), _) => {
                let mut codes = Vec::new();
                let count = |customer| self.distinct(&material, &table, &passing.mask, table.facts.of(customer), &mut codes);
                Figure::Whole { values: Rc::new((0..self.batch().keys.len()).map(count).collect()), scale: 1 }
            }
            _ => {
                let each = |customer| self.figure_of(aggregate, &material, &table, &passing.mask, table.facts.of(customer));
                Figure::Each((0..self.batch().keys.len()).map(each).collect())
            }
        }
    }

    pub(crate) fn material(&self, aggregate: Aggregate, rows: &Rows, table: &Table<'_>) -> Material {
        match aggregate {
            Aggregate::Count => Material::Rows,
            Aggregate::CountDays => Material::Codes(self.days(rows.function.table, table)),
            Aggregate::CountDistinct(param) => self.codes(&param, rows.function.table, table),
            Aggregate::Sum(param) | Aggregate::Average(param) | Aggregate::Least(param) | Aggregate::Greatest(param) => {
                Material::Numbers(self.numbers(param.field, rows.function.table, table))
            }
        }
    }

    fn days(&self, place: FactTable, table: &Table<'_>) -> Rc<Codes> {
        let zone = &self.moment.as_of.zone;
        self.worked.codes.once(&(Field::At, place), || table.at.iter().map(|at| Some(zone.day(*at) as u64)).collect())
    }

    fn codes(&self, param: &Parameter, place: FactTable, table: &Table<'_>) -> Material {
        let made = || match param.field {
            Field::Own(name) => text_codes(&table.facts.rows, name)
                .filter(|codes| codes.iter().any(Option::is_some))
                .unwrap_or_else(|| number_codes(&self.numbers(param.field, place, table))),
            Field::Order(name) => {
                let links = match place {
                    FactTable::Sales | FactTable::Returns => &self.batch().line_order,
                    FactTable::Refunds => &self.batch().refund_order,
                    FactTable::Orders | FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => return vec![None; table.at.len()],
                };
                match text_codes(&self.batch().orders.rows, name) {
                    Some(of_order) => links.iter().map(|order| of_order.get(*order as usize).copied().flatten()).collect(),
                    None => vec![None; table.at.len()],
                }
            }
            Field::AnyLine(name) => text_codes(&self.batch().lines.rows, name).unwrap_or_default(),
            Field::Value | Field::Nth | Field::Price => number_codes(&self.numbers(param.field, place, table)),
            // Which property would have to be said; a count of different ones is not offered.
            Field::Property | Field::At | Field::Discounted | Field::FullPrice | Field::Abandoned | Field::Nowhere => {
                vec![None; table.at.len()]
            }
        };
        let codes = self.worked.codes.once(&(param.field, place), made);
        match param.field {
            Field::AnyLine(_) if !codes.is_empty() => Material::LineCodes(codes),
            Field::AnyLine(_) => Material::Codes(Rc::new(vec![None; table.at.len()])),
            _ => Material::Codes(codes),
        }
    }

    /// The figure of some rows of one customer.
    pub(crate) fn figure_of(
        &self,
        aggregate: Aggregate,
        material: &Material,
        table: &Table<'_>,
        mask: &[bool],
        rows: Range<usize>,
    ) -> Option<Num> {
        let passing = || rows.clone().filter(|row| mask[*row]);
        match (aggregate, material) {
            (Aggregate::Count, _) => Some(Num::whole(mask[rows.clone()].iter().filter(|passes| **passes).count() as i64)),
            (Aggregate::CountDays | Aggregate::CountDistinct(_), _) => {
                Some(Num::whole(self.distinct(material, table, mask, rows, &mut Vec::new())))
            }
            (Aggregate::Sum(_), Material::Numbers(numbers)) => {
                Some(Num::Exact(passing().filter_map(|row| numbers.at(row)).map(i128::from).sum(), numbers.scale))
            }
            (Aggregate::Average(_), Material::Numbers(numbers)) => {
                let (mut sum, mut count) = (0_i128, 0_i128);
                for value in passing().filter_map(|row| numbers.at(row)) {
                    sum += i128::from(value);
                    count += 1;
                }
                (count > 0).then(|| Num::Exact(sum, numbers.scale * count))
            }
            (Aggregate::Least(_), Material::Numbers(numbers)) => {
                passing().filter_map(|row| numbers.at(row)).min().map(|value| Num::Exact(i128::from(value), numbers.scale))
            }
            (Aggregate::Greatest(_), Material::Numbers(numbers)) => {
                passing().filter_map(|row| numbers.at(row)).max().map(|value| Num::Exact(i128::from(value), numbers.scale))
            }
            // Each figure was given its own material.
            _ => None,
        }
    }

    /// How many different codes some rows of one customer have. `found` is room to work in.
    fn distinct(&self, material: &Material, table: &Table<'_>, mask: &[bool], rows: Range<usize>, found: &mut Vec<u64>) -> i64 {
        found.clear();
        match material {
            Material::Codes(codes) => found.extend(rows.filter(|row| mask[*row]).filter_map(|row| codes[row])),
            Material::LineCodes(codes) if !rows.is_empty() => {
                let customer = table.facts.offsets.partition_point(|first| *first as usize <= rows.start).saturating_sub(1);
                let passes = |line: &usize| {
                    let order = self.batch().line_order[*line] as usize;
                    self.counted().sales[*line] && rows.contains(&order) && mask[order]
                };
                found.extend(self.batch().lines.of(customer).filter(passes).filter_map(|line| codes[line]));
            }
            Material::LineCodes(_) | Material::Rows | Material::Numbers(_) => {}
        }
        if found.len() > 1 {
            found.sort_unstable();
            found.dedup();
        }
        found.len() as i64
    }
}

impl Passing {
    /// How many rows of each customer.
    fn counts(&self, offsets: &[u32]) -> Rc<Vec<i64>> {
        self.counts.get_or_init(|| Rc::new(sums(offsets, self.mask.iter().map(|passes| i64::from(*passes))))).clone()
    }
}

/// Sums between the boundaries of customers. All that is added up must stay within 64 bits.
fn sums(offsets: &[u32], values: impl ExactSizeIterator<Item = i64>) -> Vec<i64> {
    let mut running = Vec::with_capacity(values.len() + 1);
    let mut total = 0_i64;
    running.push(0);
    running.extend(values.map(|value| {
        total = total.wrapping_add(value);
        total
    }));
    offsets.windows(2).map(|ends| running[ends[1] as usize].wrapping_sub(running[ends[0] as usize])).collect()
}

/// Codes of a column of texts; `None` where there is no such column.
fn text_codes(rows: &arrow::record_batch::RecordBatch, name: &str) -> Option<Codes> {
    use super::columns::{Column, Values};
    let values = Values::of(rows, name)?;
    let mut known: HashMap<&str, u64> = HashMap::new();
    let mut code = |text| {
        let next = known.len() as u64;
        *known.entry(text).or_insert(next)
    };
    Some(match &values.column {
        // A text can be in a dictionary twice.
        Column::Coded(dictionary, texts) => {
            let of_entry: Codes = texts.iter().map(|text| text.map(&mut code)).collect();
            dictionary.keys().iter().map(|key| of_entry.get(key? as usize).copied().flatten()).collect()
        }
        _ => (0..rows.num_rows()).map(|row| values.text(row).map(&mut code)).collect(),
    })
}

fn number_codes(numbers: &Numbers) -> Codes {
    (0..numbers.values.len()).map(|row| numbers.at(row).map(|value| value as u64)).collect()
}

/// The figure of no facts at all.
pub(crate) fn of_nothing(aggregate: Aggregate) -> Option<Num> {
    match aggregate {
        Aggregate::Count | Aggregate::CountDays | Aggregate::CountDistinct(_) => Some(Num::whole(0)),
        Aggregate::Sum(_) => Some(Num::whole(0)),
        Aggregate::Average(_) | Aggregate::Least(_) | Aggregate::Greatest(_) => None,
    }
}
