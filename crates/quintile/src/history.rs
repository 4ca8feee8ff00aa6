//! Many moments of the store, from one reading of the facts.
//!
//! [`Workspace::history_of`] reads; what it leaves can be drawn again and again: by each moment's own thresholds, which is
//! what separate questions at those moments would answer, or by those of the last moment, so that a customer has moved when
//! they did something and not when a threshold did.

use crate::held::{Held, Holder};
use crate::profile::Profile;
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Decimal64Type, UInt64Type};
use quintile_model::columns::repeated;
use quintile_model::time::DayNumber;
use quintile_model::{AsOf, CustomerBatch, columns::amounts};
use quintile_profile::history::{Ended, Moments, Spans, history_pass, vectors_at};
use quintile_profile::leave_out::LeftOut;
use quintile_profile::{
    Column, Predictions, ProfileQuestion, Statistics, ThresholdSettings, Vectors, columns, facts_needed, second_pass, statistics_of,
};
use quintile_store::Snapshot;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// By whose thresholds a moment is drawn. Scores and percentiles rank the buyers of a moment, and are always its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thresholds {
    /// Those found at each moment itself.
    OfEach,
    /// Those found at the last moment.
    OfTheLast,
}

/// What was read.
pub(crate) struct History {
    /// Of the last moment; it knows no thresholds yet.
    pub header: Header,
    pub moments: Moments,
    /// Of the last moment, with every column that was asked for.
    question: ProfileQuestion,
    snapshot: Arc<Snapshot>,
    spans: Vec<Held>,
    holder: Holder,
    ended: Vec<Vectors>,
    /// The value model in force at each moment.
    models: Vec<Option<Arc<Predictions>>>,
    /// Why states go by gaps at the last moment although a model stands there.
    gaps_because: Option<String>,
    /// Of each part, for whichever moment is drawn: kept for their memory.
    vectors: Vec<Mutex<Vectors>>,
    settings: crate::Settings,
    /// Kept, since threads that end take their memory with them, and every moment would have to get its own anew.
    pool: rayon::ThreadPool,
    stop: Arc<AtomicBool>,
}

/// Questions and their thresholds, moment by moment.
pub(crate) struct Drawing {
    of_moments: Vec<(ProfileQuestion, Statistics)>,
}

impl Drawing {
    /// The question and the thresholds of a moment.
    pub fn of(&self, moment: usize) -> (&ProfileQuestion, &Statistics) {
        let (question, statistics) = &self.of_moments[moment];
        (question, statistics)
    }

    /// Day of the first order that counts at the last moment; found with every class but groups of scores.
    pub fn history_start(&self) -> Option<DayNumber> {
        self.of_moments.last().and_then(|(_, statistics)| statistics.history_start)
    }
}

impl Workspace {
    /// Reads the facts once, for the moments and every column that will be drawn; `beside` sees the facts too, whole and
    /// without what the settings leave out, which is settled at the last moment for all of them.
    pub(crate) fn history_of<T: Send>(
        &self,
        stand: Stand,
        moments: Moments,
        columns: Vec<&'static Column>,
        rfm: &RfmAsk,
        beside: impl Fn(&CustomerBatch, &CustomerBatch) -> Result<T, Error> + Sync,
    ) -> Result<(History, Vec<T>), Error> {
        let mut question = self.question(&stand, columns, rfm)?.at(moments.last().clone());
        let Stand { snapshot, mut header, .. } = stand;
        let mut models = Vec::with_capacity(moments.all().len());
        let mut gaps_because = None;
        for as_of in moments.all() {
            let in_force = self.predictions(as_of.instant, &header.currency)?;
            header.value_model = in_force.as_ref().map(|in_force| in_force.shown.clone());
            gaps_because = in_force.as_ref().and_then(|in_force| in_force.gaps_because.clone());
            models.push(in_force.map(|in_force| in_force.predictions));
        }
        question.predictions = models.last().cloned().flatten();
        header.settings = self.settings_hash(&self.rfm_map(rfm)?, &question.rates);
        let holder = Holder::new(self.settings.memory_bytes);
        let ended = Mutex::new(Ended::default());
        let left_out = Mutex::new(LeftOut::default());
        let rules = self.leave_out_rules(&snapshot);
        let mut wanted = facts_needed(&question);
        rules.read(&mut wanted);
        let read = |whole: &CustomerBatch, kept: &CustomerBatch| {
            let rows = history_pass(kept, &question, &moments)?;
            ended.lock().unwrap_or_else(PoisonError::into_inner).merge(rows.ended);
            Ok::<(Held, T), Error>((holder.take(rows.spans.batch())?, beside(whole, kept)?))
        };
        let parts = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            if rules.is_empty() {
                return read(&batch, &batch);
            }
            let (kept, left) = rules.apply(batch.clone(), &question.as_of)?;
            left_out.lock().unwrap_or_else(PoisonError::into_inner).merge(left);
            read(&batch, &kept)
        })?;
        header.leave_out(&left_out.into_inner().unwrap_or_else(PoisonError::into_inner));
        let (spans, beside): (Vec<Held>, Vec<T>) = parts.into_iter().unzip();
        let mut ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner).settled();
        ended.resize_with(moments.all().len(), Vectors::default);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.settings.threads).build();
        let history = History {
            pool: pool.map_err(|error| Error::Answer(error.to_string()))?,
            header,
            moments,
            question,
            snapshot,
            vectors: spans.iter().map(|_| Mutex::default()).collect(),
            spans,
            holder,
            ended,
            models,
            gaps_because,
            settings: self.settings.clone(),
            stop: self.stop_flag(),
        };
        Ok((history, beside))
    }
}

