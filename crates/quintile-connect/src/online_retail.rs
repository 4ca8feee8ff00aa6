//! Online Retail: the invoice lines of a British gift wholesaler, as the UCI repository publishes them in two versions.
//!
//! An invoice that begins with `C` takes goods back. It becomes a refund of its customer at its own time, and its lines
//! are kept as returns; it is never an order and is not linked to one.

use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::table::{NO_COLUMN, Row, Table};
use crate::times::{self, TimeForm};
use quintile_model::money::{Money, UNIT};
use quintile_model::records::line_kind;
use quintile_model::{RecordKind, StoreZone};
use std::collections::HashMap;

/// The columns, by their names in the first and the second version.
const NAMES: [(&str, &[&str]); 8] = [
    ("InvoiceNo", &["InvoiceNo", "Invoice", "invoice_no", "invoice"]),
    ("StockCode", &["StockCode", "stock_code"]),
    ("Description", &["Description", "description"]),
    ("Quantity", &["Quantity", "quantity"]),
    ("InvoiceDate", &["InvoiceDate", "invoice_date"]),
    ("UnitPrice", &["UnitPrice", "Price", "unit_price", "price"]),
    ("CustomerID", &["CustomerID", "Customer ID", "Customer_ID", "customer_id"]),
    ("Country", &["Country", "country"]),
];

/// Are these its columns? All but the description must be there.
pub(crate) fn recognise(header: &[String]) -> bool {
    let columns = Columns::of(header);
    [columns.invoice, columns.product, columns.quantity, columns.date, columns.price, columns.customer, columns.country]
        .iter()
        .all(|column| *column != NO_COLUMN)
}

/// The column of the time, whose form the sample decides.
pub(crate) fn time_column(header: &[String]) -> usize {
    Columns::of(header).date
}

/// The columns that are read, for files that can leave others out.
pub(crate) fn columns_read(header: &[String]) -> Vec<String> {
    header.iter().filter(|column| NAMES.iter().any(|(_, names)| names.contains(&column.as_str()))).cloned().collect()
}

/// Reads the lines. Takes-back are summed over the whole file and handed over at its end.
pub(crate) fn read(table: &mut dyn Table, form: TimeForm, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let columns = Columns::of(table.header());
    let mut orders = Records::new(RecordKind::Orders, &["order_id", "customer_id", "at", "country"]);
    let mut lines = Records::new(RecordKind::Lines, &["order_id", "product", "title", "quantity", "unit_price", "kind"]);
    let mut taken_back: HashMap<String, TakenBack> = HashMap::new();
    let mut clock = Clock { form, text: String::new(), at: 0 };
    let mut previous = (String::new(), i64::MIN);
    reading.each_row(table, |reading, row| {
        let line = match columns.line(row, reading, &mut clock, zone) {
            Ok(line) => line,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let back = line.invoice.starts_with(['C', 'c']);
        if back {
            let amount = i128::from(line.quantity) * i128::from(line.price);
            match taken_back.get_mut(line.invoice) {
                Some(known) => known.add(&line, amount),
                None => {
                    let mut new = TakenBack { customer: String::new(), at: line.at, sum_e8: 0, country: String::new() };
                    new.add(&line, amount);
                    taken_back.insert(line.invoice.to_owned(), new);
                }
            }
        } else if previous.1 != line.at || previous.0 != line.invoice {
            // One order may stand here several times, with another minute: the earliest is its time, which the store finds.
            previous.0.clear();
            previous.0.push_str(line.invoice);
            previous.1 = line.at;
            orders.push(&[Cell::Text(line.invoice), Cell::Text(line.customer), Cell::At(line.at), Cell::Text(line.country)], reading)?;
        }
        let kind = if back { line_kind::RETURN } else { kind_of(line.invoice, line.product) };
        lines.push(
            &[
                Cell::Text(line.invoice),
                Cell::Text(line.product),
                Cell::Text(line.title),
                Cell::Amount(line.quantity),
                Cell::Amount(line.price),
                Cell::Text(kind),
            ],
            reading,
        )?;
        Ok(Ok(()))
    })?;
    orders.flush(reading)?;
    lines.flush(reading)?;
    hand_over(taken_back, reading)
}

/// What a line is of, by its code.
fn kind_of(invoice: &str, code: &str) -> &'static str {
    match code.to_ascii_uppercase().as_str() {
        _ if invoice.starts_with(['A', 'a']) => line_kind::ADJUSTMENT,
        "POST" | "DOT" | "C2" => line_kind::SHIPPING,
        "D" => line_kind::DISCOUNT,
        "M" | "CRUK" | "B" => line_kind::ADJUSTMENT,
        code if code.starts_with("ADJUST") => line_kind::ADJUSTMENT,
        "BANK CHARGES" | "AMAZONFEE" | "S" | "PADS" => line_kind::FEE,
        _ => line_kind::SALE,
    }
}

/// An invoice that takes goods back, so far.
struct TakenBack {
    customer: String,
    at: i64,
    sum_e8: i128,
    country: String,
}

