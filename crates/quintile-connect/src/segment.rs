//! Events in the Segment specification, one call a line: track, page, screen, identify, alias and group.
//!
//! Names of the e-commerce specification become ours. E-mail events become what happened to a message, and a review a
//! review. An order that a call speaks of stays an event: the shop's own orders say what was sold.

use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::mapping::beside::{action_of, our_event_name, path_of};
use crate::mapping::rows::flag_of;
use crate::table::lines::{Fields, Raw};
use crate::times::{self, TimeForm};
use quintile_model::touchpoints::{channel, event};
use quintile_model::{Money, RecordKind, StoreZone, Touchpoint};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Sorts of calls.
const CALLS: [&str; 6] = ["track", "identify", "page", "screen", "alias", "group"];

/// Is this item such a call?
pub(crate) fn recognise(first: &Value) -> bool {
    let sort = first.get("type").or_else(|| first.get("action")).and_then(Value::as_str);
    let has = |name: &str| first.get(name).is_some();
    sort.is_some_and(|sort| CALLS.contains(&sort))
        && ["event", "properties", "traits", "messageId", "message_id", "userId", "user_id", "anonymousId", "anonymous_id", "previousId"]
            .into_iter()
            .any(has)
}

/// A field of a call, by its names, of which the first that is there counts.
macro_rules! fields {
    ($($field:ident: $($path:literal)|+;)*) => {
        /// The fields that are read.
        #[derive(Clone, Copy)]
        enum Field { $($field),* }

        /// Their paths, and which field each is.
        const PATHS: &[(&str, Field)] = &[$($(($path, Field::$field)),+),*];
        const FIELDS: usize = [$(Field::$field),*].len();
    };
}

fields! {
    Sort: "type" | "action";
    Event: "event";
    Id: "messageId" | "message_id";
    User: "userId" | "user_id";
    Visitor: "anonymousId" | "anonymous_id";
    Previous: "previousId" | "previous_id";
    At: "timestamp" | "originalTimestamp" | "original_timestamp" | "sentAt" | "sent_at" | "receivedAt" | "received_at";
    Email: "traits.email" | "context.traits.email" | "properties.email";
    Phone: "traits.phone" | "context.traits.phone";
    Page: "properties.path" | "context.page.path" | "properties.url" | "context.page.url";
    Product: "properties.product_id" | "properties.sku" | "properties.products.0.product_id" | "properties.products.0.sku";
    Category: "properties.category" | "properties.products.0.category";
    Term: "properties.query" | "properties.form_name" | "properties.formName";
    Worth: "properties.value" | "properties.revenue" | "properties.total" | "properties.price";
    Seconds: "properties.duration";
    Device: "context.device.category" | "properties.device";
    Mobile: "context.userAgentData.mobile";
    Platform: "context.os.name" | "context.userAgentData.platform";
    Medium: "context.campaign.medium" | "context.campaign.source";
    Campaign: "context.campaign.name" | "properties.campaign_name" | "properties.campaign_id";
    Visit: "context.sessionId" | "properties.session_id";
    Message: "properties.email_id";
    Link: "properties.link_url" | "properties.link_id";
    Review: "properties.review_id";
    Rating: "properties.rating";
    Cart: "properties.cart_id" | "properties.checkout_id";
    Order: "properties.order_id";
    Currency: "properties.currency";
}

const EVENT_COLUMNS: [&str; 18] = [
    "id",
    "customer_id",
    "email",
    "phone",
    "visitor_id",
    "at",
    "name",
    "visit",
    "page",
    "product",
    "category",
    "term",
    "value",
    "seconds",
    "device",
    "platform",
    "channel",
    "campaign",
];
const MESSAGE_COLUMNS: [&str; 9] = ["id", "customer_id", "email", "at", "channel", "action", "message", "campaign", "link"];
const REVIEW_COLUMNS: [&str; 6] = ["id", "customer_id", "email", "at", "product", "rating"];
const CART_COLUMNS: [&str; 10] = ["id", "customer_id", "email", "phone", "visitor_id", "at", "checkout", "order_id", "value", "currency"];

/// Reads calls one by one.
pub(crate) struct Segment {
    fields: Fields,
    events: Records,
    messages: Records,
    reviews: Records,
    carts: Records,
    /// What each name of an event was found to mean.
    meanings: HashMap<String, Meaning>,
    zone: StoreZone,
}

