//! The figures as a table, and what they say in words.

use crate::header::money;
use crate::months::whole;
use crate::table::AnswerColumn;
use quintile_insight::behaviour::compare::{Compared, Verdict};
use quintile_insight::behaviour::{Measure, Part, Span, Unit};
use quintile_model::Money;
use quintile_model::StoreZone;

/// One row a figure.
pub(super) fn columns(compared: &[Compared], currency: &str) -> Vec<AnswerColumn> {
    let text = |name: &str, of: &dyn Fn(&Compared) -> Option<String>| AnswerColumn::text(name, compared.iter().map(of));
    let number = |name: &str, of: &dyn Fn(&Compared) -> Option<f64>| {
        AnswerColumn::number(name, compared.iter().map(|one| of(one).map(|value| plain(one.measure, value))))
    };
    let count = |name: &str, of: &dyn Fn(&Compared) -> Option<u64>| AnswerColumn::count(name, compared.iter().map(of));
    let words = |of: Measure, value: f64, interval: Option<(f64, f64)>| {
        let value = shown(of, value, currency);
        interval.map_or(value.clone(), |(low, high)| format!("{value} ({} to {})", shown(of, low, currency), shown(of, high, currency)))
    };
    vec![
        text("part", &|one| Some(one.measure.part().name().to_owned())),
        text("figure", &|one| Some(one.measure.name().to_owned())),
        text("now", &|one| one.own.map(|own| words(one.measure, own.value(), own.interval()))),
        text("reference", &|one| one.reference.map(|other| words(one.measure, other.value(), other.interval()))),
        text("difference", &|one| one.difference.map(|difference| words(one.measure, difference.value, Some(difference.interval)))),
        text("verdict", &|one| Some(one.verdict.id().to_owned())),
        text("unit", &|one| Some(unit(one.measure, currency))),
        number("value", &|one| one.own.map(|own| own.value())),
        number("value_lower", &|one| Some(one.own?.interval()?.0)),
        number("value_upper", &|one| Some(one.own?.interval()?.1)),
        count("value_of", &|one| one.own?.of()),
        number("reference_value", &|one| one.reference.map(|other| other.value())),
        count("reference_of", &|one| one.reference?.of()),
        number("difference_value", &|one| one.difference.map(|difference| difference.value)),
        number("difference_lower", &|one| one.difference.map(|difference| difference.interval.0)),
        number("difference_upper", &|one| one.difference.map(|difference| difference.interval.1)),
        AnswerColumn::number("false_discovery_rate", compared.iter().map(|one| one.false_discovery_rate)),
    ]
}

/// One sentence for each part.
pub(super) fn sentences(compared: &[Compared], against: &str, currency: &str) -> Vec<String> {
    Part::ALL.into_iter().map(|part| sentence(part, compared, against, currency)).collect()
}

fn sentence(part: Part, compared: &[Compared], against: &str, currency: &str) -> String {
    let own: Vec<&Compared> = compared.iter().filter(|one| one.measure.part() == part).collect();
    let told = |verdicts: &[Verdict]| -> Vec<String> {
        let own = own.iter().filter(|one| verdicts.contains(&one.verdict));
        own.filter_map(|one| {
            let (value, other) = (one.own?.value(), one.reference?.value());
            Some(format!("{} {} against {}", called(one.measure), shown(one.measure, value, currency), shown(one.measure, other, currency)))
        })
        .collect()
    };
    let (better, worse, other) = (told(&[Verdict::Better]), told(&[Verdict::Worse]), told(&[Verdict::More, Verdict::Less]));
    let name = part.name();
    if own.iter().all(|one| one.difference.is_none()) {
        return format!("{name}: not to be said against {against}: one side or the other is not known");
    }
    if better.is_empty() && worse.is_empty() && other.is_empty() {
        return format!("{name}: no difference from {against} is shown");
    }
    let word = match (better.is_empty(), worse.is_empty()) {
        (false, true) => "stronger",
        (true, false) => "weaker",
        (false, false) => "stronger in some and weaker in some",
        (true, true) => "another",
    };
    let mut parts = Vec::new();
    for (list, lead) in [(better, "better: "), (worse, "worse: "), (other, "")] {
        if !list.is_empty() {
            parts.push(format!("{lead}{}", list.join(", ")));
        }
    }
    format!("{name}: {word} than {against}; {}", parts.join("; "))
}

