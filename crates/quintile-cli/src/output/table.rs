//! Plain aligned tables, the same on a terminal and in a pipe: numbers to the right, thousands apart, nothing cut.

use super::{Shown, broken};
use crate::session::Session;
use arrow::array::RecordBatch;
use quintile::cell::{Cells, Value, plain_decimal};
use quintile::header::{grouped, money};
use quintile::model::{Money, StoreZone};
use quintile::{Answer, Error, Profile};
use std::io::Write;

/// How values are shown.
#[derive(Clone)]
pub struct Style {
    /// The currency, for the decimals of amounts.
    pub currency: String,
    /// The zone of times.
    pub zone: StoreZone,
}

impl Style {
    /// As a header says.
    pub fn of(header: Option<&quintile::Header>) -> Style {
        Style {
            currency: header.map_or(String::new(), |header| header.currency.clone()),
            zone: header.and_then(|header| StoreZone::named(&header.zone).ok()).unwrap_or_else(StoreZone::utc),
        }
    }

    /// A value as text, and whether it is a number.
    pub fn shown(&self, column: &str, value: &Value<'_>) -> (String, bool) {
        match value {
            Value::Missing => ("-".to_owned(), false),
            Value::Text(text) => (text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(), false),
            Value::Count(count) => (grouped(&count.to_string()), true),
            Value::Number(number) if column.ends_with("share") || column.ends_with("_rate") => (format!("{:.1} %", number * 100.0), true),
            Value::Number(number) if column == "gini" => (format!("{number:.3}"), true),
            Value::Number(number) if FINE.contains(&column) => (fine_text(*number), true),
            Value::Number(number) => (number_text(*number), true),
            Value::Amount(value, 4) if i64::try_from(*value).is_ok() => (money(Money(*value as i64), &self.currency), true),
            Value::Amount(value, scale) => (plain_decimal(*value, *scale), true),
            Value::Instant(at) => (self.instant(*at), false),
            Value::Flag(flag) => (if *flag { "yes" } else { "no" }.to_owned(), false),
            Value::Texts(texts) => (texts.join(", "), false),
        }
    }

    fn instant(&self, at: i64) -> String {
        let local = at + self.zone.offset(at);
        let seconds = local.div_euclid(1_000_000).rem_euclid(86_400);
        format!("{} {:02}:{:02}", StoreZone::date_of(self.zone.day(at)), seconds / 3600, seconds / 60 % 60)
    }
}

fn number_text(number: f64) -> String {
    let text = format!("{number:.2}");
    match text.split_once('.') {
        Some((whole, part)) if number.abs() < 1e15 => format!("{}.{part}", grouped(whole)),
        _ => format!("{number:e}"),
    }
}

/// Columns of parameters and measures, which two decimals would not tell apart.
const FINE: [&str; 10] =
    ["value", "low", "high", "standard_error", "auc", "brier", "calibration_error", "mean_error", "root_mean_square", "correlation"];

/// Four decimals, of large numbers two.
fn fine_text(number: f64) -> String {
    if number.abs() >= 1000.0 { number_text(number) } else { format!("{number:.4}") }
}

/// Lines of cells.
pub struct Table {
    names: Vec<String>,
    rows: Vec<Vec<(String, bool)>>,
}

impl Table {
    /// With these columns.
    pub fn new(names: Vec<String>) -> Table {
        Table { names, rows: Vec::new() }
    }

