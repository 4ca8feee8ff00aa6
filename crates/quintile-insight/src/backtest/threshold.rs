//! The best cut of a score: above it customers are flagged as those who will stay away.
//!
//! Two cuts are looked for. *At risk* begins where flags part those who stay away from those who buy best: the cut with the
//! largest J of Youden (1950), which weighs both mistakes alike whatever their numbers. *Inactive* begins where so large a
//! share stays away, 90 % say, that waiting is over: the least cut from which on it does.
//!
//! Where it is known what mistakes cost, a third is looked for: the cut of the *least cost*. A false alarm is who was flagged and
//! bought, a miss who was not flagged and stayed away; the cost of a cut is that of both, by customer looked at.
//!
//! Limits: near its best, J is flat; cuts within a hundredth of it are as good, so that of those the one nearest to the cut
//! in force is taken. A cut is only taken with at least 100 customers beyond it.

use super::Judged;

/// A score of each customer at one moment, larger where staying away is likelier, and whether they stayed away.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scored {
    scores: Vec<f64>,
    silent: Vec<bool>,
}

/// Cuts that are tried: a twentieth apart up to 2, then a tenth, then a quarter, up to 12.
pub fn cuts() -> Vec<f64> {
    let steps = |from: u32, to: u32, by: u32| (from..to).step_by(by as usize).map(|hundredths| f64::from(hundredths) / 100.0);
    steps(25, 200, 5).chain(steps(200, 500, 10)).chain(steps(500, 1225, 25)).collect()
}

/// Cuts of a probability that are tried: a twentieth apart.
pub fn cuts_of_probabilities() -> Vec<f64> {
    (1..20).map(|twentieths| f64::from(twentieths) / 20.0).collect()
}

/// What the two mistakes cost, each by customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Who was flagged and bought.
    pub false_alarm: f64,
    /// Who was not flagged and stayed away.
    pub miss: f64,
}

impl Default for Costs {
    /// Both mistakes weigh alike.
    fn default() -> Costs {
        Costs { false_alarm: 1.0, miss: 1.0 }
    }
}

impl Costs {
    /// The cost of flags by customer looked at; `None` of nobody.
    pub fn each(self, judged: &Judged) -> Option<f64> {
        let (false_alarms, misses) = (judged.flagged - judged.hits, judged.did - judged.hits);
        (judged.customers > 0).then(|| (self.false_alarm * false_alarms as f64 + self.miss * misses as f64) / judged.customers as f64)
    }

    /// The cost by customer of flagging nobody, and that of flagging everybody.
    pub fn of_no_cut(self, judged: &Judged) -> Option<(f64, f64)> {
        let base = judged.base()?;
        Some((self.miss * base, self.false_alarm * (1.0 - base)))
    }
}

/// Customers beyond a cut, at least.
pub const LEAST: u64 = 100;

/// As good as the best: within so much of its J.
const AS_GOOD: f64 = 0.01;

impl Scored {
    /// Adds a customer. A score that is no number says nothing, and the customer is not judged.
    pub fn add(&mut self, score: f64, silent: bool) {
        if !score.is_nan() {
            self.scores.push(score);
            self.silent.push(silent);
        }
    }

    /// Adds those of another moment.
    pub fn merge(&mut self, other: &Scored) {
        self.scores.extend(&other.scores);
        self.silent.extend(&other.silent);
    }

    /// How many customers.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Nobody.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Flags above a cut, against who stayed away.
    pub fn judged(&self, cut: f64) -> Judged {
        Judged::of(self.scores.iter().zip(&self.silent).map(|(score, silent)| (*score > cut, *silent)))
    }

