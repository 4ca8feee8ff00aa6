//! One number over HTTP and from the front door; pages hold together; forms.

use crate::server::{Running, empty, options};
use quintile::{ImportAsk, Overrides, When, Workspace};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn workspace(server: &Running) -> Workspace {
    Workspace::open(server.path(), &Overrides::default()).unwrap()
}

#[test]
fn an_answer_over_http_has_the_rows_of_the_front_door() {
    let server = Running::shop();
    let (owner, workspace) = (server.owner(), workspace(&server));
    let when = When::AsOf("2024-09-01".to_owned());
    let check = |path: &str, answer: quintile::Answer| {
        let joint = if path.contains('?') { '&' } else { '?' };
        let found = owner.get(&format!("/api/v1/{path}{joint}as_of=2024-09-01")).is(200);
        let mut bytes = Vec::new();
        answer.write(quintile::write::Format::Json, true, &mut bytes).unwrap();
        let expected: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((&found["rows"], &found["header"]), (&expected["rows"], &expected["header"]), "{path}");
        assert_eq!(found["notes"], json!(answer.notes), "{path}");
        assert!(!found["rows"].as_array().unwrap().is_empty(), "{path}");
    };
    check("stages", workspace.stages(&when, "life_stage").unwrap());
    check("stages?partition=buying_group", workspace.stages(&when, "buying_group").unwrap());
    check("rfm", workspace.rfm(&when, &quintile::RfmAsk::default()).unwrap());
    check("rfm?view=grid", workspace.rfm_grid(&when, &quintile::RfmAsk::default()).unwrap());
    check("findings", workspace.three_findings(&when).unwrap());
    let sum = |path: &str, name: &str| -> i64 {
        let rows = owner.get(&format!("/api/v1/{path}as_of=2024-09-01")).is(200)["rows"].clone();
        rows.as_array().unwrap().iter().map(|row| row[name].as_i64().unwrap()).sum()
    };
    // Everybody who ordered is in one cell, and in one group.
    let cells = owner.get("/api/v1/rfm?view=grid&as_of=2024-09-01").is(200)["rows"].as_array().unwrap().len();
    let buyers = owner.get("/api/v1/customers?as_of=2024-09-01&query=number_of_orders%20%3E%200").is(200)["total"].as_i64();
    assert_eq!((cells, Some(sum("rfm?view=grid&", "customers"))), (25, buyers));
    check("opportunities", workspace.opportunities(&when).unwrap());
    check("opportunities?kind=tactics", workspace.tactics(&when).unwrap());
    check("concentration", workspace.concentration(&when).unwrap());
    check("check", workspace.check(&when).unwrap());
    let overview = owner.get("/api/v1/overview?as_of=2024-09-01").is(200);
    assert_eq!(overview["stages"]["rows"], owner.get("/api/v1/stages?as_of=2024-09-01").is(200)["rows"]);
    assert_eq!(
        (&overview["header"]["customers"], &overview["imports"]),
        (&owner.get("/api/v1/customers?as_of=2024-09-01").is(200)["total"], &json!(1))
    );
}

