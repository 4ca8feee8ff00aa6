//! The program of a segment over the store's facts.

use crate::segment::SegmentAsk;
use crate::workspace::{Stand, Workspace};
use crate::{Error, RfmAsk};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use quintile_model::CustomerBatch;
use quintile_profile::{Column, ProfileQuestion, Statistics, columns, counted, counted_needed, facts_needed, first_pass, second_pass};
use quintile_segment::{Figures, Gathered, Moment, Plan, Problem, Program, World};

/// Who was found.
pub(crate) struct Found {
    /// Keys of the members of each segment of the program, ascending.
    pub members: Vec<Vec<u64>>,
    /// Customers known at the moment.
    pub customers: u64,
    pub text: String,
    pub problems: Vec<Problem>,
}

/// What a program needs to know of the whole store before it can be asked.
pub(crate) struct Prepared {
    pub program: Program,
    pub question: ProfileQuestion,
    pub statistics: Statistics,
    pub figures: Figures,
    pub moment: Moment,
}

impl Workspace {
    pub(crate) fn run_segment(&self, stand: &Stand, ask: &SegmentAsk) -> Result<Found, Error> {
        let mut vocabulary = self.words(&ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let (members, customers) = self.run_program(stand, &ask.when, plan.program())?;
        // Only now is it worth knowing which values there are: a segment that is wrong is not run.
        let Some(ready) = plan.asked.first() else { return Err(Error::Usage("no segment was asked".to_owned())) };
        self.learn_values(stand, &mut vocabulary, &ready.tree)?;
        let problems = self.segment_plan(&ask.of, &vocabulary)?.asked.first().map(|ready| ready.problems.clone()).unwrap_or_default();
        Ok(Found { members, customers, text: ready.text.clone(), problems })
    }

    /// Keys of the members of each segment of a program, and how many customers there are.
    pub(crate) fn run_program(&self, stand: &Stand, when: &crate::When, program: Program) -> Result<(Vec<Vec<u64>>, u64), Error> {
        let prepared = self.prepare(when, program, &[])?;
        let (program, question) = (&prepared.program, &prepared.question);
        let mut facts = facts_needed(question);
        let parts = program.facts().map(|(columns, parts)| {
            facts = std::mem::take(&mut facts).and(columns).and(&counted_needed(&parts, question));
            parts
        });
        let (batches, _) = self.scan(&stand.snapshot, &facts, &question.as_of, |batch| {
            let rows = prepared.rows(&batch, question)?;
            let keys = keys(&rows)?;
            let counts = parts.map(|parts| counted(&batch, &parts, question)).transpose()?;
            let world = match &counts {
                Some(counts) => World::new(&rows, &keys, &batch, counts),
                None => World::of_rows(&rows),
            };
            let members = program.members(&world, &prepared.moment, &prepared.figures);
            let of = |members: &quintile_segment::Members| -> Vec<u64> { members.set_indices().map(|row| keys[row]).collect() };
            Ok::<_, Error>((members.iter().map(of).collect::<Vec<_>>(), keys.len() as u64))
        })?;
        let mut all: Vec<Vec<u64>> = vec![Vec::new(); program.segments()];
        let mut customers = 0;
        for (members, known) in batches {
            customers += known;
            all.iter_mut().zip(members).for_each(|(all, members)| all.extend(members));
        }
        Ok((all, customers))
    }

    /// Thresholds and figures of the store, where the program rests on some. The rows will have these columns as well.
    pub(crate) fn prepare(&self, when: &crate::When, program: Program, more: &[String]) -> Result<Prepared, Error> {
        let mut wanted: Vec<&'static Column> = vec![columns::customer_key()];
        for column in program.columns().iter().chain(more).filter_map(|name| columns::find(name)) {
            if !wanted.iter().any(|known| known.name == column.name) {
                wanted.push(column);
            }
        }
        let profile = self.profile_of(when, wanted.clone(), &RfmAsk::default())?;
        let (question, statistics) = (profile.question.clone(), profile.statistics.clone());
        let moment = Moment::of(question.as_of.clone());
        let mut gathered = Vec::new();
        if !program.statistics().is_empty() {
            profile.each(|batches| {
                gathered.extend(batches.iter().map(|rows| Gathered::of(program.statistics(), rows)));
                Ok(true)
            })?;
        }
        let figures = Figures::of(program.statistics(), gathered);
        Ok(Prepared { program, question, statistics, figures, moment })
    }
}

impl Prepared {
    /// The profile rows of a batch, as of the question's moment.
    pub(crate) fn rows(&self, batch: &CustomerBatch, question: &ProfileQuestion) -> Result<RecordBatch, Error> {
        Ok(second_pass(first_pass(batch, question)?.batch, &self.statistics, question)?)
    }
}

/// The customers of some rows.
pub(crate) fn keys(rows: &RecordBatch) -> Result<Vec<u64>, Error> {
    let column = rows.column_by_name(columns::customer_key().name);
    let keys = column.and_then(|array| array.as_primitive_opt::<UInt64Type>()).map(|keys| keys.values().to_vec());
    keys.ok_or_else(|| Error::Answer("the profile rows lack the keys of their customers".to_owned()))
}

/// The program of a plan's first segment with each of some conditions beside it.
pub(crate) fn program_of_parts(plan: &Plan, conditions: &[&quintile_segment::check::typed::Condition]) -> Program {
    plan.program_of_all(conditions)
}
