//! Which customer an order belongs to: this import's orders and those the store knows.
//!
//! Lines, refunds and cancellations name an order; they go where it goes.

use crate::StoreError;
use crate::intake::{NO_TIME, RANGES, Who};
use crate::run;
use arrow::array::AsArray;
use arrow::array::{ArrayRef, BooleanArray, Int64Array, UInt8Array, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt8Type};
use arrow::record_batch::RecordBatch;
use quintile_model::columns;
use rayon::slice::ParallelSliceMut;
use std::path::PathBuf;
use std::sync::Arc;

/// An order and whose it is. After [`settle_owners`], one for each order key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub order_key: u64,
    /// Zero for nobody.
    pub customer: u64,
    pub who: Who,
    /// The guest key that its e-mail or phone makes, where it names no registered customer; else zero.
    pub claim: u64,
    /// The order's time.
    pub at: i64,
    /// The newest version known, of this import or the store.
    pub version: i64,
    /// The newest version within this import.
    pub import_version: i64,
    /// The file of that version, for documents.
    pub file: u32,
    /// Whether that version is a whole document.
    pub document: bool,
    /// An id that only lines refer to (a credit note), not an order.
    pub only_lines: bool,
}

/// The orders of an import in the order of customers and time; an order's place there is its rank.
#[derive(Debug)]
pub(crate) struct Owners {
    by_rank: Vec<Owner>,
    /// Ascending by order key.
    by_key: Vec<Place>,
    /// For the top bits of a key, where in `by_key` to begin.
    starts: Vec<u32>,
    shift: u32,
    /// First rank of each range of customers, and past the last.
    range_starts: Vec<u32>,
}

/// The rank of an order that is not there.
pub(crate) const NO_RANK: u32 = u32::MAX;

/// An order key and its order's rank, side by side: a look-up among millions waits for memory once instead of twice.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    order_key: u64,
    rank: u32,
}

/// Settles who owns each order, given one row for each time an order was named: ascending by order key, one for each.
pub(crate) fn settle_owners(mut rows: Vec<Owner>) -> Result<Vec<Owner>, StoreError> {
    if rows.len() > u32::MAX as usize / 2 {
        return Err(StoreError::TooLarge("more than two billion orders"));
    }
    rows.par_sort_unstable_by_key(|row| row.order_key);
    rows.dedup_by(|next, kept| {
        let same = next.order_key == kept.order_key;
        if same {
            *kept = combine(*kept, *next);
        }
        same
    });
    Ok(rows)
}

impl Owners {
    /// Ranks settled owners, which ascend by order key.
    pub fn rank(owners: Vec<Owner>) -> Owners {
        // What decides is sorted alone, a third of the bytes; equal ones stay in the order of keys by their number.
        let mut order: Vec<(u64, i64, u32)> =
            owners.iter().enumerate().map(|(number, owner)| (owner.customer, owner.at, number as u32)).collect();
        order.par_sort_unstable();
        let mut by_key: Vec<Place> = owners.iter().map(|owner| Place { order_key: owner.order_key, rank: 0 }).collect();
        for (rank, (.., number)) in order.iter().enumerate() {
            by_key[*number as usize].rank = rank as u32;
        }
        let by_rank = arranged(owners, order);
        // Two orders a bucket, on the average.
        let bits = (usize::BITS - by_key.len().leading_zeros()).saturating_sub(1).clamp(4, 24);
        let shift = 64 - bits;
        let mut starts = vec![0; (1 << bits) + 1];
        for place in &by_key {
            starts[(place.order_key >> shift) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let past = |range: usize| by_rank.partition_point(|owner| crate::intake::range_of(owner.customer) < range) as u32;
        let range_starts = (0..=RANGES).map(past).collect();
        Owners { by_rank, by_key, starts, shift, range_starts }
    }

    /// The rank of an order.
    #[inline]
    pub fn find(&self, order_key: u64) -> Option<u32> {
        let top = (order_key >> self.shift) as usize;
        let bucket = &self.by_key[self.starts[top] as usize..self.starts[top + 1] as usize];
        bucket.iter().find(|place| place.order_key == order_key).map(|place| place.rank)
    }

    /// The ranks of many orders, [`NO_RANK`] for those that are not there. Many at once wait for memory together, where
    /// one after the other would wait in turn.
    pub fn find_all(&self, order_keys: &[u64], ranks: &mut Vec<u32>) {
        const TOGETHER: usize = 32;
        ranks.clear();
        for keys in order_keys.chunks(TOGETHER) {
            let mut starts = [0_u32; TOGETHER];
            let mut first = [Place::default(); TOGETHER];
            for (start, key) in starts.iter_mut().zip(keys) {
                *start = self.starts[(key >> self.shift) as usize];
            }
            for (first, start) in first.iter_mut().zip(&starts[..keys.len()]) {
                *first = self.by_key.get(*start as usize).copied().unwrap_or_default();
            }
            for (first, key) in first.iter().zip(keys) {
                ranks.push(if first.order_key == *key { first.rank } else { self.find(*key).unwrap_or(NO_RANK) });
            }
        }
    }

    #[inline]
    pub fn get(&self, rank: u32) -> &Owner {
        &self.by_rank[rank as usize]
    }

    /// The range of customers that a rank falls in.
    #[inline]
    pub fn range_of(&self, rank: u32) -> usize {
        self.range_starts[1..].partition_point(|start| *start <= rank)
    }

    /// First and past-the-last rank of the customers of a range of keys.
    pub fn ranks_of_range(&self, range: usize) -> (u32, u32) {
        (self.range_starts[range], self.range_starts[range + 1])
    }

    /// In the order of customers and time.
    pub fn all(&self) -> &[Owner] {
        &self.by_rank
    }

    /// In the order of keys.
    pub fn by_key(&self) -> impl Iterator<Item = &Owner> {
        self.by_key.iter().map(|place| &self.by_rank[place.rank as usize])
    }
}

/// The owners in the order of `order`, whose last part says where each lies now. Done in place, along the cycles of the
/// permutation: a second list of millions would be the most memory that an import ever takes.
fn arranged(mut owners: Vec<Owner>, mut order: Vec<(u64, i64, u32)>) -> Vec<Owner> {
    const DONE: u32 = u32::MAX;
    for start in 0..order.len() {
        if order[start].2 == DONE {
            continue;
        }
        let first = owners[start];
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at].2, DONE) as usize;
            if from == start {
                owners[at] = first;
                break;
            }
            owners[at] = owners[from];
            at = from;
        }
    }
    owners
}

