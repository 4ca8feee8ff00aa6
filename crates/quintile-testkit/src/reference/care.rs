//! Tickets, reviews, scores, referrals and costs, plainly.

use super::{Customer, Row, Settings, Value, day, half_even, local, number, traits};
use crate::shop::{Person, Shop};
use quintile_model::KeyMaker;
use std::collections::BTreeMap;

pub(super) fn add(customer: &Customer<'_>, store: &super::Store, settings: &Settings, row: &mut Row) {
    let before = |at: i64| at < settings.as_of;
    let touched = &customer.person.touched;
    let n = customer.orders.len();
    let tickets: Vec<_> = touched.tickets.iter().filter(|ticket| before(ticket.at)).collect();
    row.insert("tickets", Value::Int(tickets.len() as i64));
    row.insert("complaints", Value::Int(tickets.iter().filter(|ticket| ticket.complaint == Some(true)).count() as i64));
    row.insert("ticket_rate", number((n > 0).then(|| tickets.len() as f64 / n as f64)));
    let mut surveys: Vec<_> = touched.surveys.iter().filter(|survey| before(survey.at)).collect();
    surveys.sort_by_key(|survey| survey.at);
    let scores = |what: &'static str| {
        let measured = surveys.iter().filter(move |survey| survey.measure.as_deref() == Some(what));
        measured.filter_map(|survey| survey.score).collect::<Vec<i64>>()
    };
    let mut satisfied = scores("csat");
    satisfied.extend(tickets.iter().filter(|ticket| ticket.solved_at.is_none_or(before)).filter_map(|ticket| ticket.score));
    row.insert("csat", mean(&satisfied));
    row.insert("nps", number(scores("nps").last().map(|score| *score as f64 / 10_000.0)));
    let reviews: Vec<_> = touched.reviews.iter().filter(|review| before(review.at)).collect();
    row.insert("reviews", Value::Int(reviews.len() as i64));
    row.insert("review_mean", mean(&reviews.iter().filter_map(|review| review.rating).collect::<Vec<_>>()));
    let referrals = touched.referrals.iter().filter(|referral| before(referral.at)).count();
    row.insert("referrals", Value::Int(referrals as i64));
    let revenue = match store.revenue.get(&Shop::key(customer.person)) {
        Some(revenue) => Value::Amount(*revenue as i64),
        None if referrals > 0 => Value::Missing,
        None => Value::Amount(0),
    };
    row.insert("referral_revenue", revenue);

    let mut costs: Vec<i128> = Vec::new();
    for (_, line) in customer.sales() {
        if let Some(cost) = line.product.as_ref().and_then(|product| settings.product_costs.get(product)) {
            costs.push(half_even(*cost as i128 * line.quantity as i128, 10_000));
        }
    }
    for ticket in &tickets {
        let on = day(settings, ticket.at);
        let known = settings.ticket_costs.iter().filter(|(since, _)| *since <= on);
        costs.extend(known.max_by_key(|(since, _)| *since).map(|(_, cost)| *cost as i128));
    }
    if let Some((channel, month)) = won(customer, settings)
        && let Some(total) = settings.winning_costs.get(&(channel.clone(), month))
    {
        costs.push(half_even(*total as i128, store.won[&(channel, month)]));
    }
    let left = customer.spent().filter(|_| !costs.is_empty()).map(|spent| spent - costs.iter().sum::<i128>());
    row.insert("contribution", left.map_or(Value::Missing, |left| Value::Amount(left as i64)));
}

fn mean(scores: &[i64]) -> Value {
    number((!scores.is_empty()).then(|| scores.iter().sum::<i64>() as f64 / 10_000.0 / scores.len() as f64))
}

/// The channel and month in which a buyer was won.
pub(super) fn won(customer: &Customer<'_>, settings: &Settings) -> Option<(String, i64)> {
    let first = customer.orders.first()?.order;
    let month = local(settings, first.at);
    let channel = traits::source(customer, settings).or(first.channel.clone())?;
    Some((channel.trim().to_lowercase(), i64::from(month.year()) * 12 + i64::from(month.month()) - 1))
}

/// What those whom each customer was the first to bring have spent.
pub(super) fn revenue(people: &[Person], settings: &Settings) -> BTreeMap<u64, i128> {
    let guests = KeyMaker::new("");
    let has_address = |person: &Person, key: u64| {
        let mut emails = person.known.iter().filter_map(|known| known.email.as_ref());
        Shop::key(person) != key && emails.any(|email| guests.guest_by_email(&email.trim().to_lowercase()).0 == key)
    };
    // Where one person alone has the address of the guest who was brought, it is that person.
    let meant = |key: u64| match &people.iter().filter(|person| has_address(person, key)).collect::<Vec<_>>()[..] {
        [only] => Shop::key(only),
        _ => key,
    };
    let mut brought: Vec<(i64, u64, u64)> = Vec::new();
    for person in people {
        let by = Shop::key(person);
        let named = person.touched.referrals.iter().filter(|referral| referral.at < settings.as_of);
        brought.extend(named.filter_map(|referral| Some((referral.at, by, meant(referral.referred?)))).filter(|(_, by, who)| by != who));
    }
    brought.sort();
    let mut revenue: BTreeMap<u64, i128> = brought.iter().map(|(_, by, _)| (*by, 0)).collect();
    for person in people {
        let key = Shop::key(person);
        if let Some((_, by, _)) = brought.iter().find(|(_, _, who)| *who == key) {
            *revenue.get_mut(by).unwrap() += Customer::of(person, settings).spent().unwrap_or(0);
        }
    }
    revenue
}
