//! Tokens to the tree. Several errors come at once: after one, reading goes on at the next `AND`, `OR` or comma.
//!
//! ```text
//! query    = [ "FROM" "customers" [ "SHOW" names ] "WHERE" ] or [ "ORDER" "BY" name [ "ASC" | "DESC" ] ]
//! or       = and { "OR" and }
//! and      = not { "AND" not }                                AND binds more tightly than OR
//! not      = [ "NOT" ] primary
//! primary  = "(" or ")" | clause
//!
//! clause   = name test                                        amount_spent > 100
//!          | "anniversary" "(" text ")" test                  anniversary('metafields.facts.birth_date') = today
//!          | "segment" "(" text ")"                           segment('at-risk-repeat')
//!          | did { "THEN" [ "NO" ] did [ "WITHIN" length ] }  orders_placed MATCHES (nth = 1) THEN NO orders_placed WITHIN 30d
//! did      = name [ [ "NOT" ] "MATCHES" "(" [ param { "," param } ] ")" ]
//! param    = name test                                        of the same facts; each at most once
//!
//! test     = compare sum
//!          | [ "NOT" ] "BETWEEN" sum "AND" sum                both ends included
//!          | [ "NOT" ] "IN" "(" sum { "," sum } ")"
//!          | [ "NOT" ] ( "CONTAINS" | "STARTS" "WITH" | "ENDS" "WITH" | "MATCHES" "REGEX" ) sum
//!          | "IS" [ "NOT" ] "NULL"
//! compare  = "=" | "!=" | "<" | "<=" | ">" | ">="
//!
//! sum      = product { ( "+" | "-" ) product }
//! product  = factor { ( "*" | "/" ) factor }
//! factor   = "-" factor | "(" sum ")" | value
//! value    = text | number | "true" | "false" | name | "$" name
//!          | date | date-time | ( "+" | "-" ) length | "today" | "yesterday" | length
//!          | ( "average" | "median" | "sum" ) "(" name ")" | "percentile" "(" name "," number ")"
//!          | "(" number "," number ")"                        latitude, longitude
//! length   = digits ( "d" | "w" | "m" | "y" )
//!
//! Read as well, and printed in the new form:
//!   name "(" [ name ":" value { "," name ":" value } ] ")" ( "=" | "!=" ) ( "true" | "false" )
//!   name "NOT_MATCHES" "(" ... ")"    name "()" "MATCHES" "(" ... ")"    7_days_ago    storefront_event.x
//! ```
//!
//! Keywords may be written in any case and are printed in capitals.

mod clauses;
mod old;
mod tokens;
mod values;

use super::lexer::{Token, TokenKind};
use super::problem::{Problem, Severity};
use super::tree::*;

/// Brackets and `NOT`s that may lie within each other.
pub const DEPTH: usize = 100;
/// Problems that are told; one who has more has enough to do.
const PROBLEMS: usize = 50;

pub(super) fn parse(text: &str, tokens: &[Token], problems: Vec<Problem>) -> (Tree, Vec<Problem>) {
    let mut parser = Parser { text, tokens, at: 0, depth: 0, given_up: false, comments: Vec::new(), problems };
    parser.skip_trivia();
    let tree = parser.query();
    let mut problems = parser.problems;
    // In the order of the text, and the worse one first.
    problems.sort_by_key(|problem| (problem.span.start, problem.severity));
    problems.dedup_by(|a, b| a.severity == Severity::Error && b.severity == Severity::Error && a.span.start == b.span.start);
    if problems.len() > PROBLEMS {
        let more = problems.len() - PROBLEMS;
        let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
        let span = problems[PROBLEMS].span;
        problems.truncate(PROBLEMS);
        let severity = if errors { Severity::Error } else { Severity::Old };
        problems.push(Problem::new(severity, span, format!("and {more} more")));
    }
    (tree, problems)
}

