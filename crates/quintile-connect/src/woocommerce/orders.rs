//! Orders with their lines, postage, fees and what was refunded of them.

use super::{amount, each_item, id, inner, list, text, time};
use crate::cdnow::price_and_rest;
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::json::Items;
use quintile_model::money::{Money, UNIT};
use quintile_model::records::{line_kind, standing};
use quintile_model::{RecordKind, StoreZone};
use serde_json::Value;
use std::io::Read;

/// Standing of an order by its status; plugins add their own, which count.
pub(super) fn standing_of(status: &str) -> (&'static str, bool) {
    match status {
        "completed" | "processing" | "refunded" | "cancelled" => (standing::COUNTS, true),
        "pending" | "on-hold" => (standing::UNPAID, true),
        "failed" => (standing::FAILED, true),
        "checkout-draft" | "auto-draft" | "draft" | "trash" => (standing::DRAFT, true),
        _ => (standing::COUNTS, false),
    }
}

/// Reads orders. Each is a whole document: its lines are never changed apart from it.
pub(crate) fn read<R: Read>(items: &mut Items<R>, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let mut records = Kinds::new();
    each_item(items, reading, |reading, item| {
        let order = match Order::of(item, zone, reading) {
            Ok(order) => order,
            Err(wrong) => return Ok(Err(wrong)),
        };
        records.push(item, &order, reading)?;
        Ok(Ok(()))
    })?;
    records.flush(reading)
}

/// What had to be read before any of it is handed over.
struct Order {
    order_id: String,
    at: i64,
    version: Option<i64>,
    total: Option<i64>,
    shipping: Option<i64>,
    tax: Option<i64>,
    discount: Option<i64>,
    lines: Vec<Line>,
    /// Id and amount.
    refunds: Vec<(String, i64)>,
}

struct Line {
    id: String,
    product: String,
    title: String,
    quantity: i64,
    unit_price: i64,
    discount: i64,
    kind: &'static str,
}

impl Order {
    fn of(item: &Value, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<Order, Wrong> {
        let order_id = id(item, "id").into_owned();
        if order_id.is_empty() {
            return Err(Wrong::new("id", "the order has no id"));
        }
        let mut lines = Vec::new();
        for line in list(item, "line_items") {
            lines.push(Line::of_goods(line, reading)?);
        }
        for (field, kind, title) in [("shipping_lines", line_kind::SHIPPING, "method_title"), ("fee_lines", line_kind::FEE, "name")] {
            for line in list(item, field) {
                lines.push(Line {
                    id: text(line, "id").into_owned(),
                    product: String::new(),
                    title: text(line, title).into_owned(),
                    quantity: UNIT,
                    unit_price: amount(line, "total", reading)?.unwrap_or(0),
                    discount: 0,
                    kind,
                });
            }
        }
        let mut refunds = Vec::new();
        for refund in list(item, "refunds") {
            let total = amount(refund, "total", reading)?.ok_or_else(|| Wrong::new("refunds", "a refund has no total"))?;
            // A refund stands as a negative total; its sign says nothing more.
            refunds.push((text(refund, "id").into_owned(), total.abs()));
        }
        Ok(Order {
            order_id,
            at: time(item, "date_created", zone)?.ok_or_else(|| Wrong::new("date_created_gmt", "the order has no time"))?,
            version: time(item, "date_modified", zone)?,
            total: amount(item, "total", reading)?,
            shipping: amount(item, "shipping_total", reading)?,
            tax: amount(item, "total_tax", reading)?,
            discount: amount(item, "discount_total", reading)?,
            lines,
            refunds,
        })
    }
}

impl Line {
    /// Price before discount from the subtotal; the discount is set so that the line comes to its total exactly, and
    /// takes up what a subtotal that does not divide leaves over.
    fn of_goods(line: &Value, reading: &mut Reading<'_>) -> Result<Line, Wrong> {
        let quantity = amount(line, "quantity", reading)?.unwrap_or(UNIT);
        let total = amount(line, "total", reading)?.unwrap_or(0);
        let subtotal = amount(line, "subtotal", reading)?.unwrap_or(total);
        let (unit_price, _) = price_and_rest(subtotal, quantity);
        let gross = Money(unit_price).times_quantity(quantity).unwrap_or(Money::ZERO);
        let product = id(line, "product_id");
        let title = text(line, "name");
        let product = if product.is_empty() { text(line, "sku") } else { product };
        Ok(Line {
            id: text(line, "id").into_owned(),
            product: if product.is_empty() { title.clone() } else { product }.into_owned(),
            title: title.into_owned(),
            quantity,
            unit_price,
            discount: gross.0.saturating_sub(total),
            kind: line_kind::SALE,
        })
    }
}

struct Kinds {
    orders: Records,
    lines: Records,
    refunds: Records,
    cancellations: Records,
}

impl Kinds {
    fn new() -> Self {
        Kinds {
            orders: Records::new(
                RecordKind::Orders,
                &[
                    "order_id",
                    "customer_id",
                    "email",
                    "phone",
                    "at",
                    "version",
                    "standing",
                    "status",
                    "currency",
                    "total",
                    "shipping",
                    "tax",
                    "discount",
                    "channel",
                    "discount_codes",
                    "first_name",
                    "last_name",
                    "country",
                    "region",
                    "city",
                    "postcode",
                    "company",
                ],
            ),
            lines: Records::new(
                RecordKind::Lines,
                &["order_id", "line_id", "product", "title", "quantity", "unit_price", "discount", "kind"],
            ),
            refunds: Records::new(
                RecordKind::Refunds,
                &["refund_id", "order_id", "customer_id", "email", "phone", "version", "amount", "currency"],
            ),
            cancellations: Records::new(RecordKind::Cancellations, &["order_id", "at", "version"]),
        }
    }

