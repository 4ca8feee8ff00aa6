//! Numbers while they are compared: exact as long as all that went in was exact.
//!
//! Counts, amounts and numbers as written are fractions of whole numbers. A number of the profile that is floating point makes
//! the whole sum floating point. What cannot be found (a division by zero, something that is no number) has no value.

use crate::check::typed::NumberTerm;
use crate::syntax::tree::{BinaryOp, StatisticKind};
use std::cmp::Ordering;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Num {
    /// A fraction; the lower part is above zero.
    Exact(i128, i128),
    /// Floating point, and a number.
    Float(f64),
}

impl Num {
    /// A whole number.
    pub fn whole(number: i64) -> Num {
        Num::Exact(i128::from(number), 1)
    }

    /// Ten-thousandths.
    pub fn amount(ten_thousandths: i64) -> Num {
        Num::Exact(i128::from(ten_thousandths), 10_000)
    }

    /// A floating-point number, if it is one.
    pub fn float(number: f64) -> Option<Num> {
        number.is_finite().then_some(Num::Float(number))
    }

    /// As floating point.
    pub fn as_f64(self) -> f64 {
        match self {
            Num::Exact(top, bottom) => top as f64 / bottom as f64,
            Num::Float(number) => number,
        }
    }

    pub(super) fn negative(self) -> Num {
        match self {
            Num::Exact(top, bottom) => Num::Exact(top.wrapping_neg(), bottom),
            Num::Float(number) => Num::Float(-number),
        }
    }

    /// `self op other`; `None` for a division by zero.
    pub fn combine(self, op: BinaryOp, other: Num) -> Option<Num> {
        if let (Num::Exact(a, b), Num::Exact(c, d)) = (self, other)
            && let Some(exact) = exact(op, (a, b), (c, d))
        {
            return exact;
        }
        let (a, b) = (self.as_f64(), other.as_f64());
        Num::float(match op {
            BinaryOp::Add => a + b,
            BinaryOp::Subtract => a - b,
            BinaryOp::Multiply => a * b,
            BinaryOp::Divide => a / b,
        })
    }

    /// How two compare.
    pub fn compare(self, other: Num) -> Ordering {
        if let (Num::Exact(a, b), Num::Exact(c, d)) = (self, other) {
            if b == d {
                return a.cmp(&c);
            }
            if let (Some(left), Some(right)) = (a.checked_mul(d), c.checked_mul(b)) {
                return left.cmp(&right);
            }
        }
        // Both are numbers.
        self.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
    }
}

/// `None` where 128 bits do not hold it; an inner `None` for a division by zero.
fn exact(op: BinaryOp, (a, b): (i128, i128), (c, d): (i128, i128)) -> Option<Option<Num>> {
    let (top, bottom) = match op {
        BinaryOp::Add | BinaryOp::Subtract => {
            let c = if op == BinaryOp::Subtract { c.checked_neg()? } else { c };
            if b == d { (a.checked_add(c)?, b) } else { (a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?, b.checked_mul(d)?) }
        }
        BinaryOp::Multiply => (a.checked_mul(c)?, b.checked_mul(d)?),
        BinaryOp::Divide if c == 0 => return Some(None),
        BinaryOp::Divide => {
            let (c, d) = if c < 0 { (c.checked_neg()?, d.checked_neg()?) } else { (c, d) };
            (a.checked_mul(d)?, b.checked_mul(c)?)
        }
    };
    Some(Some(reduced(top, bottom)))
}

