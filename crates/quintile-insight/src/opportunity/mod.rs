//! What would it be worth if all customers of a life stage became like those of the next?
//!
//! Method: for each move, (average value of the goal - average value now) x customers. The value of a customer is what
//! they have spent so far, net of refunds. The total is computed in integers from the two sums and rounded once, half to
//! even; the averages shown beside it are rounded copies and are not what it was computed from.
//!
//! Limits: nobody moves all customers of a stage, and those of the goal are other people with a longer history. The
//! figure ranks moves and bounds them from above; it is no forecast. Rows must not be added up: a customer who moves
//! twice would count twice. [`Table::exceeds_revenue`] says when the sum has lost all sense.

pub mod forecast;
pub mod gain;
pub mod given;
pub mod likely;
pub mod overlap;
pub mod resampling;
pub mod target;
pub mod way;

use crate::{ClassMoney, mean};
use given::Given;
use quintile_catalog::Move;
use quintile_model::Money;
use quintile_model::money::{UNIT, div_half_even};
use std::collections::BTreeMap;

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// One row a move, in the guide's order.
    pub rows: Vec<Row>,
    /// The net revenue of all classes so far; `None` beyond what an amount holds.
    pub revenue: Option<Money>,
    /// What all opportunities add up to; `None` beyond what an amount holds.
    pub sum: Option<Money>,
    /// The opportunities add up to more than the store has ever taken, so that their sum means nothing.
    pub exceeds_revenue: bool,
}

/// A move.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The class that moves.
    pub stage: String,
    /// Its name for people.
    pub stage_name: String,
    /// Its customers; `None` when the store does not know them.
    pub customers: Option<u64>,
    /// Their average value so far, rounded.
    pub average: Option<Money>,
    /// The same in units, not rounded but to the nearest number a spreadsheet holds.
    pub average_exact: Option<f64>,
    /// The classes of the goal; empty for a stage to keep.
    pub goal: Vec<String>,
    /// The name of the goal for people.
    pub goal_name: String,
    /// The average value of the goal's customers so far, rounded.
    pub goal_average: Option<Money>,
    /// The same in units, not rounded but to the nearest number a spreadsheet holds.
    pub goal_average_exact: Option<f64>,
    /// The difference of the exact averages, rounded.
    pub difference: Option<Money>,
    /// The difference for all customers, exact, rounded once.
    pub total: Option<Money>,
    /// What to make of it.
    pub verdict: Verdict,
    /// Figures that were typed in and went before the store's own.
    pub given: Vec<&'static str>,
}

/// What to make of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The goal is worth more: the total is what is to be gained.
    Opportunity,
    /// The goal is worth no more than the stage is; the total is no opportunity.
    GoalWorthNoMore,
    /// Nobody is in the stage now.
    NobodyToMove,
    /// A stage to keep as it is.
    Keep,
    /// Not to be known, and why.
    Unknown(Reason),
}

/// Why a total is not to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The store holds no customers of this stage because it was never told of them.
    StageNotKnown,
    /// Nobody is in the goal, so that nobody shows what its customers are worth.
    GoalEmpty,
    /// Orders lack an exchange rate, so that no customer of the stage has an amount.
    StageWithoutMoney,
    /// Orders lack an exchange rate, so that no customer of the goal has an amount.
    GoalWithoutMoney,
    /// Beyond what an amount holds.
    TooLarge,
}

impl Reason {
    /// The reason in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::StageNotKnown => "no such customers are known to the store; import customers without orders to see them",
            Reason::GoalEmpty => "nobody has reached the goal yet, so its value is not known",
            Reason::StageWithoutMoney => "no customer here has an amount; import exchange rates",
            Reason::GoalWithoutMoney => "no customer of the goal has an amount; import exchange rates",
            Reason::TooLarge => "the total is beyond 99,999,999,999,999.9999; look for wrong amounts among the orders",
        }
    }
}

impl Verdict {
    /// A name for files.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Opportunity => "opportunity",
            Verdict::GoalWorthNoMore => "goal-worth-no-more",
            Verdict::NobodyToMove => "nobody-to-move",
            Verdict::Keep => "keep",
            Verdict::Unknown(_) => "unknown",
        }
    }

    /// A sentence; empty for an opportunity, which speaks for itself.
    pub fn sentence(self) -> &'static str {
        match self {
            Verdict::Opportunity => "",
            Verdict::GoalWorthNoMore => "no opportunity: customers of the goal have brought no more than these have",
            Verdict::NobodyToMove => "nobody is here now",
            Verdict::Keep => "keep them as they are",
            Verdict::Unknown(reason) => reason.sentence(),
        }
    }
}

