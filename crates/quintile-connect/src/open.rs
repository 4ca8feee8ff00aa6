//! From a file to a stream of UTF-8 text: gzip by its magic bytes, encodings by their marks, memory bounded throughout.

mod encoding;
mod gzip;

pub(crate) use encoding::{Charset, windows_1252};
pub(crate) use gzip::{Unpacked, is_gzip};

use crate::error::ConnectError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::Xxh3;

/// How much of the beginning of a file decides what it is.
pub(crate) const SAMPLE_BYTES: usize = 512 * 1024;

/// A stream of text, and how many bytes of the file it has taken so far.
pub(crate) struct Opened {
    pub reader: Box<dyn Read + Send>,
    pub consumed: Arc<AtomicU64>,
}

/// Opens a file as UTF-8 text. Bytes that are no UTF-8 in a file that began as UTF-8 come through as they are.
pub(crate) fn open(path: &Path, charset: Charset) -> Result<Opened, ConnectError> {
    let (bytes, consumed) = open_bytes(path)?;
    let reader: Box<dyn Read + Send> = match charset {
        Charset::Utf8 => Box::new(encoding::SkipMark::new(bytes)),
        other => Box::new(encoding::Decoded::new(bytes, other)),
    };
    Ok(Opened { reader, consumed })
}

/// The beginning of a file, unpacked and decoded.
pub(crate) struct Sample {
    /// Text as bytes; UTF-8 but for stray bytes and perhaps a cut last character.
    pub text: Vec<u8>,
    pub charset: Charset,
    /// What a packed file says of its size unpacked; only true of one member below 4 GiB.
    pub unpacked_bytes: Option<u64>,
    /// The sample is the whole file.
    pub whole: bool,
    /// Mostly bytes that no text has.
    pub binary: bool,
}

/// Reads the beginning of a file. A broken gzip gives what could be unpacked.
pub(crate) fn sample(path: &Path) -> Result<Sample, ConnectError> {
    let (mut bytes, _) = open_bytes(path)?;
    let mut raw = Vec::with_capacity(SAMPLE_BYTES);
    let mut whole = false;
    let mut chunk = vec![0; 64 * 1024];
    while raw.len() < SAMPLE_BYTES {
        match bytes.read(&mut chunk) {
            Ok(0) => {
                whole = true;
                break;
            }
            Ok(read) => raw.extend_from_slice(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if raw.is_empty() => return Err(ConnectError::Unreadable { path: path.to_owned(), source: error }),
            Err(_) => break,
        }
    }
    let charset = Charset::of(&raw);
    let text = charset.decode_sample(&raw);
    let controls = text.iter().filter(|byte| **byte < 32 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 12 | 27)).count();
    Ok(Sample { binary: controls * 10 > text.len(), text, charset, unpacked_bytes: unpacked_bytes(path), whole })
}

/// The XXH3-128 of a file's bytes in hexadecimal, and their number.
pub(crate) fn fingerprint(path: &Path) -> Result<(String, u64), ConnectError> {
    let unreadable = |source| ConnectError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Xxh3::new();
    let mut chunk = vec![0; 1024 * 1024];
    let mut bytes = 0;
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((format!("{:032x}", hash.digest128()), bytes)),
            Ok(read) => {
                hash.update(&chunk[..read]);
                bytes += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

/// Is the file packed with gzip?
pub(crate) fn packed(path: &Path) -> bool {
    let mut magic = [0; 2];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && is_gzip(&magic)
}

/// The size in the last four bytes of a gzip file.
fn unpacked_bytes(path: &Path) -> Option<u64> {
    if !packed(path) {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut last = [0; 4];
    file.seek(SeekFrom::End(-4)).ok()?;
    file.read_exact(&mut last).ok()?;
    Some(u64::from(u32::from_le_bytes(last)))
}

fn open_bytes(path: &Path) -> Result<(Box<dyn Read + Send>, Arc<AtomicU64>), ConnectError> {
    let unreadable = |source| ConnectError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let consumed = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: file, consumed: consumed.clone() };
    let reader: Box<dyn Read + Send> = if packed(path) { Box::new(Unpacked::new(counted, consumed.clone())) } else { Box::new(counted) };
    Ok((reader, consumed))
}

/// The bytes of a plain file from some place on.
pub(crate) fn open_at(path: &Path, at: u64) -> Result<(Box<dyn Read + Send>, Arc<AtomicU64>), ConnectError> {
    let unreadable = |source| ConnectError::Unreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    file.seek(SeekFrom::Start(at)).map_err(unreadable)?;
    let consumed = Arc::new(AtomicU64::new(0));
    Ok((Box::new(Counted { inner: file, consumed: consumed.clone() }), consumed))
}

/// Counts what passes.
pub(crate) struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.consumed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
