//! Uploads, mappings, jobs, refused rows, undoing, restarts.

use crate::server::{Running, empty, options, orders};
use quintile_server::Options;
use serde_json::json;

#[test]
fn a_file_goes_from_upload_to_answers_and_out_again() {
    let server = Running::on(empty(), options());
    let owner = server.owner();
    let bad = "x1,not a date,c1,c1@example.com,A,B,1.00,EUR,DE\n";
    let id = owner.upload("my%20orders.csv", (orders() + bad).as_bytes());
    assert_eq!(owner.get("/api/v1/uploads").is(200)["data"][0]["name"], "my-orders.csv");

    let survey = owner.post("/api/v1/imports/survey", &json!({"uploads": [id]})).is(200);
    let mapping = survey["files"][0]["mapping"].clone();
    let total = mapping["columns"].as_array().unwrap().iter().find(|column| column["from"] == "Total").unwrap();
    assert_eq!(total["to"], json!(["orders.total"]));
    assert!(total["samples"].as_array().is_some_and(|samples| !samples.is_empty()) && total["confidence"].as_f64() > Some(0.3), "{total}");

    let dry = owner.post("/api/v1/imports", &json!({"uploads": [id], "dry_run": true})).is(202);
    let dry = server.ended(&dry);
    assert_eq!((&dry["state"], &dry["kind"], &dry["report"]["import"]), (&json!("done"), &json!("dry-run"), &json!(null)));
    assert_eq!((&dry["report"]["refused"], owner.get("/api/v1/customers").is(200)["total"].clone()), (&json!(1), json!(0)));

    // The mapping goes back as it came, with the country left out.
    let mut mended = mapping;
    for column in mended["columns"].as_array_mut().unwrap() {
        if column["from"] == "Country" {
            column["to"] = json!([]);
        }
    }
    let started = owner.with("Idempotency-Key", "k1").post("/api/v1/imports", &json!({"uploads": [id], "mapping": mended}));
    let location = started.header("location").unwrap().to_owned();
    let started = started.is(202);
    assert_eq!(location, format!("/api/v1/jobs/{}", started["id"]));
    let events = owner.get(&format!("{location}/events"));
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let text = events.text();
    let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["state"], &last["report"]["import"]), (&json!("done"), &json!(1)), "{text}");
    assert_eq!(owner.get("/api/v1/customers").is(200)["total"], 60);
    assert_eq!(owner.get("/api/v1/customers?columns=country&limit=1").is(200)["rows"][0]["country"], json!(null));
    assert_eq!(owner.get("/api/v1/uploads").is(200)["data"], json!([]));
    assert_eq!(owner.get("/api/v1/imports").is(200)["rows"][0]["files"], "my-orders.csv");

    let rejects = owner.get("/api/v1/imports/1/rejects");
    assert_eq!(rejects.header("content-disposition"), Some("attachment; filename=\"import-1-refused.csv\""));
    assert!(rejects.text().starts_with("file,line,column,reason,row\n") && rejects.text().contains("not a date"), "{}", rejects.text());

    let undone = server.ended(&owner.delete("/api/v1/imports/1").is(202));
    assert_eq!((&undone["state"], &undone["kind"]), (&json!("done"), &json!("undo")));
    assert_eq!(owner.get("/api/v1/customers").is(200)["total"], 0);
    owner.delete("/api/v1/imports/1").is(404);
    owner.get("/api/v1/imports/1/rejects").is(404);
    let audit = owner.get("/api/v1/audit").text();
    assert!(audit.contains("import.made") && audit.contains("import.undone") && audit.contains("my-orders.csv"), "{audit}");
}

