//! Many moments from one reading of the facts, held against separate questions at each of them; and who moved between them.

use crate::project::{Project, Table};
use quintile::write::Format;
use quintile::{Every, HistoryAsk, MovementAsk, When};
use std::collections::BTreeMap;
use std::path::PathBuf;

fn when(date: &str) -> When {
    When::AsOf(date.to_owned())
}

fn ask(date: &str, every: Every, from: Option<&str>) -> HistoryAsk {
    HistoryAsk { when: when(date), every, from: from.map(str::to_owned), by_last: false }
}

/// Rows by moment, each a line of CSV without the moment.
fn dated(project: &Project, ask: &HistoryAsk, columns: &[&str]) -> BTreeMap<String, Vec<String>> {
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut text = Vec::new();
    project.workspace.history_rows(ask, &columns).unwrap().write(Format::Csv, false, &mut text).unwrap();
    let mut by_moment: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in String::from_utf8(text).unwrap().lines() {
        let (moment, rest) = line.split_once(',').unwrap();
        by_moment.entry(moment.to_owned()).or_default().push(rest.to_owned());
    }
    by_moment
}

/// The same of one moment, by a question of its own.
fn apart(project: &Project, moment: &str, columns: &[&str]) -> Vec<String> {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    let profile = project.workspace.profile(&quintile::ProfileAsk { when: when(moment), columns, ..Default::default() }).unwrap();
    let mut text = Vec::new();
    profile.write(Format::Csv, false, None, &mut text).unwrap();
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

const COLUMNS: [&str; 9] =
    ["customer_id", "life_stage", "retention_state", "rfm_group", "buying_group", "core_group", "rfm", "amount_spent", "number_of_orders"];

fn check(project: &Project, ask: &HistoryAsk, columns: &[&str], moments: usize) {
    let history = dated(project, ask, columns);
    assert_eq!(history.len(), moments, "{:?}", history.keys());
    for (moment, rows) in &history {
        let expected = apart(project, moment, columns);
        assert_eq!(rows.len(), expected.len(), "{moment}");
        if let Some((own, expected)) = rows.iter().zip(&expected).find(|(own, expected)| own != expected) {
            panic!("at {moment}: {own} and not {expected}");
        }
    }
}

fn online_retail() -> Option<Project> {
    let shared = std::env::var_os("QUINTILE_SHARED")?;
    let file = PathBuf::from(shared).join("data/online_retail/online_retail_I.csv.gz");
    assert!(file.exists(), "QUINTILE_SHARED is set and {} is missing", file.display());
    let project = Project::of("Europe/London", "GBP");
    project.import(&[file]);
    Some(project)
}

#[test]
fn the_months_of_online_retail_are_separate_runs() {
    let Some(mut project) = online_retail() else { return };
    // The first moments hold next to nobody; the last is no month end.
    check(&project, &ask("2011-12-10", Every::Month, None), &COLUMNS, 13);
    check(&project, &ask("2011-11-07", Every::Day, Some("2011-10-25")), &COLUMNS, 14);
    let all = ask("2011-12-10", Every::Week, Some("2011-10-01"));
    let in_memory = dated(&project, &all, &COLUMNS);
    project.workspace.settings.memory_bytes = 0;
    assert_eq!(dated(&project, &all, &COLUMNS), in_memory, "rows that were put aside on disk");
}

#[test]
fn a_balance_of_online_retail_is_its_stages() {
    let Some(project) = online_retail() else { return };
    for partition in ["life_stage", "retention_state", "buying_group", "core_group", "rfm_group"] {
        let ask = MovementAsk {
            when: when("2011-12-10"),
            from: Some("2011-06-01".to_owned()),
            partition: partition.to_owned(),
            own_thresholds: true,
        };
        let balance = Table::of(project.workspace.balance(&ask).unwrap());
        let sizes = |date: &str| match partition {
            "rfm_group" => project.rfm(date),
            partition => project.stages(date, partition),
        };
        let (before, now) = (sizes("2011-06-01"), sizes("2011-12-10"));
        for row in &balance.rows {
            assert_eq!(balance.get(&row[0], "before"), before.get(&row[0], "customers"), "{partition} {}", row[0]);
            assert_eq!(balance.get(&row[0], "now"), now.get(&row[0], "customers"), "{partition} {}", row[0]);
        }
        assert_eq!(balance.sum("revenue_now"), now.sum("revenue"), "{partition}");
        assert_eq!(balance.sum("revenue_before"), before.sum("revenue"), "{partition}");
        let arrows = Table::of(project.workspace.movement(&ask).unwrap());
        assert_eq!(arrows.sum("customers"), balance.sum("now"));
        assert_eq!(arrows.sum("spent_between"), now.sum("revenue") - before.sum("revenue"));
    }
}

#[test]
fn the_trend_is_the_concentration_of_each_date() {
    let Some(project) = online_retail() else { return };
    let trend = Table::of(project.workspace.concentration_trend(&ask("2011-12-10", Every::Month, None)).unwrap());
    assert_eq!(trend.rows.len(), 13);
    for date in ["2011-01-01", "2011-07-01", "2011-12-10"] {
        let alone = Table::of(project.workspace.concentration(&when(date)).unwrap());
        for (share, column) in [("0.01", "top_1_share"), ("0.05", "top_5_share"), ("0.1", "top_10_share"), ("0.2", "top_20_share")] {
            assert_eq!(trend.get(date, column), alone.get(share, "revenue_share"), "{date} {share}");
        }
    }
}

/// Two customers who come back, one who does not, and one who comes late.
fn small() -> Project {
    let project = Project::new();
    let mut text = String::from("order_id,customer_id,order_date,total,currency\n");
    for (order, (customer, date, total)) in [
        ("a", "2025-01-05", 10),
        ("a", "2025-02-04", 20),
        ("a", "2025-03-06", 40),
        ("b", "2025-01-10", 5),
        ("c", "2025-01-20", 7),
        ("c", "2025-02-20", 9),
        ("d", "2025-03-15", 3),
    ]
    .iter()
    .enumerate()
    {
        text.push_str(&format!("{order},{customer},{date},{total},EUR\n"));
    }
    project.import_text("orders.csv", text);
    project
}

#[test]
fn columns_that_change_by_time_alone_have_a_history_too() {
    let project = small();
    let columns = ["customer_id", "orders_in_30d", "days_since_last_order", "life_stage", "favourite_weekday"];
    check(&project, &ask("2025-04-01", Every::Month, None), &columns, 3);
    check(&project, &ask("2025-04-01", Every::Month, None), &COLUMNS, 3);
}

#[test]
fn every_arrow_has_its_customers_and_their_money() {
    let project = small();
    let ask = |from: &str, to: &str| MovementAsk {
        when: when(to),
        from: Some(from.to_owned()),
        partition: "life-stage".to_owned(),
        own_thresholds: false,
    };
    let arrows = Table::of(project.workspace.movement(&ask("2025-02-01", "2025-04-01")).unwrap());
    let found: Vec<String> =
        arrows.rows.iter().map(|row| [&row[0], &row[1], &row[2], &row[4], &row[5]].map(String::as_str).join(" ")).collect();
    assert_eq!(
        found,
        [
            "first-time-buyers active-repeat 1 16.0000 9.0000",
            "first-time-buyers loyal 1 70.0000 60.0000",
            // Silent for 81 days, and the last call is its least, 60.
            "first-time-buyers inactive-first-time 1 5.0000 0.0000",
            "(new) first-time-buyers 1 3.0000 3.0000",
        ]
    );
    let error = project.workspace.movement(&ask("2025-04-01", "2025-02-01")).unwrap_err().to_string();
    assert_eq!(error, "movement goes from an earlier date to a later one, and 2025-04-01 is not before 2025-02-01");
    assert!(project.workspace.movement(&MovementAsk { partition: "stage".to_owned(), ..ask("2025-02-01", "2025-04-01") }).is_err());
    let path = Table::of(project.workspace.path(&when("2025-04-01"), "a", Every::Month).unwrap());
    assert_eq!(path.column("life_stage"), ["first-time-buyers", "active-repeat", "loyal"]);
    assert_eq!(path.column("amount_spent"), ["10.0000", "30.0000", "70.0000"]);
    assert!(project.workspace.path(&when("2025-04-01"), "nobody", Every::Month).is_err());
}

#[test]
fn a_day_on_which_somebody_buys_changes_a_class() {
    let project = small();
    let flicker = Table::of(project.workspace.flicker(&when("2025-03-08"), 3).unwrap());
    // On 6 March a customer buys for the third time.
    assert_eq!((flicker.get("life_stage", "days"), flicker.get("life_stage", "customers")), ("3", "3"));
    assert!(flicker.get("life_stage", "changed").parse::<u64>().unwrap() >= 1, "{:?}", flicker.rows);
    assert!(project.workspace.flicker(&when("2025-03-08"), 0).is_err());
}

#[test]
fn an_empty_store_and_a_young_one_have_no_movement_and_say_so() {
    let empty = Project::new();
    let ask_month = MovementAsk { partition: "life_stage".to_owned(), ..MovementAsk::default() };
    assert_eq!(Table::of(empty.workspace.movement(&ask_month).unwrap()).rows.len(), 0);
    assert_eq!(Table::of(empty.workspace.flows(&When::Latest, "life_stage").unwrap()).rows.len(), 0);
    assert_eq!(Table::of(empty.workspace.concentration_trend(&HistoryAsk::default()).unwrap()).rows.len(), 1);
    assert_eq!(Table::of(empty.workspace.history(&HistoryAsk::default(), &["life_stage".to_owned()]).unwrap()).rows.len(), 7);
    let young = small();
    let flows = young.workspace.flows(&when("2025-04-01"), "life_stage").unwrap();
    assert!(flows.notes[0].starts_with("the past is too short for limits"), "{:?}", flows.notes);
}