impl History {
    /// The state of the store that was read.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What was asked, at the last moment.
    pub fn question(&self) -> &ProfileQuestion {
        &self.question
    }

    /// The header of an answer that is drawn so.
    pub fn profile_header(&self, drawing: &Drawing) -> Header {
        let mut header = self.header.clone();
        self.learn(&mut header, drawing.of(self.last()).1);
        header
    }

    /// Thresholds, and the value model's where one draws the classes.
    fn learn(&self, header: &mut Header, statistics: &Statistics) {
        header.learn(statistics, &self.settings);
        if let Some(predictions) = self.question.predictions.as_deref().filter(|_| statistics.usual_gap.is_some()) {
            header.learn_states(predictions, self.gaps_because.as_deref());
        }
    }

    /// Classes go by the value model that was in force at an earlier moment, wherever they go by one.
    pub fn by_model_of(&mut self, moment: usize) {
        self.question.predictions = self.models[moment].clone();
    }

    /// The thresholds of a drawing as it found them, for other moments and other days.
    pub fn found(&self, drawing: &Drawing) -> ThresholdSettings {
        fixed(drawing.of(self.last()).1, &self.question.thresholds)
    }

    /// The place of the last moment.
    pub fn last(&self) -> usize {
        self.moments.all().len() - 1
    }

    /// The profile of the last moment.
    pub fn profile(&self, columns: Vec<&'static Column>) -> Result<Profile, Error> {
        let (question, statistics) = self.draw(self.last(), &ProfileQuestion { columns, ..self.question.clone() })?;
        // The spans have the budget; one moment's rows beside them have half as much again.
        let holder = Holder::new(self.settings.memory_bytes / 2);
        let rows = self.each(|part| holder.take(part.spans.at(self.last(), &question)?))?;
        let mut header = self.header.clone();
        self.learn(&mut header, &statistics);
        let (snapshot, holder) = (self.snapshot.clone(), Arc::new(holder));
        Ok(Profile::of_rows(header, statistics, question, snapshot, rows, holder, self.settings.threads, self.stop.clone()))
    }

    /// Finds what the columns need at each of some moments.
    pub fn drawing(&self, columns: Vec<&'static Column>, thresholds: Thresholds, wanted: impl Fn(usize) -> bool) -> Result<Drawing, Error> {
        let question = ProfileQuestion { columns, ..self.question.clone() };
        let last = self.draw(self.last(), &question)?;
        let mut of_moments = Vec::with_capacity(self.moments.all().len());
        for moment in 0..self.last() {
            self.go_on()?;
            of_moments.push(match thresholds {
                _ if !wanted(moment) => last.clone(),
                Thresholds::OfEach => {
                    self.draw(moment, &ProfileQuestion { predictions: self.models[moment].clone(), ..question.clone() })?
                }
                Thresholds::OfTheLast => {
                    let fixed = fixed(&last.1, &question.thresholds);
                    self.draw(moment, &ProfileQuestion { thresholds: fixed, ..question.clone() })?
                }
            });
        }
        of_moments.push(last);
        Ok(Drawing { of_moments })
    }

