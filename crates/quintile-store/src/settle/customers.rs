//! Customers: what sources state of them, and what orders say of their buyers.

use super::orders::Order;
use super::{Range, Settling, maybe_instants};
use crate::StoreError;
use crate::import::RefundRow;
use crate::intake::{CustomerRow, NO_TIME, Reading, Who};
use crate::intern::TextCode;
use crate::touchpoints::Person;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, StringArray, StringBuilder, UInt64Array};
use arrow::record_batch::RecordBatch;
use quintile_model::{FactKind, KeyMaker};
use std::sync::Arc;

/// A customer as this import knows them.
pub(super) struct Customer<'a> {
    registered: bool,
    /// The source states it, rather than an order or refund naming its buyer; what is only named is known as long as
    /// those facts are theirs.
    stated: bool,
    /// A touchpoint names it: known though it has no orders.
    touched: bool,
    /// The source, where no file says.
    source: TextCode,
    row: CustomerRow<'a>,
}

/// `derived`: what orders say of their buyers, ascending; `people`: what touchpoints say of theirs.
pub(super) fn settle_customers<'a>(
    range: &Range<'a>,
    mut derived: Vec<Customer<'a>>,
    people: &[Person<'a>],
) -> Result<Vec<Customer<'a>>, StoreError> {
    let mut stated: Vec<CustomerRow<'a>> = Vec::new();
    for chunk in range.customers {
        let mut reading = Reading::of(chunk);
        while !reading.is_empty() {
            stated.push(CustomerRow::read(&mut reading));
        }
    }
    stated.sort_by_key(|row| (row.customer_key, row.version, row.file));
    let mut customers: Vec<Customer<'a>> = Vec::with_capacity(stated.len());
    for row in stated {
        match customers.last_mut() {
            Some(last) if last.row.customer_key == row.customer_key => {
                same_id(last.row.customer_id, row.customer_id)?;
                last.row = row;
            }
            _ => customers.push(Customer { registered: true, stated: true, touched: false, source: 0, row }),
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
                codes: codes_of_country(refund.country),
                customer_id: &refund.names,
                email: if refund.who == Who::Email { &refund.names } else { "" },
                phone: if refund.who == Who::Phone { &refund.names } else { "" },
                ..CustomerRow::default()
            };
            derived.insert(at, Customer { registered: refund.who == Who::Registered, stated: false, touched: false, source: 0, row });
        }
    }
    // Of a customer that several know, what orders and touchpoints say comes before what the source states.
    let mut all = derived;
    all.extend(people.iter().map(touched));
    all.extend(customers);
    all.sort_by_key(|customer| (customer.row.customer_key, customer.stated, customer.row.version));
    for (one, other) in all.iter().zip(all.iter().skip(1)) {
        if one.row.customer_key == other.row.customer_key && one.registered && other.registered {
            same_id(one.row.customer_id, other.row.customer_id)?;
        }
    }
    Ok(all)
}

fn codes_of_country(country: TextCode) -> [TextCode; 15] {
    let mut codes = [0; 15];
    codes[5] = country;
    codes
}

/// Whom a touchpoint names, known by it alone. What it says, it says when it happened.
fn touched<'a>(person: &Person<'a>) -> Customer<'a> {
    let row = CustomerRow {
        customer_key: person.customer,
        at: NO_TIME,
        version: person.at,
        customer_id: person.name,
        email: person.email,
        phone: person.phone,
        ..CustomerRow::default()
    };
    Customer { registered: person.registered, stated: false, touched: true, source: person.source, row }
}

/// Adds what an order says of its buyer; orders come in the order of customers and time, and the newest word counts.
pub(super) fn add_buyer<'a>(buyers: &mut Vec<Customer<'a>>, order: &Order<'a>) -> Result<(), StoreError> {
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
        touched: false,
        source: 0,
        row: CustomerRow {
            customer_key: order.owner.customer,
            at: NO_TIME,
            version: row.version,
            file: row.file,
            // Where an order went has the order's time, and is read from the order.
            codes: [0; 15],
            birthday: "",
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
        (&mut row.birthday, other.birthday),
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

pub(super) fn customers_batch(settling: &Settling<'_>, customers: &[Customer<'_>]) -> Result<RecordBatch, StoreError> {
    let code = |column: usize| settling.texts_column(&customers.iter().map(|c| c.row.codes[column]).collect::<Vec<_>>());
    let text = |get: for<'b> fn(&'b CustomerRow<'b>) -> &'b str| -> ArrayRef {
        let mut column = StringBuilder::with_capacity(customers.len(), 0);
        for customer in customers {
            let text = get(&customer.row);
            column.append_option((!text.is_empty()).then_some(text));
        }
        Arc::new(column.finish())
    };
    let source: Vec<_> = customers.iter().map(|c| if c.touched { c.source } else { settling.sources[c.row.file as usize] }).collect();
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
        code(10),
        text(|row| row.birthday),
        code(11),
        code(12),
        code(13),
        code(14),
        Arc::new(BooleanArray::from_iter(customers.iter().map(|c| Some(c.touched)))),
        Arc::new(Int64Array::from_iter_values(customers.iter().map(|c| c.row.version))),
        settling.commits(customers.len()),
        Arc::new(BooleanArray::from_iter(customers.iter().map(|c| Some(c.stated)))),
    ];
    Ok(RecordBatch::try_new(FactKind::Customers.schema(), arrays)?)
}
