//! A batch of touchpoints, of a connector or of the store, as the values of staged rows.

use super::row::{SLOTS, Slot, Value};
use crate::intern::{TextCode, Texts};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray, UInt64Array};
use arrow::datatypes::{Decimal64Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use quintile_model::columns::{self, RepeatedText};
use quintile_model::ids::{mix, normal_email, text_hash};
use quintile_model::{KeyMaker, Touchpoint};

/// The own columns of a kind, ready to be read row by row.
pub(crate) struct Columns<'a> {
    slots: Vec<Column<'a>>,
}

enum Column<'a> {
    Absent,
    Code {
        texts: RepeatedText<'a>,
        codes: Vec<TextCode>,
        hashes: Vec<u64>,
    },
    Text(&'a StringArray),
    Number {
        values: &'a [i64],
        array: &'a ArrayRef,
    },
    Flag(&'a BooleanArray),
    Key(&'a UInt64Array),
    /// Ids of orders.
    OrderIds(&'a StringArray),
    /// Ids and e-mails of customers, of which either may be absent.
    People {
        ids: Option<&'a StringArray>,
        emails: Option<&'a StringArray>,
    },
}

/// Texts of events that are far longer than anything useful are cut.
const LONGEST: usize = 64 * 1024;

impl<'a> Columns<'a> {
    /// With `hashes`, rows can be asked for the hash of their content.
    pub fn of(batch: &'a RecordBatch, kind: Touchpoint, texts: &Texts, hashes: bool) -> Columns<'a> {
        let place = Touchpoint::ALL.iter().position(|other| *other == kind).unwrap_or_default();
        let slots = SLOTS[place].iter().map(|(name, slot)| column(batch, name, *slot, texts, hashes)).collect();
        Columns { slots }
    }

    /// The values of a row, one for each slot.
    pub fn row<'b>(&'b self, row: usize, keys: &'b KeyMaker, guests: &'b KeyMaker) -> impl Iterator<Item = Option<Value<'b>>> + 'b {
        self.slots.iter().map(move |column| column.value(row, keys, guests))
    }

    /// A hash of all values of a row, which does not depend on the import's numbers.
    pub fn hash(&self, row: usize, keys: &KeyMaker, guests: &KeyMaker) -> u64 {
        self.slots.iter().fold(0, |hash, column| match column {
            Column::Code { texts, hashes, .. } => mix(&[hash, texts.code(row).map_or(0, |code| hashes[code])]),
            other => match other.value(row, keys, guests) {
                None => mix(&[hash, 0]),
                Some(Value::Text(text)) => mix(&[hash, text_hash(text)]),
                Some(Value::Number(number)) => mix(&[hash, number as u64, 1]),
                Some(Value::Flag(flag)) => mix(&[hash, u64::from(flag), 2]),
                Some(Value::Key(key)) => mix(&[hash, key, 3]),
                Some(Value::Code(code)) => mix(&[hash, u64::from(code), 4]),
            },
        })
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str, slot: Slot, texts: &Texts, hashes: bool) -> Column<'a> {
    let text = |name: &str| batch.column_by_name(name).is_some().then(|| columns::texts(batch, name));
    match (batch.column_by_name(name), slot) {
        (None, Slot::Key) if name == "order_key" => text("order_id").map_or(Column::Absent, Column::OrderIds),
        (None, Slot::Key) => Column::People { ids: text("referred_id"), emails: text("referred_email") },
        (None, _) => Column::Absent,
        (Some(_), Slot::Code) => {
            let repeated = columns::repeated(batch, name);
            let hash = |text: Option<&str>| text.map_or(0, text_hash);
            let hashes = if hashes { repeated.values().iter().map(hash).collect() } else { Vec::new() };
            Column::Code { texts: repeated, codes: texts.codes_of(repeated), hashes }
        }
        (Some(_), Slot::Text) => Column::Text(columns::texts(batch, name)),
        (Some(_), Slot::Flag) => Column::Flag(columns::flags(batch, name)),
        (Some(_), Slot::Key) => Column::Key(columns::keys(batch, name)),
        (Some(array), Slot::Amount) => Column::Number { values: array.as_primitive::<Decimal64Type>().values(), array },
        (Some(array), Slot::Whole) => Column::Number { values: array.as_primitive::<Int64Type>().values(), array },
        (Some(array), Slot::Instant) => Column::Number { values: array.as_primitive::<TimestampMicrosecondType>().values(), array },
    }
}

fn given(texts: &StringArray, row: usize) -> Option<&str> {
    texts.is_valid(row).then(|| texts.value(row)).filter(|text| !text.is_empty())
}

impl Column<'_> {
    #[inline]
    fn value(&self, row: usize, keys: &KeyMaker, guests: &KeyMaker) -> Option<Value<'_>> {
        match self {
            Column::Absent => None,
            Column::Code { texts, codes, .. } => texts.code(row).map(|code| codes[code]).filter(|code| *code != 0).map(Value::Code),
            Column::Text(texts) => given(texts, row).map(|text| Value::Text(&text[..text.floor_char_boundary(LONGEST)])),
            Column::Number { values, array } => array.is_valid(row).then(|| Value::Number(values[row])),
            Column::Flag(flags) => flags.is_valid(row).then(|| Value::Flag(flags.value(row))),
            Column::Key(keys) => keys.is_valid(row).then(|| Value::Key(keys.value(row))),
            Column::OrderIds(ids) => given(ids, row).map(|id| Value::Key(keys.order(id).0)),
            Column::People { ids, emails } => {
                let id = ids.and_then(|ids| given(ids, row)).map(|id| keys.registered(id).0);
                let email = || emails.and_then(|emails| given(emails, row)).and_then(normal_email).map(|e| guests.guest_by_email(&e).0);
                id.or_else(email).map(Value::Key)
            }
        }
    }
}
