//! What cannot be grouped, and why.

/// Why a table of numbers was not grouped.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// There is nothing to group.
    #[error("there are no rows to group")]
    NoRows,
    /// There is nothing to group by.
    #[error("there are no columns to group by: {}", .0)]
    NoColumns(String),
    /// Columns of unlike lengths.
    #[error("column {column} has {found} values where {expected} were expected")]
    Ragged {
        /// Which one, from 0.
        column: usize,
        /// Its length.
        found: usize,
        /// The length of the first.
        expected: usize,
    },
    /// A value that is missing, infinite, or so large that its square is.
    #[error(
        "row {row}, column {column}: {value} is no number to group by; the limit is {limit:e}, and `prepare` brings any finite number below it"
    )]
    Value {
        /// From 0.
        row: usize,
        /// From 0.
        column: usize,
        /// What stands there.
        value: f64,
        /// The largest magnitude taken.
        limit: f64,
    },
    /// A number of groups that makes no sense.
    #[error("{k} groups of {rows} rows: {hint}")]
    Groups {
        /// How many were asked for.
        k: usize,
        /// How many rows there are.
        rows: usize,
        /// What to ask for instead.
        hint: &'static str,
    },
}
