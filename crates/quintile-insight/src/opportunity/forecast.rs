//! How many will move in the coming month if nothing is done, and what they will bring: a forecast that what comes can be
//! held against.
//!
//! Method. Expected is the median month's share of the customers in the stage now, times what a mover spends within the
//! horizon more than a stayer on the average of the past. The interval is one of what will happen, and not of the average:
//! in each of many draws a past month is taken at random, its customers are resampled by groups, and so many of those in the
//! stage now move as its share and chance have it (binomial, by its normal approximation). Each is worth what those who moved
//! in another month, drawn likewise among those that were followed for a horizon, spent more than those who stayed.
//!
//! Limits: months of the past are taken to be alike, whatever their season; with few of them the interval is narrow for want
//! of having seen more.

use super::likely::{MoveHistory, Reading, usual_figures};
use super::resampling::{Resampling, SplitMix, interval};

/// What is to be expected of a move.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Forecast {
    /// Customers who move in the coming month.
    pub moves: f64,
    /// Its 95 % interval.
    pub moves_interval: (f64, f64),
    /// What they spend within the horizon more than those who stay, in ten-thousandths; `None` where nobody was followed.
    pub money: Option<f64>,
    /// Its 95 % interval.
    pub money_interval: Option<(f64, f64)>,
}

/// Where a figure came to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Its time is not over.
    Open,
    /// Below the interval.
    Below,
    /// Within it, its ends included.
    Inside,
    /// Above it.
    Above,
}

impl Place {
    /// Of what was seen; nothing was where the time is not over.
    pub fn of(seen: Option<f64>, (low, high): (f64, f64)) -> Place {
        match seen {
            None => Place::Open,
            Some(seen) if seen < low => Place::Below,
            Some(seen) if seen > high => Place::Above,
            Some(_) => Place::Inside,
        }
    }

    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Place::Open => "open",
            Place::Below => "below",
            Place::Inside => "inside",
            Place::Above => "above",
        }
    }
}

/// The forecast of a move; `None` where the customers of its stage are not known, or no month says anything.
pub fn forecast(history: &MoveHistory<'_>, reading: &Reading) -> Option<Forecast> {
    let customers = history.customers? as f64;
    let (usual, worth) = usual_figures(history, reading);
    let moves = customers * usual?;
    let months: Vec<usize> = (0..history.months.len()).filter(|month| stood(history, *month) >= reading.least_customers).collect();
    let followed: Vec<usize> = months.iter().copied().filter(|month| history.months[*month].has_horizon).collect();
    let mut resampling = Resampling::new(reading.seed);
    let mut chance = SplitMix(!reading.seed);
    let (mut drawn_moves, mut drawn_money) = (Vec::new(), Vec::new());
    for _ in 0..reading.resamplings {
        let weights = resampling.draw();
        let month = months[chance.below(months.len())];
        let rate = history.months[month].sums(Some(weights)).rate();
        let Some(rate) = rate else { continue };
        let moving = (customers * rate + (customers * rate * (1.0 - rate)).sqrt() * chance.normal()).clamp(0.0, customers);
        drawn_moves.push(moving);
        if !followed.is_empty() {
            let other = &history.months[followed[chance.below(followed.len())]];
            drawn_money.extend(other.sums(Some(weights)).worth().map(|worth| worth * moving));
        }
    }
    Some(Forecast {
        moves,
        moves_interval: interval(drawn_moves)?,
        money: worth.map(|worth| worth * moves),
        money_interval: worth.and_then(|_| interval(drawn_money)),
    })
}

/// What was seen of a move in a month: how many moved, and what they spent more than as many who stayed.
pub fn seen(history: &MoveHistory<'_>, month: usize) -> (u64, u64, Option<f64>) {
    let month_of = &history.months[month];
    let (stood, moved) = month_of.groups.iter().fold((0, 0), |(stood, moved), tally| (stood + tally.stood, moved + tally.moved));
    let worth = month_of.sums(None).worth();
    // Where nobody moved there is no money of movers, and that is known.
    let money = if moved == 0 { Some(0.0) } else { worth.map(|worth| worth * moved as f64) };
    (stood, moved, money.filter(|_| month_of.has_horizon))
}

