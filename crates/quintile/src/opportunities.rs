//! What it would be worth if all customers of a stage moved to the next.

use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, When, header};
use quintile_insight::opportunity::{Verdict, opportunities};

impl Workspace {
    /// The guide's table.
    pub fn opportunities(&self, when: &When) -> Result<Answer, Error> {
        let guide = &self.catalog.guide;
        let (mut header, classes) = self.classes(when, &guide.partition)?;
        let prospects_known = classes.iter().any(|class| class.id == "prospects" && class.customers > 0);
        let table = opportunities(guide, &classes, prospects_known);
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
}
