//! What came of a forecast: its customers at its moment, by its own thresholds, and what they did since.
//!
//! Everything is read from the facts as they are known today, so that a file which was imported later is in it. The number
//! of customers who stood in the stage may so differ from what was known then, and is shown beside it.

use super::stored::StoredForecast;
use crate::history::{Lives, ascending};
use crate::past::{Moves, Stretch};
use crate::settings::StatesBy;
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, Settings, Thresholds, When};
use jiff::civil::Date;
use quintile_catalog::Move;
use quintile_insight::opportunity::forecast::seen;
use quintile_insight::opportunity::likely::MoveHistory;
use quintile_model::{AsOf, Instant};
use std::sync::{Mutex, PoisonError};

/// What was seen of one move.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Seen {
    /// Customers who stood in the stage, by what is known today; `None` while the month is not over.
    pub stood: Option<u64>,
    /// Customers who had moved when the month was over.
    pub moved: Option<u64>,
    /// What they spent within the horizon more than as many who stayed, in ten-thousandths; `None` while it is not over.
    pub money: Option<f64>,
}

/// A forecast beside what came.
pub(super) struct HeldForecast {
    pub forecast: StoredForecast,
    /// The day at whose beginning its month is over.
    pub month_over: Date,
    /// The same of its horizon; `None` where it has none.
    pub horizon_over: Option<Date>,
    /// Of the same places as its moves.
    pub seen: Vec<Seen>,
    /// The value model was fitted anew since.
    pub model_changed: bool,
}

impl Workspace {
    /// Holds a forecast against what is known through a moment.
    pub(super) fn held(&self, forecast: StoredForecast, now: &AsOf) -> Result<HeldForecast, Error> {
        let broken = || Error::Answer(format!("the forecast of `{}` names no moment", forecast.as_of));
        let begin = AsOf { instant: crate::instant(&forecast.as_of).ok_or_else(broken)?, zone: now.zone.clone() };
        let on: Date = forecast.on.parse().map_err(|_| broken())?;
        let after = |months: u32| on.saturating_add(jiff::Span::new().months(i64::from(months)));
        let over = |date: Date| AsOf::start_of(date, &now.zone).filter(|end| end.instant <= now.instant);
        let month_over = after(1);
        let horizon_over = (forecast.horizon_months > 0).then(|| after(forecast.horizon_months));
        let unseen = vec![Seen::default(); forecast.moves.len()];
        let mut held = HeldForecast { month_over, horizon_over, seen: unseen, model_changed: false, forecast };
        let Some(month_end) = over(month_over) else { return Ok(held) };
        let horizon_end = horizon_over.and_then(over);
        let then = self.as_it_was(&held.forecast);
        let in_force = then.predictions(begin.instant, &held.forecast.currency)?;
        held.model_changed = held.forecast.states_by_model && in_force.map(|in_force| in_force.shown) != held.forecast.value_model;
        held.seen = then.seen_of(&held.forecast, begin, month_end, horizon_end)?;
        Ok(held)
    }

    /// The same store with stages drawn as they were.
    fn as_it_was(&self, forecast: &StoredForecast) -> Workspace {
        let thresholds = forecast.thresholds.over(&self.settings.thresholds);
        let states = if forecast.states_by_model { StatesBy::Model } else { StatesBy::Gaps };
        self.with_store(self.root(), Settings { thresholds, states, ..self.settings.clone() }, self.store.clone())
    }

    fn seen_of(&self, forecast: &StoredForecast, begin: AsOf, month_end: AsOf, horizon_end: Option<AsOf>) -> Result<Vec<Seen>, Error> {
        let partition = self.partition(&self.catalog.guide.partition)?;
        let columns = Lives::columns(&partition.column)?;
        // A horizon of one month ends with it.
        let instants: Vec<Instant> =
            [Some(&begin), Some(&month_end), horizon_end.as_ref()].into_iter().flatten().map(|at| at.instant).collect();
        let stretch = Stretch {
            start: 0,
            end: 1,
            followed_to: horizon_end.as_ref().map(|end| if end.instant == month_end.instant { 1 } else { 2 }),
            calendar_month: 1,
        };
        let last = instants.iter().max().copied().unwrap_or(begin.instant);
        let moments = ascending([Some(begin), Some(month_end), horizon_end].into_iter().flatten().collect())?;
        let stand = self.stand(&When::AsOf(last.to_iso()))?;
        let (mut history, _) = self.history_of(stand, moments, columns.clone(), &RfmAsk::default(), |_, _| Ok(()))?;
        history.by_model_of(0);
        let drawing = history.drawing(columns, Thresholds::OfTheLast, |_| true)?;
        let places: Vec<usize> = (0..=history.last()).collect();
        let moves_of: Vec<Move> = forecast
            .moves
            .iter()
            .map(|of| Move {
                stage: of.stage.clone(),
                stage_name: of.stage_name.clone(),
                goal: of.goal.clone(),
                goal_name: of.goal_name.clone(),
                effort_hours: None,
            })
            .collect();
        let moves = Mutex::new(Moves::new(&moves_of, &partition.classes, vec![stretch]));
        history.each(|part| {
            let lives = part.lives(&drawing, &places, &partition)?;
            moves.lock().unwrap_or_else(PoisonError::into_inner).add(&lives);
            Ok(())
        })?;
        let histories = moves.into_inner().unwrap_or_else(PoisonError::into_inner).histories(&moves_of, |_| None);
        let of = |history: &MoveHistory<'_>| {
            let (stood, moved, money) = seen(history, 0);
            Seen { stood: Some(stood), moved: Some(moved), money }
        };
        Ok(histories.iter().map(of).collect())
    }
}
