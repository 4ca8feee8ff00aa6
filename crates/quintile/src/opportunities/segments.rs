//! What is likely of the members of segments, and what is left of it when each customer is counted once.
//!
//! A member moves from their life stage to its goal, as in the likely table; the rates, and what movers spend more than
//! those who stay, are those of the members of the segment at each past month, drawn by what was known then. Segments share
//! customers, so that their gains must not be added up. In the order of the gains, each customer belongs to the first segment
//! they are in; what a segment promises of its other members is taken off, evenly by head.

use super::likely::{LEAST_CUSTOMERS, RESAMPLINGS, SEED, money};
use super::planned;
use crate::header::{about, counted};
use crate::history::{Lives, UNKNOWN, ascending};
use crate::past::{Stretch, months_back};
use crate::segment::{Asked, SegmentAsk};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, Thresholds, When};
use quintile_catalog::Move;
use quintile_insight::opportunity::gain::{Gain, Terms, ranked};
use quintile_insight::opportunity::likely::{self, LikelyRow, MonthOfMove, MoveHistory, Reading};
use quintile_insight::opportunity::overlap::counted_once;
use quintile_insight::opportunity::resampling::{group, interval};
use quintile_model::time::StoreZone;
use std::sync::{Mutex, PoisonError};

/// A segment at every moment.
struct Members {
    name: String,
    /// By moment, ascending keys.
    at: Vec<Vec<u64>>,
    lacks: Vec<String>,
}

/// What members did, month by month.
struct Seen {
    /// The classes of the goal, by class; nothing of a class to keep.
    goals: Vec<Vec<u8>>,
    stretches: Vec<Stretch>,
    /// By segment.
    months: Vec<Vec<MonthOfMove>>,
    /// By segment, those who can move now.
    can_move: Vec<Vec<u64>>,
}

/// A segment as it is shown.
struct Line {
    row: LikelyRow,
    terms: Terms,
    gain: Gain,
    members: u64,
    /// Customers who are in no segment of a larger gain.
    counted: u64,
    values: Vec<Option<f64>>,
    lacks: Vec<String>,
}

impl Workspace {
    /// What the members of segments are likely to bring more when they move as in the best month, with overlaps taken off.
    pub fn likely_of_segments(&self, when: &When, asked: &[Asked]) -> Result<Answer, Error> {
        let plan = self.plan()?;
        let moves_of_plan = plan.moves(&self.catalog.guide.moves);
        let partition = self.partition(&self.catalog.guide.partition)?;
        let stand = self.stand(when)?;
        let as_of = stand.as_of.clone();
        let columns = Lives::columns(&partition.column)?;
        let moments = ascending(months_back(&stand))?;
        let (history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let past = history.past(&drawing);
        // Twice the same is once.
        let once = asked.iter().enumerate().filter(|(at, of)| asked[..*at].iter().all(|before| before.words() != of.words()));
        let segments = once.map(|(_, of)| self.members_at(when, of, &past.places, &history.moments)).collect::<Result<Vec<_>, _>>()?;
        let place = |id: &String| partition.place(Some(id.as_str()));
        let goals = |class: &String| {
            let of = moves_of_plan.iter().find(|of| of.stage == *class);
            of.map_or_else(Vec::new, |of| of.goal.iter().filter(|goal| *goal != class).map(place).collect())
        };
        let seen = Mutex::new(Seen::new(partition.classes.iter().map(goals).collect(), past.months(), segments.len()));
        history.each(|part| {
            let lives = part.lives(&drawing, &past.places, &partition)?;
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(&lives, &segments);
            Ok(())
        })?;
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let margin = self.known_margin(when)?;
        let terms = Terms { margin_share: plan.margin_share.or(margin.as_ref().map(|margin| margin.share)), ..Terms::default() };
        let coming_month = StoreZone::date_of(as_of.day()).month() as u8;
        let reading = Reading { coming_month, least_customers: LEAST_CUSTOMERS, resamplings: RESAMPLINGS, seed: SEED };
        let lines = lines(&segments, &seen, &terms, &reading);
        let mut notes = notes(&lines, past.places.len().saturating_sub(1), past.horizon_months);
        notes.push(match terms.margin_share {
            Some(_) => "gain = value x margin, before costs".to_owned(),
            None => "valued by revenue, before costs: neither `opportunities.toml` nor product costs give a margin".to_owned(),
        });
        notes.extend(margin.map(|margin| margin.sentence()));
        Answer::new(planned(history.profile_header(&drawing), &plan), columns_of(&lines), notes)
    }

    fn members_at(
        &self,
        when: &When,
        of: &Asked,
        places: &[usize],
        moments: &quintile_profile::history::Moments,
    ) -> Result<Members, Error> {
        let mut members = Members { name: of.words().to_owned(), at: Vec::with_capacity(places.len()), lacks: Vec::new() };
        for (at, place) in places.iter().enumerate() {
            self.go_on()?;
            let then = if at + 1 == places.len() { when.clone() } else { When::AsOf(moments.all()[*place].instant.to_iso()) };
            let ask = SegmentAsk { when: then.clone(), of: of.clone(), parameters: Vec::new() };
            let found = self.run_segment(&self.stand(&then)?, &ask)?;
            members.lacks = found.ran.lacks.first().cloned().unwrap_or_default();
            members.at.push(found.members);
        }
        Ok(members)
    }
}

impl Seen {
    fn new(goals: Vec<Vec<u8>>, stretches: Vec<Stretch>, segments: usize) -> Seen {
        let months: Vec<MonthOfMove> = stretches.iter().map(Stretch::blank).collect();
        Seen { goals, stretches, months: vec![months; segments], can_move: vec![Vec::new(); segments] }
    }

