//! The store's own thresholds, each with how it was found.

use crate::care::Brought;
use crate::columns::{self, ColumnType};
use crate::first_pass::{good, number_key};
use crate::question::ProfileQuestion;
use crate::rfm::{Better, Scoring};
use crate::select::order_statistics;
use crate::vectors::{DayCounts, Gaps, Vectors};
use quintile_model::money::{Money, UNIT};
use quintile_model::time::{DayNumber, StoreZone};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What the store's facts say of it at one moment. What no asked column needs is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Known customers.
    pub customers: u64,
    /// Those with an order.
    pub buyers: u64,
    /// Those with two purchases or more; counted where gaps are.
    pub repeat_buyers: u64,
    /// Those with refunds and no order; counted where stages are.
    pub returns_only: u64,
    /// Day of the first counted order.
    pub history_start: Option<DayNumber>,
    /// Days from it up to the moment.
    pub history_days: u32,
    /// The usual gap U between purchases, in days.
    pub usual_gap: Option<Threshold>,
    /// The last call L1 for a second purchase, in days.
    pub last_call: Option<Threshold>,
    /// Overdue by more usual gaps than this is drifting.
    pub drifting: f64,
    /// Overdue by more usual gaps than this is at risk.
    pub risk: f64,
    /// Overdue by more usual gaps than this is inactive.
    pub inactive: f64,
    /// Purchases of a loyal customer.
    pub loyal_orders: u32,
    /// Within so many days.
    pub loyal_window: Option<Threshold>,
    /// Share of buyers with so many within the window.
    pub loyal_share: Option<f64>,
    /// A number by which 5 to 20 % of buyers would be loyal, where the one in use is not such a number.
    pub loyal_suggestion: Option<Suggestion>,
    /// Purchases of a promising customer.
    pub promising: u32,
    /// Purchases of a loyalist.
    pub loyalist_orders: u32,
    /// A big spender's median order is at or above this.
    pub big_spender: Option<Amount>,
    /// A new customer's order is above this.
    pub new_above: Option<Amount>,
    /// Median regularity of those with a loyalist's number of purchases, and of how many.
    pub steady: Option<(f64, u64)>,
    /// Cuts of the three scores.
    pub scores: Option<[Cuts; 3]>,
    /// What those whom a customer brought have spent, by the key of who brought them; beyond what an amount holds too.
    pub(crate) referral_revenue: HashMap<u64, i128>,
    /// What to keep in mind.
    pub warnings: Vec<Warning>,
}

/// A threshold in days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// Its value.
    pub value: f64,
    /// How it was found.
    pub found: Found,
    /// From how many gaps; open ones are counted too.
    pub of: u64,
}

/// How a threshold was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Fixed by hand.
    ByHand,
    /// From the Kaplan-Meier curve of gaps, those still open counted as long as they are known to be.
    Survival,
    /// The largest finished gap: the curve never came down far enough.
    LargestFinished,
    /// The median gap from the first purchase to the second: nobody has bought three times yet.
    FirstGaps,
    /// From the usual gap.
    UsualGap,
    /// The least it may be.
    Floor,
    /// Assumed: nothing in the store says.
    Assumed,
}

/// An amount that ranks buyers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// The amount: a value that occurs.
    pub value: Money,
    /// The percentile it is, by nearest rank.
    pub percentile: u8,
    /// Of how many buyers.
    pub of: u64,
}

/// Another number of purchases for loyal customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suggestion {
    /// The number.
    pub orders: u32,
    /// The share of buyers who would be loyal.
    pub share: f64,
}

/// Where one score goes up by one.
#[derive(Debug, Clone, PartialEq)]
pub struct Cuts {
    /// The metric.
    pub column: String,
    /// From how many buyers.
    pub of: u64,
    /// The values that must be passed, in the metric's unit (instants in microseconds), one for each score above 1.
    pub cuts: Vec<f64>,
    /// Must the value be passed, or is it enough to reach it?
    pub reached_is_enough: bool,
    /// The least key of each score above 1.
    pub(crate) from: Vec<i64>,
    pub(crate) better: Better,
}

impl Cuts {
    #[inline]
    pub(crate) fn score(&self, key: i64) -> u8 {
        1 + self.from.iter().map(|from| u8::from(key >= *from)).sum::<u8>()
    }
}

