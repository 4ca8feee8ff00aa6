//! What the store knows of costs, for columns that subtract them.

use crate::Error;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray, RecordBatch};
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
        let all = self.costs_at(snapshot, std::slice::from_ref(question))?;
        Ok(all.into_iter().next().unwrap_or_else(Costs::none))
    }

    /// What products cost, and nothing else.
    pub(crate) fn product_costs(&self, snapshot: &Snapshot) -> Result<Costs, Error> {
        let mut costs = Costs::none();
        add_products(snapshot, &mut costs)?;
        Ok(costs)
    }

    /// The same for several moments, with one reading of the facts.
    pub(crate) fn costs_at(&self, snapshot: &Snapshot, questions: &[ProfileQuestion]) -> Result<Vec<Costs>, Error> {
        let stated = snapshot.costs()?;
        let mut found = Vec::with_capacity(questions.len());
        for question in questions {
            let mut costs = Costs::none();
            add_products(snapshot, &mut costs)?;
            let winning = add_stated(&stated, question, &mut costs);
            found.push((costs, winning));
        }
        if found.iter().any(|(_, winning)| !winning.is_empty()) {
            for ((costs, winning), won) in found.iter_mut().zip(self.buyers_won(snapshot, questions)?) {
                for ((channel, month), total) in winning {
                    let buyers = won.get(&(channel.clone(), *month)).copied().unwrap_or_default();
                    if let Some(total) = Money::from_sum(*total) {
                        costs.add_winning(channel, *month, total, buyers);
                    }
                }
            }
        }
        Ok(found.into_iter().map(|(costs, _)| costs).collect())
    }

    /// Buyers by channel and month, as each question counts them.
    fn buyers_won(&self, snapshot: &Snapshot, questions: &[ProfileQuestion]) -> Result<Vec<BTreeMap<(String, Month), u64>>, Error> {
        let Some(last) = questions.last() else { return Ok(Vec::new()) };
        let columns = ["acquisition_source", "first_channel"].iter().filter_map(|name| columns::find(name)).collect();
        let mut wanted = facts_needed(&ProfileQuestion { columns, ..last.clone() });
        let rules = self.leave_out_rules(snapshot);
        rules.read(&mut wanted);
        let parts = snapshot.scan(&wanted, self.settings.threads, |batch| {
            self.go_on()?;
            let of = |question: &ProfileQuestion| match rules.is_empty() {
                true => Ok(buyers_won(&batch, question)),
                false => Ok::<_, Error>(buyers_won(&rules.apply(batch.clone(), &question.as_of)?.0, question)),
            };
            questions.iter().map(of).collect::<Result<Vec<_>, Error>>()
        })?;
        let mut won = vec![BTreeMap::new(); questions.len()];
        for part in parts {
            for (all, own) in won.iter_mut().zip(part) {
                own.into_iter().for_each(|(of, buyers)| *all.entry(of).or_default() += buyers);
            }
        }
        Ok(won)
    }
}

fn add_products(snapshot: &Snapshot, costs: &mut Costs) -> Result<(), Error> {
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
    Ok(())
}

/// Adds what tickets cost; what channels cost in each month up to the moment is handed back, since buyers share it.
fn add_stated(stated: &RecordBatch, question: &ProfileQuestion, costs: &mut Costs) -> BTreeMap<(String, Month), i128> {
    let (what, channel, period) = (texts(stated, "what"), texts(stated, "channel"), texts(stated, "period"));
    let (amount, currency) = (amounts(stated, "amount"), texts(stated, "currency"));
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
    winning
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
