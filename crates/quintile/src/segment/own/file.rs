//! The file of one segment: TOML with its text and what is said of it, or the text alone in a file that ends in `.sql`.

use crate::Error;
use quintile_catalog::{Example, ExampleShop, Parameter, Rule};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// One of the user's own segments.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnSegment {
    /// Its name in questions, and that of its file.
    pub id: String,
    /// Its name for people; its id where none is given.
    pub name: String,
    /// What it answers; empty where nothing is said.
    pub question: String,
    /// In the segment language.
    pub text: String,
    /// What it is for; empty where nothing is said.
    pub goal: String,
    /// What can be set, by the name behind the `$`.
    pub parameters: BTreeMap<String, Parameter>,
    /// The day on which somebody shall look at it again, as `2026-12-31`.
    pub review_on: Option<String>,
    /// The name it had before.
    pub was: Option<String>,
    /// It cannot be removed by removing its file.
    pub protected: bool,
    /// It shall not be used any more: what to use instead, in words.
    pub deprecated: Option<String>,
    /// The shop in which the examples are.
    pub shop: ExampleShop,
    /// Customers who are in it.
    pub inside: Vec<Example>,
    /// Customers who are not.
    pub outside: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentFile {
    id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    question: String,
    segment: String,
    #[serde(default)]
    goal: String,
    // Those of a ready segment, so that its file can be taken over as it is.
    #[serde(default, rename = "plays")]
    _plays: Vec<String>,
    #[serde(default, rename = "search")]
    _search: Vec<String>,
    #[serde(default, rename = "ranks")]
    _ranks: Option<String>,
    #[serde(default)]
    shop: ExampleShop,
    review_on: Option<toml::Value>,
    was: Option<String>,
    #[serde(default)]
    protected: bool,
    deprecated: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, ParameterFile>,
    #[serde(default)]
    inside: Vec<Example>,
    #[serde(default)]
    outside: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterFile {
    default: toml::Value,
    range: Option<[f64; 2]>,
    #[serde(default)]
    meaning: String,
    suggest: Option<String>,
    fixed: Option<String>,
}

/// Names are short and of letters, digits, `-` and `_`, so that they are files on every system and need no quotes.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    match !id.is_empty() && id.len() <= 64 && id.chars().all(fits) && !id.starts_with('-') {
        true => Ok(()),
        false => {
            let clean: String = id.to_ascii_lowercase().chars().map(|c| if fits(c) { c } else { '-' }).take(64).collect();
            let clean = clean.trim_matches('-');
            let hint = if clean.is_empty() { String::new() } else { format!(", such as `{clean}`") };
            Err(format!("`{id}` is no name of a segment; use up to 64 small letters, digits, `-` and `_`{hint}"))
        }
    }
}