/// What to keep in mind when reading the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The history is shorter than two usual gaps.
    Young {
        /// Days of history.
        history_days: u32,
        /// The usual gap.
        usual_gap_days: u32,
    },
    /// Fewer than 200 repeat buyers.
    FewRepeatBuyers {
        /// How many.
        repeat_buyers: u64,
    },
    /// The history begins in the middle of customers' lives.
    StartsInTheMiddle {
        /// Its first day.
        start: DayNumber,
        /// Customers with returns only.
        returns_only: u64,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Young { history_days, usual_gap_days } => {
                write!(f, "thresholds are weak: the history of {history_days} days is shorter than two usual gaps of {usual_gap_days}")
            }
            Warning::FewRepeatBuyers { repeat_buyers } => {
                write!(f, "thresholds are weak: they rest on {repeat_buyers} repeat buyers; 200 make them steady")
            }
            Warning::StartsInTheMiddle { start, returns_only } => {
                write!(f, "history starts on {}; first-time buyers may be older", StoreZone::date_of(*start))?;
                match returns_only {
                    0 => Ok(()),
                    n => write!(f, " ({n} customers have returns and no order)"),
                }
            }
        }
    }
}

/// A second order is waited for at least so long.
const LEAST_LAST_CALL: f64 = 60.0;
/// The usual gap of a store where nobody has come back yet.
const ASSUMED_GAP: f64 = 30.0;
/// Repeat buyers that make thresholds steady.
const STEADY_REPEAT_BUYERS: u64 = 200;

/// Statistics of the store from what all batches told.
pub fn statistics(vectors: Vec<Vectors>, question: &ProfileQuestion) -> Statistics {
    statistics_of(&vectors, question)
}

/// The same, and leaves the vectors to be filled again.
pub fn statistics_of(vectors: &[Vectors], question: &ProfileQuestion) -> Statistics {
    let mut all = Vectors::default();
    vectors.iter().for_each(|vectors| all.add_counts(vectors));
    let metric = |axis: usize| -> Vec<&[i64]> { vectors.iter().flat_map(|vectors| &vectors.metrics[axis]).map(Vec::as_slice).collect() };
    let medians: Vec<&[i64]> = vectors.iter().flat_map(|vectors| &vectors.medians).map(Vec::as_slice).collect();
    let regularity: Vec<f64> = vectors.iter().flat_map(|vectors| &vectors.regularity).copied().collect();
    let settings = &question.thresholds;
    let rhythm = question.rests_on("number_of_purchases");
    let by_hand = |value: Option<f64>| value.map(|value| Threshold { value, found: Found::ByHand, of: 0 });
    let usual_gap = rhythm.then(|| by_hand(settings.usual_gap_days).unwrap_or_else(|| usual_gap(&all)));
    let last_call = rhythm.then(|| by_hand(settings.last_call_days).unwrap_or_else(|| last_call(&all.first_gaps)));
    let loyal_window = usual_gap.filter(|_| question.rests_on("_loyal_day")).map(|usual| {
        by_hand(settings.loyal_window_days).unwrap_or(match 4.0 * usual.value {
            value if value > 90.0 => Threshold { value, found: Found::UsualGap, of: usual.of },
            _ => Threshold { value: 90.0, found: Found::Floor, of: usual.of },
        })
    });
    let qualify = |orders: u32| {
        let within = all.ages.get(orders.checked_sub(1)? as usize)?.up_to(loyal_window?.value);
        (all.buyers > 0).then(|| within as f64 / all.buyers as f64)
    };
    let good_share = |share: f64| (0.05..=0.2).contains(&share);
    let loyal_share = qualify(settings.loyal_orders);
    let loyal_suggestion = loyal_share.filter(|share| !good_share(*share)).and_then(|_| {
        let shares = (2..=all.ages.len() as u32).filter_map(|orders| Some(Suggestion { orders, share: qualify(orders)? }));
        shares.into_iter().find(|suggestion| good_share(suggestion.share))
    });
    let group = question.rests_on("median_net_order_value");
    let scores = question.rests_on(columns::RFM).then(|| [0, 1, 2].map(|axis| cuts(question, axis, &metric(axis))));
    let last_day = question.as_of.last_day();
    let oldest = all.first_ages.largest();
    let mut statistics = Statistics {
        customers: all.customers,
        buyers: all.buyers,
        repeat_buyers: all.repeat_buyers,
        returns_only: all.returns_only,
        history_start: oldest.map(|age| last_day - age as i32),
        history_days: oldest.map_or(0, |age| age + 1),
        usual_gap,
        last_call,
        drifting: settings.drifting,
        risk: settings.risk,
        inactive: settings.inactive,
        loyal_orders: settings.loyal_orders,
        loyal_window,
        loyal_share,
        loyal_suggestion,
        promising: settings.promising,
        loyalist_orders: settings.loyalist_orders,
        big_spender: group.then(|| percentile(&medians, settings.big_spender_percentile)).flatten(),
        new_above: group.then(|| percentile(&medians, settings.new_percentile)).flatten(),
        steady: median(regularity),
        scores,
        referral_revenue: referral_revenue(vectors),
        warnings: Vec::new(),
    };
    if rhythm && all.buyers > 0 {
        statistics.warnings = warnings(&statistics, &all.first_ages);
    }
    statistics
}

