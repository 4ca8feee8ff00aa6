//! What customers do beside ordering, written down as rows with named values, and as part of a batch.

use crate::reference::Value;
use arrow::array::{
    ArrayRef, BooleanArray, Decimal64Array, DictionaryArray, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::datatypes::{DataType, Int32Type};
use arrow::record_batch::RecordBatch;
use quintile_model::records::{UTC_OFFSET, amount_type};
use quintile_model::{CustomerBatch, Facts, Touchpoint};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Touch {
    /// Of which kind.
    pub kind: Touchpoint,
    /// When.
    pub at: i64,
    /// By the names of [`Touchpoint::own_columns`].
    pub values: BTreeMap<&'static str, Value>,
}

/// All that happened, by customer.
pub type Touches = BTreeMap<u64, Vec<Touch>>;

/// The touches of a customer and kind, in the order of time.
pub(super) fn sorted(touches: &[Touch], kind: Touchpoint) -> Vec<&Touch> {
    let mut own: Vec<&Touch> = touches.iter().filter(|touch| touch.kind == kind).collect();
    own.sort_by_key(|touch| touch.at);
    own
}

/// Puts touches into a batch, in place of those it has.
pub fn put(batch: &mut CustomerBatch, touches: &Touches) {
    batch.touchpoints.clear();
    for kind in Touchpoint::ALL {
        let (mut all, mut offsets) = (Vec::new(), vec![0_u32]);
        for key in &batch.keys {
            all.extend(sorted(touches.get(key).map_or(&[], Vec::as_slice), kind));
            offsets.push(all.len() as u32);
        }
        batch.touchpoints.push((kind, Facts { rows: rows(kind, &all), offsets }));
    }
}

fn rows(kind: Touchpoint, touches: &[&Touch]) -> RecordBatch {
    let schema = kind.schema();
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for field in schema.fields() {
        let values = || touches.iter().map(|touch| touch.values.get(field.name().as_str()));
        let text = |value: Option<&Value>| match value {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let column: ArrayRef = match (field.name().as_str(), field.data_type()) {
            ("at", _) => {
                Arc::new(touches.iter().map(|touch| Some(touch.at)).collect::<TimestampMicrosecondArray>().with_timezone(UTC_OFFSET))
            }
            (_, DataType::Utf8) => Arc::new(values().map(text).collect::<StringArray>()),
            (_, DataType::Dictionary(..)) => {
                let texts: Vec<Option<String>> = values().map(text).collect();
                Arc::new(texts.iter().map(|text| text.as_deref()).collect::<DictionaryArray<Int32Type>>())
            }
            (_, DataType::Boolean) => Arc::new(
                values().map(|value| if let Some(Value::Flag(flag)) = value { Some(*flag) } else { None }).collect::<BooleanArray>(),
            ),
            (_, DataType::Int64) => Arc::new(
                values().map(|value| if let Some(Value::Int(whole)) = value { Some(*whole) } else { None }).collect::<Int64Array>(),
            ),
            (_, DataType::Decimal64(..)) => {
                let amounts: Decimal64Array =
                    values().map(|value| if let Some(Value::Amount(e4)) = value { Some(*e4) } else { None }).collect();
                Arc::new(amounts.with_data_type(amount_type()))
            }
            (_, other) => new_null_array(other, touches.len()),
        };
        fields.push(field.as_ref().clone().with_nullable(true));
        columns.push(column);
    }
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    RecordBatch::try_new(schema, columns).unwrap_or_else(|error| panic!("{} cannot be put together: {error}", kind.name()))
}
