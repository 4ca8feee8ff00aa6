//! Visits and carts, plainly.

use super::{Customer, DAY, Row, Settings, Value, converted, number, text};
use crate::touches::{Cart, Event};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000_000;

pub(super) fn add(customer: &Customer<'_>, settings: &Settings, row: &mut Row) {
    visits(customer, settings, row);
    carts(customer, settings, row);
}

fn visits(customer: &Customer<'_>, settings: &Settings, row: &mut Row) {
    let as_of = settings.as_of;
    let mut events: Vec<&Event> = customer.person.touched.events.iter().filter(|event| event.at < as_of).collect();
    events.sort_by_key(|event| event.at);
    let lately = |days: i64| events.iter().copied().filter(move |event| as_of - event.at <= days * DAY);
    let views = |days: i64| lately(days).filter(|event| event.name == "product_viewed").count();

    let mut named: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    let mut unnamed: Vec<Vec<&Event>> = Vec::new();
    for event in lately(30) {
        if let Some(visit) = &event.visit {
            named.entry(visit).or_default().push(event);
            continue;
        }
        match unnamed.last_mut() {
            Some(visit) if event.at - visit.last().unwrap().at < 30 * MINUTE => visit.push(event),
            _ => unnamed.push(vec![event]),
        }
    }
    let visits: Vec<Vec<&Event>> = named.into_values().chain(unnamed).collect();
    let minutes = |visit: &Vec<&Event>| {
        let stated: i64 = visit.iter().filter_map(|event| event.seconds).filter(|seconds| *seconds > 0).sum();
        let span = visit.last().unwrap().at - visit[0].at;
        if stated > 0 { stated as f64 / 60.0 } else { span as f64 / MINUTE as f64 }
    };
    row.insert("visits_30d", Value::Int(visits.len() as i64));
    row.insert("minutes_on_site_30d", Value::Number(visits.iter().map(minutes).sum()));
    row.insert("product_views_30d", Value::Int(views(30) as i64));
    let orders = customer.orders.iter().filter(|counted| as_of - counted.order.at <= 365 * DAY).count();
    row.insert("views_per_order", number((orders > 0).then(|| views(365) as f64 / orders as f64)));
    row.insert("last_seen_date", events.last().map_or(Value::Missing, |event| Value::Instant(event.at)));
    let mut devices: BTreeMap<&str, (usize, i64)> = BTreeMap::new();
    for event in &events {
        if let Some(device) = &event.device {
            let (count, latest) = devices.entry(device).or_default();
            (*count, *latest) = (*count + 1, event.at);
        }
    }
    let most = devices.values().max().copied();
    // Names ascend, so the first of the best is the first by name.
    let main = most.and_then(|most| devices.iter().find(|(_, tally)| **tally == most)).map(|(name, _)| (*name).to_owned());
    row.insert("main_device", text(main));
    let platforms: Vec<String> = events.iter().filter_map(|event| event.platform.as_ref().map(|name| name.to_lowercase())).collect();
    let app = platforms.iter().any(|name| name == "app");
    row.insert("app_user", if platforms.is_empty() { Value::Missing } else { Value::Flag(app) });
}

fn carts(customer: &Customer<'_>, settings: &Settings, row: &mut Row) {
    let as_of = settings.as_of;
    let mut carts: Vec<&Cart> = customer.person.touched.carts.iter().filter(|cart| cart.at < as_of).collect();
    carts.sort_by_key(|cart| cart.at);
    let placed = || customer.person.orders.iter().filter(|order| order.standing.is_none());
    let abandoned = |cart: &&Cart| {
        let end = cart.at + 60 * MINUTE;
        let ordered = placed().any(|order| cart.at <= order.at && order.at < end);
        let became = placed().any(|order| cart.order.is_some() && order.id == cart.order && order.at < end);
        end <= as_of && cart.emptied != Some(true) && !ordered && !became
    };
    let lately = || carts.iter().copied().filter(|cart| as_of - cart.at <= 90 * DAY);
    row.insert("carts_90d", Value::Int(lately().count() as i64));
    row.insert("carts_abandoned_90d", Value::Int(lately().filter(abandoned).count() as i64));
    let last = carts.iter().copied().rev().find(abandoned);
    let checkout = carts.iter().copied().rev().find(|cart| cart.checkout == Some(true) && abandoned(cart));
    row.insert("abandoned_cart_date", last.map_or(Value::Missing, |cart| Value::Instant(cart.at)));
    row.insert("abandoned_checkout_date", checkout.map_or(Value::Missing, |cart| Value::Instant(cart.at)));
    let value = last.and_then(|cart| converted(settings, cart.value? as i128, &cart.currency, cart.at));
    row.insert("abandoned_cart_value", value.map_or(Value::Missing, |value| Value::Amount(value as i64)));
}
