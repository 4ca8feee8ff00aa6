//! What can be typed.

use crate::commands::{config, customer, import, init, profile, rates, rfm, stages};
use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Examples come first, before the list of arguments.
pub const HELP: &str = "{about}\n\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Customer segmentation for e-commerce.
#[derive(Debug, Parser)]
#[command(
    name = "quintile",
    bin_name = "quintile",
    version,
    help_template = HELP,
    before_help = "Examples:
  quintile init shop && cd shop
  quintile import ~/Downloads/orders_export.csv
  quintile stages
  quintile opportunities
  quintile profile -o customers.parquet",
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 120
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub everywhere: Everywhere,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(init::InitArgs),
    Import(import::ImportArgs),
    Rates(rates::RatesArgs),
    Imports(crate::commands::imports::ImportsArgs),
    Check(crate::commands::check::CheckArgs),
    Stages(stages::StagesArgs),
    Rfm(rfm::RfmArgs),
    Clusters(crate::commands::clusters::ClustersArgs),
    Opportunities(crate::commands::opportunities::OpportunitiesArgs),
    Concentration(crate::commands::concentration::ConcentrationArgs),
    Cohorts(crate::commands::cohorts::CohortsArgs),
    Products(crate::commands::products::ProductsArgs),
    Funnel(crate::commands::funnel::FunnelArgs),
    Next(crate::commands::next::NextArgs),
    Behaviour(crate::commands::behaviour::BehaviourArgs),
    Reactivation(crate::commands::reactivation::ReactivationArgs),
    Costly(crate::commands::costly::CostlyArgs),
    Rules(crate::commands::rules::RulesArgs),
    History(crate::commands::history::HistoryArgs),
    Movement(crate::commands::movement::MovementArgs),
    Annotate(crate::commands::annotate::AnnotateArgs),
    Report(crate::commands::report::ReportArgs),
    Chart(crate::commands::chart::ChartArgs),
    Run(crate::commands::run::RunArgs),
    Profile(profile::ProfileArgs),
    Segment(crate::commands::segment::SegmentArgs),
    Plan(crate::commands::plan::PlanArgs),
    Apply(crate::commands::apply::ApplyArgs),
    Customer(customer::CustomerArgs),
    Value(crate::commands::value::ValueArgs),
    #[cfg(feature = "sql")]
    Sql(crate::commands::sql::SqlArgs),
    Backtest(crate::commands::backtest::BacktestArgs),
    Thresholds(crate::commands::thresholds::ThresholdsArgs),
    #[cfg(feature = "server")]
    Serve(crate::commands::serve::ServeArgs),
    Config(config::ConfigArgs),
    Completions(crate::commands::completions::CompletionsArgs),
    Version(crate::commands::version::VersionArgs),
}

/// Arguments of every command. Each can also be given in the environment, as `QUINTILE_` and its name.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command (in the environment: QUINTILE_ and the name)")]
pub struct Everywhere {
    /// The project's folder [default: this folder, or the nearest one above it that is a project]
    #[arg(short = 'C', long, value_name = "DIR", global = true, env = "QUINTILE_PROJECT", hide_env = true)]
    pub project: Option<PathBuf>,
    /// Ask as of this date, which does not count itself; or an instant, or `today`
    #[arg(long, value_name = "DATE", global = true, env = "QUINTILE_AS_OF", hide_env = true)]
    pub as_of: Option<String>,
    /// Ask through this date, which counts
    #[arg(long, value_name = "DATE", global = true, env = "QUINTILE_UNTIL", hide_env = true)]
    pub until: Option<String>,
    /// How to write the answer [default: by the suffix of --output, else table]
    #[arg(long, value_name = "FORMAT", global = true, env = "QUINTILE_FORMAT", hide_env = true)]
    pub format: Option<Face>,
    /// Write the answer to this file
    #[arg(short, long, value_name = "FILE", global = true, env = "QUINTILE_OUTPUT", hide_env = true)]
    pub output: Option<PathBuf>,
    /// Only these columns, in this order
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', global = true, env = "QUINTILE_COLUMNS", hide_env = true)]
    pub columns: Vec<String>,
    /// At most so many rows; 0 is all [default: 20 in a table of customers, else all]
    #[arg(long, value_name = "N", global = true, env = "QUINTILE_LIMIT", hide_env = true)]
    pub limit: Option<u64>,
    /// No line of names before the rows
    #[arg(long, global = true, env = "QUINTILE_NO_HEADER", hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_header: bool,
    /// The store's time zone, instead of the one in quintile.toml
    #[arg(long, value_name = "ZONE", global = true, env = "QUINTILE_TZ", hide_env = true)]
    pub tz: Option<String>,
    /// The reporting currency, instead of the one in quintile.toml
    #[arg(long, value_name = "CODE", global = true, env = "QUINTILE_CURRENCY", hide_env = true)]
    pub currency: Option<String>,
    /// Say nothing but errors beside the answer
    #[arg(short, long, global = true, env = "QUINTILE_QUIET", hide_env = true, value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// Say more: thresholds with every answer
    #[arg(short, long, action = clap::ArgAction::Count, global = true, env = "QUINTILE_VERBOSE", hide_env = true)]
    pub verbose: u8,
    /// Colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, env = "QUINTILE_COLOR", hide_env = true)]
    pub color: When,
    /// No progress
    #[arg(long, global = true, env = "QUINTILE_NO_PROGRESS", hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_progress: bool,
    /// Never ask; take the defaults
    #[arg(long, global = true, env = "QUINTILE_NO_INPUT", hide_env = true, value_parser = FalseyValueParser::new())]
    pub no_input: bool,
    /// Answer yes to every question
    #[arg(short, long, global = true, env = "QUINTILE_YES", hide_env = true, value_parser = FalseyValueParser::new())]
    pub yes: bool,
    /// Threads [default: those of the machine]
    #[arg(long, value_name = "N", global = true, env = "QUINTILE_THREADS", hide_env = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// The moment that counts as now, for demonstrations and tests.
    #[arg(long, hide = true, global = true, env = "QUINTILE_NOW", hide_env = true)]
    pub now: Option<String>,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Face {
    /// For people, the same on a terminal and in a pipe
    Table,
    /// One object
    Json,
    /// One object a line
    Jsonl,
    /// Comma-separated
    Csv,
    /// Apache Parquet
    Parquet,
    /// An Arrow stream
    Arrow,
    /// A spreadsheet
    Xlsx,
}

/// When there is colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Everywhere {
    /// Of --as-of and --until the one that was typed goes before the one in the environment.
    pub fn settle(&mut self, matches: &ArgMatches) {
        let typed = |name: &str| deepest(matches).value_source(name) == Some(ValueSource::CommandLine);
        match (typed("as_of"), typed("until")) {
            (true, true) => {
                let message = "--as-of and --until say the same in two ways; give one of them\n";
                clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, message).exit()
            }
            (true, false) => self.until = None,
            (false, _) if self.until.is_some() => self.as_of = None,
            _ => {}
        }
    }
}

fn deepest(matches: &ArgMatches) -> &ArgMatches {
    match matches.subcommand() {
        Some((_, inner)) => deepest(inner),
        None => matches,
    }
}
