//! What customers do: each function with the facts it is about and the columns they can be asked by.
//!
//! Any column can also be counted or added up: `sum_amount`, `average_quantity`, `count_distinct_category`. `date`, `count`,
//! `count_distinct` and `of_last` are there for all.

use quintile_model::Touchpoint;
use quintile_model::touchpoints::{channel, event, message};
use std::hash::{Hash, Hasher};

/// Where facts of a function come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactTable {
    /// Orders that count.
    Orders,
    /// Lines of goods sold in orders that count.
    Sales,
    /// Lines of goods taken back.
    Returns,
    /// Refunds that count.
    Refunds,
    /// One row of a kind of touchpoint each.
    Of(Touchpoint),
    /// Visits: of each, its first event.
    Visits,
    /// Facts that no store keeps yet.
    Nothing,
}

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Other names it is read by.
    pub also: &'static [&'static str],
    /// The facts it is about.
    pub table: FactTable,
    /// What makes a row one of its own: columns with the value they must have.
    pub only: &'static [(Field, &'static str)],
    /// Rows done by machines are left out.
    pub people_only: bool,
    /// The columns it can be asked by.
    pub params: &'static [Parameter],
    /// What `count_distinct` counts.
    pub distinct: Option<&'static str>,
    /// What one did, as `placed an order`.
    pub did: &'static str,
    /// Its facts, as `orders`.
    pub plural: &'static str,
}

/// No two functions have the same name.
impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

/// A column that facts can be asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// Its name in the language.
    pub name: &'static str,
    /// What its values are.
    pub kind: ParamKind,
    /// Where they come from.
    pub field: Field,
}

/// Kinds of parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamKind {
    /// An id, a number or a text.
    Id,
    /// A text, compared with its case.
    Text,
    /// Several texts joined by `, ` in the source; one of them is compared, without case.
    Texts,
    /// A country.
    Country,
    /// A number of four decimals.
    Decimal,
    /// An amount in the reporting currency.
    Amount,
    /// A whole number.
    Whole,
    /// Yes or no.
    Flag,
    /// When it happened.
    Date,
}

