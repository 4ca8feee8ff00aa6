//! Signing in and out, one-time links, guessing, requests of other pages.

use crate::server::{OWNER, PASSWORD, Running, empty, options};
use quintile_server::{Options, Role};
use serde_json::json;

#[test]
fn the_first_link_makes_the_owner_once() {
    let (server, link) = Running::start(empty(), options(), false);
    let nobody = server.nobody();
    assert_eq!(nobody.get("/api/v1/about").is(200)["has_owner"], false);
    let link = link.unwrap();
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!(page, format!("http://{}/start", server.address));
    let accept = |token: &str, password: &str, email: &str| {
        nobody.post("/api/v1/invitations/accept", &json!({"token": token, "password": password, "email": email, "name": "Ada"}))
    };
    accept("wrong", PASSWORD, OWNER).is(401);
    // What is wrong with the rest does not use it up.
    assert_eq!(accept(token, "short", OWNER).is(422)["errors"][0]["pointer"], "/password");
    assert_eq!(accept(token, PASSWORD, "no address").is(422)["errors"][0]["pointer"], "/email");
    accept(token, OWNER, OWNER).is(422);
    let owner = server.session(accept(token, PASSWORD, "Owner@Example.com "));
    assert_eq!(owner.get("/api/v1/session").is(200)["person"]["email"], OWNER);
    accept(token, PASSWORD, "second@example.com").is(401);
    assert_eq!(nobody.get("/api/v1/about").is(200)["has_owner"], true);
    // The next start gives none.
    let (server, link) = Running::start(server.stop(), options(), false);
    assert_eq!(link, None);
    server.owner();
}

#[test]
fn a_session_is_dead_after_it_was_ended() {
    let server = Running::shop();
    let (owner, other) = (server.owner(), server.owner());
    owner.get("/api/v1/customers").is(200);
    let answer = owner.delete("/api/v1/session");
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    answer.is(204);
    // The cookie was stolen before.
    for path in ["/api/v1/session", "/api/v1/customers", "/api/v1/segments"] {
        owner.get(path).is(401);
    }
    owner.post("/api/v1/segments/preview", &json!({"query": "amount_spent > 1"})).is(401);
    // A session of a stopped server goes on; one of a removed person does not.
    let server = Running::start(server.stop(), options(), true).0;
    let other = server.nobody().with("Cookie", &other.headers[0].1);
    other.get("/api/v1/session").is(200);
    let viewer = server.somebody(Role::Viewer);
    let id = viewer.get("/api/v1/session").is(200)["person"]["id"].clone();
    server.owner().delete(&format!("/api/v1/users/{id}")).is(204);
    viewer.get("/api/v1/session").is(401);
}

#[test]
fn cookies_are_out_of_reach_of_scripts_and_of_other_pages() {
    let server = Running::shop();
    let sign_in = json!({"email": OWNER, "password": PASSWORD});
    let cookie = server.nobody().post("/api/v1/session", &sign_in).header("set-cookie").unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let behind = Running::on(empty(), Options { url: Some("https://shop.example".to_owned()), ..options() });
    let cookie = behind.nobody().post("/api/v1/session", &sign_in).header("set-cookie").unwrap().to_owned();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[test]
fn another_page_signs_nobody_in_and_changes_nothing() {
    let server = Running::shop();
    let here = format!("http://{}", server.address);
    let sign_in = json!({"email": OWNER, "password": PASSWORD});
    let (nobody, owner) = (server.nobody(), server.owner());
    for other in ["http://evil.example", "null", "http://127.0.0.1:1", "https://evil.example:443"] {
        let answer = nobody.with("Origin", other).post("/api/v1/session", &sign_in);
        assert_eq!((answer.status, answer.json()["type"].as_str()), (403, Some("/problems/csrf")), "{other}");
        owner.with("Origin", other).delete("/api/v1/session").is(403);
    }
    nobody.with("Origin", &here).post("/api/v1/session", &sign_in).is(200);
    // A form cannot send JSON, and what it sends is not read.
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        assert_eq!(nobody.send("POST", "/api/v1/session", Some(media_type), sign_in.to_string().as_bytes()).status, 415);
    }
    owner.with("Origin", &here).delete("/api/v1/session").is(204);
    let behind = Running::on(empty(), Options { url: Some("https://shop.example/".to_owned()), ..options() });
    behind.nobody().with("Origin", "https://shop.example").post("/api/v1/session", &sign_in).is(200);
    behind.nobody().with("Origin", "http://shop.example").post("/api/v1/session", &sign_in).is(403);
}

