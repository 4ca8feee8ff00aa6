//! How customers fared: what came back, what they complained of, what they said of the shop, and whom they brought.

use crate::out;
use crate::question::ProfileError;
use crate::value::ratio;
use crate::work::Work;
use arrow::array::{Array, ArrayRef, Decimal64Array};
use arrow::datatypes::{Float64Type, Int64Type};
use quintile_model::KeyMaker;
use quintile_model::batch::NO_ORDER;
use quintile_model::columns::{amounts, flags, instants, keys, repeated, texts};
use quintile_model::ids::normal_email;
use quintile_model::money::UNIT;
use quintile_model::touchpoints::{Touchpoint, measure};

pub(crate) fn column(name: &str, work: &Work<'_>) -> Result<Option<ArrayRef>, ProfileError> {
    let customers = work.customers();
    Ok(Some(match name {
        "refund_rate" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            out::column::<Float64Type>(customers, |customer| {
                let (back, spent) = (refunds.sum(work, values, customer)?, values.total(work, customer));
                (spent > 0).then(|| ratio(back, spent))
            })
        }
        "return_rate" => {
            let batch = work.batch;
            let at: &[i64] = instants(&batch.refunds.rows, "at").values();
            let mut returned = vec![false; work.orders.len()];
            out::column::<Float64Type>(customers, |customer| {
                let mut orders = 0;
                for row in batch.refunds.of(customer).filter(|row| work.question.as_of.counts(at[*row])) {
                    let order = batch.refund_order[row];
                    if order == NO_ORDER {
                        return None;
                    }
                    let slot = work.orders.slot(order);
                    if slot != NO_ORDER && !std::mem::replace(&mut returned[slot as usize], true) {
                        orders += 1;
                    }
                }
                let all = work.orders.count(customer);
                (all > 0).then(|| orders as f64 / all as f64)
            })
        }
        "tickets" => {
            let tickets = work.touches(Touchpoint::Tickets);
            out::column::<Int64Type>(customers, |customer| Some(tickets.of(customer).len() as i64))
        }
        "complaints" => {
            let tickets = work.touches(Touchpoint::Tickets);
            let complaint = flags(tickets.rows(), "complaint");
            let complains = |row: &usize| complaint.is_valid(*row) && complaint.value(*row);
            out::column::<Int64Type>(customers, |customer| Some(tickets.of(customer).filter(complains).count() as i64))
        }
        "ticket_rate" => {
            let tickets = work.touches(Touchpoint::Tickets);
            out::column::<Float64Type>(customers, |customer| {
                let orders = work.orders.count(customer);
                (orders > 0).then(|| tickets.of(customer).len() as f64 / orders as f64)
            })
        }
        "csat" => {
            let tickets = work.touches(Touchpoint::Tickets);
            let (of_tickets, solved) = (amounts(tickets.rows(), "score"), instants(tickets.rows(), "solved_at"));
            let surveys = work.touches(Touchpoint::Surveys);
            let (of_surveys, asked) = (amounts(surveys.rows(), "score"), measured(work, measure::CSAT));
            out::column::<Float64Type>(customers, |customer| {
                // An answer is judged when it has been given.
                let judged = tickets.of(customer).filter(|row| solved.is_null(*row) || work.question.as_of.counts(solved.value(*row)));
                let scores = judged.filter_map(|row| score(of_tickets, row));
                mean(scores.chain(surveys.of(customer).filter(|row| asked(*row)).filter_map(|row| score(of_surveys, row))))
            })
        }
        "nps" => {
            let surveys = work.touches(Touchpoint::Surveys);
            let (scores, asked) = (amounts(surveys.rows(), "score"), measured(work, measure::NPS));
            out::column::<Float64Type>(customers, |customer| {
                let newest = surveys.of(customer).rev().filter(|row| asked(*row)).find_map(|row| score(scores, row));
                newest.map(|score| ratio(score.into(), UNIT.into()))
            })
        }
        "reviews" => {
            let reviews = work.touches(Touchpoint::Reviews);
            out::column::<Int64Type>(customers, |customer| Some(reviews.of(customer).len() as i64))
        }
        "review_mean" => {
            let reviews = work.touches(Touchpoint::Reviews);
            let ratings = amounts(reviews.rows(), "rating");
            out::column::<Float64Type>(customers, |customer| mean(reviews.of(customer).filter_map(|row| score(ratings, row))))
        }
        "referrals" => {
            let referrals = work.touches(Touchpoint::Referrals);
            out::column::<Int64Type>(customers, |customer| Some(referrals.of(customer).len() as i64))
        }
        _ => return Ok(None),
    }))
}

fn score(scores: &Decimal64Array, row: usize) -> Option<i64> {
    scores.is_valid(row).then(|| scores.value(row))
}

fn mean(scores: impl Iterator<Item = i64>) -> Option<f64> {
    let (count, sum) = scores.fold((0_i128, 0_i128), |(count, sum), score| (count + 1, sum + i128::from(score)));
    (count > 0).then(|| ratio(sum, count * i128::from(UNIT)))
}

/// Which rows of surveys measure that.
fn measured<'a>(work: &'a Work<'_>, what: &'a str) -> impl Fn(usize) -> bool + 'a {
    let measures = repeated(work.touches(Touchpoint::Surveys).rows(), "measure");
    let measured: Vec<bool> = measures.values().iter().map(|text| text == Some(what)).collect();
    move |row| measures.code(row).is_some_and(|code| measured[code])
}

/// Who brought whom, and when, before the moment.
pub(crate) fn brought(work: &Work<'_>) -> Vec<Brought> {
    let referrals = work.touches(Touchpoint::Referrals);
    let referred = keys(referrals.rows(), "referred_key");
    let all = (0..work.customers()).flat_map(|customer| referrals.of(customer).map(move |row| (customer, row)));
    let named = all.filter(|(_, row)| referred.is_valid(*row));
    named.map(|(customer, row)| Brought { referred: referred.value(row), at: referrals.at[row], by: work.batch.keys[customer] }).collect()
}

/// The keys by which referrals may name customers, beside their own: those of guests with their addresses.
pub(crate) fn known_by_address(work: &Work<'_>) -> Vec<(u64, u64)> {
    let customers = &work.batch.customers;
    let emails = texts(&customers.rows, "email");
    // Guests are named by their address alone, whatever the source.
    let guests = KeyMaker::new("");
    let mut known = Vec::new();
    for (customer, key) in work.batch.keys.iter().enumerate() {
        let own = customers.of(customer).filter(|row| emails.is_valid(*row));
        let addresses = own.filter_map(|row| normal_email(emails.value(row))).map(|email| guests.guest_by_email(&email).0);
        known.extend(addresses.filter(|address| address != key).map(|address| (address, *key)));
    }
    known
}

/// Somebody was brought by somebody; ordered so that the first who brought a customer comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Brought {
    pub(crate) referred: u64,
    pub(crate) at: i64,
    pub(crate) by: u64,
}
