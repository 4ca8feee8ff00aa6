//! What is likely to be gained: each move as often as in the best month of the season, less what it costs.

use super::margin::KnownMargin;
use super::{TargetRow, given, planned, targets};
use crate::history::{History, Lives, Partition, ascending};
use crate::movement::{add_months, month_matrices};
use crate::past::{Moves, Past, months_back};
use crate::plan::{self, Plan};
use crate::profile::named;
use crate::stages::class_money;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, Thresholds, When};
use quintile_catalog::{Guide, Move};
use quintile_insight::ClassMoney;
use quintile_insight::movement::Matrix;
use quintile_insight::opportunity::forecast::{Forecast, forecast};
use quintile_insight::opportunity::gain::{self, Gain, Terms};
use quintile_insight::opportunity::likely::{self, LikelyRow, MoveHistory};
use quintile_model::Money;
use quintile_profile::ThresholdSettings;
use std::sync::{Mutex, PoisonError};

/// Fewer customers than this in a stage say nothing of a month.
pub(super) const LEAST_CUSTOMERS: u64 = 30;
/// Resamplings for an interval: its ends move by less than their own hundredth from seed to seed.
pub(super) const RESAMPLINGS: u32 = 1000;
/// An interval is the same whenever the same question is asked.
pub(super) const SEED: u64 = 20;

/// The likely opportunities, and what was found on the way.
pub(crate) struct Likely {
    /// `None` of figures alone.
    pub header: Option<Header>,
    /// By gain, largest first.
    pub rows: Vec<LikelyRow>,
    /// Of the same places.
    pub terms: Vec<Terms>,
    /// Of the same places.
    pub gains: Vec<Gain>,
    pub targets: Vec<TargetRow>,
    /// Does the plan, or do product costs, say anything of margin or cost?
    pub has_terms: bool,
    /// What product costs say of the margin.
    pub margin: Option<KnownMargin>,
    given_in: Option<String>,
    /// Months looked back at.
    pub months: usize,
    /// The moments looked at.
    pub past: Past,
    /// The stages now.
    pub classes: Vec<ClassMoney>,
    /// The partition that the guide's moves are in.
    pub partition: Partition,
    /// Who moved in each of the months, oldest first.
    pub months_of_moves: Vec<Matrix>,
    /// What to expect of each move in the coming month if nothing is done, by the store's past alone.
    pub foretold: Vec<Foretold>,
    /// The thresholds of the stages, as they were found.
    pub thresholds: ThresholdSettings,
}

/// A move, and what to expect of it.
#[derive(Debug, Clone)]
pub(crate) struct Foretold {
    pub of: Move,
    pub row: LikelyRow,
    pub forecast: Forecast,
}

/// An amount that was estimated.
pub(crate) fn money(value: f64) -> Option<Money> {
    Money::from_sum(value.round() as i128)
}

impl Workspace {
    /// What is likely to be gained if each move happened as often as in the best month of the season.
    pub fn likely_opportunities(&self, when: &When) -> Result<Answer, Error> {
        self.likely(when)?.answer()
    }

    /// The guide's moves, by the store's own past.
    pub(crate) fn likely(&self, when: &When) -> Result<Likely, Error> {
        let stand = self.stand(when)?;
        let moments = ascending(months_back(&stand))?;
        let columns = Lives::columns(&self.catalog.guide.partition)?;
        let (history, _) = self.history_of(stand, moments, columns, &RfmAsk::default(), |_, _| Ok(()))?;
        self.likely_of(when, &history)
    }

