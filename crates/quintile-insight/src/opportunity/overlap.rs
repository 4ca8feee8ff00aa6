//! Groups that share customers, counted once: in the order of their rank each customer belongs to the first group they are in.

use std::collections::HashSet;

/// Of each group, first ranked first, how many of its customers are in no group before it.
pub fn counted_once(groups: &[&[u64]]) -> Vec<u64> {
    let mut before: HashSet<u64> = HashSet::new();
    groups.iter().map(|group| group.iter().filter(|customer| before.insert(**customer)).count() as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_counts_in_the_first_group() {
        assert_eq!(counted_once(&[&[1, 2, 3], &[2, 3, 4, 5], &[5, 1], &[]]), [3, 2, 0, 0]);
        let all: u64 = counted_once(&[&[7, 8], &[8, 9], &[7, 9, 10]]).iter().sum();
        assert_eq!(all, 4, "as many as there are in either");
    }
}
