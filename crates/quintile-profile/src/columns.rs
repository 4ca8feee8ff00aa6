//! Every column: its name, type, unit, meaning, what missing means, and which facts it is computed from.
//!
//! Names that Shopify's segment language gives a meaning keep it. Durations since something are elapsed days of 24
//! hours; gaps between purchases are whole calendar days in the store's zone. Shares are between 0 and 1.

use arrow::datatypes::{DataType, Field};
use quintile_model::records::{amount_type, instant_type, repeated_text_type};
use std::sync::Arc;

/// A column of the profile.
#[derive(Debug)]
pub struct Column {
    /// Its name, everywhere.
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnType,
    /// What it is about.
    pub theme: Theme,
    /// What a value counts: `days`, `orders`, `share`, `amount`; empty for words.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// When there is no value.
    pub missing: &'static str,
    /// Facts read beyond those of every question, by group, as `kind.column`.
    pub needs: &'static [&'static [&'static str]],
    /// For a column of the second pass: the columns of the first that it is made of. [`RFM`] stands for the three metrics.
    pub after: &'static [&'static str],
    /// Says who a person is: only given when asked by name.
    pub personal: bool,
    /// Helps the second pass and is never shown.
    pub hidden: bool,
}

/// Types of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Texts that differ between customers.
    Text,
    /// Texts that repeat.
    RepeatedText,
    /// Several texts, in order, each once.
    Texts,
    /// Whole numbers.
    Count,
    /// Whole numbers up to 127.
    Small,
    /// Numbers.
    Number,
    /// Amounts in the reporting currency.
    Amount,
    /// Instants.
    Instant,
    /// Yes or no.
    Flag,
    /// Calendar days as numbers; hidden columns only.
    Day,
    /// Lists of calendar-day gaps; hidden columns only.
    Gaps,
    /// Lists of amounts; hidden columns only.
    Amounts,
    /// Keys; hidden columns only.
    Key,
}

impl ColumnType {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::RepeatedText => repeated_text_type(),
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            Self::Count => DataType::Int64,
            Self::Small => DataType::Int8,
            Self::Number => DataType::Float64,
            Self::Amount => amount_type(),
            Self::Instant => instant_type(),
            Self::Flag => DataType::Boolean,
            Self::Day => DataType::Int32,
            Self::Key => DataType::UInt64,
            Self::Amounts => DataType::List(Arc::new(Field::new_list_field(amount_type(), true))),
            Self::Gaps => DataType::List(Arc::new(Field::new_list_field(DataType::Int32, true))),
        }
    }
}

/// Themes, as a merchant would look for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Who they are, where, and what they agreed to.
    Who,
    /// What they spent.
    Value,
    /// When they buy.
    Rhythm,
    /// What happened lately.
    Windows,
    /// What they buy.
    Taste,
    /// How and at what hour they buy.
    Habits,
    /// What they do on the web page and in the app.
    Visits,
    /// Carts and checkouts, and those left behind.
    Carts,
    /// What they do with messages.
    Engagement,
    /// How they fared, what they say of the shop, whom they brought.
    Care,
    /// What they are like.
    Traits,
    /// Where they came from.
    Origin,
    /// Scores against the other buyers.
    Rfm,
    /// Classes of which each customer is in exactly one.
    Partitions,
    /// What they will probably do, by a fitted value model.
    Predicted,
}

impl Theme {
    /// All themes, in the order of the help.
    pub const ALL: [Theme; 15] = [
        Self::Who,
        Self::Traits,
        Self::Origin,
        Self::Value,
        Self::Rhythm,
        Self::Windows,
        Self::Taste,
        Self::Habits,
        Self::Visits,
        Self::Carts,
        Self::Engagement,
        Self::Care,
        Self::Rfm,
        Self::Partitions,
        Self::Predicted,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Who => "Who",
            Self::Value => "Value",
            Self::Rhythm => "Rhythm",
            Self::Windows => "Lately",
            Self::Taste => "Taste",
            Self::Habits => "Habits",
            Self::Visits => "Visits",
            Self::Carts => "Carts",
            Self::Engagement => "Engagement",
            Self::Care => "Care",
            Self::Traits => "Traits",
            Self::Origin => "Origin",
            Self::Rfm => "RFM",
            Self::Partitions => "Classes",
            Self::Predicted => "Predicted",
        }
    }
}