    fn draw(&self, moment: usize, question: &ProfileQuestion) -> Result<(ProfileQuestion, Statistics), Error> {
        let question = question.at(self.moments.all()[moment].clone());
        let is_known = moment != self.last() && !question.ranks_buyers() && !question.finds_thresholds();
        let mut vectors = Vec::new();
        if !is_known {
            let again = |place: usize| std::mem::take(&mut *self.vectors[place].lock().unwrap_or_else(PoisonError::into_inner));
            vectors = self.each(|part| Ok(vectors_at(&part.spans, moment, &question, again(part.place))?))?;
            vectors.push(self.ended[moment].clone());
        }
        let statistics = statistics_of(&vectors, &question);
        for (own, vectors) in self.vectors.iter().zip(vectors) {
            *own.lock().unwrap_or_else(PoisonError::into_inner) = vectors;
        }
        Ok((question, statistics))
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.stop.load(Ordering::Relaxed) { Err(Error::Stopped) } else { Ok(()) }
    }

    /// What `work` finds in each part of the customers, in the order of their keys.
    pub fn each<T: Send>(&self, work: impl Fn(&Part<'_>) -> Result<T, Error> + Sync) -> Result<Vec<T>, Error> {
        let of_part = |(place, held): (usize, &Held)| {
            self.go_on()?;
            work(&Part { spans: Spans::of_batch(self.holder.give(held)?)?, place, history: self })
        };
        self.pool.install(|| self.spans.par_iter().enumerate().map(of_part).collect())
    }

    /// What buyers had spent at a moment, those whose money is known.
    pub fn spent_by_buyers(&self, moment: usize) -> Result<Vec<i64>, Error> {
        let asked =
            ["amount_spent", "number_of_orders"].map(|name| columns::find(name).unwrap_or_else(|| unreachable!("`{name}` is a column")));
        let question = ProfileQuestion { columns: asked.into(), ..self.question.clone() };
        let parts = self.each(|part| {
            let rows = part.spans.at(moment, &question)?;
            let spent = amounts(&rows, "amount_spent");
            let orders = rows.column(rows.schema().index_of("number_of_orders")?).as_primitive::<arrow::datatypes::Int64Type>();
            let buyers = (0..rows.num_rows()).filter(|row| orders.value(*row) > 0 && spent.is_valid(*row));
            Ok(buyers.map(|row| spent.value(row)).collect::<Vec<i64>>())
        })?;
        Ok(parts.concat())
    }
}

/// Thresholds as they were found, for other moments.
fn fixed(found: &Statistics, settings: &ThresholdSettings) -> ThresholdSettings {
    ThresholdSettings {
        usual_gap_days: found.usual_gap.map(|found| found.value),
        last_call_days: found.last_call.map(|found| found.value),
        loyal_window_days: found.loyal_window.map(|found| found.value),
        ..settings.clone()
    }
}

/// Some customers, at every moment.
pub(crate) struct Part<'a> {
    spans: Spans,
    /// Which of the parts.
    place: usize,
    history: &'a History,
}

/// The class of each customer of a part at each moment.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// Ascending.
    pub keys: Vec<u64>,
    /// By moment that was wanted, oldest first, then by customer; [`UNKNOWN`] of one who is not known yet.
    pub classes: Vec<Vec<u8>>,
    /// The same of net spending so far, in ten-thousandths; nothing where it is not known.
    pub spent: Vec<Vec<i64>>,
}

/// Not known to the store.
pub(crate) const UNKNOWN: u8 = u8::MAX;

impl Lives {
    /// The columns that the classes of a partition and money take.
    pub fn columns(partition: &str) -> Result<Vec<&'static Column>, Error> {
        let mut columns = crate::profile::named(&[partition.to_owned(), "amount_spent".to_owned()])?;
        columns.push(columns::customer_key());
        Ok(columns)
    }
}

/// Moments in order, each once.
pub(crate) fn ascending(mut moments: Vec<AsOf>) -> Result<Moments, Error> {
    moments.sort_by_key(|as_of| as_of.instant);
    moments.dedup_by_key(|as_of| as_of.instant);
    Ok(Moments::new(moments)?)
}

