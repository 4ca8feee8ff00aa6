//! What is fine here and Shopify would refuse.

use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::{Expr, ExprKind, Span, Test};

/// Conditions of a segment in Shopify.
const CLAUSES: usize = 10;
/// Ids of a list in Shopify.
const IDS: usize = 500;

pub(super) fn lints(root: &Expr, problems: &mut Vec<Problem>) {
    let clauses = root.clauses();
    if clauses > CLAUSES {
        problems.push(lint(root.span, format!("Shopify takes at most {CLAUSES} conditions in a segment, and this one has {clauses}")));
    }
    lists(root, problems);
}

fn lists(expr: &Expr, problems: &mut Vec<Problem>) {
    match &expr.kind {
        ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|expr| lists(expr, problems)),
        ExprKind::Not(inner) => lists(inner, problems),
        ExprKind::Did { call, .. } => {
            for param in &call.params {
                if let Test::In { list, .. } = &param.test
                    && list.len() > IDS
                {
                    problems.push(lint(
                        param.name.span,
                        format!("Shopify takes at most {IDS} values in `{}`, and these are {}", param.name.name, list.len()),
                    ));
                }
            }
        }
        ExprKind::Test { .. } | ExprKind::Sequence { .. } | ExprKind::Segment(_) | ExprKind::Broken => {}
    }
}

fn lint(span: Span, message: String) -> Problem {
    Problem::new(Severity::Lint, span, message)
}