/// Where the value of a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// When the fact happened.
    At,
    /// A column of the fact itself.
    Own(&'static str),
    /// A column of the order that the line or refund belongs to.
    Order(&'static str),
    /// A column of one of the order's lines of goods.
    AnyLine(&'static str),
    /// What the order, line or refund is worth in the reporting currency.
    Value,
    /// Has the order a discount?
    Discounted,
    /// Has the line no discount?
    FullPrice,
    /// The number of the order among those of the customer that count; 1 is the first.
    Nth,
    /// The price of one unit before discount, in the currency of the order; where the source does not say, the amount and discount
    /// of the line over its quantity.
    Price,
    /// Was the cart left without an order?
    Abandoned,
    /// A property of an event, by the name behind `properties.`.
    Property,
    /// Nothing that any source says.
    Nowhere,
}

const fn param(name: &'static str, kind: ParamKind, field: Field) -> Parameter {
    Parameter { name, kind, field }
}

use FactTable::{Nothing, Of, Orders, Refunds, Returns, Sales, Visits};
use Field::{AnyLine, At, Discounted, FullPrice, Nowhere, Nth, Order, Own, Price, Value};
use ParamKind::{Amount, Country, Date, Decimal, Flag, Id, Text, Texts, Whole};

const DATE: Parameter = param("date", Date, At);

const ORDER: &[Parameter] = &[
    DATE,
    param("amount", Amount, Value),
    param("channel", Text, Own("channel")),
    param("discounted", Flag, Discounted),
    param("discount_code", Texts, Own("discount_codes")),
    param("nth", Whole, Nth),
    param("country", Country, Own("country")),
    param("region", Text, Own("region")),
    param("city", Text, Own("city")),
    param("postcode", Text, Own("postcode")),
    param("company", Text, Own("company")),
    param("currency", Text, Own("currency")),
    param("status", Text, Own("status")),
    param("source", Text, Own("source")),
    param("tag", Texts, Own("tags")),
    param("id", Id, AnyLine("product")),
    param("sku", Id, AnyLine("product")),
    param("title", Text, AnyLine("title")),
    param("category", Text, AnyLine("category")),
    param("product_type", Text, AnyLine("category")),
    param("brand", Text, AnyLine("brand")),
    param("location_id", Id, Nowhere),
    param("app_id", Id, Nowhere),
];

const LINE: &[Parameter] = &[
    DATE,
    param("id", Id, Own("product")),
    param("sku", Id, Own("product")),
    param("title", Text, Own("title")),
    param("category", Text, Own("category")),
    param("product_type", Text, Own("category")),
    param("brand", Text, Own("brand")),
    param("quantity", Decimal, Own("quantity")),
    param("amount", Amount, Value),
    param("price", Decimal, Price),
    param("full_price", Flag, FullPrice),
    param("channel", Text, Order("channel")),
    param("discounted", Flag, Discounted),
    param("discount_code", Texts, Order("discount_codes")),
    param("nth", Whole, Nth),
    param("country", Country, Order("country")),
    param("region", Text, Order("region")),
    param("city", Text, Order("city")),
    param("currency", Text, Order("currency")),
    param("tag", Text, Nowhere),
];

const REFUND: &[Parameter] = &[
    DATE,
    param("amount", Amount, Value),
    param("currency", Text, Own("currency")),
    param("id", Id, Own("product")),
    param("nth", Whole, Nth),
    param("channel", Text, Order("channel")),
    param("country", Country, Order("country")),
];

const EVENT: &[Parameter] = &[
    DATE,
    param("name", Text, Own("name")),
    param("id", Id, Own("product")),
    param("category", Text, Own("category")),
    param("page", Text, Own("page")),
    param("term", Text, Own("term")),
    param("form", Text, Own("term")),
    param("value", Decimal, Own("value")),
    param("seconds", Whole, Own("seconds")),
    param("device", Text, Own("device")),
    param("platform", Text, Own("platform")),
    param("channel", Text, Own("channel")),
    param("campaign", Text, Own("campaign")),
    param("visit", Id, Own("visit")),
    param("tag", Text, Nowhere),
];

const CART: &[Parameter] = &[
    DATE,
    param("value", Decimal, Own("value")),
    param("units", Decimal, Own("units")),
    param("id", Id, Own("product")),
    param("currency", Text, Own("currency")),
    param("checkout", Flag, Own("checkout")),
];

const MESSAGE: &[Parameter] = &[
    DATE,
    param("channel", Text, Own("channel")),
    param("campaign", Text, Own("campaign")),
    param("activity_id", Id, Own("campaign")),
    param("message", Id, Own("message")),
    param("link", Text, Own("link")),
];

const TICKET: &[Parameter] = &[
    DATE,
    param("channel", Text, Own("channel")),
    param("status", Text, Own("status")),
    param("complaint", Flag, Own("complaint")),
    param("score", Decimal, Own("score")),
    param("tag", Texts, Own("tags")),
    param("id", Id, Own("product")),
];

const REVIEW: &[Parameter] =
    &[DATE, param("id", Id, Own("product")), param("rating", Decimal, Own("rating")), param("status", Text, Own("status"))];

const SURVEY: &[Parameter] = &[
    DATE,
    param("survey", Text, Own("survey")),
    param("question", Text, Own("question")),
    param("measure", Text, Own("measure")),
    param("answer", Text, Own("answer")),
    param("score", Decimal, Own("score")),
];

const REFERRAL: &[Parameter] = &[DATE, param("code", Text, Own("code"))];

const CREDIT: &[Parameter] = &[
    param("balance", Decimal, Nowhere),
    param("currency", Text, Nowhere),
    param("next_expiry_date", Date, Nowhere),
    param("last_credit_date", Date, Nowhere),
];

const fn of(
    name: &'static str,
    table: FactTable,
    params: &'static [Parameter],
    distinct: &'static str,
    did: &'static str,
    plural: &'static str,
) -> Function {
    Function { name, also: &[], table, only: &[], people_only: false, params, distinct: Some(distinct), did, plural }
}

const fn of_event(
    name: &'static str,
    only: &'static [(Field, &'static str)],
    distinct: &'static str,
    did: &'static str,
    plural: &'static str,
) -> Function {
    Function { only, ..of(name, Of(Touchpoint::Events), EVENT, distinct, did, plural) }
}

const fn of_message(
    name: &'static str,
    only: &'static [(Field, &'static str)],
    people_only: bool,
    did: &'static str,
    plural: &'static str,
) -> Function {
    Function { only, people_only, ..of(name, Of(Touchpoint::Messages), MESSAGE, "message", did, plural) }
}

const NAME: Field = Own("name");
const ACTION: Field = Own("action");
const MAIL: (Field, &str) = (Own("channel"), channel::EMAIL);

