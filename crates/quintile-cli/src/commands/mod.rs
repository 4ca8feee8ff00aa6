//! One file a command, named as it is typed.

pub mod annotate;
pub mod apply;
pub mod backtest;
pub mod behaviour;
pub mod chart;
pub mod check;
pub mod clusters;
pub mod cohorts;
pub mod completions;
pub mod concentration;
pub mod config;
pub mod costly;
pub mod customer;
pub mod funnel;
pub mod history;
pub mod import;
pub mod imports;
pub mod init;
pub mod movement;
pub mod next;
pub mod opportunities;
pub mod plan;
pub mod products;
pub mod profile;
pub mod rates;
pub mod reactivation;
pub mod report;
pub mod rfm;
pub mod rules;
pub mod run;
pub mod segment;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(feature = "sql")]
pub mod sql;
pub mod stages;
pub mod tactics;
pub mod thresholds;
pub mod value;
pub mod version;

use crate::arguments::Command;
use crate::session::Session;
use quintile::Error;
use std::process::ExitCode;

/// Runs what was typed.
pub fn run(command: Command, session: &Session) -> Result<ExitCode, Error> {
    match command {
        Command::Init(arguments) => init::run(arguments, session),
        Command::Import(arguments) => import::run(arguments, session),
        Command::Rates(arguments) => rates::run(arguments, session),
        Command::Imports(arguments) => imports::run(arguments, session),
        Command::Check(arguments) => check::run(arguments, session),
        Command::Stages(arguments) => stages::run(arguments, session),
        Command::Rfm(arguments) => rfm::run(arguments, session),
        Command::Clusters(arguments) => clusters::run(arguments, session),
        Command::Opportunities(arguments) => opportunities::run(arguments, session),
        Command::Concentration(arguments) => concentration::run(arguments, session),
        Command::Cohorts(arguments) => cohorts::run(arguments, session),
        Command::Products(arguments) => products::run(arguments, session),
        Command::Funnel(arguments) => funnel::run(arguments, session),
        Command::Next(arguments) => next::run(arguments, session),
        Command::Behaviour(arguments) => behaviour::run(arguments, session),
        Command::Reactivation(arguments) => reactivation::run(arguments, session),
        Command::Costly(arguments) => costly::run(arguments, session),
        Command::Rules(arguments) => rules::run(arguments, session),
        Command::History(arguments) => history::run(arguments, session),
        Command::Annotate(arguments) => annotate::run(arguments, session),
        Command::Movement(arguments) => movement::run(arguments, session),
        Command::Report(arguments) => report::run(arguments, session),
        Command::Run(arguments) => run::run(arguments, session),
        Command::Chart(arguments) => chart::run(arguments, session),
        Command::Profile(arguments) => profile::run(arguments, session),
        Command::Segment(arguments) => segment::run(arguments, session),
        Command::Plan(arguments) => plan::run(arguments, session),
        Command::Apply(arguments) => apply::run(&arguments, session),
        Command::Customer(arguments) => customer::run(arguments, session),
        Command::Value(arguments) => value::run(arguments, session),
        #[cfg(feature = "sql")]
        Command::Sql(arguments) => sql::run(arguments, session),
        Command::Backtest(arguments) => backtest::run(arguments, session),
        Command::Thresholds(arguments) => thresholds::run(arguments, session),
        #[cfg(feature = "server")]
        Command::Serve(arguments) => serve::run(arguments, session),
        Command::Config(arguments) => config::run(arguments, session),
        Command::Completions(arguments) => completions::run(arguments, session),
        Command::Version(arguments) => version::run(arguments, session),
    }
}
