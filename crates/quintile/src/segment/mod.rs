//! Segments: who is in one, why, and what its text says.
//!
//! - `words`: the words of this store, for the checker.
//! - `run`: the program over the store's facts.
//! - `explain`: why somebody is a member, and what each condition does.
//! - `money`: what the members have brought.

mod explain;
mod money;
mod run;
mod words;

pub(crate) use run::keys as keys_of;

pub use explain::{Condition, CustomerExplanation, SegmentExplanation};
pub use money::SegmentMoney;

use crate::header::counted;
use crate::workspace::Workspace;
use crate::{Error, Header, Profile, RfmAsk, When};
use quintile_model::ids;
use quintile_segment::syntax::problem::Severity;
use quintile_segment::{Ask, Plan, Refused, Vocabulary};
use std::collections::BTreeMap;

pub use quintile_segment::explain::Found as FoundValue;
pub use quintile_segment::{Problem, Tree, klaviyo, new_form, parse, sentence, syntax::json};

/// A segment that is asked.
#[derive(Debug, Clone)]
pub enum Asked {
    /// By its name.
    Name(String),
    /// As text.
    Text(String),
}

/// A question about a segment.
#[derive(Debug, Clone)]
pub struct SegmentAsk {
    /// The moment.
    pub when: When,
    /// The segment.
    pub of: Asked,
    /// Values of `$parameters`, as name and text.
    pub parameters: Vec<(String, String)>,
}

/// How many are in a segment.
#[derive(Debug, Clone)]
pub struct SegmentCount {
    /// What it holds for.
    pub header: Header,
    /// The text that problems speak of.
    pub text: String,
    /// Members.
    pub count: u64,
    /// Customers known at the moment.
    pub customers: u64,
    /// A hash of who they are: equal for equal members.
    pub members_hash: String,
    /// Warnings, lints and old forms.
    pub problems: Vec<Problem>,
}

/// A segment as it was read and checked.
#[derive(Debug, Clone)]
pub struct SegmentReading {
    /// Its text.
    pub text: String,
    /// Its tree, with names in the new form.
    pub tree: Tree,
    /// The sentence; `None` where it is wrong.
    pub sentence: Option<String>,
    /// What is to be said of it.
    pub problems: Vec<Problem>,
}

impl SegmentReading {
    /// Can it be asked?
    pub fn is_sound(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }
}

/// A segment of the catalogue or the project.
#[derive(Debug, Clone)]
pub struct SegmentEntry {
    /// Its name in questions.
    pub id: String,
    /// What it is listed under.
    pub family: String,
    /// Its name for people.
    pub name: String,
    /// What it answers.
    pub question: String,
    /// Its text.
    pub text: String,
    /// Its parameters: name, value as text, range, meaning.
    pub parameters: Vec<(String, String, String, String)>,
    /// What it is for.
    pub goal: String,
    /// Plays that fit.
    pub plays: Vec<String>,
}

impl Workspace {
    /// How many are in a segment.
    pub fn segment_count(&self, ask: &SegmentAsk) -> Result<SegmentCount, Error> {
        let stand = self.stand(&ask.when)?;
        let mut found = self.run_segment(&stand, ask)?;
        let members = found.members.pop().unwrap_or_default();
        let mut header = stand.header;
        header.customers = Some(found.customers);
        Ok(SegmentCount {
            header,
            text: found.text,
            count: members.len() as u64,
            customers: found.customers,
            members_hash: members_hash(&members),
            problems: found.problems,
        })
    }

    /// The profile rows of those in a segment, and what is to be said of its text.
    pub fn segment_members(&self, ask: &SegmentAsk, columns: &[String]) -> Result<(Profile, SegmentCount), Error> {
        let stand = self.stand(&ask.when)?;
        let mut found = self.run_segment(&stand, ask)?;
        let members = found.members.pop().unwrap_or_default();
        let mut columns = if columns.is_empty() { quintile_profile::columns::default_columns() } else { crate::profile::named(columns)? };
        columns.push(quintile_profile::columns::customer_key());
        let mut profile = self.profile_of(&ask.when, columns, &RfmAsk::default())?;
        let count = SegmentCount {
            header: stand.header,
            text: found.text,
            count: members.len() as u64,
            customers: found.customers,
            members_hash: members_hash(&members),
            problems: found.problems,
        };
        profile.only(members);
        Ok((profile, count))
    }