#[test]
fn every_table_answers_and_what_is_wrong_is_said() {
    let server = Running::shop();
    let owner = server.owner();
    for path in [
        "movement",
        "movement?view=balance",
        "movement?view=flows",
        "history",
        "history?every=week",
        "cohorts",
        "cohorts?view=rows&by=country",
        "rules",
        "opportunities?kind=likely",
        "rfm?map=ten",
        "rfm?map=ten&view=grid",
        "words",
        "columns",
        "settings",
        "imports",
        "report",
    ] {
        let answer = owner.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    for (path, status, says) in [
        ("stages?as_of=yesterday", 422, "`yesterday` is no moment"),
        ("stages?as_of=2024-01-01&until=2024-01-01", 400, "two ways"),
        ("stages?partition=nonsense", 404, "nonsense"),
        ("opportunities?kind=all", 400, "`possible`, `likely`, `tactics`"),
        ("rfm?map=../../etc/passwd", 404, "RFM map"),
        ("customers?columns=customer_id,emali", 422, "did you mean `email`"),
        ("customers?sort=nothing", 422, "nothing"),
        ("customers?limit=0", 400, "1 to 1000"),
        ("customers?segment=no-such", 404, "no-such"),
        ("customers?query=amount_spet%20%3E%201", 422, "did you mean `amount_spent`"),
        ("customers/nobody", 404, "no customer `nobody`"),
        ("jobs/99", 404, "no such job"),
    ] {
        let problem = owner.get(&format!("/api/v1/{path}")).is(status);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{path}: {problem}");
    }
}

#[test]
fn an_empty_store_answers_too() {
    let server = Running::on(empty(), options());
    let owner = server.owner();
    for path in [
        "overview",
        "findings",
        "stages",
        "rfm",
        "rfm?view=grid",
        "opportunities",
        "movement",
        "concentration",
        "check",
        "rules",
        "customers",
        "segments",
        "imports",
        "jobs",
        "uploads",
        "settings",
    ] {
        let answer = owner.get(&format!("/api/v1/{path}"));
        assert!(answer.status == 200 || answer.status == 422, "{path}: {} {}", answer.status, answer.text());
    }
    let warnings = owner.get("/api/v1/stages").is(200)["header"]["warnings"].to_string();
    assert!(warnings.contains("the store is empty"), "{warnings}");
}

#[test]
fn pages_hold_together_and_leave_nobody_out() {
    let server = Running::shop();
    let owner = server.owner();
    let read = |path: &str| -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            let next = cursor.map(|cursor: String| format!("&cursor={cursor}")).unwrap_or_default();
            let answer = owner.get(&format!("{path}{next}"));
            let link = answer.header("link").map(str::to_owned);
            let page = answer.is(200);
            all.extend(page["rows"].as_array().unwrap().clone());
            assert_eq!(page["total"], 60);
            match page["next_cursor"].as_str() {
                Some(next) => {
                    assert!(link.unwrap().ends_with("; rel=\"next\""));
                    cursor = Some(next.to_owned());
                }
                None => break all,
            }
        }
    };
    let rows = read("/api/v1/customers?limit=7&columns=customer_id,amount_spent&sort=-amount_spent");
    let ids: BTreeSet<&str> = rows.iter().map(|row| row["customer_id"].as_str().unwrap()).collect();
    let spent: Vec<f64> = rows.iter().map(|row| row["amount_spent"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((rows.len(), ids.len()), (60, 60));
    assert!(spent.is_sorted_by(|a, b| a >= b), "{spent:?}");
    assert_eq!(read("/api/v1/customers?limit=1000").len(), 60);

    // A cursor is for its question alone, and ends when facts come in.
    let first = owner.get("/api/v1/customers?limit=7&sort=amount_spent").is(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    owner.get(&format!("/api/v1/customers?limit=7&sort=-amount_spent&cursor={cursor}")).is(400);
    owner.get(&format!("/api/v1/customers?limit=7&sort=amount_spent&cursor={cursor}")).is(200);
    owner.get(&format!("/api/v1/customers?limit=7&sort=amount_spent&cursor={}", cursor.replacen("~7~", "~9~", 1))).is(400);
    let path = server.path().join("more.csv");
    std::fs::write(
        &path,
        "Order ID,Order Date,Customer ID,Email,Total,Currency,Country\n9001,2024-05-05 10:00,c900,x@example.com,5.00,EUR,DE\n",
    )
    .unwrap();
    workspace(&server).import(&ImportAsk { paths: vec![path], ..ImportAsk::default() }, &|_| {}).unwrap();
    owner.get(&format!("/api/v1/customers?limit=7&sort=amount_spent&cursor={cursor}")).is(409);
    // What was kept is of the old state, and is not given any more.
    assert_eq!(owner.get("/api/v1/customers?limit=7&sort=amount_spent").is(200)["total"], 61);
}

#[test]
fn rows_come_in_the_form_that_is_asked_for() {
    let server = Running::shop();
    let owner = server.owner();
    let ask = |accept: &str| owner.with("Accept", accept).get("/api/v1/stages");
    assert_eq!(ask("text/html, */*;q=0.1").header("content-type"), Some("application/json"));
    let csv = ask("application/json;q=0.5, text/csv");
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"stages.csv\""));
    assert!(csv.text().starts_with("life_stage,name,customers,"), "{}", csv.text());
    assert_eq!(csv.text().lines().count(), 1 + owner.get("/api/v1/stages").is(200)["rows"].as_array().unwrap().len());
    assert!(ask("application/vnd.apache.parquet").body.starts_with(b"PAR1"));
    let stream = ask("application/vnd.apache.arrow.stream").body;
    let read = arrow::ipc::reader::StreamReader::try_new(&stream[..], None).unwrap();
    assert!(read.schema().metadata()["quintile"].contains("as_of"));
    assert!(read.map(|batch| batch.unwrap().num_rows()).sum::<usize>() > 0);
    assert!(ask("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet").body.starts_with(b"PK"));
    assert_eq!(ask("application/x-ndjson").text().lines().count(), csv.text().lines().count() - 1);
    assert_eq!(ask("image/png").is(406)["type"], "/problems/form");
}

