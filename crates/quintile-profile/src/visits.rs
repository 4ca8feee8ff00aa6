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

/// Hands over the visits of each customer in the last days, customer by customer.
fn visits(events: &Touches<'_>, customers: usize, days: i64, seconds: impl Fn(usize) -> i64, mut take: impl FnMut(&[Visit])) {
    let ids = texts(events.rows(), "visit");
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut visits: Vec<Visit> = Vec::new();
    for customer in 0..customers {
        named.clear();
        visits.clear();
        let mut unnamed: Option<usize> = None;
        let mut last: Option<(&str, usize)> = None;
        for row in events.lately(customer, days) {
            let at = events.at[row];
            let known = match ids.is_valid(row) {
                true => {
                    let id = ids.value(row);
                    let known = match last {
                        Some((same, visit)) if same == id => Some(visit),
                        _ => named.get(id).copied(),
                    };
                    let visit = known.unwrap_or(visits.len());
                    if known.is_none() {
                        named.insert(id, visit);
                    }
                    last = Some((id, visit));
                    known
                }
                false => {
                    let known = unnamed.filter(|visit| at - visits[*visit].last < VISIT_ENDS);
                    unnamed = known.or(Some(visits.len()));
                    known
                }
            };
            let spent = seconds(row);
            match known {
                None => visits.push(Visit { first: at, last: at, seconds: spent }),
                Some(visit) => {
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
