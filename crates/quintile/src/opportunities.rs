//! What it would be worth if all customers of a stage moved to the next.

use crate::history::{History, Lives, Partition, ascending};
use crate::movement::{add_months, month_matrices};
use crate::past::{Moves, Past, months_back};
use crate::profile::named;
use crate::stages::class_money;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, Thresholds, When, header};
use quintile_catalog::Guide;
use quintile_insight::ClassMoney;
use quintile_insight::movement::Matrix;
use quintile_insight::opportunity::likely::{self, LikelyRow};
use quintile_insight::opportunity::{Verdict, opportunities};
use quintile_model::Money;
use std::sync::{Mutex, PoisonError};

impl Workspace {
    /// The guide's table.
    pub fn opportunities(&self, when: &When) -> Result<Answer, Error> {
        let (header, classes) = self.classes(when, &self.catalog.guide.partition)?;
        self.opportunities_of(header, &classes)
    }

    /// The same of classes that are known already.
    pub(crate) fn opportunities_of(&self, mut header: Header, classes: &[ClassMoney]) -> Result<Answer, Error> {
        let guide = &self.catalog.guide;
        let prospects_known = classes.iter().any(|class| class.id == "prospects" && class.customers > 0);
        let table = opportunities(guide, classes, prospects_known);
        let mut notes = vec![guide.question.clone()];
        notes.push(
            "total = (average of the goal - average now) x customers, as if all of them moved; a bound to rank moves by, not a forecast"
                .to_owned(),
        );
        if table.exceeds_revenue {
            let show = |money: Option<quintile_model::Money>| {
                money.map_or("more than can be shown".to_owned(), |money| header::money(money, &header.currency))
            };
            header.warnings.push(format!(
                "the opportunities add up to {}, more than the {} of all revenue so far: read each row alone, do not add them",
                show(table.sum),
                show(table.revenue)
            ));
        }
        let rows = &table.rows;
        let what = |verdict: Verdict| Some(verdict.sentence().to_owned()).filter(|sentence| !sentence.is_empty());
        let columns = vec![
            AnswerColumn::text("life_stage", rows.iter().map(|row| Some(row.stage.clone()))),
            AnswerColumn::text("name", rows.iter().map(|row| Some(row.stage_name.clone()))),
            AnswerColumn::count("customers", rows.iter().map(|row| row.customers)),
            AnswerColumn::amount("average_clv", rows.iter().map(|row| row.average)),
            AnswerColumn::text("goal", rows.iter().map(|row| Some(row.goal_name.clone()))),
            AnswerColumn::amount("goal_clv", rows.iter().map(|row| row.goal_average)),
            AnswerColumn::amount("difference", rows.iter().map(|row| row.difference)),
            AnswerColumn::amount("total_opportunity", rows.iter().map(|row| row.total)),
            AnswerColumn::text("verdict", rows.iter().map(|row| Some(row.verdict.id().to_owned()))),
            AnswerColumn::text("note", rows.iter().map(|row| what(row.verdict))),
        ];
        Answer::new(header, columns, notes)
    }

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
        self.likely_of(&history)
    }

    /// The same from a history that goes back month by month and knows the guide's partition.
    pub(crate) fn likely_of(&self, history: &History) -> Result<Likely, Error> {
        let guide: &Guide = &self.catalog.guide;
        let partition = self.partition(&guide.partition)?;
        let ids = &partition.classes;
        let asked = named(&[guide.partition.clone(), "amount_spent".to_owned()])?;
        let (header, now) = class_money(history.profile(asked)?, &guide.partition, ids)?;
        let drawing = history.drawing(Lives::columns(&guide.partition)?, Thresholds::OfTheLast, |_| true)?;
        let past = history.past(&drawing);
        let moves = Mutex::new((Moves::new(&guide.moves, ids, &past), month_matrices(&past, &partition)));
        history.each(|part| {
            let lives = part.lives(&drawing, &past.places, &partition)?;
            let (moves, months) = &mut *moves.lock().unwrap_or_else(PoisonError::into_inner);
            moves.add(&lives, &past);
            add_months(months, &lives);
            Ok(())
        })?;
        let (moves, months_of_moves) = moves.into_inner().unwrap_or_else(PoisonError::into_inner);
        let customers =
            |id: &str| now.iter().find(|class| class.id == id).map(|class| class.customers).filter(|count| id != "prospects" || *count > 0);
        let histories = moves.histories(&guide.moves, customers);
        let coming_month = past.calendar_months.last().copied().unwrap_or(1);
        let reading = likely::Reading { coming_month, least_customers: LEAST_CUSTOMERS, resamplings: RESAMPLINGS, seed: SEED };
        let rows = likely::likely(&histories, &reading);
        let months = past.places.len().saturating_sub(1);
        Ok(Likely { header, rows, months, classes: now, past, partition, months_of_moves })
    }
}

/// Fewer customers than this in a stage say nothing of a month.
const LEAST_CUSTOMERS: u64 = 30;
/// Resamplings for an interval: its ends move by less than their own hundredth from seed to seed.
const RESAMPLINGS: u32 = 1000;
/// An interval is the same whenever the same question is asked.
const SEED: u64 = 20;

/// The likely opportunities, and what was found on the way.
pub(crate) struct Likely {
    pub header: Header,
    pub rows: Vec<LikelyRow>,
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
}

/// An amount that was estimated.
pub(crate) fn money(value: f64) -> Option<Money> {
    Money::from_sum(value.round() as i128)
}

impl Likely {
    /// As a table.
    pub fn answer(&self) -> Result<Answer, Error> {
        let rows = &self.rows;
        let amount =
            |of: fn(&LikelyRow) -> Option<f64>| rows.iter().map(move |row| of(row).and_then(money)).collect::<Vec<_>>().into_iter();
        let columns = vec![
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
            AnswerColumn::count("months", rows.iter().map(|row| Some(u64::from(row.months)))),
            AnswerColumn::text("note", rows.iter().map(|row| self.remark(row))),
        ];
        Answer::new(self.header.clone(), columns, self.notes())
    }

    /// What the figures rest on.
    pub fn notes(&self) -> Vec<String> {
        vec![
            format!(
                "move_anyway: customers who move in a month as the median of the last {} ones; move_extra: those more in a month as good as the best of the same season (the coming calendar month and its neighbours)",
                self.months
            ),
            format!(
                "worth: what movers spent in the {} months from the beginning of the month of their move, more than those who stayed; value = move_extra x worth, for one month, before costs, with its 95 % interval",
                self.past.horizon_months
            ),
            "who moved is not a random choice of who could, so `worth` bounds from above what moving somebody else brings".to_owned(),
        ]
    }

    /// What to know of one row.
    pub fn remark(&self, row: &LikelyRow) -> Option<String> {
        let known = |sentence: &str| Some(sentence.to_owned());
        if row.customers.is_none() {
            return known("no such customers are known to the store; import customers without orders to see them");
        }
        if row.months == 0 {
            return known("in no month were there enough customers here to see how many move");
        }
        if row.worth.is_none() {
            return known("nobody was seen to move long enough ago to know what it is worth");
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
