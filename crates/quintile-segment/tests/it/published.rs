//! The examples of Shopify and Klaviyo as the collection of published facts has them: each is read, and none gets lost.
//!
//! `QUINTILE_SHARED` names the folder in which the collection lies.

use crate::words::vocabulary;
use quintile_segment::klaviyo::{from_klaviyo, to_klaviyo};
use quintile_segment::{Problem, Severity, check, new_form, parse};

fn reference(file: &str) -> Option<String> {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED") else {
        println!("no published examples: QUINTILE_SHARED is not set");
        return None;
    };
    let path = std::path::Path::new(&shared).join("reference").join(file);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The text between a heading and the next of its rank.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let from = text.find(heading).unwrap_or_else(|| panic!("there is no `{heading}` any more"));
    let rest = &text[from + heading.len()..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// What is set as code: between lines of three backticks.
fn fenced(text: &str) -> Vec<&str> {
    text.split("```").skip(1).step_by(2).collect()
}

fn problems(text: &str) -> Vec<Problem> {
    let parsed = parse(text);
    let mut problems = parsed.problems.clone();
    problems.extend(check(&parsed.tree, &vocabulary()).problems);
    problems
}

fn is_sound(text: &str) -> bool {
    problems(text).iter().all(|problem| problem.severity != Severity::Error)
}

/// As it is printed, which is read as the same again.
fn printed(text: &str) -> String {
    let printed = new_form(&parse(text).tree).to_string();
    assert_eq!(new_form(&parse(&printed).tree).to_string(), printed, "{text}");
    assert!(parse(&printed).problems.is_empty(), "{text}: {printed}");
    printed
}

#[test]
fn every_example_of_shopify_is_read() {
    let Some(text) = reference("shopify-segments.md") else { return };
    let (mut valid, mut invalid) = (0, 0);
    for line in fenced(section(&text, "## 8. ")).into_iter().flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((_, example)) = line.split_once("INVALID").and_then(|(_, rest)| rest.split_once(": ")) {
            // Eleven conditions are a limit of theirs and a lint here; that example is written with dots.
            if !example.contains("...") {
                assert!(!is_sound(example), "{example}");
            }
            invalid += 1;
            continue;
        }
        // `name of the segment     the query`; `the query   (also != >)`; and a place that is to be filled in.
        let parts: Vec<&str> = line.split("   ").map(str::trim).filter(|part| !part.is_empty()).collect();
        let example = parts.iter().rev().find(|part| !part.starts_with("(also")).unwrap().replace("(LAT, LNG)", "(40.71, -74.00)");
        assert!(is_sound(&example), "{example}: {:?}", problems(&example));
        printed(&example);
        let others = line.split_once("(also ").map_or("", |(_, others)| others.trim_end_matches(')'));
        for other in others.split_whitespace() {
            let example = example.replace(" = ", &format!(" {other} "));
            assert!(is_sound(&example), "{example}: {:?}", problems(&example));
            assert_eq!(printed(&example), example);
            valid += 1;
        }
        valid += 1;
    }
    assert!(valid >= 76 && invalid >= 3, "{valid} examples that are right and {invalid} that are wrong are left");
}

#[test]
fn every_old_form_is_printed_as_the_new() {
    let Some(text) = reference("shopify-segments.md") else { return };
    let mut found = 0;
    for row in
        section(&text, "## 6. ").lines().filter(|line| line.starts_with("| `") && line.contains("() = ") | line.contains(") = true`"))
    {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [old, new] = cells[..] else { panic!("{row}") };
        let filled = |text: &str| text.replace("(LAT, LNG)", "(40.71, -74.00)");
        let new = filled(new.split('`').nth(1).unwrap());
        let mut olds = vec![filled(old.split('`').nth(1).unwrap())];
        // `x() = false` / `!= true`
        let other = old.split('`').nth(3).and_then(|other| Some(format!("{} {other}", olds[0].split_once(" = ")?.0)));
        olds.extend(other);
        for old in olds {
            assert_eq!(printed(&old), new, "{old}");
            assert!(problems(&old).iter().any(|problem| problem.severity == Severity::Old), "{old}");
            found += 1;
        }
    }
    assert!(found >= 7, "{found} old forms are left");
}

#[test]
fn every_vector_is_met() {
    let Some(text) = reference("shopify-segments.md") else { return };
    let vectors = section(&text, "## 11. ");
    let coded = |line: &str| -> Vec<String> { line.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let (mut valid, mut invalid, mut part) = (0, 0, "");
    for line in vectors.lines().map(str::trim) {
        part = ["valid", "invalid", "warn"].into_iter().find(|word| line.starts_with(word)).unwrap_or(part);
        match part {
            "valid" if line.starts_with(|c: char| c.is_ascii_digit()) => {
                let found = coded(line);
                // Names that are none stand for conditions.
                let filled = |text: &str| match text {
                    "a OR b AND c" => "number_of_orders > 1 OR number_of_orders > 2 AND amount_spent > 3".to_owned(),
                    "a OR (b AND c)" => "number_of_orders > 1 OR (number_of_orders > 2 AND amount_spent > 3)".to_owned(),
                    text => text.to_owned(),
                };
                let first = filled(&found[0]);
                assert!(is_sound(&first), "{first}");
                if let Some(then) = found.get(1) {
                    assert_eq!(printed(&first), printed(&filled(then)), "{line}");
                }
                valid += 1;
            }
            "invalid" | "warn" => {
                for example in coded(line).iter().filter(|example| example.contains(' ') && !example.starts_with('\'')) {
                    let problems = problems(example);
                    let worst = problems.iter().min_by_key(|problem| problem.severity).unwrap_or_else(|| panic!("{example} is taken"));
                    let expected = if part == "warn" { Severity::Warning } else { Severity::Error };
                    assert_eq!(worst.severity, expected, "{example}: {worst:?}");
                    assert!(worst.span.end <= example.len() && worst.span.start < example.len(), "{example}: {worst:?}");
                    invalid += 1;
                }
            }
            _ => {}
        }
    }
    assert!(valid >= 6 && invalid >= 7, "{valid} and {invalid} vectors are left");
}

#[test]
fn the_examples_of_klaviyo_go_there_and_back() {
    let Some(text) = reference("klaviyo-segments.md") else { return };
    let mut found = 0;
    for example in fenced(&text).into_iter().filter_map(|block| block.strip_prefix("json")) {
        let definition: serde_json::Value = serde_json::from_str(example).unwrap();
        let read = from_klaviyo(&definition).unwrap_or_else(|why| panic!("{why:?}"));
        let back = to_klaviyo(&read.tree).unwrap_or_else(|why| panic!("{}: {why:?}", read.tree));
        // What does not come back as it was says the same, and was told of.
        assert_eq!(from_klaviyo(&back).unwrap().tree, read.tree);
        assert!(back == definition || !read.notes.is_empty(), "{back}");
        assert!(is_sound(&read.tree.to_string()), "{}", read.tree);
        found += definition["condition_groups"].as_array().map_or(0, Vec::len);
    }
    assert!(found >= 4, "{found} groups of conditions are left");
}
