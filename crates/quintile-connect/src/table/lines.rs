//! JSON Lines, fast: one object a line, of which only some fields are read, where they stand, without a tree.

use super::{LONGEST_ROW, Row, Step, Table, cut};
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};

/// Lines of a stream, each without its end, until the stream or its share of the file ends.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    filled: usize,
    ended: bool,
    /// Bytes of lines that may still begin.
    share: u64,
    /// Non-blank lines handed out.
    pub(crate) number: u64,
}

/// A line, or why it is none.
pub(crate) enum Line<'a> {
    Text(&'a [u8]),
    TooLong,
    End,
}

impl<R: Read> Lines<R> {
    /// Reads the lines that begin in the first `share` bytes.
    pub(crate) fn new(input: R, share: u64) -> Self {
        Lines { input, buffer: vec![0; 1 << 20], start: 0, filled: 0, ended: false, share, number: 0 }
    }

    /// Passes over the rest of a line that began before.
    pub(crate) fn skip_first(&mut self) -> io::Result<()> {
        if self.start == self.filled {
            self.more()?;
        }
        self.skip_line()
    }

    /// The next line that is not blank.
    pub(crate) fn next(&mut self) -> io::Result<Line<'_>> {
        loop {
            if self.share == 0 {
                return Ok(Line::End);
            }
            let mut searched = 0;
            let end = loop {
                if let Some(end) = memchr::memchr(b'\n', &self.buffer[self.start + searched..self.filled]) {
                    break Some(self.start + searched + end);
                }
                searched = self.filled - self.start;
                if searched > LONGEST_ROW || !self.more()? {
                    break None;
                }
            };
            let (from, to) = match end {
                Some(end) => (self.start, end),
                None if self.filled - self.start > LONGEST_ROW => {
                    self.skip_line()?;
                    self.number += 1;
                    return Ok(Line::TooLong);
                }
                None if self.start == self.filled => return Ok(Line::End),
                None => (self.start, self.filled),
            };
            self.start = (to + 1).min(self.filled);
            self.share = self.share.saturating_sub((to + 1 - from) as u64);
            let blank = self.buffer[from..to].iter().all(u8::is_ascii_whitespace);
            if !blank {
                self.number += 1;
                return Ok(Line::Text(&self.buffer[from..to]));
            }
        }
    }

    /// Reads on; false at the end of the stream.
    fn more(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        self.start = 0;
        if self.buffer.len() - self.filled < self.buffer.len() / 4 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(read) => {
                    self.filled += read;
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let passed = match memchr::memchr(b'\n', &self.buffer[self.start..self.filled]) {
                Some(end) => {
                    self.start += end + 1;
                    self.share = self.share.saturating_sub(end as u64 + 1);
                    return Ok(());
                }
                None => self.filled - self.start,
            };
            self.start = self.filled;
            self.share = self.share.saturating_sub(passed as u64);
            if !self.more()? {
                return Ok(());
            }
        }
    }
}

/// A field where it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Raw<'a> {
    /// Not there, null, or an object or list.
    #[default]
    Nothing,
    /// A text without escapes.
    Plain(&'a str),
    /// What stands between the quotes, with escapes in it.
    Escaped(&'a str),
    /// A number, as written.
    Number(&'a str),
    Flag(bool),
}

impl<'a> Raw<'a> {
    /// As text; empty where there is nothing.
    pub(crate) fn text(self) -> Cow<'a, str> {
        match self {
            Raw::Nothing => "".into(),
            Raw::Plain(text) | Raw::Number(text) => text.into(),
            Raw::Escaped(text) => serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap_or_default().into(),
            Raw::Flag(flag) => if flag { "true" } else { "false" }.into(),
        }
    }
}

/// Which fields are read: paths such as `properties.price`, and `products.0.sku` for the first of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    nodes: Vec<Node>,
    count: usize,
}

/// The names that are read of one object.
#[derive(Debug, Clone, Default)]
struct Node {
    names: Vec<Name>,
    /// A bit for each length that a name has; of 63 and more the last.
    lengths: u64,
    /// The first of the object read last, and the name found last. Fields most often come in the same order.
    first: Cell<usize>,
    last: Cell<usize>,
}

