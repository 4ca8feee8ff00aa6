//! Who is who: which e-mails and phones belong to which registered customer.
//!
//! A guest joins the one registered customer with the same e-mail. Where two registered customers share an e-mail,
//! the guest stays its own; registered customers are never merged. A phone speaks only where there is no e-mail and
//! exactly one customer has it. The answer depends on the set of claims alone, not on the order they came in.

use crate::StoreError;
use crate::run;
use arrow::array::{ArrayRef, AsArray, UInt8Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt8Type};
use arrow::record_batch::RecordBatch;
use quintile_model::{KeyMaker, columns};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What a claim says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Sort {
    /// A registered customer has this e-mail.
    Email = 1,
    /// A customer (registered, or a guest known by e-mail) has this phone.
    Phone = 2,
    /// There are facts of a guest under this key.
    Guest = 3,
}

/// `key` is the guest key that the e-mail or phone makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Claim {
    pub key: u64,
    pub customer: u64,
    pub sort: Sort,
}

/// The guest keys that a written claim may make: as an e-mail, and as a phone.
pub(crate) fn guest_keys(claim: &str) -> [u64; 2] {
    let guests = KeyMaker::new("");
    [guests.guest_by_email(claim).0, guests.guest_by_phone(claim).0]
}

/// Claims, ready to be asked.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    by_key: HashMap<u64, BTreeSet<(Sort, u64)>>,
}

impl Claims {
    pub fn add(&mut self, claims: impl IntoIterator<Item = Claim>) {
        for claim in claims {
            self.by_key.entry(claim.key).or_default().insert((claim.sort, claim.customer));
        }
    }

    /// The customer a guest key stands for: the one registered customer with that e-mail, or the one customer with
    /// that phone, else the guest.
    pub fn customer_of(&self, guest: u64) -> u64 {
        let Some(claims) = self.by_key.get(&guest) else { return guest };
        let of = |sort: Sort| claims.iter().filter(move |claim| claim.0 == sort).map(|claim| claim.1);
        let mut emails = of(Sort::Email);
        match (emails.next(), emails.next()) {
            (Some(one), None) => return one,
            (Some(_), Some(_)) => return guest,
            (None, _) => {}
        }
        // A guest known by e-mail may have that phone: ask who that guest is.
        let owners: BTreeSet<u64> =
            of(Sort::Phone).map(|customer| if customer == guest { guest } else { self.customer_of_email(customer) }).collect();
        match owners.len() {
            1 => owners.into_iter().next().unwrap_or(guest),
            _ => guest,
        }
    }

    fn customer_of_email(&self, customer: u64) -> u64 {
        let Some(claims) = self.by_key.get(&customer) else { return customer };
        let mut emails = claims.iter().filter(|claim| claim.0 == Sort::Email).map(|claim| claim.1);
        match (emails.next(), emails.next()) {
            (Some(one), None) => one,
            _ => customer,
        }
    }

    /// Are there facts under this guest key?
    pub fn has_guest(&self, guest: u64) -> bool {
        self.by_key.get(&guest).is_some_and(|claims| claims.iter().any(|claim| claim.0 == Sort::Guest))
    }

    pub fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.by_key.keys().copied()
    }
}

/// All stored claims that bear on the keys of interest, directly or through a guest they name.
pub(crate) fn stored_claims(files: &[PathBuf], interesting: &HashSet<u64>) -> Result<Vec<Claim>, StoreError> {
    if files.is_empty() || interesting.is_empty() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for path in files {
        run::read_plain(path, |batch| {
            let keys = columns::keys(batch, "claim_key").values();
            let customers = columns::keys(batch, "customer_key").values();
            let sorts = batch.column_by_name("sort").map(|column| column.as_primitive::<UInt8Type>());
            let sorts = sorts.ok_or_else(|| StoreError::Damaged(format!("`sort` is missing in {}", path.display())))?;
            for row in 0..keys.len() {
                let sort = match sorts.value(row) {
                    1 => Sort::Email,
                    2 => Sort::Phone,
                    _ => Sort::Guest,
                };
                all.push(Claim { key: keys[row], customer: customers[row], sort });
            }
            Ok(())
        })?;
    }
    // Phones reach guests, guests reach e-mails: two steps are all there are, in either direction.
    let mut wanted = interesting.clone();
    for _ in 0..2 {
        for claim in &all {
            if wanted.contains(&claim.key) || wanted.contains(&claim.customer) {
                wanted.insert(claim.key);
                if claim.sort == Sort::Phone {
                    wanted.insert(claim.customer);
                }
            }
        }
    }
    all.retain(|claim| wanted.contains(&claim.key));
    Ok(all)
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("claim_key", DataType::UInt64, false),
        Field::new("customer_key", DataType::UInt64, false),
        Field::new("sort", DataType::UInt8, false),
    ]))
}

/// Claims as they are kept on disk.
pub(crate) fn claim_batches(claims: &[Claim]) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    claims.chunks(1 << 18).map(|claims| {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(claims.iter().map(|c| c.key))),
            Arc::new(UInt64Array::from_iter_values(claims.iter().map(|c| c.customer))),
            Arc::new(UInt8Array::from_iter_values(claims.iter().map(|c| c.sort as u8))),
        ];
        Ok(RecordBatch::try_new(schema(), arrays)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(list: &[(u64, u64, Sort)]) -> Claims {
        let mut claims = Claims::default();
        claims.add(list.iter().map(|(key, customer, sort)| Claim { key: *key, customer: *customer, sort: *sort }));
        claims
    }

    #[test]
    fn a_guest_joins_the_one_registered_customer_with_its_email() {
        assert_eq!(claims(&[(10, 1, Sort::Email)]).customer_of(10), 1);
        assert_eq!(claims(&[(10, 1, Sort::Email), (10, 2, Sort::Email)]).customer_of(10), 10);
        assert_eq!(claims(&[]).customer_of(10), 10);
    }

    #[test]
    fn a_phone_joins_the_one_customer_who_has_it() {
        let one = [(20, 10, Sort::Phone), (10, 1, Sort::Email)];
        assert_eq!(claims(&one).customer_of(20), 1, "through the guest's e-mail to the registered customer");
        assert_eq!(claims(&[(20, 10, Sort::Phone), (20, 1, Sort::Phone), (10, 1, Sort::Email)]).customer_of(20), 1);
        assert_eq!(claims(&[(20, 1, Sort::Phone), (20, 2, Sort::Phone)]).customer_of(20), 20);
    }
}
