//! Settling: the staged touchpoints of one range become facts, the newest version of each once.

use super::row::{Named, SLOTS, Slot, Touch, Value};
use crate::StoreError;
use crate::intake::{NO_AMOUNT, NO_TIME};
use crate::intern::TextCode;
use crate::settle::{Settling, amounts, instants, maybe_instants};
use arrow::array::{ArrayRef, BooleanArray, BooleanBuilder, Int64Array, StringBuilder, UInt64Array, UInt64Builder};
use arrow::record_batch::RecordBatch;
use quintile_model::ids::mix;
use quintile_model::{FactKind, Touchpoint};
use std::cmp::Reverse;
use std::sync::Arc;

/// The touchpoints of a range.
#[derive(Debug, Default)]
pub(crate) struct Settled<'a> {
    pub kinds: Vec<(FactKind, RecordBatch)>,
    /// Versions that are not the newest and name their person otherwise than it does: they may go elsewhere one day.
    pub others: Vec<(FactKind, RecordBatch)>,
    /// Customers who are named by touchpoints of their own, ascending, each once.
    pub people: Vec<Person<'a>>,
}

/// What touchpoints say of whom they name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    pub customer: u64,
    pub registered: bool,
    pub source: TextCode,
    /// When they were named last.
    pub at: i64,
    pub name: &'a str,
    pub email: &'a str,
    pub phone: &'a str,
}

/// What decides about a row, and where it is.
#[derive(Debug, Clone, Copy)]
struct Item {
    kind: u8,
    customer: u64,
    fact: u64,
    at: i64,
    version: i64,
    file: u32,
    piece: u32,
    offset: u32,
}

/// Settles the rows of some pieces, which hold all that is staged of their customers.
pub(crate) fn settle_touchpoints<'a>(settling: &Settling<'_>, pieces: &'a [Vec<u8>]) -> Result<Settled<'a>, StoreError> {
    let mut items: Vec<Item> = Vec::new();
    let mut unnamed: Vec<Item> = Vec::new();
    let mut people: Vec<Person<'a>> = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        let mut offset = 0;
        for (touch, _, row) in Touch::split(piece) {
            let item = Item {
                kind: touch.kind,
                customer: touch.customer,
                fact: touch.fact,
                at: touch.at,
                version: touch.version,
                file: touch.file,
                piece: number as u32,
                offset: offset as u32,
            };
            if touch.has_id {
                items.push(item)
            } else {
                unnamed.push(item)
            }
            if touch.own && touch.customer != 0 {
                note(&mut people, &touch);
            }
            offset += row.len();
        }
    }
    count_equals(&mut unnamed);
    items.append(&mut unnamed);
    items.sort_unstable_by_key(|item| {
        (item.kind, item.customer, item.fact, Reverse((item.version, item.at)), item.file, item.piece, item.offset)
    });
    let others = take_others(&mut items, pieces);
    Ok(Settled { kinds: batches(settling, items, pieces)?, others: batches(settling, others, pieces)?, people: settle_people(people)? })
}

/// Leaves the first of each fact; of those after it, the first of each other claim comes back.
fn take_others(items: &mut Vec<Item>, pieces: &[Vec<u8>]) -> Vec<Item> {
    let claim = |item: &Item| Touch::read(&pieces[item.piece as usize][item.offset as usize..]).0.claim();
    let mut others = Vec::new();
    let mut claims = Vec::new();
    items.dedup_by(|next, kept| {
        let same = (next.kind, next.customer, next.fact) == (kept.kind, kept.customer, kept.fact);
        if !same {
            claims.clear();
            return false;
        }
        if claims.is_empty() {
            claims.push(claim(kept));
        }
        let own = claim(next);
        if !claims.contains(&own) {
            claims.push(own);
            others.push(*next);
        }
        true
    });
    others
}

fn batches(settling: &Settling<'_>, mut items: Vec<Item>, pieces: &[Vec<u8>]) -> Result<Vec<(FactKind, RecordBatch)>, StoreError> {
    items.sort_unstable_by_key(|item| (item.kind, item.customer, item.at, item.fact));
    let mut kinds = Vec::new();
    for rows in items.chunk_by(|a, b| a.kind == b.kind) {
        let Some(kind) = Touchpoint::ALL.get(usize::from(rows[0].kind)) else { continue };
        kinds.push((FactKind::Touchpoint(*kind), batch(settling, *kind, rows, pieces)?));
    }
    Ok(kinds)
}

/// Rows without an id become facts by content and occurrence: the second of two equal rows of one file is another fact,
/// and equal rows of two files are the same.
fn count_equals(items: &mut [Item]) {
    items.sort_unstable_by_key(|item| (item.kind, item.fact, item.file, item.version));
    let (mut before, mut occurrence) = (None, 0_u64);
    for item in items {
        let this = (item.kind, item.fact, item.file);
        occurrence = if before == Some(this) { occurrence + 1 } else { 1 };
        before = Some(this);
        item.fact = mix(&[item.fact, occurrence]);
    }
}

