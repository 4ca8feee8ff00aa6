//! When a membership changes by time alone: no fact comes, and the calendar moves on.
//!
//! Each condition says when, at the earliest, its truth can change: a day-bound one when the edge of its window crosses one of the
//! customer's facts, a number of days when it reaches its bound, a class of the profile at midnight. At each such moment the
//! program is asked again, with the facts it has, until the answer is another one. Where numbers of days are compared with each
//! other, the moment of the change lies between two such moments and is searched for.

use crate::check::typed::{DateBase, DateTerm, NumberTerm};
use crate::program::moment::{self, Stretch};
use crate::program::number::{attributes_in, value};
use crate::program::{Figures, Moment, Num, Program, Times, Values, World, terms};
use crate::reduce::core::{CellTest, Leaf, Logic, Rows};
use crate::vocabulary::functions::{FactTable, Field};
use crate::vocabulary::{Moves, Vocabulary};
use arrow::array::RecordBatch;
use jiff::civil::Date;
use quintile_model::batch::CustomerBatch;
use quintile_model::time::{DAY_MICROS, DayNumber};
use quintile_model::{AsOf, Counted, Instant, StoreZone};

/// When a membership changes by time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flip {
    /// At this instant: one microsecond before it is still as now.
    At(Instant),
    /// Not up to this instant; later was not looked at.
    NotBefore(Instant),
    /// Never.
    Never,
}

/// One customer at some moment: the profile row and what counts, with the facts of the first moment.
pub struct Then {
    /// One row, with the columns the program needs, and [those](columns) of this module.
    pub rows: RecordBatch,
    /// What counts of the facts.
    pub counted: Counted,
}

/// The columns that [`next_flip`] needs beside those of the program: instants that days are counted from.
pub fn columns(program: &Program, vocabulary: &Vocabulary) -> Vec<String> {
    let since = |name: &String| match vocabulary.attribute(name)?.moves {
        Moves::Since(since) => Some(since),
        Moves::Never | Moves::Window(_) | Moves::Daily => None,
    };
    program.columns().iter().filter_map(since).collect()
}

/// Moments that are tried, and how far ahead.
const TRIES: usize = 1_500;
const YEARS_AHEAD: i64 = 20;

/// The next moment after `now` at which one customer's membership of the program's first segment is another one.
///
/// `batch` holds the customer alone, with facts before `now` alone; `then` gives the row as of a later moment from the same facts.
/// Figures of the store stay as they are.
pub fn next_flip<E>(
    program: &Program,
    vocabulary: &Vocabulary,
    figures: &Figures,
    batch: &CustomerBatch,
    now: &AsOf,
    mut then: impl FnMut(&AsOf) -> Result<Then, E>,
) -> Result<Flip, E> {
    let key = batch.keys.first().copied().unwrap_or_default();
    let is_member = |then: &Then, at: &AsOf| {
        let world = World::new(&then.rows, &[key], batch, &then.counted);
        let moment = Moment { facts_before: now.instant, as_of: at.clone() };
        program.members(&world, &moment, figures).first().is_some_and(|members| !members.is_empty() && members.value(0))
    };
    let leaves = program.leaves();
    let first = then(now)?;
    let before = is_member(&first, now);
    let mut at = now.clone();
    let mut row = first;
    let horizon = now.instant.0.saturating_add(YEARS_AHEAD * 366 * DAY_MICROS);
    for _ in 0..TRIES {
        let next = {
            let world = World::new(&row.rows, &[key], batch, &row.counted);
            let clock = Clock { vocabulary, figures, world: &world, batch, now: at.clone(), facts_before: now.instant.0 };
            leaves.iter().filter_map(|leaf| clock.next_of(leaf)).filter(|next| *next > at.instant.0).min()
        };
        let Some(next) = next else { return Ok(Flip::Never) };
        if next > horizon {
            return Ok(Flip::NotBefore(Instant(horizon)));
        }
        let still = at.instant.0;
        at = AsOf { instant: Instant(next), zone: now.zone.clone() };
        row = then(&at)?;
        if is_member(&row, &at) == before {
            continue;
        }
        if !leaves.iter().any(|leaf| counts_on(leaf, vocabulary)) {
            return Ok(Flip::At(at.instant));
        }
        let (mut not, mut yes) = (still, next);
        while yes - not > 1 {
            let middle = AsOf { instant: Instant(not + (yes - not) / 2), zone: now.zone.clone() };
            let changed = is_member(&then(&middle)?, &middle) != before;
            if changed { yes = middle.instant.0 } else { not = middle.instant.0 }
        }
        return Ok(Flip::At(Instant(yes)));
    }
    Ok(Flip::NotBefore(at.instant))
}

/// Does a condition compare with a number of days that grows all the time?
fn counts_on(leaf: &Leaf, vocabulary: &Vocabulary) -> bool {
    let mut names = Vec::new();
    terms(leaf, &mut |term| attributes_in(term, &mut names));
    names.iter().any(|name| vocabulary.attribute(name).is_some_and(|attribute| matches!(attribute.moves, Moves::Since(_))))
}