impl TakenBack {
    fn add(&mut self, line: &Line<'_>, amount_e8: i128) {
        self.at = self.at.min(line.at);
        self.sum_e8 = self.sum_e8.saturating_add(amount_e8);
        for (known, new) in [(&mut self.customer, line.customer), (&mut self.country, line.country)] {
            if known.is_empty() {
                known.push_str(new);
            }
        }
    }
}

fn hand_over(taken_back: HashMap<String, TakenBack>, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let mut refunds = Records::new(RecordKind::Refunds, &["refund_id", "customer_id", "at", "amount", "country"]);
    let mut taken_back: Vec<_> = taken_back.into_iter().collect();
    taken_back.sort_unstable_by(|a, b| (a.1.at, &a.0).cmp(&(b.1.at, &b.0)));
    for (invoice, back) in &taken_back {
        let Some(amount) = Money::from_sum(-quintile_model::money::div_half_even(back.sum_e8, i128::from(UNIT))) else {
            reading.refuse(
                0,
                Some("UnitPrice"),
                format!("the lines of invoice `{invoice}` sum to more than an amount can be"),
                String::new(),
            )?;
            continue;
        };
        refunds.push(
            &[Cell::Text(invoice), Cell::Text(&back.customer), Cell::At(back.at), Cell::Amount(amount.0), Cell::Text(&back.country)],
            reading,
        )?;
    }
    refunds.flush(reading)
}

struct Line<'a> {
    invoice: &'a str,
    product: &'a str,
    title: &'a str,
    quantity: i64,
    at: i64,
    price: i64,
    customer: &'a str,
    country: &'a str,
}

/// Remembers the last time read: lines of one invoice follow each other.
struct Clock {
    form: TimeForm,
    text: String,
    at: i64,
}

impl Clock {
    fn read(&mut self, text: &str, zone: &StoreZone) -> Result<i64, Wrong> {
        if self.text != text {
            let written = times::parse(text, self.form).map_err(|why| Wrong::time(text, "InvoiceDate", why))?;
            self.at = written.instant(zone);
            self.text.clear();
            self.text.push_str(text);
        }
        Ok(self.at)
    }
}

struct Columns {
    invoice: usize,
    product: usize,
    title: usize,
    quantity: usize,
    date: usize,
    price: usize,
    customer: usize,
    country: usize,
}

impl Columns {
    fn of(header: &[String]) -> Self {
        let find =
            |index: usize| NAMES[index].1.iter().find_map(|name| header.iter().position(|column| column == name)).unwrap_or(NO_COLUMN);
        Columns {
            invoice: find(0),
            product: find(1),
            title: find(2),
            quantity: find(3),
            date: find(4),
            price: find(5),
            customer: find(6),
            country: find(7),
        }
    }

    fn line<'a>(&self, row: &'a Row, reading: &mut Reading<'_>, clock: &mut Clock, zone: &StoreZone) -> Result<Line<'a>, Wrong> {
        let invoice = number_as_id(row.cell(self.invoice));
        if invoice.is_empty() {
            return Err(Wrong::new("InvoiceNo", "no invoice number"));
        }
        let quantity = reading.amount(row.cell(self.quantity), "Quantity")?.ok_or_else(|| Wrong::new("Quantity", "no quantity"))?;
        let price = reading.amount(row.cell(self.price), "UnitPrice")?.ok_or_else(|| Wrong::new("UnitPrice", "no price"))?;
        let customer = number_as_id(row.cell(self.customer));
        Ok(Line {
            invoice,
            product: row.cell(self.product),
            title: row.cell(self.title),
            quantity,
            at: clock.read(row.cell(self.date), zone)?,
            price,
            customer: if matches!(customer, "nan" | "NaN" | "NA" | "NULL") { "" } else { customer },
            country: row.cell(self.country),
        })
    }
}

/// An id that went through a floating column: `17850.0` is 17850.
fn number_as_id(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(whole) if whole.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_are_no_goods_are_known() {
        for (invoice, code, kind) in [
            ("1", "85123A", line_kind::SALE),
            ("1", "gift_0001_20", line_kind::SALE),
            ("1", "POST", line_kind::SHIPPING),
            ("1", "DOT", line_kind::SHIPPING),
            ("1", "C2", line_kind::SHIPPING),
            ("1", "D", line_kind::DISCOUNT),
            ("1", "m", line_kind::ADJUSTMENT),
            ("1", "CRUK", line_kind::ADJUSTMENT),
            ("1", "ADJUST2", line_kind::ADJUSTMENT),
            ("A1", "B", line_kind::ADJUSTMENT),
            ("1", "BANK CHARGES", line_kind::FEE),
            ("1", "AMAZONFEE", line_kind::FEE),
            ("1", "S", line_kind::FEE),
            ("1", "PADS", line_kind::FEE),
        ] {
            assert_eq!(kind_of(invoice, code), kind, "{code}");
        }
    }

    #[test]
    fn ids_lose_what_a_floating_column_adds() {
        assert_eq!(number_as_id("17850.0"), "17850");
        assert_eq!(number_as_id("v1.0"), "v1.0");
    }
}
