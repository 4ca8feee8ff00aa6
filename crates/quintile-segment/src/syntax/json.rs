//! The tree as the JSON of a visual builder, and back.
//!
//! ```json
//! { "version": 1,
//!   "condition": { "type": "and", "conditions": [
//!     { "type": "attribute", "attribute": "amount_spent", "operator": ">", "value": { "statistic": "average", "of": "amount_spent" } },
//!     { "type": "attribute", "attribute": "customer_countries", "operator": "IN", "values": ["FR", "BE"] },
//!     { "type": "not", "condition": { "type": "segment", "segment": "low-value" } },
//!     { "type": "did", "function": "orders_placed", "parameters": [{ "parameter": "date", "operator": ">=", "value": { "offset": "-90d" } }] },
//!     { "type": "sequence", "steps": [
//!       { "function": "storefront.product_viewed", "parameters": [] },
//!       { "not": true, "function": "orders_placed", "within": "14d" } ] } ] } }
//! ```
//!
//! A text is a string, a number a number, and any other value an object with one telling key: `date`, `datetime`, `offset`,
//! `named`, `length`, `attribute`, `parameter`, `statistic`, `point`, `negative`, `sign`.

use super::decimal::Decimal;
use super::parser::{DEPTH, is_keyword};
use super::tree::*;
use serde_json::{Map, Number, Value, json};

/// The version of the format.
pub const VERSION: u64 = 1;

/// A JSON that is no segment: where, and what would be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", if path.is_empty() { "the segment" } else { path })]
pub struct NotASegment {
    /// As `condition.conditions[2].operator`.
    pub path: String,
    /// What is wrong, and what to write.
    pub message: String,
}

/// The JSON of a tree.
pub fn to_json(tree: &Tree) -> Value {
    let mut object = object(&[("version", json!(VERSION)), ("condition", expr_out(&tree.root))]);
    if !tree.trailing.is_empty() {
        object.insert("comments".into(), json!(tree.trailing));
    }
    Value::Object(object)
}

/// The tree of a JSON.
pub fn from_json(value: &Value) -> Result<Tree, NotASegment> {
    let root = Reader { value, path: String::new(), depth: 0 };
    match root.field("version")?.value.as_u64() {
        Some(VERSION) => {}
        _ => return root.wrong(format!("`version` is {VERSION}")),
    }
    let trailing = root.comments()?;
    root.only(&["version", "condition", "comments"])?;
    Ok(Tree { root: root.field("condition")?.expr()?, trailing })
}

// ----- Out.

