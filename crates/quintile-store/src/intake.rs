//! Staging: rows of an import as compact bytes, in memory up to a budget and in temporary files beyond it.
//!
//! Rows are scattered over [`RANGES`] ranges of customer keys as soon as their customer is known, so that settling
//! later takes one range at a time and never holds the whole import.

use crate::StoreError;
use crate::intern::TextCode;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Ranges of customer keys that rows are scattered over: the top eight bits. Of ten million orders one range is a few
/// megabytes, so that settling it, which jumps about in it, mostly finds it in the processor's cache.
pub(crate) const RANGES: usize = 256;

/// The range of a customer key.
pub(crate) fn range_of(customer_key: u64) -> usize {
    (customer_key >> 56) as usize
}

/// An amount that is not there.
pub(crate) const NO_AMOUNT: i64 = i64::MIN;
/// A time that is not there.
pub(crate) const NO_TIME: i64 = i64::MIN;

/// How a row names its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub(crate) enum Who {
    /// Not at all.
    #[default]
    Nobody = 0,
    /// A phone, and nothing better.
    Phone = 1,
    /// An e-mail.
    Email = 2,
    /// The source's id.
    Registered = 3,
}

impl Who {
    pub fn of(byte: u8) -> Who {
        match byte {
            3 => Who::Registered,
            2 => Who::Email,
            1 => Who::Phone,
            _ => Who::Nobody,
        }
    }
}

/// A line as staged. `rank` is its order's place among the owners once known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineRow {
    pub order_key: u64,
    pub rank: u32,
    pub file: u32,
    /// Hash of the line's id where it has one, else of its content.
    pub content: u64,
    pub has_id: bool,
    pub kind: TextCode,
    pub product: TextCode,
    pub title: TextCode,
    pub category: TextCode,
    pub brand: TextCode,
    pub quantity: i64,
    pub unit_price: i64,
    pub discount: i64,
    pub refund: i64,
}

impl LineRow {
    /// As few bytes as the line needs: a mask says what follows. The order key is left out where the rank says it all.
    pub fn write(&self, out: &mut Vec<u8>) {
        let codes = [self.kind, self.product, self.title, self.category, self.brand];
        let amounts = [self.unit_price, self.discount, self.refund];
        let mut mask = (self.has_id as u16) | ((self.order_key != 0) as u16) << 1;
        for (bit, present) in codes.iter().map(|code| *code != 0).chain(amounts.iter().map(|amount| *amount != NO_AMOUNT)).enumerate() {
            mask |= (present as u16) << (bit + 2);
        }
        let mut bytes = [0_u8; 96];
        let mut at = 0;
        let mut put = |part: &[u8]| {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        };
        put(&mask.to_le_bytes());
        put(&self.rank.to_le_bytes());
        put(&self.file.to_le_bytes());
        put(&self.content.to_le_bytes());
        put(&self.quantity.to_le_bytes());
        if self.order_key != 0 {
            put(&self.order_key.to_le_bytes());
        }
        codes.iter().filter(|code| **code != 0).for_each(|code| put(&code.to_le_bytes()));
        amounts.iter().filter(|amount| **amount != NO_AMOUNT).for_each(|amount| put(&amount.to_le_bytes()));
        out.extend_from_slice(&bytes[..at]);
    }

    /// Passes over a line; its rank and file.
    pub fn skip(bytes: &mut Reading<'_>) -> (u32, u32) {
        let mask = bytes.u16();
        let (rank, file) = (bytes.u32(), bytes.u32());
        // Content, quantity, and what the mask says: an order key, codes, amounts.
        let eights = 2 + (mask & 0b11_1000_0010).count_ones() as usize;
        let fours = (mask & 0b00_0111_1100).count_ones() as usize;
        bytes.skip(8 * eights + 4 * fours);
        (rank, file)
    }

    pub fn read(bytes: &mut Reading<'_>) -> LineRow {
        let mut head = Reading { bytes: &bytes.take::<26>() };
        let mask = head.u16();
        let mut line = LineRow {
            has_id: mask & 1 != 0,
            rank: head.u32(),
            file: head.u32(),
            content: head.u64(),
            quantity: head.i64(),
            unit_price: NO_AMOUNT,
            discount: NO_AMOUNT,
            refund: NO_AMOUNT,
            ..LineRow::default()
        };
        if mask & 2 != 0 {
            line.order_key = bytes.u64();
        }
        let codes = [&mut line.kind, &mut line.product, &mut line.title, &mut line.category, &mut line.brand];
        for (bit, code) in codes.into_iter().enumerate() {
            if mask & (1 << (bit + 2)) != 0 {
                *code = bytes.u32();
            }
        }
        for (bit, amount) in [&mut line.unit_price, &mut line.discount, &mut line.refund].into_iter().enumerate() {
            if mask & (1 << (bit + 7)) != 0 {
                *amount = bytes.i64();
            }
        }
        line
    }
}