#[test]
fn settings_are_changed_in_their_file_and_hold_at_once() {
    let server = Running::shop();
    let owner = server.owner();
    let of = |name: &str| {
        let rows = owner.get("/api/v1/settings").is(200)["rows"].clone();
        rows.as_array().unwrap().iter().find(|row| row["setting"] == name).unwrap()["value"].clone()
    };
    let before = owner.get("/api/v1/stages").is(200)["header"]["zone"].clone();
    assert_eq!((before, of("zone")), (json!("Europe/Berlin"), json!("Europe/Berlin")));
    owner.put("/api/v1/settings", &json!({"zone": "America/New_York", "rfm_map": "ten"})).is(200);
    assert_eq!((of("zone"), of("rfm.map")), (json!("America/New_York"), json!("ten")));
    assert_eq!(owner.get("/api/v1/stages").is(200)["header"]["zone"], "America/New_York");
    for wrong in [json!({"zone": "Mars/Olympus"}), json!({"currency": "EURO"}), json!({"rfm_map": "none"}), json!({"memory": "1"})] {
        owner.put("/api/v1/settings", &wrong).is(422);
    }
    assert_eq!(of("zone"), "America/New_York");
}

#[cfg(feature = "sql")]
#[test]
fn a_query_is_answered_and_only_so_many_rows_of_it() {
    let server = Running::shop();
    let owner = server.owner();
    let ask = |body: Value| owner.post("/api/v1/sql", &body);
    let found =
        ask(json!({"query": "SELECT country, count(*) AS n, sum(amount_spent) AS spent FROM profiles GROUP BY country ORDER BY country"}))
            .is(200);
    assert_eq!(found["rows"][0]["country"], "DE");
    assert_eq!(found["columns"][2], json!({"name": "spent", "kind": "amount"}));
    let cut = ask(json!({"query": "SELECT order_id FROM orders", "limit": 3})).is(200);
    assert_eq!(cut["rows"].as_array().unwrap().len(), 3);
    assert!(cut["notes"].to_string().contains("cut off") || cut["header"]["warnings"].to_string().contains("cut off"), "{cut}");
    for (query, status) in [("SELECT nothing FROM orders", 422), ("SELECT 1 FROM nowhere", 422), ("SELEC 1", 422), ("", 422)] {
        ask(json!({"query": query})).is(status);
    }
}
