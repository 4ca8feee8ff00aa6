//! A column against a term of other columns, for many customers at once.
//!
//! The very numbers that [`value`](super::number::value) finds for one customer: fractions as long as all that went in was exact, all
//! customers of a column with one denominator; floating point where a column is. What would not fit, or wants a denominator for
//! each customer, stays with that.

use super::columns::{Column, Values};
use super::number::Num;
use super::statistics::Figures;
use crate::check::typed::NumberTerm;
use crate::reduce::core::Order;
use crate::syntax::tree::BinaryOp;
use arrow::record_batch::RecordBatch;

/// A term of many customers.
enum Vector {
    /// The same for all; `None` has no value.
    Same(Option<Num>),
    /// Fractions.
    Exact(Fractions),
    /// Floating point, one a customer; what is no number has no value.
    Float(Vec<f64>),
}

/// Fractions with one denominator.
struct Fractions {
    tops: Vec<i128>,
    bottom: i128,
    known: Vec<bool>,
    /// No top is farther from 0.
    largest: i128,
}

/// A term of all rows, where it is floating point throughout; NaN has no value.
pub(super) fn floats(term: &NumberTerm, rows: &RecordBatch, figures: &Figures) -> Option<Vec<f64>> {
    match vector(term, rows, figures)? {
        Vector::Float(values) => Some(values),
        Vector::Same(_) | Vector::Exact(_) => None,
    }
}

/// Rows whose own value compares so with that of a term; `None` where one has to look at each customer.
pub(super) fn compared(values: &Values<'_>, order: Order, term: &NumberTerm, rows: &RecordBatch, figures: &Figures) -> Option<Vec<bool>> {
    match (column(values), vector(term, rows, figures)?) {
        (Vector::Exact(own), Vector::Exact(bounds)) => own.compared(order, &bounds),
        (Vector::Same(_), _) | (_, Vector::Same(_)) => None,
        (own, bounds) => {
            let (own, bounds) = (own.floats(), bounds.floats());
            let each = |holds: fn(f64, f64) -> bool| own.iter().zip(&bounds).map(|(own, bound)| holds(*own, *bound)).collect();
            Some(match order {
                Order::Equal => each(|a, b| a == b),
                Order::Less => each(|a, b| a < b),
                Order::LessOrEqual => each(|a, b| a <= b),
                Order::Greater => each(|a, b| a > b),
                Order::GreaterOrEqual => each(|a, b| a >= b),
            })
        }
    }
}

fn vector(term: &NumberTerm, rows: &RecordBatch, figures: &Figures) -> Option<Vector> {
    Some(match term {
        NumberTerm::Literal(number) => Vector::Same(Some(Num::Exact(number.digits, number.unit()))),
        NumberTerm::Statistic { which, of, .. } => Vector::Same(figures.get(*which, of)),
        NumberTerm::Attribute { name, .. } => match Values::of(rows, name) {
            Some(values) => column(&values),
            None => Vector::Same(None),
        },
        NumberTerm::Negative(inner) => match vector(inner, rows, figures)? {
            Vector::Float(values) => Vector::Float(values.into_iter().map(|value| -value).collect()),
            Vector::Exact(values) => Vector::Exact(values.times((-1, 1))?),
            Vector::Same(number) => Vector::Same(number.map(Num::negative)),
        },
        NumberTerm::Binary { op, left, right } => {
            let (left, right) = (vector(left, rows, figures)?, vector(right, rows, figures)?);
            match (left, right) {
                (Vector::Same(a), Vector::Same(b)) => Vector::Same(a.zip(b).and_then(|(a, b)| a.combine(*op, b))),
                (Vector::Exact(a), Vector::Exact(b)) => Vector::Exact(a.with(*op, b)?),
                (Vector::Exact(a), Vector::Same(Some(Num::Exact(top, bottom)))) => Vector::Exact(a.with_same(*op, (top, bottom))?),
                (Vector::Same(Some(Num::Exact(top, bottom))), Vector::Exact(b)) => Vector::Exact(b.after_same(*op, (top, bottom))?),
                (Vector::Same(None), _) | (_, Vector::Same(None)) => Vector::Same(None),
                (Vector::Same(Some(same)), own) => {
                    let same = same.as_f64();
                    Vector::Float(own.floats().into_iter().map(|value| apply(*op, same, value)).collect())
                }
                (own, Vector::Same(Some(same))) => {
                    let same = same.as_f64();
                    Vector::Float(own.floats().into_iter().map(|value| apply(*op, value, same)).collect())
                }
                (a, b) => Vector::Float(a.floats().into_iter().zip(b.floats()).map(|(a, b)| apply(*op, a, b)).collect()),
            }
        }
    })
}

/// What leads beyond all numbers has no value.
#[inline]
fn apply(op: BinaryOp, a: f64, b: f64) -> f64 {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
    };
    if result.is_finite() { result } else { f64::NAN }
}

