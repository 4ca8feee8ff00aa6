//! The page about the ready segments, made from the catalogue. `UPDATE_GOLDEN=1` writes it, which `cargo xtask catalogue` does.

use crate::catalogue::words;
use quintile_catalog::{Catalog, Segment};
use quintile_model::Touchpoint;
use quintile_profile::columns::{self, Theme};
use quintile_segment::{Ask, Plan, Program, Vocabulary};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

const HEAD: &str = "\
# Ready segments

Made from `catalog/segments/` by `cargo xtask catalogue`. Each can be counted, listed and explained by its name:

    quintile segment count -C store spent-over --set amount=500

A `$parameter` has a default, the range that makes sense, and a rule that finds a value in the store's own data;
`quintile segment show NAME` works it out. Segments that rank customers depend on the others: somebody can leave one because
another customer bought. One that rests on facts which the store lacks is named with what it lacks, and not shown as empty.
[The segment language](segment-language.md) explains the conditions.
";

/// The families in the order of the page, with what they are about.
const FAMILIES: [(&str, &str, &str); 15] = [
    ("first-steps", "First steps", "One figure, two halves: where to begin."),
    ("life-stages", "Life stages", "Where customers stand between the first purchase and silence. Each is in one stage."),
    ("retention", "Retention", "How late the next purchase is, by each customer's own rhythm. Each buyer is in one state."),
    ("rfm", "RFM", "Recency, frequency and money, each against the other buyers."),
    ("buying-groups", "Buying groups", "How much, how often and how regularly they buy. Each buyer is in one group."),
    ("shopper-types", "Shopper types", "How they shop."),
    ("life", "Life and timing", "When they buy, and when they will or should."),
    ("value", "Value", "What they bring."),
    ("taste", "Taste", "What they buy, and what they look for."),
    ("engagement", "Engagement", "What they do with messages, and whether they may be written to."),
    ("carts", "Carts and visits", "What they do in the shop before ordering."),
    ("who", "Who", "Who they are and where they live."),
    ("care", "Care", "How they fared, and what they say of the shop."),
    ("source", "Source", "Where they came from."),
    ("predicted", "Predicted", "What they will probably do, by the value model that `quintile value fit` finds."),
];

#[test]
fn the_page_of_ready_segments_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/segments.md");
    let page = page(&Catalog::built_in().unwrap());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(std::fs::read_to_string(&path).unwrap_or_default() == page, "docs/reference/segments.md is stale: run `cargo xtask catalogue`");
}

fn page(catalog: &Catalog) -> String {
    let vocabulary = words(catalog);
    let mut text = HEAD.to_owned();
    let known: BTreeSet<&str> = FAMILIES.iter().map(|(id, ..)| *id).collect();
    let used: BTreeSet<&str> = catalog.segments.iter().map(|segment| segment.family.as_str()).collect();
    assert_eq!(known, used, "families of the page and of the catalogue");
    writeln!(text, "\n| family | segments |\n| --- | --- |").unwrap();
    for (id, title, _) in FAMILIES {
        let own: Vec<String> = family(catalog, id).map(|segment| format!("[`{0}`](#{0})", segment.id)).collect();
        writeln!(text, "| [{title}](#{}) | {} |", title.to_lowercase().replace(' ', "-"), own.join(" ")).unwrap();
    }
    for (id, title, about) in FAMILIES {
        writeln!(text, "\n## {title}\n\n{about}").unwrap();
        family(catalog, id).for_each(|segment| entry(segment, &vocabulary, &mut text));
    }
    text
}

fn family<'a>(catalog: &'a Catalog, id: &'a str) -> impl Iterator<Item = &'a Segment> {
    catalog.segments.iter().filter(move |segment| segment.family == id)
}

fn entry(segment: &Segment, vocabulary: &Vocabulary, text: &mut String) {
    writeln!(text, "\n### {}\n\n**{}.** {}\n\n    {}\n", segment.id, segment.name, segment.question, segment.segment).unwrap();
    for (name, parameter) in &segment.parameters {
        let range = if parameter.range.is_some() { format!(", {}", parameter.range_words()) } else { String::new() };
        let rule = parameter.suggest.as_ref().map(|rule| format!(" Suggested: `{}`.", rule.text()));
        let why = parameter.fixed.as_ref().map(|why| format!(" Not suggested: {}{}", why[..1].to_lowercase(), &why[1..]));
        let rule = rule.or(why).unwrap_or_default();
        writeln!(text, "- `${name}` = `{}`{range}: {}{rule}", parameter.default, parameter.meaning).unwrap();
    }
    writeln!(text, "- Goal: {}", segment.goal).unwrap();
    if !segment.plays.is_empty() {
        writeln!(text, "- Plays: {}", segment.plays.join(", ")).unwrap();
    }
    if let Some(by) = &segment.ranks {
        writeln!(text, "- Ranks customers by {by}.").unwrap();
    }
    let plan = Plan::new(&[Ask::Name(&segment.id)], vocabulary).unwrap_or_else(|refused| panic!("{}: {refused}", segment.id));
    let beside = beside_orders(&plan.program());
    if !beside.is_empty() {
        writeln!(text, "- Reads, beside orders: {}.", beside.join(", ")).unwrap();
    }
}

/// What a program reads that an export of orders does not hold.
fn beside_orders(program: &Program) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &str| {
        if kind == "customers" || Touchpoint::ALL.iter().any(|known| known.name() == kind) {
            found.insert(kind.to_owned());
        }
    };
    let mut names: Vec<&str> = program.columns().iter().map(String::as_str).collect();
    let mut model = false;
    while let Some(name) = names.pop() {
        // The customer's id and account are of every store.
        let Some(column) = columns::find(name).filter(|column| !matches!(column.name, "customer_id" | "registered")) else { continue };
        let of_customer = |need: &&&str| !matches!(**need, "customers.registered" | "customers.version");
        let needs = column.needs.iter().flat_map(|group| group.iter());
        needs.filter(of_customer).for_each(|need| add(need.split('.').next().unwrap_or_default()));
        names.extend(column.after);
        model |= column.theme == Theme::Predicted;
    }
    if let Some((columns, _)) = program.facts() {
        columns.touchpoints.iter().for_each(|(kind, _)| add(kind.name()));
    }
    let mut list: Vec<String> = found.into_iter().collect();
    if model {
        list.push("a value model".to_owned());
    }
    list
}
