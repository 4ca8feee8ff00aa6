//! Who went from which class to which, which flows are unusual now, how many change class a day, and one customer's path.

use crate::annotations::before_each;
use crate::every::{self, Every, moments_of_life};
use crate::history::{History, Lives, Partition, Thresholds, UNKNOWN, ascending};
use crate::past::{Past, months_back};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk, When, header};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Decimal64Type;
use quintile_insight::flicker::Flicker;
use quintile_insight::movement::control::{Control, Flow, LEAST_PAST, Verdict, control};
use quintile_insight::movement::{Arrow, Matrix};
use quintile_model::columns::repeated;
use quintile_model::{AsOf, Money};
use quintile_profile::history::{Moments, history_pass};
use quintile_profile::{columns, facts_needed, second_pass};
use std::sync::{Mutex, PoisonError};

/// Between which moments, in which partition.
#[derive(Debug, Clone, Default)]
pub struct MovementAsk {
    /// The second moment.
    pub when: When,
    /// The first one; a calendar month earlier when `None`.
    pub from: Option<String>,
    /// The partition.
    pub partition: String,
    /// Each moment by its own thresholds, rather than both by those of the second.
    pub own_thresholds: bool,
}

/// Fewer customers than this say nothing of a month.
const LEAST_CUSTOMERS: u64 = 30;

/// The arrows of two moments.
pub(crate) struct Moved {
    pub header: Header,
    pub partition: Partition,
    pub from: AsOf,
    pub to: AsOf,
    pub matrix: Matrix,
}

/// A flow of the last month, and what the months before say of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    /// The class before; `None` of customers who are new.
    pub from: Option<usize>,
    pub to: usize,
    pub arrow: Arrow,
    pub share: Option<f64>,
    pub control: Control,
}

impl Workspace {
    /// Each arrow between two classes with its customers and money.
    pub fn movement(&self, ask: &MovementAsk) -> Result<Answer, Error> {
        let moved = self.moved(ask)?;
        let arrows: Vec<(Option<usize>, usize, Arrow)> = moved.arrows().collect();
        let before = |from: Option<usize>| from.map(|class| moved.matrix.balance(class).before.customers);
        let share = |(from, _, arrow): &(Option<usize>, usize, Arrow)| {
            before(*from).filter(|before| *before > 0).map(|before| arrow.customers as f64 / before as f64)
        };
        let columns = vec![
            AnswerColumn::text("from", arrows.iter().map(|arrow| Some(moved.partition.id(arrow.0)))),
            AnswerColumn::text("to", arrows.iter().map(|arrow| Some(moved.partition.id(Some(arrow.1))))),
            AnswerColumn::count("customers", arrows.iter().map(|arrow| Some(arrow.2.customers))),
            AnswerColumn::share("of_class_share", arrows.iter().map(share)),
            AnswerColumn::amount("revenue", arrows.iter().map(|arrow| Money::from_sum(arrow.2.spent))),
            AnswerColumn::amount("spent_between", arrows.iter().map(|arrow| Money::from_sum(arrow.2.between))),
        ];
        let notes = moved.notes(ask.own_thresholds);
        Answer::new(moved.header, columns, notes)
    }

    /// What became of each class: who stayed, left, entered and is new.
    pub fn balance(&self, ask: &MovementAsk) -> Result<Answer, Error> {
        let moved = self.moved(ask)?;
        let balances: Vec<_> = (0..moved.partition.classes.len()).map(|class| moved.matrix.balance(class)).collect();
        let count = |name: &str, of: fn(&quintile_insight::movement::Balance) -> Arrow| {
            AnswerColumn::count(name, balances.iter().map(|balance| Some(of(balance).customers)))
        };
        let money = |name: &str, of: &dyn Fn(&quintile_insight::movement::Balance) -> i128| {
            AnswerColumn::amount(name, balances.iter().map(|balance| Money::from_sum(of(balance))))
        };
        let columns = vec![
            AnswerColumn::text(&moved.partition.column, moved.partition.classes.iter().map(|id| Some(id.clone()))),
            count("before", |balance| balance.before),
            count("stayed", |balance| balance.stayed),
            count("left", |balance| balance.left),
            count("entered", |balance| balance.entered),
            count("new", |balance| balance.new),
            count("now", |balance| balance.now),
            money("revenue_before", &|balance| balance.before.spent - balance.before.between),
            money("revenue_left", &|balance| balance.left.spent),
            money("revenue_entered", &|balance| balance.entered.spent),
            money("revenue_now", &|balance| balance.now.spent),
        ];
        let notes = moved.notes(ask.own_thresholds);
        Answer::new(moved.header, columns, notes)
    }

