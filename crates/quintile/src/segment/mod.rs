//! Segments: who is in one, why, and what its text says.
//!
//! - `words`: the words of this store, for the checker.
//! - `run`: the program over the store's facts.
//! - `lacks`: what the store lacks for a segment.
//! - `suggest`: values for the parameters of ready segments.
//! - `explain`: why somebody is a member, and what each condition does.
//! - [`at_hand`], `preview`: how many are in one that is being written, told quickly.
//! - `all`: all that have a name, counted together.
//! - `metrics`: what its members bring, how they behave, what they say, and the trend of it.
//! - `quality`: whether one is worth having.
//! - [`own`]: the user's own, as files; `changes`: what putting the files in force would change.
//! - `compare`: two segments side by side, and how much some overlap.
//! - `examples`: customers inside and outside of own segments, asked.
//! - [`send`]: lists of those who are to be written to.
//! - `money`: what the members have brought.

pub mod at_hand;
pub mod changes;
pub mod compare;
pub mod examples;
pub mod own;
pub mod send;

mod all;
mod beside;
mod explain;
mod lacks;
pub(crate) mod members;
pub(crate) mod metrics;
mod money;
mod preview;
mod quality;
pub(crate) mod run;
mod suggest;
mod words;

pub(crate) use run::keys as keys_of;

pub use quintile_catalog::Segment as ReadySegment;
pub use suggest::Suggestion;

pub use explain::{Condition, CustomerExplanation, SegmentExplanation};
pub use metrics::{MetricsAsk, MetricsOf};
pub use money::SegmentMoney;
pub use own::{Changed, FAMILY as OWN_FAMILY, OwnInForce, OwnSegment};
pub use preview::{PreviewedCondition, SegmentPreview};

use crate::header::counted;
use crate::workspace::Workspace;
use crate::{Error, Header, Profile, RfmAsk, When};
use quintile_segment::syntax::problem::Severity;
use quintile_segment::{Ask, Plan, Refused, Vocabulary};
use std::collections::BTreeMap;

pub use quintile_segment::explain::Found as FoundValue;
pub use quintile_segment::traits::PREFIX as TRAIT;
pub use quintile_segment::{Problem, Tree, klaviyo, new_form, parse, sentence, syntax::json};

/// A segment that is asked.
#[derive(Debug, Clone)]
pub enum Asked {
    /// By its name: as it is in force.
    Name(String),
    /// By its name: as its file says, in force or not.
    Draft(String),
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
    /// What the store lacks for it, in words; where it lacks something the count says nothing.
    pub lacks: Vec<String>,
    /// What is to be said of its name: that its file is not in force.
    pub notice: Option<String>,
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
    /// The day on which somebody shall look at it again, of own segments.
    pub review_on: Option<String>,
}

impl SegmentEntry {
    /// The segment that it is another name of, where it says no more than that.
    pub fn other_name_of(&self) -> Option<String> {
        match parse(&self.text).tree.root.kind {
            quintile_segment::syntax::tree::ExprKind::Segment(named) => Some(named.name),
            _ => None,
        }
    }
}

impl Workspace {
    /// How many are in a segment.
    pub fn segment_count(&self, ask: &SegmentAsk) -> Result<SegmentCount, Error> {
        let stand = self.stand(&ask.when)?;
        let found = self.run_segment(&stand, ask)?;
        self.count_of(ask, found).map(|(count, _)| count)
    }

    /// The profile rows of those in a segment, and what is to be said of its text.
    pub fn segment_members(&self, ask: &SegmentAsk, columns: &[String]) -> Result<(Profile, SegmentCount), Error> {
        let stand = self.stand(&ask.when)?;
        let found = self.run_segment(&stand, ask)?;
        let (count, members) = self.count_of(ask, found)?;
        let mut profile = self.profile_shown(stand, columns, &RfmAsk::default())?;
        profile.header.segment = Some(ask.of.words().to_owned());
        profile.header.members_hash = Some(count.members_hash.clone());
        profile.only(members);
        self.mark_small(&mut profile);
        Ok((profile, count))
    }

    fn count_of(&self, ask: &SegmentAsk, mut found: run::Found) -> Result<(SegmentCount, Vec<u64>), Error> {
        let members = found.members;
        let count = SegmentCount {
            header: found.ran.header,
            text: found.text,
            count: members.len() as u64,
            customers: found.ran.customers,
            members_hash: members::members_hash(&members),
            lacks: found.ran.lacks.pop().unwrap_or_default(),
            notice: self.notice_of(&ask.of)?,
            problems: found.problems,
        };
        Ok((count, members))
    }

    /// What is to be said of a name beside an answer.
    pub(crate) fn notice_of(&self, of: &Asked) -> Result<Option<String>, Error> {
        let Asked::Name(name) = of else { return Ok(None) };
        let instead = self.own_named(name, own::Meaning::InForce)?.and_then(|segment| segment.deprecated);
        match instead {
            Some(instead) => Ok(Some(format!("`{name}` is not to be used any more: {instead}"))),
            None => self.own_notice(name),
        }
    }

