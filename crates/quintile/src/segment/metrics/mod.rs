//! What do the customers of each segment bring, how do they behave, and how does that change month by month?
//!
//! - `definitions`: what each metric is, and what a store that does not know it lacks.
//! - `moments`: every customer at several moments, from one reading of the facts.
//! - `members`: who is in which group, and what is read of them.

mod definitions;
mod members;
mod moments;

pub(crate) use definitions::{Heard, METRICS, Metric, Value};
use members::{Groups, SumsOf};

use crate::annotations::{Stretch, before_each};
use crate::every::{Every, moments_of_life, shown};
use crate::segment::members::MemberSet;
use crate::segment::{Asked, SegmentAsk, own};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, When};
use jiff::Span;
use quintile_insight::metrics::Sums;
use quintile_model::AsOf;
use quintile_model::time::StoreZone;

/// Which customers are told apart.
#[derive(Debug, Clone)]
pub enum MetricsOf {
    /// By a column that puts each customer in one class: a partition, or a kind such as `country`.
    Classes(String),
    /// Segments, each with its values of `$parameters`.
    Segments(Vec<(Asked, Vec<(String, String)>)>),
}

/// Which metrics are asked for.
#[derive(Debug, Clone)]
pub struct MetricsAsk {
    /// The moment, which is the last of a trend.
    pub when: When,
    /// Whose.
    pub of: MetricsOf,
    /// The same at each of these moments of the store's life as well.
    pub trend: Option<Every>,
    /// A trend not before this date; from the first order on when `None`.
    pub from: Option<String>,
    /// Classes at the most, those with the most customers; partitions show all.
    pub most: usize,
}

/// One row: a group at a moment.
pub(crate) struct MetricsRow {
    /// The moment, as people read it.
    pub date: String,
    /// The days since the moment before.
    pub stretch: Stretch,
    /// The segment or class.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// `None` where nobody knows who is in it.
    pub sums: Option<Sums>,
}

/// Metrics as they were found.
pub(crate) struct FoundMetrics {
    pub header: Header,
    pub heard: Heard,
    pub rows: Vec<MetricsRow>,
    notes: Vec<String>,
    /// What the first column is called.
    of: String,
}

/// The id of the row of everybody.
pub(crate) const EVERYBODY: &str = "(all)";

impl Workspace {
    /// Sixteen metrics of each segment, or each class, and of all customers.
    pub fn segment_metrics(&self, ask: &MetricsAsk) -> Result<Answer, Error> {
        let found = self.find_metrics(ask)?;
        let rows = &found.rows;
        let mut columns = Vec::new();
        if ask.trend.is_some() {
            columns.push(AnswerColumn::text("date", rows.iter().map(|row| Some(row.date.clone()))));
        }
        columns.push(AnswerColumn::text(&found.of, rows.iter().map(|row| Some(row.id.clone()))));
        columns.extend(METRICS.iter().map(|metric| metric.column(&found.heard, rows.iter().map(|row| row.sums.as_ref()))));
        if ask.trend.is_some() {
            columns.extend(self.read_annotations()?.column(rows.iter().map(|row| Some(row.stretch))));
        }
        Answer::new(found.header.clone(), columns, found.notes.clone())
    }

