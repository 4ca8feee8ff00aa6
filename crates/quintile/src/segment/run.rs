//! The program of segments over the store's facts.

use crate::profile::WholeQuestion;
use crate::segment::SegmentAsk;
use crate::segment::lacks::{Seen, lacks, together};
use crate::segment::members::{MemberSet, MembersOf};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, Profile, RfmAsk};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use quintile_model::batch::FactColumns;
use quintile_model::{CountedParts, CustomerBatch};
use quintile_profile::{Column, ProfileQuestion, Statistics, columns, counted, counted_needed, facts_needed, first_pass, second_pass};
use quintile_segment::{Begun, Figures, Gathered, Members, Moment, Plan, Problem, Program, RestsOn, Told, World};

/// Who was found.
pub(crate) struct Found {
    pub members: Vec<u64>,
    pub ran: Ran,
    pub text: String,
    pub problems: Vec<Problem>,
}

/// What came of a program.
pub(crate) struct Ran {
    /// The members of each segment of the program.
    pub members: Vec<MemberSet>,
    /// Customers known at the moment.
    pub customers: u64,
    /// What the store lacks for each segment of the program.
    pub lacks: Vec<Vec<String>>,
    /// What the answer holds for.
    pub header: Header,
}

/// What a program needs to know of the whole store before it can be asked.
pub(crate) struct Prepared {
    pub program: Program,
    pub question: ProfileQuestion,
    pub statistics: Statistics,
    pub figures: Figures,
    /// What there is of what the program looks at, among the columns that figures are of.
    seen: Seen,
    pub moment: Moment,
}

/// What one batch of customers gave.
struct Part {
    customers: u64,
    members: Vec<MembersOf>,
    seen: Seen,
}

impl Part {
    fn of(customers: Vec<u64>, members: Vec<Members>, seen: Seen) -> Part {
        Part { customers: customers.len() as u64, members: MembersOf::all(customers, members), seen }
    }
}

/// What facts and rows of a batch told before the whole store was known.
struct First {
    begun: Begun,
    seen: Seen,
}

impl Workspace {
    pub(crate) fn run_segment(&self, stand: &Stand, ask: &SegmentAsk) -> Result<Found, Error> {
        let mut vocabulary = self.words_for(&ask.of, &ask.parameters)?;
        let plan = self.segment_plan(&ask.of, &vocabulary)?;
        let mut ran = self.run_program(stand, plan.program())?;
        // Only now is it worth knowing which values there are: a segment that is wrong is not run.
        let Some(ready) = plan.asked.first() else { return Err(Error::Usage("no segment was asked".to_owned())) };
        self.learn_values(stand, &mut vocabulary, &ready.tree)?;
        let problems = self.segment_plan(&ask.of, &vocabulary)?.asked.first().map(|ready| ready.problems.clone()).unwrap_or_default();
        let members = ran.members.pop().unwrap_or_default().keys();
        Ok(Found { members, ran, text: ready.text.clone(), problems })
    }

    /// Asks a program with one reading of the facts; those of its segments whose facts are compared with figures or classes of the
    /// whole store want a second one.
    pub(crate) fn run_program(&self, stand: &Stand, program: Program) -> Result<Ran, Error> {
        let (once, twice): (Vec<usize>, Vec<usize>) = (0..program.segments()).partition(|asked| program.can_begin(*asked, is_late));
        if twice.is_empty() {
            return self.run_once(stand, program);
        }
        let second = self.run_twice(stand, program.of_asked(&twice))?;
        if once.is_empty() {
            return Ok(second);
        }
        let first = self.run_once(stand, program.of_asked(&once))?;
        let mut ran =
            Ran { members: vec![MemberSet::default(); program.segments()], lacks: vec![Vec::new(); program.segments()], ..second };
        let places = once.iter().chain(&twice);
        let found = first.members.into_iter().zip(first.lacks).chain(second.members.into_iter().zip(second.lacks));
        for (place, (members, lacks)) in places.zip(found) {
            ran.members[*place] = members;
            ran.lacks[*place] = lacks;
        }
        Ok(ran)
    }

    fn run_once(&self, stand: &Stand, program: Program) -> Result<Ran, Error> {
        let rests = rests(&program);
        let wanted = together(&rests);
        let needs_store =
            !program.statistics().is_empty() || wanted_columns(program.columns(), &[]).iter().any(|column| column.second_pass());
        let (parts, header) = match program.facts() {
            Some(_) if !needs_store => self.over_facts(stand, &program, &wanted)?,
            _ => self.over_rows(stand, &program, &wanted)?,
        };
        Ok(gathered(parts, header, &rests, stand))
    }

    fn run_twice(&self, stand: &Stand, program: Program) -> Result<Ran, Error> {
        let rests = rests(&program);
        let (parts, header) = self.over_both(stand, program, &together(&rests))?;
        Ok(gathered(parts, header, &rests, stand))
    }