impl Column {
    /// Found in the second pass, from the store's statistics?
    pub fn second_pass(&self) -> bool {
        !self.after.is_empty()
    }

    /// The Arrow field.
    pub fn field(&self) -> Field {
        Field::new(self.name, self.kind.data_type(), true)
    }
}

/// The name of the customer's key, by which rows of several moments are put side by side.
pub(crate) const CUSTOMER_KEY: &str = "_customer_key";

/// The key of each customer. Nobody is shown it, but rows of two moments can be joined by it.
pub fn customer_key() -> &'static Column {
    any(CUSTOMER_KEY).unwrap_or_else(|| unreachable!("`{CUSTOMER_KEY}` is a column"))
}

/// The purchases of each customer: the first day, the gaps that follow, and what was bought on each day. What value models are made of.
pub fn purchase_history() -> [&'static Column; 3] {
    ["_first_day", "_gaps", "_purchase_values"].map(|name| any(name).unwrap_or_else(|| unreachable!("`{name}` is a column")))
}

/// Where the purchases of each customer begin and end, and what those after the first are worth on average.
pub fn history_ends() -> [&'static Column; 3] {
    ["_first_day", "_last_day", "_mean_again"].map(|name| any(name).unwrap_or_else(|| unreachable!("`{name}` is a column")))
}

/// What winning each customer cost. It wants the [`Costs`](crate::Costs) of the question.
pub fn winning_cost() -> &'static Column {
    any(WINNING_COST).unwrap_or_else(|| unreachable!("`{WINNING_COST}` is a column"))
}

const WINNING_COST: &str = "_winning_cost";

/// A column by its name; hidden ones are not found.
pub fn find(name: &str) -> Option<&'static Column> {
    ALL.iter().find(|column| column.name == name)
}

/// The columns of a profile when none are named: all but the personal ones.
pub fn default_columns() -> Vec<&'static Column> {
    ALL.iter().filter(|column| !column.personal).collect()
}

pub(crate) fn any(name: &str) -> Option<&'static Column> {
    find(name).or_else(|| HIDDEN.iter().find(|column| column.name == name))
}

/// Stands in [`Column::after`] for the metrics behind the three scores.
pub const RFM: &str = "(rfm)";

/// Stands in [`Column::after`] for the columns that clusters were found by.
pub const CLUSTERS: &str = "(clusters)";

const VALUE: &[&str] = &["orders.total", "orders.currency", "lines.amount"];
const REFUNDS: &[&str] = &["refunds.amount", "refunds.currency"];
const DISCOUNT: &[&str] = &["orders.discount", "orders.currency", "lines.kind", "lines.discount", "lines.amount"];
const SALES: &[&str] = &["lines.kind"];
const UNITS: &[&str] = &["lines.kind", "lines.quantity"];
const CATEGORY: &[&str] = &["lines.category"];
const PRODUCT: &[&str] = &["lines.product"];
const REGISTERED: &[&str] = &["customers.registered"];
const TICKETS: &[&str] = &["tickets.at"];
const MESSAGES: &[&str] =
    &["messages.at", "messages.channel", "messages.action", "messages.message", "messages.campaign", "messages.machine"];
const DEEDS: &[&str] = &["messages.at", "messages.action", "messages.machine"];
const VIEWS: &[&str] = &["events.at", "events.name"];
const CONSENTS: &[&str] = &["consents.at", "consents.channel", "consents.state"];
const ANSWERS: &[&str] = &["surveys.at", "surveys.measure", "surveys.answer"];
const LEFT: &[&str] = &["carts.at", "carts.emptied", "carts.order_key", "orders.order_key"];
const SOURCE: &[&str] = &["customers.acquisition_source", "events.at", "events.channel"];

const BIRTHDAY: &[&[&str]] = &[REGISTERED, &["customers.birthday"], ANSWERS];

const NO_PURCHASE: &str = "no purchase";
const NO_ORDER: &str = "no order";
const NEVER: &str = "never missing";
const NO_RATE: &str = "orders, but none of them in a currency with a rate";
const COUNTED: &str = "never missing; 0 where the store knows of none";
const NOT_SAID: &str = "the sources do not say";

