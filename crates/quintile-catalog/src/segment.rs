//! Ready segments: the text, what it answers, what it is for, and customers inside and outside, who run as tests.
//!
//! Whether the text can be asked is for the segment language to say; here it is only read.

use crate::load::{self, CatalogError};
use crate::plays::Play;
use crate::suggest::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A ready segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Its name in questions, and that of its file.
    pub id: String,
    /// The folder of its file: what a marketer would look for it under.
    pub family: String,
    /// Its name for people.
    pub name: String,
    /// What it answers.
    pub question: String,
    /// In the segment language.
    pub segment: String,
    /// What it is for.
    pub goal: String,
    /// Ids of the plays that fit.
    pub plays: Vec<String>,
    /// Words it is found by.
    pub search: Vec<String>,
    /// By what it ranks customers, as `amount spent`: who is in it then rests on the others, and a customer can leave it because
    /// somebody else bought. `None` where each customer is judged alone.
    pub ranks: Option<String>,
    /// What can be set, by the name behind the `$`.
    pub parameters: BTreeMap<String, Parameter>,
    /// Customers who are in it.
    pub inside: Vec<Example>,
    /// Customers who are not.
    pub outside: Vec<Example>,
    /// The shop in which they are.
    pub shop: ExampleShop,
}

/// Something that can be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its value unless another is given, as the segment language writes it: `2`, `'FR'`, `-30d`.
    pub default: String,
    /// The least and the greatest that makes sense, where it is a number.
    pub range: Option<[f64; 2]>,
    /// What it decides.
    pub meaning: String,
    /// How a value that suits the store is found in its data, as `percentile(buyers.amount_spent, 80)`; see [`crate::suggest`].
    pub suggest: Option<Rule>,
    /// Why the store's data cannot say, where there is no such rule.
    pub fixed: Option<String>,
}

/// What else there is in the shop of the examples.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleShop {
    /// Other customers, whom those of the examples are ranked with and from whom usual gaps are taken.
    #[serde(default)]
    pub others: Vec<Example>,
    /// Products that came on sale so many days before the moment.
    #[serde(default)]
    pub launches: BTreeMap<String, f64>,
    /// What a request to the help desk costs.
    #[serde(default)]
    pub ticket_cost: Option<String>,
}

/// A customer who shows what a segment means, as of the first instant of 2026-01-01 in UTC.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// In words.
    pub who: String,
    /// So many of them, where they are others.
    #[serde(default = "one")]
    pub times: u32,
    /// Orders.
    #[serde(default)]
    pub orders: Vec<ExampleOrder>,
    /// What is known of the customer, by the columns of customers: `country`, `tags`, `email`, `email_consent`, ...
    #[serde(default)]
    pub known: BTreeMap<String, String>,
    /// Known to the store for so many days; always, unless said.
    #[serde(default)]
    pub known_for_days: Option<f64>,
    /// Without an account.
    #[serde(default)]
    pub guest: bool,
    /// What was done beside ordering: each with `kind`, `days_ago` and the columns of its kind.
    #[serde(default)]
    pub touches: Vec<BTreeMap<String, toml::Value>>,
}

/// An order of an example.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExampleOrder {
    /// Days before the moment.
    pub days_ago: f64,
    /// What it came to; 10.00 unless said.
    #[serde(default = "ten")]
    pub amount: String,
    /// The category of its one line.
    #[serde(default)]
    pub category: Option<String>,
    /// The product of its one line.
    #[serde(default)]
    pub product: Option<String>,
    /// Its discount.
    #[serde(default)]
    pub discount: Option<String>,
    /// Money given back, on the next day.
    #[serde(default)]
    pub refund: Option<String>,
    /// Its country.
    #[serde(default)]
    pub country: Option<String>,
    /// Its channel.
    #[serde(default)]
    pub channel: Option<String>,
    /// The discount codes used.
    #[serde(default)]
    pub codes: Option<String>,
    /// The brand of its one line.
    #[serde(default)]
    pub brand: Option<String>,
    /// Units of its one line; one unless said.
    #[serde(default = "one")]
    pub units: u32,
}

