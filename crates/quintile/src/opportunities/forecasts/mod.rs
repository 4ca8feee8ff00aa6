//! Forecasts beside what then happened: kept when they are made, or made of past moments by what was known then.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | making, keeping, and the table |
//! | `stored` | a forecast as a file |
//! | `held` | what came of one |

mod held;
mod stored;

use super::likely::{Foretold, Likely, money};
use super::workbook::Workbook;
use crate::header::counted;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::{Stand, Workspace};
use crate::{Error, When};
use held::{HeldForecast, Seen};
use quintile_insight::opportunity::forecast::Place;
use quintile_model::money::UNIT;
use quintile_model::time::StoreZone;
use std::path::PathBuf;
use stored::{FORMAT, StoredForecast, StoredMove, StoredThresholds};

/// Where a forecast lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its file.
    pub file: PathBuf,
    /// Was it kept just now? Else one of the same moment was kept before, and stays.
    pub is_new: bool,
}

impl Kept {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        match self.is_new {
            true => {
                format!("the forecast is kept in `{}`; `quintile opportunities --kept` holds it against what comes", self.file.display())
            }
            false => format!("a forecast of this moment was kept before and stays: `{}`", self.file.display()),
        }
    }
}

impl Workspace {
    /// What is likely, kept beside the answer so that it can be held against what comes.
    pub fn likely_opportunities_kept(&self, when: &When) -> Result<(Answer, Kept), Error> {
        let likely = self.likely(when)?;
        let kept = self.keep_forecast(when, &likely)?;
        Ok((likely.answer()?, kept))
    }

    /// Keeps what a workbook forecasts.
    pub fn keep_forecast_of(&self, when: &When, book: &Workbook) -> Result<Kept, Error> {
        self.keep_forecast(when, &book.likely)
    }

    fn keep_forecast(&self, when: &When, likely: &Likely) -> Result<Kept, Error> {
        let stand = self.stand(when)?;
        let mut forecast = self.stored_of(&stand, likely)?;
        forecast.kept = Some(self.now().to_iso());
        let (file, is_new) = self.keep_stored_forecast(&forecast)?;
        Ok(Kept { file, is_new })
    }

