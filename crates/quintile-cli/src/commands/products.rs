//! `quintile products`: what customers began with, and whether they came back.

use crate::arguments::{Face, HELP};
use crate::output::{self, Shown};
use crate::session::Session;
use clap::{Args, ValueEnum};
use quintile::{Began, Error, ProductsAsk};
use std::process::ExitCode;

/// First purchases after which fewer customers come back, or more, than of those who began alike
#[derive(Debug, Args)]
#[command(
    help_template = HELP,
    before_help = "Examples:
  quintile products
  quintile products --by category --within 90
  quintile products --by channel --margin 0.4
  quintile products --by city
  quintile products --least 100 -o products.csv

Each row is what customers began with. They are held against those who began alike: in the same month, on the same channel,
in the same country, with a purchase of like value, with or without a coupon. The column `segment` of files has those who
began with it and never came back, in the segment language."
)]
pub struct ProductsArgs {
    /// What customers are told apart by
    #[arg(long, value_enum, default_value_t = By::Product)]
    by: By,
    /// Days in which they can come back [default: 180, of a short history half of it]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    within: Option<u16>,
    /// Only what so many customers began with
    #[arg(long, value_name = "N", default_value_t = 30)]
    least: u64,
    /// The share of revenue that is left when goods are paid, instead of the costs the store knows
    #[arg(long, value_name = "SHARE")]
    margin: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Each product of the first purchase
    Product,
    /// Each category of it
    Category,
    /// Its channel
    Channel,
    /// Its coupon
    Coupon,
    /// The country it went to, else the customer's
    Country,
    /// The state or province
    Region,
    /// The city
    City,
    /// The postcode
    Postcode,
    /// What is said of the customer: tags and gender
    Who,
}

/// Rows of a table where nobody says how many.
const TABLE_ROWS: usize = 20;

pub fn run(arguments: ProductsArgs, session: &Session) -> Result<ExitCode, Error> {
    let ask = ProductsAsk {
        when: session.when(),
        by: match arguments.by {
            By::Product => Began::Product,
            By::Category => Began::Category,
            By::Channel => Began::Channel,
            By::Coupon => Began::Coupon,
            By::Country => Began::Country,
            By::Region => Began::Region,
            By::City => Began::City,
            By::Postcode => Began::Postcode,
            By::Who => Began::Who,
        },
        within_days: arguments.within,
        least: arguments.least,
        margin_share: arguments.margin,
    };
    let mut answer = session.open()?.products(&ask)?;
    if session.face() == Face::Table && session.given.limit.is_none() && answer.rows.num_rows() > TABLE_ROWS {
        answer.notes.insert(0, format!("{TABLE_ROWS} of {} rows; --limit 0 shows all", answer.rows.num_rows()));
        answer.rows = answer.rows.slice(0, TABLE_ROWS);
    }
    let places = matches!(arguments.by, By::Country | By::Region | By::City | By::Postcode);
    // Of places the plain share is the answer; of what was bought, the difference.
    let interval: &[&str] =
        if places { &["weighed_back_share", "later_difference"] } else { &["back", "back_low_share", "back_high_share"] };
    let mut hide = vec!["compared", "alike_back_share", "first_purchase", "later_lower", "later_upper", "false_discovery_rate", "segment"];
    hide.extend(interval);
    output::answer(session, &answer, &Shown { hide: &hide, below: None, thresholds: false })?;
    Ok(ExitCode::SUCCESS)
}
