//! A tree as a definition.

use super::{ATTRIBUTES, FILTERS, METRICS, UNITS};
use crate::syntax::decimal::Decimal;
use crate::syntax::tree::*;
use serde_json::{Value, json};

/// The definition of a tree, or all that Klaviyo cannot say of it.
pub fn to_klaviyo(tree: &Tree) -> Result<Value, Vec<String>> {
    let groups: Vec<&Expr> = match &tree.root.kind {
        ExprKind::And(list) => list.iter().collect(),
        _ => vec![&tree.root],
    };
    let mut unsaid = Vec::new();
    let mut all = Vec::new();
    for group in groups {
        let conditions: Vec<&Expr> = match &group.kind {
            ExprKind::Or(list) => list.iter().collect(),
            _ => vec![group],
        };
        let mut any = Vec::new();
        for expr in conditions {
            match condition(expr, false) {
                Ok(value) => any.push(value),
                Err(why) => unsaid.push(format!("`{expr}`: {why}")),
            }
        }
        all.push(json!({"conditions": any}));
    }
    if unsaid.is_empty() { Ok(json!({"condition_groups": all})) } else { Err(unsaid) }
}

type Said = Result<Value, String>;

fn condition(expr: &Expr, negated: bool) -> Said {
    match &expr.kind {
        ExprKind::And(_) | ExprKind::Or(_) => Err("conditions cannot be nested deeper than groups of OR joined by AND".to_owned()),
        ExprKind::Not(inner) => condition(inner, !negated),
        ExprKind::Segment(name) => Ok(json!({"type": "profile-group-membership", "is_member": !negated, "group_ids": [name.name]})),
        ExprKind::Did { call, negated: never } => did(call, *never != negated),
        ExprKind::Test { .. } if negated => Err("there is no NOT before a condition".to_owned()),
        ExprKind::Test { subject: Subject::Attribute(name), test } => attribute(&name.name, test),
        ExprKind::Test { subject: Subject::Anniversary(name), test } => anniversary(&name.name, test),
        ExprKind::Sequence { first, steps } if !negated => sequence(first, steps),
        ExprKind::Sequence { .. } => Err("there is no NOT before a sequence".to_owned()),
        ExprKind::Broken => Err("it could not be read".to_owned()),
    }
}

fn attribute(name: &str, test: &Test) -> Said {
    if let Some(channel) = name.strip_suffix("_subscription_status") {
        return consent(channel, test);
    }
    if name == "country"
        && let Test::In { negated, list } = test
    {
        let us = list.len() == 1 && list[0].kind == TermKind::Text("US".to_owned());
        if us || list.len() == 27 {
            return Ok(
                json!({"type": "profile-region", "in_region": !negated, "region": if us { "united_states" } else { "european_union" }}),
            );
        }
    }
    if name == "customer_email_domain"
        && let Test::Compare(CompareOp::Equal, Term { kind: TermKind::Text(domain), .. }) = test
    {
        let filter = json!({"type": "string", "operator": "ends-with", "value": format!("@{domain}")});
        return Ok(json!({"type": "profile-property", "property": "email", "filter": filter}));
    }
    let filter = value_filter(test)?;
    if let Some(custom) = name.strip_prefix("trait.") {
        return Ok(json!({"type": "profile-property", "property": format!("properties['{custom}']"), "filter": filter}));
    }
    match ATTRIBUTES.iter().find(|(_, ours)| *ours == name) {
        Some((theirs, _)) if theirs.starts_with("location") => {
            Ok(json!({"type": "profile-property", "property": theirs, "filter": filter}))
        }
        Some((theirs, _)) => Ok(json!({"type": "profile-predictive-analytics", "dimension": theirs, "filter": filter})),
        None => Err(format!("Klaviyo knows no `{name}`")),
    }
}

