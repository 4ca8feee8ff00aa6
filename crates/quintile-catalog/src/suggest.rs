//! Rules that find a value for a `$parameter` in the store's own data.
//!
//! ```text
//! percentile(buyers.amount_spent, 80)      a number: statistics, thresholds such as `last_call_days`, arithmetic
//! most_common(country)                     the value most customers have in a column of the profile
//! most_common(products_purchased.brand)    the value most facts of a function have
//! pair(bought), pair(also)                 the two sides of the rule between products with the most money in it
//! ```
//!
//! Here they are only read; the front door asks the store.

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A number, as a term of the segment language over statistics and thresholds.
    Number(String),
    /// The most frequent value of a column of the profile, or of `function.parameter`.
    MostCommon(String),
    /// A side of the strongest rule between two products.
    Pair(Side),
}

/// A side of a rule between products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was bought.
    Bought,
    /// What goes with it.
    Also,
}

impl Rule {
    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Rule, String> {
        let inner = |function: &str| text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')').map(str::trim);
        if let Some(of) = inner("most_common") {
            let is_name = !of.is_empty() && of.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
            return if is_name { Ok(Rule::MostCommon(of.to_owned())) } else { Err(format!("`{of}` is no name of a column")) };
        }
        match inner("pair") {
            Some("bought") => Ok(Rule::Pair(Side::Bought)),
            Some("also") => Ok(Rule::Pair(Side::Also)),
            Some(other) => Err(format!("a pair has `bought` and `also`, and no `{other}`")),
            None if text.trim().is_empty() => Err("it says nothing".to_owned()),
            None => Ok(Rule::Number(text.to_owned())),
        }
    }

    /// As it is written.
    pub fn text(&self) -> String {
        match self {
            Rule::Number(text) => text.clone(),
            Rule::MostCommon(of) => format!("most_common({of})"),
            Rule::Pair(Side::Bought) => "pair(bought)".to_owned(),
            Rule::Pair(Side::Also) => "pair(also)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_written() {
        for text in ["percentile(buyers.amount_spent, 80)", "most_common(country)", "most_common(products_purchased.brand)", "pair(also)"] {
            assert_eq!(Rule::parse(text).unwrap().text(), text);
        }
        assert!(Rule::parse("pair(third)").is_err());
        assert!(Rule::parse("most_common()").is_err());
        assert!(Rule::parse(" ").is_err());
    }
}
