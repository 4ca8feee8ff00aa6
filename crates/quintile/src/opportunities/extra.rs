//! Which moves bring an amount more within a time: what is likely within windows of so many days, and the least work that
//! makes the amount of it.
//!
//! Everything is as in the likely table, with a window in place of a month and of the horizon: shares of those who moved, and
//! what they spent more than those who stayed, are of the same days. So nothing is scaled by a share of a year.

use super::likely::{LEAST_CUSTOMERS, RESAMPLINGS, SEED, money};
use super::planned;
use crate::header::{about, counted};
use crate::history::{Lives, ascending};
use crate::past::{Moves, windows_back};
use crate::plan::{self, Plan};
use crate::profile::named;
use crate::stages::class_money;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, Thresholds, When, header};
use quintile_insight::opportunity::gain::Terms;
use quintile_insight::opportunity::likely::{self, LikelyRow, MoveHistory, Reading};
use quintile_insight::opportunity::way::{Candidate, Step, Way, way_to};
use quintile_model::Money;
use quintile_model::time::StoreZone;
use std::sync::{Mutex, PoisonError};

/// An amount more that is asked for.
#[derive(Debug, Clone)]
pub struct ExtraAsk {
    /// The moment.
    pub when: When,
    /// The amount, in the reporting currency.
    pub extra: Money,
    /// Within so many days.
    pub within_days: u16,
}

/// Windows of more days than this are not looked at.
pub const MOST_DAYS: u16 = 365;

/// With fewer windows than this, median and best rest on little.
const FEW_WINDOWS: usize = 4;

/// One move, whether or not it is part of the way.
struct Line {
    row: LikelyRow,
    terms: Terms,
    values: Vec<Option<f64>>,
}

impl ExtraAsk {
    /// From how a person writes it: `20000`, `90d`, `90` or `12w`.
    pub fn parse(when: When, extra: &str, within: &str) -> Result<ExtraAsk, Error> {
        let no_amount = || Error::Usage(format!("--extra is an amount above nought such as 20000 or 1499.50; `{extra}` is none"));
        let extra = Money::parse(extra).map(|parsed| parsed.money).ok().filter(|extra| extra.0 > 0).ok_or_else(no_amount)?;
        let no_days =
            || Error::Usage(format!("--within is a number of days from 1d to {MOST_DAYS}d, such as 90d or 12w; `{within}` is none"));
        let (number, unit) = match within.trim() {
            text if text.ends_with('d') => (&text[..text.len() - 1], 1),
            text if text.ends_with('w') => (&text[..text.len() - 1], 7),
            text => (text, 1),
        };
        let days = number.parse::<u16>().ok().and_then(|number| number.checked_mul(unit));
        let within_days = days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(no_days)?;
        Ok(ExtraAsk { when, extra, within_days })
    }
}

