//! Who meets each condition of a program: of all customers where that is at hand or quickly found, else of a sample.

use super::AtHand;
use super::columns::{Rows, header};
use super::sample::{self, Size};
use super::state::State;
use crate::segment::lacks::{Seen, lacks, together};
use crate::segment::run::{facts_of, wanted_columns};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk};
use arrow::array::{BooleanBufferBuilder, RecordBatch};
use quintile_model::CustomerBatch;
use quintile_profile::{Column, ProfileQuestion, columns, counted};
use quintile_segment::{Figures, Gathered, Members, Moment, Program, RestsOn, Told as TraitsTold, World};
use rayon::prelude::*;
use std::collections::HashMap;
use std::ops::Range;

/// Rows that one thread works on at a time, at least; a multiple of the bits of a word.
const STRETCH: usize = 1 << 14;

/// What came of a program.
pub(in crate::segment) struct Told {
    /// Of each segment of the program.
    pub sizes: Vec<Size>,
    /// Who is in the first one, where that is exact.
    pub members: Option<Vec<u64>>,
    /// Customers known at the moment.
    pub customers: u64,
    /// How many of them were asked about facts, where not all were.
    pub sampled: Option<u64>,
    /// What the store lacks for the first one.
    pub lacks: Vec<String>,
    pub header: Header,
}

/// One question under way.
struct Asking<'a> {
    workspace: &'a Workspace,
    stand: &'a Stand,
    at_hand: &'a AtHand,
    state: &'a State,
    moment: Moment,
}

impl Workspace {
    /// Asks a program by what is at hand; `None` where its columns would not fit, and where a figure of the store is one of what facts
    /// say of a trait, for that takes them all. Where facts would have to be read that are not at hand, a sample is asked, unless the
    /// answer shall be exact.
    pub(in crate::segment) fn told_at_hand(
        &self,
        stand: &Stand,
        at_hand: &AtHand,
        program: &Program,
        exact: bool,
    ) -> Result<Option<Told>, Error> {
        if program.figures_ask_facts() {
            return Ok(None);
        }
        let state = at_hand.of(&self.state_name(stand)?);
        let wanted = without_key(wanted_columns(program.columns(), &[]));
        let Some(rows) = self.columns_at_hand(stand, at_hand, &state, &wanted)? else { return Ok(None) };
        let asking = Asking { workspace: self, stand, at_hand, state: &state, moment: Moment::of(stand.as_of.clone()) };
        let told = asking.told(program, &rows, &wanted, exact)?;
        at_hand.trim();
        Ok(Some(told))
    }

    /// All that columns and conditions rest on: store, settings and moment by the header, and the models beside them.
    fn state_name(&self, stand: &Stand) -> Result<String, Error> {
        let header = serde_json::to_string(&stand.header).map_err(|error| Error::Answer(error.to_string()))?;
        let model = self.predictions(stand.as_of.instant, &stand.header.currency)?;
        let clusters = self.clusters_in_force()?;
        Ok(format!("{header}\n{:?}\n{model:?}\n{clusters:?}", stand.as_of.zone.name()))
    }
}

