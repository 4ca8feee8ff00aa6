//! One row per customer, as of a moment.
//!
//! - `traits`: the user's own traits as columns beside those of the profile.

mod traits;

use crate::held::{Held, Holder};
use crate::rfm::rfm_settings;
use crate::segment::send::layout::Layout;
use crate::value::InForce;
use crate::workspace::{Stand, Workspace};
use crate::write::{Format, RowWriter};
use crate::{Error, Header, RfmAsk, When};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use quintile_model::CustomerBatch;
use quintile_model::batch::FactColumns;
use quintile_model::nearest::nearest;
use quintile_profile::{
    Column, Launches, ProfileQuestion, Statistics, columns, facts_needed, first_pass, first_sales, second_pass, statistics,
};
use quintile_store::Snapshot;
use rayon::prelude::*;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A profile that is asked for.
#[derive(Debug, Clone, Default)]
pub struct ProfileAsk {
    /// The moment.
    pub when: When,
    /// The columns, in this order; all but the personal ones when empty.
    pub columns: Vec<String>,
    /// Another RFM map, or other metrics, than the settings say.
    pub rfm: RfmAsk,
}

/// The answer: rows wait to be written.
pub struct Profile {
    /// What it holds for.
    pub header: Header,
    /// The columns.
    pub schema: SchemaRef,
    pub(crate) statistics: Statistics,
    pub(crate) question: ProfileQuestion,
    pub(crate) snapshot: Arc<Snapshot>,
    rows: Vec<Held>,
    holder: Arc<Holder>,
    threads: usize,
    stop: Arc<AtomicBool>,
    /// These customers alone, ascending; `None` for all. Their key is among the columns.
    only: Option<Vec<u64>>,
    /// Traits beside the columns of the profile.
    traits: Option<traits::Added>,
    /// So few that whoever sees the list may tell who they are.
    pub small: bool,
    /// The columns of a network, with the segment's name.
    layout: Option<(Layout, String)>,
}

/// A question with all that its answer rests on beside the facts of customers, and the header of the answer so far.
pub(crate) struct WholeQuestion {
    pub question: ProfileQuestion,
    pub header: Header,
    /// Why states go by gaps although a value model stands.
    pub gaps_because: Option<String>,
}

impl Workspace {
    /// Computes the profile.
    pub fn profile(&self, ask: &ProfileAsk) -> Result<Profile, Error> {
        let stand = self.stand(&ask.when)?;
        self.profile_shown(stand, &ask.columns, &ask.rfm)
    }

    pub(crate) fn profile_of(&self, when: &When, columns: Vec<&'static Column>, rfm: &RfmAsk) -> Result<Profile, Error> {
        let stand = self.stand(when)?;
        self.profile_at(stand, columns, rfm)
    }

    pub(crate) fn profile_at(&self, stand: Stand, columns: Vec<&'static Column>, rfm: &RfmAsk) -> Result<Profile, Error> {
        let asked = self.whole_question(&stand, columns, rfm)?;
        let later = asked.question.columns.clone();
        self.profile_read(asked, stand, later, |_| FactColumns::default(), |_, _, _| Ok(())).map(|(profile, _)| profile)
    }

    /// The profile under no value model: who fits one does not read those that were fitted before.
    pub(crate) fn profile_without_model(&self, stand: Stand, columns: Vec<&'static Column>) -> Result<Profile, Error> {
        let asked = self.whole_question_by(None, &stand, columns, &RfmAsk::default())?;
        let later = asked.question.columns.clone();
        self.profile_read(asked, stand, later, |_| FactColumns::default(), |_, _, _| Ok(())).map(|(profile, _)| profile)
    }

    /// Computes the profile, and something else of the same batches of facts while they are at hand: for each batch of rows, in their
    /// order. `more` are the facts that this reads. The rows that stay have the columns `later` alone.
    pub(crate) fn profile_beside<T: Send>(
        &self,
        stand: Stand,
        columns: Vec<&'static Column>,
        later: Vec<&'static Column>,
        rfm: &RfmAsk,
        more: impl Fn(&ProfileQuestion) -> FactColumns,
        beside: impl Fn(&CustomerBatch, &RecordBatch, &ProfileQuestion) -> Result<T, Error> + Sync,
    ) -> Result<(Profile, Vec<T>), Error> {
        let asked = self.whole_question(&stand, columns, rfm)?;
        self.profile_read(asked, stand, later, more, beside)
    }

