//! The orders export: a row a line item, with the order's own fields on its first row only.

use super::{Names, unquoted};
use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::{NO_COLUMN, Row, Table};
use crate::times::{self, TimeForm};
use quintile_model::records::standing;
use quintile_model::{RecordKind, StoreZone};
use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Is it an orders export? Even one with most columns left out has these.
pub(crate) fn recognise(header: &[String]) -> bool {
    Names(header).has(&["Name", "Created at", "Lineitem name"])
        && Names(header).first(&["Total", "Financial Status", "Email", "Id"]) != NO_COLUMN
}

/// The column of the time, whose form the sample decides.
pub(crate) fn time_column(header: &[String]) -> usize {
    Names(header).find("Created at")
}

/// Standing of an order by its financial status. A status that is unknown counts.
fn standing_of(financial_status: &str) -> &'static str {
    match financial_status.to_ascii_lowercase().as_str() {
        "pending" => standing::UNPAID,
        "voided" | "expired" => standing::FAILED,
        _ => standing::COUNTS,
    }
}

/// Reads the export. Rows of one order may lie apart; an order that stands twice is read once.
pub(crate) fn read(table: &mut dyn Table, form: TimeForm, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let columns = Columns::of(table.header());
    let mut records = Kinds::new();
    // Orders by the hash of their name: the id they go by, and the source's own.
    let mut known: HashMap<u64, Known> = HashMap::new();
    let mut previous = String::new();
    let mut again = 0u64;
    reading.each_row(table, |reading, row| {
        let name = row.cell(columns.name);
        if name.is_empty() {
            return Ok(Err(Wrong::new("Name", "the order has no name")));
        }
        let id = unquoted(row.cell(columns.id));
        let opens = !row.cell(columns.created_at).is_empty() && columns.is_first_row(row);
        let key = xxh3_64(name.as_bytes());
        let mut order_id = name.to_owned();
        let follows = previous == name;
        match known.get_mut(&key) {
            Some(known) if opens && !id.is_empty() && !known.ids.iter().any(|known| known == id) => {
                // The shop has used the name twice.
                order_id = format!("{name}/{id}");
                known.ids.push(id.to_owned());
                known.order_id.clone_from(&order_id);
                known.passed = false;
            }
            Some(known) if opens && !follows => {
                known.passed = true;
                again += 1;
                previous.clear();
                previous.push_str(name);
                return Ok(Ok(()));
            }
            Some(known) if known.passed => return Ok(Ok(())),
            Some(known) => {
                order_id.clone_from(&known.order_id);
                let line = match columns.line(row, reading) {
                    Ok(line) => line,
                    Err(wrong) => return Ok(Err(wrong)),
                };
                records.line(&order_id, line, reading)?;
                previous.clear();
                previous.push_str(name);
                return Ok(Ok(()));
            }
            None => {
                if !opens {
                    return Ok(Err(Wrong::new("Created at", format!("the row continues order `{name}`, whose first row was not read"))));
                }
                known.insert(key, Known { order_id: order_id.clone(), ids: vec![id.to_owned()], passed: false });
            }
        }
        previous.clear();
        previous.push_str(name);
        let (order, line) = match columns.order(row, form, zone, reading).and_then(|order| Ok((order, columns.line(row, reading)?))) {
            Ok(read) => read,
            Err(wrong) => {
                // Further rows of an order that was refused have nothing to belong to.
                known.remove(&key);
                return Ok(Err(wrong));
            }
        };
        records.order(&order_id, &order, &columns, row, reading)?;
        records.line(&order_id, line, reading)?;
        Ok(Ok(()))
    })?;
    if again > 0 {
        reading.note(format!("{again} orders stand more than once in the file; each is read once"));
    }
    records.flush(reading)
}

struct Known {
    order_id: String,
    ids: Vec<String>,
    /// Its rows are a repetition and are passed over.
    passed: bool,
}

struct Order {
    at: i64,
    cancelled_at: Option<i64>,
    total: Option<i64>,
    subtotal: Option<i64>,
    shipping: Option<i64>,
    tax: Option<i64>,
    discount: Option<i64>,
    refunded: Option<i64>,
}