fn one() -> u32 {
    1
}

fn ten() -> String {
    "10.00".to_owned()
}

impl Parameter {
    /// Its range in words; empty without one.
    pub fn range_words(&self) -> String {
        self.range.map_or_else(String::new, |[least, most]| format!("{least} to {most}"))
    }
}

impl Segment {
    /// Does a word stand in its id, its name, its question, its family or its search words? Case does not matter.
    pub fn matches(&self, word: &str) -> bool {
        let word = word.to_lowercase();
        let places = [&self.id, &self.name, &self.question, &self.family].into_iter().chain(&self.search);
        places.into_iter().any(|place| place.to_lowercase().contains(&word))
    }

    /// Reads and checks a segment of a family.
    pub fn parse(file: &str, family: &str, text: &str, plays: &[Play]) -> Result<Segment, CatalogError> {
        let read: SegmentFile = load::read_toml(file, text)?;
        let wrong = |message: String| CatalogError::Wrong { file: file.to_owned(), message };
        if !file.ends_with(&format!("{}.toml", read.id)) {
            return Err(wrong(format!("the segment is called `{}` and its file is not", read.id)));
        }
        if let Some(play) = read.plays.iter().find(|id| !plays.iter().any(|play| play.id == **id)) {
            return Err(wrong(format!("there is no play `{play}`")));
        }
        let mut parameters = BTreeMap::new();
        for (name, parameter) in read.parameters {
            if !read.segment.contains(&format!("${name}")) {
                return Err(wrong(format!("the segment does not use its parameter `${name}`")));
            }
            let default = match &parameter.default {
                toml::Value::String(text) => text.clone(),
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                other => return Err(wrong(format!("the default of `${name}` is a number or a text, not {}", other.type_str()))),
            };
            if let (Some([least, most]), Ok(number)) = (parameter.range, default.trim_matches(['-', 'd']).parse::<f64>())
                && !(least..=most).contains(&number)
            {
                return Err(wrong(format!("the default of `${name}` lies outside its range")));
            }
            let suggest = parameter.suggest.as_deref().map(Rule::parse).transpose();
            let suggest = suggest.map_err(|why| wrong(format!("`suggest` of `${name}`: {why}")))?;
            if suggest.is_some() == parameter.fixed.is_some() {
                return Err(wrong(format!("`${name}` has either `suggest`, how a value is found in the store, or `fixed`, why none is")));
            }
            parameters
                .insert(name, Parameter { default, range: parameter.range, meaning: parameter.meaning, suggest, fixed: parameter.fixed });
        }
        if read.inside.is_empty() || read.outside.is_empty() {
            return Err(wrong("a segment has at least one customer `inside` and one `outside`".to_owned()));
        }
        Ok(Segment {
            id: read.id,
            family: family.to_owned(),
            name: read.name,
            question: read.question,
            segment: read.segment.split_whitespace().collect::<Vec<_>>().join(" "),
            goal: read.goal,
            plays: read.plays,
            search: read.search,
            ranks: read.ranks,
            parameters,
            inside: read.inside,
            outside: read.outside,
            shop: read.shop,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentFile {
    id: String,
    name: String,
    question: String,
    segment: String,
    goal: String,
    #[serde(default)]
    plays: Vec<String>,
    #[serde(default)]
    search: Vec<String>,
    ranks: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, ParameterFile>,
    #[serde(default)]
    inside: Vec<Example>,
    #[serde(default)]
    outside: Vec<Example>,
    #[serde(default)]
    shop: ExampleShop,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterFile {
    default: toml::Value,
    range: Option<[f64; 2]>,
    meaning: String,
    suggest: Option<String>,
    fixed: Option<String>,
}