    fn profile_read<T: Send>(
        &self,
        asked: WholeQuestion,
        stand: Stand,
        later: Vec<&'static Column>,
        more: impl Fn(&ProfileQuestion) -> FactColumns,
        beside: impl Fn(&CustomerBatch, &RecordBatch, &ProfileQuestion) -> Result<T, Error> + Sync,
    ) -> Result<(Profile, Vec<T>), Error> {
        let WholeQuestion { question, mut header, gaps_because } = asked;
        let snapshot = stand.snapshot;
        let holder = Holder::new(self.settings.memory_bytes);
        let facts = facts_needed(&question).and(&more(&question));
        let rest = ProfileQuestion { columns: later, ..question.clone() };
        let kept = rest.first_columns();
        let (parts, left) = self.scan(&snapshot, &facts, &question.as_of, |batch| {
            let rows = first_pass(&batch, &question)?;
            let told = beside(&batch, &rows.batch, &question)?;
            Ok::<_, Error>((holder.take(with_columns(&rows.batch, &kept)?)?, rows.vectors, told))
        })?;
        header.leave_out(&left);
        let (mut rows, mut vectors, mut told) = (Vec::new(), Vec::new(), Vec::new());
        for (held, own, beside) in parts {
            rows.push(held);
            vectors.push(own);
            told.push(beside);
        }
        let statistics = statistics(vectors, &question);
        header.learn(&statistics, &self.settings);
        if let Some(predictions) = question.predictions.as_deref().filter(|_| statistics.usual_gap.is_some()) {
            header.learn_states(predictions, gaps_because.as_deref());
        }
        let holder = Arc::new(holder);
        Ok((Profile::of_rows(header, statistics, rest, snapshot, rows, holder, self.settings.threads, self.stop_flag()), told))
    }

    /// What is asked of a profile, by the settings and by what was fitted and imported beside the facts of customers.
    pub(crate) fn whole_question(&self, stand: &Stand, columns: Vec<&'static Column>, rfm: &RfmAsk) -> Result<WholeQuestion, Error> {
        let in_force = self.predictions(stand.as_of.instant, &stand.header.currency)?;
        self.whole_question_by(in_force, stand, columns, rfm)
    }

    fn whole_question_by(
        &self,
        in_force: Option<InForce>,
        stand: &Stand,
        columns: Vec<&'static Column>,
        rfm: &RfmAsk,
    ) -> Result<WholeQuestion, Error> {
        let mut question = self.question(stand, columns, rfm)?;
        let mut header = stand.header.clone();
        header.settings = self.settings_hash(&self.rfm_map(rfm)?, &question.rates);
        let mut gaps_because = None;
        if let Some(in_force) = in_force {
            header.value_model = Some(in_force.shown);
            question.predictions = Some(in_force.predictions);
            gaps_because = in_force.gaps_because;
        }
        if question.columns.iter().any(|column| column.name == "new_arrival_share") {
            question.launches = Some(self.launches(&stand.snapshot, &question)?);
        }
        if question.columns.iter().any(|column| column.name == "cluster") {
            question.clusters = self.cluster_model(&mut header)?;
            question.check()?;
        }
        if question.columns.iter().any(|column| column.name == "contribution") {
            question.costs = self.costs(&stand.snapshot, &question)?;
        }
        Ok(WholeQuestion { question, header, gaps_because })
    }

    /// What is asked of a profile, by the settings.
    pub(crate) fn question(&self, stand: &Stand, columns: Vec<&'static Column>, rfm: &RfmAsk) -> Result<ProfileQuestion, Error> {
        let mut question = ProfileQuestion::new(stand.as_of.clone());
        question.columns = columns;
        question.currency = stand.currency.clone();
        question.rates = stand.rates.clone();
        question.thresholds = self.settings.thresholds.clone();
        question.rfm = rfm_settings(&self.rfm_map(rfm)?);
        question.first_source = stand.snapshot.first_source().map(str::to_owned);
        question.check()?;
        Ok(question)
    }

