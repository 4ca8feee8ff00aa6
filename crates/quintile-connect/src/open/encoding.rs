//! Text encodings: UTF-8 with or without a mark, UTF-16 of either order, and Windows-1252 for the rest.

use std::io::{self, Read};

/// How a file writes its characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1252,
}

impl Charset {
    /// Decides by the byte-order mark, else by what the beginning looks like.
    pub(crate) fn of(start: &[u8]) -> Charset {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => return Charset::Utf8,
            [0xFF, 0xFE, ..] => return Charset::Utf16Le,
            [0xFE, 0xFF, ..] => return Charset::Utf16Be,
            _ => {}
        }
        // Without a mark, mostly ASCII text in UTF-16 has a zero in every second byte.
        let look = &start[..start.len().min(4096) & !1];
        let zeros = |odd: usize| look.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
        let (even, odd, half) = (zeros(0), zeros(1), look.len() / 2);
        if half > 4 && odd * 10 > half * 7 && even * 10 < half {
            return Charset::Utf16Le;
        }
        if half > 4 && even * 10 > half * 7 && odd * 10 < half {
            return Charset::Utf16Be;
        }
        match std::str::from_utf8(start) {
            Ok(_) => Charset::Utf8,
            // A sample may end within a character.
            Err(error) if error.error_len().is_none() => Charset::Utf8,
            Err(_) => Charset::Windows1252,
        }
    }

    /// What a person calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF-8",
            Charset::Utf16Le | Charset::Utf16Be => "UTF-16",
            Charset::Windows1252 => "Windows-1252",
        }
    }

    pub(crate) fn decode_sample(self, raw: &[u8]) -> Vec<u8> {
        match self {
            Charset::Utf8 => raw.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(raw).to_vec(),
            other => {
                let mut text = Vec::new();
                // Reading from memory cannot fail.
                let _ = Decoded::new(raw, other).read_to_end(&mut text);
                text
            }
        }
    }

    fn encoding(self) -> &'static encoding_rs::Encoding {
        match self {
            Charset::Utf8 => encoding_rs::UTF_8,
            Charset::Utf16Le => encoding_rs::UTF_16LE,
            Charset::Utf16Be => encoding_rs::UTF_16BE,
            Charset::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }
}

/// One cell of Windows-1252, for a stray one in a file of UTF-8.
pub(crate) fn windows_1252(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned()
}

/// Leaves out a UTF-8 mark at the very beginning.
pub(crate) struct SkipMark<R> {
    inner: R,
    head: Vec<u8>,
    given: usize,
    started: bool,
}

impl<R: Read> SkipMark<R> {
    pub(crate) fn new(inner: R) -> Self {
        SkipMark { inner, head: Vec::new(), given: 0, started: false }
    }
}

impl<R: Read> Read for SkipMark<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.started {
            let mut byte = [0];
            while self.head.len() < 3 && self.inner.read(&mut byte)? == 1 {
                self.head.push(byte[0]);
            }
            self.started = true;
            if self.head == [0xEF, 0xBB, 0xBF] {
                self.head.clear();
            }
        }
        if self.given < self.head.len() {
            let count = buffer.len().min(self.head.len() - self.given);
            buffer[..count].copy_from_slice(&self.head[self.given..self.given + count]);
            self.given += count;
            return Ok(count);
        }
        self.inner.read(buffer)
    }
}

/// Another encoding as UTF-8; what cannot be decoded becomes U+FFFD.
pub(crate) struct Decoded<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    raw_range: std::ops::Range<usize>,
    text: Vec<u8>,
    text_range: std::ops::Range<usize>,
    last: bool,
    finished: bool,
}

impl<R: Read> Decoded<R> {
    pub(crate) fn new(inner: R, charset: Charset) -> Self {
        Decoded {
            inner,
            decoder: charset.encoding().new_decoder_with_bom_removal(),
            raw: vec![0; 64 * 1024],
            raw_range: 0..0,
            text: vec![0; 200 * 1024],
            text_range: 0..0,
            last: false,
            finished: false,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.text_range.is_empty() && !self.finished {
            if self.raw_range.is_empty() && !self.last {
                let read = self.inner.read(&mut self.raw)?;
                self.last = read == 0;
                self.raw_range = 0..read;
            }
            let (result, taken, written, _) = self.decoder.decode_to_utf8(&self.raw[self.raw_range.clone()], &mut self.text, self.last);
            self.raw_range.start += taken;
            self.text_range = 0..written;
            self.finished = self.last && matches!(result, encoding_rs::CoderResult::InputEmpty);
        }
        let count = buffer.len().min(self.text_range.len());
        buffer[..count].copy_from_slice(&self.text[self.text_range.start..self.text_range.start + count]);
        self.text_range.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], charset: Charset, text: &str) {
        assert_eq!(Charset::of(raw), charset);
        assert_eq!(String::from_utf8(charset.decode_sample(raw)).unwrap(), text);
    }

    #[test]
    fn encodings_are_told_apart() {
        check("id;näme\n1;ü\n".as_bytes(), Charset::Utf8, "id;näme\n1;ü\n");
        check(b"\xEF\xBB\xBFid\n", Charset::Utf8, "id\n");
        check(b"id;n\xE4me\n", Charset::Windows1252, "id;näme\n");
        let le: Vec<u8> = "id,name\n1,ü\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        check(&le, Charset::Utf16Le, "id,name\n1,ü\n");
        let be: Vec<u8> = "\u{FEFF}id,name\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        check(&be, Charset::Utf16Be, "id,name\n");
    }

    #[test]
    fn a_mark_is_left_out_of_a_stream() {
        for (raw, text) in [(&b"\xEF\xBB\xBFabc"[..], "abc"), (b"ab", "ab"), (b"", ""), (b"abcdef", "abcdef")] {
            let mut read = String::new();
            SkipMark::new(raw).read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
        }
    }
}
