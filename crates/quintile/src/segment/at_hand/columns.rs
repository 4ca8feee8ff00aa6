//! Columns of the profile, each as one array over all customers.

use super::AtHand;
use super::state::State;
use crate::segment::keys_of;
use crate::segment::lacks::Seen;
use crate::workspace::{Stand, Workspace};
use crate::{Error, Header, RfmAsk};
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Int32Type, Schema};
use quintile_model::CustomerBatch;
use quintile_model::batch::FactColumns;
use quintile_profile::{Column, ProfileQuestion, columns};
use quintile_segment::RestsOn;
use std::sync::Arc;

/// Columns of all customers known at the moment.
pub(super) struct Rows {
    /// Ascending.
    pub keys: Arc<Vec<u64>>,
    /// As many rows as keys.
    pub batch: RecordBatch,
}

impl Workspace {
    /// Some columns, which are read where they are not at hand yet; `None` where they would not fit.
    pub(super) fn columns_at_hand(
        &self,
        stand: &Stand,
        at_hand: &AtHand,
        state: &State,
        wanted: &[&'static Column],
    ) -> Result<Option<Rows>, Error> {
        if let Some(rows) = found(state, wanted)? {
            return Ok(Some(rows));
        }
        let _turn = state.columns.take(|| self.go_on())?;
        // Somebody else may have read them in the meantime.
        if let Some(rows) = found(state, wanted)? {
            return Ok(Some(rows));
        }
        let missing: Vec<&'static Column> = {
            let mut kept = state.kept();
            if wanted.iter().any(|column| kept.too_large.contains(column.name)) {
                return Ok(None);
            }
            wanted.iter().copied().filter(|column| kept.column(column.name).is_none()).collect()
        };
        let names: Vec<&'static str> = missing.iter().map(|column| column.name).collect();
        let asked: Vec<&'static Column> = missing.into_iter().chain([columns::customer_key()]).collect();
        // What facts are there at the moment is looked at as whoever asks a whole question looks.
        let looked_for = RestsOn { attributes: names.iter().map(|name| (*name).to_owned()).collect(), ..RestsOn::default() };
        let look = |batch: &CustomerBatch, _: &RecordBatch, question: &ProfileQuestion| {
            let mut seen = Seen::default();
            seen.facts(&looked_for, batch, question.as_of.instant);
            Ok(seen)
        };
        let (profile, looked) = self.profile_beside(stand.clone(), asked.clone(), asked, &RfmAsk::default(), |_| FactColumns::default(), look)?;
        let header = profile.header.clone();
        let batches = profile.map(Ok)?;
        let bytes: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        if bytes > at_hand.most {
            state.kept().too_large.extend(names);
            return Ok(None);
        }
        let keys = batches.iter().map(keys_of).collect::<Result<Vec<_>, _>>()?.concat();
        let mut arrays = Vec::with_capacity(names.len());
        for name in &names {
            arrays.push((*name, whole(&batches, name)?));
        }
        {
            let mut kept = state.kept();
            if kept.keys.as_ref().is_some_and(|known| **known != keys) {
                return Err(Error::Answer("two passes over one state of the store know different customers".to_owned()));
            }
            kept.keys.get_or_insert_with(|| Arc::new(keys));
            for (name, array) in arrays {
                kept.keep_column(name, array);
            }
            kept.passes.push((names, header));
            looked.into_iter().for_each(|seen| kept.seen.join(seen));
        }
        // They are held here, so that making room may let go of any.
        let rows = found(state, wanted)?;
        at_hand.trim();
        Ok(rows)
    }
}

/// What the answer says of itself that rests on some columns.
pub(super) fn header(state: &State, stand: &Stand, wanted: &[&'static Column], customers: u64) -> Header {
    let kept = state.kept();
    let late: Vec<&str> = wanted.iter().filter(|column| column.second_pass()).map(|column| column.name).collect();
    let mut passes = kept.passes.iter().rev().filter(|(names, _)| names.iter().any(|name| late.contains(name))).map(|(_, header)| header);
    let header = match passes.next() {
        None => {
            Header { left_out: kept.passes.first().map(|(_, header)| header.left_out.clone()).unwrap_or_default(), ..stand.header.clone() }
        }
        Some(first) => {
            let mut header = first.clone();
            for more in passes {
                let news = more.thresholds.iter().filter(|own| !header.thresholds.iter().any(|known| known.name == own.name));
                let news: Vec<_> = news.cloned().collect();
                header.thresholds.extend(news);
                let news: Vec<_> = more.warnings.iter().filter(|own| !header.warnings.contains(own)).cloned().collect();
                header.warnings.extend(news);
            }
            header
        }
    };
    Header { customers: Some(customers), ..header }
}

/// The columns, where all of them are at hand.
fn found(state: &State, wanted: &[&'static Column]) -> Result<Option<Rows>, Error> {
    let mut kept = state.kept();
    let Some(keys) = kept.keys.clone() else { return Ok(None) };
    let mut arrays = Vec::with_capacity(wanted.len());
    for column in wanted {
        match kept.column(column.name) {
            Some(array) => arrays.push(array),
            None => return Ok(None),
        }
    }
    let schema = Schema::new(wanted.iter().map(|column| column.field()).collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(keys.len()));
    Ok(Some(Rows { batch: RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)?, keys }))
}

/// A column of several batches as one array. Texts that repeat get one list, for each batch has its own.
fn whole(batches: &[RecordBatch], name: &str) -> Result<ArrayRef, Error> {
    let missing = || Error::Answer(format!("a pass did not give the column `{name}`"));
    let parts = batches.iter().map(|batch| batch.column_by_name(name).ok_or_else(missing)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = parts.first() else {
        let field = columns::find(name).ok_or_else(missing)?.field();
        return Ok(arrow::array::new_empty_array(field.data_type()));
    };
    if matches!(first.data_type(), DataType::Dictionary(..)) {
        let coded: Option<Vec<_>> =
            parts.iter().map(|part| part.as_dictionary_opt::<Int32Type>().and_then(|part| part.downcast_dict::<StringArray>())).collect();
        if let Some(coded) = coded {
            let one: DictionaryArray<Int32Type> = coded.into_iter().flatten().collect();
            return Ok(Arc::new(one));
        }
    }
    let parts: Vec<&dyn Array> = parts.iter().map(|part| part.as_ref()).collect();
    Ok(arrow::compute::concat(&parts)?)
}
