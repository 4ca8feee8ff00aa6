//! Who sees whom, exports, the audit log.

use crate::server::Running;
use quintile_server::Role;
use serde_json::{Value, json};

const PEOPLE: &str = "/api/v1/customers?columns=customer_id,email,first_name&limit=3";

#[test]
fn names_are_masked_until_somebody_who_may_asks_for_them_and_that_is_written_down() {
    let server = Running::shop();
    let (marketer, viewer) = (server.somebody(Role::Marketer), server.somebody(Role::Viewer));
    for who in [&marketer, &viewer] {
        let page = who.get(PEOPLE).text();
        assert!(page.contains("c•••@example.com") && !page.contains("Ada\""), "{page}");
        let one = who.get("/api/v1/customers/c3").is(200);
        assert_eq!((&one["profile"]["email"], &one["profile"]["first_name"]), (&json!("c•••@example.com"), &json!("A•••")));
        assert!(one["masked"].as_array().unwrap().contains(&json!("email")));
    }
    viewer.get(&format!("{PEOPLE}&reveal=true")).is(403);
    viewer.get("/api/v1/customers/c3?reveal=true").is(403);
    let revealed = |text: &str| server.owner().get("/api/v1/audit?action=personal.revealed").text().matches(text).count();
    assert_eq!(revealed("personal.revealed"), 0);
    assert!(marketer.get(&format!("{PEOPLE}&reveal=true")).text().contains("\"Ada\""));
    let one = marketer.get("/api/v1/customers/c3?reveal=true").is(200);
    assert_eq!((&one["profile"]["email"], &one["masked"]), (&json!("c3@example.com"), &json!([])));
    assert_eq!((revealed("personal.revealed"), revealed("marketer-1@example.com")), (2, 2));
    // What is about nobody is not written down.
    marketer.get("/api/v1/customers?columns=customer_id&reveal=true").is(200);
    assert_eq!(revealed("personal.revealed"), 2);
}

#[test]
fn a_condition_does_not_show_what_a_column_hides() {
    let server = Running::shop();
    let viewer = server.somebody(Role::Viewer);
    let owner = server.owner().with("If-None-Match", "*");
    let made = owner.put("/api/v1/segments/mails", &json!({"name": "Mails", "query": "email STARTS WITH 'c3'"}));
    if made.status == 200 {
        let why = viewer.get("/api/v1/segments/mails/why/c3").text();
        assert!(!why.contains("c3@example.com"), "{why}");
    }
}

#[test]
fn who_takes_rows_along_may_and_is_written_down() {
    let server = Running::shop();
    let (analyst, viewer, marketer, owner) =
        (server.somebody(Role::Analyst), server.somebody(Role::Viewer), server.somebody(Role::Marketer), server.owner());
    let export = "/api/v1/segments/one-and-done/export";
    let known = owner.get("/api/v1/segments").is(200)["data"].as_array().unwrap().clone();
    let id =
        known.iter().find(|entry| entry["text"].as_str().unwrap().contains("number_of_orders")).unwrap()["id"].as_str().unwrap().to_owned();
    let export = export.replace("one-and-done", &id);
    viewer.get(&export).is(403);
    viewer.with("Accept", "text/csv").get("/api/v1/stages").is(403);
    analyst.get(&export);
    assert_eq!(analyst.get(&format!("{export}?columns=customer_id,email")).is(403)["type"], "/problems/forbidden");
    assert_eq!(marketer.get(&format!("{export}?columns=customer_id,email")).status, 200);
    analyst.with("Accept", "text/csv").get("/api/v1/stages");
    let audit = owner.get("/api/v1/audit?action=export").is(200);
    let told: Vec<String> = audit["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {}", row["who"].as_str().unwrap(), row["what"].as_str().unwrap(), row["note"].as_str().unwrap()))
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].starts_with("analyst-1@example.com stages")
            && told[1].contains("customer_id, email")
            && told[2].contains(&format!("segment {id}")),
        "{told:?}"
    );
}

#[cfg(feature = "sql")]
#[test]
fn a_query_of_somebody_who_may_not_see_names_finds_none() {
    let server = Running::shop();
    let (analyst, owner) = (server.somebody(Role::Analyst), server.owner());
    for query in [
        "SELECT email FROM profiles",
        "SELECT first_name FROM profiles",
        "SELECT email FROM customers",
        "SELECT p.last_name AS x FROM profiles p",
    ] {
        owner.post("/api/v1/sql", &json!({"query": query})).is(200);
        analyst.post("/api/v1/sql", &json!({"query": query})).is(422);
    }
    let all = analyst.post("/api/v1/sql", &json!({"query": "SELECT * FROM customers LIMIT 5"})).text();
    assert!(!all.contains("@example.com") && !all.contains("\"Ada\""), "{all}");
    let all = analyst.post("/api/v1/sql", &json!({"query": "SELECT * FROM profiles LIMIT 5"})).text();
    assert!(!all.contains("@example.com") && !all.contains("\"Ada\""), "{all}");
}

