//! Rows that hold for a stretch of moments.

use super::Place;
use crate::columns;
use crate::first_pass::{AGES, Keys};
use crate::question::{ProfileError, ProfileQuestion};
use crate::vectors::{DayCounts, Vectors};
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::buffer::BooleanBuffer;
use arrow::compute::FilterBuilder;
use arrow::datatypes::{Decimal64Type, Float64Type, Int32Type, Int64Type, UInt16Type};

/// Spans of some customers, as a batch that can be put aside and taken up again.
#[derive(Debug, Clone)]
pub struct Spans(RecordBatch);

/// The first moment of a span, and the first one after it.
pub(super) const FROM: &str = "_from";
pub(super) const UNTIL: &str = "_until";

impl Spans {
    pub(super) fn new(batch: RecordBatch) -> Self {
        Spans(batch)
    }

    /// Spans that were put aside as a batch.
    pub fn of_batch(batch: RecordBatch) -> Result<Spans, ProfileError> {
        match [FROM, UNTIL].iter().find(|name| batch.column_by_name(name).is_none()) {
            None => Ok(Spans(batch)),
            Some(name) => Err(ProfileError::OtherQuestion((*name).to_owned())),
        }
    }

    /// As a batch.
    pub fn batch(self) -> RecordBatch {
        self.0
    }

    /// The rows of the first pass at a moment, by its place among the moments asked for; with the columns that the question
    /// wants, which were asked for then.
    pub fn at(&self, moment: usize, question: &ProfileQuestion) -> Result<RecordBatch, ProfileError> {
        let wanted: Vec<&str> = question.first_columns().iter().map(|column| column.name).collect();
        self.rows(moment, &wanted)
    }

    fn rows(&self, moment: usize, wanted: &[&str]) -> Result<RecordBatch, ProfileError> {
        let place = |name: &str| -> Result<&[Place], ProfileError> {
            let lacking = || ProfileError::OtherQuestion(name.to_owned());
            Ok(self.0.column_by_name(name).and_then(|array| array.as_primitive_opt::<UInt16Type>()).ok_or_else(lacking)?.values())
        };
        let (from, until) = (place(FROM)?, place(UNTIL)?);
        let moment = moment as Place;
        let holds = BooleanBuffer::collect_bool(from.len(), |row| from[row] <= moment && moment < until[row]);
        let broken = |error: arrow::error::ArrowError| ProfileError::Batch(error.to_string());
        let schema = self.0.schema();
        let columns: Vec<usize> = (0..schema.fields().len())
            .filter(|at| {
                let name = schema.field(*at).name().as_str();
                name != FROM && name != UNTIL && wanted.contains(&name)
            })
            .collect();
        let rows = self.0.project(&columns).map_err(broken)?;
        FilterBuilder::new(&BooleanArray::from(holds)).optimize().build().filter_record_batch(&rows).map_err(broken)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.num_rows()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The columns that [`vectors_at`] reads.
pub(super) fn read_by_vectors(question: &ProfileQuestion) -> Vec<&'static str> {
    let first = question.first_columns();
    let mut wanted = vec!["number_of_orders", "number_of_purchases", "_first_day", "_last_day", "_loyal_day", "returns_only"];
    wanted.extend(["median_net_order_value", "purchase_regularity"]);
    let metrics = first.iter().filter(|column| question.rfm.metrics.iter().any(|metric| metric.column == column.name));
    wanted.extend(metrics.map(|column| column.name));
    wanted
}

/// What the rows of a moment tell of the store, beside the gaps that ended; the question is that of the moment.
pub fn vectors_at(spans: &Spans, moment: usize, question: &ProfileQuestion) -> Result<Vectors, ProfileError> {
    let rows = spans.rows(moment, &read_by_vectors(question))?;
    let lacking = |name: &str| ProfileError::OtherQuestion(name.to_owned());
    let counts = |name: &str| {
        let array = rows.column_by_name(name).and_then(|array| array.as_primitive_opt::<Int64Type>());
        Ok::<_, ProfileError>(array.ok_or_else(|| lacking(name))?.values())
    };
    let days = |name: &str| rows.column_by_name(name).and_then(|array| array.as_primitive_opt::<Int32Type>()).ok_or_else(|| lacking(name));
    let orders = counts("number_of_orders")?;
    let mut vectors = Vectors { customers: rows.num_rows() as u64, ..Vectors::default() };
    vectors.buyers = orders.iter().filter(|orders| **orders > 0).count() as u64;
    if question.rests_on("returns_only") {
        let only = rows.column_by_name("returns_only").and_then(|array| array.as_boolean_opt()).ok_or_else(|| lacking("returns_only"))?;
        vectors.returns_only = only.true_count() as u64;
    }
    let last_day = question.as_of.last_day();
    if question.rests_on("number_of_purchases") {
        let (first, last) = (days("_first_day")?.values(), days("_last_day")?.values());
        for (row, purchases) in counts("number_of_purchases")?.iter().enumerate().filter(|(_, purchases)| **purchases > 0) {
            vectors.first_ages.add(last_day - first[row]);
            if *purchases == 1 {
                vectors.first_gaps.open.add(last_day - first[row]);
            } else {
                vectors.repeat_buyers += 1;
                vectors.later_gaps.open.add(last_day - last[row]);
            }
        }
    }
    let loyal_orders = question.thresholds.loyal_orders as usize;
    if question.rests_on("_loyal_day") && loyal_orders <= AGES {
        vectors.ages.resize_with(loyal_orders, DayCounts::default);
        let today = question.as_of.day();
        if let Some(ages) = vectors.ages.last_mut() {
            days("_loyal_day")?.iter().flatten().for_each(|day| ages.add(today - day));
        }
    }
    if question.rests_on(columns::RFM) {
        for (metric, vector) in question.rfm.metrics.iter().zip(&mut vectors.metrics) {
            let keys = Keys::of(&rows, &metric.column, metric.better);
            vector.push((0..orders.len()).filter(|row| orders[*row] > 0).filter_map(|row| keys.get(row)).collect());
        }
    }
    if question.rests_on("median_net_order_value")
        && let Some(medians) = rows.column_by_name("median_net_order_value")
    {
        vectors.medians.push(medians.as_primitive::<Decimal64Type>().iter().flatten().collect());
        if let Some(regularity) = rows.column_by_name("purchase_regularity") {
            let regularity = regularity.as_primitive::<Float64Type>();
            let purchases = counts("number_of_purchases")?;
            let often = |row: &usize| purchases[*row] >= i64::from(question.thresholds.loyalist_orders) && regularity.is_valid(*row);
            vectors.regularity = (0..orders.len()).filter(often).map(|row| regularity.value(row)).collect();
        }
    }
    Ok(vectors)
}
