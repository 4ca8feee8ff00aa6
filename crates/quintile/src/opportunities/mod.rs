//! What moves between stages are worth: what is possible, what is likely, what was aimed at, and with which tactics.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | what it would be worth if all customers of a stage moved to the next |
//! | `likely` | what is to be gained if a move happened as often as in the store's best months, less what it costs |
//! | `extra` | which moves bring an amount more within a time |
//! | `sensitivity` | how the ranking changes with the thresholds |
//! | `segments` | the same of segments, whose customers overlap |
//! | `forecasts` | forecasts kept beside what then happened |
//! | `predicted` | what customers are still expected to spend |
//! | `targets` | targets beside what was reached |
//! | `margin` | which share of the revenue products leave when their cost is paid |
//! | `typed` | the tables of figures that were typed in, without any store |
//! | `tactics` | what to do first for the rows that promise most |
//! | `workbook` | all of it as a spreadsheet that goes on calculating |

mod extra;
mod forecasts;
mod likely;
mod margin;
mod predicted;
mod segments;
mod sensitivity;
mod tactics;
mod targets;
mod typed;
mod workbook;

pub use extra::ExtraAsk;
pub use forecasts::Kept;
pub(crate) use likely::Likely;
pub(crate) use tactics::{Proposal, Quadrant, ROWS, first_rows};
pub(crate) use targets::TargetRow;
pub use typed::opportunities_from;
pub use workbook::Workbook;

use crate::plan::{self, Plan};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, When, header};
use predicted::Predicted;
use quintile_catalog::Guide;
use quintile_insight::ClassMoney;
use quintile_insight::opportunity::{Row, Table, Verdict, opportunities};
use quintile_model::{Money, ids};

/// The guide's table of a moment, or of figures alone.
pub(crate) struct Possible {
    /// `None` of figures alone.
    pub header: Option<Header>,
    pub currency: String,
    question: String,
    pub table: Table,
    pub targets: Vec<TargetRow>,
    /// `None` of figures alone.
    pub predicted: Option<Predicted>,
    /// The file that figures were given in.
    given_in: Option<String>,
}

impl Workspace {
    /// The guide's table, with the project's own goals, figures and targets.
    pub fn opportunities(&self, when: &When) -> Result<Answer, Error> {
        self.possible(when)?.answer()
    }

    pub(crate) fn possible(&self, when: &When) -> Result<Possible, Error> {
        let plan = self.plan()?;
        let (header, classes) = self.classes(when, &self.catalog.guide.partition)?;
        let targets = self.targets(when, &plan, &plan.moves(&self.catalog.guide.moves))?;
        self.possible_of(when, planned(header, &plan), &classes, &plan, targets)
    }

    /// The same of classes that are known already, and a header that knows of the plan.
    pub(crate) fn possible_of(
        &self,
        when: &When,
        header: Header,
        classes: &[ClassMoney],
        plan: &Plan,
        targets: Vec<TargetRow>,
    ) -> Result<Possible, Error> {
        let prospects_known = classes.iter().any(|class| class.id == "prospects" && class.customers > 0);
        let currency = header.currency.clone();
        let predicted = Some(self.predicted(when, &self.catalog.guide.partition)?);
        let possible = Possible::new(&self.catalog.guide, Some(header), currency, classes, prospects_known, plan, targets);
        Ok(Possible { predicted, ..possible })
    }
}

/// A header whose hash of settings holds the plan too: it changes answers.
pub(crate) fn planned(mut header: Header, plan: &Plan) -> Header {
    if let Some(hash) = plan.hash {
        header.settings = format!("{:016x}", ids::text_hash(&format!("{}\n{hash:x}", header.settings)));
    }
    if let Some(currency) = plan.currency.as_ref().filter(|currency| **currency != header.currency) {
        header.warnings.push(format!(
            "`{}` has its amounts in {currency} and this answer is in {}; they are taken as they stand",
            plan::FILE,
            header.currency
        ));
    }
    header
}

