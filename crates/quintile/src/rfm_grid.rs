//! The grid of recency and frequency: how many customers have each pair of scores, and what they brought.

use crate::profile::named;
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, RfmAsk, When};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, Int8Type};
use quintile_insight::ClassMoney;
use quintile_insight::sizes::sizes;

impl Workspace {
    /// A row a cell, also of cells that nobody is in: the latest buyers first, within them the rarest. Whoever never ordered has
    /// no scores and is in no cell; how many they are is a note.
    pub fn rfm_grid(&self, when: &When, ask: &RfmAsk) -> Result<Answer, Error> {
        let map = self.rfm_map(ask)?;
        let levels = i8::try_from(map.levels).unwrap_or(i8::MAX);
        let columns = named(&["recency_score", "frequency_score", "amount_spent"].map(str::to_owned))?;
        let scores = || (1..=levels).rev().flat_map(|recency| (1..=levels).map(move |frequency| (recency, frequency)));
        let empty = |(recency, frequency)| ClassMoney { id: format!("{recency}{frequency}"), customers: 0, spent: 0, without_money: 0 };
        let mut cells: Vec<ClassMoney> = scores().map(empty).collect();
        let mut nowhere = 0_u64;
        let width = usize::try_from(levels).unwrap_or_default();
        let place = |recency: i8, frequency: i8| {
            let recency = usize::try_from(levels - recency).ok()?;
            let frequency = usize::try_from(frequency - 1).ok().filter(|frequency| *frequency < width)?;
            Some(recency * width + frequency)
        };
        let header = self.profile_of(when, columns, ask)?.each(|batches| {
            for batch in &batches {
                let (recency, frequency) = (batch.column(0).as_primitive::<Int8Type>(), batch.column(1).as_primitive::<Int8Type>());
                let spent = batch.column(2).as_primitive::<Decimal64Type>();
                for row in 0..batch.num_rows() {
                    let scored = recency.is_valid(row) && frequency.is_valid(row);
                    let cell = scored.then(|| place(recency.value(row), frequency.value(row))).flatten();
                    match cell.and_then(|cell| cells.get_mut(cell)) {
                        None => nowhere += 1,
                        Some(cell) => {
                            cell.customers += 1;
                            match spent.is_valid(row) {
                                true => cell.spent += i128::from(spent.value(row)),
                                false => cell.without_money += 1,
                            }
                        }
                    }
                }
            }
            Ok(true)
        })?;
        let rows = sizes(&cells);
        let mut notes = vec![format!("map `{}`: {}", map.id, map.name)];
        if nowhere > 0 {
            notes.push(format!("{} without an order and so without scores", crate::header::counted(nowhere, "customer", "customers")));
        }
        let table = vec![
            AnswerColumn::count("recency_score", scores().map(|(recency, _)| u64::try_from(recency).ok())),
            AnswerColumn::count("frequency_score", scores().map(|(_, frequency)| u64::try_from(frequency).ok())),
            AnswerColumn::count("customers", rows.iter().map(|row| Some(row.customers))),
            AnswerColumn::share("customer_share", rows.iter().map(|row| row.customer_share)),
            AnswerColumn::amount("revenue", rows.iter().map(|row| row.revenue)),
            AnswerColumn::share("revenue_share", rows.iter().map(|row| row.revenue_share)),
            AnswerColumn::amount("average", rows.iter().map(|row| row.average)),
        ];
        Answer::new(header, table, notes)
    }
}
