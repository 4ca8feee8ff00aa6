//! Single conditions: tests of attributes, functions with their parameters, sequences, segments.

use super::{Failed, Parser, Read, is_keyword, unquoted};
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::*;

impl Parser<'_> {
    pub(super) fn clause(&mut self) -> Read<(ExprKind, Span)> {
        let start = self.here();
        let name = self.clause_name()?;
        let lower = name.name.to_ascii_lowercase();
        let open = self.at_sign("(");
        let kind = match lower.as_str() {
            "segment" if open => self.segment()?,
            "anniversary" if open => {
                let of = self.anniversary()?;
                ExprKind::Test { subject: Subject::Anniversary(of), test: self.test()? }
            }
            _ if open => self.old_call(name)?,
            _ if self.at_matches() => {
                let (call, negated) = self.matches(name)?;
                self.then(call, negated)?
            }
            _ if self.at_word("THEN") => self.then(Call { name, params: Vec::new(), bare: true }, false)?,
            _ => ExprKind::Test { subject: Subject::Attribute(name), test: self.test()? },
        };
        Ok((kind, start))
    }

    pub(super) fn clause_name(&mut self) -> Read<Named> {
        let Some(token) = self.peek() else { return self.expected("a condition such as `number_of_orders > 1`") };
        match token.kind {
            TokenKind::Word if is_keyword(self.of(token)) => self.expected("an attribute or function"),
            TokenKind::Word => self.name("an attribute or function"),
            TokenKind::Number | TokenKind::Text | TokenKind::Date | TokenKind::DateTime | TokenKind::Length | TokenKind::DaysAgo => {
                self.fail(token.span, "a condition begins with what it is about: `number_of_orders > 5`, not `5 < number_of_orders`")
            }
            _ => self.expected("an attribute or function"),
        }
    }

    pub(super) fn name(&mut self, what: &str) -> Read<Named> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Word => {
                self.bump();
                Ok(Named { name: self.of(token).to_owned(), span: token.span })
            }
            _ => self.expected(what),
        }
    }

    pub(super) fn quoted(&mut self, what: &str) -> Read<Named> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Text => {
                self.bump();
                Ok(Named { name: unquoted(self.of(token)), span: token.span })
            }
            _ => self.expected(what),
        }
    }

    pub(super) fn segment(&mut self) -> Read<ExprKind> {
        self.want_sign("(", "after `segment`")?;
        let name = self.quoted("the name of a segment, as in `segment('at-risk-repeat')`")?;
        self.want_sign(")", "after the name of the segment")?;
        Ok(ExprKind::Segment(name))
    }

    pub(super) fn anniversary(&mut self) -> Read<Named> {
        self.want_sign("(", "after `anniversary`")?;
        if self.at_word("date") && matches!(self.peek_second().map(|t| t.kind), Some(TokenKind::Sign(":"))) {
            let span = self.here();
            self.bump();
            self.bump();
            self.problems.push(Problem::new(Severity::Old, span, "`date:` is not needed any more"));
        }
        let of = match self.peek().map(|token| token.kind) {
            Some(TokenKind::Word) => self.name("a date attribute")?,
            _ => self.quoted("a date attribute, as in `anniversary('metafields.facts.birth_date')`")?,
        };
        self.want_sign(")", "after the attribute")?;
        Ok(of)
    }

    pub(super) fn at_matches(&self) -> bool {
        let regex = |token| self.is_word(token, "REGEX");
        if self.at_word("NOT_MATCHES") {
            return true;
        }
        if self.at_word("MATCHES") {
            return !regex(self.peek_second());
        }
        // `NOT MATCHES`, but not `NOT MATCHES REGEX`.
        self.at_word("NOT") && self.is_word(self.peek_second(), "MATCHES") && {
            let mut rest = self.tokens[self.at + 1..].iter().filter(|t| !matches!(t.kind, TokenKind::Space | TokenKind::Comment));
            rest.next();
            !regex(rest.next().copied())
        }
    }

    /// `MATCHES (...)` behind a name.
    pub(super) fn matches(&mut self, name: Named) -> Read<(Call, bool)> {
        let span = self.here();
        let negated = if self.take_word("NOT_MATCHES") {
            self.problems.push(Problem::new(Severity::Old, span, "`NOT_MATCHES` is written `NOT MATCHES`"));
            true
        } else {
            let negated = self.take_word("NOT");
            self.take_word("MATCHES");
            negated
        };
        let params = self.params()?;
        Ok((Call { name, params, bare: false }, negated))
    }

    pub(super) fn params(&mut self) -> Read<Vec<Param>> {
        let open = self.here();
        self.want_sign("(", "after `MATCHES`")?;
        let mut params: Vec<Param> = Vec::new();
        let mut failed = false;
        while !self.at_sign(")") {
            if self.peek().is_none() {
                return if self.given_up { Err(Failed) } else { self.fail(open, "this `(` has no `)`") };
            }
            match self.param() {
                Ok(param) => self.add_param(&mut params, param),
                Err(Failed) => {
                    failed = true;
                    self.recover(true, 0);
                }
            }
            if !self.take_sign(",") {
                if !self.at_sign(")") && self.peek().is_some() {
                    failed = true;
                    if self.at_word("AND") || self.at_word("OR") {
                        let span = self.here();
                        let message = match self.at_word("AND") {
                            true => "parameters are separated by commas, which means `and`",
                            false => "parameters cannot be joined by `OR`; use `IN (...)`, or two conditions joined by `OR`",
                        };
                        self.problems.push(Problem::error(span, message));
                        self.bump();
                        continue;
                    }
                    let _ = self.expected::<()>("`,` or `)` after the parameter");
                    self.recover(true, 0);
                    self.take_sign(",");
                }
            } else if self.at_sign(")") {
                let _ = self.expected::<()>("a parameter after the comma");
                failed = true;
            }
        }
        self.bump();
        if failed { Err(Failed) } else { Ok(params) }
    }

    pub(super) fn add_param(&mut self, params: &mut Vec<Param>, param: Param) {
        if params.iter().any(|other| other.name == param.name) {
            let name = &param.name.name;
            self.problems.push(Problem::error(
                param.name.span,
                format!("`{name}` stands twice; each parameter can be used once, and a range is written `{name} BETWEEN a AND b`"),
            ));
        }
        params.push(param);
    }

    pub(super) fn param(&mut self) -> Read<Param> {
        let name = match self.peek() {
            Some(token) if token.kind == TokenKind::Word && is_keyword(self.of(token)) => self.expected("the name of a parameter")?,
            _ => self.name("the name of a parameter")?,
        };
        if self.at_sign(":") {
            let span = self.here();
            return self.fail(span, format!("in the new form a parameter is compared: `{} = ...`", name.name));
        }
        Ok(Param { name, test: self.test()? })
    }

    /// `THEN ...` behind a call, if it stands there.
    pub(super) fn then(&mut self, first: Call, negated: bool) -> Read<ExprKind> {
        if !self.at_word("THEN") {
            return Ok(ExprKind::Did { call: first, negated });
        }
        if negated {
            let span = self.here();
            return self.fail(span, "a sequence begins with something that happened; use `MATCHES` before `THEN`");
        }
        let mut steps = Vec::new();
        while self.take_word("THEN") {
            let negated = self.take_word("NO") || self.take_word("NOT");
            let name = self.clause_name()?;
            if self.at_sign("(") {
                self.empty_brackets(&name)?;
            }
            let call = match self.at_matches() {
                true => {
                    let span = self.here();
                    let (call, negated) = self.matches(name)?;
                    if negated {
                        return self.fail(span, "what did not come after is written `THEN NO ...`");
                    }
                    call
                }
                false => Call { name, params: Vec::new(), bare: true },
            };
            let within = match self.take_word("WITHIN") {
                true => Some(self.length()?),
                false => None,
            };
            steps.push(Step { negated, call, within });
        }
        Ok(ExprKind::Sequence { first, steps })
    }

    pub(super) fn length(&mut self) -> Read<Length> {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Length => {
                self.bump();
                self.read_length(token)
            }
            _ => self.expected("a length such as `14d` after WITHIN"),
        }
    }

    pub(super) fn read_length(&mut self, token: Token) -> Read<Length> {
        match Length::parse(self.of(token)) {
            Some(length) => Ok(length),
            None => self.fail(token.span, format!("a length has at most {} units", Length::MOST)),
        }
    }

    /// `()` behind the name of a function: people write it.
    pub(super) fn empty_brackets(&mut self, name: &Named) -> Read<()> {
        let span = self.here();
        self.bump();
        if !self.take_sign(")") {
            return self.expected("`)`");
        }
        self.problems.push(Problem::new(Severity::Old, span, format!("`{}` has no brackets of its own", name.name)));
        Ok(())
    }
}