    /// The probability that of two customers, one who stayed away and one who did not, the first had the higher score; ties
    /// count half. `None` where all stayed away or none.
    pub fn auc(&self) -> Option<f64> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|a, b| self.scores[*a].total_cmp(&self.scores[*b]));
        let (mut silent, mut others, mut pairs) = (0.0_f64, 0.0_f64, 0.0_f64);
        for equal in order.chunk_by(|a, b| self.scores[*a] == self.scores[*b]) {
            let away = equal.iter().filter(|at| self.silent[**at]).count() as f64;
            let came = equal.len() as f64 - away;
            pairs += away * (others + 0.5 * came);
            silent += away;
            others += came;
        }
        (silent > 0.0 && others > 0.0).then(|| pairs / (silent * others))
    }

    /// Where *at risk* best begins; `None` where no cut parts anybody.
    pub fn risk(&self, in_force: f64) -> Option<f64> {
        let told: Vec<(f64, f64)> = cuts().into_iter().filter_map(|cut| Some((cut, self.beyond(cut)?.youden()?))).collect();
        let best = told.iter().map(|(_, youden)| *youden).max_by(f64::total_cmp).filter(|best| *best > 0.0)?;
        let as_good = told.iter().filter(|(_, youden)| *youden >= best - AS_GOOD).map(|(cut, _)| *cut);
        as_good.min_by(|a, b| (a - in_force).abs().total_cmp(&(b - in_force).abs()).then(a.total_cmp(b)))
    }

    /// Where a probability parts best those who stay away from those who buy; of equal cuts the least.
    pub fn parts_best(&self, cuts: &[f64]) -> Option<f64> {
        let told = cuts.iter().filter_map(|cut| Some((*cut, self.beyond(*cut)?.youden()?)));
        told.filter(|(_, youden)| *youden > 0.0).min_by(|a, b| b.1.total_cmp(&a.1)).map(|(cut, _)| cut)
    }

    /// The cut of the least cost; of equal ones the one nearest to the cut in force. `None` where no cut has enough beyond it.
    pub fn cheapest(&self, cuts: &[f64], costs: Costs, in_force: f64) -> Option<f64> {
        let told: Vec<(f64, f64)> = cuts.iter().filter_map(|cut| Some((*cut, costs.each(&self.beyond(*cut)?)?))).collect();
        let near = |cut: f64| (cut - in_force).abs();
        told.iter().min_by(|a, b| a.1.total_cmp(&b.1).then(near(a.0).total_cmp(&near(b.0))).then(a.0.total_cmp(&b.0))).map(|(cut, _)| *cut)
    }

    /// From where on at least a share stays away; `None` where it never does.
    pub fn inactive(&self, sure: f64, above: f64) -> Option<f64> {
        let told: Vec<(f64, f64)> = cuts().into_iter().filter_map(|cut| Some((cut, self.beyond(cut)?.precision()?))).collect();
        let from = told.iter().rposition(|(_, precision)| *precision < sure).map_or(0, |last| last + 1);
        told[from..].iter().map(|(cut, _)| *cut).find(|cut| *cut > above)
    }

    fn beyond(&self, cut: f64) -> Option<Judged> {
        Some(self.judged(cut)).filter(|judged| judged.flagged >= LEAST)
    }
}

/// How overdue a customer is, by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Days since the last purchase, over the customer's own mean gap.
    OwnGaps,
    /// The same with the mean gap of all added to the customer's own as one gap more.
    SmoothedGaps,
    /// Days since the last purchase, over the mean gap of all.
    MeanGap,
}

impl Rule {
    /// All of them.
    pub const ALL: [Rule; 3] = [Rule::OwnGaps, Rule::SmoothedGaps, Rule::MeanGap];

    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Rule::OwnGaps => "own-gaps",
            Rule::SmoothedGaps => "smoothed-gaps",
            Rule::MeanGap => "mean-gap",
        }
    }

    /// The ratio of a customer by purchase days up to a day, each once and ascending; `None` with fewer than two.
    pub fn ratio(self, days: &[i32], today: i32, mean_gap: f64) -> Option<f64> {
        let [first, .., last] = days else { return None };
        let gaps = (days.len() - 1) as f64;
        let (span, since) = (f64::from(last - first), f64::from(today - last));
        let gap = match self {
            Rule::OwnGaps => span / gaps,
            Rule::SmoothedGaps => (span + mean_gap) / (gaps + 1.0),
            Rule::MeanGap => mean_gap,
        };
        (gap > 0.0).then(|| since / gap)
    }
}

