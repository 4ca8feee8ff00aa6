//! The sink of one file: records become staged rows, with keys for order and customer.

use super::touches::TouchSink;
use super::{FileSource, Gathered, NamedCancellation, RefundRow, Shared};
use crate::StoreError;
use crate::identity::{Claim, Sort};
use crate::intake::{CustomerRow, LineRow, NO_AMOUNT, NO_TIME, OrderRow, Scatter, Who, range_of};
use crate::intern::{TextCode, Texts};
use crate::owners::{NO_RANK, Owner};
use crate::settle;
use arrow::array::{Array, Decimal64Array, StringArray, TimestampMicrosecondArray};
use arrow::record_batch::RecordBatch;
use quintile_model::ids::{mix, normal_email, normal_phone, text_hash};
use quintile_model::records::Refusal;
use quintile_model::{KeyMaker, RecordKind, columns};
use std::sync::{Arc, PoisonError};

/// Takes the records of one file, or one part of it.
pub struct ImportSink {
    pub(super) file: FileSource,
    pub(super) keys: KeyMaker,
    /// Guests are named by e-mail or phone alone, whatever the source.
    pub(super) guests: KeyMaker,
    pub(super) shared: Arc<Shared>,
    scatter_lines: Scatter,
    scatter_customers: Scatter,
    orders: Vec<u8>,
    lines: Vec<u8>,
    unplaced: Vec<u8>,
    owners: Vec<Owner>,
    gathered: Gathered,
    pub(super) touches: TouchSink,
}

/// Staged rows are handed on in chunks of about this many bytes.
const CHUNK: usize = 256 * 1024;

impl ImportSink {
    pub(super) fn new(file: FileSource, shared: Arc<Shared>) -> ImportSink {
        ImportSink {
            keys: KeyMaker::new(&file.source),
            guests: KeyMaker::new(""),
            file,
            shared,
            scatter_lines: Scatter::new(),
            scatter_customers: Scatter::new(),
            orders: Vec::new(),
            lines: Vec::new(),
            unplaced: Vec::new(),
            owners: Vec::new(),
            gathered: Gathered::default(),
            touches: TouchSink::default(),
        }
    }

    /// Takes a batch of records; the rows that cannot be kept come back with a reason.
    pub fn take(&mut self, kind: RecordKind, batch: &RecordBatch) -> Result<Vec<Refusal>, StoreError> {
        if let Some(journal) = &self.shared.journal {
            journal.keep(self.file.number, kind, batch)?;
        }
        match kind {
            RecordKind::Orders => self.take_orders(batch).map(|()| Vec::new()),
            RecordKind::Lines => self.take_lines(batch),
            RecordKind::Refunds => self.take_refunds(batch).map(|()| Vec::new()),
            RecordKind::Cancellations => {
                self.take_cancellations(batch);
                Ok(Vec::new())
            }
            RecordKind::Customers => self.take_customers(batch).map(|()| Vec::new()),
            RecordKind::Products => {
                self.gathered.products.push(batch.clone());
                Ok(Vec::new())
            }
            RecordKind::Costs => {
                self.gathered.costs.push(batch.clone());
                Ok(Vec::new())
            }
            RecordKind::Touchpoint(kind) => self.take_touchpoints(kind, batch).map(|()| Vec::new()),
        }
    }

