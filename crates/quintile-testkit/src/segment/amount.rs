//! Numbers of the interpreter: fractions as long as they are exact.

use crate::reference::Value;
use quintile_segment::syntax::decimal::Decimal;
use quintile_segment::syntax::tree::BinaryOp;
use std::cmp::Ordering;

/// A number.
#[derive(Debug, Clone, Copy)]
pub enum Amount {
    /// Upper over lower.
    Fraction(i128, i128),
    /// Floating point.
    Float(f64),
}

use Amount::{Float, Fraction};

impl Amount {
    pub fn of(value: &Value) -> Option<Amount> {
        match value {
            Value::Int(whole) => Some(Fraction(i128::from(*whole), 1)),
            Value::Amount(e4) => Some(Fraction(i128::from(*e4), 10_000)),
            Value::Number(number) => Some(Float(*number)).filter(|_| number.is_finite()),
            Value::Missing | Value::Instant(_) | Value::Text(_) | Value::Texts(_) | Value::Flag(_) => None,
        }
    }

    pub fn written(number: &Decimal) -> Amount {
        Fraction(number.digits, 10_i128.pow(u32::from(number.scale)))
    }

    pub fn float(self) -> f64 {
        match self {
            Fraction(a, b) => a as f64 / b as f64,
            Float(x) => x,
        }
    }

    pub fn minus(self) -> Amount {
        match self {
            Fraction(a, b) => Fraction(-a, b),
            Float(x) => Float(-x),
        }
    }

    pub fn with(self, op: BinaryOp, other: Amount) -> Option<Amount> {
        match (self, other) {
            (Fraction(a, b), Fraction(c, d)) => Some(match op {
                BinaryOp::Add if b == d => Fraction(a + c, b),
                BinaryOp::Add => Fraction(a * d + c * b, b * d),
                BinaryOp::Subtract => Fraction(a * d - c * b, b * d),
                BinaryOp::Multiply => Fraction(a * c, b * d),
                BinaryOp::Divide if c == 0 => return None,
                BinaryOp::Divide => Fraction(a * d * c.signum(), b * c.abs()),
            }),
            (a, b) => {
                let (a, b) = (a.float(), b.float());
                let result = match op {
                    BinaryOp::Add => a + b,
                    BinaryOp::Subtract => a - b,
                    BinaryOp::Multiply => a * b,
                    BinaryOp::Divide => a / b,
                };
                result.is_finite().then_some(Float(result))
            }
        }
    }

    pub fn order(self, other: Amount) -> Ordering {
        match (self, other) {
            (Fraction(a, b), Fraction(c, d)) => (a * d).cmp(&(c * b)),
            (a, b) => a.float().partial_cmp(&b.float()).unwrap(),
        }
    }
}
