//! Rows between the two passes: in memory up to a budget, beyond it in a temporary file.

mod narrow;

use crate::Error;
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use narrow::Narrow;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Takes rows, from any thread.
pub(crate) struct Holder {
    budget: usize,
    used: AtomicUsize,
    spill: Mutex<Option<Spill>>,
}

/// Rows that were taken.
pub(crate) enum Held {
    InMemory(Narrow),
    /// One Arrow IPC stream in the temporary file. Each batch has its own: texts that repeat have other lists in each.
    OnDisk {
        start: u64,
        length: u64,
    },
}

struct Spill {
    file: File,
    end: u64,
}

impl Holder {
    pub(crate) fn new(budget: usize) -> Holder {
        Holder { budget, used: AtomicUsize::new(0), spill: Mutex::new(None) }
    }

    pub(crate) fn take(&self, batch: RecordBatch) -> Result<Held, Error> {
        let narrow = Narrow::of(&batch)?;
        let size = narrow.bytes();
        if self.used.fetch_add(size, Ordering::Relaxed) + size <= self.budget {
            return Ok(Held::InMemory(narrow));
        }
        self.used.fetch_sub(size, Ordering::Relaxed);
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, batch.schema_ref())?;
        writer.write(&batch)?;
        writer.finish()?;
        drop(writer);
        let failed = |source| Error::File { doing: "write", path: std::env::temp_dir(), source };
        let mut spill = self.spill.lock().unwrap_or_else(PoisonError::into_inner);
        let spill = match &mut *spill {
            Some(spill) => spill,
            none => none.insert(Spill { file: tempfile::tempfile().map_err(failed)?, end: 0 }),
        };
        spill.file.write_all(&bytes).map_err(failed)?;
        let held = Held::OnDisk { start: spill.end, length: bytes.len() as u64 };
        spill.end += bytes.len() as u64;
        Ok(held)
    }

    pub(crate) fn give(&self, held: &Held) -> Result<RecordBatch, Error> {
        self.give_some(held, |_| true)
    }

    /// Some of the columns, by their names.
    pub(crate) fn give_some(&self, held: &Held, wanted: impl Fn(&str) -> bool) -> Result<RecordBatch, Error> {
        match held {
            Held::InMemory(narrow) => Ok(narrow.wide(wanted)?),
            Held::OnDisk { start, length } => {
                let failed = |source| Error::File { doing: "read", path: std::env::temp_dir(), source };
                let mut bytes = vec![0; *length as usize];
                {
                    let mut spill = self.spill.lock().unwrap_or_else(PoisonError::into_inner);
                    let spill = spill.as_mut().ok_or_else(|| Error::Answer("rows put aside are gone".to_owned()))?;
                    spill.file.seek(SeekFrom::Start(*start)).map_err(failed)?;
                    spill.file.read_exact(&mut bytes).map_err(failed)?;
                }
                let mut reader = StreamReader::try_new(BufReader::new(&bytes[..]), None)?;
                let rows = reader.next().ok_or_else(|| Error::Answer("rows put aside are gone".to_owned()))??;
                let places: Vec<usize> = (0..rows.num_columns()).filter(|place| wanted(rows.schema_ref().field(*place).name())).collect();
                Ok(rows.project(&places)?)
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn spilled(&self) -> bool {
        self.spill.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, DictionaryArray, Int64Array};
    use arrow::datatypes::Int32Type;
    use std::sync::Arc;

    #[test]
    fn rows_come_back_from_memory_and_from_disk_alike() {
        let batch = |words: &[&str]| {
            let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..words.len() as i64));
            let words: ArrayRef = Arc::new(words.iter().copied().collect::<DictionaryArray<Int32Type>>());
            RecordBatch::try_from_iter([("n", numbers), ("w", words)]).unwrap()
        };
        let (first, second) = (batch(&["a", "b", "a"]), batch(&["c", "a"]));
        for budget in [usize::MAX, Narrow::of(&first).unwrap().bytes(), 0] {
            let holder = Holder::new(budget);
            let held: Vec<Held> = [&first, &second].map(|batch| holder.take(batch.clone()).unwrap()).into();
            assert_eq!(holder.spilled(), budget != usize::MAX);
            let back: Vec<RecordBatch> = held.iter().map(|held| holder.give(held).unwrap()).collect();
            assert_eq!(back, [first.clone(), second.clone()]);
            let words: Vec<RecordBatch> = held.iter().map(|held| holder.give_some(held, |name| name == "w").unwrap()).collect();
            assert_eq!(words, [&first, &second].map(|batch| batch.project(&[1]).unwrap()));
        }
    }
}
