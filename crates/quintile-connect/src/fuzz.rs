//! One entry for fuzzers that drives every reader.

use crate::{SurveyOptions, survey};
use quintile_model::records::{RecordSink, Refusal, SinkError};
use quintile_model::{RecordKind, StoreZone};
use std::path::Path;

/// Surveys and reads whatever lies at a path, as every kind that it can be read as, and forgets what comes of it.
/// Nothing that a file holds may make it panic.
pub fn fuzz_read(path: &Path) {
    let zone = StoreZone::utc();
    for as_kind in std::iter::once(None).chain(RecordKind::ALL.into_iter().map(Some)) {
        let options = SurveyOptions { as_kind, ..SurveyOptions::new(zone.clone()) };
        for file in survey(&[path.to_owned()], &options).unwrap_or_default() {
            for part in file.parts(2, &zone).unwrap_or_default() {
                // What is wrong with a file is not of interest here.
                let _ = part.read(&mut Nowhere);
            }
        }
    }
}

struct Nowhere;

impl RecordSink for Nowhere {
    fn records(&mut self, _: RecordKind, _: arrow::record_batch::RecordBatch) -> Result<(), SinkError> {
        Ok(())
    }

    fn refuse(&mut self, _: Refusal) -> Result<(), SinkError> {
        Ok(())
    }

    fn progress(&mut self, _: u64, _: u64) -> Result<(), SinkError> {
        Ok(())
    }
}