impl Workspace {
    /// Which moves, and how many customers of each, bring an amount more within a time with the least work.
    pub fn way_to_extra(&self, ask: &ExtraAsk) -> Result<Answer, Error> {
        let (guide, plan) = (&self.catalog.guide, self.plan()?);
        let moves_of_plan = plan.moves(&guide.moves);
        let partition = self.partition(&guide.partition)?;
        let stand = self.stand(&ask.when)?;
        let today = StoreZone::date_of(stand.as_of.day());
        let columns = Lives::columns(&guide.partition)?;
        let moments = ascending(windows_back(&stand, ask.within_days))?;
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let asked = named(&[guide.partition.clone(), "amount_spent".to_owned()])?;
        let (header, now) = class_money(history.profile(asked)?, &guide.partition, &partition.classes)?;
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let windows = history.windows(&drawing, ask.within_days);
        if windows.stretches.is_empty() {
            return Err(Error::Usage(format!(
                "in the store's past there is no window of {} to learn from: it begins {}; give a shorter --within",
                counted(u64::from(ask.within_days), "day", "days"),
                drawing
                    .history_start()
                    .map_or("with the first order, and there is none".to_owned(), |day| format!("on {}", StoreZone::date_of(day)))
            )));
        }
        let count = windows.stretches.len();
        let moves = Mutex::new(Moves::new(&moves_of_plan, &partition.classes, windows.stretches));
        history.each(|part| {
            let lives = part.lives(&drawing, &windows.places, &partition)?;
            moves.lock().unwrap_or_else(PoisonError::into_inner).add(&lives);
            Ok(())
        })?;
        let given = plan.given();
        let customers = |id: &str| {
            let counted =
                now.iter().find(|class| class.id == id).map(|class| class.customers).filter(|count| id != "prospects" || *count > 0);
            given.get(id).and_then(|given| given.customers).or(counted)
        };
        let histories = moves.into_inner().unwrap_or_else(PoisonError::into_inner).histories(&moves_of_plan, customers);
        let reading = Reading { coming_month: today.month() as u8, least_customers: LEAST_CUSTOMERS, resamplings: RESAMPLINGS, seed: SEED };
        let margin = self.known_margin(&ask.when)?;
        let known_margin = margin.as_ref().map(|margin| margin.share);
        let line = |history: &MoveHistory<'_>| {
            let terms =
                guide.moves.iter().find(|of| of.stage == history.of.stage).map_or_else(Terms::default, |of| plan.terms(of, known_margin));
            Line { row: likely::row(history, &reading), terms, values: likely::values(history, &reading) }
        };
        let lines: Vec<Line> = histories.iter().filter(|history| !history.of.goal.is_empty()).map(line).collect();
        let candidates: Vec<Candidate<'_>> =
            lines.iter().map(|line| Candidate { row: &line.row, terms: &line.terms, values: line.values.clone() }).collect();
        let way = way_to(ask.extra.0 as f64, &candidates);
        let mut notes = notes(ask, &way, &planned(header.clone(), &plan), today, count);
        notes.extend(margin.map(|margin| margin.sentence()));
        notes.extend(not_taken(&plan));
        Answer::new(planned(header, &plan), columns_of(&lines, &way), notes)
    }
}

/// A row a move, those of the way first, and the sum of the way.
fn columns_of(lines: &[Line], way: &Way) -> Vec<AnswerColumn> {
    let unused = (0..lines.len()).filter(|place| way.steps.iter().all(|step| step.candidate != *place));
    let rows: Vec<(&Line, Option<&Step>)> =
        way.steps.iter().map(|step| (&lines[step.candidate], Some(step))).chain(unused.map(|place| (&lines[place], None))).collect();
    let sum = |of: &dyn Fn(&Step) -> f64| way.steps.iter().map(of).fold(0.0, |sum, value| sum + value);
    let text = |name: &str, of: &dyn Fn(&LikelyRow) -> &str, last: &str| {
        AnswerColumn::text(name, rows.iter().map(|(line, _)| Some(of(&line.row).to_owned())).chain([Some(last.to_owned())]))
    };
    let share =
        |name: &str, of: &dyn Fn(&Line) -> Option<f64>| AnswerColumn::share(name, rows.iter().map(|(line, _)| of(line)).chain([None]));
    let number = |name: &str, of: &dyn Fn(&Step) -> f64| {
        AnswerColumn::number(name, rows.iter().map(|(_, step)| step.map(of)).chain([Some(sum(of))]))
    };
    let amount = |name: &str, of: &dyn Fn(&Step) -> Option<f64>, last: Option<f64>| {
        AnswerColumn::amount(name, rows.iter().map(|(_, step)| step.and_then(of)).chain([last]).map(|value| value.and_then(money)))
    };
    let end = |of: fn((f64, f64)) -> f64| move |step: &Step| step.interval.map(of);
    vec![
        text("life_stage", &|row| &row.stage, "sum"),
        text("name", &|row| &row.stage_name, "All that is done"),
        text("goal", &|row| &row.goal_name, ""),
        AnswerColumn::count("customers", rows.iter().map(|(line, _)| line.row.customers).chain([None])),
        AnswerColumn::count(
            "reach",
            rows.iter()
                .map(|(_, step)| Some(step.map_or(0, |step| step.reached)))
                .chain([Some(way.steps.iter().map(|step| step.reached).sum())]),
        ),
        share("usual_share", &|line| line.row.usual_rate),
        share("best_share", &|line| line.row.best_rate),
        number("move_anyway", &|step| step.anyway),
        number("move_extra", &|step| step.extra),
        AnswerColumn::amount("worth", rows.iter().map(|(line, _)| line.row.worth).chain([None]).map(|worth| worth.and_then(money))),
        share("margin_share", &|line| line.terms.margin_share),
        amount("cost", &|step| Some(step.cost), Some(way.cost)),
        amount("gain", &|step| Some(step.gain), Some(way.gain)),
        amount("gain_low", &end(|(low, _)| low), way.interval.map(|(low, _)| low)),
        amount("gain_high", &end(|(_, high)| high), way.interval.map(|(_, high)| high)),
        AnswerColumn::number(
            "effort_days",
            rows.iter().map(|(line, step)| step.and(line.terms.effort_days)).chain([Some(way.effort_days)]),
        ),
        AnswerColumn::count("windows", rows.iter().map(|(line, _)| Some(u64::from(line.row.months))).chain([None])),
        AnswerColumn::text("note", rows.iter().map(|(line, step)| remark(line, step.is_some(), way)).chain([None])),
    ]
}