    /// The same from a history that goes back month by month and knows the guide's partition.
    pub(crate) fn likely_of(&self, when: &When, history: &History) -> Result<Likely, Error> {
        let (guide, plan): (&Guide, Plan) = (&self.catalog.guide, self.plan()?);
        let moves_of_plan = plan.moves(&guide.moves);
        let partition = self.partition(&guide.partition)?;
        let ids = &partition.classes;
        let asked = named(&[guide.partition.clone(), "amount_spent".to_owned()])?;
        let (header, now) = class_money(history.profile(asked)?, &guide.partition, ids)?;
        let drawing = history.drawing(Lives::columns(&guide.partition)?, Thresholds::OfTheLast, |_| true)?;
        let past = history.past(&drawing);
        let moves = Mutex::new((Moves::new(&moves_of_plan, ids, past.months()), month_matrices(&past, &partition)));
        history.each(|part| {
            let lives = part.lives(&drawing, &past.places, &partition)?;
            let (moves, months) = &mut *moves.lock().unwrap_or_else(PoisonError::into_inner);
            moves.add(&lives);
            add_months(months, &lives);
            Ok(())
        })?;
        let (moves, months_of_moves) = moves.into_inner().unwrap_or_else(PoisonError::into_inner);
        let customers =
            |id: &str| now.iter().find(|class| class.id == id).map(|class| class.customers).filter(|count| id != "prospects" || *count > 0);
        let histories = moves.histories(&moves_of_plan, customers);
        let coming_month = past.calendar_months.last().copied().unwrap_or(1);
        let reading = likely::Reading { coming_month, least_customers: LEAST_CUSTOMERS, resamplings: RESAMPLINGS, seed: SEED };
        let rows = likely::likely(&histories, &reading);
        let foretold = |history: &MoveHistory<'_>| {
            let row = rows.iter().find(|row| row.stage == history.of.stage)?.clone();
            Some(Foretold { of: history.of.clone(), row, forecast: forecast(history, &reading)? })
        };
        let foretold = histories.iter().filter_map(foretold).collect();
        let found = Likely {
            header: Some(planned(header, &plan)),
            targets: self.targets(when, &plan, &moves_of_plan)?,
            margin: self.known_margin(when)?,
            months: past.places.len().saturating_sub(1),
            classes: now,
            past,
            partition,
            months_of_moves,
            foretold,
            thresholds: history.found(&drawing),
            ..Likely::of_figures(Vec::new(), &plan)
        };
        Ok(found.ranked(rows, &plan, guide))
    }
}

impl Likely {
    /// Of nothing but figures; nobody was looked back at.
    pub(super) fn of_figures(targets: Vec<TargetRow>, plan: &Plan) -> Likely {
        Likely {
            header: None,
            rows: Vec::new(),
            terms: Vec::new(),
            gains: Vec::new(),
            targets,
            has_terms: false,
            margin: None,
            given_in: plan.file.as_deref().map(plan::name_of),
            months: 0,
            past: Past::default(),
            classes: Vec::new(),
            partition: Partition::default(),
            months_of_moves: Vec::new(),
            foretold: Vec::new(),
            thresholds: ThresholdSettings::default(),
        }
    }

    /// With rows: figures that are given go before them, and what is left after costs ranks them.
    pub(super) fn ranked(mut self, mut rows: Vec<LikelyRow>, plan: &Plan, guide: &Guide) -> Likely {
        likely::with_given(&mut rows, &plan.given());
        let known_margin = self.margin.as_ref().map(|margin| margin.share);
        let terms = |stage: &str| {
            let of = guide.moves.iter().find(|of| of.stage == stage);
            of.map_or_else(Terms::default, |of| plan.terms(of, known_margin))
        };
        for (row, terms, gain) in gain::ranked(rows, terms) {
            self.rows.push(row);
            self.terms.push(terms);
            self.gains.push(gain);
        }
        self.has_terms = plan.has_terms() || known_margin.is_some();
        self
    }

    /// As a table.
    pub fn answer(&self) -> Result<Answer, Error> {
        let (rows, terms, gains) = (&self.rows, &self.terms, &self.gains);
        let amount = |of: fn(&LikelyRow) -> Option<f64>| rows.iter().map(move |row| of(row).and_then(money));
        let left = |of: fn(&Gain) -> Option<f64>| gains.iter().map(move |gain| of(gain).and_then(money));
        let mut columns = vec![
            AnswerColumn::text("life_stage", rows.iter().map(|row| Some(row.stage.clone()))),
            AnswerColumn::text("name", rows.iter().map(|row| Some(row.stage_name.clone()))),
            AnswerColumn::count("customers", rows.iter().map(|row| row.customers)),
            AnswerColumn::text("goal", rows.iter().map(|row| Some(row.goal_name.clone()))),
            AnswerColumn::share("usual_share", rows.iter().map(|row| row.usual_rate)),
            AnswerColumn::share("best_share", rows.iter().map(|row| row.best_rate)),
            AnswerColumn::number("move_anyway", rows.iter().map(|row| row.anyway)),
            AnswerColumn::number("move_extra", rows.iter().map(|row| row.extra)),
            AnswerColumn::amount("worth", amount(|row| row.worth)),
            AnswerColumn::amount("value", amount(|row| row.value)),
            AnswerColumn::amount("value_low", amount(|row| row.interval.map(|(low, _)| low))),
            AnswerColumn::amount("value_high", amount(|row| row.interval.map(|(_, high)| high))),
            AnswerColumn::share("margin_share", terms.iter().map(|terms| terms.margin_share)),
            AnswerColumn::number("reached", gains.iter().map(|gain| gain.reached)),
            AnswerColumn::amount("cost", left(|gain| gain.cost)),
            AnswerColumn::amount("gain", left(|gain| gain.gain)),
            AnswerColumn::amount("gain_low", left(|gain| gain.interval.map(|(low, _)| low))),
            AnswerColumn::amount("gain_high", left(|gain| gain.interval.map(|(_, high)| high))),
            AnswerColumn::number("effort_days", terms.iter().map(|terms| terms.effort_days)),
        ];
        columns.extend(targets::columns(&self.targets, &rows.iter().map(|row| row.stage.as_str()).collect::<Vec<_>>()));
        columns.extend([
            AnswerColumn::text("given", rows.iter().map(|row| given(&row.given))),
            AnswerColumn::count("months", rows.iter().map(|row| Some(u64::from(row.months)))),
            AnswerColumn::text("note", rows.iter().enumerate().map(|(at, row)| self.remark_at(at, row))),
        ]);
        Answer::of(self.header.clone(), columns, self.notes())
    }

