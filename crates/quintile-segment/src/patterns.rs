//! Tests of texts by a part of them, all in time proportional to the text.

use crate::syntax::tree::TextOp;
use regex::{Regex, RegexBuilder};

/// A regular expression of the size that segments need: what would take more memory is refused, so that no pattern is a bomb.
pub(crate) fn compile(pattern: &str, any_case: bool) -> Result<Regex, String> {
    const MEMORY: usize = 1 << 20;
    const LONGEST: usize = 10_000;
    if pattern.len() > LONGEST {
        return Err(format!("a regular expression has at most {LONGEST} bytes"));
    }
    let built = RegexBuilder::new(pattern).case_insensitive(any_case).size_limit(MEMORY).dfa_size_limit(MEMORY).nest_limit(50).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "this regular expression is too large; repeat less in it".to_owned(),
        // The last line says what is wrong; those before draw the pattern again.
        error => {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned();
            format!("this is no regular expression: {why}")
        }
    })
}

/// A test of one text.
#[derive(Debug, Clone)]
pub(crate) enum Matcher {
    /// It is one of these.
    OneOf(std::collections::HashSet<String>),
    /// It is one of these, whatever the case of letters.
    OneOfAnyCase(std::collections::HashSet<String>),
    /// It has this part.
    Part(TextOp, String, bool),
    /// It matches.
    Regex(Box<Regex>),
    /// Nothing passes.
    Never,
}

impl Matcher {
    pub(crate) fn one_of(values: &[String], any_case: bool) -> Matcher {
        match any_case {
            true => Matcher::OneOfAnyCase(values.iter().map(|value| value.to_lowercase()).collect()),
            false => Matcher::OneOf(values.iter().cloned().collect()),
        }
    }

    pub(crate) fn part(how: TextOp, pattern: &str, any_case: bool) -> Matcher {
        match how {
            // It was compiled when the segment was checked.
            TextOp::Regex => compile(pattern, any_case).map_or(Matcher::Never, |regex| Matcher::Regex(Box::new(regex))),
            how if any_case => Matcher::Part(how, pattern.to_lowercase(), true),
            how => Matcher::Part(how, pattern.to_owned(), false),
        }
    }

    pub(crate) fn passes(&self, text: &str) -> bool {
        match self {
            Matcher::OneOf(values) => values.contains(text),
            Matcher::OneOfAnyCase(values) => values.contains(&text.to_lowercase()),
            Matcher::Part(how, part, true) => has_part(*how, &text.to_lowercase(), part),
            Matcher::Part(how, part, false) => has_part(*how, text, part),
            Matcher::Regex(regex) => regex.is_match(text),
            Matcher::Never => false,
        }
    }
}

fn has_part(how: TextOp, text: &str, part: &str) -> bool {
    match how {
        TextOp::Contains | TextOp::Regex => text.contains(part),
        TextOp::StartsWith => text.starts_with(part),
        TextOp::EndsWith => text.ends_with(part),
    }
}
