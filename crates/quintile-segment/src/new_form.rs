//! The tree in the new form: names in their first spelling. The parser has read all else into it.

use crate::syntax::tree::{Call, Expr, ExprKind, Tree};
use crate::vocabulary::functions;

/// The same tree with the names of functions as they are written today.
pub fn new_form(tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    rename(&mut tree.root);
    tree
}

fn rename(expr: &mut Expr) {
    let first = |call: &mut Call| {
        if let Some(function) = functions::find(&call.name.name) {
            function.name.clone_into(&mut call.name.name);
        }
    };
    match &mut expr.kind {
        ExprKind::And(list) | ExprKind::Or(list) => list.iter_mut().for_each(rename),
        ExprKind::Not(inner) => rename(inner),
        ExprKind::Did { call, .. } => first(call),
        ExprKind::Sequence { first: begin, steps } => {
            first(begin);
            steps.iter_mut().for_each(|step| first(&mut step.call));
        }
        ExprKind::Test { .. } | ExprKind::Segment(_) | ExprKind::Broken => {}
    }
}