    /// Of facts and profile rows as far as each customer's own facts tell, and then of the rows that are left to tell of.
    fn over_rows(&self, stand: &Stand, program: &Program, wanted: &RestsOn) -> Result<(Vec<Part>, Header), Error> {
        let columns = wanted_columns(program.columns(), &[]);
        let of_store = columns.iter().any(|column| column.second_pass());
        let early = program.early(is_late);
        let later = wanted_columns(early.columns(), &[]);
        let moment = Moment::of(stand.as_of.clone());
        let (read, parts) = program.facts().map_or((FactColumns::default(), None), |(columns, parts)| (columns.clone(), Some(parts)));
        let more = |question: &ProfileQuestion| match &parts {
            Some(parts) => read.clone().and(&counted_needed(parts, question)),
            None => FactColumns::default(),
        };
        let begin = |batch: &CustomerBatch, rows: &RecordBatch, question: &ProfileQuestion| {
            let mut seen = Seen::default();
            seen.rows(wanted, rows);
            seen.facts(wanted, batch, question.as_of.instant);
            let begun = match &parts {
                Some(parts) => {
                    let counts = counted(batch, parts, question)?;
                    program.begin(&early, &World::new(rows, &keys(rows)?, batch, &counts), &moment)
                }
                None => program.begin(&early, &World::of_rows(rows), &moment),
            };
            Ok(First { begun, seen })
        };
        let (profile, first) = self.profile_beside(stand.clone(), columns, later, &RfmAsk::default(), more, begin)?;
        let told: Vec<Told> = first.iter().map(|first| first.begun.told().clone()).collect();
        // What there is among the columns they are of was seen in the rows already.
        let (figures, _) = figures(program, &profile, &told, &RestsOn::default())?;
        let parts = profile.map_with(&first, |rows, First { begun, seen }| {
            let mut seen = seen.clone();
            seen.rows(wanted, &rows);
            Ok(Part::of(keys(&rows)?, program.finish(begun, &rows, &moment, &figures), seen))
        })?;
        Ok((parts, header_of(stand, of_store, profile.header)))
    }

    /// Of facts, and of columns that each customer's own facts make.
    fn over_facts(&self, stand: &Stand, program: &Program, wanted: &RestsOn) -> Result<(Vec<Part>, Header), Error> {
        let WholeQuestion { question, mut header, .. } =
            self.whole_question(stand, wanted_columns(program.columns(), &[]), &RfmAsk::default())?;
        let (moment, figures) = (Moment::of(question.as_of.clone()), Figures::default());
        let rows = |batch: &CustomerBatch| Ok(first_pass(batch, &question)?.batch);
        let (parts, left) = self.scan_program(stand, &question, program, wanted, &rows, &moment, &figures)?;
        header.leave_out(&left);
        Ok((parts, header_of(stand, false, header)))
    }

    /// Of facts, and of columns or figures that need the whole store.
    fn over_both(&self, stand: &Stand, program: Program, wanted: &RestsOn) -> Result<(Vec<Part>, Header), Error> {
        let of_store = wanted_columns(program.columns(), &[]).iter().any(|column| column.second_pass());
        let (prepared, header) = self.prepare(stand, program, &[])?;
        // What figures are of was read for them, and is not read again.
        let question = ProfileQuestion { columns: wanted_columns(&prepared.program.row_columns(), &[]), ..prepared.question.clone() };
        let rows = |batch: &CustomerBatch| prepared.rows(batch, &question);
        let (mut parts, _) = self.scan_program(stand, &question, &prepared.program, wanted, &rows, &prepared.moment, &prepared.figures)?;
        if let Some(part) = parts.first_mut() {
            part.seen.join(prepared.seen);
        }
        Ok((parts, header_of(stand, of_store, header)))
    }

    #[expect(clippy::too_many_arguments, reason = "each is another thing, and both ways of asking have all of them")]
    fn scan_program(
        &self,
        stand: &Stand,
        question: &ProfileQuestion,
        program: &Program,
        wanted: &RestsOn,
        rows_of: &(dyn Fn(&CustomerBatch) -> Result<RecordBatch, Error> + Sync),
        moment: &Moment,
        figures: &Figures,
    ) -> Result<(Vec<Part>, quintile_profile::leave_out::LeftOut), Error> {
        let (facts, parts) = facts_of(program, question);
        self.scan(&stand.snapshot, &facts, &question.as_of, |batch| {
            let rows = rows_of(&batch)?;
            let keys = keys(&rows)?;
            let counts = counted(&batch, &parts, question)?;
            let mut seen = Seen::default();
            seen.rows(wanted, &rows);
            seen.facts(wanted, &batch, question.as_of.instant);
            let members = program.members(&World::new(&rows, &keys, &batch, &counts), moment, figures);
            Ok(Part::of(keys, members, seen))
        })
    }