/// Whoever brought a customer first has what that customer spent; nobody brings themselves. An address that exactly one
/// customer has means that customer, one that several have means the guest who is known by it alone.
fn referral_revenue(vectors: &[Vectors]) -> HashMap<u64, i128> {
    let mut brought: Vec<Brought> = vectors.iter().flat_map(|vectors| &vectors.brought).copied().collect();
    let named: HashSet<u64> = brought.iter().map(|brought| brought.referred).collect();
    let mut whose: HashMap<u64, Option<u64>> = HashMap::new();
    for (address, customer) in
        vectors.iter().flat_map(|vectors| &vectors.known_by_address).flatten().filter(|(address, _)| named.contains(address))
    {
        let owner = whose.entry(*address).or_insert(Some(*customer));
        *owner = owner.filter(|owner| owner == customer);
    }
    for brought in &mut brought {
        brought.referred = whose.get(&brought.referred).copied().flatten().unwrap_or(brought.referred);
    }
    brought.retain(|brought| brought.by != brought.referred);
    let mut revenue: HashMap<u64, i128> = brought.iter().map(|brought| (brought.by, 0)).collect();
    brought.sort_unstable();
    brought.dedup_by_key(|brought| brought.referred);
    let by: HashMap<u64, u64> = brought.into_iter().map(|brought| (brought.referred, brought.by)).collect();
    if by.is_empty() {
        return revenue;
    }
    for (customer, amount) in vectors.iter().flat_map(|vectors| &vectors.spent).flatten() {
        if let Some(by) = by.get(customer) {
            *revenue.entry(*by).or_default() += i128::from(*amount);
        }
    }
    revenue
}

fn warnings(statistics: &Statistics, first_ages: &DayCounts) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let history_days = statistics.history_days;
    if let Some(usual) = statistics.usual_gap
        && usual.found != Found::ByHand
    {
        if f64::from(history_days) < 2.0 * usual.value {
            warnings.push(Warning::Young { history_days, usual_gap_days: usual.value as u32 });
        }
        if statistics.repeat_buyers < STEADY_REPEAT_BUYERS {
            warnings.push(Warning::FewRepeatBuyers { repeat_buyers: statistics.repeat_buyers });
        }
    }
    // In a history that begins with the store, first purchases of the first month are not far above those of the next.
    let (first_month, next_month) = first_ages.iter().fold((0, 0), |(first, next), (age, count)| match history_days - 1 - age {
        0..30 => (first + count, next),
        30..60 => (first, next + count),
        _ => (first, next),
    });
    let crowded = history_days >= 60 && first_month >= 50 && 2 * first_month > 3 * next_month;
    if let Some(start) = statistics.history_start
        && (crowded || statistics.returns_only > 0)
    {
        warnings.push(Warning::StartsInTheMiddle { start, returns_only: statistics.returns_only });
    }
    warnings
}

