//! Messages and consents, plainly.

use super::{Customer, DAY, Row, Settings, Value, number, text};
use crate::shop::Known;
use crate::touches::Message;
use std::collections::BTreeMap;

pub(super) fn add(customer: &Customer<'_>, settings: &Settings, row: &mut Row) {
    let as_of = settings.as_of;
    let mut rows: Vec<&Message> = customer.person.touched.messages.iter().filter(|message| message.at < as_of).collect();
    rows.sort_by_key(|message| message.at);

    // What happened to each message, as places in the rows.
    let mut named: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    let mut unnamed: BTreeMap<(&str, Option<&str>), Vec<Vec<usize>>> = BTreeMap::new();
    for (place, message) in rows.iter().enumerate() {
        if let Some(id) = &message.message {
            named.entry((&message.channel, id)).or_default().push(place);
            continue;
        }
        let begun = unnamed.entry((&message.channel, message.campaign.as_deref())).or_default();
        let delivered = |places: &Vec<usize>| places.iter().any(|place| rows[*place].action == "delivered");
        let begins = match message.action.as_str() {
            "sent" => true,
            "delivered" => begun.last().is_none_or(delivered),
            _ => false,
        };
        if begins {
            begun.push(vec![place]);
        } else if let Some(last) = begun.last_mut() {
            last.push(place);
        }
    }
    let mut messages: Vec<Vec<usize>> = named.into_values().chain(unnamed.into_values().flatten()).collect();
    messages.sort_by_key(|places| places[0]);
    let any = |places: &[usize], holds: &dyn Fn(&Message) -> bool| places.iter().any(|place| holds(rows[*place]));
    let person = |message: &Message| message.machine != Some(true);
    let clicked = |places: &[usize]| any(places, &|message| message.action == "clicked" && person(message));
    let opened = |places: &[usize]| clicked(places) || any(places, &|message| message.action == "opened" && person(message));
    messages.retain(|places| !any(places, &|message| message.action == "bounced"));

    let lately: Vec<&Vec<usize>> = messages.iter().filter(|places| as_of - rows[places[0]].at <= 90 * DAY).collect();
    let open = lately.iter().filter(|places| opened(places)).count();
    row.insert("messages_received_90d", Value::Int(lately.len() as i64));
    row.insert("messages_opened_90d", Value::Int(open as i64));
    row.insert("messages_clicked_90d", Value::Int(lately.iter().filter(|places| clicked(places)).count() as i64));
    row.insert("engagement_rate_90d", number((!lately.is_empty()).then(|| open as f64 / lately.len() as f64)));
    let mails: Vec<&Vec<usize>> = messages.iter().filter(|places| rows[places[0]].channel == "email").collect();
    let last_six = &mails[mails.len().saturating_sub(6)..];
    let of_six = last_six.iter().filter(|places| opened(places)).count() as i64;
    row.insert("opened_of_last_6", if mails.is_empty() { Value::Missing } else { Value::Int(of_six) });
    let last = |actions: &[&str]| {
        let at =
            rows.iter().filter(|message| person(message) && actions.contains(&message.action.as_str())).map(|message| message.at).max();
        at.map_or(Value::Missing, Value::Instant)
    };
    row.insert("last_open_date", last(&["opened", "clicked"]));
    row.insert("last_click_date", last(&["clicked"]));

    row.insert("email_subscription_status", consent(customer, settings, "email", |known| known.email_consent.clone()));
    row.insert("sms_subscription_status", consent(customer, settings, "sms", |known| known.sms_consent.clone()));
    row.insert("push_subscription_status", consent(customer, settings, "push", |_| None));
}

fn consent(customer: &Customer<'_>, settings: &Settings, channel: &str, of: impl Fn(&Known) -> Option<String>) -> Value {
    let said = customer.attribute(|known| of(known).map(|state| (known.version, state)));
    let mut given: Vec<(i64, String)> = customer
        .person
        .touched
        .consents
        .iter()
        .filter(|consent| consent.at < settings.as_of && consent.channel == channel)
        .map(|consent| (consent.at, consent.state.clone()))
        .collect();
    given.sort_by_key(|(at, _)| *at);
    let newest = given.last().cloned();
    text(match (said, newest) {
        (Some((version, state)), Some((at, given))) => Some(if version < settings.as_of && version > at { state } else { given }),
        (said, newest) => newest.or(said).map(|(_, state)| state),
    })
}
