//! One staged touchpoint as bytes.

use crate::intake::{NO_AMOUNT, NO_TIME};
use crate::intern::TextCode;
use arrow::datatypes::DataType;
use quintile_model::Touchpoint;
use std::sync::LazyLock;

/// How a touchpoint names its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub(crate) enum Named {
    /// Not at all.
    #[default]
    Nobody = 0,
    /// By the id of a browser or device.
    Visitor = 1,
    /// By a phone, and nothing better.
    Phone = 2,
    /// By an e-mail.
    Email = 3,
    /// By the source's id.
    Registered = 4,
}

impl Named {
    fn of(byte: u8) -> Named {
        match byte {
            4 => Named::Registered,
            3 => Named::Email,
            2 => Named::Phone,
            1 => Named::Visitor,
            _ => Named::Nobody,
        }
    }
}

/// What a column of a kind's own holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Code,
    Text,
    Amount,
    Whole,
    Flag,
    Instant,
    Key,
}

/// The columns that each kind alone has in the store, by the order of [`Touchpoint::ALL`].
pub(crate) static SLOTS: LazyLock<Vec<Vec<(String, Slot)>>> = LazyLock::new(|| {
    let slot = |data_type: &DataType| match data_type {
        DataType::Dictionary(..) => Slot::Code,
        DataType::Decimal64(..) => Slot::Amount,
        DataType::Int64 => Slot::Whole,
        DataType::Boolean => Slot::Flag,
        DataType::Timestamp(..) => Slot::Instant,
        DataType::UInt64 => Slot::Key,
        _ => Slot::Text,
    };
    Touchpoint::ALL
        .into_iter()
        .map(|kind| {
            let schema = kind.schema();
            let own = &schema.fields()[OWN..schema.fields().len() - PROVENANCE];
            own.iter().map(|field| (field.name().clone(), slot(field.data_type()))).collect()
        })
        .collect()
});

/// Columns of every kind before its own: customer, fact, time, source, claim.
pub(crate) const OWN: usize = 5;
/// Columns of every kind after its own: version, commit, document.
pub(crate) const PROVENANCE: usize = 3;

/// A value of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Code(TextCode),
    Text(&'a str),
    /// Amounts, whole numbers and instants.
    Number(i64),
    Flag(bool),
    Key(u64),
}

/// A touchpoint as staged, without its own columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Touch<'a> {
    /// Its place in [`Touchpoint::ALL`].
    pub kind: u8,
    pub named: Named,
    /// `customer` is who the row names, and nobody the row was given to.
    pub own: bool,
    /// Where it lies: the key it names, until somebody better is found.
    pub customer: u64,
    /// The fact key; of a row without an id, the hash of its content, of which the key is made once equal rows are counted.
    pub fact: u64,
    pub has_id: bool,
    pub at: i64,
    pub version: i64,
    pub file: u32,
    pub source: TextCode,
    /// The customer id, e-mail, phone or visitor's claim, whichever `named` says.
    pub name: &'a str,
    /// What else is said of a customer named by id or e-mail.
    pub email: &'a str,
    pub phone: &'a str,
}

const HAS_ID: u8 = 1;
const OWN_ROW: u8 = 2;
const WITH_EMAIL: u8 = 4;
const WITH_PHONE: u8 = 8;

impl<'a> Touch<'a> {
    /// Who somebody without an account says they are.
    pub fn claim(&self) -> Option<&'a str> {
        let claimed = matches!(self.named, Named::Email | Named::Phone | Named::Visitor) && !self.name.is_empty();
        claimed.then_some(self.name)
    }

    /// Appends the row; `values` has one for each slot of the kind, `None` where there is none.
    pub fn write<'v>(&self, values: impl Iterator<Item = Option<Value<'v>>>, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.customer.to_le_bytes());
        out.extend_from_slice(&self.fact.to_le_bytes());
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        let mut flags = 0;
        for (set, flag) in
            [(self.has_id, HAS_ID), (self.own, OWN_ROW), (!self.email.is_empty(), WITH_EMAIL), (!self.phone.is_empty(), WITH_PHONE)]
        {
            flags |= if set { flag } else { 0 };
        }
        out.extend_from_slice(&[self.kind | (self.named as u8) << 4, flags]);
        put(out, u64::from(self.file));
        put(out, u64::from(self.source));
        put_text(out, self.name);
        if !self.email.is_empty() {
            put_text(out, self.email);
        }
        if !self.phone.is_empty() {
            put_text(out, self.phone);
        }
        let mask_at = out.len();
        out.extend_from_slice(&[0; 2]);
        let mut mask = 0_u16;
        for (bit, value) in values.enumerate() {
            let Some(value) = value else { continue };
            mask |= 1 << bit;
            match value {
                Value::Code(code) => put(out, u64::from(code)),
                Value::Text(text) => put_text(out, text),
                Value::Number(number) => out.extend_from_slice(&number.to_le_bytes()),
                Value::Flag(flag) => out.push(u8::from(flag)),
                Value::Key(key) => out.extend_from_slice(&key.to_le_bytes()),
            }
        }
        out[mask_at..mask_at + 2].copy_from_slice(&mask.to_le_bytes());
        let length = (out.len() - start) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    /// The row that begins here, the bytes of its own columns, and how long it is.
    pub fn read(bytes: &'a [u8]) -> (Touch<'a>, Values<'a>, usize) {
        let mut at = Bytes(bytes);
        let length = (u32::from_le_bytes(at.take()) as usize).clamp(1, bytes.len());
        let (customer, fact) = (u64::from_le_bytes(at.take()), u64::from_le_bytes(at.take()));
        let (time, version) = (i64::from_le_bytes(at.take()), i64::from_le_bytes(at.take()));
        let [kind, flags] = at.take();
        let (file, source) = (at.number() as u32, at.number() as u32);
        let name = at.text();
        let email = if flags & WITH_EMAIL != 0 { at.text() } else { "" };
        let phone = if flags & WITH_PHONE != 0 { at.text() } else { "" };
        let touch = Touch {
            kind: kind & 0x0F,
            named: Named::of(kind >> 4),
            own: flags & OWN_ROW != 0,
            customer,
            fact,
            has_id: flags & HAS_ID != 0,
            at: time,
            version,
            file,
            source,
            name,
            email,
            phone,
        };
        let mask = u16::from_le_bytes(at.take());
        (touch, Values { mask, bytes: at }, length)
    }

    /// The rows of a piece.
    pub fn split(piece: &'a [u8]) -> impl Iterator<Item = (Touch<'a>, Values<'a>, &'a [u8])> {
        let mut rest = piece;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (touch, values, length) = Touch::read(rest);
            let (row, tail) = rest.split_at(length);
            rest = tail;
            Some((touch, values, row))
        })
    }

    /// Appends a staged row with another customer and name; the rest is copied.
    pub fn write_given(&self, values: Values<'_>, customer: u64, name: &str, out: &mut Vec<u8>) {
        let slots = &SLOTS[usize::from(self.kind)];
        let given = Touch { customer, name, own: false, ..*self };
        let mut values = values;
        given.write(slots.iter().enumerate().map(|(bit, (_, slot))| values.next(bit, *slot)), out);
    }
}

