//! Gaps between purchases that have ended, by the moment from which they are seen.

use crate::first_pass::AGES;
use crate::vectors::{DayCounts, Gaps, Vectors};
use quintile_model::time::DayNumber;

/// What spans do not hold of a batch, or of all of them together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ended {
    moments: Vec<Changes>,
    /// Ages of purchases at the last moment, in days before it, by how many came after.
    ages: Vec<DayCounts>,
}

/// What is seen at a moment and was not at the one before, or the other way round after a cancellation.
#[derive(Debug, Clone, Default, PartialEq)]
struct Changes {
    first: [DayCounts; 2],
    later: [DayCounts; 2],
}

const CAME: usize = 0;
const WENT: usize = 1;

impl Ended {
    pub(super) fn new(moments: usize) -> Self {
        Ended { moments: vec![Changes::default(); moments], ages: vec![DayCounts::default(); AGES] }
    }

    /// The purchases of a customer were these and are others from a moment on.
    pub(super) fn change(&mut self, moment: usize, before: &[DayNumber], now: &[DayNumber]) {
        let same = before.iter().zip(now).take_while(|(before, now)| before == now).count();
        let changes = &mut self.moments[moment];
        for (days, side) in [(before, WENT), (now, CAME)] {
            for later in same.max(1)..days.len() {
                let gap = days[later] - days[later - 1];
                if later == 1 { changes.first[side].add(gap) } else { changes.later[side].add(gap) }
            }
        }
    }

    /// The purchases of a customer at the last moment. The age that loyalty hangs on is in the spans.
    pub(super) fn last(&mut self, today: DayNumber, days: &[DayNumber], loyal_orders: usize) {
        for (number, (day, ages)) in days.iter().rev().zip(&mut self.ages).enumerate() {
            if number + 1 != loyal_orders {
                ages.add(today - day);
            }
        }
    }

    /// Adds those of other batches.
    pub fn merge(&mut self, other: Ended) {
        if self.moments.len() < other.moments.len() {
            self.moments.resize_with(other.moments.len(), Changes::default);
            self.ages.resize_with(AGES, DayCounts::default);
        }
        for (own, other) in self.moments.iter_mut().zip(&other.moments) {
            for side in [CAME, WENT] {
                own.first[side].merge(&other.first[side]);
                own.later[side].merge(&other.later[side]);
            }
        }
        self.ages.iter_mut().zip(&other.ages).for_each(|(own, other)| own.merge(other));
    }

    /// What each moment sees; a part of what [`statistics`](crate::statistics()) takes.
    pub fn settled(self) -> Vec<Vectors> {
        let (mut first, mut later) = (DayCounts::default(), DayCounts::default());
        let last = self.moments.len().saturating_sub(1);
        let mut ages = Some(self.ages);
        let settle = |(moment, changes): (usize, Changes)| {
            for (so_far, [came, went]) in [(&mut first, changes.first), (&mut later, changes.later)] {
                so_far.merge(&came);
                so_far.take_away(&went);
            }
            let finished = |counts: &DayCounts| Gaps { finished: counts.clone(), open: DayCounts::default() };
            Vectors {
                first_gaps: finished(&first),
                later_gaps: finished(&later),
                ages: if moment == last { ages.take().unwrap_or_default() } else { Vec::new() },
                ..Vectors::default()
            }
        };
        self.moments.into_iter().enumerate().map(settle).collect()
    }
}