#[test]
fn the_audit_log_comes_in_pages() {
    let server = Running::shop();
    let owner = server.owner();
    (0..5).for_each(|_| drop(server.key(&["read"])));
    let mut seen: Vec<Value> = Vec::new();
    let mut path = "/api/v1/audit?limit=2&action=key.added".to_owned();
    loop {
        let page = owner.get(&path).is(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/audit?limit=2&action=key.added&cursor={cursor}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a.as_i64() > b.as_i64()), "{seen:?}");
    owner.get("/api/v1/audit?cursor=x").is(400);
}

/// Customers with every state of consent that a source may say, and one whose address is not known.
fn with_consents() -> Running {
    let folder = crate::server::empty();
    let workspace = quintile::Workspace::open(folder.path(), &quintile::Overrides::default()).unwrap();
    let mut orders = "order_id,customer_id,created_at,total,currency\n".to_owned();
    let mut customers = "customer_id,email,first_name,last_name,email_consent\n".to_owned();
    let states = ["SUBSCRIBED", "SUBSCRIBED", "SUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED", "NOT_SUBSCRIBED", "INVALID", ""];
    for (number, state) in states.iter().enumerate() {
        orders.push_str(&format!("{number},c{number},2024-03-0{} 10:00,10.00,EUR\n", 1 + number));
        let email = if number == 3 { String::new() } else { format!("Foo.Bar+{number}@Example.com") };
        customers.push_str(&format!("c{number},{email},José,O'Brien,{state}\n"));
    }
    for (name, text, kind) in [("orders.csv", orders, "orders"), ("customers.csv", customers, "customers")] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let ask = quintile::ImportAsk {
            paths: vec![path],
            as_kind: Some(kind.to_owned()),
            source: Some("shop".to_owned()),
            ..Default::default()
        };
        let report = workspace.import(&ask, &|_| {}).unwrap();
        assert_eq!(report.refused(), 0);
    }
    Running::on(folder, crate::server::options())
}

#[test]
fn lists_that_are_sent_to_leave_out_who_may_not_be_written_to() {
    let server = with_consents();
    let owner = server.owner();
    owner.with("If-None-Match", "*").put("/api/v1/segments/all-of-them", &json!({"name": "All", "query": "number_of_orders >= 1"})).is(200);
    let export = |more: &str| owner.get(&format!("/api/v1/segments/all-of-them/export?{more}"));
    assert_eq!(export("columns=customer_id").text().lines().count(), 9);
    let list = export("for=email&columns=customer_id,email");
    assert_eq!(list.header("x-quintile-members"), Some("3 of 8"));
    let left_out = list.header("x-quintile-left-out").unwrap();
    for reason in
        ["5 customers of 8 left out", "1 unsubscribed", "1 have an address that is invalid", "2 did not agree", "1 have no e-mail"]
    {
        assert!(left_out.contains(reason), "{left_out}");
    }
    assert_eq!(list.header("x-quintile-small"), Some("true"));
    let rows: Vec<String> = list.text().lines().map(str::to_owned).collect();
    assert_eq!(rows[0], "customer_id,email");
    assert!((0..3).all(|n| rows.iter().any(|row| row.starts_with(&format!("c{n},")))), "{rows:?}");

    let klaviyo = export("layout=klaviyo").text();
    assert!(klaviyo.starts_with("Email,First Name,Last Name,Country,External ID\n"), "{klaviyo}");
    let mailchimp = export("layout=mailchimp").text();
    assert!(mailchimp.contains("all-of-them") && mailchimp.starts_with("Email Address,First Name,Last Name,Tags\n"), "{mailchimp}");
    // What Meta is told says nobody's name: FN `José` and LN `O'Brien` as its own library hashes them.
    let meta = export("layout=meta&for=ads").text();
    assert!(meta.contains("f854b2aeb789d616b26acff4df9ff7741d09d5f7a63add238201880e5b10bf2b"), "{meta}");
    assert!(meta.contains("b4cb6cb33fe4b865868de825023a1e2790dc12ac01ecc8d7c5afe8254071c8ba"), "{meta}");
    assert!(!meta.contains('@') && !meta.contains("José"), "{meta}");
    let audit = owner.get("/api/v1/audit?limit=100").text();
    for told in ["for email, 5 customers of 8 left out", "the columns of meta"] {
        assert!(audit.contains(told), "{audit}");
    }
    for wrong in ["for=fax", "layout=fax", "layout=meta&for=email"] {
        export(wrong).is(422);
    }
    export("layout=meta&columns=email").is(400);
    // An analyst may take lists along, and no names.
    let analyst = server.somebody(quintile_server::Role::Analyst);
    analyst.get("/api/v1/segments/all-of-them/export?layout=klaviyo").is(403);
}
