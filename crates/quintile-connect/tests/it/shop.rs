//! Writes files, reads them, and shows what came of them.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use quintile_connect::{ConnectError, PartSummary, PlannedFile, SurveyOptions, survey};
use quintile_model::columns::repeated_of;
use quintile_model::records::{RecordSink, Refusal, SinkError};
use quintile_model::{Instant, Money, RecordKind, StoreZone};
use std::path::{Path, PathBuf};

/// Keeps all that is handed over.
#[derive(Default)]
pub struct Kept {
    pub records: Vec<(RecordKind, RecordBatch)>,
    pub refusals: Vec<Refusal>,
    pub summary: PartSummary,
}

impl RecordSink for Kept {
    fn records(&mut self, kind: RecordKind, batch: RecordBatch) -> Result<(), SinkError> {
        let known = kind.columns();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let wanted = known
                .iter()
                .find(|column| column.name == field.name())
                .unwrap_or_else(|| panic!("{} has no {}", kind.name(), field.name()));
            assert_eq!(*column.data_type(), wanted.data_type, "{}.{}", kind.name(), field.name());
            assert!(!wanted.required || column.null_count() == 0, "{}.{}", kind.name(), field.name());
        }
        for required in known.iter().filter(|column| column.required) {
            assert!(batch.column_by_name(required.name).is_some(), "{} without {}", kind.name(), required.name);
        }
        self.records.push((kind, batch));
        Ok(())
    }

    fn refuse(&mut self, refusal: Refusal) -> Result<(), SinkError> {
        self.refusals.push(refusal);
        Ok(())
    }

    fn progress(&mut self, _: u64, _: u64) -> Result<(), SinkError> {
        Ok(())
    }
}

impl Kept {
    pub fn count(&self, kind: RecordKind) -> usize {
        self.of(kind).map(RecordBatch::num_rows).sum()
    }

    pub fn of(&self, kind: RecordKind) -> impl Iterator<Item = &RecordBatch> {
        self.records.iter().filter(move |(known, _)| *known == kind).map(|(_, batch)| batch)
    }

    /// All values of a column as texts; null is empty.
    pub fn column(&self, kind: RecordKind, name: &str) -> Vec<String> {
        let mut values = Vec::new();
        for batch in self.of(kind) {
            match batch.column_by_name(name) {
                None => values.extend((0..batch.num_rows()).map(|_| String::new())),
                Some(array) => values.extend((0..batch.num_rows()).map(|row| {
                    if array.is_null(row) {
                        String::new()
                    } else if let Some(texts) = repeated_of(array) {
                        texts.get(row).unwrap_or("").to_owned()
                    } else if let Some(texts) = array.as_string_opt::<i32>() {
                        texts.value(row).to_owned()
                    } else if let Some(amounts) = array.as_primitive_opt::<Decimal64Type>() {
                        Money(amounts.value(row)).to_string()
                    } else if let Some(flags) = array.as_boolean_opt() {
                        flags.value(row).to_string()
                    } else if let Some(numbers) = array.as_primitive_opt::<arrow::datatypes::Int64Type>() {
                        numbers.value(row).to_string()
                    } else {
                        Instant(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_iso()
                    }
                })),
            }
        }
        values
    }

    /// Some columns of a kind, a row a line, cells apart by bars.
    pub fn table(&self, kind: RecordKind, names: &[&str]) -> Vec<String> {
        let columns: Vec<_> = names.iter().map(|name| self.column(kind, name)).collect();
        (0..self.count(kind)).map(|row| columns.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join("|")).collect()
    }

    pub fn sum(&self, kind: RecordKind, name: &str) -> Money {
        let sum = self
            .of(kind)
            .filter_map(|batch| batch.column_by_name(name))
            .map(|array| array.as_primitive::<Decimal64Type>().iter().flatten().map(i128::from).sum::<i128>())
            .sum();
        Money::from_sum(sum).unwrap()
    }

    /// Sum of quantity x price - discount.
    pub fn goods(&self) -> Money {
        let mut sum = 0i128;
        for batch in self.of(RecordKind::Lines) {
            let amounts = |name: &str| batch.column_by_name(name).map(|array| array.as_primitive::<Decimal64Type>().clone());
            let (quantity, price, discount) = (amounts("quantity").unwrap(), amounts("unit_price").unwrap(), amounts("discount"));
            for row in 0..batch.num_rows() {
                sum += i128::from(Money(price.value(row)).times_quantity(quantity.value(row)).unwrap().0);
                sum -= discount.as_ref().map_or(0, |discount| i128::from(discount.value(row)));
            }
        }
        Money::from_sum(sum).unwrap()
    }
}

pub fn options(zone: &str) -> SurveyOptions {
    SurveyOptions::new(StoreZone::named(zone).unwrap())
}

/// Reads all parts of planned files.
pub fn read(files: &[PlannedFile], zone: &StoreZone) -> Result<Kept, ConnectError> {
    let mut kept = Kept::default();
    for file in files {
        for part in file.parts(3, zone)? {
            let summary = part.read(&mut kept)?;
            kept.summary.rows_read += summary.rows_read;
            kept.summary.rows_refused += summary.rows_refused;
            kept.summary.rounded_amounts += summary.rounded_amounts;
            kept.summary.ended_early |= summary.ended_early;
            kept.summary.notes.extend(summary.notes);
        }
    }
    assert_eq!(kept.summary.rows_refused, kept.refusals.len() as u64);
    Ok(kept)
}

/// Surveys and reads paths in UTC.
pub fn read_paths(paths: &[PathBuf]) -> (Vec<PlannedFile>, Kept) {
    let options = options("UTC");
    let files = survey(paths, &options).unwrap();
    let kept = read(&files, &options.zone).unwrap();
    (files, kept)
}

/// A folder with files in it, which vanishes in the end.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

/// Reads one file of this name and content.
pub fn read_text(name: &str, content: &[u8]) -> (PlannedFile, Kept) {
    let folder = Folder::with(&[(name, content)]);
    let (mut files, kept) = read_paths(&[folder.file(name)]);
    (files.remove(0), kept)
}
