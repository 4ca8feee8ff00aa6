//! Numbers as they were written: exact, with their decimals.

use std::fmt;

/// A decimal number. `1.50` keeps its nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits, without the point.
    pub digits: i128,
    /// How many of them stand behind the point.
    pub scale: u8,
}

impl Decimal {
    /// Digits of the longest number.
    pub const DIGITS: usize = 30;

    /// A whole number.
    pub fn whole(number: i64) -> Decimal {
        Decimal { digits: i128::from(number), scale: 0 }
    }

    /// Reads `-12.50`. No exponent, no sign but a minus, no thousands separator.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let (whole, part) = body.split_once('.').unwrap_or((body, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = whole.is_empty() || !plain(whole) || !plain(part) || (body.contains('.') && part.is_empty());
        if wrong || whole.len() + part.len() > Self::DIGITS {
            return None;
        }
        let digits = whole.bytes().chain(part.bytes()).fold(0, |sum: i128, byte| sum * 10 + i128::from(byte - b'0'));
        Some(Decimal { digits: if negative { -digits } else { digits }, scale: part.len() as u8 })
    }

    /// Ten to the power of its decimals.
    pub fn unit(self) -> i128 {
        10_i128.pow(u32::from(self.scale))
    }

    /// As a whole number, if it was written as one and fits.
    pub fn as_whole(self) -> Option<i64> {
        (self.scale == 0).then(|| i64::try_from(self.digits).ok()).flatten()
    }

    /// The nearest floating-point number.
    pub fn as_f64(self) -> f64 {
        // By text, so that 0.1 is the 0.1 of everybody else.
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let sign = if self.digits < 0 { "-" } else { "" };
        let unit = self.unit().unsigned_abs();
        let digits = self.digits.unsigned_abs();
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit, width = usize::from(self.scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_decimals() {
        for text in ["0", "12", "12.50", "-0.001", "9223372036854775808", "99.999999999999"] {
            assert_eq!(Decimal::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-", ".5", "5.", "1e5", "1,000", "+1", "1234567890123456789012345678901"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::parse("0.1").unwrap().as_f64(), 0.1);
    }
}
