//! Some customers instead of all.
//!
//! Keys of customers are hashes of what they are called, so that the customers of a stretch of keys are as good as drawn by lot,
//! without replacement: each sample is the same for everybody, and two segments are compared on the same customers.
//!
//! Of `x` members among `n` of `N` customers the estimate is `x / n * N`. Its 95 % interval is Wilson's (1927) for a share, with
//! `n (N - 1) / (N - n)` for the size of the sample, which is the correction for a finite population (Cochran, Sampling Techniques,
//! 1977, section 2.6). It never says less than the members that were met, nor more than leaves room for those who were met outside.

use crate::Error;
use crate::workspace::{Stand, Workspace};
use quintile_model::CustomerBatch;
use quintile_model::batch::FactColumns;
use quintile_profile::ProfileQuestion;
use std::ops::Range;
use std::sync::Arc;

/// Customers of a sample.
pub(super) const CUSTOMERS: usize = 20_000;
/// Half the width of a 95 % interval in standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// A number of customers, or an estimate of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number, or the estimate.
    pub count: u64,
    /// The 95 % interval of an estimate; `None` of an exact number.
    pub interval: Option<(u64, u64)>,
    sample: Option<Met>,
}

/// What a sample gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Met {
    met: u64,
    of: u64,
    customers: u64,
}

impl Size {
    /// A number.
    pub fn exact(count: u64) -> Size {
        Size { count, interval: None, sample: None }
    }

    /// The estimate for `customers` from `met` among `of` of them.
    pub fn of_sample(met: u64, of: u64, customers: u64) -> Size {
        if of == 0 || of >= customers {
            return Size::exact(met);
        }
        let (n, all) = (of as f64, customers as f64);
        let share = met as f64 / n;
        let size = n * (all - 1.0) / (all - n);
        let centre = share + Z * Z / (2.0 * size);
        let spread = Z * (share * (1.0 - share) / size + Z * Z / (4.0 * size * size)).sqrt();
        let scale = all / (1.0 + Z * Z / size);
        let (least, most) = (met, customers - (of - met));
        let bounded = |value: f64| (value.max(0.0) as u64).clamp(least, most);
        let (low, high) = (bounded(((centre - spread) * scale).floor()), bounded(((centre + spread) * scale).ceil()));
        let count = ((share * all).round() as u64).clamp(low, high);
        Size { count, interval: Some((low, high)), sample: Some(Met { met, of, customers }) }
    }

    /// How many more these are than some of them.
    pub fn beyond(self, some: Size) -> Size {
        match (self.sample, some.sample) {
            // The same customers were asked both.
            (Some(own), Some(theirs)) => Size::of_sample(own.met.saturating_sub(theirs.met), own.of, own.customers),
            _ => {
                let (low, high) = self.interval.unwrap_or((self.count, self.count));
                let (least, most) = some.interval.unwrap_or((some.count, some.count));
                let interval = (low.saturating_sub(most), high.saturating_sub(least));
                let is_exact = self.interval.is_none() && some.interval.is_none();
                let count = self.count.saturating_sub(some.count);
                Size { count, interval: (!is_exact).then_some(interval), sample: None }
            }
        }
    }
}

/// The facts of the sampled customers, as far as somebody asked for them.
pub(super) struct Sample {
    /// Which of the customers known at the moment.
    pub rows: Range<usize>,
    pub facts: FactColumns,
    pub batch: CustomerBatch,
    pub bytes: usize,
}

/// Which customers are sampled; `None` where there are so few that all are asked.
pub(super) fn rows(customers: usize) -> Option<Range<usize>> {
    let first = customers.checked_sub(2 * CUSTOMERS)? / 2;
    Some(first..first + CUSTOMERS)
}

impl Workspace {
    /// Reads the facts of the sampled customers.
    pub(super) fn sample(
        &self,
        stand: &Stand,
        question: &ProfileQuestion,
        keys: &[u64],
        rows: Range<usize>,
        facts: FactColumns,
    ) -> Result<Arc<Sample>, Error> {
        let of = match keys.get(rows.clone()) {
            Some([first, .., last]) => *first..=*last,
            _ => return Err(Error::Answer("a sample of nobody".to_owned())),
        };
        let batch = self.stretch(&stand.snapshot, of, &facts, &question.as_of)?;
        let tables = [&batch.customers, &batch.orders, &batch.lines, &batch.refunds, &batch.cancellations];
        let bytes = tables.into_iter().chain(batch.touchpoints.iter().map(|(_, facts)| facts));
        let bytes = bytes.map(|facts| facts.rows.get_array_memory_size() + facts.offsets.len() * 4).sum();
        Ok(Arc::new(Sample { rows, facts, batch, bytes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_formula() {
        // Without the correction, Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662. Of so many that it does not matter:
        let size = Size::of_sample(81, 263, 1_000_000_000);
        let (low, high) = size.interval.unwrap();
        assert!((low as f64 / 1e9 - 0.2553).abs() < 5e-5 && (high as f64 / 1e9 - 0.3662).abs() < 5e-5, "{size:?}");
        assert_eq!(Size::of_sample(5, 10, 10), Size::exact(5));
        assert_eq!(Size::of_sample(0, 0, 10), Size::exact(0));
        // Who was met is there, and who was met outside is outside.
        let nobody = Size::of_sample(0, 20_000, 1_000_000);
        assert_eq!((nobody.count, nobody.interval.unwrap().0), (0, 0));
        assert!(nobody.interval.unwrap().1 < 250, "{nobody:?}");
        let all = Size::of_sample(90, 90, 100);
        assert_eq!((all.count, all.interval), (100, Some((all.interval.unwrap().0, 100))));
        assert!(all.interval.unwrap().0 >= 90);
    }

    #[test]
    fn what_is_beyond_is_told_of_the_same_customers() {
        let (more, some) = (Size::of_sample(30, 100, 1000), Size::of_sample(10, 100, 1000));
        assert_eq!(more.beyond(some), Size::of_sample(20, 100, 1000));
        assert_eq!(Size::exact(9).beyond(Size::exact(4)), Size::exact(5));
        let mixed = Size::exact(500).beyond(some);
        let (low, high) = some.interval.unwrap();
        assert_eq!((mixed.count, mixed.interval), (400, Some((500 - high, 500 - low))));
    }

    #[test]
    fn intervals_hold_as_often_as_they_say() {
        // 3,000 members of 10,000 customers in an order that hashes make; 400 samples of 500.
        let mut order: Vec<u64> = (0..10_000).collect();
        order.sort_by_key(|number| quintile_model::ids::mix(&[7, *number]));
        let held = (0..400).filter(|turn| {
            let met = (0..500).filter(|at| order[(turn * 97 + at) % 10_000] < 3_000).count() as u64;
            let (low, high) = Size::of_sample(met, 500, 10_000).interval.unwrap();
            low <= 3_000 && 3_000 <= high
        });
        let held = held.count();
        assert!((364..=396).contains(&held), "{held} of 400");
    }
}
