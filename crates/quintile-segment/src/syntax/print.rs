//! The tree as text: the new form, on one line, with the fewest brackets. Comments stand on lines of their own.

use super::tree::*;
use std::fmt::{self, Write};

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.root.to_string().trim_start_matches('\n'))?;
        self.trailing.iter().try_for_each(|comment| write!(f, "\n-- {comment}"))
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        expr(f, self, Around::Nothing)
    }
}

/// What stands around a condition decides whether it needs brackets.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    Nothing,
    Or,
    And,
    Not,
}

fn expr(f: &mut fmt::Formatter<'_>, expr: &Expr, around: Around) -> fmt::Result {
    match &expr.kind {
        ExprKind::Or(list) => joined(f, list, " OR ", Around::Or, around == Around::And || around == Around::Not),
        ExprKind::And(list) => joined(f, list, " AND ", Around::And, around == Around::Not),
        ExprKind::Not(inner) => {
            f.write_str("NOT ")?;
            self::expr(f, inner, Around::Not)
        }
        kind => {
            for comment in &expr.comments {
                write!(f, "\n-- {comment}\n")?;
            }
            leaf(f, kind)
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, list: &[Expr], word: &str, within: Around, brackets: bool) -> fmt::Result {
    if brackets {
        f.write_char('(')?;
    }
    for (at, part) in list.iter().enumerate() {
        if at > 0 {
            f.write_str(if begins_with_comment(part) { word.trim_end() } else { word })?;
        }
        expr(f, part, within)?;
    }
    if brackets { f.write_char(')') } else { Ok(()) }
}

fn begins_with_comment(expr: &Expr) -> bool {
    match &expr.kind {
        // With brackets, or `NOT`, in front.
        ExprKind::Or(_) | ExprKind::And(_) | ExprKind::Not(_) => false,
        ExprKind::Test { .. } | ExprKind::Did { .. } | ExprKind::Sequence { .. } | ExprKind::Segment(_) | ExprKind::Broken => {
            !expr.comments.is_empty()
        }
    }
}

fn leaf(f: &mut fmt::Formatter<'_>, kind: &ExprKind) -> fmt::Result {
    match kind {
        ExprKind::Test { subject: Subject::Attribute(name), test } => write!(f, "{} {test}", name.name),
        ExprKind::Test { subject: Subject::Anniversary(of), test } => write!(f, "anniversary({}) {test}", Quoted(&of.name)),
        ExprKind::Did { call, negated } => {
            write!(f, "{} {}MATCHES ({})", call.name.name, if *negated { "NOT " } else { "" }, Params(&call.params))
        }
        ExprKind::Sequence { first, steps } => {
            write!(f, "{first}")?;
            for step in steps {
                write!(f, " THEN {}{}", if step.negated { "NO " } else { "" }, step.call)?;
                if let Some(length) = step.within {
                    write!(f, " WITHIN {length}")?;
                }
            }
            Ok(())
        }
        ExprKind::Segment(name) => write!(f, "segment({})", Quoted(&name.name)),
        ExprKind::Broken => f.write_str("?"),
        ExprKind::Or(_) | ExprKind::And(_) | ExprKind::Not(_) => Ok(()),
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.name)?;
        if self.bare { Ok(()) } else { write!(f, " MATCHES ({})", Params(&self.params)) }
    }
}

struct Params<'a>(&'a [Param]);

impl fmt::Display for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, param) in self.0.iter().enumerate() {
            write!(f, "{}{} {}", if at > 0 { ", " } else { "" }, param.name.name, param.test)?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        match self {
            Test::Compare(op, term) => write!(f, "{} {term}", op.sign()),
            Test::Between { negated, low, high } => write!(f, "{}BETWEEN {low} AND {high}", not(negated)),
            Test::In { negated, list } => {
                write!(f, "{}IN (", not(negated))?;
                for (at, term) in list.iter().enumerate() {
                    write!(f, "{}{term}", if at > 0 { ", " } else { "" })?;
                }
                f.write_char(')')
            }
            Test::Text { negated, how, term } => write!(f, "{}{} {term}", not(negated), how.words()),
            Test::Null { negated } => write!(f, "IS {}NULL", not(negated)),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TermKind::Text(text) => write!(f, "{}", Quoted(text)),
            TermKind::Number(number) => write!(f, "{number}"),
            TermKind::Flag(flag) => write!(f, "{flag}"),
            TermKind::Date(date) => write!(f, "{date}"),
            TermKind::DateTime(at) => write!(f, "{}", at.strftime("%Y-%m-%dT%H:%M:%S")),
            TermKind::Offset { back, length } => write!(f, "{}{length}", if *back { '-' } else { '+' }),
            TermKind::Today => f.write_str("today"),
            TermKind::Yesterday => f.write_str("yesterday"),
            TermKind::Length(length) => write!(f, "{length}"),
            TermKind::Attribute(name) => f.write_str(&name.name),
            TermKind::Parameter(name) => write!(f, "${name}"),
            TermKind::Statistic { which, of } => match which {
                StatisticKind::Average => write!(f, "average({})", of.name),
                StatisticKind::Median => write!(f, "median({})", of.name),
                StatisticKind::Sum => write!(f, "sum({})", of.name),
                StatisticKind::Percentile(percent) => write!(f, "percentile({}, {percent})", of.name),
            },
            TermKind::Point(latitude, longitude) => write!(f, "({latitude}, {longitude})"),
            TermKind::Negative(inner) => match &inner.kind {
                // `--` would begin a comment, and `-7` is a number of its own.
                TermKind::Attribute(_) | TermKind::Parameter(_) | TermKind::Statistic { .. } => write!(f, "-{inner}"),
                _ => write!(f, "-({inner})"),
            },
            TermKind::Binary { op, left, right } => {
                side(f, left, needs_brackets_left(*op, left))?;
                write!(f, " {} ", op.sign())?;
                side(f, right, needs_brackets_right(*op, right))
            }
            TermKind::Broken => f.write_str("?"),
        }
    }
}

fn side(f: &mut fmt::Formatter<'_>, term: &Term, brackets: bool) -> fmt::Result {
    if brackets { write!(f, "({term})") } else { write!(f, "{term}") }
}

fn needs_brackets_left(op: BinaryOp, term: &Term) -> bool {
    matches!(&term.kind, TermKind::Binary { op: inner, .. } if op.is_product() && !inner.is_product())
}

fn needs_brackets_right(op: BinaryOp, term: &Term) -> bool {
    // Signs bind to the left, so whatever binds no more tightly needs brackets on the right.
    matches!(&term.kind, TermKind::Binary { op: inner, .. } if op.is_product() || !inner.is_product())
}

/// A text in single quotes.
pub(crate) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('\'')?;
        for c in self.0.chars() {
            if matches!(c, '\'' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        f.write_char('\'')
    }
}
