//! Leaves, one mask over the profile rows each.

use super::columns::{Attributes, Column, Values};
use super::facts::{FactsAt, matcher};
use super::figures::{Figure, of_nothing};
use super::moment::{Moment, anniversary, compares, day_of, instants, stretch};
use super::number::{Num, attributes_in, value, whole_range};
use super::statistics::Figures;
use super::vector::compared;
use super::world::{NOBODY, World};
use crate::check::typed::{Aggregate, DateBase, DateTerm, NumberTerm};
use crate::reduce::core::{Leaf, Logic, Order, Rows};

/// The customers of whom a leaf holds.
pub(super) fn leaf(leaf: &Leaf, world: &World<'_>, facts: Option<&FactsAt<'_>>, moment: &Moment, figures: &Figures) -> Vec<bool> {
    let nobody = || vec![false; world.len()];
    let column = |name: &str| Values::of(world.rows, name);
    match leaf {
        Leaf::Text { attribute, test } => match column(attribute) {
            Some(values) => {
                let matcher = matcher(test);
                values.texts_that(|text| matcher.passes(text))
            }
            None => nobody(),
        },
        Leaf::SameText { left, right } => match (column(left), column(right)) {
            (Some(left), Some(right)) => {
                let same = |row| left.text(row).is_some_and(|text| right.text(row) == Some(text));
                (0..world.len()).map(same).collect()
            }
            _ => nobody(),
        },
        Leaf::Flag { attribute, is } => match column(attribute) {
            Some(Values { column: Column::Flag(flags), .. }) => flags.iter().map(|flag| flag == Some(*is)).collect(),
            _ => nobody(),
        },
        Leaf::Known { attribute } => column(attribute).map_or_else(nobody, |values| values.known()),
        Leaf::Number { attribute, order, term } => {
            column(attribute).map_or_else(nobody, |values| numbers(&values, *order, term, world, figures))
        }
        Leaf::Date { attribute, order, term } => {
            column(attribute).map_or_else(nobody, |values| dates(&values, *order, term, world, moment))
        }
        Leaf::Anniversary { attribute, low, high } => {
            column(attribute).map_or_else(nobody, |values| anniversaries(&values, low, high, world, moment))
        }
        Leaf::Figure { rows, aggregate, order, term } => figure(rows, *aggregate, Some((*order, term)), world, facts, figures),
        Leaf::FigureKnown { rows, aggregate } => figure(rows, *aggregate, None, world, facts, figures),
        Leaf::Sequence { first, reached, steps } => match facts {
            Some(facts) => world.by_row(facts.sequence(first, reached, steps, figures), false),
            None => nobody(),
        },
        // Segments are put together outside.
        Leaf::Member(_) => nobody(),
        Leaf::Near { latitude, longitude, kilometres } => match (column("latitude"), column("longitude")) {
            (Some(north), Some(east)) => {
                let near = |row| match (north.number(row), east.number(row)) {
                    (Some(north), Some(east)) => distance((*latitude, *longitude), (north.as_f64(), east.as_f64())) <= *kilometres,
                    _ => false,
                };
                (0..world.len()).map(near).collect()
            }
            _ => nobody(),
        },
    }
}

fn numbers(values: &Values<'_>, order: Order, term: &NumberTerm, world: &World<'_>, figures: &Figures) -> Vec<bool> {
    let statistic = |which, of: &str| figures.get(which, of);
    let mut names = Vec::new();
    attributes_in(term, &mut names);
    if !names.is_empty() {
        if let Some(mask) = compared(values, order, term, world.rows, figures) {
            return mask;
        }
        let others = Attributes::of(world.rows, names);
        let passes = |row: usize| match (values.number(row), value(term, &|name| others.number(name, row), &statistic)) {
            (Some(own), Some(bound)) => order.holds(own.compare(bound)),
            _ => false,
        };
        return (0..world.len()).map(passes).collect();
    }
    let Some(bound) = value(term, &|_| None, &statistic) else { return vec![false; world.len()] };
    let mut mask: Vec<bool> = match (&values.column, bound) {
        (Column::Long(numbers), Num::Exact(top, bottom)) if let Some(range) = whole_range(order, (top, bottom), 1) => {
            within(numbers, range)
        }
        (Column::Amount(numbers), Num::Exact(top, bottom)) if let Some(range) = whole_range(order, (top, bottom), 10_000) => {
            within(numbers, range)
        }
        (Column::Float(numbers), bound) => {
            let bound = bound.as_f64();
            let each = |holds: fn(f64, f64) -> bool| numbers.iter().map(|number| number.is_finite() & holds(*number, bound)).collect();
            match order {
                Order::Equal => each(|a, b| a == b),
                Order::Less => each(|a, b| a < b),
                Order::LessOrEqual => each(|a, b| a <= b),
                Order::Greater => each(|a, b| a > b),
                Order::GreaterOrEqual => each(|a, b| a >= b),
            }
        }
        _ => return (0..world.len()).map(|row| values.number(row).is_some_and(|own| order.holds(own.compare(bound)))).collect(),
    };
    values.only_known(&mut mask);
    mask
}

