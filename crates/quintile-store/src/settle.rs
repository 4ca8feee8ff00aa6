//! Settling: the staged rows of one range of customers become facts.
//!
//! Orders of one key become one; lines get their keys, by id or by content and occurrence; everything is put in the
//! order of customer and time.

use crate::StoreError;
use crate::import::{FileSource, RefundRow};
use crate::intake::{CustomerRow, LineRow, NO_AMOUNT, NO_TIME, OrderRow, Reading, Who};
use crate::intern::TextCode;
use crate::owners::{Owner, Owners};
use crate::run::SortedFacts;
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int32Array, Int64Array, StringArray, StringBuilder,
    TimestampMicrosecondArray, UInt32Array, UInt64Array, new_null_array,
};
use arrow::datatypes::Int32Type;
use arrow::record_batch::RecordBatch;
use quintile_model::ids::mix;
use quintile_model::records::repeated_text_type;
use quintile_model::{FactKind, KeyMaker, Money, money};
use std::sync::Arc;

/// What settling needs to know of the import.
pub(crate) struct Settling<'a> {
    pub owners: &'a Owners,
    pub files: &'a [FileSource],
    pub texts: &'a [Arc<str>],
    pub sale: TextCode,
    pub counts: TextCode,
    /// Code of each file's source name.
    pub sources: &'a [TextCode],
    pub commit: u32,
}

/// Staged rows of one range.
pub(crate) struct Range<'a> {
    pub ranks: (u32, u32),
    pub orders: &'a [u8],
    pub lines: &'a [u8],
    pub customers: &'a [u8],
    /// Of this range, ascending by customer.
    pub refunds: &'a [RefundRow],
    pub cancellations: &'a [CancellationRow],
}

/// A cancellation whose order is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CancellationRow {
    pub customer: u64,
    pub order_key: u64,
    pub at: i64,
    pub dated: bool,
    pub version: i64,
    pub document: bool,
}

/// The facts of a range: of customers, and of nobody.
pub(crate) fn settle(settling: &Settling<'_>, range: &Range<'_>) -> Result<(SortedFacts, SortedFacts), StoreError> {
    let mut orders = OrderColumns::default();
    let mut buyers: Vec<Customer<'_>> = Vec::new();
    settle_orders(settling, range, |order, newest| {
        if newest {
            orders.push(settling, order);
        }
        add_buyer(&mut buyers, order)
    })?;
    let customers = settle_customers(range, buyers)?;
    let mut refunds: Vec<RefundRow> = range.refunds.to_vec();
    let lines = settle_lines(settling, range, &mut refunds)?;
    refunds.sort_by(|a, b| (a.customer, a.at, a.refund_key).cmp(&(b.customer, b.at, b.refund_key)));
    let kinds = [
        (FactKind::Customers, customers_batch(settling, &customers)?),
        (FactKind::Orders, orders.finish(settling)?),
        (FactKind::Lines, lines),
        (FactKind::Refunds, refunds_batch(settling, &refunds)?),
        (FactKind::Cancellations, cancellations_batch(settling, range.cancellations)?),
    ];
    let (mut known, mut nobody) = (SortedFacts::default(), SortedFacts::default());
    for (kind, batch) in kinds {
        let keys = quintile_model::columns::keys(&batch, "customer_key").values();
        let split = keys.partition_point(|key| *key == 0);
        if split > 0 {
            nobody.kinds.push((kind, batch.slice(0, split)));
        }
        if split < keys.len() {
            known.kinds.push((kind, batch.slice(split, keys.len() - split)));
        }
    }
    Ok((known, nobody))
}

/// An order of the range, settled.
struct Order<'a> {
    owner: &'a Owner,
    row: OrderRow<'a>,
}