/// One customer at one moment.
struct Clock<'a> {
    vocabulary: &'a Vocabulary,
    figures: &'a Figures,
    world: &'a World<'a>,
    batch: &'a CustomerBatch,
    now: AsOf,
    facts_before: i64,
}

impl Clock<'_> {
    fn today(&self) -> DayNumber {
        self.now.day()
    }

    fn midnight(&self, day: DayNumber) -> i64 {
        moment::start_of(StoreZone::date_of(day), &self.now.zone)
    }

    fn next_midnight(&self) -> i64 {
        // Where midnight comes twice, the day that is told by the wall clock can begin before now.
        (1..=2).map(|days| self.midnight(self.today() + days)).find(|at| *at > self.now.instant.0).unwrap_or(i64::MAX)
    }

    fn instant(&self, name: &str) -> Option<i64> {
        Values::of(self.world.rows, name)?.instant(0)
    }

    /// The earliest moment at which a condition can change.
    fn next_of(&self, leaf: &Leaf) -> Option<i64> {
        match leaf {
            Leaf::Text { attribute, .. } | Leaf::Flag { attribute, .. } | Leaf::Known { attribute } => self.moves(attribute),
            Leaf::SameText { left, right } => earliest([self.moves(left), self.moves(right)]),
            Leaf::Number { attribute, term, .. } => {
                let mut names = Vec::new();
                attributes_in(term, &mut names);
                let of_term = names.iter().filter_map(|name| self.moves(name)).min();
                let meets = if counts_on(leaf, self.vocabulary) { self.meets(attribute, term) } else { None };
                match self.vocabulary.attribute(attribute).map(|attribute| attribute.moves) {
                    Some(Moves::Since(since)) => earliest([self.reaches(&since, term), of_term, meets]),
                    _ => earliest([self.moves(attribute), of_term, meets]),
                }
            }
            Leaf::Date { attribute, term, .. } => self.crosses(self.instant(attribute)?, term),
            Leaf::Anniversary { attribute, low, high } => {
                self.anniversary(Values::of(self.world.rows, attribute)?.day(0, &self.now.zone)?, low, high)
            }
            Leaf::Figure { rows, term, .. } => {
                let mut names = Vec::new();
                attributes_in(term, &mut names);
                earliest([self.of_rows(rows), names.iter().filter_map(|name| self.moves(name)).min()])
            }
            Leaf::FigureKnown { rows, .. } => self.of_rows(rows),
            Leaf::Sequence { first, steps, .. } => {
                steps.iter().map(|step| self.of_rows(&step.rows)).chain([self.of_rows(first)]).flatten().min()
            }
            Leaf::Member(_) | Leaf::Near { .. } => None,
        }
    }

    /// When a value of the profile can change, whatever its test.
    fn moves(&self, name: &str) -> Option<i64> {
        match self.vocabulary.attribute(name)?.moves {
            Moves::Never => None,
            Moves::Daily => Some(self.next_midnight()),
            // Compared with something that is no plain number, it changes all the time; whole days are looked at.
            Moves::Since(_) => Some(self.next_midnight()),
            Moves::Window(days) => {
                // The window reaches back to the same instant, so a fact leaves it one microsecond later.
                let leaves = |at: &i64| at.saturating_add(i64::from(days) * DAY_MICROS).saturating_add(1);
                let orders = self.times(FactTable::Orders);
                let refunds = self.times(FactTable::Refunds);
                orders.iter().chain(&refunds).map(leaves).filter(|at| *at > self.now.instant.0).min()
            }
        }
    }

    fn times(&self, table: FactTable) -> Vec<i64> {
        let facts = match table {
            FactTable::Orders => &self.batch.orders,
            FactTable::Refunds => &self.batch.refunds,
            _ => return Vec::new(),
        };
        match facts.rows.column_by_name("at") {
            Some(_) => quintile_model::columns::instants(&facts.rows, "at").values().to_vec(),
            None => Vec::new(),
        }
    }

    /// When elapsed days since an instant reach a bound: by a microsecond before, at and after, since a floating-point number of
    /// days decides.
    fn reaches(&self, since: &str, term: &NumberTerm) -> Option<i64> {
        let start = self.instant(since)?;
        let attribute = |name: &str| Values::of(self.world.rows, name)?.number(0);
        let days = value(term, &attribute, &|which, of| self.figures.get(which, of))?.as_f64();
        let reached = start as f64 + days * DAY_MICROS as f64;
        if !(-9e18..9e18).contains(&reached) {
            return None;
        }
        // As whole microseconds, so that a large instant does not lose the small part.
        let reached = start.saturating_add((days * DAY_MICROS as f64).round() as i64);
        (-2..=2).map(|step| reached.saturating_add(step)).filter(|at| *at > self.now.instant.0).min()
    }

    /// Just after two numbers of which both can grow meet, if they do before midnight.
    fn meets(&self, attribute: &str, term: &NumberTerm) -> Option<i64> {
        let at = |instant: i64| {
            let number = |name: &str| match self.vocabulary.attribute(name)?.moves {
                Moves::Since(since) => Num::float((instant - self.instant(&since)?) as f64 / DAY_MICROS as f64),
                Moves::Never | Moves::Window(_) | Moves::Daily => Values::of(self.world.rows, name)?.number(0),
            };
            let other = value(term, &number, &|which, of| self.figures.get(which, of))?;
            Some(number(attribute)?.compare(other))
        };
        let (mut not, mut yes) = (self.now.instant.0, self.next_midnight());
        let (before, after) = (at(not)?, at(yes)?);
        if before == after {
            return None;
        }
        while yes - not > 1 {
            let middle = not + (yes - not) / 2;
            if at(middle)? == before { not = middle } else { yes = middle }
        }
        // The days of the profile are rounded as these are, or a little otherwise.
        Some(yes.saturating_add(3))
    }

    /// The midnight at which an edge of what a date means passes an instant.
    fn crosses(&self, at: i64, term: &DateTerm) -> Option<i64> {
        if term.base != DateBase::Today {
            return None;
        }
        let on = |day: DayNumber| -> Option<Stretch> {
            let as_of = AsOf { instant: Instant(self.midnight(day)), zone: self.now.zone.clone() };
            moment::stretch(term, &Moment::of(as_of), &|_| None)
        };
        let edges: [fn(Stretch) -> i64; 2] = [|stretch| stretch.start, |stretch| stretch.end];
        edges.iter().filter_map(|edge| self.first_day(|day| on(day).is_some_and(|stretch| edge(stretch) > at))).min()
    }

    /// The midnight of the first day after today from which something holds that does not hold today, and holds for ever once it does.
    fn first_day(&self, holds: impl Fn(DayNumber) -> bool) -> Option<i64> {
        const FAR: DayNumber = 366 * YEARS_AHEAD as DayNumber;
        let today = self.today();
        if holds(today) || !holds(today + FAR) {
            return None;
        }
        let (mut not, mut yes) = (today, today + FAR);
        while yes - not > 1 {
            let middle = not + (yes - not) / 2;
            if holds(middle) { yes = middle } else { not = middle }
        }
        Some(self.midnight(yes))
    }

    fn anniversary(&self, born: Date, low: &DateTerm, high: &DateTerm) -> Option<i64> {
        if low.base != DateBase::Today && high.base != DateBase::Today {
            return None;
        }
        let on = |day: DayNumber| {
            let as_of = AsOf { instant: Instant(self.midnight(day)), zone: self.now.zone.clone() };
            let moment = Moment::of(as_of);
            let day = |term: &DateTerm| moment::day_of(term, &moment, &|name| self.instant(name));
            day(low).zip(day(high)).is_some_and(|(low, high)| moment::anniversary(born, low, high))
        };
        let today = self.today();
        let now = on(today);
        (1..=1_500).find(|days| on(today + days) != now).map(|days| self.midnight(today + days))
    }

    /// When one of some facts enters or leaves the windows that are asked of it.
    fn of_rows(&self, rows: &Rows) -> Option<i64> {
        let mut next: Option<i64> = None;
        let mut add = |at: Option<i64>| {
            if let Some(at) = at.filter(|at| *at > self.now.instant.0) {
                next = Some(next.map_or(at, |known| known.min(at)));
            }
        };
        let table = rows.function.table;
        let times = Times::of(self.batch, table);
        let happened = || times.iter().copied().filter(|at| *at < self.facts_before);
        if rows.function.only.iter().any(|(field, _)| *field == Field::Abandoned) {
            // A cart is left one hour after it was touched.
            happened().for_each(|at| add(Some(at.saturating_add(3_600_000_000))));
        }
        for logic in rows.cells.iter().chain(&rows.line_cells).chain(&rows.no_line_cells) {
            for_each_cell(logic, &mut |test| match test {
                CellTest::Date(_, term) => happened().for_each(|at| add(self.crosses(at, term))),
                CellTest::Number(_, term) => {
                    let mut names = Vec::new();
                    attributes_in(term, &mut names);
                    names.iter().for_each(|name| add(self.moves(name)));
                }
                CellTest::Text(_) | CellTest::Flag(_) | CellTest::Known => {}
            });
        }
        next
    }
}

fn for_each_cell(logic: &Logic<crate::reduce::core::Cell>, take: &mut impl FnMut(&CellTest)) {
    match logic {
        Logic::All(list) | Logic::Any(list) => list.iter().for_each(|part| for_each_cell(part, take)),
        Logic::Not(inner) => for_each_cell(inner, take),
        Logic::Leaf(cell) => take(&cell.test),
    }
}

fn earliest<const N: usize>(moments: [Option<i64>; N]) -> Option<i64> {
    moments.into_iter().flatten().min()
}
