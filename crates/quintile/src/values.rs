//! Which values a column of the profile has, and how many customers have each: what a segment can ask for.

use crate::cell::{Cells, Value};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, When};
use arrow::array::Array;
use quintile_profile::columns::ColumnType;
use std::collections::BTreeMap;

/// Which values are asked for.
#[derive(Debug, Clone)]
pub struct ValuesAsk {
    /// The moment.
    pub when: When,
    /// The column.
    pub column: String,
    /// Only those that hold this text, in whatever case.
    pub search: String,
    /// At most so many.
    pub most: usize,
}

impl Workspace {
    /// The values of a column of texts or of whole numbers, those of the most customers first. A customer with a list has each of it.
    pub fn values(&self, ask: &ValuesAsk) -> Result<Answer, Error> {
        let named = crate::profile::named(std::slice::from_ref(&ask.column))?;
        let has_few =
            |kind| !matches!(kind, ColumnType::Amount | ColumnType::Number | ColumnType::Instant | ColumnType::Gaps | ColumnType::Amounts);
        if let Some(column) = named.iter().find(|column| !has_few(column.kind)) {
            return Err(Error::Usage(format!("`{}` has about as many values as there are customers; ask for a range of it", column.name)));
        }
        let profile = self.profile_of(&ask.when, named, &RfmAsk::default())?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let (mut customers, mut without) = (0_u64, 0_u64);
        let header = profile.each(|batches| {
            for rows in &batches {
                let cells = Cells::of(rows.column(0))?;
                customers += rows.num_rows() as u64;
                for row in 0..rows.column(0).len() {
                    match cells.get(row) {
                        Value::Missing => without += 1,
                        Value::Texts(texts) if texts.is_empty() => without += 1,
                        Value::Texts(mut texts) => {
                            texts.sort_unstable();
                            texts.dedup();
                            texts.into_iter().for_each(|text| *counts.entry(text).or_default() += 1);
                        }
                        Value::Text(text) => match counts.get_mut(text.as_ref()) {
                            Some(count) => *count += 1,
                            None => drop(counts.insert(text.into_owned(), 1)),
                        },
                        Value::Count(count) => *counts.entry(count.to_string()).or_default() += 1,
                        Value::Flag(flag) => *counts.entry(flag.to_string()).or_default() += 1,
                        Value::Number(_) | Value::Amount(..) | Value::Instant(_) => {}
                    }
                }
            }
            Ok(true)
        })?;
        let search = ask.search.trim().to_lowercase();
        let different = counts.len();
        let mut found: Vec<(String, u64)> = counts.into_iter().filter(|(value, _)| value.to_lowercase().contains(&search)).collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let matching = found.len();
        found.truncate(ask.most);
        let mut notes = vec![format!("{different} different values; {without} of {customers} customers have none")];
        if matching > found.len() {
            notes.push(format!("{} of {matching} are shown, those of the most customers", found.len()));
        }
        let share = |count: u64| (customers > 0).then(|| count as f64 / customers as f64);
        let columns = vec![
            AnswerColumn::text("value", found.iter().map(|(value, _)| Some(value.clone()))),
            AnswerColumn::count("customers", found.iter().map(|(_, count)| Some(*count))),
            AnswerColumn::share("customer_share", found.iter().map(|(_, count)| share(*count))),
        ];
        Answer::new(header, columns, notes)
    }
}
