//! JSON: one item a line, a list of items, or a recorded page with its items inside. One item is held at a time.

use super::{LONGEST_ROW, Row, Step, Table, cut, unique_names};
use serde_json::Value;
use std::io::{self, Read};

/// Where the items are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Objects one after the other.
    Lines,
    /// One list.
    List,
    /// The list under this name in one object.
    Page(String),
}

/// Names under which answers keep their items, most usual first.
const ITEM_NAMES: [&str; 12] =
    ["body", "data", "items", "results", "orders", "customers", "products", "refunds", "line_items", "lines", "records", "rows"];

/// Tells the shape of JSON from its beginning; `None` when it is no JSON with items.
pub(crate) fn shape(sample: &[u8]) -> Option<Shape> {
    let start = sample.iter().position(|byte| !byte.is_ascii_whitespace())?;
    match sample[start] {
        b'[' => {
            // A list of numbers or a bracket in some text has no items.
            let next = sample[start + 1..].iter().find(|byte| !byte.is_ascii_whitespace())?;
            matches!(next, b'{' | b']').then_some(Shape::List)
        }
        b'{' => {
            let mut scan = Scan::default();
            let mut name = None;
            let mut names = Vec::new();
            for (at, byte) in sample.iter().enumerate().skip(start) {
                if let Some(key) = scan.pass(*byte, at, sample) {
                    name = Some(key);
                } else if *byte == b'[' && scan.depth == 2 && !scan.in_string {
                    let next = sample[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
                    if let (Some(name), Some(b'{' | b']')) = (name.take(), next) {
                        names.push(name);
                    }
                }
                if scan.depth == 0 && !scan.in_string && at > start {
                    let more = sample[at + 1..].iter().find(|byte| !byte.is_ascii_whitespace());
                    if more.is_some() {
                        return Some(Shape::Lines);
                    }
                    break;
                }
            }
            // An object with an id is an item itself, however many lists it holds.
            if scan.keys.iter().any(|key| key == "id" || key == "order_id") {
                return Some(Shape::Lines);
            }
            let known = ITEM_NAMES.iter().find(|known| names.iter().any(|name| name == *known));
            Some(known.map_or(Shape::Lines, |name| Shape::Page((*name).to_owned())))
        }
        _ => None,
    }
}

/// Follows brackets and strings, and remembers the keys of the outermost object.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    string_start: usize,
    last_string: Option<(usize, usize)>,
    keys: Vec<String>,
}

impl Scan {
    /// Takes a byte; gives the key when the byte is the colon after a key of the outermost object.
    fn pass(&mut self, byte: u8, at: usize, text: &[u8]) -> Option<String> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    self.last_string = Some((self.string_start, at));
                }
                _ => {}
            }
            return None;
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.string_start = at + 1;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => {
                let (start, end) = self.last_string.take()?;
                let key = String::from_utf8_lossy(&text[start..end]).into_owned();
                self.keys.push(key.clone());
                return Some(key);
            }
            _ => {}
        }
        None
    }
}

/// What came of asking for an item.
pub(crate) enum Item {
    Value(Value),
    Refused { reason: String, row: String },
    End,
}

/// Hands out items one at a time.
pub(crate) struct Items<R> {
    input: R,
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    shape: Shape,
    started: bool,
    finished: bool,
    /// Number of the item handed out last, from 1.
    pub(crate) number: u64,
    text: Vec<u8>,
}

impl<R: Read> Items<R> {
    pub(crate) fn new(input: R, shape: Shape) -> Self {
        Items {
            input,
            buffer: vec![0; 128 * 1024],
            position: 0,
            filled: 0,
            shape,
            started: false,
            finished: false,
            number: 0,
            text: Vec::new(),
        }
    }

