//! Who is in a segment, in as little memory as it takes: of each batch of customers which of them.

use quintile_model::ids;
use quintile_segment::Members;
use std::sync::Arc;

/// The members of one segment, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemberSet {
    parts: Vec<MembersOf>,
}

/// The members of a segment among some customers.
#[derive(Debug, Clone)]
pub(crate) struct MembersOf {
    /// Keys, ascending.
    customers: Arc<[u64]>,
    members: Members,
    /// The sum of what their keys are mixed to.
    sum: u64,
}

impl MembersOf {
    /// Those of several segments among the same customers, whose keys ascend.
    pub fn all(customers: Vec<u64>, segments: Vec<Members>) -> Vec<MembersOf> {
        let mixed: Vec<u64> = customers.iter().map(|key| ids::mix(&[*key])).collect();
        let customers: Arc<[u64]> = customers.into();
        let of = |members: Members| {
            let sum = members.set_indices().fold(0_u64, |sum, row| sum.wrapping_add(mixed[row]));
            MembersOf { customers: customers.clone(), members, sum }
        };
        segments.into_iter().map(of).collect()
    }
}

impl MemberSet {
    /// Joins those of the next customers.
    pub fn push(&mut self, part: MembersOf) {
        self.parts.push(part);
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| part.members.count_set_bits() as u64).sum()
    }

    /// Nobody?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their keys, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.parts.iter().flat_map(|part| part.members.set_indices().map(|row| part.customers[row]))
    }

    /// Their keys, ascending.
    pub fn keys(&self) -> Vec<u64> {
        let mut keys = Vec::with_capacity(self.len() as usize);
        keys.extend(self.iter());
        keys
    }

    /// All of them as one hash.
    pub fn hash(&self) -> String {
        hash_of(self.len(), self.parts.iter().fold(0, |sum, part| sum.wrapping_add(part.sum)))
    }
}

/// Members as one hash. It is the same in whatever order they come, so that parts of it can be found side by side.
pub(crate) fn members_hash(members: &[u64]) -> String {
    hash_of(members.len() as u64, members.iter().fold(0, |sum, key| sum.wrapping_add(ids::mix(&[*key]))))
}

fn hash_of(count: u64, sum: u64) -> String {
    format!("{:016x}", ids::mix(&[count, sum]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_parts_is_that_of_the_whole() {
        let mut all = MemberSet::default();
        all.push(MembersOf::all(vec![1, 5, 9], vec![Members::from(vec![true, false, true])]).remove(0));
        all.push(MembersOf::all(vec![12, 40], vec![Members::from(vec![false, true])]).remove(0));
        assert_eq!((all.len(), all.keys()), (3, vec![1, 9, 40]));
        assert_eq!(all.hash(), members_hash(&[1, 9, 40]));
        assert_ne!(all.hash(), members_hash(&[1, 9, 41]));
        assert_ne!(members_hash(&[]), members_hash(&[0]));
    }
}
