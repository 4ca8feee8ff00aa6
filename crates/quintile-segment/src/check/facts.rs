//! Functions with their parameters, and sequences of them.

use super::subject::Subject;
use super::typed::{self, Aggregate, Condition, FigureTest, Filter};
use super::{Checker, near_name};
use crate::program::needs;
use crate::reduce::core::{Leaf, Rows};
use crate::syntax::tree::{Call, CompareOp, Named, Param, Span, Step, Term, TermKind, Test};
use crate::vocabulary::Moves;
use crate::vocabulary::functions::{self, FactTable, Function, ParamKind};

/// Where a call stands.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Within {
    /// As a condition of its own.
    Alone,
    /// As the first step of a sequence.
    First,
    /// As a later step of a sequence.
    Later,
}

/// Prefixes of parameters that are figures of another parameter.
const PREFIXES: [&str; 5] = ["sum_", "average_", "min_", "max_", "count_distinct_"];

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &Call, within: Within) -> Option<typed::Facts> {
        let Some(function) = functions::find(&call.name.name) else {
            if self.vocabulary.attribute(&call.name.name).is_some() {
                let name = &call.name.name;
                return self.error(
                    call.name.span,
                    format!("`{name}` is a value and not something customers do; compare it, as in `{name} = ...`"),
                );
            }
            let known = functions::ALL.iter().map(|function| function.name).chain([functions::WITHIN_DISTANCE]);
            let meant = near_name(&call.name.name, known);
            return self.unknown(&call.name, "function", meant, "`quintile segment show` lists the attributes and functions");
        };
        self.note_absent(function, call.name.span);
        let mut facts = typed::Facts { function, filters: Vec::new(), of_last: None, figures: Vec::new() };
        let mut sound = true;
        for param in &call.params {
            sound &= self.param(&mut facts, param, within).is_some();
        }
        if facts.of_last.is_some() && within != Within::Alone {
            return self.error(call.name.span, "`of_last` looks at the last facts of all, and has no place in a sequence");
        }
        sound.then_some(facts)
    }

    pub(super) fn note_absent(&mut self, function: &Function, span: Span) {
        let name = function.name;
        if function.table == FactTable::Nothing {
            self.warn(span, format!("no source says anything of `{name}` yet, so it is taken not to have happened"));
        } else if self.vocabulary.absent.contains(&function.table) {
            self.warn(span, format!("this store has no {} at all, so `{name}` did not happen", function.plural));
        }
    }

    fn param(&mut self, facts: &mut typed::Facts, param: &Param, within: Within) -> Option<()> {
        let function = facts.function;
        let name = param.name.name.as_str();
        let span = param.name.span;
        if name == "of_last" {
            facts.of_last = Some(self.of_last(&param.test, span)?);
            return Some(());
        }
        if let Some(known) = function.param(name) {
            if known.field == functions::Field::Nowhere {
                self.warn(span, format!("no source says `{name}` of {}, so no fact has one", function.plural));
            }
            let subject = Subject::of_param(function, &known, name, self.vocabulary);
            let test = self.test(&subject, &param.test, span)?;
            if let typed::Test::Number(_, term) | typed::Test::NumberBetween { low: term, .. } = &test
                && known.field == functions::Field::Nth
                && let typed::NumberTerm::Literal(number) = term
                && number.digits < 1
            {
                self.warn(span, "`nth` counts from 1, the first order".to_owned());
            }
            facts.filters.push(Filter { param: known, name: name.to_owned(), test });
            return Some(());
        }
        let aggregate = self.aggregate(function, name, span)?;
        if within == Within::Later {
            return self.error(
                span,
                format!("a later step of a sequence is one fact; `{name}` speaks of several, and can stand in the first step"),
            );
        }
        let test = self.test(&Subject::of_figure(aggregate, name), &param.test, span)?;
        facts.figures.push(FigureTest { aggregate, test });
        Some(())
    }

    fn of_last(&mut self, test: &Test, span: Span) -> Option<u32> {
        let count = match test {
            Test::Compare(CompareOp::Equal, Term { kind: TermKind::Number(number), .. }) => {
                number.as_whole().and_then(|count| u32::try_from(count).ok()).filter(|count| (1..=1_000_000).contains(count))
            }
            _ => None,
        };
        match count {
            Some(count) => Some(count),
            None => self.error(span, "`of_last` is a number of facts, such as `of_last = 6`"),
        }
    }

    fn aggregate(&mut self, function: &'static Function, name: &str, span: Span) -> Option<Aggregate> {
        match name {
            "count" => return Some(Aggregate::Count),
            "count_distinct" => {
                return match function.distinct {
                    Some("day") => Some(Aggregate::CountDays),
                    Some(of) => function.param(of).map(Aggregate::CountDistinct),
                    None => self.error(span, format!("there is nothing to tell {} apart by", function.plural)),
                };
            }
            "count_distinct_day" => return Some(Aggregate::CountDays),
            _ => {}
        }
        for prefix in PREFIXES {
            let Some(of) = name.strip_prefix(prefix) else { continue };
            let Some(param) = function.param(of) else { continue };
            let number = matches!(param.kind, ParamKind::Decimal | ParamKind::Amount | ParamKind::Whole);
            return match prefix {
                "count_distinct_" if param.kind != ParamKind::Date => Some(Aggregate::CountDistinct(param)),
                "sum_" if number => Some(Aggregate::Sum(param)),
                "average_" if number => Some(Aggregate::Average(param)),
                "min_" if number => Some(Aggregate::Least(param)),
                "max_" if number => Some(Aggregate::Greatest(param)),
                _ => self.error(span, format!("`{of}` is no number, and has no `{name}`")),
            };
        }
        let numbers = || function.params.iter().filter(|param| matches!(param.kind, ParamKind::Decimal | ParamKind::Amount));
        let figures: Vec<String> = numbers().flat_map(|param| [format!("sum_{}", param.name), format!("average_{}", param.name)]).collect();
        let fixed = ["count", "count_distinct", "of_last"];
        let known = function.params.iter().map(|param| param.name).chain(fixed).chain(figures.iter().map(String::as_str));
        let meant = match name {
            "product_id" | "variant_id" | "product" => Some("id").filter(|id| function.param(id).is_some()).map(str::to_owned),
            "total" | "price" | "value" => ["amount", "value"].iter().find(|of| function.param(of).is_some()).map(|of| (*of).to_owned()),
            _ => near_name(name, known.clone()),
        };
        let cut: String = name.chars().take(60).collect();
        let message = match &meant {
            Some(meant) => format!("`{cut}` is no parameter of `{}`, did you mean `{meant}`?", function.name),
            None => {
                let known = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                format!("`{cut}` is no parameter of `{}`; there is {known}", function.name)
            }
        };
        self.error(span, message)
    }

    /// The figure of a trait, and the facts it is of.
    pub(super) fn figure(&mut self, call: &Call, figure: &Named) -> Option<(Rows, Aggregate)> {
        let facts = self.call(call, Within::Alone)?;
        if let Some(other) = facts.figures.first() {
            let written = call.params.iter().find(|param| facts.function.param(&param.name.name).is_none() && param.name.name != "of_last");
            let span = written.map_or(call.name.span, |param| param.name.span);
            let name = written.map_or_else(|| format!("{:?}", other.aggregate), |param| param.name.name.clone());
            return self.error(
                span,
                format!("`{name}` is a figure, and a trait is one; what follows it says which facts, such as `date >= -90d`"),
            );
        }
        let aggregate = self.aggregate(facts.function, &figure.name, figure.span)?;
        let rows = crate::reduce::rows(&facts);
        let leaf = Leaf::FigureKnown { rows: rows.clone(), aggregate };
        let of_store = !needs::statistics(std::slice::from_ref(&leaf)).is_empty();
        let late = needs::columns(std::slice::from_ref(&leaf)).into_iter().find(|name| {
            name.starts_with(crate::traits::PREFIX) || self.vocabulary.attribute(name).is_some_and(|of| of.moves == Moves::Daily)
        });
        match (of_store, late) {
            (false, None) => Some((rows, aggregate)),
            (true, _) => self.error(call.name.span, "facts are told before figures of the store are known; compare with a value"),
            (_, Some(late)) => self
                .error(call.name.span, format!("facts are told before `{late}` is known; compare with a value, or with another attribute")),
        }
    }

    pub(super) fn sequence(&mut self, first: &Call, steps: &[Step], span: Span) -> Option<Condition> {
        let first = self.call(first, Within::First);
        let mut checked = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            if step.negated && number + 1 < steps.len() {
                return self
                    .error(step.call.name.span, "`THEN NO ...` ends a sequence; write what comes after it as a condition of its own");
            }
            let facts = self.call(&step.call, Within::Later);
            checked.push(facts.map(|facts| typed::Step { negated: step.negated, facts, within: step.within }));
        }
        Some(Condition::Sequence { first: first?, steps: checked.into_iter().collect::<Option<_>>()?, span })
    }

    /// `customer_within_distance MATCHES (coordinates = (49.28, -123.12), distance_km = 25)`
    pub(super) fn near(&mut self, call: &Call, negated: bool, span: Span) -> Option<Condition> {
        let (mut place, mut kilometres) = (None, None);
        for param in &call.params {
            let (name, span) = (param.name.name.as_str(), param.name.span);
            let Test::Compare(op, term) = &param.test else {
                return self.error(span, format!("`{name}` is compared with `=`"));
            };
            let term = self.put_in(term)?;
            match (name, &term.kind) {
                ("coordinates", TermKind::Point(latitude, longitude)) => place = Some((latitude.as_f64(), longitude.as_f64(), term.span)),
                ("coordinates", TermKind::Text(text)) => {
                    let number = |text: &str| crate::syntax::decimal::Decimal::parse(text.trim()).map(|number| number.as_f64());
                    place = text.split_once(',').and_then(|(a, b)| Some((number(a)?, number(b)?, term.span)));
                    if place.is_none() {
                        return self.error(term.span, "a place is latitude and longitude: `(49.2827, -123.1207)`");
                    }
                }
                ("distance_km" | "distance_mi", TermKind::Number(number))
                    if matches!(op, CompareOp::Equal | CompareOp::Less | CompareOp::LessOrEqual) =>
                {
                    const KILOMETRES_OF_A_MILE: f64 = 1.609_344;
                    kilometres = Some(number.as_f64() * if name == "distance_mi" { KILOMETRES_OF_A_MILE } else { 1.0 });
                }
                ("coordinates" | "distance_km" | "distance_mi", _) => {
                    return self.error(term.span, "write `coordinates = (49.2827, -123.1207), distance_km = 25`");
                }
                _ => {
                    return self.error(
                        span,
                        format!(
                            "`{name}` is no parameter of `{}`; there is `coordinates`, `distance_km`, `distance_mi`",
                            functions::WITHIN_DISTANCE
                        ),
                    );
                }
            }
        }
        let (Some((latitude, longitude, place)), Some(kilometres)) = (place, kilometres) else {
            return self
                .error(call.name.span, "a distance needs a place and a length: `coordinates = (49.2827, -123.1207), distance_km = 25`");
        };
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return self.error(place, "latitudes lie between -90 and 90, longitudes between -180 and 180");
        }
        if self.vocabulary.attribute("latitude").is_none() || self.vocabulary.attribute("longitude").is_none() {
            self.warn(call.name.span, "this store does not know where its customers live, so nobody is near");
        }
        Some(Condition::Near { latitude, longitude, kilometres, negated, span })
    }
}
