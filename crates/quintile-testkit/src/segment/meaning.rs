//! Whether a condition holds of one customer.

use super::Rows;
use super::amount::Amount;
use super::facts::{Fact, FactsOf};
use crate::reference::{Settings, Value};
use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, Zoned};
use quintile_segment::Tree;
use quintile_segment::syntax::tree::*;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// One customer, with all that a condition can speak of.
pub struct Customer<'a> {
    pub row: &'a BTreeMap<String, Value>,
    pub facts: &'a FactsOf,
    pub rows: &'a Rows,
    pub named: &'a BTreeMap<String, Tree>,
    pub settings: &'a Settings,
}

/// A value on the right-hand side.
enum Right {
    Number(Amount),
    Text(String),
    Flag(bool),
    /// From an instant up to another.
    Time(i64, i64),
    Missing,
}

impl Customer<'_> {
    pub fn holds(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Or(list) => list.iter().any(|part| self.holds(part)),
            ExprKind::And(list) => list.iter().all(|part| self.holds(part)),
            ExprKind::Not(inner) => !self.holds(inner),
            ExprKind::Test { subject: Subject::Attribute(name), test } => {
                let any_case = matches!(
                    name.name.as_str(),
                    "customer_tags" | "customer_account_status" | "email_subscription_status" | "rfm_group" | "life_stage"
                );
                self.passes(&self.attribute(&name.name), test, any_case)
            }
            ExprKind::Test { subject: Subject::Anniversary(name), test } => self.anniversary(&self.attribute(&name.name), test),
            ExprKind::Did { call, negated } => self.did(call) != *negated,
            ExprKind::Sequence { first, steps } => self.sequence(first, steps),
            ExprKind::Segment(name) => self.holds(&self.named[&name.name].root),
            ExprKind::Broken => panic!("a broken segment has no meaning"),
        }
    }

    fn attribute(&self, name: &str) -> Value {
        self.row.get(name).cloned().unwrap_or(Value::Missing)
    }

    // ----- Tests.

    /// A negated test is the complement, so a missing value passes it.
    fn passes(&self, value: &Value, test: &Test, any_case: bool) -> bool {
        match test {
            Test::Compare(CompareOp::NotEqual, term) => !self.passes(value, &Test::Compare(CompareOp::Equal, term.clone()), any_case),
            Test::Compare(op, term) => self.compares(value, *op, term, any_case),
            Test::Between { negated, low, high } => {
                let inside = self.compares(value, CompareOp::GreaterOrEqual, low, any_case)
                    && self.compares(value, CompareOp::LessOrEqual, high, any_case);
                inside != *negated
            }
            Test::In { negated, list } => list.iter().any(|term| self.compares(value, CompareOp::Equal, term, any_case)) != *negated,
            Test::Text { negated, how, term } => {
                let Right::Text(wanted) = self.right(term) else { panic!("a text is looked for") };
                let fold = |text: &str| if any_case { text.to_lowercase() } else { text.to_owned() };
                let one = |text: &str, whole: bool| {
                    let (text, wanted) = (fold(text), fold(&wanted));
                    match how {
                        TextOp::Contains if whole => text == wanted,
                        TextOp::Contains => text.contains(&wanted),
                        TextOp::StartsWith => text.starts_with(&wanted),
                        TextOp::EndsWith => text.ends_with(&wanted),
                        TextOp::Regex => regex::Regex::new(&wanted).unwrap_or_else(|error| panic!("{error}")).is_match(&text),
                    }
                };
                let found = match value {
                    Value::Text(text) => one(text, false),
                    Value::Texts(texts) => texts.iter().any(|text| one(text, true)),
                    _ => false,
                };
                found != *negated
            }
            Test::Null { negated } => (*value == Value::Missing) != *negated,
        }
    }

    fn compares(&self, value: &Value, op: CompareOp, term: &Term, any_case: bool) -> bool {
        let by = |order: Ordering| match op {
            CompareOp::Equal => order == Ordering::Equal,
            CompareOp::NotEqual => order != Ordering::Equal,
            CompareOp::Less => order == Ordering::Less,
            CompareOp::LessOrEqual => order != Ordering::Greater,
            CompareOp::Greater => order == Ordering::Greater,
            CompareOp::GreaterOrEqual => order != Ordering::Less,
        };
        let fold = |text: &str| if any_case { text.to_lowercase() } else { text.to_owned() };
        match (value, self.right(term)) {
            (Value::Missing, _) | (_, Right::Missing) => false,
            (Value::Text(text), Right::Text(other)) => fold(text) == fold(&other),
            // An id may be written as a number.
            (Value::Text(text), Right::Number(_)) => *text == term.to_string(),
            (Value::Texts(texts), Right::Text(other)) => texts.iter().any(|text| fold(text) == fold(&other)),
            (Value::Flag(flag), Right::Flag(other)) => *flag == other,
            (Value::Instant(at), Right::Time(start, end)) => by(if *at < start {
                Ordering::Less
            } else if *at < end {
                Ordering::Equal
            } else {
                Ordering::Greater
            }),
            (value, Right::Number(other)) => by(Amount::of(value).unwrap_or_else(|| panic!("{value:?} is no number")).order(other)),
            (value, _) => panic!("{value:?} cannot be compared with {term}"),
        }
    }

    fn anniversary(&self, value: &Value, test: &Test) -> bool {
        let (low, high, negated) = match test {
            Test::Compare(op, term) => (term, term, *op == CompareOp::NotEqual),
            Test::Between { negated, low, high } => (low, high, *negated),
            other => return self.passes(value, other, false),
        };
        let born = match value {
            Value::Instant(at) => self.local(*at).date(),
            // The birthday alone is a day as text; its year may be left out.
            Value::Text(text) => match text.replacen("--", "2000-", 1).parse::<Date>() {
                Ok(day) => day,
                Err(_) => return negated,
            },
            _ => return negated,
        };
        let days = |term: &Term| match self.right(term) {
            Right::Time(start, _) => self.local(start).date(),
            _ => panic!("a day is expected"),
        };
        let (mut day, last) = (days(low), days(high));
        // Day by day: is it kept today?
        let mut kept = false;
        for _ in 0..1_500 {
            if day > last {
                break;
            }
            let leap_day = born.month() == 2 && born.day() == 29 && day.month() == 2 && day.day() == 28 && !day.in_leap_year();
            kept |= leap_day || (day.month(), day.day()) == (born.month(), born.day());
            day = day.tomorrow().unwrap();
        }
        kept != negated
    }

    // ----- Values.

    fn right(&self, term: &Term) -> Right {
        match &term.kind {
            TermKind::Text(text) => Right::Text(text.clone()),
            TermKind::Flag(flag) => Right::Flag(*flag),
            TermKind::Date(_) | TermKind::DateTime(_) | TermKind::Offset { .. } | TermKind::Today | TermKind::Yesterday => self.time(term),
            TermKind::Attribute(name) if matches!(self.attribute(&name.name), Value::Instant(_)) => self.time(term),
            TermKind::Attribute(name) => match self.attribute(&name.name) {
                Value::Text(text) => Right::Text(text),
                value => Amount::of(&value).map_or(Right::Missing, Right::Number),
            },
            TermKind::Binary { left, right, .. } if matches!(right.kind, TermKind::Length(_)) => match self.right(left) {
                Right::Missing => Right::Missing,
                _ => self.time(term),
            },
            _ => self.number(term).map_or(Right::Missing, Right::Number),
        }
    }

    fn number(&self, term: &Term) -> Option<Amount> {
        match &term.kind {
            TermKind::Number(number) => Some(Amount::written(number)),
            TermKind::Attribute(name) => Amount::of(&self.attribute(&name.name)),
            TermKind::Negative(inner) => Some(self.number(inner)?.minus()),
            TermKind::Binary { op, left, right } => self.number(left)?.with(*op, self.number(right)?),
            TermKind::Statistic { which, of } => self.statistic(*which, &of.name),
            other => panic!("{other:?} is no number"),
        }
    }

    fn statistic(&self, which: StatisticKind, of: &str) -> Option<Amount> {
        let is_buyer = |row: &BTreeMap<String, Value>| matches!(row.get("number_of_orders"), Some(Value::Int(orders)) if *orders > 0);
        let is_visitor = |row: &BTreeMap<String, Value>| matches!(row.get("last_seen_date"), Some(Value::Instant(_)));
        let of_whom = self.rows.values().filter(|row| match of.split_once('.') {
            Some(("buyers", _)) => is_buyer(row),
            Some(("visitors", _)) => is_visitor(row),
            _ => true,
        });
        let of = of.split_once('.').map_or(of, |(_, attribute)| attribute);
        let mut values: Vec<Amount> = of_whom.filter_map(|row| Amount::of(row.get(of)?)).collect();
        values.sort_by(|a, b| a.order(*b));
        let n = values.len();
        let sum = || values.iter().copied().reduce(|a, b| a.with(BinaryOp::Add, b).unwrap());
        let over = |sum: Amount, n: usize| sum.with(BinaryOp::Divide, Amount::Fraction(n as i128, 1));
        match which {
            StatisticKind::Sum => sum(),
            StatisticKind::Average => over(sum()?, n),
            StatisticKind::Median if n == 0 => None,
            StatisticKind::Median if n % 2 == 1 => Some(values[n / 2]),
            StatisticKind::Median => over(values[n / 2 - 1].with(BinaryOp::Add, values[n / 2])?, 2),
            // The first value that is at least as large as so many hundredths of all.
            StatisticKind::Percentile(percent) => (1..=n).find(|rank| rank * 100 >= n * usize::from(percent)).map(|rank| values[rank - 1]),
        }
    }

    fn local(&self, at: i64) -> Zoned {
        Timestamp::from_microsecond(at).unwrap().to_zoned(self.settings.zone.clone())
    }

    fn midnight(&self, day: Date) -> i64 {
        day.to_zoned(self.settings.zone.clone()).unwrap().timestamp().as_microsecond()
    }

    fn whole_day(&self, day: Date) -> Right {
        Right::Time(self.midnight(day), self.midnight(day.tomorrow().unwrap()))
    }

    /// The base of a date with the lengths added to it.
    fn time(&self, term: &Term) -> Right {
        let (mut base, mut moves) = (term, Vec::new());
        while let TermKind::Binary { op, left, right } = &base.kind {
            let TermKind::Length(length) = right.kind else { panic!("a length is added to a date") };
            moves.push((*op == BinaryOp::Subtract, length));
            base = left;
        }
        moves.reverse();
        let today = self.local(self.settings.as_of).date();
        match &base.kind {
            TermKind::Date(day) => self.whole_day(moved_day(*day, &moves)),
            TermKind::Today => self.whole_day(moved_day(today, &moves)),
            TermKind::Yesterday => self.whole_day(moved_day(today.yesterday().unwrap(), &moves)),
            TermKind::Offset { back, length } => self.whole_day(moved_day(moved_day(today, &[(*back, *length)]), &moves)),
            TermKind::DateTime(at) => {
                let at = moved(*at, &moves).to_zoned(self.settings.zone.clone()).unwrap().timestamp().as_microsecond();
                Right::Time(at, at + 1_000_000)
            }
            TermKind::Attribute(name) => match self.attribute(&name.name) {
                Value::Instant(at) => {
                    let at = self.later(at, &moves);
                    Right::Time(at, at + 1)
                }
                _ => Right::Missing,
            },
            other => panic!("{other:?} is no date"),
        }
    }

    fn later(&self, at: i64, moves: &[(bool, Length)]) -> i64 {
        let wall = self.local(at).datetime();
        let to = moved(wall, moves);
        if to == wall { at } else { to.to_zoned(self.settings.zone.clone()).unwrap().timestamp().as_microsecond() }
    }

    // ----- Facts.

    fn happened(&self, function: &str) -> &[Fact] {
        self.facts.get(function).map_or(&[], Vec::as_slice)
    }

    fn did(&self, call: &Call) -> bool {
        let passing = self.passing(call);
        let figures: Vec<&Param> = call.params.iter().filter(|param| is_figure(param)).collect();
        match figures.is_empty() {
            true => !passing.is_empty(),
            false => figures.iter().all(|param| self.figure_passes(param, &passing)),
        }
    }

    fn passing(&self, call: &Call) -> Vec<&Fact> {
        let function = call.name.name.as_str();
        let filters: Vec<&Param> = call.params.iter().filter(|param| !is_figure(param) && param.name.name != "of_last").collect();
        let last = call.params.iter().find(|param| param.name.name == "of_last").map(|param| {
            let Test::Compare(_, Term { kind: TermKind::Number(number), .. }) = &param.test else { panic!("a number") };
            number.digits as usize
        });
        match last {
            None => self.happened(function).iter().filter(|fact| self.fact_passes(fact, function, &filters)).collect(),
            Some(last) if function.starts_with("messages.") || function.starts_with("shopify_email.") => {
                // The last that were received and are as asked; the deed is looked up by the id of the message.
                let mail = function.starts_with("shopify_email.");
                let is_mail = |fact: &Fact| !mail || fact.values["channel"] == Value::Text("email".to_owned());
                let received: Vec<&Fact> = self
                    .happened("messages.received")
                    .iter()
                    .filter(|fact| is_mail(fact) && self.fact_passes(fact, function, &filters))
                    .collect();
                let done = |fact: &Fact| {
                    self.happened(function)
                        .iter()
                        .any(|deed| deed.values["message"] != Value::Missing && deed.values["message"] == fact.values["message"])
                };
                received.into_iter().rev().take(last).rev().filter(|fact| done(fact)).collect()
            }
            Some(last) => {
                let all = self.happened(function);
                all[all.len().saturating_sub(last)..].iter().filter(|fact| self.fact_passes(fact, function, &filters)).collect()
            }
        }
    }

    fn fact_passes(&self, fact: &Fact, function: &str, filters: &[&Param]) -> bool {
        const OF_LINES: [&str; 6] = ["id", "sku", "title", "category", "product_type", "brand"];
        let any_case = |name: &str| matches!(name, "tag" | "discount_code");
        let get = |name: &str| match name {
            "date" => Value::Instant(fact.at),
            name => fact.values.get(name).cloned().unwrap_or(Value::Missing),
        };
        let (of_lines, own): (Vec<&Param>, Vec<&Param>) =
            filters.iter().copied().partition(|param| function == "orders_placed" && OF_LINES.contains(&param.name.name.as_str()));
        if !own.iter().all(|param| self.passes(&get(&param.name.name), &param.test, any_case(&param.name.name))) {
            return false;
        }
        let line_passes =
            |line: &BTreeMap<String, Value>, name: &str, test: &Test| self.passes(line.get(name).unwrap_or(&Value::Missing), test, false);
        // What is negated is asked of every line, what is not of one and the same.
        let (none, some): (Vec<&Param>, Vec<&Param>) = of_lines.into_iter().partition(|param| is_negated(&param.test));
        let no_line_is = none.iter().all(|param| fact.lines.iter().all(|line| line_passes(line, &param.name.name, &param.test)));
        let some_line_is =
            some.is_empty() || fact.lines.iter().any(|line| some.iter().all(|param| line_passes(line, &param.name.name, &param.test)));
        no_line_is && some_line_is
    }

    fn figure(&self, name: &str, facts: &[&Fact]) -> Value {
        let days = || facts.iter().map(|fact| self.local(fact.at).date()).collect::<BTreeSet<Date>>().len();
        let values = |of: &str| {
            facts.iter().filter_map(|fact| fact.values.get(of)).filter(|value| **value != Value::Missing).cloned().collect::<Vec<Value>>()
        };
        let raw = |of: &str| -> Vec<i128> {
            let number = |value: &Value| match value {
                Value::Amount(e4) => i128::from(*e4),
                Value::Int(whole) => i128::from(*whole),
                other => panic!("{other:?} is no number"),
            };
            values(of).iter().map(number).collect()
        };
        let like = |of: &str, whole: i128| match values(of).first() {
            Some(Value::Int(_)) => Value::Int(whole as i64),
            _ => Value::Amount(whole as i64),
        };
        match name {
            "count" => Value::Int(facts.len() as i64),
            "count_distinct_day" => Value::Int(days() as i64),
            _ => {
                if let Some(of) = name.strip_prefix("count_distinct_") {
                    let own = values(of);
                    let of_lines =
                        facts.iter().flat_map(|fact| &fact.lines).filter_map(|line| line.get(of)).filter(|value| **value != Value::Missing);
                    let all: BTreeSet<String> = own.iter().chain(of_lines).map(|value| format!("{value:?}")).collect();
                    return Value::Int(all.len() as i64);
                }
                if let Some(of) = name.strip_prefix("sum_") {
                    return like(of, raw(of).iter().sum());
                }
                if let Some(of) = name.strip_prefix("min_") {
                    return raw(of).iter().min().map_or(Value::Missing, |least| like(of, *least));
                }
                if let Some(of) = name.strip_prefix("max_") {
                    return raw(of).iter().max().map_or(Value::Missing, |most| like(of, *most));
                }
                panic!("{name} is no figure")
            }
        }
    }

    fn figure_passes(&self, param: &Param, facts: &[&Fact]) -> bool {
        if let Some(of) = param.name.name.strip_prefix("average_") {
            // A mean is a fraction, which no value of a column is.
            let amounts: Vec<Amount> = facts.iter().filter_map(|fact| Amount::of(fact.values.get(of)?)).collect();
            let sum = amounts.iter().copied().reduce(|a, b| a.with(BinaryOp::Add, b).unwrap());
            let mean = sum.and_then(|sum| sum.with(BinaryOp::Divide, Amount::Fraction(amounts.len() as i128, 1)));
            let holds = |op: CompareOp, term: &Term| match (mean, self.number(term)) {
                (Some(mean), Some(other)) => match op {
                    CompareOp::Equal | CompareOp::NotEqual => mean.order(other).is_eq(),
                    CompareOp::Less => mean.order(other).is_lt(),
                    CompareOp::LessOrEqual => mean.order(other).is_le(),
                    CompareOp::Greater => mean.order(other).is_gt(),
                    CompareOp::GreaterOrEqual => mean.order(other).is_ge(),
                },
                _ => false,
            };
            return match &param.test {
                Test::Compare(op, term) => holds(*op, term) != (*op == CompareOp::NotEqual),
                Test::Between { negated, low, high } => {
                    (holds(CompareOp::GreaterOrEqual, low) && holds(CompareOp::LessOrEqual, high)) != *negated
                }
                Test::In { negated, list } => list.iter().any(|term| holds(CompareOp::Equal, term)) != *negated,
                Test::Null { negated } => mean.is_none() != *negated,
                other => panic!("{other:?} is no test of a mean"),
            };
        }
        self.passes(&self.figure(&param.name.name, facts), &param.test, false)
    }

    // ----- Sequences.

    fn sequence(&self, first: &Call, steps: &[Step]) -> bool {
        let passing = self.passing(first);
        let figures: Vec<&Param> = first.params.iter().filter(|param| is_figure(param)).collect();
        // Each fact at which the figures of all up to then hold.
        let begun = (0..passing.len()).filter(|place| figures.iter().all(|param| self.figure_passes(param, &passing[..=*place])));
        let mut times: Vec<i64> = begun.map(|place| passing[place].at).collect();
        for step in steps {
            let later: Vec<i64> = self.passing(&step.call).iter().map(|fact| fact.at).collect();
            let end = |at: i64| step.within.map_or(i64::MAX, |length| self.later(at, &[(false, length)]));
            let follows = |at: i64, then: i64| at < then && then < end(at);
            if step.negated {
                return times.iter().any(|at| !later.iter().any(|then| follows(*at, *then)));
            }
            times = later.iter().copied().filter(|then| times.iter().any(|at| follows(*at, *then))).collect();
        }
        !times.is_empty()
    }
}