struct Line<'a> {
    product: &'a str,
    title: &'a str,
    brand: &'a str,
    quantity: Option<i64>,
    unit_price: Option<i64>,
    discount: Option<i64>,
}

/// The records an order becomes.
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
                    "email",
                    "phone",
                    "at",
                    "standing",
                    "status",
                    "currency",
                    "total",
                    "subtotal",
                    "shipping",
                    "tax",
                    "discount",
                    "channel",
                    "discount_codes",
                    "tags",
                    "first_name",
                    "last_name",
                    "country",
                    "region",
                    "city",
                    "postcode",
                    "company",
                ],
            ),
            lines: Records::new(RecordKind::Lines, &["order_id", "product", "title", "brand", "quantity", "unit_price", "discount"]),
            refunds: Records::new(RecordKind::Refunds, &["refund_id", "order_id", "email", "phone", "amount", "currency"]),
            cancellations: Records::new(RecordKind::Cancellations, &["order_id", "at"]),
        }
    }

    fn order(
        &mut self,
        order_id: &str,
        order: &Order,
        columns: &Columns,
        row: &Row,
        reading: &mut Reading<'_>,
    ) -> Result<(), ConnectError> {
        let text = |column: usize| Cell::Text(row.cell(column));
        let (first_name, last_name) = parted(row.cell(columns.full_name));
        let status = row.cell(columns.status);
        self.orders.push(
            &[
                Cell::Text(order_id),
                text(columns.email),
                Cell::Text(columns.phone(row)),
                Cell::At(order.at),
                Cell::Text(standing_of(status)),
                Cell::Text(status),
                text(columns.currency),
                Cell::amount(order.total),
                Cell::amount(order.subtotal),
                Cell::amount(order.shipping),
                Cell::amount(order.tax),
                Cell::amount(order.discount),
                text(columns.channel),
                text(columns.codes),
                text(columns.tags),
                Cell::Text(first_name),
                Cell::Text(last_name),
                text(columns.country),
                text(columns.region),
                text(columns.city),
                Cell::Text(unquoted(row.cell(columns.postcode))),
                text(columns.company),
            ],
            reading,
        )?;
        if let Some(refunded) = order.refunded.filter(|amount| *amount > 0) {
            // The export says how much and not when.
            let refund_id = format!("refunded-amount:{order_id}");
            self.refunds.push(
                &[
                    Cell::Text(&refund_id),
                    Cell::Text(order_id),
                    text(columns.email),
                    Cell::Text(columns.phone(row)),
                    Cell::Amount(refunded),
                    text(columns.currency),
                ],
                reading,
            )?;
        }
        if let Some(at) = order.cancelled_at {
            self.cancellations.push(&[Cell::Text(order_id), Cell::At(at)], reading)?;
        }
        Ok(())
    }

    fn line(&mut self, order_id: &str, line: Option<Line<'_>>, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        let Some(line) = line else { return Ok(()) };
        self.lines.push(
            &[
                Cell::Text(order_id),
                Cell::Text(line.product),
                Cell::Text(line.title),
                Cell::Text(line.brand),
                Cell::amount(line.quantity),
                Cell::amount(line.unit_price),
                Cell::amount(line.discount),
            ],
            reading,
        )
    }

    fn flush(&mut self, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
        [&mut self.orders, &mut self.lines, &mut self.refunds, &mut self.cancellations]
            .into_iter()
            .try_for_each(|records| records.flush(reading))
    }
}

struct Columns {
    name: usize,
    id: usize,
    created_at: usize,
    cancelled_at: usize,
    email: usize,
    phones: [usize; 3],
    status: usize,
    currency: usize,
    total: usize,
    subtotal: usize,
    shipping: usize,
    tax: usize,
    discount: usize,
    refunded: usize,
    channel: usize,
    codes: usize,
    tags: usize,
    full_name: usize,
    country: usize,
    region: usize,
    city: usize,
    postcode: usize,
    company: usize,
    line_quantity: usize,
    line_name: usize,
    line_price: usize,
    line_sku: usize,
    line_discount: usize,
    vendor: usize,
}

