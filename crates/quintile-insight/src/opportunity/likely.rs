//! What is likely to be gained if a move between stages happened as often as in the store's own best months.
//!
//! Method. For each move and each past month: of the customers who were in the stage when the month began, the share who
//! were in the goal when it ended. That happens anyway; the median month stands for it. What could be reached is the best
//! month of the same season. The customers more are (best - median) x customers in the stage now. Each is worth what
//! movers spent from the beginning of the month of their move over the horizon more than those who stayed did, on the
//! average over all months that lie a whole horizon back.
//!
//! Interval: customers are resampled by groups, see [`resampling`](super::resampling). The interval holds between the 2.5th
//! and the 97.5th percentile, and says how uncertain the figure is given the store's own past; it does not say that a
//! campaign will reach the best month.
//!
//! Limits: who moved is not a random choice of who could, so the difference is an upper bound of what moving somebody
//! else brings. Costs are not taken off.

use super::given::Given;
use super::resampling::{self, Resampling};
use quintile_catalog::Move;
use std::collections::BTreeMap;

/// One month of one move, by group of customers.
#[derive(Debug, Clone, PartialEq)]
pub struct MonthOfMove {
    /// The calendar month, from 1, in which it began.
    pub calendar_month: u8,
    /// Does a whole horizon lie between its beginning and the moment that is asked for? Else spending is not counted.
    pub has_horizon: bool,
    /// By group.
    pub groups: Vec<Tally>,
}

/// Counts of one group of customers in one month.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Customers in the stage when the month began.
    pub stood: u64,
    /// Of those, customers in the goal when it ended.
    pub moved: u64,
    /// What those who moved spent within the horizon, in ten-thousandths.
    pub spent_by_movers: i128,
    /// What the others spent within the horizon.
    pub spent_by_stayers: i128,
}

impl Tally {
    /// One customer more, who moved or stayed, with what they spent within the horizon, in ten-thousandths.
    pub fn add(&mut self, moved: bool, spent: i128) {
        self.stood += 1;
        self.moved += u64::from(moved);
        *(if moved { &mut self.spent_by_movers } else { &mut self.spent_by_stayers }) += spent;
    }
}

impl MonthOfMove {
    /// Of which nothing was seen yet.
    pub fn blank(calendar_month: u8, has_horizon: bool) -> MonthOfMove {
        MonthOfMove { calendar_month, has_horizon, groups: vec![Tally::default(); resampling::GROUPS] }
    }

    /// Its sums, of all customers or of a resampling that takes each group as often as its weight says.
    pub(super) fn sums(&self, weights: Option<&[u32]>) -> Sums {
        let mut sums = Sums::default();
        for (group, tally) in self.groups.iter().enumerate() {
            let weight = weights.map_or(1.0, |weights| f64::from(weights[group]));
            sums.stood += weight * tally.stood as f64;
            sums.moved += weight * tally.moved as f64;
            sums.by_movers += weight * tally.spent_by_movers as f64;
            sums.by_stayers += weight * tally.spent_by_stayers as f64;
        }
        sums
    }
}

/// Sums over groups of customers, in one month or several.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub stood: f64,
    pub moved: f64,
    pub by_movers: f64,
    pub by_stayers: f64,
}

impl Sums {
    /// The share that moved; `None` of nobody.
    pub fn rate(&self) -> Option<f64> {
        (self.stood > 0.0).then(|| self.moved / self.stood)
    }

    /// What a mover spent more than a stayer; `None` where there were none of either.
    pub fn worth(&self) -> Option<f64> {
        let stayed = self.stood - self.moved;
        (self.moved > 0.0 && stayed > 0.0).then(|| self.by_movers / self.moved - self.by_stayers / stayed)
    }

    fn join(&mut self, other: Sums) {
        self.stood += other.stood;
        self.moved += other.moved;
        self.by_movers += other.by_movers;
        self.by_stayers += other.by_stayers;
    }
}

/// A move, and its past.
#[derive(Debug, Clone)]
pub struct MoveHistory<'a> {
    /// From where to where.
    pub of: &'a Move,
    /// Customers in the stage now; `None` where the store does not know them.
    pub customers: Option<u64>,
    /// Its months, oldest first.
    pub months: Vec<MonthOfMove>,
}

/// How the past is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The calendar month, from 1, that begins at the moment that is asked for.
    pub coming_month: u8,
    /// Fewer customers in a stage than this say nothing of a month.
    pub least_customers: u64,
    /// Resamplings for the interval.
    pub resamplings: u32,
    /// Where the resampling begins: the same seed gives the same interval.
    pub seed: u64,
}

