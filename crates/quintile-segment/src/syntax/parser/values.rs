//! Tests and the values they compare with.

use super::{DEPTH, Parser, Read, is_keyword, unquoted};
use crate::syntax::decimal::Decimal;
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::*;

impl Parser<'_> {
    pub(super) fn at_test(&self) -> bool {
        let words = ["NOT", "BETWEEN", "IN", "CONTAINS", "STARTS", "ENDS", "MATCHES", "IS"];
        words.iter().any(|word| self.at_word(word)) || CompareOp::ALL.iter().any(|op| self.at_sign(op.sign()))
    }

    pub(super) fn test(&mut self) -> Read<Test> {
        if let Some(op) = CompareOp::ALL.into_iter().find(|op| self.at_sign(op.sign())) {
            self.bump();
            return Ok(Test::Compare(op, self.sum()?));
        }
        if self.take_word("IS") {
            let negated = self.take_word("NOT");
            return match self.take_word("NULL") {
                true => Ok(Test::Null { negated }),
                false => self.expected("`NULL` after IS"),
            };
        }
        let negated = self.take_word("NOT");
        if self.take_word("BETWEEN") {
            let low = self.sum()?;
            if !self.take_word("AND") {
                return self.expected("`AND` between the two ends of BETWEEN");
            }
            return Ok(Test::Between { negated, low, high: self.sum()? });
        }
        if self.take_word("IN") {
            let open = self.here();
            self.want_sign("(", "after IN")?;
            let mut list = vec![self.sum()?];
            while self.take_sign(",") {
                list.push(self.sum()?);
            }
            if self.peek().is_none() && !self.given_up {
                return self.fail(open, "this `(` has no `)`");
            }
            self.want_sign(")", "or `,` in the list")?;
            return Ok(Test::In { negated, list });
        }
        let how = if self.take_word("CONTAINS") {
            TextOp::Contains
        } else if self.at_word("STARTS") || self.at_word("ENDS") {
            let how = if self.at_word("STARTS") { TextOp::StartsWith } else { TextOp::EndsWith };
            self.bump();
            if !self.take_word("WITH") {
                return self.expected("`WITH`");
            }
            how
        } else if self.at_word("MATCHES") {
            self.bump();
            if !self.take_word("REGEX") {
                return self.expected("`REGEX` or `(`");
            }
            TextOp::Regex
        } else {
            return self.expected("a comparison such as `=`, `>`, BETWEEN, IN, CONTAINS, IS NULL");
        };
        Ok(Test::Text { negated, how, term: self.sum()? })
    }

    pub(super) fn sum(&mut self) -> Read<Term> {
        self.binary(Self::product, &[("+", BinaryOp::Add), ("-", BinaryOp::Subtract)])
    }

    pub(super) fn product(&mut self) -> Read<Term> {
        self.binary(Self::factor, &[("*", BinaryOp::Multiply), ("/", BinaryOp::Divide)])
    }

    pub(super) fn binary(&mut self, part: fn(&mut Self) -> Read<Term>, ops: &[(&'static str, BinaryOp)]) -> Read<Term> {
        let mut term = part(self)?;
        let mut length = 0;
        while let Some((_, op)) = ops.iter().find(|(sign, _)| self.at_sign(sign)) {
            let sign = self.here();
            self.bump();
            let right = part(self)?;
            length += 1;
            // The tree of a sum leans to the left, one level a sign.
            if length > DEPTH {
                return self.fail(sign, format!("more than {DEPTH} signs in one sum"));
            }
            let span = term.span.to(right.span);
            term = Term { kind: TermKind::Binary { op: *op, left: Box::new(term), right: Box::new(right) }, span };
        }
        Ok(term)
    }

    pub(super) fn factor(&mut self) -> Read<Term> {
        let Some(token) = self.peek() else { return self.expected("a value") };
        let span = token.span;
        let term = |kind| Ok(Term { kind, span });
        match token.kind {
            TokenKind::Sign(sign @ ("-" | "+")) => {
                self.bump();
                if let Some(length) = self.peek().filter(|token| token.kind == TokenKind::Length) {
                    self.bump();
                    let span = span.to(length.span);
                    return Ok(Term { kind: TermKind::Offset { back: sign == "-", length: self.read_length(length)? }, span });
                }
                if sign == "+" {
                    return self.expected("a length such as `+30d` after `+`");
                }
                let plain = self.peek().is_some_and(|token| token.kind == TokenKind::Number);
                let inner = self.deeper(|parser| parser.factor())??;
                let span = span.to(inner.span);
                let kind = match inner.kind {
                    TermKind::Number(number) if plain => TermKind::Number(Decimal { digits: -number.digits, ..number }),
                    kind => TermKind::Negative(Box::new(Term { kind, span: inner.span })),
                };
                Ok(Term { kind, span })
            }
            TokenKind::Sign("(") => {
                self.bump();
                let inner = self.deeper(|parser| parser.sum())??;
                if self.take_sign(",") {
                    return self.point(span, &inner);
                }
                self.want_sign(")", "after the sum")?;
                Ok(inner)
            }
            TokenKind::Text => {
                self.bump();
                term(TermKind::Text(unquoted(self.of(token))))
            }
            TokenKind::Number => {
                self.bump();
                match Decimal::parse(self.of(token)) {
                    Some(number) => term(TermKind::Number(number)),
                    None => self.fail(span, format!("a number has at most {} digits", Decimal::DIGITS)),
                }
            }
            TokenKind::Length => {
                self.bump();
                let length = self.read_length(token)?;
                term(TermKind::Length(length))
            }
            TokenKind::Date => {
                self.bump();
                match self.of(token).parse() {
                    Ok(date) => term(TermKind::Date(date)),
                    Err(_) => self.fail(span, format!("there is no day `{}`", self.of(token))),
                }
            }
            TokenKind::DateTime => {
                self.bump();
                let text = self.of(token).to_uppercase();
                match text.parse::<jiff::civil::DateTime>() {
                    Ok(at) if !text.ends_with(":60") => term(TermKind::DateTime(at)),
                    _ => self.fail(span, format!("there is no moment `{text}`")),
                }
            }
            TokenKind::DaysAgo => self.days_ago(token),
            TokenKind::Parameter => {
                self.bump();
                term(TermKind::Parameter(self.of(token)[1..].to_owned()))
            }
            TokenKind::Word => self.word_value(token),
            _ => self.expected("a value"),
        }
    }

    pub(super) fn point(&mut self, open: Span, first: &Term) -> Read<Term> {
        let second = self.sum()?;
        let span = open.to(self.here());
        self.want_sign(")", "after the longitude")?;
        match (&first.kind, &second.kind) {
            (TermKind::Number(latitude), TermKind::Number(longitude)) => Ok(Term { kind: TermKind::Point(*latitude, *longitude), span }),
            _ => self.fail(span, "a place is two numbers, latitude and longitude: `(49.2827, -123.1207)`"),
        }
    }

    /// `30_days_ago`, which is `-30d` now.
    pub(super) fn days_ago(&mut self, token: Token) -> Read<Term> {
        self.bump();
        let text = self.of(token);
        let (count, unit) = text.split_once('_').unwrap_or((text, "d"));
        match Length::parse(&format!("{count}{}", &unit[..1])) {
            Some(length) => {
                self.problems.push(
                    Problem::new(Severity::Old, token.span, format!("in the new form this is `-{length}`")).instead(format!("-{length}")),
                );
                Ok(Term { kind: TermKind::Offset { back: true, length }, span: token.span })
            }
            None => self.fail(token.span, format!("a length has at most {} units", Length::MOST)),
        }
    }

    pub(super) fn word_value(&mut self, token: Token) -> Read<Term> {
        let word = self.of(token);
        let span = token.span;
        let lower = word.to_ascii_lowercase();
        let called = matches!(self.peek_second().map(|t| t.kind), Some(TokenKind::Sign("(")));
        let kind = match lower.as_str() {
            "true" => TermKind::Flag(true),
            "false" => TermKind::Flag(false),
            "today" => TermKind::Today,
            "yesterday" => TermKind::Yesterday,
            "null" => return self.fail(span, "a missing value is tested with `IS NULL` or `IS NOT NULL`"),
            name if called && super::STATISTICS.contains(&name) => {
                self.bump();
                return self.statistic(&lower, span);
            }
            _ if called => {
                return self.fail(
                    span,
                    format!("there is no function `{word}` for values; there are `average`, `median`, `percentile` and `sum`"),
                );
            }
            _ if is_keyword(word) => return self.expected("a value"),
            _ => TermKind::Attribute(Named { name: word.to_owned(), span }),
        };
        self.bump();
        // `today 12:00`, `last_order_date > now`
        Ok(Term { kind, span })
    }

    pub(super) fn statistic(&mut self, word: &str, start: Span) -> Read<Term> {
        self.want_sign("(", "after the statistic")?;
        let of = match self.peek() {
            Some(token) if token.kind == TokenKind::Word && !is_keyword(self.of(token)) => self.name("an attribute")?,
            _ => self.expected(&format!("an attribute, as in `{word}(amount_spent{})`", if word == "percentile" { ", 80" } else { "" }))?,
        };
        let which = match word {
            "average" => StatisticKind::Average,
            "median" => StatisticKind::Median,
            "sum" => StatisticKind::Sum,
            _ => {
                self.want_sign(",", "and a number from 0 to 100, as in `percentile(amount_spent, 80)`")?;
                let span = self.here();
                let percent = match self.bump() {
                    Some(token) if token.kind == TokenKind::Number => self.of(token).parse::<u8>().ok().filter(|percent| *percent <= 100),
                    _ => None,
                };
                match percent {
                    Some(percent) => StatisticKind::Percentile(percent),
                    None => return self.fail(span, "a percentile is a whole number from 0 to 100"),
                }
            }
        };
        let span = start.to(self.here());
        self.want_sign(")", "after the attribute")?;
        Ok(Term { kind: TermKind::Statistic { which, of }, span })
    }
}