    fn moved(&self, ask: &MovementAsk) -> Result<Moved, Error> {
        let partition = self.partition(&ask.partition)?;
        let stand = self.stand(&ask.when)?;
        let to = stand.as_of.clone();
        let from = match &ask.from {
            Some(text) => every::date(&stand, text)?,
            None => {
                let month_ago = quintile_model::time::StoreZone::date_of(to.day()).saturating_sub(jiff::Span::new().months(1));
                AsOf::start_of(month_ago, &to.zone).ok_or_else(|| Error::Usage(format!("{month_ago} is beyond the calendar")))?
            }
        };
        if from.instant >= to.instant {
            let (from, to) = (every::shown(&from), every::shown(&to));
            return Err(Error::Usage(format!("movement goes from an earlier date to a later one, and {from} is not before {to}")));
        }
        let columns = Lives::columns(&partition.column)?;
        let moments = Moments::new(vec![from.clone(), to.clone()])?;
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let thresholds = if ask.own_thresholds { Thresholds::OfEach } else { Thresholds::OfTheLast };
        let drawing = history.drawing(columns, thresholds, |_| true)?;
        let parts = history.each(|part| {
            let lives = part.lives(&drawing, &[0, 1], &partition)?;
            let mut matrix = Matrix::new(partition.classes.len());
            add(&mut matrix, &lives, 0, 1);
            Ok(matrix)
        })?;
        let mut matrix = Matrix::new(partition.classes.len());
        parts.iter().for_each(|part| matrix.merge(part));
        Ok(Moved { header: history.profile_header(&drawing), partition, from, to, matrix })
    }

    /// Every flow of the last month against the months before it.
    pub fn flows(&self, when: &When, partition: &str) -> Result<Answer, Error> {
        let partition = self.partition(partition)?;
        let stand = self.stand(when)?;
        let columns = Lives::columns(&partition.column)?;
        let moments = ascending(months_back(&stand))?;
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let past = history.past(&drawing);
        let matrices = Mutex::new(month_matrices(&past, &partition));
        history.each(|part| {
            let lives = part.lives(&drawing, &past.places, &partition)?;
            add_months(&mut matrices.lock().unwrap_or_else(PoisonError::into_inner), &lives);
            Ok(())
        })?;
        let watched = watched(&matrices.into_inner().unwrap_or_else(PoisonError::into_inner));
        let limit = |of: fn((f64, f64)) -> f64| watched.iter().map(move |flow| flow.control.limits.map(of)).collect::<Vec<_>>().into_iter();
        let columns = vec![
            AnswerColumn::text("from", watched.iter().map(|flow| Some(partition.id(flow.from)))),
            AnswerColumn::text("to", watched.iter().map(|flow| Some(partition.id(Some(flow.to))))),
            AnswerColumn::count("customers", watched.iter().map(|flow| Some(flow.arrow.customers))),
            AnswerColumn::amount("revenue", watched.iter().map(|flow| Money::from_sum(flow.arrow.spent))),
            AnswerColumn::share("share", watched.iter().map(|flow| flow.share)),
            AnswerColumn::share("usual_share", watched.iter().map(|flow| flow.control.centre)),
            AnswerColumn::share("lower_share", limit(|limits| limits.0)),
            AnswerColumn::share("upper_share", limit(|limits| limits.1)),
            AnswerColumn::count("months", watched.iter().map(|flow| Some(flow.control.months as u64))),
            AnswerColumn::text("verdict", watched.iter().map(|flow| Some(flow.control.verdict.id().to_owned()))),
        ];
        let mut notes = flow_notes(&watched);
        if let Some(stretch) = before_each(history.moments.all()).last() {
            notes.extend(self.read_annotations()?.within(*stretch).map(|one| format!("in the last month: {}", one.words())));
        }
        Answer::new(history.profile_header(&drawing), columns, notes)
    }

