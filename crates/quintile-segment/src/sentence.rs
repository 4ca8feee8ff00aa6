//! A segment as a sentence in plain English: "customers whose ...".

use crate::check::typed::{Aggregate, Condition, DateBase, DateTerm, Facts, FigureTest, NumberTerm, Test};
use crate::syntax::tree::{BinaryOp, CompareOp, Length, LengthUnit, StatisticKind, TextOp};
use crate::vocabulary::functions::ParamKind;
use crate::vocabulary::{Attribute, Kind, Population, Unit};

/// The sentence of a checked segment, with a full stop.
pub fn sentence(condition: &Condition) -> String {
    format!("Customers {}.", clause(condition, Within::Nothing))
}

#[derive(Clone, Copy, PartialEq)]
enum Within {
    Nothing,
    All,
    Any,
}

fn clause(condition: &Condition, within: Within) -> String {
    let joined = |list: &[Condition], word: &str, own: Within, brackets: bool| {
        let parts: Vec<String> = list.iter().map(|part| clause(part, own)).collect();
        let text = parts.join(word);
        if brackets { format!("({text})") } else { text }
    };
    match condition {
        Condition::All(list) => joined(list, " and ", Within::All, within == Within::Any),
        Condition::Any(list) => joined(list, " or ", Within::Any, within == Within::All),
        Condition::Not(inner) => format!("of whom it is not so that they are customers {}", in_brackets(inner)),
        Condition::Attribute { attribute, test, .. } => attribute_clause(attribute, test),
        Condition::Anniversary { attribute, test, .. } => {
            format!("whose {} has its anniversary {}", label(&attribute.name), date_test(test))
        }
        Condition::Did { facts, negated, .. } => did(facts, *negated),
        Condition::Sequence { first, steps, .. } => {
            let mut text = did(first, false);
            for step in steps {
                let within = step.within.map(|length| format!(" within {}", length_words(length))).unwrap_or_default();
                match step.negated {
                    true => text.push_str(&format!(", and after that{within} never {}", step.facts.function.did)),
                    false => text.push_str(&format!(", and after that{within} {}", step.facts.function.did)),
                }
                text.push_str(&filters(&step.facts));
            }
            text
        }
        Condition::Segment { name, .. } => format!("who are in the segment \u{201c}{name}\u{201d}"),
        Condition::Near { latitude, longitude, kilometres, negated, .. } => {
            let known = if *negated { "who do not live, or may not live," } else { "who live" };
            format!("{known} within {} km of {latitude}, {longitude}", shown_number(*kilometres))
        }
    }
}

fn in_brackets(condition: &Condition) -> String {
    match condition {
        Condition::All(_) | Condition::Any(_) => format!("({})", clause(condition, Within::Nothing)),
        other => clause(other, Within::Nothing),
    }
}

fn label(name: &str) -> String {
    name.replace(['_', '.'], " ")
}

/// A missing value passes what is negated, and the sentence says so.
const UNKNOWN: &str = ", or is unknown";

fn attribute_clause(attribute: &Attribute, test: &Test) -> String {
    if let (Kind::Texts { .. }, Test::Text { negated, values, .. }) = (attribute.kind, test) {
        let list = listed(&values.iter().map(|value| quoted(value)).collect::<Vec<_>>());
        return format!("whose {} {} {list}", label(&attribute.name), if *negated { "do not include" } else { "include" });
    }
    format!("whose {} {}", label(&attribute.name), tested(test, attribute.unit))
}

