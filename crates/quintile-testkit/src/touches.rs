//! Touchpoints of the people of a shop, written down so that one can read them.

use crate::shop::{Person, amount, amounts, repeated, texts, time, times};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, UInt64Array};
use quintile_model::{KeyMaker, Touchpoint};
use std::sync::Arc;

/// All touchpoints of a customer, each kind in any order.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the kinds are")]
pub struct Touches {
    pub events: Vec<Event>,
    pub carts: Vec<Cart>,
    pub messages: Vec<Message>,
    pub tickets: Vec<Ticket>,
    pub reviews: Vec<Review>,
    pub surveys: Vec<Survey>,
    pub referrals: Vec<Referral>,
    pub consents: Vec<Consent>,
}

/// Something done on the web page or in the app.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of events are")]
pub struct Event {
    pub at: i64,
    pub name: String,
    pub visit: Option<String>,
    pub page: Option<String>,
    pub term: Option<String>,
    pub seconds: Option<i64>,
    pub device: Option<String>,
    pub platform: Option<String>,
    pub channel: Option<String>,
    pub campaign: Option<String>,
}

/// A cart or checkout as it was last touched.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of carts are")]
pub struct Cart {
    pub at: i64,
    pub checkout: Option<bool>,
    pub emptied: Option<bool>,
    /// The [id](crate::shop::Order::id) of the order it became.
    pub order: Option<String>,
    pub value: Option<i64>,
    pub currency: Option<String>,
}

/// Something that happened to a message.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of messages are")]
pub struct Message {
    pub at: i64,
    pub channel: String,
    pub action: String,
    pub message: Option<String>,
    pub campaign: Option<String>,
    pub machine: Option<bool>,
}

/// A request to the help desk; the score in ten-thousandths.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of tickets are")]
pub struct Ticket {
    pub at: i64,
    pub complaint: Option<bool>,
    pub solved_at: Option<i64>,
    pub score: Option<i64>,
}

/// A review; the rating in ten-thousandths.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of reviews are")]
pub struct Review {
    pub at: i64,
    pub rating: Option<i64>,
}

/// An answer to one question; the score in ten-thousandths.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of surveys are")]
pub struct Survey {
    pub at: i64,
    pub question: String,
    pub measure: Option<String>,
    pub answer: Option<String>,
    pub score: Option<i64>,
}

/// Somebody was brought.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of referrals are")]
pub struct Referral {
    pub at: i64,
    /// The key of who was brought.
    pub referred: Option<u64>,
}

/// A permission given or taken back.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "named as the columns of consents are")]
pub struct Consent {
    pub at: i64,
    pub channel: String,
    pub state: String,
}

impl Person {
    /// With an event, and anything else about it.
    pub fn event(mut self, at: &str, name: &str, more: impl FnOnce(&mut Event)) -> Self {
        let mut event = Event { at: time(at), name: name.into(), ..Event::default() };
        more(&mut event);
        self.touched.events.push(event);
        self
    }

    /// With a view of a product at each of these times.
    pub fn views(self, times: &[&str]) -> Self {
        times.iter().fold(self, |person, at| person.event(at, "product_viewed", |_| ()))
    }

    /// With a cart of that value, last touched then.
    pub fn cart(mut self, at: &str, value: &str, more: impl FnOnce(&mut Cart)) -> Self {
        let mut cart = Cart { at: time(at), value: Some(amount(value)), ..Cart::default() };
        more(&mut cart);
        self.touched.carts.push(cart);
        self
    }

    /// With something that happened to the message of that id.
    pub fn mail(self, at: &str, message: &str, action: &str) -> Self {
        self.message(at, "email", action, |own| own.message = Some(message.into()))
    }

    /// With something that happened to a message, and anything else about it.
    pub fn message(mut self, at: &str, channel: &str, action: &str, more: impl FnOnce(&mut Message)) -> Self {
        let mut message = Message { at: time(at), channel: channel.into(), action: action.into(), ..Message::default() };
        more(&mut message);
        self.touched.messages.push(message);
        self
    }

    /// With a request to the help desk.
    pub fn ticket(mut self, at: &str, more: impl FnOnce(&mut Ticket)) -> Self {
        let mut ticket = Ticket { at: time(at), ..Ticket::default() };
        more(&mut ticket);
        self.touched.tickets.push(ticket);
        self
    }

    /// With a review of so many stars.
    pub fn review(mut self, at: &str, rating: &str) -> Self {
        self.touched.reviews.push(Review { at: time(at), rating: Some(amount(rating)) });
        self
    }

    /// With an answer in words.
    pub fn answer(mut self, at: &str, question: &str, measure: &str, answer: &str) -> Self {
        let survey =
            Survey { at: time(at), question: question.into(), measure: Some(measure.into()), answer: Some(answer.into()), score: None };
        self.touched.surveys.push(survey);
        self
    }

