//! The front door: one [`Workspace`] on which every question is asked.
//!
//! | file | the question |
//! | --- | --- |
//! | `import` | take these files in |
//! | `undo` | take an import out again |
//! | `rates` | take these exchange rates in |
//! | `profile` | one row per customer, as of a moment |
//! | `stages` | how many customers each class has, and what they brought |
//! | `rfm` | the groups of recency, frequency and money |
//! | `opportunities` | what a move between stages would be worth |
//! | `plan` | which goals, targets and costs a merchant sets for that |
//! | `months` | orders and money by month, and what is left out |
//! | `leave_out` | what is left out of every answer, and what looks as if it should be |
//! | `against` | the same held against another list of the orders |
//! | `concentration` | how much comes from how few |
//! | `cohorts` | whether those who began in one month come back |
//! | `funnel` | how far customers get, where they stop, which ways they go |
//! | `behaviour` | how customers are attracted, cultivated and kept, against others |
//! | `backtest` | what a segment or a threshold would have foretold |
//! | `costly` | which customers cost more than they leave |
//! | `next` | what is bought after what, and after how long |
//! | `reactivation` | who came back after being inactive |
//! | `products` | what customers began with, and whether they came back |
//! | `rules` | what is bought together |
//! | `over_time` | classes and concentration at every month end, week or day |
//! | `annotations` | what happened in the shop, beside figures over time |
//! | `movement` | who went from which class to which, and what is unusual now |
//! | `report` | all of it as one page |
//! | `clusters` | groups nobody has named before |
//! | `values` | which values a column has, and how many customers have each |
//! | `change` | settings, changed in their file |
//! | `run` | what is imported and written each time |
//! | `schedule` | what a server does by itself, and when |
//! | `segment` | who is in a segment, and why; all that have a name; the user's own as files, and what would change |
//! | `customer` | everything about one customer |
//! | `value` | what customers will probably still buy |
//! | `sql` | a query over facts and profiles (feature `sql`) |
//!
//! It alone joins the layers, reads the clock and knows the settings. Answers are Arrow rows under a [`Header`] that says
//! as of when, from which state of the store and under which settings they hold; [`write`](mod@write) puts them into files.

pub mod annotations;
pub mod cell;
pub mod header;
pub mod run;
pub mod schedule;
pub mod segment;
pub mod settings;
pub mod write;

mod against;
mod ask;
mod backtest;
mod behaviour;
mod change;
mod clusters;
mod cohorts;
mod concentration;
mod costly;
mod costs;
mod currencies;
mod customer;
mod error;
mod every;
mod funnel;
mod held;
mod history;
mod import;
mod leave_out;
mod ledger;
mod median;
mod months;
mod movement;
mod next;
mod opportunities;
mod over_time;
mod overview;
mod past;
mod plan;
mod products;
mod profile;
mod rates;
mod reactivation;
mod rejects;
mod report;
mod rfm;
mod rfm_grid;
mod rules;
#[cfg(feature = "sql")]
mod sql;
mod stages;
mod table;
mod undo;
pub mod value;
mod values;
mod workspace;

pub use annotations::Annotation;
pub use ask::When;
pub use backtest::{BacktestAsk, SuggestAsk, Suggestion};
pub use behaviour::{Against, BehaviourAsk};
pub use change::{ScheduleChange, SettingsChange, THRESHOLDS};
pub use clusters::ClustersAsk;
pub use cohorts::{CohortMeasure, CohortsAsk, Split};
pub use customer::CustomerAnswer;
pub use error::{Error, Kind};
pub use every::Every;
pub use funnel::FunnelAsk;
pub use header::Header;
pub use history::Thresholds;
pub use import::{FileReport, ImportAsk, ImportReport, Progress};
pub use leave_out::LeaveOutReport;
pub use movement::MovementAsk;
pub use next::NextAsk;
pub use opportunities::{ExtraAsk, Kept, Workbook, opportunities_from};
pub use over_time::{HistoryAsk, HistoryOfRows};
pub use plan::FILE as PLAN_FILE;
pub use plan::{Aimable, GoalInForce, Goals};
pub use products::{Began, ProductsAsk};
pub use profile::{Profile, ProfileAsk};
pub use rates::RatesReport;
pub use reactivation::ReactivationAsk;
pub use rfm::RfmAsk;
pub use rules::RulesAsk;
pub use segment::{Asked, MetricsAsk, MetricsOf, SegmentAsk};
pub use settings::{Origin, Settings};
#[cfg(feature = "sql")]
pub use sql::SqlAsk;
pub use table::Answer;
pub use undo::UndoReport;
pub use values::ValuesAsk;
pub use workspace::{Overrides, Workspace};

pub use quintile_connect::{Always, Decimals, MappedColumn, Mapping, Target, TimeForm};
pub use quintile_model as model;
pub use quintile_profile::columns;
pub use quintile_report as report_model;
pub use quintile_report::{Report, page};
pub use quintile_store::accounts;
pub use report::{chart, chart_png};

/// An instant such as `2011-12-10T08:00:00Z`, as people write it.
pub fn instant(text: &str) -> Option<quintile_model::Instant> {
    text.parse::<jiff::Timestamp>().ok().map(|at| quintile_model::Instant(at.as_microsecond()))
}