#[derive(Debug, Clone)]
struct Name {
    text: String,
    next: Next,
    /// Which name came after this one, last time.
    after: Cell<usize>,
}

/// No name was found in this object so far.
const AT_START: usize = usize::MAX;

impl Node {
    #[inline]
    fn find(&self, name: &str) -> Option<Next> {
        let last = self.last.get();
        let guess = if last == AT_START { &self.first } else { &self.names[last].after };
        let known = self.names.get(guess.get()).filter(|known| known.text == name);
        let (at, known) = match known {
            Some(known) => (guess.get(), known),
            None if self.lengths & length_bit(name) == 0 => return None,
            None => self.names.iter().enumerate().find(|(_, known)| known.text == name)?,
        };
        guess.set(at);
        self.last.set(at);
        Some(known.next)
    }
}

fn length_bit(name: &str) -> u64 {
    1 << name.len().min(63)
}

#[derive(Debug, Clone, Copy)]
struct Next {
    /// Where its value goes.
    slot: Option<usize>,
    /// What is read inside it.
    node: Option<usize>,
}

impl Fields {
    /// The fields of these paths, in this order. A name with points in it is found as a name too.
    pub(crate) fn of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Fields {
        let mut fields = Fields { nodes: vec![Node::default()], count: 0 };
        for path in paths {
            let slot = fields.count;
            fields.count += 1;
            fields.add(0, path, slot);
            let mut node = 0;
            let mut rest = path;
            while let Some((outer, inner)) = rest.split_once('.') {
                node = fields.inside(node, outer);
                fields.add(node, inner, slot);
                rest = inner;
            }
        }
        fields
    }

    fn entry(&mut self, node: usize, name: &str) -> &mut Next {
        let node = &mut self.nodes[node];
        let at = match node.names.iter().position(|known| known.text == name) {
            Some(at) => at,
            None => {
                node.lengths |= length_bit(name);
                node.names.push(Name { text: name.to_owned(), next: Next { slot: None, node: None }, after: Cell::new(0) });
                node.names.len() - 1
            }
        };
        &mut node.names[at].next
    }

    fn add(&mut self, node: usize, name: &str, slot: usize) {
        let entry = self.entry(node, name);
        entry.slot = entry.slot.or(Some(slot));
    }

    fn inside(&mut self, node: usize, name: &str) -> usize {
        let next = self.nodes.len();
        let entry = self.entry(node, name);
        let inside = *entry.node.get_or_insert(next);
        if inside == next {
            self.nodes.push(Node::default());
        }
        inside
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Reads the fields of one object into `found`, which is empty and has a place for each.
    pub(crate) fn read<'a>(&self, line: &'a [u8], found: &mut [Raw<'a>]) -> Result<(), String> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|error| format!("it is not UTF-8 after byte {}", error.valid_up_to()))?;
        let mut scan = Scan { text, bytes: text.as_bytes(), at: 0, depth: 0 };
        scan.blanks();
        if scan.bytes.get(scan.at) != Some(&b'{') {
            return Err("the line is no object with named fields".to_owned());
        }
        scan.object(Some((self, 0)), found)
            .and_then(|()| {
                scan.blanks();
                if scan.bytes.get(scan.at) == Some(&b',') {
                    scan.at += 1;
                    scan.blanks();
                }
                if scan.at == scan.bytes.len() { Ok(()) } else { Err("something follows its object") }
            })
            .map_err(|why| format!("the line is not valid JSON: {why} at character {}", scan.at + 1))
    }
}

/// Objects within objects deeper than this are no data.
const DEEPEST: usize = 128;

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

type Broken = &'static str;

impl<'a> Scan<'a> {
    #[inline]
    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, why: Broken) -> Result<(), Broken> {
        if self.bytes.get(self.at) == Some(&byte) {
            self.at += 1;
            return Ok(());
        }
        Err(why)
    }