    /// Reads and checks a segment without asking it.
    pub fn segment_check(&self, ask: &SegmentAsk) -> Result<SegmentReading, Error> {
        let stand = self.stand(&ask.when)?;
        let mut vocabulary = self.words(&ask.parameters)?;
        let text = self.text_of(&ask.of)?;
        self.learn_values(&stand, &mut vocabulary, &parse(&text).tree)?;
        match self.segment_plan(&ask.of, &vocabulary) {
            Ok(plan) => {
                let ready = plan.asked.into_iter().next().ok_or_else(|| Error::Usage("no segment was asked".to_owned()))?;
                Ok(SegmentReading {
                    sentence: Some(sentence(&ready.condition)),
                    tree: new_form(&ready.tree),
                    text: ready.text,
                    problems: ready.problems,
                })
            }
            Err(Error::Segment(refused)) if refused.text == text => {
                Ok(SegmentReading { tree: new_form(&parse(&text).tree), text, sentence: None, problems: refused.problems.clone() })
            }
            Err(error) => Err(error),
        }
    }

    /// The segments that have a name, by family.
    pub fn segments(&self) -> Vec<SegmentEntry> {
        let entry = |segment: &quintile_catalog::Segment| SegmentEntry {
            id: segment.id.clone(),
            family: segment.family.clone(),
            name: segment.name.clone(),
            question: segment.question.clone(),
            text: segment.segment.clone(),
            parameters: segment
                .parameters
                .iter()
                .map(|(name, parameter)| (name.clone(), parameter.default.clone(), parameter.range_words(), parameter.meaning.clone()))
                .collect(),
            goal: segment.goal.clone(),
            plays: segment.plays.clone(),
        };
        self.catalog.segments.iter().map(entry).collect()
    }

    /// One of them.
    pub fn segment(&self, id: &str) -> Result<SegmentEntry, Error> {
        self.catalog.segment(id)?;
        self.segments().into_iter().find(|entry| entry.id == id).ok_or_else(|| Error::Usage(format!("no segment `{id}`")))
    }

    /// The attributes and functions that a segment can speak of: name, kind, meaning.
    pub fn segment_words(&self) -> Result<Vec<(String, String, String)>, Error> {
        Ok(words::listed(&self.words(&[])?))
    }

    pub(crate) fn text_of(&self, of: &Asked) -> Result<String, Error> {
        Ok(match of {
            Asked::Name(name) => self.catalog.segment(name)?.segment.clone(),
            Asked::Text(text) => text.clone(),
        })
    }

    pub(crate) fn segment_plan(&self, of: &Asked, vocabulary: &Vocabulary) -> Result<Plan, Error> {
        let text = self.text_of(of)?;
        if let Some(unused) = vocabulary.parameters.keys().find(|name| !uses(&text, name)) {
            return Err(Error::Usage(format!("the segment has no parameter `${unused}`, which `--set` gives a value")));
        }
        let ask = match of {
            Asked::Name(name) => Ask::Name(name),
            Asked::Text(text) => Ask::Text(text),
        };
        Plan::new(&[ask], vocabulary).map_err(|refused: Refused| Error::Segment(Box::new(refused)))
    }
}

/// Does a text speak of a parameter, itself or by a segment that it names?
fn uses(text: &str, name: &str) -> bool {
    let sign = format!("${name}");
    let whole = |(at, _): (usize, &str)| !text[at + sign.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(&sign).any(whole) || text.to_lowercase().contains("segment")
}

/// Members, ascending, as one hash.
fn members_hash(members: &[u64]) -> String {
    let hash = members.iter().fold(members.len() as u64, |hash, key| ids::mix(&[hash, *key]));
    format!("{hash:016x}")
}

/// What is said beside an answer: each problem in one line.
pub fn warnings(problems: &[Problem], text: &str) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let (line, column) = problem.place(text);
            format!("{} (at {line}:{column})", problem.message)
        })
        .collect()
}

/// `3 customers of 10`.
pub fn count_words(count: u64, customers: u64) -> String {
    format!("{} of {}", counted(count, "customer", "customers"), crate::header::grouped(&customers.to_string()))
}

/// Reads a value of a `$parameter`.
pub(crate) fn parameters(given: &[(String, String)]) -> Result<BTreeMap<String, quintile_segment::syntax::tree::Term>, Error> {
    let read = |(name, text): &(String, String)| {
        let term = quintile_segment::syntax::term(text);
        let wrong = |problems: Vec<Problem>| {
            let why = problems.first().map(|problem| problem.message.clone()).unwrap_or_default();
            Error::Usage(format!("`{text}` is no value for `${name}`: {why}"))
        };
        Ok((name.clone(), term.map_err(wrong)?))
    };
    given.iter().map(read).collect()
}
