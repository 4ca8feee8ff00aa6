//! Who is in a segment, in as little memory as it takes: of each batch of customers which of them.

use quintile_model::ids;
use quintile_segment::Members;
use std::sync::Arc;

/// The members of one segment, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemberSet {
    parts: Vec<(Arc<[u64]>, Members)>,
}

impl MemberSet {
    /// Joins the next batch: its customers, ascending, and which of them are members.
    pub fn push(&mut self, customers: Arc<[u64]>, members: Members) {
        self.parts.push((customers, members));
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|(_, members)| members.count_set_bits() as u64).sum()
    }

    /// Nobody?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their keys, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.parts.iter().flat_map(|(customers, members)| members.set_indices().map(|row| customers[row]))
    }

    /// Their keys, ascending.
    pub fn keys(&self) -> Vec<u64> {
        let mut keys = Vec::with_capacity(self.len() as usize);
        keys.extend(self.iter());
        keys
    }

    /// All of them as one hash.
    pub fn hash(&self) -> String {
        hash_of(self.len(), self.iter())
    }
}

/// Members, ascending, as one hash.
pub(crate) fn members_hash(members: &[u64]) -> String {
    hash_of(members.len() as u64, members.iter().copied())
}

fn hash_of(count: u64, members: impl Iterator<Item = u64>) -> String {
    let hash = members.fold(count, |hash, key| ids::mix(&[hash, key]));
    format!("{hash:016x}")
}
