//! A plan as a table: each figure in force that is not counted in the store, and where it comes from.

use super::{AimSize, FILE, HOURS_A_DAY, Plan, StagePlan, name_of};
use crate::Error;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use quintile_catalog::Move;
use quintile_model::Money;

impl Workspace {
    /// Goals, targets, costs and effort in force, each with where it comes from.
    pub fn plan_in_force(&self) -> Result<Answer, Error> {
        let mut answer = self.plan()?.answer(&self.catalog.guide.moves)?;
        answer.notes.push(format!("set them in `{FILE}` beside quintile.toml; `docs/guides/opportunities.md` shows how"));
        Ok(answer)
    }
}

/// A line of the table: stage, figure, value, where it comes from.
type Line = (String, &'static str, String, String);

impl Plan {
    fn answer(&self, moves: &[Move]) -> Result<Answer, Error> {
        let from = self.file.as_ref().map_or_else(|| FILE.to_owned(), |file| name_of(file));
        let mut lines: Vec<Line> = Vec::new();
        if let Some(margin) = self.margin_share {
            lines.push(("every stage".to_owned(), "margin_share", margin.to_string(), from.clone()));
        }
        for of in self.moves(moves) {
            let nothing = StagePlan::default();
            let stage = self.stage(&of.stage).unwrap_or(&nothing);
            let origin = |given: bool| if given { from.clone() } else { "catalogue".to_owned() };
            lines.push((of.stage.clone(), "goal", of.goal_name.clone(), origin(stage.goal.is_some())));
            lines.extend(stage.figures().into_iter().map(|(name, value)| (of.stage.clone(), name, value, from.clone())));
            if let (None, Some(hours)) = (stage.effort_days, of.effort_hours) {
                lines.push((
                    of.stage.clone(),
                    "effort_days",
                    (f64::from(hours) / HOURS_A_DAY).to_string(),
                    "catalogue, assumed".to_owned(),
                ));
            }
        }
        let text = |of: fn(&Line) -> String| lines.iter().map(move |line| Some(of(line)));
        Answer::list(vec![
            AnswerColumn::text("life_stage", text(|line| line.0.clone())),
            AnswerColumn::text("figure", text(|line| line.1.to_owned())),
            AnswerColumn::text("value", text(|line| line.2.clone())),
            AnswerColumn::text("origin", text(|line| line.3.clone())),
        ])
    }
}

impl StagePlan {
    /// Figures that are set, as they are written in the file.
    fn figures(&self) -> Vec<(&'static str, String)> {
        let (mut figures, given) = (Vec::new(), &self.given);
        let mut add = |name, value: Option<String>| figures.extend(value.map(|value| (name, value)));
        let amount = |money: Option<Money>| money.map(|money| money.to_string());
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        add("customers", given.customers.map(|count| count.to_string()));
        add("current_clv", amount(given.average));
        add("goal_clv", amount(given.goal_average));
        add("usual_share", number(given.usual_rate));
        add("best_share", number(given.best_rate));
        add("worth", amount(given.worth));
        if let Some(target) = &self.target {
            match target.size {
                AimSize::Customers(customers) => add("target_customers", Some(customers.to_string())),
                AimSize::Share(share) => add("target_share", Some(share.to_string())),
            }
            add("set_on", Some(target.set_on.to_string()));
            add("until", Some(target.until.to_string()));
        }
        add("margin_share", number(self.margin_share));
        add("reach_share", number(self.reach_share));
        add("cost_per_customer", amount(self.cost_per_customer));
        add("discount_per_mover", amount(self.discount_per_mover));
        add("fixed_cost", amount(self.fixed_cost));
        add("effort_days", number(self.effort_days));
        figures
    }
}
