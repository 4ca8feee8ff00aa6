//! What customers leave after what they cost.

use crate::origin::won_over;
use crate::question::ProfileError;
use crate::value::amount;
use crate::work::Work;
use arrow::array::ArrayRef;
use quintile_model::Money;
use quintile_model::time::Month;
use quintile_model::touchpoints::Touchpoint;

/// `amount_spent` less the cost of products sold, of tickets, and of winning the customer; each as far as it is known.
/// Goods that came back keep their cost: nobody says whether they could be sold again.
pub(crate) fn contribution(work: &Work<'_>) -> Result<ArrayRef, ProfileError> {
    let costs = &work.question.costs;
    if costs.is_empty() {
        return amount(work, "contribution", |_| None);
    }
    let (values, refunds) = (work.values()?, work.refunds()?);
    let (sales, units, products) = (work.sales(), work.units(), work.products());
    let of_product: Vec<Option<Money>> = products.texts.iter().map(|product| costs.product(product?)).collect();
    let tickets = work.touches(Touchpoint::Tickets);
    let channel = won_over(work);
    amount(work, "contribution", |customer| {
        let mut spent: Option<i128> = None;
        let mut add = |cost: i128| *spent.get_or_insert(0) += cost;
        for sale in sales.of(customer).filter(|sale| products.codes[*sale] >= 0) {
            if let Some(cost) = of_product[products.codes[sale] as usize] {
                // Beyond what an amount holds, the sum is too, and is refused below.
                add(cost.times_quantity(units[sale]).map_or(i128::from(i64::MAX), |cost| i128::from(cost.0)));
            }
        }
        for row in tickets.of(customer) {
            if let Some(cost) = costs.ticket(work.question.as_of.zone.day(tickets.at[row])) {
                add(i128::from(cost.0));
            }
        }
        if let Some(cost) = won_for(work, &channel, customer) {
            add(i128::from(cost.0));
        }
        Some(values.sum(work, customer)? - refunds.sum(work, values, customer)? - spent?)
    })
}

/// What winning each customer cost.
pub(crate) fn winning(work: &Work<'_>) -> Result<ArrayRef, ProfileError> {
    let channel = won_over(work);
    amount(work, "_winning_cost", |customer| won_for(work, &channel, customer).map(|cost| i128::from(cost.0)))
}

/// The part that a customer bears of what their channel cost in the month of their first order.
fn won_for(work: &Work<'_>, channel: &dyn Fn(usize) -> Option<String>, customer: usize) -> Option<Money> {
    let slot = work.orders.of(customer).next()?;
    work.question.costs.winning(channel(customer)?, Month::of_day(work.days()[slot]))
}
