//! A plan: what a merchant sets for the life stages. Goals, targets, costs and effort, and figures of their own, in
//! `opportunities.toml` of the project, or in any file of that shape for figures without a store.
//!
//! Here is what a plan says; [`file`] reads it. What it does to the tables is `opportunities`' business.

mod file;
mod goals;
mod shown;

pub use goals::{Aimable, GoalInForce, Goals};

use crate::Error;
use crate::workspace::Workspace;
use jiff::civil::Date;
use quintile_catalog::{Catalog, Move};
use quintile_insight::opportunity::gain::Terms;
use quintile_insight::opportunity::given::Given;
use quintile_model::{Money, ids};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the plan of a project.
pub const FILE: &str = "opportunities.toml";

/// A plan; an empty one leaves everything to catalogue and store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The file it was read from.
    pub file: Option<PathBuf>,
    /// The currency of its amounts, where it names one.
    pub currency: Option<String>,
    /// The margin of every stage that has none of its own.
    pub margin_share: Option<f64>,
    /// One entry a stage, in the order of the file.
    pub stages: Vec<StagePlan>,
    /// A hash of what the file says; `None` of no file.
    pub(crate) hash: Option<u64>,
}

/// What is set for one stage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StagePlan {
    /// The life stage.
    pub id: String,
    /// Another goal than the catalogue's: its classes, and its name for people.
    pub goal: Option<(Vec<String>, String)>,
    /// Figures that go before the store's.
    pub given: Given,
    /// What is to be reached, and by when.
    pub target: Option<Aim>,
    /// The share of revenue that is left when the goods are paid.
    pub margin_share: Option<f64>,
    /// The share of the customers who are reached.
    pub reach_share: Option<f64>,
    /// For each customer who is reached.
    pub cost_per_customer: Option<Money>,
    /// For each customer who moves, anyway or more.
    pub discount_per_mover: Option<Money>,
    /// Whatever the number.
    pub fixed_cost: Option<Money>,
    /// Days of work.
    pub effort_days: Option<f64>,
}

/// A target: so many customers shall have moved by a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim {
    /// How many.
    pub size: AimSize,
    /// It counts from the beginning of this day.
    pub set_on: Date,
    /// The last day that counts.
    pub until: Date,
}

/// How large a target is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AimSize {
    /// Customers.
    Customers(u64),
    /// A share of those who were in the stage when it was set.
    Share(f64),
}

/// Hours of a day of work.
pub(crate) const HOURS_A_DAY: f64 = 8.0;

impl Plan {
    /// Reads a plan and holds it against the catalogue.
    pub fn read(path: &Path, catalog: &Catalog) -> Result<Plan, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
        file::parse(path, &text, catalog)
    }

    /// What is set for a stage.
    pub(crate) fn stage(&self, id: &str) -> Option<&StagePlan> {
        self.stages.iter().find(|stage| stage.id == id)
    }

    /// The catalogue's moves with the goals of this plan.
    pub(crate) fn moves(&self, moves: &[Move]) -> Vec<Move> {
        moves
            .iter()
            .map(|of| match self.stage(&of.stage).and_then(|stage| stage.goal.clone()) {
                Some((goal, goal_name)) => Move { goal, goal_name, ..of.clone() },
                None => of.clone(),
            })
            .collect()
    }

    /// Figures that go before the store's, by stage.
    pub(crate) fn given(&self) -> BTreeMap<String, Given> {
        self.stages.iter().map(|stage| (stage.id.clone(), stage.given.clone())).collect()
    }

    /// Margin, cost and effort of a move; `known_margin` is what product costs say, for want of a word of the plan.
    pub(crate) fn terms(&self, of: &Move, known_margin: Option<f64>) -> Terms {
        let nothing = StagePlan::default();
        let stage = self.stage(&of.stage).unwrap_or(&nothing);
        Terms {
            margin_share: stage.margin_share.or(self.margin_share).or(known_margin),
            reach_share: stage.reach_share.unwrap_or(1.0),
            cost_per_customer: stage.cost_per_customer,
            discount_per_mover: stage.discount_per_mover,
            fixed_cost: stage.fixed_cost,
            effort_days: stage.effort_days.or(of.effort_hours.map(|hours| f64::from(hours) / HOURS_A_DAY)),
        }
    }

    /// Does it say anything of margin or cost?
    pub(crate) fn has_terms(&self) -> bool {
        let said = |stage: &StagePlan| {
            stage.margin_share.is_some()
                || stage.reach_share.is_some()
                || stage.cost_per_customer.is_some()
                || stage.discount_per_mover.is_some()
                || stage.fixed_cost.is_some()
        };
        self.margin_share.is_some() || self.stages.iter().any(said)
    }
}

impl Workspace {
    /// The plan of the project; an empty one where there is no file.
    pub(crate) fn plan(&self) -> Result<Plan, Error> {
        let (path, text) = (self.root().join(FILE), self.plan_text()?);
        // An empty file says nothing and still is one.
        if text.is_empty() && !path.is_file() { Ok(Plan::default()) } else { file::parse(&path, &text, &self.catalog) }
    }

    /// Changes as soon as what the plan says does: answers that rest on it hold as long as it is the same.
    pub fn plan_mark(&self) -> Result<u64, Error> {
        Ok(ids::text_hash(&self.plan_text()?))
    }

    /// The text of the plan that is tried, else of the project's; empty where there is none.
    fn plan_text(&self) -> Result<String, Error> {
        if let Some(tried) = &self.tried {
            return Ok(tried.clone());
        }
        let path = self.root().join(FILE);
        if path.is_file() { std::fs::read_to_string(&path).map_err(Error::file("read", &path)) } else { Ok(String::new()) }
    }
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
