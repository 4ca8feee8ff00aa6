//! Paths, queries, formulas, bombs.

use crate::server::{Running, empty, options, orders};
use serde_json::json;
use std::path::PathBuf;

#[test]
fn an_upload_lands_under_a_clean_name_in_its_own_folder() {
    let server = Running::on(empty(), options());
    let owner = server.owner();
    let files = || -> Vec<PathBuf> { std::fs::read_dir(server.path()).unwrap().map(|entry| entry.unwrap().path()).collect() };
    let before = files();
    for name in [
        "..%2F..%2Fevil.csv",
        "%2Fetc%2Fevil.csv",
        "..%5C..%5Cevil.csv",
        ".%2F.%2Fevil.csv",
        "evil.csv%3B.sh",
        "%2E%2E",
        "about.json",
        "quintile.toml",
        "a%22%27.csv",
    ] {
        let id = owner.upload(name, b"a,b\n1,2\n");
        let folder = server.path().join("uploads").join(&id);
        let names: Vec<String> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut shown = owner.get("/api/v1/uploads").is(200)["data"].as_array().unwrap().clone();
        shown.retain(|upload| upload["id"] == id.as_str());
        let clean = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        assert!(names.iter().all(clean) && shown.len() == 1, "{name}: {names:?} {shown:?}");
        owner.delete(&format!("/api/v1/uploads/{id}")).is(204);
    }
    let mut after = files();
    after.retain(|path| !before.contains(path) && !path.ends_with("uploads"));
    assert!(after.is_empty(), "{after:?}");
    // What cannot be seen is no name.
    owner.send("POST", "/api/v1/uploads?name=a%00b.csv", Some("application/octet-stream"), b"x").is(422);
    for id in ["..", "%2e%2e", "..%2faccounts.db", "00000000000000000000000000000000%2f.."] {
        let status = owner.raw("DELETE", &format!("/api/v1/uploads/{id}"), None, b"").status;
        assert!(status == 404 || status == 405, "{id}: {status}");
    }
    assert!(server.path().join("accounts.db").is_file());
}

#[cfg(feature = "sql")]
#[test]
fn a_query_that_writes_loops_or_reads_files_is_refused() {
    let server = Running::on(crate::server::shop(), quintile_server::Options { seconds_a_question: 2, ..options() });
    let owner = server.owner();
    let outside = server.path().join("written.csv");
    let path = outside.display();
    for query in [
        format!("COPY (SELECT 1) TO '{path}'"),
        format!("COPY orders TO '{path}' STORED AS CSV"),
        "INSERT INTO orders VALUES (1)".to_owned(),
        "DROP TABLE orders".to_owned(),
        "DELETE FROM orders".to_owned(),
        "UPDATE orders SET total = 0".to_owned(),
        "CREATE TABLE t AS SELECT * FROM orders".to_owned(),
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'".to_owned(),
        "SELECT * FROM '/etc/passwd'".to_owned(),
        "SELECT * FROM read_csv('/etc/passwd')".to_owned(),
        "SET datafusion.execution.batch_size = 1".to_owned(),
        "SELECT 1; DROP TABLE orders".to_owned(),
        "SELECT ".to_owned() + &"(".repeat(5000) + "1" + &")".repeat(5000),
    ] {
        let answer = owner.post("/api/v1/sql", &json!({"query": query}));
        assert!(matches!(answer.status, 404 | 422), "{query}: {} {}", answer.status, answer.text());
    }
    assert!(!outside.exists());
    // What does not end is ended.
    let start = std::time::Instant::now();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let wide = "SELECT sum(a.total + b.total + c.total + d.total + e.total) FROM orders a, orders b, orders c, orders d, orders e";
    for query in [endless, wide] {
        let answer = owner.post("/api/v1/sql", &json!({"query": query}));
        assert!(matches!(answer.status, 422 | 503), "{query}: {} {}", answer.status, answer.text());
    }
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    // And the server is there for the next.
    owner.post("/api/v1/sql", &json!({"query": "SELECT count(*) AS n FROM orders"})).is(200);
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_texts_unless_they_are_wanted_raw() {
    let server = Running::shop();
    let owner = server.owner();
    let saved =
        owner.with("If-None-Match", "*").put("/api/v1/segments/everybody-here", &json!({"name": "All", "query": "number_of_orders >= 1"}));
    saved.is(200);
    let export = "/api/v1/segments/everybody-here/export?columns=customer_id,first_name,last_name";
    let cells = |text: &str| -> Vec<String> {
        text.lines().skip(1).flat_map(|line| line.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>()).collect()
    };
    let safe = owner.get(export).text();
    let runs = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!cells(&safe).iter().any(runs) && safe.contains("'=HYPERLINK") && safe.contains("'+1") && safe.contains("'@SUM"), "{safe}");
    let raw = owner.get(&format!("{export}&raw=true")).text();
    assert!(cells(&raw).iter().any(runs) && !raw.contains("'="), "{raw}");
    // Programs that say what is a text get it as it is.
    assert!(owner.get(&format!("{export}&format=jsonl")).text().contains("\"=HYPERLINK"));
}

