//! Values for the `$parameters` of segments, found in the store's own data by the rules that their files give.

use crate::segment::own::Meaning;
use crate::segment::words::{column_of, texts_of};
use crate::table::Answer;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, RulesAsk, When};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int32Type};
use quintile_catalog::suggest::Side;
use quintile_catalog::{Parameter, Rule};
use quintile_model::batch::FactColumns;
use quintile_profile::{Column, Statistics, columns};
use quintile_segment::formula::{Formula, THRESHOLDS};
use quintile_segment::vocabulary::functions::{self, FactTable, Field};
use quintile_segment::{Figures, Gathered};
use std::collections::BTreeMap;

/// What the store's data suggest for a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The name behind the `$`.
    pub parameter: String,
    /// The rule, as the catalogue writes it.
    pub rule: String,
    /// The value as the segment language writes it; `None` where the store's data say nothing.
    pub value: Option<String>,
}

impl Workspace {
    /// A ready segment of the catalogue by its id.
    pub fn ready_segment(&self, id: &str) -> Option<&quintile_catalog::Segment> {
        self.catalog.segments.iter().find(|segment| segment.id == id)
    }

    /// What the store's data suggest for the parameters of a segment that has a name, as of a moment; those without a rule are left out.
    pub fn segment_suggestions(&self, id: &str, when: &When) -> Result<Vec<Suggestion>, Error> {
        let mut found = Vec::new();
        for (name, parameter) in &self.segment_parameters(id)? {
            let Some(rule) = &parameter.suggest else { continue };
            let value = match rule {
                Rule::Number(text) => self.number(text, when)?.map(|value| written(value, parameter)),
                Rule::MostCommon(place) => self.most_common(place, when)?.map(|text| quoted(&text)),
                Rule::Pair(side) => self.side_of_pair(*side, when)?.map(|text| quoted(&text)),
            };
            found.push(Suggestion { parameter: name.clone(), rule: rule.text(), value });
        }
        Ok(found)
    }

    fn number(&self, text: &str, when: &When) -> Result<Option<f64>, Error> {
        let wrong = |why: String| Error::Answer(format!("the rule `{text}` cannot be asked: {why}"));
        let formula = Formula::parse(text, &self.words_of(Meaning::InForce, &[])?, &THRESHOLDS).map_err(wrong)?;
        let mut wanted: Vec<&'static Column> = vec![columns::customer_key()];
        wanted.extend(formula.columns().iter().filter_map(|name| columns::find(name)));
        // The thresholds are found on the way to a column that rests on them.
        wanted.extend(columns::find("overdue_ratio").into_iter().chain(columns::find("life_stage")));
        let profile = self.profile_of(when, wanted, &RfmAsk::default())?;
        let thresholds = profile.statistics.clone();
        let statistics = formula.statistics();
        let mut gathered = Vec::new();
        if !statistics.is_empty() {
            profile.each(|batches| {
                gathered.extend(batches.iter().map(|rows| Gathered::of(&statistics, rows)));
                Ok(true)
            })?;
        }
        Ok(formula.value(&Figures::of(&statistics, gathered), &|name| threshold(&thresholds, name)))
    }