    fn add(&mut self, lives: &Lives, segments: &[Members]) {
        let Some(now) = lives.classes.last() else { return };
        for (segment, members) in segments.iter().enumerate() {
            let is_in = |moment: usize, key: &u64| members.at[moment].binary_search(key).is_ok();
            for (at, stretch) in self.stretches.iter().enumerate() {
                let (begin, end) = (&lives.classes[stretch.start], &lives.classes[stretch.end]);
                for (customer, key) in lives.keys.iter().enumerate() {
                    let Some(goal) = goal_of(&self.goals, begin[customer]).filter(|_| is_in(stretch.start, key)) else { continue };
                    let moved = goal.contains(&end[customer]);
                    self.months[segment][at].groups[group(*key)].add(moved, stretch.spent(lives, customer));
                }
            }
            let last = lives.classes.len() - 1;
            let movable =
                lives.keys.iter().enumerate().filter(|(customer, key)| goal_of(&self.goals, now[*customer]).is_some() && is_in(last, key));
            let movable: Vec<u64> = movable.map(|(_, key)| *key).collect();
            self.can_move[segment].extend(movable);
        }
    }
}

/// The goal of a customer's class, of the goals by class; `None` of one to keep, or who is not known.
fn goal_of(goals: &[Vec<u8>], class: u8) -> Option<&[u8]> {
    goals.get(usize::from(class)).filter(|goal| class != UNKNOWN && !goal.is_empty()).map(Vec::as_slice)
}

/// The segments by gain, each with what is left of it.
fn lines(segments: &[Members], seen: &Seen, terms: &Terms, reading: &Reading) -> Vec<Line> {
    let move_of = |name: &str| Move {
        stage: name.to_owned(),
        stage_name: name.to_owned(),
        goal: vec!["goal".to_owned()],
        goal_name: "the goal of each one's stage".to_owned(),
        effort_hours: None,
    };
    let moves: Vec<Move> = segments.iter().map(|segment| move_of(&segment.name)).collect();
    let history =
        |at: usize| MoveHistory { of: &moves[at], customers: Some(seen.can_move[at].len() as u64), months: seen.months[at].clone() };
    let rows = (0..segments.len()).map(|at| likely::row(&history(at), reading)).collect();
    let place = |name: &str| segments.iter().position(|segment| segment.name == name).unwrap_or_default();
    let ranked = ranked(rows, |_| terms.clone());
    let groups: Vec<&[u64]> = ranked.iter().map(|(row, _, _)| seen.can_move[place(&row.stage)].as_slice()).collect();
    let counted = counted_once(&groups);
    let line = |((row, terms, gain), counted): ((LikelyRow, Terms, Gain), u64)| {
        let at = place(&row.stage);
        Line {
            values: likely::values(&history(at), reading),
            members: segments[at].at.last().map_or(0, Vec::len) as u64,
            lacks: segments[at].lacks.clone(),
            row,
            terms,
            gain,
            counted,
        }
    };
    ranked.into_iter().zip(counted).map(line).collect()
}

impl Line {
    /// Of all who can move, the share who are counted here.
    fn share(&self) -> f64 {
        match self.row.customers {
            Some(customers) if customers > 0 => self.counted as f64 / customers as f64,
            _ => 0.0,
        }
    }

    /// What is left of the gain; nothing where there is none.
    fn left(&self) -> Option<f64> {
        self.gain.gain.map(|gain| if gain > 0.0 { gain * self.share() } else { 0.0 })
    }

    /// The same in each resampling.
    fn drawn(&self) -> Vec<f64> {
        let kept = self.share() * self.terms.margin_share.unwrap_or(1.0);
        let counts = self.left().is_some_and(|left| left > 0.0);
        self.values.iter().map(|value| if counts { value.unwrap_or(0.0) * kept } else { 0.0 }).collect()
    }