/// A row of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LikelyRow {
    /// The class that moves.
    pub stage: String,
    /// Its name for people.
    pub stage_name: String,
    /// The name of the goal for people.
    pub goal_name: String,
    /// Customers in the stage now.
    pub customers: Option<u64>,
    /// Months that say something.
    pub months: u32,
    /// The share that moves in the median month.
    pub usual_rate: Option<f64>,
    /// The share that moved in the best month of the season.
    pub best_rate: Option<f64>,
    /// Was the season seen before, or does the best month of all stand for it?
    pub season_seen: bool,
    /// Customers who move in the coming month anyway.
    pub anyway: Option<f64>,
    /// Customers more, in a month as good as the best.
    pub extra: Option<f64>,
    /// What a mover spends within the horizon more than a stayer, in ten-thousandths.
    pub worth: Option<f64>,
    /// Extra customers times their worth; the figure that ranks.
    pub value: Option<f64>,
    /// The 95 % interval of the value.
    pub interval: Option<(f64, f64)>,
    /// Figures that were typed in and went before the store's own.
    pub given: Vec<&'static str>,
}

impl LikelyRow {
    /// A move of whose past nothing is known.
    fn unknown(of: &Move) -> LikelyRow {
        LikelyRow {
            stage: of.stage.clone(),
            stage_name: of.stage_name.clone(),
            goal_name: of.goal_name.clone(),
            customers: None,
            months: 0,
            usual_rate: None,
            best_rate: None,
            season_seen: true,
            anyway: None,
            extra: None,
            worth: None,
            value: None,
            interval: None,
            given: Vec::new(),
        }
    }

    /// The row with figures that were given. The interval is of the store's own past, and goes with it: a number of
    /// customers scales it, another rate or worth leaves nothing to scale.
    fn take(&mut self, given: &Given) {
        self.given = given.of_the_likely();
        if self.given.is_empty() {
            return;
        }
        let before = self.value;
        self.customers = given.customers.or(self.customers);
        self.usual_rate = given.usual_rate.or(self.usual_rate);
        self.best_rate = given.best_rate.or(self.best_rate);
        self.worth = given.worth.map(|worth| worth.0 as f64).or(self.worth);
        let customers = self.customers.map(|customers| customers as f64);
        self.anyway = customers.zip(self.usual_rate).map(|(customers, usual)| customers * usual);
        let more = self.best_rate.zip(self.usual_rate).map(|(best, usual)| (best - usual).max(0.0));
        self.extra = customers.zip(more).map(|(customers, more)| customers * more);
        self.value = self.extra.zip(self.worth).map(|(extra, worth)| extra * worth);
        let only_customers = self.given == ["customers"];
        self.interval = match (self.interval, before, self.value) {
            (Some((low, high)), Some(before), Some(value)) if only_customers && before > 0.0 => {
                Some((low * value / before, high * value / before))
            }
            _ => None,
        };
    }
}

/// Takes figures that were given into rows, whose order is the caller's.
pub fn with_given(rows: &mut [LikelyRow], given: &BTreeMap<String, Given>) {
    for row in rows {
        if let Some(given) = given.get(&row.stage) {
            row.take(given);
        }
    }
}

/// The rows of figures alone, where there is no store; in the order of the moves.
pub fn of_given(moves: &[Move], given: &BTreeMap<String, Given>) -> Vec<LikelyRow> {
    let mut rows: Vec<LikelyRow> = moves.iter().filter(|of| !of.goal.is_empty()).map(LikelyRow::unknown).collect();
    with_given(&mut rows, given);
    rows
}

