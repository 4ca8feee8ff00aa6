//! Products, ways, values, segments beside each other, goals and thresholds: held against what customers' own rows add up to.

use crate::server::{Running, empty, options};
use quintile_server::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DAY: &str = "as_of=2024-09-01";

/// Hundredths of an amount, which in these stores has two decimals.
fn cents(amount: &Value) -> i128 {
    let text = amount.as_str().unwrap().replace('.', "");
    let places = amount.as_str().unwrap().split_once('.').map_or(0, |(_, part)| part.len());
    text.parse::<i128>().unwrap() * 10_i128.pow(4 - places as u32)
}

#[test]
fn segments_beside_each_other_are_what_their_members_add_up_to() {
    let server = Running::shop();
    let owner = server.owner();
    let columns = "customer_id,amount_spent,number_of_orders,number_of_purchases,days_since_last_order";
    let members = |query: &str| -> Vec<Value> {
        let query = query.replace(' ', "%20").replace('>', "%3E").replace('=', "%3D").replace('\'', "%27");
        let page = owner.get(&format!("/api/v1/customers?limit=1000&columns={columns}&{DAY}&query={query}")).is(200);
        page["rows"].as_array().unwrap().clone()
    };
    let (one, other) = ("number_of_orders >= 2", "country = 'DE'");
    let path = format!("/api/v1/compare?{DAY}&one=number_of_orders%20%3E%3D%202&other=country%20%3D%20%27DE%27");
    let rows = owner.get(&path).is(200)["rows"].as_array().unwrap().clone();
    let parts: Vec<&str> = rows.iter().map(|row| row["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["one", "other", "both", "only-one", "only-other", "all"]);
    let texts = [
        one.to_owned(),
        other.to_owned(),
        format!("{one} AND {other}"),
        format!("{one} AND NOT {other}"),
        format!("{other} AND NOT {one}"),
        "number_of_orders >= 0".to_owned(),
    ];
    for (row, text) in rows.iter().zip(texts) {
        let members = members(&text);
        assert!(!members.is_empty(), "{text}");
        assert_eq!(row["customers"], members.len(), "{text}");
        let spent: i128 = members.iter().map(|member| cents(&member["amount_spent"])).sum();
        assert_eq!(cents(&row["revenue"]), spent, "{text}");
        let orders: i64 = members.iter().map(|member| member["number_of_orders"].as_i64().unwrap()).sum();
        assert!((row["orders_each"].as_f64().unwrap() - orders as f64 / members.len() as f64).abs() < 1e-9, "{text}");
        let average = spent as f64 / members.len() as f64;
        assert!((cents(&row["average"]) as f64 - average).abs() <= 0.5, "{text}: {row} against {average}");
        let mut days: Vec<f64> = members.iter().filter_map(|member| member["days_since_last_order"].as_f64()).collect();
        days.sort_by(f64::total_cmp);
        let middle = (days[(days.len() - 1) / 2] + days[days.len() / 2]) / 2.0;
        assert!((row["median_days_since_last_order"].as_f64().unwrap() - middle).abs() < 1e-9, "{text}");
        let again = members.iter().filter(|member| member["number_of_purchases"].as_i64() > Some(1)).count();
        let buyers = members.iter().filter(|member| member["number_of_purchases"].as_i64() > Some(0)).count();
        assert!((row["bought_again_share"].as_f64().unwrap() - again as f64 / buyers as f64).abs() < 1e-9, "{text}");
        assert_eq!(row["predicted_clv"], Value::Null, "nothing is foretold without a model");
    }
    // A segment beside itself is in both.
    let same = owner.get(&format!("/api/v1/compare?{DAY}&one=repeat&other=repeat")).is(200)["rows"].clone();
    assert_eq!(
        (&same[3]["customers"], &same[4]["customers"], &same[2]),
        (&json!(0), &json!(0), &{
            let mut both = same[0].clone();
            both["part"] = json!("both");
            both
        })
    );
}

#[test]
fn the_values_of_a_column_are_those_of_its_customers() {
    let server = Running::shop();
    let owner = server.owner();
    let page = owner.get(&format!("/api/v1/customers?limit=1000&columns=country,favourite_weekday&{DAY}")).is(200);
    for column in ["country", "favourite_weekday"] {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in page["rows"].as_array().unwrap() {
            let value = &row[column];
            if !value.is_null() {
                *counts.entry(value.as_str().map_or_else(|| value.to_string(), str::to_owned)).or_default() += 1;
            }
        }
        let found = owner.get(&format!("/api/v1/columns/{column}/values?{DAY}")).is(200);
        let found: BTreeMap<String, u64> = found["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (row["value"].as_str().unwrap().to_owned(), row["customers"].as_u64().unwrap()))
            .collect();
        assert_eq!(found, counts, "{column}");
    }
    let only = owner.get(&format!("/api/v1/columns/country/values?{DAY}&search=d&limit=1")).is(200);
    assert_eq!((only["rows"].as_array().unwrap().len(), &only["rows"][0]["value"]), (1, &json!("DE")));
    owner.get("/api/v1/columns/amount_spent/values").is(422);
    owner.get("/api/v1/columns/contry/values").is(422);
    // Who customers are is not listed for whoever may not see it.
    let analyst = server.somebody(Role::Analyst);
    for column in ["email", "first_name", "customer_id", "birthday"] {
        analyst.get(&format!("/api/v1/columns/{column}/values")).is(403);
        owner.get(&format!("/api/v1/columns/{column}/values")).is(200);
    }
    analyst.get("/api/v1/columns/country/values").is(200);
}

#[test]
fn goals_are_tried_saved_and_taken_back() {
    let server = Running::shop();
    let owner = server.owner();
    let row = |query: &str, stage: &str| -> Value {
        let rows = owner.get(&format!("/api/v1/opportunities?{DAY}{query}")).is(200)["rows"].clone();
        rows.as_array().unwrap().iter().find(|row| row["life_stage"] == stage).unwrap().clone()
    };
    let usual = row("", "first-time-buyers");
    let tried = row("&goals=first-time-buyers:inactive-repeat,loyal:", "first-time-buyers");
    let sizes = owner.get(&format!("/api/v1/stages?{DAY}")).is(200)["rows"].clone();
    let average = |stage: &str| sizes.as_array().unwrap().iter().find(|row| row["life_stage"] == stage).unwrap()["average"].clone();
    assert_eq!((&tried["goal"], &tried["goal_clv"]), (&json!("Inactive repeat"), &average("inactive-repeat")));
    assert_ne!(usual["goal"], tried["goal"]);
    assert_eq!(row("", "first-time-buyers"), usual, "what is tried changes nothing");
    let file = server.path().join("opportunities.toml");
    assert!(!file.exists());

    std::fs::write(&file, "# by hand\n[[stage]]\nid = 'loyal'\nfixed_cost = 3\n").unwrap();
    let body = json!({"goals": {"first-time-buyers": ["inactive-repeat"]}});
    let saved = owner.put("/api/v1/goals", &body).is(200);
    let of = |goals: &Value, stage: &str| goals["data"].as_array().unwrap().iter().find(|goal| goal["stage"] == stage).unwrap().clone();
    let goal = of(&saved, "first-time-buyers");
    assert_eq!((&goal["goal"], &goal["is_set"], &goal["usual"]), (&json!(["inactive-repeat"]), &json!(true), &json!(["repeat"])));
    // An answer that was kept is not given under another plan.
    assert_eq!(row("", "first-time-buyers"), tried);
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("# by hand\n[[stage]]\nid = 'loyal'\nfixed_cost = 3\n"));
    let back = owner.put("/api/v1/goals", &json!({"goals": {"first-time-buyers": null}})).is(200);
    assert_eq!(of(&back, "first-time-buyers")["is_set"], false);
    assert_eq!(row("", "first-time-buyers"), usual);

    for wrong in [json!({"loyl": []}), json!({"loyal": ["nobody"]}), json!({"loyal": ["loyal"]}), json!({"loyl": null})] {
        owner.put("/api/v1/goals", &json!({"goals": wrong})).is(422);
    }
    owner.get("/api/v1/opportunities?goals=loyal").is(400);
    owner.get("/api/v1/opportunities?goals=loyal:nobody").is(422);
    assert!(std::fs::read_to_string(&file).unwrap().ends_with("fixed_cost = 3\n"), "what is wrong is not written");
    let audit = owner.get("/api/v1/audit").is(200)["data"].to_string();
    assert!(audit.contains("goals.changed") && audit.contains("first-time-buyers: inactive-repeat"), "{audit}");
    server.somebody(Role::Viewer).put("/api/v1/goals", &body).is(403);
}

#[test]
fn thresholds_are_set_and_come_from_the_data_again() {
    let server = Running::shop();
    let owner = server.owner();
    let of = |name: &str| {
        let rows = owner.get("/api/v1/settings").is(200)["rows"].clone();
        let row = rows.as_array().unwrap().iter().find(|row| row["setting"] == name).unwrap().clone();
        (row["value"].as_str().unwrap().to_owned(), row["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("thresholds.usual_gap_days").1, "default");
    let lost = |client: &crate::client::Client| {
        let rows = client.get(&format!("/api/v1/stages?partition=retention_state&{DAY}")).is(200)["rows"].clone();
        rows.as_array().unwrap().iter().find(|row| row["retention_state"] == "lost").unwrap()["customers"].as_u64().unwrap()
    };
    let before = lost(&owner);
    owner.put("/api/v1/settings", &json!({"thresholds": {"usual_gap_days": 2.5, "loyal_orders": 3}})).is(200);
    assert_eq!(of("thresholds.usual_gap_days"), ("2.5".to_owned(), "quintile.toml".to_owned()));
    assert!(lost(&owner) > before, "the shorter the usual gap, the more are lost");
    owner.put("/api/v1/settings", &json!({"thresholds": {"usual_gap_days": null}})).is(200);
    assert_eq!((of("thresholds.usual_gap_days").1, of("thresholds.loyal_orders").0, lost(&owner)), ("default".into(), "3".into(), before));
    for wrong in
        [json!({"usual_gap": 3}), json!({"risk": -1}), json!({"risk": 0}), json!({"new_percentile": 101}), json!({"promising": 1.5})]
    {
        let problem = owner.put("/api/v1/settings", &json!({"thresholds": wrong})).is(422);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

#[test]
fn products_and_ways_answer_as_the_front_door_does_and_say_what_is_wrong() {
    let server = Running::shop();
    let owner = server.owner();
    for path in [
        "products?by=country&least=5&within=60",
        "products?by=channel&margin=0.4",
        "rules?by=category&over=customers&support=0.1&confidence=0.5",
        "next?support=0.05",
        "funnel",
        "funnel?view=channels",
        "funnel?view=paths&segment=repeat",
        "reactivation?days=90",
        "costly",
        "costly?view=discounts&days=30",
        "overlap",
        "overlap?segments=repeat,loyal",
        "segments/repeat/quality",
        "segments/repeat/moved?from=2024-06-01",
        "value?view=backtest",
        "goals",
    ] {
        let answer = owner.get(&format!("/api/v1/{path}"));
        assert!(answer.status == 200 || (path.starts_with("value") && answer.status == 422), "{path}: {} {}", answer.status, answer.text());
    }
    // As many come that far as have so many orders.
    let steps = owner.get("/api/v1/funnel").is(200)["rows"].clone();
    let reached = |step: &str| steps.as_array().unwrap().iter().find(|row| row["step"] == step).unwrap()["reached"].as_u64().unwrap();
    for (step, orders) in [("first-purchase", 1), ("second-purchase", 2), ("fourth-purchase", 4)] {
        let query = format!("/api/v1/customers?limit=1&query=number_of_purchases%20%3E%3D%20{orders}");
        assert_eq!(Some(reached(step)), owner.get(&query).is(200)["total"].as_u64(), "{step}");
    }
    let pair = owner.get("/api/v1/overlap?segments=repeat,loyal").is(200)["rows"][0].clone();
    let beside = owner.get("/api/v1/compare?one=repeat&other=loyal").is(200)["rows"][2]["customers"].clone();
    assert_eq!(pair["in_both"], beside);
    // Who stayed and who came are those who are in it now; who stayed and who left were in it then.
    let moved = owner.get("/api/v1/segments/repeat/moved?from=2024-06-01&as_of=2024-09-01").is(200)["rows"].clone();
    let number = |row: usize| moved[row]["customers"].as_u64().unwrap();
    let in_it = |as_of: &str| owner.get(&format!("/api/v1/segments/repeat/count?as_of={as_of}")).is(200)["count"].as_u64().unwrap();
    assert_eq!((number(0) + number(1), number(1) + number(2)), (in_it("2024-06-01"), in_it("2024-09-01")));
    for (path, status, says) in [
        ("segments/repeat/moved", 400, "since when"),
        ("segments/repeat/moved?from=2024-06-01&as_of=2024-01-01", 422, "is not before"),
        ("products?least=0", 400, "use 1 to"),
        ("products?margin=2", 400, "a share above 0"),
        ("rules?support=0", 400, "a share above 0"),
        ("funnel?segment=no-such", 404, "no-such"),
        ("funnel?segment=amount_spet%20%3E%201", 422, "did you mean `amount_spent`"),
        ("compare?one=repeat", 400, "`other`"),
        ("compare?one=repeat&other=no-such", 404, "no-such"),
        ("overlap?segments=repeat", 400, "2 to 20"),
        ("segments/no-such/quality", 404, "no-such"),
        ("value", 404, "value model"),
    ] {
        let problem = owner.get(&format!("/api/v1/{path}")).is(status);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{path}: {problem}");
    }
    let empty = Running::on(empty(), options());
    for path in [
        "products",
        "rules",
        "next",
        "funnel",
        "reactivation",
        "costly",
        "overlap",
        "compare?one=repeat&other=loyal",
        "columns/country/values",
    ] {
        let answer = empty.owner().get(&format!("/api/v1/{path}"));
        assert!(answer.status == 200 || answer.status == 422, "{path}: {} {}", answer.status, answer.text());
    }
}
