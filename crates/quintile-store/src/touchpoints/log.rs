//! Ranges of staged rows with one temporary file for all of them, so that an import never holds many files open.

use crate::StoreError;
use crate::intake::{Budget, RANGES};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Pieces of rows for each range of keys, in memory up to the import's budget and in a file beyond it.
#[derive(Debug)]
pub(crate) struct Log {
    budget: Arc<Budget>,
    ranges: Vec<Mutex<Pieces>>,
    file: Mutex<Option<File>>,
    rows: AtomicU64,
}

#[derive(Debug, Default)]
struct Pieces {
    memory: Vec<Vec<u8>>,
    /// Where in the file, and how long.
    spilled: Vec<(u64, usize)>,
}

impl Log {
    pub fn new(budget: &Arc<Budget>) -> Log {
        Log {
            budget: budget.clone(),
            ranges: (0..RANGES).map(|_| Mutex::default()).collect(),
            file: Mutex::default(),
            rows: AtomicU64::new(0),
        }
    }

    /// Rows that were ever added.
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self, range: usize) -> bool {
        let pieces = self.ranges[range].lock().unwrap_or_else(PoisonError::into_inner);
        pieces.memory.is_empty() && pieces.spilled.is_empty()
    }

    /// Appends whole rows to a range.
    fn push(&self, range: usize, piece: Vec<u8>) -> Result<(), StoreError> {
        if piece.is_empty() {
            return Ok(());
        }
        if self.budget.take(piece.len()) {
            self.ranges[range].lock().unwrap_or_else(PoisonError::into_inner).memory.push(piece);
            return Ok(());
        }
        self.budget.give_back(piece.len());
        let failed = |source| StoreError::File { doing: "write a temporary file in", path: self.budget.folder().to_owned(), source };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile_in(self.budget.folder()).map_err(failed)?),
        };
        let at = file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.write_all(&piece).map_err(failed)?;
        self.ranges[range].lock().unwrap_or_else(PoisonError::into_inner).spilled.push((at, piece.len()));
        Ok(())
    }

    /// The pieces of a range, forgotten here. Each holds whole rows.
    pub fn take(&self, range: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let pieces = std::mem::take(&mut *self.ranges[range].lock().unwrap_or_else(PoisonError::into_inner));
        let mut all = pieces.memory;
        self.budget.give_back(all.iter().map(Vec::len).sum());
        if pieces.spilled.is_empty() {
            return Ok(all);
        }
        let failed = |source| StoreError::File { doing: "read a temporary file in", path: self.budget.folder().to_owned(), source };
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = &mut *file else { return Err(StoreError::Damaged("a temporary file is gone".to_owned())) };
        for (at, length) in pieces.spilled {
            let mut piece = vec![0; length];
            file.seek(SeekFrom::Start(at)).map_err(failed)?;
            file.read_exact(&mut piece).map_err(failed)?;
            all.push(piece);
        }
        Ok(all)
    }
}

/// A thread's own buffers in front of a [`Log`].
#[derive(Debug)]
pub(crate) struct LogScatter {
    buffers: Vec<Vec<u8>>,
    rows: u64,
}

/// A buffer is handed on when it is this large.
const PIECE: usize = 16 * 1024;

impl LogScatter {
    pub fn new() -> LogScatter {
        LogScatter { buffers: (0..RANGES).map(|_| Vec::new()).collect(), rows: 0 }
    }

    /// Appends a row to a range.
    #[inline]
    pub fn row(&mut self, range: usize, log: &Log, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        let buffer = &mut self.buffers[range];
        write(buffer);
        self.rows += 1;
        if buffer.len() >= PIECE {
            let next = Vec::with_capacity(PIECE + 1024);
            log.push(range, std::mem::replace(buffer, next))?;
        }
        Ok(())
    }

    /// Hands on what is left.
    pub fn flush(&mut self, log: &Log) -> Result<(), StoreError> {
        for (range, buffer) in self.buffers.iter_mut().enumerate() {
            log.push(range, std::mem::take(buffer))?;
        }
        log.rows.fetch_add(std::mem::take(&mut self.rows), Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back_from_memory_and_from_the_file() {
        for limit in [usize::MAX, 0, 40_000] {
            let folder = tempfile::tempdir().unwrap();
            let log = Log::new(&Budget::new(limit, folder.path()));
            let mut scatter = LogScatter::new();
            for row in 0..50_000_u32 {
                scatter.row((row % 3) as usize, &log, |out| out.extend_from_slice(&row.to_le_bytes())).unwrap();
            }
            scatter.flush(&log).unwrap();
            assert_eq!(log.rows(), 50_000);
            let mut all: Vec<u32> = Vec::new();
            for range in 0..3 {
                let bytes = log.take(range).unwrap().concat();
                all.extend(bytes.chunks_exact(4).map(|row| u32::from_le_bytes(row.try_into().unwrap())));
                assert!(log.is_empty(range));
            }
            all.sort_unstable();
            assert!(all.into_iter().eq(0..50_000));
        }
    }
}