fn tested(test: &Test, unit: Unit) -> String {
    let number = |term: &NumberTerm| number_words(term, unit);
    match test {
        Test::Number(op, term) => format!("{} {}{}", compared(*op), number(term), if *op == CompareOp::NotEqual { UNKNOWN } else { "" }),
        Test::NumberBetween { negated: false, low, high } => format!("is between {} and {}", number(low), number(high)),
        Test::NumberBetween { negated: true, low, high } => format!("is not between {} and {}{UNKNOWN}", number(low), number(high)),
        Test::NumberIn { negated, list } => {
            let list = listed(&list.iter().map(number).collect::<Vec<_>>());
            if *negated { format!("is not {list}{UNKNOWN}") } else { format!("is {list}") }
        }
        Test::Date(..) | Test::DateBetween { .. } => date_test(test),
        Test::Text { negated, values, .. } => {
            let list = listed(&values.iter().map(|value| quoted(value)).collect::<Vec<_>>());
            if *negated { format!("is not {list}{UNKNOWN}") } else { format!("is {list}") }
        }
        Test::SameText { negated, attribute } => {
            if *negated {
                format!("is not the same as their {}{UNKNOWN}", label(&attribute.name))
            } else {
                format!("is the same as their {}", label(&attribute.name))
            }
        }
        Test::Part { negated, how, pattern, .. } => {
            let (yes, no) = match how {
                TextOp::Contains => ("contains", "does not contain"),
                TextOp::StartsWith => ("starts with", "does not start with"),
                TextOp::EndsWith => ("ends with", "does not end with"),
                TextOp::Regex => ("matches the pattern", "does not match the pattern"),
            };
            format!("{} {}{}", if *negated { no } else { yes }, quoted(pattern), if *negated { UNKNOWN } else { "" })
        }
        Test::Flag(is) => format!("is {}", if *is { "yes" } else { "no" }),
        Test::NotFlag(is) => format!("is not {}{UNKNOWN}", if *is { "yes" } else { "no" }),
        Test::Missing(true) => "is unknown".to_owned(),
        Test::Missing(false) => "is known".to_owned(),
    }
}

fn compared(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "is",
        CompareOp::NotEqual => "is not",
        CompareOp::Less => "is less than",
        CompareOp::LessOrEqual => "is at most",
        CompareOp::Greater => "is more than",
        CompareOp::GreaterOrEqual => "is at least",
    }
}