    /// How many change their class a day, in each partition, over so many days.
    pub fn flicker(&self, when: &When, days: u16) -> Result<Answer, Error> {
        if days == 0 {
            return Err(Error::Usage("a stretch of days has at least one".to_owned()));
        }
        let stand = self.stand(when)?;
        let partitions = PARTITIONS.map(|name| self.partition(name)).into_iter().collect::<Result<Vec<_>, _>>()?;
        let moments = ascending(days_back(&stand, days))?;
        let mut columns = crate::profile::named(&PARTITIONS.map(str::to_owned))?;
        columns.push(columns::customer_key());
        let (history, _) = self.history_of(stand, moments, columns, &RfmAsk::default(), |_, _| Ok(()))?;
        let places: Vec<usize> = (0..=history.last()).collect();
        let found = history.flicker(&places, &partitions)?;
        let columns = vec![
            AnswerColumn::text("partition", partitions.iter().map(|partition| Some(partition.column.clone()))),
            AnswerColumn::count("days", found.iter().map(|flicker| Some(flicker.days.len() as u64))),
            AnswerColumn::number("changes_a_day", found.iter().map(Flicker::a_day)),
            AnswerColumn::share("a_day_share", found.iter().map(Flicker::share_a_day)),
            AnswerColumn::count("most_a_day", found.iter().map(Flicker::most)),
            AnswerColumn::count("customers", found.iter().map(|flicker| Some(flicker.customers))),
            AnswerColumn::count("changed", found.iter().map(|flicker| Some(flicker.changed))),
            AnswerColumn::count("there_and_back", found.iter().map(|flicker| Some(flicker.back))),
        ];
        Answer::new(history.header.clone(), columns, vec![FLICKER_NOTE.to_owned()])
    }

    /// The classes of one customer at each month end, week or day of their life; where nothing changes, nothing is said.
    pub fn path(&self, when: &When, asked: &str, every: Every) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let moments = moments_of_life(&stand, every, None)?;
        let mut columns = crate::profile::named(&PARTITIONS.map(str::to_owned))?;
        columns.extend(Lives::columns(PARTITIONS[0])?.into_iter().skip(1));
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let key = self.find(history.snapshot(), asked)?;
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let facts = history.snapshot().customer(key, &facts_needed(history.question()))?;
        if facts.keys.is_empty() {
            return Err(Error::UnknownCustomer(asked.to_owned()));
        }
        let own = history_pass(&facts, history.question(), &history.moments)?;
        let mut steps: Vec<(String, Vec<String>, Option<Money>)> = Vec::new();
        for (place, as_of) in history.moments.all().iter().enumerate() {
            let (question, statistics) = drawing.of(place);
            let row = second_pass(own.spans.at(place, question)?, statistics, question)?;
            if row.num_rows() == 0 {
                continue;
            }
            let classes = classes_of(&row);
            if steps.last().is_none_or(|last| last.1 != classes) {
                steps.push((every::shown(as_of), classes, spent_of(&row)));
            }
        }
        let mut columns = vec![AnswerColumn::text("date", steps.iter().map(|step| Some(step.0.clone())))];
        for (at, name) in PARTITIONS.iter().enumerate() {
            columns.push(AnswerColumn::text(name, steps.iter().map(|step| Some(step.1[at].clone()))));
        }
        columns.push(AnswerColumn::amount("amount_spent", steps.iter().map(|step| step.2)));
        let notes = vec![
            "a line for each date at which a class is another than at the one before; life stages, buying groups and retention by the thresholds of the last date".to_owned(),
        ];
        Answer::new(history.profile_header(&drawing), columns, notes)
    }
}

