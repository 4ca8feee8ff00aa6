//! Clusters from files to names: three kinds of customers go in, and three come out and stay.

use crate::project::{Project, Table, whole};
use quintile::{Answer, ClustersAsk, When};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

fn fit(project: &Project, as_of: &str, k: Option<usize>, seed: u64) -> Answer {
    let ask = ClustersAsk { when: When::AsOf(as_of.to_owned()), k, columns: Vec::new(), seed };
    project.workspace.fit_clusters(&ask).unwrap_or_else(|error| panic!("{}", whole(&error)))
}

fn day(number: u32) -> String {
    jiff::civil::date(2024, 1, 1).saturating_add(jiff::Span::new().days(number)).to_string()
}

/// Each of a kind has its own dates and amounts, none far from the kind's.
fn orders_of(text: &mut String, kind: &str, people: u32, orders: u32, first: u32, gap: u32, amount: u32) {
    for person in 0..people {
        for order in 0..orders {
            let jitter = (person * 37 + order * 11) % 7;
            let total = amount + amount * ((person * 13 + order * 5) % 9) / 40;
            let date = day(first + order * gap + jitter);
            writeln!(text, "{kind}{person}-{order},{kind}{person},{date},{total},EUR").unwrap();
        }
    }
}

const HEADER: &str = "order_id,customer_id,order_date,total,currency\n";

/// Sixty who come every fortnight, sixty who buy large twice a year, sixty who have gone, forty who came once.
fn shop(project: &Project) {
    let mut text = HEADER.to_owned();
    orders_of(&mut text, "often", 60, 12, 200, 14, 20);
    orders_of(&mut text, "large", 60, 3, 20, 150, 900);
    orders_of(&mut text, "gone", 60, 4, 0, 10, 30);
    orders_of(&mut text, "once", 40, 1, 100, 1, 25);
    project.import_text("orders.csv", text);
}

/// Which kinds are in which cluster.
fn kinds(project: &Project, as_of: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rows = project.columns(as_of, &["customer_id", "cluster"]);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows.rows {
        let kind = row[0].trim_end_matches(|letter: char| letter.is_ascii_digit()).to_owned();
        found.entry(row[1].clone()).or_default().insert(kind);
    }
    found
}

#[test]
fn kinds_of_customers_are_found_named_and_kept() {
    let project = Project::new();
    shop(&project);
    assert_eq!(kinds(&project, "2025-01-15").keys().collect::<Vec<_>>(), ["-"], "missing before clusters are fitted");
    let error = project.workspace.clusters(&When::Latest).unwrap_err();
    assert_eq!(error.to_string(), "clusters were never fitted here; fit them with `quintile clusters fit`");

    let answer = fit(&project, "2025-01-15", None, 1);
    let notes = answer.notes.join("\n");
    let cards = Table::of(answer);
    assert_eq!(cards.rows.len(), 4, "{cards:?}\n{notes}");
    assert!(notes.starts_with("3 groups: the most of which every one is stable"), "{notes}");
    assert_eq!(cards.column("customers"), ["60", "60", "60", "40"]);
    assert_eq!(cards.column("number"), ["1", "2", "3", "-"]);
    assert_eq!(cards.get("one-order", "name"), "Ordered once");
    let found = kinds(&project, "2025-01-15");
    assert!(found.len() == 4 && found.values().all(|kinds| kinds.len() == 1), "{found:?}");
    // Number 1 brings most: large orders.
    assert_eq!(found[&cards.rows[0][0]].iter().collect::<Vec<_>>(), ["large"]);
    assert_eq!(project.columns("2025-01-15", &["cluster"]).header.settings.len(), 16);

    // Fitted again by hand and from another seed: the same clusters, with their numbers and names.
    let again = fit(&project, "2025-01-15", Some(3), 9);
    let notes = again.notes.join("\n");
    let now = Table::of(again);
    assert!(notes.contains("3 groups as asked; the rule takes 3"), "{notes}");
    assert!(notes.contains("3 clusters go on with number and name"), "{notes}");
    now.same_as(&cards, "the same customers under the same names");
    // Shown is what was fitted, with whoever is in it at the moment asked for.
    let shown = Table::of(project.workspace.clusters(&When::AsOf("2025-01-15".to_owned())).unwrap());
    shown.same_as(&now, "shown as fitted");
    let choice = project.workspace.clusters_choice().unwrap();
    assert_eq!(choice.rows.num_rows(), 11);
}