fn stood(history: &MoveHistory<'_>, month: usize) -> u64 {
    history.months[month].groups.iter().map(|tally| tally.stood).sum()
}

#[cfg(test)]
mod tests {
    use super::super::likely::{MonthOfMove, Tally};
    use super::super::resampling::GROUPS;
    use super::*;
    use quintile_catalog::Move;

    fn of() -> Move {
        Move { stage: "a".into(), stage_name: "A".into(), goal: vec!["b".into()], goal_name: "B".into(), effort_hours: None }
    }

    /// Each group has as many, each mover spent 500 and each stayer 100.
    fn month(stood: u64, moved: u64, has_horizon: bool) -> MonthOfMove {
        let tally = Tally { stood, moved, spent_by_movers: 500 * i128::from(moved), spent_by_stayers: 100 * i128::from(stood - moved) };
        MonthOfMove { calendar_month: 1, has_horizon, groups: vec![tally; GROUPS] }
    }

    const READING: Reading = Reading { coming_month: 1, least_customers: 30, resamplings: 1000, seed: 4 };

    #[test]
    fn months_alike_leave_chance_alone() {
        let move_of = of();
        let history = MoveHistory { of: &move_of, customers: Some(400), months: vec![month(10, 2, true); 6] };
        let found = forecast(&history, &READING).unwrap();
        assert!((found.moves - 80.0).abs() < 1e-9 && (found.money.unwrap() - 32_000.0).abs() < 1e-6);
        // Binomial of 400 at a fifth: a deviation of 8, so that 95 % lie within 15.7 of 80.
        let (low, high) = found.moves_interval;
        assert!((low - 64.3).abs() < 2.0 && (high - 95.7).abs() < 2.0, "{low} {high}");
        let (low_money, high_money) = found.money_interval.unwrap();
        assert!((low_money - 400.0 * low).abs() < 1e-6 && (high_money - 400.0 * high).abs() < 1e-6);
    }

    #[test]
    fn months_that_differ_widen_it() {
        let move_of = of();
        let months = vec![month(10, 1, true), month(10, 2, true), month(10, 3, false)];
        let found = forecast(&MoveHistory { of: &move_of, customers: Some(10_000), months }, &READING).unwrap();
        assert!((found.moves - 2000.0).abs() < 1e-9);
        let (low, high) = found.moves_interval;
        assert!((900.0..1000.0).contains(&low) && (3000.0..3100.0).contains(&high), "{low} {high}");
    }

    #[test]
    fn what_is_not_known_is_not_foretold() {
        let move_of = of();
        let one = |customers, months| forecast(&MoveHistory { of: &move_of, customers, months }, &READING);
        assert_eq!((one(None, vec![month(10, 2, true)]), one(Some(5), Vec::new())), (None, None));
        let unfollowed = one(Some(100), vec![month(10, 2, false)]).unwrap();
        assert_eq!((unfollowed.moves, unfollowed.money, unfollowed.money_interval), (20.0, None, None));
    }

    #[test]
    fn what_was_seen_by_hand() {
        let move_of = of();
        let months = vec![month(10, 2, true), month(10, 2, false), month(10, 0, true)];
        let history = MoveHistory { of: &move_of, customers: None, months };
        // 512 movers, each 400 more than a stayer.
        assert_eq!(seen(&history, 0), (2560, 512, Some(204_800.0)));
        assert_eq!((seen(&history, 1), seen(&history, 2)), ((2560, 512, None), (2560, 0, Some(0.0))));
        let place = |seen| Place::of(seen, (1.0, 2.0)).id();
        assert_eq!([None, Some(0.9), Some(1.0), Some(2.0), Some(2.1)].map(place), ["open", "below", "inside", "inside", "above"]);
    }
}
