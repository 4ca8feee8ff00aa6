//! Why somebody is in a segment or not, and what each condition of a segment does.

use crate::segment::SegmentAsk;
use crate::segment::members::MemberSet;
use crate::segment::run::{facts_of, keys, program_of_parts};
use crate::workspace::Workspace;
use crate::{Error, Header};
use quintile_model::AsOf;
use quintile_profile::{ProfileQuestion, counted};
use quintile_segment::check::typed::Condition as Typed;
use quintile_segment::explain::{Found, Part, found, parts};
use quintile_segment::flip::{self, Flip, Then, next_flip};
use quintile_segment::{Plan, Problem, Program, Ready, World, sentence};

/// A condition of a segment, for one customer.
#[derive(Debug, Clone)]
pub struct Condition {
    /// How deep it lies.
    pub depth: usize,
    /// As it is written.
    pub text: String,
    /// Does it hold?
    pub holds: bool,
    /// What was found.
    pub found: Vec<Found>,
    /// When it changes by time alone: an instant, `never`, or that it does not for some years.
    pub flips: String,
}

/// Why a customer is in a segment, or not.
#[derive(Debug, Clone)]
pub struct CustomerExplanation {
    /// What it holds for.
    pub header: Header,
    /// The segment in plain English.
    pub sentence: String,
    /// Are they in it?
    pub is_member: bool,
    /// When that changes by time alone.
    pub flips: String,
    /// Its conditions, from the outside to the inside.
    pub conditions: Vec<Condition>,
}

/// What each condition of a segment does.
#[derive(Debug, Clone)]
pub struct SegmentExplanation {
    /// What it holds for.
    pub header: Header,
    /// The segment in plain English.
    pub sentence: String,
    /// The text that problems speak of.
    pub text: String,
    /// Members.
    pub count: u64,
    /// Customers.
    pub customers: u64,
    /// For each condition: depth, text, how many meet it alone, and how many more there would be without it where it is one of
    /// several that must all hold.
    pub conditions: Vec<(usize, String, u64, Option<u64>)>,
    /// What the store lacks for it, in words.
    pub lacks: Vec<String>,
    /// What is to be said of its name.
    pub notice: Option<String>,
    /// Warnings, lints and old forms.
    pub problems: Vec<Problem>,
}

/// The questions by which a segment is explained: itself, each of its parts, and all but one of those that must all hold.
pub(super) struct Explained {
    parts: Vec<Part>,
    conditions: Vec<Typed>,
    is_all: bool,
}

impl Explained {
    pub fn of(ready: &Ready) -> Explained {
        let parts = parts(ready);
        let mut conditions: Vec<Typed> = vec![ready.condition.clone()];
        conditions.extend(parts.iter().map(|part| part.condition.clone()));
        // What all the others of the outermost leave: its members are those that a condition takes away, and the rest.
        let outer: &[Typed] = match &ready.condition {
            Typed::All(list) => list,
            _ => &[],
        };
        for without in 0..outer.len() {
            let others = outer.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, condition)| condition.clone());
            conditions.push(Typed::All(others.collect()));
        }
        Explained { parts, is_all: !outer.is_empty(), conditions }
    }

    /// One segment for each question, in their order.
    pub fn program(&self, plan: &Plan) -> Program {
        program_of_parts(plan, &self.conditions.iter().collect::<Vec<_>>())
    }

    /// Each part, by the numbers of the questions: depth, text, how many meet it alone, and how many more there would be without it.
    pub fn rows<'a>(&'a self, size: impl Fn(usize) -> u64 + 'a) -> impl Iterator<Item = (usize, String, u64, Option<u64>)> + 'a {
        self.places().map(move |(part, alone, without)| {
            (part.depth, part.text.clone(), size(alone), without.map(|without| size(without).saturating_sub(size(0))))
        })
    }

    /// Each part, with the place of its own question and of the one without it.
    pub fn places(&self) -> impl Iterator<Item = (&Part, usize, Option<usize>)> {
        let mut outermost = 0;
        self.parts.iter().enumerate().map(move |(at, part)| {
            let without = (part.depth == 1 && self.is_all).then(|| {
                outermost += 1;
                self.parts.len() + outermost
            });
            (part, at + 1, without)
        })
    }
}

