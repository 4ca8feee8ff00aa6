//! Does it hold the same customers a month later, and would it if the store had other customers like these?

use super::{Grade, STEP, Told};
use crate::header::counted;
use crate::segment::run::facts_of;
use crate::segment::{SegmentAsk, keys_of};
use crate::workspace::{Stand, Workspace};
use crate::{Error, RfmAsk};
use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use quintile_insight::quality::overlap::{in_both, overlap};
use quintile_model::time::StoreZone;
use quintile_model::{AsOf, CustomerBatch, ids};
use quintile_profile::counted as what_counts;
use quintile_segment::{Figures, Gathered, Moment, Program, World};

/// So many steps back.
const STEPS: i32 = 6;

/// How often customers are drawn anew.
const DRAWS: u64 = 20;

impl Workspace {
    pub(super) fn stable(&self, stand: &Stand, ask: &SegmentAsk, program: &Program, members: &[u64]) -> Result<Told, Error> {
        let mut later = members.to_vec();
        let mut kept: Vec<f64> = Vec::new();
        let mut expected = None;
        let today = stand.as_of.day();
        for step in 1..=STEPS {
            let then = self.members_back(ask, stand, step * STEP)?;
            if then.is_empty() {
                break;
            }
            kept.push(in_both(&then, &later) as f64 / then.len() as f64);
            if step == 1 {
                let since = StoreZone::date_of(today - STEP);
                let since = AsOf::start_of(since, &stand.as_of.zone).unwrap_or_else(|| stand.as_of.clone());
                let by_time = self.members_by_time_alone(stand, program, &since)?;
                expected = Some(in_both(&then, &by_time) as f64 / then.len() as f64);
            }
            later = then;
        }
        let Some(last) = kept.first().copied() else {
            return Ok(Told {
                question: "stable",
                figure: "still in after 30 days",
                value: None,
                interval: None,
                wanted: "80 %",
                grade: Grade::Unknown,
                sentence: format!("it had no members {STEP} days ago"),
            });
        };
        let mut sorted = kept.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted[sorted.len() / 2];
        let mut sentence = format!(
            "{:.0} % of the members of {STEP} days ago still are; over {} back, {:.0} % as a rule",
            100.0 * last,
            counted(kept.len() as u64, "such step", "such steps"),
            100.0 * median
        );
        if let Some(expected) = expected {
            sentence += &format!("; had nobody done anything, {:.0} % would, by the definition alone", 100.0 * expected);
        }
        let again = self.drawn_again(ask, program, members)?;
        sentence += &match again {
            Some(alike) => format!("; drawn from other customers like these, {:.0} % of its members would be the same", 100.0 * alike),
            None if program.statistics().is_empty() && !rests_on_classes(program) => {
                "; it rests on no figure of the store, so that other customers change nothing in it".to_owned()
            }
            None => "; the figures of the store on which it rests were not drawn anew".to_owned(),
        };
        // A definition that lets go by itself, such as "new this week", is not blamed for it.
        let by_itself = expected.is_some_and(|expected| expected < 0.8 && last >= expected - 0.1);
        let grade = match Grade::of(last.min(again.unwrap_or(1.0)), 0.8, 0.6) {
            Grade::Poor if by_itself => Grade::Fair,
            grade => grade,
        };
        Ok(Told {
            question: "stable",
            figure: "still in after 30 days",
            value: Some(last),
            interval: None,
            wanted: "80 %",
            grade,
            sentence,
        })
    }

    /// Who would be in the segment now had nothing happened since an earlier moment.
    fn members_by_time_alone(&self, stand: &Stand, program: &Program, since: &AsOf) -> Result<Vec<u64>, Error> {
        let (prepared, _) = self.prepare(stand, program.clone(), &[])?;
        let question = &prepared.question;
        let (facts, parts) = facts_of(&prepared.program, question);
        let of_batch = |batch: CustomerBatch| {
            let batch = batch.before(since.instant);
            let rows = prepared.rows(&batch, question)?;
            let keys = keys_of(&rows)?;
            let counts = what_counts(&batch, &parts, question)?;
            let members = prepared.program.members(&World::new(&rows, &keys, &batch, &counts), &prepared.moment, &prepared.figures);
            Ok(members.first().map(|own| own.set_indices().map(|row| keys[row]).collect::<Vec<u64>>()).unwrap_or_default())
        };
        let (found, _) = self.scan(&stand.snapshot, &facts, &question.as_of, of_batch)?;
        Ok(found.concat())
    }

    /// The mean likeness (Jaccard) of the segment with itself where its averages and percentiles come of customers drawn anew; `None`
    /// where it rests on none, or on single facts or traits, which are not drawn.
    fn drawn_again(&self, ask: &SegmentAsk, program: &Program, members: &[u64]) -> Result<Option<f64>, Error> {
        if program.statistics().is_empty() || program.facts().is_some() || members.is_empty() || !program.traits().is_empty() {
            return Ok(None);
        }
        let mut wanted = crate::profile::named(program.columns())?;
        wanted.push(quintile_profile::columns::customer_key());
        let profile = self.profile_of(&ask.when, wanted, &RfmAsk::default())?;
        let moment = Moment::of(profile.question.as_of.clone());
        let mut sum = 0.0;
        for draw in 0..DRAWS {
            self.go_on()?;
            let gathered = profile.map(|rows| {
                let first = keys_of(&rows)?.first().copied().unwrap_or_default();
                let drawn = take_record_batch(&rows, &drawn(rows.num_rows(), ids::mix(&[draw, first])))?;
                Ok(Gathered::of(program.statistics(), &drawn))
            })?;
            let figures = Figures::of(program.statistics(), gathered);
            let found = profile.map(|rows| {
                let keys = keys_of(&rows)?;
                let own = program.members(&World::of_rows(&rows), &moment, &figures);
                Ok(own.first().map(|own| own.set_indices().map(|row| keys[row]).collect::<Vec<u64>>()).unwrap_or_default())
            })?;
            sum += overlap(members, &found.concat()).map_or(0.0, |overlap| overlap.jaccard);
        }
        Ok(Some(sum / DRAWS as f64))
    }
}

/// Does it read classes or scores, which rest on all customers?
fn rests_on_classes(program: &Program) -> bool {
    program.columns().iter().filter_map(|name| quintile_profile::columns::find(name)).any(|column| column.second_pass())
}

/// As many rows as there are, each drawn from all of them.
fn drawn(rows: usize, seed: u64) -> UInt32Array {
    (0..rows as u64).map(|row| (ids::mix(&[seed, row]) % rows.max(1) as u64) as u32).collect()
}