/// An order as staged.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderRow<'a> {
    /// Its key; once it is placed, its rank.
    pub order: u64,
    /// The customer its own row names: registered, or a guest by e-mail or phone; zero for nobody.
    pub named: u64,
    pub who: Who,
    pub at: i64,
    pub version: i64,
    pub file: u32,
    /// total, subtotal, shipping, tax, discount.
    pub amounts: [i64; 5],
    /// standing, status, currency, channel, discount_codes, tags, country, region, city, postcode, company.
    pub codes: [TextCode; 11],
    pub order_id: &'a str,
    pub customer_id: &'a str,
    /// Normalised.
    pub email: &'a str,
    /// Normalised.
    pub phone: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
}

/// The bytes of one staged order, and what decides about it before the rest is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderBytes<'a> {
    /// Its key; once it is placed in a range, its rank.
    pub order: u64,
    pub version: i64,
    pub file: u32,
    pub bytes: &'a [u8],
}

impl OrderBytes<'_> {
    /// Appends the row with its order named by rank instead of key, or by key again.
    pub fn rename(&self, order: u64, out: &mut Vec<u8>) {
        let (length, tail) = self.bytes.split_at(size_of::<u32>());
        out.extend_from_slice(length);
        out.extend_from_slice(&order.to_le_bytes());
        out.extend_from_slice(&tail[size_of_val(&order)..]);
    }
}

impl<'a> OrderRow<'a> {
    /// The rows of a chunk, unread.
    pub fn split(chunk: &'a [u8]) -> impl Iterator<Item = OrderBytes<'a>> {
        let mut rest = chunk;
        std::iter::from_fn(move || {
            let mut head = Reading::of(rest);
            if head.is_empty() {
                return None;
            }
            let length = (head.u32() as usize).min(rest.len());
            let row = OrderBytes { order: head.u64(), version: head.i64(), file: head.u32(), bytes: &rest[..length] };
            rest = &rest[length..];
            Some(row)
        })
    }

    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.order.to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.file.to_le_bytes());
        out.extend_from_slice(&self.named.to_le_bytes());
        out.push(self.who as u8);
        out.extend_from_slice(&self.at.to_le_bytes());
        // Most sources state few of these: a mask says which follow.
        let mut mask = 0_u16;
        for (bit, present) in self.amounts.iter().map(|a| *a != NO_AMOUNT).chain(self.codes.iter().map(|c| *c != 0)).enumerate() {
            mask |= (present as u16) << bit;
        }
        out.extend_from_slice(&mask.to_le_bytes());
        for amount in self.amounts.iter().filter(|amount| **amount != NO_AMOUNT) {
            out.extend_from_slice(&amount.to_le_bytes());
        }
        for code in self.codes.iter().filter(|code| **code != 0) {
            out.extend_from_slice(&code.to_le_bytes());
        }
        for text in [self.order_id, self.customer_id, self.email, self.phone, self.first_name, self.last_name] {
            write_text(out, text);
        }
        let length = (out.len() - start) as u32;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    }

    pub fn read(bytes: &mut Reading<'a>) -> OrderRow<'a> {
        let _length = bytes.u32();
        let mut row = OrderRow {
            order: bytes.u64(),
            version: bytes.i64(),
            file: bytes.u32(),
            named: bytes.u64(),
            who: Who::of(bytes.u8()),
            at: bytes.i64(),
            amounts: [NO_AMOUNT; 5],
            ..OrderRow::default()
        };
        let mask = bytes.u16();
        for (bit, amount) in row.amounts.iter_mut().enumerate() {
            if mask & (1 << bit) != 0 {
                *amount = bytes.i64();
            }
        }
        for (bit, code) in row.codes.iter_mut().enumerate() {
            if mask & (1 << (bit + 5)) != 0 {
                *code = bytes.u32();
            }
        }
        row.order_id = bytes.text();
        row.customer_id = bytes.text();
        row.email = bytes.text();
        row.phone = bytes.text();
        row.first_name = bytes.text();
        row.last_name = bytes.text();
        row
    }
}

