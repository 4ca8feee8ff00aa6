//! A definition as a tree.

use super::{ATTRIBUTES, FILTERS, METRICS, UNITS};
use crate::syntax::parse;
use crate::syntax::print::Quoted;
use crate::syntax::tree::Tree;
use serde_json::Value;

/// A definition that was read.
#[derive(Debug, Clone)]
pub struct Read {
    /// The same as a tree.
    pub tree: Tree,
    /// What could only be read nearly.
    pub notes: Vec<String>,
}

/// The tree of a definition, or of a whole segment with one in it. On failure, what cannot be read and where.
pub fn from_klaviyo(value: &Value) -> Result<Read, Vec<String>> {
    let definition = ["/data/attributes/definition", "/attributes/definition", "/definition"]
        .iter()
        .find_map(|path| value.pointer(path))
        .unwrap_or(value);
    let Some(groups) = definition.get("condition_groups").and_then(Value::as_array).filter(|groups| !groups.is_empty()) else {
        return Err(vec!["there are no `condition_groups`".to_owned()]);
    };
    let mut reader = Reader::default();
    let mut all = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let conditions = group.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut any = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            reader.path = format!("condition_groups[{number}].conditions[{at}]");
            match reader.condition(condition) {
                Ok(text) => any.push(text),
                Err(why) => reader.unread.push(format!("{}: {why}", reader.path)),
            }
        }
        if conditions.is_empty() {
            reader.unread.push(format!("condition_groups[{number}]: there are no `conditions`"));
        }
        all.push(if any.len() == 1 { any.swap_remove(0) } else { format!("({})", any.join(" OR ")) });
    }
    if !reader.unread.is_empty() {
        return Err(reader.unread);
    }
    let parsed = parse(&all.join(" AND "));
    match parsed.is_sound() {
        true => Ok(Read { tree: parsed.tree, notes: reader.notes }),
        false => Err(parsed.problems.into_iter().map(|problem| problem.message).collect()),
    }
}

#[derive(Default)]
struct Reader {
    path: String,
    notes: Vec<String>,
    unread: Vec<String>,
}

type Text = Result<String, String>;

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, String> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| format!("`{name}` is missing"))
}

fn known<'a>(table: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
}

impl Reader {
    fn condition(&mut self, condition: &Value) -> Text {
        match text(condition, "type")? {
            "profile-metric" => self.metric(condition),
            "profile-property" => self.property(condition),
            "profile-predictive-analytics" => self.predictive(condition),
            "profile-marketing-consent" => self.consent(condition),
            "profile-metric-funnel" => self.funnel(condition),
            "profile-group-membership" => self.membership(condition),
            "profile-region" => self.region(condition),
            "profile-postal-code-distance" => {
                Err("distances are from a postal code, and this store knows places by latitude and longitude".to_owned())
            }
            "profile-permissions" => Err("WhatsApp permissions are not kept".to_owned()),
            "profile-has-custom-object" => Err("custom objects are not kept".to_owned()),
            other => Err(format!("conditions of type `{other}` are not known")),
        }
    }

    fn metric(&mut self, condition: &Value) -> Text {
        let mut params = self.metric_params(condition)?;
        let filter = condition.get("measurement_filter").ok_or("`measurement_filter` is missing")?;
        let test = number_test(filter)?;
        let function = self.function(condition)?;
        match text(condition, "measurement")? {
            "count" if test == ">= 1" => {}
            "count" if test == "= 0" => return Ok(format!("{function} NOT MATCHES ({})", params.join(", "))),
            "count" => params.push(format!("count {test}")),
            "sum" => params.push(format!("sum_amount {test}")),
            other => return Err(format!("`{other}` is no measurement")),
        }
        Ok(format!("{function} MATCHES ({})", params.join(", ")))
    }

    fn function(&mut self, condition: &Value) -> Text {
        let id = text(condition, "metric_id")?;
        match known(&METRICS, id) {
            Some(function) => Ok(function.to_owned()),
            None => {
                let plain = !id.is_empty() && id.chars().all(|c| !c.is_control());
                if !plain {
                    return Err("`metric_id` is empty".to_owned());
                }
                self.notes.push(format!("{}: the metric `{id}` is read as events of that name", self.path));
                Ok("events".to_owned())
            }
        }
    }

