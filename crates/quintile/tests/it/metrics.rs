//! Metrics of segments: by hand on a few orders, and at every date of a trend what a separate question answers then.

use crate::project::{Project, Table};
use quintile::{Asked, Every, MetricsAsk, MetricsOf, When};

fn ask(date: &str, of: MetricsOf) -> MetricsAsk {
    MetricsAsk { when: When::AsOf(date.to_owned()), of, trend: None, from: None, most: 20 }
}

fn segments(texts: &[&str]) -> MetricsOf {
    MetricsOf::Segments(texts.iter().map(|text| (Asked::Text((*text).to_owned()), Vec::new())).collect())
}

/// Two customers of Austria, one of Italy, and one order without a rate.
fn small() -> Project {
    let project = Project::new();
    project.import_text(
        "orders.csv",
        "order_id,customer_id,order_date,total,currency,country\n\
         1,a,2025-01-05,10,EUR,AT\n2,a,2025-02-05,30,EUR,AT\n3,b,2025-02-20,50,EUR,AT\n4,c,2025-03-01,7,JPY,IT\n",
    );
    project
}

#[test]
fn a_few_orders_by_hand() {
    let project = small();
    let found = Table::of(project.workspace.segment_metrics(&ask("2025-03-10", MetricsOf::Classes("country".to_owned()))).unwrap());
    let row = |name: &str| {
        ["customers", "revenue", "clv", "average_order_value", "refund_share"].map(|column| found.get(name, column).to_owned())
    };
    assert_eq!(row("AT"), ["2", "90.0000", "45.0000", "30.0000", "0.0"]);
    // What nobody can say in the reporting currency is not nought.
    assert_eq!(row("IT"), ["1", "-", "-", "-", "-"]);
    assert_eq!(row("(all)"), ["3", "90.0000", "45.0000", "30.0000", "0.0"]);
    // Conversion and whatever else the store has no facts of.
    assert_eq!((found.get("(all)", "conversion_share"), found.get("(all)", "tickets_per_order")), ("-", "-"));
}

#[test]
fn members_of_two_segments_are_in_both_and_once_in_all() {
    let project = small();
    let of = segments(&["number_of_orders >= 1", "number_of_orders >= 2", "number_of_orders > 9"]);
    let found = Table::of(project.workspace.segment_metrics(&ask("2025-03-10", of)).unwrap());
    let of = |name: &str| (found.get(name, "customers").to_owned(), found.get(name, "revenue").to_owned());
    assert_eq!(of("number_of_orders >= 2"), ("1".to_owned(), "40.0000".to_owned()));
    assert_eq!(
        (of("number_of_orders >= 1"), of("(all)")),
        (("3".to_owned(), "90.0000".to_owned()), ("3".to_owned(), "90.0000".to_owned()))
    );
    assert_eq!(of("number_of_orders > 9"), ("0".to_owned(), "0.0000".to_owned()));
}

#[test]
fn the_demo_shop_at_many_dates_and_in_parts() {
    let project = Project::demo();
    each_date_of_a_trend_is_a_question_of_its_own(&project);
    members_are_those_of_the_count_and_stages_add_up(&project);
}

fn each_date_of_a_trend_is_a_question_of_its_own(project: &Project) {
    let texts = ["orders_placed MATCHES (date >= -60d)", "amount_spent > average(amount_spent)"];
    for of in [MetricsOf::Classes("life_stage".to_owned()), MetricsOf::Classes("gender".to_owned()), segments(&texts)] {
        let trend = MetricsAsk { trend: Some(Every::Month), from: Some("2025-09-15".to_owned()), ..ask("2025-12-15", of.clone()) };
        let found = Table::of(project.workspace.segment_metrics(&trend).unwrap());
        let dates: std::collections::BTreeSet<&str> = found.column("date").into_iter().collect();
        assert!(dates.len() >= 4, "{dates:?}");
        for date in dates {
            let own = Table::of(project.workspace.segment_metrics(&ask(date, of.clone())).unwrap());
            let then = found.rows.iter().filter(|row| row[0] == date);
            for row in then {
                let single = own.rows.iter().find(|single| single[0] == row[1]).unwrap_or_else(|| panic!("{} at {date}", row[1]));
                assert_eq!(single[..], row[1..], "{date}");
            }
        }
    }
}

fn members_are_those_of_the_count_and_stages_add_up(project: &Project) {
    let date = "2025-10-01";
    let names = ["second-order-late", "one-order", "vip"];
    let of = MetricsOf::Segments(names.iter().map(|name| (Asked::Name((*name).to_owned()), Vec::new())).collect());
    let found = Table::of(project.workspace.segment_metrics(&ask(date, of)).unwrap());
    for name in names {
        let count = project.segment(date, &format!("segment('{name}')"));
        assert_eq!(found.get(name, "customers"), count.to_string(), "{name}");
        assert!(count > 0, "{name}");
    }
    let stages = Table::of(project.workspace.segment_metrics(&ask(date, MetricsOf::Classes("life_stage".to_owned()))).unwrap());
    for column in ["customers", "revenue", "active_before"] {
        let all: f64 = stages.get("(all)", column).parse().unwrap();
        let parts = stages.rows.iter().filter(|row| row[0] != "(all)").filter_map(|row| stages.cell(row, column).parse::<f64>().ok());
        let sum: f64 = parts.sum();
        assert!((sum - all).abs() < 0.001 && all > 0.0, "{column}: {sum} and {all}");
    }
}

#[test]
fn what_happened_stands_beside_its_month_and_changes_nothing() {
    let project = small();
    let asked = || {
        let trend = MetricsAsk { trend: Some(Every::Month), ..ask("2025-03-10", MetricsOf::Classes("country".to_owned())) };
        Table::of(project.workspace.segment_metrics(&trend).unwrap())
    };
    let before = asked();
    assert!(!before.names.contains(&"annotations".to_owned()));
    let day = |text: &str| quintile::annotations::date(text).unwrap();
    let annotation =
        quintile::Annotation { from: day("2025-02-14"), to: day("2025-02-14"), text: "Valentine".to_owned(), kind: "sale".to_owned() };
    project.workspace.annotate(&annotation).unwrap();
    let after = asked();
    let told: Vec<&str> = after.rows.iter().filter(|row| after.cell(row, "annotations") != "-").map(|row| row[0].as_str()).collect();
    assert!(!told.is_empty() && told.iter().all(|date| *date == "2025-03-01"), "{told:?}");
    let figures = |table: &Table| table.rows.iter().map(|row| row[..before.names.len()].to_vec()).collect::<Vec<_>>();
    assert_eq!(figures(&before), figures(&after));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let project = small();
    let message = |of: MetricsOf| project.workspace.segment_metrics(&ask("2025-03-10", of)).unwrap_err().to_string();
    assert!(message(MetricsOf::Classes("amount_spent".to_owned())).contains("puts customers in no classes"));
    assert!(message(MetricsOf::Classes("contry".to_owned())).contains("country"));
    assert!(message(MetricsOf::Segments(Vec::new())).contains("name segments"));
}