impl OwnSegment {
    /// A segment of a name and a text, of which nothing else is said.
    pub fn new(id: &str, text: &str) -> OwnSegment {
        OwnSegment {
            id: id.to_owned(),
            name: id.to_owned(),
            question: String::new(),
            text: text.trim().to_owned(),
            goal: String::new(),
            parameters: BTreeMap::new(),
            review_on: None,
            was: None,
            protected: false,
            deprecated: None,
            shop: ExampleShop::default(),
            inside: Vec::new(),
            outside: Vec::new(),
        }
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<OwnSegment, Error> {
        let wrong = |line: Option<usize>, why: String| Error::Settings { file: path.to_owned(), line, why };
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        check_id(&id).map_err(|why| wrong(None, why))?;
        if path.extension().is_some_and(|suffix| suffix == "sql") {
            return Ok(Self::new(&id, text));
        }
        let read: SegmentFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            wrong(line, error.message().to_owned())
        })?;
        if let Some(other) = read.id.filter(|other| *other != id) {
            return Err(wrong(None, format!("the segment is called `{other}` and its file is not; take the line out, or rename the file")));
        }
        let mut parameters = BTreeMap::new();
        for (name, parameter) in read.parameters {
            if !crate::segment::speaks_of(&read.segment, &name) {
                return Err(wrong(None, format!("the segment does not use its parameter `${name}`")));
            }
            let default = match &parameter.default {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                other => return Err(wrong(None, format!("the default of `${name}` is a number or a text, not {}", other.type_str()))),
            };
            let suggest = parameter.suggest.as_deref().map(Rule::parse).transpose();
            let suggest = suggest.map_err(|why| wrong(None, format!("`suggest` of `${name}`: {why}")))?;
            parameters
                .insert(name, Parameter { default, range: parameter.range, meaning: parameter.meaning, suggest, fixed: parameter.fixed });
        }
        let review_on = match &read.review_on {
            None => None,
            Some(value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let date: Result<jiff::civil::Date, _> = text.parse();
                Some(date.map_err(|_| wrong(None, format!("`review_on` is `{text}`; write a date such as 2026-12-31")))?.to_string())
            }
        };
        Ok(OwnSegment {
            name: read.name.unwrap_or_else(|| id.clone()),
            id,
            question: read.question,
            text: read.segment.trim().to_owned(),
            goal: read.goal,
            parameters,
            review_on,
            was: read.was,
            protected: read.protected,
            deprecated: read.deprecated,
            shop: read.shop,
            inside: read.inside,
            outside: read.outside,
        })
    }

    /// A file that says so. Examples are not written: those are for people to add.
    pub fn to_toml(&self) -> String {
        let mut file = toml_edit::DocumentMut::new();
        let said = [("name", &self.name), ("question", &self.question), ("segment", &self.text), ("goal", &self.goal)];
        for (key, text) in said.into_iter().filter(|(key, text)| !text.is_empty() && (*key != "name" || **text != self.id)) {
            file[key] = toml_edit::value(text.as_str());
        }
        if let Some(was) = &self.was {
            file["was"] = toml_edit::value(was.as_str());
        }
        if let Some(date) = &self.review_on {
            file["review_on"] = toml_edit::value(date.as_str());
        }
        let mut text = file.to_string();
        for (name, parameter) in &self.parameters {
            let mut table = toml_edit::Table::new();
            table["default"] = match (parameter.default.parse::<i64>(), parameter.default.parse::<f64>()) {
                (Ok(whole), _) => toml_edit::value(whole),
                (_, Ok(number)) => toml_edit::value(number),
                _ => toml_edit::value(parameter.default.as_str()),
            };
            if let Some([least, most]) = parameter.range {
                table["range"] = toml_edit::value(toml_edit::Array::from_iter([least, most]));
            }
            if !parameter.meaning.is_empty() {
                table["meaning"] = toml_edit::value(parameter.meaning.as_str());
            }
            if let Some(rule) = &parameter.suggest {
                table["suggest"] = toml_edit::value(rule.text());
            }
            if let Some(why) = &parameter.fixed {
                table["fixed"] = toml_edit::value(why.as_str());
            }
            text.push_str(&format!("\n[parameters.{name}]\n{table}"));
        }
        text
    }

    /// Is it the same condition, whatever else is said of it?
    pub(crate) fn says_the_same(&self, other: &OwnSegment) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let values = |of: &OwnSegment| of.parameters.iter().map(|(name, value)| (name.clone(), value.default.clone())).collect::<Vec<_>>();
        words(&self.text) == words(&other.text) && values(self) == values(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = OwnSegment::parse(Path::new("segments/late.toml"), text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn mistakes_of_a_file_are_named() {
        check("segment = 'a'\nname = 3\n", "line 2");
        check("query = 'a'\n", "line 1: unknown field `query`");
        check("name = 'a'\n", "missing field `segment`");
        check("id = 'early'\nsegment = 'a > 1'\n", "called `early`");
        check("segment = 'a > 1'\nreview_on = 'soon'\n", "`review_on` is `soon`");
        check("segment = 'a > 1'\n[parameters.days]\ndefault = 3\n", "does not use its parameter `$days`");
        let error = OwnSegment::parse(Path::new("segments/Late Tea.toml"), "segment = 'a > 1'").unwrap_err().to_string();
        assert!(error.contains("such as `late-tea`"), "{error}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut segment = OwnSegment::new("late", "last_order_date < $since -- not of late\nAND amount_spent > 1");
        segment.question = "Who is \"late\"?".to_owned();
        segment.review_on = Some("2026-12-31".to_owned());
        segment.was = Some("tardy".to_owned());
        let since = Parameter { default: "-60d".to_owned(), range: None, meaning: "Since when.".to_owned(), suggest: None, fixed: None };
        segment.parameters.insert("since".to_owned(), since);
        let text = segment.to_toml();
        assert_eq!(OwnSegment::parse(Path::new("late.toml"), &text).unwrap(), segment, "{text}");
        assert_eq!(OwnSegment::parse(Path::new("late.sql"), "a > 1\n").unwrap(), OwnSegment::new("late", "a > 1"));
    }
}