/// What to keep in mind.
pub(super) fn notes(span: &Span, against: &str) -> Vec<String> {
    let day = |day: i32| StoreZone::date_of(day).to_string();
    let mut notes = vec![
        format!(
            "the period: {} to {}, {} days; a second purchase is looked for within {} days; intervals are of 95 %, verdicts at a false discovery rate of 5 % over all figures",
            day(span.start()),
            day(span.end - 1),
            span.days,
            span.within
        ),
        format!("a difference from {against} can come from who the customers are as well as from what the shop did"),
        "states at the end (at risk, inactive) are by the thresholds of each store and day".to_owned(),
    ];
    let begins = day(span.history);
    if !span.reaches(1) {
        notes.push(format!("the history begins on {begins} and is shorter than the period; ask for a shorter one with --period"));
    } else if !span.reaches(2) {
        notes.push(format!("the history begins on {begins}: who is new in the period is not known, nor whom the period before held"));
    } else if !span.reaches(3) {
        notes.push(format!(
            "the history begins on {begins}: who was new in the period before is not known, nor whom the one before it held"
        ));
    }
    notes
}

/// What sentences call it.
fn called(measure: Measure) -> &'static str {
    match measure {
        Measure::NewCustomers => "new customers",
        Measure::NewShare => "share of new ones among buyers",
        Measure::FirstPurchase => "first purchase",
        Measure::CostOfNew => "cost of winning one",
        Measure::SecondShare => "share with a second purchase",
        Measure::SecondDays => "days until it",
        Measure::SecondMore => "second purchase less first",
        Measure::Categories => "categories a buyer",
        Measure::RepeatShare => "share of earlier buyers who bought again",
        Measure::KeptShare => "share of earlier new customers who bought again",
        Measure::AtRiskShare => "share at risk",
        Measure::InactiveShare => "share inactive",
    }
}

/// A value for files: money in whole units of the currency.
fn plain(measure: Measure, value: f64) -> f64 {
    if measure.unit() == Unit::Money { value / 10_000.0 } else { value }
}

fn shown(measure: Measure, value: f64, currency: &str) -> String {
    match measure.unit() {
        Unit::Customers if value < 0.0 => format!("-{}", whole(value.abs().round() as u64)),
        Unit::Customers => whole(value.round() as u64),
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::Money => money(Money(value.round() as i64), currency),
        Unit::Days => format!("{value:.1}"),
        Unit::Number => format!("{value:.2}"),
    }
}

fn unit(measure: Measure, currency: &str) -> String {
    match measure.unit() {
        Unit::Customers => "customers".to_owned(),
        Unit::Share => "share".to_owned(),
        Unit::Money => currency.to_owned(),
        Unit::Days => "days".to_owned(),
        Unit::Number => "number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintile_insight::behaviour::Figure;
    use quintile_insight::behaviour::compare::compare;

    fn check(own: &[(Measure, Figure, Figure)], part: Part, expected: &str) {
        let compared = compare(own.iter().map(|(measure, own, other)| (*measure, Some(*own), Some(*other))));
        assert_eq!(sentence(part, &compared, "the 365 days before", "EUR"), expected);
    }

    #[test]
    fn each_part_is_one_sentence() {
        let (many, few) = (Figure::Share { some: 500, of: 1000 }, Figure::Share { some: 300, of: 1000 });
        check(
            &[(Measure::RepeatShare, few, many), (Measure::KeptShare, many, many)],
            Part::Retention,
            "retention: weaker than the 365 days before; worse: share of earlier buyers who bought again 30.0 % against 50.0 %",
        );
        check(
            &[(Measure::NewCustomers, Figure::Count(2000), Figure::Count(1000)), (Measure::NewShare, many, few)],
            Part::Attraction,
            "attraction: stronger than the 365 days before; better: new customers 2,000 against 1,000; share of new ones among buyers 50.0 % against 30.0 %",
        );
        check(&[(Measure::SecondShare, many, many)], Part::Cultivation, "cultivation: no difference from the 365 days before is shown");
        check(&[], Part::Cultivation, "cultivation: not to be said against the 365 days before: one side or the other is not known");
    }
}