fn consent(channel: &str, test: &Test) -> Said {
    let said = |can: bool, subscription: &str| {
        let consent = json!({"channel": channel, "can_receive_marketing": can, "consent_status": {"subscription": subscription}});
        Ok(json!({"type": "profile-marketing-consent", "consent": consent}))
    };
    match test {
        Test::Compare(op, Term { kind: TermKind::Text(value), .. }) => match (op, value.as_str()) {
            (CompareOp::Equal, "SUBSCRIBED") => said(true, "subscribed"),
            (CompareOp::NotEqual, "SUBSCRIBED") => said(false, "any"),
            (CompareOp::Equal, "UNSUBSCRIBED") => said(false, "unsubscribed"),
            (CompareOp::Equal, "NOT_SUBSCRIBED") => said(false, "never_subscribed"),
            _ => Err(format!("consent is subscribed, unsubscribed or never_subscribed, not `{value}`")),
        },
        _ => Err("consent is compared with `=`".to_owned()),
    }
}

fn anniversary(name: &str, test: &Test) -> Said {
    let property = match name.strip_prefix("trait.").or_else(|| name.strip_prefix("metafields.")) {
        Some(custom) => format!("properties['{custom}']"),
        None => return Err(format!("Klaviyo knows no date `{name}`")),
    };
    let filter = match test {
        Test::Compare(CompareOp::Equal, Term { kind: TermKind::Today, .. }) => json!({"type": "date", "operator": "anniversary"}),
        Test::Between {
            negated: false,
            low: Term { kind: TermKind::Today, .. },
            high: Term { kind: TermKind::Offset { back: false, length }, .. },
        } => {
            let (unit, quantity) = units(*length)?;
            json!({"type": "date", "operator": "anniversary-next", "unit": unit, "quantity": quantity})
        }
        Test::Between {
            negated: false,
            low: Term { kind: TermKind::Offset { back: true, length }, .. },
            high: Term { kind: TermKind::Today, .. },
        } => {
            let (unit, quantity) = units(*length)?;
            json!({"type": "date", "operator": "anniversary-last", "unit": unit, "quantity": quantity})
        }
        _ => return Err("an anniversary is today, or in the next or last days".to_owned()),
    };
    Ok(json!({"type": "profile-property", "property": property, "filter": filter}))
}

fn metric(name: &str) -> Result<&'static str, String> {
    let found = METRICS.iter().find(|(_, ours)| *ours == name);
    found.map(|(theirs, _)| *theirs).ok_or_else(|| format!("Klaviyo knows no `{name}`"))
}

fn did(call: &Call, never: bool) -> Said {
    let (id, filters, frame, figure) = parts(call)?;
    let (measurement, filter) = match (figure, never) {
        (None, true) => ("count", json!({"type": "numeric", "operator": "equals", "value": 0})),
        (None, false) => ("count", json!({"type": "numeric", "operator": "greater-than-or-equal", "value": 1})),
        (Some(_), true) => return Err("there is no NOT before a count".to_owned()),
        (Some((measurement, filter)), false) => (measurement, filter),
    };
    let mut value = json!({
        "type": "profile-metric", "metric_id": id, "measurement": measurement, "measurement_filter": filter,
        "timeframe_filter": frame.unwrap_or_else(|| json!({"type": "date", "operator": "alltime"})),
    });
    if !filters.is_empty() {
        value["metric_filters"] = Value::from(filters);
    }
    Ok(value)
}