/// The newest version of each order, in the order of ranks, handed to `take` one by one; before it, to `name`, older
/// versions that name the order's customer, since the newest may name nobody.
fn settle_orders<'a>(
    settling: &Settling<'a>,
    range: &Range<'a>,
    mut take: impl FnMut(&Order<'a>, bool) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut rows: Vec<(u32, bool, u32, &'a [u8])> = Vec::new();
    for row in OrderRow::split(range.orders) {
        let Some(rank) = settling.owners.find(row.order_key) else { continue };
        let winner = settling.owners.get(rank);
        let document = settling.files[row.file as usize].document;
        let newest = row.version == winner.import_version && document == winner.document && (!document || row.file == winner.file);
        rows.push((rank, newest, row.file, row.bytes));
    }
    // By rank, then by file, so that the first known of each column does not depend on threads.
    rows.sort_by_key(|(rank, newest, file, _)| (*rank, *newest, *file));
    for rows in rows.chunk_by(|a, b| a.0 == b.0) {
        let owner = settling.owners.get(rows[0].0);
        let (older, newest) = rows.split_at(rows.partition_point(|row| !row.1));
        for (.., bytes) in older {
            let order = Order { owner, row: OrderRow::read(&mut Reading::of(bytes)) };
            if order.row.named == owner.customer {
                take(&order, false)?;
            }
        }
        let Some((first, more)) = newest.split_first() else { continue };
        let mut order = Order { owner, row: OrderRow::read(&mut Reading::of(first.3)) };
        for (.., bytes) in more {
            fill(&mut order.row, &OrderRow::read(&mut Reading::of(bytes)));
        }
        take(&order, true)?;
    }
    Ok(())
}

/// The first known of each column; of times the earliest.
fn fill<'a>(order: &mut OrderRow<'a>, more: &OrderRow<'a>) {
    order.at = order.at.min(more.at);
    for (amount, other) in order.amounts.iter_mut().zip(more.amounts) {
        if *amount == NO_AMOUNT {
            *amount = other;
        }
    }
    for (code, other) in order.codes.iter_mut().zip(more.codes) {
        if *code == 0 {
            *code = other;
        }
    }
    if more.who > order.who {
        (order.who, order.named, order.customer_id) = (more.who, more.named, more.customer_id);
    }
    for (text, other) in [
        (&mut order.email, more.email),
        (&mut order.phone, more.phone),
        (&mut order.first_name, more.first_name),
        (&mut order.last_name, more.last_name),
    ] {
        if text.is_empty() {
            *text = other;
        }
    }
}

/// A customer as this import knows them.
struct Customer<'a> {
    registered: bool,
    /// The source states it, rather than an order or refund naming its buyer; what is only named is known as long as
    /// those facts are theirs.
    stated: bool,
    row: CustomerRow<'a>,
}

/// `derived`: what orders say of their buyers, ascending.
fn settle_customers<'a>(range: &Range<'a>, mut derived: Vec<Customer<'a>>) -> Result<Vec<Customer<'a>>, StoreError> {
    let mut stated: Vec<CustomerRow<'a>> = Vec::new();
    let mut reading = Reading::of(range.customers);
    while !reading.is_empty() {
        stated.push(CustomerRow::read(&mut reading));
    }
    stated.sort_by_key(|row| (row.customer_key, row.version, row.file));
    let mut customers: Vec<Customer<'a>> = Vec::with_capacity(stated.len());
    for row in stated {
        match customers.last_mut() {
            Some(last) if last.row.customer_key == row.customer_key => {
                same_id(last.row.customer_id, row.customer_id)?;
                last.row = row;
            }
            _ => customers.push(Customer { registered: true, stated: true, row }),
        }
    }
    let guests = KeyMaker::new("");
    // As with orders: who joined somebody else by e-mail or phone says nothing of them.
    let names_its_customer = |refund: &&RefundRow| match refund.who {
        Who::Registered => true,
        Who::Email => guests.guest_by_email(&refund.names).0 == refund.customer,
        Who::Phone => guests.guest_by_phone(&refund.names).0 == refund.customer,
        Who::Nobody => false,
    };
    for refund in range.refunds.iter().filter(|refund| refund.order_key == 0 && !refund.names.is_empty()).filter(names_its_customer) {
        // INVARIANT: `names` lives as long as the import, which outlives the range.
        if derived.binary_search_by_key(&refund.customer, |c| c.row.customer_key).is_err() {
            let at = derived.partition_point(|c| c.row.customer_key < refund.customer);
            let row = CustomerRow {
                customer_key: refund.customer,
                at: NO_TIME,
                version: refund.version,
                file: refund.file,
                codes: [0, 0, 0, 0, 0, refund.country, 0, 0, 0, 0],
                customer_id: &refund.names,
                email: if refund.who == Who::Email { &refund.names } else { "" },
                phone: if refund.who == Who::Phone { &refund.names } else { "" },
                ..CustomerRow::default()
            };
            derived.insert(at, Customer { registered: refund.who == Who::Registered, stated: false, row });
        }
    }
    Ok(merge_customers(customers, derived))
}

