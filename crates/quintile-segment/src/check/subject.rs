//! What is tested: an attribute, a parameter of a function, or a figure of facts.

use super::typed::Aggregate;
use crate::vocabulary::functions::{Function, ParamKind, Parameter};
use crate::vocabulary::{Attribute, Kind, Unit, Values, Vocabulary};

/// What is tested, as far as its test is concerned.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// As it is called in messages.
    pub label: String,
    /// What its values are.
    pub kind: ValueKind,
    /// What its numbers count.
    pub unit: Unit,
    /// Which values there are.
    pub values: Values,
    /// Is it of one fact among several? Then its values are compared with constants and attributes of dates and numbers.
    pub of_fact: bool,
}

/// Kinds of values, as far as tests are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Text,
    Texts {
        by_case: bool,
        /// `=` is allowed as well as `CONTAINS`.
        equal: bool,
    },
    Id,
    Whole,
    Number,
    Date,
    Flag,
    Any,
}

impl Subject {
    pub(crate) fn of_attribute(attribute: &Attribute) -> Subject {
        let kind = match attribute.kind {
            Kind::Text => ValueKind::Text,
            // Shopify documents `companies` as a number here and as a list there.
            Kind::Texts { by_case } => ValueKind::Texts { by_case, equal: attribute.name == "companies" },
            Kind::Whole => ValueKind::Whole,
            Kind::Number | Kind::Amount => ValueKind::Number,
            Kind::Date => ValueKind::Date,
            Kind::Flag => ValueKind::Flag,
            Kind::Any => ValueKind::Any,
        };
        Subject { label: attribute.name.clone(), kind, unit: attribute.unit, values: attribute.values.clone(), of_fact: false }
    }

    pub(crate) fn of_param(function: &Function, param: &Parameter, name: &str, vocabulary: &Vocabulary) -> Subject {
        let kind = match param.kind {
            ParamKind::Id => ValueKind::Id,
            ParamKind::Text | ParamKind::Country => ValueKind::Text,
            ParamKind::Texts => ValueKind::Texts { by_case: false, equal: true },
            ParamKind::Decimal | ParamKind::Amount => ValueKind::Number,
            ParamKind::Whole => ValueKind::Whole,
            ParamKind::Flag => ValueKind::Flag,
            ParamKind::Date => ValueKind::Date,
        };
        let seen = vocabulary.values.get(&format!("{}.{name}", function.name)).cloned();
        let values = match (param.kind, seen) {
            (ParamKind::Country, seen) => Values::Countries(seen.unwrap_or_default()),
            (_, Some(seen)) => Values::Seen(seen),
            (_, None) => Values::Open,
        };
        let unit = if param.kind == ParamKind::Amount { Unit::Money } else { Unit::Plain };
        Subject { label: name.to_owned(), kind, unit, values, of_fact: true }
    }

    pub(crate) fn of_figure(aggregate: Aggregate, name: &str) -> Subject {
        let (kind, unit) = match aggregate {
            Aggregate::Count | Aggregate::CountDays | Aggregate::CountDistinct(_) => (ValueKind::Whole, Unit::Plain),
            Aggregate::Sum(param) | Aggregate::Average(param) | Aggregate::Least(param) | Aggregate::Greatest(param) => {
                (ValueKind::Number, if param.kind == ParamKind::Amount { Unit::Money } else { Unit::Plain })
            }
        };
        Subject { label: name.to_owned(), kind, unit, values: Values::Open, of_fact: false }
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.kind, ValueKind::Texts { .. })
    }

    /// Are letters compared without their case?
    pub(crate) fn any_case(&self) -> bool {
        match self.kind {
            ValueKind::Texts { by_case, .. } => !by_case,
            // The values of such an attribute are words of a list, which sources write in small letters or capitals.
            ValueKind::Text => matches!(self.values, Values::Closed(_)) && !self.of_fact,
            _ => false,
        }
    }

    /// The kind in words.
    pub(crate) fn what(&self) -> &'static str {
        match self.kind {
            ValueKind::Text => "a text",
            ValueKind::Texts { .. } => "a list of texts",
            ValueKind::Id => "an id",
            ValueKind::Whole => "a whole number",
            ValueKind::Number => match self.unit {
                Unit::Money => "an amount",
                Unit::Days => "a number of days",
                Unit::Plain => "a number",
            },
            ValueKind::Date => "a date",
            ValueKind::Flag => "true or false",
            ValueKind::Any => "a value",
        }
    }

    /// An example of a value.
    pub(crate) fn example(&self) -> &'static str {
        match self.kind {
            ValueKind::Text | ValueKind::Texts { .. } | ValueKind::Any => "'text'",
            ValueKind::Id => "1234",
            ValueKind::Whole => "3",
            ValueKind::Number => match self.unit {
                Unit::Days => "30",
                Unit::Money | Unit::Plain => "99.50",
            },
            ValueKind::Date => "-30d` or `2020-05-30",
            ValueKind::Flag => "true",
        }
    }
}
