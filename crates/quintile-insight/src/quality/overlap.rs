//! Which other segments have the same members?

/// Another segment beside the one that is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Members of the other.
    pub other: u64,
    /// Members of both.
    pub both: u64,
    /// Of the members looked at, the share who are in the other too.
    pub of_this: f64,
    /// Of the members of the other, the share who are in this one too.
    pub of_other: f64,
    /// Members of both over members of either (Jaccard 1901).
    pub jaccard: f64,
}

/// As alike as this and one of the two is too many.
pub const TWINS: f64 = 0.8;

impl Overlap {
    /// Are the two nearly the same?
    pub fn is_twin(&self) -> bool {
        self.jaccard >= TWINS
    }
}

/// Compares two lists of members, both ascending. `None` where either is empty.
pub fn overlap(members: &[u64], others: &[u64]) -> Option<Overlap> {
    if members.is_empty() || others.is_empty() {
        return None;
    }
    let both = in_both(members, others);
    let (this, other) = (members.len() as u64, others.len() as u64);
    Some(Overlap {
        other,
        both,
        of_this: both as f64 / this as f64,
        of_other: both as f64 / other as f64,
        jaccard: both as f64 / (this + other - both) as f64,
    })
}

/// How many are in both of two ascending lists.
pub fn in_both(one: &[u64], other: &[u64]) -> u64 {
    let (mut a, mut b, mut both) = (0, 0, 0);
    while a < one.len() && b < other.len() {
        match one[a].cmp(&other[b]) {
            std::cmp::Ordering::Less => a += 1,
            std::cmp::Ordering::Greater => b += 1,
            std::cmp::Ordering::Equal => {
                both += 1;
                a += 1;
                b += 1;
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_either_and_of_both() {
        let found = overlap(&[1, 2, 3, 4], &[3, 4, 5]).unwrap();
        assert_eq!((found.both, found.of_this, found.jaccard, found.is_twin()), (2, 0.5, 0.4, false));
        assert!((found.of_other - 2.0 / 3.0).abs() < 1e-12);
        assert!(overlap(&[1, 2, 3, 4, 5], &[1, 2, 3, 4]).unwrap().is_twin());
        assert_eq!(overlap(&[], &[1]), None);
    }
}
