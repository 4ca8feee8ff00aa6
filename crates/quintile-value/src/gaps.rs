//! How long customers of this store wait between purchases, counting those who still wait.
//!
//! Completed gaps alone are too short: the long ones are those not yet over. Kaplan & Meier (1958) counts a customer who still waits among
//! those who have waited so long, and no longer.

/// The share of gaps that are longer than each length.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaps {
    /// Length in ticks, and the share longer than it; in order of length.
    steps: Vec<(u32, f64)>,
    completed: u64,
    open: u64,
}

impl Gaps {
    /// From completed gaps, and gaps still open at the moment asked about.
    pub fn of(completed: impl IntoIterator<Item = u32>, open: impl IntoIterator<Item = u32>) -> Self {
        let mut at: std::collections::BTreeMap<u32, (u64, u64)> = std::collections::BTreeMap::new();
        let (mut of_completed, mut of_open) = (0, 0);
        for gap in completed {
            at.entry(gap).or_default().0 += 1;
            of_completed += 1;
        }
        for gap in open {
            at.entry(gap).or_default().1 += 1;
            of_open += 1;
        }
        let mut waiting = of_completed + of_open;
        let mut longer = 1.0;
        let mut steps = Vec::new();
        for (length, (ended, left)) in at {
            if ended > 0 {
                longer *= (waiting - ended) as f64 / waiting as f64;
                steps.push((length, longer));
            }
            waiting -= ended + left;
        }
        Gaps { steps, completed: of_completed, open: of_open }
    }

    /// The share of gaps longer than a length.
    pub fn longer_than(&self, length: u32) -> f64 {
        match self.steps.partition_point(|(step, _)| *step <= length) {
            0 => 1.0,
            place => self.steps[place - 1].1,
        }
    }

    /// The length within which this share of customers buys again; `None` where so many have never been seen to.
    pub fn percentile(&self, share: f64) -> Option<u32> {
        self.steps.iter().find(|(_, longer)| 1.0 - longer >= share).map(|(length, _)| *length)
    }

    /// The largest share of customers that was ever seen to buy again.
    pub fn most_seen(&self) -> f64 {
        1.0 - self.steps.last().map_or(1.0, |(_, longer)| *longer)
    }

    /// Gaps that ended.
    pub fn completed(&self) -> u64 {
        self.completed
    }

    /// Gaps still open.
    pub fn open(&self) -> u64 {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_textbook() {
        // Remission times of the treated of Freireich et al. (1963), as in every textbook: 6* is still open, and so on.
        let gaps = Gaps::of([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]);
        for (length, longer) in [(5, 1.0), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)] {
            assert!((gaps.longer_than(length) - longer).abs() < 5e-4, "{length}: {}", gaps.longer_than(length));
        }
        assert_eq!(gaps.percentile(0.5), Some(23));
        assert_eq!(gaps.percentile(0.8), None);
    }
}