fn fit_by(project: &Project, columns: &[&str], k: usize) -> Answer {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    let ask = ClustersAsk { when: When::AsOf("2025-01-15".to_owned()), k: Some(k), columns, seed: 1 };
    project.workspace.fit_clusters(&ask).unwrap_or_else(|error| panic!("{}", whole(&error)))
}

#[test]
fn a_cluster_goes_on_by_other_columns_when_its_customers_do() {
    let project = Project::new();
    shop(&project);
    let first = Table::of(fit_by(&project, &["days_since_last_order", "number_of_orders", "amount_spent"], 3));
    let answer = fit_by(&project, &["number_of_orders", "average_order_value", "days_since_last_order"], 3);
    assert!(answer.notes.iter().any(|note| note.contains("3 clusters go on with number and name")), "{:?}", answer.notes);
    let now = Table::of(answer);
    assert_eq!((now.column("cluster"), now.column("number")), (first.column("cluster"), first.column("number")));
    // Two groups of three kinds: whoever is not mostly the same is new.
    let fewer = fit_by(&project, &["amount_spent"], 2);
    let notes = fewer.notes.join("\n");
    assert!(notes.contains("gone: "), "{notes}");
}

#[test]
fn kinds_are_grouped_beside_numbers_and_are_segments() {
    let project = Project::new();
    let mut text = "order_id,customer_id,order_date,total,currency,channel\n".to_owned();
    for person in 0..120_u32 {
        let channel = if person % 2 == 0 { "shop" } else { "fair" };
        let amount = if person % 4 < 2 { 20 } else { 80 };
        for order in 0..3 {
            writeln!(text, "{person}-{order},{channel}{person},{},{amount},EUR,{channel}", day(person % 30 + order * 20)).unwrap();
        }
    }
    project.import_text("orders.csv", text);
    let answer = fit_by(&project, &["amount_spent", "first_channel"], 4);
    let notes = answer.notes.join("\n");
    assert!(notes.contains("first_channel as kinds, of which one that differs weighs"), "{notes}");
    let cards = Table::of(answer);
    let found = kinds(&project, "2025-01-15");
    assert!(found.len() == 4 && found.values().all(|kinds| kinds.len() == 1), "{found:?}");
    let commonest: BTreeSet<&str> = cards.column("commonest_first_channel").into_iter().collect();
    assert_eq!(commonest.into_iter().collect::<Vec<_>>(), ["fair (100 %)", "shop (100 %)"]);
    assert!(cards.column("name").iter().any(|name| name.to_lowercase().contains("first bought by fair")), "{:?}", cards.column("name"));
    let segment = format!("cluster = '{}'", cards.rows[0][0]);
    assert_eq!(project.segment("2025-01-15", &segment), 30);
    let again = fit_by(&project, &["amount_spent", "first_channel"], 4);
    assert!(again.notes.iter().any(|note| note.contains("4 clusters go on")), "{:?}", again.notes);
}