/// Two namings of one order within an import: the newer version says when; whoever is known says whose.
fn combine(a: Owner, b: Owner) -> Owner {
    let (newer, older) = if (a.version, a.document, a.file) >= (b.version, b.document, b.file) { (a, b) } else { (b, a) };
    let mut owner = newer;
    if newer.version == older.version && newer.document == older.document && !newer.document {
        // Rows of one order in a plain file: it happened when its first row did.
        owner.at = newer.at.min(older.at);
        if (older.who, std::cmp::Reverse(older.customer)) > (newer.who, std::cmp::Reverse(newer.customer)) {
            (owner.customer, owner.who, owner.claim) = (older.customer, older.who, older.claim);
        }
    } else if newer.customer == 0 {
        (owner.customer, owner.who, owner.claim) = (older.customer, older.who, older.claim);
    }
    owner.only_lines = newer.only_lines && older.only_lines;
    owner
}

/// An order as the store's index has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredOwner {
    pub order_key: u64,
    pub customer: u64,
    pub who: Who,
    pub claim: u64,
    pub at: i64,
    pub version: i64,
    pub only_lines: bool,
}

fn index_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("order_key", DataType::UInt64, false),
        Field::new("customer_key", DataType::UInt64, false),
        Field::new("at", DataType::Int64, false),
        Field::new("version", DataType::Int64, false),
        Field::new("who", DataType::UInt8, false),
        Field::new("claim", DataType::UInt64, false),
        Field::new("only_lines", DataType::Boolean, false),
    ]))
}

/// The index of an import's orders, as it is kept on disk, in slices.
pub(crate) fn index_batches<'a>(owners: impl Iterator<Item = &'a Owner>) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    let mut owners = owners.copied();
    std::iter::from_fn(move || {
        let some: Vec<Owner> = owners.by_ref().take(1 << 16).collect();
        (!some.is_empty()).then_some(some)
    })
    .map(|owners| {
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(UInt64Array::from_iter_values(owners.iter().map(|o| o.order_key))),
            Arc::new(UInt64Array::from_iter_values(owners.iter().map(|o| o.customer))),
            Arc::new(Int64Array::from_iter_values(owners.iter().map(|o| o.at))),
            Arc::new(Int64Array::from_iter_values(owners.iter().map(|o| o.version))),
            Arc::new(UInt8Array::from_iter_values(owners.iter().map(|o| o.who as u8))),
            Arc::new(UInt64Array::from_iter_values(owners.iter().map(|o| o.claim))),
            Arc::new(BooleanArray::from_iter(owners.iter().map(|o| Some(o.only_lines)))),
        ];
        Ok(RecordBatch::try_new(index_schema(), arrays)?)
    })
}