impl Vector {
    /// As floating point, with what is missing as NaN.
    fn floats(self) -> Vec<f64> {
        match self {
            Vector::Same(_) => Vec::new(),
            Vector::Exact(values) => {
                let bottom = values.bottom as f64;
                values.tops.iter().zip(&values.known).map(|(top, known)| if *known { *top as f64 / bottom } else { f64::NAN }).collect()
            }
            Vector::Float(values) => values,
        }
    }
}

impl Fractions {
    fn of(values: impl Iterator<Item = i64>, bottom: i128, known: Vec<bool>) -> Fractions {
        let tops: Vec<i128> = values.zip(&known).map(|(value, known)| if *known { i128::from(value) } else { 0 }).collect();
        Fractions { tops, bottom, known, largest: i128::from(i64::MAX) + 1 }
    }

    /// Each times a fraction.
    fn times(mut self, (top, bottom): (i128, i128)) -> Option<Fractions> {
        self.largest = self.largest.checked_mul(top.checked_abs()?)?;
        self.bottom = self.bottom.checked_mul(bottom)?;
        self.tops.iter_mut().for_each(|own| *own *= top);
        Some(self)
    }

    fn with_same(mut self, op: BinaryOp, (top, bottom): (i128, i128)) -> Option<Fractions> {
        match op {
            BinaryOp::Multiply => self.times((top, bottom)),
            BinaryOp::Divide if top == 0 => None,
            BinaryOp::Divide => self.times((bottom * top.signum(), top.checked_abs()?)),
            BinaryOp::Add | BinaryOp::Subtract => {
                let moved = if op == BinaryOp::Subtract { top.checked_neg()? } else { top }.checked_mul(self.bottom)?;
                self = self.times((bottom, bottom))?;
                self.largest = self.largest.checked_add(moved.checked_abs()?)?;
                self.tops.iter_mut().for_each(|own| *own += moved);
                Some(self)
            }
        }
    }

    /// The same number, then each of these.
    fn after_same(self, op: BinaryOp, same: (i128, i128)) -> Option<Fractions> {
        match op {
            BinaryOp::Add | BinaryOp::Multiply => self.with_same(op, same),
            BinaryOp::Subtract => self.times((-1, 1))?.with_same(BinaryOp::Add, same),
            BinaryOp::Divide => None,
        }
    }

    fn with(mut self, op: BinaryOp, other: Fractions) -> Option<Fractions> {
        self.known.iter_mut().zip(&other.known).for_each(|(own, other)| *own &= other);
        match op {
            BinaryOp::Divide => return None,
            BinaryOp::Multiply => {
                self.largest = self.largest.checked_mul(other.largest)?;
                self.bottom = self.bottom.checked_mul(other.bottom)?;
                self.tops.iter_mut().zip(&other.tops).for_each(|(own, other)| *own *= other);
            }
            BinaryOp::Add | BinaryOp::Subtract => {
                let (mut a, mut b) = (self, other);
                if a.bottom != b.bottom {
                    let (of_a, of_b) = (a.bottom, b.bottom);
                    a = a.times((of_b, of_b))?;
                    b = b.times((of_a, of_a))?;
                }
                a.largest = a.largest.checked_add(b.largest)?;
                match op {
                    BinaryOp::Add => a.tops.iter_mut().zip(&b.tops).for_each(|(own, other)| *own += other),
                    _ => a.tops.iter_mut().zip(&b.tops).for_each(|(own, other)| *own -= other),
                }
                self = a;
            }
        }
        Some(self)
    }

    fn compared(&self, order: Order, bounds: &Fractions) -> Option<Vec<bool>> {
        // a / b <order> c / d, so a d <order> c b.
        self.largest.checked_mul(bounds.bottom)?;
        bounds.largest.checked_mul(self.bottom)?;
        let own = self.tops.iter().zip(&self.known);
        let rows = own.zip(bounds.tops.iter().zip(&bounds.known));
        let passes = |((own, known), (bound, there)): ((&i128, &bool), (&i128, &bool))| {
            known & there & order.holds((own * bounds.bottom).cmp(&(bound * self.bottom)))
        };
        Some(rows.map(passes).collect())
    }
}

fn column(values: &Values<'_>) -> Vector {
    let known = values.known();
    match &values.column {
        Column::Float(numbers) => {
            let of = |(value, known): (&f64, &bool)| if *known && value.is_finite() { *value } else { f64::NAN };
            Vector::Float(numbers.iter().zip(&known).map(of).collect())
        }
        Column::Long(numbers) => Vector::Exact(Fractions::of(numbers.iter().copied(), 1, known)),
        Column::Small(numbers) => Vector::Exact(Fractions::of(numbers.iter().map(|value| i64::from(*value)), 1, known)),
        Column::Amount(numbers) => Vector::Exact(Fractions::of(numbers.iter().copied(), 10_000, known)),
        Column::Instant(_) | Column::Flag(_) | Column::Text(_) | Column::Coded(..) | Column::List(..) => Vector::Same(None),
    }
}