    fn remark(&self) -> Option<String> {
        let row = &self.row;
        let known = |sentence: &str| Some(sentence.to_owned());
        if !self.lacks.is_empty() {
            return Some(format!("the store lacks {}, on which the segment rests", self.lacks.join(", ")));
        }
        match (row.customers, row.usual_rate, row.worth, row.extra) {
            (Some(0), ..) => known("nobody who can move is in it now"),
            (_, None, ..) => known("in no month were there enough members to see how many move"),
            (_, _, None, _) => known("nobody was seen to move long enough ago to know what it is worth"),
            (.., Some(0.0)) => known("the best month of the season was no better than the median month; nothing more is to be expected"),
            _ if row.worth.is_some_and(|worth| worth <= 0.0) => known("movers spent no more than those who stayed; no opportunity"),
            _ => (!row.season_seen).then(|| "the season was not seen before; the best month of all stands for it".to_owned()),
        }
    }
}

/// All of it: gains added up, what is left when each customer counts once, and its interval.
struct Sum {
    gain: f64,
    left: f64,
    interval: Option<(f64, f64)>,
    counted: u64,
}

fn sum(lines: &[Line]) -> Sum {
    let mut drawn = vec![0.0; lines.first().map_or(0, |line| line.values.len())];
    lines.iter().for_each(|line| drawn.iter_mut().zip(line.drawn()).for_each(|(sum, gain)| *sum += gain));
    Sum {
        gain: lines.iter().filter_map(|line| line.gain.gain).filter(|gain| *gain > 0.0).fold(0.0, |sum, gain| sum + gain),
        left: lines.iter().filter_map(Line::left).fold(0.0, |sum, left| sum + left),
        interval: interval(drawn),
        counted: lines.iter().map(|line| line.counted).sum(),
    }
}

fn columns_of(lines: &[Line]) -> Vec<AnswerColumn> {
    let all = sum(lines);
    let own: Vec<Option<(f64, f64)>> = lines.iter().map(|line| line.left().and_then(|_| interval(line.drawn()))).collect();
    let share = |name: &str, of: &dyn Fn(&Line) -> Option<f64>| AnswerColumn::share(name, lines.iter().map(of).chain([None]));
    let amount = |name: &str, of: &dyn Fn(&Line) -> Option<f64>, last: Option<f64>| {
        AnswerColumn::amount(name, lines.iter().map(of).chain([last]).map(|value| value.and_then(money)))
    };
    let taken_off = |line: &Line| line.gain.gain.zip(line.left()).map(|(gain, left)| gain.max(0.0) - left);
    let ends = |name: &str, of: fn((f64, f64)) -> f64| {
        AnswerColumn::amount(
            name,
            own.iter().chain([&all.interval]).map(|interval| interval.map(of).and_then(money)).collect::<Vec<_>>().into_iter(),
        )
    };
    vec![
        AnswerColumn::text("segment", lines.iter().map(|line| Some(line.row.stage.clone())).chain([Some("sum".to_owned())])),
        AnswerColumn::count("members", lines.iter().map(|line| Some(line.members)).chain([None])),
        AnswerColumn::count("customers", lines.iter().map(|line| line.row.customers).chain([None])),
        share("usual_share", &|line| line.row.usual_rate),
        share("best_share", &|line| line.row.best_rate),
        AnswerColumn::number("move_extra", lines.iter().map(|line| line.row.extra).chain([None])),
        amount("worth", &|line| line.row.worth, None),
        share("margin_share", &|line| line.terms.margin_share),
        amount("gain", &|line| line.gain.gain, Some(all.gain)),
        AnswerColumn::count("counted", lines.iter().map(|line| Some(line.counted)).chain([Some(all.counted)])),
        amount("counted_gain", &Line::left, Some(all.left)),
        ends("counted_low", |(low, _)| low),
        ends("counted_high", |(_, high)| high),
        amount("taken_off", &taken_off, Some(all.gain - all.left)),
        AnswerColumn::count("months", lines.iter().map(|line| Some(u64::from(line.row.months))).chain([None])),
        AnswerColumn::text("note", lines.iter().map(Line::remark).chain([None])),
    ]
}

fn notes(lines: &[Line], months: usize, horizon_months: usize) -> Vec<String> {
    let all = sum(lines);
    let shown = |amount: f64| about(amount / 10_000.0);
    let range = all.interval.map_or_else(String::new, |(low, high)| format!(" ({} to {})", shown(low), shown(high)));
    vec![
        format!(
            "together they gain {}{range}, each of {} counted once; {} of the {} that they add up to was counted more than once and is taken off",
            shown(all.left),
            counted(all.counted, "customer", "customers"),
            shown(all.gain - all.left),
            shown(all.gain)
        ),
        "customers: members whose life stage has a goal; counted: those of them who are in no segment above".to_owned(),
        format!(
            "shares: of such members when a month began, who were in the goal of their stage when it ended; usual is the median of {}, best the best month of the same season; worth: what movers spent within {} more than those who stayed",
            counted(months as u64, "month", "months"),
            counted(horizon_months as u64, "month", "months")
        ),
        "who moved is not a random choice of who could, so `worth` bounds from above what moving somebody else brings".to_owned(),
    ]
}
