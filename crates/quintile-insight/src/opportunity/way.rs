//! Which moves bring an amount more within a time, with the least work?
//!
//! Method. Of each move the value within the time is known, with its resamplings. Reaching n of the customers of its stage
//! gains n x what one of them gains, which is value / customers x margin - cost of one - discount x share who move, less the
//! fixed cost of the move once. Every combination of moves is tried: of those that gain the amount when all who can be
//! reached are, the one of the least effort is taken, of equal effort the one of the least cost, of equal cost the one that
//! reaches the fewest customers. Within a combination those are reached first who gain most each, and of the last move only
//! as many as it takes; that is the fewest customers that will do.
//!
//! Where no combination gains the amount, the way is the most there is: every move that gains more than it costs, in full.
//!
//! Interval: the gains of the moves are added up resampling by resampling, so that what moves have in common widens the sum
//! and what they have not narrows it. A resampling in which nobody was seen to move counts as no gain of that move.
//!
//! Limits: effort and fixed cost of a move are the same for one customer as for all. A gain is taken to grow evenly with the
//! number reached: those who are reached are taken to be like the others of their stage.

use super::gain::Terms;
use super::likely::LikelyRow;
use super::resampling::interval;
use quintile_model::Money;

/// A move that can be part of a way.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// What it is likely to bring within the time.
    pub row: &'a LikelyRow,
    /// What it costs.
    pub terms: &'a Terms,
    /// Its value in each resampling, in ten-thousandths; as many as there are of every other one.
    pub values: Vec<Option<f64>>,
}

/// A move that is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which of the candidates.
    pub candidate: usize,
    /// Customers of the stage who are reached.
    pub reached: u64,
    /// Of those, customers who move anyway, and those who move more.
    pub anyway: f64,
    /// See `anyway`.
    pub extra: f64,
    /// What it costs, in ten-thousandths.
    pub cost: f64,
    /// What it gains, in ten-thousandths.
    pub gain: f64,
    /// The 95 % interval of the gain.
    pub interval: Option<(f64, f64)>,
}

/// How to come to an amount, or as near to it as there is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Way {
    /// Does it gain the amount?
    pub reaches: bool,
    /// Moves, those first who gain most for each customer reached.
    pub steps: Vec<Step>,
    /// Days of work, as far as they are known.
    pub effort_days: f64,
    /// All costs, in ten-thousandths.
    pub cost: f64,
    /// All gains, in ten-thousandths.
    pub gain: f64,
    /// The 95 % interval of all gains.
    pub interval: Option<(f64, f64)>,
    /// The share of the resamplings in which the amount is gained.
    pub share_of_resamplings: Option<f64>,
}

/// A guide has a handful of moves, and all of their combinations are tried; of more than this those of the largest gain.
const MOST_MOVES: usize = 16;

/// Sums that should come out even may differ by less than this, in ten-thousandths.
const HAIR: f64 = 1e-6;

/// The way to an amount, in ten-thousandths.
pub fn way_to(amount: f64, candidates: &[Candidate<'_>]) -> Way {
    let mut useful: Vec<Priced> = candidates.iter().enumerate().filter_map(|(place, of)| Priced::of(place, of)).collect();
    useful.sort_by(|a, b| b.full().total_cmp(&a.full()));
    useful.truncate(MOST_MOVES);
    // Those first who gain most each; equal ones stay as they are.
    useful.sort_by(|a, b| b.each.total_cmp(&a.each).then(a.place.cmp(&b.place)));
    let combination = |mask: u32| useful.iter().enumerate().filter(move |(at, _)| mask >> at & 1 == 1).map(|(_, of)| of);
    let best = (1..1_u32 << useful.len())
        .filter(|mask| combination(*mask).map(Priced::full).sum::<f64>() >= amount - HAIR)
        .filter_map(|mask| Some((mask, reached_by(amount, combination(mask))?)))
        .map(|(mask, reached)| {
            let effort: f64 = combination(mask).map(|of| of.effort_days).sum();
            let cost: f64 = combination(mask).zip(&reached).map(|(of, reached)| of.cost(*reached)).sum();
            (mask, effort, cost, reached)
        })
        .min_by(|(_, effort, cost, reached), (_, other_effort, other_cost, others)| {
            let fewest = || reached.iter().sum::<u64>().cmp(&others.iter().sum());
            effort.total_cmp(other_effort).then(cost.total_cmp(other_cost)).then_with(fewest)
        });
    match best {
        Some((mask, _, _, reached)) => whole(amount, true, combination(mask).zip(reached), candidates),
        None => whole(amount, false, useful.iter().map(|of| (of, of.most)), candidates),
    }
}

/// How many of each move are reached for an amount, in the order given; `None` where one of them is not needed at all.
fn reached_by<'a>(amount: f64, moves: impl Iterator<Item = &'a Priced> + Clone) -> Option<Vec<u64>> {
    let mut left = amount + moves.clone().map(|of| of.fixed).sum::<f64>();
    moves
        .map(|of| {
            // A division that should come out even may lie a hair above.
            let reached = ((left / of.each - 1e-9).ceil().max(0.0) as u64).min(of.most);
            left -= of.each * reached as f64;
            (reached > 0).then_some(reached)
        })
        .collect()
}