/// Both ascend by key; of a customer that both know, what orders say comes before what the source states.
fn merge_customers<'a>(stated: Vec<Customer<'a>>, derived: Vec<Customer<'a>>) -> Vec<Customer<'a>> {
    let mut both = derived;
    both.extend(stated);
    both.sort_by_key(|customer| (customer.row.customer_key, customer.stated));
    both
}

/// Adds what an order says of its buyer; orders come in the order of customers and time, and the newest word counts.
fn add_buyer<'a>(buyers: &mut Vec<Customer<'a>>, order: &Order<'a>) -> Result<(), StoreError> {
    // A guest's order that joined a registered customer says nothing of them, and what an older version than the
    // store's says of its buyer is out of date.
    let joined = order.owner.customer != order.row.named;
    if order.owner.customer == 0 || joined || order.owner.version > order.owner.import_version {
        return Ok(());
    }
    let mut customer = buyer(order);
    match buyers.last_mut() {
        Some(last) if last.row.customer_key == customer.row.customer_key => {
            if last.registered && customer.registered {
                same_id(last.row.customer_id, customer.row.customer_id)?;
            }
            if last.registered || !customer.registered {
                (customer.row.customer_id, customer.registered) = (last.row.customer_id, last.registered);
            }
            blanks(&mut customer.row, &last.row);
            *last = customer;
        }
        _ => buyers.push(customer),
    }
    Ok(())
}

fn buyer<'a>(order: &Order<'a>) -> Customer<'a> {
    let row = &order.row;
    let (registered, customer_id) = match row.who {
        Who::Registered => (true, row.customer_id),
        Who::Email => (false, row.email),
        Who::Phone => (false, row.phone),
        Who::Nobody => (false, ""),
    };
    Customer {
        registered,
        stated: false,
        row: CustomerRow {
            customer_key: order.owner.customer,
            at: NO_TIME,
            version: row.version,
            file: row.file,
            // Where an order went has the order's time, and is read from the order.
            codes: [0; 10],
            customer_id,
            email: row.email,
            phone: row.phone,
            first_name: row.first_name,
            last_name: row.last_name,
        },
    }
}

fn blanks<'a>(row: &mut CustomerRow<'a>, other: &CustomerRow<'a>) {
    for (code, other) in row.codes.iter_mut().zip(other.codes) {
        if *code == 0 {
            *code = other;
        }
    }
    for (text, other) in [
        (&mut row.customer_id, other.customer_id),
        (&mut row.email, other.email),
        (&mut row.phone, other.phone),
        (&mut row.first_name, other.first_name),
        (&mut row.last_name, other.last_name),
    ] {
        if text.is_empty() {
            *text = other;
        }
    }
}

fn same_id(first: &str, second: &str) -> Result<(), StoreError> {
    if first != second && !first.is_empty() && !second.is_empty() {
        return Err(StoreError::KeyCollision { first: first.to_owned(), second: second.to_owned() });
    }
    Ok(())
}