fn usual_gap(all: &Vectors) -> Threshold {
    let gaps = &all.later_gaps;
    let of = gaps.finished.total() + gaps.open.total();
    if let Some(value) = first_at_most(&survival(gaps), 0.5) {
        return Threshold { value, found: Found::Survival, of };
    }
    if let Some(value) = gaps.finished.largest() {
        return Threshold { value: f64::from(value), found: Found::LargestFinished, of };
    }
    let first = &all.first_gaps.finished;
    let half = first.total().div_ceil(2);
    let mut seen = 0;
    let median = first.iter().find(|(_, count)| {
        seen += count;
        seen >= half
    });
    match median {
        Some((value, _)) => Threshold { value: f64::from(value), found: Found::FirstGaps, of: first.total() },
        None => Threshold { value: ASSUMED_GAP, found: Found::Assumed, of: 0 },
    }
}

/// The day by which four of five second orders that come within a year have come.
fn last_call(gaps: &Gaps) -> Threshold {
    let of = gaps.finished.total() + gaps.open.total();
    let curve = survival(gaps);
    let after_a_year = curve.iter().take_while(|(day, _)| *day <= 365).last().map_or(1.0, |(_, survival)| *survival);
    if gaps.finished.total() == 0 {
        return Threshold { value: LEAST_LAST_CALL, found: Found::Assumed, of };
    }
    match first_at_most(&curve, 1.0 - 0.8 * (1.0 - after_a_year)) {
        Some(value) if value > LEAST_LAST_CALL => Threshold { value, found: Found::Survival, of },
        _ => Threshold { value: LEAST_LAST_CALL, found: Found::Floor, of },
    }
}

/// The Kaplan-Meier estimate of the share of gaps longer than so many days, where it steps down (Kaplan and Meier 1958,
/// equation 2b). A gap open on the day another ends was at risk on that day.
///
/// Products are taken in doubles in the order of time; what is compared with them allows for their rounding.
fn survival(gaps: &Gaps) -> Vec<(u32, f64)> {
    let mut at_risk = gaps.finished.total() + gaps.open.total();
    let mut open = gaps.open.iter().peekable();
    let mut share = 1.0;
    let mut curve = Vec::new();
    for (day, ended) in gaps.finished.iter() {
        while let Some((_, count)) = open.next_if(|(until, _)| *until < day) {
            at_risk -= count;
        }
        share *= 1.0 - ended as f64 / at_risk as f64;
        at_risk -= ended;
        curve.push((day, share));
    }
    curve
}

/// Far above what rounding can add up to, far below what one customer more or less changes.
const ROUNDING: f64 = 1e-12;

fn first_at_most(curve: &[(u32, f64)], share: f64) -> Option<f64> {
    curve.iter().find(|(_, survival)| *survival <= share + ROUNDING).map(|(day, _)| f64::from(*day))
}

/// The nearest rank: a value that occurs.
fn percentile(pieces: &[&[i64]], percentile: u8) -> Option<Amount> {
    let of: usize = pieces.iter().map(|piece| piece.len()).sum();
    let place = (of * percentile as usize).div_ceil(100).max(1) - 1;
    (of > 0).then(|| Amount { value: Money(order_statistics(pieces, &[place.min(of - 1)])[0]), percentile, of: of as u64 })
}

fn median(mut values: Vec<f64>) -> Option<(f64, u64)> {
    if values.is_empty() {
        return None;
    }
    let (of, middle) = (values.len() as u64, values.len() / 2);
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| !odd).unwrap_or(upper);
    Some(((lower + upper) / 2.0, of))
}

fn cuts(question: &ProfileQuestion, axis: usize, pieces: &[&[i64]]) -> Cuts {
    let metric = &question.rfm.metrics[axis];
    let kind = columns::find(&metric.column).map(|column| column.kind);
    let of: usize = pieces.iter().map(|piece| piece.len()).sum();
    let cuts = |from, cuts, reached_is_enough| Cuts {
        column: metric.column.clone(),
        of: of as u64,
        cuts,
        reached_is_enough,
        from,
        better: metric.better,
    };
    match &question.rfm.map.scoring[axis] {
        Scoring::Quantiles(_) if of == 0 => cuts(Vec::new(), Vec::new(), false),
        Scoring::Quantiles(levels) => {
            let levels = *levels as usize;
            let places: Vec<usize> = (1..levels).map(|level| (level * of).div_ceil(levels) - 1).collect();
            let values = order_statistics(pieces, &places);
            let shown = values.iter().map(|key| shown(good(*key, metric.better), kind)).collect();
            // Nothing lies above the largest key.
            cuts(values.into_iter().filter_map(|value| value.checked_add(1)).collect(), shown, false)
        }
        Scoring::Breaks(breaks) => {
            let from = breaks.iter().map(|at| good(break_key(*at, kind, metric.better), metric.better)).collect();
            cuts(from, breaks.clone(), true)
        }
    }
}