fn quoted(text: &str) -> String {
    format!("\u{201c}{text}\u{201d}")
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

fn number_words(term: &NumberTerm, unit: Unit) -> String {
    let days = if unit == Unit::Days { " days" } else { "" };
    match term {
        NumberTerm::Literal(number) => format!("{number}{days}"),
        NumberTerm::Attribute { name, .. } => format!("their {}", label(name)),
        NumberTerm::Statistic { which, of, .. } => {
            let (population, of) = Population::split(of);
            let whose = match population {
                Population::Everybody => "the store's",
                Population::Buyers => "the buyers'",
                Population::Visitors => "the visitors'",
            };
            match which {
                StatisticKind::Average => format!("{whose} average {}", label(of)),
                StatisticKind::Median => format!("{whose} median {}", label(of)),
                StatisticKind::Sum => format!("{whose} total {}", label(of)),
                StatisticKind::Percentile(percent) => format!("{whose} percentile {percent} of {}", label(of)),
            }
        }
        NumberTerm::Negative(inner) => format!("minus {}", number_words(inner, Unit::Plain)),
        NumberTerm::Binary { op, left, right } => {
            let word = match op {
                BinaryOp::Add => "plus",
                BinaryOp::Subtract => "minus",
                BinaryOp::Multiply => "times",
                BinaryOp::Divide => "divided by",
            };
            format!("{} {word} {}", number_words(left, Unit::Plain), number_words(right, Unit::Plain))
        }
    }
}

fn date_test(test: &Test) -> String {
    match test {
        Test::Date(op, term) => {
            let date = date_words(term);
            match op {
                CompareOp::Equal => format!("is {date}"),
                CompareOp::NotEqual => format!("is not {date}{UNKNOWN}"),
                CompareOp::Less => format!("is before {date}"),
                CompareOp::LessOrEqual => format!("is {date} or before"),
                CompareOp::Greater => format!("is after {date}"),
                CompareOp::GreaterOrEqual => format!("is {date} or later"),
            }
        }
        Test::DateBetween { negated: false, low, high } => format!("is from {} to {}", date_words(low), date_words(high)),
        Test::DateBetween { negated: true, low, high } => format!("is not from {} to {}{UNKNOWN}", date_words(low), date_words(high)),
        other => tested(other, Unit::Plain),
    }
}

fn length_words(length: Length) -> String {
    let unit = match length.unit {
        LengthUnit::Days => "day",
        LengthUnit::Weeks => "week",
        LengthUnit::Months => "month",
        LengthUnit::Years => "year",
    };
    format!("{} {unit}{}", length.count, if length.count == 1 { "" } else { "s" })
}

fn date_words(term: &DateTerm) -> String {
    let base = match &term.base {
        DateBase::Today => match &term.moved[..] {
            [] => return "today".to_owned(),
            [(true, length)] if length.count == 1 && length.unit == LengthUnit::Days => return "yesterday".to_owned(),
            [(true, length)] => return format!("{} ago", length_words(*length)),
            [(false, length)] => return format!("in {}", length_words(*length)),
            _ => "today".to_owned(),
        },
        DateBase::Day(day) => day.to_string(),
        DateBase::Second(at) => at.strftime("%Y-%m-%d at %H:%M:%S").to_string(),
        DateBase::Attribute(name) => format!("their {}", label(name)),
    };
    term.moved
        .iter()
        .fold(base, |text, (back, length)| format!("{} {} {text}", length_words(*length), if *back { "before" } else { "after" }))
}

fn did(facts: &Facts, negated: bool) -> String {
    let function = facts.function;
    let last = facts.of_last.map(|last| format!(", of the last {last},")).unwrap_or_default();
    let with = filters(facts);
    if let [FigureTest { aggregate: Aggregate::Count, test: Test::Number(op, NumberTerm::Literal(count)) }] = &facts.figures[..] {
        let times = match op {
            CompareOp::Equal => format!("exactly {}", times(&count.to_string())),
            CompareOp::NotEqual => format!("not exactly {}", times(&count.to_string())),
            CompareOp::Less => format!("fewer than {}", times(&count.to_string())),
            CompareOp::LessOrEqual => format!("at most {}", times(&count.to_string())),
            CompareOp::Greater => format!("more than {}", times(&count.to_string())),
            CompareOp::GreaterOrEqual => format!("at least {}", times(&count.to_string())),
        };
        let have = if negated { "of whom it is not so that they" } else { "who" };
        return format!("{have}{last} {}{with} {times}", function.did);
    }
    if facts.figures.is_empty() {
        return match negated {
            true => format!("who never{last} {}{with}", function.did),
            false => format!("who{last} {}{with}", function.did),
        };
    }
    let figures: Vec<String> = facts.figures.iter().map(|figure| figure_words(figure, function.plural)).collect();
    let whose = if negated { "of whom it is not so that the" } else { "whose" };
    format!("{whose} {}{last}{with} {}", function.plural, figures.join(" and "))
}

fn times(count: &str) -> String {
    match count {
        "1" => "once".to_owned(),
        "2" => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn figure_words(figure: &FigureTest, plural: &str) -> String {
    let test = tested(&figure.test, Unit::Plain);
    match figure.aggregate {
        Aggregate::Count => format!("number {}", test.trim_start_matches("is ")),
        Aggregate::CountDays => format!("are on a number of different days that {test}"),
        Aggregate::CountDistinct(param) => format!("have a number of different values of {} that {test}", label(param.name)),
        Aggregate::Sum(param) => format!("have a total {} that {test}", label(param.name)),
        Aggregate::Average(param) => format!("have an average {} that {test}", label(param.name)),
        Aggregate::Least(param) => format!("have a least {} of all {plural} that {test}", label(param.name)),
        Aggregate::Greatest(param) => format!("have a greatest {} of all {plural} that {test}", label(param.name)),
    }
}

fn filters(facts: &Facts) -> String {
    let parts: Vec<String> = facts
        .filters
        .iter()
        .map(|filter| {
            let unit = if filter.param.kind == ParamKind::Amount { Unit::Money } else { Unit::Plain };
            match &filter.test {
                Test::Date(..) | Test::DateBetween { .. } => format!("whose date {}", date_test(&filter.test)),
                test => format!("whose {} {}", label(&filter.name), tested(test, unit)),
            }
        })
        .collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", and ")) }
}

fn shown_number(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