const fn column(
    theme: Theme,
    name: &'static str,
    kind: ColumnType,
    unit: &'static str,
    meaning: &'static str,
    missing: &'static str,
    needs: &'static [&'static [&'static str]],
) -> Column {
    Column { name, kind, theme, unit, meaning, missing, needs, after: &[], personal: false, hidden: false }
}

const fn personal(theme: Theme, name: &'static str, meaning: &'static str, needs: &'static [&'static [&'static str]]) -> Column {
    Column { personal: true, ..column(theme, name, ColumnType::Text, "", meaning, NOT_SAID, needs) }
}

const fn hidden(name: &'static str, kind: ColumnType, meaning: &'static str) -> Column {
    Column { hidden: true, ..column(Theme::Rhythm, name, kind, "days", meaning, NO_PURCHASE, &[]) }
}

const fn later(
    theme: Theme,
    name: &'static str,
    kind: ColumnType,
    unit: &'static str,
    meaning: &'static str,
    missing: &'static str,
    after: &'static [&'static str],
) -> Column {
    Column { after, ..column(theme, name, kind, unit, meaning, missing, &[]) }
}

const NO_MODEL: &str = "no purchase, or no value model";
const NO_SPENDING: &str = "no purchase, or no value model of spending in this currency";
const SPENDING: &[&str] = &["number_of_purchases", "_first_day", "_last_day", "_mean_again"];
const RHYTHM: &[&str] = &["number_of_purchases", "_first_day", "_last_day"];
const STAGE: &[&str] = &["number_of_purchases", "_first_day", "_last_day", "_loyal_day", "returns_only"];
const GROUP: &[&str] = &[
    "number_of_orders",
    "number_of_purchases",
    "_first_day",
    "_last_day",
    "median_net_order_value",
    "purchase_regularity",
    "referrals",
    RFM,
];

use ColumnType::*;
use Theme::{Care, Carts, Engagement, Habits, Origin, Partitions, Predicted, Rfm, Rhythm, Taste, Traits, Value, Visits, Who, Windows};

/// Every column that can be asked for, by theme.
pub static ALL: &[Column] = &[
    column(
        Who,
        "customer_id",
        Text,
        "",
        "the source's id of the customer; ids of later sources begin with the source's name",
        NEVER,
        &[&["customers.customer_id", "customers.registered", "customers.source"]],
    ),
    column(Who, "customer_added_date", Instant, "", "when the store first knew of the customer", "known, but not since when", &[]),
    column(Who, "registered", Flag, "", "has an account, rather than buying as a guest", NEVER, &[REGISTERED]),
    column(Who, "returns_only", Flag, "", "has refunds and no order: bought before the history begins", NEVER, &[]),
    column(
        Who,
        "country",
        RepeatedText,
        "",
        "country of the customer, else of the latest order that names one",
        NOT_SAID,
        &[REGISTERED, &["customers.country", "orders.country"]],
    ),
    column(
        Who,
        "region",
        RepeatedText,
        "",
        "state or province of the customer, else of the latest order that names one",
        NOT_SAID,
        &[REGISTERED, &["customers.region", "orders.region"]],
    ),
    column(
        Who,
        "city",
        RepeatedText,
        "",
        "city of the customer, else of the latest order that names one",
        NOT_SAID,
        &[REGISTERED, &["customers.city", "orders.city"]],
    ),
    column(
        Who,
        "postcode",
        RepeatedText,
        "",
        "postcode of the customer, else of the latest order that names one",
        NOT_SAID,
        &[REGISTERED, &["customers.postcode", "orders.postcode"]],
    ),
    column(
        Who,
        "company",
        RepeatedText,
        "",
        "company of the customer, else of the latest order that names one",
        NOT_SAID,
        &[REGISTERED, &["customers.company", "orders.company"]],
    ),
    column(Who, "language", RepeatedText, "", "language or locale of the customer", NOT_SAID, &[REGISTERED, &["customers.language"]]),
    column(Who, "customer_tags", Texts, "", "tags of the customer", NOT_SAID, &[REGISTERED, &["customers.tags"]]),
    column(
        Who,
        "customer_countries",
        Texts,
        "",
        "countries of the customer and of all orders",
        NOT_SAID,
        &[REGISTERED, &["customers.country", "orders.country"]],
    ),
    column(
        Who,
        "customer_email_domain",
        Text,
        "",
        "what follows the @ of the e-mail address, in lower case",
        "no address is known",
        &[REGISTERED, &["customers.email"]],
    ),
    column(
        Who,
        "email_subscription_status",
        RepeatedText,
        "",
        "consent to e-mail, the newest of consents and what the source says of the customer: SUBSCRIBED, NOT_SUBSCRIBED, PENDING, INVALID, UNSUBSCRIBED or REDACTED",
        NOT_SAID,
        &[REGISTERED, &["customers.email_consent", "customers.version"], CONSENTS],
    ),
    column(
        Who,
        "sms_subscription_status",
        RepeatedText,
        "",
        "consent to SMS, in the same words",
        NOT_SAID,
        &[REGISTERED, &["customers.sms_consent", "customers.version"], CONSENTS],
    ),
    column(Who, "push_subscription_status", RepeatedText, "", "consent to push notices, in the same words", "no such consent", &[CONSENTS]),
    column(
        Who,
        "customer_account_status",
        RepeatedText,
        "",
        "state of the account, as the source names it",
        NOT_SAID,
        &[REGISTERED, &["customers.account_status"]],
    ),
    personal(Who, "first_name", "first name", &[REGISTERED, &["customers.first_name"]]),
    personal(Who, "last_name", "last name", &[REGISTERED, &["customers.last_name"]]),
    personal(Who, "email", "e-mail address", &[REGISTERED, &["customers.email"]]),
    column(
        Traits,
        "gender",
        RepeatedText,
        "",
        "as the source writes it, else the newest survey answer to `gender`",
        NOT_SAID,
        &[REGISTERED, &["customers.gender"], ANSWERS],
    ),
    column(
        Traits,
        "age",
        Count,
        "years",
        "whole years since the birthday, on the date of the moment",
        "no birthday with a year is known, or it is to come",
        BIRTHDAY,
    ),
    personal(
        Traits,
        "birthday",
        "day of birth, such as 1990-05-31, or --05-31 without a year: as the source says, else the newest survey answer to `birthday` that is a day",
        BIRTHDAY,
    ),
    column(
        Traits,
        "organisation_type",
        RepeatedText,
        "",
        "person, company, school, non-profit: as the source names it, else the newest survey answer to `organisation_type`",
        NOT_SAID,
        &[REGISTERED, &["customers.organisation_type"], ANSWERS],
    ),
    column(
        Traits,
        "interests",
        Texts,
        "",
        "what they like: the newest survey answers to each question about an interest, parted at commas",
        "never answered",
        &[ANSWERS, &["surveys.question"]],
    ),
    column(Traits, "needs", Texts, "", "what they need, in the same way", "never answered", &[ANSWERS, &["surveys.question"]]),
    column(Traits, "values", Texts, "", "what they hold important, in the same way", "never answered", &[ANSWERS, &["surveys.question"]]),
    column(
        Origin,
        "acquisition_source",
        RepeatedText,
        "",
        "the channel that brought them: as the source says, else of the first event that names one, no later than the first order",
        NOT_SAID,
        &[REGISTERED, SOURCE],
    ),
    column(
        Origin,
        "acquisition_campaign",
        RepeatedText,
        "",
        "the campaign that brought them, in the same way",
        NOT_SAID,
        &[REGISTERED, &["customers.acquisition_campaign", "events.at", "events.campaign"]],
    ),
    column(
        Origin,
        "lead_source",
        RepeatedText,
        "",
        "how they left their address: as the source says, else the first form sent, no later than the first order",
        NOT_SAID,
        &[REGISTERED, &["customers.lead_source"], VIEWS, &["events.term", "events.page"]],
    ),
    column(Value, "number_of_orders", Count, "orders", "orders that count", NEVER, &[]),
    column(Value, "number_of_purchases", Count, "purchases", "days with at least one order", NEVER, &[]),
    column(Value, "amount_spent", Amount, "amount", "order values less refunds", NO_RATE, &[VALUE, REFUNDS]),
    column(
        Value,
        "amount_spent_gross",
        Amount,
        "amount",
        "order values before refunds, with tax and shipping as the source's totals have them",
        NO_RATE,
        &[VALUE],
    ),
    column(Value, "amount_refunded", Amount, "amount", "money given back", NO_RATE, &[VALUE, REFUNDS]),
    column(Value, "amount_discounted", Amount, "amount", "discounts given", NO_RATE, &[VALUE, DISCOUNT]),
    column(
        Value,
        "orders_without_rate",
        Count,
        "orders",
        "orders in a currency that no rate is known for on their day; they are in no amount",
        NEVER,
        &[&["orders.currency"]],
    ),
    column(
        Value,
        "average_order_value",
        Amount,
        "amount",
        "amount_spent_gross over the orders with an amount",
        "no order with an amount",
        &[VALUE],
    ),
    column(
        Value,
        "median_net_order_value",
        Amount,
        "amount",
        "the middle one of the order values less their refunds",
        "no order with an amount",
        &[VALUE, REFUNDS],
    ),
    column(
        Value,
        "largest_order",
        Amount,
        "amount",
        "the largest order value less its refunds",
        "no order with an amount",
        &[VALUE, REFUNDS],
    ),
    column(
        Value,
        "last_order_total",
        Amount,
        "amount",
        "value of the last order less its refunds",
        "no order, or the last one has no amount",
        &[VALUE, REFUNDS],
    ),
    column(
        Value,
        "contribution",
        Amount,
        "amount",
        "amount_spent less what products, tickets and winning the customer cost, each as far as it is known; goods that came back keep their cost",
        "no cost is known of anything of theirs, or no order has an amount",
        &[VALUE, REFUNDS, UNITS, PRODUCT, TICKETS, REGISTERED, SOURCE, &["orders.channel"]],
    ),
    column(Value, "units", Count, "units", "units bought", NEVER, &[UNITS]),
    column(Value, "average_units_per_order", Number, "units", "units over orders", NO_ORDER, &[UNITS]),
    column(Rhythm, "first_order_date", Instant, "", "time of the first order", NO_ORDER, &[]),
    column(Rhythm, "second_order_date", Instant, "", "time of the second order", "fewer than two orders", &[]),
    column(Rhythm, "last_order_date", Instant, "", "time of the last order", NO_ORDER, &[]),
    column(Rhythm, "tenure_days", Number, "days", "since customer_added_date", "not known since when", &[]),
    column(Rhythm, "days_since_first_order", Number, "days", "since the first order", NO_ORDER, &[]),
    column(Rhythm, "days_since_last_order", Number, "days", "since the last order", NO_ORDER, &[]),
    column(Rhythm, "mean_days_between_purchases", Number, "days", "mean gap between purchases", "fewer than two purchases", &[]),
    column(Rhythm, "median_days_between_purchases", Number, "days", "median gap between purchases", "fewer than two purchases", &[]),
    column(
        Rhythm,
        "purchase_regularity",
        Number,
        "",
        "1 / (1 + coefficient of variation of the gaps): 1 is like clockwork",
        "fewer than three purchases",
        &[],
    ),
    later(
        Rhythm,
        "expected_gap_days",
        Number,
        "days",
        "the customer's own gaps drawn toward the store's usual gap: (2 U + sum of gaps) / (2 + number of gaps)",
        "fewer than two purchases",
        RHYTHM,
    ),
    later(
        Rhythm,
        "overdue_ratio",
        Number,
        "",
        "days since the last purchase over expected_gap_days; after one purchase, over a quarter of the last call",
        NO_PURCHASE,
        RHYTHM,
    ),
    later(Rhythm, "lapses", Count, "times", "times the customer came back after being inactive", NEVER, &["number_of_purchases", "_gaps"]),
    column(Windows, "orders_in_30d", Count, "orders", "orders in the last 30 days", NEVER, &[]),
    column(Windows, "orders_in_90d", Count, "orders", "orders in the last 90 days", NEVER, &[]),
    column(Windows, "orders_in_365d", Count, "orders", "orders in the last 365 days", NEVER, &[]),
    column(
        Windows,
        "spent_in_365d",
        Amount,
        "amount",
        "order values less refunds of the last 365 days, each at its own time",
        NO_RATE,
        &[VALUE, REFUNDS],
    ),
    column(Taste, "distinct_products", Count, "products", "different products bought", NEVER, &[SALES, PRODUCT]),
    column(Taste, "distinct_categories", Count, "categories", "different categories bought from", NEVER, &[SALES, CATEGORY]),
    column(
        Taste,
        "favourite_category",
        RepeatedText,
        "",
        "most units, then most recent, then by name",
        "no known category",
        &[UNITS, CATEGORY],
    ),
    column(
        Taste,
        "favourite_product",
        RepeatedText,
        "",
        "most units, then most recent, then by name",
        "no known product",
        &[UNITS, PRODUCT],
    ),
    column(
        Taste,
        "first_category",
        RepeatedText,
        "",
        "of the first order: most units, then by name",
        "no known category in it",
        &[UNITS, CATEGORY],
    ),
    column(
        Taste,
        "first_product",
        RepeatedText,
        "",
        "of the first order: most units, then by name",
        "no known product in it",
        &[UNITS, PRODUCT],
    ),
    column(
        Taste,
        "last_category",
        RepeatedText,
        "",
        "of the last order: most units, then by name",
        "no known category in it",
        &[UNITS, CATEGORY],
    ),
    column(
        Taste,
        "category_concentration",
        Number,
        "share",
        "largest share of units in one category, of units whose category is known",
        "no such units",
        &[UNITS, CATEGORY],
    ),
    column(
        Taste,
        "full_price_unit_share",
        Number,
        "share",
        "units of lines without a discount over units",
        "no units",
        &[UNITS, &["lines.discount"]],
    ),
    column(
        Taste,
        "new_arrival_share",
        Number,
        "share",
        "units bought within 30 days of the product's launch, of units whose product's launch is known",
        "no such units",
        &[UNITS, PRODUCT],
    ),
    column(Habits, "discounted_order_share", Number, "share", "orders with a discount over orders", NO_ORDER, &[DISCOUNT]),
    column(
        Habits,
        "coupon_order_share",
        Number,
        "share",
        "orders with a discount code over orders",
        NO_ORDER,
        &[&["orders.discount_codes"]],
    ),
    column(Habits, "favourite_weekday", Small, "", "most orders, then the earliest of the week; Monday is 1", NO_ORDER, &[]),
    column(Habits, "favourite_hour", Small, "", "most orders, then the lowest; 0 to 23", NO_ORDER, &[]),
    column(Habits, "first_channel", RepeatedText, "", "channel of the first order", "no order, or it names none", &[&["orders.channel"]]),
    column(Habits, "last_channel", RepeatedText, "", "channel of the last order", "no order, or it names none", &[&["orders.channel"]]),
    column(Visits, "last_seen_date", Instant, "", "time of the last event", "no event", &[&["events.at"]]),
    column(Visits, "visits_30d", Count, "visits", "visits in the last 30 days", COUNTED, &[&["events.at", "events.visit"]]),
    column(
        Visits,
        "minutes_on_site_30d",
        Number,
        "minutes",
        "time on site in the last 30 days: of each visit what the source says, else from the first event to the last",
        COUNTED,
        &[&["events.at", "events.visit", "events.seconds"]],
    ),
    column(Visits, "product_views_30d", Count, "views", "product pages viewed in the last 30 days", COUNTED, &[VIEWS]),
    column(
        Visits,
        "views_per_order",
        Number,
        "views",
        "product pages viewed over orders, of the last 365 days",
        "no order in the last 365 days",
        &[VIEWS],
    ),
    column(
        Visits,
        "main_device",
        RepeatedText,
        "",
        "desktop, mobile or tablet: most events, then most recent, then by name",
        "no event names a device",
        &[&["events.at", "events.device"]],
    ),
    column(Visits, "app_user", Flag, "", "used the app at least once", "no event names a platform", &[&["events.at", "events.platform"]]),
    column(Carts, "carts_90d", Count, "carts", "carts last touched in the last 90 days", COUNTED, &[&["carts.at"]]),
    column(
        Carts,
        "carts_abandoned_90d",
        Count,
        "carts",
        "those of them left behind: for one hour without an order, and not emptied",
        COUNTED,
        &[LEFT],
    ),
    column(Carts, "abandoned_cart_date", Instant, "", "when the latest abandoned cart was last touched", "no abandoned cart", &[LEFT]),
    column(
        Carts,
        "abandoned_checkout_date",
        Instant,
        "",
        "the same of the latest that got as far as the checkout",
        "no abandoned checkout",
        &[LEFT, &["carts.checkout"]],
    ),
    column(
        Carts,
        "abandoned_cart_value",
        Amount,
        "amount",
        "what is in the latest abandoned cart",
        "no abandoned cart, or its value is not known, or it has no rate",
        &[LEFT, &["carts.value", "carts.currency"]],
    ),
    column(
        Engagement,
        "messages_received_90d",
        Count,
        "messages",
        "messages sent in the last 90 days that did not bounce, over all channels",
        COUNTED,
        &[MESSAGES],
    ),
    column(
        Engagement,
        "messages_opened_90d",
        Count,
        "messages",
        "those of them opened, or of which a link was followed; opens by machines are none",
        COUNTED,
        &[MESSAGES],
    ),
    column(
        Engagement,
        "messages_clicked_90d",
        Count,
        "messages",
        "those of them of which a link was followed; clicks by machines are none",
        COUNTED,
        &[MESSAGES],
    ),
    column(
        Engagement,
        "engagement_rate_90d",
        Number,
        "share",
        "messages_opened_90d over messages_received_90d",
        "no message received in the last 90 days",
        &[MESSAGES],
    ),
    column(
        Engagement,
        "opened_of_last_6",
        Small,
        "messages",
        "of the last six e-mails received, or of all where they are fewer, how many were opened",
        "no e-mail received",
        &[MESSAGES],
    ),
    column(
        Engagement,
        "last_open_date",
        Instant,
        "",
        "the last time a message was opened, or a link in it followed, by no machine",
        "never",
        &[DEEDS],
    ),
    column(Engagement, "last_click_date", Instant, "", "the last time a link was followed, by no machine", "never", &[DEEDS]),
    column(Care, "refund_rate", Number, "share", "amount_refunded over amount_spent_gross", "nothing spent", &[VALUE, REFUNDS]),
    column(Care, "return_rate", Number, "share", "orders with a refund over orders", "no order, or a refund that names no order", &[]),
    column(Care, "tickets", Count, "tickets", "requests to the help desk", COUNTED, &[TICKETS]),
    column(Care, "complaints", Count, "tickets", "those of them that are complaints", COUNTED, &[TICKETS, &["tickets.complaint"]]),
    column(Care, "ticket_rate", Number, "tickets", "tickets over orders", NO_ORDER, &[TICKETS]),
    column(
        Care,
        "csat",
        Number,
        "",
        "satisfaction, 1 to 5: the mean of all scores of tickets, once solved, and of surveys",
        "no score",
        &[TICKETS, &["tickets.score", "tickets.solved_at", "surveys.at", "surveys.measure", "surveys.score"]],
    ),
    column(
        Care,
        "nps",
        Number,
        "",
        "would they recommend the shop, 0 to 10: the newest answer",
        "never answered",
        &[&["surveys.at", "surveys.measure", "surveys.score"]],
    ),
    column(Care, "reviews", Count, "reviews", "product reviews written", COUNTED, &[&["reviews.at"]]),
    column(Care, "review_mean", Number, "stars", "mean rating of the reviews", "no rating", &[&["reviews.at", "reviews.rating"]]),
    column(Care, "referrals", Count, "customers", "times they brought somebody", COUNTED, &[&["referrals.at"]]),
    Column {
        needs: &[&["referrals.referred_key", "customers.email"]],
        ..later(
            Care,
            "referral_revenue",
            Amount,
            "amount",
            "amount_spent of the customers they were the first to bring; 0 without a referral",
            "referrals, of which none says who was brought",
            &[CUSTOMER_KEY, "amount_spent", "referrals"],
        )
    },
    later(
        Rfm,
        "recency_score",
        Small,
        "",
        "1 to 5 (or as the map has it); the most recent buyers have the highest",
        NO_ORDER,
        &["number_of_orders", RFM],
    ),
    later(Rfm, "frequency_score", Small, "", "the same by number of orders", NO_ORDER, &["number_of_orders", RFM]),
    later(Rfm, "monetary_score", Small, "", "the same by amount spent", "no order, or no amount", &["number_of_orders", RFM]),
    later(Rfm, "rfm", Text, "", "the three scores side by side, such as 543", "a score is missing", &["number_of_orders", RFM]),
    later(
        Rfm,
        "rfm_group",
        RepeatedText,
        "",
        "the group of the three scores by the map; PROSPECTS without an order",
        NEVER,
        &["number_of_orders", RFM],
    ),
    later(Partitions, "life_stage", RepeatedText, "", "where a customer stands between the first purchase and silence", NEVER, STAGE),
    later(Partitions, "retention_state", RepeatedText, "", "how late the next purchase is, in usual gaps", NEVER, RHYTHM),
    later(Partitions, "buying_group", RepeatedText, "", "how much, how often and how regularly a customer buys", NEVER, GROUP),
    later(Partitions, "core_group", RepeatedText, "", "buying groups drawn together: core, potential-core and non-core", NEVER, GROUP),
    later(
        Partitions,
        "cluster",
        RepeatedText,
        "",
        "the cluster whose middle is nearest, by the clusters that were last fitted; one-order after a single order",
        "no order, or clusters were never fitted (`quintile clusters fit`)",
        &["number_of_orders", CLUSTERS],
    ),
    later(
        Predicted,
        "p_alive",
        Number,
        "share",
        "the probability that the customer has not left for good",
        "no purchase, no value model, or one in which nobody leaves",
        RHYTHM,
    ),
    later(
        Predicted,
        "churn_risk",
        Number,
        "share",
        "the probability of no purchase within the store's horizon",
        "no purchase, or no value model",
        RHYTHM,
    ),
    later(Predicted, "expected_orders_90d", Number, "orders", "purchases to expect in the next 90 days", NO_MODEL, RHYTHM),
    later(Predicted, "expected_orders_365d", Number, "orders", "purchases to expect in the next 365 days", NO_MODEL, RHYTHM),
    later(
        Predicted,
        "predicted_clv",
        Amount,
        "amount",
        "what the customer is still expected to spend, later money counted for less; years and rate are those of the value model",
        NO_SPENDING,
        SPENDING,
    ),
    later(
        Predicted,
        "predicted_spend_tier",
        RepeatedText,
        "",
        "HIGH, MEDIUM or LOW by what to expect in 365 days: the top fifth of the buyers the model was fitted on, the next two, the rest",
        NO_SPENDING,
        SPENDING,
    ),
    later(
        Predicted,
        "due_by_date",
        Instant,
        "",
        "the day by which four fifths of customers like this one, if they had not left, would have bought again after the last purchase",
        "no purchase, no value model, or more than five years ahead",
        RHYTHM,
    ),
    later(
        Predicted,
        "next_order_date",
        Instant,
        "",
        "the day by which the customer has as likely as not bought again",
        "no purchase, no value model, or the customer will likelier than not never buy again within five years",
        RHYTHM,
    ),
];

/// Columns that help the second pass.
pub(crate) static HIDDEN: &[Column] = &[
    Column { hidden: true, ..column(Who, CUSTOMER_KEY, Key, "", "the key that facts are ordered by", "never", &[]) },
    hidden("_first_day", Day, "day of the first purchase"),
    hidden("_last_day", Day, "day of the last purchase"),
    hidden("_loyal_day", Day, "day of the purchase that completes a loyal customer's number, counted from the last"),
    Column {
        hidden: true,
        ..column(
            Value,
            "_mean_again",
            Number,
            "amount",
            "mean value, less refunds, of the purchases after the first",
            "one purchase, or none with an amount",
            &[VALUE, REFUNDS],
        )
    },
    Column {
        hidden: true,
        ..column(Value, "_purchase_values", Amounts, "amount", "value of each purchase less its refunds", NO_PURCHASE, &[VALUE, REFUNDS])
    },
    hidden("_gaps", Gaps, "gaps between purchases, in the order of time"),
    Column {
        hidden: true,
        ..column(
            Value,
            WINNING_COST,
            Amount,
            "amount",
            "an equal part of what the channel cost in the month of the first order",
            "no order, no channel, or no cost of it is known",
            &[REGISTERED, SOURCE, &["orders.channel"]],
        )
    },
];