impl Possible {
    fn new(
        guide: &Guide,
        mut header: Option<Header>,
        currency: String,
        classes: &[ClassMoney],
        prospects_known: bool,
        plan: &Plan,
        targets: Vec<TargetRow>,
    ) -> Possible {
        let table = opportunities(&plan.moves(&guide.moves), classes, prospects_known, &plan.given());
        if let Some(header) = header.as_mut().filter(|_| table.exceeds_revenue) {
            let show = |money: Option<Money>| money.map_or("more than can be shown".to_owned(), |money| header::money(money, &currency));
            let warning = format!(
                "the opportunities add up to {}, more than the {} of all revenue so far: read each row alone, do not add them",
                show(table.sum),
                show(table.revenue)
            );
            header.warnings.push(warning);
        }
        let given_in = plan.file.as_deref().map(plan::name_of);
        Possible { header, currency, question: guide.question.clone(), table, targets, predicted: None, given_in }
    }

    /// As a table.
    pub fn answer(&self) -> Result<Answer, Error> {
        let rows = &self.table.rows;
        let what = |verdict: Verdict| Some(verdict.sentence().to_owned()).filter(|sentence| !sentence.is_empty());
        let mut columns = vec![
            AnswerColumn::text("life_stage", rows.iter().map(|row| Some(row.stage.clone()))),
            AnswerColumn::text("name", rows.iter().map(|row| Some(row.stage_name.clone()))),
            AnswerColumn::count("customers", rows.iter().map(|row| row.customers)),
            AnswerColumn::amount("average_clv", rows.iter().map(|row| row.average)),
            AnswerColumn::text("goal", rows.iter().map(|row| Some(row.goal_name.clone()))),
            AnswerColumn::amount("goal_clv", rows.iter().map(|row| row.goal_average)),
            AnswerColumn::amount("difference", rows.iter().map(|row| row.difference)),
            AnswerColumn::amount("total_opportunity", rows.iter().map(|row| row.total)),
        ];
        if self.predicted.is_some() {
            columns.push(AnswerColumn::amount("predicted_clv", rows.iter().map(|row| self.predicted_of(row))));
            columns.push(AnswerColumn::amount("goal_predicted_clv", rows.iter().map(|row| self.goal_predicted_of(row))));
        }
        columns.extend(targets::columns(&self.targets, &rows.iter().map(|row| row.stage.as_str()).collect::<Vec<_>>()));
        columns.extend([
            AnswerColumn::text("given", rows.iter().map(|row| given(&row.given))),
            AnswerColumn::text("verdict", rows.iter().map(|row| Some(row.verdict.id().to_owned()))),
            AnswerColumn::text("note", rows.iter().map(|row| what(row.verdict))),
        ]);
        Answer::of(self.header.clone(), columns, self.notes())
    }

    /// What the customers of a row are still expected to spend, on the average.
    pub fn predicted_of(&self, row: &Row) -> Option<Money> {
        self.predicted.as_ref()?.mean_of([&row.stage])
    }

    /// The same of the customers of its goal.
    pub fn goal_predicted_of(&self, row: &Row) -> Option<Money> {
        self.predicted.as_ref()?.mean_of(&row.goal)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            self.question.clone(),
            "total = (average of the goal - average now) x customers, as if all of them moved; a bound to rank moves by, not a forecast"
                .to_owned(),
        ];
        // Without a store there is nothing else that could have been meant.
        let given = self.header.is_some() && self.table.rows.iter().any(|row| !row.given.is_empty());
        if let Some(file) = self.given_in.as_ref().filter(|_| given) {
            notes.push(format!("given: figures of `{file}`, which go before the store's own"));
        }
        notes.extend(self.predicted.as_ref().map(|predicted| predicted.note.clone()));
        notes.extend(targets::sentences(&self.targets));
        notes
    }
}

/// The names of figures that were given.
fn given(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}
