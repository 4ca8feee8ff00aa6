//! From answers to tables and charts, worded for people.

use crate::cell::{Cells, Value};
use crate::table::Answer;
use crate::{Error, header};
use arrow::array::Array;
use arrow::datatypes::DataType;
use quintile_model::Money;
use quintile_report::{Align, Column, Row, Table};

/// A column of an answer as a page shows it.
pub(super) struct Shown {
    /// In the answer.
    pub name: &'static str,
    /// On the page.
    pub title: &'static str,
    /// How it is defined.
    pub definition: &'static str,
}

pub(super) const fn shown(name: &'static str, title: &'static str, definition: &'static str) -> Shown {
    Shown { name, title, definition }
}

/// How figures are written.
pub(super) struct Figures<'a> {
    pub currency: &'a str,
}

impl Figures<'_> {
    pub fn money(&self, amount: Option<Money>) -> String {
        amount.map_or("–".to_owned(), |amount| header::money(amount, self.currency))
    }

    /// Some columns of an answer as a table; `remark` names the column that is said under each row.
    pub fn table(&self, answer: &Answer, id: &str, caption: &str, columns: &[Shown], remark: Option<&str>) -> Result<Table, Error> {
        let schema = answer.rows.schema();
        let mut cells = Vec::with_capacity(columns.len());
        let mut headings = Vec::with_capacity(columns.len());
        for column in columns {
            let at = schema.index_of(column.name)?;
            let array = answer.rows.column(at);
            let words = matches!(array.data_type(), DataType::Utf8 | DataType::Dictionary(..));
            headings.push(Column {
                title: column.title.to_owned(),
                definition: column.definition.to_owned(),
                align: if words { Align::Start } else { Align::End },
            });
            cells.push((column.name, Cells::of(array)?));
        }
        let remarks = remark.map(|name| schema.index_of(name)).transpose()?.map(|at| Cells::of(answer.rows.column(at))).transpose()?;
        let rows = (0..answer.rows.num_rows())
            .map(|row| Row {
                cells: cells.iter().map(|(name, cells)| self.cell(name, &cells.get(row))).collect(),
                remark: match remarks.as_ref().map(|remarks| remarks.get(row)) {
                    Some(Value::Text(text)) => text.into_owned(),
                    _ => String::new(),
                },
                is_total: false,
            })
            .collect();
        Ok(Table { id: id.to_owned(), caption: caption.to_owned(), columns: headings, rows })
    }

    fn cell(&self, name: &str, value: &Value<'_>) -> String {
        match value {
            Value::Missing => "–".to_owned(),
            Value::Text(text) => text.to_string(),
            Value::Count(count) => header::grouped(&count.to_string()),
            Value::Number(number) if name.ends_with("share") => format!("{:.1} %", number * 100.0),
            Value::Number(number) if WITH_DECIMALS.contains(&name) => format!("{number:.2}"),
            Value::Number(number) => header::grouped(&format!("{number:.0}")),
            Value::Amount(amount, _) => self.money(i64::try_from(*amount).ok().map(Money)),
            Value::Instant(at) => quintile_model::Instant(*at).to_iso(),
            Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Value::Texts(texts) => texts.join(", "),
        }
    }
}

/// Numbers that say nothing without decimals.
const WITH_DECIMALS: [&str; 4] = ["lift", "orders_a_year", "csat", "tickets_per_order"];

/// The first rows of an answer.
pub(super) fn first(answer: &Answer, rows: usize) -> Answer {
    let rows = answer.rows.slice(0, answer.rows.num_rows().min(rows));
    Answer { header: None, rows, notes: Vec::new() }
}

/// Notes of an answer but those that explain its columns, which the page does beside each.
pub(super) fn notes_beside(answer: &Answer) -> Vec<String> {
    let schema = answer.rows.schema();
    let explains = |note: &str| schema.fields().iter().any(|column| column.name().contains('_') && note.contains(column.name().as_str()));
    answer.notes.iter().filter(|note| !explains(note)).cloned().collect()
}

/// A column of an answer as texts.
pub(super) fn texts(answer: &Answer, name: &str) -> Result<Vec<String>, Error> {
    let cells = Cells::of(answer.rows.column(answer.rows.schema().index_of(name)?))?;
    let text = |row| match cells.get(row) {
        Value::Text(text) => text.into_owned(),
        _ => String::new(),
    };
    Ok((0..answer.rows.num_rows()).map(text).collect())
}

/// A column of an answer as numbers for a chart; amounts in whole units.
pub(super) fn numbers(answer: &Answer, name: &str) -> Result<Vec<Option<f64>>, Error> {
    let array = answer.rows.column(answer.rows.schema().index_of(name)?);
    let cells = Cells::of(array)?;
    let number = |row| match cells.get(row) {
        Value::Count(count) => Some(count as f64),
        Value::Number(number) => Some(number),
        Value::Amount(amount, scale) => Some(amount as f64 / 10_f64.powi(scale as i32)),
        _ => None,
    };
    Ok((0..array.len()).map(number).collect())
}