fn classes_of(row: &RecordBatch) -> Vec<String> {
    PARTITIONS.iter().map(|name| repeated(row, name).get(0).unwrap_or_default().to_owned()).collect()
}

fn spent_of(row: &RecordBatch) -> Option<Money> {
    let spent = row.column_by_name("amount_spent")?.as_primitive_opt::<Decimal64Type>()?;
    spent.is_valid(0).then(|| Money(spent.value(0)))
}

/// Partitions that are looked at together.
pub(crate) const PARTITIONS: [&str; 5] = ["life_stage", "retention_state", "rfm_group", "buying_group", "core_group"];

const FLICKER_NOTE: &str = "classes of neighbouring days, each by the thresholds of its own day; there_and_back: customers who end the days in the class in which they began them, and were elsewhere between";

/// The moment that is asked for, and the beginnings of so many days before it.
pub(crate) fn days_back(stand: &Stand, days: u16) -> Vec<AsOf> {
    let today = quintile_model::time::StoreZone::date_of(stand.as_of.day());
    let start = |back: u16| AsOf::start_of(today.saturating_sub(jiff::Span::new().days(i64::from(back))), &stand.as_of.zone);
    (1..=days).filter_map(start).chain([stand.as_of.clone()]).collect()
}

impl History {
    /// How many change class from each moment to the next, by each moment's own thresholds.
    pub(crate) fn flicker(&self, places: &[usize], partitions: &[Partition]) -> Result<Vec<Flicker>, Error> {
        let names: Vec<String> = partitions.iter().map(|partition| partition.column.clone()).collect();
        let mut columns = crate::profile::named(&names)?;
        columns.push(columns::customer_key());
        let drawing = self.drawing(columns, Thresholds::OfEach, |place| places.contains(&place))?;
        let parts = self.each(|part| {
            let classes = part.classes_in(&drawing, places, partitions)?;
            Ok(classes.iter().map(|classes| flicker(classes)).collect::<Vec<_>>())
        })?;
        let mut all = vec![Flicker::default(); partitions.len()];
        parts.iter().for_each(|part| all.iter_mut().zip(part).for_each(|(own, other)| own.merge(other)));
        Ok(all)
    }
}

fn flicker(classes: &[Vec<u8>]) -> Flicker {
    let mut found = Flicker::default();
    found.add(classes, UNKNOWN);
    found
}

impl Partition {
    /// The id of a class, or of no class yet.
    pub fn id(&self, class: Option<usize>) -> String {
        class.and_then(|class| self.classes.get(class)).cloned().unwrap_or_else(|| "(new)".to_owned())
    }

    /// The same as people call it.
    pub fn name(&self, class: Option<usize>) -> String {
        class.and_then(|class| self.names.get(class)).cloned().unwrap_or_else(|| "New to the store".to_owned())
    }
}

impl Moved {
    /// Arrows with anybody on them, by class before, those who are new last.
    pub fn arrows(&self) -> impl Iterator<Item = (Option<usize>, usize, Arrow)> + '_ {
        arrows(&self.matrix).filter(|(_, _, arrow)| arrow.customers > 0)
    }

    fn notes(&self, own_thresholds: bool) -> Vec<String> {
        let by = if own_thresholds {
            "each date by its own thresholds, so that a customer can have moved because a threshold did"
        } else if ["rfm_group", "buying_group", "core_group"].contains(&self.partition.column.as_str()) {
            "both dates by the thresholds in days of the later; scores and percentiles rank the buyers of each date"
        } else {
            "both dates by the thresholds of the later, so that who moved did something, or let time go by"
        };
        vec![
            format!("from {} to {}: {by}", every::shown(&self.from), every::shown(&self.to)),
            "revenue: what these customers had spent by the later date; spent_between: what of it between the two".to_owned(),
        ]
    }
}