/// A key in the metric's unit.
fn shown(key: i64, kind: Option<ColumnType>) -> f64 {
    match kind {
        Some(ColumnType::Amount) => key as f64 / UNIT as f64,
        Some(ColumnType::Number) => f64::from_bits((key ^ (((key >> 63) as u64) >> 1) as i64) as u64),
        _ => key as f64,
    }
}

/// The first key that reaches a break.
fn break_key(at: f64, kind: Option<ColumnType>, better: Better) -> i64 {
    let whole = |value: f64| match better {
        // A decimal break is rarely exact in binary.
        _ if (value - value.round()).abs() < 1e-6 => value.round() as i64,
        Better::Larger => value.ceil() as i64,
        Better::Smaller => value.floor() as i64,
    };
    match kind {
        Some(ColumnType::Amount) => whole(at * UNIT as f64),
        Some(ColumnType::Number) => number_key(at),
        _ => whole(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(finished: &[i32], open: &[i32]) -> Gaps {
        let mut gaps = Gaps::default();
        finished.iter().for_each(|days| gaps.finished.add(*days));
        open.iter().for_each(|days| gaps.open.add(*days));
        gaps
    }

    #[test]
    fn survival_steps_where_gaps_end() {
        // Four at risk on day 2, three on day 5, one on day 9.
        let curve = survival(&gaps(&[2, 5, 9], &[7]));
        assert_eq!(curve.iter().map(|(day, _)| *day).collect::<Vec<_>>(), [2, 5, 9]);
        for ((_, survival), expected) in curve.iter().zip([0.75, 0.5, 0.0]) {
            assert!((survival - expected).abs() < 1e-15);
        }
        assert_eq!(first_at_most(&curve, 0.5), Some(5.0));
    }

    #[test]
    fn half_is_half_whatever_the_rounding() {
        for n in 1..400 {
            let finished: Vec<i32> = (1..=2 * n).collect();
            assert_eq!(first_at_most(&survival(&gaps(&finished, &[])), 0.5), Some(f64::from(n)), "{n}");
        }
    }

    #[test]
    fn gaps_open_on_the_day_are_still_at_risk() {
        assert_eq!(survival(&gaps(&[5], &[5])), [(5, 0.5)]);
    }

    #[test]
    fn thresholds_fall_back_calmly() {
        let mut all = Vectors::default();
        assert_eq!(usual_gap(&all), Threshold { value: 30.0, found: Found::Assumed, of: 0 });
        assert_eq!(last_call(&all.first_gaps).value, 60.0);
        all.first_gaps = gaps(&[10, 20, 40], &[400; 9]);
        assert_eq!(usual_gap(&all), Threshold { value: 20.0, found: Found::FirstGaps, of: 3 });
        all.later_gaps = gaps(&[33], &[50; 9]);
        assert_eq!(usual_gap(&all), Threshold { value: 33.0, found: Found::LargestFinished, of: 10 });
        all.later_gaps = gaps(&[33, 44], &[1]);
        assert_eq!(usual_gap(&all).found, Found::Survival);
    }

    #[test]
    fn percentiles_are_values_that_occur() {
        let pieces: [&[i64]; 2] = [&[5, 1], &[4, 2, 3]];
        assert_eq!(percentile(&pieces, 80).unwrap().value, Money(4));
        assert_eq!(percentile(&pieces, 25).unwrap().value, Money(2));
        assert_eq!(percentile(&pieces, 0).unwrap().value, Money(1));
        assert_eq!(percentile(&[], 80), None);
    }

    #[test]
    fn number_keys_order_as_numbers_do() {
        let numbers = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 1.0, 7.25, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| number_key(pair[0]) < number_key(pair[1])));
        assert_eq!(number_key(-0.0), number_key(0.0));
        assert!(numbers.iter().all(|number| shown(number_key(*number), Some(ColumnType::Number)) == *number));
    }
}