/// Lines in the order of their orders; money given back for single lines joins `refunds`.
fn settle_lines(settling: &Settling<'_>, range: &Range<'_>, refunds: &mut Vec<RefundRow>) -> Result<RecordBatch, StoreError> {
    let owners = settling.owners;
    let (first_rank, past_rank) = range.ranks;
    // A counting sort by the place of the order: one pass to count, one to place.
    let mut starts = vec![0_u32; (past_rank - first_rank) as usize + 1];
    let documents = settling.files.iter().any(|file| file.document);
    // Lines that came inside an older document than the order's newest are gone with it.
    let stale = |line: &LineRow| {
        let owner = owners.get(line.rank);
        owner.document && !(line.file == owner.file && settling.files[line.file as usize].document)
    };
    let mut reading = Reading::of(range.lines);
    let mut kept: Vec<LineRow> = Vec::new();
    while !reading.is_empty() {
        let line = LineRow::read(&mut reading);
        if !documents || !stale(&line) {
            starts[(line.rank - first_rank) as usize + 1] += 1;
            kept.push(line);
        }
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![LineRow::default(); kept.len()];
    for line in kept {
        let place = &mut next[(line.rank - first_rank) as usize];
        sorted[*place as usize] = line;
        *place += 1;
    }
    let mut out = LineColumns::with_capacity(sorted.len());
    for (rank, bounds) in (first_rank..past_rank).zip(starts.windows(2)) {
        let lines = &mut sorted[bounds[0] as usize..bounds[1] as usize];
        if lines.is_empty() {
            continue;
        }
        let owner = owners.get(rank);
        if lines.len() > 1 {
            lines.sort_unstable_by_key(|line| (line.content, line.has_id, line.file));
        }
        for (line, occurrence) in Occurrences::of(lines) {
            let key = mix(&[owner.order_key, line.content, occurrence]);
            out.push(settling, owner, line, key);
            if line.refund != NO_AMOUNT && line.refund != 0 {
                refunds.push(RefundRow {
                    customer: owner.customer,
                    who: owner.who,
                    order_key: owner.order_key,
                    refund_key: mix(&[key, 7]),
                    at: owner.at,
                    dated: false,
                    version: owner.import_version,
                    document: owner.document,
                    amount: line.refund,
                    product: line.product,
                    ..RefundRow::default()
                });
            }
        }
    }
    out.finish(settling)
}

/// Equal lines of one order, each as often as the file that has it most often; sorted by content, then file.
struct Occurrences<'a> {
    lines: &'a [LineRow],
    at: usize,
    /// Occurrence within the file, and the most seen of this content in files before.
    in_file: u64,
    most: u64,
}

impl<'a> Occurrences<'a> {
    fn of(lines: &'a [LineRow]) -> Occurrences<'a> {
        Occurrences { lines, at: 0, in_file: 0, most: 0 }
    }
}

impl<'a> Iterator for Occurrences<'a> {
    type Item = (&'a LineRow, u64);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = self.lines.get(self.at)?;
            let before = self.at.checked_sub(1).map(|at| &self.lines[at]);
            let same_content = before.is_some_and(|b| (b.content, b.has_id) == (line.content, line.has_id));
            if !same_content {
                (self.in_file, self.most) = (1, 0);
            } else if before.is_some_and(|b| b.file == line.file) {
                self.in_file += 1;
            } else {
                self.in_file = 1;
            }
            self.at += 1;
            // A line with an id is one line, however often it is read.
            let already = self.in_file <= self.most || (line.has_id && same_content);
            if !already {
                self.most = self.in_file;
                return Some((line, if line.has_id { 0 } else { self.in_file }));
            }
        }
    }
}

