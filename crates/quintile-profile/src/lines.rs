//! Which lines count as goods sold, and their products and categories as numbers.

use crate::orders::Orders;
use crate::question::Launches;
use arrow::array::{Array, Decimal64Array, StringArray};
use quintile_model::batch::{CustomerBatch, NO_ORDER};
use quintile_model::columns::{RepeatedText, repeated};
use quintile_model::records::line_kind;
use quintile_model::time::AsOf;
use std::borrow::Cow;

/// Lines of goods sold in orders that count, closed up, in the order of customer and order.
pub(crate) struct Sales<'a> {
    /// Customer `i` has the sales `offsets[i]..offsets[i + 1]`.
    pub(crate) offsets: Cow<'a, [u32]>,
    /// The order of each, as a slot.
    pub(crate) slots: Cow<'a, [u32]>,
    rows: Option<Vec<u32>>,
}

impl<'a> Sales<'a> {
    pub(crate) fn of_batch(batch: &'a CustomerBatch, slots: Cow<'a, [u32]>) -> Self {
        let kinds = repeated(&batch.lines.rows, "kind");
        let sold: Vec<bool> = kinds.values().iter().map(|text| text == Some(line_kind::SALE)).collect();
        let codes: &[i32] = kinds.codes().values();
        // A nought for every line that counts, so that the common batch is told by one sweep without branches.
        let every_kind = sold.iter().all(|sold| *sold);
        let sale = |row: usize| slots[row] != NO_ORDER && (every_kind || sold[codes[row] as usize]);
        if (0..slots.len()).map(|row| u32::from(!sale(row))).fold(0, |any, no| any | no) == 0 {
            return Sales { offsets: Cow::Borrowed(&batch.lines.offsets), slots, rows: None };
        }
        let (mut offsets, mut rows) = (vec![0], Vec::with_capacity(slots.len()));
        for customer in 0..batch.keys.len() {
            rows.extend(batch.lines.of(customer).filter(|row| sale(*row)).map(|row| row as u32));
            offsets.push(rows.len() as u32);
        }
        let slots = rows.iter().map(|row| slots[*row as usize]).collect();
        Sales { offsets: Cow::Owned(offsets), slots, rows: Some(rows) }
    }

    /// The sales of a customer.
    #[inline]
    pub(crate) fn of(&self, customer: usize) -> std::ops::Range<usize> {
        self.offsets[customer] as usize..self.offsets[customer + 1] as usize
    }

    /// The rows of all in the batch.
    pub(crate) fn rows_of_batch(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.slots.len()).map(|sale| self.rows.as_ref().map_or(sale, |rows| rows[sale] as usize))
    }

    /// One value a sale.
    pub(crate) fn gather<'b, T: Copy>(&self, of_lines: Cow<'b, [T]>) -> Cow<'b, [T]>
    where
        [T]: ToOwned<Owned = Vec<T>>,
    {
        match &self.rows {
            None => of_lines,
            Some(rows) => rows.iter().map(|row| of_lines[*row as usize]).collect(),
        }
    }

    /// An amount of each sale.
    pub(crate) fn amounts<'b>(&self, amounts: &'b Decimal64Array) -> Cow<'b, [i64]> {
        self.gather(Cow::Borrowed(amounts.values()))
    }
}

/// No text.
pub(crate) const NO_TEXT: i32 = -1;

/// Repeated texts as numbers: equal texts have equal codes, and [`NO_TEXT`] is none.
pub(crate) struct Coded<'a> {
    /// One a row.
    pub(crate) codes: Cow<'a, [i32]>,
    /// What they stand for.
    pub(crate) texts: &'a StringArray,
}

impl<'a> Coded<'a> {
    pub(crate) fn of(column: RepeatedText<'a>) -> Self {
        let texts = column.values();
        let codes: &[i32] = column.codes().values();
        let first = first_of_equals(texts);
        if first.is_none() && column.codes().null_count() == 0 && texts.null_count() == 0 {
            return Coded { codes: Cow::Borrowed(codes), texts };
        }
        let of_code = |code: usize| match texts.is_valid(code) {
            false => NO_TEXT,
            true => first.as_ref().map_or(code as i32, |first| first[code]),
        };
        let nulls = column.codes().nulls();
        let codes = (0..codes.len())
            .map(|row| match nulls.is_none_or(|nulls| nulls.is_valid(row)) {
                true => of_code(codes[row] as usize),
                false => NO_TEXT,
            })
            .collect();
        Coded { codes, texts }
    }

    /// The text of a code.
    pub(crate) fn text(&self, code: i32) -> &'a str {
        self.texts.value(code as usize)
    }
}

/// For each text the first place of an equal one; `None` when all differ.
fn first_of_equals(texts: &StringArray) -> Option<Vec<i32>> {
    let size = (texts.len() * 2).next_power_of_two().max(4);
    let mut table: Vec<i32> = vec![-1; size];
    let mut first: Option<Vec<i32>> = None;
    for at in 0..texts.len() {
        let text = texts.value(at);
        let mut place = hash(text.as_bytes()) as usize & (size - 1);
        let found = loop {
            match table[place] {
                -1 => {
                    table[place] = at as i32;
                    break at as i32;
                }
                other if texts.value(other as usize) == text => break other,
                _ => place = (place + 1) & (size - 1),
            }
        };
        if found != at as i32 && first.is_none() {
            first = Some((0..at as i32).collect());
        }
        if let Some(first) = &mut first {
            first.push(found);
        }
    }
    first
}

/// A quick hash of short texts; equal ones are told apart by comparing.
fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = (state ^ u64::from_le_bytes(word)).wrapping_mul(ODD);
        state ^= state >> 29;
    }
    state ^ (state >> 32)
}

pub(crate) fn first_sale_times(batch: &CustomerBatch, as_of: &AsOf) -> Launches {
    let orders = Orders::counted(batch, as_of);
    let sales = Sales::of_batch(batch, orders.slots_of(&batch.line_order));
    let products = Coded::of(repeated(&batch.lines.rows, "product"));
    let codes = sales.gather(Cow::Borrowed(&*products.codes));
    let mut first = vec![i64::MAX; products.texts.len()];
    for (code, slot) in codes.iter().zip(&*sales.slots).filter(|(code, _)| **code >= 0) {
        let first = &mut first[*code as usize];
        *first = (*first).min(orders.at[*slot as usize]);
    }
    let sold = first.into_iter().enumerate().filter(|(_, at)| *at < i64::MAX);
    sold.map(|(code, at)| (products.text(code as i32).to_owned(), at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_found_and_distinct_ones_left_alone() {
        let distinct: Vec<String> = (0..5_000).map(|i| format!("product {i}")).collect();
        assert_eq!(first_of_equals(&StringArray::from(distinct)), None);
        let texts = StringArray::from(vec!["a", "b", "a", "", "b", "", "c"]);
        assert_eq!(first_of_equals(&texts), Some(vec![0, 1, 0, 3, 1, 3, 6]));
    }
}