impl Part<'_> {
    /// The rows of a moment, with the columns of the drawing.
    pub fn rows(&self, drawing: &Drawing, moment: usize) -> Result<RecordBatch, Error> {
        let (question, statistics) = drawing.of(moment);
        Ok(second_pass(self.spans.at(moment, question)?, statistics, question)?)
    }

    /// Classes and money at some moments; the drawing has the partition, `amount_spent` and the customer's key.
    pub fn lives(&self, drawing: &Drawing, moments: &[usize], partition: &Partition) -> Result<Lives, Error> {
        let mut lives = Lives { keys: self.keys()?, ..Lives::default() };
        for moment in moments {
            let rows = self.rows(drawing, *moment)?;
            let customers = customers_of(keys(&rows)?, &lives.keys);
            let spent = spent(&rows)?;
            let mut money = vec![0; lives.keys.len()];
            for (row, customer) in customers.iter().enumerate().filter(|(row, _)| spent.is_valid(*row)) {
                money[*customer] = spent.value(row);
            }
            lives.classes.push(partition.classes_of(&rows, &customers, lives.keys.len()));
            lives.spent.push(money);
        }
        Ok(lives)
    }

    /// Classes alone, in several partitions; the drawing has them and the customer's key.
    pub fn classes_in(&self, drawing: &Drawing, moments: &[usize], partitions: &[Partition]) -> Result<Vec<Vec<Vec<u8>>>, Error> {
        let known = self.keys()?;
        let mut classes: Vec<Vec<Vec<u8>>> = partitions.iter().map(|_| Vec::with_capacity(moments.len())).collect();
        for moment in moments {
            let rows = self.rows(drawing, *moment)?;
            let customers = customers_of(keys(&rows)?, &known);
            for (classes, partition) in classes.iter_mut().zip(partitions) {
                classes.push(partition.classes_of(&rows, &customers, known.len()));
            }
        }
        Ok(classes)
    }

    /// The keys of all customers known at the last moment.
    fn keys(&self) -> Result<Vec<u64>, Error> {
        let only_keys = ProfileQuestion { columns: vec![columns::customer_key()], ..self.history.question.clone() };
        Ok(keys(&self.spans.at(self.history.last(), &only_keys)?)?.to_vec())
    }
}

/// The place of each key among those of all customers. Whoever is known at a moment is known at the last one; both ascend.
fn customers_of(keys: &[u64], known: &[u64]) -> Vec<usize> {
    let mut customer = 0;
    let place = |key: &u64| {
        while known[customer] < *key {
            customer += 1;
        }
        customer
    };
    keys.iter().map(place).collect()
}

/// A partition and its classes, in the order in which they are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Partition {
    pub column: String,
    pub classes: Vec<String>,
    /// As people call them.
    pub names: Vec<String>,
}

impl Partition {
    /// The class of each of so many customers, given the customer of each row.
    fn classes_of(&self, rows: &RecordBatch, customers: &[usize], known: usize) -> Vec<u8> {
        let class = repeated(rows, &self.column);
        let places: Vec<u8> = class.values().iter().map(|id| self.place(id)).collect();
        let mut classes = vec![UNKNOWN; known];
        for (row, customer) in customers.iter().enumerate() {
            classes[*customer] = class.code(row).map_or(UNKNOWN, |code| places[code]);
        }
        classes
    }

    /// The place of a class in the lists of classes; [`UNKNOWN`] of one that there is not.
    pub fn place(&self, id: Option<&str>) -> u8 {
        self.classes.iter().position(|class| Some(class.as_str()) == id).map_or(UNKNOWN, |place| place as u8)
    }
}

impl Workspace {
    /// A partition by its name: those of the catalogue, and the groups of the RFM map in force.
    pub(crate) fn partition(&self, name: &str) -> Result<Partition, Error> {
        // People write life-stage as readily as life_stage.
        let name = name.replace('-', "_");
        if name == "rfm_group" {
            let map = self.rfm_map(&RfmAsk::default())?;
            let groups = map.groups.iter().map(|group| (group.id.clone(), group.name.clone()));
            let nobody = (quintile_catalog::rfm::NOBODY.to_owned(), "Prospects".to_owned());
            let (classes, names) = groups.chain([nobody]).unzip();
            return Ok(Partition { column: name, classes, names });
        }
        let partition = self.catalog.partition(&name)?;
        let (classes, names) = partition.classes.iter().map(|class| (class.id.clone(), class.name.clone())).unzip();
        Ok(Partition { column: partition.id.clone(), classes, names })
    }
}

fn lacking(name: &str) -> Error {
    Error::Answer(format!("the profile lacks `{name}`"))
}

fn keys(rows: &RecordBatch) -> Result<&[u64], Error> {
    let name = columns::customer_key().name;
    let array = rows.column_by_name(name).and_then(|array| array.as_primitive_opt::<UInt64Type>()).ok_or_else(|| lacking(name))?;
    Ok(array.values())
}

fn spent(rows: &RecordBatch) -> Result<&arrow::array::Decimal64Array, Error> {
    let name = "amount_spent";
    rows.column_by_name(name).and_then(|array| array.as_primitive_opt::<Decimal64Type>()).ok_or_else(|| lacking(name))
}