/// In the lowest terms once it grows, so that long sums stay exact.
fn reduced(top: i128, bottom: i128) -> Num {
    const SMALL: i128 = 1 << 62;
    if top.abs() < SMALL && bottom < SMALL {
        return Num::Exact(top, bottom);
    }
    let (mut a, mut b) = (top.unsigned_abs(), bottom.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let divisor = a.max(1) as i128;
    Num::Exact(top / divisor, bottom / divisor)
}

/// The value of a term for one customer, or for all: attributes and statistics are looked up.
pub(crate) fn value(
    term: &NumberTerm,
    attribute: &dyn Fn(&str) -> Option<Num>,
    statistic: &dyn Fn(StatisticKind, &str) -> Option<Num>,
) -> Option<Num> {
    match term {
        NumberTerm::Literal(number) => Some(Num::Exact(number.digits, number.unit())),
        NumberTerm::Attribute { name, .. } => attribute(name),
        NumberTerm::Statistic { which, of, .. } => statistic(*which, of),
        NumberTerm::Negative(inner) => value(inner, attribute, statistic).map(Num::negative),
        NumberTerm::Binary { op, left, right } => value(left, attribute, statistic)?.combine(*op, value(right, attribute, statistic)?),
    }
}

/// Names of attributes in a term.
pub(crate) fn attributes_in(term: &NumberTerm, found: &mut Vec<String>) {
    match term {
        NumberTerm::Attribute { name, .. } => found.push(name.clone()),
        NumberTerm::Negative(inner) => attributes_in(inner, found),
        NumberTerm::Binary { left, right, .. } => {
            attributes_in(left, found);
            attributes_in(right, found);
        }
        NumberTerm::Literal(_) | NumberTerm::Statistic { .. } => {}
    }
}

/// Statistics in a term.
pub(crate) fn statistics_in(term: &NumberTerm, found: &mut Vec<(StatisticKind, String)>) {
    match term {
        NumberTerm::Statistic { which, of, .. } => found.push((*which, of.clone())),
        NumberTerm::Negative(inner) => statistics_in(inner, found),
        NumberTerm::Binary { left, right, .. } => {
            statistics_in(left, found);
            statistics_in(right, found);
        }
        NumberTerm::Literal(_) | NumberTerm::Attribute { .. } => {}
    }
}

/// Whole numbers that compare with an exact bound as asked: from the first up to and with the last.
pub(crate) fn whole_range(order: crate::reduce::core::Order, bound: (i128, i128), scale: i128) -> Option<(i64, i64)> {
    use crate::reduce::core::Order;
    // value / scale <order> top / bottom, so value <order> top * scale / bottom.
    let (top, bottom) = (bound.0.checked_mul(scale)?, bound.1);
    let floor = top.div_euclid(bottom);
    let is_whole = top.rem_euclid(bottom) == 0;
    let ceiling = if is_whole { floor } else { floor + 1 };
    let (low, high) = match order {
        Order::Equal if !is_whole => (1, 0),
        Order::Equal => (floor, floor),
        Order::Less => (i128::MIN, ceiling - 1),
        Order::LessOrEqual => (i128::MIN, floor),
        Order::Greater => (floor + 1, i128::MAX),
        Order::GreaterOrEqual => (ceiling, i128::MAX),
    };
    if low > i128::from(i64::MAX) || high < i128::from(i64::MIN) || low > high {
        return Some((1, 0));
    }
    let clamp = |value: i128| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
    Some((clamp(low), clamp(high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reduce::core::Order;

    proptest::proptest! {
        #[test]
        fn ranges_are_what_comparing_says(value in -50_i64..50, top in -400_i128..400, bottom in 1_i128..9, scale in proptest::sample::select(&[1_i128, 4, 10][..])) {
            for order in [Order::Equal, Order::Less, Order::LessOrEqual, Order::Greater, Order::GreaterOrEqual] {
                let (low, high) = whole_range(order, (top, bottom), scale).unwrap();
                let expected = order.holds(Num::Exact(i128::from(value), scale).compare(Num::Exact(top, bottom)));
                proptest::prop_assert_eq!(low <= value && value <= high, expected);
            }
        }
    }

    #[test]
    fn sums_are_exact_and_a_division_by_zero_has_no_value() {
        let half = Num::Exact(1, 2);
        assert_eq!(half.combine(BinaryOp::Add, Num::Exact(1, 3)), Some(Num::Exact(5, 6)));
        assert_eq!(half.combine(BinaryOp::Divide, Num::whole(0)), None);
        assert_eq!(half.combine(BinaryOp::Divide, Num::whole(-2)).unwrap().compare(Num::Exact(-1, 4)), Ordering::Equal);
        let huge = Num::Exact(i128::MAX / 3, 1);
        assert!(matches!(huge.combine(BinaryOp::Multiply, huge), Some(Num::Float(_))));
    }
}