#[derive(Default)]
struct LineColumns {
    customer_key: Vec<u64>,
    order_key: Vec<u64>,
    line_key: Vec<u64>,
    at: Vec<i64>,
    kind: Vec<TextCode>,
    product: Vec<TextCode>,
    title: Vec<TextCode>,
    category: Vec<TextCode>,
    brand: Vec<TextCode>,
    quantity: Vec<i64>,
    unit_price: Vec<i64>,
    discount: Vec<i64>,
    amount: Vec<i64>,
    version: Vec<i64>,
    document: Vec<bool>,
}

impl LineColumns {
    fn with_capacity(n: usize) -> LineColumns {
        LineColumns {
            customer_key: Vec::with_capacity(n),
            order_key: Vec::with_capacity(n),
            line_key: Vec::with_capacity(n),
            at: Vec::with_capacity(n),
            kind: Vec::with_capacity(n),
            product: Vec::with_capacity(n),
            title: Vec::with_capacity(n),
            category: Vec::with_capacity(n),
            brand: Vec::with_capacity(n),
            quantity: Vec::with_capacity(n),
            unit_price: Vec::with_capacity(n),
            discount: Vec::with_capacity(n),
            amount: Vec::with_capacity(n),
            version: Vec::with_capacity(n),
            document: Vec::with_capacity(n),
        }
    }

    #[inline]
    fn push(&mut self, settling: &Settling<'_>, owner: &Owner, line: &LineRow, key: u64) {
        self.customer_key.push(owner.customer);
        self.order_key.push(owner.order_key);
        self.line_key.push(key);
        self.at.push(owner.at);
        self.kind.push(if line.kind == 0 { settling.sale } else { line.kind });
        self.product.push(line.product);
        self.title.push(line.title);
        self.category.push(line.category);
        self.brand.push(line.brand);
        self.quantity.push(line.quantity);
        self.unit_price.push(line.unit_price);
        self.discount.push(if line.discount == NO_AMOUNT { 0 } else { line.discount });
        // INVARIANT: the intake refused lines whose amount does not fit.
        self.amount.push(line_amount(line.quantity, line.unit_price, line.discount).unwrap_or_default());
        self.version.push(owner.import_version);
        self.document.push(owner.document);
    }

    fn finish(self, settling: &Settling<'_>) -> Result<RecordBatch, StoreError> {
        let rows = self.customer_key.len();
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(self.customer_key)),
            Arc::new(UInt64Array::from(self.order_key)),
            Arc::new(UInt64Array::from(self.line_key)),
            instants(self.at),
            settling.texts_column(&self.kind),
            settling.texts_column(&self.product),
            settling.texts_column(&self.title),
            settling.texts_column(&self.category),
            settling.texts_column(&self.brand),
            amounts(self.quantity)?,
            amounts(self.unit_price)?,
            amounts(self.discount)?,
            amounts(self.amount)?,
            Arc::new(Int64Array::from(self.version)),
            settling.commits(rows),
            Arc::new(BooleanArray::from(self.document)),
        ];
        Ok(RecordBatch::try_new(FactKind::Lines.schema(), arrays)?)
    }
}

/// Quantity times price less discount; `None` when it does not fit.
pub(crate) fn line_amount(quantity: i64, unit_price: i64, discount: i64) -> Option<i64> {
    if unit_price == NO_AMOUNT {
        return Some(0);
    }
    let gross = Money(unit_price).times_quantity(quantity)?;
    let discount = if discount == NO_AMOUNT { 0 } else { discount };
    Money::from_sum(gross.0 as i128 - discount as i128).map(|money| money.0)
}

#[derive(Default)]
struct OrderColumns {
    customer_key: Vec<u64>,
    order_key: Vec<u64>,
    at: Vec<i64>,
    order_id: StringBuilder,
    claim: StringBuilder,
    source: Vec<TextCode>,
    /// standing, status, currency, channel, discount_codes, tags, country, region, city, postcode, company.
    codes: [Vec<TextCode>; 11],
    /// total, subtotal, shipping, tax, discount.
    amounts: [Vec<i64>; 5],
    version: Vec<i64>,
    document: Vec<bool>,
}

