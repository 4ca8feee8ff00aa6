//! Mappings: which column of a file is which column of a record, for files of no known layout.
//!
//! [`guess`] makes one from names and values; [`file`] writes it as TOML for a person to mend, and reads it back;
//! [`beside`] knows the words of touchpoints and costs; [`rows`] and [`columns`] follow it, the one cell by cell, the other whole Parquet columns at a time.

pub(crate) mod beside;
pub(crate) mod columns;
pub(crate) mod file;
pub(crate) mod guess;
pub(crate) mod rows;
mod words;

use crate::amounts::Decimals;
use crate::times::TimeForm;
use arrow::datatypes::DataType;
use quintile_model::RecordKind;
use std::fmt;
use xxhash_rust::xxh3::xxh3_64;

/// How a file becomes records.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// What a person calls it; the file's name at first.
    pub name: String,
    /// What the file yields. Orders together with lines mean a row a line with its order's fields beside it.
    pub kinds: Vec<RecordKind>,
    /// [`header_fingerprint`] of the file it was made for; a file with the same one is read the same way.
    pub header: String,
    /// Zone of times without one; the store's where absent.
    pub zone: Option<String>,
    /// The sign before decimals.
    pub decimals: Decimals,
    /// The columns of the file, in its order.
    pub columns: Vec<MappedColumn>,
    /// What is the same in every row and stands in no column: in a file of opened e-mails, that they were opened.
    pub always: Vec<Always>,
}

/// A text that every row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Always {
    /// What it is.
    pub to: Target,
    /// In our words, where the column has words of ours.
    pub value: String,
}

/// A column of a file and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedColumn {
    /// Its name in the file.
    pub from: String,
    /// What it is; empty where it is left out.
    pub to: Vec<Target>,
    /// How its times are written, where it holds times.
    pub times: TimeForm,
    /// From 0, a mere possibility, to 1, no doubt. Written as a comment, and not read back.
    pub confidence: f32,
    /// Why. Written as a comment, and not read back.
    pub reason: String,
    /// Some of its values. Written as a comment, and not read back.
    pub samples: Vec<String>,
}

/// A column of a kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Of which kind.
    pub kind: RecordKind,
    /// Its name among [`RecordKind::columns`], or one of [`Target::DERIVED`].
    pub column: &'static str,
}

impl Always {
    /// A text that every row has; where the column has words of ours, it is turned into one of them. Says why where it cannot be.
    pub fn of(to: Target, value: &str) -> Result<Always, String> {
        let is_text = to.kind.column(to.column).is_some_and(|column| matches!(column.data_type, DataType::Utf8 | DataType::Dictionary(..)));
        if !is_text || value.trim().is_empty() {
            return Err(format!("`{to}` cannot be `{value}` in every row; only texts can be"));
        }
        let value = if beside::has_words(to.kind, to.column) { beside::in_our_words(to.kind, to.column, value)? } else { value };
        Ok(Always { to, value: value.to_owned() })
    }
}

impl Target {
    /// Names beyond the kinds' own columns: a full name that is parted in two, and a line's whole amount, from which
    /// its price is found.
    pub const DERIVED: [Target; 3] = [
        Target { kind: RecordKind::Orders, column: "full_name" },
        Target { kind: RecordKind::Customers, column: "full_name" },
        Target { kind: RecordKind::Lines, column: "amount" },
    ];

    /// Can several columns of a file be this one? Discounts add up, the columns of a category are its path, and each column of
    /// tags gives one of the form `column:value`.
    pub fn takes_several(self) -> bool {
        matches!(
            (self.kind, self.column),
            (RecordKind::Orders | RecordKind::Lines, "discount")
                | (RecordKind::Lines | RecordKind::Products, "category")
                | (RecordKind::Customers | RecordKind::Orders, "tags")
        )
    }

    /// The target written as `orders.total`.
    pub fn named(name: &str) -> Option<Target> {
        let (kind, column) = name.split_once('.')?;
        let kind = RecordKind::ALL.into_iter().find(|known| known.name() == kind)?;
        let derived = Self::DERIVED.into_iter().find(|target| target.kind == kind && target.column == column);
        derived.or_else(|| kind.column(column).map(|column| Target { kind, column: column.name }))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.name(), self.column)
    }
}

impl Mapping {
    /// The column of the file that is this.
    pub fn source_of(&self, kind: RecordKind, column: &str) -> Option<&MappedColumn> {
        self.sources_of(kind, column).next()
    }

    /// The columns of the file that are this, in its order; more than one only where [`Target::takes_several`].
    pub(crate) fn sources_of(&self, kind: RecordKind, column: &str) -> impl Iterator<Item = &MappedColumn> {
        self.columns.iter().filter(move |mapped| mapped.to.iter().any(|target| target.kind == kind && target.column == column))
    }

    /// The columns of a file that it reads and the file does not have.
    pub(crate) fn missing_in(&self, header: &[String]) -> Vec<&str> {
        self.columns
            .iter()
            .filter(|column| !column.to.is_empty() && !header.contains(&column.from))
            .map(|column| column.from.as_str())
            .collect()
    }

    /// Leaves only one kind, as where an orders file lies beside a file of lines.
    pub(crate) fn only(&mut self, kind: RecordKind) {
        self.kinds = vec![kind];
        for column in &mut self.columns {
            column.to.retain(|target| target.kind == kind);
        }
        self.always.retain(|always| always.to.kind == kind);
    }

    /// What stands in every row for a column that the file does not have: what the mapping says, else what is plain.
    pub(crate) fn default_of(&self, kind: RecordKind, column: &str) -> Option<&str> {
        let said = self.always.iter().find(|always| always.to.kind == kind && always.to.column == column);
        said.map(|always| always.value.as_str()).or_else(|| self.plain_of(kind, column))
    }

    /// What a required column that the file does not have must be, by the columns it has.
    fn plain_of(&self, kind: RecordKind, column: &str) -> Option<&'static str> {
        if !kind.column(column).is_some_and(|column| column.required) {
            return None;
        }
        beside::default_of(kind, column, &|name| self.source_of(kind, name).is_some())
    }

    /// Are orders known by an id, or only by customer, time and amount?
    pub(crate) fn has_order_ids(&self) -> bool {
        self.source_of(RecordKind::Orders, "order_id").is_some()
    }
}

/// A hash of the names of a file's columns, whatever their order and case.
pub fn header_fingerprint(header: &[String]) -> String {
    let mut names: Vec<_> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    names.sort_unstable();
    format!("{:016x}", xxh3_64(names.join("\u{1f}").as_bytes()))
}
