//! Floating-point terms of many customers at once.
//!
//! Where a sum of attributes is floating point anyway, it is worked out column by column, with the very numbers that
//! [`value`](super::number::value) finds for one customer. What is exact stays with that.

use super::columns::{Column, Values};
use super::number::Num;
use super::statistics::Figures;
use crate::check::typed::NumberTerm;
use crate::syntax::tree::BinaryOp;
use arrow::record_batch::RecordBatch;

/// A term of many customers.
enum Vector {
    /// The same for all; `None` has no value.
    Same(Option<Num>),
    /// Exact numbers, one a customer.
    Exact(Vec<f64>),
    /// Floating point, one a customer; what is no number has no value.
    Float(Vec<f64>),
}

/// A term of all rows, where it is floating point throughout; NaN has no value.
pub(super) fn floats(term: &NumberTerm, rows: &RecordBatch, figures: &Figures) -> Option<Vec<f64>> {
    match vector(term, rows, figures)? {
        Vector::Float(values) => Some(values),
        Vector::Same(_) | Vector::Exact(_) => None,
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
            // The sign of an exact number is turned where it is exact.
            Vector::Same(_) | Vector::Exact(_) => return None,
        },
        NumberTerm::Binary { op, left, right } => {
            let (left, right) = (vector(left, rows, figures)?, vector(right, rows, figures)?);
            match (left, right) {
                (Vector::Same(a), Vector::Same(b)) => Vector::Same(a.zip(b).and_then(|(a, b)| a.combine(*op, b))),
                (Vector::Float(values), Vector::Same(same)) => {
                    let same = same.map_or(f64::NAN, Num::as_f64);
                    Vector::Float(values.into_iter().map(|value| apply(*op, value, same)).collect())
                }
                (Vector::Same(same), Vector::Float(values)) => {
                    let same = same.map_or(f64::NAN, Num::as_f64);
                    Vector::Float(values.into_iter().map(|value| apply(*op, same, value)).collect())
                }
                (Vector::Float(a), Vector::Float(b) | Vector::Exact(b)) | (Vector::Exact(a), Vector::Float(b)) => {
                    Vector::Float(a.into_iter().zip(b).map(|(a, b)| apply(*op, a, b)).collect())
                }
                // Exact with exact stays exact, which is not for here.
                (Vector::Exact(_), Vector::Exact(_) | Vector::Same(_)) | (Vector::Same(_), Vector::Exact(_)) => return None,
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

fn column(values: &Values<'_>) -> Vector {
    let known = values.known();
    let of = |value: f64, known: &bool| if *known && value.is_finite() { value } else { f64::NAN };
    match &values.column {
        Column::Float(numbers) => Vector::Float(numbers.iter().zip(&known).map(|(value, known)| of(*value, known)).collect()),
        Column::Long(numbers) => Vector::Exact(numbers.iter().zip(&known).map(|(value, known)| of(*value as f64, known)).collect()),
        Column::Small(numbers) => Vector::Exact(numbers.iter().zip(&known).map(|(value, known)| of(f64::from(*value), known)).collect()),
        Column::Amount(numbers) => {
            Vector::Exact(numbers.iter().zip(&known).map(|(value, known)| of(*value as f64 / 10_000.0, known)).collect())
        }
        Column::Instant(_) | Column::Flag(_) | Column::Text(_) | Column::Coded(..) | Column::List(..) => Vector::Same(None),
    }
}

/// A column as floating point, with what is missing as NaN; `None` of one that holds no numbers.
pub(super) fn floats_of(values: &Values<'_>) -> Option<Vec<f64>> {
    match column(values) {
        Vector::Float(values) | Vector::Exact(values) => Some(values),
        Vector::Same(_) => None,
    }
}