    fn metric_params(&mut self, condition: &Value) -> Result<Vec<String>, String> {
        let mut params = Vec::new();
        let id = text(condition, "metric_id")?;
        if known(&METRICS, id).is_none() {
            params.push(format!("name = {}", Quoted(id)));
        }
        for filter in condition.get("metric_filters").and_then(Value::as_array).into_iter().flatten() {
            let property = text(filter, "property")?;
            let name = match known(&FILTERS, property) {
                Some(name) => name.to_owned(),
                None if property.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => format!("properties.{property}"),
                None => return Err(format!("the property `{property}` has no name here")),
            };
            let test = value_test(filter.get("filter").ok_or("`filter` is missing")?)?;
            params.push(format!("{name} {test}"));
        }
        if let Some(frame) = condition.get("timeframe_filter").filter(|frame| !frame.is_null())
            && let Some(test) = self.frame(frame)?
        {
            params.push(format!("date {test}"));
        }
        Ok(params)
    }

    /// A time frame as a test of a date; `None` for all time.
    fn frame(&mut self, frame: &Value) -> Result<Option<String>, String> {
        let operator = text(frame, "operator")?;
        let offset = |name: &str, sign: &str| -> Text {
            let number = frame.get(name).and_then(Value::as_u64).ok_or_else(|| format!("`{name}` is missing"))?;
            let unit = text(frame, "unit")?;
            match UNITS.iter().find(|(theirs, _)| *theirs == unit) {
                Some((_, letter)) => Ok(format!("{sign}{number}{letter}")),
                None => Err(format!("time is told in days and weeks here, not in units of `{unit}`")),
            }
        };
        let date = |name: &str| -> Text {
            let text = text(frame, name)?;
            let day = text.get(..10).filter(|day| day.parse::<jiff::civil::Date>().is_ok());
            day.map(str::to_owned).ok_or_else(|| format!("`{text}` is no date"))
        };
        Ok(Some(match operator {
            "alltime" => return Ok(None),
            "in-the-last" => format!(">= {}", offset("quantity", "-")?),
            "at-least" => format!("<= {}", offset("quantity", "-")?),
            "in-the-next" => format!("BETWEEN today AND {}", offset("quantity", "+")?),
            "between" => format!("BETWEEN {} AND {}", offset("end", "-")?, offset("start", "-")?),
            "before" => format!("< {}", date("date")?),
            "after" => format!("> {}", date("date")?),
            "between-static" => format!("BETWEEN {} AND {}", date("start")?, date("end")?),
            "is-set" => "IS NOT NULL".to_owned(),
            "not-set" => "IS NULL".to_owned(),
            other => return Err(format!("the time frame `{other}` cannot be said")),
        }))
    }

    fn property(&mut self, condition: &Value) -> Text {
        let property = text(condition, "property")?;
        let filter = condition.get("filter").ok_or("`filter` is missing")?;
        if property == "email" && text(filter, "operator")? == "ends-with" {
            let value = text(filter, "value")?;
            return match value.strip_prefix('@') {
                Some(domain) => Ok(format!("customer_email_domain = {}", Quoted(&domain.to_lowercase()))),
                None => Ok(format!("customer_email_domain ENDS WITH {}", Quoted(&value.to_lowercase()))),
            };
        }
        let custom = property.strip_prefix("properties['").and_then(|rest| rest.strip_suffix("']"));
        let name = match (known(&ATTRIBUTES, property), custom) {
            (Some(name), _) => name.to_owned(),
            (None, Some(custom)) => {
                let name: String = custom.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                if name != custom {
                    self.notes.push(format!("{}: `{custom}` is read as the trait `trait.{name}`", self.path));
                }
                format!("trait.{name}")
            }
            (None, None) if matches!(property, "email" | "first_name" | "last_name") => property.to_owned(),
            (None, None) => return Err(format!("the property `{property}` is not kept")),
        };
        self.tested(&name, filter)
    }

    fn tested(&mut self, name: &str, filter: &Value) -> Text {
        if text(filter, "type")? == "date" {
            let operator = text(filter, "operator")?;
            return match operator {
                "anniversary" => Ok(format!("anniversary('{name}') = today")),
                "anniversary-next" | "anniversary-last" => {
                    let number = filter.get("quantity").and_then(Value::as_u64).ok_or("`quantity` is missing")?;
                    let unit = UNITS.iter().find(|(theirs, _)| Some(*theirs) == filter.get("unit").and_then(Value::as_str));
                    let (_, letter) = unit.ok_or("time is told in days and weeks here")?;
                    Ok(match operator {
                        "anniversary-next" => format!("anniversary('{name}') BETWEEN today AND +{number}{letter}"),
                        _ => format!("anniversary('{name}') BETWEEN -{number}{letter} AND today"),
                    })
                }
                _ => match self.frame(filter)? {
                    Some(test) => Ok(format!("{name} {test}")),
                    None => Ok(format!("{name} IS NOT NULL")),
                },
            };
        }
        Ok(format!("{name} {}", value_test(filter)?))
    }

