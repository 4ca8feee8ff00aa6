//! A checked segment in the words of the core: `!=`, `NOT ...`, `BETWEEN`, `IN` and functions become a dozen kinds.
//!
//! This is where missing values are decided: a leaf never holds without a value, and whatever is negated is the exact
//! complement, so that a segment and its negation split the customers.

pub mod core;

use self::core::{Cell, CellTest, Core, CoreStep, Leaf, Logic, Order, Reached, Rows, TextTest};
use crate::check::typed::{Aggregate, Condition, Facts, FigureTest, Filter, NumberTerm, Test};
use crate::syntax::decimal::Decimal;
use crate::syntax::tree::CompareOp;
use crate::vocabulary::functions::Field;

/// A condition in the words of the core. It cannot fail.
pub fn reduce(condition: &Condition) -> Core {
    match condition {
        Condition::All(list) => Logic::All(list.iter().map(reduce).collect()),
        Condition::Any(list) => Logic::Any(list.iter().map(reduce).collect()),
        Condition::Not(inner) => not(reduce(inner)),
        Condition::Attribute { attribute, test, .. } => of_attribute(&attribute.name, test),
        Condition::Anniversary { attribute, test, .. } => anniversary(&attribute.name, test),
        Condition::Did { facts, negated, .. } => negated_if(*negated, did(facts)),
        Condition::Sequence { first, steps, .. } => {
            let steps = steps.iter().map(|step| CoreStep { negated: step.negated, rows: rows(&step.facts), within: step.within });
            Logic::Leaf(Leaf::Sequence {
                first: rows(first),
                reached: Logic::All(first.figures.iter().map(reached).collect()),
                steps: steps.collect(),
            })
        }
        Condition::Segment { name, .. } => Logic::Leaf(Leaf::Member(name.clone())),
        Condition::Near { latitude, longitude, kilometres, negated, .. } => {
            negated_if(*negated, Logic::Leaf(Leaf::Near { latitude: *latitude, longitude: *longitude, kilometres: *kilometres }))
        }
    }
}

/// The complement. Twice is not at all.
pub(crate) fn not<L>(logic: Logic<L>) -> Logic<L> {
    match logic {
        Logic::Not(inner) => *inner,
        other => Logic::Not(Box::new(other)),
    }
}

fn negated_if<L>(negated: bool, logic: Logic<L>) -> Logic<L> {
    if negated { not(logic) } else { logic }
}

fn ordered<L>(op: CompareOp, leaf: impl FnOnce(Order) -> L) -> Logic<L> {
    match op {
        CompareOp::Equal => Logic::Leaf(leaf(Order::Equal)),
        CompareOp::NotEqual => not(Logic::Leaf(leaf(Order::Equal))),
        CompareOp::Less => Logic::Leaf(leaf(Order::Less)),
        CompareOp::LessOrEqual => Logic::Leaf(leaf(Order::LessOrEqual)),
        CompareOp::Greater => Logic::Leaf(leaf(Order::Greater)),
        CompareOp::GreaterOrEqual => Logic::Leaf(leaf(Order::GreaterOrEqual)),
    }
}

/// A test of a value in the words of `leaf`.
fn tested<L>(test: &Test, leaf: &impl Fn(CellTest) -> L) -> Logic<L> {
    let two = |negated: bool, low: CellTest, high: CellTest| {
        negated_if(negated, Logic::All(vec![Logic::Leaf(leaf(low)), Logic::Leaf(leaf(high))]))
    };
    match test {
        Test::Number(op, term) => ordered(*op, |order| leaf(CellTest::Number(order, term.clone()))),
        Test::NumberBetween { negated, low, high } => {
            two(*negated, CellTest::Number(Order::GreaterOrEqual, low.clone()), CellTest::Number(Order::LessOrEqual, high.clone()))
        }
        Test::NumberIn { negated, list } => {
            let equal = |term: &NumberTerm| Logic::Leaf(leaf(CellTest::Number(Order::Equal, term.clone())));
            negated_if(*negated, Logic::Any(list.iter().map(equal).collect()))
        }
        Test::Date(op, term) => ordered(*op, |order| leaf(CellTest::Date(order, term.clone()))),
        Test::DateBetween { negated, low, high } => {
            two(*negated, CellTest::Date(Order::GreaterOrEqual, low.clone()), CellTest::Date(Order::LessOrEqual, high.clone()))
        }
        Test::Text { negated, values, any_case } => {
            negated_if(*negated, Logic::Leaf(leaf(CellTest::Text(TextTest::OneOf { values: values.clone(), any_case: *any_case }))))
        }
        Test::Part { negated, how, pattern, any_case } => {
            let part = TextTest::Part { how: *how, pattern: pattern.clone(), any_case: *any_case };
            negated_if(*negated, Logic::Leaf(leaf(CellTest::Text(part))))
        }
        Test::Flag(is) => Logic::Leaf(leaf(CellTest::Flag(*is))),
        Test::NotFlag(is) => not(Logic::Leaf(leaf(CellTest::Flag(*is)))),
        Test::Missing(missing) => negated_if(*missing, Logic::Leaf(leaf(CellTest::Known))),
        // The checker gives it to attributes alone.
        Test::SameText { .. } => Logic::Any(Vec::new()),
    }
}

