//! A segment whose names and types are right. Every place still knows where in the text it stood.

use crate::syntax::decimal::Decimal;
use crate::syntax::tree::{BinaryOp, CompareOp, Length, Span, StatisticKind, TextOp};
use crate::vocabulary::functions::{Function, Parameter};
use crate::vocabulary::{Attribute, Kind};
use jiff::civil::{Date, DateTime};

/// A condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All hold.
    All(Vec<Condition>),
    /// One holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// An attribute passes a test.
    Attribute {
        /// Which.
        attribute: Attribute,
        /// The test.
        test: Test,
        /// Where.
        span: Span,
    },
    /// The day of a date, in whatever year, passes a test of dates.
    Anniversary {
        /// Of which date.
        attribute: Attribute,
        /// The test: `=`, `!=`, `BETWEEN` or `IS NULL`.
        test: Test,
        /// Where.
        span: Span,
    },
    /// Something was done.
    Did {
        /// What.
        facts: Facts,
        /// It was not.
        negated: bool,
        /// Where.
        span: Span,
    },
    /// One thing after another.
    Sequence {
        /// What came first.
        first: Facts,
        /// What came after it.
        steps: Vec<Step>,
        /// Where.
        span: Span,
    },
    /// In another segment.
    Segment {
        /// Its name.
        name: String,
        /// Where.
        span: Span,
    },
    /// Near a place.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// At most so far.
        kilometres: f64,
        /// Farther than that, or who knows where.
        negated: bool,
        /// Where in the text.
        span: Span,
    },
}

/// A later step of a sequence.
#[derive(Debug, Clone)]
pub struct Step {
    /// It did not come.
    pub negated: bool,
    /// What.
    pub facts: Facts,
    /// How long after the step before.
    pub within: Option<Length>,
}

/// Facts of one function that pass some tests, and what is asked of them together.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Which facts.
    pub function: &'static Function,
    /// Tests of each fact.
    pub filters: Vec<Filter>,
    /// Only the last so many of them are looked at.
    pub of_last: Option<u32>,
    /// Tests of all that pass together; none asks for one fact or more.
    pub figures: Vec<FigureTest>,
}

/// A test of each fact.
#[derive(Debug, Clone)]
pub struct Filter {
    /// By which column.
    pub param: Parameter,
    /// The name as written: for properties, all of it.
    pub name: String,
    /// The test.
    pub test: Test,
}

/// A test of facts together.
#[derive(Debug, Clone)]
pub struct FigureTest {
    /// The figure.
    pub aggregate: Aggregate,
    /// The test.
    pub test: Test,
}

/// Figures of several facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// How many.
    Count,
    /// How many different days.
    CountDays,
    /// How many different values.
    CountDistinct(Parameter),
    /// The sum; of no facts 0.
    Sum(Parameter),
    /// The mean; of no facts missing.
    Average(Parameter),
    /// The least; of no facts missing.
    Least(Parameter),
    /// The greatest; of no facts missing.
    Greatest(Parameter),
}

/// A test whose values have the right type.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A number against another.
    Number(CompareOp, NumberTerm),
    /// A number between two, both included.
    NumberBetween {
        /// Outside.
        negated: bool,
        /// The least.
        low: NumberTerm,
        /// The greatest.
        high: NumberTerm,
    },
    /// One of some numbers.
    NumberIn {
        /// None of them.
        negated: bool,
        /// Which.
        list: Vec<NumberTerm>,
    },
    /// An instant against a day, a second or another instant.
    Date(CompareOp, DateTerm),
    /// An instant between two, both included.
    DateBetween {
        /// Outside.
        negated: bool,
        /// The first.
        low: DateTerm,
        /// The last.
        high: DateTerm,
    },
    /// One of some texts; of a list, one of its entries.
    Text {
        /// None of them.
        negated: bool,
        /// Which.
        values: Vec<String>,
        /// Letters are compared without their case.
        any_case: bool,
    },
    /// The text of another attribute.
    SameText {
        /// Another text.
        negated: bool,
        /// Which attribute.
        attribute: Attribute,
    },
    /// A part of a text; of a list, of one of its entries.
    Part {
        /// Without it.
        negated: bool,
        /// How.
        how: TextOp,
        /// What.
        pattern: String,
        /// Letters are compared without their case.
        any_case: bool,
    },
    /// Yes or no.
    Flag(bool),
    /// Not this flag, or unknown.
    NotFlag(bool),
    /// No value; `false`: some value.
    Missing(bool),
}

/// A number, or how to come by one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NumberTerm {
    /// As written.
    Literal(Decimal),
    /// Of the same customer.
    Attribute {
        /// Its name.
        name: String,
        /// Its kind.
        kind: Kind,
    },
    /// Of the whole store.
    Statistic {
        /// Which.
        which: StatisticKind,
        /// Of which attribute, and of whom: `amount_spent`, `buyers.amount_spent`.
        of: String,
        /// Its kind.
        kind: Kind,
    },
    /// `-x`
    Negative(Box<NumberTerm>),
    /// `a + b`
    Binary {
        /// How.
        op: BinaryOp,
        /// The left side.
        left: Box<NumberTerm>,
        /// The right side.
        right: Box<NumberTerm>,
    },
}

/// A day, a second or an instant, moved by calendar lengths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DateTerm {
    /// From where.
    pub base: DateBase,
    /// Moved, in this order; `true` is back.
    pub moved: Vec<(bool, Length)>,
}

/// Where a date begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DateBase {
    /// The day of the question.
    Today,
    /// A day.
    Day(Date),
    /// A second of the wall clock.
    Second(DateTime),
    /// An instant of the same customer.
    Attribute(String),
}
