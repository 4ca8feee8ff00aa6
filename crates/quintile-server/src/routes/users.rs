//! Everybody who may sign in.

use super::invitations;
use super::session::person_json;
use crate::answered::{self, Answered};
use crate::ask::{Ask, email, plain};
use crate::caller::Caller;
use crate::clock;
use crate::problem::Problem;
use crate::rights::Role;
use axum::http::StatusCode;
use quintile::accounts::PersonRow;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUser {
    email: String,
    name: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    name: Option<String>,
    role: Option<String>,
    disabled: Option<bool>,
}

/// `GET /api/v1/users`.
pub fn list(ask: &Ask) -> Result<Answered, Problem> {
    let people = ask.app.accounts.people().map_err(|error| ask.problem(&error.into()))?;
    Ok(answered::json(&json!({"data": people.iter().map(person_json).collect::<Vec<_>>()})))
}

/// `POST /api/v1/users`.
pub fn add(ask: &Ask) -> Result<Answered, Problem> {
    let NewUser { email: address, name, role } = ask.json()?;
    let (address, name, role) = (email("/email", &address)?, plain("/name", &name, 100)?, role_of(&role)?);
    may_give(ask, role)?;
    let added = ask.app.accounts.add_person(&address, &name, role.name(), None, clock::now());
    let taken = || Problem::conflict(format!("`{address}` may sign in already; change that person, or invite them again"));
    let person = added.map_err(|error| ask.problem(&error.into()))?.ok_or_else(taken)?;
    ask.audit("user.added", &address, role.name())?;
    let invitation = invitations::invite(ask, person.id)?;
    Ok(answered::json_as(StatusCode::CREATED, &json!({"user": person_json(&person), "invitation": invitation})))
}

/// `PUT /api/v1/users/{id}`.
pub fn change(ask: &Ask) -> Result<Answered, Problem> {
    let change: ChangeUser = ask.json()?;
    let before = person(ask)?;
    let mut after = before.clone();
    if let Some(name) = change.name {
        after.name = plain("/name", &name, 100)?;
    }
    if let Some(role) = change.role {
        after.role = role_of(&role)?.name().to_owned();
        may_give(ask, role_of(&role)?)?;
    }
    after.disabled = change.disabled.unwrap_or(before.disabled);
    if !ask.app.accounts.change_person(&after, Role::Owner.name()).map_err(|error| ask.problem(&error.into()))? {
        return Err(last_owner());
    }
    ask.audit("user.changed", &after.email, &format!("{}{}", after.role, if after.disabled { ", may not sign in" } else { "" }))?;
    Ok(answered::json(&person_json(&after)))
}

/// `DELETE /api/v1/users/{id}`.
pub fn remove(ask: &Ask) -> Result<Answered, Problem> {
    let person = person(ask)?;
    if !ask.app.accounts.remove_person(person.id, Role::Owner.name()).map_err(|error| ask.problem(&error.into()))? {
        return Err(last_owner());
    }
    ask.audit("user.removed", &person.email, "")?;
    Ok(answered::nothing(StatusCode::NO_CONTENT))
}

/// `POST /api/v1/users/{id}/invitation`.
pub fn invite(ask: &Ask) -> Result<Answered, Problem> {
    let person = person(ask)?;
    if person.disabled {
        return Err(Problem::conflict("they may not sign in; let them first"));
    }
    let invitation: Value = invitations::invite(ask, person.id)?;
    ask.audit("user.invited", &person.email, "")?;
    Ok(answered::json_as(StatusCode::CREATED, &invitation))
}

/// The person of the path, if the caller may change them.
fn person(ask: &Ask) -> Result<PersonRow, Problem> {
    let found = ask.app.accounts.person(ask.number("id")?).map_err(|error| ask.problem(&error.into()))?;
    let person = found.ok_or_else(|| Problem::not_found("there is no such person"))?;
    may_give(ask, role_of(&person.role)?)?;
    Ok(person)
}

/// Who makes somebody an owner, or takes it from them, is one.
fn may_give(ask: &Ask, role: Role) -> Result<(), Problem> {
    let allowed = match &ask.caller {
        Caller::Person { role: own, .. } => own.may_give(role),
        Caller::Key { .. } => role != Role::Owner,
        Caller::Nobody => false,
    };
    if allowed { Ok(()) } else { Err(Problem::forbidden("only an owner makes or changes owners")) }
}

fn role_of(name: &str) -> Result<Role, Problem> {
    let known = Role::ALL.map(Role::name).join(", ");
    Role::named(name).ok_or_else(|| Problem::invalid_at("/role", format!("there is no role `{name}`; there are {known}")))
}

fn last_owner() -> Problem {
    Problem::conflict("the last owner stays; make another one first")
}
