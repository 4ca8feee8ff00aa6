//! Why a customer is in a segment or not: each condition with what it found, whether it holds, and how far it is from the edge.

use crate::check::typed::{Condition, DateTerm, Facts, FigureTest, NumberTerm, Test};
use crate::plan::Ready;
use crate::program::moment::{self};
use crate::program::number::value;
use crate::program::{FactsAt, Figures, Moment, Num, Values, World};
use crate::reduce::core::Rows;
use crate::syntax::tree::Span;
use quintile_model::{Instant, Money};

/// A condition of a segment, or some joined, with its place in the tree.
#[derive(Debug, Clone)]
pub struct Part {
    /// How deep it lies.
    pub depth: usize,
    /// As it is written, or `all of these`, `one of these`, `not`.
    pub text: String,
    /// A condition of its own, not some joined?
    pub is_leaf: bool,
    /// The condition.
    pub condition: Condition,
}

/// What one customer has where a condition looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was looked at.
    pub of: String,
    /// Its value; `-` where there is none.
    pub value: String,
    /// How far the value is from the edge of the condition, in the unit of the value; empty where there is no distance.
    pub distance: String,
}

/// The parts of a segment, from the outside to the inside, in the order of the text.
pub fn parts(ready: &Ready) -> Vec<Part> {
    let mut list = Vec::new();
    add(&ready.condition, &ready.text, 0, &mut list);
    list
}

fn add(condition: &Condition, text: &str, depth: usize, list: &mut Vec<Part>) {
    let mut part = |text: String, is_leaf| list.push(Part { depth, text, is_leaf, condition: condition.clone() });
    let written = |span: &Span| text.get(span.start..span.end).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    match condition {
        Condition::All(inner) | Condition::Any(inner) => {
            part(if matches!(condition, Condition::All(_)) { "all of these" } else { "one of these" }.to_owned(), false);
            inner.iter().for_each(|inner| add(inner, text, depth + 1, list));
        }
        Condition::Not(inner) => {
            part("not".to_owned(), false);
            add(inner, text, depth + 1, list);
        }
        Condition::Attribute { span, .. }
        | Condition::Anniversary { span, .. }
        | Condition::Did { span, .. }
        | Condition::Sequence { span, .. }
        | Condition::Near { span, .. } => part(written(span), true),
        Condition::Segment { name, .. } => part(format!("segment('{name}')"), true),
    }
}

/// What the first customer of a world has where a condition looks.
pub fn found(condition: &Condition, world: &World<'_>, moment: &Moment, figures: &Figures) -> Vec<Found> {
    let facts = world.facts.map(|(batch, counted)| FactsAt::new(world, batch, counted, moment, figures));
    let looker = Looker { world, moment, figures, facts };
    match condition {
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::Segment { .. } => Vec::new(),
        Condition::Attribute { attribute, test, .. } | Condition::Anniversary { attribute, test, .. } => {
            vec![looker.attribute(&attribute.name, test)]
        }
        Condition::Did { facts, .. } => looker.facts_of(facts),
        Condition::Sequence { first, steps, .. } => {
            let mut list = looker.times(first);
            steps.iter().for_each(|step| list.extend(looker.times(&step.facts)));
            list
        }
        Condition::Near { .. } => ["latitude", "longitude"].map(|name| looker.attribute(name, &Test::Missing(false))).to_vec(),
    }
}

struct Looker<'a> {
    world: &'a World<'a>,
    moment: &'a Moment,
    figures: &'a Figures,
    facts: Option<FactsAt<'a>>,
}