type Parts = (String, Vec<Value>, Option<Value>, Option<(&'static str, Value)>);

/// The metric of a call, its filters, its time frame, and what is measured.
fn parts(call: &Call) -> Result<Parts, String> {
    let mut id = None;
    let (mut filters, mut frame, mut figure) = (Vec::new(), None, None);
    for param in &call.params {
        match param.name.name.as_str() {
            "date" => frame = Some(time_frame(&param.test)?),
            "count" | "sum_amount" if figure.is_some() => return Err("one thing can be measured at a time".to_owned()),
            "count" => figure = Some(("count", numeric(&param.test, false)?)),
            "sum_amount" => figure = Some(("sum", numeric(&param.test, false)?)),
            "name" if call.name.name == "events" => match &param.test {
                Test::Compare(CompareOp::Equal, Term { kind: TermKind::Text(name), .. }) => id = Some(name.clone()),
                _ => return Err("a metric is one event".to_owned()),
            },
            name => {
                let theirs = match name.strip_prefix("properties.") {
                    Some(property) => property.to_owned(),
                    None => match FILTERS.iter().find(|(_, ours)| *ours == name) {
                        Some((theirs, _)) => (*theirs).to_owned(),
                        None => return Err(format!("Klaviyo cannot filter by `{name}`")),
                    },
                };
                let mut filter = value_filter(&param.test)?;
                // What is bought is a list there.
                if theirs == "Items" && filter["operator"] == "in" {
                    filter = json!({"type": "list", "operator": "contains-any", "value": filter["value"]});
                }
                filters.push(json!({"property": theirs, "filter": filter}));
            }
        }
    }
    let id = match id {
        Some(id) => id,
        None => metric(&call.name.name)?.to_owned(),
    };
    Ok((id, filters, frame, figure))
}

fn sequence(first: &Call, steps: &[Step]) -> Said {
    let (id, filters, frame, figure) = parts(first)?;
    if figure.is_some() {
        return Err("a step of a funnel is one fact".to_owned());
    }
    let step = |exists: bool, id: String, filters: Vec<Value>| {
        let mut value = json!({"metric_exists": exists, "metric_id": id});
        if !filters.is_empty() {
            value["metric_filters"] = Value::from(filters);
        }
        value
    };
    let mut list = vec![step(true, id, filters)];
    let mut window = None;
    for (number, later) in steps.iter().enumerate() {
        let (id, filters, frame, figure) = parts(&later.call)?;
        if frame.is_some() || figure.is_some() {
            return Err("a later step of a funnel has no time frame and no count of its own".to_owned());
        }
        if number > 0 && later.within != window {
            return Err("a funnel has one window for all steps".to_owned());
        }
        window = later.within;
        list.push(step(!later.negated, id, filters));
    }
    let mut value = json!({"type": "profile-metric-funnel", "steps": list});
    match frame {
        Some(frame) => value["timeframe_filter"] = frame,
        None => return Err("a funnel has a time frame; give its first step a `date`".to_owned()),
    }
    if let Some(length) = window {
        let name = match length.to_string().as_str() {
            "1d" => "DAYS_1",
            "3d" => "DAYS_3",
            "5d" => "DAYS_5",
            "1w" | "7d" => "WEEKS_1",
            "30d" => "DAYS_30",
            "90d" => "DAYS_90",
            "180d" => "DAYS_180",
            "1y" | "365d" => "YEARS_1",
            other => return Err(format!("a funnel has no window of {other}")),
        };
        value["completion_window_seconds"] = json!(name);
    }
    Ok(value)
}

fn units(length: Length) -> Result<(&'static str, u32), String> {
    let found = UNITS.iter().find(|(_, letter)| *letter == length.unit.letter());
    found.map(|(unit, _)| (*unit, length.count)).ok_or_else(|| format!("time is told in days and weeks there; {length} is neither"))
}

fn time_frame(test: &Test) -> Said {
    let date = |operator: &str, day: &jiff::civil::Date| json!({"type": "date", "operator": operator, "date": format!("{day}T00:00:00Z")});
    match test {
        Test::Compare(CompareOp::GreaterOrEqual, Term { kind: TermKind::Offset { back: true, length }, .. }) => {
            let (unit, quantity) = units(*length)?;
            Ok(json!({"type": "date", "operator": "in-the-last", "unit": unit, "quantity": quantity}))
        }
        Test::Compare(CompareOp::LessOrEqual, Term { kind: TermKind::Offset { back: true, length }, .. }) => {
            let (unit, quantity) = units(*length)?;
            Ok(json!({"type": "date", "operator": "at-least", "unit": unit, "quantity": quantity}))
        }
        Test::Compare(CompareOp::Less, Term { kind: TermKind::Date(day), .. }) => Ok(date("before", day)),
        Test::Compare(CompareOp::Greater, Term { kind: TermKind::Date(day), .. }) => Ok(date("after", day)),
        Test::Between { negated: false, low: Term { kind: TermKind::Date(low), .. }, high: Term { kind: TermKind::Date(high), .. } } => Ok(
            json!({"type": "date", "operator": "between-static", "start": format!("{low}T00:00:00Z"), "end": format!("{high}T00:00:00Z")}),
        ),
        Test::Between {
            negated: false,
            low: Term { kind: TermKind::Offset { back: true, length: low }, .. },
            high: Term { kind: TermKind::Offset { back: true, length: high }, .. },
        } => {
            let ((unit, end), (other, start)) = (units(*low)?, units(*high)?);
            match unit == other {
                true => Ok(json!({"type": "date", "operator": "between", "start": start, "end": end, "unit": unit})),
                false => Err("both ends of a time frame have one unit".to_owned()),
            }
        }
        _ => Err(format!("the time frame `date {test}` cannot be said")),
    }
}

fn number(value: Decimal) -> Value {
    value.to_string().parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}

fn numeric(test: &Test, ranges: bool) -> Said {
    match test {
        Test::Compare(op, Term { kind: TermKind::Number(value), .. }) => {
            let operator = match op {
                CompareOp::Equal => "equals",
                CompareOp::NotEqual => "not-equals",
                CompareOp::Less => "less-than",
                CompareOp::LessOrEqual => "less-than-or-equal",
                CompareOp::Greater => "greater-than",
                CompareOp::GreaterOrEqual => "greater-than-or-equal",
            };
            Ok(json!({"type": "numeric", "operator": operator, "value": number(*value)}))
        }
        Test::Between {
            negated: false,
            low: Term { kind: TermKind::Number(low), .. },
            high: Term { kind: TermKind::Number(high), .. },
        } if ranges => Ok(json!({"type": "numeric", "operator": "between", "start": number(*low), "end": number(*high)})),
        _ => Err("numbers are compared with a number as written".to_owned()),
    }
}

fn value_filter(test: &Test) -> Said {
    let string = |operator: &str, value: &Value| Ok(json!({"type": "string", "operator": operator, "value": value}));
    match test {
        Test::Null { negated } => Ok(json!({"type": "existence", "operator": if *negated { "is-set" } else { "not-set" }})),
        Test::Compare(op @ (CompareOp::Equal | CompareOp::NotEqual), Term { kind: TermKind::Text(text), .. }) => {
            string(if *op == CompareOp::Equal { "equals" } else { "not-equals" }, &json!(text))
        }
        Test::Compare(CompareOp::Equal, Term { kind: TermKind::Flag(flag), .. }) => {
            Ok(json!({"type": "boolean", "operator": "equals", "value": flag}))
        }
        Test::Compare(_, Term { kind: TermKind::Number(_), .. }) => numeric(test, true),
        Test::Compare(_, Term { kind: TermKind::Offset { .. } | TermKind::Date(_) | TermKind::Today | TermKind::Yesterday, .. }) => {
            time_frame(test)
        }
        Test::Compare(..) => Err("values are compared with a number, text or date as written".to_owned()),
        Test::Between { low: Term { kind: TermKind::Number(_), .. }, .. } => numeric(test, true),
        Test::Between { .. } => time_frame(test),
        Test::In { negated, list } => {
            let text = |term: &Term| match &term.kind {
                TermKind::Text(text) => Some(json!(text)),
                _ => None,
            };
            let values: Option<Vec<Value>> = list.iter().map(text).collect();
            match values {
                Some(values) => string(if *negated { "not-in" } else { "in" }, &Value::from(values)),
                None => Err("lists are of texts".to_owned()),
            }
        }
        Test::Text { negated, how, term: Term { kind: TermKind::Text(text), .. } } => {
            let operator = match (how, negated) {
                (TextOp::Contains, false) => "contains",
                (TextOp::Contains, true) => "not-contains",
                (TextOp::StartsWith, false) => "starts-with",
                (TextOp::StartsWith, true) => "not-starts-with",
                (TextOp::EndsWith, false) => "ends-with",
                (TextOp::EndsWith, true) => "not-ends-with",
                (TextOp::Regex, false) => "regex",
                (TextOp::Regex, true) => "nregex",
            };
            string(operator, &json!(text))
        }
        Test::Text { .. } => Err("a part is a text as written".to_owned()),
    }
}