fn is_figure(param: &Param) -> bool {
    let name = param.name.name.as_str();
    let prefixes = ["sum_", "average_", "min_", "max_", "count_distinct"];
    name == "count" || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn is_negated(test: &Test) -> bool {
    match test {
        Test::Compare(op, _) => *op == CompareOp::NotEqual,
        Test::Between { negated, .. } | Test::In { negated, .. } | Test::Text { negated, .. } => *negated,
        Test::Null { negated } => !negated,
    }
}

fn moved_day(day: Date, moves: &[(bool, Length)]) -> Date {
    moves.iter().fold(
        day,
        |day, (back, length)| if *back { day.checked_sub(span(*length)).unwrap() } else { day.checked_add(span(*length)).unwrap() },
    )
}

fn moved(at: DateTime, moves: &[(bool, Length)]) -> DateTime {
    moves
        .iter()
        .fold(at, |at, (back, length)| if *back { at.checked_sub(span(*length)).unwrap() } else { at.checked_add(span(*length)).unwrap() })
}

fn span(length: Length) -> jiff::Span {
    let count = i64::from(length.count);
    match length.unit {
        LengthUnit::Days => jiff::Span::new().days(count),
        LengthUnit::Weeks => jiff::Span::new().weeks(count),
        LengthUnit::Months => jiff::Span::new().months(count),
        LengthUnit::Years => jiff::Span::new().years(count),
    }
}
