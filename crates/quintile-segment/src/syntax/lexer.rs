//! Text to tokens. Every byte lies in exactly one token, so the tokens are the text.

use super::problem::Problem;
use super::tree::Span;

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// White space.
    Space,
    /// `-- ...` or `/* ... */`
    Comment,
    /// A name or keyword, with dots.
    Word,
    /// `$name`
    Parameter,
    /// `'...'`
    Text,
    /// `12`, `12.5`
    Number,
    /// `30d`
    Length,
    /// `2020-05-30`
    Date,
    /// `2020-05-30T16:00:00`
    DateTime,
    /// `7_days_ago`
    DaysAgo,
    /// `( ) , : = != < <= > >= + - * /`
    Sign(&'static str),
    /// Something that is none of these; its problem is told.
    Wrong,
}

/// All tokens, and what is wrong with some of them.
pub(super) fn tokens(text: &str) -> (Vec<Token>, Vec<Problem>) {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::with_capacity(text.len() / 5 + 8), problems: Vec::new() };
    while lexer.at < text.len() {
        let start = lexer.at;
        let kind = lexer.next();
        debug_assert!(lexer.at > start);
        lexer.tokens.push(Token { kind, span: Span { start, end: lexer.at } });
    }
    (lexer.tokens, lexer.problems)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    problems: Vec<Problem>,
}

