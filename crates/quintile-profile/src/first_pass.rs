//! The first pass: rows of one batch, and what the batch tells of the store.

use crate::columns::{self, Column, ColumnType, Theme};
use crate::question::{ProfileError, ProfileQuestion};
use crate::rfm::Better;
use crate::vectors::{DayCounts, Vectors};
use crate::work::Work;
use crate::{care, carts, engagement, habits, origin, rhythm, taste, traits, value, visits, who, windows};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Decimal64Type, Float64Type, Int8Type, Int64Type, Schema, TimestampMicrosecondType};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use quintile_model::batch::CustomerBatch;
use std::sync::Arc;

/// The rows of one batch.
#[derive(Debug, Clone)]
pub struct ProfileRows {
    /// One row a known customer, ascending by key: the columns of the first pass that were asked, and what the second
    /// needs.
    pub batch: RecordBatch,
    /// What the batch tells of the store.
    pub vectors: Vectors,
}

/// Computes the rows of a batch, read with [`facts_needed`](crate::facts_needed).
///
/// Customers of whom nothing was known at the moment are left out.
pub fn first_pass(batch: &CustomerBatch, question: &ProfileQuestion) -> Result<ProfileRows, ProfileError> {
    question.check()?;
    let work = Work::new(batch, question);
    let columns = question.first_columns();
    let arrays = columns.iter().map(|column| compute(column, &work)).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Schema::new(columns.iter().map(|column| column.field()).collect::<Vec<_>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(work.customers()));
    let broken = |error: arrow::error::ArrowError| ProfileError::Batch(error.to_string());
    let rows = RecordBatch::try_new_with_options(schema, arrays, &options).map_err(broken)?;
    let known = who::known(&work);
    let vectors = vectors(&work, &rows, known.as_deref());
    let batch = match known {
        None => rows,
        Some(known) => filter_record_batch(&rows, &BooleanArray::from(known)).map_err(broken)?,
    };
    Ok(ProfileRows { batch, vectors })
}

fn compute(column: &Column, work: &Work<'_>) -> Result<ArrayRef, ProfileError> {
    let array = match column.theme {
        Theme::Who => who::column(column.name, work),
        Theme::Value => value::column(column.name, work)?,
        Theme::Rhythm => rhythm::column(column.name, work),
        Theme::Windows => windows::column(column.name, work)?,
        Theme::Taste => taste::column(column.name, work),
        Theme::Habits => habits::column(column.name, work),
        Theme::Visits => visits::column(column.name, work),
        Theme::Carts => carts::column(column.name, work)?,
        Theme::Engagement => engagement::column(column.name, work),
        Theme::Traits => traits::column(column.name, work),
        Theme::Origin => origin::column(column.name, work),
        Theme::Care => care::column(column.name, work)?,
        Theme::Rfm | Theme::Partitions | Theme::Predicted => None,
    };
    Ok(array.unwrap_or_else(|| unreachable!("the first pass does not compute `{}`", column.name)))
}

/// What each customer spent, where it is something: whoever brought them may be in another batch.
fn spent(work: &Work<'_>, rows: &RecordBatch) -> Vec<(u64, i64)> {
    let Some(amounts) = rows.column_by_name("amount_spent") else { return Vec::new() };
    let amounts = amounts.as_primitive::<Decimal64Type>();
    let all = work.batch.keys.iter().zip(amounts.iter());
    all.filter_map(|(key, amount)| Some((*key, amount.filter(|amount| *amount != 0)?))).collect()
}

/// Ages of purchases are counted up to this many from the last one, to suggest how many make a loyal customer.
pub(crate) const AGES: usize = 24;

