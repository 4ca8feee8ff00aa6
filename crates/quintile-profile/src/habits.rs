//! How, and at what hour, customers buy.

use crate::lines::Coded;
use crate::out;
use crate::value::order_discounts;
use crate::work::Work;
use arrow::array::ArrayRef;
use arrow::datatypes::{Float64Type, Int8Type};
use quintile_model::columns::repeated;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    let share = |holds: &dyn Fn(usize) -> bool| {
        out::column::<Float64Type>(customers, |customer| {
            let slots = work.orders.of(customer);
            let all = slots.len();
            (all > 0).then(|| slots.filter(|slot| holds(*slot)).count() as f64 / all as f64)
        })
    };
    let channel = |slot: &dyn Fn(usize) -> Option<usize>| {
        let channels = Coded::of(repeated(&work.batch.orders.rows, "channel"));
        out::coded(customers, channels.texts, |customer| {
            slot(customer).map(|slot| channels.codes[work.orders.row(slot)]).filter(|code| *code >= 0)
        })
    };
    Some(match name {
        "discounted_order_share" => {
            let discounts = order_discounts(work);
            share(&|slot| discounts[slot] > 0)
        }
        "coupon_order_share" => {
            let codes = Coded::of(repeated(&work.batch.orders.rows, "discount_codes"));
            let used: Vec<bool> = codes.texts.iter().map(|text| text.is_some_and(|text| !text.trim().is_empty())).collect();
            share(&|slot| {
                let code = codes.codes[work.orders.row(slot)];
                code >= 0 && used[code as usize]
            })
        }
        "favourite_weekday" => {
            let days = work.days();
            // 1970-01-01 was a Thursday; Monday is nought here. The shift keeps days before 1970 above nought.
            let weekdays: Vec<u8> = days.iter().map(|day| (day.wrapping_add(3 + 7 * 100_000_000) as u32 % 7) as u8).collect();
            out::column::<Int8Type>(customers, |customer| match &weekdays[work.orders.of(customer)] {
                [] => None,
                [only] => Some(*only as i8 + 1),
                [a, b] => Some(*a.min(b) as i8 + 1),
                many => Some(most::<8>(many.iter().map(|weekday| *weekday as usize & 7)) + 1),
            })
        }
        "favourite_hour" => {
            let local = work.local();
            out::column::<Int8Type>(customers, |customer| {
                let at = &work.orders.at[work.orders.of(customer)];
                (!at.is_empty()).then(|| most::<24>(at.iter().map(|at| local.hour(*at))))
            })
        }
        "first_channel" => channel(&|customer| work.orders.of(customer).next()),
        "last_channel" => channel(&|customer| work.orders.of(customer).next_back()),
        _ => return None,
    })
}

/// The most frequent, then the lowest.
fn most<const N: usize>(values: impl Iterator<Item = usize>) -> i8 {
    let mut counts = [0_u32; N];
    for value in values {
        counts[value] += 1;
    }
    let (mut best, mut count) = (0, counts[0]);
    for (value, other) in counts.iter().enumerate().skip(1) {
        if *other > count {
            (best, count) = (value, *other);
        }
    }
    best as i8
}