    fn deeper(&mut self) -> Result<(), Broken> {
        self.depth += 1;
        if self.depth > DEEPEST { Err("it is nested too deeply") } else { Ok(()) }
    }

    /// An object, of which the fields of a node are kept.
    fn object(&mut self, wanted: Option<(&Fields, usize)>, found: &mut [Raw<'a>]) -> Result<(), Broken> {
        self.deeper()?;
        if let Some((fields, node)) = wanted {
            fields.nodes[node].last.set(AT_START);
        }
        self.expect(b'{', "an object is missing")?;
        self.blanks();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.blanks();
            let name = match self.string()? {
                Raw::Escaped(name) => name,
                Raw::Plain(name) => name,
                _ => "",
            };
            self.blanks();
            self.expect(b':', "a `:` is missing")?;
            self.blanks();
            let next = wanted.and_then(|(fields, node)| Some((fields, fields.nodes[node].find(name)?)));
            self.value(next, found)?;
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return Err("a `,` or `}` is missing"),
            }
        }
    }

    /// A list, of which the first item is read by the node's `0`.
    fn list(&mut self, wanted: Option<(&Fields, usize)>, found: &mut [Raw<'a>]) -> Result<(), Broken> {
        self.deeper()?;
        self.expect(b'[', "a list is missing")?;
        self.blanks();
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        let mut first = wanted.and_then(|(fields, node)| Some((fields, fields.nodes[node].find("0")?)));
        loop {
            self.blanks();
            self.value(first.take(), found)?;
            self.blanks();
            match self.bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    self.depth -= 1;
                    return Ok(());
                }
                _ => return Err("a `,` or `]` is missing"),
            }
        }
    }

    fn value(&mut self, wanted: Option<(&Fields, Next)>, found: &mut [Raw<'a>]) -> Result<(), Broken> {
        let inside = wanted.and_then(|(fields, next)| next.node.map(|node| (fields, node)));
        let value = match self.bytes.get(self.at) {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.object(inside, found),
            Some(b'[') => return self.list(inside, found),
            Some(b't') => self.word("true").map(|()| Raw::Flag(true))?,
            Some(b'f') => self.word("false").map(|()| Raw::Flag(false))?,
            Some(b'n') => self.word("null").map(|()| Raw::Nothing)?,
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while matches!(self.bytes.get(self.at), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
                    self.at += 1;
                }
                Raw::Number(self.text.get(start..self.at).unwrap_or_default())
            }
            Some(_) => return Err("a value is missing"),
            None => return Err("the line ends within the object"),
        };
        if let Some(slot) = wanted.and_then(|(_, next)| next.slot)
            && found[slot] == Raw::Nothing
        {
            found[slot] = value;
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err("a value is missing")
    }

    #[inline]
    fn string(&mut self) -> Result<Raw<'a>, Broken> {
        self.expect(b'"', "a `\"` is missing")?;
        let start = self.at;
        let mut escaped = false;
        loop {
            // Eight bytes at once, as long as there are so many and none is a quote or a backslash.
            while let Some(word) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
                let word = u64::from_le_bytes(*word);
                let hits = zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
                if hits != 0 {
                    self.at += (hits.trailing_zeros() / 8) as usize;
                    break;
                }
                self.at += 8;
            }
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
                None => return Err("the line ends within a text"),
            }
        }
        let text = self.text.get(start..self.at).ok_or("a text is cut")?;
        self.at += 1;
        Ok(if escaped { Raw::Escaped(text) } else { Raw::Plain(text) })
    }
}

const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; 8]);

/// The highest bit of each byte that is zero; above the first such byte there can be more bits.
#[inline]
fn zero_bytes(word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    word.wrapping_sub(LOW) & !word & HIGH
}

/// JSON Lines as rows of text: for mappings.
pub(crate) struct LinesTable<R> {
    lines: Lines<R>,
    fields: Fields,
    header: Vec<String>,
}

impl<R: Read> LinesTable<R> {
    pub(crate) fn new(lines: Lines<R>, header: Vec<String>) -> Self {
        LinesTable { lines, fields: Fields::of(header.iter().map(String::as_str)), header }
    }
}

