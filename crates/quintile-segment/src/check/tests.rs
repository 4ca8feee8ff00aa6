//! Tests of a subject: which it takes, and whether a value can be met at all.

use super::subject::{Subject, ValueKind};
use super::typed::Test as Typed;
use super::{Checker, near_name};
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::{CompareOp, Span, Term, TermKind, Test, TextOp};
use crate::vocabulary::{Kind, Values, countries};

/// The nearest value that was seen. Of one or two letters everything short is near, which helps nobody.
fn near_value(text: &str, seen: &[String]) -> Option<String> {
    (text.chars().count() > 2).then(|| near_name(text, seen.iter().map(String::as_str))).flatten()
}

impl Checker<'_> {
    pub(super) fn test(&mut self, subject: &Subject, test: &Test, span: Span) -> Option<Typed> {
        match test {
            Test::Null { negated } => Some(Typed::Missing(!negated)),
            Test::Compare(op, term) => self.compare(subject, *op, term, span),
            Test::Between { negated, low, high } => self.between(subject, *negated, low, high, span),
            Test::In { negated, list } => self.list_of(subject, *negated, list, span),
            Test::Text { negated, how, term } => self.part(subject, *negated, *how, term, span),
        }
    }

    fn compare(&mut self, subject: &Subject, op: CompareOp, term: &Term, span: Span) -> Option<Typed> {
        let term = &self.put_in(term)?;
        let kind = match subject.kind {
            ValueKind::Any => self.kind_by(term),
            kind => kind,
        };
        let equality = matches!(op, CompareOp::Equal | CompareOp::NotEqual);
        let negated = op == CompareOp::NotEqual;
        match kind {
            ValueKind::Texts { equal: false, .. } => {
                let not = if negated { "NOT " } else { "" };
                self.error(span, format!("`{}` is a list; write `{} {not}CONTAINS {term}`", subject.label, subject.label))
            }
            ValueKind::Text | ValueKind::Id | ValueKind::Texts { .. } if !equality => {
                self.error(span, format!("`{}` is {} and has no order; `{}` cannot be asked", subject.label, subject.what(), op.sign()))
            }
            ValueKind::Text if let TermKind::Attribute(name) = &term.kind => {
                if self.vocabulary.attribute(&name.name).is_none() {
                    return self.unquoted(&name.name, term.span);
                }
                let attribute = self.attribute(name)?;
                match attribute.kind {
                    Kind::Text | Kind::Any if !subject.of_fact => Some(Typed::SameText { negated, attribute }),
                    _ => self
                        .error(term.span, format!("`{}` is {} and cannot be compared with `{}`", subject.label, subject.what(), name.name)),
                }
            }
            ValueKind::Text | ValueKind::Id | ValueKind::Texts { .. } => {
                let value = self.text_value(subject, term)?;
                Some(Typed::Text { negated, values: vec![value], any_case: subject.any_case() })
            }
            ValueKind::Whole | ValueKind::Number => Some(Typed::Number(op, self.number(subject, term)?)),
            ValueKind::Date => Some(Typed::Date(op, self.date(subject, term)?)),
            ValueKind::Flag | ValueKind::Any => match &term.kind {
                TermKind::Flag(flag) if equality => Some(if negated { Typed::NotFlag(*flag) } else { Typed::Flag(*flag) }),
                _ => self.error(term.span, format!("`{}` is true or false; write `{} = true`", subject.label, subject.label)),
            },
        }
    }

    fn between(&mut self, subject: &Subject, negated: bool, low: &Term, high: &Term, span: Span) -> Option<Typed> {
        let (low, high) = (&self.put_in(low)?, &self.put_in(high)?);
        let kind = match subject.kind {
            ValueKind::Any => self.kind_by(low),
            kind => kind,
        };
        match kind {
            ValueKind::Whole | ValueKind::Number => {
                let (first, last) = (self.number(subject, low), self.number(subject, high));
                let (first, last) = (first?, last?);
                if let (super::typed::NumberTerm::Literal(a), super::typed::NumberTerm::Literal(b)) = (&first, &last)
                    && a.as_f64() > b.as_f64()
                {
                    self.warn(span, format!("nothing lies between {low} and {high}; the smaller one comes first"));
                }
                Some(Typed::NumberBetween { negated, low: first, high: last })
            }
            ValueKind::Date => {
                let (first, last) = (self.date(subject, low), self.date(subject, high));
                if let (TermKind::Date(a), TermKind::Date(b)) = (&low.kind, &high.kind)
                    && a > b
                {
                    self.warn(span, format!("nothing lies between {low} and {high}; the earlier one comes first"));
                }
                Some(Typed::DateBetween { negated, low: first?, high: last? })
            }
            ValueKind::Text | ValueKind::Texts { .. } | ValueKind::Id | ValueKind::Flag | ValueKind::Any => {
                self.error(span, format!("`{}` is {}; BETWEEN is for numbers and dates", subject.label, subject.what()))
            }
        }
    }

    fn list_of(&mut self, subject: &Subject, negated: bool, list: &[Term], span: Span) -> Option<Typed> {
        let list: Option<Vec<Term>> = list.iter().map(|term| self.put_in(term)).collect();
        let list = list?;
        let kind = match (subject.kind, list.first()) {
            (ValueKind::Any, Some(first)) => self.kind_by(first),
            (kind, _) => kind,
        };
        match kind {
            ValueKind::Text | ValueKind::Texts { .. } | ValueKind::Id => {
                let values: Vec<Option<String>> = list.iter().map(|term| self.text_value(subject, term)).collect();
                Some(Typed::Text { negated, values: values.into_iter().collect::<Option<_>>()?, any_case: subject.any_case() })
            }
            ValueKind::Whole | ValueKind::Number => {
                let values: Vec<_> = list.iter().map(|term| self.number(subject, term)).collect();
                Some(Typed::NumberIn { negated, list: values.into_iter().collect::<Option<_>>()? })
            }
            ValueKind::Date => {
                self.error(span, format!("`{}` is a date; write `BETWEEN`, or several conditions joined by OR", subject.label))
            }
            ValueKind::Flag | ValueKind::Any => {
                self.error(span, format!("`{}` is {}; IN is for texts, ids and numbers", subject.label, subject.what()))
            }
        }
    }

    fn part(&mut self, subject: &Subject, negated: bool, how: TextOp, term: &Term, span: Span) -> Option<Typed> {
        let term = &self.put_in(term)?;
        if !matches!(subject.kind, ValueKind::Text | ValueKind::Texts { .. } | ValueKind::Id | ValueKind::Any) {
            return self.error(span, format!("`{}` is {}; {} is for texts", subject.label, subject.what(), how.words()));
        }
        // Of a list, a whole entry is meant.
        if how == TextOp::Contains && (subject.is_list() || subject.kind == ValueKind::Any) {
            let value = self.text_value(subject, term)?;
            if subject.is_list() {
                return Some(Typed::Text { negated, values: vec![value], any_case: subject.any_case() });
            }
            return Some(Typed::Part { negated, how, pattern: value, any_case: false });
        }
        let pattern = match &term.kind {
            TermKind::Text(text) => text.clone(),
            _ => return self.error(term.span, format!("{} looks for a text in single quotes", how.words())),
        };
        if how == TextOp::Regex
            && let Err(why) = crate::patterns::compile(&pattern, subject.any_case())
        {
            return self.error(term.span, why);
        }
        Some(Typed::Part { negated, how, pattern, any_case: subject.any_case() })
    }

    fn unquoted<T>(&mut self, word: &str, span: Span) -> Option<T> {
        let quoted = format!("'{word}'");
        self.problems.push(Problem::error(span, format!("texts stand in single quotes: `{quoted}`")).instead(quoted));
        None
    }

    /// The text of a term, checked against the values that there are.
    fn text_value(&mut self, subject: &Subject, term: &Term) -> Option<String> {
        let text = match &term.kind {
            TermKind::Text(text) => text.clone(),
            // Ids are numbers in Shopify's language, and any text elsewhere.
            TermKind::Number(number) if subject.kind == ValueKind::Id || subject.label == "companies" => {
                let most = i128::from(u64::MAX);
                if number.scale > 0 || number.digits < 0 || number.digits > most {
                    return self.error(term.span, format!("an id is a whole number from 0 to {most}, or a text"));
                }
                number.to_string()
            }
            TermKind::Attribute(name) => return self.unquoted(&name.name, term.span),
            TermKind::Number(_) | TermKind::Flag(_) => {
                return self.error(term.span, format!("`{}` is {}; write `'{term}'`", subject.label, subject.what()));
            }
            _ => {
                return self.error(
                    term.span,
                    format!("`{}` is {}, and `{term}` is none; write for example `{}`", subject.label, subject.what(), subject.example()),
                );
            }
        };
        self.known_value(subject, &text, term.span)?;
        Some(text)
    }

    fn known_value(&mut self, subject: &Subject, text: &str, span: Span) -> Option<()> {
        let same = |other: &String| {
            if subject.any_case() && !matches!(subject.values, Values::Closed(_)) {
                other.to_lowercase() == text.to_lowercase()
            } else {
                other == text
            }
        };
        match &subject.values {
            Values::Open => {}
            Values::Closed(known) => {
                if !known.iter().any(same) {
                    let shown = || known.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
                    let folded = known.iter().find(|value| value.eq_ignore_ascii_case(text)).cloned();
                    let meant = folded.or_else(|| near_name(text, known.iter().map(String::as_str)));
                    let cut: String = text.chars().take(60).collect();
                    let message = match &meant {
                        Some(meant) => format!("`{}` is never `'{cut}'`, did you mean `'{meant}'`?", subject.label),
                        None => format!("`{}` is never `'{cut}'`; it is one of {}", subject.label, shown()),
                    };
                    let problem = Problem::error(span, message);
                    self.problems.push(match meant {
                        Some(meant) => problem.instead(format!("'{meant}'")),
                        None => problem,
                    });
                    return None;
                }
            }
            Values::Seen(seen) => {
                if !seen.iter().any(same) {
                    let meant = near_value(text, seen);
                    self.nobody(subject, text, meant, span);
                }
            }
            Values::Countries(seen) => {
                if !countries::is_code(text) && !seen.iter().any(same) {
                    let code = countries::code_of(text).map(str::to_owned);
                    self.nobody(subject, text, code.or_else(|| near_value(text, seen)), span);
                }
            }
        }
        Some(())
    }

    fn nobody(&mut self, subject: &Subject, text: &str, meant: Option<String>, span: Span) {
        let cut: String = text.chars().take(60).collect();
        let (message, instead) = match meant {
            Some(meant) => (format!("nobody has `'{cut}'` in `{}`, did you mean `'{meant}'`?", subject.label), Some(format!("'{meant}'"))),
            None => (format!("nobody has `'{cut}'` in `{}` so far", subject.label), None),
        };
        self.problems.push(Problem { severity: Severity::Warning, message, span, instead });
    }

    /// What a value of a trait must be, by what it is compared with.
    fn kind_by(&self, term: &Term) -> ValueKind {
        match &term.kind {
            TermKind::Text(_) => ValueKind::Text,
            TermKind::Flag(_) => ValueKind::Flag,
            TermKind::Date(_) | TermKind::DateTime(_) | TermKind::Offset { .. } | TermKind::Today | TermKind::Yesterday => ValueKind::Date,
            TermKind::Number(_)
            | TermKind::Length(_)
            | TermKind::Attribute(_)
            | TermKind::Parameter(_)
            | TermKind::Statistic { .. }
            | TermKind::Point(..)
            | TermKind::Negative(_)
            | TermKind::Binary { .. }
            | TermKind::Broken => ValueKind::Number,
        }
    }
}
