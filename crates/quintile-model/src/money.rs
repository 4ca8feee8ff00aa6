//! Exact money: ten-thousandths of a currency unit in 64 bits, as `decimal(18,4)` in files.

use std::fmt;

/// An amount in ten-thousandths of its currency's unit; the currency stands beside it, never inside.
///
/// Sums are taken in `i128` and come back by [`Money::from_sum`], so no sum of facts can wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(pub i64);

/// Decimal places kept.
pub const SCALE: u32 = 4;
/// One currency unit.
pub const UNIT: i64 = 10_000;
/// Arrow precision of a stored amount.
pub const PRECISION: u8 = 18;
/// The largest amount that `decimal(18,4)` holds.
pub const MAX: i64 = 999_999_999_999_999_999;

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    /// No digits, or something that is no number.
    #[error("not a number")]
    NotANumber,
    /// More than fourteen digits before the point.
    #[error("too large (at most 99,999,999,999,999.9999)")]
    TooLarge,
}

/// A parsed amount, and whether decimals were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parsed {
    /// The amount, rounded half to even at the fourth decimal.
    pub money: Money,
    /// More than four decimals were there, and they were not zeros.
    pub rounded: bool,
}

impl Money {
    /// Zero.
    pub const ZERO: Money = Money(0);

    /// Reads plain decimal notation: `-12.5`, `1e3`, `.5`. No currency signs, no thousands separators: a connector
    /// takes those away where its format says so.
    pub fn parse(text: &str) -> Result<Parsed, NotMoney> {
        let (scaled, rounded) = parse_scaled(text, SCALE)?;
        if scaled.abs() > MAX as i128 {
            return Err(NotMoney::TooLarge);
        }
        Ok(Parsed { money: Money(scaled as i64), rounded })
    }

    /// A sum of ten-thousandths as an amount; `None` beyond `decimal(18,4)`.
    pub fn from_sum(sum: i128) -> Option<Money> {
        (sum.abs() <= MAX as i128).then_some(Money(sum as i64))
    }

    /// Quantity in ten-thousandths times this amount, rounded half to even.
    pub fn times_quantity(self, quantity_e4: i64) -> Option<Money> {
        // Whole units, as nearly always: nothing to round, and no division in 128 bits.
        if let (0, Some(product)) = (quantity_e4 % UNIT, self.0.checked_mul(quantity_e4 / UNIT)) {
            return (product.unsigned_abs() <= MAX as u64).then_some(Money(product));
        }
        Money::from_sum(div_half_even(self.0 as i128 * quantity_e4 as i128, UNIT as i128))
    }
}

/// Quotient rounded half to even; `divisor` must not be zero.
pub fn div_half_even(dividend: i128, divisor: i128) -> i128 {
    let (dividend, divisor) = if divisor < 0 { (-dividend, -divisor) } else { (dividend, divisor) };
    let quotient = dividend.div_euclid(divisor);
    let twice = 2 * dividend.rem_euclid(divisor);
    match twice.cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + (quotient & 1),
    }
}

/// Decimal text to an integer of `scale` decimals, rounded half to even; the flag tells whether decimals were lost.
pub fn parse_scaled(text: &str, scale: u32) -> Result<(i128, bool), NotMoney> {
    let text = text.trim();
    let (negative, body) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, exponent) = match body.find(['e', 'E']) {
        Some(at) => (&body[..at], body[at + 1..].parse::<i32>().map_err(|_| NotMoney::NotANumber)?),
        None => (body, 0),
    };
    if !(-400..=400).contains(&exponent) {
        return Err(NotMoney::TooLarge);
    }
    let mut value: i128 = 0;
    let mut decimals: i32 = 0;
    let (mut seen_point, mut seen_digit) = (false, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                if value > i128::MAX / 100 {
                    return Err(NotMoney::TooLarge);
                }
                value = value * 10 + (byte - b'0') as i128;
                decimals += seen_point as i32;
            }
            b'.' if !seen_point => seen_point = true,
            _ => return Err(NotMoney::NotANumber),
        }
    }
    if !seen_digit {
        return Err(NotMoney::NotANumber);
    }
    let shift = scale as i32 + exponent - decimals;
    let (scaled, rounded) = if value == 0 {
        (0, false)
    } else if shift >= 0 {
        let factor = 10_i128.checked_pow(shift as u32).ok_or(NotMoney::TooLarge)?;
        (value.checked_mul(factor).ok_or(NotMoney::TooLarge)?, false)
    } else {
        match 10_i128.checked_pow(shift.unsigned_abs()) {
            Some(divisor) => (div_half_even(value, divisor), value % divisor != 0),
            None => (0, true),
        }
    };
    Ok((if negative { -scaled } else { scaled }, rounded))
}

impl fmt::Display for Money {
    /// At least two decimals, at most four: `12.50`, `-0.1234`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, value) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, part) = (value / UNIT as u64, value % UNIT as u64);
        let part = format!("{part:04}");
        let cut = part.trim_end_matches('0').len().max(2);
        f.pad_integral(true, "", &format!("{sign}{whole}.{}", &part[..cut]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> i64 {
        Money::parse(text).unwrap().money.0
    }

    #[test]
    fn reads_plain_decimals() {
        assert_eq!(money("2.55"), 25_500);
        assert_eq!(money("-11062.06"), -110_620_600);
        assert_eq!(money(".5"), 5_000);
        assert_eq!(money("1e3"), 10_000_000);
        assert_eq!(money("1.5E-2"), 150);
        assert_eq!(money(" +7 "), 70_000);
    }

    #[test]
    fn rounds_half_to_even_and_says_so() {
        assert_eq!(Money::parse("0.00005").unwrap(), Parsed { money: Money(0), rounded: true });
        assert_eq!(Money::parse("0.00015").unwrap(), Parsed { money: Money(2), rounded: true });
        assert_eq!(Money::parse("-0.00015").unwrap().money, Money(-2));
        assert_eq!(Money::parse("1.50000").unwrap(), Parsed { money: Money(15_000), rounded: false });
    }

    #[test]
    fn whole_units_multiply_as_parts_of_them_do() {
        for (price, quantity) in [(19_999, 3), (-5, 7), (MAX, 1), (MAX, 2), (-MAX, -1), (i64::MAX, 12), (0, 0)] {
            let general = Money::from_sum(div_half_even(i128::from(price) * i128::from(quantity * UNIT), i128::from(UNIT)));
            assert_eq!(Money(price).times_quantity(quantity * UNIT), general, "{price} x {quantity}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", "NaN", "inf", "12,5", "£3", "1.2.3", "-", "e5", "1e"] {
            assert_eq!(Money::parse(text), Err(NotMoney::NotANumber), "{text}");
        }
        for text in ["1e400", "999999999999999", "1e99999999999"] {
            assert!(Money::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn shows_two_to_four_decimals() {
        for (amount, text) in [(25_500, "2.55"), (-1_234, "-0.1234"), (10_000, "1.00"), (0, "0.00")] {
            assert_eq!(Money(amount).to_string(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn shown_amounts_read_back(amount in -MAX..=MAX) {
            proptest::prop_assert_eq!(Money::parse(&Money(amount).to_string()).unwrap().money, Money(amount));
        }
    }
}
