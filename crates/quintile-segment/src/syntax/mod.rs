//! Text to a tree and back. Nothing here knows what a name means.
//!
//! - [`tree`]: the tree, and [`decimal`] its numbers.
//! - `lexer`, `parser`: text to tree; the grammar stands at the top of `parser`.
//! - `print`: tree to text.
//! - [`json`]: tree to the JSON of a visual builder, and back.
//! - [`problem`]: what is wrong, where, and what to do.

pub mod decimal;
pub mod json;
pub mod problem;
pub mod tree;

mod lexer;
mod parser;
pub(crate) mod print;

pub use lexer::{Token, TokenKind};
pub use parser::DEPTH;

use problem::{Problem, Severity};
use tree::{Span, Tree};

/// The longest text, in bytes.
pub const LONGEST: usize = 1 << 20;

/// A text that was read.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// What it says; with parts that are broken where there are errors.
    pub tree: Tree,
    /// The text in pieces: every byte lies in exactly one.
    pub tokens: Vec<Token>,
    /// What is to be said of it, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// Could all of it be read?
    pub fn is_sound(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity != Severity::Error)
    }
}

/// Reads a segment. Takes time in proportion to the text, whatever it is.
pub fn parse(text: &str) -> Parsed {
    if text.len() > LONGEST {
        let problem = Problem::error(
            Span { start: 0, end: 1 },
            format!("the segment is longer than {LONGEST} bytes; split it, and name its parts with `segment('...')`"),
        );
        return Parsed {
            tree: Tree { root: tree::Expr::new(tree::ExprKind::Broken), trailing: Vec::new() },
            tokens: Vec::new(),
            problems: vec![problem],
        };
    }
    let (tokens, problems) = lexer::tokens(text);
    let (tree, problems) = parser::parse(text, &tokens, problems);
    Parsed { tree, tokens, problems }
}

/// Reads a figure of facts, `orders_placed(sum_amount, date >= -90d)`: what customers do with the parameters that all hold of the same
/// facts, and the figure. `None` where the text is none: it does not begin with a name and a bracket.
#[expect(clippy::type_complexity, reason = "a figure or what is wrong, or neither")]
pub fn figure(text: &str) -> Option<Result<(tree::Call, tree::Named), Vec<Problem>>> {
    if text.len() > LONGEST {
        return None;
    }
    let (tokens, problems) = lexer::tokens(text);
    parser::figure(text, &tokens, problems)
}

/// Reads one value, as it would stand behind a `=`: `2`, `'FR'`, `-30d`.
pub fn term(text: &str) -> Result<tree::Term, Vec<Problem>> {
    const BEFORE: &str = "x = ";
    let parsed = parse(&format!("{BEFORE}{text}"));
    let mut problems = parsed.problems;
    match parsed.tree.root.kind {
        tree::ExprKind::Test { test: tree::Test::Compare(_, term), .. } if problems.is_empty() => Ok(term),
        _ => {
            if problems.is_empty() {
                problems.push(Problem::error(Span { start: BEFORE.len(), end: BEFORE.len() + text.len() }, "one value is expected"));
            }
            for problem in &mut problems {
                problem.span =
                    Span { start: problem.span.start.saturating_sub(BEFORE.len()), end: problem.span.end.saturating_sub(BEFORE.len()) };
            }
            Err(problems)
        }
    }
}
