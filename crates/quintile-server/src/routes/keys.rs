//! Keys of programs. A secret is shown once; what is kept is its hash.

use crate::answered::{self, Answered};
use crate::ask::{Ask, plain};
use crate::caller::KEY_BEGINS;
use crate::problem::Problem;
use crate::rights::Right;
use crate::{clock, secrets};
use axum::http::StatusCode;
use quintile::accounts::KeyRow;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    name: String,
    scopes: Vec<String>,
    expires_in_days: Option<i64>,
}

/// The longest that a key may hold, in days.
const MOST_DAYS: i64 = 3650;

/// `GET /api/v1/keys`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let keys = ask.app.accounts.keys().map_err(|error| ask.problem(&error.into()))?;
    Ok(answered::json(&json!({"data": keys.iter().map(key_json).collect::<Vec<_>>()})))
}

/// `POST /api/v1/keys`. Nobody gives a key what they may not do themselves.
pub fn add(ask: &Ask) -> Result<Answered, Problem> {
    let NewKey { name, scopes, expires_in_days } = ask.json()?;
    let name = plain("/name", &name, 100)?;
    let mut given: Vec<Right> = Vec::new();
    for (at, scope) in scopes.iter().enumerate() {
        let pointer = format!("/scopes/{at}");
        let known = Right::ALL.map(Right::name).join(", ");
        let right =
            Right::named(scope).ok_or_else(|| Problem::invalid_at(&pointer, format!("there is no scope `{scope}`; there are {known}")))?;
        ask.must(right, "a key with it")?;
        if !given.contains(&right) {
            given.push(right);
        }
    }
    if given.is_empty() {
        return Err(Problem::invalid_at("/scopes", "a key without a scope could do nothing"));
    }
    if expires_in_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return Err(Problem::invalid_at(
            "/expires_in_days",
            format!("a key ends after 1 to {MOST_DAYS} days, or never where this is left out"),
        ));
    }
    let secret = format!("{KEY_BEGINS}{}", secrets::random(24).map_err(|error| Problem::fault(error.to_string()))?);
    let now = clock::now();
    let mut key = KeyRow {
        id: 0,
        name,
        prefix: secret.chars().take(KEY_BEGINS.len() + 4).collect(),
        scopes: given.iter().map(|right| right.name()).collect::<Vec<_>>().join(","),
        created: now,
        created_by: ask.caller.name(),
        expires: expires_in_days.map(|days| clock::after(now, days * 24 * 3600)),
        used: None,
        revoked: None,
    };
    key.id = ask.app.accounts.add_key(&secrets::hash(&secret), &key).map_err(|error| ask.problem(&error.into()))?;
    ask.audit("key.added", &key.name, &key.scopes)?;
    Ok(answered::json_as(StatusCode::CREATED, &json!({"key": key_json(&key), "secret": secret})))
}

/// `DELETE /api/v1/keys/{id}`.
pub fn revoke(ask: &Ask) -> Result<Answered, Problem> {
    let id = ask.number("id")?;
    if !ask.app.accounts.revoke_key(id, clock::now()).map_err(|error| ask.problem(&error.into()))? {
        return Err(Problem::not_found("there is no such key that holds"));
    }
    ask.audit("key.revoked", &id.to_string(), "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

fn key_json(key: &KeyRow) -> Value {
    json!({
        "id": key.id, "name": key.name, "prefix": key.prefix, "scopes": key.scopes.split(',').collect::<Vec<_>>(),
        "created_at": key.created.to_iso(), "created_by": key.created_by, "expires_at": key.expires.map(|at| at.to_iso()),
        "last_used_at": key.used.map(|at| at.to_iso()), "revoked_at": key.revoked.map(|at| at.to_iso()),
    })
}