/// All functions.
pub static ALL: &[Function] = &[
    of("orders_placed", Orders, ORDER, "day", "placed an order", "orders"),
    of("products_purchased", Sales, LINE, "id", "bought a product", "products bought"),
    of("products_returned", Returns, LINE, "id", "returned a product", "products returned"),
    of("refunds", Refunds, REFUND, "day", "got money back", "refunds"),
    Function {
        only: &[(Field::Abandoned, "true")],
        ..of("carts_abandoned", Of(Touchpoint::Carts), CART, "day", "left a cart", "carts left")
    },
    Function {
        only: &[(Own("checkout"), "true")],
        ..of("checkouts_started", Of(Touchpoint::Carts), CART, "day", "started a checkout", "checkouts started")
    },
    of_event("pages_viewed", &[(NAME, event::PAGE_VIEWED)], "page", "viewed a page", "page views"),
    Function {
        also: &["storefront_event.product_viewed", "product_viewed"],
        ..of_event("storefront.product_viewed", &[(NAME, event::PRODUCT_VIEWED)], "id", "viewed a product", "product views")
    },
    Function {
        also: &["storefront_event.collection_viewed", "collection_viewed"],
        ..of_event(
            "storefront.collection_viewed",
            &[(NAME, event::COLLECTION_VIEWED)],
            "category",
            "viewed a collection",
            "collection views",
        )
    },
    of_event("searches", &[(NAME, event::SEARCHED)], "term", "searched the shop", "searches"),
    of_event("form_submitted", &[(NAME, event::FORM_SUBMITTED)], "form", "sent a form", "forms sent"),
    of_event("wish_listed", &[(NAME, event::ADDED_TO_WISH_LIST)], "id", "put a product on a wish list", "products on wish lists"),
    of_event("added_to_cart", &[(NAME, event::ADDED_TO_CART)], "id", "put a product into the cart", "products put into carts"),
    of_event("events", &[], "name", "did something on the site", "events"),
    of("visits", Visits, EVENT, "day", "visited the shop", "visits"),
    of_message("messages.received", &[(ACTION, message::SENT)], false, "received a message", "messages received"),
    of_message("messages.delivered", &[(ACTION, message::DELIVERED)], false, "had a message delivered", "messages delivered"),
    of_message("messages.opened", &[(ACTION, message::OPENED)], true, "opened a message", "messages opened"),
    of_message("messages.clicked", &[(ACTION, message::CLICKED)], true, "clicked in a message", "messages clicked"),
    of_message("messages.bounced", &[(ACTION, message::BOUNCED)], false, "had a message bounce", "messages bounced"),
    of_message("messages.unsubscribed", &[(ACTION, message::UNSUBSCRIBED)], false, "unsubscribed", "unsubscriptions"),
    of_message("messages.marked_as_spam", &[(ACTION, message::MARKED_AS_SPAM)], false, "called a message spam", "messages called spam"),
    of_message("shopify_email.delivered", &[(ACTION, message::DELIVERED), MAIL], false, "had an e-mail delivered", "e-mails delivered"),
    of_message("shopify_email.opened", &[(ACTION, message::OPENED), MAIL], true, "opened an e-mail", "e-mails opened"),
    of_message("shopify_email.clicked", &[(ACTION, message::CLICKED), MAIL], true, "clicked in an e-mail", "e-mails clicked"),
    of_message("shopify_email.bounced", &[(ACTION, message::BOUNCED), MAIL], false, "had an e-mail bounce", "e-mails bounced"),
    of_message(
        "shopify_email.unsubscribed",
        &[(ACTION, message::UNSUBSCRIBED), MAIL],
        false,
        "unsubscribed from e-mail",
        "unsubscriptions from e-mail",
    ),
    of_message(
        "shopify_email.marked_as_spam",
        &[(ACTION, message::MARKED_AS_SPAM), MAIL],
        false,
        "called an e-mail spam",
        "e-mails called spam",
    ),
    of("tickets", Of(Touchpoint::Tickets), TICKET, "day", "wrote to the help desk", "tickets"),
    of("reviews", Of(Touchpoint::Reviews), REVIEW, "id", "wrote a review", "reviews"),
    of("survey_answers", Of(Touchpoint::Surveys), SURVEY, "survey", "answered a survey", "survey answers"),
    of("referrals", Of(Touchpoint::Referrals), REFERRAL, "day", "referred somebody", "referrals"),
    Function { distinct: None, ..of("store_credit_accounts", Nothing, CREDIT, "", "has a store credit account", "store credit accounts") },
];

/// The function of a place: its parameters are not those of facts.
pub const WITHIN_DISTANCE: &str = "customer_within_distance";

/// A function by its name, in any spelling that is read.
pub fn find(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|function| function.name == name || function.also.contains(&name))
}

impl Function {
    /// A parameter by its name.
    pub fn param(&self, name: &str) -> Option<Parameter> {
        let known = self.params.iter().find(|param| param.name == name).copied();
        let property = || {
            (self.table == Of(Touchpoint::Events) && name.starts_with("properties.")).then_some(param("properties", Text, Field::Property))
        };
        known.or_else(property)
    }
}
