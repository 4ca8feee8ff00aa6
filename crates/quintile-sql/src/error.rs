//! Errors in the user's words.

use crate::SqlLimits;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

/// A query that could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// No statement at all.
    #[error("the query is empty; try `SHOW TABLES`")]
    Empty,
    /// More than one statement.
    #[error("{count} statements were given; give one at a time")]
    ManyStatements {
        /// How many.
        count: usize,
    },
    /// A text that no person wrote.
    #[error("the query is {bytes} bytes long, and at most {most} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most that is read.
        most: usize,
    },
    /// An expression that no person wrote.
    #[error("an expression of the query is more than {most} operations deep; use IN for long lists")]
    TooDeep {
        /// The most that is planned.
        most: usize,
    },
    /// More tables than can be read side by side.
    #[error("the query reads tables more than {most} times; ask in smaller steps")]
    ManyScans {
        /// The most that are read side by side.
        most: usize,
    },
    /// A statement that would change something.
    #[error("`{what}` is refused: only SELECT, EXPLAIN, SHOW and DESCRIBE are answered, nothing is changed by SQL")]
    NotReadOnly {
        /// Its leading words.
        what: String,
    },
    /// Not SQL.
    #[error("the query cannot be read: {message}")]
    Syntax {
        /// Where and why.
        message: String,
    },
    /// A table that is not there.
    #[error("unknown table `{name}`{}", hint(nearest, known))]
    UnknownTable {
        /// As asked.
        name: String,
        /// A known name that resembles it.
        nearest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// A column that is not there.
    #[error("unknown column `{name}`{}", hint(nearest, known))]
    UnknownColumn {
        /// As asked.
        name: String,
        /// A known name that resembles it.
        nearest: Option<String>,
        /// All names in reach.
        known: Vec<String>,
    },
    /// Names and types that do not go together.
    #[error("the query cannot be answered: {message}")]
    Meaning {
        /// Why.
        message: String,
    },
    /// More memory than it may use.
    #[error("the query needs more than the {megabytes} MiB of memory it may use; ask for fewer rows or columns, or add LIMIT")]
    Memory {
        /// What it may use.
        megabytes: usize,
    },
    /// More time than it may take.
    #[error("the query was stopped after {seconds} s, the longest it may take; ask for fewer rows, or in smaller steps")]
    TooSlow {
        /// How long that is.
        seconds: u64,
    },
    /// Values that cannot be computed with, such as a division by zero.
    #[error("the query failed while running: {message}")]
    Values {
        /// Why.
        message: String,
    },
    /// The facts behind a table could not be read.
    #[error("table `{table}` could not be read")]
    Scan {
        /// Which.
        table: String,
        /// Why.
        #[source]
        source: std::sync::Arc<dyn std::error::Error + Send + Sync>,
    },
    /// No threads to compute with.
    #[error("no thread could be started for the query")]
    Threads(#[source] std::io::Error),
    /// A fault of the engine, or of ours.
    #[error("the SQL engine failed; this is a fault of the program, not of the query: {message}")]
    Engine {
        /// What it said.
        message: String,
    },
}

impl SqlError {
    /// Whether another query would do better, as opposed to a fault of the machine or of ours.
    pub fn is_of_the_user(&self) -> bool {
        !matches!(self, Self::Scan { .. } | Self::Threads(_) | Self::Engine { .. })
    }
}

/// What a scan said, with the table it was of.
#[derive(Debug, thiserror::Error)]
#[error("table `{table}` could not be read")]
pub(crate) struct ScanFailed {
    pub(crate) table: String,
    #[source]
    pub(crate) source: std::sync::Arc<dyn std::error::Error + Send + Sync>,
}

/// An error while parsing.
pub(crate) fn of_syntax(error: &DataFusionError) -> SqlError {
    SqlError::Syntax { message: text(error) }
}

/// An error of the engine itself.
pub(crate) fn of_engine(error: DataFusionError) -> SqlError {
    SqlError::Engine { message: text(&error) }
}

/// An error while planning: names and types.
pub(crate) fn of_plan(error: DataFusionError, limits: SqlLimits) -> SqlError {
    of(&error, limits, |message| SqlError::Meaning { message })
}

/// An error while computing.
pub(crate) fn of_run(error: DataFusionError, limits: SqlLimits) -> SqlError {
    of(&error, limits, |message| SqlError::Values { message })
}

fn of(error: &DataFusionError, limits: SqlLimits, else_: impl Fn(String) -> SqlError) -> SqlError {
    match error {
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => of(inner, limits, else_),
        DataFusionError::Shared(inner) => of(inner, limits, else_),
        DataFusionError::Collection(errors) if !errors.is_empty() => of(&errors[0], limits, else_),
        DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                let known: Vec<String> = valid_fields.iter().map(|column| column.name.clone()).collect();
                let nearest = nearest(&field.name, known.iter().map(String::as_str));
                SqlError::UnknownColumn { name: field.name.clone(), nearest, known }
            }
            other => else_(other.to_string()),
        },
        DataFusionError::ResourcesExhausted(_) => SqlError::Memory { megabytes: limits.memory_bytes / (1024 * 1024) },
        DataFusionError::SQL(..) => SqlError::Syntax { message: text(error) },
        DataFusionError::External(inner) => match inner.downcast_ref::<ScanFailed>() {
            Some(scan) => SqlError::Scan { table: scan.table.clone(), source: scan.source.clone() },
            None => match inner.downcast_ref::<DataFusionError>() {
                Some(nested) => of(nested, limits, else_),
                None => else_(inner.to_string()),
            },
        },
        DataFusionError::ArrowError(inner, _) => match inner.as_ref() {
            arrow::error::ArrowError::ExternalError(external) => match external.downcast_ref::<DataFusionError>() {
                Some(nested) => of(nested, limits, else_),
                None => else_(external.to_string()),
            },
            arrow::error::ArrowError::DivideByZero => else_("division by zero".to_owned()),
            other => else_(other.to_string()),
        },
        DataFusionError::Plan(_) | DataFusionError::Execution(_) | DataFusionError::NotImplemented(_) => else_(text(error)),
        DataFusionError::Internal(_) | DataFusionError::ExecutionJoin(_) => SqlError::Engine { message: text(error) },
        other => else_(text(other)),
    }
}

