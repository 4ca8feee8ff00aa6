//! Two segments side by side: how many customers, how much money, and what one customer is like. Of each, of those in both, of those in
//! one alone, and of all customers, so that a difference can be told from what is usual.

use crate::median::median;
use crate::segment::{SegmentAsk, keys_of};
use crate::table::{Answer, AnswerColumn};
use crate::workspace::Workspace;
use crate::{Error, RfmAsk};
use arrow::array::{Array, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{ArrowPrimitiveType, Decimal64Type, Float64Type, Int64Type};
use quintile_model::Money;
use quintile_model::columns::repeated_of;
use quintile_model::money::div_half_even;
use quintile_profile::columns;

/// The rows, by what the page and programs call them.
const PARTS: [&str; 6] = ["one", "other", "both", "only-one", "only-other", "all"];

/// What is read of each customer.
const READ: [&str; 9] = [
    "amount_spent",
    "amount_spent_gross",
    "amount_refunded",
    "number_of_orders",
    "number_of_purchases",
    "orders_without_rate",
    "days_since_last_order",
    "email_subscription_status",
    "predicted_clv",
];

/// The consent to e-mail of whoever can be written to.
const SUBSCRIBED: &str = "SUBSCRIBED";

/// Sums over the customers of a part.
#[derive(Debug, Clone, Default)]
struct Sums {
    customers: u64,
    with_money: u64,
    spent: i128,
    gross: i128,
    refunded: i128,
    orders: u64,
    orders_with_amount: u64,
    buyers: u64,
    bought_again: u64,
    days_silent: Vec<f64>,
    can_be_mailed: u64,
    consent_known: u64,
    predicted: i128,
    with_prediction: u64,
}

impl Workspace {
    /// Two segments side by side at one moment, which is that of the first.
    pub fn segments_beside(&self, one: &SegmentAsk, other: &SegmentAsk) -> Result<Answer, Error> {
        let stand = self.stand(&one.when)?;
        let (first, second) = (self.run_segment(&stand, one)?, self.run_segment(&stand, other)?);
        let mut notes: Vec<String> = [(one, &first), (other, &second)]
            .into_iter()
            .filter_map(|(ask, found)| found.ran.lacks.first().filter(|lacks| !lacks.is_empty()).map(|lacks| (ask, lacks)))
            .map(|(ask, lacks)| {
                format!("the store lacks {} for `{}`, so that who is in it cannot be told", lacks.join(", "), ask.of.words())
            })
            .collect();
        let mut wanted = crate::profile::named(&READ.map(str::to_owned))?;
        wanted.push(columns::customer_key());
        let profile = self.profile_at(stand, wanted, &RfmAsk::default())?;
        let counted = profile.map(|rows| {
            let mut parts = vec![Sums::default(); PARTS.len()];
            add(&rows, &first.members, &second.members, &mut parts)?;
            Ok(parts)
        })?;
        let mut parts = vec![Sums::default(); PARTS.len()];
        for (all, own) in counted.into_iter().flat_map(|own| own.into_iter().enumerate()) {
            parts[all].merge(own);
        }
        notes.push(
            "average: what they spent less what was given back, over customers whose money is known; average_order_value before refunds; \
             median_days_since_last_order and bought_again_share of those with an order; mailable_share of those whose consent is known"
                .to_owned(),
        );
        Answer::new(profile.header, told(&parts), notes)
    }
}

/// Adds rows to the parts that their customers are in.
fn add(rows: &RecordBatch, one: &[u64], other: &[u64], parts: &mut [Sums]) -> Result<(), Error> {
    let (spent, gross, refunded) =
        (numbers::<Decimal64Type>(rows, 0)?, numbers::<Decimal64Type>(rows, 1)?, numbers::<Decimal64Type>(rows, 2)?);
    let counts = [3, 4, 5].map(|at| counts_of(rows, at));
    let [orders, purchases, without_rate] = counts;
    let (orders, purchases, without_rate) = (orders?, purchases?, without_rate?);
    let (silent, predicted) = (numbers::<Float64Type>(rows, 6)?, numbers::<Decimal64Type>(rows, 8)?);
    let consent = repeated_of(rows.column(7));
    for (row, key) in keys_of(rows)?.into_iter().enumerate() {
        let (in_one, in_other) = (one.binary_search(&key).is_ok(), other.binary_search(&key).is_ok());
        let amount = |of: &PrimitiveArray<Decimal64Type>| of.is_valid(row).then(|| i128::from(of.value(row)));
        let count = |of: &PrimitiveArray<Int64Type>| if of.is_valid(row) { of.value(row).max(0) as u64 } else { 0 };
        let customer = Sums {
            customers: 1,
            with_money: u64::from(spent.is_valid(row)),
            spent: amount(spent).unwrap_or(0),
            gross: amount(gross).unwrap_or(0),
            refunded: amount(refunded).unwrap_or(0),
            orders: count(&orders),
            orders_with_amount: count(&orders).saturating_sub(count(&without_rate)),
            buyers: u64::from(count(&purchases) > 0),
            bought_again: u64::from(count(&purchases) > 1),
            days_silent: silent.is_valid(row).then(|| silent.value(row)).into_iter().collect(),
            can_be_mailed: u64::from(consent.as_ref().and_then(|texts| texts.get(row)) == Some(SUBSCRIBED)),
            consent_known: u64::from(consent.as_ref().and_then(|texts| texts.get(row)).is_some()),
            predicted: amount(predicted).unwrap_or(0),
            with_prediction: u64::from(predicted.is_valid(row)),
        };
        let is_in = [in_one, in_other, in_one && in_other, in_one && !in_other, in_other && !in_one, true];
        for (part, _) in parts.iter_mut().zip(is_in).filter(|(_, is_in)| *is_in) {
            part.merge(customer.clone());
        }
    }
    Ok(())
}

fn numbers<T: ArrowPrimitiveType>(rows: &RecordBatch, at: usize) -> Result<&PrimitiveArray<T>, Error> {
    rows.column(at).as_primitive_opt::<T>().ok_or_else(|| Error::Answer(format!("`{}` holds something else than it should", READ[at])))
}

fn counts_of(rows: &RecordBatch, at: usize) -> Result<PrimitiveArray<Int64Type>, Error> {
    Ok(arrow::compute::cast(rows.column(at), &arrow::datatypes::DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

impl Sums {
    fn merge(&mut self, other: Sums) {
        self.customers += other.customers;
        self.with_money += other.with_money;
        self.spent += other.spent;
        self.gross += other.gross;
        self.refunded += other.refunded;
        self.orders += other.orders;
        self.orders_with_amount += other.orders_with_amount;
        self.buyers += other.buyers;
        self.bought_again += other.bought_again;
        self.days_silent.extend(other.days_silent);
        self.can_be_mailed += other.can_be_mailed;
        self.consent_known += other.consent_known;
        self.predicted += other.predicted;
        self.with_prediction += other.with_prediction;
    }

    /// Nobody's money is known of customers who are there.
    fn money(&self) -> Option<i128> {
        (self.customers == 0 || self.with_money > 0).then_some(self.spent)
    }
}

fn told(parts: &[Sums]) -> Vec<AnswerColumn> {
    let all = parts.last().cloned().unwrap_or_default();
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    let each = |sum: i128, of: u64| (of > 0).then(|| div_half_even(sum, i128::from(of))).and_then(Money::from_sum);
    let of = |part: u64, whole: u64| share(part as f64, whole as f64);
    vec![
        AnswerColumn::text("part", PARTS.iter().map(|part| Some((*part).to_owned()))),
        AnswerColumn::count("customers", parts.iter().map(|part| Some(part.customers))),
        AnswerColumn::share("customer_share", parts.iter().map(|part| of(part.customers, all.customers))),
        AnswerColumn::amount("revenue", parts.iter().map(|part| part.money().and_then(Money::from_sum))),
        AnswerColumn::share("revenue_share", parts.iter().map(|part| share(part.money()? as f64, all.money()? as f64))),
        AnswerColumn::amount("average", parts.iter().map(|part| each(part.spent, part.with_money))),
        AnswerColumn::number("orders_each", parts.iter().map(|part| of(part.orders, part.customers))),
        AnswerColumn::amount("average_order_value", parts.iter().map(|part| each(part.gross, part.orders_with_amount))),
        AnswerColumn::share("bought_again_share", parts.iter().map(|part| of(part.bought_again, part.buyers))),
        AnswerColumn::number("median_days_since_last_order", parts.iter().map(|part| median(part.days_silent.clone()))),
        AnswerColumn::share("refunded_share", parts.iter().map(|part| share(part.refunded as f64, part.gross as f64))),
        AnswerColumn::share("mailable_share", parts.iter().map(|part| of(part.can_be_mailed, part.consent_known))),
        AnswerColumn::amount("predicted_clv", parts.iter().map(|part| each(part.predicted, part.with_prediction))),
    ]
}