/// A figure of facts, which stands in traits alone:
///
/// ```text
/// figure   = name "(" name { "," param } ")"                  orders_placed(sum_amount, date >= -90d)
/// ```
#[expect(clippy::type_complexity, reason = "a figure or what is wrong, or neither")]
pub(super) fn figure(text: &str, tokens: &[Token], problems: Vec<Problem>) -> Option<Result<(Call, Named), Vec<Problem>>> {
    let mut parser = Parser { text, tokens, at: 0, depth: 0, given_up: false, comments: Vec::new(), problems };
    parser.skip_trivia();
    let first = parser.peek().filter(|token| token.kind == TokenKind::Word)?;
    let opens = parser.peek_second().is_some_and(|token| token.kind == TokenKind::Sign("("));
    if !opens || STATISTICS.iter().any(|word| parser.of(first).eq_ignore_ascii_case(word)) {
        return None;
    }
    match parser.figure() {
        Ok(figure) if parser.problems.is_empty() => Some(Ok(figure)),
        _ => Some(Err(parser.problems)),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    given_up: bool,
    /// Comments that belong to nothing yet, each with its place.
    comments: Vec<(usize, String)>,
    problems: Vec<Problem>,
}

/// Reading a part failed, and why has been told.
pub(super) struct Failed;
pub(super) type Read<T> = Result<T, Failed>;

/// Words that take an attribute and stand for a figure of the store.
pub(super) const STATISTICS: [&str; 4] = ["average", "median", "percentile", "sum"];

impl Parser<'_> {
    fn figure(&mut self) -> Read<(Call, Named)> {
        let name = self.clause_name()?;
        self.want_sign("(", "after the function")?;
        let figure = self.name("a figure such as `count` or `sum_amount`")?;
        let mut params = Vec::new();
        while self.take_sign(",") {
            let param = self.param()?;
            self.add_param(&mut params, param);
        }
        self.want_sign(")", "or `,` after the figure")?;
        match self.peek() {
            None => Ok((Call { name, params, bare: false }, figure)),
            Some(token) => self.fail(
                token.span,
                "a figure of facts stands alone; give it a trait of its own, and name that trait where it is reckoned with",
            ),
        }
    }

    fn query(&mut self) -> Tree {
        if self.at_word("FROM") && self.is_word(self.peek_second(), "customers") {
            self.wrapper();
        }
        let root = match self.peek() {
            None => {
                self.problems
                    .push(Problem::error(Span::default(), "the segment is empty; write a condition such as `number_of_orders > 1`"));
                Expr::new(ExprKind::Broken)
            }
            Some(_) => self.or(),
        };
        if self.take_word("ORDER") {
            // Members have no order; the admin's editor shows one all the same.
            if !self.take_word("BY") || self.name("an attribute after ORDER BY").is_err() {
                self.recover(false, 0);
            }
            let _ = self.take_word("ASC") || self.take_word("DESC");
        }
        while let Some(token) = self.peek() {
            let word = self.of(token).to_owned();
            match token.kind {
                TokenKind::Wrong => {}
                TokenKind::Sign(")") => {
                    let _ = self.fail::<()>(token.span, "there is one `)` more than there are `(`");
                }
                TokenKind::Sign(";") if self.tokens[self.at + 1..].iter().all(|t| t.kind == TokenKind::Space) => {
                    let _ = self.fail::<()>(token.span, "a segment has no `;` at its end");
                }
                TokenKind::Sign(",") if self.is_within_a_number() => {
                    let _ = self.fail::<()>(token.span, "a number has no comma in it: write `1000`, and `99.50` with a point");
                }
                _ => {
                    let _ = self
                        .fail::<()>(token.span, format!("expected `AND` or `OR` before `{}`", word.chars().take(40).collect::<String>()));
                }
            }
            self.bump();
            self.recover(false, 0);
            if self.take_word("AND") || self.take_word("OR") {
                self.or();
            }
        }
        let trailing = std::mem::take(&mut self.comments).into_iter().map(|(_, comment)| comment).collect();
        Tree { root, trailing }
    }

    /// Does the next token part two numbers that touch it, as in `1,000`?
    fn is_within_a_number(&self) -> bool {
        let is_number = |at: Option<usize>| at.and_then(|at| self.tokens.get(at)).is_some_and(|token| token.kind == TokenKind::Number);
        is_number(self.at.checked_sub(1)) && is_number(Some(self.at + 1))
    }

    /// `FROM customers SHOW ... WHERE`, as the admin's editor shows a segment.
    fn wrapper(&mut self) {
        self.bump();
        self.bump();
        if self.take_word("SHOW") {
            while self.peek().is_some() && !self.at_word("WHERE") {
                self.bump();
            }
        }
        if !self.take_word("WHERE") {
            let _ = self.expected::<()>("`WHERE` after `FROM customers`");
        }
    }

    fn or(&mut self) -> Expr {
        let mut list = vec![self.and()];
        while self.take_word("OR") {
            list.push(self.and());
        }
        Expr::any(list)
    }

    fn and(&mut self) -> Expr {
        let mut list = vec![self.not()];
        while self.take_word("AND") {
            list.push(self.not());
        }
        Expr::all(list)
    }

    fn not(&mut self) -> Expr {
        let start = self.here();
        let first = self.at;
        let read = match self.peek() {
            Some(token) if self.is_word(Some(token), "NOT") => {
                self.bump();
                self.deeper(|parser| parser.not()).map(|inner| (ExprKind::Not(Box::new(inner)), start))
            }
            Some(token) if token.kind == TokenKind::Sign("(") => self.group(),
            _ => self.clause(),
        };
        match read {
            Ok((ExprKind::Not(inner), span)) => {
                let span = span.to(inner.span);
                Expr { kind: ExprKind::Not(inner), span, comments: Vec::new() }
            }
            // Comments within brackets belong to the conditions there.
            Ok((kind @ (ExprKind::And(_) | ExprKind::Or(_)), span)) => Expr { kind, span, comments: Vec::new() },
            Ok((kind, span)) => {
                let before = self.before();
                Expr { kind, span: span.to(before), comments: self.take_comments(before) }
            }
            Err(Failed) => {
                // Brackets that were opened and not closed yet are left behind.
                let open = self.tokens[first.min(self.at)..self.at].iter().fold(0_usize, |open, token| match token.kind {
                    TokenKind::Sign("(") => open + 1,
                    TokenKind::Sign(")") => open.saturating_sub(1),
                    _ => open,
                });
                self.recover(false, open);
                Expr { kind: ExprKind::Broken, span: start.to(self.before()), comments: Vec::new() }
            }
        }
    }

    /// The end of what has been read.
    fn before(&self) -> Span {
        let read = self.tokens[..self.at.min(self.tokens.len())].iter().rev();
        read.skip_while(|token| matches!(token.kind, TokenKind::Space | TokenKind::Comment))
            .map(|token| token.span)
            .next()
            .unwrap_or_default()
    }

    /// Comments before the end of a condition are its own; those behind it belong to the next, or to the end.
    fn take_comments(&mut self, end: Span) -> Vec<String> {
        let own = self.comments.iter().take_while(|(start, _)| *start < end.end).count();
        self.comments.drain(..own).map(|(_, comment)| comment).collect()
    }

    fn group(&mut self) -> Read<(ExprKind, Span)> {
        let open = self.here();
        self.bump();
        let inner = self.deeper(|parser| parser.or())?;
        if !self.take_sign(")") {
            if self.peek().is_none() && !self.given_up {
                return self.fail(open, "this `(` has no `)`");
            }
            return self.expected("`)`, `AND` or `OR`");
        }
        // What stood in brackets of its own keeps its comments.
        self.comments.splice(0..0, inner.comments.into_iter().map(|comment| (0, comment)));
        Ok((inner.kind, inner.span))
    }
}

/// Words that name nothing.
const KEYWORDS: [&str; 22] = [
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "CONTAINS",
    "MATCHES",
    "NOT_MATCHES",
    "IN",
    "IS",
    "NULL",
    "STARTS",
    "ENDS",
    "WITH",
    "REGEX",
    "THEN",
    "NO",
    "WITHIN",
    "TRUE",
    "FALSE",
    "TODAY",
    "YESTERDAY",
    "WHERE",
];

pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn unquoted(text: &str) -> String {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text);
    if !inner.contains('\\') {
        return inner.to_owned();
    }
    let mut plain = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        plain.push(c);
    }
    plain
}