    /// Every forecast that was kept, beside what is known of its time by now.
    pub fn kept_forecasts(&self, when: &When) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let known = |forecast: &StoredForecast| crate::instant(&forecast.as_of).is_some_and(|as_of| as_of <= stand.as_of.instant);
        let forecasts: Vec<StoredForecast> = self.stored_forecasts()?.into_iter().filter(known).collect();
        let mut notes = Vec::new();
        if forecasts.is_empty() {
            notes.push(
                "no forecast was kept; `quintile opportunities --likely --keep` keeps one, and so does a run that writes `likely`"
                    .to_owned(),
            );
        }
        self.beside_what_came(stand, forecasts, notes)
    }

    /// Forecasts of so many months ago, each by what was known then, beside what came.
    pub fn look_back_at_forecasts(&self, when: &When, months: u8) -> Result<Answer, Error> {
        let stand = self.stand(when)?;
        let today = StoreZone::date_of(stand.as_of.day());
        let mut forecasts = Vec::new();
        for back in (1..=i32::from(months)).rev() {
            let then = When::AsOf(today.saturating_sub(jiff::Span::new().months(back)).to_string());
            let earlier = self.stand(&then)?;
            if earlier.first_fact.is_none_or(|first| first >= earlier.as_of.instant) {
                continue;
            }
            let forecast = self.stored_of(&earlier, &self.likely(&then)?)?;
            // So early that no month had gone by, nothing was to be said.
            forecasts.extend(Some(forecast).filter(|forecast| !forecast.moves.is_empty()));
        }
        let mut notes = vec![format!(
            "looking back: each forecast is made of its moment by the facts before it and by nothing later; facts that were imported later and lie before it are in it, and so are today's settings and goals"
        )];
        if forecasts.is_empty() {
            notes.push("the history is too short to look back at".to_owned());
        }
        self.beside_what_came(stand, forecasts, notes)
    }

    fn stored_of(&self, stand: &Stand, likely: &Likely) -> Result<StoredForecast, Error> {
        let header = likely.header.as_ref().ok_or_else(|| Error::Answer("the likely table has no moment".to_owned()))?;
        let in_force = self.predictions(stand.as_of.instant, &header.currency)?;
        let looks_back = self.stand(&When::Latest)?.header.as_of > header.as_of;
        Ok(StoredForecast {
            format: FORMAT,
            as_of: stand.as_of.instant.to_iso(),
            on: StoreZone::date_of(stand.as_of.day()).to_string(),
            kept: None,
            looks_back,
            zone: header.zone.clone(),
            currency: header.currency.clone(),
            version: header.version,
            settings: header.settings.clone(),
            states_by_model: in_force.as_ref().is_some_and(|in_force| in_force.gaps_because.is_none()),
            value_model: in_force.map(|in_force| in_force.shown),
            thresholds: StoredThresholds::of(&likely.thresholds),
            horizon_months: likely.past.horizon_months as u32,
            moves: likely.foretold.iter().map(stored_move).collect(),
        })
    }

    fn beside_what_came(&self, stand: Stand, forecasts: Vec<StoredForecast>, mut notes: Vec<String>) -> Result<Answer, Error> {
        let held = forecasts.into_iter().map(|forecast| self.held(forecast, &stand.as_of)).collect::<Result<Vec<_>, _>>()?;
        let lines: Vec<Line<'_>> = held
            .iter()
            .flat_map(|held| held.forecast.moves.iter().zip(&held.seen).map(move |(of, seen)| Line { held, of, seen: *seen }))
            .collect();
        notes.extend(sentences(&lines));
        Answer::new(stand.header, columns(&lines), notes)
    }
}

fn stored_move(of: &Foretold) -> StoredMove {
    let unit = |amount: f64| amount / UNIT as f64;
    let Foretold { of, row, forecast } = of;
    StoredMove {
        stage: of.stage.clone(),
        stage_name: of.stage_name.clone(),
        goal: of.goal.clone(),
        goal_name: of.goal_name.clone(),
        customers: row.customers.unwrap_or_default(),
        usual_share: row.usual_rate,
        best_share: row.best_rate,
        moves: forecast.moves,
        moves_low: forecast.moves_interval.0,
        moves_high: forecast.moves_interval.1,
        moves_best: row.anyway.zip(row.extra).map(|(anyway, extra)| anyway + extra),
        worth: row.worth.map(unit),
        money: forecast.money.map(unit),
        money_low: forecast.money_interval.map(|(low, _)| unit(low)),
        money_high: forecast.money_interval.map(|(_, high)| unit(high)),
        value: row.value.map(unit),
        value_low: row.interval.map(|(low, _)| unit(low)),
        value_high: row.interval.map(|(_, high)| unit(high)),
    }
}

/// One move of one forecast.
struct Line<'a> {
    held: &'a HeldForecast,
    of: &'a StoredMove,
    seen: Seen,
}