impl Columns {
    fn of(header: &[String]) -> Self {
        let names = Names(header);
        let find = |name: &str| names.find(name);
        Columns {
            name: find("Name"),
            id: find("Id"),
            created_at: find("Created at"),
            cancelled_at: find("Cancelled at"),
            email: find("Email"),
            phones: [find("Phone"), find("Billing Phone"), find("Shipping Phone")],
            status: find("Financial Status"),
            currency: find("Currency"),
            total: find("Total"),
            subtotal: find("Subtotal"),
            shipping: find("Shipping"),
            tax: find("Taxes"),
            discount: find("Discount Amount"),
            refunded: find("Refunded Amount"),
            channel: find("Source"),
            codes: find("Discount Code"),
            tags: find("Tags"),
            full_name: names.first(&["Billing Name", "Shipping Name"]),
            country: names.first(&["Billing Country", "Shipping Country"]),
            region: names.first(&["Billing Province", "Shipping Province"]),
            city: names.first(&["Billing City", "Shipping City"]),
            postcode: names.first(&["Billing Zip", "Shipping Zip"]),
            company: names.first(&["Billing Company", "Shipping Company"]),
            line_quantity: find("Lineitem quantity"),
            line_name: find("Lineitem name"),
            line_price: find("Lineitem price"),
            line_sku: find("Lineitem sku"),
            line_discount: find("Lineitem discount"),
            vendor: find("Vendor"),
        }
    }

    /// Continuation rows repeat name, e-mail and time, and leave blank what belongs to the order alone.
    fn is_first_row(&self, row: &Row) -> bool {
        let own = [self.id, self.total, self.status, self.currency];
        own.iter().all(|column| *column == NO_COLUMN) || own.iter().any(|column| !row.cell(*column).is_empty())
    }

    fn phone<'a>(&self, row: &'a Row) -> &'a str {
        self.phones.iter().map(|column| unquoted(row.cell(*column))).find(|phone| !phone.is_empty()).unwrap_or("")
    }

    fn order(&self, row: &Row, form: TimeForm, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<Order, Wrong> {
        let time = |column: usize, name: &str| match row.cell(column) {
            "" => Ok(None),
            text => times::parse(text, form).map(|written| Some(written.instant(zone))).map_err(|why| Wrong::time(text, name, why)),
        };
        let mut amount = |column: usize, name: &str| reading.amount(row.cell(column), name);
        Ok(Order {
            at: time(self.created_at, "Created at")?.ok_or_else(|| Wrong::new("Created at", "the order has no time"))?,
            cancelled_at: time(self.cancelled_at, "Cancelled at")?,
            total: amount(self.total, "Total")?,
            subtotal: amount(self.subtotal, "Subtotal")?,
            shipping: amount(self.shipping, "Shipping")?,
            tax: amount(self.tax, "Taxes")?,
            discount: amount(self.discount, "Discount Amount")?,
            refunded: amount(self.refunded, "Refunded Amount")?,
        })
    }

    /// The line item of a row; a row without one is an order of nothing.
    fn line<'a>(&self, row: &'a Row, reading: &mut Reading<'_>) -> Result<Option<Line<'a>>, Wrong> {
        let (sku, title) = (unquoted(row.cell(self.line_sku)), row.cell(self.line_name));
        if sku.is_empty() && title.is_empty() && row.cell(self.line_quantity).is_empty() {
            return Ok(None);
        }
        Ok(Some(Line {
            product: if sku.is_empty() { title } else { sku },
            title,
            brand: row.cell(self.vendor),
            quantity: reading.amount(row.cell(self.line_quantity), "Lineitem quantity")?,
            unit_price: reading.amount(row.cell(self.line_price), "Lineitem price")?,
            discount: reading.amount(row.cell(self.line_discount), "Lineitem discount")?,
        }))
    }
}

/// A full name in two: the last word, and what stands before it.
pub(crate) fn parted(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once(' ').map_or((full_name, ""), |(first, last)| (first.trim_end(), last))
}