    /// Reads and checks a segment without asking it.
    pub fn segment_check(&self, ask: &SegmentAsk) -> Result<SegmentReading, Error> {
        let stand = self.stand(&ask.when)?;
        let mut vocabulary = self.words_for(&ask.of, &ask.parameters)?;
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

    /// The segments that have a name: the user's own, then the ready ones by family.
    pub fn segments(&self) -> Result<Vec<SegmentEntry>, Error> {
        let own = self.own(own::Meaning::InForce)?;
        let ready = self.catalog.segments.iter().filter(|segment| !own.contains_key(&segment.id));
        let entry = |segment: &quintile_catalog::Segment| SegmentEntry {
            id: segment.id.clone(),
            family: segment.family.clone(),
            name: segment.name.clone(),
            question: segment.question.clone(),
            text: segment.segment.clone(),
            parameters: shown_parameters(&segment.parameters),
            goal: segment.goal.clone(),
            plays: segment.plays.clone(),
            review_on: None,
        };
        let of_user = |segment: &OwnSegment| SegmentEntry {
            id: segment.id.clone(),
            family: own::FAMILY.to_owned(),
            name: segment.name.clone(),
            question: segment.question.clone(),
            text: segment.text.clone(),
            parameters: shown_parameters(&segment.parameters),
            goal: segment.goal.clone(),
            plays: Vec::new(),
            review_on: segment.review_on.clone(),
        };
        Ok(own.values().map(of_user).chain(ready.map(entry)).collect())
    }

    /// One of them.
    pub fn segment(&self, id: &str) -> Result<SegmentEntry, Error> {
        // A file that cannot be read is told of, and not passed over.
        self.own_named(id, own::Meaning::InForce)?;
        let entries = self.segments()?;
        let nearest = quintile_model::nearest::nearest(id, entries.iter().map(|entry| entry.id.as_str()));
        let found = entries.into_iter().find(|entry| entry.id == id);
        found.ok_or_else(|| Error::UnknownSegment { name: id.to_owned(), nearest })
    }

    /// What can be set of a segment that has a name.
    pub fn segment_parameters(&self, id: &str) -> Result<BTreeMap<String, quintile_catalog::Parameter>, Error> {
        match self.own_named(id, own::Meaning::InForce)? {
            Some(own) => Ok(own.parameters),
            None => {
                Ok(self.catalog.segments.iter().find(|segment| segment.id == id).map(|ready| ready.parameters.clone()).unwrap_or_default())
            }
        }
    }

    /// The tree of a segment in the new form, its `$parameters` put in.
    pub fn segment_tree(&self, ask: &SegmentAsk) -> Result<Tree, Error> {
        let vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let ready = plan.asked.into_iter().next().ok_or_else(|| Error::Usage("no segment was asked".to_owned()))?;
        let mut values = match &ask.of {
            Asked::Name(name) | Asked::Draft(name) => {
                vocabulary.segments.get(name).map(|named| named.parameters.clone()).unwrap_or_default()
            }
            Asked::Text(_) => BTreeMap::new(),
        };
        values.extend(vocabulary.parameters);
        Ok(quintile_segment::with_parameters(&new_form(&ready.tree), &values))
    }

    /// The attributes and functions that a segment can speak of: name, kind, meaning.
    pub fn segment_words(&self) -> Result<Vec<(String, String, String)>, Error> {
        Ok(words::listed(&self.words_of(own::Meaning::InForce, &[])?))
    }

    pub(crate) fn text_of(&self, of: &Asked) -> Result<String, Error> {
        match of {
            Asked::Name(name) => Ok(self.segment(name)?.text),
            Asked::Draft(name) => match self.own_named(name, own::Meaning::Files)? {
                Some(own) => Ok(own.text),
                None => Ok(self.segment(name)?.text),
            },
            Asked::Text(text) => Ok(text.clone()),
        }
    }

    pub(crate) fn segment_plan(&self, of: &Asked, vocabulary: &Vocabulary) -> Result<Plan, Error> {
        let text = self.text_of(of)?;
        if let Some(unused) = vocabulary.parameters.keys().find(|name| !uses(&text, name)) {
            return Err(Error::Usage(format!("the segment has no parameter `${unused}`, which `--set` gives a value")));
        }
        let ask = match of {
            Asked::Name(name) | Asked::Draft(name) => Ask::Name(name),
            Asked::Text(text) => Ask::Text(text),
        };
        Plan::new(&[ask], vocabulary).map_err(|refused: Refused| Error::Segment(Box::new(refused)))
    }
}

impl Asked {
    /// As it was asked, for headings.
    pub fn words(&self) -> &str {
        match self {
            Asked::Name(name) | Asked::Draft(name) => name,
            Asked::Text(text) => text,
        }
    }

    pub(crate) fn meaning(&self) -> own::Meaning {
        match self {
            Asked::Draft(_) => own::Meaning::Files,
            Asked::Name(_) | Asked::Text(_) => own::Meaning::InForce,
        }
    }
}

fn shown_parameters(parameters: &BTreeMap<String, quintile_catalog::Parameter>) -> Vec<(String, String, String, String)> {
    let shown = |(name, parameter): (&String, &quintile_catalog::Parameter)| {
        (name.clone(), parameter.default.clone(), parameter.range_words(), parameter.meaning.clone())
    };
    parameters.iter().map(shown).collect()
}

/// Does a text speak of a parameter, itself or by a segment that it names?
fn uses(text: &str, name: &str) -> bool {
    speaks_of(text, name) || text.to_lowercase().contains("segment")
}

/// Does a text speak of a parameter itself?
fn speaks_of(text: &str, name: &str) -> bool {
    let sign = format!("${name}");
    let whole = |(at, _): (usize, &str)| !text[at + sign.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(&sign).any(whole)
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