impl Line<'_> {
    fn moves(&self) -> Place {
        Place::of(self.seen.moved.map(|moved| moved as f64), (self.of.moves_low, self.of.moves_high))
    }

    /// `None` where no money was foretold.
    fn money(&self) -> Option<Place> {
        let (low, high) = self.of.money_low.zip(self.of.money_high)?;
        Some(Place::of(self.seen.money.map(|money| money / UNIT as f64), (low, high)))
    }

    fn remark(&self) -> Option<String> {
        let held = self.held;
        let mut said = Vec::new();
        if self.seen.stood.is_some_and(|stood| stood != self.of.customers) {
            said.push("files imported since changed who stood in the stage".to_owned());
        }
        if held.model_changed {
            said.push("the value model of that time was fitted anew since, and may draw stages otherwise".to_owned());
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

fn columns(lines: &[Line<'_>]) -> Vec<AnswerColumn> {
    let amount = |name: &str, of: &dyn Fn(&Line<'_>) -> Option<f64>| {
        AnswerColumn::amount(name, lines.iter().map(|line| of(line).and_then(|units| money(units * UNIT as f64))))
    };
    let text = |name: &str, of: &dyn Fn(&Line<'_>) -> Option<String>| AnswerColumn::text(name, lines.iter().map(of));
    let made = |line: &Line<'_>| match (&line.held.forecast.kept, line.held.forecast.looks_back) {
        (Some(_), false) => "before",
        (Some(_) | None, _) => "looking back",
    };
    vec![
        text("forecast", &|line| Some(line.held.forecast.on.clone())),
        text("made", &|line| Some(made(line).to_owned())),
        text("life_stage", &|line| Some(line.of.stage.clone())),
        text("goal", &|line| Some(line.of.goal_name.clone())),
        AnswerColumn::count("customers", lines.iter().map(|line| Some(line.of.customers))),
        AnswerColumn::count("customers_seen", lines.iter().map(|line| line.seen.stood)),
        AnswerColumn::number("moves_expected", lines.iter().map(|line| Some(line.of.moves))),
        AnswerColumn::number("moves_low", lines.iter().map(|line| Some(line.of.moves_low))),
        AnswerColumn::number("moves_high", lines.iter().map(|line| Some(line.of.moves_high))),
        AnswerColumn::number("moves_best", lines.iter().map(|line| line.of.moves_best)),
        AnswerColumn::count("moves_seen", lines.iter().map(|line| line.seen.moved)),
        text("moves_until", &|line| Some(last_day(line.held.month_over))),
        text("moves", &|line| Some(line.moves().id().to_owned())),
        amount("money_expected", &|line| line.of.money),
        amount("money_low", &|line| line.of.money_low),
        amount("money_high", &|line| line.of.money_high),
        AnswerColumn::amount("money_seen", lines.iter().map(|line| line.seen.money.and_then(money))),
        text("money", &|line| line.money().map(|place| place.id().to_owned())),
        text("money_until", &|line| line.held.horizon_over.map(last_day)),
        amount("value", &|line| line.of.value),
        text("note", &|line| line.remark()),
    ]
}

/// The last day of a time that is over when a day begins.
fn last_day(over: jiff::civil::Date) -> String {
    over.yesterday().unwrap_or(over).to_string()
}

fn sentences(lines: &[Line<'_>]) -> Vec<String> {
    let mut notes = vec![
        "moves: customers of the stage who were in the goal a calendar month later, as the median month had it, with an interval that should hold 95 of 100 such months; `moves_best` is a month as good as the best of its season; `open` is what has not gone by yet".to_owned(),
        "money: what those who moved spent through `money_until` more than as many who stayed, before costs; `value` is what the likely table promised of a month as good as the best".to_owned(),
    ];
    let mut tell = |what: &str, places: Vec<Place>| {
        let over: Vec<Place> = places.iter().copied().filter(|place| *place != Place::Open).collect();
        let count = |wanted: Place| over.iter().filter(|place| **place == wanted).count() as u64;
        if !over.is_empty() {
            notes.push(format!(
                "{what}: of {} whose time is over {} came to lie inside the interval, {} below and {} above; {} open",
                counted(over.len() as u64, "forecast", "forecasts"),
                count(Place::Inside),
                count(Place::Below),
                count(Place::Above),
                match places.len() - over.len() {
                    1 => "1 is".to_owned(),
                    open => format!("{open} are"),
                }
            ));
        }
    };
    tell("moves", lines.iter().map(Line::moves).collect());
    tell("money", lines.iter().filter_map(Line::money).collect());
    notes
}
