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

impl Target {
    /// Names beyond the kinds' own columns: a full name that is parted in two, and a line's whole amount, from which
    /// its price is found.
    pub const DERIVED: [Target; 3] = [
        Target { kind: RecordKind::Orders, column: "full_name" },
        Target { kind: RecordKind::Customers, column: "full_name" },
        Target { kind: RecordKind::Lines, column: "amount" },
    ];

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
        self.columns.iter().find(|mapped| mapped.to.iter().any(|target| target.kind == kind && target.column == column))
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
    }

    /// What stands in every row for a required column that the file does not have.
    pub(crate) fn default_of(&self, kind: RecordKind, column: &str) -> Option<&'static str> {
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
