//! One-time links: of the first start, and of invitations.

use super::session;
use crate::answered::Answered;
use crate::app::App;
use crate::ask::{Ask, email, plain};
use crate::problem::Problem;
use crate::rights::Role;
use crate::{clock, secrets};
use axum::http::StatusCode;
use quintile::accounts::PersonRow;
use serde::Deserialize;
use serde_json::{Value, json};

/// An invitation holds for so many seconds.
const SECONDS: i64 = 7 * 24 * 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Accept {
    token: String,
    password: String,
    email: Option<String>,
    name: Option<String>,
}

/// `POST /api/v1/invitations/accept`.
pub fn accept(ask: &Ask) -> Result<Answered, Problem> {
    let Accept { token, password, email: given_email, name } = ask.json()?;
    let accounts = &ask.app.accounts;
    let fault = |error| ask.problem(&quintile::Error::from(error));
    let hash = secrets::hash(&token);
    let gone = || Problem::unknown("the link is unknown, was used, or has ended; ask for another");
    let person = match accounts.invited(&hash, clock::now()).map_err(fault)?.ok_or_else(gone)? {
        None => {
            let missing = |pointer: &str| Problem::invalid_at(pointer, "the first owner needs an e-mail and a name");
            let email = given_email.ok_or_else(|| missing("/email"))?;
            let name = name.ok_or_else(|| missing("/name"))?;
            // Everything is looked at before the link is used up.
            let (email, name) = (self::email("/email", &email)?, plain("/name", &name, 100)?);
            session::hashed("/password", &password, &email)?;
            if !accounts.use_invitation(&hash).map_err(fault)? {
                return Err(gone());
            }
            first_owner(&ask.app, &email, &name, &password)?
        }
        Some(id) => {
            let person = accounts.person(id).map_err(fault)?.filter(|person| !person.disabled).ok_or_else(gone)?;
            let password = session::hashed("/password", &password, &person.email)?;
            if !accounts.use_invitation(&hash).map_err(fault)? {
                return Err(gone());
            }
            accounts.set_password(id, &password, None).map_err(fault)?;
            ask.app.audit(&person.email, "invitation.accepted", &person.email, "")?;
            person
        }
    };
    session::begin(ask, &person, StatusCode::CREATED)
}

/// Makes the first owner.
pub fn first_owner(app: &App, owner: &str, name: &str, password: &str) -> Result<PersonRow, Problem> {
    let owner = email("/email", owner)?;
    let hash = session::hashed("/password", password, &owner)?;
    let added = app.accounts.add_person(&owner, name, Role::Owner.name(), Some(&hash), clock::now());
    let person = added.map_err(|error| app.problem(&error.into()))?.ok_or_else(|| Problem::conflict("there is an owner already"))?;
    app.audit(&owner, "user.added", &owner, Role::Owner.name())?;
    Ok(person)
}

/// A link with which a person sets a password.
pub fn invite(ask: &Ask, person: i64) -> Result<Value, Problem> {
    let token = secrets::random(20).map_err(|error| Problem::fault(error.to_string()))?;
    let expires = clock::after(clock::now(), SECONDS);
    ask.app.accounts.invite(&secrets::hash(&token), Some(person), expires).map_err(|error| ask.problem(&error.into()))?;
    Ok(json!({"token": token, "link": format!("/invited#{token}"), "expires_at": expires.to_iso()}))
}