fn arrows(matrix: &Matrix) -> impl Iterator<Item = (Option<usize>, usize, Arrow)> + '_ {
    let classes = matrix.classes();
    let from = (0..classes).map(Some).chain([None]);
    from.flat_map(move |from| (0..classes).map(move |to| (from, to, matrix.arrow(from, to))))
}

/// Adds the customers of a part, from one of its moments to another.
fn add(matrix: &mut Matrix, lives: &Lives, from: usize, to: usize) {
    for customer in 0..lives.keys.len() {
        let class = |place: usize| Some(lives.classes[place][customer]).filter(|class| *class != UNKNOWN).map(usize::from);
        if let Some(now) = class(to) {
            matrix.add(class(from), now, lives.spent[from][customer], lives.spent[to][customer]);
        }
    }
}

/// A matrix from each moment to the next.
pub(crate) fn month_matrices(past: &Past, partition: &Partition) -> Vec<Matrix> {
    vec![Matrix::new(partition.classes.len()); past.places.len().saturating_sub(1)]
}

pub(crate) fn add_months(matrices: &mut [Matrix], lives: &Lives) {
    for (start, matrix) in matrices.iter_mut().enumerate() {
        add(matrix, lives, start, start + 1);
    }
}

/// Flows from one class to another in the last month, against those before: the unusual ones first, then the largest.
pub(crate) fn watched(months: &[Matrix]) -> Vec<Watched> {
    let Some((now, past)) = months.split_last() else { return Vec::new() };
    let flow = |matrix: &Matrix, from: Option<usize>, to: usize| Flow {
        stood: from.map_or_else(|| matrix.known_before(), |class| matrix.balance(class).before.customers),
        moved: matrix.arrow(from, to).customers,
    };
    let ever = |from: Option<usize>, to: usize| months.iter().any(|matrix| matrix.arrow(from, to).customers > 0);
    let mut watched: Vec<Watched> = arrows(now)
        .filter(|(from, to, _)| *from != Some(*to) && ever(*from, *to))
        .map(|(from, to, arrow)| {
            let before: Vec<Flow> = past.iter().map(|matrix| flow(matrix, from, to)).collect();
            let of_now = flow(now, from, to);
            Watched { from, to, arrow, share: of_now.share(), control: control(&before, of_now, LEAST_CUSTOMERS) }
        })
        .collect();
    let rank = |flow: &Watched| match flow.control.verdict {
        Verdict::More | Verdict::Fewer => 0,
        Verdict::Usual | Verdict::Unknown => 1,
    };
    watched.sort_by(|a, b| rank(a).cmp(&rank(b)).then(b.arrow.customers.cmp(&a.arrow.customers)));
    watched
}

pub(crate) fn flow_notes(watched: &[Watched]) -> Vec<String> {
    let unusual = watched.iter().filter(|flow| matches!(flow.control.verdict, Verdict::More | Verdict::Fewer)).count();
    let known = watched.iter().filter(|flow| flow.control.limits.is_some()).count();
    let mut notes = Vec::new();
    if known == 0 {
        notes.push(format!("the past is too short for limits: they rest on {LEAST_PAST} months before the last, of at least {LEAST_CUSTOMERS} customers who could have moved"));
        return notes;
    }
    notes.push(format!("{unusual} of {} beyond the limits", header::counted(known as u64, "flow lies", "flows lie")));
    notes.push(
        "share: of the customers in the class a month ago, those who moved so (of all customers known then, for who is new); limits: mean of the months before, three standard deviations by their moving ranges (control chart of individuals), never nearer than chance alone".to_owned(),
    );
    notes.push("a flow beyond its limits calls for a reason to be looked for; a season of its own is one".to_owned());
    notes
}