/// Why a move is not made, or what to know of one that is.
fn remark(line: &Line, made: bool, way: &Way) -> Option<String> {
    let row = &line.row;
    let sentence = if row.customers.is_none() {
        "no such customers are known to the store; import customers without orders to see them"
    } else if row.usual_rate.is_none() {
        "in no window were there enough customers here to see how many move"
    } else if row.worth.is_none() {
        "nobody was seen to move, so that it is not known what it is worth"
    } else if row.extra == Some(0.0) {
        "the best window of the season was no better than the median one; nothing more is to be expected"
    } else if row.worth.is_some_and(|worth| worth <= 0.0) {
        "movers spent no more within the window than those who stayed"
    } else if made && !row.season_seen {
        "the season was not seen before; the best window of all stands for it"
    } else if made {
        return None;
    } else if way.reaches {
        "not needed"
    } else {
        "it would cost more than it brings"
    };
    Some(sentence.to_owned())
}

fn notes(ask: &ExtraAsk, way: &Way, header: &Header, today: jiff::civil::Date, windows: usize) -> Vec<String> {
    let days = counted(u64::from(ask.within_days), "day", "days");
    let until = today.saturating_add(jiff::Span::new().days(i64::from(ask.within_days) - 1));
    let wanted = format!("{} {}", header::money(ask.extra, &header.currency), header.currency);
    let about_interval = way.interval.map_or_else(String::new, |(low, high)| {
        format!(", with a 95 % interval of {} to {}", about(low / 10_000.0), about(high / 10_000.0))
    });
    let chance = way
        .share_of_resamplings
        .map_or_else(String::new, |share| format!("; {:.0} % of the resamplings of the store's past bring the amount", 100.0 * share));
    let told = match (way.reaches, way.steps.is_empty()) {
        (true, _) => format!(
            "{wanted} more within {days}, through {until}: {} on {}, {:.1} days of work, bring {}{about_interval}{chance}",
            counted(way.steps.len() as u64, "move", "moves"),
            counted(way.steps.iter().map(|step| step.reached).sum(), "customer", "customers"),
            way.effort_days,
            about(way.gain / 10_000.0)
        ),
        (false, false) => format!(
            "{wanted} more within {days}, through {until}, cannot be reached by what the store's past shows: the most there is, every move that brings more than it costs, is {}{about_interval}{chance}",
            about(way.gain / 10_000.0)
        ),
        (false, true) => format!(
            "{wanted} more within {days}, through {until}, cannot be reached: by the store's past no move brings more than it costs"
        ),
    };
    let few = if windows < FEW_WINDOWS { "; so few windows say little" } else { "" };
    vec![
        told,
        format!(
            "shares and worth are those of {} of {days} in the store's past, which begin a calendar month apart: who was in the goal when a window ended, of those who were in the stage when it began, and what they spent within it more than those who stayed{few}",
            counted(windows as u64, "window", "windows")
        ),
        "usual: the median window; best: the best that began in the coming calendar month or a neighbour of it; gain = move_extra x worth x margin - cost".to_owned(),
        "taken is the least work that will do; of equal work the least cost, of equal cost the fewest customers; within it those who gain most each come first".to_owned(),
        "who moved is not a random choice of who could, so `worth` bounds from above what moving somebody else brings".to_owned(),
    ]
}

/// Figures of the plan that hold for a month and its horizon, and not for a window.
fn not_taken(plan: &Plan) -> Option<String> {
    let given = plan.given();
    let any = given.values().any(|given| given.usual_rate.is_some() || given.best_rate.is_some() || given.worth.is_some());
    any.then(|| format!("`usual_share`, `best_share` and `worth` of `{}` are of a month and are not used here", plan::FILE))
}