/// What the store's index files (oldest first) say of some orders; `keys` ascending. Ascending by key, one for each.
pub(crate) fn find_stored(files: &[PathBuf], keys: &[u64]) -> Result<Vec<StoredOwner>, StoreError> {
    let mut found: Vec<(StoredOwner, usize)> = Vec::new();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    for (age, path) in files.iter().enumerate() {
        run::read_plain(path, |batch| {
            let order_keys = columns::keys(batch, "order_key").values();
            let customers = columns::keys(batch, "customer_key").values();
            let column = |name: &str| {
                batch.column_by_name(name).ok_or_else(|| StoreError::Damaged(format!("`{name}` is missing in {}", path.display())))
            };
            let (at, version) = (column("at")?.as_primitive::<Int64Type>(), column("version")?.as_primitive::<Int64Type>());
            let who = column("who")?.as_primitive::<UInt8Type>();
            let (claims, only_lines) = (columns::keys(batch, "claim"), columns::flags(batch, "only_lines"));
            let (mut next, mut row) = (0, 0);
            // Both ascend: walk them together, leaping over stretches of the longer one.
            while next < keys.len() && row < order_keys.len() {
                match keys[next].cmp(&order_keys[row]) {
                    std::cmp::Ordering::Less => next += keys[next..].partition_point(|key| *key < order_keys[row]),
                    std::cmp::Ordering::Greater => row += leap(&order_keys[row..], keys[next]),
                    std::cmp::Ordering::Equal => {
                        found.push((
                            StoredOwner {
                                order_key: order_keys[row],
                                customer: customers[row],
                                who: Who::of(who.value(row)),
                                claim: claims.value(row),
                                at: at.value(row),
                                version: version.value(row),
                                only_lines: only_lines.value(row),
                            },
                            age,
                        ));
                        row += 1;
                    }
                }
            }
            Ok(())
        })?;
    }
    // A later commit has seen the earlier ones, so its word on versions and customers is the last.
    found.sort_by_key(|(owner, age)| (owner.order_key, std::cmp::Reverse(*age)));
    found.dedup_by_key(|(owner, _)| owner.order_key);
    Ok(found.into_iter().map(|(owner, _)| owner).collect())
}

/// How far to go in `sorted` until `key` is reached, by doubling steps.
fn leap(sorted: &[u64], key: u64) -> usize {
    let mut step = 1;
    while step < sorted.len() && sorted[step] < key {
        step *= 2;
    }
    let (from, to) = (step / 2, (step + 1).min(sorted.len()));
    from + sorted[from..to].partition_point(|value| *value < key)
}

impl Owner {
    /// Puts what the store knows beside what this import says; whether the order goes to another customer.
    pub fn meet(&mut self, stored: &StoredOwner) -> bool {
        let stored_wins = stored.version > self.version || self.at == NO_TIME;
        if stored_wins {
            self.version = stored.version.max(self.version);
            self.at = stored.at;
        } else if stored.version == self.version && !self.document {
            self.at = self.at.min(stored.at);
        }
        if (stored_wins && stored.customer != 0) || self.customer == 0 {
            (self.customer, self.who, self.claim) = (stored.customer, stored.who, stored.claim);
        }
        self.only_lines &= stored.only_lines;
        self.customer != stored.customer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(order_key: u64, customer: u64, at: i64, version: i64) -> Owner {
        Owner {
            order_key,
            customer,
            who: Who::Registered,
            claim: 0,
            at,
            version,
            import_version: version,
            file: 0,
            document: false,
            only_lines: false,
        }
    }

    #[test]
    fn orders_are_found_and_ranked_by_customer_and_time() {
        let key = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let rows = (1..2000_u64).map(|i| owner(key(i), (i % 7) << 60, 5000 - i as i64, 0)).collect();
        let owners = Owners::rank(settle_owners(rows).unwrap());
        for i in 1..2000_u64 {
            let rank = owners.find(key(i)).unwrap();
            assert_eq!(owners.get(rank).order_key, key(i));
            assert_eq!(owners.range_of(rank), crate::intake::range_of((i % 7) << 60));
        }
        assert_eq!(owners.find(12345), None);
        let keys: Vec<u64> = (1..2000).map(key).chain([12345]).collect();
        let mut ranks = Vec::new();
        owners.find_all(&keys, &mut ranks);
        assert!(keys.iter().zip(&ranks).all(|(key, rank)| owners.find(*key).unwrap_or(NO_RANK) == *rank));
        assert!(owners.all().is_sorted_by_key(|o| (o.customer, o.at)));
        assert!(owners.by_key().is_sorted_by_key(|o| o.order_key));
    }

    #[test]
    fn rows_of_one_order_happen_at_the_first() {
        let owners = settle_owners(vec![owner(1, 9, 20, 0), owner(1, 9, 10, 0)]).unwrap();
        assert_eq!((owners.len(), owners[0].at), (1, 10));
    }

    #[test]
    fn a_newer_version_decides_unless_it_knows_nobody() {
        let owners = settle_owners(vec![owner(1, 9, 20, 5), owner(1, 0, 10, 6)]).unwrap();
        assert_eq!((owners[0].customer, owners[0].at), (9, 10));
    }
}
