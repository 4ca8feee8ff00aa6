//! The form of before 2026-10: `name(param: value, ...) = true`.

use super::{Parser, Read};
use crate::syntax::decimal::Decimal;
use crate::syntax::lexer::TokenKind;
use crate::syntax::problem::{Problem, Severity};
use crate::syntax::tree::*;

impl Parser<'_> {
    pub(super) fn old_call(&mut self, name: Named) -> Read<ExprKind> {
        let open = self.here();
        if matches!(self.peek_second().map(|t| t.kind), Some(TokenKind::Sign(")"))) {
            self.bump();
            self.bump();
            if self.at_matches() {
                self.problems.push(Problem::new(Severity::Old, open, format!("`{}` has no brackets of its own", name.name)));
                let (call, negated) = self.matches(name)?;
                return self.then(call, negated);
            }
            return self.old_end(name, Vec::new());
        }
        self.bump();
        let mut params = Vec::new();
        loop {
            let param = self.old_param(&name)?;
            self.add_param(&mut params, param);
            if self.take_sign(")") {
                break;
            }
            if !self.take_sign(",") {
                return match self.peek() {
                    None if !self.given_up => self.fail(open, "this `(` has no `)`"),
                    _ => self.expected("`,` or `)`"),
                };
            }
        }
        self.old_end(name, params)
    }

    pub(super) fn old_end(&mut self, name: Named, params: Vec<Param>) -> Read<ExprKind> {
        let equal = self.at_sign("=");
        if !equal && !self.at_sign("!=") {
            return self.expected(&format!("`MATCHES (...)` behind `{}`", name.name));
        }
        self.bump();
        let said = self.at_word("true");
        if !said && !self.at_word("false") {
            return self.expected("`true` or `false`");
        }
        self.bump();
        let span = name.span;
        let negated = equal != said;
        let new = format!("{}MATCHES ({})", if negated { "NOT " } else { "" }, if params.is_empty() { "" } else { "..." });
        self.problems.push(Problem::new(Severity::Old, span, format!("in the new form this is `{} {new}`", name.name)));
        self.then(Call { name, params, bare: false }, negated)
    }

    pub(super) fn old_param(&mut self, function: &Named) -> Read<Param> {
        let name = self.name(&format!("a parameter of `{}`", function.name))?;
        if !self.at_sign(":") {
            return match self.at_test() {
                true => {
                    let span = function.span;
                    self.fail(span, format!("with comparisons inside, this is written `{} MATCHES (...)`", function.name))
                }
                false => self.expected(&format!("`:` behind `{}`", name.name)),
            };
        }
        self.bump();
        if self.at_word("BETWEEN") {
            return Ok(Param { name, test: self.test()? });
        }
        let is_id = name.name == "id" || name.name.ends_with("_id");
        let value = |parser: &mut Self| -> Read<Term> {
            let mut term = parser.sum()?;
            // Ids were quoted once.
            if is_id
                && let TermKind::Text(text) = &term.kind
                && !text.starts_with('0')
                && let Some(number) = Decimal::parse(text).filter(|number| number.scale == 0 && number.digits > 0)
            {
                term.kind = TermKind::Number(number);
            }
            Ok(term)
        };
        if is_id && self.at_sign("(") {
            self.bump();
            let mut list = vec![value(self)?];
            while self.take_sign(",") {
                list.push(value(self)?);
            }
            self.want_sign(")", "after the list")?;
            return Ok(Param { name, test: Test::In { negated: false, list } });
        }
        let term = value(self)?;
        Ok(Param { name, test: Test::Compare(CompareOp::Equal, term) })
    }
}
