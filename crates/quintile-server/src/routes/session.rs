//! Signing in and out.

use crate::answered::{self, Answered};
use crate::ask::Ask;
use crate::caller::{COOKIE, Caller, SESSION_SECONDS, csrf};
use crate::problem::Problem;
use crate::rights::Role;
use crate::{clock, secrets};
use axum::http::{StatusCode, header};
use quintile::accounts::PersonRow;
use quintile::model::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant as Tick;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangePassword {
    old: String,
    new: String,
}

/// The least a password may have.
const LEAST_LETTERS: usize = 10;
/// The most it may have: hashing more would be work for nothing.
const MOST_BYTES: usize = 1024;

/// `GET /api/v1/session`.
pub fn me(ask: &Ask) -> Result<Answered, Problem> {
    let Caller::Person { person, role, csrf, expires, .. } = &ask.caller else { return Err(Problem::unknown("sign in first")) };
    Ok(answered::json(&session_json(ask, person, *role, csrf, *expires)))
}

/// `POST /api/v1/session`. Whether the e-mail is unknown or the password wrong is not told, and takes as long.
pub fn sign_in(ask: &Ask) -> Result<Answered, Problem> {
    let SignIn { email, password } = ask.json()?;
    let email = email.trim().to_lowercase();
    let address = ask.address.to_string();
    let names = [email.as_str(), address.as_str()];
    if let Some(wait) = ask.app.guesses.wait(&names, Tick::now()) {
        let mut problem =
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "too many wrong passwords; wait as long as Retry-After says");
        problem.wait = Some(wait.as_secs() + 1);
        return Err(problem);
    }
    let person = ask.app.accounts.person_of(&email).map_err(|error| ask.problem(&error.into()))?;
    let hash = person.as_ref().and_then(|person| person.password.as_deref());
    let right = password.len() <= MOST_BYTES && secrets::is_password(&password, hash);
    match person.filter(|person| right && !person.disabled) {
        Some(person) => {
            ask.app.guesses.right(&email);
            ask.app.audit(&person.email, "session.begun", "", "")?;
            begin(ask, &person, StatusCode::OK)
        }
        None => {
            ask.app.guesses.wrong(&names, Tick::now());
            Err(Problem::unknown("the e-mail or the password is wrong"))
        }
    }
}

/// `DELETE /api/v1/session`.
pub fn sign_out(ask: &Ask) -> Result<Answered, Problem> {
    if let Caller::Person { session, .. } = &ask.caller {
        ask.app.accounts.end_session(session).map_err(|error| ask.problem(&error.into()))?;
    }
    ask.audit("session.ended", "", "")?;
    let cookie = format!("{COOKIE}=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0");
    Ok(answered::with(answered::nothing(StatusCode::NO_CONTENT), header::SET_COOKIE, &cookie))
}

/// `PUT /api/v1/session/password`.
pub fn change_password(ask: &Ask) -> Result<Answered, Problem> {
    let ChangePassword { old, new } = ask.json()?;
    let Caller::Person { person, session, .. } = &ask.caller else { return Err(Problem::unknown("sign in first")) };
    let names = [person.email.as_str()];
    if ask.app.guesses.wait(&names, Tick::now()).is_some()
        || old.len() > MOST_BYTES
        || !secrets::is_password(&old, person.password.as_deref())
    {
        ask.app.guesses.wrong(&names, Tick::now());
        return Err(Problem::invalid_at("/old", "this is not the password so far"));
    }
    let hash = hashed("/new", &new, &person.email)?;
    ask.app.accounts.set_password(person.id, &hash, Some(session)).map_err(|error| ask.problem(&error.into()))?;
    ask.audit("password.changed", &person.email, "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

/// Signs a person in.
pub fn begin(ask: &Ask, person: &PersonRow, status: StatusCode) -> Result<Answered, Problem> {
    let role = Role::named(&person.role).ok_or_else(|| Problem::fault(format!("person {} has no known role", person.id)))?;
    let secret = secrets::random(32).map_err(|error| Problem::fault(error.to_string()))?;
    let now = clock::now();
    let expires = clock::after(now, SESSION_SECONDS);
    let begun = ask.app.accounts.begin_session(&secrets::hash(&secret), person.id, now, expires);
    begun.map_err(|error| ask.problem(&error.into()))?;
    let secure = if ask.app.options.is_https() { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; HttpOnly; SameSite=Lax; Path=/; Max-Age={SESSION_SECONDS}{secure}");
    let person = PersonRow { seen: Some(now), ..person.clone() };
    let answered = answered::json_as(status, &session_json(ask, &person, role, &csrf(&secret), expires));
    Ok(answered::with(answered, header::SET_COOKIE, &cookie))
}

/// The hash of a password that somebody wants to have.
pub fn hashed(pointer: &str, password: &str, email: &str) -> Result<String, Problem> {
    if password.chars().count() < LEAST_LETTERS || password.len() > MOST_BYTES || password.eq_ignore_ascii_case(email) {
        return Err(Problem::invalid_at(pointer, format!("a password has at least {LEAST_LETTERS} letters, and is not the e-mail")));
    }
    secrets::password(password).map_err(Problem::fault)
}

fn session_json(ask: &Ask, person: &PersonRow, role: Role, csrf: &str, expires: Instant) -> Value {
    json!({
        "person": person_json(person),
        "rights": role.rights().iter().map(|right| right.name()).collect::<Vec<_>>(),
        "csrf": csrf,
        "expires_at": expires.to_iso(),
        "read_only": ask.app.options.read_only,
    })
}

/// A person as the API shows them.
pub fn person_json(person: &PersonRow) -> Value {
    json!({
        "id": person.id, "email": person.email, "name": person.name, "role": person.role, "disabled": person.disabled,
        "created_at": person.created.to_iso(), "last_seen_at": person.seen.map(|at| at.to_iso()),
    })
}
