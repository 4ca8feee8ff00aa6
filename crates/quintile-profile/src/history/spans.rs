//! Rows that hold for a stretch of moments.

use super::Place;
use crate::columns::{self, Column};
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
        let holds = self.holds(moment)?;
        let broken = |error: arrow::error::ArrowError| ProfileError::Batch(error.to_string());
        let place =
            |column: &Column| self.0.schema_ref().index_of(column.name).map_err(|_| ProfileError::OtherQuestion(column.name.to_owned()));
        let places = question.first_columns().into_iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let rows = self.0.project(&places).map_err(broken)?;
        FilterBuilder::new(&BooleanArray::from(holds)).optimize().build().filter_record_batch(&rows).map_err(broken)
    }

    /// Whose span holds a moment?
    fn holds(&self, moment: usize) -> Result<BooleanBuffer, ProfileError> {
        let place = |name: &str| -> Result<&[Place], ProfileError> {
            let lacking = || ProfileError::OtherQuestion(name.to_owned());
            Ok(self.0.column_by_name(name).and_then(|array| array.as_primitive_opt::<UInt16Type>()).ok_or_else(lacking)?.values())
        };
        let (from, until) = (place(FROM)?, place(UNTIL)?);
        let moment = moment as Place;
        Ok(BooleanBuffer::collect_bool(from.len(), |row| (from[row] <= moment) & (moment < until[row])))
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

/// What the rows of a moment tell of the store, beside the gaps that ended; the question is that of the moment. What `again`
/// held of another moment is lost, and its memory used.
pub fn vectors_at(spans: &Spans, moment: usize, question: &ProfileQuestion, again: Vectors) -> Result<Vectors, ProfileError> {
    let holds = spans.holds(moment)?;
    let all = &spans.0;
    let mut rows: Vec<usize> = Vec::with_capacity(holds.count_set_bits());
    rows.extend(holds.set_indices());
    let lacking = |name: &str| ProfileError::OtherQuestion(name.to_owned());
    let counts = |name: &str| {
        let array = all.column_by_name(name).and_then(|array| array.as_primitive_opt::<Int64Type>());
        Ok::<_, ProfileError>(array.ok_or_else(|| lacking(name))?.values())
    };
    let days = |name: &str| all.column_by_name(name).and_then(|array| array.as_primitive_opt::<Int32Type>()).ok_or_else(|| lacking(name));
    let orders = counts("number_of_orders")?;
    let mut vectors = Vectors { customers: rows.len() as u64, ..again.cleared() };
    vectors.buyers = rows.iter().map(|row| u64::from(orders[*row] > 0)).sum();
    if question.rests_on("returns_only") {
        let only = all.column_by_name("returns_only").and_then(|array| array.as_boolean_opt()).ok_or_else(|| lacking("returns_only"))?;
        vectors.returns_only = if only.true_count() == 0 { 0 } else { rows.iter().map(|row| u64::from(only.value(*row))).sum() };
    }
    let last_day = question.as_of.last_day();
    if question.rests_on("number_of_purchases") {
        let (first, last, purchases) = (days("_first_day")?.values(), days("_last_day")?.values(), counts("number_of_purchases")?);
        for row in rows.iter().copied().filter(|row| purchases[*row] > 0) {
            vectors.first_ages.add(last_day - first[row]);
            if purchases[row] == 1 {
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
        let (today, loyal) = (question.as_of.day(), days("_loyal_day")?);
        if let Some(ages) = vectors.ages.last_mut() {
            rows.iter().filter(|row| loyal.is_valid(**row)).for_each(|row| ages.add(today - loyal.value(*row)));
        }
    }
    if question.rests_on(columns::RFM) {
        for (metric, vector) in question.rfm.metrics.iter().zip(&mut vectors.metrics) {
            let keys = Keys::of(all, &metric.column, metric.better);
            let of_buyers = rows.iter().filter(|row| orders[**row] > 0).filter_map(|row| keys.get(*row));
            fill(vector, spans.len(), of_buyers);
        }
    }
    if question.rests_on("median_net_order_value")
        && let Some(medians) = all.column_by_name("median_net_order_value")
    {
        let medians = medians.as_primitive::<Decimal64Type>();
        let known = rows.iter().filter(|row| medians.is_valid(**row)).map(|row| medians.value(*row));
        fill(&mut vectors.medians, spans.len(), known);
        if let Some(regularity) = all.column_by_name("purchase_regularity") {
            let regularity = regularity.as_primitive::<Float64Type>();
            let purchases = counts("number_of_purchases")?;
            let often = |row: &&usize| purchases[**row] >= i64::from(question.thresholds.loyalist_orders) && regularity.is_valid(**row);
            vectors.regularity.extend(rows.iter().filter(often).map(|row| regularity.value(*row)));
        }
    }
    Ok(vectors)
}

/// Values as the only piece, with room for as many as there can be at any moment.
fn fill(pieces: &mut Vec<Vec<i64>>, at_most: usize, values: impl Iterator<Item = i64>) {
    let mut piece = pieces.pop().unwrap_or_default();
    piece.reserve(at_most);
    piece.extend(values);
    pieces.push(piece);
}