/// Prices moves. A class that is missing from `classes` has no customers; `prospects_known` tells whether the store was
/// ever told of customers without orders; figures given for a stage go before those of the store.
pub fn opportunities(moves: &[Move], classes: &[ClassMoney], prospects_known: bool, given: &BTreeMap<String, Given>) -> Table {
    let nothing = Given::default();
    let of = |step: &Move| given.get(&step.stage).unwrap_or(&nothing);
    let rows: Vec<Row> = moves.iter().map(|step| price(step, classes, prospects_known, of(step))).collect();
    let revenue: i128 = classes.iter().map(|class| class.spent).sum();
    let gains = rows.iter().filter(|row| row.verdict == Verdict::Opportunity).filter_map(|row| row.total);
    let sum: i128 = gains.map(|total| i128::from(total.0)).sum();
    Table { rows, revenue: Money::from_sum(revenue), sum: Money::from_sum(sum), exceeds_revenue: sum > revenue }
}

/// The stage whose customers a store only knows when it is told of them.
const PROSPECTS: &str = "prospects";

fn price(step: &Move, classes: &[ClassMoney], prospects_known: bool, given: &Given) -> Row {
    let known = step.stage != PROSPECTS || prospects_known || given.customers.is_some();
    let mut now = joined(std::slice::from_ref(&step.stage), classes);
    now.customers = given.customers.unwrap_or(now.customers);
    // Whoever has neither an order nor a return has brought nothing, which is known.
    let nothing_yet = (step.stage == PROSPECTS && known).then_some(Money::ZERO);
    if let Some(average) = given.average.or(nothing_yet) {
        now.weigh(average);
    }
    let mut goal = joined(&step.goal, classes);
    if let Some(average) = given.goal_average {
        goal.customers = goal.customers.max(1);
        goal.weigh(average);
    }
    let (verdict, difference, total) = if step.goal.is_empty() {
        (Verdict::Keep, None, None)
    } else if !known {
        (Verdict::Unknown(Reason::StageNotKnown), None, None)
    } else if goal.customers == 0 {
        (Verdict::Unknown(Reason::GoalEmpty), None, None)
    } else if goal.with_money == 0 {
        (Verdict::Unknown(Reason::GoalWithoutMoney), None, None)
    } else if now.customers == 0 {
        (Verdict::NobodyToMove, None, Some(Money::ZERO))
    } else if now.with_money == 0 {
        (Verdict::Unknown(Reason::StageWithoutMoney), None, None)
    } else {
        match exact(&now, &goal) {
            Some((difference, total)) if total.0 > 0 => (Verdict::Opportunity, Some(difference), Some(total)),
            Some((difference, total)) => (Verdict::GoalWorthNoMore, Some(difference), Some(total)),
            None => (Verdict::Unknown(Reason::TooLarge), None, None),
        }
    };
    let goal = Some(goal).filter(|_| !step.goal.is_empty());
    Row {
        stage: step.stage.clone(),
        stage_name: step.stage_name.clone(),
        customers: known.then_some(now.customers),
        average: now.average().filter(|_| known),
        average_exact: now.average_exact().filter(|_| known),
        goal: step.goal.clone(),
        goal_name: step.goal_name.clone(),
        goal_average: goal.as_ref().and_then(Joined::average),
        goal_average_exact: goal.as_ref().and_then(Joined::average_exact),
        difference,
        total,
        verdict,
        given: given.of_the_possible(),
    }
}

/// Classes taken as one.
struct Joined {
    customers: u64,
    with_money: u64,
    spent: i128,
}

impl Joined {
    fn average(&self) -> Option<Money> {
        mean(self.spent, self.with_money)
    }

    fn average_exact(&self) -> Option<f64> {
        (self.with_money > 0).then(|| self.spent as f64 / (self.with_money as f64 * UNIT as f64))
    }

    /// Takes an average for the whole of what is known of the money.
    fn weigh(&mut self, average: Money) {
        (self.with_money, self.spent) = (1, i128::from(average.0));
    }
}

fn joined(ids: &[String], classes: &[ClassMoney]) -> Joined {
    let mut all = Joined { customers: 0, with_money: 0, spent: 0 };
    for class in classes.iter().filter(|class| ids.contains(&class.id)) {
        all.customers += class.customers;
        all.with_money += class.with_money();
        all.spent += class.spent;
    }
    all
}