    fn push(&mut self, item: &Value, order: &Order, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        let billing = |field: &str| inner(item, "billing", field);
        let status = text(item, "status");
        let (standing, known) = standing_of(&status);
        if !known {
            reading.note(format!("the order status `{status}` is not WooCommerce's own; such orders count"));
        }
        let codes: Vec<_> = list(item, "coupon_lines").iter().map(|coupon| text(coupon, "code")).collect();
        let (customer_id, currency) = (id(item, "customer_id"), text(item, "currency"));
        let (email, phone) = (billing("email"), billing("phone"));
        let version = Cell::at(order.version);
        self.orders.push(
            &[
                Cell::Text(&order.order_id),
                Cell::Text(&customer_id),
                Cell::Text(&email),
                Cell::Text(&phone),
                Cell::At(order.at),
                version,
                Cell::Text(standing),
                Cell::Text(&status),
                Cell::Text(&currency),
                Cell::amount(order.total),
                Cell::amount(order.shipping),
                Cell::amount(order.tax),
                Cell::amount(order.discount),
                Cell::Text(&text(item, "created_via")),
                Cell::Text(&codes.join(", ")),
                Cell::Text(&billing("first_name")),
                Cell::Text(&billing("last_name")),
                Cell::Text(&billing("country")),
                Cell::Text(&billing("state")),
                Cell::Text(&billing("city")),
                Cell::Text(&billing("postcode")),
                Cell::Text(&billing("company")),
            ],
            reading,
        )?;
        for line in &order.lines {
            self.lines.push(
                &[
                    Cell::Text(&order.order_id),
                    Cell::Text(&line.id),
                    Cell::Text(&line.product),
                    Cell::Text(&line.title),
                    Cell::Amount(line.quantity),
                    Cell::Amount(line.unit_price),
                    Cell::Amount(line.discount),
                    Cell::Text(line.kind),
                ],
                reading,
            )?;
        }
        for (refund_id, amount) in &order.refunds {
            // An order names its refunds without their dates. The oldest version, so that a refund with a date wins.
            self.refunds.push(
                &[
                    Cell::Text(refund_id),
                    Cell::Text(&order.order_id),
                    Cell::Text(&customer_id),
                    Cell::Text(&email),
                    Cell::Text(&phone),
                    Cell::At(0),
                    Cell::Amount(*amount),
                    Cell::Text(&currency),
                ],
                reading,
            )?;
        }
        if status == "cancelled" {
            self.cancellations.push(&[Cell::Text(&order.order_id), version, version], reading)?;
        }
        Ok(())
    }

    fn flush(&mut self, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        [&mut self.orders, &mut self.lines, &mut self.refunds, &mut self.cancellations]
            .into_iter()
            .try_for_each(|records| records.flush(reading))
    }
}
