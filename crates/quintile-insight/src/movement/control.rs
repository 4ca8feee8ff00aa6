//! Is a flow unusual now, by the store's own past?
//!
//! Method: the control chart of individual values. The centre is the mean of the past values; the limits lie three
//! standard deviations off, estimated by the mean of the moving ranges over 1.128, the constant for ranges of two
//! (NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2). Values are shares: of the customers who could have moved,
//! those who did. The limits are never nearer than what chance alone does to a share of so many customers, three binomial
//! standard deviations (6.3.3.2 there).
//!
//! Limits: a season or a trend in the past widens the limits, so that they miss more than they cry wolf. A flow beyond its
//! limits calls for a reason to be looked for, and proves none. Of hundreds of flows looked at, one or the other lies
//! beyond by chance.

/// Past values that limits can rest on.
pub const LEAST_PAST: usize = 6;

/// A share of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Customers who could have moved.
    pub stood: u64,
    /// Of those, customers who did.
    pub moved: u64,
}

impl Flow {
    /// As a share; `None` of nobody.
    pub fn share(self) -> Option<f64> {
        (self.stood > 0).then(|| self.moved as f64 / self.stood as f64)
    }
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Within the limits.
    Usual,
    /// Above the upper one.
    More,
    /// Below the lower one.
    Fewer,
    /// The past is too short, or too few customers could have moved.
    Unknown,
}

impl Verdict {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Usual => "usual",
            Verdict::More => "more-than-usual",
            Verdict::Fewer => "fewer-than-usual",
            Verdict::Unknown => "unknown",
        }
    }
}

/// A flow against its past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Control {
    /// Past months that say something.
    pub months: usize,
    /// The mean share.
    pub centre: Option<f64>,
    /// The lower and the upper limit, within 0 and 1.
    pub limits: Option<(f64, f64)>,
    /// Where the value lies.
    pub verdict: Verdict,
}

/// The mean, and three standard deviations by moving ranges; `None` under two values.
pub fn individuals(values: &[f64]) -> Option<(f64, f64)> {
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let ranges: f64 = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
    Some((mean, 3.0 * ranges / (values.len() - 1) as f64 / RANGE_OF_TWO))
}

/// The expected range of two draws from a normal distribution, in standard deviations.
const RANGE_OF_TWO: f64 = 1.128;

/// Holds a flow against the months before it, oldest first. Months in which fewer than `least` could have moved say nothing.
pub fn control(past: &[Flow], now: Flow, least: u64) -> Control {
    let enough = |flow: &&Flow| flow.stood >= least.max(1);
    let shares: Vec<f64> = past.iter().filter(enough).filter_map(|flow| flow.share()).collect();
    let (Some((centre, apart)), true) = (individuals(&shares), shares.len() >= LEAST_PAST) else {
        return Control { months: shares.len(), centre: None, limits: None, verdict: Verdict::Unknown };
    };
    let Some(share) = now.share().filter(|_| enough(&&now)) else {
        return Control { months: shares.len(), centre: Some(centre), limits: None, verdict: Verdict::Unknown };
    };
    let stood = now.stood as f64;
    // Where nobody ever moved, one in as many as stand there is as good a guess as none.
    let expected = centre.clamp(1.0 / stood, 1.0 - 1.0 / stood.max(2.0));
    let by_chance = 3.0 * (expected * (1.0 - expected) / stood).sqrt();
    let apart = apart.max(by_chance);
    let (low, high) = ((centre - apart).max(0.0), (centre + apart).min(1.0));
    let verdict = match share {
        share if share > high => Verdict::More,
        share if share < low => Verdict::Fewer,
        _ => Verdict::Usual,
    };
    Control { months: shares.len(), centre: Some(centre), limits: Some((low, high)), verdict }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flow_rates_of_the_handbook() {
        // NIST/SEMATECH e-Handbook, 6.3.2.2: mean 50.81, mean moving range 1.8778, limits 45.8159 and 55.8041.
        let rates = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1];
        let (mean, apart) = individuals(&rates).unwrap();
        assert!((mean - 50.81).abs() < 1e-9, "{mean}");
        assert!((mean + apart - 55.8041).abs() < 1e-4 && (mean - apart - 45.8159).abs() < 1e-4, "{apart}");
    }

    fn flows(moved: &[u64]) -> Vec<Flow> {
        moved.iter().map(|moved| Flow { stood: 1000, moved: *moved }).collect()
    }

    fn check(past: &[u64], now: u64, expected: Verdict) {
        let found = control(&flows(past), Flow { stood: 1000, moved: now }, 30);
        assert_eq!(found.verdict, expected, "{now} after {past:?}: {found:?}");
    }

    #[test]
    fn a_flow_is_held_against_its_own_past() {
        let past = [100, 120, 90, 110, 95, 115];
        check(&past, 105, Verdict::Usual);
        check(&past, 200, Verdict::More);
        check(&past, 20, Verdict::Fewer);
        check(&past[1..], 200, Verdict::Unknown);
    }

    #[test]
    fn chance_alone_is_not_unusual() {
        // A past without any spread: three binomial standard deviations of a tenth of a thousand are 28 customers.
        let calm = [100; 12];
        check(&calm, 128, Verdict::Usual);
        check(&calm, 129, Verdict::More);
        check(&calm, 71, Verdict::Fewer);
        // Where nobody ever moved, three may.
        let never = [0; 12];
        check(&never, 2, Verdict::Usual);
        check(&never, 5, Verdict::More);
    }

    #[test]
    fn too_few_customers_say_nothing() {
        let past = flows(&[100; 12]);
        assert_eq!(control(&past, Flow { stood: 29, moved: 29 }, 30).verdict, Verdict::Unknown);
        let few: Vec<Flow> = (0..12).map(|_| Flow { stood: 10, moved: 1 }).collect();
        assert_eq!(control(&few, Flow { stood: 1000, moved: 1 }, 30).months, 0);
        assert_eq!(control(&[], Flow { stood: 0, moved: 0 }, 0).verdict, Verdict::Unknown);
    }
}
