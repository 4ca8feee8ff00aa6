//! Touchpoints: what customers do, and what happens to them, beside ordering.
//!
//! A touchpoint is whole in one row and has no lines. It names its person itself: by the id of a registered customer, an
//! e-mail, a phone, or the id of a visitor who has not said yet who they are. [`Touchpoint::columns`] is what a connector
//! hands over, [`Touchpoint::schema`] what the store keeps.

use crate::facts::provenance;
use crate::records::{RecordColumn, amount_type, instant_type, repeated_text_type};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// A kind of touchpoint, and the folder and SQL table of its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Touchpoint {
    /// Something done on the web page or in the app.
    Events,
    /// A cart or checkout, as it was last touched.
    Carts,
    /// Something that happened to one message to one person: it was sent, delivered, opened, clicked ...
    Messages,
    /// A request to the help desk.
    Tickets,
    /// A product review.
    Reviews,
    /// An answer to one question of a survey or form.
    Surveys,
    /// Somebody brought somebody.
    Referrals,
    /// A permission given or taken back.
    Consents,
}

/// Names of web events that questions know. Sources' own names are turned into these; all others are kept as they are.
pub mod event {
    /// A page was looked at.
    pub const PAGE_VIEWED: &str = "page_viewed";
    /// A product was looked at.
    pub const PRODUCT_VIEWED: &str = "product_viewed";
    /// A category or collection was looked at.
    pub const COLLECTION_VIEWED: &str = "collection_viewed";
    /// The shop was searched; `term` says for what.
    pub const SEARCHED: &str = "searched";
    /// A product went into the cart.
    pub const ADDED_TO_CART: &str = "added_to_cart";
    /// A product was taken out of the cart.
    pub const REMOVED_FROM_CART: &str = "removed_from_cart";
    /// A checkout began.
    pub const CHECKOUT_STARTED: &str = "checkout_started";
    /// A product went on a wish list.
    pub const ADDED_TO_WISH_LIST: &str = "added_to_wish_list";
    /// A form was sent; `page` or `term` names it.
    pub const FORM_SUBMITTED: &str = "form_submitted";
    /// A visitor said who they are.
    pub const IDENTIFIED: &str = "identified";
}

/// What happened to a message.
pub mod message {
    /// It was handed to the carrier: received, as far as anybody knows.
    pub const SENT: &str = "sent";
    /// It arrived.
    pub const DELIVERED: &str = "delivered";
    /// It was opened.
    pub const OPENED: &str = "opened";
    /// A link in it was followed.
    pub const CLICKED: &str = "clicked";
    /// It came back.
    pub const BOUNCED: &str = "bounced";
    /// Its reader wants no more.
    pub const UNSUBSCRIBED: &str = "unsubscribed";
    /// Its reader called it spam.
    pub const MARKED_AS_SPAM: &str = "marked_as_spam";
    /// All of them.
    pub const ALL: [&str; 7] = [SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED, MARKED_AS_SPAM];
}

/// Channels of messages and consents.
pub mod channel {
    /// E-mail.
    pub const EMAIL: &str = "email";
    /// Text messages.
    pub const SMS: &str = "sms";
    /// Push notices of an app or browser.
    pub const PUSH: &str = "push";
    /// Letters, catalogues and coupons by post.
    pub const POST: &str = "post";
    /// All of them.
    pub const ALL: [&str; 4] = [EMAIL, SMS, PUSH, POST];
}

/// What a survey answer measures; any other text is a subject of the shop's own.
pub mod measure {
    /// Would they recommend the shop: `score` is 0 to 10.
    pub const NPS: &str = "nps";
    /// How satisfied they are: `score` is 1 to 5.
    pub const CSAT: &str = "csat";
    /// Something they like.
    pub const INTEREST: &str = "interest";
    /// Something they need.
    pub const NEED: &str = "need";
    /// Something they hold important.
    pub const VALUE: &str = "value";
    /// Why they left or did not buy.
    pub const REASON: &str = "reason";
}

impl Touchpoint {
    /// All kinds, in the order of this list.
    pub const ALL: [Touchpoint; 8] =
        [Self::Events, Self::Carts, Self::Messages, Self::Tickets, Self::Reviews, Self::Surveys, Self::Referrals, Self::Consents];