    /// With an answer as a number.
    pub fn score(mut self, at: &str, measure: &str, score: &str) -> Self {
        let survey =
            Survey { at: time(at), question: measure.into(), measure: Some(measure.into()), answer: None, score: Some(amount(score)) };
        self.touched.surveys.push(survey);
        self
    }

    /// Brought the registered customer of that id.
    pub fn brought(mut self, at: &str, id: &str) -> Self {
        self.touched.referrals.push(Referral { at: time(at), referred: Some(KeyMaker::new("shop").registered(id).0) });
        self
    }

    /// Gave or took back a permission.
    pub fn consent(mut self, at: &str, channel: &str, state: &str) -> Self {
        self.touched.consents.push(Consent { at: time(at), channel: channel.into(), state: state.into() });
        self
    }
}

/// The columns of a kind that the test kit fills, for these people, and the offsets of each.
pub(crate) fn columns(kind: Touchpoint, people: &[&Person], repeat_texts: bool) -> (usize, Vec<(&'static str, ArrayRef)>, Vec<u32>) {
    let words = |words: Vec<Option<String>>| repeated(words.into_iter(), repeat_texts);
    let flags = |flags: Vec<Option<bool>>| Arc::new(BooleanArray::from(flags)) as ArrayRef;
    // The rows of all people by time, as the store hands them over.
    macro_rules! rows {
        ($kind:ident, |$row:ident| $columns:expr) => {{
            let (mut offsets, mut rows) = (vec![0], Vec::new());
            for person in people {
                let mut own: Vec<_> = person.touched.$kind.iter().collect();
                own.sort_by_key(|row| row.at);
                rows.extend(own);
                offsets.push(rows.len() as u32);
            }
            let $row = &rows;
            let mut columns: Vec<(&'static str, ArrayRef)> = vec![("at", times(rows.iter().map(|row| Some(row.at))))];
            columns.extend($columns);
            (rows.len(), columns, offsets)
        }};
    }
    macro_rules! all {
        ($rows:ident, $field:ident) => {
            $rows.iter().map(|row| row.$field.clone()).collect::<Vec<_>>()
        };
    }
    macro_rules! known {
        ($rows:ident, $field:ident) => {
            $rows.iter().map(|row| Some(row.$field.clone())).collect::<Vec<_>>()
        };
    }
    match kind {
        Touchpoint::Events => rows!(events, |rows| [
            ("name", words(known!(rows, name))),
            ("visit", texts(all!(rows, visit).into_iter())),
            ("page", words(all!(rows, page))),
            ("term", words(all!(rows, term))),
            ("seconds", Arc::new(Int64Array::from(all!(rows, seconds))) as ArrayRef),
            ("device", words(all!(rows, device))),
            ("platform", words(all!(rows, platform))),
            ("channel", words(all!(rows, channel))),
            ("campaign", words(all!(rows, campaign))),
        ]),
        Touchpoint::Carts => rows!(carts, |rows| [
            ("checkout", flags(all!(rows, checkout))),
            ("emptied", flags(all!(rows, emptied))),
            (
                "order_key",
                Arc::new(rows.iter().map(|cart| cart.order.as_ref().map(|id| KeyMaker::new("shop").order(id).0)).collect::<UInt64Array>())
                    as ArrayRef
            ),
            ("value", amounts(all!(rows, value).into_iter())),
            ("currency", words(all!(rows, currency))),
        ]),
        Touchpoint::Messages => rows!(messages, |rows| [
            ("channel", words(known!(rows, channel))),
            ("action", words(known!(rows, action))),
            ("message", texts(all!(rows, message).into_iter())),
            ("campaign", words(all!(rows, campaign))),
            ("machine", flags(all!(rows, machine))),
        ]),
        Touchpoint::Tickets => rows!(tickets, |rows| [
            ("complaint", flags(all!(rows, complaint))),
            ("solved_at", times(all!(rows, solved_at).into_iter())),
            ("score", amounts(all!(rows, score).into_iter())),
        ]),
        Touchpoint::Reviews => rows!(reviews, |rows| [("rating", amounts(all!(rows, rating).into_iter()))]),
        Touchpoint::Surveys => rows!(surveys, |rows| [
            ("question", words(known!(rows, question))),
            ("measure", words(all!(rows, measure))),
            ("answer", words(all!(rows, answer))),
            ("score", amounts(all!(rows, score).into_iter())),
        ]),
        Touchpoint::Referrals => {
            rows!(referrals, |rows| [("referred_key", Arc::new(UInt64Array::from(all!(rows, referred))) as ArrayRef)])
        }
        Touchpoint::Consents => {
            rows!(consents, |rows| [("channel", words(known!(rows, channel))), ("state", words(known!(rows, state)))])
        }
    }
}