/// What a source says of a registered customer, as staged.
#[derive(Debug, Clone, Default)]
pub(crate) struct CustomerRow<'a> {
    pub customer_key: u64,
    pub at: i64,
    pub version: i64,
    pub file: u32,
    /// language, tags, account_status, email_consent, sms_consent, country, region, city, postcode, company, gender,
    /// organisation_type, acquisition_source, acquisition_campaign, lead_source.
    pub codes: [TextCode; 15],
    pub birthday: &'a str,
    pub customer_id: &'a str,
    pub email: &'a str,
    pub phone: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
}

impl<'a> CustomerRow<'a> {
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.customer_key.to_le_bytes());
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.file.to_le_bytes());
        for code in self.codes {
            out.extend_from_slice(&code.to_le_bytes());
        }
        for text in [self.birthday, self.customer_id, self.email, self.phone, self.first_name, self.last_name] {
            write_text(out, text);
        }
    }

    pub fn read(bytes: &mut Reading<'a>) -> CustomerRow<'a> {
        let mut row =
            CustomerRow { customer_key: bytes.u64(), at: bytes.i64(), version: bytes.i64(), file: bytes.u32(), ..CustomerRow::default() };
        for code in &mut row.codes {
            *code = bytes.u32();
        }
        row.birthday = bytes.text();
        row.customer_id = bytes.text();
        row.email = bytes.text();
        row.phone = bytes.text();
        row.first_name = bytes.text();
        row.last_name = bytes.text();
        row
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    // Texts of rows are ids, names and addresses; the intake cuts them far below this.
    let length = text.len().min(u16::MAX as usize);
    out.extend_from_slice(&(length as u16).to_le_bytes());
    out.extend_from_slice(&text.as_bytes()[..length]);
}

/// Reads staged rows back, in the order they were written.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    bytes: &'a [u8],
}

impl<'a> Reading<'a> {
    pub fn of(bytes: &'a [u8]) -> Reading<'a> {
        Reading { bytes }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes not read yet.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        // INVARIANT: as in `take`.
        self.bytes = self.bytes.get(bytes..).unwrap_or_default();
    }

    #[inline]
    fn take<const N: usize>(&mut self) -> [u8; N] {
        // INVARIANT: spools hold whole rows, written by the twin of the reader.
        let (head, tail) = self.bytes.split_first_chunk::<N>().unwrap_or((&[0; N], &[]));
        self.bytes = tail;
        *head
    }
    #[inline]
    fn u8(&mut self) -> u8 {
        self.take::<1>()[0]
    }
    #[inline]
    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }
    #[inline]
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }
    #[inline]
    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
    #[inline]
    fn i64(&mut self) -> i64 {
        i64::from_le_bytes(self.take())
    }
    fn text(&mut self) -> &'a str {
        let length = (self.u16() as usize).min(self.bytes.len());
        let (text, tail) = self.bytes.split_at(length);
        self.bytes = tail;
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// Memory that all spools of an import share.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
    folder: PathBuf,
}

impl Budget {
    pub fn new(limit: usize, folder: &Path) -> Arc<Budget> {
        Arc::new(Budget { used: AtomicUsize::new(0), limit, folder: folder.to_owned() })
    }

    /// Counts bytes in; whether there was room for them.
    pub fn take(&self, bytes: usize) -> bool {
        self.used.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.limit
    }

    pub fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Where temporary files are made.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A growing list of bytes: chunks in memory, and in a temporary file when the budget is spent.
#[derive(Debug)]
pub(crate) struct Spool {
    budget: Arc<Budget>,
    inside: Mutex<Chunks>,
}

#[derive(Debug, Default)]
struct Chunks {
    memory: Vec<Vec<u8>>,
    file: Option<File>,
    file_chunks: Vec<usize>,
}

impl Spool {
    pub fn new(budget: &Arc<Budget>) -> Spool {
        Spool { budget: budget.clone(), inside: Mutex::default() }
    }

