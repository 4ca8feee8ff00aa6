//! The tree of a segment: what was written, with where. It knows no column, no type and no moment.
//!
//! Text, JSON and Klaviyo's JSON all become this tree, and it is printed as any of them. Two trees are equal when they say the
//! same, wherever it stood in the text.

use super::decimal::Decimal;
use jiff::civil::{Date, DateTime};
use std::fmt;

/// Where in the text, in bytes: from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From the start of one to the end of another.
    pub fn to(self, last: Span) -> Span {
        Span { start: self.start, end: last.end.max(self.start) }
    }
}

/// A whole segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The condition; `None` of an empty text, which is no segment.
    pub root: Expr,
    /// Comments after the last condition.
    pub trailing: Vec<String>,
}

/// A condition that a customer meets or does not.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
    /// Comments before it or within it.
    pub comments: Vec<String>,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.comments == other.comments
    }
}

/// Kinds of conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// One of them holds. At least two, and none is itself an `Or`.
    Or(Vec<Expr>),
    /// All of them hold. At least two, and none is itself an `And`.
    And(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// Something known of the customer passes a test.
    Test {
        /// What is tested.
        subject: Subject,
        /// The test.
        test: Test,
    },
    /// The customer did it, in the way the parameters say; `negated`: never did.
    Did {
        /// What.
        call: Call,
        /// `NOT MATCHES`.
        negated: bool,
    },
    /// One thing after another: `A THEN B WITHIN 14d`.
    Sequence {
        /// What came first.
        first: Call,
        /// What came, or did not come, after it; at least one.
        steps: Vec<Step>,
    },
    /// The customer is in another segment.
    Segment(Named),
    /// It could not be read. The parser said why.
    Broken,
}

/// A name with its place.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where.
    pub span: Span,
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Named {
    /// A name that stands nowhere.
    pub fn new(name: impl Into<String>) -> Named {
        Named { name: name.into(), span: Span::default() }
    }
}

/// What a test is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// An attribute.
    Attribute(Named),
    /// A date of the customer, whatever its year.
    Anniversary(Named),
}

/// A thing customers do, with parameters that all hold of the same facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its name, such as `orders_placed`.
    pub name: Named,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Were brackets written? A bare name is allowed in a sequence alone.
    pub bare: bool,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Named,
    /// The test of its values.
    pub test: Test,
}

/// A later step of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// `THEN NO`.
    pub negated: bool,
    /// What.
    pub call: Call,
    /// How long after the step before it, at most.
    pub within: Option<Length>,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Against one other value.
    Compare(CompareOp, Term),
    /// Between two, both included.
    Between {
        /// `NOT BETWEEN`.
        negated: bool,
        /// The least.
        low: Term,
        /// The greatest.
        high: Term,
    },
    /// One of several.
    In {
        /// `NOT IN`.
        negated: bool,
        /// Which.
        list: Vec<Term>,
    },
    /// By a part of a text, or an entry of a list.
    Text {
        /// `NOT`.
        negated: bool,
        /// How.
        how: TextOp,
        /// What is looked for.
        term: Term,
    },
    /// `IS NULL`; `negated`: `IS NOT NULL`.
    Null {
        /// `IS NOT NULL`.
        negated: bool,
    },
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its sign")]
pub enum CompareOp {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl CompareOp {
    /// All of them.
    pub const ALL: [CompareOp; 6] = [Self::Equal, Self::NotEqual, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual];

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// Tests of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextOp {
    /// An entry of a list, or a part of a text.
    Contains,
    /// The beginning.
    StartsWith,
    /// The end.
    EndsWith,
    /// A regular expression that matches somewhere.
    Regex,
}

impl TextOp {
    /// All of them.
    pub const ALL: [TextOp; 4] = [Self::Contains, Self::StartsWith, Self::EndsWith, Self::Regex];

    /// As it is written.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::StartsWith => "STARTS WITH",
            Self::EndsWith => "ENDS WITH",
            Self::Regex => "MATCHES REGEX",
        }
    }
}