#[test]
fn guessing_passwords_slows_down_and_does_not_tell_who_is_there() {
    let server = Running::shop();
    let guess = |email: &str, password: &str| server.nobody().post("/api/v1/session", &json!({"email": email, "password": password}));
    let (somebody, nobody) = (guess(OWNER, "wrong"), guess("nobody@example.com", "wrong"));
    assert_eq!((somebody.status, &somebody.json()["detail"]), (401, &nobody.json()["detail"]));
    let answers: Vec<u16> = (0..10).map(|_| guess("nobody@example.com", "wrong").status).collect();
    assert_eq!(answers.last(), Some(&429), "{answers:?}");
    let refused = guess("nobody@example.com", "wrong");
    assert!(refused.header("retry-after").and_then(|seconds| seconds.parse::<u64>().ok()).is_some_and(|seconds| seconds >= 1));
    // Not even with the right one, from the same address.
    assert_eq!(guess(OWNER, PASSWORD).status, 429);
}

#[test]
fn who_asks_too_often_has_to_wait() {
    let server = Running::on(empty(), Options { requests_a_second: 5, ..options() });
    let owner = server.owner();
    let answers: Vec<_> = (0..40).map(|_| owner.get("/api/v1/session")).collect();
    assert_eq!(answers[0].status, 200);
    let refused = answers.iter().find(|answer| answer.status == 429).expect("forty at once are too many");
    assert!(refused.header("retry-after").is_some());
    // Others are not held up, nor is whoever looks whether it lives.
    assert!((0..40).all(|_| server.nobody().get("/healthz").status == 200));
}

#[test]
fn passwords_are_changed_by_who_knows_them_and_end_other_sessions() {
    let server = Running::shop();
    let (owner, other) = (server.owner(), server.owner());
    let change = |old: &str, new: &str| owner.put("/api/v1/session/password", &json!({"old": old, "new": new}));
    assert_eq!(change("wrong", "a new password").is(422)["errors"][0]["pointer"], "/old");
    assert_eq!(change(PASSWORD, "short").is(422)["errors"][0]["pointer"], "/new");
    change(PASSWORD, "a new password").is(204);
    owner.get("/api/v1/session").is(200);
    other.get("/api/v1/session").is(401);
    server.nobody().post("/api/v1/session", &json!({"email": OWNER, "password": PASSWORD})).is(401);
    server.sign_in(OWNER, "a new password");
}

#[test]
fn who_may_not_sign_in_is_out_at_once_and_invitations_work_once() {
    let server = Running::shop();
    let owner = server.owner();
    let made = owner.post("/api/v1/users", &json!({"email": "Bea@example.com", "name": "Bea", "role": "marketer"})).is(201);
    owner.post("/api/v1/users", &json!({"email": "bea@example.com", "name": "Other", "role": "viewer"})).is(409);
    assert_eq!(
        owner.post("/api/v1/users", &json!({"email": "x@example.com", "name": "X", "role": "king"})).is(422)["errors"][0]["pointer"],
        "/role"
    );
    let path = format!("/api/v1/users/{}", made["user"]["id"]);
    let accept =
        |token: &serde_json::Value| server.nobody().post("/api/v1/invitations/accept", &json!({"token": token, "password": PASSWORD}));
    // A new link ends the old one.
    let again = owner.send("POST", &format!("{path}/invitation"), None, b"").is(201);
    accept(&made["invitation"]["token"]).is(401);
    let bea = server.session(accept(&again["token"]));
    accept(&again["token"]).is(401);
    assert_eq!(bea.get("/api/v1/session").is(200)["person"]["role"], "marketer");
    assert_eq!(owner.put(&path, &json!({"role": "viewer", "name": "Beatrix"})).is(200)["name"], "Beatrix");
    bea.post("/api/v1/keys", &json!({"name": "x", "scopes": ["read"]})).is(403);
    owner.put(&path, &json!({"disabled": true})).is(200);
    bea.get("/api/v1/session").is(401);
    server.nobody().post("/api/v1/session", &json!({"email": "bea@example.com", "password": PASSWORD})).is(401);
    owner.send("POST", &format!("{path}/invitation"), None, b"").is(409);
}

