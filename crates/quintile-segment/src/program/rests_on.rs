//! What a segment looks at, so that somebody who knows the store can say whether it can be told there.

use super::Program;
use super::needs;
use crate::check::typed::Aggregate;
use crate::reduce::core::{CellTest, Leaf, Rows};
use crate::vocabulary::functions::{FactTable, Field};
use std::collections::BTreeSet;

/// What a segment looks at, itself or by others that it names.
///
/// Who only asks whether there is a value (`IS NULL`) does not rest on there being one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RestsOn {
    /// Attributes whose values it compares.
    pub attributes: BTreeSet<String>,
    /// Facts that it asks for.
    pub tables: BTreeSet<FactTable>,
    /// Columns of facts whose values it compares or adds up.
    pub fields: BTreeSet<(FactTable, &'static str)>,
}

impl Program {
    /// What one of the segments that were asked looks at.
    pub fn rests_on(&self, asked: usize) -> RestsOn {
        let Some(place) = self.asked.get(asked) else { return RestsOn::default() };
        let leaves: Vec<Leaf> = self.leaves_of(&[*place]).into_iter().filter(|leaf| !matches!(leaf, Leaf::Known { .. })).cloned().collect();
        let mut found = RestsOn { attributes: needs::columns(&leaves).into_iter().collect(), ..RestsOn::default() };
        // What traits are made of is among the leaves.
        self.traits().iter().for_each(|own| {
            found.attributes.remove(&own.name);
        });
        for leaf in &leaves {
            needs::rows_of(leaf, &mut |rows| found.rows(rows));
            if let Leaf::Figure { rows, aggregate, .. } | Leaf::FigureKnown { rows, aggregate } = leaf {
                found.aggregate(*aggregate, rows.function.table);
            }
            if let Leaf::Sequence { first, reached, .. } = leaf {
                super::attributes::leaves_of(reached, &mut |reached| found.aggregate(reached.aggregate, first.function.table));
            }
        }
        found
    }
}

impl RestsOn {
    fn rows(&mut self, rows: &Rows) {
        self.tables.insert(rows.function.table);
        needs::cells(rows, &mut |cell| {
            if cell.test != CellTest::Known {
                self.field(cell.field, rows.function.table);
            }
        });
    }

    fn aggregate(&mut self, aggregate: Aggregate, table: FactTable) {
        match aggregate {
            Aggregate::Count | Aggregate::CountDays => {}
            Aggregate::CountDistinct(param)
            | Aggregate::Sum(param)
            | Aggregate::Average(param)
            | Aggregate::Least(param)
            | Aggregate::Greatest(param) => self.field(param.field, table),
        }
    }

    fn field(&mut self, field: Field, table: FactTable) {
        let found = match field {
            Field::Own(name) => (table, name),
            Field::Order(name) => (FactTable::Orders, name),
            Field::AnyLine(name) => (FactTable::Sales, name),
            Field::Property => (table, "properties"),
            Field::Discounted => (FactTable::Orders, "discount"),
            Field::FullPrice => (FactTable::Sales, "discount"),
            // Worked out, and there for every fact.
            Field::At | Field::Value | Field::Nth | Field::Price | Field::Abandoned | Field::Nowhere => return,
        };
        self.fields.insert(found);
    }
}