    /// Hands on what is left; to be called at the end of the file.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.scatter_lines.flush(&self.shared.lines)?;
        self.scatter_customers.flush(&self.shared.customers)?;
        self.shared.staged_orders.push(std::mem::take(&mut self.orders))?;
        self.shared.staged_lines.push(std::mem::take(&mut self.lines))?;
        self.shared.unplaced.push(std::mem::take(&mut self.unplaced))?;
        let mut own = std::mem::take(&mut self.gathered);
        std::mem::take(&mut self.touches).finish(&self.shared, &mut own)?;
        let owners = std::mem::take(&mut self.owners);
        self.shared.gather(|gathered| {
            gathered.owners.push(owners);
            gathered.claims.extend(own.claims);
            gathered.refunds.extend(own.refunds);
            gathered.cancellations.extend(own.cancellations);
            gathered.products.extend(own.products);
            gathered.costs.extend(own.costs);
            gathered.ties.extend(own.ties);
            gathered.guests.extend(own.guests);
        });
        Ok(())
    }

    fn take_orders(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let ids = columns::texts(batch, "order_id");
        let at = columns::instants(batch, "at").values();
        let version = Times::of(batch, "version");
        let buyers = Buyers::of(batch);
        let amounts = ["total", "subtotal", "shipping", "tax", "discount"].map(|name| Amounts::of(batch, name));
        let names =
            ["standing", "status", "currency", "channel", "discount_codes", "tags", "country", "region", "city", "postcode", "company"];
        let codes = names.map(|name| Codes::of(batch, name, &self.shared.texts));
        let (first_name, last_name) = (OwnTexts::of(batch, "first_name"), OwnTexts::of(batch, "last_name"));
        for row in 0..batch.num_rows() {
            let buyer = buyers.of_row(row, &self.keys, &self.guests);
            let order_key = self.keys.order(ids.value(row)).0;
            let version = version.get(row).unwrap_or(self.shared.now);
            self.owners.push(Owner {
                order_key,
                customer: buyer.key,
                who: buyer.who,
                claim: buyer.claim(),
                at: at[row],
                version,
                import_version: version,
                file: self.file.number,
                document: self.file.document,
                only_lines: false,
            });
            self.claim(&buyer);
            let order = OrderRow {
                order: order_key,
                named: buyer.key,
                who: buyer.who,
                at: at[row],
                version,
                file: self.file.number,
                amounts: std::array::from_fn(|i| amounts[i].get(row)),
                codes: std::array::from_fn(|i| codes[i].get(row)),
                order_id: ids.value(row),
                customer_id: buyer.customer_id,
                email: buyer.email.as_deref().unwrap_or_default(),
                phone: buyer.phone.as_deref().unwrap_or_default(),
                first_name: first_name.get(row),
                last_name: last_name.get(row),
            };
            order.write(&mut self.orders);
        }
        if self.orders.len() >= CHUNK {
            self.shared.staged_orders.push(std::mem::take(&mut self.orders))?;
            let owners = std::mem::take(&mut self.owners);
            self.shared.gather(|gathered| gathered.owners.push(owners));
        }
        Ok(())
    }

    fn claim(&mut self, buyer: &Buyer<'_>) {
        self.gathered.claims.extend(buyer.claims(&self.guests));
    }

    fn take_lines(&mut self, batch: &RecordBatch) -> Result<Vec<Refusal>, StoreError> {
        let owners = self.shared.owners.read().unwrap_or_else(PoisonError::into_inner).clone();
        let ids = columns::texts(batch, "order_id");
        let line_ids = batch.column_by_name("line_id").is_some().then(|| columns::texts(batch, "line_id"));
        let names = ["kind", "product", "title", "category", "brand"];
        let codes = names.map(|name| Codes::of(batch, name, &self.shared.texts));
        let hashes = codes.each_ref().map(|codes| codes.hashes());
        let [quantity, unit_price, discount, refund] =
            ["quantity", "unit_price", "discount", "refund"].map(|name| Amounts::of(batch, name));
        let mut refused = Vec::new();
        let order_keys = self.order_keys(ids);
        let mut ranks = Vec::new();
        if let Some(owners) = &owners {
            owners.find_all(&order_keys, &mut ranks);
        }
        for (row, order_key) in order_keys.into_iter().enumerate() {
            let mut line = LineRow {
                order_key,
                rank: 0,
                file: self.file.number,
                content: 0,
                has_id: false,
                kind: codes[0].get(row),
                product: codes[1].get(row),
                title: codes[2].get(row),
                category: codes[3].get(row),
                brand: codes[4].get(row),
                quantity: quantity.get(row),
                unit_price: unit_price.get(row),
                discount: discount.get(row),
                refund: refund.get(row),
            };
            if line.quantity == NO_AMOUNT {
                line.quantity = quintile_model::money::UNIT;
            }
            if settle::line_amount(line.quantity, line.unit_price, line.discount).is_none() {
                refused.push(Refusal {
                    line: 0,
                    column: Some("quantity".to_owned()),
                    reason: "quantity times price is too large".to_owned(),
                    row: format!("order `{}`, product `{}`", ids.value(row), codes[1].text(row).unwrap_or_default()),
                });
                continue;
            }
            match line_ids.filter(|ids| ids.is_valid(row)) {
                Some(ids) => {
                    line.has_id = true;
                    line.content = text_hash(ids.value(row));
                }
                None => {
                    let parts = std::array::from_fn::<u64, 5, _>(|i| codes[i].hash(&hashes[i], row));
                    let amounts = [line.quantity as u64, line.unit_price as u64, line.discount as u64, line.refund as u64];
                    line.content = mix(&[parts[0], parts[1], parts[2], parts[3], parts[4], amounts[0], amounts[1], amounts[2], amounts[3]]);
                }
            }
            match &owners {
                Some(_) if ranks[row] == NO_RANK => line.write(&mut self.unplaced),
                Some(owners) => {
                    (line.rank, line.order_key) = (ranks[row], 0);
                    self.scatter_lines.row(owners.range_of(line.rank), &self.shared.lines, |out| line.write(out))?;
                }
                None => line.write(&mut self.lines),
            }
        }
        if self.lines.len() >= CHUNK {
            self.shared.staged_lines.push(std::mem::take(&mut self.lines))?;
        }
        if self.unplaced.len() >= CHUNK {
            self.shared.unplaced.push(std::mem::take(&mut self.unplaced))?;
        }
        Ok(refused)
    }

    /// The key of each line's order; lines of one order mostly follow each other, and its key is made once.
    fn order_keys(&self, ids: &StringArray) -> Vec<u64> {
        let mut keys = Vec::with_capacity(ids.len());
        let mut last = ("", self.keys.order("").0);
        for row in 0..ids.len() {
            let id = ids.value(row);
            if id != last.0 {
                last = (id, self.keys.order(id).0);
            }
            keys.push(last.1);
        }
        keys
    }

    fn take_refunds(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let (refund_ids, order_ids) = (OwnTexts::of(batch, "refund_id"), OwnTexts::of(batch, "order_id"));
        let (at, version) = (Times::of(batch, "at"), Times::of(batch, "version"));
        let amount = columns::amounts(batch, "amount").values();
        let (currency, country) = (Codes::of(batch, "currency", &self.shared.texts), Codes::of(batch, "country", &self.shared.texts));
        let currency_hashes = currency.hashes();
        let buyers = Buyers::of(batch);
        for row in 0..batch.num_rows() {
            let buyer = buyers.of_row(row, &self.keys, &self.guests);
            let (refund_id, order_id) = (refund_ids.get(row), order_ids.get(row));
            let version = version.get(row).unwrap_or(self.shared.now);
            let order_key = if order_id.is_empty() { 0 } else { self.keys.order(order_id).0 };
            if order_id.is_empty() && !refund_id.is_empty() {
                // A credit note: lines refer to it as if it were an order.
                self.owners.push(Owner {
                    order_key: self.keys.order(refund_id).0,
                    customer: buyer.key,
                    who: buyer.who,
                    claim: buyer.claim(),
                    at: at.get(row).unwrap_or(self.shared.now),
                    version,
                    import_version: version,
                    file: self.file.number,
                    document: false,
                    only_lines: true,
                });
            }
            self.claim(&buyer);
            let names = match buyer.who {
                Who::Registered => buyer.customer_id,
                Who::Email => buyer.email.as_deref().unwrap_or_default(),
                Who::Phone => buyer.phone.as_deref().unwrap_or_default(),
                Who::Nobody => "",
            };
            self.gathered.refunds.push(RefundRow {
                customer: buyer.key,
                who: buyer.who,
                order_key,
                refund_key: if refund_id.is_empty() { 0 } else { self.keys.fact(refund_id).0 },
                content: mix(&[amount[row] as u64, currency.hash(&currency_hashes, row)]),
                at: at.get(row).unwrap_or(if order_key == 0 { self.shared.now } else { NO_TIME }),
                dated: at.get(row).is_some(),
                version,
                document: self.file.document,
                file: self.file.number,
                amount: amount[row],
                currency: currency.get(row),
                product: 0,
                country: country.get(row),
                names: names.into(),
            });
        }
        Ok(())
    }

    fn take_cancellations(&mut self, batch: &RecordBatch) {
        let ids = columns::texts(batch, "order_id");
        let (at, version) = (Times::of(batch, "at"), Times::of(batch, "version"));
        for row in 0..batch.num_rows() {
            self.gathered.cancellations.push(NamedCancellation {
                order_key: self.keys.order(ids.value(row)).0,
                at: at.get(row).unwrap_or(NO_TIME),
                version: version.get(row).unwrap_or(self.shared.now),
                file: self.file.number,
                document: self.file.document,
            });
        }
    }

    fn take_customers(&mut self, batch: &RecordBatch) -> Result<(), StoreError> {
        let (at, version) = (Times::of(batch, "at"), Times::of(batch, "version"));
        let buyers = Buyers::of(batch);
        let names = [
            "language",
            "tags",
            "account_status",
            "email_consent",
            "sms_consent",
            "country",
            "region",
            "city",
            "postcode",
            "company",
            "gender",
            "organisation_type",
            "acquisition_source",
            "acquisition_campaign",
            "lead_source",
        ];
        let codes = names.map(|name| Codes::of(batch, name, &self.shared.texts));
        let (first_name, last_name) = (OwnTexts::of(batch, "first_name"), OwnTexts::of(batch, "last_name"));
        let birthday = OwnTexts::of(batch, "birthday");
        for row in 0..batch.num_rows() {
            let buyer = buyers.of_row(row, &self.keys, &self.guests);
            self.claim(&buyer);
            let customer = CustomerRow {
                customer_key: buyer.key,
                at: at.get(row).unwrap_or(NO_TIME),
                version: version.get(row).unwrap_or(self.shared.now),
                file: self.file.number,
                codes: std::array::from_fn(|i| codes[i].get(row)),
                birthday: birthday.get(row),
                customer_id: buyer.customer_id,
                email: buyer.email.as_deref().unwrap_or_default(),
                phone: buyer.phone.as_deref().unwrap_or_default(),
                first_name: first_name.get(row),
                last_name: last_name.get(row),
            };
            self.scatter_customers.row(range_of(buyer.key), &self.shared.customers, |out| customer.write(out))?;
        }
        Ok(())
    }
}

