//! What is wrong with a segment, where, and what to do about it.

use super::tree::Span;
use std::fmt;

/// Something to say about a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what to try, in one line.
    pub message: String,
    /// Where in the text.
    pub span: Span,
    /// What could stand there instead, ready to be put in.
    pub instead: Option<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The segment cannot be asked.
    Error,
    /// It can be asked, and probably does not mean what was meant.
    Warning,
    /// It is fine here, and Shopify would refuse it.
    Lint,
    /// It is written in an old way that `fmt` and `migrate` write anew.
    Old,
}

impl Severity {
    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Lint => "lint",
            Self::Old => "old form",
        }
    }
}

impl Problem {
    pub(crate) fn new(severity: Severity, span: Span, message: impl Into<String>) -> Problem {
        Problem { severity, message: message.into(), span, instead: None }
    }

    pub(crate) fn error(span: Span, message: impl Into<String>) -> Problem {
        Self::new(Severity::Error, span, message)
    }

    pub(crate) fn warning(span: Span, message: impl Into<String>) -> Problem {
        Self::new(Severity::Warning, span, message)
    }

    pub(crate) fn instead(mut self, text: impl Into<String>) -> Problem {
        self.instead = Some(text.into());
        self
    }

    /// Line and column of its place, both from 1; columns are characters.
    pub fn place(&self, text: &str) -> (usize, usize) {
        let before = text.get(..self.span.start.min(text.len())).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count())
    }

    /// The message with the line it is about and a mark under the place.
    pub fn shown<'a>(&'a self, text: &'a str) -> Shown<'a> {
        Shown { problem: self, text }
    }
}

/// A problem ready to be shown beside its text.
pub struct Shown<'a> {
    problem: &'a Problem,
    text: &'a str,
}

/// A longer line is cut around the place.
const WIDTH: usize = 96;

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self.problem;
        let (line, column) = problem.place(self.text);
        write!(f, "{} at {line}:{column}: {}", problem.severity.name(), problem.message)?;
        let Some(text) = self.text.lines().nth(line - 1) else { return Ok(()) };
        let characters: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let from = (column - 1).saturating_sub(WIDTH / 2).min(characters.len());
        let shown: String = characters[from..].iter().take(WIDTH).collect();
        let place = self.text.get(problem.span.start..problem.span.end.min(self.text.len())).unwrap_or("");
        let width = place.chars().take_while(|c| *c != '\n').count().clamp(1, WIDTH - (column - 1 - from).min(WIDTH - 1));
        write!(f, "\n  {shown}\n  {}{}", " ".repeat(column - 1 - from), "^".repeat(width))
    }
}
