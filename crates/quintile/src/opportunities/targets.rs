//! Targets beside what was reached: how many moved since each was set, and whether it is on course.
//!
//! Looked at a calendar month apart, from the day the target was set: whoever was in the stage at one look and in the goal
//! at the next has moved, and is counted once. Stages are drawn by the thresholds of the moment that is asked for.

use crate::history::{Lives, ascending};
use crate::plan::{Aim, AimSize, Plan};
use crate::table::AnswerColumn;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, Thresholds, When};
use jiff::civil::Date;
use quintile_catalog::Move;
use quintile_insight::opportunity::target::{Course, Target};
use quintile_model::time::DayNumber;
use quintile_model::{AsOf, StoreZone};

/// A target, and how it stands.
#[derive(Debug, Clone)]
pub(crate) struct TargetRow {
    pub stage: String,
    pub stage_name: String,
    pub goal_name: String,
    pub set_on: Date,
    pub until: Date,
    /// Customers who shall have moved; `None` of a share of customers whom nobody counted.
    pub target: Option<u64>,
    /// Who have moved since it was set; `None` where there is no store.
    pub moved: Option<u64>,
    /// Who should have moved by now, on a straight line.
    pub expected: Option<f64>,
    /// The share of its time that has gone by; `None` where there is no store.
    pub gone: Option<f64>,
    /// How it stands; `None` where there is no store.
    pub course: Option<Course>,
}

impl Workspace {
    /// Every target of a plan, held against the store.
    pub(super) fn targets(&self, when: &When, plan: &Plan, moves: &[Move]) -> Result<Vec<TargetRow>, Error> {
        let aims: Vec<(&Move, &Aim)> = moves
            .iter()
            .filter_map(|of| Some((of, plan.stage(&of.stage)?.target.as_ref()?)))
            .filter(|(of, _)| !of.goal.is_empty())
            .collect();
        if aims.is_empty() {
            return Ok(Vec::new());
        }
        let today = StoreZone::date_of(self.stand(when)?.as_of.day());
        // Targets are mostly set on one day for one day, and looked at together.
        let mut spans: Vec<(Date, Date)> = aims.iter().filter(|(_, aim)| aim.set_on <= today).map(|(_, aim)| span(aim)).collect();
        spans.sort_unstable();
        spans.dedup();
        let mut looked = Vec::with_capacity(spans.len());
        for span in spans {
            looked.push((span, self.look(when, span, moves)?));
        }
        let row_of = |(of, aim): (&Move, &Aim)| {
            let seen = looked.iter().find(|(of_span, _)| *of_span == span(aim)).map(|(_, seen)| seen);
            let at = moves.iter().position(|other| other.stage == of.stage);
            match seen.zip(at) {
                Some((seen, at)) => row(of, aim, Found { stood: Some(seen[at].stood), moved: Some(seen[at].moved), today }),
                None => row(of, aim, Found { stood: None, moved: Some(0), today }),
            }
        };
        Ok(aims.into_iter().map(row_of).collect())
    }

    /// What became of each move's stage, looked at a month apart from the beginning of a day to that of another, or to the
    /// moment that is asked for where that is earlier.
    fn look(&self, when: &When, (begin, end): (Date, Date), moves: &[Move]) -> Result<Vec<Seen>, Error> {
        let stand = self.stand(when)?;
        let today = StoreZone::date_of(stand.as_of.day());
        let dates = (0..).map(|month| begin.saturating_add(jiff::Span::new().months(month))).take_while(|date| *date < end.min(today));
        let start = |date: Date| AsOf::start_of(date, &stand.as_of.zone);
        let mut looks: Vec<AsOf> = dates.chain((end < today).then_some(end)).filter_map(start).collect();
        let places: Vec<usize> = (0..looks.len() + usize::from(end >= today)).collect();
        looks.push(stand.as_of.clone());
        let partition = self.partition(&self.catalog.guide.partition)?;
        let columns = Lives::columns(&partition.column)?;
        let (history, _) = self.history_of(stand, ascending(looks)?, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let place = |id: &str| partition.place(Some(id));
        // A union can hold the stage itself, and who stays there has not moved.
        let goal = |of: &Move| -> Vec<u8> { of.goal.iter().filter(|goal| **goal != of.stage).map(|goal| place(goal)).collect() };
        let known: Vec<(u8, Vec<u8>)> = moves.iter().map(|of| (place(&of.stage), goal(of))).collect();
        let parts = history.each(|part| {
            let classes = part.classes_in(&drawing, &places, std::slice::from_ref(&partition))?;
            Ok(known.iter().map(|(from, goal)| Seen::of(&classes[0], *from, goal)).collect::<Vec<Seen>>())
        })?;
        let mut all = vec![Seen::default(); moves.len()];
        for part in parts {
            all.iter_mut().zip(part).for_each(|(all, part)| {
                all.stood += part.stood;
                all.moved += part.moved;
            });
        }
        Ok(all)
    }
}

/// From the beginning of the day a target was set to the end of its last.
fn span(aim: &Aim) -> (Date, Date) {
    (aim.set_on, aim.until.saturating_add(jiff::Span::new().days(1)))
}

/// What became of a stage.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Customers in it at the first look.
    stood: u64,
    /// Customers who were in it at one look and in the goal at the next.
    moved: u64,
}