impl Workspace {
    /// How many meet each condition of a segment, and what each one takes away.
    pub fn segment_explain(&self, ask: &SegmentAsk) -> Result<SegmentExplanation, Error> {
        let stand = self.stand(&ask.when)?;
        let vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let Some(ready) = plan.asked.first() else { return Err(Error::Usage("no segment was asked".to_owned())) };
        let asked = Explained::of(ready);
        let program = asked.program(&plan);
        let mut ran = self.run_program(&stand, program)?;
        let size = |at: usize| ran.members.get(at).map_or(0, MemberSet::len);
        let conditions = asked.rows(size).collect();
        let count = size(0);
        Ok(SegmentExplanation {
            header: ran.header,
            sentence: sentence(&ready.condition),
            text: ready.text.clone(),
            count,
            customers: ran.customers,
            lacks: if ran.lacks.is_empty() { Vec::new() } else { ran.lacks.swap_remove(0) },
            notice: self.notice_of(&ask.of)?,
            conditions,
            problems: ready.problems.clone(),
        })
    }

    /// Why one customer is in a segment or not.
    pub fn segment_explain_customer(&self, ask: &SegmentAsk, customer: &str) -> Result<CustomerExplanation, Error> {
        let stand = self.stand(&ask.when)?;
        let vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let Some(ready) = plan.asked.first() else { return Err(Error::Usage("no segment was asked".to_owned())) };
        let parts = parts(ready);
        let mut conditions: Vec<&Typed> = vec![&ready.condition];
        conditions.extend(parts.iter().map(|part| &part.condition));
        let program = program_of_parts(&plan, &conditions);
        let more = flip::columns(&program, &vocabulary);
        let (prepared, _) = self.prepare(&stand, program, &more)?;
        let question = &prepared.question;
        let key = self.find(&stand.snapshot, customer)?;
        let (facts, counted_parts) = facts_of(&prepared.program, question);
        let batch = stand.snapshot.customer(key, &facts)?.before(question.as_of.instant);
        let then = |as_of: &AsOf| -> Result<Then, Error> {
            let question = ProfileQuestion { as_of: as_of.clone(), ..question.clone() };
            Ok(Then { rows: prepared.rows(&batch, &question)?, counted: counted(&batch, &counted_parts, &question)? })
        };
        let now = then(&question.as_of)?;
        if now.rows.num_rows() == 0 {
            return Err(Error::UnknownCustomer(format!("{customer}` as of `{}", stand.header.as_of_words)));
        }
        let world = World::new(&now.rows, &keys(&now.rows)?, &batch, &now.counted);
        let members = prepared.program.members(&world, &prepared.moment, &prepared.figures);
        let with_traits = prepared.program.rows_with_traits(&world, &prepared.moment, &prepared.figures);
        let shown = World::new(&with_traits, &keys(&now.rows)?, &batch, &now.counted);
        let holds = |at: usize| members.get(at).is_some_and(|members| members.value(0));
        let flips = |condition: &Typed| -> Result<String, Error> {
            let program = plan.program_of(condition);
            let flip = next_flip(&program, &vocabulary, &prepared.figures, &batch, &question.as_of, then)?;
            Ok(match flip {
                Flip::At(at) => at.to_iso(),
                Flip::NotBefore(at) => format!("not before {}", at.to_iso()),
                Flip::Never => "never".to_owned(),
            })
        };
        let mut explained = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            explained.push(Condition {
                depth: part.depth,
                text: part.text.clone(),
                holds: holds(at + 1),
                found: found(&part.condition, &shown, &prepared.moment, &prepared.figures),
                flips: if part.is_leaf { flips(&part.condition)? } else { String::new() },
            });
        }
        Ok(CustomerExplanation {
            sentence: sentence(&ready.condition),
            is_member: holds(0),
            flips: flips(&ready.condition)?,
            conditions: explained,
            header: stand.header,
        })
    }
}