    /// Adds the rows of a batch.
    pub fn add(&mut self, batch: &RecordBatch, style: &Style) -> Result<(), Error> {
        let columns = batch.columns().iter().map(Cells::of).collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.schema_ref().fields()).map(|(column, field)| style.shown(field.name(), &column.get(row)));
            self.rows.push(cells.collect());
        }
        Ok(())
    }

    /// Adds a row of words.
    pub fn words(&mut self, cells: Vec<String>) {
        self.rows.push(cells.into_iter().map(|cell| (cell, false)).collect());
    }

    /// Draws it. A column is of numbers when it has one and nothing else but what is missing.
    pub fn draw(&self, session: &Session, with_names: bool, out: &mut (dyn Write + Send)) -> Result<(), Error> {
        let columns = self.names.len();
        let right: Vec<bool> = (0..columns)
            .map(|column| {
                let mut known = self.rows.iter().map(|row| &row[column]).filter(|(text, _)| text != "-").peekable();
                known.peek().is_some() && known.all(|(_, number)| *number)
            })
            .collect();
        let width = |text: &str| text.chars().count();
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let name = if with_names { width(&self.names[column]) } else { 0 };
                self.rows.iter().map(|row| width(&row[column].0)).max().unwrap_or(0).max(name)
            })
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut line = String::new();
            for (column, cell) in cells.enumerate() {
                let gap = " ".repeat(widths[column] - width(cell));
                let between = if column > 0 { "  " } else { "" };
                match right[column] {
                    true => line.extend([between, &gap, cell]),
                    false => line.extend([between, cell, &gap]),
                }
            }
            line.trim_end().to_owned()
        };
        if with_names {
            let names = line(&mut self.names.iter().map(String::as_str));
            writeln!(out, "{}", session.bold(&names)).map_err(broken)?;
        }
        for row in &self.rows {
            writeln!(out, "{}", line(&mut row.iter().map(|(text, _)| text.as_str()))).map_err(broken)?;
        }
        Ok(())
    }
}

/// Draws a small answer.
pub fn draw_answer(session: &Session, answer: &Answer, shown: &Shown<'_>, out: &mut (dyn Write + Send)) -> Result<(), Error> {
    let style = Style::of(answer.header.as_ref());
    let schema = answer.rows.schema();
    // Who names columns wants them.
    let hidden = |name: &str| session.given.columns.is_empty() && (shown.hide.contains(&name) || shown.below == Some(name));
    let kept: Vec<usize> = (0..schema.fields().len()).filter(|at| !hidden(schema.field(*at).name())).collect();
    let rows = answer.rows.project(&kept)?;
    let mut table = Table::new(rows.schema().fields().iter().map(|field| field.name().clone()).collect());
    table.add(&rows, &style)?;
    table.draw(session, !session.given.no_header, out)?;
    if let Some(below) = shown.below.filter(|_| session.given.columns.is_empty())
        && let Ok(at) = schema.index_of(below)
        && !session.given.no_header
    {
        let mut list = Table::new(vec![String::new(), String::new()]);
        let (ids, sentences) = (Cells::of(answer.rows.column(0))?, Cells::of(answer.rows.column(at))?);
        for row in 0..answer.rows.num_rows() {
            if let (Value::Text(id), Value::Text(sentence)) = (ids.get(row), sentences.get(row)) {
                list.words(vec![id.into_owned(), sentence.into_owned()]);
            }
        }
        if !list.rows.is_empty() {
            writeln!(out).map_err(broken)?;
            list.draw(session, false, out)?;
        }
    }
    Ok(())
}

/// Rows whose widths are found together; a longer table is drawn in pieces.
const PIECE: usize = 10_000;

/// Draws a profile; how many rows.
pub fn draw_profile(session: &Session, profile: Profile, most: u64, out: &mut (dyn Write + Send)) -> Result<u64, Error> {
    let style = Style::of(Some(&profile.header));
    let names: Vec<String> = profile.schema.fields().iter().map(|field| field.name().clone()).collect();
    let (mut left, mut drawn) = (most, 0);
    let mut table = Table::new(names.clone());
    let mut with_names = !session.given.no_header;
    profile.each(|batches| {
        for batch in batches {
            let rows = left.min(batch.num_rows() as u64);
            table.add(&batch.slice(0, rows as usize), &style)?;
            (left, drawn) = (left - rows, drawn + rows);
            if table.rows.len() >= PIECE {
                std::mem::replace(&mut table, Table::new(names.clone())).draw(session, with_names, out)?;
                with_names = false;
            }
        }
        Ok(left > 0)
    })?;
    table.draw(session, with_names, out)?;
    Ok(drawn)
}