impl Looker<'_> {
    fn attribute(&self, name: &str, test: &Test) -> Found {
        let values = Values::of(self.world.rows, name);
        let of = name.to_owned();
        let Some(values) = values.filter(|values| values.is_known(0)) else {
            return Found { of, value: "-".to_owned(), distance: String::new() };
        };
        if let Some(number) = values.number(0) {
            let money = values.is_money();
            return Found { of, value: shown(number, money), distance: self.distance(number, test, money) };
        }
        if let Some(at) = values.instant(0) {
            return Found { of, value: self.day(at), distance: self.days_to_edge(at, test) };
        }
        Found { of, value: values.shown(0), distance: String::new() }
    }

    fn facts_of(&self, facts: &Facts) -> Vec<Found> {
        let rows = crate::reduce::rows(facts);
        let count = FigureTest {
            aggregate: crate::check::typed::Aggregate::Count,
            test: Test::Number(
                crate::syntax::tree::CompareOp::GreaterOrEqual,
                NumberTerm::Literal(crate::syntax::decimal::Decimal::whole(1)),
            ),
        };
        let figures = if facts.figures.is_empty() { std::slice::from_ref(&count) } else { &facts.figures[..] };
        figures.iter().map(|figure| self.figure(facts, &rows, figure)).collect()
    }

    fn figure(&self, facts: &Facts, rows: &Rows, figure: &FigureTest) -> Found {
        use crate::check::typed::Aggregate;
        let (what, money) = match figure.aggregate {
            Aggregate::Count => (facts.function.plural.to_owned(), false),
            Aggregate::CountDays => (format!("days of {}", facts.function.plural), false),
            Aggregate::CountDistinct(param) => (format!("different {} of {}", param.name, facts.function.plural), false),
            Aggregate::Sum(param) => (format!("sum of {} of {}", param.name, facts.function.plural), true),
            Aggregate::Average(param) => (format!("average {} of {}", param.name, facts.function.plural), true),
            Aggregate::Least(param) => (format!("least {} of {}", param.name, facts.function.plural), true),
            Aggregate::Greatest(param) => (format!("greatest {} of {}", param.name, facts.function.plural), true),
        };
        let number = self.facts.as_ref().filter(|all| all.customers() > 0).and_then(|all| all.figure(rows, figure.aggregate).number(0));
        match number {
            Some(number) => Found { of: what, value: shown(number, money), distance: self.distance(number, &figure.test, money) },
            None => Found { of: what, value: "-".to_owned(), distance: String::new() },
        }
    }

    fn times(&self, facts: &Facts) -> Vec<Found> {
        let times = self.facts.as_ref().map(|all| all.times(&crate::reduce::rows(facts)));
        let times = times.as_ref().filter(|times| times.offsets.len() > 1).map_or(&[][..], |times| times.of(0));
        let value = match times.last() {
            Some(last) => format!("{}, the last on {}", times.len(), self.day(*last)),
            None => "0".to_owned(),
        };
        vec![Found { of: facts.function.plural.to_owned(), value, distance: String::new() }]
    }

    fn number(&self, term: &NumberTerm) -> Option<Num> {
        let attribute = |name: &str| Values::of(self.world.rows, name)?.number(0);
        value(term, &attribute, &|which, of| self.figures.get(which, of))
    }

    fn distance(&self, own: Num, test: &Test, money: bool) -> String {
        let bounds: Vec<NumberTerm> = match test {
            Test::Number(_, term) => vec![term.clone()],
            Test::NumberBetween { low, high, .. } => vec![low.clone(), high.clone()],
            Test::NumberIn { list, .. } => list.clone(),
            _ => Vec::new(),
        };
        let away = bounds.iter().filter_map(|term| own.combine(crate::syntax::tree::BinaryOp::Subtract, self.number(term)?));
        let nearest = away.min_by(|a, b| a.as_f64().abs().total_cmp(&b.as_f64().abs()));
        nearest.map_or_else(String::new, |away| format!("{}{}", if away.as_f64() > 0.0 { "+" } else { "" }, shown(away, money)))
    }

    fn days_to_edge(&self, at: i64, test: &Test) -> String {
        let terms: Vec<&DateTerm> = match test {
            Test::Date(_, term) => vec![term],
            Test::DateBetween { low, high, .. } => vec![low, high],
            _ => Vec::new(),
        };
        let zone = &self.moment.as_of.zone;
        let attribute = |name: &str| Values::of(self.world.rows, name)?.instant(0);
        let away = terms.into_iter().filter_map(|term| {
            let stretch = moment::stretch(term, self.moment, &attribute)?;
            Some(zone.day(at) - zone.day(stretch.start))
        });
        away.min_by_key(|days| days.abs()).map_or_else(String::new, |days| format!("{days:+} days"))
    }

    fn day(&self, at: i64) -> String {
        let zone = &self.moment.as_of.zone;
        match jiff::Timestamp::from_microsecond(at) {
            Ok(timestamp) => timestamp.to_zoned(zone.zone().clone()).strftime("%Y-%m-%d %H:%M").to_string(),
            Err(_) => Instant(at).to_iso(),
        }
    }
}

/// A number for people: amounts with two decimals or more, others with as many as they need, up to four.
pub fn shown(number: Num, money: bool) -> String {
    match number {
        Num::Exact(top, bottom) if top % bottom == 0 && !money => (top / bottom).to_string(),
        Num::Exact(top, bottom) if money && 10_000 % bottom == 0 => {
            i64::try_from(top * (10_000 / bottom)).map_or_else(|_| number.as_f64().to_string(), |e4| Money(e4).to_string())
        }
        number => {
            let text = format!("{:.4}", number.as_f64());
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}