#[test]
fn stored_script_is_text_in_json_and_in_the_report() {
    let server = Running::shop();
    let owner = server.owner();
    let page = owner.get("/api/v1/customers?columns=first_name&limit=1000&reveal=true");
    assert_eq!(page.header("content-type"), Some("application/json"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.text().contains("<script>"));
    let report = owner.get("/api/v1/report");
    assert!(report.header("content-security-policy").unwrap().contains("sandbox"));
    assert!(!report.text().contains("<script"));
}

#[test]
fn bombs_burst_outside() {
    let server = Running::on(empty(), options());
    let owner = server.owner();
    let post = |body: &[u8]| owner.send("POST", "/api/v1/segments/preview", Some("application/json"), body);
    let deep = format!("{{\"tree\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(post(deep.as_bytes()).status, 400 | 422));
    let not_so_deep =
        format!("{{\"tree\":{{\"version\":1,\"condition\":{}{{}}{}}}}}", "{\"type\":\"not\",\"condition\":".repeat(100), "}".repeat(100));
    assert!(matches!(post(not_so_deep.as_bytes()).status, 400 | 422));
    let nested = json!({"query": "(".repeat(50_000)});
    assert_eq!(post(nested.to_string().as_bytes()).status, 422);
    assert_eq!(post(&vec![b' '; (1 << 20) + 1]).status, 413);
    assert_eq!(post(b"{\"query\": \"\xff\xfe\"}").status, 400);
    assert_eq!(post(b"{").status, 400);
    assert_eq!(post(b"[1]").status, 422);
    // What says it is longer than it is.
    let head = format!(
        "POST /api/v1/session HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n",
        server.address
    );
    assert_eq!(server.nobody().bytes(head.as_bytes()).status, 413);
    // Gzip that unpacks to much more is read in pieces, and refused row by row or as a whole.
    let mut packed = Vec::new();
    {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::best());
        gzip.write_all(b"Order ID,Order Date,Total\n").unwrap();
        (0..64).for_each(|_| gzip.write_all(&vec![b'9'; 1 << 20]).unwrap());
        gzip.finish().unwrap();
    }
    let id = owner.upload("bomb.csv.gz", &packed);
    let started = owner.post("/api/v1/imports", &json!({"uploads": [id], "as_kind": "orders"}));
    if started.status == 202 {
        let job = server.ended(&started.json());
        assert_ne!(job["state"], "running", "{job}");
        assert!(job["report"]["import"].is_null(), "{job}");
    }
    // The server is there for the next.
    let id = owner.upload("orders.csv", orders().as_bytes());
    let job = server.ended(&owner.post("/api/v1/imports", &json!({"uploads": [id]})).is(202));
    assert_eq!(job["state"], "done", "{job}");
}