fn note<'a>(people: &mut Vec<Person<'a>>, touch: &Touch<'a>) {
    let person = Person {
        customer: touch.customer,
        registered: touch.named == Named::Registered,
        source: touch.source,
        at: touch.at,
        name: touch.name,
        email: if touch.named == Named::Email { touch.name } else { touch.email },
        phone: if touch.named == Named::Phone { touch.name } else { touch.phone },
    };
    // Rows of one customer often follow each other and say nothing new.
    match people.last_mut() {
        Some(last) if last.customer == person.customer && last.email == person.email && last.phone == person.phone => {
            last.at = last.at.max(person.at);
        }
        _ => people.push(person),
    }
}

/// One word on each person: the newest address they gave.
fn settle_people(mut all: Vec<Person<'_>>) -> Result<Vec<Person<'_>>, StoreError> {
    all.sort_unstable_by_key(|person| (person.customer, person.at, person.email, person.phone));
    let mut people: Vec<Person<'_>> = Vec::new();
    for person in all {
        match people.last_mut().filter(|last| last.customer == person.customer) {
            Some(last) => {
                if last.registered && person.registered && last.name != person.name {
                    return Err(StoreError::KeyCollision { first: last.name.to_owned(), second: person.name.to_owned() });
                }
                let (email, phone) = (last.email, last.phone);
                *last = person;
                last.email = if person.email.is_empty() { email } else { person.email };
                last.phone = if person.phone.is_empty() { phone } else { person.phone };
            }
            None => people.push(person),
        }
    }
    Ok(people)
}

/// A column under way.
enum Column {
    Code(Vec<TextCode>),
    Text(StringBuilder),
    Number(Slot, Vec<i64>),
    Flag(BooleanBuilder),
    Key(UInt64Builder),
}

fn batch(settling: &Settling<'_>, kind: Touchpoint, items: &[Item], pieces: &[Vec<u8>]) -> Result<RecordBatch, StoreError> {
    let slots = &SLOTS[usize::from(items[0].kind)];
    let rows = items.len();
    let mut columns: Vec<Column> = slots
        .iter()
        .map(|(_, slot)| match slot {
            Slot::Code => Column::Code(Vec::with_capacity(rows)),
            Slot::Text => Column::Text(StringBuilder::new()),
            Slot::Amount | Slot::Whole | Slot::Instant => Column::Number(*slot, Vec::with_capacity(rows)),
            Slot::Flag => Column::Flag(BooleanBuilder::with_capacity(rows)),
            Slot::Key => Column::Key(UInt64Builder::with_capacity(rows)),
        })
        .collect();
    let mut claims = StringBuilder::new();
    let mut sources = Vec::with_capacity(rows);
    for item in items {
        let (touch, mut values, _) = Touch::read(&pieces[item.piece as usize][item.offset as usize..]);
        claims.append_option(touch.claim());
        sources.push(touch.source);
        for (bit, column) in columns.iter_mut().enumerate() {
            match column {
                Column::Code(codes) => codes.push(values.code(bit)),
                Column::Number(slot, numbers) => numbers.push(values.number(bit, *slot)),
                Column::Text(texts) => match values.next(bit, Slot::Text) {
                    Some(Value::Text(text)) => texts.append_value(text),
                    _ => texts.append_null(),
                },
                Column::Flag(flags) => match values.next(bit, Slot::Flag) {
                    Some(Value::Flag(flag)) => flags.append_value(flag),
                    _ => flags.append_null(),
                },
                Column::Key(keys) => match values.next(bit, Slot::Key) {
                    Some(Value::Key(key)) => keys.append_value(key),
                    _ => keys.append_null(),
                },
            }
        }
    }
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(items.iter().map(|item| item.customer))),
        Arc::new(UInt64Array::from_iter_values(items.iter().map(|item| item.fact))),
        instants(items.iter().map(|item| item.at).collect()),
        settling.texts_column(&sources),
        Arc::new(claims.finish()),
    ];
    for column in columns {
        arrays.push(match column {
            Column::Code(codes) => settling.texts_column(&codes),
            Column::Text(mut texts) => Arc::new(texts.finish()),
            Column::Number(Slot::Amount, numbers) => amounts(numbers)?,
            Column::Number(Slot::Instant, numbers) => maybe_instants(numbers.into_iter()),
            Column::Number(_, numbers) => {
                Arc::new(numbers.into_iter().map(|number| (number != NO_AMOUNT).then_some(number)).collect::<Int64Array>())
            }
            Column::Flag(mut flags) => Arc::new(flags.finish()),
            Column::Key(mut keys) => Arc::new(keys.finish()),
        });
    }
    arrays.push(Arc::new(Int64Array::from_iter_values(items.iter().map(|item| item.version))));
    arrays.push(settling.commits(rows));
    arrays.push(Arc::new(BooleanArray::from(vec![false; rows])));
    Ok(RecordBatch::try_new(kind.schema(), arrays)?)
}

const _: () = assert!(NO_AMOUNT == NO_TIME);