/// The key is at hand by itself.
fn without_key(mut wanted: Vec<&'static Column>) -> Vec<&'static Column> {
    wanted.retain(|column| column.name != columns::customer_key().name);
    wanted
}

impl Asking<'_> {
    fn told(&self, program: &Program, rows: &Rows, wanted: &[&'static Column], exact: bool) -> Result<Told, Error> {
        let alone = program.alone();
        let mut known: HashMap<&str, Members> = HashMap::new();
        let (mut of_rows, mut of_facts) = (Vec::new(), Vec::new());
        for (place, condition) in alone.iter().enumerate() {
            match self.state.kept().told(&condition.name) {
                Some(members) => {
                    known.insert(&condition.name, members);
                }
                None if condition.asks_facts => of_facts.push(place),
                None => of_rows.push(place),
            }
        }
        let names = |places: &[usize]| -> Vec<&str> { places.iter().map(|place| alone[*place].name.as_str()).collect() };
        if !of_rows.is_empty() {
            let found = self.of_rows(&program.of_conditions(&of_rows), rows)?;
            self.keep(&names(&of_rows), &found, &mut known);
        }
        let sampled = sample::rows(rows.keys.len()).filter(|_| !exact && !of_facts.is_empty());
        let mut in_sample: HashMap<&str, Members> = HashMap::new();
        if !of_facts.is_empty() {
            let asked = program.of_conditions(&of_facts);
            match &sampled {
                Some(range) => {
                    let found = self.of_sample(&asked, &names(&of_facts), rows, range.clone())?;
                    in_sample.extend(names(&of_facts).into_iter().zip(found));
                }
                None => {
                    let found = self.of_facts(&asked, &names(&of_facts), rows)?;
                    known.extend(names(&of_facts).into_iter().zip(found));
                }
            }
        }
        let customers = rows.keys.len() as u64;
        let (sizes, members) = self.sizes(program, &known, &in_sample, sampled.clone(), rows)?;
        Ok(Told {
            sizes,
            members: members.map(|members| members.set_indices().map(|row| rows.keys[row]).collect()),
            customers,
            sampled: sampled.map(|range| range.len() as u64),
            lacks: self.lacks(&program.rests_on(0), rows),
            header: header(self.state, self.stand, wanted, customers),
        })
    }

    fn keep<'a>(&self, names: &[&'a str], found: &[Members], known: &mut HashMap<&'a str, Members>) {
        let mut kept = self.state.kept();
        for (name, members) in names.iter().zip(found) {
            kept.keep_told((*name).to_owned(), members.clone());
            known.insert(name, members.clone());
        }
    }

    /// Who meets conditions about profile rows.
    fn of_rows(&self, asked: &Program, rows: &Rows) -> Result<Vec<Members>, Error> {
        let figures = self.figures(asked, rows)?;
        let work =
            |range: Range<usize>| asked.members(&World::of_rows(&rows.batch.slice(range.start, range.len())), &self.moment, &figures);
        Ok(self.in_stretches(rows.keys.len(), asked.segments(), work))
    }

    /// Works on all rows, a stretch a thread, and joins what comes of it.
    fn in_stretches(&self, rows: usize, segments: usize, work: impl Fn(Range<usize>) -> Vec<Members> + Sync) -> Vec<Members> {
        let threads = self.at_hand.pool.current_num_threads();
        let stretch = rows.div_ceil(threads * 2).next_multiple_of(STRETCH);
        let starts: Vec<usize> = (0..rows).step_by(stretch.max(STRETCH)).collect();
        let parts: Vec<Vec<Members>> =
            self.at_hand.pool.install(|| starts.par_iter().map(|start| work(*start..rows.min(start + stretch))).collect());
        joined(segments, rows, starts.into_iter().zip(parts))
    }

    /// Who of the sampled customers meets conditions about facts.
    fn of_sample(&self, asked: &Program, names: &[&str], rows: &Rows, range: Range<usize>) -> Result<Vec<Members>, Error> {
        {
            let kept = self.state.kept();
            let found: Option<Vec<Members>> = names.iter().map(|name| kept.of_sample.get(*name).cloned()).collect();
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let (question, figures) = (self.question()?, self.figures(asked, rows)?);
        let (needed, _) = facts_of(asked, &question);
        let before = self.state.kept().sample.clone();
        let sample = match before {
            Some(sample) if sample.facts.clone().and(&needed) == sample.facts => sample,
            before => {
                let facts = before.map_or_else(|| needed.clone(), |before| before.facts.clone().and(&needed));
                let read = self.workspace.sample(self.stand, &question, &rows.keys, range.clone(), facts)?;
                self.state.kept().sample = Some(read.clone());
                read
            }
        };
        let some = rows.batch.slice(sample.rows.start, sample.rows.len());
        let found = self.of_batch(asked, &question, &sample.batch, &some, &rows.keys[sample.rows.clone()], &figures)?;
        let mut kept = self.state.kept();
        names.iter().zip(&found).for_each(|(name, members)| drop(kept.of_sample.insert((*name).to_owned(), members.clone())));
        Ok(found)
    }

    /// Who of all customers meets conditions about facts.
    fn of_facts(&self, asked: &Program, names: &[&str], rows: &Rows) -> Result<Vec<Members>, Error> {
        let _turn = self.state.facts.take(|| self.workspace.go_on())?;
        {
            // Somebody else may have asked the same.
            let mut kept = self.state.kept();
            let found: Option<Vec<Members>> = names.iter().map(|name| kept.told(name)).collect();
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let (question, figures) = (self.question()?, self.figures(asked, rows)?);
        let rests: Vec<RestsOn> = (0..asked.segments()).map(|place| asked.rests_on(place)).collect();
        let looked_for = together(&rests);
        let (needed, _) = facts_of(asked, &question);
        let (parts, _) = self.workspace.scan(&self.stand.snapshot, &needed, &question.as_of, |batch| {
            let mut seen = Seen::default();
            seen.facts(&looked_for, &batch, question.as_of.instant);
            let range = match (batch.keys.first(), batch.keys.last()) {
                (Some(first), Some(last)) => rows.keys.partition_point(|key| key < first)..rows.keys.partition_point(|key| key <= last),
                _ => 0..0,
            };
            let some = rows.batch.slice(range.start, range.len());
            let found = self.of_batch(asked, &question, &batch, &some, &rows.keys[range.clone()], &figures)?;
            Ok((range.start, found, seen))
        })?;
        let mut kept = self.state.kept();
        let mut stretches = Vec::with_capacity(parts.len());
        for (start, found, seen) in parts {
            kept.seen.join(seen);
            stretches.push((start, found));
        }
        kept.looked.extend(&looked_for.fields);
        let found = joined(asked.segments(), rows.keys.len(), stretches.into_iter());
        names.iter().zip(&found).for_each(|(name, members)| kept.keep_told((*name).to_owned(), members.clone()));
        Ok(found)
    }

    fn of_batch(
        &self,
        asked: &Program,
        question: &ProfileQuestion,
        batch: &CustomerBatch,
        rows: &RecordBatch,
        keys: &[u64],
        figures: &Figures,
    ) -> Result<Vec<Members>, Error> {
        let parts = asked.facts().map(|(_, parts)| parts).unwrap_or_default();
        let counts = counted(batch, &parts, question)?;
        Ok(asked.members(&World::new(rows, keys, batch, &counts), &self.moment, figures))
    }

    fn question(&self) -> Result<ProfileQuestion, Error> {
        self.workspace.question(self.stand, vec![columns::customer_key()], &RfmAsk::default())
    }

    /// Figures of the store that some conditions compare with.
    fn figures(&self, asked: &Program, rows: &Rows) -> Result<Figures, Error> {
        if asked.statistics().is_empty() {
            return Ok(Figures::default());
        }
        let name = format!("{:?}\n{}", asked.statistics(), asked.traits_mean());
        if let Some(figures) = self.state.kept().figures.get(&name) {
            return Ok(figures.clone());
        }
        let none = TraitsTold::default();
        let gather =
            |wanted: &[_], known: &Figures| Ok::<_, Error>(vec![Gathered::of(wanted, &asked.with_traits(&rows.batch, &none, known))]);
        let figures = asked.figures(gather)?;
        self.state.kept().figures.insert(name, figures.clone());
        Ok(figures)
    }

    /// How many are in each segment of the program: of all customers where each of its conditions is known of all, else by the sample.
    fn sizes(
        &self,
        program: &Program,
        known: &HashMap<&str, Members>,
        in_sample: &HashMap<&str, Members>,
        sampled: Option<Range<usize>>,
        rows: &Rows,
    ) -> Result<(Vec<Size>, Option<Members>), Error> {
        let is_known = |place: usize| alone_names(&program.of_asked(&[place])).iter().all(|name| known.contains_key(name.as_str()));
        let (whole, partly): (Vec<usize>, Vec<usize>) = match sampled {
            None => ((0..program.segments()).collect(), Vec::new()),
            Some(_) => (0..program.segments()).partition(|place| is_known(*place)),
        };
        let mut sizes = vec![Size::exact(0); program.segments()];
        let mut first = None;
        if !whole.is_empty() {
            let asked = program.of_asked(&whole);
            let lost = || Error::Answer("a condition was not told".to_owned());
            let told =
                alone_names(&asked).iter().map(|name| known.get(name.as_str()).cloned().ok_or_else(lost)).collect::<Result<Vec<_>, _>>()?;
            let found = self.in_stretches(rows.keys.len(), asked.segments(), |range| {
                let told: Vec<Members> = told.iter().map(|members| members.slice(range.start, range.len())).collect();
                asked.put_together(&told, range.len())
            });
            for (place, members) in whole.iter().zip(found) {
                sizes[*place] = Size::exact(members.count_set_bits() as u64);
                if *place == 0 {
                    first = Some(members);
                }
            }
        }
        if let Some(range) = sampled.filter(|_| !partly.is_empty()) {
            let asked = program.of_asked(&partly);
            let names = alone_names(&asked);
            let told = names.iter().map(|name| match (known.get(name.as_str()), in_sample.get(name.as_str())) {
                (Some(members), _) => Ok(members.slice(range.start, range.len())),
                (None, Some(members)) => Ok(members.clone()),
                (None, None) => Err(Error::Answer("a condition was not told".to_owned())),
            });
            let found = asked.put_together(&told.collect::<Result<Vec<_>, _>>()?, range.len());
            for (place, members) in partly.iter().zip(found) {
                sizes[*place] = Size::of_sample(members.count_set_bits() as u64, range.len() as u64, rows.keys.len() as u64);
            }
        }
        Ok((sizes, first))
    }

    /// What the store lacks, as far as it was looked at: of what was not, nothing is said.
    fn lacks(&self, rests: &RestsOn, rows: &Rows) -> Vec<String> {
        let mut rests = rests.clone();
        let mut seen = {
            let kept = self.state.kept();
            rests.fields.retain(|field| kept.looked.contains(field));
            kept.seen.clone()
        };
        seen.rows(&rests, &rows.batch);
        lacks(&rests, &seen, &self.stand.snapshot)
    }
}

fn alone_names(program: &Program) -> Vec<String> {
    program.alone().into_iter().map(|condition| condition.name).collect()
}

/// Bits of stretches, which ascend, as one; where there is no stretch there is nobody.
fn joined(segments: usize, rows: usize, stretches: impl Iterator<Item = (usize, Vec<Members>)>) -> Vec<Members> {
    let mut all: Vec<BooleanBufferBuilder> = (0..segments).map(|_| BooleanBufferBuilder::new(rows)).collect();
    for (start, found) in stretches {
        for (bits, members) in all.iter_mut().zip(found) {
            bits.append_n(start.saturating_sub(bits.len()), false);
            bits.append_buffer(&members);
        }
    }
    for bits in &mut all {
        bits.append_n(rows.saturating_sub(bits.len()), false);
    }
    all.into_iter().map(|mut bits| bits.finish()).collect()
}