/// (difference of averages, that times customers), each rounded once; `None` where it does not fit.
///
/// total = (goal_spent / goal_n - spent / n) x customers = (goal_spent x n - spent x goal_n) x customers / (goal_n x n),
/// where n counts those whose money is known and customers is n wherever every rate is there.
fn exact(now: &Joined, goal: &Joined) -> Option<(Money, Money)> {
    let (n, goal_n) = (i128::from(now.with_money), i128::from(goal.with_money));
    if n == 0 || goal_n == 0 {
        return None;
    }
    let gain = goal.spent.checked_mul(n)?.checked_sub(now.spent.checked_mul(goal_n)?)?;
    let difference = Money::from_sum(div_half_even(gain, goal_n.checked_mul(n)?))?;
    let total = if now.customers == now.with_money {
        div_half_even(gain, goal_n)
    } else {
        div_half_even(gain.checked_mul(i128::from(now.customers))?, goal_n.checked_mul(n)?)
    };
    Some((difference, Money::from_sum(total)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_catalog::Catalog;

    fn class(id: &str, customers: u64, spent: &str) -> ClassMoney {
        ClassMoney { id: id.into(), customers, spent: i128::from(Money::parse(spent).unwrap().money.0), without_money: 0 }
    }

    fn moves() -> Vec<Move> {
        Catalog::built_in().unwrap().guide.moves
    }

    /// A shop of 20 whose sums can be done on paper.
    fn shop() -> Vec<ClassMoney> {
        vec![
            class("first-time-buyers", 6, "300"),
            class("active-repeat", 4, "800"),
            class("loyal", 2, "1000"),
            class("at-risk-repeat", 3, "900"),
            class("inactive-repeat", 1, "250"),
            class("inactive-first-time", 4, "100"),
        ]
    }

    fn check(classes: &[ClassMoney], prospects_known: bool, stage: &str, expected: &str) {
        let moves = moves();
        let table = opportunities(&moves, classes, prospects_known, &BTreeMap::new());
        let row = table.rows.iter().find(|row| row.stage == stage).unwrap();
        let show = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
        let customers = row.customers.map_or("-".to_owned(), |count| count.to_string());
        let found = format!(
            "{customers} at {}, goal {}, {} each, {} in all: {}",
            show(row.average),
            show(row.goal_average),
            show(row.difference),
            show(row.total),
            row.verdict.id()
        );
        assert_eq!(found, expected, "{stage}");
    }

    #[test]
    fn each_move_by_hand() {
        // Repeat: 4 + 2 + 3 + 1 = 10 customers, 800 + 1000 + 900 + 250 = 2950, 295 each.
        check(&shop(), false, "first-time-buyers", "6 at 50.00, goal 295.00, 245.00 each, 1470.00 in all: opportunity");
        check(&shop(), false, "active-repeat", "4 at 200.00, goal 500.00, 300.00 each, 1200.00 in all: opportunity");
        check(&shop(), false, "loyal", "2 at 500.00, goal -, - each, - in all: keep");
        // Active repeat and loyal as one: 1800 over 6 is 300, as much as the three at risk have.
        check(&shop(), false, "at-risk-repeat", "3 at 300.00, goal 300.00, 0.00 each, 0.00 in all: goal-worth-no-more");
        check(&shop(), false, "inactive-repeat", "1 at 250.00, goal 295.00, 45.00 each, 45.00 in all: opportunity");
        check(&shop(), false, "inactive-first-time", "4 at 25.00, goal 295.00, 270.00 each, 1080.00 in all: opportunity");
    }

    #[test]
    fn prospects_are_unknown_until_the_store_hears_of_them() {
        check(&shop(), false, "prospects", "- at -, goal 50.00, - each, - in all: unknown");
        let mut told = shop();
        told.push(class("prospects", 10, "0"));
        check(&told, true, "prospects", "10 at 0.00, goal 50.00, 50.00 each, 500.00 in all: opportunity");
        check(&shop(), true, "prospects", "0 at 0.00, goal 50.00, - each, 0.00 in all: nobody-to-move");
    }

    #[test]
    fn totals_do_not_rest_on_rounded_averages() {
        // A third of 0.0001 each: the shown averages are 0.0000 and 0.0003, the total is 3 x (0.001 / 3) - 0.0001.
        let tiny = [class("active-repeat", 3, "0.0001"), class("loyal", 3, "0.001")];
        check(&tiny, false, "active-repeat", "3 at 0.00, goal 0.0003, 0.0003 each, 0.0009 in all: opportunity");
        // Half to even: 1 x 0.0001 / 2 is 0.00005, and that is 0.0000; 3 x 0.0001 / 2 is 0.00015, and that is 0.0002.
        check(
            &[class("active-repeat", 1, "0"), class("loyal", 2, "0.0001")],
            false,
            "active-repeat",
            "1 at 0.00, goal 0.00, 0.00 each, 0.00 in all: goal-worth-no-more",
        );
        check(
            &[class("active-repeat", 3, "0"), class("loyal", 2, "0.0001")],
            false,
            "active-repeat",
            "3 at 0.00, goal 0.00, 0.00 each, 0.0002 in all: opportunity",
        );
    }

    #[test]
    fn a_goal_of_less_worth_is_no_opportunity() {
        let rich = [class("active-repeat", 2, "1000"), class("loyal", 4, "400")];
        check(&rich, false, "active-repeat", "2 at 500.00, goal 100.00, -400.00 each, -800.00 in all: goal-worth-no-more");
    }

    #[test]
    fn an_empty_goal_has_no_value() {
        let new = [class("first-time-buyers", 5, "100")];
        check(&new, false, "first-time-buyers", "5 at 20.00, goal -, - each, - in all: unknown");
        check(&new, false, "active-repeat", "0 at -, goal -, - each, - in all: unknown");
    }

    #[test]
    fn customers_without_a_rate_count_as_customers_and_not_in_averages() {
        let mut mixed = [class("active-repeat", 4, "200"), class("loyal", 2, "200")];
        mixed[0].without_money = 2;
        check(&mixed, false, "active-repeat", "4 at 100.00, goal 100.00, 0.00 each, 0.00 in all: goal-worth-no-more");
        mixed[1].spent *= 2;
        check(&mixed, false, "active-repeat", "4 at 100.00, goal 200.00, 100.00 each, 400.00 in all: opportunity");
        mixed[1].without_money = 2;
        check(&mixed, false, "active-repeat", "4 at 100.00, goal -, - each, - in all: unknown");
    }

    #[test]
    fn a_sum_above_all_revenue_is_warned_of() {
        let moves = moves();
        let table = opportunities(&moves, &shop(), false, &BTreeMap::new());
        assert_eq!((table.revenue, table.sum), (Some(Money(33_500_000)), Some(Money(37_950_000))));
        assert!(table.exceeds_revenue);
        let calm = [class("first-time-buyers", 1, "10"), class("loyal", 9, "900")];
        assert!(!opportunities(&moves, &calm, false, &BTreeMap::new()).exceeds_revenue);
    }

    #[test]
    fn figures_that_are_given_go_before_those_of_the_store() {
        let money = |text: &str| Some(Money::parse(text).unwrap().money);
        let row = |stage: &str, given: Given| {
            let table = opportunities(&moves(), &shop(), false, &BTreeMap::from([(stage.to_owned(), given)]));
            let row = table.rows.iter().find(|row| row.stage == stage).unwrap().clone();
            let show = |money: Option<Money>| money.map_or("-".to_owned(), |money| money.to_string());
            format!(
                "{:?} at {}, goal {}: {}, {}",
                row.customers,
                show(row.average),
                show(row.goal_average),
                show(row.total),
                row.given.join(" ")
            )
        };
        // The store: 6 at 50, goal 295.
        assert_eq!(
            row("first-time-buyers", Given { customers: Some(100), ..Given::default() }),
            "Some(100) at 50.00, goal 295.00: 24500.00, customers"
        );
        assert_eq!(
            row("first-time-buyers", Given { goal_average: money("80.05"), average: money("0.05"), ..Given::default() }),
            "Some(6) at 0.05, goal 80.05: 480.00, current_clv goal_clv"
        );
        // Prospects that the store knows nothing of.
        assert_eq!(row("prospects", Given { customers: Some(10), ..Given::default() }), "Some(10) at 0.00, goal 50.00: 500.00, customers");
        // Without any store.
        let given = Given { customers: Some(3), average: money("1"), goal_average: money("2.50"), ..Given::default() };
        let table = opportunities(&moves(), &[], false, &BTreeMap::from([("active-repeat".to_owned(), given)]));
        assert_eq!((table.rows[2].total, table.rows[2].average_exact), (money("4.50"), Some(1.0)));
    }

    #[test]
    fn sums_beyond_an_amount_are_unknown_and_do_not_wrap() {
        let huge = [
            ClassMoney { id: "active-repeat".into(), customers: u64::MAX / 2, spent: -i128::MAX / 4, without_money: 0 },
            ClassMoney { id: "loyal".into(), customers: 1, spent: i128::MAX / 4, without_money: 0 },
        ];
        let moves = moves();
        let row = opportunities(&moves, &huge, false, &BTreeMap::new()).rows[2].clone();
        assert_eq!((row.verdict, row.total), (Verdict::Unknown(Reason::TooLarge), None));
    }
}
