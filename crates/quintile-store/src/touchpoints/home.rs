//! Homes: under which customer the staged touchpoints of guests and visitors lie.

use super::log::LogScatter;
use super::row::Touch;
use super::{Staged, Tie};
use crate::StoreError;
use crate::identity::Claims;
use crate::intake::range_of;
use crate::moves::Plan;
use std::collections::HashMap;

/// What a visitor's fact says of its person, once it lies with a customer.
pub(crate) fn visitor_claim(visitor: u64) -> String {
    format!("{VISITOR}{visitor:016x}")
}

const VISITOR: &str = "visitor:";

/// The visitor of such a claim.
pub(crate) fn claimed_visitor(claim: &str) -> Option<u64> {
    let digits = claim.strip_prefix(VISITOR).filter(|digits| digits.len() == 16)?;
    u64::from_str_radix(digits, 16).ok()
}

/// The customer whom a tie gives a visitor to.
pub(crate) fn home_of(tie: &Tie, claims: &Claims) -> u64 {
    if tie.guest { claims.customer_of(tie.person) } else { tie.person }
}

/// Gives the staged facts of guests of one range, who turned out to be somebody else, to those customers.
pub(crate) fn place_guests(staged: &Staged, range: usize, joined: &HashMap<u64, u64>) -> Result<(), StoreError> {
    if joined.is_empty() || staged.guests.is_empty(range) {
        return Ok(());
    }
    let mut scatter = LogScatter::new();
    for piece in staged.guests.take(range)? {
        for (touch, values, row) in Touch::split(&piece) {
            match joined.get(&touch.customer) {
                Some(to) => scatter.row(range_of(*to), &staged.known, |out| touch.write_given(values, *to, touch.name, out))?,
                None => scatter.row(range, &staged.known, |out| out.extend_from_slice(row))?,
            }
        }
    }
    scatter.flush(&staged.known)
}

/// Gives the staged facts of visitors of one range who said who they are to those people; the others come back.
pub(crate) fn place_visitors(staged: &Staged, range: usize, plan: &Plan) -> Result<Vec<Vec<u8>>, StoreError> {
    let pieces = staged.visitors.take(range)?;
    if plan.ties.is_empty() {
        return Ok(pieces);
    }
    let mut homes: HashMap<u64, Option<u64>> = HashMap::new();
    let mut scatter = LogScatter::new();
    let mut left = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let mut kept = Vec::with_capacity(piece.len());
        for (touch, values, row) in Touch::split(&piece) {
            let visitor = touch.customer;
            let home = homes.entry(visitor).or_insert_with(|| plan.ties.find(visitor).map(|tie| home_of(tie, &plan.claims)));
            match home {
                Some(to) => {
                    let claim = visitor_claim(visitor);
                    scatter.row(range_of(*to), &staged.known, |out| touch.write_given(values, *to, &claim, out))?;
                }
                None => kept.extend_from_slice(row),
            }
        }
        if !kept.is_empty() {
            left.push(kept);
        }
    }
    scatter.flush(&staged.known)?;
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_of_a_visitor_is_no_address() {
        assert_eq!(claimed_visitor(&visitor_claim(0xAB)), Some(0xAB));
        assert_eq!(claimed_visitor(&visitor_claim(u64::MAX)), Some(u64::MAX));
        for other in ["visitor:7", "someone@example.com", "+4912345678", ""] {
            assert_eq!(claimed_visitor(other), None);
        }
    }
}