/// The own columns of a staged row, read one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    mask: u16,
    bytes: Bytes<'a>,
}

impl<'a> Values<'a> {
    /// The value of the next slot, which is number `bit`.
    #[inline]
    pub fn next(&mut self, bit: usize, slot: Slot) -> Option<Value<'a>> {
        if self.mask & (1 << bit) == 0 {
            return None;
        }
        Some(match slot {
            Slot::Code => Value::Code(self.bytes.number() as TextCode),
            Slot::Text => Value::Text(self.bytes.text()),
            Slot::Amount | Slot::Whole | Slot::Instant => Value::Number(i64::from_le_bytes(self.bytes.take())),
            Slot::Flag => Value::Flag(self.bytes.take::<1>() != [0]),
            Slot::Key => Value::Key(u64::from_le_bytes(self.bytes.take())),
        })
    }

    /// As the columns of batches want it: a code, or zero.
    #[inline]
    pub fn code(&mut self, bit: usize) -> TextCode {
        match self.next(bit, Slot::Code) {
            Some(Value::Code(code)) => code,
            _ => 0,
        }
    }

    /// A number, or the one that stands for none.
    #[inline]
    pub fn number(&mut self, bit: usize, slot: Slot) -> i64 {
        const { assert!(NO_AMOUNT == NO_TIME) };
        match self.next(bit, slot) {
            Some(Value::Number(number)) => number,
            _ => NO_AMOUNT,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    #[inline]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        // INVARIANT: logs hold whole rows, written by the twin of the reader.
        let (head, tail) = self.0.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
        self.0 = tail;
        *head
    }

    /// Seven bits a byte, lowest first.
    #[inline]
    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let [byte] = self.take();
            number |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift > 63 {
                return number;
            }
        }
    }

    #[inline]
    fn text(&mut self) -> &'a str {
        let length = (self.number() as usize).min(self.0.len());
        let (text, tail) = self.0.split_at(length);
        self.0 = tail;
        std::str::from_utf8(text).unwrap_or_default()
    }
}

#[inline]
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[inline]
fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in() {
        let kind = Touchpoint::ALL.iter().position(|kind| *kind == Touchpoint::Tickets).unwrap();
        let touch = Touch {
            kind: kind as u8,
            named: Named::Email,
            own: true,
            customer: 77,
            fact: 5,
            at: -3,
            version: 9,
            file: 300,
            source: 2,
            name: "ä@example.com",
            phone: "123",
            ..Touch::default()
        };
        let slots = &SLOTS[kind];
        let values: Vec<Option<Value<'_>>> = slots
            .iter()
            .map(|(_, slot)| match slot {
                Slot::Code => Some(Value::Code(1 << 20)),
                Slot::Flag => Some(Value::Flag(true)),
                Slot::Instant => None,
                _ => Some(Value::Number(-8)),
            })
            .collect();
        let mut bytes = Vec::new();
        touch.write(values.iter().copied(), &mut bytes);
        touch.write(values.iter().copied(), &mut bytes);
        let mut count = 0;
        for (back, mut own, row) in Touch::split(&bytes) {
            assert_eq!(back, touch);
            assert_eq!(row.len() * 2, bytes.len());
            let mut given = Vec::new();
            touch.write_given(own, 8, "other", &mut given);
            let (other, mut moved, _) = Touch::read(&given);
            assert_eq!((other.customer, other.name, other.own, other.at), (8, "other", false, -3));
            for (bit, (_, slot)) in slots.iter().enumerate() {
                assert_eq!(own.next(bit, *slot), values[bit]);
                assert_eq!(moved.next(bit, *slot), values[bit]);
            }
            count += 1;
        }
        assert_eq!(count, 2);
    }
}
