//! What customers are like and where they came from, plainly.

use super::{Customer, Row, Settings, Value, local, text};
use crate::touches::{Event, Survey};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn add(customer: &Customer<'_>, settings: &Settings, row: &mut Row) {
    let mut surveys: Vec<&Survey> = customer.person.touched.surveys.iter().filter(|survey| survey.at < settings.as_of).collect();
    surveys.sort_by_key(|survey| survey.at);
    let measured = |what: &str| surveys.iter().copied().filter(|survey| survey.measure.as_deref() == Some(what)).collect::<Vec<_>>();
    let said = |survey: &Survey| survey.answer.as_ref().map(|answer| answer.trim().to_owned()).filter(|answer| !answer.is_empty());
    let newest = |what: &str| measured(what).into_iter().rev().find_map(said);

    row.insert("gender", text(customer.attribute(|known| known.gender.clone()).or_else(|| newest("gender"))));
    let organisation = customer.attribute(|known| known.organisation_type.clone());
    row.insert("organisation_type", text(organisation.or_else(|| newest("organisation_type"))));
    let birthday = customer
        .attribute(|known| known.birthday.as_deref().and_then(day_of_birth))
        .or_else(|| measured("birthday").into_iter().rev().find_map(|survey| day_of_birth(&said(survey)?)));
    let shown = |(day, known): (Date, bool)| {
        let day = day.strftime("%Y-%m-%d").to_string();
        if known { day } else { format!("-{}", &day[4..]) }
    };
    row.insert("birthday", text(birthday.map(shown)));
    let today = local(settings, settings.as_of).date();
    let age = birthday.filter(|(day, known)| *known && *day <= today).map(|(day, _)| {
        // The number of birthdays there have been; that of a leap day is on the first of March.
        let birthday = |year: i16| Date::new(year, day.month(), day.day()).unwrap_or_else(|_| Date::new(year, 3, 1).unwrap());
        (day.year() + 1..=today.year()).filter(|year| birthday(*year) <= today).count() as i64
    });
    row.insert("age", age.map_or(Value::Missing, Value::Int));
    for (column, what) in [("interests", "interest"), ("needs", "need"), ("values", "value")] {
        let mut questions: BTreeMap<&str, Vec<&Survey>> = BTreeMap::new();
        measured(what).into_iter().for_each(|survey| questions.entry(&survey.question).or_default().push(survey));
        let mut all: BTreeSet<String> = BTreeSet::new();
        for answers in questions.values() {
            let last = answers.iter().map(|survey| survey.at).max();
            for answer in answers.iter().filter(|survey| Some(survey.at) == last).filter_map(|survey| said(survey)) {
                all.extend(answer.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()));
            }
        }
        row.insert(column, if all.is_empty() { Value::Missing } else { Value::Texts(all.into_iter().collect()) });
    }

    row.insert("acquisition_source", text(source(customer, settings)));
    let campaign = first_told(customer, settings, |event| event.campaign.clone());
    row.insert("acquisition_campaign", text(customer.attribute(|known| known.acquisition_campaign.clone()).or(campaign)));
    let form = first_told(customer, settings, |event| {
        let sent = event.name == "form_submitted";
        event.term.clone().or(event.page.clone()).filter(|_| sent)
    });
    row.insert("lead_source", text(customer.attribute(|known| known.lead_source.clone()).or(form)));
}

/// `1990-05-31`, perhaps with a time after it, or `--05-31`; and whether the year is known.
fn day_of_birth(text: &str) -> Option<(Date, bool)> {
    let text = text.trim();
    match text.strip_prefix("--") {
        Some(rest) => Some((Date::strptime("%Y-%m-%d", format!("2000-{rest}")).ok()?, false)),
        None => Some((Date::strptime("%Y-%m-%d", text.split(['T', ' ']).next()?).ok()?, true)),
    }
}

/// What the first event says that says it, no later than the first order.
fn first_told(customer: &Customer<'_>, settings: &Settings, of: impl Fn(&Event) -> Option<String>) -> Option<String> {
    let first = customer.orders.first().map(|counted| counted.order.at);
    let mut events: Vec<&Event> = customer
        .person
        .touched
        .events
        .iter()
        .filter(|event| event.at < settings.as_of && first.is_none_or(|first| event.at <= first))
        .collect();
    events.sort_by_key(|event| event.at);
    events.into_iter().find_map(of)
}

pub(super) fn source(customer: &Customer<'_>, settings: &Settings) -> Option<String> {
    let first = || first_told(customer, settings, |event| event.channel.clone());
    customer.attribute(|known| known.acquisition_source.clone()).or_else(first)
}
