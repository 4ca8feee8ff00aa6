//! Targets beside what was reached: how many moved since each was set, and whether it is on course.
//!
//! Looked at a calendar month apart, from the day the target was set: whoever was in the stage at one look and in the goal
//! at the next has moved, and is counted once. Stages are drawn by the thresholds of the moment that is asked for.

use crate::past::{self, place};
use crate::plan::{Aim, AimSize, Plan};
use crate::table::AnswerColumn;
use crate::workspace::Workspace;
use crate::{Error, When};
use jiff::civil::Date;
use quintile_catalog::Move;
use quintile_insight::opportunity::target::{Course, Target};
use quintile_model::StoreZone;
use quintile_model::time::DayNumber;

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
        let guide = &self.catalog.guide;
        let classes: Vec<String> = self.catalog.partition(&guide.partition)?.classes.iter().map(|class| class.id.clone()).collect();
        let today = StoreZone::date_of(self.stand(when)?.as_of.day());
        // Targets are mostly set on one day for one day, and looked at together.
        let mut seen: Vec<((Date, Date), Vec<past::Standing>)> = Vec::new();
        let mut rows = Vec::with_capacity(aims.len());
        for (of, aim) in aims {
            if aim.set_on > today {
                rows.push(row(of, aim, Found { stood: None, moved: Some(0), today }));
                continue;
            }
            let span = (aim.set_on, aim.until.saturating_add(jiff::Span::new().days(1)));
            let at = match seen.iter().position(|(known, _)| *known == span) {
                Some(at) => at,
                None => {
                    seen.push((span, self.between(when, span, &guide.partition, &classes)?));
                    seen.len() - 1
                }
            };
            let standings = &seen[at].1;
            let from = place(&classes, &of.stage);
            // A union can hold the stage itself, and who stays there has not moved.
            let goal: Vec<u8> = of.goal.iter().filter(|goal| **goal != of.stage).map(|goal| place(&classes, goal)).collect();
            let stood = standings.first().map(|standing| standing.stood(from));
            rows.push(row(of, aim, Found { stood, moved: Some(past::moved(standings, from, &goal)), today }));
        }
        Ok(rows)
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