/// How a row names its customer.
pub(super) struct Buyer<'a> {
    pub key: u64,
    pub who: Who,
    pub customer_id: &'a str,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl Buyer<'_> {
    /// The guest key, for a guest.
    fn claim(&self) -> u64 {
        if matches!(self.who, Who::Email | Who::Phone) { self.key } else { 0 }
    }

    /// Which e-mail and phone the row says are its customer's.
    pub fn claims(&self, guests: &KeyMaker) -> impl Iterator<Item = Claim> {
        let claim = |key: u64, sort: Sort| Claim { key, customer: self.key, sort };
        let email = self.email.as_ref().filter(|_| self.who == Who::Registered);
        let phone = self.phone.as_ref().filter(|_| matches!(self.who, Who::Registered | Who::Email));
        let email = email.map(|email| claim(guests.guest_by_email(email).0, Sort::Email));
        email.into_iter().chain(phone.map(|phone| claim(guests.guest_by_phone(phone).0, Sort::Phone)))
    }
}

pub(super) struct Buyers<'a> {
    customer_id: OwnTexts<'a>,
    email: OwnTexts<'a>,
    phone: OwnTexts<'a>,
}

impl<'a> Buyers<'a> {
    pub fn of(batch: &'a RecordBatch) -> Buyers<'a> {
        Buyers { customer_id: OwnTexts::of(batch, "customer_id"), email: OwnTexts::of(batch, "email"), phone: OwnTexts::of(batch, "phone") }
    }

    /// A registered id wins, then an e-mail, then a phone.
    pub fn of_row(&self, row: usize, keys: &KeyMaker, guests: &KeyMaker) -> Buyer<'a> {
        let customer_id = self.customer_id.get(row);
        let email = self.email.given(row).and_then(normal_email);
        let phone = self.phone.given(row).and_then(normal_phone);
        let (key, who) = match (customer_id, &email, &phone) {
            ("", Some(email), _) => (guests.guest_by_email(email).0, Who::Email),
            ("", None, Some(phone)) => (guests.guest_by_phone(phone).0, Who::Phone),
            ("", None, None) => (0, Who::Nobody),
            (id, _, _) => (keys.registered(id).0, Who::Registered),
        };
        Buyer { key, who, customer_id, email, phone }
    }
}