fn whole<'a>(amount: f64, reaches: bool, moves: impl Iterator<Item = (&'a Priced, u64)>, candidates: &[Candidate<'_>]) -> Way {
    let mut way = Way { reaches, ..Way::default() };
    let draws = candidates.first().map_or(0, |of| of.values.len());
    let mut sums = vec![0.0; draws];
    for (of, reached) in moves {
        let candidate = &candidates[of.place];
        let share = reached as f64 / of.customers;
        let (cost, revenue_kept) = (of.cost(reached), share * candidate.terms.margin_share.unwrap_or(1.0));
        let drawn: Vec<f64> = candidate.values.iter().map(|value| value.unwrap_or(0.0) * revenue_kept - cost).collect();
        sums.iter_mut().zip(&drawn).for_each(|(sum, gain)| *sum += gain);
        let gain = of.each * reached as f64 - of.fixed;
        way.effort_days += of.effort_days;
        way.cost += cost;
        way.gain += gain;
        way.steps.push(Step {
            candidate: of.place,
            reached,
            anyway: candidate.row.anyway.unwrap_or(0.0) * share,
            extra: candidate.row.extra.unwrap_or(0.0) * share,
            cost,
            gain,
            interval: interval(drawn),
        });
    }
    if !way.steps.is_empty() && draws > 0 {
        way.share_of_resamplings = Some(sums.iter().filter(|sum| **sum >= amount).count() as f64 / draws as f64);
        way.interval = interval(sums);
    }
    way
}

/// What one customer of a move gains and costs.
struct Priced {
    place: usize,
    customers: f64,
    /// Customers who can be reached.
    most: u64,
    /// What each who is reached gains, before the fixed cost.
    each: f64,
    /// What each who is reached costs.
    each_costs: f64,
    fixed: f64,
    effort_days: f64,
}

impl Priced {
    /// `None` of a move that gains nothing however many are reached.
    fn of(place: usize, candidate: &Candidate<'_>) -> Option<Priced> {
        let (row, terms) = (candidate.row, candidate.terms);
        let amount = |money: Option<Money>| money.map_or(0.0, |money| money.0 as f64);
        let customers = row.customers.filter(|customers| *customers > 0)? as f64;
        let moving = (row.anyway? + row.extra?) / customers;
        let each_costs = amount(terms.cost_per_customer) + amount(terms.discount_per_mover) * moving;
        let priced = Priced {
            place,
            customers,
            most: (customers * terms.reach_share).round() as u64,
            each: row.value? / customers * terms.margin_share.unwrap_or(1.0) - each_costs,
            each_costs,
            fixed: amount(terms.fixed_cost),
            effort_days: terms.effort_days.unwrap_or(0.0),
        };
        (priced.each > 0.0 && priced.full() > 0.0).then_some(priced)
    }

    /// What is gained when all who can be reached are.
    fn full(&self) -> f64 {
        self.each * self.most as f64 - self.fixed
    }

