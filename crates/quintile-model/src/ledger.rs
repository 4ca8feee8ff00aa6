//! The ledger: what customers ordered and were given back, in order of time, with its day and its money.
//!
//! For questions about the way customers go: when they began and with what, whether they came back, and what they left. The
//! rules of what counts are those of the profile, which makes this; whoever is handed a ledger has no rules of their own.

use crate::time::DayNumber;
use std::ops::Range;

/// Some customers, ascending by key, with the orders and refunds that count before a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The customers.
    pub keys: Vec<u64>,
    /// Customer `i` has the orders `order_ends[i - 1]..order_ends[i]`.
    pub order_ends: Vec<u32>,
    /// Orders, by customer and time.
    pub orders: Vec<LedgerOrder>,
    /// Customer `i` has the refunds `refund_ends[i - 1]..refund_ends[i]`.
    pub refund_ends: Vec<u32>,
    /// Refunds, by customer and time.
    pub refunds: Vec<LedgerRefund>,
    /// Order `i` has the items `item_ends[i - 1]..item_ends[i]`; empty where items were not asked for.
    pub item_ends: Vec<u32>,
    /// Items of orders, each once an order, as places in `item_names`.
    pub items: Vec<u32>,
    /// What the items are called in facts.
    pub item_names: Vec<String>,
    /// What people call them; empty where nobody says.
    pub item_titles: Vec<String>,
    /// Channels, countries and coupon codes, which orders name by place.
    pub texts: Vec<String>,
    /// Is the cost of any product known? Without it no order has one.
    pub knows_costs: bool,
}

/// No text: the order does not say.
pub const NO_TEXT: u32 = u32::MAX;

/// An order that counts. Amounts are in ten-thousandths of the reporting currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerOrder {
    /// Its day in the store's zone.
    pub day: DayNumber,
    /// Its value before refunds; `None` without an exchange rate.
    pub gross: Option<i64>,
    /// What was taken off its price; nought where nothing is known of it.
    pub discount: i64,
    /// What its goods cost, as far as costs of products are known.
    pub cost: i64,
    /// The channel, as a place in the texts, or [`NO_TEXT`].
    pub channel: u32,
    /// The country it went to, else the one the customer is of, or [`NO_TEXT`].
    pub country: u32,
    /// Its first coupon code, or [`NO_TEXT`].
    pub coupon: u32,
}

/// Money given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerRefund {
    /// The day it was given back.
    pub day: DayNumber,
    /// How much, in ten-thousandths of the reporting currency.
    pub amount: i64,
}

impl Ledger {
    /// How many customers.
    pub fn customers(&self) -> usize {
        self.keys.len()
    }

    /// The places of a customer's orders.
    #[inline]
    pub fn orders_of(&self, customer: usize) -> Range<usize> {
        within(&self.order_ends, customer)
    }

    /// A customer's refunds.
    #[inline]
    pub fn refunds_of(&self, customer: usize) -> &[LedgerRefund] {
        &self.refunds[within(&self.refund_ends, customer)]
    }

    /// The items of the order at a place; none where items were not asked for.
    #[inline]
    pub fn items_of(&self, order: usize) -> &[u32] {
        if order < self.item_ends.len() { &self.items[within(&self.item_ends, order)] } else { &[] }
    }

    /// A text by its place.
    pub fn text(&self, place: u32) -> Option<&str> {
        self.texts.get(place as usize).map(String::as_str)
    }
}

fn within(ends: &[u32], at: usize) -> Range<usize> {
    at.checked_sub(1).map_or(0, |before| ends[before] as usize)..ends[at] as usize
}
