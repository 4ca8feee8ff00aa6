//! How many customers each class of a partition has, and what they brought.

use crate::header::counted;
use crate::profile::Profile;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, Header, RfmAsk, When};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Decimal64Type;
use quintile_insight::{ClassMoney, sizes::sizes};
use quintile_model::columns::repeated;
use quintile_profile::{Column, columns};

impl Workspace {
    /// Sizes of the classes of a partition: `life_stage`, `buying_group`, `core_group` or `retention_state`.
    pub fn stages(&self, when: &When, partition: &str) -> Result<Answer, Error> {
        // People write life-stage as readily as life_stage.
        let partition = self.catalog.partition(&partition.replace('-', "_"))?;
        let answer = self.profile_of(when, class_columns(&partition.id)?, &RfmAsk::default())?;
        self.stages_of(&partition.id, answer)
    }

    /// The same from a profile that is there.
    pub(crate) fn stages_of(&self, partition: &str, answer: Profile) -> Result<Answer, Error> {
        let partition = self.catalog.partition(partition)?.clone();
        let (header, classes) = class_money(answer, &partition.id, &self.class_ids(&partition.id)?)?;
        let rows = sizes(&classes);
        let class = |id: &str| partition.class(id);
        let name = |id: &str| class(id).map_or_else(|| id.to_owned(), |class| class.name.clone());
        let sentence = |id: &str| class(id).map(|class| class.describe(|threshold| header.threshold(threshold)));
        let mut notes = vec![partition.question.clone()];
        let without: u64 = rows.iter().map(|row| row.without_money).sum();
        if without > 0 {
            notes.push(format!(
                "{} orders and no amount, for want of an exchange rate; they are in no revenue and no average",
                counted(without, "customer has", "customers have")
            ));
        }
        let table = vec![
            AnswerColumn::text(&partition.id, rows.iter().map(|row| Some(row.id.clone()))),
            AnswerColumn::text("name", rows.iter().map(|row| Some(name(&row.id)))),
            AnswerColumn::count("customers", rows.iter().map(|row| Some(row.customers))),
            AnswerColumn::share("customer_share", rows.iter().map(|row| row.customer_share)),
            AnswerColumn::amount("revenue", rows.iter().map(|row| row.revenue)),
            AnswerColumn::share("revenue_share", rows.iter().map(|row| row.revenue_share)),
            AnswerColumn::amount("average", rows.iter().map(|row| row.average)),
            AnswerColumn::text("meaning", rows.iter().map(|row| sentence(&row.id))),
        ];
        Answer::new(header.clone(), table, notes)
    }

    /// Customers and money by class, in the order of the catalogue.
    pub(crate) fn classes(&self, when: &When, partition: &str) -> Result<(Header, Vec<ClassMoney>), Error> {
        let answer = self.profile_of(when, class_columns(partition)?, &RfmAsk::default())?;
        class_money(answer, partition, &self.class_ids(partition)?)
    }

    /// The classes of a partition, in the order of the catalogue.
    pub(crate) fn class_ids(&self, partition: &str) -> Result<Vec<String>, Error> {
        Ok(self.catalog.partition(partition)?.classes.iter().map(|class| class.id.clone()).collect())
    }
}

/// The columns of classes and what they brought.
pub(crate) fn class_columns(partition: &str) -> Result<Vec<&'static Column>, Error> {
    crate::profile::named(&[partition, "amount_spent"].map(str::to_owned))
}

/// Adds up a profile of a class column and `amount_spent`.
pub(crate) fn class_money(answer: Profile, column: &str, order: &[String]) -> Result<(Header, Vec<ClassMoney>), Error> {
    let mut classes: Vec<ClassMoney> =
        order.iter().map(|id| ClassMoney { id: id.clone(), customers: 0, spent: 0, without_money: 0 }).collect();
    let header = answer.each(|batches| {
        batches.iter().try_for_each(|batch| add(batch, column, &mut classes))?;
        Ok(true)
    })?;
    Ok((header, classes))
}

pub(crate) fn add(batch: &RecordBatch, column: &str, classes: &mut Vec<ClassMoney>) -> Result<(), Error> {
    debug_assert!(columns::find(column).is_some());
    let class = repeated(batch, column);
    // A class that the catalogue does not name is shown all the same, behind the others.
    let places: Vec<usize> = class
        .values()
        .iter()
        .map(|value| {
            let id = value.unwrap_or_default();
            classes.iter().position(|class| class.id == id).unwrap_or_else(|| {
                classes.push(ClassMoney { id: id.to_owned(), customers: 0, spent: 0, without_money: 0 });
                classes.len() - 1
            })
        })
        .collect();
    let spent = batch.column_by_name("amount_spent").and_then(|array| array.as_primitive_opt::<Decimal64Type>());
    let spent = spent.ok_or_else(|| Error::Answer("the profile lacks `amount_spent`".to_owned()))?;
    for row in 0..batch.num_rows() {
        let Some(code) = class.code(row) else { continue };
        let class = &mut classes[places[code]];
        class.customers += 1;
        if spent.is_valid(row) {
            class.spent += i128::from(spent.value(row));
        } else {
            class.without_money += 1;
        }
    }
    Ok(())
}