fn object(pairs: &[(&str, Value)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn expr_out(expr: &Expr) -> Value {
    let mut object = match &expr.kind {
        ExprKind::Or(list) => object(&[("type", json!("or")), ("conditions", list.iter().map(expr_out).collect())]),
        ExprKind::And(list) => object(&[("type", json!("and")), ("conditions", list.iter().map(expr_out).collect())]),
        ExprKind::Not(inner) => object(&[("type", json!("not")), ("condition", expr_out(inner))]),
        ExprKind::Test { subject, test } => {
            let mut object = match subject {
                Subject::Attribute(name) => object(&[("type", json!("attribute")), ("attribute", json!(name.name))]),
                Subject::Anniversary(of) => object(&[("type", json!("anniversary")), ("attribute", json!(of.name))]),
            };
            test_out(&mut object, test);
            object
        }
        ExprKind::Did { call, negated } => {
            let mut object = object(&[("type", json!("did"))]);
            if *negated {
                object.insert("not".into(), json!(true));
            }
            call_out(&mut object, call);
            object
        }
        ExprKind::Sequence { first, steps } => {
            let mut list = vec![Map::new()];
            call_out(&mut list[0], first);
            for step in steps {
                let mut object = Map::new();
                if step.negated {
                    object.insert("not".into(), json!(true));
                }
                call_out(&mut object, &step.call);
                if let Some(within) = step.within {
                    object.insert("within".into(), json!(within.to_string()));
                }
                list.push(object);
            }
            object(&[("type", json!("sequence")), ("steps", json!(list))])
        }
        ExprKind::Segment(name) => object(&[("type", json!("segment")), ("segment", json!(name.name))]),
        ExprKind::Broken => object(&[("type", json!("broken"))]),
    };
    if !expr.comments.is_empty() {
        object.insert("comments".into(), json!(expr.comments));
    }
    Value::Object(object)
}

fn call_out(object: &mut Map<String, Value>, call: &Call) {
    object.insert("function".into(), json!(call.name.name));
    if call.bare {
        return;
    }
    let params = call.params.iter().map(|param| {
        let mut object = self::object(&[("parameter", json!(param.name.name))]);
        test_out(&mut object, &param.test);
        Value::Object(object)
    });
    object.insert("parameters".into(), params.collect());
}

fn test_out(object: &mut Map<String, Value>, test: &Test) {
    let not = |negated: &bool, words: &str| if *negated { format!("NOT {words}") } else { words.to_owned() };
    let (operator, name, value) = match test {
        Test::Compare(op, term) => (op.sign().to_owned(), "value", term_out(term)),
        Test::Between { negated, low, high } => (not(negated, "BETWEEN"), "values", json!([term_out(low), term_out(high)])),
        Test::In { negated, list } => (not(negated, "IN"), "values", list.iter().map(term_out).collect()),
        Test::Text { negated, how, term } => (not(negated, how.words()), "value", term_out(term)),
        Test::Null { negated } => {
            object.insert("operator".into(), json!(if *negated { "IS NOT NULL" } else { "IS NULL" }));
            return;
        }
    };
    object.insert("operator".into(), json!(operator));
    object.insert(name.into(), value);
}

fn number_out(number: Decimal) -> Value {
    // Digits are kept, so that money never becomes a float.
    number.to_string().parse::<Number>().map_or_else(|_| json!(number.to_string()), Value::Number)
}

fn term_out(term: &Term) -> Value {
    match &term.kind {
        TermKind::Text(text) => json!(text),
        TermKind::Number(number) => number_out(*number),
        TermKind::Flag(flag) => json!(flag),
        TermKind::Date(date) => json!({"date": date.to_string()}),
        TermKind::DateTime(_) => json!({"datetime": term.to_string()}),
        TermKind::Offset { .. } => json!({"offset": term.to_string()}),
        TermKind::Today => json!({"named": "today"}),
        TermKind::Yesterday => json!({"named": "yesterday"}),
        TermKind::Length(length) => json!({"length": length.to_string()}),
        TermKind::Attribute(name) => json!({"attribute": name.name}),
        TermKind::Parameter(name) => json!({"parameter": name}),
        TermKind::Statistic { which, of } => match which {
            StatisticKind::Average => json!({"statistic": "average", "of": of.name}),
            StatisticKind::Median => json!({"statistic": "median", "of": of.name}),
            StatisticKind::Sum => json!({"statistic": "sum", "of": of.name}),
            StatisticKind::Percentile(percent) => json!({"statistic": "percentile", "of": of.name, "percent": percent}),
        },
        TermKind::Point(latitude, longitude) => json!({"point": [number_out(*latitude), number_out(*longitude)]}),
        TermKind::Negative(inner) => json!({"negative": term_out(inner)}),
        TermKind::Binary { op, left, right } => json!({"sign": op.sign(), "left": term_out(left), "right": term_out(right)}),
        TermKind::Broken => Value::Null,
    }
}

// ----- In.

struct Reader<'a> {
    value: &'a Value,
    path: String,
    depth: usize,
}

type Read<T> = Result<T, NotASegment>;

impl<'a> Reader<'a> {
    fn wrong<T>(&self, message: impl Into<String>) -> Read<T> {
        Err(NotASegment { path: self.path.clone(), message: message.into() })
    }

    fn at(&self, value: &'a Value, step: String) -> Read<Reader<'a>> {
        if self.depth > 2 * DEPTH {
            return self.wrong(format!("conditions lie more than {DEPTH} deep"));
        }
        let dot = if self.path.is_empty() || step.starts_with('[') { "" } else { "." };
        Ok(Reader { value, path: format!("{}{dot}{step}", self.path), depth: self.depth + 1 })
    }

    fn maybe(&self, name: &str) -> Read<Option<Reader<'a>>> {
        self.value.get(name).map(|value| self.at(value, name.to_owned())).transpose()
    }

    fn field(&self, name: &str) -> Read<Reader<'a>> {
        match self.maybe(name)? {
            Some(field) => Ok(field),
            None => self.wrong(format!("`{name}` is missing")),
        }
    }

    fn only(&self, known: &[&str]) -> Read<()> {
        let Some(object) = self.value.as_object() else { return self.wrong("an object is expected") };
        match object.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => self.wrong(format!(
                "`{key}` is not known here; there is {}",
                known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
            )),
            None => Ok(()),
        }
    }

    fn text(&self) -> Read<&'a str> {
        self.value.as_str().map_or_else(|| self.wrong("a text is expected"), Ok)
    }

    fn flag(&self) -> Read<bool> {
        self.value.as_bool().map_or_else(|| self.wrong("`true` or `false` is expected"), Ok)
    }

    fn items(&self) -> Read<Vec<Reader<'a>>> {
        let Some(list) = self.value.as_array() else { return self.wrong("a list is expected") };
        list.iter().enumerate().map(|(number, value)| self.at(value, format!("[{number}]"))).collect()
    }

    /// A name as the language can write it.
    fn name(&self) -> Read<Named> {
        let text = self.text()?;
        if !text.split('.').all(is_word) || !begins_a_name(text) || is_keyword(text) {
            return self.wrong(format!("`{text}` is no name; names are letters, digits and `_`, in parts joined by dots"));
        }
        Ok(Named::new(text))
    }

    /// The name behind a `$`, where words of the language are names as well.
    fn parameter_name(&self) -> Read<String> {
        let text = self.text()?;
        if !is_word(text) || !begins_a_name(text) {
            return self.wrong(format!("`{text}` is no name of a parameter; those are letters, digits and `_`"));
        }
        Ok(text.to_owned())
    }

    fn comments(&self) -> Read<Vec<String>> {
        let Some(list) = self.maybe("comments")? else { return Ok(Vec::new()) };
        let lines = list.items()?.iter().map(|item| item.text().map(str::to_owned)).collect::<Read<Vec<_>>>()?;
        Ok(lines.iter().flat_map(|text| text.lines()).map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect())
    }

    fn length(&self) -> Read<Length> {
        let text = self.text()?;
        Length::parse(text).map_or_else(|| self.wrong(format!("`{text}` is no length such as `14d`")), Ok)
    }

    fn decimal(&self) -> Read<Decimal> {
        let text = match self.value {
            Value::Number(number) => number.to_string(),
            _ => return self.wrong("a number is expected"),
        };
        Decimal::parse(&text).map_or_else(|| self.wrong(format!("`{text}` is no plain number; write it out, without an exponent")), Ok)
    }

    fn expr(&self) -> Read<Expr> {
        let kind = match self.field("type")?.text()? {
            word @ ("and" | "or") => {
                self.only(&["type", "conditions", "comments"])?;
                let list = self.field("conditions")?.items()?;
                if list.is_empty() {
                    return self.wrong("`conditions` is empty");
                }
                let list = list.iter().map(Reader::expr).collect::<Read<Vec<_>>>()?;
                return Ok(if word == "and" { Expr::all(list) } else { Expr::any(list) });
            }
            "not" => {
                self.only(&["type", "condition"])?;
                ExprKind::Not(Box::new(self.field("condition")?.expr()?))
            }
            word @ ("attribute" | "anniversary") => {
                self.only(&["type", "attribute", "operator", "value", "values", "comments"])?;
                let name = self.field("attribute")?.name()?;
                let subject = if word == "attribute" { Subject::Attribute(name) } else { Subject::Anniversary(name) };
                ExprKind::Test { subject, test: self.test()? }
            }
            "did" => {
                self.only(&["type", "not", "function", "parameters", "comments"])?;
                let mut call = self.call()?;
                call.bare = false;
                ExprKind::Did { call, negated: self.negated()? }
            }
            "sequence" => {
                self.only(&["type", "steps", "comments"])?;
                let steps = self.field("steps")?.items()?;
                let [first, later @ ..] = &steps[..] else { return self.wrong("a sequence has two steps or more") };
                if later.is_empty() {
                    return self.wrong("a sequence has two steps or more");
                }
                first.only(&["function", "parameters"])?;
                let steps = later.iter().map(|step| {
                    step.only(&["not", "function", "parameters", "within"])?;
                    let within = step.maybe("within")?.map(|within| within.length()).transpose()?;
                    Ok(Step { negated: step.negated()?, call: step.call()?, within })
                });
                ExprKind::Sequence { first: first.call()?, steps: steps.collect::<Read<_>>()? }
            }
            "segment" => {
                self.only(&["type", "segment", "comments"])?;
                ExprKind::Segment(Named::new(self.field("segment")?.text()?))
            }
            other => {
                return self.field("type")?.wrong(format!(
                    "`{other}` is no condition; there is `and`, `or`, `not`, `attribute`, `anniversary`, `did`, `sequence`, `segment`"
                ));
            }
        };
        Ok(Expr { comments: self.comments()?, ..Expr::new(kind) })
    }

    fn negated(&self) -> Read<bool> {
        self.maybe("not")?.map_or(Ok(false), |not| not.flag())
    }

    fn call(&self) -> Read<Call> {
        let name = self.field("function")?.name()?;
        let Some(list) = self.maybe("parameters")? else { return Ok(Call { name, params: Vec::new(), bare: true }) };
        let mut params: Vec<Param> = Vec::new();
        for item in list.items()? {
            item.only(&["parameter", "operator", "value", "values"])?;
            let name = item.field("parameter")?.name()?;
            if params.iter().any(|param| param.name == name) {
                return item.wrong(format!("`{}` stands twice; a range is one `BETWEEN`", name.name));
            }
            params.push(Param { name, test: item.test()? });
        }
        Ok(Call { name, params, bare: false })
    }

    fn test(&self) -> Read<Test> {
        let operator = self.field("operator")?;
        let word = operator.text()?;
        let (negated, plain) = word.strip_prefix("NOT ").map_or((false, word), |plain| (true, plain));
        let values = || -> Read<Vec<Term>> { self.field("values")?.items()?.iter().map(Reader::term).collect() };
        if let Some(op) = CompareOp::ALL.into_iter().find(|op| op.sign() == word) {
            return Ok(Test::Compare(op, self.field("value")?.term()?));
        }
        if let Some(how) = TextOp::ALL.into_iter().find(|how| how.words() == plain) {
            return Ok(Test::Text { negated, how, term: self.field("value")?.term()? });
        }
        match (word, plain) {
            ("IS NULL", _) => Ok(Test::Null { negated: false }),
            ("IS NOT NULL", _) => Ok(Test::Null { negated: true }),
            (_, "BETWEEN") => match <[Term; 2]>::try_from(values()?) {
                Ok([low, high]) => Ok(Test::Between { negated, low, high }),
                Err(_) => self.wrong("`BETWEEN` has two `values`"),
            },
            (_, "IN") => match values()? {
                list if list.is_empty() => self.wrong("`values` is empty"),
                list => Ok(Test::In { negated, list }),
            },
            _ => operator.wrong(format!(
                "`{word}` is no operator; there is `=`, `!=`, `<`, `<=`, `>`, `>=`, `BETWEEN`, `IN`, `CONTAINS`, `STARTS WITH`, `ENDS WITH`, `MATCHES REGEX`, `IS NULL`, and `NOT` before a word"
            )),
        }
    }

    fn term(&self) -> Read<Term> {
        let kind = match self.value {
            Value::String(text) => TermKind::Text(text.clone()),
            Value::Number(_) => TermKind::Number(self.decimal()?),
            Value::Bool(flag) => TermKind::Flag(*flag),
            Value::Object(object) => {
                let Some(key) = KEYS.iter().find(|key| object.contains_key(**key)) else {
                    return self
                        .wrong(format!("a value has one of {}", KEYS.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")));
                };
                self.object_term(key)?
            }
            Value::Null | Value::Array(_) => return self.wrong("a value is a text, a number, true, false or an object"),
        };
        Ok(Term::new(kind))
    }

    fn object_term(&self, key: &str) -> Read<TermKind> {
        let field = self.field(key)?;
        let parsed = |what: &str, kind: Option<TermKind>| kind.map_or_else(|| field.wrong(format!("a {what} is expected")), Ok);
        match key {
            "sign" => self.only(&["sign", "left", "right"])?,
            "statistic" => self.only(&["statistic", "of", "percent"])?,
            key => self.only(&[key])?,
        }
        match key {
            "date" => parsed("date such as `2020-05-30`", field.text()?.parse().ok().map(TermKind::Date)),
            "datetime" => parsed("moment such as `2020-05-30T16:00:00`", whole_second(field.text()?).map(TermKind::DateTime)),
            "offset" => {
                let text = field.text()?;
                let back = text.starts_with('-');
                let length = text.strip_prefix(['-', '+']).and_then(Length::parse);
                parsed("offset such as `-7d`", length.map(|length| TermKind::Offset { back, length }))
            }
            "named" => match field.text()? {
                "today" => Ok(TermKind::Today),
                "yesterday" => Ok(TermKind::Yesterday),
                _ => field.wrong("there is `today` and `yesterday`"),
            },
            "length" => Ok(TermKind::Length(field.length()?)),
            "attribute" => Ok(TermKind::Attribute(field.name()?)),
            "parameter" => Ok(TermKind::Parameter(field.parameter_name()?)),
            "negative" => Ok(TermKind::Negative(Box::new(field.term()?))),
            "point" => match &field.items()?[..] {
                [latitude, longitude] => Ok(TermKind::Point(latitude.decimal()?, longitude.decimal()?)),
                _ => field.wrong("a point is latitude and longitude"),
            },
            "statistic" => {
                let which = match field.text()? {
                    "average" => StatisticKind::Average,
                    "median" => StatisticKind::Median,
                    "sum" => StatisticKind::Sum,
                    "percentile" => {
                        let percent = self.field("percent")?;
                        match percent.value.as_u64().and_then(|n| u8::try_from(n).ok()).filter(|n| *n <= 100) {
                            Some(number) => StatisticKind::Percentile(number),
                            None => return percent.wrong("a percentile is a whole number from 0 to 100"),
                        }
                    }
                    _ => return field.wrong("there is `average`, `median`, `percentile` and `sum`"),
                };
                Ok(TermKind::Statistic { which, of: self.field("of")?.name()? })
            }
            _ => match BinaryOp::ALL.into_iter().find(|op| Some(op.sign()) == field.value.as_str()) {
                Some(op) => {
                    Ok(TermKind::Binary { op, left: Box::new(self.field("left")?.term()?), right: Box::new(self.field("right")?.term()?) })
                }
                None => field.wrong("a sign is `+`, `-`, `*` or `/`"),
            },
        }
    }
}

fn whole_second(text: &str) -> Option<jiff::civil::DateTime> {
    text.parse::<jiff::civil::DateTime>().ok().filter(|at| at.subsec_nanosecond() == 0 && text.len() == 19)
}

const KEYS: [&str; 11] =
    ["date", "datetime", "offset", "named", "length", "attribute", "parameter", "statistic", "point", "negative", "sign"];

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn begins_a_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
