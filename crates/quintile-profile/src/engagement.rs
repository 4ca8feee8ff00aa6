//! What customers do with the messages they are sent.
//!
//! What happens to a message bears its id. Without ids, each `sent` begins a message of its channel and campaign (so
//! does a `delivered` that follows none, or another `delivered`), and all else belongs to the one begun last. A message
//! that bounced was not received. Opens and clicks that are known to come from machines are nothing; a link can only be
//! followed out of an open message, so a click opens it.

use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::touches::Touches;
use crate::work::Work;
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{Float64Type, Int8Type, Int64Type};
use quintile_model::columns::{flags, repeated, texts};
use quintile_model::time::DAY_MICROS;
use quintile_model::touchpoints::{Touchpoint, channel, message};
use std::collections::HashMap;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    let count = |which: &dyn Fn(&Message) -> bool| {
        let messages = work.messages();
        out::column::<Int64Type>(customers, |customer| Some(messages.lately(work, customer).filter(|own| which(own)).count() as i64))
    };
    let last = |which: &dyn Fn(Action) -> bool| {
        let touches = work.touches(Touchpoint::Messages);
        let deeds = Deeds::of(&touches);
        out::instants(customers, |customer| {
            touches.of(customer).rev().find(|row| deeds.by_person(*row).is_some_and(which)).map(|row| touches.at[row])
        })
    };
    Some(match name {
        "messages_received_90d" => count(&|_| true),
        "messages_opened_90d" => count(&|own| own.opened),
        "messages_clicked_90d" => count(&|own| own.clicked),
        "engagement_rate_90d" => {
            let messages = work.messages();
            out::column::<Float64Type>(customers, |customer| {
                let (mut received, mut opened) = (0_u32, 0_u32);
                messages.lately(work, customer).for_each(|own| {
                    received += 1;
                    opened += u32::from(own.opened);
                });
                (received > 0).then(|| f64::from(opened) / f64::from(received))
            })
        }
        "opened_of_last_6" => {
            let messages = work.messages();
            out::column::<Int8Type>(customers, |customer| {
                let mails = messages.of(customer).iter().rev().filter(|own| own.email && own.received).take(6);
                let (all, opened) = mails.fold((0, 0), |(all, opened), own| (all + 1, opened + i8::from(own.opened)));
                (all > 0).then_some(opened)
            })
        }
        "last_open_date" => last(&|action| matches!(action, Action::Opened | Action::Clicked)),
        "last_click_date" => last(&|action| action == Action::Clicked),
        _ => return None,
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Action {
    Sent,
    Delivered,
    Opened,
    Clicked,
    Bounced,
    /// Unsubscribed or called spam: whoever does that has received it.
    Ended,
}

/// What the rows say was done, and by whom.
struct Deeds<'a> {
    codes: std::borrow::Cow<'a, [i32]>,
    actions: Vec<Option<Action>>,
    machine: &'a arrow::array::BooleanArray,
}

impl<'a> Deeds<'a> {
    fn of(touches: &Touches<'a>) -> Self {
        let coded = Coded::of(repeated(touches.rows(), "action"));
        let action = |text: Option<&str>| match text? {
            message::SENT => Some(Action::Sent),
            message::DELIVERED => Some(Action::Delivered),
            message::OPENED => Some(Action::Opened),
            message::CLICKED => Some(Action::Clicked),
            message::BOUNCED => Some(Action::Bounced),
            message::UNSUBSCRIBED | message::MARKED_AS_SPAM => Some(Action::Ended),
            _ => None,
        };
        Deeds { actions: coded.texts.iter().map(action).collect(), codes: coded.codes, machine: flags(touches.rows(), "machine") }
    }

    /// What was done.
    fn any(&self, row: usize) -> Option<Action> {
        match self.codes[row] {
            NO_TEXT => None,
            code => self.actions[code as usize],
        }
    }

    /// The same, unless a machine did it.
    fn by_person(&self, row: usize) -> Option<Action> {
        self.any(row).filter(|_| !(self.machine.is_valid(row) && self.machine.value(row)))
    }
}

/// A message to one customer, and what became of it up to the moment.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    /// When it was sent, or the first that is known of it.
    at: i64,
    email: bool,
    received: bool,
    delivered: bool,
    opened: bool,
    clicked: bool,
}

/// The messages of all customers of a batch.
pub(crate) struct Messages {
    offsets: Vec<usize>,
    all: Vec<Message>,
}

impl Messages {
    pub(crate) fn new(work: &Work<'_>) -> Self {
        let touches = work.touches(Touchpoint::Messages);
        let deeds = Deeds::of(&touches);
        let (ids, rows) = (texts(touches.rows(), "message"), touches.rows());
        let (channels, campaigns) = (Coded::of(repeated(rows, "channel")), Coded::of(repeated(rows, "campaign")));
        let is_email: Vec<bool> = channels.texts.iter().map(|text| text == Some(channel::EMAIL)).collect();
        let mut messages = Messages { offsets: Vec::with_capacity(work.customers() + 1), all: Vec::new() };
        messages.offsets.push(0);
        let mut named: HashMap<(i32, &str), usize> = HashMap::new();
        let mut begun: HashMap<(i32, i32), usize> = HashMap::new();
        for customer in 0..work.customers() {
            named.clear();
            begun.clear();
            for row in touches.of(customer) {
                let Some(action) = deeds.any(row) else { continue };
                let of = channels.codes[row];
                let next = messages.all.len();
                let place = if ids.is_valid(row) {
                    *named.entry((of, ids.value(row))).or_insert(next)
                } else {
                    let sort = (of, campaigns.codes[row]);
                    let last = begun.get(&sort).copied();
                    let place = match action {
                        Action::Sent => next,
                        Action::Delivered => last.filter(|last| !messages.all[*last].delivered).unwrap_or(next),
                        Action::Opened | Action::Clicked | Action::Bounced | Action::Ended => match last {
                            Some(last) => last,
                            // Of a message that nobody knows.
                            None => continue,
                        },
                    };
                    begun.insert(sort, place);
                    place
                };
                if place == next {
                    let email = of != NO_TEXT && is_email[of as usize];
                    let at = touches.at[row];
                    messages.all.push(Message { at, email, received: true, delivered: false, opened: false, clicked: false });
                }
                let own = &mut messages.all[place];
                let person = deeds.by_person(row).is_some();
                match action {
                    Action::Sent | Action::Ended => {}
                    Action::Delivered => own.delivered = true,
                    Action::Bounced => own.received = false,
                    Action::Opened => own.opened |= person,
                    Action::Clicked => {
                        own.opened |= person;
                        own.clicked |= person;
                    }
                }
            }
            messages.offsets.push(messages.all.len());
        }
        messages
    }

    /// All of a customer, in the order of time.
    fn of(&self, customer: usize) -> &[Message] {
        &self.all[self.offsets[customer]..self.offsets[customer + 1]]
    }

    /// Those received in the last 90 days.
    fn lately(&self, work: &Work<'_>, customer: usize) -> impl Iterator<Item = &Message> {
        let from = work.question.as_of.instant.0.saturating_sub(90 * DAY_MICROS);
        self.of(customer).iter().rev().take_while(move |own| own.at >= from).filter(|own| own.received)
    }
}
