//! Amounts as people write them: currency signs, thousands separators, a comma for the point.

use crate::emit::{Reading, Wrong};

/// Which sign stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decimals {
    /// `1,234.50`
    #[default]
    Point,
    /// `1.234,50`
    Comma,
}

/// An amount with a currency sign and thousands separators, such as `$1,234.50`; empty is `None`.
pub(crate) fn formatted(text: &str, reading: &mut Reading<'_>, column: &str) -> Result<Option<i64>, Wrong> {
    match plain(text, decimals_of([text].into_iter())) {
        Some(plain) => reading.amount(&plain, column),
        None => reading.amount(text, column),
    }
}

/// The amount in plain notation; `None` where it is none, or where separators contradict `decimals`.
pub(crate) fn plain(text: &str, decimals: Decimals) -> Option<String> {
    let (point, thousands) = match decimals {
        Decimals::Point => ('.', ','),
        Decimals::Comma => (',', '.'),
    };
    let text = text.trim();
    // Accountants write a negative amount in brackets.
    let (negative, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let is_sign = |character: char| {
        matches!(character, '$' | '€' | '£' | '¥' | '₹' | '₩' | '₽' | '₺' | '₪' | '฿' | '₫' | '₱' | '₦' | '₴' | 'ƒ' | '¢')
    };
    let bare = text.trim_matches(|character: char| {
        is_sign(character) || character.is_whitespace() || character.is_ascii_uppercase() || character == 'ł' || character == 'z'
    });
    let (minus, bare) = match text.contains('-') || text.contains('\u{2212}') {
        true => (
            true,
            bare.trim_matches(|character: char| is_sign(character) || character.is_whitespace() || matches!(character, '-' | '\u{2212}')),
        ),
        false => (false, bare),
    };
    let mut plain = String::with_capacity(bare.len() + 1);
    if negative ^ minus {
        plain.push('-');
    }
    let whole_end = bare.find(point).unwrap_or(bare.len());
    let mut since_separator: Option<usize> = None;
    for (at, character) in bare.char_indices() {
        match character {
            '0'..='9' => {
                plain.push(character);
                since_separator = since_separator.map(|count| count + usize::from(at < whole_end));
            }
            _ if character == point && at == whole_end => plain.push('.'),
            _ if at < whole_end && (character == thousands || matches!(character, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')) => {
                // Groups are of three, or of two as in India.
                if since_separator.is_some_and(|count| !(2..=3).contains(&count)) || plain.trim_start_matches('-').is_empty() {
                    return None;
                }
                since_separator = Some(0);
            }
            _ => return None,
        }
    }
    (since_separator.is_none_or(|count| count == 3) && plain.bytes().any(|byte| byte.is_ascii_digit())).then_some(plain)
}

/// Which decimal sign a column's values write. One that could be either (`1,234`) decides nothing.
pub(crate) fn decimals_of<'a>(values: impl Iterator<Item = &'a str>) -> Decimals {
    let (mut point, mut comma) = (0, 0);
    for value in values {
        let after = |sign: char| value.rfind(sign).map(|at| value[at + 1..].chars().take_while(char::is_ascii_digit).count());
        match (value.rfind('.'), value.rfind(',')) {
            (Some(dot), Some(other)) if dot > other => point += 1,
            (Some(_), Some(_)) => comma += 1,
            (Some(_), None) if after('.') != Some(3) => point += 1,
            (None, Some(_)) if after(',') != Some(3) => comma += 1,
            _ => {}
        }
    }
    if comma > point { Decimals::Comma } else { Decimals::Point }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, decimals: Decimals, expected: Option<&str>) {
        assert_eq!(plain(text, decimals).as_deref(), expected, "{text}");
    }

    #[test]
    fn signs_and_separators_go() {
        check("$48.00", Decimals::Point, Some("48.00"));
        check("-$1,234.50", Decimals::Point, Some("-1234.50"));
        check("(12.00)", Decimals::Point, Some("-12.00"));
        check("1.234,50 €", Decimals::Comma, Some("1234.50"));
        check("EUR 12,5", Decimals::Comma, Some("12.5"));
        check("CHF 1'234.50", Decimals::Point, Some("1234.50"));
        check("12,34,567", Decimals::Point, Some("1234567"));
        check("1 234 567,89", Decimals::Comma, Some("1234567.89"));
    }

    #[test]
    fn what_contradicts_the_decimal_sign_is_no_amount() {
        check("12,5", Decimals::Point, None);
        check("1.5", Decimals::Comma, None);
        check("1,2345", Decimals::Point, None);
        check("abc", Decimals::Point, None);
        check("", Decimals::Point, None);
        check("$", Decimals::Point, None);
    }

    #[test]
    fn a_column_decides_its_decimal_sign() {
        assert_eq!(decimals_of(["1,5", "2,25"].into_iter()), Decimals::Comma);
        assert_eq!(decimals_of(["1.5", "1,234"].into_iter()), Decimals::Point);
        assert_eq!(decimals_of(["1.234,50"].into_iter()), Decimals::Comma);
    }
}