/// The mean of all finished gaps; `None` where there is none.
pub fn mean_gap<'a>(customers: impl Iterator<Item = &'a [i32]>) -> Option<f64> {
    let (mut gaps, mut span) = (0_u64, 0_i64);
    for days in customers {
        if let [first, .., last] = days {
            gaps += days.len() as u64 - 1;
            span += i64::from(last - first);
        }
    }
    (gaps > 0).then(|| span as f64 / gaps as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Customers who stay away the surer the higher their score: a share of `away(score)`.
    fn scored(away: impl Fn(f64) -> f64) -> Scored {
        let mut all = Scored::default();
        for tenths in 1..=60 {
            let score = f64::from(tenths) / 10.0 + 0.01;
            for customer in 0..100 {
                all.add(score, f64::from(customer) < away(score) * 100.0);
            }
        }
        all
    }

    #[test]
    fn the_cut_that_parts_best_is_found() {
        // Everybody buys up to 2.5 and nobody beyond: J is 1 from just below there, and the cuts that are tried are a tenth apart.
        let sharp = scored(|score| if score > 2.5 { 1.0 } else { 0.0 });
        assert_eq!(sharp.risk(2.0), Some(2.5));
        assert_eq!(sharp.judged(2.5).youden(), Some(1.0));
        assert_eq!(sharp.auc(), Some(1.0));
        assert_eq!(sharp.inactive(0.9, 2.0), Some(2.1), "beyond 2.1 stay away 36 tenths of 40");
        // Where the score says nothing there is no cut, and nobody is ever sure.
        let blind = scored(|_| 0.5);
        assert_eq!((blind.inactive(0.9, 1.0), blind.auc()), (None, Some(0.5)));
        assert_eq!(Scored::default().risk(2.0), None);
    }

    #[test]
    fn of_cuts_as_good_the_one_in_force_stays() {
        // The share who stay away rises slowly, so that J is flat about its best.
        let slow = scored(|score| (score / 6.0).min(1.0));
        let best = slow.risk(3.0).unwrap();
        assert!((2.5..=3.5).contains(&best), "{best}");
        assert!(slow.judged(best).youden().unwrap() + AS_GOOD >= slow.judged(2.9).youden().unwrap());
        let (low, high) = (slow.risk(0.0).unwrap(), slow.risk(9.0).unwrap());
        assert!(low < high && low <= best && best <= high, "{low} {best} {high}");
    }

    #[test]
    fn the_cheapest_cut_follows_what_mistakes_cost() {
        // Of those of a score s up to 6, s / 6 stay away: of 100 with a score just above c, flagging costs (1 - c / 6) false
        // alarms each and not flagging c / 6 misses. Alike, the cut lies at 3; where a miss costs five times as much, at 1.
        let slow = scored(|score| (score / 6.0).min(1.0));
        let all = cuts();
        let near = |costs, expected: f64| {
            let found = slow.cheapest(&all, costs, 2.0).unwrap();
            assert!((found - expected).abs() <= 0.11, "{found} and not {expected}");
        };
        near(Costs::default(), 3.0);
        near(Costs { false_alarm: 1.0, miss: 5.0 }, 1.0);
        near(Costs { false_alarm: 2.0, miss: 1.0 }, 4.0);
        // No other cut costs less.
        let costs = Costs { false_alarm: 1.0, miss: 5.0 };
        let cost = |cut: f64| costs.each(&slow.judged(cut)).unwrap();
        let best = slow.cheapest(&all, costs, 2.0).unwrap();
        assert!(all.iter().filter(|cut| slow.judged(**cut).flagged >= LEAST).all(|cut| cost(*cut) >= cost(best)));
        // 8 flagged of 20, 6 of them right; 10 did it.
        let judged = Judged { customers: 20, flagged: 8, did: 10, hits: 6 };
        assert_eq!(costs.each(&judged), Some((2.0 + 5.0 * 4.0) / 20.0));
        assert_eq!(costs.of_no_cut(&judged), Some((2.5, 0.5)));
        assert_eq!((Scored::default().cheapest(&all, costs, 2.0), costs.each(&Judged::default())), (None, None));
    }

    #[test]
    fn a_probability_is_cut_where_it_parts_best() {
        let mut all = Scored::default();
        (0..1000).for_each(|customer| all.add(f64::from(customer) / 1000.0, customer >= 620));
        let found = all.parts_best(&cuts_of_probabilities()).unwrap();
        assert!((found - 0.6).abs() < 1e-9, "{found}");
        assert_eq!(Scored::default().parts_best(&cuts_of_probabilities()), None);
    }

    #[test]
    fn ratios_by_hand() {
        let days = [0, 10, 40];
        assert_eq!(Rule::OwnGaps.ratio(&days, 80, 5.0), Some(2.0));
        assert_eq!(Rule::SmoothedGaps.ratio(&days, 80, 20.0), Some(2.0));
        assert_eq!(Rule::MeanGap.ratio(&days, 80, 5.0), Some(8.0));
        assert_eq!(Rule::OwnGaps.ratio(&[3], 80, 5.0), None);
        assert_eq!(mean_gap([&days[..], &[7], &[1, 3]].into_iter()), Some(14.0));
        assert_eq!(mean_gap([&days[..1]].into_iter()), None);
    }
}
