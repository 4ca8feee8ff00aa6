//! What went wrong.

use crate::out;
use crate::question::ProfileError;
use crate::value::ratio;
use crate::work::Work;
use arrow::array::ArrayRef;
use arrow::datatypes::Float64Type;
use quintile_model::batch::NO_ORDER;
use quintile_model::columns::instants;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Result<Option<ArrayRef>, ProfileError> {
    let customers = work.customers();
    Ok(Some(match name {
        "refund_rate" => {
            let (values, refunds) = (work.values()?, work.refunds()?);
            out::column::<Float64Type>(customers, |customer| {
                let (back, spent) = (refunds.sum(work, values, customer)?, values.total(work, customer));
                (spent > 0).then(|| ratio(back, spent))
            })
        }
        "return_rate" => {
            let batch = work.batch;
            let at: &[i64] = instants(&batch.refunds.rows, "at").values();
            let mut returned = vec![false; work.orders.len()];
            out::column::<Float64Type>(customers, |customer| {
                let mut orders = 0;
                for row in batch.refunds.of(customer).filter(|row| work.question.as_of.counts(at[*row])) {
                    let order = batch.refund_order[row];
                    if order == NO_ORDER {
                        return None;
                    }
                    let slot = work.orders.slot(order);
                    if slot != NO_ORDER && !std::mem::replace(&mut returned[slot as usize], true) {
                        orders += 1;
                    }
                }
                let all = work.orders.count(customer);
                (all > 0).then(|| orders as f64 / all as f64)
            })
        }
        _ => return Ok(None),
    }))
}