const SIGNS: [&str; 17] = ["!=", "<>", "<=", ">=", "==", "=", "<", ">", "(", ")", ",", ":", "+", "-", "*", "/", ";"];

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    }

    fn wrong(&mut self, start: usize, message: String) -> TokenKind {
        self.problems.push(Problem::error(Span { start, end: self.at }, message));
        TokenKind::Wrong
    }

    fn next(&mut self) -> TokenKind {
        let start = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return TokenKind::Space };
        match first {
            c if c.is_whitespace() || c == '\u{feff}' => {
                self.skip(|c| c.is_whitespace() || c == '\u{feff}');
                TokenKind::Space
            }
            _ if rest.starts_with("--") => {
                self.skip(|c| c != '\n');
                TokenKind::Comment
            }
            _ if rest.starts_with("/*") => match rest.find("*/") {
                Some(end) => {
                    self.at += end + 2;
                    TokenKind::Comment
                }
                None => {
                    self.at = self.text.len();
                    self.wrong(start, "the comment has no end; close it with `*/`".to_owned())
                }
            },
            '\'' => self.quoted(),
            '"' => self.double_quoted(),
            '0'..='9' => self.digits(),
            'a'..='z' | 'A'..='Z' | '_' => {
                self.word();
                TokenKind::Word
            }
            '$' => self.dollar(),
            _ => self.sign(first),
        }
    }

    fn word(&mut self) {
        loop {
            self.skip(|c| c.is_ascii_alphanumeric() || c == '_');
            // A dot belongs to the name only where the name goes on behind it.
            match self.rest().as_bytes() {
                [b'.', next, ..] if next.is_ascii_alphanumeric() || *next == b'_' => self.at += 1,
                _ => return,
            }
        }
    }

    fn quoted(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        loop {
            let rest = self.rest();
            match rest.find(['\'', '\\']) {
                None => {
                    self.at = self.text.len();
                    return self.wrong(start, "the text has no end; close it with `'`".to_owned());
                }
                Some(at) if rest.as_bytes()[at] == b'\'' => {
                    self.at += at + 1;
                    return TokenKind::Text;
                }
                Some(at) => {
                    let escaped = rest[at + 1..].chars().next().map_or(0, char::len_utf8);
                    self.at += at + 1 + escaped;
                }
            }
        }
    }

    fn double_quoted(&mut self) -> TokenKind {
        let start = self.at;
        let close = self.rest()[1..].find('"');
        self.at += close.map_or(self.rest().len(), |close| close + 2);
        let inner: String = self.text[start..self.at].trim_matches('"').chars().take(40).collect();
        self.wrong(start, format!("texts stand in single quotes: `'{inner}'`"))
    }

    fn dollar(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        if self.rest().starts_with(|c: char| c.is_ascii_digit()) {
            self.skip(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
            let number = self.text[start + 1..self.at].replace(',', "");
            return self.wrong(start, format!("amounts have no currency sign; write `{number}`"));
        }
        self.skip(|c| c.is_ascii_alphanumeric() || c == '_');
        if self.at == start + 1 {
            return self.wrong(start, "a parameter has a name, such as `$patience`".to_owned());
        }
        TokenKind::Parameter
    }

    fn digits(&mut self) -> TokenKind {
        let start = self.at;
        if let Some(kind) = self.date() {
            return kind;
        }
        self.skip(|c| c.is_ascii_digit());
        if let [b'.', next, ..] = self.rest().as_bytes()
            && next.is_ascii_digit()
        {
            self.at += 1;
            self.skip(|c| c.is_ascii_digit());
        }
        let number_end = self.at;
        self.skip(|c| c.is_alphanumeric() || c == '_');
        let tail = &self.text[number_end..self.at];
        match tail {
            "" => {
                // `16:00` is a time, `a: 1` is not.
                if matches!(self.rest().as_bytes(), [b':', b'0'..=b'9', ..]) {
                    self.skip(|c| c.is_ascii_digit() || c == ':');
                    return self.wrong(start, "a time stands behind its date: `2020-05-30T16:00:00`".to_owned());
                }
                TokenKind::Number
            }
            "d" | "w" | "m" | "y" if !self.text[start..number_end].contains('.') => {
                if matches!(self.rest().as_bytes(), [b':' | b'0'..=b'9', ..]) {
                    self.skip(|c| c.is_ascii_alphanumeric() || c == ':');
                    return self.wrong(start, TIME_ON_OFFSET.to_owned());
                }
                TokenKind::Length
            }
            "_days_ago" | "_weeks_ago" | "_months_ago" | "_years_ago" => TokenKind::DaysAgo,
            _ => self.wrong_number(start, number_end),
        }
    }

    fn wrong_number(&mut self, start: usize, number_end: usize) -> TokenKind {
        let number = self.text[start..number_end].to_owned();
        let tail = self.text[number_end..self.at].to_owned();
        self.skip(|c| c.is_ascii_digit() || c == ':');
        let lower = tail.to_lowercase();
        let unit = lower.starts_with(['d', 'w', 'm', 'y']);
        let message = match lower.as_str() {
            "am" | "pm" => "a time of day alone is no value; write a date, or a date with a time such as `2020-05-30T13:00:00`".to_owned(),
            "day" | "days" | "week" | "weeks" | "month" | "months" | "year" | "years" => {
                format!("write `-{number}{}` for so long ago", &lower[..1])
            }
            _ if unit && lower[1..].starts_with(|c: char| c.is_ascii_digit() || c == 't') => TIME_ON_OFFSET.to_owned(),
            "d" | "w" | "m" | "y" => format!("an offset is a whole number and a unit, such as `-7{lower}`"),
            _ if lower.starts_with('e') => "numbers are written out, without an exponent".to_owned(),
            _ => format!(
                "`{number}{tail}` is no number, date or offset; write `{number}`, a date such as `2020-05-30`, or an offset such as `-7d`"
            ),
        };
        self.wrong(start, message)
    }

    /// A date at this place, if there is one.
    fn date(&mut self) -> Option<TokenKind> {
        let start = self.at;
        let bytes = self.rest().as_bytes();
        let digits =
            |from: usize, most: usize| bytes.get(from..).map_or(0, |b| b.iter().take(most).take_while(|b| b.is_ascii_digit()).count());
        let minus = |at: usize| bytes.get(at) == Some(&b'-');
        if digits(0, 5) != 4 || !minus(4) {
            return None;
        }
        let month = digits(5, 3);
        let day_at = 5 + month + 1;
        let day = digits(day_at, 3);
        if month == 0 || month > 2 || !minus(5 + month) || day == 0 || day > 2 {
            return None;
        }
        let mut end = day_at + day;
        let time = matches!(bytes.get(end), Some(b'T' | b't'));
        let exact_time = time && {
            let pattern = bytes.get(end + 1..end + 9).unwrap_or(&[]);
            pattern.len() == 8
                && pattern.iter().enumerate().all(|(at, byte)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() })
        };
        if exact_time {
            end += 9;
        }
        self.at = start + end;
        let zone = matches!(bytes.get(end), Some(b'+')) && time || matches!(bytes.get(end), Some(b'Z' | b'z' | b'.'));
        let more = self.rest().starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        if zone || more {
            self.skip(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '+'));
            let message = match exact_time {
                true => "a time is that of the store's zone, to the second, and has nothing behind it: `2020-05-30T16:00:00`",
                false => "a time is written in full: `2020-05-30T16:00:00`",
            };
            return Some(self.wrong(start, message.to_owned()));
        }
        if month != 2 || day != 2 {
            return Some(self.wrong(start, "dates have two digits for month and day: `2020-05-30`".to_owned()));
        }
        Some(if exact_time { TokenKind::DateTime } else { TokenKind::Date })
    }

    fn sign(&mut self, first: char) -> TokenKind {
        let start = self.at;
        if let Some(sign) = SIGNS.iter().find(|sign| self.rest().starts_with(**sign)) {
            self.at += sign.len();
            return match *sign {
                "<>" => {
                    self.problems.push(Problem::error(Span { start, end: self.at }, "unequal is written `!=`").instead("!="));
                    TokenKind::Sign("!=")
                }
                "==" => {
                    self.problems.push(Problem::error(Span { start, end: self.at }, "equal is written `=`").instead("="));
                    TokenKind::Sign("=")
                }
                sign => TokenKind::Sign(sign),
            };
        }
        self.at += first.len_utf8();
        let message = match first {
            '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => "a typographic quote; texts stand in plain single quotes `'`".to_owned(),
            '\u{20ac}' | '\u{a3}' | '\u{a5}' => "amounts have no currency sign; write the number alone".to_owned(),
            '%' => "shares are written as decimals: 50 % is `0.5`".to_owned(),
            '&' => "conditions are joined by `AND`".to_owned(),
            '|' => "conditions are joined by `OR`".to_owned(),
            '!' => "negation is written `NOT`, unequal `!=`".to_owned(),
            '[' | ']' | '{' | '}' => "brackets are round".to_owned(),
            c => format!("`{}` has no meaning here", c.escape_debug()),
        };
        // Of many of the same, one is told.
        let again = first;
        self.skip(|c| c == again);
        self.wrong(start, message)
    }
}

const TIME_ON_OFFSET: &str =
    "an offset counts whole days and has no time behind it; write `-7d` alone, or a date with a time such as `2020-05-30T16:00:00`";