    fn predictive(&mut self, condition: &Value) -> Text {
        let dimension = text(condition, "dimension")?;
        let filter = condition.get("filter").ok_or("`filter` is missing")?;
        if dimension == "predicted_gender" {
            let value = text(filter, "value")?;
            self.notes.push(format!("{}: a predicted gender is read as the gender that is known", self.path));
            let gender = value.trim_start_matches("likely_");
            let op = if text(filter, "operator")? == "equals" { "=" } else { "!=" };
            return Ok(format!("gender {op} {}", Quoted(gender)));
        }
        match known(&ATTRIBUTES, dimension) {
            Some(name) => self.tested(name, filter),
            None => Err(format!("the prediction `{dimension}` is not kept")),
        }
    }

    fn consent(&mut self, condition: &Value) -> Text {
        let consent = condition.get("consent").ok_or("`consent` is missing")?;
        let channel = text(consent, "channel")?;
        if !["email", "sms", "push"].contains(&channel) {
            return Err(format!("consent to `{channel}` is not kept"));
        }
        let name = format!("{channel}_subscription_status");
        let status = consent.get("consent_status").ok_or("`consent_status` is missing")?;
        if status.get("filters").and_then(Value::as_array).is_some_and(|filters| !filters.is_empty()) {
            return Err("how and when consent was given cannot be asked of a profile".to_owned());
        }
        let can = consent.get("can_receive_marketing").and_then(Value::as_bool).ok_or("`can_receive_marketing` is missing")?;
        let subscription = text(status, "subscription")?;
        if can && subscription == "any" && channel == "email" {
            self.notes.push(format!("{}: who can receive marketing is read as who is subscribed", self.path));
        }
        Ok(match (can, subscription) {
            (true, "any" | "subscribed") => format!("{name} = 'SUBSCRIBED'"),
            (false, "any") => format!("{name} != 'SUBSCRIBED'"),
            (false, "unsubscribed") => format!("{name} = 'UNSUBSCRIBED'"),
            (false, "never_subscribed") => format!("{name} = 'NOT_SUBSCRIBED'"),
            (can, other) => return Err(format!("nobody is `{other}` and {} receive marketing", if can { "can" } else { "cannot" })),
        })
    }

    fn funnel(&mut self, condition: &Value) -> Text {
        let steps = condition.get("steps").and_then(Value::as_array).ok_or("`steps` is missing")?;
        let within = match condition.get("completion_window_seconds").and_then(Value::as_str) {
            None => None,
            Some("DAYS_1") => Some("1d"),
            Some("DAYS_3") => Some("3d"),
            Some("DAYS_5") => Some("5d"),
            Some("WEEKS_1") => Some("1w"),
            Some("DAYS_30") => Some("30d"),
            Some("DAYS_90") => Some("90d"),
            Some("DAYS_180") => Some("180d"),
            Some("YEARS_1") => Some("1y"),
            Some(other) => return Err(format!("windows are told in days here, not as `{other}`")),
        };
        if steps.len() > 2 && within.is_some() {
            self.notes.push(format!("{}: the window of the whole is read as that of each step", self.path));
        }
        let mut text = String::new();
        for (number, step) in steps.iter().enumerate() {
            let exists = step.get("metric_exists").and_then(Value::as_bool).unwrap_or(true);
            let mut params = self.metric_params(step)?;
            if number == 0 {
                if !exists {
                    return Err("a sequence begins with something that happened".to_owned());
                }
                if let Some(test) = condition.get("timeframe_filter").map(|frame| self.frame(frame)).transpose()?.flatten() {
                    params.push(format!("date {test}"));
                }
            } else {
                text.push_str(if exists { " THEN " } else { " THEN NO " });
            }
            let function = self.function(step)?;
            text.push_str(&format!("{function} MATCHES ({})", params.join(", ")));
            if let Some(within) = within.filter(|_| number > 0) {
                text.push_str(&format!(" WITHIN {within}"));
            }
        }
        if steps.len() < 2 { Err("a sequence has two steps or more".to_owned()) } else { Ok(text) }
    }

