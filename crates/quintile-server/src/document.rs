//! The API document: `openapi.json` beside this crate, served as it is, and held against what is asked.

use serde_json::Value;
use std::collections::HashMap;

/// The document.
pub const TEXT: &str = include_str!("../openapi.json");

/// What the document says of each operation.
#[derive(Debug, Default)]
pub struct Document {
    /// Names of query parameters by method and path.
    queries: HashMap<(String, String), Vec<String>>,
}

impl Document {
    /// Reads it.
    pub fn read() -> Result<Document, serde_json::Error> {
        let value: Value = serde_json::from_str(TEXT)?;
        let mut queries = HashMap::new();
        for (path, operations) in value["paths"].as_object().into_iter().flatten() {
            for (method, operation) in operations.as_object().into_iter().flatten() {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let names = parameters.filter(|parameter| parameter["in"] == "query").filter_map(|parameter| parameter["name"].as_str());
                queries.insert((method.to_uppercase(), path.clone()), names.map(str::to_owned).collect());
            }
        }
        Ok(Document { queries })
    }

    /// The query parameters of a route; `None` of one that is no part of the API.
    pub fn queries(&self, method: &str, path: &str) -> Option<&[String]> {
        self.queries.get(&(method.to_owned(), path.to_owned())).map(Vec::as_slice)
    }
}
