//! Going through the tokens, and what happens when they are not as expected.

use super::{DEPTH, Failed, Parser, Read};
use crate::syntax::lexer::{Token, TokenKind};
use crate::syntax::problem::Problem;
use crate::syntax::tree::Span;

impl<'a> Parser<'a> {
    pub(super) fn skip_trivia(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                TokenKind::Space => {}
                TokenKind::Comment => {
                    let text = &self.text[token.span.start..token.span.end];
                    let body = match text.strip_prefix("--") {
                        Some(line) => line.trim(),
                        None => text.trim_start_matches("/*").trim_end_matches("*/").trim(),
                    };
                    // A comment is printed as lines of its own.
                    let start = token.span.start;
                    self.comments.extend(body.lines().map(|line| (start, line.trim().to_owned())).filter(|(_, line)| !line.is_empty()));
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied().filter(|_| !self.given_up)
    }

    /// The token after the next.
    pub(super) fn peek_second(&self) -> Option<Token> {
        let rest = self.tokens.get(self.at + 1..)?;
        rest.iter().find(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)).copied()
    }

    pub(super) fn bump(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.at += 1;
        self.skip_trivia();
        Some(token)
    }

    pub(super) fn of(&self, token: Token) -> &'a str {
        &self.text[token.span.start..token.span.end]
    }

    pub(super) fn here(&self) -> Span {
        match self.peek() {
            Some(token) => token.span,
            None => Span { start: self.text.trim_end().len(), end: self.text.trim_end().len() },
        }
    }

    pub(super) fn is_word(&self, token: Option<Token>, word: &str) -> bool {
        token.is_some_and(|token| token.kind == TokenKind::Word && self.of(token).eq_ignore_ascii_case(word))
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.is_word(self.peek(), word)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let there = self.at_word(word);
        if there {
            self.bump();
        }
        there
    }

    pub(super) fn at_sign(&self, sign: &str) -> bool {
        self.peek().is_some_and(|token| matches!(token.kind, TokenKind::Sign(other) if other == sign))
    }

    pub(super) fn take_sign(&mut self, sign: &str) -> bool {
        let there = self.at_sign(sign);
        if there {
            self.bump();
        }
        there
    }

    pub(super) fn want_sign(&mut self, sign: &'static str, what: &str) -> Read<()> {
        match self.take_sign(sign) {
            true => Ok(()),
            false => self.expected(&format!("`{sign}` {what}")),
        }
    }

    pub(super) fn fail<T>(&mut self, span: Span, message: impl Into<String>) -> Read<T> {
        self.problems.push(Problem::error(span, message));
        Err(Failed)
    }

    pub(super) fn expected<T>(&mut self, what: &str) -> Read<T> {
        let span = self.here();
        match self.peek() {
            // The lexer has said what is wrong with it.
            Some(token) if token.kind == TokenKind::Wrong => Err(Failed),
            Some(token) => {
                let found: String = self.of(token).chars().take(40).collect();
                self.fail(span, format!("expected {what} and found `{found}`"))
            }
            None if self.given_up => Err(Failed),
            None => self.fail(span, format!("expected {what}, and the text ends here")),
        }
    }

    /// Goes on at the next word or sign that starts something new, behind so many brackets that are open.
    pub(super) fn recover(&mut self, in_params: bool, open: usize) {
        let mut depth = open;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Sign("(") => depth += 1,
                TokenKind::Sign(")") if depth == 0 => return,
                TokenKind::Sign(")") => depth -= 1,
                TokenKind::Sign(",") if in_params && depth == 0 => return,
                TokenKind::Word if depth == 0 && !in_params => {
                    let word = self.of(token);
                    if ["AND", "OR", "THEN"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) {
                        return;
                    }
                }
                _ => {}
            }
            self.bump();
        }
    }

    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Read<T> {
        if self.depth == DEPTH {
            let span = self.here();
            self.problems.push(Problem::error(
                span,
                format!("brackets and NOTs lie more than {DEPTH} deep; split the segment, and name its parts with `segment('...')`"),
            ));
            self.given_up = true;
            return Err(Failed);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        Ok(read)
    }
}
