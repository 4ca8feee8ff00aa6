//! `quintile customer show`: everything about one customer.

use crate::arguments::{Face, HELP};
use crate::output::table::{Style, Table};
use crate::output::{broken, to_output};
use crate::session::Session;
use arrow::datatypes::DataType;
use clap::{Args, Subcommand};
use quintile::cell::Cells;
use quintile::segment::TRAIT as PREFIX;
use quintile::write::Format;
use quintile::{Answer, CustomerAnswer, Error, columns};
use std::io::Write;
use std::process::ExitCode;

/// One customer
#[derive(Debug, Args)]
#[command(help_template = HELP, before_help = "Examples:\n  quintile customer show 17850")]
pub struct CustomerArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show a customer: every column, with all orders and refunds and the latest touchpoints
    #[command(
        help_template = HELP,
        before_help = "Examples:
  quintile customer show 17850
  quintile customer show ada@example.com --as-of 2011-06-01
  quintile customer show woocommerce:12 --format json"
    )]
    Show {
        /// The id, as answers show it, or an e-mail address
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub fn run(arguments: CustomerArgs, session: &Session) -> Result<ExitCode, Error> {
    let What::Show { id } = arguments.what;
    let answer = session.open()?.customer(&session.when(), &id)?;
    match session.face() {
        Face::Table => to_output(session, |out| draw(session, &answer, out))?,
        Face::Json | Face::Jsonl => to_output(session, |out| {
            let value = json(&answer)?;
            writeln!(out, "{value}").map_err(broken)
        })?,
        other => return Err(Error::Usage(format!("a customer is shown as table or json, not as {other:?}").to_lowercase())),
    }
    session.say_header(&answer.header, false);
    Ok(ExitCode::SUCCESS)
}

fn draw(session: &Session, answer: &CustomerAnswer, out: &mut (dyn Write + Send)) -> Result<(), Error> {
    let style = Style::of(Some(&answer.header));
    for theme in columns::Theme::ALL {
        let mut table = Table::new(vec![String::new(), String::new()]);
        for column in columns::ALL.iter().filter(|column| column.theme == theme) {
            let Some(array) = answer.profile.column_by_name(column.name) else { continue };
            let (text, _) = style.shown(column.name, &Cells::of(array)?.get(0));
            let unit = match column.unit {
                "days" if text != "-" => " days",
                "amount" if text != "-" => &format!(" {}", answer.header.currency),
                _ => "",
            };
            table.words(vec![format!("  {}", column.name), format!("{text}{unit}")]);
        }
        writeln!(out, "{}", session.bold(theme.title())).map_err(broken)?;
        table.draw(session, false, out)?;
    }
    let schema = answer.profile.schema();
    let traits: Vec<_> = schema.fields().iter().filter(|field| field.name().starts_with(PREFIX)).collect();
    if !traits.is_empty() {
        let mut table = Table::new(vec![String::new(), String::new()]);
        for field in traits {
            let Some(array) = answer.profile.column_by_name(field.name()) else { continue };
            let (text, _) = style.shown(field.name(), &Cells::of(array)?.get(0));
            let is_money = text != "-" && matches!(field.data_type(), DataType::Decimal64(..));
            let unit = if is_money { format!(" {}", answer.header.currency) } else { String::new() };
            table.words(vec![format!("  {}", field.name()), format!("{text}{unit}")]);
        }
        writeln!(out, "{}", session.bold("Your own traits")).map_err(broken)?;
        table.draw(session, false, out)?;
    }
    for (title, list) in [("Orders", &answer.orders), ("Refunds", &answer.refunds), ("Latest touchpoints", &answer.touchpoints)] {
        if list.rows.num_rows() > 0 {
            writeln!(out, "{}", session.bold(title)).map_err(broken)?;
            let mut table = Table::new(list.rows.schema().fields().iter().map(|field| field.name().clone()).collect());
            table.add(&list.rows, &style)?;
            table.draw(session, true, out)?;
        }
    }
    Ok(())
}

fn json(answer: &CustomerAnswer) -> Result<serde_json::Value, Error> {
    let rows = |answer: &Answer| -> Result<serde_json::Value, Error> {
        let mut text = Vec::new();
        answer.write(Format::Json, true, &mut text)?;
        let mut value: serde_json::Value = serde_json::from_slice(&text).map_err(|error| Error::Answer(error.to_string()))?;
        Ok(value["rows"].take())
    };
    let profile = Answer { header: None, rows: answer.profile.clone(), notes: Vec::new() };
    let header = serde_json::to_value(&answer.header).map_err(|error| Error::Answer(error.to_string()))?;
    Ok(
        serde_json::json!({"header": header, "customer": rows(&profile)?[0].take(), "orders": rows(&answer.orders)?, "refunds": rows(&answer.refunds)?,
            "touchpoints": rows(&answer.touchpoints)?}),
    )
}
