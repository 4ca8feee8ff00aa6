//! Costs: what was spent, by channel, campaign and day or month. Few rows, kept as they come.

use crate::StoreError;
use crate::run;
use arrow::array::Array;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use quintile_model::columns;
use quintile_model::records::amount_type;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The columns of costs on disk.
pub(crate) fn schema() -> SchemaRef {
    let text = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("what", false),
        text("channel", true),
        text("campaign", true),
        text("period", false),
        Field::new("amount", amount_type(), false),
        text("currency", true),
        Field::new("version", DataType::Int64, false),
    ]))
}

/// Records of costs as they are kept.
pub(crate) fn stored_batches(records: &[RecordBatch], version: i64) -> impl Iterator<Item = Result<RecordBatch, StoreError>> {
    run::as_kept(records, schema(), version)
}

/// All costs, each once: what a later import says of the same thing, channel, campaign, period and currency replaces what
/// an earlier one said. `files` oldest first; ascending by period, then as they came.
pub(crate) fn read(files: &[PathBuf]) -> Result<RecordBatch, StoreError> {
    let mut batches = Vec::new();
    for path in files {
        run::read_plain(path, |batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
    }
    let all = concat_batches(&schema(), &batches)?;
    let parts = ["what", "channel", "campaign", "period", "currency"].map(|name| columns::texts(&all, name));
    let mut newest: HashMap<[Option<&str>; 5], u64> = HashMap::new();
    for row in 0..all.num_rows() {
        newest.insert(parts.map(|texts| texts.is_valid(row).then(|| texts.value(row))), row as u64);
    }
    let mut rows: Vec<u64> = newest.into_values().collect();
    rows.sort_by_key(|row| (parts[3].value(*row as usize), *row));
    Ok(take_record_batch(&all, &arrow::array::UInt64Array::from(rows))?)
}