    fn membership(&mut self, condition: &Value) -> Text {
        let groups = condition.get("group_ids").and_then(Value::as_array).ok_or("`group_ids` is missing")?;
        if condition
            .get("timeframe_filter")
            .is_some_and(|frame| !frame.is_null() && frame.get("operator").and_then(Value::as_str) != Some("alltime"))
        {
            return Err("since when somebody is in a list is not kept".to_owned());
        }
        let is = condition.get("is_member").and_then(Value::as_bool).ok_or("`is_member` is missing")?;
        let [Value::String(group)] = &groups[..] else { return Err("one list is expected in `group_ids`".to_owned()) };
        self.notes.push(format!("{}: the list `{group}` is read as the segment of that name", self.path));
        Ok(format!("{}segment({})", if is { "" } else { "NOT " }, Quoted(group)))
    }

    fn region(&mut self, condition: &Value) -> Text {
        let is = condition.get("in_region").and_then(Value::as_bool).ok_or("`in_region` is missing")?;
        let countries: &[&str] = match text(condition, "region")? {
            "united_states" => &["US"],
            "european_union" => &[
                "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT", "NL",
                "PL", "PT", "RO", "SK", "SI", "ES", "SE",
            ],
            other => return Err(format!("the region `{other}` is not known")),
        };
        let list = countries.iter().map(|code| format!("'{code}'")).collect::<Vec<_>>().join(", ");
        Ok(format!("country {}IN ({list})", if is { "" } else { "NOT " }))
    }
}

fn number_test(filter: &Value) -> Text {
    let sign = match text(filter, "operator")? {
        "equals" => "=",
        "not-equals" => "!=",
        "greater-than" => ">",
        "greater-than-or-equal" => ">=",
        "less-than" => "<",
        "less-than-or-equal" => "<=",
        "between" => {
            let end = |name: &str| {
                filter.get(name).filter(|value| value.is_number()).map(ToString::to_string).ok_or(format!("`{name}` is missing"))
            };
            return Ok(format!("BETWEEN {} AND {}", end("start")?, end("end")?));
        }
        other => return Err(format!("`{other}` is no comparison of numbers")),
    };
    let value = filter.get("value").filter(|value| value.is_number()).ok_or("`value` is no number")?;
    Ok(format!("{sign} {value}"))
}

fn value_test(filter: &Value) -> Text {
    let operator = text(filter, "operator")?;
    let quoted = || -> Text {
        match filter.get("value") {
            Some(Value::String(text)) => Ok(Quoted(text).to_string()),
            _ => Err("`value` is no text".to_owned()),
        }
    };
    let list = || -> Text {
        let values = filter.get("value").and_then(Value::as_array).filter(|values| !values.is_empty()).ok_or("`value` is no list")?;
        let texts: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(|text| Quoted(text).to_string())).collect();
        Ok(texts.ok_or("`value` is no list of texts")?.join(", "))
    };
    Ok(match (text(filter, "type")?, operator) {
        ("numeric", _) => number_test(filter)?,
        ("existence", "is-set") => "IS NOT NULL".to_owned(),
        ("existence", "not-set") => "IS NULL".to_owned(),
        ("boolean", "equals") => match filter.get("value").and_then(Value::as_bool) {
            Some(flag) => format!("= {flag}"),
            None => return Err("`value` is neither true nor false".to_owned()),
        },
        ("string", "equals") => format!("= {}", quoted()?),
        ("string", "not-equals") => format!("!= {}", quoted()?),
        ("string" | "list", "contains") => format!("CONTAINS {}", quoted()?),
        ("string" | "list", "not-contains") => format!("NOT CONTAINS {}", quoted()?),
        ("string", "starts-with") => format!("STARTS WITH {}", quoted()?),
        ("string", "not-starts-with") => format!("NOT STARTS WITH {}", quoted()?),
        ("string", "ends-with") => format!("ENDS WITH {}", quoted()?),
        ("string", "not-ends-with") => format!("NOT ENDS WITH {}", quoted()?),
        ("string", "regex") => format!("MATCHES REGEX {}", quoted()?),
        ("string", "nregex") => format!("NOT MATCHES REGEX {}", quoted()?),
        ("string", "in") | ("list", "contains-any") => format!("IN ({})", list()?),
        ("string", "not-in") | ("list", "not-contains-any") => format!("NOT IN ({})", list()?),
        (kind, operator) => return Err(format!("the filter `{operator}` of type `{kind}` cannot be said")),
    })
}