impl<R: Read> Table for LinesTable<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut Row) -> io::Result<Step> {
        row.clear();
        row.line = self.lines.number + 1;
        match self.lines.next()? {
            Line::End => Ok(Step::End),
            Line::TooLong => {
                row.push("");
                Ok(Step::Refused(format!("the line is longer than {} MiB", LONGEST_ROW >> 20)))
            }
            Line::Text(line) => {
                let mut found = vec![Raw::Nothing; self.fields.len()];
                match self.fields.read(line, &mut found) {
                    Ok(()) => {
                        found.iter().for_each(|raw| row.push(&raw.text()));
                        Ok(Step::Row)
                    }
                    Err(why) => {
                        row.push(&shown(line));
                        Ok(Step::Refused(why))
                    }
                }
            }
        }
    }
}

/// A line as a refusal shows it.
pub(crate) fn shown(line: &[u8]) -> String {
    cut(String::from_utf8_lossy(&line[..line.len().min(8192)]).into_owned())
}

/// Does every line of a sample hold one whole object? The last may be cut.
pub(crate) fn line_wise(sample: &[u8], whole: bool) -> bool {
    let mut lines: Vec<&[u8]> = sample.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
    if !whole {
        lines.pop();
    }
    let objects = lines.iter().filter(|line| line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).starts_with(b"{") && line.ends_with(b"}"));
    !lines.is_empty() && objects.count() * 10 >= lines.len() * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_where_they_stand() {
        let fields = Fields::of(["a", "b.c", "d.e.f", "list.0.x", "flag", "dotted.name", "missing"]);
        let line = br#" {"b":{"z":[1,{"c":9}],"c":"say \"hi\" \u00e4"},"a":-1.50e2,"d":{"e":{"f":"deep"}},"list":[{"x":"first"},{"x":"second"}],"flag":true,"dotted.name":"n","a":7} "#;
        let mut found = vec![Raw::Nothing; fields.len()];
        fields.read(line, &mut found).unwrap();
        let texts: Vec<String> = found.iter().map(|raw| raw.text().into_owned()).collect();
        assert_eq!(texts, ["-1.50e2", "say \"hi\" ä", "deep", "first", "true", "n", ""]);
    }

    #[test]
    fn a_broken_line_says_why() {
        let fields = Fields::of(["a"]);
        for (line, why) in [
            (&b"{\"a\":1"[..], "`,` or `}`"),
            (b"{\"a\" 1}", "`:`"),
            (b"{\"a\":\"x", "within a text"),
            (b"[1]", "no object"),
            (b"{\"a\":1} x", "follows"),
            (b"{\"a\":}", "a value"),
            (b"{\"a\":\"\xFF\"}", "UTF-8"),
        ] {
            let error = fields.read(line, &mut [Raw::Nothing]).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let deep = "{\"a\":".repeat(500);
        assert!(fields.read(deep.as_bytes(), &mut [Raw::Nothing]).unwrap_err().contains("deeply"));
    }

    #[test]
    fn the_same_lines_come_from_parts_of_any_size() {
        let text: Vec<u8> = (0..300).flat_map(|i| format!("{{\"a\":{i}}}{}\n", "\n".repeat(i % 3)).into_bytes()).collect();
        for size in [1_usize, 7, 64, 1000, 100_000] {
            let mut all = Vec::new();
            let mut start = 0;
            while start < text.len() {
                let mut lines = if start == 0 {
                    Lines::new(&text[..], size as u64)
                } else {
                    let mut lines = Lines::new(&text[start - 1..], size as u64 + 1);
                    lines.skip_first().unwrap();
                    lines
                };
                while let Line::Text(line) = lines.next().unwrap() {
                    all.push(String::from_utf8(line.to_vec()).unwrap());
                }
                start += size;
            }
            let expected: Vec<String> = (0..300).map(|i| format!("{{\"a\":{i}}}")).collect();
            assert_eq!(all, expected, "{size}");
        }
    }
}
