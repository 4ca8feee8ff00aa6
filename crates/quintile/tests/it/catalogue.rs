//! The ready segments over whole stores: each and its negation are all customers, and those that are classes of a partition hold each
//! customer once.

use crate::demo_store;
use crate::project::{Project, when, whole};
use quintile::{Asked, SegmentAsk};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which segments hold the classes of which column, and how many there are without that of prospects.
const PARTITIONS: [(&str, &str, usize); 5] = [
    ("life_stage", "prospects", 6),
    ("retention_state", "prospects", 4),
    ("buying_group", "prospects", 7),
    ("core_group", "prospects", 3),
    ("rfm_group", "PROSPECTS", 10),
];

/// Segments that together hold everybody of another one, each customer once.
const PARTS: [(&str, &[&str]); 7] = [
    ("number_of_orders >= 1", &["top-fifth", "other-four-fifths"]),
    ("number_of_orders >= 1", &["one-order", "two-or-more"]),
    ("number_of_orders >= 1", &["spent-over", "spent-under"]),
    ("segment('inactive')", &["inactive-repeat", "inactive-first-time"]),
    ("segment('repeat')", &["active-repeat", "loyal", "at-risk-repeat", "inactive-repeat"]),
    ("segment('core')", &["champions", "big-spenders", "loyalists"]),
    ("customer_id IS NOT NULL", &["reachable", "unreachable"]),
];

/// How many meet each of some conditions, all asked at once.
fn counts(project: &Project, as_of: &str, conditions: &[String]) -> BTreeMap<String, u64> {
    let ask = SegmentAsk { when: when(as_of), of: Asked::Text(conditions.join(" OR ")), parameters: Vec::new() };
    let explained = project.workspace.segment_explain(&ask).unwrap_or_else(|error| panic!("{}", whole(&error)));
    // In the order of the text; a negation is followed by what it negates, one deeper.
    let found: Vec<u64> = explained.conditions.into_iter().filter(|(depth, ..)| *depth == 1).map(|(_, _, count, _)| count).collect();
    assert_eq!(found.len(), conditions.len());
    conditions.iter().cloned().zip(found).collect()
}

fn splits(project: &Project, as_of: &str) {
    let entries = project.workspace.segments().unwrap();
    assert!(entries.len() > 120);
    let customers = project.segment(as_of, "segment('all')");
    assert!(customers > 1_000);
    let inside: Vec<String> = entries.iter().map(|entry| format!("segment('{}')", entry.id)).collect();
    let outside: Vec<String> = inside.iter().map(|segment| format!("NOT {segment}")).collect();
    let found = counts(project, as_of, &[inside.clone(), outside.clone()].concat());
    for (inside, outside) in inside.iter().zip(&outside) {
        assert_eq!(found[inside] + found[outside], customers, "{inside}");
    }
    for (column, nobody, classes) in PARTITIONS {
        let own: Vec<String> = entries
            .iter()
            .filter(|entry| entry.text.starts_with(&format!("{column} = ")) && entry.id != "prospects")
            .map(|entry| format!("segment('{}')", entry.id))
            .collect();
        assert_eq!(own.len(), classes, "{column}");
        let without = format!("{column} = '{nobody}'");
        let apart = own.iter().map(|segment| found[segment]).sum::<u64>() + project.segment(as_of, &without);
        let together = project.segment(as_of, &[own, vec![without]].concat().join(" OR "));
        // As many together as apart: nobody is in two of them.
        assert_eq!((together, apart), (customers, customers), "{column}");
    }
    for (whole, parts) in PARTS {
        let names: Vec<String> = parts.iter().map(|id| format!("segment('{id}')")).collect();
        let apart: u64 = names.iter().map(|name| found[name]).sum();
        let of_whole = project.segment(as_of, whole);
        assert_eq!((apart, project.segment(as_of, &names.join(" OR "))), (of_whole, of_whole), "{whole}: {parts:?}");
    }
}

#[test]
fn ready_segments_split_the_demo_shop() {
    let project = Project::demo();
    splits(&project, demo_store::AS_OF);
    // The shop has facts of every kind: these have somebody in them, and not everybody.
    let customers = project.segment(demo_store::AS_OF, "segment('all')");
    let ids =
        ["cart-abandoners", "newsletter-readers", "promoters", "referrers", "prospects", "coupon-lovers", "indecisive", "long-visits"];
    for (segment, count) in counts(&project, demo_store::AS_OF, &ids.map(|id| format!("segment('{id}')"))) {
        assert!((1..customers).contains(&count), "{segment}: {count} of {customers}");
    }
}

#[test]
fn ready_segments_split_online_retail() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED") else {
        println!("no QUINTILE_SHARED: not held against Online Retail");
        return;
    };
    let path = PathBuf::from(shared).join("data/online_retail/online_retail_I.csv.gz");
    assert!(path.exists(), "QUINTILE_SHARED is set and {} is missing", path.display());
    let project = Project::of("Europe/London", "GBP");
    project.import(&[path]);
    splits(&project, "2011-12-10");
}

#[test]
fn values_are_suggested_from_the_data_of_the_store() {
    let project = Project::new();
    let rows: String =
        (1..=10).map(|n| format!("{n},{n},2025-12-{n:02}T10:00:00Z,{n}0.00,{}\n", if n < 4 { "DE" } else { "FR" })).collect();
    project.import_text("orders.csv", format!("order_id,customer_id,order_date,total,country\n{rows}"));
    let suggested = |id: &str| {
        let found = project.workspace.segment_suggestions(id, &when("2026-01-01")).unwrap();
        found.into_iter().map(|found| (found.parameter, found.value)).collect::<Vec<_>>()
    };
    let one = |name: &str, value: Option<&str>| vec![(name.to_owned(), value.map(str::to_owned))];
    assert_eq!(suggested("spent-over"), one("amount", Some("80")));
    assert_eq!(suggested("international"), one("country", Some("'FR'")));
    assert_eq!(suggested("bought-brand"), one("brand", None));
    assert_eq!(suggested("prospects"), []);
}

#[test]
fn a_ready_segment_taken_over_as_a_file_passes_its_own_examples() {
    let project = Project::new();
    let folder = project.workspace.root().join("segments");
    std::fs::create_dir_all(&folder).unwrap();
    let ready = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/segments");
    // Each needs something else of the shop: others, launches, costs, guests, brands, codes, channels, units.
    for place in [
        "first-steps/top-fifth",
        "shopper-types/trendy",
        "value/negative-contribution",
        "who/guest-buyers",
        "taste/bought-brand",
        "taste/used-code",
        "source/by-channel",
        "value/wholesale-like",
        "life-stages/all",
    ] {
        let file = format!("{place}.toml");
        std::fs::copy(ready.join(&file), folder.join(Path::new(&file).file_name().unwrap())).unwrap();
    }
    let tested = project.workspace.segment_test(None).unwrap_or_else(|error| panic!("{}", whole(&error)));
    assert!(tested.len() >= 18);
    for example in tested {
        assert!(example.passed, "{}: {}", example.segment, example.who);
    }
}