#[test]
fn the_same_key_gives_the_same_job_and_not_another() {
    let server = Running::on(empty(), options());
    let owner = server.owner();
    let id = owner.upload("orders.csv", orders().as_bytes());
    let once = owner.with("Idempotency-Key", "once");
    let ask = json!({"uploads": [id]});
    let first = once.post("/api/v1/imports", &ask).is(202);
    server.ended(&first);
    // Its upload is gone meanwhile, and the answer is the same.
    let again = once.post("/api/v1/imports", &ask);
    assert!(again.status == 202 || again.status == 404, "{}", again.text());
    let id = owner.upload("orders.csv", orders().as_bytes());
    once.post("/api/v1/imports", &json!({"uploads": [id]})).is(422);
    let second = owner.with("Idempotency-Key", "twice").post("/api/v1/imports", &json!({"uploads": [id]})).is(202);
    let second = server.ended(&second);
    assert_ne!(first["id"], second["id"]);
    // The content is known, and nothing is new.
    assert_eq!((&second["report"]["import"], &second["report"]["files"][0]["known_since"]), (&json!(null), &json!(1)));
}

#[test]
fn a_job_that_waits_outlives_the_server() {
    let server = Running::on(empty(), options());
    let id = server.owner().upload("orders.csv", orders().as_bytes());
    // A read-only server takes no job up, and what was asked before waits.
    let folder = server.stop();
    let workspace = quintile::Workspace::open(folder.path(), &quintile::Overrides::default()).unwrap();
    let accounts = workspace.accounts().unwrap();
    let ask = json!({"uploads": [id], "dry_run": false}).to_string();
    let new = quintile::accounts::NewJob { kind: "import", ask: &ask, who: "owner@example.com", once: None, asked: "" };
    let now = quintile::instant("2026-01-01T00:00:00Z").unwrap();
    let (job, _) = accounts.add_job(&new, now).unwrap();
    // As if the server had been killed while it ran.
    assert_eq!(accounts.next_job(now).unwrap().map(|job| job.id), Some(job.id));
    drop((accounts, workspace));
    let server = Running::on(folder, options());
    let ended = server.ended(&json!({"id": job.id}));
    assert_eq!((&ended["state"], &ended["report"]["import"]), (&json!("done"), &json!(1)));
    assert_eq!(server.owner().get("/api/v1/customers").is(200)["total"], 60);
}

#[test]
fn what_is_wrong_with_an_import_is_said_before_it_is_a_job() {
    let server = Running::on(empty(), Options { upload_bytes: 1000, ..options() });
    let owner = server.owner();
    let id = owner.upload("notes.csv", b"a,b\n1,2\n");
    for (body, status) in [
        (json!({"uploads": []}), 422),
        (json!({"uploads": ["00000000000000000000000000000000"]}), 404),
        (json!({"uploads": ["../../quintile.toml"]}), 404),
        (json!({"uploads": [id], "as_kind": "unicorns"}), 422),
        (
            json!({"uploads": [id], "mapping": {"kinds": ["orders"], "header": "x", "decimals": "point", "columns": [{"from": "a", "to": ["orders.nothing"]}]}}),
            422,
        ),
        (json!({"uploads": [id], "mapping": {"kinds": ["unicorns"], "header": "x", "decimals": "point", "columns": []}}), 422),
        (json!({"uploads": [id], "path": "/etc/passwd"}), 422),
    ] {
        owner.post("/api/v1/imports", &body).is(status);
        owner.post("/api/v1/imports/survey", &body).is(status);
    }
    assert_eq!(owner.get("/api/v1/jobs").is(200)["data"], json!([]));
    // A file of which nothing can be made fails as a job, with a reason.
    let job = owner.post("/api/v1/imports", &json!({"uploads": [id], "as_kind": "orders"}));
    if job.status == 202 {
        let job = server.ended(&job.is(202));
        assert!(job["state"] == "failed" || job["report"]["files"][0]["not_read"] == true, "{job}");
    }
    owner.send("POST", "/api/v1/uploads?name=large.csv", Some("application/octet-stream"), &[b'x'; 1001]).is(413);
    owner.send("POST", "/api/v1/uploads?name=form.csv", Some("multipart/form-data; boundary=x"), b"--x").is(415);
    owner.send("POST", "/api/v1/uploads", Some("application/octet-stream"), b"x").is(400);
    owner.delete(&format!("/api/v1/uploads/{id}")).is(204);
    owner.delete(&format!("/api/v1/uploads/{id}")).is(404);
    // Nothing of what was refused is left on disk.
    let left: Vec<_> = std::fs::read_dir(server.path().join("uploads")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
