//! What is left of a likely value when margin and costs are taken into account.
//!
//! gain = value x reach x margin - (cost of each who is reached + discount of each who moves, anyway or more + fixed cost).
//! The discount goes to those too who would have moved without it. Value and interval are scaled alike: costs and margin
//! are given, and no uncertainty is claimed for them.

use super::likely::LikelyRow;
use quintile_model::Money;

/// What a move costs, and what share of its revenue stays.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The share of revenue that is left when the goods are paid; `None` values by revenue.
    pub margin_share: Option<f64>,
    /// The share of the stage's customers who are reached.
    pub reach_share: f64,
    /// For each customer who is reached.
    pub cost_per_customer: Option<Money>,
    /// For each customer who moves, with those who would have moved anyway.
    pub discount_per_mover: Option<Money>,
    /// Whatever the number.
    pub fixed_cost: Option<Money>,
    /// Days of work.
    pub effort_days: Option<f64>,
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            margin_share: None,
            reach_share: 1.0,
            cost_per_customer: None,
            discount_per_mover: None,
            fixed_cost: None,
            effort_days: None,
        }
    }
}

/// What is left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gain {
    /// Customers who are reached, a whole number.
    pub reached: Option<f64>,
    /// What it costs, in ten-thousandths; `None` where no cost was given.
    pub cost: Option<f64>,
    /// What is gained, in ten-thousandths; the figure that ranks.
    pub gain: Option<f64>,
    /// Its 95 % interval, where the value has one.
    pub interval: Option<(f64, f64)>,
}

impl Terms {
    /// Is any cost known?
    pub fn has_cost(&self) -> bool {
        self.cost_per_customer.is_some() || self.discount_per_mover.is_some() || self.fixed_cost.is_some()
    }

    /// The gain of a row.
    pub fn gain(&self, row: &LikelyRow) -> Gain {
        let amount = |money: Option<Money>| money.map_or(0.0, |money| money.0 as f64);
        let reached = row.customers.map(|customers| (customers as f64 * self.reach_share).round());
        let movers = row.anyway.zip(row.extra).map_or(0.0, |(anyway, extra)| (anyway + extra) * self.reach_share);
        let cost = reached
            .filter(|_| self.has_cost())
            .map(|reached| amount(self.cost_per_customer) * reached + amount(self.discount_per_mover) * movers + amount(self.fixed_cost));
        let left = |value: f64| value * self.reach_share * self.margin_share.unwrap_or(1.0) - cost.unwrap_or(0.0);
        Gain { reached, cost, gain: row.value.map(left), interval: row.interval.map(|(low, high)| (left(low), left(high))) }
    }
}

/// Ranks rows by what is gained, largest first; those without a gain last, in the order given.
pub fn ranked(rows: Vec<LikelyRow>, terms: impl Fn(&str) -> Terms) -> Vec<(LikelyRow, Terms, Gain)> {
    let mut ranked: Vec<(LikelyRow, Terms, Gain)> = rows
        .into_iter()
        .map(|row| {
            let terms = terms(&row.stage);
            let gain = terms.gain(&row);
            (row, terms, gain)
        })
        .collect();
    let by = |gain: &Gain| gain.gain.unwrap_or(f64::NEG_INFINITY);
    ranked.sort_by(|(_, _, a), (_, _, b)| by(b).total_cmp(&by(a)));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: &str, customers: u64, anyway: f64, extra: f64, worth: f64) -> LikelyRow {
        LikelyRow {
            stage: stage.into(),
            stage_name: stage.into(),
            goal_name: "B".into(),
            customers: Some(customers),
            months: 3,
            usual_rate: Some(anyway / customers as f64),
            best_rate: Some((anyway + extra) / customers as f64),
            season_seen: true,
            anyway: Some(anyway),
            extra: Some(extra),
            worth: Some(worth),
            value: Some(extra * worth),
            interval: Some((0.5 * extra * worth, 2.0 * extra * worth)),
            given: Vec::new(),
        }
    }

    fn money(text: &str) -> Option<Money> {
        Some(Money::parse(text).unwrap().money)
    }

    #[test]
    fn by_hand() {
        // 1000 customers, 100 move anyway, 50 more, each worth 20: 1000. Half are reached, of which 40 % are margin: 200.
        let terms = Terms {
            margin_share: Some(0.4),
            reach_share: 0.5,
            cost_per_customer: money("0.10"),
            discount_per_mover: money("1"),
            fixed_cost: money("5"),
            effort_days: None,
        };
        let gain = terms.gain(&row("a", 1000, 100.0, 50.0, 200_000.0));
        // 500 x 0.10 + 75 x 1 + 5 = 130.
        assert_eq!((gain.reached, gain.cost), (Some(500.0), Some(1_300_000.0)));
        assert!((gain.gain.unwrap() - 700_000.0).abs() < 1e-6);
        let (low, high) = gain.interval.unwrap();
        assert!((low + 300_000.0).abs() < 1e-6 && (high - 2_700_000.0).abs() < 1e-6);
    }

    #[test]
    fn without_terms_the_gain_is_the_value() {
        let of = row("a", 10, 1.0, 2.0, 5.0);
        let gain = Terms::default().gain(&of);
        assert_eq!((gain.gain, gain.interval, gain.cost), (of.value, of.interval, None));
    }

    #[test]
    fn costs_change_the_rank() {
        let rows = || vec![row("a", 1000, 0.0, 30.0, 10_000.0), row("b", 10, 0.0, 2.0, 100_000.0)];
        let cheap = ranked(rows(), |_| Terms::default());
        assert_eq!(cheap[0].0.stage, "a");
        let dear = ranked(rows(), |_| Terms { cost_per_customer: money("0.02"), ..Terms::default() });
        assert_eq!(dear[0].0.stage, "b", "30 - 20 is less than 20 - 0.2");
    }
}
