//! Which columns of the profile and which facts a program reads, and no more.

use super::attributes::{asks_facts, leaves_of};
use super::number::{attributes_in, statistics_in};
use crate::check::typed::{Aggregate, DateBase, DateTerm, NumberTerm};
use crate::reduce::core::{Cell, CellTest, Leaf, Rows};
use crate::syntax::tree::StatisticKind;
use crate::vocabulary::Population;
use crate::vocabulary::functions::{FactTable, Field};
use quintile_model::batch::FactColumns;
use quintile_model::{CountedParts, Touchpoint};

/// Columns of the profile, each once, in the order of their names: those of each customer, and those that figures are of.
pub(crate) fn columns(leaves: &[Leaf]) -> Vec<String> {
    let mut names = row_columns(leaves);
    names.extend(columns_of(&statistics(leaves)));
    names.sort_unstable();
    names.dedup();
    names
}

/// Those that figures are of.
pub(super) fn columns_of(figures: &[(StatisticKind, String)]) -> Vec<String> {
    let mut names = Vec::new();
    for (_, of) in figures {
        let (population, attribute) = Population::split(of);
        names.extend(population.column().into_iter().chain([attribute]).map(str::to_owned));
    }
    names
}

/// Those of each customer alone.
pub(super) fn row_columns(leaves: &[Leaf]) -> Vec<String> {
    let mut names = Vec::new();
    for leaf in leaves {
        terms(leaf, &mut |term| attributes_in(term, &mut names));
        let mut date = |term: &DateTerm| {
            if let DateBase::Attribute(name) = &term.base {
                names.push(name.clone());
            }
        };
        match leaf {
            Leaf::Text { attribute, .. } | Leaf::Flag { attribute, .. } | Leaf::Known { attribute } | Leaf::Number { attribute, .. } => {
                names.push(attribute.clone());
            }
            Leaf::Date { attribute, term, .. } => {
                date(term);
                names.push(attribute.clone());
            }
            Leaf::Anniversary { attribute, low, high } => {
                date(low);
                date(high);
                names.push(attribute.clone());
            }
            Leaf::SameText { left, right } => names.extend([left.clone(), right.clone()]),
            Leaf::Near { .. } => names.extend(["latitude".to_owned(), "longitude".to_owned()]),
            Leaf::Figure { .. } | Leaf::FigureKnown { .. } | Leaf::Sequence { .. } => {
                rows_of(leaf, &mut |rows| {
                    cells(rows, &mut |cell| {
                        if let CellTest::Date(_, term) = &cell.test {
                            date(term);
                        }
                    });
                });
            }
            Leaf::Member(_) => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Figures of the store.
pub(crate) fn statistics(leaves: &[Leaf]) -> Vec<(StatisticKind, String)> {
    let mut found = Vec::new();
    leaves.iter().for_each(|leaf| terms(leaf, &mut |term| statistics_in(term, &mut found)));
    found.sort_by_key(|(which, of)| (of.clone(), format!("{which:?}")));
    found.dedup();
    found
}

/// Facts, with what of them must be counted.
pub(super) fn facts(leaves: &[Leaf]) -> Option<(FactColumns, CountedParts)> {
    if !leaves.iter().any(asks_facts) {
        return None;
    }
    let mut needs = Needs {
        columns: FactColumns { orders: vec!["at"], cancellations: vec!["at"], ..FactColumns::default() },
        parts: CountedParts::default(),
    };
    for leaf in leaves {
        rows_of(leaf, &mut |rows| needs.rows(rows));
        let aggregates: Vec<(Aggregate, FactTable)> = match leaf {
            Leaf::Figure { rows, aggregate, .. } | Leaf::FigureKnown { rows, aggregate } => vec![(*aggregate, rows.function.table)],
            Leaf::Sequence { first, reached, .. } => {
                let mut found = Vec::new();
                leaves_of(reached, &mut |reached| found.push((reached.aggregate, first.function.table)));
                found
            }
            _ => Vec::new(),
        };
        for (aggregate, table) in aggregates {
            match aggregate {
                Aggregate::Count | Aggregate::CountDays => {}
                Aggregate::CountDistinct(param)
                | Aggregate::Sum(param)
                | Aggregate::Average(param)
                | Aggregate::Least(param)
                | Aggregate::Greatest(param) => needs.field(param.field, table),
            }
        }
    }
    Some((needs.columns, needs.parts))
}

struct Needs {
    columns: FactColumns,
    parts: CountedParts,
}

impl Needs {
    fn own(&mut self, table: FactTable, name: &'static str) {
        let add = |list: &mut Vec<&'static str>| {
            if !list.contains(&name) {
                list.push(name);
            }
        };
        match table {
            FactTable::Orders => add(&mut self.columns.orders),
            FactTable::Sales | FactTable::Returns => add(self.columns.lines.get_or_insert_default()),
            FactTable::Refunds => add(self.columns.refunds.get_or_insert_default()),
            FactTable::Of(kind) => self.touchpoint(kind, name),
            FactTable::Visits => self.touchpoint(Touchpoint::Events, name),
            FactTable::Nothing => {}
        }
    }

    fn touchpoint(&mut self, kind: Touchpoint, name: &'static str) {
        let known = self.columns.touchpoints.iter_mut().find(|(other, _)| *other == kind);
        match known {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => self.columns.touchpoints.push((kind, vec![name])),
        }
    }

    fn rows(&mut self, rows: &Rows) {
        let function = rows.function;
        self.own(function.table, "at");
        match function.table {
            FactTable::Sales => self.parts.sales = true,
            FactTable::Returns => self.own(function.table, "kind"),
            FactTable::Refunds => self.parts.refunds = true,
            FactTable::Visits => self.parts.visit_starts = true,
            FactTable::Orders | FactTable::Of(_) | FactTable::Nothing => {}
        }
        function.only.iter().for_each(|(field, _)| self.field(*field, function.table));
        if function.people_only {
            self.own(function.table, "machine");
        }
        if rows.of_last.is_some() && function.table == FactTable::Of(Touchpoint::Messages) {
            ["action", "message"].into_iter().for_each(|name| self.own(function.table, name));
        }
        cells(rows, &mut |cell| self.field(cell.field, function.table));
    }

    fn field(&mut self, field: Field, table: FactTable) {
        match field {
            Field::At | Field::Nowhere | Field::Nth => {}
            Field::Own(name) => self.own(table, name),
            Field::Order(name) => self.own(FactTable::Orders, name),
            Field::AnyLine(name) => {
                self.own(FactTable::Sales, "at");
                self.own(FactTable::Sales, name);
                self.parts.sales = true;
            }
            Field::Value => match table {
                FactTable::Orders => self.parts.order_values = true,
                FactTable::Sales | FactTable::Returns => self.parts.line_values = true,
                FactTable::Refunds => self.parts.refunds = true,
                FactTable::Of(_) | FactTable::Visits | FactTable::Nothing => {}
            },
            Field::Discounted => self.parts.discounted = true,
            Field::FullPrice => self.own(table, "discount"),
            Field::Price => ["amount", "quantity", "discount", "unit_price"].into_iter().for_each(|name| self.own(table, name)),
            Field::Abandoned => self.parts.carts_left = true,
            Field::Property => self.own(table, "properties"),
        }
    }
}

pub(super) fn rows_of(leaf: &Leaf, take: &mut impl FnMut(&Rows)) {
    match leaf {
        Leaf::Figure { rows, .. } | Leaf::FigureKnown { rows, .. } => take(rows),
        Leaf::Sequence { first, steps, .. } => {
            take(first);
            steps.iter().for_each(|step| take(&step.rows));
        }
        Leaf::Text { .. }
        | Leaf::SameText { .. }
        | Leaf::Flag { .. }
        | Leaf::Known { .. }
        | Leaf::Number { .. }
        | Leaf::Date { .. }
        | Leaf::Anniversary { .. }
        | Leaf::Member(_)
        | Leaf::Near { .. } => {}
    }
}

pub(super) fn cells(rows: &Rows, take: &mut impl FnMut(&Cell)) {
    rows.cells.iter().chain(&rows.line_cells).chain(&rows.no_line_cells).for_each(|logic| leaves_of(logic, take));
}

/// The numbers that a condition compares with.
pub(crate) fn terms(leaf: &Leaf, take: &mut impl FnMut(&NumberTerm)) {
    match leaf {
        Leaf::Number { term, .. } | Leaf::Figure { term, .. } => take(term),
        Leaf::Sequence { reached, .. } => leaves_of(reached, &mut |reached| {
            if let Some((_, term)) = &reached.test {
                take(term);
            }
        }),
        _ => {}
    }
    rows_of(leaf, &mut |rows| {
        cells(rows, &mut |cell| {
            if let CellTest::Number(_, term) = &cell.test {
                take(term);
            }
        });
    });
}