    /// What each metric is.
    pub fn metric_definitions(&self) -> Result<Answer, Error> {
        let text = |name: &str, of: fn(&Metric) -> &'static str| {
            AnswerColumn::text(name, METRICS.iter().map(move |metric| Some(of(metric).to_owned()).filter(|text| !text.is_empty())))
        };
        Answer::list(vec![
            text("metric", |metric| metric.name),
            text("unit", |metric| metric.unit),
            text("needs", |metric| metric.lacks),
            text("meaning", |metric| metric.meaning),
        ])
    }

    pub(crate) fn find_metrics(&self, ask: &MetricsAsk) -> Result<FoundMetrics, Error> {
        let stand = self.stand(&ask.when)?;
        let wanted = match ask.trend {
            Some(every) => moments_of_life(&stand, every, ask.from.as_deref())?.all().to_vec(),
            None => vec![stand.as_of.clone()],
        };
        // A month before each moment is who was active then.
        let mut moments: Vec<AsOf> = wanted.iter().filter_map(month_before).filter(|before| knows(&stand, before)).collect();
        moments.extend(wanted.iter().cloned());
        moments.sort_by_key(|as_of| as_of.instant);
        moments.dedup_by_key(|as_of| as_of.instant);
        let groups = self.groups(&stand, &ask.of, &moments)?;
        let read = self.at_moments(&stand, moments, &groups.columns()?)?;
        let found = groups.sums(&read, &wanted)?;
        let mut header = read.header.clone();
        header.customers = Some(read.customers());
        if !groups.rests_on_thresholds() {
            header.thresholds.clear();
        }
        let (rows, mut notes) = groups.rows(&found, &wanted, ask.most);
        let (heard, known) = (Heard::of(&read.snapshot, &found.everybody), || found.everybody.iter());
        let lacking: Vec<&Metric> = METRICS.iter().filter(|metric| !metric.lacks.is_empty() && !metric.is_known(&heard, known())).collect();
        for of_lack in lacking.chunk_by(|a, b| a.lacks == b.lacks) {
            let names = of_lack.iter().map(|metric| metric.name).collect::<Vec<_>>().join(", ");
            notes.push(format!("{names}: not known; the store lacks {}", of_lack[0].lacks));
        }
        notes.push("`--definitions` says what each metric is; `(all)` is every customer, each once".to_owned());
        if ask.trend.is_some() {
            notes.push("each date by what was known then: facts before it count, and classes go by the thresholds found at it".to_owned());
        }
        Ok(FoundMetrics { header, heard, rows, notes, of: groups.title().to_owned() })
    }

    /// Segments are asked moment by moment; classes are read with everything else.
    fn groups(&self, stand: &Stand, of: &MetricsOf, moments: &[AsOf]) -> Result<Groups, Error> {
        let asked = match of {
            MetricsOf::Classes(name) => return self.classes_of_column(name),
            MetricsOf::Segments(asked) => asked,
        };
        if asked.is_empty() {
            return Err(Error::Usage("name segments, write one with --query TEXT, or ask for --partition life_stage".to_owned()));
        }
        let mut names = Vec::new();
        let mut members = vec![Vec::with_capacity(asked.len()); moments.len()];
        let mut lacks = Vec::new();
        for (of, parameters) in asked {
            let ask = SegmentAsk { when: When::Latest, of: of.clone(), parameters: parameters.clone() };
            let vocabulary = self.words_for(of, parameters)?;
            let program = self.segment_plan(of, &vocabulary)?.program();
            for (at, as_of) in moments.iter().enumerate() {
                let ran = self.run_program(&Stand { as_of: as_of.clone(), ..stand.clone() }, program.clone())?;
                members[at].push(ran.members.first().map(MemberSet::keys).unwrap_or_default());
                if at + 1 == moments.len() {
                    lacks.push(ran.lacks.into_iter().next().unwrap_or_default());
                }
            }
            names.push(self.name_of(&ask.of)?);
        }
        Ok(Groups::Segments { names, members, lacks })
    }

    /// The id and the name for people of a segment; of a text both are the text.
    fn name_of(&self, of: &Asked) -> Result<(String, String), Error> {
        let words = of.words().to_owned();
        Ok(match of {
            Asked::Name(name) => (words, self.segment(name)?.name),
            Asked::Draft(name) => {
                let own = self.own_named(name, own::Meaning::Files)?;
                (words, own.map_or_else(|| name.clone(), |own| own.name))
            }
            Asked::Text(_) => (words.clone(), words),
        })
    }
}

/// A calendar month before, as movement reckons it: the beginning of that day.
fn month_before(as_of: &AsOf) -> Option<AsOf> {
    let date = StoreZone::date_of(as_of.day()).saturating_sub(Span::new().months(1));
    AsOf::start_of(date, &as_of.zone)
}

/// Is there any order or refund before it?
fn knows(stand: &Stand, as_of: &AsOf) -> bool {
    stand.first_fact.is_some_and(|first| first < as_of.instant)
}

impl SumsOf {
    /// Of a group at a moment; nobody where it has no members.
    fn of(&self, moment: usize, id: &str) -> Sums {
        self.groups.get(moment).and_then(|groups| groups.get(id)).cloned().unwrap_or_default()
    }
}

impl Groups {
    fn rows(&self, found: &SumsOf, wanted: &[AsOf], most: usize) -> (Vec<MetricsRow>, Vec<String>) {
        let mut notes = Vec::new();
        let groups: Vec<(String, String)> = match self {
            Groups::Segments { names, lacks, .. } => {
                for ((id, _), lacks) in names.iter().zip(lacks).filter(|(_, lacks)| !lacks.is_empty()) {
                    notes.push(format!("`{id}`: not known; it rests on {}, which the store lacks", lacks.join(", ")));
                }
                names.clone()
            }
            Groups::Classes { listed: Some(listed), .. } => listed.clone(),
            Groups::Classes { column, .. } => {
                let last = found.groups.last();
                let mut all: Vec<(&String, u64)> = last.into_iter().flatten().map(|(id, sums)| (id, sums.customers)).collect();
                all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
                if all.len() > most {
                    notes.push(format!(
                        "{most} of {} classes of `{}` shown, those with the most customers; --top N shows more",
                        all.len(),
                        column.name
                    ));
                }
                all.into_iter().take(most).map(|(id, _)| (id.clone(), id.clone())).collect()
            }
        };
        let mut rows = Vec::with_capacity(wanted.len() * (groups.len() + 1));
        for (at, (as_of, stretch)) in wanted.iter().zip(before_each(wanted)).enumerate() {
            let date = shown(as_of);
            for (place, (id, name)) in groups.iter().enumerate() {
                let unknown = matches!(self, Groups::Segments { lacks, .. } if !lacks[place].is_empty());
                let sums = (!unknown).then(|| found.of(at, id));
                rows.push(MetricsRow { date: date.clone(), stretch, id: id.clone(), name: name.clone(), sums });
            }
            let sums = found.everybody.get(at).cloned();
            rows.push(MetricsRow { date, stretch, id: EVERYBODY.to_owned(), name: "All customers".to_owned(), sums });
        }
        (rows, notes)
    }
}
