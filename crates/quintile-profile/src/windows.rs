//! What happened lately: windows of elapsed days that end at the moment asked for.

use crate::out;
use crate::question::ProfileError;
use crate::value::amount;
use crate::work::Work;
use arrow::array::ArrayRef;
use arrow::datatypes::Int64Type;
use quintile_model::columns::instants;
use quintile_model::time::DAY_MICROS;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Result<Option<ArrayRef>, ProfileError> {
    let from = |days: i64| work.question.as_of.instant.0.saturating_sub(days * DAY_MICROS);
    let orders = |days: i64| {
        let from = from(days);
        out::column::<Int64Type>(work.customers(), |customer| {
            let at = &work.orders.at[work.orders.of(customer)];
            Some(at.iter().rev().take_while(|at| **at >= from).count() as i64)
        })
    };
    Ok(Some(match name {
        "orders_in_30d" => orders(30),
        "orders_in_90d" => orders(90),
        "orders_in_365d" => orders(365),
        "spent_in_365d" => {
            let (values, refunds, from) = (work.values()?, work.refunds()?, from(365));
            let mut back: Vec<i128> = vec![0; work.customers()];
            if !refunds.counted.is_empty() {
                let at: &[i64] = instants(&work.batch.refunds.rows, "at").values();
                let mut customer = 0;
                for (row, value) in &refunds.counted {
                    while work.batch.refunds.offsets[customer + 1] <= *row {
                        customer += 1;
                    }
                    if at[*row as usize] >= from {
                        back[customer] += *value as i128;
                    }
                }
            }
            amount(work, "spent_in_365d", |customer| {
                refunds.sum(work, values, customer)?;
                Some(values.since(work, customer, from) - back[customer])
            })?
        }
        _ => return Ok(None),
    }))
}
