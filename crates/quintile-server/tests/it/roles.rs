//! Each role and each key gets to what it may, and to nothing else: every route with everybody.

use crate::client::Client;
use crate::server::Running;
use quintile_server::{Right, Role, listed};

/// A request of a route that changes nothing, whoever sends it: what it is about is not there, and it has no body.
#[track_caller]
fn tried(client: &Client, method: &str, path: &str) -> u16 {
    let path = path.replace("{id}", "999999").replace("{customer}", "nobody").replace("{name}", "country");
    let answer = match path.as_str() {
        // It would go on.
        "/api/v1/uploads" if method == "POST" => client.send(method, "/api/v1/uploads?name=", None, b""),
        path => client.send(method, path, None, b""),
    };
    answer.status
}

#[track_caller]
fn walk(client: &Client, who: &str, may: impl Fn(&str) -> bool, refused: u16) {
    for route in listed() {
        // Signing out ends the walk; it has tests of its own.
        if route.method == "DELETE" && route.path == "/api/v1/session" {
            continue;
        }
        let status = tried(client, route.method, route.path);
        let (method, path) = (route.method, route.path);
        match may(route.right) {
            true => assert!(status != 401 && status != 403, "{who} may {method} {path}, and got {status}"),
            false => assert_eq!(status, refused, "{who} may not {method} {path}"),
        }
    }
}

#[test]
fn each_role_gets_to_what_it_may_and_to_nothing_else() {
    let server = Running::shop();
    walk(&server.nobody(), "nobody", |right| matches!(right, "anybody" | "this-machine"), 401);
    for role in Role::ALL {
        let has = |right: &str| match Right::named(right) {
            Some(right) => role.rights().contains(&right),
            None => true,
        };
        walk(&server.somebody(role), role.name(), has, 403);
    }
}

#[test]
fn a_key_gets_to_its_scopes_and_to_nothing_else() {
    let server = Running::shop();
    for scope in Right::ALL {
        let has = |right: &str| matches!(right, "anybody") || right == scope.name() || right == "this-machine";
        walk(&server.key(&[scope.name()]), &format!("a key for {scope}"), has, 403);
    }
}

#[test]
fn without_the_token_of_the_page_nothing_is_changed() {
    let server = Running::shop();
    for stranger in [server.owner().without("X-CSRF-Token"), server.owner().with("X-CSRF-Token", "guessed")] {
        for route in listed().into_iter().filter(|route| route.method != "GET" && route.right != "anybody") {
            let path = route.path.replace("{id}", "1").replace("{customer}", "c1");
            let answer = stranger.send(route.method, &path, Some("application/json"), b"{}");
            assert_eq!((answer.status, answer.json()["type"].as_str()), (403, Some("/problems/csrf")), "{} {path}", route.method);
        }
        // It is signed in all the same.
        stranger.get("/api/v1/session").is(200);
    }
}

#[test]
fn a_read_only_server_changes_nothing() {
    let server = Running::on(crate::server::shop(), quintile_server::Options { read_only: true, ..crate::server::options() });
    let owner = server.owner();
    assert_eq!(owner.get("/api/v1/session").is(200)["read_only"], true);
    let still = [
        ("POST", "/api/v1/segments/preview"),
        ("POST", "/api/v1/sql"),
        ("POST", "/api/v1/imports/survey"),
        ("PUT", "/api/v1/session/password"),
    ];
    for route in listed().into_iter().filter(|route| route.method != "GET" && Right::named(route.right).is_some()) {
        let status = tried(&owner, route.method, route.path);
        match still.contains(&(route.method, route.path)) {
            true => assert_eq!(status, 415, "{} {}", route.method, route.path),
            false => assert_eq!(status, 403, "{} {}", route.method, route.path),
        }
    }
}

#[test]
fn nobody_gives_what_they_do_not_have() {
    let server = Running::shop();
    let admin = server.somebody(Role::Admin);
    let owner = serde_json::json!({"email": "new@example.com", "name": "New", "role": "owner"});
    admin.post("/api/v1/users", &owner).is(403);
    admin.put("/api/v1/users/1", &serde_json::json!({"role": "viewer"})).is(403);
    admin.delete("/api/v1/users/1").is(403);
    admin.send("POST", "/api/v1/users/1/invitation", None, b"").is(403);
    // A key that manages gives no scope that it lacks.
    let key = server.key(&["manage"]);
    key.post("/api/v1/keys", &serde_json::json!({"name": "more", "scopes": ["personal"]})).is(403);
    key.post("/api/v1/users", &owner).is(403);
    // The last owner stays.
    let owner = server.owner();
    owner.delete("/api/v1/users/1").is(409);
    owner.put("/api/v1/users/1", &serde_json::json!({"role": "admin"})).is(409);
    owner.put("/api/v1/users/1", &serde_json::json!({"disabled": true})).is(409);
}
