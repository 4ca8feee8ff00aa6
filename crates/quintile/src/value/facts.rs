//! The purchases of every customer up to a moment, as value models take them.

use crate::profile::Profile;
use crate::workspace::Stand;
use crate::{Error, Header, Workspace};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, Int32Type};
use quintile_model::money::UNIT;
use quintile_profile::columns;
use quintile_value::backtest::Purchases;

/// Purchase days of every buyer, each day once, with what was bought on it.
pub(super) struct PurchaseFacts {
    pub header: Header,
    /// The last day that counts.
    pub last_day: i32,
    offsets: Vec<u32>,
    days: Vec<i32>,
    /// Value less refunds; no number where no amount is known.
    values: Vec<f64>,
}

impl PurchaseFacts {
    pub fn purchases(&self) -> Purchases<'_> {
        Purchases { offsets: &self.offsets, days: &self.days }
    }

    /// The mean value of each customer's purchases after the first; 0 where none has an amount.
    pub fn means_again(&self) -> Vec<f64> {
        self.offsets
            .windows(2)
            .map(|pair| {
                let again = self.values[pair[0] as usize..pair[1] as usize].iter().skip(1).filter(|value| value.is_finite());
                let (count, sum) = again.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
                if count > 0.0 { sum / count } else { 0.0 }
            })
            .collect()
    }
}

/// The purchases of some of the customers.
pub(super) struct SomePurchases {
    offsets: Vec<u32>,
    days: Vec<i32>,
}

impl SomePurchases {
    pub fn purchases(&self) -> Purchases<'_> {
        Purchases { offsets: &self.offsets, days: &self.days }
    }
}

/// At least `most` customers in equal steps through all of them, whose order says nothing of them; `None` where all are few enough.
pub(super) fn some_of(all: &Purchases<'_>, most: usize) -> Option<SomePurchases> {
    let step = all.customers() / most.max(1);
    if step < 2 {
        return None;
    }
    let mut some = SomePurchases { offsets: vec![0], days: Vec::new() };
    for customer in (0..all.customers()).step_by(step) {
        some.days.extend(all.of(customer));
        some.offsets.push(some.days.len() as u32);
    }
    Some(some)
}

impl Workspace {
    /// Reads them all: four bytes a purchase and eight for its value. No model that was fitted before is looked at.
    pub(super) fn purchase_facts(&self, stand: Stand) -> Result<PurchaseFacts, Error> {
        let last_day = stand.as_of.last_day();
        let profile = self.profile_without_model(stand, columns::purchase_history().to_vec())?;
        gather(profile, last_day)
    }
}

fn gather(profile: Profile, last_day: i32) -> Result<PurchaseFacts, Error> {
    let (mut offsets, mut days, mut values) = (vec![0_u32], Vec::new(), Vec::new());
    let lacking = || Error::Answer("the profile lacks the purchases of customers".to_owned());
    let header = profile.each(|batches| {
        for batch in &batches {
            let first = batch.column(0).as_primitive_opt::<Int32Type>().ok_or_else(lacking)?;
            let gaps = batch.column(1).as_list_opt::<i32>().ok_or_else(lacking)?;
            let amounts = batch.column(2).as_list_opt::<i32>().ok_or_else(lacking)?;
            let all_gaps = gaps.values().as_primitive_opt::<Int32Type>().ok_or_else(lacking)?;
            let all_amounts = amounts.values().as_primitive_opt::<Decimal64Type>().ok_or_else(lacking)?;
            for row in (0..batch.num_rows()).filter(|row| first.is_valid(*row)) {
                let mut day = first.value(row);
                days.push(day);
                for gap in &all_gaps.values()[gaps.value_offsets()[row] as usize..gaps.value_offsets()[row + 1] as usize] {
                    day += gap;
                    days.push(day);
                }
                values.extend((amounts.value_offsets()[row]..amounts.value_offsets()[row + 1]).map(|place| {
                    let place = place as usize;
                    if all_amounts.is_valid(place) { all_amounts.value(place) as f64 / UNIT as f64 } else { f64::NAN }
                }));
                let end = u32::try_from(days.len()).map_err(|_| Error::Answer("more than four thousand million purchases".to_owned()))?;
                offsets.push(end);
            }
        }
        Ok(true)
    })?;
    Ok(PurchaseFacts { header, last_day, offsets, days, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_customers_keep_their_purchases() {
        // Customer i has i % 3 + 1 purchases, of which the first is on day i.
        let (mut offsets, mut days) = (vec![0], Vec::new());
        for customer in 0..10 {
            days.extend((0..=customer % 3).map(|turn| customer + 100 * turn));
            offsets.push(days.len() as u32);
        }
        let all = Purchases { offsets: &offsets, days: &days };
        assert!(some_of(&all, 6).is_none() && some_of(&all, 10).is_none());
        let some = some_of(&all, 3).unwrap();
        let found: Vec<&[i32]> = (0..some.purchases().customers()).map(|customer| some.purchases().of(customer)).collect();
        assert_eq!(found, [&[0][..], &[3], &[6], &[9]]);
        let some = some_of(&all, 5).unwrap();
        assert_eq!(some.purchases().of(1), [2, 102, 202]);
    }
}
