//! Two people and one segment; text and tree; wrong text.

use crate::server::Running;
use quintile_server::Role;
use serde_json::{Value, json};

const LATE: &str = "/api/v1/segments/late";
const TEXT: &str = "amount_spent > 50 AND number_of_orders >= 2";

#[test]
fn of_two_who_edit_one_segment_the_second_is_told() {
    let server = Running::shop();
    let (ada, bob) = (server.owner(), server.somebody(Role::Marketer));
    let body = |query: &str| json!({"name": "Late", "query": query, "note": "first"});
    assert_eq!(ada.put(LATE, &body(TEXT)).is(428)["type"], "/problems/version-wanted");
    let new = ada.with("If-None-Match", "*");
    let made = new.put(LATE, &body(TEXT));
    let first = made.header("etag").unwrap().to_owned();
    assert_eq!(made.is(200)["version"], 1);
    new.put(LATE, &body(TEXT)).is(412);

    // Both read it; Bob is quicker.
    let read = bob.get(LATE);
    assert_eq!(read.header("etag"), Some(first.as_str()));
    let changed = bob.with("If-Match", &first).put(LATE, &body("amount_spent > 60"));
    let second = changed.header("etag").unwrap().to_owned();
    changed.is(200);
    let late = ada.with("If-Match", &first).put(LATE, &body("amount_spent > 70")).is(412);
    assert_eq!(late["type"], "/problems/changed");
    assert_eq!(ada.get(LATE).is(200)["text"], "amount_spent > 60");
    ada.with("If-Match", &first).delete(LATE).is(412);
    ada.with("If-Match", "\"nonsense\"").delete(LATE).is(412);
    ada.with("If-Match", &second).delete(LATE).is(204);
    ada.get(LATE).is(404);
    let history = ada.get(&format!("{LATE}/history")).is(200);
    let told: Vec<(&Value, &Value)> = history["data"].as_array().unwrap().iter().map(|row| (&row["version"], &row["deleted"])).collect();
    assert_eq!(told, [(&json!(3), &json!(true)), (&json!(2), &json!(false)), (&json!(1), &json!(false))]);
    let actions = ada.get("/api/v1/audit?limit=100").text();
    for action in ["segment.added", "segment.changed", "segment.removed"] {
        assert!(actions.contains(action), "{actions}");
    }
}

#[test]
fn what_cannot_be_asked_is_not_saved_and_the_catalogue_stays() {
    let server = Running::shop();
    let owner = server.owner().with("If-None-Match", "*");
    let wrong = owner.put(LATE, &json!({"name": "Late", "query": "amount_spet > 50"})).is(422);
    assert_eq!((&wrong["type"], &wrong["errors"][0]["hint"]), (&json!("/problems/segment"), &json!("amount_spent")));
    owner.get(LATE).is(404);
    owner.put("/api/v1/segments/cart-abandoners", &json!({"name": "Mine", "query": TEXT})).is(409);
    owner.delete("/api/v1/segments/cart-abandoners").is(409);
    for id in ["Late", "l%20ate", "preview", "..", "%2e%2e%2fx", "-a"] {
        let answer = owner.send(
            "PUT",
            &format!("/api/v1/segments/{id}"),
            Some("application/json"),
            json!({"name": "x", "query": TEXT}).to_string().as_bytes(),
        );
        assert!(matches!(answer.status, 404 | 405 | 422), "{id}: {}", answer.status);
    }
    for body in [
        json!({"name": "x"}),
        json!({"name": "", "query": TEXT}),
        json!({"name": "x", "query": TEXT, "tree": {}}),
        json!({"query": TEXT}),
        json!([]),
    ] {
        owner.put(LATE, &body).is(422);
    }
    let listed = owner.get("/api/v1/segments").is(200);
    assert!(listed["data"].as_array().unwrap().iter().all(|entry| entry["origin"] == "catalogue"));
}