impl Seen {
    /// Of the classes of some customers, look by look.
    fn of(classes: &[Vec<u8>], from: u8, goal: &[u8]) -> Seen {
        let stood = classes.first().map_or(0, |first| first.iter().filter(|class| **class == from).count() as u64);
        let customers = classes.first().map_or(0, Vec::len);
        let moves = |customer: &usize| classes.windows(2).any(|pair| pair[0][*customer] == from && goal.contains(&pair[1][*customer]));
        Seen { stood, moved: (0..customers).filter(moves).count() as u64 }
    }
}

/// Targets of a plan where there is no store to hold them against.
pub(super) fn unmeasured(plan: &Plan, moves: &[Move]) -> Vec<TargetRow> {
    let aims = moves.iter().filter_map(|of| Some((of, plan.stage(&of.stage)?)));
    aims.filter_map(|(of, stage)| {
        let aim = stage.target.as_ref()?;
        Some(row(of, aim, Found { stood: stage.given.customers, moved: None, today: aim.set_on }))
    })
    .collect()
}

/// What the store shows.
struct Found {
    /// Customers in the stage when the target was set.
    stood: Option<u64>,
    moved: Option<u64>,
    today: Date,
}

fn row(of: &Move, aim: &Aim, found: Found) -> TargetRow {
    let customers = match aim.size {
        AimSize::Customers(customers) => Some(customers),
        AimSize::Share(share) => found.stood.map(|stood| Target::of_share(share, stood)),
    };
    let day = |date: Date| -> DayNumber { date.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days()) };
    let target = Target { set_on: day(aim.set_on), until: day(aim.until), customers: customers.unwrap_or(0) };
    let today = day(found.today);
    TargetRow {
        stage: of.stage.clone(),
        stage_name: of.stage_name.clone(),
        goal_name: of.goal_name.clone(),
        set_on: aim.set_on,
        until: aim.until,
        target: customers,
        moved: found.moved,
        gone: found.moved.map(|_| target.gone(today)),
        expected: found.moved.and(customers).map(|_| target.expected(today)),
        course: found.moved.filter(|_| customers.is_some() || found.today < aim.set_on).map(|moved| target.course(today, moved)),
    }
}

/// The targets of the rows of a table, as columns; empty where a row has none.
pub(super) fn columns(targets: &[TargetRow], stages: &[&str]) -> Vec<AnswerColumn> {
    let of = |stage: &&str| targets.iter().find(|target| target.stage == *stage);
    let all = || stages.iter().map(of);
    vec![
        AnswerColumn::count("target", all().map(|target| target.and_then(|target| target.target))),
        AnswerColumn::count("moved", all().map(|target| target.and_then(|target| target.moved))),
        AnswerColumn::number("expected_by_now", all().map(|target| target.and_then(|target| target.expected))),
        AnswerColumn::text("course", all().map(|target| target.and_then(|target| target.course).map(|course| course.id().to_owned()))),
    ]
}

/// One sentence a target.
pub(super) fn sentences(targets: &[TargetRow]) -> Vec<String> {
    let sentence = |row: &TargetRow| {
        let target = row.target.map_or("a share of customers not counted yet".to_owned(), |target| target.to_string());
        format!(
            "target: {target} from {} to {} from {} through {}{}",
            row.stage_name,
            row.goal_name,
            row.set_on,
            row.until,
            row.moved.map_or(String::new(), |moved| format!(", {moved} so far"))
        )
    };
    targets.iter().map(sentence).collect()
}
