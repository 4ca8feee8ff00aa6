//! Figures of a stage that a person typed in: they go before those of the store, and stand alone where there is no store.

use quintile_model::Money;

/// What was given for one stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// Customers in the stage.
    pub customers: Option<u64>,
    /// What one of them has spent so far.
    pub average: Option<Money>,
    /// What a customer of the goal has spent so far.
    pub goal_average: Option<Money>,
    /// The share that moves in a usual month.
    pub usual_rate: Option<f64>,
    /// The share that moved in the best month of the season.
    pub best_rate: Option<f64>,
    /// What a mover spends within the horizon more than a stayer.
    pub worth: Option<Money>,
}

impl Given {
    /// The names of the figures that the table of the possible takes.
    pub fn of_the_possible(&self) -> Vec<&'static str> {
        names([("customers", self.customers.is_some()), ("current_clv", self.average.is_some()), ("goal_clv", self.goal_average.is_some())])
    }

    /// The names of the figures that the table of the likely takes.
    pub fn of_the_likely(&self) -> Vec<&'static str> {
        names([
            ("customers", self.customers.is_some()),
            ("usual_share", self.usual_rate.is_some()),
            ("best_share", self.best_rate.is_some()),
            ("worth", self.worth.is_some()),
        ])
    }
}

fn names<const N: usize>(figures: [(&'static str, bool); N]) -> Vec<&'static str> {
    figures.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
}
