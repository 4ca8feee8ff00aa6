//! The core: a dozen kinds of conditions, in which a missing value never passes.

use crate::check::typed::{Aggregate, DateTerm, NumberTerm};
use crate::syntax::tree::{Length, TextOp};
use crate::vocabulary::functions::{Field, Function, ParamKind};

/// A segment in its smallest words.
pub type Core = Logic<Leaf>;

/// Conditions joined.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Logic<L> {
    /// All hold; of none, yes.
    All(Vec<Logic<L>>),
    /// One holds; of none, no.
    Any(Vec<Logic<L>>),
    /// It does not hold: the exact complement.
    Not(Box<Logic<L>>),
    /// One condition.
    Leaf(L),
}

/// One condition about a customer. Without a value it does not hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Leaf {
    /// A text, or an entry of a list, passes.
    Text {
        /// Which attribute.
        attribute: String,
        /// What passes.
        test: TextTest,
    },
    /// Two attributes have the same text.
    SameText {
        /// The one.
        left: String,
        /// The other.
        right: String,
    },
    /// Yes or no.
    Flag {
        /// Which attribute.
        attribute: String,
        /// Which of the two.
        is: bool,
    },
    /// There is a value. An empty list is none.
    Known {
        /// Which attribute.
        attribute: String,
    },
    /// A number against another.
    Number {
        /// Which attribute.
        attribute: String,
        /// How.
        order: Order,
        /// The other.
        term: NumberTerm,
    },
    /// An instant against a day, a second or another instant.
    Date {
        /// Which attribute.
        attribute: String,
        /// How.
        order: Order,
        /// The other.
        term: DateTerm,
    },
    /// The day of a date, in whatever year, lies between two days.
    Anniversary {
        /// Which attribute.
        attribute: String,
        /// The first day.
        low: DateTerm,
        /// The last day.
        high: DateTerm,
    },
    /// A figure of some facts against a number.
    Figure {
        /// Which facts.
        rows: Rows,
        /// Which figure.
        aggregate: Aggregate,
        /// How.
        order: Order,
        /// The number.
        term: NumberTerm,
    },
    /// There is such a figure: a mean of at least one fact.
    FigureKnown {
        /// Which facts.
        rows: Rows,
        /// Which figure.
        aggregate: Aggregate,
    },
    /// One thing after another.
    Sequence {
        /// What came first.
        first: Rows,
        /// What must hold of all of the first up to and with the one that is followed.
        reached: Logic<Reached>,
        /// What came after.
        steps: Vec<CoreStep>,
    },
    /// In another segment.
    Member(String),
    /// Within a distance of a place, by the attributes `latitude` and `longitude`.
    Near {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// How far.
        kilometres: f64,
    },
}

/// Comparisons that say nothing of a missing value but no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its name")]
pub enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Does it hold of two that compare so?
    #[inline]
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// Tests of texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// One of these.
    OneOf {
        /// Which.
        values: Vec<String>,
        /// Whatever the case of their letters.
        any_case: bool,
    },
    /// With such a part.
    Part {
        /// How.
        how: TextOp,
        /// Which.
        pattern: String,
        /// Whatever the case of its letters.
        any_case: bool,
    },
}

/// Facts of one function that pass.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rows {
    /// Which facts.
    pub function: &'static Function,
    /// What holds of each; all of these.
    pub cells: Vec<Logic<Cell>>,
    /// What holds of one line of the order, all of the same; empty asks for no line.
    pub line_cells: Vec<Logic<Cell>>,
    /// What holds of no line of the order, each for itself.
    pub no_line_cells: Vec<Logic<Cell>>,
    /// Only the last so many.
    pub of_last: Option<u32>,
}

/// A test of one value of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Where the value comes from.
    pub field: Field,
    /// What it is.
    pub kind: ParamKind,
    /// The name of a property of an event.
    pub property: Option<String>,
    /// The test.
    pub test: CellTest,
}

/// Tests of one value of a fact. Without a value they do not hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CellTest {
    /// Of a text.
    Text(TextTest),
    /// Of a number.
    Number(Order, NumberTerm),
    /// Of an instant.
    Date(Order, DateTerm),
    /// Yes or no.
    Flag(bool),
    /// There is a value.
    Known,
}

/// A figure of the facts of a first step so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reached {
    /// Which figure.
    pub aggregate: Aggregate,
    /// How; `None` asks whether there is one.
    pub test: Option<(Order, NumberTerm)>,
}

/// A later step of a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreStep {
    /// It did not come.
    pub negated: bool,
    /// What.
    pub rows: Rows,
    /// How long after the step before.
    pub within: Option<Length>,
}