    /// The next item. An error ends the reading.
    pub(crate) fn next(&mut self) -> io::Result<Item> {
        if !self.started {
            self.started = true;
            let found = match self.shape.clone() {
                Shape::Lines => true,
                Shape::List => self.skip_to_list()?,
                Shape::Page(name) => self.skip_to_name(&name)?,
            };
            self.finished = !found;
        }
        if self.finished {
            return Ok(Item::End);
        }
        // Between items: blanks and commas; a closing bracket ends a list.
        let first = loop {
            match self.byte()? {
                None => {
                    self.finished = true;
                    if self.shape != Shape::Lines {
                        return Err(io::Error::new(
                            io::ErrorKind::UnexpectedEof,
                            "the JSON ends within its list; what came before is read, fetch the file again for the rest",
                        ));
                    }
                    return Ok(Item::End);
                }
                Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1e) => {}
                Some(b']') if self.shape != Shape::Lines => {
                    self.finished = true;
                    return Ok(Item::End);
                }
                Some(byte) => break byte,
            }
        };
        self.number += 1;
        self.text.clear();
        self.text.push(first);
        let mut long = false;
        let whole = match first {
            b'{' | b'[' => self.rest_of_brackets(&mut long)?,
            _ => self.rest_of_scalar(&mut long)?,
        };
        if long {
            self.text = Vec::new();
            return Ok(Item::Refused { reason: format!("the item is longer than {} MiB", LONGEST_ROW >> 20), row: String::new() });
        }
        let shown = |text: &[u8]| cut(String::from_utf8_lossy(&text[..text.len().min(8192)]).into_owned());
        if !whole {
            self.finished = true;
            return Ok(Item::Refused { reason: "the file ends within this item".to_owned(), row: shown(&self.text) });
        }
        match serde_json::from_slice(&self.text) {
            Ok(value @ Value::Object(_)) => Ok(Item::Value(value)),
            Ok(_) => Ok(Item::Refused { reason: "the item is no object with named fields".to_owned(), row: shown(&self.text) }),
            Err(error) => Ok(Item::Refused { reason: format!("the item is not valid JSON: {error}"), row: shown(&self.text) }),
        }
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        while self.position == self.filled {
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => (self.position, self.filled) = (0, read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let byte = self.buffer[self.position];
        self.position += 1;
        Ok(Some(byte))
    }

    fn keep(&mut self, byte: u8, long: &mut bool) {
        if self.text.len() < LONGEST_ROW {
            self.text.push(byte);
        } else {
            *long = true;
        }
    }

    /// Takes up to the bracket that closes the first; false when the file ends before.
    fn rest_of_brackets(&mut self, long: &mut bool) -> io::Result<bool> {
        let (mut depth, mut in_string, mut escaped) = (1usize, false, false);
        while depth > 0 {
            let Some(byte) = self.byte()? else { return Ok(false) };
            self.keep(byte, long);
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                // A new line in a string is no JSON: with an item a line, the next item is saved by ending here.
                b'\n' if in_string && self.shape == Shape::Lines => return Ok(true),
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => depth -= 1,
                _ => {}
            }
        }
        Ok(true)
    }

    /// Takes up to what ends a number or word.
    fn rest_of_scalar(&mut self, long: &mut bool) -> io::Result<bool> {
        while let Some(byte) = self.byte()? {
            if matches!(byte, b'\n') || (self.shape != Shape::Lines && matches!(byte, b',' | b']')) {
                self.position -= usize::from(byte == b']');
                break;
            }
            self.keep(byte, long);
        }
        Ok(true)
    }