    /// Appends whole rows.
    pub fn push(&self, rows: Vec<u8>) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut chunks = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let used = self.budget.used.fetch_add(rows.len(), Ordering::Relaxed) + rows.len();
        chunks.memory.push(rows);
        if used <= self.budget.limit {
            return Ok(());
        }
        let failed = |source| StoreError::File { doing: "write a temporary file in", path: self.budget.folder.clone(), source };
        if chunks.file.is_none() {
            chunks.file = Some(tempfile::tempfile_in(&self.budget.folder).map_err(failed)?);
        }
        for chunk in std::mem::take(&mut chunks.memory) {
            self.budget.used.fetch_sub(chunk.len(), Ordering::Relaxed);
            chunks.file_chunks.push(chunk.len());
            if let Some(file) = &mut chunks.file {
                file.write_all(&chunk).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Hands the chunks to `work`, one by one, and forgets them.
    pub fn drain(&self, mut work: impl FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.each(|chunk| work(&chunk))
    }

    /// The chunks, forgotten here. Each holds whole rows.
    pub fn take(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut chunks = Vec::new();
        self.each(|chunk| {
            chunks.push(chunk);
            Ok(())
        })?;
        Ok(chunks)
    }

    fn each(&self, mut work: impl FnMut(Vec<u8>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let chunks = std::mem::take(&mut *self.inside.lock().unwrap_or_else(PoisonError::into_inner));
        let failed = |source| StoreError::File { doing: "read a temporary file in", path: self.budget.folder.clone(), source };
        if let Some(mut file) = chunks.file {
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            for length in chunks.file_chunks {
                let mut bytes = vec![0; length];
                file.read_exact(&mut bytes).map_err(failed)?;
                work(bytes)?;
            }
        }
        for chunk in chunks.memory {
            self.budget.used.fetch_sub(chunk.len(), Ordering::Relaxed);
            work(chunk)?;
        }
        Ok(())
    }
}

/// One spool for each range of customer keys.
#[derive(Debug)]
pub(crate) struct RangedSpool {
    ranges: Vec<Spool>,
}

impl RangedSpool {
    pub fn new(budget: &Arc<Budget>) -> RangedSpool {
        RangedSpool { ranges: (0..RANGES).map(|_| Spool::new(budget)).collect() }
    }

    pub fn range(&self, range: usize) -> &Spool {
        &self.ranges[range]
    }
}

/// A thread's own buffers in front of a [`RangedSpool`].
#[derive(Debug)]
pub(crate) struct Scatter {
    buffers: Vec<Vec<u8>>,
}

/// A buffer is handed on when it is this large.
const CHUNK: usize = 8 * 1024;

impl Scatter {
    pub fn new() -> Scatter {
        Scatter { buffers: (0..RANGES).map(|_| Vec::new()).collect() }
    }

    /// Appends a row to a range.
    #[inline]
    pub fn row(&mut self, range: usize, spool: &RangedSpool, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        let buffer = &mut self.buffers[range];
        write(buffer);
        if buffer.len() >= CHUNK {
            let next = Vec::with_capacity(CHUNK + 1024);
            spool.ranges[range].push(std::mem::replace(buffer, next))?;
        }
        Ok(())
    }

    /// Hands on what is left.
    pub fn flush(&mut self, spool: &RangedSpool) -> Result<(), StoreError> {
        for (range, buffer) in self.buffers.iter_mut().enumerate() {
            spool.ranges[range].push(std::mem::take(buffer))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in_from_memory_and_from_files() {
        for limit in [usize::MAX, 0] {
            let folder = tempfile::tempdir().unwrap();
            let spool = Spool::new(&Budget::new(limit, folder.path()));
            let row = OrderRow {
                order: 5,
                who: Who::Email,
                at: -3,
                amounts: [1, NO_AMOUNT, 3, NO_AMOUNT, -5],
                codes: [1, 0, 3, 0, 5, 0, 7, 0, 9, 0, 11],
                order_id: "№ 7",
                email: "a@example.com",
                ..OrderRow::default()
            };
            let line = LineRow { content: 9, has_id: true, refund: NO_AMOUNT, brand: 4, ..LineRow::default() };
            let mut bytes = Vec::new();
            row.write(&mut bytes);
            line.write(&mut bytes);
            spool.push(bytes).unwrap();
            let all = spool.take().unwrap().concat();
            let mut reading = Reading::of(&all);
            let back = OrderRow::read(&mut reading);
            assert_eq!((back.order, back.who, back.at, back.amounts, back.codes), (5, Who::Email, -3, row.amounts, row.codes));
            assert_eq!((back.order_id, back.email, back.last_name), ("№ 7", "a@example.com", ""));
            let mut skipping = Reading::of(&all[all.len() - reading.left()..]);
            LineRow::skip(&mut skipping);
            assert!(skipping.is_empty());
            let back = LineRow::read(&mut reading);
            assert_eq!((back.content, back.has_id, back.refund, back.brand), (9, true, NO_AMOUNT, 4));
            assert!(reading.is_empty());
        }
    }
}