    /// The profile, with what facts say of the traits that a program rests on, for each batch of rows.
    pub(crate) fn profile_told(
        &self,
        stand: &Stand,
        program: &Program,
        columns: Vec<&'static Column>,
        rfm: &RfmAsk,
    ) -> Result<(Profile, Vec<Told>), Error> {
        let moment = Moment::of(stand.as_of.clone());
        let facts = program.facts().filter(|_| program.traits_ask_facts());
        let more = |question: &ProfileQuestion| match facts {
            Some((columns, parts)) => columns.clone().and(&counted_needed(&parts, question)),
            None => FactColumns::default(),
        };
        let tell = |batch: &CustomerBatch, rows: &RecordBatch, question: &ProfileQuestion| match facts {
            Some((_, parts)) => {
                let counts = counted(batch, &parts, question)?;
                Ok(program.tell(&World::new(rows, &keys(rows)?, batch, &counts), &moment))
            }
            None => Ok(Told::default()),
        };
        self.profile_beside(stand.clone(), columns.clone(), columns, rfm, more, tell)
    }

    /// Thresholds and figures of the store, where the program rests on some. The rows will have these columns as well.
    pub(crate) fn prepare(&self, stand: &Stand, program: Program, more: &[String]) -> Result<(Prepared, Header), Error> {
        let (profile, told) = self.profile_told(stand, &program, wanted_columns(program.columns(), more), &RfmAsk::default())?;
        let (figures, seen) = figures(&program, &profile, &told, &together(&rests(&program)))?;
        let moment = Moment::of(profile.question.as_of.clone());
        let (question, statistics) = (profile.question.clone(), profile.statistics.clone());
        Ok((Prepared { program, question, statistics, figures, seen, moment }, profile.header))
    }
}

/// The facts that a program and the profile rows of a question are read from, and what of them must be counted for the program.
pub(crate) fn facts_of(program: &Program, question: &ProfileQuestion) -> (FactColumns, CountedParts) {
    let facts = facts_needed(question);
    match program.facts() {
        Some((columns, parts)) => (facts.and(columns).and(&counted_needed(&parts, question)), parts),
        None => (facts, CountedParts::default()),
    }
}

/// Is it a column that needs the whole store?
fn is_late(name: &str) -> bool {
    columns::find(name).is_some_and(|column| column.second_pass())
}

/// What each segment of a program looks at.
fn rests(program: &Program) -> Vec<RestsOn> {
    (0..program.segments()).map(|asked| program.rests_on(asked)).collect()
}

/// All that batches gave.
fn gathered(parts: Vec<Part>, header: Header, rests: &[RestsOn], stand: &Stand) -> Ran {
    let (mut members, mut customers, mut seen) = (vec![MemberSet::default(); rests.len()], 0, Seen::default());
    for part in parts {
        customers += part.customers;
        members.iter_mut().zip(part.members).for_each(|(all, own)| all.push(own));
        seen.join(part.seen);
    }
    let lacks = rests.iter().map(|rests| lacks(rests, &seen, &stand.snapshot)).collect();
    Ran { members, customers, lacks, header: Header { customers: Some(customers), ..header } }
}

/// Columns of the profile by name, and others, with the key of their customers.
pub(crate) fn wanted_columns(names: &[String], more: &[String]) -> Vec<&'static Column> {
    let mut wanted: Vec<&'static Column> = vec![columns::customer_key()];
    for column in names.iter().chain(more).filter_map(|name| columns::find(name)) {
        if !wanted.iter().any(|known| known.name == column.name) {
            wanted.push(column);
        }
    }
    wanted
}

/// The figures of the store that a program rests on, and what there is of what is `wanted` among the columns they are of. `told` is
/// what facts say of traits, for each batch of rows.
pub(crate) fn figures(program: &Program, profile: &Profile, told: &[Told], wanted: &RestsOn) -> Result<(Figures, Seen), Error> {
    let mut seen = Seen::default();
    let figures = program.figures(|asked, known| {
        let columns = wanted_columns(&program.columns_of(asked), &[]);
        let gathered = profile.map_columns(columns, told, |rows, told| {
            let mut seen = Seen::default();
            seen.rows(wanted, &rows);
            Ok((Gathered::of(asked, &program.with_traits(&rows, told, known)), seen))
        })?;
        let (gathered, all): (Vec<Gathered>, Vec<Seen>) = gathered.into_iter().unzip();
        all.into_iter().for_each(|own| seen.join(own));
        Ok::<_, Error>(gathered)
    })?;
    Ok((figures, seen))
}

/// Thresholds, and what there is to say of them, belong to segments that rest on classes of the whole store.
fn header_of(stand: &Stand, of_store: bool, header: Header) -> Header {
    if of_store { header } else { Header { left_out: header.left_out, ..stand.header.clone() } }
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