/// What the name of a tracked event means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// An event that we have a word for.
    Event(&'static str),
    /// An event by its own name.
    Own,
    /// Something that happened to a message.
    Message(&'static str),
    Review,
}

impl Meaning {
    fn of(name: &str) -> Meaning {
        let bare: String = name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match (action_of(name), our_event_name(name)) {
            (Some(action), _) if bare.starts_with("email") => Meaning::Message(action),
            _ if bare == "productreviewed" => Meaning::Review,
            (_, Some(ours)) => Meaning::Event(ours),
            (_, None) => Meaning::Own,
        }
    }
}

/// The kinds of records that calls become.
pub(crate) const PRODUCES: &[RecordKind] = &[
    RecordKind::Touchpoint(Touchpoint::Events),
    RecordKind::Touchpoint(Touchpoint::Carts),
    RecordKind::Touchpoint(Touchpoint::Messages),
    RecordKind::Touchpoint(Touchpoint::Reviews),
];

impl Segment {
    pub(crate) fn new(zone: &StoreZone) -> Segment {
        let records = |kind, names: &[&str]| Records::new(RecordKind::Touchpoint(kind), names);
        Segment {
            fields: Fields::of(PATHS.iter().map(|(path, _)| *path)),
            events: records(Touchpoint::Events, &EVENT_COLUMNS),
            messages: records(Touchpoint::Messages, &MESSAGE_COLUMNS),
            reviews: records(Touchpoint::Reviews, &REVIEW_COLUMNS),
            carts: records(Touchpoint::Carts, &CART_COLUMNS),
            meanings: HashMap::new(),
            zone: zone.clone(),
        }
    }

    /// Takes one call; the inner error is why it is refused.
    pub(crate) fn call(&mut self, line: &[u8], reading: &mut Reading<'_>) -> Result<Result<(), Wrong>, ConnectError> {
        let mut found = [Raw::Nothing; PATHS.len()];
        if let Err(why) = self.fields.read(line, &mut found) {
            return Ok(Err(Wrong::new("", why)));
        }
        let mut call = Call { fields: [Raw::Nothing; FIELDS], from: [""; FIELDS] };
        for (raw, (path, field)) in found.iter().zip(PATHS) {
            let field = *field as usize;
            if call.fields[field] == Raw::Nothing && *raw != Raw::Plain("") {
                (call.fields[field], call.from[field]) = (*raw, path);
            }
        }
        self.take(&call, reading)
    }

    fn take(&mut self, call: &Call<'_>, reading: &mut Reading<'_>) -> Result<Result<(), Wrong>, ConnectError> {
        let sort = call.text(Field::Sort);
        let at = match call.time(&self.zone) {
            Ok(at) => Cell::At(at),
            Err(wrong) => return Ok(Err(wrong)),
        };
        let amount = |field: Field, reading: &mut Reading<'_>| match call.amount(field, reading) {
            Ok(amount) => Ok(Cell::amount(amount)),
            Err(wrong) => Err(wrong),
        };
        let (id, user, visitor) = (call.text(Field::Id), call.text(Field::User), call.text(Field::Visitor));
        let (email, phone) = (call.text(Field::Email), call.text(Field::Phone));
        let previous = call.text(Field::Previous);
        let named = call.text(Field::Event);
        let meaning = match self.meanings.get(&*named) {
            Some(known) => *known,
            // A file with a name of its own for every event is not worth remembering.
            None if self.meanings.len() > 10_000 => Meaning::of(&named),
            None => *self.meanings.entry(named.to_string()).or_insert_with(|| Meaning::of(&named)),
        };
        let (name, visitor): (&str, &str) = match &*sort {
            "track" => (if let Meaning::Event(ours) = meaning { ours } else { &named }, &visitor),
            "page" | "screen" => (event::PAGE_VIEWED, &visitor),
            "identify" => (event::IDENTIFIED, &visitor),
            "alias" => (event::IDENTIFIED, &previous),
            "group" => {
                reading.note("calls of the sort `group` say nothing of what customers did and are left out");
                return Ok(Ok(()));
            }
            other => {
                return Ok(Err(Wrong::new("type", format!("`{}` is no call; one of {}", crate::emit::brief(other), CALLS.join(", ")))));
            }
        };
        if name.is_empty() {
            return Ok(Err(Wrong::new("event", "the call does not say what was done: it has no `event`")));
        }
        let person = [Cell::Text(&id), Cell::Text(&user), Cell::Text(&email)];
        if let ("track", Meaning::Message(action)) = (&*sort, meaning) {
            let [message, campaign, link] = [Field::Message, Field::Campaign, Field::Link].map(|field| call.text(field));
            let own = [at, Cell::Text(channel::EMAIL), Cell::Text(action), Cell::Text(&message), Cell::Text(&campaign), Cell::Text(&link)];
            self.messages.push(&[&person[..], &own].concat(), reading)?;
            return Ok(Ok(()));
        }
        if sort == "track" && meaning == Meaning::Review {
            let rating = match amount(Field::Rating, reading) {
                Ok(rating) => rating,
                Err(wrong) => return Ok(Err(wrong)),
            };
            let (review, product) = (call.text(Field::Review), call.text(Field::Product));
            let id = Cell::Text(if review.is_empty() { &id } else { &review });
            self.reviews.push(&[id, person[1], person[2], at, Cell::Text(&product), rating], reading)?;
            return Ok(Ok(()));
        }
        let (value, seconds) = match (amount(Field::Worth, reading), amount(Field::Seconds, reading)) {
            (Ok(value), Ok(seconds)) => (value, seconds),
            (Err(wrong), _) | (_, Err(wrong)) => return Ok(Err(wrong)),
        };
        let seconds = if let Cell::Amount(amount) = seconds { Cell::Whole(amount / quintile_model::money::UNIT) } else { Cell::Null };
        let [visit, page, product, category] = [Field::Visit, Field::Page, Field::Product, Field::Category].map(|field| call.text(field));
        let [term, device, platform, medium, campaign] =
            [Field::Term, Field::Device, Field::Platform, Field::Medium, Field::Campaign].map(|field| call.text(field));
        let mobile = flag_of(&call.text(Field::Mobile)).map_or("", |mobile| if mobile { "mobile" } else { "desktop" });
        let events = [
            person[0],
            person[1],
            person[2],
            Cell::Text(&phone),
            Cell::Text(visitor),
            at,
            Cell::Text(name),
            Cell::Text(&visit),
            Cell::Text(path_of(&page)),
            Cell::Text(&product),
            Cell::Text(&category),
            Cell::Text(&term),
            value,
            seconds,
            Cell::Text(if device.is_empty() { mobile } else { &device }),
            Cell::Text(&platform),
            Cell::Text(&medium),
            Cell::Text(&campaign),
        ];
        self.events.push(&events, reading)?;
        if name == event::CHECKOUT_STARTED {
            let [cart, order, currency] = [Field::Cart, Field::Order, Field::Currency].map(|field| call.text(field));
            let cart_id = if cart.is_empty() { if order.is_empty() { &id } else { &order } } else { &cart };
            let cells = [
                Cell::Text(cart_id),
                person[1],
                person[2],
                Cell::Text(&phone),
                Cell::Text(visitor),
                at,
                Cell::Flag(true),
                Cell::Text(&order),
                value,
                Cell::Text(&currency),
            ];
            self.carts.push(&cells, reading)?;
        }
        Ok(Ok(()))
    }

    /// Hands over what is left.
    pub(crate) fn finish(mut self, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        for records in [&mut self.events, &mut self.messages, &mut self.reviews, &mut self.carts] {
            records.flush(reading)?;
        }
        Ok(())
    }
}

