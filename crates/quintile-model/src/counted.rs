//! What of a batch counts as of a moment, and what it is worth.
//!
//! The rules are those of the profile, which makes this; whoever asks of single orders, lines and refunds takes it and has no
//! rules of its own.

/// What counts of a batch, row by row. A list is empty where its part was not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// By order: does it count?
    pub orders: Vec<bool>,
    /// By order: its value before refunds, in ten-thousandths of the reporting currency; `None` where it does not count or has
    /// no rate.
    pub order_values: Vec<Option<i64>>,
    /// By order: has it a discount?
    pub discounted: Vec<bool>,
    /// By line: goods sold in an order that counts?
    pub sales: Vec<bool>,
    /// By line: its amount in the reporting currency, as of orders; of lines that are no sale too.
    pub line_values: Vec<Option<i64>>,
    /// By refund: does it count?
    pub refunds: Vec<bool>,
    /// By refund: its amount in the reporting currency; `None` where it does not count or has no rate.
    pub refund_values: Vec<Option<i64>>,
    /// By event: the first of its visit?
    pub visit_starts: Vec<bool>,
    /// By cart: left without an order?
    pub carts_left: Vec<bool>,
}

/// Which parts are asked for. Which orders count is always told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountedParts {
    /// Values of orders.
    pub order_values: bool,
    /// Which orders have a discount.
    pub discounted: bool,
    /// Which lines are sales.
    pub sales: bool,
    /// Values of lines.
    pub line_values: bool,
    /// Which refunds count, and their values.
    pub refunds: bool,
    /// Which events begin a visit.
    pub visit_starts: bool,
    /// Which carts were left.
    pub carts_left: bool,
}