    /// When each product came on sale: as the source says, else its first sale.
    pub(crate) fn launches(&self, snapshot: &Snapshot, question: &ProfileQuestion) -> Result<Launches, Error> {
        use arrow::array::{Array, AsArray};
        let mut wanted = facts_needed(&ProfileQuestion { columns: Vec::new(), ..question.clone() });
        wanted.lines = Some(vec!["kind", "product"]);
        let (parts, _) =
            self.scan(snapshot, &wanted, &question.as_of, |batch| Ok::<Launches, Error>(first_sales(&batch, &question.as_of)))?;
        let mut launches = Launches::new();
        for (product, at) in parts.into_iter().flatten() {
            let first = launches.entry(product).or_insert(at);
            *first = at.min(*first);
        }
        snapshot.products(|products| {
            let (Some(names), Some(launched)) = (products.column_by_name("product"), products.column_by_name("launched")) else {
                return Ok(());
            };
            if let (Some(names), Some(launched)) =
                (names.as_string_opt::<i32>(), launched.as_primitive_opt::<arrow::datatypes::TimestampMicrosecondType>())
            {
                for row in (0..products.num_rows()).filter(|row| launched.is_valid(*row)) {
                    launches.insert(names.value(row).to_owned(), launched.value(row));
                }
            }
            Ok(())
        })?;
        Ok(launches)
    }
}

impl Profile {
    #[expect(clippy::too_many_arguments, reason = "they are the fields")]
    pub(crate) fn of_rows(
        header: Header,
        statistics: Statistics,
        question: ProfileQuestion,
        snapshot: Arc<Snapshot>,
        rows: Vec<Held>,
        holder: Arc<Holder>,
        threads: usize,
        stop: Arc<AtomicBool>,
    ) -> Profile {
        let schema = Arc::new(Schema::new(question.columns.iter().map(|column| column.field()).collect::<Vec<_>>()));
        let (only, traits, small, layout) = (None, None, false, None);
        Profile { header, schema, statistics, question, snapshot, rows, holder, threads, stop, only, traits, small, layout }
    }

    /// The rows, some batches at a time, in the order of customer keys; stops when `take` says that it has enough.
    pub fn each(self, mut take: impl FnMut(Vec<RecordBatch>) -> Result<bool, Error>) -> Result<Header, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().map_err(|error| Error::Answer(error.to_string()))?;
        let mut rows = self.rows.into_iter().enumerate();
        loop {
            let some: Vec<(usize, Held)> = rows.by_ref().take(self.threads * 4).collect();
            if some.is_empty() {
                break;
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            let finish = |(place, held): (usize, Held)| -> Result<RecordBatch, Error> {
                let mut rows = second_pass(self.holder.give(&held)?, &self.statistics, &self.question)?;
                if let Some(traits) = &self.traits {
                    rows = traits.beside(place, &rows)?;
                }
                if let Some(members) = &self.only {
                    rows = of_members(&rows, members)?;
                }
                match &self.layout {
                    Some((layout, segment)) => layout.rows(&rows, segment),
                    None if rows.num_columns() == self.schema.fields().len() => Ok(rows),
                    None => shown(&rows, &self.schema),
                }
            };
            let batches = pool.install(|| some.into_par_iter().map(finish).collect::<Result<Vec<_>, _>>())?;
            if !take(batches)? {
                break;
            }
        }
        Ok(self.header)
    }

    /// Works on every batch of rows, on all threads; what came of it in the order of customer keys. The rows stay.
    pub(crate) fn map<T: Send>(&self, work: impl Fn(RecordBatch) -> Result<T, Error> + Sync) -> Result<Vec<T>, Error> {
        self.map_with(&vec![(); self.rows.len()], |rows, ()| work(rows))
    }