    /// What the figures rest on.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.header.is_some() {
            notes.push(format!(
                "move_anyway: customers who move in a month as the median of the last {} ones; move_extra: those more in a month as good as the best of the same season (the coming calendar month and its neighbours)",
                self.months
            ));
            notes.push(format!(
                "worth: what movers spent in the {} months from the beginning of the month of their move, more than those who stayed; value = move_extra x worth, for one month, before costs, with its 95 % interval",
                self.past.horizon_months
            ));
            notes.push(
                "who moved is not a random choice of who could, so `worth` bounds from above what moving somebody else brings".to_owned(),
            );
        } else {
            notes.push(
                "move_extra = (best_share - usual_share) x customers; value = move_extra x worth, for one month, before costs".to_owned(),
            );
        }
        notes.push(self.terms_note());
        if let Some(margin) = &self.margin {
            notes.push(margin.sentence());
        }
        let given = self.header.is_some() && self.rows.iter().any(|row| !row.given.is_empty());
        if let Some(file) = self.given_in.as_ref().filter(|_| given) {
            notes.push(format!("given: figures of `{file}`, which go before the store's own"));
        }
        notes.extend(targets::sentences(&self.targets));
        notes
    }

    /// Whether values are by margin and after costs.
    pub fn terms_note(&self) -> String {
        let (margins, costs) = (
            self.terms.iter().filter(|terms| terms.margin_share.is_some()).count(),
            self.terms.iter().filter(|terms| terms.has_cost()).count(),
        );
        let of = |some: usize| if some == self.terms.len() { "every row" } else { "the rows that show it" };
        match (margins, costs) {
            (0, 0) => format!("valued by revenue, before costs: `{}` has neither margin nor cost", plan::FILE),
            (0, _) => format!(
                "gain = value x share reached - cost, ranked by it: by revenue, for want of a margin; costs are known of {}",
                of(costs)
            ),
            (margins, 0) => {
                format!("gain = value x share reached x margin, ranked by it: the margin is known of {}, costs of none", of(margins))
            }
            (margins, costs) => format!(
                "gain = value x share reached x margin - cost, ranked by it: the margin is known of {}, the cost of {}",
                of(margins),
                of(costs)
            ),
        }
    }

    /// What to know of one row, its gain with it.
    fn remark_at(&self, at: usize, row: &LikelyRow) -> Option<String> {
        self.remark(row).or_else(|| {
            let gain = self.gains.get(at)?.gain?;
            (gain < 0.0 && row.value? > 0.0).then(|| "it would cost more than it brings".to_owned())
        })
    }

    /// What to know of one row.
    pub fn remark(&self, row: &LikelyRow) -> Option<String> {
        let known = |sentence: &str| Some(sentence.to_owned());
        if row.customers.is_none() {
            return known(match self.header {
                Some(_) => "no such customers are known to the store; import customers without orders to see them",
                None => "the number of customers was not given",
            });
        }
        if row.usual_rate.is_none() || row.best_rate.is_none() {
            return known(match self.header {
                Some(_) => "in no month were there enough customers here to see how many move",
                None => "`usual_share` and `best_share` were not given",
            });
        }
        if row.worth.is_none() {
            return known(match self.header {
                Some(_) => "nobody was seen to move long enough ago to know what it is worth",
                None => "`worth` was not given",
            });
        }
        if row.extra == Some(0.0) {
            return known("the best month of the season was no better than the median month; nothing more is to be expected");
        }
        if row.worth.is_some_and(|worth| worth <= 0.0) {
            return known("movers spent no more than those who stayed; no opportunity");
        }
        (!row.season_seen).then(|| "the season was not seen before; the best month of all stands for it".to_owned())
    }
}