#[test]
fn a_saved_segment_is_a_file_in_force_and_the_other_way_round() {
    let server = Running::shop();
    let owner = server.owner();
    let workspace = || quintile::Workspace::open(server.path(), &quintile::Overrides::default()).unwrap();
    let new = owner.with("If-None-Match", "*");
    let tag = new.put(LATE, &json!({"name": "Late ones", "query": TEXT})).header("etag").unwrap().to_owned();
    let of = |name: &str| quintile::SegmentAsk {
        when: quintile::When::Latest,
        of: quintile::Asked::Name(name.to_owned()),
        parameters: Vec::new(),
    };
    let count = workspace().segment_count(&of("late")).unwrap();
    assert_eq!((json!(count.count), count.notice), (owner.get(&format!("{LATE}/count")).is(200)["count"].clone(), None));
    // Somebody changes the file and applies it: who read it before is told.
    workspace().segment_rewrite("late", "amount_spent > 1").unwrap();
    let draft = owner.with("If-Match", &tag).put(LATE, &json!({"name": "Late ones", "query": "amount_spent > 2"})).is(409);
    assert!(draft["detail"].as_str().unwrap().contains("not in force"), "{draft}");
    let plan = workspace().segment_changes(&quintile::When::Latest).unwrap();
    workspace().apply_segments(&plan).unwrap();
    owner.with("If-Match", &tag).put(LATE, &json!({"name": "Late ones", "query": "amount_spent > 2"})).is(412);
    let read = owner.get(LATE);
    let tag = read.header("etag").unwrap().to_owned();
    let read = read.is(200);
    assert_eq!((&read["text"], &read["name"], &read["version"]), (&json!("amount_spent > 1"), &json!("Late ones"), &Value::Null));
    assert_eq!(owner.with("If-Match", &tag).put(LATE, &json!({"name": "Late ones", "query": "amount_spent > 2"})).is(200)["version"], 2);
    // Pages of its members are of what is in force now.
    assert_eq!(owner.get("/api/v1/customers?segment=late").is(200)["total"], owner.get(&format!("{LATE}/count")).is(200)["count"]);
}

#[test]
fn a_segment_that_another_names_or_that_is_protected_stays() {
    let server = Running::shop();
    let owner = server.owner();
    let new = owner.with("If-None-Match", "*");
    let tag = new.put(LATE, &json!({"name": "Late", "query": TEXT})).header("etag").unwrap().to_owned();
    let by_name = new.put("/api/v1/segments/rich", &json!({"name": "Rich", "query": "segment('late') AND amount_spent > 60"}));
    let other = by_name.header("etag").unwrap().to_owned();
    by_name.is(200);
    let refused = owner.with("If-Match", &tag).delete(LATE).is(409);
    assert!(refused["detail"].as_str().unwrap().contains("`rich`"), "{refused}");
    // Nor may they name each other.
    let circle = owner.with("If-Match", &tag).put(LATE, &json!({"name": "Late", "query": "segment('rich')"})).is(422);
    assert_eq!(circle["type"], "/problems/segment");
    owner.with("If-Match", &other).delete("/api/v1/segments/rich").is(204);
    owner.with("If-Match", &tag).delete(LATE).is(204);
    assert!(!server.path().join("segments/late.toml").exists());
}

#[test]
fn text_and_tree_are_two_views_of_one_thing() {
    let server = Running::shop();
    let owner = server.owner();
    let preview = |body: Value| owner.post("/api/v1/segments/preview", &body);
    let of_text = preview(json!({"query": TEXT})).is(200);
    let of_tree = preview(json!({"tree": of_text["tree"]})).is(200);
    assert_eq!(of_text["count"], of_tree["count"]);
    assert_eq!(of_text["tree"], of_tree["tree"]);
    assert_eq!(of_tree["query"], TEXT);
    let conditions = of_text["conditions"].as_array().unwrap();
    assert_eq!(conditions[0]["count"], of_text["count"]);
    // By the orders: who is left without a condition is who meets the other alone.
    let count = |query: &str| preview(json!({"query": query, "conditions": false})).is(200)["count"].as_u64().unwrap();
    let (both, spent, orders) = (count(TEXT), count("amount_spent > 50"), count("number_of_orders >= 2"));
    let told: Vec<(u64, u64)> = conditions[1..].iter().map(|c| (c["count"].as_u64().unwrap(), c["removes"].as_u64().unwrap())).collect();
    assert_eq!(told, [(spent, orders - both), (orders, spent - both)]);
    assert!(both > 0 && both < 60);
    // Wrong text says where; wrong trees too.
    let wrong = preview(json!({"query": "amount_spent > 50 AND (number_of_orders >= 2"})).is(422);
    assert!(wrong["errors"][0]["offset"].is_u64() && wrong["errors"][0]["message"].is_string(), "{wrong}");
    let wrong = preview(json!({"tree": {"version": 1, "condition": {"type": "and", "conditions": [{"type": "nonsense"}]}}})).is(422);
    assert_eq!(wrong["errors"][0]["pointer"], "/tree/condition/conditions/0/type");
    for body in [json!({}), json!({"query": TEXT, "tree": {}}), json!({"query": TEXT, "more": 1}), json!({"query": ""})] {
        preview(body).is(422);
    }
}