/// A value, or how to come by one.
#[derive(Debug, Clone)]
pub struct Term {
    /// What it says.
    pub kind: TermKind,
    /// Where.
    pub span: Span,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Term {
    /// A term that stands nowhere.
    pub fn new(kind: TermKind) -> Term {
        Term { kind, span: Span::default() }
    }
}

/// Kinds of values.
#[derive(Debug, Clone, PartialEq)]
pub enum TermKind {
    /// `'text'`
    Text(String),
    /// `12`, `12.50`
    Number(Decimal),
    /// `true`, `false`
    Flag(bool),
    /// `2020-05-30`
    Date(Date),
    /// `2020-05-30T16:00:00`
    DateTime(DateTime),
    /// `-7d`: a day so long before or after today.
    Offset {
        /// Before today?
        back: bool,
        /// How long.
        length: Length,
    },
    /// `today`
    Today,
    /// `yesterday`
    Yesterday,
    /// `30d`, added to a date.
    Length(Length),
    /// Another attribute of the same customer.
    Attribute(Named),
    /// `$patience`
    Parameter(String),
    /// A figure of the whole store at the same moment.
    Statistic {
        /// Which.
        which: StatisticKind,
        /// Of which attribute.
        of: Named,
    },
    /// `(49.28, -123.12)`: latitude and longitude.
    Point(Decimal, Decimal),
    /// `-x`
    Negative(Box<Term>),
    /// `a + b`
    Binary {
        /// How.
        op: BinaryOp,
        /// The left side.
        left: Box<Term>,
        /// The right side.
        right: Box<Term>,
    },
    /// It could not be read. The parser said why.
    Broken,
}

/// Figures of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatisticKind {
    /// The mean over customers with a value.
    Average,
    /// The middle one, or the mean of the two middle ones.
    Median,
    /// The value that so many hundredths of customers do not exceed, by nearest rank.
    Percentile(u8),
    /// The sum.
    Sum,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its sign")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl BinaryOp {
    /// All of them.
    pub const ALL: [BinaryOp; 4] = [Self::Add, Self::Subtract, Self::Multiply, Self::Divide];

    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }

    /// Does it bind more tightly than a sum?
    pub fn is_product(self) -> bool {
        matches!(self, Self::Multiply | Self::Divide)
    }
}

/// A length of calendar time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Length {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: LengthUnit,
}

/// Calendar units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its name")]
pub enum LengthUnit {
    Days,
    Weeks,
    Months,
    Years,
}

impl LengthUnit {
    /// All of them.
    pub const ALL: [LengthUnit; 4] = [Self::Days, Self::Weeks, Self::Months, Self::Years];

    /// As it is written.
    pub fn letter(self) -> char {
        match self {
            Self::Days => 'd',
            Self::Weeks => 'w',
            Self::Months => 'm',
            Self::Years => 'y',
        }
    }
}

impl Length {
    /// The most units of a length: some 2,700 years of days.
    pub const MOST: u32 = 999_999;

    /// Reads `30d`.
    pub fn parse(text: &str) -> Option<Length> {
        let letter = text.chars().next_back()?;
        let unit = LengthUnit::ALL.into_iter().find(|unit| unit.letter() == letter)?;
        let digits = &text[..text.len() - 1];
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let count = digits.parse().ok().filter(|count| plain && *count <= Self::MOST)?;
        Some(Length { count, unit })
    }

    /// Microseconds that it takes at least and at most, wherever on the calendar it begins and whatever clocks do.
    pub fn bounds(self) -> (i64, i64) {
        const DAY: i64 = 86_400_000_000;
        let count = i64::from(self.count);
        let (least, most) = match self.unit {
            LengthUnit::Days => (count, count),
            LengthUnit::Weeks => (7 * count, 7 * count),
            LengthUnit::Months => (28 * count, 31 * count),
            LengthUnit::Years => (365 * count, 366 * count),
        };
        // A zone that changes its side of the date line moves its clocks by a day.
        ((least - 2).saturating_mul(DAY), (most + 2).saturating_mul(DAY))
    }

    /// As a span of the calendar.
    pub fn span(self) -> jiff::Span {
        let span = jiff::Span::new();
        let count = i64::from(self.count);
        let long = match self.unit {
            LengthUnit::Days => span.try_days(count),
            LengthUnit::Weeks => span.try_weeks(count),
            LengthUnit::Months => span.try_months(count),
            LengthUnit::Years => span.try_years(count),
        };
        // Longer than the calendar is the whole calendar.
        long.unwrap_or_else(|_| jiff::Span::new().years(19_998))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.letter())
    }
}

impl Expr {
    /// A condition that stands nowhere.
    pub fn new(kind: ExprKind) -> Expr {
        Expr { kind, span: Span::default(), comments: Vec::new() }
    }

    /// All of these; one alone is itself.
    pub fn all(list: Vec<Expr>) -> Expr {
        Self::joined(list, true)
    }

    /// One of these; one alone is itself.
    pub fn any(list: Vec<Expr>) -> Expr {
        Self::joined(list, false)
    }

    fn joined(list: Vec<Expr>, all: bool) -> Expr {
        let mut flat = Vec::with_capacity(list.len());
        for expr in list {
            match expr {
                Expr { kind: ExprKind::And(inner), comments, .. } if all && comments.is_empty() => flat.extend(inner),
                Expr { kind: ExprKind::Or(inner), comments, .. } if !all && comments.is_empty() => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Expr::new(ExprKind::Broken),
            1 => flat.swap_remove(0),
            _ => {
                let span = flat[0].span.to(flat[flat.len() - 1].span);
                Expr { kind: if all { ExprKind::And(flat) } else { ExprKind::Or(flat) }, span, comments: Vec::new() }
            }
        }
    }

    /// How many conditions are joined: leaves of the tree.
    pub fn clauses(&self) -> usize {
        match &self.kind {
            ExprKind::Or(list) | ExprKind::And(list) => list.iter().map(Expr::clauses).sum(),
            ExprKind::Not(inner) => inner.clauses(),
            ExprKind::Test { .. } | ExprKind::Did { .. } | ExprKind::Sequence { .. } | ExprKind::Segment(_) | ExprKind::Broken => 1,
        }
    }
}