    fn cost(&self, reached: u64) -> f64 {
        self.each_costs * reached as f64 + self.fixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(customers: u64, extra: f64, worth: f64) -> LikelyRow {
        LikelyRow {
            stage: "a".into(),
            stage_name: "A".into(),
            goal_name: "B".into(),
            customers: Some(customers),
            months: 3,
            usual_rate: Some(0.1),
            best_rate: Some(0.1 + extra / customers as f64),
            season_seen: true,
            anyway: Some(0.1 * customers as f64),
            extra: Some(extra),
            worth: Some(worth),
            value: Some(extra * worth),
            interval: None,
            given: Vec::new(),
        }
    }

    fn terms(effort_days: f64) -> Terms {
        Terms { effort_days: Some(effort_days), ..Terms::default() }
    }

    fn money(text: &str) -> Option<Money> {
        Some(Money::parse(text).unwrap().money)
    }

    /// The moves with their terms, each value drawn at half, as it is, and at one and a half times.
    fn check(moves: &[(LikelyRow, Terms)], amount: f64, expected: &str) -> Way {
        let values = |row: &LikelyRow| [0.5, 1.0, 1.5].map(|times| row.value.map(|value| value * times)).to_vec();
        let candidates: Vec<Candidate<'_>> = moves.iter().map(|(row, terms)| Candidate { row, terms, values: values(row) }).collect();
        let way = way_to(amount, &candidates);
        let steps = way.steps.iter().map(|step| format!("{}x{}", step.candidate, step.reached)).collect::<Vec<_>>().join(" ");
        let found = format!("{} {steps} gains {:.0} for {:.1} days", way.reaches, way.gain, way.effort_days);
        assert_eq!(found, expected, "{amount}");
        way
    }

    #[test]
    fn the_least_work_that_will_do() {
        // Each of 100 customers: 10, 5 and 8 a head, or 1000, 500 and 800 in all; 3, 1 and 2 days.
        let moves = [(row(100, 10.0, 100.0), terms(3.0)), (row(100, 10.0, 50.0), terms(1.0)), (row(100, 10.0, 80.0), terms(2.0))];
        check(&moves, 500.0, "true 1x100 gains 500 for 1.0 days");
        check(&moves, 498.0, "true 1x100 gains 500 for 1.0 days");
        check(&moves, 494.0, "true 1x99 gains 495 for 1.0 days");
        check(&moves, 501.0, "true 2x63 gains 504 for 2.0 days");
        // Two and three take three days as the first alone does, and cost no more; the first reaches fewer for 1000, and not 1001.
        check(&moves, 1000.0, "true 0x100 gains 1000 for 3.0 days");
        check(&moves, 1001.0, "true 2x100 1x41 gains 1005 for 3.0 days");
        check(&moves, 2300.0, "true 0x100 2x100 1x100 gains 2300 for 6.0 days");
        let way = check(&moves, 2301.0, "false 0x100 2x100 1x100 gains 2300 for 6.0 days");
        assert_eq!((way.interval, way.share_of_resamplings), (Some((1150.0, 3450.0)), Some(1.0 / 3.0)));
        check(&[], 1.0, "false  gains 0 for 0.0 days");
    }

    #[test]
    fn costs_margin_and_reach_by_hand() {
        // 1000 customers, 100 move anyway and 50 more, each worth 20.0000 money: 1 a customer, 0.4 of it margin; 0.1 for each
        // reached, 1 for each of the 15 % who move. 0.15 are left of each, and 5 go first.
        let dear = Terms {
            margin_share: Some(0.4),
            reach_share: 0.5,
            cost_per_customer: money("0.10"),
            discount_per_mover: money("1"),
            fixed_cost: money("5"),
            effort_days: None,
        };
        let moves = [(row(1000, 50.0, 200_000.0), dear.clone())];
        let way = check(&moves, 400_000.0, "true 0x300 gains 400000 for 0.0 days");
        let step = &way.steps[0];
        assert!((step.cost - 800_000.0).abs() < 1e-6 && (step.anyway - 30.0).abs() < 1e-9 && (step.extra - 15.0).abs() < 1e-9);
        // Half, the whole, and one and a half of 1,200,000, less 800,000.
        let (low, high) = step.interval.unwrap();
        assert!((low + 200_000.0).abs() < 1e-6 && (high - 1_000_000.0).abs() < 1e-6, "{low} {high}");
        check(&moves, 700_000.0, "true 0x500 gains 700000 for 0.0 days");
        check(&moves, 700_001.0, "false 0x500 gains 700000 for 0.0 days");
        // What costs more than it brings is in no way.
        let poor = [(row(1000, 50.0, 200_000.0), Terms { cost_per_customer: money("0.30"), ..dear })];
        check(&poor, 1.0, "false  gains 0 for 0.0 days");
    }

    #[test]
    fn no_other_combination_does_it_with_less() {
        // A slow look at every number of customers of three small moves.
        let with = |cost: &str, fixed: &str, days: f64| Terms { cost_per_customer: money(cost), fixed_cost: money(fixed), ..terms(days) };
        let moves = [
            (row(9, 3.0, 90_000.0), with("0.7", "1", 2.0)),
            (row(7, 2.0, 80_000.0), with("0.2", "3", 1.0)),
            (row(8, 4.0, 30_000.0), with("0.1", "0", 2.0)),
        ];
        let gain = |place: usize, reached: u64| {
            let (row, terms) = &moves[place];
            let value = row.value.unwrap() / row.customers.unwrap() as f64 * reached as f64;
            let cost = terms.cost_per_customer.unwrap().0 as f64 * reached as f64 + terms.fixed_cost.unwrap().0 as f64;
            if reached == 0 { (0.0, 0.0, 0.0) } else { (value - cost, cost, terms.effort_days.unwrap()) }
        };
        let candidates: Vec<Candidate<'_>> = moves.iter().map(|(row, terms)| Candidate { row, terms, values: Vec::new() }).collect();
        for amount in (1..40).map(|step| f64::from(step) * 10_000.0) {
            let mut least: Option<f64> = None;
            for a in 0..=9 {
                for b in 0..=7 {
                    for c in 0..=8 {
                        let parts = [gain(0, a), gain(1, b), gain(2, c)];
                        if parts.iter().map(|part| part.0).sum::<f64>() >= amount - 1e-6 {
                            let effort: f64 = parts.iter().map(|part| part.2).sum();
                            least = Some(least.map_or(effort, |known: f64| known.min(effort)));
                        }
                    }
                }
            }
            let way = way_to(amount, &candidates);
            assert_eq!((way.reaches.then_some(way.effort_days), way.reaches), (least, least.is_some()), "{amount}");
            assert!(!way.reaches || way.gain >= amount - 1e-6, "{amount} {way:?}");
        }
    }
}