    /// The value that most customers have in a column, or most facts of a function in a parameter; of equally many the first by name.
    fn most_common(&self, place: &str, when: &When) -> Result<Option<String>, Error> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        match place.rsplit_once('.') {
            None => {
                let Some(column) = columns::find(place) else { return Ok(None) };
                self.profile_of(when, vec![column], &RfmAsk::default())?.each(|batches| {
                    batches.iter().filter_map(|rows| rows.column_by_name(place)).for_each(|array| count(array, &mut counts));
                    Ok(true)
                })?;
            }
            Some((function, param)) => {
                let function = functions::find(function);
                let Some((function, param)) = function.and_then(|function| Some((function, function.param(param)?))) else {
                    return Ok(None);
                };
                let (table, column) = match param.field {
                    Field::Own(column) => (function.table, column),
                    Field::Order(column) => (FactTable::Orders, column),
                    Field::AnyLine(column) => (FactTable::Sales, column),
                    _ => return Ok(None),
                };
                let stand = self.stand(when)?;
                let facts = FactColumns::default().and(&texts_of(table, column));
                let (parts, _) = self.scan(&stand.snapshot, &facts, &stand.as_of, |batch| {
                    let mut counts = BTreeMap::new();
                    if let Some(array) = column_of(&batch, table, column) {
                        count(array, &mut counts);
                    }
                    Ok::<_, Error>(counts)
                })?;
                parts.into_iter().flatten().for_each(|(text, number)| *counts.entry(text).or_default() += number);
            }
        }
        // The last of the greatest would be another one: the first by name wins.
        let most = counts.values().copied().max();
        Ok(counts.into_iter().find(|(_, count)| Some(*count) == most).map(|(text, _)| text))
    }

    /// A side of the rule between two products that has the most money in it.
    fn side_of_pair(&self, side: Side, when: &When) -> Result<Option<String>, Error> {
        let ask = RulesAsk {
            when: when.clone(),
            by_category: false,
            level: None,
            over_customers: false,
            support: 0.005,
            confidence: 0.2,
            largest: 2,
            every_line: false,
        };
        let Answer { rows, .. } = self.rules(&ask)?;
        let name = match side {
            Side::Bought => "bought",
            Side::Also => "also",
        };
        let texts = rows.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
        Ok(texts.filter(|texts| !texts.is_empty() && texts.is_valid(0)).map(|texts| texts.value(0).to_owned()))
    }
}

fn threshold(statistics: &Statistics, name: &str) -> Option<f64> {
    let found = match name {
        "usual_gap_days" => statistics.usual_gap,
        "last_call_days" => statistics.last_call,
        "loyal_window_days" => statistics.loyal_window,
        _ => None,
    };
    found.map(|found| found.value)
}

/// Counts the texts of rows; of lists, each entry.
fn count(array: &ArrayRef, counts: &mut BTreeMap<String, u64>) {
    let mut add = |text: &str, times: u64| *counts.entry(text.to_owned()).or_default() += times;
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().flatten().for_each(|text| add(text, 1)),
        DataType::List(_) => {
            for row in 0..array.len() {
                let entries = array.as_list::<i32>().is_valid(row).then(|| array.as_list::<i32>().value(row));
                if let Some(texts) = entries.as_ref().and_then(|entries| entries.as_string_opt::<i32>()) {
                    texts.iter().flatten().for_each(|text| add(text, 1));
                }
            }
        }
        DataType::Dictionary(..) => {
            let Some(dictionary) = array.as_dictionary_opt::<Int32Type>() else { return };
            let Some(texts) = dictionary.values().as_string_opt::<i32>() else { return };
            let mut by_code = vec![0_u64; texts.len()];
            dictionary.keys().iter().flatten().for_each(|code| {
                if let Some(number) = by_code.get_mut(code as usize) {
                    *number += 1;
                }
            });
            let used = by_code.into_iter().enumerate().filter(|(code, number)| *number > 0 && texts.is_valid(*code));
            used.for_each(|(code, number)| add(texts.value(code), number));
        }
        _ => {}
    }
}

/// A number as the default of the parameter is written: whole, with two decimals, or as days before today; within its range.
fn written(value: f64, parameter: &Parameter) -> String {
    let within = |value: f64| parameter.range.map_or(value, |[least, most]| value.clamp(least, most));
    let default = parameter.default.as_str();
    match default.chars().next_back() {
        Some(unit @ ('d' | 'w' | 'm' | 'y')) => {
            let sign = if default.starts_with('-') { "-" } else { "" };
            format!("{sign}{:.0}{unit}", within(value.abs()))
        }
        _ if default.contains('.') => {
            let text = format!("{:.2}", within(value));
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => format!("{:.0}", within(value)),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_the_default_is() {
        let like = |default: &str, range| Parameter { default: default.to_owned(), range, meaning: String::new(), suggest: None };
        assert_eq!(written(2056.31, &like("200", None)), "2056");
        assert_eq!(written(0.3333, &like("0.5", None)), "0.33");
        assert_eq!(written(0.5, &like("0.25", None)), "0.5");
        assert_eq!(written(-61.4, &like("-30d", Some([1.0, 365.0]))), "-61d");
        assert_eq!(written(31.0, &like("30d", None)), "31d");
        assert_eq!(written(7.0, &like("5", Some([1.0, 6.0]))), "6");
        assert_eq!(quoted("Levi's"), "'Levi\\'s'");
    }
}