/// Numbers from the first up to and with the last of a range, without a branch.
fn within(numbers: &[i64], (low, high): (i64, i64)) -> Vec<bool> {
    numbers.iter().map(|number| (low <= *number) & (*number <= high)).collect()
}

fn dates(values: &Values<'_>, order: Order, term: &DateTerm, world: &World<'_>, moment: &Moment) -> Vec<bool> {
    if let DateBase::Attribute(name) = &term.base {
        let other = Values::of(world.rows, name);
        let passes = |row: usize| {
            let base = other.as_ref().and_then(|other| other.instant(row));
            let with = stretch(term, moment, &|_| base);
            values.instant(row).zip(with).is_some_and(|(at, with)| compares(at, order, with))
        };
        return (0..world.len()).map(passes).collect();
    }
    let (Column::Instant(at), Some(with)) = (&values.column, stretch(term, moment, &|_| None)) else { return vec![false; world.len()] };
    let mut mask = within(at, instants(order, with));
    values.only_known(&mut mask);
    mask
}

fn anniversaries(values: &Values<'_>, low: &DateTerm, high: &DateTerm, world: &World<'_>, moment: &Moment) -> Vec<bool> {
    let zone = &moment.as_of.zone;
    let day = |term: &DateTerm, row: usize| day_of(term, moment, &|name| Values::of(world.rows, name)?.instant(row));
    let passes = |row: usize| match (values.day(row, zone), day(low, row), day(high, row)) {
        (Some(born), Some(low), Some(high)) => anniversary(born, low, high),
        _ => false,
    };
    (0..world.len()).map(passes).collect()
}

fn figure(
    rows: &Rows,
    aggregate: Aggregate,
    test: Option<(Order, &NumberTerm)>,
    world: &World<'_>,
    facts: Option<&FactsAt<'_>>,
    figures: &Figures,
) -> Vec<bool> {
    let figure = facts.map_or_else(|| Figure::Same(of_nothing(aggregate)), |facts| facts.figure(rows, aggregate));
    let customers = facts.map_or(0, FactsAt::customers);
    let Some((order, term)) = test else { return world.by_row(figure.known(customers), of_nothing(aggregate).is_some()) };
    let statistic = |which, of: &str| figures.get(which, of);
    let mut names = Vec::new();
    attributes_in(term, &mut names);
    if names.is_empty() {
        let Some(bound) = value(term, &|_| None, &statistic) else { return vec![false; world.len()] };
        let of_nobody = of_nothing(aggregate).is_some_and(|own| order.holds(own.compare(bound)));
        return world.by_row(figure.that(order, bound, customers), of_nobody);
    }
    let attributes = Attributes::of(world.rows, names);
    let passes = |row: usize| {
        let bound = value(term, &|name| attributes.number(name, row), &statistic);
        by_row(&figure, aggregate, world, row).zip(bound).is_some_and(|(own, bound)| order.holds(own.compare(bound)))
    };
    (0..world.len()).map(passes).collect()
}

/// A figure of facts, by profile row; of a customer without any such fact, the figure of none.
pub(super) fn figure_by_row<'w>(
    rows: &Rows,
    aggregate: Aggregate,
    world: &'w World<'_>,
    facts: Option<&FactsAt<'_>>,
) -> impl Fn(usize) -> Option<Num> + use<'w> {
    let figure = facts.map_or_else(|| Figure::Same(of_nothing(aggregate)), |facts| facts.figure(rows, aggregate));
    move |row| by_row(&figure, aggregate, world, row)
}

fn by_row(figure: &Figure, aggregate: Aggregate, world: &World<'_>, row: usize) -> Option<Num> {
    match world.customers.get(row) {
        Some(customer) if *customer != NOBODY => figure.number(*customer as usize),
        _ => of_nothing(aggregate),
    }
}

/// Kilometres over a sphere of the earth's mean radius (haversine).
fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    const RADIUS: f64 = 6_371.008_8;
    let (from, to) = ((from.0.to_radians(), from.1.to_radians()), (to.0.to_radians(), to.1.to_radians()));
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let h = half(from.0, to.0) + from.0.cos() * to.0.cos() * half(from.1, to.1);
    2.0 * RADIUS * h.sqrt().min(1.0).asin()
}

/// Is it a leaf that the profile rows cannot answer alone?
pub(super) fn asks_facts(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Figure { .. } | Leaf::FigureKnown { .. } | Leaf::Sequence { .. } => true,
        Leaf::Text { .. }
        | Leaf::SameText { .. }
        | Leaf::Flag { .. }
        | Leaf::Known { .. }
        | Leaf::Number { .. }
        | Leaf::Date { .. }
        | Leaf::Anniversary { .. }
        | Leaf::Member(_)
        | Leaf::Near { .. } => false,
    }
}

/// All leaves of some logic.
pub(super) fn leaves_of<L>(logic: &Logic<L>, take: &mut impl FnMut(&L)) {
    match logic {
        Logic::All(list) | Logic::Any(list) => list.iter().for_each(|part| leaves_of(part, take)),
        Logic::Not(inner) => leaves_of(inner, take),
        Logic::Leaf(leaf) => take(leaf),
    }
}