#[test]
fn a_key_holds_until_it_is_ended_and_its_secret_is_shown_once() {
    let server = Running::shop();
    let owner = server.owner();
    let made = owner.post("/api/v1/keys", &json!({"name": "nightly", "scopes": ["read", "read"], "expires_in_days": 30})).is(201);
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(made["key"]["scopes"], json!(["read"]));
    let program = server.nobody().with("Authorization", &format!("Bearer {secret}"));
    program.get("/api/v1/stages").is(200);
    let listed = owner.get("/api/v1/keys").text();
    assert!(!listed.contains(secret) && listed.contains("last_used_at\":\"20"), "{listed}");
    // Nor does it lie in the file.
    let bytes: Vec<u8> = ["accounts.db", "accounts.db-wal"]
        .iter()
        .flat_map(|name| std::fs::read(server.folder.path().join(name)).unwrap_or_default())
        .collect();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    owner.delete(&format!("/api/v1/keys/{}", made["key"]["id"])).is(204);
    program.get("/api/v1/stages").is(401);
    for wrong in ["Bearer qk_live_00", "Bearer", "Basic dXNlcjpwYXNz", "qk_live_00", "Bearer  "] {
        server.nobody().with("Authorization", wrong).get("/api/v1/stages").is(401);
    }
    for body in [
        json!({"name": "x", "scopes": []}),
        json!({"name": "", "scopes": ["read"]}),
        json!({"name": "x", "scopes": ["everything"]}),
        json!({"name": "x", "scopes": ["read"], "expires_in_days": 0}),
    ] {
        owner.post("/api/v1/keys", &body).is(422);
    }
}

#[test]
fn what_is_made_under_one_key_is_made_once() {
    let server = Running::shop();
    let owner = server.owner();
    let once = |key: &str| owner.with("Idempotency-Key", key);
    let body = json!({"name": "nightly", "scopes": ["read"]});
    let first = once("k1").post("/api/v1/keys", &body).is(201);
    assert_eq!(once("k1").post("/api/v1/keys", &body).is(201), first);
    assert_eq!(owner.get("/api/v1/keys").is(200)["data"].as_array().unwrap().len(), 1);
    once("k1").post("/api/v1/keys", &json!({"name": "other", "scopes": ["read"]})).is(422);
    assert_ne!(once("k2").post("/api/v1/keys", &body).is(201)["secret"], first["secret"]);
    let ada = json!({"email": "ada@example.com", "name": "Ada", "role": "viewer"});
    let added = once("k3").post("/api/v1/users", &ada).is(201);
    assert_eq!(once("k3").post("/api/v1/users", &ada).is(201), added);
    owner.post("/api/v1/users", &ada).is(409);
    let invite = format!("/api/v1/users/{}/invitation", added["user"]["id"]);
    let link = once("k4").post(&invite, &json!({})).is(201);
    assert_eq!(once("k4").post(&invite, &json!({})).is(201), link);
    assert_ne!(once("k5").post(&invite, &json!({})).is(201), link);
    // What was refused is not remembered, and another person's key is another key.
    let new = once("k6").with("If-None-Match", "*");
    new.put("/api/v1/segments/late", &json!({"name": "Late", "query": "amount_spet > 5"})).is(422);
    let late = json!({"name": "Late", "query": "amount_spent > 5"});
    new.put("/api/v1/segments/late", &late).is(200);
    new.put("/api/v1/segments/late", &late).is(200);
    owner.with("If-None-Match", "*").put("/api/v1/segments/late", &late).is(412);
    let admin = server.somebody(quintile_server::Role::Admin).with("Idempotency-Key", "k1");
    assert_ne!(admin.post("/api/v1/keys", &body).is(201)["secret"], first["secret"]);
    once(&"k".repeat(256)).post("/api/v1/keys", &body).is(400);
}

#[test]
fn errors_say_nothing_of_where_the_store_lies() {
    let server = Running::shop();
    let owner = server.owner();
    let wrong = owner.put("/api/v1/settings", &json!({"currency": "EUX"})).is(422);
    assert!(wrong["detail"].as_str().unwrap().contains("did you mean `EUR`?"), "{wrong}");
    // With its settings and its facts gone, whatever is asked.
    std::fs::write(server.path().join("quintile.toml"), "zone = 'Berlin'\n").unwrap();
    let place = server.path().display().to_string();
    let asked = ["/api/v1/stages", "/api/v1/segments", "/api/v1/settings", "/api/v1/imports", "/api/v1/customers"];
    for path in asked {
        let answer = owner.get(path);
        assert!(answer.status >= 400 && !answer.text().contains(&place), "{path}: {}", answer.text());
    }
    std::fs::write(server.path().join("quintile.toml"), "zone = 'UTC'\n").unwrap();
    std::fs::remove_dir_all(server.path().join("facts")).unwrap();
    for path in asked {
        let answer = owner.get(path);
        assert!(!answer.text().contains(&place), "{path}: {}", answer.text());
    }
}
