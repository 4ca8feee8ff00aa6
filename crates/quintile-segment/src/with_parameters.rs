//! A tree with values in the place of its `$parameters`, for whoever takes it elsewhere.

use crate::syntax::tree::{Call, Expr, ExprKind, Term, TermKind, Test, Tree};
use std::collections::BTreeMap;

/// The same tree with these values put in. A parameter without one stays.
pub fn with_parameters(tree: &Tree, values: &BTreeMap<String, Term>) -> Tree {
    let mut tree = tree.clone();
    in_expr(&mut tree.root, values);
    tree
}

fn in_expr(expr: &mut Expr, values: &BTreeMap<String, Term>) {
    match &mut expr.kind {
        ExprKind::And(list) | ExprKind::Or(list) => list.iter_mut().for_each(|part| in_expr(part, values)),
        ExprKind::Not(inner) => in_expr(inner, values),
        ExprKind::Test { test, .. } => in_test(test, values),
        ExprKind::Did { call, .. } => in_call(call, values),
        ExprKind::Sequence { first, steps } => {
            in_call(first, values);
            steps.iter_mut().for_each(|step| in_call(&mut step.call, values));
        }
        ExprKind::Segment(_) | ExprKind::Broken => {}
    }
}

fn in_call(call: &mut Call, values: &BTreeMap<String, Term>) {
    call.params.iter_mut().for_each(|param| in_test(&mut param.test, values));
}

fn in_test(test: &mut Test, values: &BTreeMap<String, Term>) {
    match test {
        Test::Compare(_, term) | Test::Text { term, .. } => in_term(term, values),
        Test::Between { low, high, .. } => {
            in_term(low, values);
            in_term(high, values);
        }
        Test::In { list, .. } => list.iter_mut().for_each(|term| in_term(term, values)),
        Test::Null { .. } => {}
    }
}

fn in_term(term: &mut Term, values: &BTreeMap<String, Term>) {
    match &mut term.kind {
        TermKind::Parameter(name) => {
            if let Some(value) = values.get(name) {
                *term = value.clone();
            }
        }
        TermKind::Negative(inner) => in_term(inner, values),
        TermKind::Binary { left, right, .. } => {
            in_term(left, values);
            in_term(right, values);
        }
        TermKind::Text(_)
        | TermKind::Number(_)
        | TermKind::Flag(_)
        | TermKind::Date(_)
        | TermKind::DateTime(_)
        | TermKind::Offset { .. }
        | TermKind::Today
        | TermKind::Yesterday
        | TermKind::Length(_)
        | TermKind::Attribute(_)
        | TermKind::Statistic { .. }
        | TermKind::Point(..)
        | TermKind::Broken => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_take_the_place_of_their_names() {
        let values = BTreeMap::from([
            ("days".to_owned(), crate::syntax::term("-30d").unwrap()),
            ("least".to_owned(), crate::syntax::term("2").unwrap()),
        ]);
        let check = |text: &str, expected: &str| {
            assert_eq!(with_parameters(&crate::parse(text).tree, &values).to_string(), expected);
        };
        check(
            "orders_placed MATCHES (date >= $days, count >= $least) AND amount_spent > $least * average(amount_spent)",
            "orders_placed MATCHES (date >= -30d, count >= 2) AND amount_spent > 2 * average(amount_spent)",
        );
        check("NOT number_of_orders IN ($least, $other)", "NOT number_of_orders IN (2, $other)");
        check("orders_placed THEN NO refunds MATCHES (date < $days)", "orders_placed THEN NO refunds MATCHES (date < -30d)");
    }
}