    fn skip_to_list(&mut self) -> io::Result<bool> {
        while let Some(byte) = self.byte()? {
            if byte == b'[' {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes into the list under a name of the outermost object.
    fn skip_to_name(&mut self, name: &str) -> io::Result<bool> {
        let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
        // The last string of the outermost object, cut to what a name can be.
        let mut string = Vec::new();
        let mut named = false;
        while let Some(byte) = self.byte()? {
            if in_string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_string = false,
                    _ if depth == 1 && string.len() < 64 => string.push(byte),
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => {
                    in_string = true;
                    if depth == 1 {
                        string.clear();
                    }
                }
                b':' if depth == 1 => named = string == name.as_bytes(),
                b'[' if depth == 1 && named => return Ok(true),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b',' if depth == 1 => named = false,
                _ => {}
            }
        }
        Ok(false)
    }
}

/// Items as rows: the fields of an object, and of objects in it by `outer.inner`. Lists are left out.
pub(crate) struct JsonTable<R> {
    items: Items<R>,
    header: Vec<String>,
}

impl<R: Read> JsonTable<R> {
    pub(crate) fn new(input: R, shape: Shape, header: Vec<String>) -> Self {
        JsonTable { items: Items::new(input, shape), header }
    }
}

impl<R: Read> Table for JsonTable<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn next(&mut self, row: &mut Row) -> io::Result<Step> {
        row.clear();
        let item = self.items.next()?;
        row.line = self.items.number;
        match item {
            Item::Value(value) => {
                for name in &self.header {
                    row.push(&at_path(&value, name).map(text_of).unwrap_or_default());
                }
                Ok(Step::Row)
            }
            Item::Refused { reason, row: shown } => {
                row.push(&shown);
                Ok(Step::Refused(reason))
            }
            Item::End => Ok(Step::End),
        }
    }
}

/// The fields of the items of a sample, in the order they are met.
pub(crate) fn fields(sample: &[u8], shape: &Shape) -> Vec<String> {
    let mut items = Items::new(sample, shape.clone());
    let mut names = Vec::new();
    let mut known = std::collections::HashSet::new();
    for _ in 0..1000 {
        match items.next() {
            Ok(Item::Value(Value::Object(fields))) => {
                for (name, value) in &fields {
                    let mut add = |name: String| {
                        if names.len() < 10_000 && known.insert(name.clone()) {
                            names.push(name);
                        }
                    };
                    match value {
                        Value::Object(inner) => inner
                            .iter()
                            .filter(|(_, value)| !value.is_object() && !value.is_array())
                            .for_each(|(part, _)| add(format!("{name}.{part}"))),
                        Value::Array(_) => {}
                        _ => add(name.clone()),
                    }
                }
            }
            Ok(Item::End) | Err(_) => break,
            Ok(_) => {}
        }
    }
    unique_names(names)
}

fn at_path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    value.get(path).or_else(|| {
        let (outer, inner) = path.split_once('.')?;
        value.get(outer)?.get(inner)
    })
}

/// A scalar as text; null, lists and objects are empty.
pub(crate) fn text_of(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(flag) => if *flag { "true" } else { "false" }.into(),
        Value::Null | Value::Array(_) | Value::Object(_) => "".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Shape, ids: &[&str]) {
        let shape = shape(text.as_bytes()).unwrap();
        assert_eq!(shape, expected);
        let mut items = Items::new(text.as_bytes(), shape);
        let mut read = Vec::new();
        while let Ok(item) = items.next() {
            match item {
                Item::Value(value) => read.push(text_of(&value["id"]).into_owned()),
                Item::Refused { .. } => read.push("refused".to_owned()),
                Item::End => break,
            }
        }
        assert_eq!(read, ids);
    }

    #[test]
    fn items_are_found_in_lines_lists_and_pages() {
        check("{\"id\":1}\n{\"id\":\"a]\\\"\"}\n", Shape::Lines, &["1", "a]\""]);
        check("{\"id\":1,\"lines\":[{\"x\":1}]}", Shape::Lines, &["1"]);
        check(" [ {\"id\":1}, {\"id\":2.50} ]", Shape::List, &["1", "2.50"]);
        check(
            "{\"request\":{\"body\":[]},\"status\":200,\"body\":[{\"id\":1,\"body\":[{}]},{\"id\":2}],\"more\":[1]}",
            Shape::Page("body".into()),
            &["1", "2"],
        );
    }

    #[test]
    fn a_broken_line_refuses_itself_alone() {
        check("{\"id\":1}\n{\"id\":\"2}\n{\"id\":3}\nword\n{\"id\":4}", Shape::Lines, &["1", "refused", "3", "refused", "4"]);
    }
}
