//! The part of JSON Schema that `openapi.json` is written in, read plainly. A keyword that is not known here fails, so that
//! nothing of the document is passed over.

use crate::client::Answer;
use serde_json::Value;
use std::sync::OnceLock;

/// The document.
pub struct Documented {
    pub document: Value,
}

impl Documented {
    pub fn get() -> &'static Documented {
        static DOCUMENT: OnceLock<Documented> = OnceLock::new();
        DOCUMENT.get_or_init(|| Documented { document: serde_json::from_str(quintile_server::DOCUMENT).unwrap() })
    }

    /// The path of the document that a request is for, and its operation.
    pub fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |known: &str| {
            let known: Vec<&str> = known.split('/').collect();
            known.len() == parts.len() && known.iter().zip(&parts).all(|(known, part)| known.starts_with('{') || known == part)
        };
        let paths = self.document["paths"].as_object().unwrap();
        // A path that is written out goes before one with a place holder.
        let mut found: Vec<_> = paths.iter().filter(|(known, _)| fits(known)).collect();
        found.sort_by_key(|(known, _)| known.matches('{').count());
        let (known, operations) = found.first()?;
        Some((known.as_str(), operations.get(method.to_lowercase())?))
    }

    /// Holds an answer against its operation.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let Some((_, operation)) = self.operation(method, path) else { return };
        let media_type = answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        let response = &operation["responses"][answer.status.to_string()];
        assert!(!response.is_null(), "{method} {path} may not answer {}: {}", answer.status, answer.text());
        let response = self.resolved(response);
        let Some(contents) = response.get("content").and_then(Value::as_object) else {
            assert!(answer.body.is_empty(), "{method} {path} answers {} with a body: {}", answer.status, answer.text());
            return;
        };
        let content = contents.get(&media_type).unwrap_or_else(|| panic!("{method} {path} may not answer `{media_type}`"));
        if matches!(media_type.as_str(), "application/json" | "application/problem+json") {
            if let Err(wrong) = self.holds(&content["schema"], &answer.json(), "") {
                panic!("{method} {path} answers {} against the document: {wrong}\n{}", answer.status, answer.text());
            }
        }
        if answer.status >= 400 {
            assert_eq!(media_type, "application/problem+json", "{method} {path}");
            assert_eq!(answer.json()["status"], answer.status);
            assert_eq!(answer.json()["request_id"].as_str(), answer.header("x-request-id"));
        }
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("dangling {reference}")),
            None => value,
        }
    }

    /// Does a value hold to a schema?
    pub fn holds(&self, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
        let schema = self.resolved(schema);
        let wrong = |why: String| Err(format!("{place}: {why}"));
        for (keyword, expected) in schema.as_object().expect("a schema is an object") {
            match keyword.as_str() {
                "description" | "default" | "format" => {}
                "type" => {
                    let types: Vec<&str> = match expected {
                        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
                        one => vec![one.as_str().unwrap()],
                    };
                    if !types.iter().any(|name| is_of(name, value)) {
                        return wrong(format!("{value} is no {}", types.join(" or ")));
                    }
                }
                "enum" if !expected.as_array().unwrap().contains(value) => return wrong(format!("{value} is none of {expected}")),
                "enum" => {}
                "oneOf" => {
                    let fitting = expected.as_array().unwrap().iter().filter(|schema| self.holds(schema, value, place).is_ok()).count();
                    if fitting != 1 {
                        let of: Vec<_> = expected.as_array().unwrap().iter().map(|schema| self.holds(schema, value, place)).collect();
                        return wrong(format!("it holds to {fitting} of {expected}: {of:?}"));
                    }
                }
                "properties" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        if let Some(schema) = expected.get(name) {
                            self.holds(schema, value, &format!("{place}/{name}"))?;
                        }
                    }
                }
                "required" => {
                    let names = expected.as_array().unwrap().iter().filter_map(Value::as_str);
                    if let Some(missing) = value.as_object().and_then(|object| names.into_iter().find(|name| !object.contains_key(*name))) {
                        return wrong(format!("`{missing}` is missing"));
                    }
                }
                "additionalProperties" => {
                    for (name, value) in value.as_object().into_iter().flatten() {
                        if schema["properties"].get(name).is_some() {
                            continue;
                        }
                        match expected {
                            Value::Bool(false) => return wrong(format!("`{name}` is not in the document")),
                            schema => self.holds(schema, value, &format!("{place}/{name}"))?,
                        }
                    }
                }
                "items" => {
                    for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                        self.holds(expected, value, &format!("{place}/{at}"))?;
                    }
                }
                // Of requests alone.
                "minLength" | "maxLength" | "minimum" | "maximum" | "minItems" | "maxItems" => {}
                other => panic!("the keyword `{other}` is not known to this test"),
            }
        }
        if schema["format"] == "date-time" {
            let text = value.as_str().unwrap_or_default();
            if !value.is_null() && quintile::instant(text).is_none() {
                return wrong(format!("`{text}` is no instant"));
            }
        }
        Ok(())
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("`{other}` is no type"),
    }
}
