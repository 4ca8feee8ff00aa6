//! CDNOW: the purchases of an online music shop of 1997 and 1998, a row each, as research passes them on.
//!
//! Four forms are known: the master and the sample as tables of spaces, and both as tidy CSV. The customer is always
//! the one of the master, without leading zeros, so that all forms give the same orders.

use crate::emit::{Cell, Reading, Records, Wrong};
use crate::error::ConnectError;
use crate::occurrence::Occurrences;
use crate::table::{NO_COLUMN, Row, Step, Table};
use crate::times::{self, TimeForm};
use quintile_model::money::{Money, UNIT};
use quintile_model::{RecordKind, StoreZone};

/// Is it one of the four forms? By the names of its columns, or by the shape of a row where there are none.
pub(crate) fn recognise(header: &[String], sample: &[Vec<String>], named: bool) -> bool {
    if named {
        let has = |name: &str| header.iter().any(|column| column == name);
        return has("number_of_cds") && has("dollar_value") && has("date") && (has("customer_id") || has("master_id"));
    }
    let digits = |cell: &str, length: usize| cell.len() == length && cell.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |row: &Vec<String>| match row.as_slice() {
        [master, sample, date, count, value] => {
            digits(master, 5) && digits(sample, 4) && digits(date, 8) && count.parse::<u32>().is_ok() && Money::parse(value).is_ok()
        }
        [customer, date, count, value] => {
            digits(customer, 5) && digits(date, 8) && count.parse::<u32>().is_ok() && Money::parse(value).is_ok()
        }
        _ => false,
    };
    !sample.is_empty() && sample.iter().all(fits)
}

/// Reads any of the forms.
pub(crate) fn read(table: &mut dyn Table, zone: &StoreZone, reading: &mut Reading<'_>) -> Result<(), ConnectError> {
    let columns = Columns::of(table.header());
    let mut orders = Records::new(RecordKind::Orders, &["order_id", "customer_id", "at", "total"]);
    let mut lines = Records::new(RecordKind::Lines, &["order_id", "quantity", "unit_price", "discount"]);
    let mut occurrences = Occurrences::default();
    reading.each_row(table, |reading, row| {
        let purchase = match columns.purchase(row, reading) {
            Ok(purchase) => purchase,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let order_id = occurrences.id(purchase.customer, purchase.date.wall, &whole(purchase.units), Some(purchase.value));
        let at = purchase.date.instant(zone);
        orders.push(&[Cell::Text(&order_id), Cell::Text(purchase.customer), Cell::At(at), Cell::Amount(purchase.value)], reading)?;
        let (unit_price, discount) = price_and_discount(purchase.value, 0, purchase.units);
        lines.push(&[Cell::Text(&order_id), Cell::Amount(purchase.units), Cell::Amount(unit_price), Cell::Amount(discount)], reading)?;
        Ok(Ok(()))
    })?;
    orders.flush(reading)?;
    lines.flush(reading)
}

/// The same of an amount from which a discount was taken, none where it is nought. What rounding the price leaves is neither: a line
/// without a discount has none above nought, and one with a discount has one.
pub(crate) fn price_and_discount(amount: i64, discount: i64, units_e4: i64) -> (i64, i64) {
    let (price, rest) = price_and_rest(amount.saturating_add(discount), units_e4);
    let all = rest.saturating_add(discount);
    let step = match (discount > 0, all > 0) {
        (true, false) => units_e4.signum(),
        (false, true) => -units_e4.signum(),
        (true, true) | (false, false) => return (price, all),
    };
    let price = price.saturating_add(step);
    let gross = Money(price).times_quantity(units_e4).unwrap_or(Money::ZERO);
    (price, gross.0.saturating_sub(amount))
}

/// A unit price and a discount so that units x price - discount is the amount to the last decimal. The discount is
/// what the division leaves over, and may be negative.
pub(crate) fn price_and_rest(amount: i64, units_e4: i64) -> (i64, i64) {
    if units_e4 == 0 {
        return (0, -amount);
    }
    let price = quintile_model::money::div_half_even(i128::from(amount) * i128::from(UNIT), i128::from(units_e4));
    let price = Money::from_sum(price).unwrap_or(Money::ZERO);
    let gross = price.times_quantity(units_e4).unwrap_or(Money::ZERO);
    (price.0, gross.0.saturating_sub(amount))
}

/// A number of units without needless decimals.
fn whole(units_e4: i64) -> String {
    if units_e4 % UNIT == 0 { (units_e4 / UNIT).to_string() } else { Money(units_e4).to_string() }
}

struct Purchase<'a> {
    customer: &'a str,
    date: times::Written,
    units: i64,
    value: i64,
}

struct Columns {
    customer: usize,
    date: usize,
    units: usize,
    value: usize,
}

impl Columns {
    fn of(header: &[String]) -> Self {
        let find = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|column| column == name)).unwrap_or(NO_COLUMN);
        if find(&["dollar_value"]) == NO_COLUMN {
            // Without names: the sample has the customer's number in the sample after the one in the master.
            let shift = header.len().saturating_sub(4);
            return Columns { customer: 0, date: 1 + shift, units: 2 + shift, value: 3 + shift };
        }
        Columns {
            customer: find(&["master_id", "customer_id"]),
            date: find(&["date"]),
            units: find(&["number_of_cds"]),
            value: find(&["dollar_value"]),
        }
    }

    fn purchase<'a>(&self, row: &'a Row, reading: &mut Reading<'_>) -> Result<Purchase<'a>, Wrong> {
        let customer = row.cell(self.customer).trim_start_matches('0');
        let customer = customer.strip_suffix(".0").unwrap_or(customer);
        if customer.is_empty() {
            return Err(Wrong::new("customer_id", "no customer"));
        }
        let text = row.cell(self.date);
        let date = times::parse(text, TimeForm::Compact).map_err(|why| Wrong::time(text, "date", why))?;
        let units =
            reading.amount(row.cell(self.units), "number_of_cds")?.ok_or_else(|| Wrong::new("number_of_cds", "no number of CDs"))?;
        let value = reading.amount(row.cell(self.value), "dollar_value")?.ok_or_else(|| Wrong::new("dollar_value", "no amount"))?;
        Ok(Purchase { customer, date, units, value })
    }
}

/// Does the first row of a table of spaces hold names?
pub(crate) fn has_header(table: &mut dyn Table) -> bool {
    let mut row = Row::default();
    matches!(table.next(&mut row), Ok(Step::Row))
        && (0..row.cells).any(|column| row.cell(column).bytes().any(|byte| byte.is_ascii_alphabetic()))
}