    /// The same with what was told [beside](Workspace::profile_beside) each batch.
    pub(crate) fn map_with<T: Send, B: Sync>(
        &self,
        beside: &[B],
        work: impl Fn(RecordBatch, &B) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        self.each_held(&self.question, beside, work)
    }

    /// The same of some of the columns that the rows have.
    pub(crate) fn map_columns<T: Send, B: Sync>(
        &self,
        columns: Vec<&'static Column>,
        beside: &[B],
        work: impl Fn(RecordBatch, &B) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        self.each_held(&ProfileQuestion { columns, ..self.question.clone() }, beside, work)
    }

    fn each_held<T: Send, B: Sync>(
        &self,
        question: &ProfileQuestion,
        beside: &[B],
        work: impl Fn(RecordBatch, &B) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().map_err(|error| Error::Answer(error.to_string()))?;
        let columns = question.first_columns();
        let is_read = |name: &str| columns.iter().any(|column| column.name == name);
        let one = |(held, beside): (&Held, &B)| -> Result<T, Error> {
            if self.stop.load(Ordering::Relaxed) {
                return Err(Error::Stopped);
            }
            work(second_pass(self.holder.give_some(held, is_read)?, &self.statistics, question)?, beside)
        };
        pool.install(|| self.rows.par_iter().zip(beside).map(one).collect())
    }

    /// Writes the rows, at most `limit` of them; how many were written.
    pub fn write(self, format: Format, with_names: bool, limit: Option<u64>, out: impl Write + Send) -> Result<u64, Error> {
        let mut writer = RowWriter::new(format, with_names, &self.schema, &self.header, out)?;
        let mut left = limit.unwrap_or(u64::MAX);
        let threads = self.threads;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| Error::Answer(error.to_string()))?;
        self.each(|batches| {
            let mut kept = Vec::with_capacity(batches.len());
            for batch in batches {
                let rows = left.min(batch.num_rows() as u64);
                kept.push(batch.slice(0, rows as usize));
                left -= rows;
            }
            pool.install(|| writer.write(&kept))?;
            Ok(left > 0)
        })?;
        writer.finish()
    }

    /// Rows that there are.
    pub fn customers(&self) -> u64 {
        self.only.as_ref().map_or(self.statistics.customers, |members| members.len() as u64)
    }

    /// Leaves all but these customers out, whose keys ascend and are among the columns.
    pub(crate) fn only(&mut self, members: Vec<u64>) {
        self.only = Some(members);
    }

    /// Gives the rows the columns of a network.
    pub(crate) fn lay_out(&mut self, layout: Layout, segment: &str) {
        self.schema = layout.schema();
        self.layout = Some((layout, segment.to_owned()));
    }
}

fn of_members(rows: &RecordBatch, members: &[u64]) -> Result<RecordBatch, Error> {
    let keys = crate::segment::keys_of(rows)?;
    let is_member: arrow::array::BooleanArray = keys.iter().map(|key| Some(members.binary_search(key).is_ok())).collect();
    Ok(arrow::compute::filter_record_batch(rows, &is_member)?)
}

/// The columns of a schema, by their names.
fn shown(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let places = schema.fields().iter().map(|field| rows.schema().index_of(field.name())).collect::<Result<Vec<_>, _>>()?;
    Ok(rows.project(&places)?)
}

/// Columns by name, in the order asked.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Column>, Error> {
    let find = |name: &String| {
        columns::find(name).ok_or_else(|| Error::UnknownColumn {
            name: name.clone(),
            nearest: nearest(name, columns::ALL.iter().map(|column| column.name)),
        })
    };
    names.iter().map(find).collect()
}

/// Rows with some of their columns.
fn with_columns(rows: &RecordBatch, columns: &[&'static Column]) -> Result<RecordBatch, Error> {
    if rows.num_columns() == columns.len() {
        return Ok(rows.clone());
    }
    let places: Vec<usize> = columns.iter().filter_map(|column| rows.schema_ref().index_of(column.name).ok()).collect();
    Ok(rows.project(&places)?)
}
