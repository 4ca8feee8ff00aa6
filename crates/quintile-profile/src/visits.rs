//! What customers do on the web page and in the app.
//!
//! A visit has the source's id, where events give one. Events without an id are of one visit as long as less than half
//! an hour lies between them. A visit that began before a window counts with what lies within it.

use crate::lines::Coded;
use crate::out;
use crate::touches::Touches;
use crate::work::Work;
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::{Float64Type, Int64Type};
use quintile_model::columns::{numbers, repeated, texts};
use quintile_model::touchpoints::{Touchpoint, event};
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    let events = work.touches(Touchpoint::Events);
    Some(match name {
        "visits_30d" => {
            let mut counts = Vec::with_capacity(customers);
            visits(&events, customers, 30, |_| 0, |visits| counts.push(visits.len() as i64));
            out::column::<Int64Type>(customers, |customer| Some(counts[customer]))
        }
        "minutes_on_site_30d" => {
            let stated = numbers(events.rows(), "seconds");
            let seconds = |row: usize| if stated.is_valid(row) { stated.value(row).max(0) } else { 0 };
            let mut minutes = Vec::with_capacity(customers);
            visits(&events, customers, 30, seconds, |visits| {
                minutes.push(visits.iter().map(Visit::micros).sum::<i128>() as f64 / 60e6);
            });
            out::column::<Float64Type>(customers, |customer| Some(minutes[customer]))
        }
        "product_views_30d" => {
            let viewed = product_views(&events);
            let count = |customer| events.lately(customer, 30).filter(|row| viewed(*row)).count() as i64;
            out::column::<Int64Type>(customers, |customer| Some(count(customer)))
        }
        "views_per_order" => {
            let viewed = product_views(&events);
            let from = work.question.as_of.instant.0.saturating_sub(365 * quintile_model::time::DAY_MICROS);
            out::column::<Float64Type>(customers, |customer| {
                let at = &work.orders.at[work.orders.of(customer)];
                let orders = at.iter().rev().take_while(|at| **at >= from).count();
                (orders > 0).then(|| events.lately(customer, 365).filter(|row| viewed(*row)).count() as f64 / orders as f64)
            })
        }
        "last_seen_date" => out::instants(customers, |customer| events.at[events.of(customer)].last().copied()),
        "main_device" => main_device(work, &events),
        "app_user" => {
            let platforms = Coded::of(repeated(events.rows(), "platform"));
            let app: Vec<bool> =
                platforms.texts.iter().map(|text| text.is_some_and(|text| text.trim().eq_ignore_ascii_case("app"))).collect();
            let user = |customer: usize| {
                let mut told = events.of(customer).map(|row| platforms.codes[row]).filter(|code| *code >= 0).peekable();
                told.peek()?;
                Some(told.any(|code| app[code as usize]))
            };
            Arc::new((0..customers).map(user).collect::<BooleanArray>())
        }
        _ => return None,
    })
}

/// After so long without an event a visit is over.
const VISIT_ENDS: i64 = 30 * 60 * 1_000_000;

#[derive(Clone, Copy)]
struct Visit {
    first: i64,
    last: i64,
    seconds: i64,
}

impl Visit {
    /// As long as the source says, else from the first event to the last.
    fn micros(&self) -> i128 {
        match self.seconds {
            0 => i128::from(self.last) - i128::from(self.first),
            seconds => i128::from(seconds) * 1_000_000,
        }
    }
}

/// Tells event by event of one customer, in the order of time, which visit each is of.
#[derive(Default)]
struct Visitor<'a> {
    named: HashMap<&'a str, usize>,
    /// The visit of events without an id that is going on, and its last event.
    unnamed: Option<(usize, i64)>,
    /// The id and the visit of the event before.
    last: Option<(&'a str, usize)>,
    visits: usize,
}

impl<'a> Visitor<'a> {
    fn begin(&mut self) {
        self.named.clear();
        (self.unnamed, self.last, self.visits) = (None, None, 0);
    }

    /// The number of the visit, and whether the event is its first.
    fn visit(&mut self, id: Option<&'a str>, at: i64) -> (usize, bool) {
        let known = match id {
            Some(id) => match self.last {
                Some((same, visit)) if same == id => Some(visit),
                _ => self.named.get(id).copied(),
            },
            None => self.unnamed.filter(|(_, last)| at - last < VISIT_ENDS).map(|(visit, _)| visit),
        };
        let visit = known.unwrap_or(self.visits);
        if known.is_none() {
            self.visits += 1;
        }
        match id {
            Some(id) => {
                if known.is_none() {
                    self.named.insert(id, visit);
                }
                self.last = Some((id, visit));
            }
            None => self.unnamed = Some((visit, at)),
        }
        (visit, known.is_none())
    }
}

/// By event: is it the first of its visit? Of events after the moment none is.
pub(crate) fn starts(events: &Touches<'_>, customers: usize) -> Vec<bool> {
    let ids = texts(events.rows(), "visit");
    let mut visitor = Visitor::default();
    let mut starts = vec![false; events.len()];
    for customer in 0..customers {
        visitor.begin();
        for row in events.of(customer) {
            starts[row] = visitor.visit(ids.is_valid(row).then(|| ids.value(row)), events.at[row]).1;
        }
    }
    starts
}

/// Hands over the visits of each customer in the last days, customer by customer.
fn visits(events: &Touches<'_>, customers: usize, days: i64, seconds: impl Fn(usize) -> i64, mut take: impl FnMut(&[Visit])) {
    let ids = texts(events.rows(), "visit");
    let mut visitor = Visitor::default();
    let mut visits: Vec<Visit> = Vec::new();
    for customer in 0..customers {
        visitor.begin();
        visits.clear();
        for row in events.lately(customer, days) {
            let (at, spent) = (events.at[row], seconds(row));
            match visitor.visit(ids.is_valid(row).then(|| ids.value(row)), at) {
                (_, true) => visits.push(Visit { first: at, last: at, seconds: spent }),
                (visit, false) => {
                    let visit = &mut visits[visit];
                    visit.last = at;
                    visit.seconds = visit.seconds.saturating_add(spent);
                }
            }
        }
        take(&visits);
    }
}

fn product_views<'a>(events: &Touches<'a>) -> impl Fn(usize) -> bool + 'a {
    let names = Coded::of(repeated(events.rows(), "name"));
    let viewed: Vec<bool> = names.texts.iter().map(|name| name == Some(event::PRODUCT_VIEWED)).collect();
    move |row| names.codes[row] >= 0 && viewed[names.codes[row] as usize]
}

/// Most events, then the most recent, then by name.
fn main_device(work: &Work<'_>, events: &Touches<'_>) -> ArrayRef {
    let devices = Coded::of(repeated(events.rows(), "device"));
    // Events so far and the time of the last one, by device; cleared by what was touched.
    let mut tallies: Vec<(u32, i64)> = vec![(0, 0); devices.texts.len()];
    let mut touched: Vec<i32> = Vec::new();
    out::coded(work.customers(), devices.texts, |customer| {
        for row in events.of(customer) {
            let code = devices.codes[row];
            if code < 0 {
                continue;
            }
            let (count, latest) = &mut tallies[code as usize];
            if *count == 0 {
                touched.push(code);
            }
            *count += 1;
            *latest = events.at[row];
        }
        let rank = |code: &i32| (tallies[*code as usize], std::cmp::Reverse(devices.text(*code)));
        let main = touched.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b)));
        touched.drain(..).for_each(|code| tallies[code as usize] = (0, 0));
        main
    })
}
