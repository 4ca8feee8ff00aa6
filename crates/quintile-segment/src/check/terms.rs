//! Values on the right-hand side: numbers with their unit, dates with their lengths, and what `$parameters` stand for.

use super::subject::{Subject, ValueKind};
use super::typed::{DateBase, DateTerm, NumberTerm};
use super::{Checker, near_name};
use crate::syntax::tree::{BinaryOp, Length, LengthUnit, Named, Term, TermKind};
use crate::vocabulary::{Kind, Population, Unit};

impl Checker<'_> {
    /// A term with its `$parameters` put in.
    pub(super) fn put_in(&mut self, term: &Term) -> Option<Term> {
        let span = term.span;
        let kind = match &term.kind {
            TermKind::Parameter(name) => match self.parameters.get(name) {
                Some(value) => value.kind.clone(),
                None => {
                    let meant = near_name(name, self.parameters.keys().map(String::as_str));
                    let known = self.parameters.keys().map(|name| format!("`${name}`")).collect::<Vec<_>>().join(", ");
                    let message = match meant {
                        Some(meant) => format!("unknown parameter `${name}`, did you mean `${meant}`?"),
                        None if known.is_empty() => {
                            format!("`${name}` has no value here; give it one with `--set {name}=...`, or write the value")
                        }
                        None => format!("unknown parameter `${name}`; there is {known}"),
                    };
                    return self.error(span, message);
                }
            },
            TermKind::Negative(inner) => TermKind::Negative(Box::new(self.put_in(inner)?)),
            TermKind::Binary { op, left, right } => {
                TermKind::Binary { op: *op, left: Box::new(self.put_in(left)?), right: Box::new(self.put_in(right)?) }
            }
            kind => kind.clone(),
        };
        Some(Term { kind, span })
    }

    /// A number that can be compared with the subject.
    pub(super) fn number(&mut self, subject: &Subject, term: &Term) -> Option<NumberTerm> {
        match &term.kind {
            TermKind::Number(number) if subject.kind == ValueKind::Whole => {
                if number.scale > 0 {
                    return self.error(term.span, format!("`{}` is a whole number; `{number}` is none", subject.label));
                }
                if number.as_whole().is_none() {
                    return self.error(term.span, format!("`{number}` is beyond whole numbers, which end at {}", i64::MAX));
                }
            }
            TermKind::Offset { length, .. } | TermKind::Length(length) if subject.unit == Unit::Days => {
                let days = days_of(*length);
                return self.error(term.span, format!("`{}` is a number of days; write `{days}`", subject.label));
            }
            TermKind::Offset { .. }
            | TermKind::Length(_)
            | TermKind::Date(_)
            | TermKind::DateTime(_)
            | TermKind::Today
            | TermKind::Yesterday => {
                return self.error(
                    term.span,
                    format!("`{}` is {}, and `{term}` is a date; write for example `{}`", subject.label, subject.what(), subject.example()),
                );
            }
            TermKind::Text(text) => {
                let plain =
                    crate::syntax::decimal::Decimal::parse(text).map_or_else(|| subject.example().to_owned(), |number| number.to_string());
                return self.error(term.span, format!("`{}` is {}, which stands without quotes: `{plain}`", subject.label, subject.what()));
            }
            _ => {}
        }
        let (number, unit) = self.number_term(term)?;
        match unit {
            None => Some(number),
            Some(unit) if unit == subject.unit || subject.kind == ValueKind::Any => Some(number),
            Some(unit) => {
                let what = |unit| match unit {
                    Unit::Money => "money",
                    Unit::Days => "days",
                    Unit::Plain => "a plain number",
                };
                self.error(
                    term.span,
                    format!("`{}` is {} and `{term}` is {}; they cannot be compared", subject.label, subject.what(), what(unit)),
                )
            }
        }
    }

    /// A number and what it counts; a number as written counts anything.
    pub(super) fn number_term(&mut self, term: &Term) -> Option<(NumberTerm, Option<Unit>)> {
        match &term.kind {
            TermKind::Number(number) => Some((NumberTerm::Literal(*number), None)),
            TermKind::Attribute(name) => {
                let attribute = self.attribute(name)?;
                let unit = match attribute.kind {
                    Kind::Whole | Kind::Number | Kind::Amount => Some(attribute.unit),
                    Kind::Any => None,
                    Kind::Text | Kind::Texts { .. } | Kind::Date | Kind::Flag => {
                        return self.error(
                            term.span,
                            format!("`{}` is {}, and a number is expected", name.name, Subject::of_attribute(&attribute).what()),
                        );
                    }
                };
                Some((NumberTerm::Attribute { name: attribute.name, kind: attribute.kind }, unit))
            }
            TermKind::Statistic { which, of } => {
                let (population, rest) = Population::split(&of.name);
                let attribute = self.attribute(&Named { name: rest.to_owned(), span: of.span })?;
                match attribute.kind {
                    Kind::Whole | Kind::Number | Kind::Amount | Kind::Any => {}
                    Kind::Text | Kind::Texts { .. } | Kind::Date | Kind::Flag => {
                        let what = Subject::of_attribute(&attribute).what();
                        return self.error(of.span, format!("`{}` is {what}; statistics are of numbers and amounts", of.name));
                    }
                }
                let unit = Some(attribute.unit).filter(|_| attribute.kind != Kind::Any);
                Some((NumberTerm::Statistic { which: *which, of: population.join(&attribute.name), kind: attribute.kind }, unit))
            }
            TermKind::Negative(inner) => {
                let (inner, unit) = self.number_term(inner)?;
                Some((NumberTerm::Negative(Box::new(inner)), unit))
            }
            TermKind::Binary { op, left, right } => {
                let (a, b) = (self.number_term(left), self.number_term(right));
                let ((a, left_unit), (b, right_unit)) = (a?, b?);
                let unit = match (op, left_unit, right_unit) {
                    (BinaryOp::Add | BinaryOp::Subtract, Some(x), Some(y)) if x != y => {
                        return self
                            .error(term.span, format!("`{left}` and `{right}` count different things and cannot be added or subtracted"));
                    }
                    (BinaryOp::Add | BinaryOp::Subtract, x, y) => x.or(y),
                    (BinaryOp::Multiply, None, y) => y,
                    (BinaryOp::Multiply, x, None) => x,
                    (BinaryOp::Multiply, Some(Unit::Plain), y) => y,
                    (BinaryOp::Multiply, x, Some(Unit::Plain)) => x,
                    (BinaryOp::Multiply, Some(_), Some(_)) => {
                        return self.error(term.span, format!("`{left}` times `{right}` counts nothing that can be compared"));
                    }
                    (BinaryOp::Divide, x, None | Some(Unit::Plain)) => x,
                    (BinaryOp::Divide, Some(x), Some(y)) if x == y => Some(Unit::Plain),
                    (BinaryOp::Divide, _, _) => Some(Unit::Plain),
                };
                Some((NumberTerm::Binary { op: *op, left: Box::new(a), right: Box::new(b) }, unit))
            }
            TermKind::Text(_) | TermKind::Flag(_) | TermKind::Point(..) => self.error(term.span, format!("`{term}` is no number")),
            TermKind::Date(_)
            | TermKind::DateTime(_)
            | TermKind::Offset { .. }
            | TermKind::Today
            | TermKind::Yesterday
            | TermKind::Length(_) => self.error(term.span, format!("`{term}` is a date or length, and a number is expected")),
            // Put in before.
            TermKind::Parameter(_) | TermKind::Broken => None,
        }
    }

    /// A date that can be compared with the subject.
    pub(super) fn date(&mut self, subject: &Subject, term: &Term) -> Option<DateTerm> {
        let base = |base| Some(DateTerm { base, moved: Vec::new() });
        match &term.kind {
            TermKind::Date(date) => base(DateBase::Day(*date)),
            TermKind::DateTime(at) => base(DateBase::Second(*at)),
            TermKind::Today => base(DateBase::Today),
            TermKind::Yesterday => {
                Some(DateTerm { base: DateBase::Today, moved: vec![(true, Length { count: 1, unit: LengthUnit::Days })] })
            }
            TermKind::Offset { back, length } => Some(DateTerm { base: DateBase::Today, moved: vec![(*back, *length)] }),
            TermKind::Attribute(name) => {
                let attribute = self.attribute(name)?;
                match attribute.kind {
                    Kind::Date | Kind::Any => base(DateBase::Attribute(attribute.name)),
                    _ => self.error(
                        term.span,
                        format!("`{}` is a date, and `{}` is {}", subject.label, name.name, Subject::of_attribute(&attribute).what()),
                    ),
                }
            }
            TermKind::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, right } => {
                let TermKind::Length(length) = right.kind else {
                    return self.error(right.span, format!("a length such as `30d` can be added to a date, and `{right}` is none"));
                };
                let mut date = self.date(subject, left)?;
                date.moved.push((*op == BinaryOp::Subtract, length));
                Some(date)
            }
            TermKind::Length(length) => self.error(term.span, format!("`{}` is a date; for so long ago write `-{length}`", subject.label)),
            TermKind::Number(number) => {
                self.error(term.span, format!("`{}` is a date; for {number} days ago write `-{number}d`", subject.label))
            }
            TermKind::Text(text) => match text.parse::<jiff::civil::Date>() {
                Ok(date) if text.len() == 10 => {
                    let problem = crate::syntax::problem::Problem::new(
                        crate::syntax::problem::Severity::Old,
                        term.span,
                        format!("dates stand without quotes: `{date}`"),
                    );
                    self.problems.push(problem.instead(date.to_string()));
                    base(DateBase::Day(date))
                }
                _ => self.error(term.span, format!("`{}` is a date; write for example `{}`", subject.label, subject.example())),
            },
            TermKind::Flag(_)
            | TermKind::Statistic { .. }
            | TermKind::Point(..)
            | TermKind::Negative(_)
            | TermKind::Binary { .. }
            | TermKind::Parameter(_)
            | TermKind::Broken => {
                self.error(term.span, format!("`{}` is a date; write for example `{}`", subject.label, subject.example()))
            }
        }
    }
}

fn days_of(length: Length) -> u64 {
    let days = match length.unit {
        LengthUnit::Days => 1,
        LengthUnit::Weeks => 7,
        LengthUnit::Months => 30,
        LengthUnit::Years => 365,
    };
    u64::from(length.count) * days
}
