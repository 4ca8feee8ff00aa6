//! Routes and document say the same.

use crate::schema::Documented;
use crate::server::Running;
use quintile_server::{Right, Role, listed};
use std::collections::BTreeSet;

#[test]
fn every_route_of_the_api_is_in_the_document_with_its_right_and_the_other_way_round() {
    let document = &Documented::get().document;
    let mut written = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            written.insert((method.to_uppercase(), path.clone(), operation["x-right"].as_str().unwrap().to_owned()));
        }
    }
    let api = listed().into_iter().filter(|route| route.path.starts_with("/api/"));
    let built: BTreeSet<_> = api.map(|route| (route.method.to_owned(), route.path.to_owned(), route.right.to_owned())).collect();
    assert_eq!(written, built);
    let beside: Vec<&str> = listed().iter().map(|route| route.path).filter(|path| !path.starts_with("/api/")).collect();
    assert_eq!(beside, ["/healthz", "/readyz", "/metrics"]);
}

#[test]
fn the_reference_has_every_route_and_what_each_role_may() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/api.md")).unwrap();
    for route in listed().into_iter().filter(|route| route.path.starts_with("/api/")) {
        let start = format!("| `{} {}` | {} | ", route.method, route.path.trim_start_matches("/api/v1"), route.right);
        assert!(page.contains(&start), "`{start}` is not in docs/reference/api.md");
    }
    for right in Right::ALL {
        let cells = Role::ALL.map(|role| if role.rights().contains(&right) { " yes |" } else { " |" });
        let row = format!("| {right} |{}", cells.concat());
        assert!(page.contains(&row), "`{row}` is not in docs/reference/api.md");
    }
}

#[test]
fn every_schema_of_the_document_can_be_read_by_these_tests() {
    let documented = Documented::get();
    for (name, schema) in documented.document["components"]["schemas"].as_object().unwrap() {
        // Only that no keyword is unknown and no reference dangles: what holds to it is for the other tests.
        let _ = documented.holds(schema, &serde_json::json!({}), name);
    }
}

#[test]
fn health_and_metrics_are_told_and_name_nobody() {
    let server = Running::shop();
    let (owner, nobody) = (server.owner(), server.nobody());
    owner.get("/api/v1/customers/c1@example.com").is(200);
    assert_eq!(nobody.get("/healthz").text(), "ok\n");
    assert_eq!(nobody.get("/readyz").text(), "ready\n");
    let metrics = nobody.get("/metrics");
    let text = metrics.text();
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for expected in [
        "quintile_requests_total{route=\"/api/v1/customers/{id}\",method=\"GET\",status=\"200\"} 1",
        "quintile_request_seconds_count{route=\"/healthz\",method=\"GET\"} 1",
        "quintile_store_version 1",
        "quintile_jobs_open 0",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }
    assert!(!text.contains("example.com"));
    // Whoever comes through a proxy is not this machine.
    nobody.with("X-Forwarded-For", "203.0.113.9").raw("GET", "/metrics", None, b"").is(401);
}

#[test]
fn unknown_paths_of_the_api_are_problems_and_others_are_places_in_the_page() {
    let server = Running::shop();
    let nobody = server.nobody();
    for path in ["/api/v1/nothing", "/api", "/api/v2/customers", "/v1/track"] {
        let answer = nobody.raw("GET", path, None, b"");
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/problem+json")), "{path}");
    }
    let answer = nobody.raw("PATCH", "/api/v1/session", None, b"");
    assert_eq!((answer.status, answer.header("content-type")), (405, Some("application/problem+json")));
    for path in ["/", "/segments/late", "/start"] {
        let answer = nobody.raw("GET", path, None, b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert!(
            answer.header("content-security-policy").unwrap().contains("script-src")
                || answer.header("content-security-policy").unwrap().contains("default-src 'self'")
        );
    }
    nobody.raw("GET", "/assets/none.js", None, b"").is(404);
    let unknown = server.owner().get("/api/v1/stages?as_off=2024-01-01").is(400);
    assert!(unknown["detail"].as_str().unwrap().contains("`as_off`"), "{unknown}");
}
