//! Two figures against each other: the difference, how far it can be trusted, and a verdict.
//!
//! Shares: the interval of Agresti and Caffo (2000, The American Statistician 54, 280), the test of two shares with their pooled
//! variance. Counts: both taken as Poisson. Means: Welch's, by the normal distribution. A figure that is stated without saying of
//! how many is taken as exact, so that only the own one moves. Of many comparisons some are striking by chance: a verdict is given
//! at a false discovery rate of 5 % over all of them (Benjamini and Hochberg 1995).

use super::{Better, Figure, Measure, Sums};
use crate::chance::{NORMAL_95, false_discovery_rates, two_sided, wilson};

/// The rate of false discoveries among verdicts, at most.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Those who are measured at the least, on each side that says of how many.
const LEAST: u64 = 30;

impl Figure {
    /// Its value; money in ten-thousandths.
    pub fn value(&self) -> f64 {
        match self {
            Figure::Count(count) => *count as f64,
            Figure::Share { some, of } => *some as f64 / *of as f64,
            Figure::Mean(sums) => sums.sum / sums.count as f64,
            Figure::Stated(value) => *value,
        }
    }

    /// The 95 % interval within which chance alone could have it; `None` of what is stated, and of a single value.
    pub fn interval(&self) -> Option<(f64, f64)> {
        match self {
            Figure::Count(_) => {
                let (value, apart) = (self.value(), NORMAL_95 * self.variance()?.sqrt());
                Some(((value - apart).max(0.0), value + apart))
            }
            Figure::Share { some, of } => wilson(*some, *of),
            Figure::Mean(_) => {
                self.variance().map(|variance| (self.value() - NORMAL_95 * variance.sqrt(), self.value() + NORMAL_95 * variance.sqrt()))
            }
            Figure::Stated(_) => None,
        }
    }

    /// The variance of the value by chance.
    fn variance(&self) -> Option<f64> {
        match self {
            Figure::Count(count) => Some(*count as f64),
            Figure::Share { some, of } => {
                let p = (*some as f64 + 1.0) / (*of as f64 + 2.0);
                Some(p * (1.0 - p) / (*of as f64 + 2.0))
            }
            Figure::Mean(Sums { count, sum, squares }) => {
                let n = *count as f64;
                (*count > 1).then(|| ((squares - sum * sum / n) / (n - 1.0)).max(0.0) / n)
            }
            Figure::Stated(_) => Some(0.0),
        }
    }

    /// Of how many it is, where it says.
    pub fn of(&self) -> Option<u64> {
        match self {
            Figure::Count(count) => Some(*count),
            Figure::Share { of, .. } => Some(*of),
            Figure::Mean(sums) => Some(sums.count),
            Figure::Stated(_) => None,
        }
    }
}

/// One figure beside its reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// What is measured.
    pub measure: Measure,
    /// The shop's own, where it is known.
    pub own: Option<Figure>,
    /// What it is held against, where it is known.
    pub reference: Option<Figure>,
    /// Own less reference with its 95 % interval, and the probability of so large a difference by chance; where both are known.
    pub difference: Option<Difference>,
    /// The least rate of false discoveries at which it would be called one.
    pub false_discovery_rate: Option<f64>,
    /// What the data bear.
    pub verdict: Verdict,
}

/// Own less reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// How much.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: (f64, f64),
    /// The probability of one as large by chance alone.
    pub probability: f64,
}

/// What the data bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Better than the reference.
    Better,
    /// Worse.
    Worse,
    /// More than the reference, of something that is good or bad neither way.
    More,
    /// Less.
    Less,
    /// No difference is shown.
    NoDifference,
    /// Too few are measured, or chance cannot be reckoned.
    TooFew,
    /// One of the two is not known.
    Unknown,
}

impl Verdict {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::More => "more",
            Verdict::Less => "less",
            Verdict::NoDifference => "no-difference-shown",
            Verdict::TooFew => "too-few",
            Verdict::Unknown => "unknown",
        }
    }
}

/// Holds figures against references, all of one question at once.
pub fn compare(figures: impl Iterator<Item = (Measure, Option<Figure>, Option<Figure>)>) -> Vec<Compared> {
    let mut all: Vec<Compared> = figures
        .map(|(measure, own, reference)| {
            let known = own.zip(reference);
            let difference = known.and_then(|(own, reference)| difference(&own, &reference));
            let enough =
                known.is_some_and(|(own, reference)| [own, reference].iter().all(|figure| figure.of().is_none_or(|of| of >= LEAST)));
            // Two stated figures differ or do not; nothing says how far chance moves them.
            let tested = difference.filter(|_| enough && known.is_some_and(|(own, reference)| own.of().or(reference.of()).is_some()));
            let verdict = match (known, tested) {
                (None, _) => Verdict::Unknown,
                (Some(_), None) => Verdict::TooFew,
                (Some(_), Some(_)) => Verdict::NoDifference,
            };
            Compared { measure, own, reference, difference, false_discovery_rate: None, verdict }
        })
        .collect();
    let tested: Vec<usize> = (0..all.len()).filter(|at| all[*at].verdict == Verdict::NoDifference).collect();
    let probabilities: Vec<f64> = tested.iter().filter_map(|at| all[*at].difference).map(|difference| difference.probability).collect();
    for (at, rate) in tested.into_iter().zip(false_discovery_rates(&probabilities)) {
        let one = &mut all[at];
        one.false_discovery_rate = Some(rate);
        let more = one.difference.map_or(0.0, |difference| difference.value) > 0.0;
        if rate <= FALSE_DISCOVERIES {
            one.verdict = match (one.measure.better(), more) {
                (Some(Better::More), true) | (Some(Better::Less), false) => Verdict::Better,
                (Some(Better::More), false) | (Some(Better::Less), true) => Verdict::Worse,
                (None, true) => Verdict::More,
                (None, false) => Verdict::Less,
            };
        }
    }
    all
}