/// A column of texts that may be absent; null and empty are the same.
pub(super) struct OwnTexts<'a>(Option<&'a StringArray>);

impl<'a> OwnTexts<'a> {
    pub fn of(batch: &'a RecordBatch, name: &str) -> OwnTexts<'a> {
        OwnTexts(batch.column_by_name(name).is_some().then(|| columns::texts(batch, name)))
    }

    pub fn given(&self, row: usize) -> Option<&'a str> {
        self.0.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row)).filter(|text| !text.is_empty())
    }

    fn get(&self, row: usize) -> &'a str {
        // Longer than any id, name or address; the rest would not help anybody.
        const LONGEST: usize = 4096;
        let text = self.given(row).unwrap_or_default();
        &text[..text.floor_char_boundary(LONGEST)]
    }
}

pub(super) struct Times<'a>(Option<&'a TimestampMicrosecondArray>);

impl<'a> Times<'a> {
    pub fn of(batch: &'a RecordBatch, name: &str) -> Times<'a> {
        Times(batch.column_by_name(name).is_some().then(|| columns::instants(batch, name)))
    }

    pub fn get(&self, row: usize) -> Option<i64> {
        self.0.filter(|times| times.is_valid(row)).map(|times| times.value(row))
    }
}

struct Amounts<'a>(Option<&'a Decimal64Array>);