/// The rows, largest value first; those without a value last, in the order given.
pub fn likely(moves: &[MoveHistory<'_>], reading: &Reading) -> Vec<LikelyRow> {
    let mut rows: Vec<LikelyRow> =
        moves.iter().filter(|history| !history.of.goal.is_empty()).map(|history| row(history, reading)).collect();
    rows.sort_by(|a, b| b.value.unwrap_or(f64::NEG_INFINITY).total_cmp(&a.value.unwrap_or(f64::NEG_INFINITY)));
    rows
}

/// The row of one move.
pub fn row(history: &MoveHistory<'_>, reading: &Reading) -> LikelyRow {
    let seen = Figures::of(history, reading, None);
    let drawn: Vec<f64> = if seen.value.is_some() { values(history, reading).into_iter().flatten().collect() } else { Vec::new() };
    LikelyRow {
        stage: history.of.stage.clone(),
        stage_name: history.of.stage_name.clone(),
        goal_name: history.of.goal_name.clone(),
        customers: history.customers,
        months: seen.months,
        usual_rate: seen.usual_rate,
        best_rate: seen.best_rate,
        season_seen: seen.season_seen,
        anyway: seen.anyway,
        extra: seen.extra,
        worth: seen.worth,
        value: seen.value,
        interval: resampling::interval(drawn),
        given: Vec::new(),
    }
}

/// The value in each resampling, `None` where nothing is known of it; those of different moves are of the same customers.
pub fn values(history: &MoveHistory<'_>, reading: &Reading) -> Vec<Option<f64>> {
    let mut resampling = Resampling::new(reading.seed);
    (0..reading.resamplings).map(|_| Figures::of(history, reading, Some(resampling.draw())).value).collect()
}

/// The share that moves in the median month, and what a mover spends more than a stayer.
pub(super) fn usual_figures(history: &MoveHistory<'_>, reading: &Reading) -> (Option<f64>, Option<f64>) {
    let figures = Figures::of(history, reading, None);
    (figures.usual_rate, figures.worth)
}

#[derive(Default)]
struct Figures {
    months: u32,
    usual_rate: Option<f64>,
    best_rate: Option<f64>,
    season_seen: bool,
    anyway: Option<f64>,
    extra: Option<f64>,
    worth: Option<f64>,
    value: Option<f64>,
}

impl Figures {
    /// The figures of all customers, or of a resampling that takes each group as often as its weight says.
    fn of(history: &MoveHistory<'_>, reading: &Reading, weights: Option<&[u32]>) -> Figures {
        let mut rates: Vec<f64> = Vec::with_capacity(history.months.len());
        let mut best_of_season: Option<f64> = None;
        let mut followed = Sums::default();
        for month in &history.months {
            let sums = month.sums(weights);
            if let Some(rate) = sums.rate().filter(|_| sums.stood >= reading.least_customers as f64) {
                rates.push(rate);
                if in_season(month.calendar_month, reading.coming_month) {
                    best_of_season = Some(best_of_season.map_or(rate, |best: f64| best.max(rate)));
                }
            }
            if month.has_horizon {
                followed.join(sums);
            }
        }
        let mut figures = Figures { months: rates.len() as u32, season_seen: best_of_season.is_some(), ..Figures::default() };
        rates.sort_unstable_by(f64::total_cmp);
        let Some(best_of_all) = rates.last().copied() else { return figures };
        let middle = rates.len() / 2;
        let usual = if rates.len() % 2 == 1 { rates[middle] } else { (rates[middle - 1] + rates[middle]) / 2.0 };
        let best = best_of_season.unwrap_or(best_of_all);
        let customers = history.customers.map(|customers| customers as f64);
        figures.usual_rate = Some(usual);
        figures.best_rate = Some(best);
        figures.anyway = customers.map(|customers| customers * usual);
        // A season whose best month is below the median of all promises nobody more.
        figures.extra = customers.map(|customers| customers * (best - usual).max(0.0));
        figures.worth = followed.worth();
        figures.value = figures.extra.zip(figures.worth).map(|(extra, worth)| extra * worth);
        figures
    }
}

/// A season is a calendar month with its two neighbours.
fn in_season(month: u8, coming: u8) -> bool {
    let apart = (i16::from(month) - i16::from(coming)).rem_euclid(12);
    matches!(apart, 0 | 1 | 11)
}

#[cfg(test)]
mod tests {
    use super::super::resampling::GROUPS;
    use super::*;

    fn to(goal: &str) -> Move {
        Move { stage: "a".into(), stage_name: "A".into(), goal: vec![goal.into()], goal_name: "B".into(), effort_hours: None }
    }

    /// A month in which each group has the same.
    fn month(calendar_month: u8, stood: u64, moved: u64, of_movers: i128, of_stayers: i128) -> MonthOfMove {
        let tally =
            Tally { stood, moved, spent_by_movers: of_movers * moved as i128, spent_by_stayers: of_stayers * (stood - moved) as i128 };
        MonthOfMove { calendar_month, has_horizon: true, groups: vec![tally; GROUPS] }
    }

    const READING: Reading = Reading { coming_month: 1, least_customers: 30, resamplings: 200, seed: 1 };

    #[test]
    fn the_extra_is_the_best_of_the_season_over_the_median() {
        let of = to("b");
        // Rates 10, 20, 30, 40 and 90 %; of the season (December to February) only 40 % is the best.
        let months = vec![
            month(12, 10, 4, 500, 100),
            month(3, 10, 1, 500, 100),
            month(6, 10, 9, 500, 100),
            month(1, 10, 2, 500, 100),
            month(9, 10, 3, 500, 100),
        ];
        let rows = likely(&[MoveHistory { of: &of, customers: Some(1000), months }], &READING);
        let row = &rows[0];
        assert_eq!((row.usual_rate, row.best_rate, row.season_seen, row.months), (Some(0.3), Some(0.4), true, 5));
        assert!((row.anyway.unwrap() - 300.0).abs() < 1e-9 && (row.extra.unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(row.worth, Some(400.0));
        assert!((row.value.unwrap() - 40_000.0).abs() < 1e-6);
        // Groups that are all alike leave nothing uncertain.
        let (low, high) = row.interval.unwrap();
        assert!((low - 40_000.0).abs() < 1e-6 && (high - 40_000.0).abs() < 1e-6);
    }

    #[test]
    fn the_interval_holds_the_value_and_is_the_same_again() {
        let of = to("b");
        let mut months = vec![month(1, 10, 2, 500, 100), month(2, 10, 4, 500, 100), month(3, 10, 2, 500, 100)];
        for (group, tally) in months.iter_mut().flat_map(|month| month.groups.iter_mut().enumerate()) {
            tally.spent_by_movers *= (group % 7) as i128;
        }
        let history = [MoveHistory { of: &of, customers: Some(500), months }];
        let rows = likely(&history, &READING);
        let (low, high) = rows[0].interval.unwrap();
        assert!(low < rows[0].value.unwrap() && rows[0].value.unwrap() < high && low < high - 1000.0);
        assert_eq!(rows, likely(&history, &READING));
        assert_ne!(rows, likely(&history, &Reading { seed: 2, ..READING }));
    }

    #[test]
    fn what_is_not_known_is_left_open() {
        let of = to("b");
        let one = |customers, months| likely(&[MoveHistory { of: &of, customers, months }], &READING).remove(0);
        assert_eq!(one(Some(5), vec![]).value, None);
        // Too few customers say nothing of a month.
        assert_eq!(
            one(Some(5), vec![MonthOfMove { calendar_month: 1, has_horizon: true, groups: vec![Tally { stood: 29, ..Tally::default() }] }])
                .months,
            0
        );
        let unknown = one(None, vec![month(1, 10, 2, 500, 100)]);
        assert_eq!((unknown.usual_rate, unknown.extra, unknown.value, unknown.interval), (Some(0.2), None, None, None));
        // Nobody moved: what a mover is worth was never seen.
        assert_eq!(one(Some(5), vec![month(1, 10, 0, 0, 100)]).worth, None);
        // Months without a horizon give rates and no worth.
        let late = MonthOfMove { has_horizon: false, ..month(1, 10, 2, 500, 100) };
        assert_eq!((one(Some(5), vec![late.clone()]).worth, one(Some(5), vec![late]).usual_rate), (None, Some(0.2)));
    }

    #[test]
    fn a_given_number_scales_and_a_given_rate_leaves_no_interval() {
        let of = to("b");
        let past = vec![month(1, 10, 4, 500, 100), month(6, 10, 2, 500, 100)];
        let mut rows = likely(&[MoveHistory { of: &of, customers: Some(100), months: past }], &READING);
        let given = |given: Given| BTreeMap::from([("a".to_owned(), given)]);
        with_given(&mut rows, &given(Given { customers: Some(200), ..Given::default() }));
        // Rates 40 and 20 %: 30 % usual, 40 % best; 10 % of 200 are 20, each worth 400.
        assert!((rows[0].value.unwrap() - 8_000.0).abs() < 1e-6 && (rows[0].interval.unwrap().1 - 8_000.0).abs() < 1e-6);
        with_given(&mut rows, &given(Given { best_rate: Some(0.5), worth: Some(quintile_model::Money(100)), ..Given::default() }));
        assert!((rows[0].value.unwrap() - 4_000.0).abs() < 1e-6);
        assert_eq!((rows[0].interval, rows[0].given.join(" ")), (None, "best_share worth".to_owned()));
    }

    #[test]
    fn a_season_never_seen_takes_the_best_month_of_all() {
        let of = to("b");
        let rows =
            likely(&[MoveHistory { of: &of, customers: Some(100), months: vec![month(6, 10, 2, 5, 1), month(7, 10, 5, 5, 1)] }], &READING);
        assert_eq!((rows[0].best_rate, rows[0].season_seen), (Some(0.5), false));
    }
}
