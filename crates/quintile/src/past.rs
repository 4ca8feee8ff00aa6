//! The store at earlier moments: what became of the customers of each stage, month by month.
//!
//! Stages of the past are drawn by the thresholds of the moment that is asked for: a customer has moved when they did
//! something, not when a threshold did.

use crate::history;
use crate::history::{Drawing, History, Lives};
use crate::workspace::Stand;
use quintile_catalog::Move;
use quintile_insight::opportunity::likely::{MonthOfMove, MoveHistory};
use quintile_insight::opportunity::resampling::group;
use quintile_model::AsOf;
use quintile_model::time::StoreZone;

/// Months looked back at, at the most.
const MONTHS: i32 = 24;

/// Moments a calendar month apart, the last of them the one that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// Their places in the history, oldest first.
    pub places: Vec<usize>,
    /// The calendar month of each, from 1.
    pub calendar_months: Vec<u8>,
    /// Months over which spending is followed.
    pub horizon_months: usize,
}

/// Moments a calendar month apart, the last of them the one that is asked for. The moment itself may be an instant within a
/// day; earlier ones are the beginnings of days.
pub(crate) fn months_back(stand: &Stand) -> Vec<AsOf> {
    let today = StoreZone::date_of(stand.as_of.day());
    let start = |back| AsOf::start_of(today.saturating_sub(jiff::Span::new().months(back)), &stand.as_of.zone);
    (1..=MONTHS).rev().filter_map(start).chain([stand.as_of.clone()]).collect()
}

/// A stretch of time in which customers can move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where it begins and ends, among the moments that lives are drawn at.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    /// Where spending is followed to; `None` where that time is not over.
    pub followed_to: Option<usize>,
    /// The calendar month, from 1, in which it begins.
    pub calendar_month: u8,
}

impl Stretch {
    /// What became of a move in it: nothing seen yet.
    pub fn blank(&self) -> MonthOfMove {
        MonthOfMove::blank(self.calendar_month, self.followed_to.is_some())
    }

    /// What a customer spent while it was followed, in ten-thousandths; 0 where that time is not over.
    pub fn spent(&self, lives: &Lives, customer: usize) -> i128 {
        let by = |place: usize| i128::from(lives.spent[place][customer]);
        self.followed_to.map_or(0, |later| by(later) - by(self.start))
    }
}

impl Past {
    /// Its months.
    pub fn months(&self) -> Vec<Stretch> {
        let month = |start: usize| {
            let later = start + self.horizon_months;
            let followed_to = Some(later).filter(|later| self.horizon_months > 0 && *later < self.places.len());
            Stretch { start, end: start + 1, followed_to, calendar_month: self.calendar_months[start] }
        };
        (0..self.places.len().saturating_sub(1)).map(month).collect()
    }
}

/// Windows of so many days, that begin when months do and are over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Windows {
    /// The places of their ends in the history, oldest first, each once.
    pub places: Vec<usize>,
    /// By places in `places`; spending is followed to the end.
    pub stretches: Vec<Stretch>,
}

/// The dates at which windows begin: a calendar month apart, back from a moment.
fn begins(as_of: &AsOf) -> impl Iterator<Item = jiff::civil::Date> + use<> {
    let today = StoreZone::date_of(as_of.day());
    (1..=MONTHS).rev().map(move |back| today.saturating_sub(jiff::Span::new().months(back)))
}

/// Where windows of so many days begin and end, and the moment that is asked for.
pub(crate) fn windows_back(stand: &Stand, days: u16) -> Vec<AsOf> {
    let zone = &stand.as_of.zone;
    let ends = |begin: jiff::civil::Date| [begin, begin.saturating_add(jiff::Span::new().days(i64::from(days)))];
    let moments = begins(&stand.as_of).flat_map(ends).filter_map(|date| AsOf::start_of(date, zone));
    moments.filter(|as_of| as_of.instant < stand.as_of.instant).chain([stand.as_of.clone()]).collect()
}