#[test]
fn a_saved_segment_counts_the_same_on_every_way() {
    let server = Running::shop();
    let owner = server.owner();
    owner.with("If-None-Match", "*").put(LATE, &json!({"name": "Late", "query": TEXT})).is(200);
    let count = owner.get(&format!("{LATE}/count")).is(200);
    let explained = owner.get(&format!("{LATE}/explain")).is(200);
    let page = owner.get("/api/v1/customers?segment=late&limit=1000").is(200);
    let csv = owner.get(&format!("{LATE}/export?columns=customer_id,amount_spent"));
    let preview = owner.post("/api/v1/segments/preview", &json!({"query": TEXT, "conditions": false})).is(200);
    let number = count["count"].as_u64().unwrap();
    assert_eq!([&explained["count"], &page["total"], &preview["count"]], [&json!(number); 3]);
    assert_eq!(preview["members_hash"], count["members_hash"]);
    assert_eq!(csv.text().lines().count() as u64, number + 1);
    assert_eq!(csv.header("content-disposition").unwrap().split("late-").next(), Some("attachment; filename=\""));
    // Why somebody is in.
    let member = page["rows"][0]["customer_id"].as_str().unwrap();
    let why = owner.get(&format!("{LATE}/why/{member}")).is(200);
    assert_eq!((&why["is_member"], why["conditions"].as_array().unwrap().len()), (&json!(true), 3));
    owner.get(&format!("{LATE}/why/nobody")).is(404);
    // The catalogue's are asked the same way.
    let of_catalogue = owner.get("/api/v1/segments/cart-abandoners").is(200);
    assert_eq!((&of_catalogue["origin"], &of_catalogue["version"]), (&json!("catalogue"), &Value::Null));
    owner.get("/api/v1/segments/cart-abandoners/count").is(200);
    owner.get("/api/v1/segments/cart-abandoners/history").is(200);
    owner.get("/api/v1/segments/none/history").is(404);
}

#[test]
fn a_preview_says_whether_it_is_exact_and_ends_the_one_before() {
    let server = Running::shop();
    let owner = server.owner();
    let preview = |body: Value| owner.post("/api/v1/segments/preview", &body);
    for exact in [true, false] {
        // So few customers are all asked.
        let told = preview(json!({"query": TEXT, "exact": exact, "editor": "tab 1"}));
        let took = told.header("server-timing").unwrap().to_owned();
        assert!(took.strip_prefix("total;dur=").is_some_and(|took| took.parse::<f64>().is_ok()), "{took}");
        let told = told.is(200);
        assert_eq!((&told["exact"], &told["sampled"], &told["interval"]), (&json!(true), &Value::Null, &Value::Null));
        assert_eq!(told["conditions"][1]["interval"], Value::Null);
        assert!(told["members_hash"].is_string());
    }
    for wrong in [json!({"query": TEXT, "exact": 1}), json!({"query": TEXT, "editor": ""})] {
        preview(wrong).is(422);
    }
    // Of many at once from one editor each is answered, or told that it is over.
    let threads: Vec<_> = (0..8)
        .map(|turn| {
            let owner = owner.clone();
            std::thread::spawn(move || {
                let body =
                    json!({"query": format!("amount_spent > {turn} AND orders_placed MATCHES (amount > {turn})"), "editor": "tab 2"});
                owner.post("/api/v1/segments/preview", &body)
            })
        })
        .collect();
    for answer in threads.into_iter().map(|thread| thread.join().unwrap()) {
        assert!(answer.status == 200 || answer.is(409)["type"] == "/problems/superseded");
    }
}