#[test]
fn the_report_has_cards_or_says_that_there_are_no_groups() {
    let project = Project::new();
    shop(&project);
    let ask = When::AsOf("2025-01-15".to_owned());
    let page = || quintile::page(&project.workspace.report(&ask).unwrap());
    assert!(page().contains("Clusters were never fitted here"));
    fit(&project, "2025-01-15", None, 1);
    let found = page();
    assert!(found.contains("class=\"cards\"") && found.contains("60 customers, 27.3 % of all"), "{found}");
    // One kind of customers, spread evenly over everything: no groups, and what was kept stays beside it.
    let mut text = HEADER.to_owned();
    for person in 0..400_u32 {
        for order in 0..2 + person * 7 % 5 {
            let date = day((person * 131 + order * 67 + person * order * 17) % 360);
            writeln!(text, "even{person}-{order},even{person},{date},{},EUR", 20 + person * 37 % 83).unwrap();
        }
    }
    let other = Project::new();
    other.import_text("orders.csv", text);
    let answer = fit(&other, "2025-01-15", None, 1);
    assert!(answer.notes[0].starts_with("no clear groups: no number of groups"), "{:?}", answer.notes);
    let page = quintile::page(&other.workspace.report(&ask).unwrap());
    assert!(page.contains("No clear groups among 400 customers with two orders or more") && !page.contains("class=\"cards\""));
    assert_eq!(other.workspace.clusters_choice().unwrap().notes[0], "fitted as of 2025-01-15T00:00:00Z; no clear groups");
}

#[test]
fn the_same_seed_gives_the_same_clusters() {
    let project = Project::new();
    shop(&project);
    let kept = || std::fs::read_to_string(project.workspace.root().join("answers/clusters.json")).unwrap();
    fit(&project, "2025-01-15", None, 5);
    let first = kept();
    std::fs::remove_file(project.workspace.root().join("answers/clusters.json")).unwrap();
    fit(&project, "2025-01-15", None, 5);
    assert_eq!(first, kept());
}

#[test]
fn a_handful_of_customers_has_no_clear_groups() {
    let project = Project::new();
    let mut text = HEADER.to_owned();
    orders_of(&mut text, "few", 20, 3, 0, 10, 30);
    project.import_text("orders.csv", text);
    let answer = fit(&project, "2025-01-15", None, 1);
    assert_eq!(answer.rows.num_rows(), 0);
    assert_eq!(answer.notes, ["no clear groups: 20 customers have two orders or more, and fewer than 50 say nothing of groups"]);
    assert!(!project.workspace.root().join("answers/clusters.json").exists());
}

#[test]
fn what_was_kept_and_spoilt_is_said() {
    let project = Project::new();
    shop(&project);
    std::fs::write(project.workspace.root().join("answers/clusters.json"), "{}").unwrap();
    let error = whole(&project.workspace.clusters(&When::Latest).unwrap_err());
    assert!(error.contains("clusters.json") && error.contains("remove the file and fit clusters again"), "{error}");
}

#[test]
fn clusters_of_online_retail_have_names_one_can_read() {
    let Some(folder) = std::env::var_os("QUINTILE_SHARED").map(std::path::PathBuf::from) else { return };
    let file = folder.join("data/online_retail/online_retail_I.parquet");
    assert!(file.exists(), "QUINTILE_SHARED is set and {} is missing", file.display());
    let project = Project::of("Europe/London", "GBP");
    project.import(&[file]);
    let answer = fit(&project, "2011-12-10", Some(4), 1);
    let cards = Table::of(answer);
    let customers: u64 = cards.sizes().iter().map(|(_, count)| count).sum();
    assert_eq!(customers, 4_339, "everybody with an order");
    let names: BTreeSet<&str> = cards.column("name").into_iter().collect();
    assert_eq!(names.len(), 5, "{names:?}");
    // The column says the same as the cards.
    let rows = project.columns("2011-12-10", &["cluster"]);
    for (id, count) in cards.sizes() {
        assert_eq!(rows.column("cluster").iter().filter(|cluster| **cluster == id).count() as u64, count, "{id}");
    }
    // Another seed finds the same customers, and they keep their names.
    let again = Table::of(fit(&project, "2011-12-10", Some(4), 2));
    assert_eq!(again.column("name"), cards.column("name"));
}