fn difference(own: &Figure, reference: &Figure) -> Option<Difference> {
    let value = own.value() - reference.value();
    let variance = own.variance()? + reference.variance()?;
    let deviation = variance.sqrt();
    // The interval lies about the difference of the shares drawn towards a half, as their variance does.
    let drawn = |figure: &Figure| match figure {
        Figure::Share { some, of } => (*some as f64 + 1.0) / (*of as f64 + 2.0),
        Figure::Count(_) | Figure::Mean(_) | Figure::Stated(_) => figure.value(),
    };
    let middle = drawn(own) - drawn(reference);
    let tested = match (own, reference) {
        (Figure::Share { some: a, of: n }, Figure::Share { some: b, of: m }) => {
            let pooled = (*a + *b) as f64 / (*n + *m) as f64;
            (pooled * (1.0 - pooled) * (1.0 / *n as f64 + 1.0 / *m as f64)).sqrt()
        }
        (Figure::Share { of, .. }, Figure::Stated(p)) if (0.0..=1.0).contains(p) => (p * (1.0 - p) / *of as f64).sqrt(),
        _ => deviation,
    };
    let probability = if value == 0.0 { 1.0 } else { two_sided(value / tested) };
    Some(Difference { value, interval: (middle - NORMAL_95 * deviation, middle + NORMAL_95 * deviation), probability })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(measure: Measure, own: Figure, reference: Figure) -> Compared {
        compare([(measure, Some(own), Some(reference))].into_iter()).remove(0)
    }

    fn mean(values: impl Iterator<Item = f64>) -> Figure {
        let mut sums = Sums::default();
        values.for_each(|value| sums.add(value));
        Figure::Mean(sums)
    }

    #[test]
    fn shares_agree_with_published_intervals() {
        // Newcombe 1998 (Statistics in Medicine 17, 873), example (a): 56 of 70 against 48 of 80. Agresti and Caffo's interval by
        // their formula: 57/72 - 49/82, plus and minus 1.96 deviations.
        let found = one(Measure::SecondShare, Figure::Share { some: 56, of: 70 }, Figure::Share { some: 48, of: 80 });
        let difference = found.difference.unwrap();
        assert!((difference.value - 0.2).abs() < 1e-12);
        assert!((difference.interval.0 - 0.0520).abs() < 5e-4 && (difference.interval.1 - 0.3362).abs() < 5e-4, "{difference:?}");
        // The square of z is the chi-square without correction: 7.0302 and p = 0.0080.
        assert!((difference.probability - 0.0080).abs() < 2e-4, "{difference:?}");
        assert_eq!(found.verdict, Verdict::Better);
    }

    #[test]
    fn verdicts_know_which_way_is_better() {
        let (many, few) = (Figure::Share { some: 500, of: 1000 }, Figure::Share { some: 300, of: 1000 });
        assert_eq!(one(Measure::RepeatShare, many, few).verdict, Verdict::Better);
        assert_eq!(one(Measure::InactiveShare, many, few).verdict, Verdict::Worse);
        assert_eq!(one(Measure::NewShare, many, few).verdict, Verdict::More);
        assert_eq!(one(Measure::RepeatShare, many, many).verdict, Verdict::NoDifference);
        assert_eq!(one(Measure::RepeatShare, Figure::Share { some: 9, of: 10 }, few).verdict, Verdict::TooFew);
        assert_eq!(one(Measure::RepeatShare, many, Figure::Stated(0.3)).verdict, Verdict::Better);
        assert_eq!(one(Measure::RepeatShare, many, Figure::Stated(0.49)).verdict, Verdict::NoDifference);
        assert_eq!(one(Measure::CostOfNew, Figure::Stated(2.0), Figure::Stated(3.0)).verdict, Verdict::TooFew);
        assert_eq!(one(Measure::NewCustomers, Figure::Count(900), Figure::Count(1000)).verdict, Verdict::Worse);
        assert_eq!(one(Measure::NewCustomers, Figure::Count(980), Figure::Count(1000)).verdict, Verdict::NoDifference);
        let (slow, fast) = (mean((0..100).map(|n| 20.0 + f64::from(n % 7))), mean((0..100).map(|n| 10.0 + f64::from(n % 7))));
        assert_eq!(one(Measure::SecondDays, slow, fast).verdict, Verdict::Worse);
        assert_eq!(compare([(Measure::NewCustomers, Some(many), None)].into_iter())[0].verdict, Verdict::Unknown);
    }

    #[test]
    fn next_to_nothing_is_shown_where_nothing_differs() {
        // 400 times two samples of 500 customers out of the same shop: shares of one probability.
        let mut state = 11_u64;
        let mut sample = || {
            let mut some = 0;
            for _ in 0..500 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                some += u64::from((state >> 33) % 10 < 3);
            }
            Figure::Share { some, of: 500 }
        };
        let wrong = (0..400).filter(|_| one(Measure::SecondShare, sample(), sample()).verdict != Verdict::NoDifference).count();
        assert!((5..=35).contains(&wrong), "{wrong} of 400; one in twenty was promised");
    }
}
