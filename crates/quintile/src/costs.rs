//! What the store knows of costs, for columns that subtract them.

use crate::Error;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::Money;
use quintile_model::columns::{amounts, texts};
use quintile_model::records::cost;
use quintile_model::time::{DayNumber, Month, StoreZone};
use quintile_profile::costs::channel_name;
use quintile_profile::{Costs, ProfileQuestion, buyers_won, columns, facts_needed};
use quintile_store::Snapshot;
use std::collections::BTreeMap;

impl Workspace {
    /// Costs of products, tickets and the winning of customers. Costs of products are taken to be in the reporting
    /// currency, since no file of products names another. Others in another currency than that are left out.
    pub(crate) fn costs(&self, snapshot: &Snapshot, question: &ProfileQuestion) -> Result<Costs, Error> {
        let mut costs = Costs::none();
        snapshot.products(|products| {
            let (Some(names), Some(cost)) = (products.column_by_name("product"), products.column_by_name("cost")) else {
                return Ok(());
            };
            if let (Some(names), Some(cost)) = (names.as_string_opt::<i32>(), cost.as_primitive_opt::<Decimal64Type>()) {
                for row in (0..products.num_rows()).filter(|row| cost.is_valid(*row)) {
                    costs.add_product(names.value(row), Money(cost.value(row)));
                }
            }
            Ok(())
        })?;
        let stated = snapshot.costs()?;
        let (what, channel, period) = (texts(&stated, "what"), texts(&stated, "channel"), texts(&stated, "period"));
        let (amount, currency) = (amounts(&stated, "amount"), texts(&stated, "currency"));
        let last_day = question.as_of.last_day();
        let mut winning: BTreeMap<(String, Month), i128> = BTreeMap::new();
        for row in 0..stated.num_rows() {
            let foreign = question.currency.as_deref().is_some_and(|own| currency.is_valid(row) && currency.value(row) != own);
            // What is of a day or month to come has not been spent.
            let Some(day) = first_day(period.value(row)).filter(|day| *day <= last_day && !foreign) else { continue };
            match what.value(row) {
                cost::TICKET => costs.add_ticket(day, Money(amount.value(row))),
                cost::ACQUISITION if channel.is_valid(row) => {
                    let of = (channel_name(channel.value(row)), Month::of_day(day));
                    *winning.entry(of).or_default() += i128::from(amount.value(row));
                }
                _ => {}
            }
        }
        if !winning.is_empty() {
            let won = self.buyers_won(snapshot, question)?;
            for ((channel, month), total) in winning {
                let buyers = won.get(&(channel.clone(), month)).copied().unwrap_or_default();
                if let Some(total) = Money::from_sum(total) {
                    costs.add_winning(&channel, month, total, buyers);
                }
            }
        }
        Ok(costs)
    }

    fn buyers_won(&self, snapshot: &Snapshot, question: &ProfileQuestion) -> Result<BTreeMap<(String, Month), u64>, Error> {
        let columns = ["acquisition_source", "first_channel"].iter().filter_map(|name| columns::find(name)).collect();
        let wanted = facts_needed(&ProfileQuestion { columns, ..question.clone() });
        let (parts, _) = self.scan(snapshot, &wanted, &question.as_of, |batch| Ok(buyers_won(&batch, question)))?;
        let mut won = BTreeMap::new();
        for (of, buyers) in parts.into_iter().flatten() {
            *won.entry(of).or_default() += buyers;
        }
        Ok(won)
    }
}

/// The first day of `2025-03-14` or `2025-03`.
pub(crate) fn first_day(period: &str) -> Option<DayNumber> {
    let date = if period.len() == 7 { format!("{period}-01") } else { period.to_owned() };
    let date: jiff::civil::Date = date.parse().ok()?;
    Some(StoreZone::utc().day(StoreZone::utc().start_of(date)?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_days_and_months() {
        assert_eq!(first_day("1970-02-03"), Some(33));
        assert_eq!(first_day("1970-02"), Some(31));
        assert_eq!(first_day("spring"), None);
    }
}