    /// The name of its folder, its SQL table and its kind of records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Carts => "carts",
            Self::Messages => "messages",
            Self::Tickets => "tickets",
            Self::Reviews => "reviews",
            Self::Surveys => "surveys",
            Self::Referrals => "referrals",
            Self::Consents => "consents",
        }
    }

    /// What a connector hands over: the id of the fact, who, when, and [`Touchpoint::own_columns`].
    pub fn columns(self) -> Vec<RecordColumn> {
        let column = |name, data_type, required, meaning| RecordColumn { name, data_type, required, meaning };
        let mut columns = vec![
            column("id", DataType::Utf8, false, "the source's id of the fact; without one, equal rows are told apart by their number"),
            column("customer_id", DataType::Utf8, false, "the source's id of a registered customer"),
            column("email", DataType::Utf8, false, "e-mail as written"),
            column("phone", DataType::Utf8, false, "phone as written"),
        ];
        columns.push(column(
            "visitor_id",
            DataType::Utf8,
            false,
            "the source's id of a browser, device or contact, before anybody says who they are",
        ));
        columns.push(column("at", instant_type(), true, "when it happened"));
        columns.push(column("version", instant_type(), false, "when the source last changed it"));
        columns.extend(self.own_columns());
        columns
    }

    /// The columns that this kind alone has, in records and in the store alike.
    pub fn own_columns(self) -> Vec<RecordColumn> {
        let column = |name, data_type, meaning| RecordColumn { name, data_type, required: false, meaning };
        let required = |name, data_type, meaning| RecordColumn { name, data_type, required: true, meaning };
        let repeated = repeated_text_type;
        let text = || DataType::Utf8;
        match self {
            Self::Events => vec![
                required("name", repeated(), "what was done, such as `product_viewed`"),
                column("visit", text(), "the source's id of the visit; without one, a visit ends after 30 minutes without an event"),
                column("page", repeated(), "path of the page, without what follows a `?`"),
                column("product", repeated(), "product, as order lines call it"),
                column("category", repeated(), "category"),
                column("term", repeated(), "what was searched for, or the name of the form"),
                column("value", amount_type(), "money that the event speaks of"),
                column("seconds", DataType::Int64, "time spent, in seconds, where the source says"),
                column("device", repeated(), "desktop, mobile or tablet"),
                column("platform", repeated(), "web or app, or the system as the source names it"),
                column("channel", repeated(), "where the visit came from: the medium or source"),
                column("campaign", repeated(), "the campaign it came from"),
                column("properties", text(), "everything else the source says, as a JSON object"),
            ],
            Self::Carts => vec![
                column("checkout", DataType::Boolean, "whether it got as far as the checkout"),
                column("emptied", DataType::Boolean, "whether it was emptied by its owner"),
                column("order_id", text(), "the order it became, where the source says"),
                column("value", amount_type(), "what is in it"),
                column("currency", repeated(), "ISO 4217 code"),
                column("units", amount_type(), "units in it"),
                column("product", repeated(), "its first or only product"),
            ],
            Self::Messages => vec![
                required("channel", repeated(), "email, sms, push or post"),
                required("action", repeated(), "sent, delivered, opened, clicked, bounced, unsubscribed or marked_as_spam"),
                column("message", text(), "the source's id of the message, the same in all that happens to it"),
                column("campaign", repeated(), "the campaign or flow"),
                column("machine", DataType::Boolean, "known to be done by a machine, such as a mail client that loads every picture"),
                column("link", repeated(), "the link that was followed"),
            ],
            Self::Tickets => vec![
                column("channel", repeated(), "how it came: e-mail, chat, phone, form"),
                column("status", repeated(), "state, as the source names it"),
                column("complaint", DataType::Boolean, "whether it is a complaint"),
                column("solved_at", instant_type(), "when it was solved"),
                column("score", amount_type(), "satisfaction with the answer, 1 to 5"),
                column("tags", repeated(), "tags, joined by `, `"),
                column("product", repeated(), "the product it is about"),
            ],
            Self::Reviews => vec![
                column("product", repeated(), "product, as order lines call it"),
                column("rating", amount_type(), "stars, 1 to 5"),
                column("status", repeated(), "state, as the source names it"),
            ],
            Self::Surveys => vec![
                column("survey", repeated(), "the survey or form"),
                required("question", repeated(), "the question"),
                column("measure", repeated(), "what it measures: nps, csat, interest, need, value, reason, or a subject of the shop's own"),
                column("answer", repeated(), "the answer in words"),
                column("score", amount_type(), "the answer as a number"),
            ],
            Self::Referrals => vec![
                column("code", repeated(), "the personal code that was used"),
                column("referred_id", text(), "the source's id of who was brought"),
                column("referred_email", text(), "e-mail of who was brought"),
                column("order_id", text(), "the order by which they came, where the source says"),
            ],
            Self::Consents => vec![
                required("channel", repeated(), "email, sms, push or post"),
                required("state", repeated(), "SUBSCRIBED, NOT_SUBSCRIBED, PENDING, INVALID, UNSUBSCRIBED or REDACTED"),
                column("method", repeated(), "how it was given: form, checkout, import"),
            ],
        }
    }

    /// The columns of its files: whose and which fact, who said so, its own columns, provenance. Ids that lead elsewhere
    /// (`order_id`, `referred_id`, `referred_email`) are kept as keys.
    pub fn schema(self) -> SchemaRef {
        let mut fields = vec![
            Field::new("customer_key", DataType::UInt64, false),
            Field::new("fact_key", DataType::UInt64, false),
            Field::new("at", instant_type(), false),
            Field::new("source", repeated_text_type(), false),
            // Who somebody without an account says they are, so that the fact can be joined to a customer later.
            Field::new("claim", DataType::Utf8, true),
        ];
        for column in self.own_columns() {
            match column.name {
                "order_id" => fields.push(Field::new("order_key", DataType::UInt64, true)),
                "referred_id" => fields.push(Field::new("referred_key", DataType::UInt64, true)),
                "referred_email" => {}
                name => fields.push(Field::new(name, column.data_type, !column.required)),
            }
        }
        fields.extend(provenance());
        Arc::new(Schema::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        for kind in Touchpoint::ALL {
            let mut names: Vec<_> = kind.columns().iter().map(|column| column.name).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", kind.name());
            let schema = kind.schema();
            let mut names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", kind.name());
        }
    }
}