impl History {
    /// The store a month apart, back to the first order or two years; the drawing tells when the first order was.
    pub(crate) fn past(&self, drawing: &Drawing) -> Past {
        let Some(first) = drawing.history_start() else { return Past::default() };
        let last = self.last();
        let today = StoreZone::date_of(self.moments.all()[last].day());
        let mut past = Past { places: vec![last], calendar_months: vec![today.month() as u8], horizon_months: 0 };
        for back in 1..=MONTHS {
            let date = today.saturating_sub(jiff::Span::new().months(back));
            let place = self.moments.all()[..last].iter().rposition(|as_of| as_of.zone.start_of(date) == Some(as_of.instant));
            let Some(place) = place.filter(|_| date > StoreZone::date_of(first)) else { break };
            past.places.push(place);
            past.calendar_months.push(date.month() as u8);
        }
        past.places.reverse();
        past.calendar_months.reverse();
        // Half of what is known at the most, so that as many months of moves are left to follow.
        past.horizon_months = (past.places.len().saturating_sub(1) / 2).min(12);
        past
    }

    /// Windows of so many days that begin after the first order, a calendar month apart, and were over at the last moment.
    pub(crate) fn windows(&self, drawing: &Drawing, days: u16) -> Windows {
        let mut windows = Windows::default();
        let Some(first) = drawing.history_start().map(StoreZone::date_of) else { return windows };
        let last = &self.moments.all()[self.last()];
        let place = |date| {
            let instant = last.zone.start_of(date)?;
            self.moments.all().iter().position(|as_of| as_of.instant == instant)
        };
        let spans: Vec<(usize, usize, u8)> = begins(last)
            .filter(|begin| *begin > first)
            .filter_map(|begin| {
                Some((place(begin)?, place(begin.saturating_add(jiff::Span::new().days(i64::from(days))))?, begin.month() as u8))
            })
            .collect();
        windows.places = spans.iter().flat_map(|(start, end, _)| [*start, *end]).collect();
        windows.places.sort_unstable();
        windows.places.dedup();
        let among = |place: usize| windows.places.partition_point(|known| *known < place);
        windows.stretches = spans
            .iter()
            .map(|(start, end, calendar_month)| {
                let end = among(*end);
                Stretch { start: among(*start), end, followed_to: Some(end), calendar_month: *calendar_month }
            })
            .collect();
        windows
    }
}

/// What became of the customers of each move's stage, by stretch of time, move and group of customers.
#[derive(Debug, Clone)]
pub(crate) struct Moves {
    known: Vec<(u8, Vec<u8>)>,
    stretches: Vec<Stretch>,
    months: Vec<Vec<MonthOfMove>>,
}

impl Moves {
    /// Nothing seen yet of these moves between these classes.
    pub fn new(moves: &[Move], classes: &[String], stretches: Vec<Stretch>) -> Moves {
        let place = |id: &str| classes.iter().position(|class| class == id).map_or(history::UNKNOWN, |place| place as u8);
        // A union can hold the stage itself, and who stays there has not moved.
        let goal = |of: &Move| -> Vec<u8> { of.goal.iter().filter(|goal| **goal != of.stage).map(|goal| place(goal)).collect() };
        let months: Vec<MonthOfMove> = stretches.iter().map(Stretch::blank).collect();
        Moves { known: moves.iter().map(|of| (place(&of.stage), goal(of))).collect(), stretches, months: vec![months; moves.len()] }
    }

    /// Adds what some customers did; their classes stand in the order of the moments that the stretches name.
    pub fn add(&mut self, lives: &Lives) {
        for (at, stretch) in self.stretches.iter().enumerate() {
            let (begin, end) = (&lives.classes[stretch.start], &lives.classes[stretch.end]);
            for (customer, key) in lives.keys.iter().enumerate().filter(|(customer, _)| begin[*customer] != history::UNKNOWN) {
                let spent = stretch.spent(lives, customer);
                for ((from, goal), months) in self.known.iter().zip(&mut self.months) {
                    if begin[customer] != *from {
                        continue;
                    }
                    months[at].groups[group(*key)].add(goal.contains(&end[customer]), spent);
                }
            }
        }
    }

    /// For each move its stretches, oldest first.
    pub fn histories<'a>(self, moves: &'a [Move], now: impl Fn(&str) -> Option<u64>) -> Vec<MoveHistory<'a>> {
        moves.iter().zip(self.months).map(|(of, months)| MoveHistory { of, customers: now(&of.stage), months }).collect()
    }
}
