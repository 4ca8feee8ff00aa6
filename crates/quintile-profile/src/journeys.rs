//! What each customer did, in the order of time, as a list of touches: the way from the first visit to the latest purchase.

use crate::origin::won_over;
use crate::question::{ProfileQuestion, facts_needed};
use crate::touches::Touches;
use crate::visits;
use crate::work::Work;
use arrow::array::{Array, BooleanArray};
use quintile_model::CustomerBatch;
use quintile_model::batch::FactColumns;
use quintile_model::columns::{flags, instants, repeated};
use quintile_model::touchpoints::{Touchpoint, event, message};

/// A sort of touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Touch {
    /// A message was opened, by a person.
    Opened,
    /// A link in one was followed, by a person.
    Clicked,
    /// A visit of the web page or the app began.
    Visit,
    /// A product was looked at.
    ProductView,
    /// Something was put into the cart.
    Cart,
    /// A checkout began.
    Checkout,
    /// A day with an order that counts.
    Purchase,
    /// Money was given back.
    Refund,
    /// The help desk was asked.
    Ticket,
    /// A product was reviewed.
    Review,
}

impl Touch {
    /// All sorts, in the order of this list.
    pub const ALL: [Touch; 10] = [
        Self::Opened,
        Self::Clicked,
        Self::Visit,
        Self::ProductView,
        Self::Cart,
        Self::Checkout,
        Self::Purchase,
        Self::Refund,
        Self::Ticket,
        Self::Review,
    ];

    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Visit => "visit",
            Self::ProductView => "product-view",
            Self::Cart => "cart",
            Self::Checkout => "checkout",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Ticket => "ticket",
            Self::Review => "review",
        }
    }
}

/// What one customer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// The customer.
    pub key: u64,
    /// Whether anything at all was known of them at the moment.
    pub known: bool,
    /// The channel they were won over, where anybody knows.
    pub channel: Option<String>,
    /// Touches before the moment, in the order of time, with their instants in microseconds. Of touches at one instant the
    /// earlier sort comes first. A visit is there at its first event.
    pub touches: Vec<(Touch, i64)>,
}

/// Which facts [`journeys`] reads.
pub fn journeys_needed(question: &ProfileQuestion) -> FactColumns {
    let columns = ["acquisition_source", "first_channel"].iter().filter_map(|name| crate::columns::find(name)).collect();
    facts_needed(&ProfileQuestion { columns, ..question.clone() }).and(&FactColumns {
        touchpoints: vec![
            (Touchpoint::Events, vec!["at", "name", "visit"]),
            (Touchpoint::Carts, vec!["at", "checkout"]),
            (Touchpoint::Messages, vec!["at", "action", "machine"]),
            (Touchpoint::Tickets, vec!["at"]),
            (Touchpoint::Reviews, vec!["at"]),
        ],
        ..FactColumns::default()
    })
}

/// The journeys of a batch, read with [`journeys_needed`].
pub fn journeys(batch: &CustomerBatch, question: &ProfileQuestion) -> Vec<Journey> {
    let work = Work::new(batch, question);
    let channel = won_over(&work);
    let known = crate::who::known(&work);
    let (events, carts, messages) = (work.touches(Touchpoint::Events), work.touches(Touchpoint::Carts), work.touches(Touchpoint::Messages));
    let (tickets, reviews) = (work.touches(Touchpoint::Tickets), work.touches(Touchpoint::Reviews));
    let of_events = sorts(&events, "name", of_event);
    let of_messages = sorts(&messages, "action", of_message);
    let starts = visits::starts(&events, work.customers());
    let (checkouts, machines) = (flags(carts.rows(), "checkout"), flags(messages.rows(), "machine"));
    let refund_at: &[i64] = instants(&batch.refunds.rows, "at").values();
    let journey = |customer: usize| {
        let mut touches: Vec<(Touch, i64)> = Vec::new();
        for row in events.of(customer) {
            if starts.get(row).copied().unwrap_or(false) {
                touches.push((Touch::Visit, events.at[row]));
            }
            touches.extend(of_events(row).map(|touch| (touch, events.at[row])));
        }
        for row in carts.of(customer) {
            touches.push((Touch::Cart, carts.at[row]));
            if is(checkouts, row) {
                touches.push((Touch::Checkout, carts.at[row]));
            }
        }
        let by_people = messages.of(customer).filter(|row| !is(machines, *row));
        touches.extend(by_people.filter_map(|row| Some((of_messages(row)?, messages.at[row]))));
        touches.extend(tickets.of(customer).map(|row| (Touch::Ticket, tickets.at[row])));
        touches.extend(reviews.of(customer).map(|row| (Touch::Review, reviews.at[row])));
        let counts = batch.refunds.of(customer).filter(|row| question.as_of.counts(refund_at[*row]));
        touches.extend(counts.map(|row| (Touch::Refund, refund_at[row])));
        let slots = work.orders.of(customer);
        let later_day = |slot: &usize| *slot == slots.start || work.days()[*slot] != work.days()[*slot - 1];
        touches.extend(slots.clone().filter(later_day).map(|slot| (Touch::Purchase, work.orders.at[slot])));
        touches.sort_by_key(|(touch, at)| (*at, *touch));
        Journey {
            key: batch.keys[customer],
            known: known.as_ref().is_none_or(|known| known[customer]),
            channel: channel(customer),
            touches,
        }
    };
    (0..work.customers()).map(journey).collect()
}

fn of_event(name: &str) -> Option<Touch> {
    match name {
        event::PRODUCT_VIEWED => Some(Touch::ProductView),
        event::ADDED_TO_CART => Some(Touch::Cart),
        event::CHECKOUT_STARTED => Some(Touch::Checkout),
        _ => None,
    }
}

fn of_message(action: &str) -> Option<Touch> {
    match action {
        message::OPENED => Some(Touch::Opened),
        message::CLICKED => Some(Touch::Clicked),
        _ => None,
    }
}

fn is(flags: &BooleanArray, row: usize) -> bool {
    flags.is_valid(row) && flags.value(row)
}

/// The sort of each row by a repeated text.
fn sorts<'a>(touches: &Touches<'a>, column: &str, of: fn(&str) -> Option<Touch>) -> impl Fn(usize) -> Option<Touch> + 'a {
    let texts = repeated(touches.rows(), column);
    let sorts: Vec<Option<Touch>> = texts.values().iter().map(|text| of(text?)).collect();
    move |row| texts.code(row).and_then(|code| sorts[code])
}