/// What the engine said, without its own labels and advice to its developers.
fn text(error: &DataFusionError) -> String {
    let text = error.find_root().message().into_owned();
    let text = text.split("\n\nbacktrace").next().unwrap_or_default();
    let text = text.split("This issue was likely caused by a bug").next().unwrap_or_default().trim();
    let inner = text.strip_prefix("ParserError(\"").and_then(|t| t.strip_suffix("\")"));
    let text = inner.or_else(|| text.strip_prefix("sql parser error: ")).unwrap_or(text);
    text.trim_end_matches('.').to_owned()
}

fn hint(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(name) => format!(", did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => {
            let more = known.len().saturating_sub(12);
            let list: Vec<String> = known.iter().take(12).map(|name| format!("`{name}`")).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("; there are {}{more}", list.join(", "))
        }
    }
}

/// The known name that resembles this one most, if any does: few letters apart, or one contained in the other.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let lower = candidate.to_lowercase();
        let mut apart = distance(&name, &lower);
        let most = (name.chars().count().max(lower.chars().count()) / 3).max(1);
        // A part of the name is as good as one letter apart.
        if name.len() > 3 && lower.contains(&name) {
            apart = apart.min(1);
        }
        if apart <= most && best.is_none_or(|(least, _)| apart < least) {
            best = Some((apart, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}

/// Letters to insert, remove or replace to get from one to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["orders", "lines", "customers", "number_of_orders"];
        let nearest = |name| nearest(name, known.iter().copied());
        assert_eq!(nearest("order").as_deref(), Some("orders"));
        assert_eq!(nearest("Orders").as_deref(), Some("orders"));
        assert_eq!(nearest("custmers").as_deref(), Some("customers"));
        assert_eq!(nearest("of_orders").as_deref(), Some("number_of_orders"));
        assert_eq!(nearest("weather"), None);
    }
}