impl OrderColumns {
    fn push(&mut self, settling: &Settling<'_>, order: &Order<'_>) {
        let (owner, row) = (order.owner, &order.row);
        self.customer_key.push(owner.customer);
        self.order_key.push(owner.order_key);
        self.at.push(if owner.document { row.at } else { row.at.min(owner.at) });
        self.order_id.append_value(row.order_id);
        self.claim.append_option(match row.who {
            Who::Email => Some(row.email),
            Who::Phone => Some(row.phone),
            Who::Registered | Who::Nobody => None,
        });
        self.source.push(settling.sources[row.file as usize]);
        for (column, code) in self.codes.iter_mut().zip(row.codes) {
            column.push(code);
        }
        if let Some(standing) = self.codes[0].last_mut().filter(|standing| **standing == 0) {
            *standing = settling.counts;
        }
        for (column, amount) in self.amounts.iter_mut().zip(row.amounts) {
            column.push(amount);
        }
        self.version.push(row.version);
        self.document.push(owner.document);
    }

    fn finish(mut self, settling: &Settling<'_>) -> Result<RecordBatch, StoreError> {
        let rows = self.customer_key.len();
        let [standing, status, currency, channel, discount_codes, tags, country, region, city, postcode, company] =
            self.codes.map(|codes| settling.texts_column(&codes));
        let [total, subtotal, shipping, tax, discount] = self.amounts;
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from(self.customer_key)),
            Arc::new(UInt64Array::from(self.order_key)),
            instants(self.at),
            Arc::new(self.order_id.finish()),
            Arc::new(self.claim.finish()),
            settling.texts_column(&self.source),
            standing,
            status,
            currency,
            amounts(total)?,
            amounts(subtotal)?,
            amounts(shipping)?,
            amounts(tax)?,
            amounts(discount)?,
            channel,
            discount_codes,
            tags,
            country,
            region,
            city,
            postcode,
            company,
            Arc::new(Int64Array::from(self.version)),
            settling.commits(rows),
            Arc::new(BooleanArray::from(self.document)),
        ];
        Ok(RecordBatch::try_new(FactKind::Orders.schema(), arrays)?)
    }
}

fn customers_batch(settling: &Settling<'_>, customers: &[Customer<'_>]) -> Result<RecordBatch, StoreError> {
    let code = |column: usize| settling.texts_column(&customers.iter().map(|c| c.row.codes[column]).collect::<Vec<_>>());
    let text = |get: for<'b> fn(&'b CustomerRow<'b>) -> &'b str| -> ArrayRef {
        let mut column = StringBuilder::with_capacity(customers.len(), 0);
        for customer in customers {
            let text = get(&customer.row);
            column.append_option((!text.is_empty()).then_some(text));
        }
        Arc::new(column.finish())
    };
    let source: Vec<_> = customers.iter().map(|c| settling.sources[c.row.file as usize]).collect();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(customers.iter().map(|c| c.row.customer_key))),
        maybe_instants(customers.iter().map(|c| c.row.at)),
        Arc::new(StringArray::from_iter_values(customers.iter().map(|c| c.row.customer_id))),
        settling.texts_column(&source),
        Arc::new(BooleanArray::from_iter(customers.iter().map(|c| Some(c.registered)))),
        text(|row| row.email),
        text(|row| row.phone),
        text(|row| row.first_name),
        text(|row| row.last_name),
        code(0),
        code(1),
        code(2),
        code(3),
        code(4),
        code(5),
        code(6),
        code(7),
        code(8),
        code(9),
        Arc::new(Int64Array::from_iter_values(customers.iter().map(|c| c.row.version))),
        settling.commits(customers.len()),
        Arc::new(BooleanArray::from_iter(customers.iter().map(|c| Some(c.stated)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Customers.schema(), arrays)?)
}