fn of_attribute(name: &str, test: &Test) -> Core {
    if let Test::SameText { negated, attribute } = test {
        return negated_if(*negated, Logic::Leaf(Leaf::SameText { left: name.to_owned(), right: attribute.name.clone() }));
    }
    let attribute = || name.to_owned();
    tested(test, &|test| match test {
        CellTest::Text(test) => Leaf::Text { attribute: attribute(), test },
        CellTest::Number(order, term) => Leaf::Number { attribute: attribute(), order, term },
        CellTest::Date(order, term) => Leaf::Date { attribute: attribute(), order, term },
        CellTest::Flag(is) => Leaf::Flag { attribute: attribute(), is },
        CellTest::Known => Leaf::Known { attribute: attribute() },
    })
}

fn anniversary(name: &str, test: &Test) -> Core {
    let between = |low, high| Logic::Leaf(Leaf::Anniversary { attribute: name.to_owned(), low, high });
    match test {
        Test::Date(op, term) => negated_if(*op == CompareOp::NotEqual, between(term.clone(), term.clone())),
        Test::DateBetween { negated, low, high } => negated_if(*negated, between(low.clone(), high.clone())),
        other => of_attribute(name, other),
    }
}

fn did(facts: &Facts) -> Core {
    let rows = rows(facts);
    if facts.figures.is_empty() {
        let one = NumberTerm::Literal(Decimal::whole(1));
        return Logic::Leaf(Leaf::Figure { rows, aggregate: Aggregate::Count, order: Order::GreaterOrEqual, term: one });
    }
    let figures = facts.figures.iter().map(|figure| {
        tested(&figure.test, &|test| {
            let (rows, aggregate) = (rows.clone(), figure.aggregate);
            match test {
                CellTest::Number(order, term) => Leaf::Figure { rows, aggregate, order, term },
                _ => Leaf::FigureKnown { rows, aggregate },
            }
        })
    });
    Logic::All(figures.collect())
}

fn reached(figure: &FigureTest) -> Logic<Reached> {
    tested(&figure.test, &|test| {
        let test = match test {
            CellTest::Number(order, term) => Some((order, term)),
            _ => None,
        };
        Reached { aggregate: figure.aggregate, test }
    })
}

pub(crate) fn rows(facts: &Facts) -> Rows {
    let mut rows =
        Rows { function: facts.function, cells: Vec::new(), line_cells: Vec::new(), no_line_cells: Vec::new(), of_last: facts.of_last };
    for filter in &facts.filters {
        let logic = cell(filter);
        match (filter.param.field, logic) {
            // An order without a line of the kind is the complement of an order with one.
            (Field::AnyLine(_), Logic::Not(inner)) => rows.no_line_cells.push(*inner),
            (Field::AnyLine(_), logic) => rows.line_cells.push(logic),
            (_, logic) => rows.cells.push(logic),
        }
    }
    rows
}

fn cell(filter: &Filter) -> Logic<Cell> {
    let property = (filter.param.field == Field::Property).then(|| filter.name.trim_start_matches("properties.").to_owned());
    tested(&filter.test, &|test| Cell { field: filter.param.field, kind: filter.param.kind, property: property.clone(), test })
}
