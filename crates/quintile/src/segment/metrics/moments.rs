//! Every customer at several moments, from one reading of the facts.
//!
//! A history of spans has no columns that change by time alone, and nearly all of these do. So each moment's rows are made of a
//! batch of facts while it is at hand; they are what a separate question at that moment would have made, by what was known
//! then. Rows wait for the thresholds of their moment, in memory up to a budget and beyond it on disk.

use crate::held::{Held, Holder};
use crate::profile::WholeQuestion;
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk};
use arrow::array::RecordBatch;
use quintile_model::AsOf;
use quintile_model::batch::FactColumns;
use quintile_profile::{
    Column, ProfileQuestion, Statistics, Vectors, columns, facts_needed, first_pass, leave_out::LeftOut, second_pass, statistics,
};
use quintile_store::Snapshot;
use rayon::prelude::*;
use std::sync::Arc;

/// What was read.
pub(crate) struct AtMoments {
    /// Of the last moment.
    pub header: Header,
    pub snapshot: Arc<Snapshot>,
    /// Ascending.
    pub moments: Vec<AsOf>,
    of_moments: Vec<(ProfileQuestion, Statistics)>,
    /// By batch, then by moment.
    parts: Vec<Vec<Held>>,
    holder: Holder,
    threads: usize,
}

impl Workspace {
    /// Reads these columns of every customer at each moment; moments ascend, and the stand is that of the last.
    pub(crate) fn at_moments(&self, stand: &Stand, moments: Vec<AsOf>, columns: &[&'static Column]) -> Result<AtMoments, Error> {
        let mut header = stand.header.clone();
        let (mut questions, mut gaps_because) = (Vec::with_capacity(moments.len()), None);
        for as_of in &moments {
            let earlier = Stand { as_of: as_of.clone(), ..stand.clone() };
            let asked: WholeQuestion = self.whole_question(&earlier, columns.to_vec(), &RfmAsk::default())?;
            (header, gaps_because) = (asked.header, asked.gaps_because);
            questions.push(asked.question);
        }
        if columns.iter().any(|column| column.name == columns::winning_cost().name) {
            let costs = self.costs_at(&stand.snapshot, &questions)?;
            questions.iter_mut().zip(costs).for_each(|(question, costs)| question.costs = costs);
        }
        let rules = self.leave_out_rules(&stand.snapshot);
        let mut wanted = questions.iter().fold(FactColumns::default(), |wanted, question| wanted.and(&facts_needed(question)));
        rules.read(&mut wanted);
        let holder = Holder::new(self.settings.memory_bytes);
        let found = stand.snapshot.scan(&wanted, self.settings.threads, |batch| {
            let mut of_batch = Vec::with_capacity(questions.len());
            let mut last = LeftOut::default();
            for question in &questions {
                self.go_on()?;
                let rows = match rules.is_empty() {
                    true => first_pass(&batch, question)?,
                    false => {
                        let (kept, left) = rules.apply(batch.clone(), &question.as_of)?;
                        last = left;
                        first_pass(&kept, question)?
                    }
                };
                of_batch.push((holder.take(rows.batch)?, rows.vectors));
            }
            Ok::<_, Error>((of_batch, last))
        })?;
        let mut parts = Vec::with_capacity(found.len());
        let mut vectors: Vec<Vec<Vectors>> = questions.iter().map(|_| Vec::with_capacity(found.len())).collect();
        let mut left_out = LeftOut::default();
        for (of_batch, left) in found {
            left_out.merge(left);
            let mut part = Vec::with_capacity(of_batch.len());
            for ((rows, own), all) in of_batch.into_iter().zip(&mut vectors) {
                part.push(rows);
                all.push(own);
            }
            parts.push(part);
        }
        header.leave_out(&left_out);
        let of_moments: Vec<(ProfileQuestion, Statistics)> = questions
            .into_iter()
            .zip(vectors)
            .map(|(question, vectors)| {
                let statistics = statistics(vectors, &question);
                (question, statistics)
            })
            .collect();
        if let Some((question, statistics)) = of_moments.last() {
            header.learn(statistics, &self.settings);
            if let Some(predictions) = question.predictions.as_deref().filter(|_| statistics.usual_gap.is_some()) {
                header.learn_states(predictions, gaps_because.as_deref());
            }
        }
        let (snapshot, threads) = (stand.snapshot.clone(), self.settings.threads);
        Ok(AtMoments { header, snapshot, moments, of_moments, parts, holder, threads })
    }
}

impl AtMoments {
    /// What `work` finds in each part of the customers, in the order of their keys.
    pub fn each<T: Send>(&self, work: impl Fn(&PartAtMoments<'_>) -> Result<T, Error> + Sync) -> Result<Vec<T>, Error> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().map_err(|error| Error::Answer(error.to_string()))?;
        pool.install(|| self.parts.par_iter().map(|part| work(&PartAtMoments { part, all: self })).collect())
    }

    /// Customers known at the last moment.
    pub fn customers(&self) -> u64 {
        self.of_moments.last().map_or(0, |(_, statistics)| statistics.customers)
    }
}

/// Some customers, at every moment.
pub(crate) struct PartAtMoments<'a> {
    part: &'a [Held],
    all: &'a AtMoments,
}

impl PartAtMoments<'_> {
    /// Their rows at a moment, by its place.
    pub fn rows(&self, moment: usize) -> Result<RecordBatch, Error> {
        let (question, statistics) = &self.all.of_moments[moment];
        Ok(second_pass(self.all.holder.give(&self.part[moment])?, statistics, question)?)
    }
}
