//! The store at earlier moments: the stage of every customer at the beginning of each past month, and what they had spent.
//!
//! Stages of the past are drawn by the thresholds of the moment that is asked for: a customer has moved when they did
//! something, not when a threshold did.

use crate::profile::Profile;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, UInt64Type};
use quintile_catalog::Move;
use quintile_insight::opportunity::likely::{GROUPS, MonthOfMove, MoveHistory, Tally};
use quintile_model::columns::repeated;
use quintile_model::time::StoreZone;
use quintile_profile::{ThresholdSettings, columns};

/// Every customer known at a moment, ascending by key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// The calendar month of the moment, from 1.
    pub calendar_month: u8,
    keys: Vec<u64>,
    /// The class, as a place in the list that was asked for.
    classes: Vec<u8>,
    /// Net spending so far, in ten-thousandths; nothing where amounts are not known.
    pub spent: Vec<i64>,
    /// Has ordered.
    pub buyers: Vec<bool>,
}

/// Months looked back at, at the most.
const MONTHS: i32 = 24;

/// Moments a calendar month apart, the last of them the one that is asked for.
pub(crate) struct Past {
    /// Oldest first.
    pub standings: Vec<Standing>,
    /// Months over which spending is followed.
    pub horizon_months: usize,
}

impl Workspace {
    /// The store a month apart, back to the first order or two years, by the classes of a partition.
    pub(crate) fn past(&self, when: &When, partition: &str, classes: &[String]) -> Result<Past, Error> {
        let stand = self.stand(when)?;
        let today = StoreZone::date_of(stand.as_of.day());
        let first = self.first_order_day(&stand)?;
        drop(stand);
        let Some(first) = first else { return Ok(Past { standings: Vec::new(), horizon_months: 0 }) };
        let asked = ["life_stage", "amount_spent", "number_of_orders"].map(|name| if name == "life_stage" { partition } else { name });
        let mut asked = crate::profile::named(&asked.map(str::to_owned))?;
        asked.push(columns::customer_key());
        let now = self.profile_of(when, asked.clone(), &RfmAsk::default())?;
        let thresholds = ThresholdSettings {
            usual_gap_days: now.statistics.usual_gap.map(|found| found.value),
            last_call_days: now.statistics.last_call.map(|found| found.value),
            loyal_window_days: now.statistics.loyal_window.map(|found| found.value),
            ..self.settings.thresholds.clone()
        };
        // And by the value model of the moment, for the same reason.
        let in_force = now.in_force();
        let mut standings = vec![standing(now, partition, classes, today.month() as u8)?];
        for back in 1..=MONTHS {
            let date = today.saturating_sub(jiff::Span::new().months(back));
            if date <= first {
                break;
            }
            // The moment itself may be an instant within a day; earlier ones are the beginnings of days.
            let stand = self.stand(&When::AsOf(date.to_string()))?;
            let profile = self.profile_by(stand, asked.clone(), &RfmAsk::default(), thresholds.clone(), in_force.clone())?;
            standings.push(standing(profile, partition, classes, date.month() as u8)?);
        }
        standings.reverse();
        // Half of what is known at the most, so that as many months of moves are left to follow.
        let horizon_months = (standings.len().saturating_sub(1) / 2).min(12);
        Ok(Past { standings, horizon_months })
    }
}

fn standing(profile: Profile, partition: &str, classes: &[String], calendar_month: u8) -> Result<Standing, Error> {
    let mut found = Standing { calendar_month, ..Standing::default() };
    let lacking = |name: &str| Error::Answer(format!("the profile lacks `{name}`"));
    profile.each(|batches| {
        for batch in &batches {
            let column = |name: &str| batch.column_by_name(name).ok_or_else(|| lacking(name));
            let keys = column(columns::customer_key().name)?.as_primitive::<UInt64Type>();
            let spent = column("amount_spent")?.as_primitive::<Decimal64Type>();
            let orders = column("number_of_orders")?.as_primitive::<arrow::datatypes::Int64Type>();
            let class = repeated(batch, partition);
            let places: Vec<u8> = class
                .values()
                .iter()
                .map(|id| classes.iter().position(|class| Some(class.as_str()) == id).map_or(u8::MAX, |place| place as u8))
                .collect();
            found.keys.extend_from_slice(keys.values());
            found.classes.extend((0..batch.num_rows()).map(|row| class.code(row).map_or(u8::MAX, |code| places[code])));
            found.spent.extend((0..batch.num_rows()).map(|row| if spent.is_valid(row) { spent.value(row) } else { 0 }));
            found.buyers.extend(orders.values().iter().map(|orders| *orders > 0));
        }
        Ok(true)
    })?;
    Ok(found)
}

impl Standing {
    /// Walks along with ascending keys: the row of a key, if it is here.
    fn row_of(&self, key: u64, next: &mut usize) -> Option<usize> {
        while self.keys.get(*next).is_some_and(|own| *own < key) {
            *next += 1;
        }
        (self.keys.get(*next) == Some(&key)).then_some(*next)
    }
}

impl Past {
    /// What became of the customers of each move's stage, month by month.
    pub fn of_moves<'a>(&self, moves: &'a [Move], classes: &[String], now: impl Fn(&str) -> Option<u64>) -> Vec<MoveHistory<'a>> {
        let place = |id: &str| classes.iter().position(|class| class == id).map_or(u8::MAX, |place| place as u8);
        // A union can hold the stage itself, and who stays there has not moved.
        let goal = |of: &Move| -> Vec<u8> { of.goal.iter().filter(|goal| **goal != of.stage).map(|goal| place(goal)).collect() };
        let known: Vec<(u8, Vec<u8>)> = moves.iter().map(|of| (place(&of.stage), goal(of))).collect();
        let mut histories: Vec<MoveHistory<'a>> =
            moves.iter().map(|of| MoveHistory { of, customers: now(&of.stage), months: Vec::new() }).collect();
        for (start, pair) in self.standings.windows(2).enumerate() {
            let (begin, end) = (&pair[0], &pair[1]);
            let later = self.standings.get(start + self.horizon_months).filter(|_| self.horizon_months > 0);
            let blank = || MonthOfMove {
                calendar_month: begin.calendar_month,
                has_horizon: later.is_some(),
                groups: vec![Tally::default(); GROUPS],
            };
            let mut months: Vec<MonthOfMove> = moves.iter().map(|_| blank()).collect();
            let (mut at_end, mut at_later) = (0, 0);
            for (row, key) in begin.keys.iter().enumerate() {
                // Who is no customer any more after a correction is nowhere.
                let Some(end_row) = end.row_of(*key, &mut at_end) else { continue };
                let spent = later.and_then(|later| later.row_of(*key, &mut at_later).map(|row| later.spent[row]));
                let spent = spent.map_or(0, |spent| i128::from(spent) - i128::from(begin.spent[row]));
                for ((from, goal), month) in known.iter().zip(&mut months) {
                    if begin.classes[row] != *from || *from == u8::MAX {
                        continue;
                    }
                    let tally = &mut month.groups[(key >> 56) as usize];
                    tally.stood += 1;
                    if goal.contains(&end.classes[end_row]) {
                        tally.moved += 1;
                        tally.spent_by_movers += spent;
                    } else {
                        tally.spent_by_stayers += spent;
                    }
                }
            }
            histories.iter_mut().zip(months).for_each(|(history, month)| history.months.push(month));
        }
        histories
    }
}