fn vectors(work: &Work<'_>, rows: &RecordBatch, known: Option<&[bool]>) -> Vectors {
    let question = work.question;
    let mut vectors = Vectors {
        customers: known.map_or(work.customers(), |known| known.iter().filter(|known| **known).count()) as u64,
        ..Vectors::default()
    };
    let buyers = (0..work.customers()).filter(|customer| work.orders.count(*customer) > 0);
    vectors.buyers = buyers.clone().count() as u64;
    if question.rests_on("returns_only") {
        let returned = who::has_refund(work);
        vectors.returns_only =
            (0..work.customers()).filter(|customer| returned[*customer] && work.orders.count(*customer) == 0).count() as u64;
    }
    if question.rests_on("number_of_purchases") {
        gaps(work, &mut vectors);
    }
    if question.rests_on(columns::CUSTOMER_KEY) {
        vectors.brought = care::brought(work);
        vectors.known_by_address.push(care::known_by_address(work));
        vectors.spent.push(spent(work, rows));
    }
    if question.rests_on("_loyal_day") {
        ages(work, &mut vectors);
    }
    if question.rests_on(columns::RFM) {
        for (metric, vector) in question.rfm.metrics.iter().zip(&mut vectors.metrics) {
            let keys = Keys::of(rows, &metric.column, metric.better);
            // By a test that does not branch where nothing is missing.
            vector.push(buyers.clone().filter_map(|customer| keys.get(customer)).collect());
        }
    }
    if question.rests_on("median_net_order_value")
        && let Some(medians) = rows.column_by_name("median_net_order_value")
    {
        vectors.medians.push(medians.as_primitive::<Decimal64Type>().iter().flatten().collect());
        if let Some(regularity) = rows.column_by_name("purchase_regularity") {
            let often = |customer: &usize| work.purchases().of(*customer).len() >= question.thresholds.loyalist_orders as usize;
            let regularity = regularity.as_primitive::<Float64Type>();
            let values = (0..work.customers()).filter(often).filter(|customer| regularity.is_valid(*customer));
            vectors.regularity = values.map(|customer| regularity.value(customer)).collect();
        }
    }
    vectors
}

fn gaps(work: &Work<'_>, vectors: &mut Vectors) {
    let last_day = work.question.as_of.last_day();
    let purchases = work.purchases();
    for customer in 0..work.customers() {
        let days = purchases.of(customer);
        let [first, later @ ..] = days else { continue };
        vectors.first_ages.add(last_day - first);
        match later {
            [] => vectors.first_gaps.open.add(last_day - first),
            [second, ..] => {
                vectors.repeat_buyers += 1;
                vectors.first_gaps.finished.add(second - first);
                later.windows(2).for_each(|pair| vectors.later_gaps.finished.add(pair[1] - pair[0]));
                vectors.later_gaps.open.add(last_day - days[days.len() - 1]);
            }
        }
    }
}

fn ages(work: &Work<'_>, vectors: &mut Vectors) {
    let today = work.question.as_of.day();
    let purchases = work.purchases();
    vectors.ages.resize_with(AGES, DayCounts::default);
    for customer in 0..work.customers() {
        for (day, ages) in purchases.of(customer).iter().rev().zip(&mut vectors.ages) {
            ages.add(today - day);
        }
    }
}

/// Values of a metric as integers in the order of goodness.
pub(crate) struct Keys<'a> {
    nulls: Option<&'a NullBuffer>,
    source: KeySource<'a>,
    better: Better,
}

enum KeySource<'a> {
    Long(&'a [i64]),
    Small(&'a [i8]),
    Number(&'a [f64]),
}

impl<'a> Keys<'a> {
    pub(crate) fn of(rows: &'a RecordBatch, column: &str, better: Better) -> Self {
        let array = rows.column_by_name(column).unwrap_or_else(|| unreachable!("the first pass gave no `{column}`"));
        let source = match columns::find(column).map(|column| column.kind) {
            Some(ColumnType::Count) => KeySource::Long(array.as_primitive::<Int64Type>().values()),
            Some(ColumnType::Instant) => KeySource::Long(array.as_primitive::<TimestampMicrosecondType>().values()),
            Some(ColumnType::Amount) => KeySource::Long(array.as_primitive::<Decimal64Type>().values()),
            Some(ColumnType::Small) => KeySource::Small(array.as_primitive::<Int8Type>().values()),
            _ => KeySource::Number(array.as_primitive::<Float64Type>().values()),
        };
        Keys { nulls: array.nulls(), source, better }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<i64> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(row)) {
            return None;
        }
        let key = match self.source {
            KeySource::Long(values) => values[row],
            KeySource::Small(values) => values[row] as i64,
            KeySource::Number(values) => number_key(values[row]),
        };
        Some(good(key, self.better))
    }
}

/// A number as an integer of the same order.
pub(crate) fn number_key(value: f64) -> i64 {
    // Positive numbers order as their bits do, negative ones the other way round; -0 is 0.
    let bits = (value + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// Better is larger.
pub(crate) fn good(key: i64, better: Better) -> i64 {
    match better {
        Better::Larger => key,
        Better::Smaller => !key,
    }
}
