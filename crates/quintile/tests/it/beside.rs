//! Facts beside orders, from files to answers.

use crate::project::{Project, when};
use quintile::{ImportAsk, ImportReport};

fn import_as(project: &Project, kind: &str, name: &str, text: &str) -> ImportReport {
    let path = project.file(name, text);
    let ask = ImportAsk { paths: vec![path], as_kind: Some(kind.to_owned()), source: Some("shop".to_owned()), ..ImportAsk::default() };
    project.workspace.import(&ask, &|_| {}).unwrap_or_else(|error| panic!("{}", crate::project::whole(&error)))
}

const ORDERS: &str = "order_id,customer_id,email,order_date,total\n1,7,ann@example.com,2025-01-10T10:00:00Z,20\n";
const VISITS: &str = "event_id,anonymous_id,user_id,time,event,page\n\
                      a,v,,2025-02-01T10:00:00Z,Page Viewed,/one\n\
                      b,v,7,2025-02-01T10:05:00Z,identify,\n\
                      c,w,,2025-02-02T10:00:00Z,Page Viewed,/two\n\
                      d,w,,2099-01-01T10:00:00Z,Page Viewed,/two\n";
const MAIL: &str = "email,action,time,campaign\n\
                    Ann@Example.com,sent,2025-02-03T10:00:00Z,spring\n\
                    new@example.com,sent,2025-02-03T10:00:00Z,spring\n";

fn everything(project: &Project) {
    import_as(project, "orders", "orders.csv", ORDERS);
    import_as(project, "events", "visits.csv", VISITS);
    import_as(project, "messages", "mail.csv", MAIL);
}

#[test]
fn touchpoints_meet_their_customer_whatever_comes_first() {
    let project = Project::new();
    everything(&project);
    let shown = project.workspace.customer(&when(""), "7").unwrap();
    let cells = crate::project::cells(&shown.touchpoints.rows);
    let told: Vec<String> = cells.iter().map(|row| format!("{} {} {}", row[1], row[2], row[3])).collect();
    assert_eq!(told, ["events page_viewed /one", "events identified -", "messages email sent spring"]);
    // The last fact is a message: a browser's clock of 2099 moves nothing.
    assert_eq!(shown.header.as_of, "2025-02-04T00:00:00Z");
    // A prospect is a customer without orders.
    let customers = project.columns("", &["customer_id", "number_of_orders"]);
    let orders: Vec<&str> = customers.rows.iter().map(|row| row[1].as_str()).collect();
    assert_eq!((customers.rows.len(), orders), (2, vec!["1", "0"]));

    let other = Project::new();
    import_as(&other, "messages", "mail.csv", MAIL);
    import_as(&other, "events", "visits.csv", VISITS);
    import_as(&other, "orders", "orders.csv", ORDERS);
    let again = other.workspace.customer(&when(""), "7").unwrap();
    assert_eq!(crate::project::cells(&again.touchpoints.rows), cells);
    // The same files once more change nothing.
    let version = project.version();
    everything(&project);
    assert_eq!(project.version(), version);
}

#[test]
fn what_touchpoints_cannot_be_is_refused_with_its_reason() {
    let project = Project::new();
    let report =
        import_as(&project, "messages", "mail.csv", "email,action,time\na@example.com,sent,2025-01-01\nb@example.com,juggled,2025-01-01\n");
    assert_eq!((report.records["messages"], report.refused()), (1, 1));
    let refusal = &report.files[0].first_refusals[0];
    assert_eq!((refusal.line, refusal.column.as_deref()), (3, Some("action")));
    let ask = ImportAsk { paths: vec![project.file("x.csv", "a,b\n1,2\n")], as_kind: Some("events".to_owned()), ..ImportAsk::default() };
    let error = crate::project::whole(&project.workspace.import(&ask, &|_| {}).unwrap_err());
    assert!(error.contains("no column is `events.at`"), "{error}");
}

#[cfg(feature = "sql")]
#[test]
fn every_kind_is_a_table() {
    use std::sync::Arc;
    let project = Project::new();
    everything(&project);
    import_as(&project, "costs", "costs.csv", "channel,month,amount\ncpc,2025-01,100\ncpc,2025-01,120\n");
    let workspace = Arc::new(quintile::Workspace::open(project.workspace.root(), &quintile::Overrides::default()).unwrap());
    let ask = |query: &str| {
        let ask = quintile::SqlAsk { when: when(""), query: query.to_owned(), rows: None, time: None, personal: true };
        let answer = workspace.sql(&ask).unwrap_or_else(|error| panic!("{query}: {}", crate::project::whole(&error)));
        crate::project::cells(&answer.rows).iter().map(|row| row.join(" ")).collect::<Vec<_>>()
    };
    assert_eq!(
        ask("SELECT customer_id, name, page FROM events ORDER BY at, name"),
        ["7 page_viewed /one", "7 identified -", "- page_viewed /two", "- page_viewed /two"],
        "of customers, and of visitors who are nobody yet"
    );
    assert_eq!(ask("SELECT count(*) FROM messages WHERE action = 'sent'"), ["2"]);
    assert_eq!(ask("SELECT what, channel, period, amount FROM costs"), ["acquisition cpc 2025-01 120.0000"]);
    for kind in quintile_model::Touchpoint::ALL {
        assert_eq!(ask(&format!("SELECT count(*) >= 0 FROM {}", kind.name())), ["true"]);
    }
    assert_eq!(ask("SELECT customer_id, count(*) FROM messages GROUP BY customer_id ORDER BY customer_id"), ["7 1", "new@example.com 1"]);
}