fn refunds_batch(settling: &Settling<'_>, refunds: &[RefundRow]) -> Result<RecordBatch, StoreError> {
    let code = |get: fn(&RefundRow) -> TextCode| settling.texts_column(&refunds.iter().map(get).collect::<Vec<_>>());
    let claims = refunds.iter().map(|r| (matches!(r.who, Who::Email | Who::Phone) && r.order_key == 0).then_some(&*r.names));
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(refunds.iter().map(|r| r.customer))),
        Arc::new(UInt64Array::from_iter(refunds.iter().map(|r| (r.order_key != 0).then_some(r.order_key)))),
        Arc::new(UInt64Array::from_iter_values(refunds.iter().map(|r| r.refund_key))),
        instants(refunds.iter().map(|r| r.at).collect()),
        Arc::new(BooleanArray::from_iter(refunds.iter().map(|r| Some(r.dated)))),
        Arc::new(StringArray::from_iter(claims)),
        amounts(refunds.iter().map(|r| r.amount).collect())?,
        code(|r| r.currency),
        code(|r| r.product),
        Arc::new(Int64Array::from_iter_values(refunds.iter().map(|r| r.version))),
        settling.commits(refunds.len()),
        Arc::new(BooleanArray::from_iter(refunds.iter().map(|r| Some(r.document)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Refunds.schema(), arrays)?)
}

fn cancellations_batch(settling: &Settling<'_>, cancellations: &[CancellationRow]) -> Result<RecordBatch, StoreError> {
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(cancellations.iter().map(|c| c.customer))),
        Arc::new(UInt64Array::from_iter_values(cancellations.iter().map(|c| c.order_key))),
        instants(cancellations.iter().map(|c| c.at).collect()),
        Arc::new(BooleanArray::from_iter(cancellations.iter().map(|c| Some(c.dated)))),
        Arc::new(Int64Array::from_iter_values(cancellations.iter().map(|c| c.version))),
        settling.commits(cancellations.len()),
        Arc::new(BooleanArray::from_iter(cancellations.iter().map(|c| Some(c.document)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Cancellations.schema(), arrays)?)
}

impl Settling<'_> {
    fn commits(&self, rows: usize) -> ArrayRef {
        Arc::new(UInt32Array::from(vec![self.commit; rows]))
    }

    /// Codes of the import as a column of its own dictionary, values in the order of first use.
    pub fn texts_column(&self, codes: &[TextCode]) -> ArrayRef {
        if codes.iter().all(|code| *code == 0) {
            return new_null_array(&repeated_text_type(), codes.len());
        }
        let mut own: Vec<i32> = vec![-1; self.texts.len() + 1];
        let mut values = StringBuilder::new();
        let mut count = 0;
        let keys: Int32Array = codes
            .iter()
            .map(|code| {
                if *code == 0 {
                    return None;
                }
                let own = &mut own[*code as usize];
                if *own < 0 {
                    *own = count;
                    count += 1;
                    values.append_value(&*self.texts[*code as usize - 1]);
                }
                Some(*own)
            })
            .collect();
        Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(values.finish())))
    }
}

fn instants(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone(quintile_model::records::UTC_OFFSET))
}

fn maybe_instants(values: impl Iterator<Item = i64>) -> ArrayRef {
    let values = values.map(|at| (at != NO_TIME).then_some(at));
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone(quintile_model::records::UTC_OFFSET))
}

fn amounts(values: Vec<i64>) -> Result<ArrayRef, StoreError> {
    let array: Decimal64Array = if values.contains(&NO_AMOUNT) {
        values.into_iter().map(|amount| (amount != NO_AMOUNT).then_some(amount)).collect()
    } else {
        values.into()
    };
    Ok(Arc::new(array.with_precision_and_scale(money::PRECISION, money::SCALE as i8)?))
}
