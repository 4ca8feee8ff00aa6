//! Whether segments are worth having, who came back, and what is bought after what, on Online Retail against counts by other
//! ways.

use crate::project::{Project, Table, when};
use quintile::{Asked, NextAsk, ReactivationAsk, SegmentAsk};
use std::collections::BTreeMap;
use std::path::PathBuf;

const DATE: &str = "2011-12-10";

fn online_retail() -> Option<Project> {
    let shared = std::env::var_os("QUINTILE_SHARED")?;
    let project = Project::of("Europe/London", "GBP");
    project.import(&[PathBuf::from(shared).join("data/online_retail/online_retail_I.csv.gz")]);
    Some(project)
}

fn quality(project: &Project, text: &str) -> Table {
    let ask = SegmentAsk { when: when(DATE), of: Asked::Text(text.to_owned()), parameters: Vec::new() };
    Table::of(project.workspace.segment_quality(&ask).unwrap_or_else(|error| panic!("{}", crate::project::whole(&error))))
}

#[test]
fn six_questions_of_online_retail() {
    let Some(project) = online_retail() else { return };
    let top = quality(&project, "amount_spent > percentile(amount_spent, 80)");
    let number = |table: &Table, question: &str, column: &str| table.get(question, column).parse::<f64>().unwrap();
    assert_eq!(number(&top, "substantial", "measure") as u64, project.segment(DATE, "amount_spent > percentile(amount_spent, 80)"));
    assert_eq!(number(&top, "identifiable", "measure"), 1.0);
    // Those who spent most spend most again, far more than chance; and who they are hardly hangs on who else is a customer.
    assert!(number(&top, "differentiable", "lower") > 0.8, "{top:?}");
    assert_eq!(top.get("stable", "grade"), "good");
    // Of everybody there are no others to be told from.
    let everybody = quality(&project, "number_of_orders >= 0");
    assert_eq!((everybody.get("differentiable", "grade"), number(&everybody, "stable", "measure")), ("unknown", 1.0));
    // New customers do not stay new, and that is no fault of theirs.
    let new = quality(&project, "first_order_date >= -30d");
    assert_eq!((number(&new, "stable", "measure"), new.get("stable", "grade")), (0.0, "fair"));
    assert!(new.get("stable", "sentence").contains("had nobody done anything, 0 % would"), "{new:?}");
    // Nothing is known of consent.
    assert_eq!(new.get("accessible", "grade"), "unknown");
}

#[test]
fn returns_are_those_of_the_stages() {
    let Some(project) = online_retail() else { return };
    let found = Table::of(project.workspace.reactivation(&ReactivationAsk { when: when(DATE), days: 365 }).unwrap());
    let rows: BTreeMap<(String, String), &Vec<String>> = found.rows.iter().map(|row| ((row[0].clone(), row[1].clone()), row)).collect();
    let row = |who: &str, how: &str| rows[&(who.to_owned(), how.to_owned())];
    // Who is inactive now is in the stages of the inactive; 33 customers with returns alone are there too and bought nothing.
    let stages = project.stages(DATE, "life_stage");
    let inactive_now = |who: &str| row(who, "any")[10].parse::<u64>().unwrap();
    assert_eq!(inactive_now("after-one-purchase") + 33, stages.get("inactive-first-time", "customers").parse::<u64>().unwrap());
    assert_eq!(inactive_now("repeat"), stages.get("inactive-repeat", "customers").parse::<u64>().unwrap());
    for who in ["after-one-purchase", "repeat"] {
        let came_back = |how: &str| row(who, how)[3].parse::<u64>().unwrap();
        assert_eq!(came_back("any"), came_back("discounted") + came_back("full-price"));
        assert_eq!(row(who, "any")[2].parse::<u64>().unwrap(), came_back("any") + inactive_now(who));
    }
}

#[test]
fn what_follows_is_what_segments_say() {
    let Some(project) = online_retail() else { return };
    let ask = NextAsk { when: when(DATE), by_category: false, support: 0.02 };
    let found = Table::of(project.workspace.next_bought(&ask).unwrap());
    // Counted from the raw file by other means.
    let cakes = found.rows.iter().find(|row| row[0] == "22423" && row[2] == "23245").unwrap();
    assert_eq!((&cakes[4][..], &cakes[5][..], &cakes[7][..], &cakes[8][..]), ("881", "192", "160.0", "19"));
    for row in found.rows.iter().take(3) {
        let (first, then) = (&row[0], &row[2]);
        let buyers = project.segment(DATE, &format!("products_purchased MATCHES (id = '{first}')"));
        assert_eq!(row[4].parse::<u64>().unwrap(), buyers, "{row:?}");
        // Whoever bought the second for the first time on a later day has bought it after the first, and others have too.
        let later =
            project.segment(DATE, &format!("products_purchased MATCHES (id = '{first}') THEN products_purchased MATCHES (id = '{then}')"));
        assert!(row[5].parse::<u64>().unwrap() <= later, "{row:?} {later}");
    }
}
