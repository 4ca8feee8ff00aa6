//! Gzip, one member or many, with an eye on files that unpack to nonsense sizes.

use flate2::bufread::MultiGzDecoder;
use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The two bytes every gzip file begins with.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// No table packs better than this; deflate itself ends near 1,030 to 1.
const MOST_PACKED: u64 = 500;
/// Below this much text nothing is suspected.
const HARMLESS: u64 = 1 << 30;

/// Unpacks gzip. What follows the last member and is no gzip is an error, as is a file that ends early.
pub(crate) struct Unpacked<R: Read> {
    inner: MultiGzDecoder<BufReader<R>>,
    consumed: Arc<AtomicU64>,
    given: u64,
}

impl<R: Read> Unpacked<R> {
    pub(crate) fn new(packed: R, consumed: Arc<AtomicU64>) -> Self {
        Unpacked { inner: MultiGzDecoder::new(BufReader::with_capacity(128 * 1024, packed)), consumed, given: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the gzip file is cut off; what came before is read, copy or download the file again for the rest",
            ),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the gzip file is damaged here ({error}); what came before is read, copy or download the file again for the rest"),
            ),
            _ => error,
        })?;
        self.given += read as u64;
        if self.given > HARMLESS && self.given / self.consumed.load(Ordering::Relaxed).max(1) > MOST_PACKED {
            return Err(io::Error::other(format!(
                "the gzip file unpacks to more than {MOST_PACKED} times its size, which no table does; if it is real, unpack it first"
            )));
        }
        Ok(read)
    }
}