/// The fields of a call, and under which name each was found.
struct Call<'a> {
    fields: [Raw<'a>; FIELDS],
    from: [&'static str; FIELDS],
}

impl<'a> Call<'a> {
    #[inline]
    fn text(&self, field: Field) -> Cow<'a, str> {
        self.fields[field as usize].text()
    }

    fn time(&self, zone: &StoreZone) -> Result<i64, Wrong> {
        let text = self.text(Field::At);
        if text.is_empty() {
            return Err(Wrong::new("timestamp", "the call has no time: none of `timestamp`, `originalTimestamp`, `sentAt`, `receivedAt`"));
        }
        let from = self.from[Field::At as usize];
        times::parse(&text, TimeForm::Plain).map(|written| written.instant(zone)).map_err(|why| Wrong::time(&text, from, why))
    }

    fn amount(&self, field: Field, reading: &mut Reading<'_>) -> Result<Option<i64>, Wrong> {
        let text = match self.fields[field as usize] {
            Raw::Flag(_) | Raw::Nothing => return Ok(None),
            raw => raw.text(),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let parsed = Money::parse(text.trim()).map_err(|why| Wrong::amount(&text, self.from[field as usize], why))?;
        reading.summary.rounded_amounts += u64::from(parsed.rounded);
        Ok(Some(parsed.money.0))
    }
}
