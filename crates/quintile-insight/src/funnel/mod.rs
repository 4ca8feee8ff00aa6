//! How far do customers get, and where do they stop?
//!
//! Method: a funnel is a row of steps, and each customer has the first instant of each step they did. Who did a step has
//! reached all before it, whether the store saw those or not, so that steps only lose customers. The wait between two steps
//! is the median of those who did both in that order.
//!
//! Limits: what nobody records did not happen here; customers who were won before the store began to record visits count as
//! having visited.
//!
//! - [`paths`]: the commonest ways customers went.

pub mod paths;

/// A funnel of some customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Funnel {
    /// By step: customers whose last step it is.
    ended: Vec<u64>,
    /// By step: customers who were seen to do it.
    seen: Vec<u64>,
    /// By step: waits from the step before it, in microseconds.
    waits: Vec<Vec<i64>>,
    /// Customers who did no step.
    none: u64,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Customers who came as far as this.
    pub reached: u64,
    /// Of those, customers who were seen to do it.
    pub seen: u64,
    /// Of those who came as far as the step before, the share who came as far as this; `None` of the first step.
    pub of_before: Option<f64>,
    /// Of all customers, the share who came as far as this.
    pub of_all: Option<f64>,
    /// Customers who came as far as this and no further.
    pub stopped: u64,
    /// The median wait from the step before, in days of 24 hours; `None` where nobody did both in that order.
    pub days_from_before: Option<f64>,
}

impl Funnel {
    /// Without anybody.
    pub fn new(steps: usize) -> Funnel {
        Funnel { ended: vec![0; steps], seen: vec![0; steps], waits: vec![Vec::new(); steps], none: 0 }
    }

    /// Adds a customer by the first instant of each step, in microseconds.
    pub fn add(&mut self, first: &[Option<i64>]) {
        match first.iter().rposition(Option::is_some) {
            Some(last) if last < self.ended.len() => self.ended[last] += 1,
            _ => self.none += 1,
        }
        for (step, at) in first.iter().enumerate().take(self.seen.len()) {
            let Some(at) = at else { continue };
            self.seen[step] += 1;
            if let Some(before) = step.checked_sub(1).and_then(|before| first[before])
                && before <= *at
            {
                self.waits[step].push(at - before);
            }
        }
    }

    /// Adds other customers, over the same steps.
    pub fn merge(&mut self, other: Funnel) {
        self.none += other.none;
        self.ended.iter_mut().zip(other.ended).for_each(|(own, other)| *own += other);
        self.seen.iter_mut().zip(other.seen).for_each(|(own, other)| *own += other);
        self.waits.iter_mut().zip(other.waits).for_each(|(own, other)| own.extend(other));
    }

    /// All customers.
    pub fn customers(&self) -> u64 {
        self.none + self.ended.iter().sum::<u64>()
    }

    /// Customers who did no step.
    pub fn none(&self) -> u64 {
        self.none
    }

    /// The steps.
    pub fn steps(&self) -> Vec<Step> {
        let all = self.customers();
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        let reached: Vec<u64> = (0..self.ended.len()).map(|step| self.ended[step..].iter().sum()).collect();
        let step = |step: usize| Step {
            reached: reached[step],
            seen: self.seen[step],
            of_before: step.checked_sub(1).and_then(|before| share(reached[step], reached[before])),
            of_all: share(reached[step], all),
            stopped: self.ended[step],
            days_from_before: median_days(&self.waits[step]),
        };
        (0..self.ended.len()).map(step).collect()
    }
}

/// The median of some durations in microseconds, in days of 24 hours.
fn median_days(waits: &[i64]) -> Option<f64> {
    let mut sorted = waits.to_vec();
    sorted.sort_unstable();
    let (upper, lower) = (sorted.get(sorted.len() / 2)?, sorted.get(sorted.len().saturating_sub(1) / 2)?);
    Some((*upper as f64 + *lower as f64) / 2.0 / quintile_model::time::DAY_MICROS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_model::time::DAY_MICROS;

    fn days(first: &[Option<i64>]) -> Vec<Option<i64>> {
        first.iter().map(|at| at.map(|day| day * DAY_MICROS)).collect()
    }

    #[test]
    fn steps_only_lose_customers() {
        let mut funnel = Funnel::new(3);
        funnel.add(&days(&[Some(0), Some(2), Some(6)]));
        // Bought without being seen to view anything.
        funnel.add(&days(&[Some(0), None, Some(5)]));
        funnel.add(&days(&[Some(1), Some(5), None]));
        // Viewed before the first visit that is known: no wait.
        funnel.add(&days(&[Some(9), Some(8), None]));
        funnel.add(&days(&[None, None, None]));
        let steps = funnel.steps();
        let shown: Vec<_> = steps.iter().map(|step| (step.reached, step.seen, step.stopped, step.days_from_before)).collect();
        assert_eq!(shown, [(4, 4, 0, None), (4, 3, 2, Some(3.0)), (2, 2, 2, Some(4.0))]);
        assert_eq!((steps[2].of_before, steps[2].of_all, funnel.customers(), funnel.none()), (Some(0.5), Some(0.4), 5, 1));
        let mut twice = funnel.clone();
        twice.merge(funnel);
        assert_eq!((twice.steps()[1].reached, twice.customers()), (8, 10));
    }

    #[test]
    fn nobody_has_no_shares() {
        let steps = Funnel::new(2).steps();
        assert_eq!((steps[0].of_all, steps[1].of_before, steps[1].days_from_before), (None, None, None));
    }
}
