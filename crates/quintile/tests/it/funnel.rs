//! The steps of a shop whose customers can be counted by hand, and on a real one against segments.

use crate::project::{Project, Table, when};
use quintile::{FunnelAsk, ImportAsk};
use std::path::PathBuf;

fn import_as(project: &Project, kind: &str, name: &str, text: &str) {
    let path = project.file(name, text);
    let ask = ImportAsk { paths: vec![path], as_kind: Some(kind.to_owned()), source: Some("shop".to_owned()), ..ImportAsk::default() };
    project.workspace.import(&ask, &|_| {}).unwrap_or_else(|error| panic!("{}", crate::project::whole(&error)));
}

fn shop() -> Project {
    let project = Project::new();
    import_as(
        &project,
        "orders",
        "orders.csv",
        "order_id,customer_id,email,order_date,total,channel\n\
         1,a,a@x.test,2025-01-10T10:00:00Z,20,web\n2,a,a@x.test,2025-01-10T18:00:00Z,20,web\n3,a,a@x.test,2025-02-09T10:00:00Z,20,web\n\
         4,b,b@x.test,2025-01-12T10:00:00Z,20,web\n5,d,d@x.test,2025-03-01T10:00:00Z,9,app\n",
    );
    import_as(
        &project,
        "events",
        "events.csv",
        "event_id,user_id,time,event,page\n\
         1,a,2025-01-08T10:00:00Z,Page Viewed,/\n2,a,2025-01-09T10:00:00Z,Product Viewed,/p\n3,a,2025-01-10T09:00:00Z,Product Added,/p\n\
         4,b,2025-01-10T10:00:00Z,Page Viewed,/\n5,b,2025-01-10T10:05:00Z,Product Viewed,/p\n\
         6,c,2025-01-10T10:00:00Z,Page Viewed,/\n7,c,2025-01-11T10:00:00Z,Product Viewed,/p\n8,c,2025-01-12T10:00:00Z,Product Viewed,/q\n\
         9,e,2025-01-10T10:00:00Z,Page Viewed,/\n",
    );
    project
}

#[test]
fn each_step_by_hand() {
    let project = shop();
    let found = Table::of(project.workspace.funnel(&FunnelAsk { when: when("2025-04-01"), most: 10, ..FunnelAsk::default() }).unwrap());
    let shown = |step: &str| ["reached", "seen", "stopped", "median_days"].map(|name| found.get(step, name).to_owned());
    // a goes all the way, b and d buy once, c looks at products, e at the first page. d was never seen on the page.
    assert_eq!(shown("visit"), ["5", "4", "1", "-"]);
    assert_eq!(shown("product-view")[..3], ["4", "3", "1"]);
    assert_eq!(shown("cart")[..3], ["3", "1", "0"]);
    assert_eq!(shown("first-purchase")[..3], ["3", "3", "2"]);
    // Two orders of one day are one purchase.
    assert_eq!(shown("second-purchase"), ["1", "1", "1", "30.0"]);
    assert!(!found.names.iter().any(|name| name == "channel") && found.rows.len() == 5, "{found:?}");
    for row in &found.rows {
        let (stopped, segment) = (row[6].parse::<u64>().unwrap(), &row[7]);
        if segment != "-" {
            assert_eq!(project.segment("2025-04-01", segment), stopped, "{segment}");
        }
    }
    // Nothing of later is in an earlier answer.
    let early = Table::of(project.workspace.funnel(&FunnelAsk { when: when("2025-01-11"), most: 10, ..FunnelAsk::default() }).unwrap());
    assert_eq!(early.get("first-purchase", "reached"), "1");
}

#[test]
fn ways_and_channels() {
    let project = shop();
    let ask = FunnelAsk { when: when("2025-04-01"), most: 10, touches: 3, ..FunnelAsk::default() };
    let ways = Table::of(project.workspace.paths(&ask).unwrap());
    assert_eq!(ways.get("visit > visit > product-view", "customers"), "2");
    assert_eq!(ways.get("visit > product-view > purchase", "median_days"), "2.0");
    assert_eq!(ways.get("purchase", "customers"), "1");
    let by = Table::of(project.workspace.funnel(&FunnelAsk { by_channel: true, ..ask }).unwrap());
    let reached: Vec<(&str, &str)> =
        by.rows.iter().filter(|row| row[1] == "first-purchase").map(|row| (row[0].as_str(), row[2].as_str())).collect();
    assert_eq!(reached, [("-", "0"), ("web", "2"), ("app", "1")]);
}

#[test]
fn online_retail_stops_where_segments_say() {
    let Some(shared) = std::env::var_os("QUINTILE_SHARED") else { return };
    let project = Project::of("Europe/London", "GBP");
    project.import(&[PathBuf::from(shared).join("data/online_retail/online_retail_I.csv.gz")]);
    let found = Table::of(project.workspace.funnel(&FunnelAsk { when: when("2011-12-10"), most: 10, ..FunnelAsk::default() }).unwrap());
    assert_eq!((found.rows.len(), found.get("first-purchase", "reached")), (4, "4339"));
    assert_eq!(found.get("second-purchase", "reached").parse::<u64>().unwrap(), project.segment("2011-12-10", "number_of_purchases >= 2"));
    assert_eq!(found.get("fourth-purchase", "reached").parse::<u64>().unwrap(), project.segment("2011-12-10", "number_of_purchases >= 4"));
}
