//! Values for the `$parameters` of segments, found in the store's own data by the rules that their files give.

use crate::segment::own::Meaning;
use crate::segment::words::{column_of, texts_of};
use crate::segment::{Asked, SegmentAsk};
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
use std::collections::{BTreeMap, BTreeSet};

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
        let parameters = self.segment_parameters(id)?;
        let rules: Vec<(&String, &Parameter, &Rule)> =
            parameters.iter().filter_map(|(name, parameter)| Some((name, parameter, parameter.suggest.as_ref()?))).collect();
        let found = self.suggested(&rules.iter().map(|(_, parameter, rule)| (*parameter, *rule)).collect::<Vec<_>>(), when)?;
        let suggestion =
            |((name, _, rule), value): ((&String, &Parameter, &Rule), _)| Suggestion { parameter: name.clone(), rule: rule.text(), value };
        Ok(rules.into_iter().zip(found).map(suggestion).collect())
    }

    /// A segment as it is asked, with the values that this store's data suggest for those of its parameters that are not given. A value
    /// that the data say nothing of stays as the segment has it.
    pub fn with_suggestions(&self, ask: &SegmentAsk) -> Result<SegmentAsk, Error> {
        let (Asked::Name(name) | Asked::Draft(name)) = &ask.of else {
            return Err(Error::Usage("values are suggested for the parameters of a segment that has a name".to_owned()));
        };
        let mut asked = ask.clone();
        for suggestion in self.segment_suggestions(name, &ask.when)? {
            let given = asked.parameters.iter().any(|(known, _)| *known == suggestion.parameter);
            asked.parameters.extend(suggestion.value.filter(|_| !given).map(|value| (suggestion.parameter, value)));
        }
        Ok(asked)
    }

    /// Values that the store's data suggest for the parameters of some segments, by segment and parameter: all found in a few readings.
    pub(super) fn suggestions_of<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
        when: &When,
    ) -> Result<BTreeMap<String, BTreeMap<String, String>>, Error> {
        let mut all = Vec::new();
        for id in ids {
            all.extend(self.segment_parameters(id)?.into_iter().map(|(name, parameter)| (id.to_owned(), name, parameter)));
        }
        let with_rule: Vec<(&String, &String, &Parameter, &Rule)> =
            all.iter().filter_map(|(id, name, parameter)| Some((id, name, parameter, parameter.suggest.as_ref()?))).collect();
        let values = self.suggested(&with_rule.iter().map(|(_, _, parameter, rule)| (*parameter, *rule)).collect::<Vec<_>>(), when)?;
        let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for ((id, name, ..), value) in with_rule.into_iter().zip(values) {
            if let Some(value) = value {
                found.entry(id.clone()).or_default().insert(name.clone(), value);
            }
        }
        Ok(found)
    }

    /// What some rules find, each as its parameter is written.
    fn suggested(&self, rules: &[(&Parameter, &Rule)], when: &When) -> Result<Vec<Option<String>>, Error> {
        let texts = rules.iter().filter_map(|(_, rule)| match rule {
            Rule::Number(text) => Some(text.as_str()),
            Rule::MostCommon(_) | Rule::Pair(_) => None,
        });
        let places = rules.iter().filter_map(|(_, rule)| match rule {
            Rule::MostCommon(place) => Some(place.as_str()),
            Rule::Number(_) | Rule::Pair(_) => None,
        });
        let (texts, places): (BTreeSet<&str>, BTreeSet<&str>) = (texts.collect(), places.collect());
        let (of_columns, of_facts): (Vec<&str>, Vec<&str>) = places.into_iter().partition(|place| !place.contains('.'));
        let (numbers, mut common) = self.of_profile(&texts, &of_columns, when)?;
        common.extend(self.of_facts(&of_facts, when)?);
        let pair = match rules.iter().any(|(_, rule)| matches!(rule, Rule::Pair(_))) {
            true => self.pair(when)?,
            false => None,
        };
        let value = |(parameter, rule): &(&Parameter, &Rule)| match rule {
            Rule::Number(text) => numbers.get(text.as_str()).map(|value| written(*value, parameter)),
            Rule::MostCommon(place) => common.get(place.as_str()).map(|text| quoted(text)),
            Rule::Pair(Side::Bought) => pair.as_ref().map(|(bought, _)| quoted(bought)),
            Rule::Pair(Side::Also) => pair.as_ref().map(|(_, also)| quoted(also)),
        };
        Ok(rules.iter().map(value).collect())
    }

    /// Numbers of the whole store, and the value that most customers have in a column; of equally many the first by name.
    #[expect(clippy::type_complexity, reason = "two answers of one reading, by what was asked")]
    fn of_profile<'a>(
        &self,
        texts: &BTreeSet<&'a str>,
        places: &[&'a str],
        when: &When,
    ) -> Result<(BTreeMap<&'a str, f64>, BTreeMap<&'a str, String>), Error> {
        if texts.is_empty() && places.is_empty() {
            return Ok((BTreeMap::new(), BTreeMap::new()));
        }
        let vocabulary = self.words_of(Meaning::InForce, &[])?;
        let mut formulas = Vec::new();
        for text in texts {
            let wrong = |why: String| Error::Answer(format!("the rule `{text}` cannot be asked: {why}"));
            formulas.push((*text, Formula::parse(text, &vocabulary, &THRESHOLDS).map_err(wrong)?));
        }
        let mut wanted: Vec<&'static Column> = vec![columns::customer_key()];
        let named = formulas.iter().flat_map(|(_, formula)| formula.columns());
        let named: BTreeSet<String> = named.chain(places.iter().map(|place| (*place).to_owned())).collect();
        wanted.extend(named.iter().filter_map(|name| columns::find(name)));
        // The thresholds are found on the way to a column that rests on them.
        for name in ["overdue_ratio", "life_stage"] {
            wanted.extend(columns::find(name).filter(|_| !texts.is_empty() && !named.contains(name)));
        }
        let profile = self.profile_of(when, wanted, &RfmAsk::default())?;
        let thresholds = profile.statistics.clone();
        let statistics: Vec<_> = formulas.iter().flat_map(|(_, formula)| formula.statistics()).collect();
        let mut gathered = Vec::new();
        let mut counts: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); places.len()];
        profile.each(|batches| {
            for rows in &batches {
                gathered.push(Gathered::of(&statistics, rows));
                for (place, counts) in places.iter().zip(&mut counts) {
                    rows.column_by_name(place).into_iter().for_each(|array| count(array, counts));
                }
            }
            Ok(true)
        })?;
        let figures = Figures::of(&statistics, gathered);
        let number = |(text, formula): (&'a str, Formula)| Some((text, formula.value(&figures, &|name| threshold(&thresholds, name))?));
        let common = places.iter().zip(counts).filter_map(|(place, counts)| Some((*place, most(counts)?)));
        Ok((formulas.into_iter().filter_map(number).collect(), common.collect()))
    }

    /// The value that most facts of a function have in a parameter; of equally many the first by name.
    fn of_facts<'a>(&self, places: &[&'a str], when: &When) -> Result<BTreeMap<&'a str, String>, Error> {
        let place_of = |place: &'a str| {
            let (function, param) = place.rsplit_once('.')?;
            let function = functions::find(function)?;
            let (table, column) = match function.param(param)?.field {
                Field::Own(column) => (function.table, column),
                Field::Order(column) => (FactTable::Orders, column),
                Field::AnyLine(column) => (FactTable::Sales, column),
                _ => return None,
            };
            Some((place, table, column))
        };
        let wanted: Vec<(&str, FactTable, &'static str)> = places.iter().filter_map(|place| place_of(place)).collect();
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let stand = self.stand(when)?;
        let facts = wanted.iter().fold(FactColumns::default(), |facts, (_, table, column)| facts.and(&texts_of(*table, column)));
        let (parts, _) = self.scan(&stand.snapshot, &facts, &stand.as_of, |batch| {
            let counted = wanted.iter().map(|(_, table, column)| {
                let mut counts = BTreeMap::new();
                column_of(&batch, *table, column).into_iter().for_each(|array| count(array, &mut counts));
                counts
            });
            Ok::<_, Error>(counted.collect::<Vec<BTreeMap<String, u64>>>())
        })?;
        let mut counts: Vec<BTreeMap<String, u64>> = vec![BTreeMap::new(); wanted.len()];
        for (all, own) in parts.into_iter().flat_map(|part| part.into_iter().enumerate()) {
            own.into_iter().for_each(|(text, number)| *counts[all].entry(text).or_default() += number);
        }
        Ok(wanted.into_iter().zip(counts).filter_map(|((place, ..), counts)| Some((place, most(counts)?))).collect())
    }

    /// The two sides of the rule between products that has the most money in it.
    fn pair(&self, when: &When) -> Result<Option<(String, String)>, Error> {
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
        let first = |name: &str| {
            let texts = rows.column_by_name(name)?.as_string_opt::<i32>()?;
            (!texts.is_empty() && texts.is_valid(0)).then(|| texts.value(0).to_owned())
        };
        Ok(first("bought").zip(first("also")))
    }
}

/// The most frequent text; of equally frequent ones the first by name.
fn most(counts: BTreeMap<String, u64>) -> Option<String> {
    // The last of the greatest would be another one: the first by name wins.
    let most = counts.values().copied().max();
    counts.into_iter().find(|(_, count)| Some(*count) == most).map(|(text, _)| text)
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
        let like =
            |default: &str, range| Parameter { default: default.to_owned(), range, meaning: String::new(), suggest: None, fixed: None };
        assert_eq!(written(2056.31, &like("200", None)), "2056");
        assert_eq!(written(0.3333, &like("0.5", None)), "0.33");
        assert_eq!(written(0.5, &like("0.25", None)), "0.5");
        assert_eq!(written(-61.4, &like("-30d", Some([1.0, 365.0]))), "-61d");
        assert_eq!(written(31.0, &like("30d", None)), "31d");
        assert_eq!(written(7.0, &like("5", Some([1.0, 6.0]))), "6");
        assert_eq!(quoted("Levi's"), "'Levi\\'s'");
    }
}