impl<'a> Amounts<'a> {
    fn of(batch: &'a RecordBatch, name: &str) -> Amounts<'a> {
        Amounts(batch.column_by_name(name).is_some().then(|| columns::amounts(batch, name)))
    }

    #[inline]
    fn get(&self, row: usize) -> i64 {
        match self.0 {
            Some(amounts) if amounts.is_valid(row) => amounts.value(row),
            _ => NO_AMOUNT,
        }
    }
}

/// A column of repeated texts as codes of the import.
struct Codes<'a> {
    column: Option<(columns::RepeatedText<'a>, Vec<TextCode>)>,
}

impl<'a> Codes<'a> {
    fn of(batch: &'a RecordBatch, name: &str, texts: &Texts) -> Codes<'a> {
        let column = batch.column_by_name(name).is_some().then(|| columns::repeated(batch, name));
        Codes { column: column.map(|column| (column, texts.codes_of(column))) }
    }

    #[inline]
    fn get(&self, row: usize) -> TextCode {
        match &self.column {
            Some((column, codes)) => column.code(row).map_or(0, |code| codes[code]),
            None => 0,
        }
    }

    fn text(&self, row: usize) -> Option<&str> {
        self.column.as_ref().and_then(|(column, _)| column.get(row))
    }

    /// The hash of each value, for content keys, which must not depend on the import's numbers.
    fn hashes(&self) -> Vec<u64> {
        let values = self.column.as_ref().map(|(column, _)| column.values());
        values.map_or_else(Vec::new, |values| values.iter().map(|text| text.map_or(0, text_hash)).collect())
    }

    #[inline]
    fn hash(&self, hashes: &[u64], row: usize) -> u64 {
        match &self.column {
            Some((column, _)) => column.code(row).map_or(0, |code| hashes[code]),
            None => 0,
        }
    }
}
