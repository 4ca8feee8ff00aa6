//! The store at earlier moments: what became of the customers of each stage, month by month.
//!
//! Stages of the past are drawn by the thresholds of the moment that is asked for: a customer has moved when they did
//! something, not when a threshold did.

use crate::history;
use crate::history::{Drawing, History, Lives};
use crate::workspace::Stand;
use quintile_catalog::Move;
use quintile_insight::opportunity::likely::{GROUPS, MonthOfMove, MoveHistory, Tally, group};
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
}

/// What became of the customers of each move's stage, by month, move and group of customers.
#[derive(Debug, Clone)]
pub(crate) struct Moves {
    known: Vec<(u8, Vec<u8>)>,
    months: Vec<Vec<MonthOfMove>>,
}

impl Moves {
    /// Nothing seen yet of these moves between these classes.
    pub fn new(moves: &[Move], classes: &[String], past: &Past) -> Moves {
        let place = |id: &str| classes.iter().position(|class| class == id).map_or(history::UNKNOWN, |place| place as u8);
        // A union can hold the stage itself, and who stays there has not moved.
        let goal = |of: &Move| -> Vec<u8> { of.goal.iter().filter(|goal| **goal != of.stage).map(|goal| place(goal)).collect() };
        let blank = |(start, calendar_month): (usize, &u8)| MonthOfMove {
            calendar_month: *calendar_month,
            has_horizon: past.horizon_months > 0 && start + past.horizon_months < past.places.len(),
            groups: vec![Tally::default(); GROUPS],
        };
        let began = &past.calendar_months[..past.calendar_months.len().saturating_sub(1)];
        let months: Vec<MonthOfMove> = began.iter().enumerate().map(blank).collect();
        Moves { known: moves.iter().map(|of| (place(&of.stage), goal(of))).collect(), months: vec![months; moves.len()] }
    }

    /// Adds what some customers did; their classes stand in the order of the past's moments.
    pub fn add(&mut self, lives: &Lives, past: &Past) {
        for (start, pair) in lives.classes.windows(2).enumerate() {
            let (begin, end) = (&pair[0], &pair[1]);
            let later = lives.spent.get(start + past.horizon_months).filter(|_| past.horizon_months > 0);
            for (customer, key) in lives.keys.iter().enumerate().filter(|(customer, _)| begin[*customer] != history::UNKNOWN) {
                let spent = later.map_or(0, |later| i128::from(later[customer]) - i128::from(lives.spent[start][customer]));
                for ((from, goal), months) in self.known.iter().zip(&mut self.months) {
                    if begin[customer] != *from {
                        continue;
                    }
                    let tally = &mut months[start].groups[group(*key)];
                    tally.stood += 1;
                    if goal.contains(&end[customer]) {
                        tally.moved += 1;
                        tally.spent_by_movers += spent;
                    } else {
                        tally.spent_by_stayers += spent;
                    }
                }
            }
        }
    }

    /// For each move its months, oldest first.
    pub fn histories<'a>(self, moves: &'a [Move], now: impl Fn(&str) -> Option<u64>) -> Vec<MoveHistory<'a>> {
        moves.iter().zip(self.months).map(|(of, months)| MoveHistory { of, customers: now(&of.stage), months }).collect()
    }
}
